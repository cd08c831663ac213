//! Verification of an image that comes in pieces (§A.1.3).

use sha2::{Digest as _, Sha256};

use super::error::{ImageError, ImageErrorKind};
use super::header::{HEADER_LEN, Header};
use super::policy::{Mode, Policy};
use super::tlv::{INFO_LEN, Protected, Trailer};
use super::verified::{Parts, Verified};
use super::wide;

/// Memory that is enough for a [`Stream`] of any image: both TLV areas at their largest.
pub const MAX_TLV_LEN: usize = 2 * 65535;

/// Verifies an image whose bytes come in order, in pieces of any size.
///
/// It answers exactly as [`verify`](super::verify()) does on all the bytes at once, and refuses as early as they allow: a bad
/// header as soon as 32 bytes are there. It says that an image is good in [`finish`](Self::finish) only, never before the last byte.
///
/// The firmware is hashed as it passes. The TLV areas are kept in the memory that the caller hands over; images of today have a few
/// hundred bytes of them, [`MAX_TLV_LEN`] is enough for all.
///
/// A good download is not yet a good image: what runs has to be verified in the memory it runs from (§A, rule 1).
///
/// ```
/// use device_trust::image::{ImageErrorKind, Mode, Policy, Stream};
///
/// let policy = Policy::new(&[], 1 << 20, Mode::File);
/// let mut memory = [0; 1024];
/// let mut stream = Stream::new(&policy, &mut memory);
/// stream.push(&[0x3d, 0xb8]).unwrap();
/// let refused = stream.push(&[0xff; 30]).unwrap_err();
/// assert_eq!(refused.kind, ImageErrorKind::Magic(0xffff_b83d));
/// assert_eq!(stream.finish().unwrap_err(), refused);
/// ```
#[derive(Debug)]
pub struct Stream<'p, 'm> {
    policy: &'p Policy<'p>,
    memory: &'m mut [u8],
    hasher: Sha256,
    seen: u64,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Fewer than 32 bytes are there.
    Head([u8; HEADER_LEN]),
    /// Up to the info of the TLV area.
    Body(Header),
    /// Up to the end of the TLV area.
    Trailer {
        header: Header,
        total: u64,
    },
    /// All is there; what comes now is too much, or not looked at.
    Complete {
        header: Header,
        total: u64,
    },
    Refused(ImageError),
}

