//! RESULT: the device's answer to CONFIG or ROTATE (spec §8.3).
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 4 | ref |
//! | 4 | 1 | code |

use crate::cursor::Cursor;
use crate::error::DecodeError;

/// Octets of the body.
pub const LEN: usize = 5;

/// What became of a CONFIG or ROTATE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "the fields of version 1")]
pub struct Answer {
    /// Bytes 0 to 3, `ref`: seq of the frame it answers.
    pub reference: u32,
    /// Byte 4.
    pub code: ResultCode,
}

impl Answer {
    /// Reads a body of at least 5 octets; the rest is ignored.
    ///
    /// # Errors
    /// Malformed if it is shorter.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        let mut c = Cursor::new(body);
        let reference = c.u32("ref")?;
        let code = ResultCode::from(c.u8("code")?);
        Ok(Self { reference, code })
    }

    /// The body.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; LEN] {
        let [a, b, c, d] = self.reference.to_be_bytes();
        [a, b, c, d, u8::from(self.code)]
    }
}

/// Code of a RESULT (spec §8.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub enum ResultCode {
    /// 0: taken and in force, or stored.
    Done,
    /// 1: an item that the device does not know.
    UnknownItem,
    /// 2: a value that the device cannot take.
    BadValue,
    /// 3: could not be stored.
    NotStored,
    /// Of a later version.
    Unknown(u8),
}

impl ResultCode {
    /// Whether the same configuration must not be sent again in later sessions (spec §8.3).
    #[must_use]
    pub const fn is_refusal(self) -> bool {
        matches!(self, Self::UnknownItem | Self::BadValue)
    }
}

impl From<u8> for ResultCode {
    fn from(byte: u8) -> Self {
        match byte {
            0 => Self::Done,
            1 => Self::UnknownItem,
            2 => Self::BadValue,
            3 => Self::NotStored,
            other => Self::Unknown(other),
        }
    }
}

impl From<ResultCode> for u8 {
    fn from(code: ResultCode) -> Self {
        match code {
            ResultCode::Done => 0,
            ResultCode::UnknownItem => 1,
            ResultCode::BadValue => 2,
            ResultCode::NotStored => 3,
            ResultCode::Unknown(other) => other,
        }
    }
}
