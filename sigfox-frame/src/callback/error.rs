//! Why a request is refused, and with which status.

/// A refused request: what is wrong, in which key and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} in `{field}` at byte {offset}")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ReceiveError {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Name of the placeholder concerned, `attribute` for a key that is none, or `authorization`, `method`, `content-type`,
    /// `query`, `batch`, `body`.
    pub field: &'static str,
    /// Byte offset in the body, or in the query if the values come from there. In a batch that was percent-encoded: where the
    /// parameter begins.
    pub offset: usize,
}

impl ReceiveError {
    #[cold]
    pub(super) const fn new(kind: ErrorKind, field: &'static str, offset: usize) -> Self {
        Self { kind, field, offset }
    }

    /// The status to answer with (R4).
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.kind.status()
    }
}

/// What is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ErrorKind {
    /// No secret, a wrong one, or more than one (R1). No detail, on purpose.
    #[error("not authorised")]
    Auth,
    /// Neither GET, POST nor PUT.
    #[error("method not allowed")]
    Method,
    /// Neither JSON, form nor text.
    #[error("content type not supported")]
    ContentType,
    /// Longer than the limit.
    #[error("{len} octets are too many")]
    TooLarge {
        /// Octets received.
        len: usize,
    },
    /// Not a JSON text with an object or an array as its root.
    #[error("not JSON ({0})")]
    BadJson(JsonFault),
    /// A text or form that cannot be read.
    #[error("unreadable text")]
    BadText,
    /// JSON nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    #[error("nested too deep")]
    TooDeep,
    /// A key twice, or beside its alias, with different values.
    #[error("two values")]
    ConflictingKey,
    /// A mandatory value is absent, or no service has these keys.
    #[error("missing")]
    Missing,
    /// Not 1 to 8 hexadecimal digits (R8).
    #[error("not a device")]
    BadDevice,
    /// Not a time in seconds, or one before 2010 or more than a day ahead (R10).
    #[error("not a time")]
    BadTime,
    /// Not an even number of 0 to 24 hexadecimal digits (R9).
    #[error("not a payload")]
    BadData,
    /// A counter below 0 (R11).
    #[error("negative counter")]
    BadSeq,
    /// Another mandatory value that is none.
    #[error("bad value")]
    BadValue,
    /// A batch without a good line (R18).
    #[error("no good line")]
    BadLine,
}

impl ErrorKind {
    /// Stable machine name, as in the conformance suite.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Method => "method",
            Self::ContentType => "content-type",
            Self::TooLarge { .. } => "too-large",
            Self::BadJson(_) => "bad-json",
            Self::BadText => "bad-text",
            Self::TooDeep => "too-deep",
            Self::ConflictingKey => "conflicting-key",
            Self::Missing => "missing",
            Self::BadDevice => "bad-device",
            Self::BadTime => "bad-time",
            Self::BadData => "bad-data",
            Self::BadSeq => "bad-seq",
            Self::BadValue => "bad-value",
            Self::BadLine => "bad-line",
        }
    }

    /// The status to answer with (R4).
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Auth => 401,
            Self::Method => 405,
            Self::TooLarge { .. } => 413,
            Self::ContentType => 415,
            _ => 400,
        }
    }
}

/// What is wrong with the JSON. A diagnosis only: every one of them is `bad-json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum JsonFault {
    /// Not UTF-8.
    #[error("not UTF-8")]
    Utf8,
    /// The text ends within a value, or there is none.
    #[error("truncated")]
    Truncated,
    /// A character that fits no production.
    #[error("syntax")]
    Syntax,
    /// A control character inside a string.
    #[error("control character")]
    Control,
    /// An escape that JSON does not have, or half of a surrogate pair.
    #[error("escape")]
    Escape,
    /// Something behind the one value.
    #[error("trailing data")]
    Trailing,
    /// The root is neither an object nor an array.
    #[error("root")]
    Root,
}

/// Statuses that are the caller's to give (R4).
pub mod status {
    /// Accepted, no downlink: no body (R16). Also for unknown devices, whose messages go to quarantine.
    pub const ACCEPTED: u16 = 204;
    /// Accepted, downlink attached.
    pub const ANSWERED: u16 = 200;
    /// No such path.
    pub const UNKNOWN_PATH: u16 = 404;
    /// The storage is in trouble: the network tries again.
    pub const STORAGE: u16 = 503;
}
