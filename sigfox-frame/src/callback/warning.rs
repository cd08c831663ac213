//! Remarks on a request that was accepted.

use core::fmt;

/// Something that is off in an accepted request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Warning {
    /// A value is still a placeholder, and so absent (R5).
    UnreplacedPlaceholder,
    /// The time had a fraction (R10).
    FractionalTime,
    /// The counter has more than twelve bits (R11).
    SeqRange,
    /// An optional value does not parse or is out of range, and was dropped. The name is that of the placeholder.
    BadOptional(&'static str),
    /// A line of a batch, or an element of an array, was passed over (R18). Counted from 1; empty lines are not counted.
    BadLine(usize),
}

/// As in the conformance suite, such as `bad-optional:rssi`.
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnreplacedPlaceholder => f.write_str("unreplaced-placeholder"),
            Self::FractionalTime => f.write_str("fractional-time"),
            Self::SeqRange => f.write_str("seq-range"),
            Self::BadOptional(key) => write!(f, "bad-optional:{key}"),
            Self::BadLine(number) => write!(f, "bad-line:{number}"),
        }
    }
}
