//! Verdicts, and what each of them asks of the caller (§2).

use crate::policy::{Counter, Policy};

/// The answer to one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
#[must_use]
pub struct Outcome {
    /// What shall be done with the message.
    pub verdict: Verdict,
    /// What the owner of the device should hear; never from `check`.
    pub event: Option<Event>,
}

impl Outcome {
    pub(crate) const fn new(verdict: Verdict) -> Self {
        Self { verdict, event: None }
    }
}

/// What shall be done with a message.
///
/// `ext` is the extended number, present for the disciplines Sliding and Rolling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "verdict", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Verdict {
    /// New, accepted.
    Fresh(Fresh),
    /// Its order cannot be proven; the storage decides.
    Late {
        /// Why.
        cause: LateCause,
    },
    /// This very message is already accepted.
    Duplicate {
        /// Extended number.
        ext: Option<u64>,
    },
    /// Accepted before, and too long ago for a repeat by radio.
    Replay {
        /// Extended number.
        ext: Option<u64>,
    },
    /// Same number, other content: clone, reset or forgery.
    Conflict {
        /// Extended number.
        ext: Option<u64>,
    },
    /// Too far ahead, or too old.
    OutOfWindow,
    /// Older than `late`; a refusal would block the memory of the device.
    Stale,
    /// Sooner than allowed.
    TooSoon {
        /// Extended number.
        ext: Option<u64>,
        /// Milliseconds after which it passes; `None`: no waiting makes it lawful.
        retry_after: Option<u64>,
    },
    /// The flow from the device is shut.
    Suspended {
        /// Why.
        reason: Reason,
        /// Milliseconds until it opens by itself.
        retry_after: Option<u64>,
    },
    /// No state, and the policy does not trust first messages.
    Unknown,
    /// No place for a new device.
    Full,
    /// The counter means another number by now: back to `check`.
    StaleTicket,
}

/// A message that is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Fresh {
    /// Extended number, for the disciplines Sliding and Rolling.
    pub ext: Option<u64>,
    /// Numbers between the last message and this one.
    pub lost: u64,
    /// The first of its device.
    pub first: bool,
    /// It comes after a later one.
    pub reordered: bool,
    /// The counter of the device started anew.
    pub restarted: bool,
}

/// Why the order of a message cannot be proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum LateCause {
    /// Older than the newest message.
    Old,
    /// Its sample lies in the future: the clock of the device is wrong.
    Future,
}

/// Why a flow is shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Reason {
    /// Messages sooner than allowed.
    TooSoon,
    /// Replays.
    Replay,
    /// Conflicts.
    Conflict,
    /// Numbers out of the window.
    OutOfWindow,
    /// An operator.
    Operator,
    /// The subscription is over; not kept in the record.
    Expired,
}

/// What the owner of a device should hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Event {
    /// Strikes have shut the flow.
    Suspended,
    /// A timed suspension is over.
    Resumed,
}

/// What to do with the data of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Store {
    /// Store it under its idempotence key: (device, ext), or (device, sample, counter).
    Yes,
    /// Store it under that key if there is no row yet. A repeat changes nothing; a message never seen gets its row.
    IfAbsent,
    /// Do not store it; keep a raw copy for people.
    RawCopy,
    /// Do not store it.
    No,
}

/// Whether the device is told that the message arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Acknowledge {
    /// Yes.
    Yes,
    /// Yes, with the answer that was given before.
    AsBefore,
    /// No: a device with a memory keeps the message.
    No,
}

/// Whether to write a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Log {
    /// Yes.
    Yes,
    /// Only the event, if there is one.
    Event,
    /// No.
    No,
}

