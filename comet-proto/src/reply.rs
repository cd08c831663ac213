//! What to answer, whether the message was taken or not.

use replay_guard::Verdict;
use replay_guard::verdict::Reason;

/// An HTTP answer in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "the device waits for it"]
#[non_exhaustive]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// `Content-Type`, if there is a body.
    pub content_type: Option<&'static str>,
    /// Body. Fixed texts only: nothing of the input comes back.
    pub body: &'static str,
}

impl Reply {
    /// An answer.
    pub const fn new(status: u16, content_type: Option<&'static str>, body: &'static str) -> Self {
        Self {
            status,
            content_type,
            body,
        }
    }
}

/// A message that was not taken: why, and what to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
#[must_use = "holds the answer"]
#[non_exhaustive]
pub struct Refusal<R = Reply> {
    /// Why, for the operator. Not for the sender.
    pub reason: RefusalReason,
    /// What to answer.
    pub reply: R,
}

/// Why a message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefusalReason {
    /// Not readable.
    #[cfg(feature = "soap")]
    #[error(transparent)]
    Soap(#[from] soap_websensor::DecodeError),
    /// Not readable.
    #[cfg(feature = "json")]
    #[error(transparent)]
    Json(#[from] comet_json::DecodeError),
    /// Not readable.
    #[cfg(feature = "sigfox")]
    #[error(transparent)]
    Callback(#[from] sigfox_frame::callback::ReceiveError),
    /// Not readable.
    #[cfg(feature = "sigfox")]
    #[error(transparent)]
    Frame(#[from] sigfox_frame::DecodeError),
    /// Not from who it says. One reason without detail.
    #[error("not authentic")]
    NotAuthentic,
    /// Authentic, but not now.
    #[error("{}", self.code())]
    Verdict(Verdict),
}

impl RefusalReason {
    /// Stable machine name: the error class of the family, `not-authentic`, or the verdict; `expired` for a
    /// subscription that is over.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            #[cfg(feature = "soap")]
            Self::Soap(error) => error.kind.code(),
            #[cfg(feature = "json")]
            Self::Json(error) => error.kind.code(),
            #[cfg(feature = "sigfox")]
            Self::Callback(error) => error.kind.code(),
            #[cfg(feature = "sigfox")]
            Self::Frame(error) => error.kind.code(),
            Self::NotAuthentic => "not-authentic",
            Self::Verdict(Verdict::Suspended {
                reason: Reason::Expired,
                ..
            }) => "expired",
            Self::Verdict(verdict) => verdict.code(),
        }
    }
}
