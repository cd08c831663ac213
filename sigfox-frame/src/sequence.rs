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

use core::fmt;

use crate::EpId;
use crate::error::{EncodeError, EncodeErrorKind};

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

/// What §11.3 says of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[expect(clippy::exhaustive_enums, reason = "the rule has these four outcomes")]
pub enum Verdict {
    /// Nothing is known of the device.
    First,
    /// Newer by `gap`, 1 to W.
    Accept {
        /// `(MC − last) mod R`.
        gap: u16,
    },
    /// The same message, or a replay of the latest one.
    Duplicate,
    /// A replay, or a lost sequence. Also a counter that the device cannot have (not below R).
    Reject {
        /// `(MC − last) mod R`.
        gap: u16,
    },
}

impl Verdict {
    /// Whether the message is new.
    #[must_use]
    pub const fn is_new(self) -> bool {
        matches!(self, Self::First | Self::Accept { .. })
    }

    /// Stable machine name, as in the conformance suite.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Accept { .. } => "accept",
            Self::Duplicate => "duplicate",
            Self::Reject { .. } => "reject",
        }
    }
}

/// The rule of §11.3: R and W.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    rollover: Rollover,
    width: u16,
}

impl Window {
    /// `None` unless 1 ≤ W ≤ R − 1.
    #[must_use]
    pub const fn new(rollover: Rollover, width: u16) -> Option<Self> {
        if width >= 1 && width < rollover.get() {
            Some(Self { rollover, width })
        } else {
            None
        }
    }

    /// W = max(3 · D, 20), at most R − 1; D = messages a day of the subscription (spec §11.3, older rule).
    #[must_use]
    pub fn older_rule(rollover: Rollover, per_day: u16) -> Self {
        Self::capped(rollover, u32::from(per_day).saturating_mul(3).max(20))
    }

    /// W = max(300 · T, D · (T + 2)), at most R − 1; T = days since the last accepted message, the same day counts as 1
    /// (spec §11.3, newer rule; what lies between the two public limits is accepted).
    #[must_use]
    pub fn newer_rule(rollover: Rollover, per_day: u16, days: u16) -> Self {
        let days = u32::from(days.max(1));
        let by_subscription = u32::from(per_day).saturating_mul(days.saturating_add(2));
        Self::capped(rollover, days.saturating_mul(300).max(by_subscription))
    }

    fn capped(rollover: Rollover, width: u32) -> Self {
        let width = u16::try_from(width).unwrap_or(u16::MAX).min(rollover.mask());
        Self { rollover, width }
    }

    /// R.
    #[must_use]
    pub const fn rollover(self) -> Rollover {
        self.rollover
    }

    /// W.
    #[must_use]
    pub const fn width(self) -> u16 {
        self.width
    }

    /// Judges a counter. `last` is that of the last message that was new.
    #[must_use]
    pub const fn judge(self, last: Option<Counter>, counter: Counter) -> Verdict {
        let Some(last) = last else {
            return if counter.0 < self.rollover.get() {
                Verdict::First
            } else {
                Verdict::Reject { gap: 0 }
            };
        };
        let gap = self.rollover.gap(last, counter);
        if counter.0 >= self.rollover.get() {
            // §11.1: MC < R always.
            Verdict::Reject { gap }
        } else if gap == 0 {
            Verdict::Duplicate
        } else if gap <= self.width {
            Verdict::Accept { gap }
        } else {
            Verdict::Reject { gap }
        }
    }
}

/// What is asked about the counter of an authentic message. Implemented by [`Track`] for one device; a guard of many devices
/// implements it too.
pub trait Discipline {
    /// What it answers.
    type Verdict;

    /// Judges, and keeps the counter if the message is new.
    fn admit(&mut self, device: EpId, counter: Counter) -> Self::Verdict;
}

/// A [`Window`] and the last counter of one device.
#[derive(Debug, PartialEq, Eq)]
#[expect(
    missing_copy_implementations,
    reason = "two copies would accept the same counter twice"
)]
pub struct Track {
    window: Window,
    last: Option<Counter>,
}

