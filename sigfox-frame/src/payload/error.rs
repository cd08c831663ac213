//! Why a configuration is refused.

/// A refused configuration: what is wrong, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset} of the configuration")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ConfigError {
    /// What is wrong.
    pub kind: ConfigErrorKind,
    /// Byte offset in the text: of the part concerned, or of its field.
    pub offset: usize,
}

/// What R19 and the grammar of sigfox-callback §7 refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ConfigErrorKind {
    /// There is no field.
    #[error("no field")]
    Empty,
    /// A name that is empty, too long, or has other characters than letters, digits, `_`, `-` and `#`.
    #[error("bad name")]
    Name,
    /// A name that another field has.
    #[error("name given twice")]
    Duplicate,
    /// Something else than a number of bytes, or the colon behind it is missing.
    #[error("bad index")]
    Index,
    /// Another type than `bool`, `char`, `float`, `uint` or `int`.
    #[error("unknown type")]
    Type,
    /// No width or length, 0, or one that the type does not have.
    #[error("bad width")]
    Width,
    /// Neither `big-endian` nor `little-endian`.
    #[error("bad byte order")]
    Endian,
    /// `little-endian` with a width that is no multiple of 8, or with a start bit other than 7 (unknown in §7).
    #[error("little-endian needs whole bytes")]
    LittleEndian,
    /// Not a bit from 0 to 7.
    #[error("bad bit")]
    Bit,
    /// More components than the type has.
    #[error("surplus component")]
    Surplus,
    /// More than [`MAX_FIELDS`](super::MAX_FIELDS) fields.
    #[error("too many fields")]
    TooMany,
}
