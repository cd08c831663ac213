//! Why octets were refused, why something cannot be written, and why a machine does not take a call.

/// Refused octets: what is wrong, in which field and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} in `{field}` at byte {offset}")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct DecodeError {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Name of the field, as in the specification.
    pub field: &'static str,
    /// Byte offset: in the stream for the [`Splitter`](crate::frame::Splitter), in the body for bodies.
    pub offset: usize,
}

impl DecodeError {
    #[cold]
    pub(crate) const fn new(kind: ErrorKind, field: &'static str, offset: usize) -> Self {
        Self { kind, field, offset }
    }

    #[cold]
    pub(crate) const fn malformed(fault: Fault, field: &'static str, offset: usize) -> Self {
        Self::new(ErrorKind::Malformed(fault), field, offset)
    }
}

/// What is wrong with the octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ErrorKind {
    /// The first byte of a frame is not `B5` (spec §3).
    #[error("magic {0:02X}")]
    BadMagic(u8),
    /// The type belongs to the other direction (spec §3).
    #[error("type {0:02X} of the other direction")]
    BadDirection(u8),
    /// The length is below 16 or above what the direction allows (spec §3).
    #[error("length {0} out of bounds")]
    BadLength(u16),
    /// The frame is not complete; more octets may come.
    #[error("{missing} more octets needed")]
    Incomplete {
        /// Octets that are certainly missing.
        missing: usize,
    },
    /// The body breaks its layout; the session ends (spec §6 to §9).
    #[error("malformed ({0})")]
    Malformed(Fault),
    /// CONFIG: an item that this version does not know and must not skip (spec §8.1, RESULT 1).
    #[error("unknown item {0}")]
    Unsupported(u8),
    /// CONFIG: an item of wrong length, out of range or given twice (spec §8.1, RESULT 2).
    #[error("bad value ({0})")]
    Value(Fault),
}

impl ErrorKind {
    /// Stable machine name, as in the conformance suite.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BadMagic(_) => "bad-magic",
            Self::BadDirection(_) => "bad-direction",
            Self::BadLength(_) => "bad-length",
            Self::Incomplete { .. } => "incomplete",
            Self::Malformed(_) => "malformed",
            Self::Unsupported(_) => "unsupported",
            Self::Value(_) => "value",
        }
    }
}

/// How a body breaks its layout. A diagnosis only: the class is that of the [`ErrorKind`] around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Fault {
    /// The body ends inside the field.
    #[error("cut short")]
    Short,
    /// Octets are left over.
    #[error("octets left over")]
    Surplus,
    /// A length that the field cannot have.
    #[error("length")]
    Length,
    /// A number outside its range.
    #[error("out of range")]
    Range,
    /// A reserved bit that must be 0.
    #[error("reserved bit")]
    Reserved,
    /// A varint of more than 5 octets, above 2^32 − 1, or not in its shortest form.
    #[error("varint")]
    Varint,
    /// A time that goes back or passes 2^32 − 1.
    #[error("time")]
    Time,
    /// Text that is not UTF-8.
    #[error("not UTF-8")]
    Utf8,
    /// Given twice.
    #[error("given twice")]
    Twice,
}

/// Something that cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} in `{field}`")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct EncodeError {
    /// What prevents it.
    pub kind: EncodeErrorKind,
    /// Name of the field, as in the specification.
    pub field: &'static str,
}

impl EncodeError {
    #[cold]
    pub(crate) const fn new(kind: EncodeErrorKind, field: &'static str) -> Self {
        Self { kind, field }
    }
}

/// Why something cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum EncodeErrorKind {
    /// The buffer is too small.
    #[error("buffer too small, {needed} octets needed")]
    Buffer {
        /// Octets that are needed.
        needed: usize,
    },
    /// No room for more in this body: begin a new one.
    #[error("body full")]
    Full,
    /// Outside the range that the wire can carry.
    #[error("out of range")]
    Range,
    /// A time before the one of the record before: begin a new body (spec §7.1).
    #[error("time goes back")]
    TimeBack,
    /// A pause that does not fit into `dt`: begin a new body (spec §7.1).
    #[error("pause too long")]
    Pause,
    /// Not as many values as channels.
    #[error("number of values")]
    Count,
    /// Nothing was put in.
    #[error("empty")]
    Empty,
    /// Given twice.
    #[error("given twice")]
    Twice,
}

impl EncodeErrorKind {
    /// Stable machine name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Buffer { .. } => "buffer",
            Self::Full => "full",
            Self::Range => "range",
            Self::TimeBack => "time-back",
            Self::Pause => "pause",
            Self::Count => "count",
            Self::Empty => "empty",
            Self::Twice => "twice",
        }
    }
}

/// A call that a machine does not take now. The machine is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum CallError {
    /// Not in this phase of the session.
    #[error("not in this phase of the session")]
    Phase,
    /// `poll` has something to give first.
    #[error("poll first")]
    Pending,
    /// The session is over.
    #[error("the session is over")]
    Over,
    /// `stored`: beyond what was handed out.
    #[error("sample {0} was not handed out")]
    NotReceived(u32),
    /// SAMPLES: there would be a hole between this number and the samples sent before.
    #[error("samples missing before {0}")]
    Hole(u32),
    /// What was given cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

impl CallError {
    /// Stable machine name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Phase => "phase",
            Self::Pending => "pending",
            Self::Over => "over",
            Self::NotReceived(_) => "not-received",
            Self::Hole(_) => "hole",
            Self::Encode(error) => error.kind.code(),
        }
    }
}