impl Track {
    /// Knows nothing of the device: its next message is the first.
    #[must_use]
    pub const fn new(window: Window) -> Self {
        Self { window, last: None }
    }

    /// Goes on after this counter.
    #[must_use]
    pub const fn resume(window: Window, last: Counter) -> Self {
        Self {
            window,
            last: Some(last),
        }
    }

    /// The counter of the last message that was new.
    #[must_use]
    pub const fn last(&self) -> Option<Counter> {
        self.last
    }

    /// Clears what is known, after a reject that the operator looked at ("disengage"): the next message is the first.
    pub const fn clear(&mut self) {
        self.last = None;
    }

    /// Judges, and keeps the counter if the message is new. Only for messages whose tag verified with the device key.
    pub const fn check(&mut self, counter: Counter) -> Verdict {
        let verdict = self.window.judge(self.last, counter);
        if verdict.is_new() {
            self.last = Some(counter);
        }
        verdict
    }
}

impl Discipline for Track {
    type Verdict = Verdict;

    /// As [`Track::check`]; a track is for one device, so the identifier is not looked at.
    fn admit(&mut self, _: EpId, counter: Counter) -> Verdict {
        self.check(counter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    #[test]
    fn windows_have_their_bounds() {
        assert_eq!(Window::new(Rollover::R128, 0), None);
        assert!(Window::new(Rollover::R128, 127).is_some());
        assert_eq!(Window::new(Rollover::R128, 128), None);
    }

    #[test]
    fn the_public_rules_give_their_published_numbers() {
        assert_eq!(Window::older_rule(Rollover::R4096, 140).width(), 420);
        assert_eq!(Window::older_rule(Rollover::R4096, 1).width(), 20);
        assert_eq!(Window::newer_rule(Rollover::R4096, 140, 3).width(), 900);
        assert_eq!(Window::newer_rule(Rollover::R4096, 140, 0).width(), 420);
        assert_eq!(Window::newer_rule(Rollover::R1024, 140, 365).width(), 1023);
        assert_eq!(
            Window::newer_rule(Rollover::R4096, u16::MAX, u16::MAX).width(),
            4095
        );
    }

    #[test]
    fn a_counter_that_the_device_cannot_have_is_refused_even_first() {
        let mut track = Track::new(Window::new(Rollover::R128, 127).unwrap());
        assert!(!track.check(Counter(128)).is_new());
        assert_eq!(track.last(), None);
        assert_eq!(track.check(Counter(5)), Verdict::First);
        // 133 = 6 mod 128 would be newer by one.
        assert!(!track.check(Counter(133)).is_new());
    }

    #[test]
    fn a_refused_message_leaves_the_state_and_a_cleared_one_begins_anew() {
        let mut track = Track::new(Window::new(Rollover::R512, 1).unwrap());
        assert_eq!(track.check(Counter(378)), Verdict::First);
        assert_eq!(track.check(Counter(511)), Verdict::Reject { gap: 133 });
        assert_eq!(track.check(Counter(378)), Verdict::Duplicate);
        assert_eq!(track.check(Counter(379)), Verdict::Accept { gap: 1 });
        track.clear();
        assert_eq!(track.check(Counter(2)), Verdict::First);
    }

    proptest! {
        /// The state only moves to counters that were judged new, and no counter is new twice in a row.
        #[test]
        fn no_counter_is_new_twice_in_a_row(width in 1_u16..128, counters in proptest::collection::vec(0_u16..128, 1..60)) {
            let mut track = Track::new(Window::new(Rollover::R128, width).unwrap());
            for value in counters {
                let before = track.last();
                let counter = Counter(value);
                if track.check(counter).is_new() {
                    prop_assert_eq!(track.last(), Some(counter));
                } else {
                    prop_assert_eq!(track.last(), before);
                }
                prop_assert!(!track.check(counter).is_new());
            }
        }
    }
}
