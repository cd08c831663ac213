//! Why a description is refused.

/// A description that breaks its own rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LayoutError {
    /// The rule.
    pub kind: LayoutErrorKind,
    /// Number of the field, counted from 0; `None` for the description as a whole.
    pub field: Option<usize>,
}

impl core::fmt::Display for LayoutError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.field {
            Some(number) => write!(f, "{} in field {number} of the description", self.kind),
            None => write!(f, "{} in the description", self.kind),
        }
    }
}

impl core::error::Error for LayoutError {}

/// The rules of comet-sigfox-payload §6 that a description can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum LayoutErrorKind {
    /// More than [`MAX_FIELDS`](super::MAX_FIELDS) fields.
    #[error("too many fields")]
    TooMany,
    /// A constant with bits outside its mask, which no payload has.
    #[error("constant outside its mask")]
    Constant,
    /// An empty key, or one that another field has.
    #[error("bad key")]
    Key,
    /// A width of 0, or above 64.
    #[error("bad width")]
    Width,
    /// A bit above 7.
    #[error("bad bit")]
    Bit,
    /// Little-endian with a width that is no multiple of 8, or from another bit than 7.
    #[error("little-endian needs whole bytes")]
    LittleEndian,
    /// A raw code that the width cannot hold.
    #[error("raw code beyond the width")]
    Raw,
    /// A raw code that is mapped twice.
    #[error("raw code mapped twice")]
    RawTwice,
    /// A minimum above the maximum.
    #[error("empty range")]
    Range,
    /// Scaled values need more than [`MAX_DIGITS`](crate::decimal::MAX_DIGITS) digits.
    #[error("too many digits after scaling")]
    Digits,
}
