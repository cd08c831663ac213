//! ERROR: why a side ends the session (spec §9).
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 1 | code |
//! | 1 | 1 | reserved, 0 |
//! | 2 | 2 | retry |
//! | 4 | 4 | ref |

use core::fmt;

use crate::cursor::Cursor;
use crate::error::DecodeError;

/// Octets of the body.
pub const LEN: usize = 8;
/// `ref` that refers to no frame.
const NO_FRAME: u32 = u32::MAX;

/// What an ERROR says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[expect(clippy::exhaustive_structs, reason = "the fields of version 1")]
pub struct Failure {
    /// Byte 0.
    pub code: FailureCode,
    /// Bytes 2 and 3, `retry`: come back after this many seconds, 0 = no wish. Counts only if the frame is authentic.
    pub retry_s: u16,
    /// Bytes 4 to 7, `ref`: seq of the frame at fault, if its tag was good; else `None`, on the wire `FFFFFFFF`.
    pub reference: Option<u32>,
}

impl Failure {
    /// Without a wish when to come back.
    #[must_use]
    pub const fn new(code: FailureCode, reference: Option<u32>) -> Self {
        Self {
            code,
            retry_s: 0,
            reference,
        }
    }

    /// Reads a body of at least 8 octets; the rest is ignored.
    ///
    /// # Errors
    /// Malformed if it is shorter.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        let mut c = Cursor::new(body);
        let code = FailureCode::from(c.u8("code")?);
        c.u8("reserved")?;
        let retry_s = c.u16("retry")?;
        let reference = Some(c.u32("ref")?).filter(|&seq| seq != NO_FRAME);
        Ok(Self {
            code,
            retry_s,
            reference,
        })
    }

    /// The body.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; LEN] {
        let [r0, r1] = self.retry_s.to_be_bytes();
        let [s0, s1, s2, s3] = self.reference.unwrap_or(NO_FRAME).to_be_bytes();
        [u8::from(self.code), 0, r0, r1, s0, s1, s2, s3]
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Failure {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        let reference: Option<u32> = u.arbitrary()?;
        Ok(Self {
            code: FailureCode::from(u.arbitrary::<u8>()?),
            retry_s: u.arbitrary()?,
            reference: reference.filter(|&seq| seq != NO_FRAME),
        })
    }
}

/// Code of an ERROR (spec §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum FailureCode {
    /// 1: framing or body not valid.
    Malformed,
    /// 2: no version in common.
    Version,
    /// 3: unknown device or key, or wrong tag.
    Auth,
    /// 4: seq is not the expected one.
    Sequence,
    /// 5: frame not allowed now, or unknown type.
    State,
    /// 6: samples missing between what is stored and what came.
    Gap,
    /// 7: sample numbers of the two sides contradict each other.
    Log,
    /// 8: come back later.
    Busy,
    /// 9: could not be stored.
    Storage,
    /// 10: more frames, samples or time than this server allows.
    Limit,
    /// Of a later version.
    Unknown(u8),
}

impl FailureCode {
    /// Name of the specification in lower case; `unknown` for a code of a later version.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Version => "version",
            Self::Auth => "auth",
            Self::Sequence => "sequence",
            Self::State => "state",
            Self::Gap => "gap",
            Self::Log => "log",
            Self::Busy => "busy",
            Self::Storage => "storage",
            Self::Limit => "limit",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(code) => write!(f, "unknown {code}"),
            _ => f.write_str(self.name()),
        }
    }
}

impl From<u8> for FailureCode {
    fn from(byte: u8) -> Self {
        match byte {
            1 => Self::Malformed,
            2 => Self::Version,
            3 => Self::Auth,
            4 => Self::Sequence,
            5 => Self::State,
            6 => Self::Gap,
            7 => Self::Log,
            8 => Self::Busy,
            9 => Self::Storage,
            10 => Self::Limit,
            other => Self::Unknown(other),
        }
    }
}

impl From<FailureCode> for u8 {
    fn from(code: FailureCode) -> Self {
        match code {
            FailureCode::Malformed => 1,
            FailureCode::Version => 2,
            FailureCode::Auth => 3,
            FailureCode::Sequence => 4,
            FailureCode::State => 5,
            FailureCode::Gap => 6,
            FailureCode::Log => 7,
            FailureCode::Busy => 8,
            FailureCode::Storage => 9,
            FailureCode::Limit => 10,
            FailureCode::Unknown(other) => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::ResultCode;

    #[test]
    fn codes_and_bytes_are_inverse() {
        for byte in 0..=u8::MAX {
            assert_eq!(u8::from(FailureCode::from(byte)), byte);
            assert_eq!(u8::from(ResultCode::from(byte)), byte);
        }
    }

    #[test]
    fn a_reference_to_no_frame_is_all_ones() {
        let failure = Failure::new(FailureCode::Auth, None);
        let body = failure.to_bytes();
        assert_eq!(body, [3, 0, 0, 0, 255, 255, 255, 255]);
        assert_eq!(Failure::parse(&body), Ok(failure));
        assert_eq!(Failure::parse(&body[..7]).unwrap_err().offset, 7);
    }
}
