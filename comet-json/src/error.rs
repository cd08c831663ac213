//! Why a body was refused, and why a message could not be written.

/// A refused body: the error class, where and in which member.
///
/// Classes are tried from the outside in: size, UTF-8, JSON (with depth and trailing data), shape, type, version, number of
/// elements, members. A body that is no JSON is never reported as a message with a bad member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} in `{field}` at byte {offset}")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct DecodeError {
    /// Error class with its detail.
    pub kind: ErrorKind,
    /// Name of the member or element concerned, as in the specification (`Time.Sample`), or `body`.
    pub field: &'static str,
    /// Byte offset from the start of the body, byte order mark included.
    pub offset: usize,
    /// Which message of a batch, counted from 0; `None` outside a batch, and if the whole is no JSON.
    pub index: Option<u32>,
}

impl DecodeError {
    #[cold]
    pub(crate) const fn new(kind: ErrorKind, field: &'static str, offset: usize) -> Self {
        Self {
            kind,
            field,
            offset,
            index: None,
        }
    }
}

/// The error classes of W §8 and L §5. Nothing else refuses a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ErrorKind {
    /// Longer than [`Options::max_len`](crate::Options::max_len).
    #[error("body of {len} octets is too large")]
    TooLarge {
        /// Length of the body in octets.
        len: usize,
    },
    /// Not UTF-8.
    #[error("not UTF-8")]
    InvalidUtf8,
    /// Not a JSON text.
    #[error("not JSON ({0})")]
    NotJson(JsonFault),
    /// Something else than white space after the object or array.
    #[error("trailing data")]
    TrailingData,
    /// Nested deeper than [`MAX_DEPTH`](crate::limits::MAX_DEPTH), in members that are ignored too.
    #[error("nested too deep")]
    TooDeep,
    /// At top level another kind of value than the types taken have.
    #[error("wrong shape")]
    WrongShape,
    /// A `JsonType` that is not taken.
    #[error("type {number} is not supported")]
    UnsupportedType {
        /// The number received; beyond 64 bits its nearest neighbour.
        number: i64,
    },
    /// A `JsonVersion` whose layout is not known (type 1 only).
    #[error("version {number} is not supported")]
    UnsupportedVersion {
        /// The number received; beyond 64 bits its nearest neighbour.
        number: i64,
    },
    /// Several messages in one body, which is read only on request (L §5, rule 4).
    #[error("batch framing is not supported")]
    Batch,
    /// A required member is absent or null.
    #[error("missing")]
    MissingField,
    /// A known member occurs twice in one object.
    #[error("duplicate")]
    DuplicateField,
    /// Not the object or array that belongs here.
    #[error("wrong type")]
    BadType,
    /// Not an integer, or one with fraction or exponent.
    #[error("not an integer")]
    BadInteger,
    /// An integer outside its range.
    #[error("{value} is out of range")]
    OutOfRange {
        /// The number received; beyond 64 bits its nearest neighbour.
        value: i64,
    },
    /// Not a string.
    #[error("not a string")]
    BadString,
    /// Not a serial number of at most eight decimal digits.
    #[error("not a serial number")]
    BadSerial,
    /// Not RFC 3339 with offset (types 2 and 5), or not eight hexadecimal digits (type 1).
    #[error("not a time")]
    BadTime,
    /// Not eight hexadecimal digits.
    #[error("not a hex float")]
    BadHexFloat,
    /// Another number of elements than the layout has.
    #[error("{count} elements")]
    BadArrayLength {
        /// Elements received.
        count: usize,
    },
    /// Too many channels, none, a channel number twice, or one that loggers do not have.
    #[error("channels")]
    BadChannels,
    /// A pull document that is no XML (W §10.1).
    #[error("not XML")]
    NotXml,
}

impl ErrorKind {
    /// Stable machine name, as in the conformance suite where it names one.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too-large",
            Self::InvalidUtf8 => "invalid-utf8",
            Self::NotJson(_) => "not-json",
            Self::TrailingData => "trailing-data",
            Self::TooDeep => "too-deep",
            Self::WrongShape => "wrong-shape",
            Self::UnsupportedType { .. } => "unsupported-type",
            Self::UnsupportedVersion { .. } => "unsupported-version",
            Self::Batch => "batch",
            Self::MissingField => "missing-field",
            Self::DuplicateField => "duplicate-field",
            Self::BadType => "bad-type",
            Self::BadInteger => "bad-integer",
            Self::OutOfRange { .. } => "out-of-range",
            Self::BadString => "bad-string",
            Self::BadSerial => "bad-serial",
            Self::BadTime => "bad-time",
            Self::BadHexFloat => "bad-hex-float",
            Self::BadArrayLength { .. } => "bad-array-length",
            Self::BadChannels => "bad-channels",
            Self::NotXml => "not-xml",
        }
    }

    /// The number behind `unsupported-type` and `unsupported-version`.
    #[must_use]
    pub const fn number(self) -> Option<i64> {
        match self {
            Self::UnsupportedType { number } | Self::UnsupportedVersion { number } => Some(number),
            _ => None,
        }
    }

    /// Whether the body is no single JSON text within the limits, whatever it means.
    pub(crate) const fn is_structural(self) -> bool {
        matches!(
            self,
            Self::TooLarge { .. } | Self::InvalidUtf8 | Self::NotJson(_) | Self::TrailingData | Self::TooDeep
        )
    }
}

/// What is wrong with the JSON. A diagnosis only: every one of them is the class `not-json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum JsonFault {
    /// The text ends within a value, or there is none.
    #[error("truncated")]
    Truncated,
    /// A character that fits no production.
    #[error("syntax")]
    Syntax,
    /// A number outside the grammar.
    #[error("number")]
    Number,
    /// A control character inside a string.
    #[error("control character")]
    Control,
    /// An escape that JSON does not have.
    #[error("escape")]
    Escape,
    /// Half of a surrogate pair, which is no character.
    #[error("lone surrogate")]
    Surrogate,
}

/// A message that cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} in `{field}`")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct EncodeError {
    /// What prevents it.
    pub kind: EncodeErrorKind,
    /// Name of the member or element concerned.
    pub field: &'static str,
}

impl EncodeError {
    #[cold]
    pub(crate) const fn new(kind: EncodeErrorKind, field: &'static str) -> Self {
        Self { kind, field }
    }
}

/// Why a message cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum EncodeErrorKind {
    /// A logger message of another version than 6 (L §5: encoders write version 6 only).
    #[error("version {0} is not written")]
    UnsupportedVersion(u8),
    /// An element that the layout needs is not set.
    #[error("missing")]
    MissingField,
    /// A number outside its range.
    #[error("out of range")]
    OutOfRange,
    /// A logger message needs 1 to 8 channels.
    #[error("number of channels")]
    Channels,
    /// A time kept as unreadable text, where the message does not say that its clock is invalid or where the text is a time (W §8
    /// rule 11).
    #[error("text in place of a time")]
    BadTime,
    /// The buffer is too small.
    #[error("buffer too small, {needed} octets needed")]
    Buffer {
        /// Octets that the message takes.
        needed: usize,
    },
}

impl EncodeErrorKind {
    /// Stable machine name, as in the conformance suite where it names one.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnsupportedVersion(_) => "unsupported-version",
            Self::MissingField => "missing-field",
            Self::OutOfRange => "out-of-range",
            Self::Channels => "bad-channels",
            Self::BadTime => "bad-time",
            Self::Buffer { .. } => "buffer",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_small() {
        assert!(size_of::<DecodeError>() <= 48);
    }
}