impl<'p, 'm> Stream<'p, 'm> {
    /// No byte is there yet. `memory` holds the TLV areas; its content does not matter.
    #[must_use]
    pub fn new(policy: &'p Policy<'p>, memory: &'m mut [u8]) -> Self {
        Self {
            policy,
            memory,
            hasher: Sha256::new(),
            seen: 0,
            state: State::Head([0; HEADER_LEN]),
        }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// As [`verify`](super::verify()) for everything but missing bytes, as soon as it is certain, and
    /// [`ImageErrorKind::Memory`]. A refusal is final: it is repeated from then on.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), ImageError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.take(rest) {
                Ok(left) => rest = left,
                Err(error) => {
                    self.state = State::Refused(error);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// There are no more bytes.
    ///
    /// # Errors
    /// As [`verify`](super::verify()), and [`ImageErrorKind::Memory`].
    pub fn finish(self) -> Result<Verified<'m>, ImageError> {
        let truncated = |needed, field| Err(ImageError::truncated(needed, self.seen, field));
        let (header, total) = match self.state {
            State::Head(_) => return truncated(wide(HEADER_LEN), "header"),
            State::Body(header) => return truncated(header.info_end(), "img_size"),
            State::Trailer { total, .. } => return truncated(total, "TLVs"),
            State::Complete { header, total } => (header, total),
            State::Refused(error) => return Err(error),
        };
        let memory: &'m [u8] = self.memory;
        let areas = areas(&header, memory)?;
        let area = upto(areas.trailer, &header, total);
        let parts = Parts {
            header,
            protected: Protected::check(areas.protected, header.firmware_end())?,
            trailer: Trailer::check(content(area), header.end())?,
            area,
            total,
        };
        parts.decide(self.hasher, self.policy)
    }

    /// Takes as many of the bytes, which are at least one, as the present state wants; gives the rest.
    fn take<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b [u8], ImageError> {
        match self.state {
            State::Head(mut head) => {
                let (taken, rest) = split(bytes, self.missing(wide(HEADER_LEN)));
                let places = head.iter_mut().skip(self.seen.try_into().unwrap_or(HEADER_LEN));
                places.zip(taken).for_each(|(place, byte)| *place = *byte);
                self.passed(taken);
                self.state = State::Head(head);
                if self.seen == wide(HEADER_LEN) {
                    self.hasher.update(head);
                    let header = Header::check(&head, self.policy.max_size)?;
                    let needed = usize::from(header.protected).saturating_add(INFO_LEN);
                    self.reserve(needed, header.firmware_end())?;
                    self.state = State::Body(header);
                }
                Ok(rest)
            }
            State::Body(header) => {
                let firmware_end = header.firmware_end();
                if self.seen < firmware_end {
                    let (taken, rest) = split(bytes, self.missing(firmware_end));
                    self.hasher.update(taken);
                    self.passed(taken);
                    return Ok(rest);
                }
                let rest = self.keep(bytes, firmware_end, header.info_end());
                if self.seen == header.info_end() {
                    self.state = self.after_info(header)?;
                }
                Ok(rest)
            }
            State::Trailer { header, total } => {
                let rest = self.keep(bytes, header.firmware_end(), total);
                if self.seen == total {
                    self.state = self.complete(header, total)?;
                }
                Ok(rest)
            }
            State::Complete { total, .. } => match self.policy.mode {
                Mode::File => Err(ImageError::new(ImageErrorKind::Trailing, "image", total)),
                Mode::Slot => Ok(&[]),
            },
            State::Refused(error) => Err(error),
        }
    }

    /// Steps 7 to 9, all but the bytes of the TLV area itself.
    fn after_info(&mut self, header: Header) -> Result<State, ImageError> {
        let areas = areas(&header, self.memory)?;
        Protected::check(areas.protected, header.firmware_end())?;
        self.hasher.update(areas.protected);
        let info = areas
            .trailer
            .first_chunk()
            .ok_or_else(|| memory(INFO_LEN, header.end()))?;
        let size = Trailer::size(*info, header.end())?;
        let total = header.end().saturating_add(size.into());
        if total > self.policy.max_size {
            return Err(ImageError::new(
                ImageErrorKind::Size(total),
                "TLVs",
                header.end().saturating_add(2),
            ));
        }
        self.reserve(
            usize::from(header.protected).saturating_add(size.into()),
            header.end(),
        )?;
        if total == self.seen {
            return self.complete(header, total);
        }
        Ok(State::Trailer { header, total })
    }

    /// Step 10.
    fn complete(&self, header: Header, total: u64) -> Result<State, ImageError> {
        let areas = areas(&header, self.memory)?;
        Trailer::check(content(upto(areas.trailer, &header, total)), header.end())?;
        Ok(State::Complete { header, total })
    }

    /// Keeps bytes of the TLV areas, which begin at `from`, up to `end`.
    fn keep<'b>(&mut self, bytes: &'b [u8], from: u64, end: u64) -> &'b [u8] {
        let (taken, rest) = split(bytes, self.missing(end));
        let held = self
            .seen
            .saturating_sub(from)
            .try_into()
            .unwrap_or(self.memory.len());
        // There is room: `reserve` was asked for all up to `end`.
        let room = self
            .memory
            .get_mut(held..)
            .and_then(|room| room.get_mut(..taken.len()));
        if let Some(room) = room {
            room.copy_from_slice(taken);
        }
        self.passed(taken);
        rest
    }

    fn reserve(&self, needed: usize, at: u64) -> Result<(), ImageError> {
        if needed > self.memory.len() {
            return Err(memory(needed, at));
        }
        Ok(())
    }

    fn missing(&self, end: u64) -> usize {
        end.saturating_sub(self.seen).try_into().unwrap_or(usize::MAX)
    }

    fn passed(&mut self, taken: &[u8]) {
        self.seen = self.seen.saturating_add(wide(taken.len()));
    }
}

#[cold]
fn memory(needed: usize, at: u64) -> ImageError {
    let needed = wide(needed);
    ImageError::new(ImageErrorKind::Memory { needed }, "TLVs", at)
}

fn split(bytes: &[u8], most: usize) -> (&[u8], &[u8]) {
    bytes.split_at_checked(most).unwrap_or((bytes, &[]))
}

/// The TLV areas in the memory of a stream: beside each other, as in the image.
struct Areas<'m> {
    protected: &'m [u8],
    trailer: &'m [u8],
}

fn areas<'m>(header: &Header, held: &'m [u8]) -> Result<Areas<'m>, ImageError> {
    let (protected, trailer) = held
        .split_at_checked(header.protected.into())
        .ok_or_else(|| memory(header.protected.into(), header.firmware_end()))?;
    Ok(Areas { protected, trailer })
}

/// The TLV area with its info, of an image that ends at `total`.
fn upto<'m>(trailer: &'m [u8], header: &Header, total: u64) -> &'m [u8] {
    let size = total
        .saturating_sub(header.end())
        .try_into()
        .unwrap_or(usize::MAX);
    trailer.get(..size).unwrap_or_default()
}

fn content(area: &[u8]) -> &[u8] {
    area.get(INFO_LEN..).unwrap_or_default()
}
