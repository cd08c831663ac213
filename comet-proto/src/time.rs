//! Points in time, always handed in.

use core::fmt;

/// Milliseconds since 1970-01-01 00:00 UTC, leap seconds not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
#[expect(clippy::exhaustive_structs, reason = "a number")]
pub struct UnixMillis(pub u64);

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The arrival of one message.
///
/// Messages of some families have no identity of their own: neither time nor sequence number. Their identity is that they
/// arrived. The caller gives each arrival 128 random bits; with them two equal messages stay two, and storing one of them
/// twice stays one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Arrival {
    /// When the message was complete.
    pub time: UnixMillis,
    /// What tells this arrival from any other.
    pub nonce: [u8; 16],
}

impl Arrival {
    /// An arrival at `time`, told from others by `nonce`.
    #[must_use]
    pub const fn new(time: UnixMillis, nonce: [u8; 16]) -> Self {
        Self { time, nonce }
    }
}

/// When a value was measured, and how that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Taken {
    /// The time.
    pub time: UnixMillis,
    /// How it is known.
    pub basis: Basis,
}

impl Taken {
    /// Taken at `time`, which is known by `basis`.
    #[must_use]
    pub const fn new(time: UnixMillis, basis: Basis) -> Self {
        Self { time, basis }
    }

    /// Taken at the arrival: the message says nothing else.
    #[must_use]
    pub const fn on_arrival(time: UnixMillis) -> Self {
        Self {
            time,
            basis: Basis::Arrival,
        }
    }
}

/// How the time of a measurement is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Basis {
    /// The message carries no time, or none that can be believed; this is the time of its arrival.
    Arrival,
    /// The clock of the device, which says that it is right.
    DeviceClock,
    /// The arrival less the age of the reading, which the device knows even if its clock is wrong.
    Age,
    /// The clock of the network, when its first station heard the message.
    Network,
}

impl Basis {
    /// Stable machine name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Arrival => "arrival",
            Self::DeviceClock => "device-clock",
            Self::Age => "age",
            Self::Network => "network",
        }
    }
}
