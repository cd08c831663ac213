//! A stream into frames, however it is cut.

use super::{Direction, Frame, HEAD_LEN, Header, MAGIC, MAX_DEVICE_FRAME_LEN, MAX_SERVER_FRAME_LEN};
use crate::error::{DecodeError, ErrorKind};
use crate::keys::TAG_LEN;

/// [`Splitter`] for what a device sends.
pub type DeviceFrames = Splitter<MAX_DEVICE_FRAME_LEN>;
/// [`Splitter`] for what a server sends.
pub type ServerFrames = Splitter<MAX_SERVER_FRAME_LEN>;

/// Splits the octets of one direction into frames (spec §3). Needs no keys; keeps at most one partial frame.
///
/// A frame that lies whole in the caller's octets is handed out without copying; one that is spread over several reads is
/// put together in the buffer of `N` octets. The frames do not depend on how the stream is cut. An error is found at the
/// earliest octet that shows it and is final: there is no search for the next frame.
///
/// ```
/// use wifisensor_tcp::frame::{DeviceFrames, FrameType};
///
/// let mut frames = DeviceFrames::from_device();
/// let close = [0xb5, 0x0e, 0, 16, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
/// for chunk in close.chunks(5) {
///     let mut input = chunk;
///     while let Some(frame) = frames.next_frame(&mut input).unwrap() {
///         assert_eq!(frame.kind(), FrameType::DeviceClose);
///     }
/// }
/// assert_eq!(frames.next_frame(&mut &b"GET /"[..]).unwrap_err().kind.code(), "bad-magic");
/// ```
#[derive(Clone)]
pub struct Splitter<const N: usize> {
    buffer: [u8; N],
    /// Octets in the buffer.
    held: usize,
    /// The buffer holds a frame that was handed out.
    spent: bool,
    direction: Direction,
    max_body: usize,
    /// Place in the stream of the first octet in the buffer, or of the next one.
    offset: usize,
    fault: Option<DecodeError>,
}

impl DeviceFrames {
    /// For what a device sends: bodies of at most 1024 octets.
    #[must_use]
    pub const fn from_device() -> Self {
        Self::new(Direction::FromDevice)
    }
}

impl ServerFrames {
    /// For what a server sends: bodies of at most 256 octets.
    #[must_use]
    pub const fn from_server() -> Self {
        Self::new(Direction::FromServer)
    }
}

impl<const N: usize> Splitter<N> {
    const fn new(direction: Direction) -> Self {
        Self {
            buffer: [0; N],
            held: 0,
            spent: false,
            direction,
            max_body: direction.max_body_len(),
            offset: 0,
            fault: None,
        }
    }

    /// Takes bodies of at most this length from now on, never more than the direction allows.
    pub(crate) fn limit_body(&mut self, max_body: usize) {
        self.max_body = max_body.min(self.direction.max_body_len());
    }

    /// The next frame, taken from the front of `input`; `None` when all of `input` is taken and no frame is complete.
    ///
    /// # Errors
    /// [`ErrorKind::BadMagic`], [`ErrorKind::BadDirection`] or [`ErrorKind::BadLength`], with the place in the stream of the
    /// octet that shows it; the same again on every further call.
    pub fn next_frame<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Frame<'a>>, DecodeError> {
        self.forget_spent();
        if self.held == 0
            && self.fault.is_none()
            && let Some(total) = self.checked(judge(input, self.direction, self.max_body))?
            && let Some((bytes, rest)) = input.split_at_checked(total)
        {
            *input = rest;
            self.offset = self.offset.saturating_add(total);
            return Ok(Frame::whole(bytes));
        }
        Ok(if self.fill(input)? { self.frame() } else { None })
    }

    /// Takes octets into the buffer until it holds a whole frame, which stays until the next call. Whether it does.
    pub(crate) fn fill(&mut self, input: &mut &[u8]) -> Result<bool, DecodeError> {
        self.forget_spent();
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        loop {
            let held = self.buffer.get(..self.held).unwrap_or_default();
            let total = self.checked(judge(held, self.direction, self.max_body))?;
            if total == Some(self.held) {
                self.spent = true;
                return Ok(true);
            }
            // The length is judged before anything behind the header is taken.
            let wanted = total.unwrap_or(HEAD_LEN).saturating_sub(self.held);
            let (taken, rest) = input.split_at(wanted.min(input.len()));
            if taken.is_empty() {
                return Ok(false);
            }
            let end = self.held.saturating_add(taken.len());
            if let Some(place) = self.buffer.get_mut(self.held..end) {
                place.copy_from_slice(taken);
            }
            (self.held, *input) = (end, rest);
        }
    }

    /// The frame that [`fill`](Self::fill) completed.
    pub(crate) fn frame(&self) -> Option<Frame<'_>> {
        Frame::whole(self.buffer.get(..self.held).filter(|_| self.spent)?)
    }

    /// Octets of a frame that is not complete yet.
    #[must_use]
    pub const fn pending(&self) -> usize {
        if self.spent { 0 } else { self.held }
    }

    /// Header of a frame that is not complete yet, once it is there.
    #[must_use]
    pub fn pending_header(&self) -> Option<Header> {
        let held = self.buffer.get(..self.pending())?;
        Some(Header::new(held.first_chunk()?))
    }

    fn forget_spent(&mut self) {
        if self.spent {
            self.offset = self.offset.saturating_add(self.held);
            (self.held, self.spent) = (0, false);
        }
    }

    /// Keeps an error, with its place in the stream.
    fn checked(&mut self, judged: Result<Option<usize>, DecodeError>) -> Result<Option<usize>, DecodeError> {
        judged.map_err(|mut fault| {
            fault.offset = fault.offset.saturating_add(self.offset);
            self.fault = Some(fault);
            fault
        })
    }
}

impl<const N: usize> core::fmt::Debug for Splitter<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Splitter")
            .field("direction", &self.direction)
            .field("offset", &self.offset)
            .field("pending", &self.pending())
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

/// Checks as much of a header as is there, in the order of spec §3. The length of the frame, once it is known.
pub(super) fn judge(
    seen: &[u8],
    direction: Direction,
    max_body: usize,
) -> Result<Option<usize>, DecodeError> {
    if let [magic, ..] = *seen
        && magic != MAGIC
    {
        return Err(DecodeError::new(ErrorKind::BadMagic(magic), "magic", 0));
    }
    if let [_, kind, ..] = *seen
        && Direction::of(kind) != direction
    {
        return Err(DecodeError::new(ErrorKind::BadDirection(kind), "type", 1));
    }
    let [_, _, l0, l1, ..] = *seen else {
        return Ok(None);
    };
    let length = u16::from_be_bytes([l0, l1]);
    match usize::from(length).checked_sub(TAG_LEN) {
        Some(body) if body <= max_body => Ok(Some(usize::from(length).saturating_add(HEAD_LEN))),
        _ => Err(DecodeError::new(ErrorKind::BadLength(length), "length", 3)),
    }
}
