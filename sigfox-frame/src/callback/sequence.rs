//! Lost messages, by the counter (§6).

/// Where the counter of a device starts anew (§6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wrap(u32);

impl Wrap {
    /// The largest, which devices have unless they are known to have another.
    pub const MAX: Self = Self(4096);

    /// 128, 256, 512, 1024, 2048 or 4096.
    #[must_use]
    pub const fn new(numbers: u32) -> Option<Self> {
        if numbers.is_power_of_two() && numbers >= 128 && numbers <= 4096 {
            Some(Self(numbers))
        } else {
            None
        }
    }

    /// What lies between two messages of a device that were sent one after the other; `None` if a counter is not below the
    /// wrap.
    ///
    /// ```
    /// use sigfox_frame::callback::{Step, Wrap};
    /// assert_eq!(Wrap::MAX.step(4094, 1), Some(Step::Later { lost: 2 }));
    /// assert_eq!(Wrap::MAX.step(17, 0), Some(Step::WrapOrRestart { lost: 4078 }));
    /// ```
    #[must_use]
    pub const fn step(self, previous: u32, current: u32) -> Option<Step> {
        if previous >= self.0 || current >= self.0 {
            return None;
        }
        // The wrap is a power of two: the difference modulo the wrap is its low bits.
        let difference = current.wrapping_sub(previous) & self.0.wrapping_sub(1);
        let lost = difference.saturating_sub(1);
        Some(match (previous, current) {
            _ if difference == 0 => Step::Same,
            (1.., 0) => Step::WrapOrRestart { lost },
            _ => Step::Later { lost },
        })
    }
}

/// From one message to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Step {
    /// The same counter: a repetition, or exactly one round later.
    Same,
    /// A later one.
    Later {
        /// Messages in between that did not arrive.
        lost: u32,
    },
    /// 0 after another number: the counter wrapped, or the device restarted.
    WrapOrRestart {
        /// Messages that did not arrive if it wrapped.
        lost: u32,
    },
}
