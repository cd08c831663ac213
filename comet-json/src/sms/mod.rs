//! SMS of the loggers (L, Annex A): the data SMS for machines, and what is fixed of those for people.

mod data;
mod people;

pub use data::{DataSms, LEN, Unit};
pub use people::{AlarmEvent, AlarmEvents, HumanSms, Line, LocalMinute, SystemAlarm};

/// A refused SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} in `{field}` at {offset}")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SmsError {
    /// Error class.
    pub kind: SmsErrorKind,
    /// The field concerned, or `body`.
    pub field: &'static str,
    /// Where: for a data SMS in characters, else in octets from the start.
    pub offset: usize,
}

impl SmsError {
    #[cold]
    pub(crate) const fn new(kind: SmsErrorKind, field: &'static str, offset: usize) -> Self {
        Self { kind, field, offset }
    }
}

/// Why an SMS was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum SmsErrorKind {
    /// Not of the length that the layout has.
    #[error("length")]
    BadLength,
    /// A fixed text, or a blank between two fields, is not where it belongs.
    #[error("fixed text")]
    BadLiteral,
    /// A field is not hexadecimal.
    #[error("hexadecimal digits")]
    BadHex,
    /// A time is not one of the calendar.
    #[error("time")]
    BadTime,
}

impl SmsErrorKind {
    /// Stable machine name, as in the conformance suite where it names one.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BadLength => "bad-length",
            Self::BadLiteral => "bad-literal",
            Self::BadHex => "bad-hex",
            Self::BadTime => "bad-time",
        }
    }
}
