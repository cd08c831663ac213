//! The gate: is the flow from this device open? (§6)

use crate::bits::low32;
use crate::head::{Gate, Head};
use crate::policy::{StrikeOn, Strikes};
use crate::verdict::{Event, Reason, Verdict};

/// What a message meets at the gate.
pub(crate) enum Passage {
    /// Open; the event tells whether it opened just now.
    Open(Option<Event>),
    /// Shut.
    Shut(Verdict),
}

/// A message arrives (§3.1, step 2). A timed end is applied to the head, and so is a wait that a clock going back made too long.
#[inline]
pub(crate) fn arrive(strikes: Option<&Strikes>, head: &mut Head, now: u64) -> Passage {
    let second = seconds(now);
    match head.state() {
        Gate::Open => Passage::Open(None),
        Gate::Manual => Passage::Shut(Verdict::Suspended {
            reason: head.reason(),
            retry_after: None,
        }),
        Gate::Timed => {
            if let Some(strikes) = strikes
                && head.gate.saturating_sub(second) > strikes.max
            {
                head.gate = second.saturating_add(strikes.max);
            }
            if second < head.gate {
                return Passage::Shut(Verdict::Suspended {
                    reason: head.reason(),
                    retry_after: Some(u64::from(head.gate).saturating_mul(1000).saturating_sub(now)),
                });
            }
            head.set_state(Gate::Open, None, head.level());
            head.strikes = 0;
            Passage::Open(Some(Event::Resumed))
        }
    }
}

/// Counts a strike (§6.1).
#[cold]
pub(crate) fn strike(strikes: &Strikes, head: &mut Head, reason: Reason, now: u64) -> Option<Event> {
    let second = seconds(now);
    let elapsed = second.saturating_sub(head.gate);
    if head.strikes == 0 || elapsed >= strikes.window {
        if elapsed >= strikes.probation {
            head.set_state(Gate::Open, None, 0);
        }
        head.strikes = 0;
        head.gate = second;
    }
    head.strikes = head.strikes.saturating_add(1);
    if u32::from(head.strikes) < strikes.limit {
        return None;
    }
    head.strikes = 0;
    let level = head.level();
    if strikes.suspend == 0 {
        head.set_state(Gate::Manual, Some(reason), level);
        head.gate = 0;
    } else {
        let length = u64::from(strikes.suspend).wrapping_shl(u32::from(level));
        let length = length.min(u64::from(strikes.max));
        head.set_state(Gate::Timed, Some(reason), level.saturating_add(1).min(7));
        head.gate = second.saturating_add(low32(length));
    }
    Some(Event::Suspended)
}

/// Why a verdict counts as a strike, if it does.
#[inline]
pub(crate) const fn counts(on: &StrikeOn, verdict: &Verdict) -> Option<Reason> {
    match verdict {
        Verdict::TooSoon { .. } if on.too_soon => Some(Reason::TooSoon),
        Verdict::Replay { .. } if on.replay => Some(Reason::Replay),
        Verdict::Conflict { .. } if on.conflict => Some(Reason::Conflict),
        Verdict::OutOfWindow if on.out_of_window => Some(Reason::OutOfWindow),
        _ => None,
    }
}

/// An operator shuts the flow.
pub(crate) const fn suspend(head: &Head) -> Head {
    let mut new = *head;
    new.set_state(Gate::Manual, Some(Reason::Operator), head.level());
    new.strikes = 0;
    new.gate = 0;
    new
}

/// An operator opens it.
pub(crate) const fn resume(head: &Head) -> Head {
    let mut new = *head;
    new.set_state(Gate::Open, None, 0);
    new.strikes = 0;
    new.gate = 0;
    new
}

/// Whole seconds; the time of records ends before they outgrow 32 bits.
pub(crate) const fn seconds(now: u64) -> u32 {
    let seconds = now / 1000;
    if seconds > 0xffff_ffff {
        u32::MAX
    } else {
        low32(seconds)
    }
}
