//! Why an answer or a request was refused.

use alloc::string::String;

/// An answer that gives nothing (§C.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ApiError {
    /// Not JSON.
    #[error("not JSON")]
    Json,
    /// A member is missing or of the wrong type.
    #[error("`{0}` missing or of the wrong type")]
    Shape(&'static str),
    /// The service says error, with this text. It comes from the service: escape it before it is shown.
    #[error("the service says: {0:?}")]
    Api(String),
}

impl ApiError {
    /// Stable machine name, as in the specification.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Shape(_) => "shape",
            Self::Api(_) => "api",
        }
    }
}

/// A request that is not made (§C.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum RequestError {
    /// No elements, or more than 25.
    #[error("{0} elements, 1 to 25 wanted")]
    Elements(usize),
    /// Negative, above 9999999999, or the first after the last.
    #[error("times {from} to {to}")]
    Time {
        /// First second.
        from: i64,
        /// Last second.
        to: i64,
    },
}

impl RequestError {
    /// Stable machine name, as in the specification.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Elements(_) => "elements",
            Self::Time { .. } => "time",
        }
    }
}
