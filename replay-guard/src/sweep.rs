//! Which records are inert: their loss cannot change a later verdict (§9).

use crate::head::{Gate, HEAD_LEN, Head};
use crate::policy::{Counter, First, Policy};
use crate::rate::debt_ends;
use crate::step::T_MAX;
use crate::suspension::seconds;

/// Whether a record is inert at this time, for a clock that does not run back.
pub(crate) fn inert(policy: &Policy, octets: &[u8], now: u64) -> bool {
    let Some(octets) = octets.first_chunk::<HEAD_LEN>() else {
        return false;
    };
    let head = Head::unpack(octets);
    let config = policy.config();
    let now = now.min(T_MAX);
    let hold = match config.counter {
        Counter::None { hold } => Some(hold),
        _ => None,
    };
    // To be known is all that lets a device in if first messages are refused.
    let forgettable = !head.known() || (hold.is_some() && config.first == First::Trust);
    let quiet = head.strikes == 0
        || config
            .strikes
            .is_some_and(|rule| seconds(now).saturating_sub(head.gate) >= rule.window);
    let repeat = head.known() && head.counter != 0 && hold.is_some_and(|hold| head.held(hold, now));
    forgettable
        && head.state() == Gate::Open
        && head.level() == 0
        && head.extra == 0
        && quiet
        && !repeat
        && (head.off == 0 || debt_ends(&head, head.last_ms()) <= now)
}
