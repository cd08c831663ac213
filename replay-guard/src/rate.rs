//! Rate: is it too soon? (§5)

use crate::bits::low32;
use crate::head::Head;
use crate::policy::{RateRule, tolerance};

/// The generic cell rate algorithm on all of `u64`, exact: no division, no rounding, no drift (§5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Gcra {
    period: u64,
    tolerance: u64,
}

impl Gcra {
    /// `burst` messages at once, then one in every `period`, of which each may be early by `jitter`. `None` if period or burst is
    /// zero.
    #[inline]
    #[must_use]
    pub const fn new(period: u64, burst: u64, jitter: u64) -> Option<Self> {
        if period == 0 || burst == 0 {
            return None;
        }
        Some(Self {
            period,
            tolerance: tolerance(period, burst, jitter),
        })
    }

    /// A device that sends every `interval` and may be early by `early`, which is below it (§5.2).
    #[must_use]
    pub const fn min_interval(interval: u64, early: u64) -> Option<Self> {
        if early >= interval {
            return None;
        }
        Self::new(interval.saturating_sub(early), 1, early)
    }

    /// Judges a message against the state `tat` (0: idle), without charging it.
    ///
    /// # Errors
    /// If it is too soon.
    #[inline]
    pub const fn check(&self, tat: u64, now: u64) -> Result<Charge, TooSoon> {
        // No lawful history leaves more debt: a clock that went back costs at most one period.
        let tat = self.lawful(tat, now);
        let debt = tat.saturating_sub(now);
        if debt > self.tolerance {
            return Err(TooSoon {
                retry_after: Some(debt.saturating_sub(self.tolerance)),
            });
        }
        let from = if tat > now { tat } else { now };
        match from.checked_add(self.period) {
            Some(tat) => Ok(Charge { tat }),
            None => Err(TooSoon { retry_after: None }),
        }
    }

    /// Judges a message and charges it if it passes. A refused message charges nothing.
    ///
    /// # Errors
    /// If it is too soon.
    pub const fn take(&self, tat: &mut u64, now: u64) -> Result<(), TooSoon> {
        match self.check(*tat, now) {
            Ok(charge) => {
                *tat = charge.tat;
                Ok(())
            }
            Err(early) => Err(early),
        }
    }

    /// The state, cut to the longest lawful debt.
    #[inline]
    const fn lawful(&self, tat: u64, now: u64) -> u64 {
        let most = now.saturating_add(self.tolerance).saturating_add(self.period);
        if tat < most { tat } else { most }
    }
}

/// The state after a message that passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Charge {
    /// New state.
    pub tat: u64,
}

/// A message that is too soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("too soon")]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub struct TooSoon {
    /// Milliseconds after which it passes; `None`: time is at its end.
    pub retry_after: Option<u64>,
}

/// The part of a record that is the rate, after a message was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Charged {
    pub(crate) off: u32,
    pub(crate) extra: u8,
}

/// [`charge`] by itself for a message that passes, no alarm, at a `time` and with a new base that a record can hold. `None`: ask
/// [`charge`].
#[inline(always)]
pub(crate) const fn pass(rule: &RateRule, off: u32, base: u64, time: u64, new_base: u64) -> Option<u32> {
    let tat = if off == 0 {
        0
    } else {
        base.wrapping_add(crate::bits::join(0, off))
    };
    if tat > time.wrapping_add(rule.tolerance) {
        return None;
    }
    let from = if tat > time { tat } else { time };
    // Fits, because p·b + j + 999 does (§7).
    Some(low32(from.wrapping_add(rule.period).wrapping_sub(new_base)))
}

/// Judges a candidate by the rule. `base` is what the record's `off` counts from, `time` the axis of §5.3, `new_base` what it will
/// count from.
#[inline(always)]
pub(crate) const fn charge(
    rule: &RateRule,
    head: &Head,
    base: u64,
    time: u64,
    new_base: u64,
    alarm: bool,
) -> Result<Charged, TooSoon> {
    let gcra = Gcra {
        period: rule.period,
        tolerance: rule.tolerance,
    };
    let tat = debt_ends(head, base);
    let (tat, extra) = if alarm && head.extra < rule.extra {
        (gcra.lawful(tat, time), head.extra.saturating_add(1))
    } else {
        match gcra.check(tat, time) {
            Ok(charge) => (charge.tat, 0),
            Err(early) => return Err(early),
        }
    };
    // Fits, because p·b + j + 999 does (§7).
    let off = tat.saturating_sub(new_base);
    let off = if off > 0xffff_ffff { u32::MAX } else { low32(off) };
    Ok(Charged { off, extra })
}

/// `tat` of a record; 0: idle.
#[inline]
pub(crate) const fn debt_ends(head: &Head, base: u64) -> u64 {
    if head.off == 0 {
        0
    } else {
        base.saturating_add(crate::bits::join(0, head.off))
    }
}
