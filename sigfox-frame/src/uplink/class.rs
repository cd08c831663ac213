//! Classes and ranks of frames (spec §2).

use core::fmt;

use super::HEAD_LEN;
use crate::error::{EncodeError, EncodeErrorKind};

/// Class of a frame: what it carries and how long it is (spec §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_enums, reason = "the specification has these six")]
pub enum Class {
    /// Empty, or one bit.
    A,
    /// 1 byte.
    B,
    /// 2 to 4 bytes.
    C,
    /// 5 to 8 bytes.
    D,
    /// 9 to 12 bytes.
    E,
    /// A control record of 5 to 8 bytes. As long as class D, and told from it by the unprotected frame type only (spec §10.2).
    K,
}

impl Class {
    /// All six.
    pub const ALL: [Self; 6] = [Self::A, Self::B, Self::C, Self::D, Self::E, Self::K];

    /// P + T, bytes of payload and tag together.
    pub(crate) const fn payload_and_tag(self) -> usize {
        match self {
            Self::A => 2,
            Self::B => 3,
            Self::C => 6,
            Self::D | Self::K => 10,
            Self::E => 14,
        }
    }

    /// Bytes of the content: header, EP-ID, payload, tag, CRC.
    #[must_use]
    pub const fn content_len(self) -> usize {
        self.payload_and_tag().wrapping_add(8)
    }

    /// Bytes of a frame: preamble and frame type, then the content.
    #[must_use]
    pub const fn frame_len(self) -> usize {
        self.content_len().wrapping_add(HEAD_LEN)
    }

    /// Bits on air.
    #[must_use]
    pub const fn frame_bits(self) -> usize {
        self.frame_len().wrapping_mul(8)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::E => "E",
            Self::K => "K",
        })
    }
}

/// Position of a frame among the up to three frames of one message (spec §0). Each carries the whole message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_enums, reason = "the specification has these three")]
pub enum Rank {
    /// Sent as it is.
    First,
    /// Sent through the filter 1 + D + D².
    Second,
    /// Sent through the filter 1 + D².
    Third,
}

impl Rank {
    /// All three.
    pub const ALL: [Self; 3] = [Self::First, Self::Second, Self::Third];

    /// From 1, 2 or 3.
    ///
    /// # Errors
    /// [`EncodeErrorKind::FrameRank`] for any other number.
    pub const fn new(rank: u8) -> Result<Self, EncodeError> {
        match rank {
            1 => Ok(Self::First),
            2 => Ok(Self::Second),
            3 => Ok(Self::Third),
            _ => Err(EncodeError::new(EncodeErrorKind::FrameRank(rank), "rank")),
        }
    }

    /// 1, 2 or 3.
    #[must_use]
    pub const fn get(self) -> u8 {
        match self {
            Self::First => 1,
            Self::Second => 2,
            Self::Third => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_table() {
        let frames = [14, 15, 18, 22, 26, 22];
        for (class, bytes) in Class::ALL.into_iter().zip(frames) {
            assert_eq!(class.frame_len(), bytes);
            assert_eq!(class.content_len(), bytes - 4);
            assert_eq!(class.frame_bits(), bytes * 8);
        }
    }

    #[test]
    fn there_are_three_ranks() {
        for rank in Rank::ALL {
            assert_eq!(Rank::new(rank.get()), Ok(rank));
        }
        for wrong in [0, 4, 255] {
            assert_eq!(
                Rank::new(wrong).unwrap_err().kind,
                EncodeErrorKind::FrameRank(wrong)
            );
        }
    }
}
