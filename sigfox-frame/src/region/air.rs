//! Time on air (spec §19, §20).

use core::time::Duration;

use super::{LDC_LIMIT_MS, LDC_SHORT_GAP_MS};
use crate::uplink::Class;

/// Speed of the uplink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[expect(clippy::exhaustive_enums, reason = "the specification has these two")]
pub enum BitRate {
    /// 100 bit/s.
    Bps100,
    /// 600 bit/s. The downlink always.
    Bps600,
}

impl BitRate {
    /// Bits a second.
    #[must_use]
    pub const fn get(self) -> u16 {
        match self {
            Self::Bps100 => 100,
            Self::Bps600 => 600,
        }
    }

    /// Time on air, rounded down to a nanosecond.
    #[must_use]
    pub fn air_time(self, bits: usize) -> Duration {
        let second: u64 = 1_000_000_000;
        let all = u64::try_from(bits).unwrap_or(u64::MAX).saturating_mul(second);
        Duration::from_nanos(all.checked_div(self.get().into()).unwrap_or_default())
    }

    /// Time from the first to the last bit of a message, for duplicates to be held at least (spec §11.2). 10.24 s at most: three
    /// frames of class E at 100 bit/s with gaps of two seconds.
    #[must_use]
    pub fn message_time(self, class: Class, frames: u8, gap: Duration) -> Duration {
        let frames = u32::from(frames.min(3));
        let gaps = gap.saturating_mul(frames.saturating_sub(1));
        self.air_time(class.frame_bits())
            .saturating_mul(frames)
            .saturating_add(gaps)
    }
}

/// Whether the low-duty-cycle rule allows a message (spec §19): with a gap below 50 ms, frames and gaps last at most 4 s.
#[must_use]
pub fn low_duty_cycle_allows(rate: BitRate, class: Class, frames: u8, gap: Duration) -> bool {
    gap >= Duration::from_millis(LDC_SHORT_GAP_MS.into())
        || rate.message_time(class, frames, gap) <= Duration::from_millis(LDC_LIMIT_MS.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn air_times_are_those_of_the_tables() {
        let slow = [1120, 1200, 1440, 1760, 2080, 1760];
        for (class, ms) in Class::ALL.into_iter().zip(slow) {
            let bits = class.frame_bits();
            assert_eq!(BitRate::Bps100.air_time(bits), Duration::from_millis(ms));
            let fast = BitRate::Bps600.air_time(bits);
            assert_eq!(fast.as_micros(), u128::from(ms) * 1000 / 6);
        }
        assert_eq!(
            BitRate::Bps600.air_time(crate::downlink::FRAME_BITS).as_micros(),
            373_333
        );
        let longest = BitRate::Bps100.message_time(Class::E, 3, Duration::from_secs(2));
        assert_eq!(longest, Duration::from_millis(10_240));
    }

    #[test]
    fn short_gaps_make_a_message_short() {
        let allows =
            |class, gap| low_duty_cycle_allows(BitRate::Bps100, class, 3, Duration::from_millis(gap));
        assert!(!allows(Class::C, 49));
        assert!(allows(Class::C, 50));
        assert!(allows(Class::B, 49));
    }
}
