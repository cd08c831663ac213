//! Message counters on both sides (spec §11).
//!
//! The device counts: [`DeviceCounter`] says which counter the next message has, and takes it only when a frame left the
//! antenna. The network judges: [`Window`] is the rule of §11.3 as a pure function; [`Track`] keeps what it needs for one
//! device. A guard for many devices, with rates and memory on disk, is not here: whatever implements [`Discipline`] takes an
//! authentic message by [`Authentic::admit`](crate::auth::Authentic::admit).
//!
//! ```
//! use sigfox_frame::sequence::{Rollover, Verdict, Window};
//!
//! let window = Window::new(Rollover::R4096, 420).unwrap();
//! let counter = |value| Rollover::R4096.counter(value).unwrap();
//! assert_eq!(window.judge(None, counter(7)), Verdict::First);
//! assert_eq!(window.judge(Some(counter(4095)), counter(1)), Verdict::Accept { gap: 2 });
//! assert_eq!(window.judge(Some(counter(7)), counter(6)), Verdict::Reject { gap: 4095 });
//! ```

mod window;

use core::fmt;

use crate::error::{EncodeError, EncodeErrorKind};

pub use window::{Discipline, Track, Verdict, Window};

/// MC, the message counter: 12 bits, 0 to 4095 (spec §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Counter(u16);

impl Counter {
    /// The largest counter that the wire can carry.
    pub const MAX: Self = Self(0x0FFF);

    /// `None` above 4095.
    #[must_use]
    pub const fn new(value: u16) -> Option<Self> {
        if value <= Self::MAX.0 {
            Some(Self(value))
        } else {
            None
        }
    }

    /// The low 12 bits of a header.
    pub(crate) const fn of_header(header: u16) -> Self {
        Self(header & Self::MAX.0)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Counter {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(Self::of_header(u.arbitrary()?))
    }
}

/// R: the counter of a device runs from 0 to R − 1. Fixed for each device; not in the frame (spec §11.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_enums, reason = "the specification has these six")]
pub enum Rollover {
    /// 128. At 140 messages a day a recorded frame is acceptable again within a day (spec §11.4).
    R128,
    /// 256.
    R256,
    /// 512.
    R512,
    /// 1024.
    R1024,
    /// 2048.
    R2048,
    /// 4096, the default.
    #[default]
    R4096,
}

impl Rollover {
    /// All six, ascending.
    pub const ALL: [Self; 6] = [
        Self::R128,
        Self::R256,
        Self::R512,
        Self::R1024,
        Self::R2048,
        Self::R4096,
    ];

    /// From its number.
    ///
    /// # Errors
    /// [`EncodeErrorKind::Rollover`] if it is not one of the six.
    pub fn new(value: u16) -> Result<Self, EncodeError> {
        let known = Self::ALL.into_iter().find(|rollover| rollover.get() == value);
        known.ok_or_else(|| EncodeError::new(EncodeErrorKind::Rollover(value), "rollover"))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        match self {
            Self::R128 => 128,
            Self::R256 => 256,
            Self::R512 => 512,
            Self::R1024 => 1024,
            Self::R2048 => 2048,
            Self::R4096 => 4096,
        }
    }

    /// R − 1: all are powers of two.
    const fn mask(self) -> u16 {
        self.get().wrapping_sub(1)
    }

    /// A counter that a device with this rollover may send.
    ///
    /// # Errors
    /// [`EncodeErrorKind::MessageCounter`] if it is not below R.
    pub const fn counter(self, value: u16) -> Result<Counter, EncodeError> {
        if value < self.get() {
            Ok(Counter(value))
        } else {
            Err(EncodeError::new(EncodeErrorKind::MessageCounter(value), "MC"))
        }
    }

    /// `(counter + 1) mod R`.
    #[must_use]
    pub const fn next(self, counter: Counter) -> Counter {
        Counter(counter.0.wrapping_add(1) & self.mask())
    }

    /// `(to − from) mod R`.
    #[must_use]
    pub const fn gap(self, from: Counter, to: Counter) -> u16 {
        to.0.wrapping_sub(from.0) & self.mask()
    }
}

/// The counter of a device (spec §11.1). [`Self::next`] does not count: a message of which no frame was sent leaves its counter
/// to the next one.
///
/// ```
/// use sigfox_frame::sequence::{DeviceCounter, Rollover};
///
/// let mut counter = DeviceCounter::new(Rollover::R4096); // zeroed storage
/// assert_eq!(counter.next().get(), 1);
/// assert_eq!(counter.next().get(), 1); // the channel was busy: the same again
/// assert_eq!(counter.sent().get(), 1); // at least one frame left the antenna: store this
/// assert_eq!(counter.next().get(), 2);
/// ```
#[derive(Debug, PartialEq, Eq)]
#[expect(
    missing_copy_implementations,
    reason = "two copies would send two messages with one counter"
)]
pub struct DeviceCounter {
    rollover: Rollover,
    stored: Counter,
}

impl DeviceCounter {
    /// Of a device that never sent: its first message has counter 1.
    #[must_use]
    pub const fn new(rollover: Rollover) -> Self {
        Self {
            rollover,
            stored: Counter(0),
        }
    }

    /// Of a device that stored this counter last.
    ///
    /// # Errors
    /// [`EncodeErrorKind::MessageCounter`] if it is not below R.
    pub fn restore(rollover: Rollover, stored: u16) -> Result<Self, EncodeError> {
        let stored = rollover.counter(stored)?;
        Ok(Self { rollover, stored })
    }

    /// The counter of the next message, application or control.
    #[must_use]
    pub const fn next(&self) -> Counter {
        self.rollover.next(self.stored)
    }

    /// At least one frame of the message with [`Self::next`] left the antenna. Gives the value to store persistently.
    pub const fn sent(&mut self) -> Counter {
        self.stored = self.next();
        self.stored
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoder_refuses_what_is_not_below_the_rollover() {
        for rollover in Rollover::ALL {
            assert_eq!(Rollover::new(rollover.get()), Ok(rollover));
            assert!(rollover.counter(rollover.get() - 1).is_ok());
            let error = rollover.counter(rollover.get()).unwrap_err();
            assert_eq!(error.kind, EncodeErrorKind::MessageCounter(rollover.get()));
        }
        for value in [0, 1, 127, 1000, 8192, u16::MAX] {
            assert_eq!(
                Rollover::new(value).unwrap_err().kind,
                EncodeErrorKind::Rollover(value)
            );
        }
    }

    #[test]
    fn zero_appears_after_the_first_rollover() {
        let mut counter = DeviceCounter::restore(Rollover::R128, 127).unwrap();
        assert_eq!(counter.sent(), Counter(0));
        assert_eq!(counter.next(), Counter(1));
        assert!(DeviceCounter::restore(Rollover::R128, 128).is_err());
    }
}