impl Verdict {
    /// Stable name, as in §2.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Fresh(_) => "fresh",
            Self::Late { .. } => "late",
            Self::Duplicate { .. } => "duplicate",
            Self::Replay { .. } => "replay",
            Self::Conflict { .. } => "conflict",
            Self::OutOfWindow => "out-of-window",
            Self::Stale => "stale",
            Self::TooSoon { .. } => "too-soon",
            Self::Suspended { .. } => "suspended",
            Self::Unknown => "unknown",
            Self::Full => "full",
            Self::StaleTicket => "stale-ticket",
        }
    }

    /// The extended number: the ticket for `commit` (§3).
    #[must_use]
    pub const fn ext(&self) -> Option<u64> {
        match self {
            Self::Fresh(fresh) => fresh.ext,
            Self::Duplicate { ext }
            | Self::Replay { ext }
            | Self::Conflict { ext }
            | Self::TooSoon { ext, .. } => *ext,
            _ => None,
        }
    }

    /// What to do with the data.
    ///
    /// A duplicate without a number (discipline None) has no key to store under; all others are stored if absent, since the row of
    /// the first copy may not have been written.
    #[must_use]
    pub const fn store(&self, policy: &Policy) -> Store {
        match self {
            Self::Fresh(_) => Store::Yes,
            Self::Duplicate { .. } if matches!(policy.config().counter, Counter::None { .. }) => Store::No,
            Self::Late { .. } | Self::Duplicate { .. } => Store::IfAbsent,
            Self::Conflict { .. }
            | Self::Stale
            | Self::TooSoon {
                retry_after: None, ..
            } => Store::RawCopy,
            _ => Store::No,
        }
    }

    /// Whether to acknowledge.
    #[must_use]
    pub const fn acknowledge(&self) -> Acknowledge {
        match self {
            Self::Fresh(_)
            | Self::Late { .. }
            | Self::Stale
            | Self::TooSoon {
                retry_after: None, ..
            } => Acknowledge::Yes,
            Self::Duplicate { .. } => Acknowledge::AsBefore,
            _ => Acknowledge::No,
        }
    }

    /// Whether to log.
    #[must_use]
    pub const fn log(&self) -> Log {
        match self {
            Self::Fresh(Fresh { lost: 1.., .. })
            | Self::Late {
                cause: LateCause::Future,
            }
            | Self::Replay { .. }
            | Self::Conflict { .. }
            | Self::OutOfWindow
            | Self::Stale
            | Self::Unknown
            | Self::Full => Log::Yes,
            Self::TooSoon { .. } | Self::Suspended { .. } => Log::Event,
            Self::Fresh(_)
            | Self::Late {
                cause: LateCause::Old,
            }
            | Self::Duplicate { .. }
            | Self::StaleTicket => Log::No,
        }
    }

    /// The usual HTTP status. A protocol's own specification has precedence.
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        match self {
            Self::Fresh(_) | Self::Late { .. } | Self::Duplicate { .. } | Self::Stale => 200,
            // Acknowledged, since no waiting makes it lawful (§2, note 3).
            Self::TooSoon {
                retry_after: None, ..
            } => 200,
            Self::TooSoon { .. }
            | Self::Suspended {
                retry_after: Some(_), ..
            } => 429,
            Self::Suspended { .. } => 403,
            Self::Unknown => 404,
            Self::Full => 503,
            Self::Replay { .. } | Self::Conflict { .. } | Self::OutOfWindow | Self::StaleTicket => 409,
        }
    }

    /// Seconds for `Retry-After`, rounded up.
    #[must_use]
    pub const fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::TooSoon { retry_after, .. } | Self::Suspended { retry_after, .. } => match retry_after {
                Some(wait) => Some(wait.div_ceil(1000)),
                None => None,
            },
            _ => None,
        }
    }
}

impl LateCause {
    /// Stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::Future => "future",
        }
    }
}

impl Reason {
    /// Stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooSoon => "too-soon",
            Self::Replay => "replay",
            Self::Conflict => "conflict",
            Self::OutOfWindow => "out-of-window",
            Self::Operator => "operator",
            Self::Expired => "expired",
        }
    }
}

impl Event {
    /// Stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Suspended => "suspended",
            Self::Resumed => "resumed",
        }
    }
}
