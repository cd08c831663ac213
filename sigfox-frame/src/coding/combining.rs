//! One message from two or three frames that are damaged each (spec §10.4).
//!
//! The frames of a message are its content through generators 1, 7 and 5 (octal): together a convolutional code with four
//! states. Two or three of them correct what none corrects alone:
//!
//! | frames | free distance |
//! |---|---|
//! | 1 + 3 | 3 |
//! | 1 + 2 | 4 |
//! | 2 + 3 | 5 |
//! | 1 + 2 + 3 | 6 |
//!
//! The code is not terminated, so the last two bits are less protected; the four possible ends are tried, best first, and the CRC
//! decides. Work is bounded: four states, two branches, at most 176 steps, four CRCs.
//!
//! ```
//! use sigfox_frame::coding::combining;
//! use sigfox_frame::uplink::{Body, Tolerance, decode};
//!
//! // Both frames are damaged.
//! let first = *b"\xaa\xaa\xa0\x6b\x07\x10\xdf\xb0\x42\x87\x64\xbe\x73\xbf";
//! let third = *b"\xaa\xaa\xa0\x34\xa2\xd4\xe9\x1c\x7a\x26\xbd\x91\xef\x50";
//! assert!(decode(&first, Tolerance::Two).is_err() && decode(&third, Tolerance::Two).is_err());
//! let both = combining::hard(&[&first, &third], Tolerance::Two)?;
//! assert_eq!(both.uplink().message.body, Body::Bit(false));
//! # Ok::<(), sigfox_frame::DecodeError>(())
//! ```

use super::BITS;
use super::trellis::{Columns, MAX_BITS, Paths};
use crate::error::{DecodeError, ErrorKind};
use crate::uplink::content::Content;
use crate::uplink::{
    Class, FrameType, HEAD_LEN, MAX_CONTENT_LEN, Rank, Tolerance, Unauthenticated, decode, head,
};

/// Most frames of a message.
pub const MAX_FRAMES: usize = 3;

/// The soft values of one frame's content, as its frame type says: positive for 1, negative for 0, 0 for unknown; the magnitude
/// is the confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoftFrame {
    frame_type: FrameType,
    type_errors: u8,
    values: [i8; MAX_BITS],
}

impl SoftFrame {
    /// Takes the values behind the frame type, in transmission order. `None` unless they are as many as the class has bits of
    /// content.
    #[must_use]
    pub fn new(frame_type: FrameType, content: &[i8]) -> Option<Self> {
        let bits = content_bits(frame_type.class);
        if content.len() != bits {
            return None;
        }
        Some(Self::of(frame_type, 0, content.iter().copied()))
    }

    /// Takes as many values as the class has; unknown ones if there are fewer.
    pub(crate) fn of(frame_type: FrameType, type_errors: u8, content: impl Iterator<Item = i8>) -> Self {
        let mut values = [0; MAX_BITS];
        let bits = content_bits(frame_type.class);
        for (to, from) in values.iter_mut().take(bits).zip(content) {
            *to = from;
        }
        Self {
            frame_type,
            type_errors,
            values,
        }
    }

    /// Class and rank.
    #[must_use]
    pub const fn frame_type(&self) -> FrameType {
        self.frame_type
    }

    /// The values of the content.
    #[must_use]
    pub fn values(&self) -> &[i8] {
        self.values
            .get(..content_bits(self.frame_type.class))
            .unwrap_or_default()
    }

    /// By the signs alone.
    fn hard(&self) -> Option<Content> {
        let mut bytes = [0_u8; MAX_CONTENT_LEN];
        let (values, _) = self.values.as_chunks::<8>();
        for (byte, values) in bytes.iter_mut().zip(values) {
            *byte = values
                .iter()
                .fold(0, |byte, value| (byte << 1) | u8::from(*value > 0));
        }
        Content::coded(self.frame_type.class, self.frame_type.rank, &bytes)
    }
}

const fn content_bits(class: Class) -> usize {
    class.content_len().wrapping_mul(8)
}

