//! The window of the network (spec §11.3).

use super::{Counter, Rollover};
use crate::EpId;

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
        // 134 = 6 mod 128 would be newer by one.
        assert!(!track.check(Counter(134)).is_new());
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