/// Decodes one to three frames of a message, as bytes from the preamble on. If one decodes alone, that is the result.
///
/// # Errors
/// For the first frame that has one: [`ErrorKind::Truncated`], [`ErrorKind::FrameType`], [`ErrorKind::Length`].
/// [`ErrorKind::Grouping`]: not one to three frames of one class and different ranks, or two decode alone and say different
/// things. Then [`ErrorKind::Crc`] and [`ErrorKind::Header`].
pub fn hard(frames: &[&[u8]], tolerance: Tolerance) -> Result<Unauthenticated, DecodeError> {
    let mut group = Group::new();
    for &frame in frames {
        let head = head(frame, tolerance)?;
        let bits = frame
            .get(HEAD_LEN..)
            .unwrap_or_default()
            .iter()
            .flat_map(|byte| BITS.map(|bit| if byte & bit == 0 { -1 } else { 1 }));
        let soft = SoftFrame::of(head.frame_type, head.errors, bits);
        group.add(&soft, decode(frame, tolerance).ok())?;
    }
    group.decode()
}

/// Decodes one to three frames of a message by their soft values. If one decodes alone by the signs, that is the result.
///
/// # Errors
/// [`ErrorKind::Grouping`]: not one to three frames of one class and different ranks, or two decode alone and say different
/// things. Then [`ErrorKind::Crc`] and [`ErrorKind::Header`].
pub fn soft(frames: &[&SoftFrame]) -> Result<Unauthenticated, DecodeError> {
    let mut group = Group::new();
    for frame in frames {
        group.add(frame, frame.alone().ok())?;
    }
    group.decode()
}

impl SoftFrame {
    /// Decodes the frame by the signs of its values.
    ///
    /// # Errors
    /// [`ErrorKind::Crc`], [`ErrorKind::Header`].
    pub fn alone(&self) -> Result<Unauthenticated, DecodeError> {
        let crc = || DecodeError::new(ErrorKind::Crc, "CRC", HEAD_LEN);
        let content = self.hard().ok_or_else(crc)?;
        Unauthenticated::of(content, self.frame_type.rank, self.type_errors)
    }
}

/// Frames of one message.
struct Group {
    columns: Columns,
    class: Option<Class>,
    ranks: [bool; MAX_FRAMES],
    type_errors: u8,
    alone: Option<Unauthenticated>,
}

impl Group {
    const fn new() -> Self {
        Self {
            columns: [[0; MAX_FRAMES]; MAX_BITS],
            class: None,
            ranks: [false; MAX_FRAMES],
            type_errors: 0,
            alone: None,
        }
    }

    /// Adds a frame, and what it says if it decodes alone.
    fn add(&mut self, frame: &SoftFrame, alone: Option<Unauthenticated>) -> Result<(), DecodeError> {
        let grouping = || DecodeError::new(ErrorKind::Grouping, "FT", 2);
        let FrameType { class, rank } = frame.frame_type;
        if self.class.replace(class).is_some_and(|other| other != class) {
            return Err(grouping());
        }
        let at = usize::from(rank.get()).wrapping_sub(1);
        match self.ranks.get_mut(at) {
            Some(used) if !*used => *used = true,
            _ => return Err(grouping()),
        }
        for (column, value) in self.columns.iter_mut().zip(frame.values()) {
            if let Some(place) = column.get_mut(at) {
                *place = *value;
            }
        }
        self.type_errors = self.type_errors.saturating_add(frame.type_errors);
        if let Some(alone) = alone {
            match &self.alone {
                Some(other) if !other.has_content_of(&alone) => return Err(grouping()),
                Some(_) => {}
                None => self.alone = Some(alone),
            }
        }
        Ok(())
    }

    fn decode(&self) -> Result<Unauthenticated, DecodeError> {
        let grouping = || DecodeError::new(ErrorKind::Grouping, "FT", 2);
        let class = self.class.ok_or_else(grouping)?;
        let lowest = Rank::ALL.into_iter().zip(self.ranks).find(|(_, used)| *used);
        let (rank, _) = lowest.ok_or_else(grouping)?;
        if let Some(alone) = &self.alone {
            return Ok(alone.received_as(rank, self.type_errors));
        }
        let paths = Paths::new(&self.columns, content_bits(class));
        let mut refused = DecodeError::new(ErrorKind::Crc, "CRC", class.frame_len().wrapping_sub(2));
        for (_, end) in paths.ends() {
            let Some(content) = Content::new(class, &paths.trace(end)) else {
                continue;
            };
            match Unauthenticated::of(content, rank, self.type_errors) {
                Ok(message) => return Ok(message),
                // A right CRC tells more than that of the best end.
                Err(error) if error.kind != ErrorKind::Crc => refused = error,
                Err(_) => {}
            }
        }
        Err(refused)
    }
}
