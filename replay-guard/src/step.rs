//! The one decision: policy, record, message and time in, outcome and record out (§3).

use crate::bits::{join, low32};
use crate::counter::{self, Candidate, Judged};
use crate::head::{self, Gate, HEAD_LEN, Head};
use crate::message::Message;
use crate::policy::{Counter, First, Policy};
use crate::rate::{self, Charged};
use crate::record::Record;
use crate::suspension::{self, Passage};
use crate::verdict::{Fresh, Outcome, Reason, Verdict};
use crate::window::{Shift, Wide};

/// The last millisecond of a record; beyond, time stands still (§1).
pub const T_MAX: u64 = 4_294_967_295_999;

/// Outcome of [`step`], and the record after it.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct Step {
    /// What shall be done with the message.
    pub outcome: Outcome,
    /// The new record; `None` if it stays as it is, or if there is none and none is made.
    pub record: Option<Record>,
}

/// Decides on an authenticated message: a pure function, the same everywhere.
///
/// `ticket` is the extended number that the authentication relied on, from an earlier [`check`] (§3).
pub fn step(
    policy: &Policy,
    record: Option<&Record>,
    message: &Message,
    now: u64,
    ticket: Option<u64>,
) -> Step {
    step_octets(policy, record.map(Record::as_bytes), message, now, ticket)
}

/// Decides on a message that is not authenticated yet, changing nothing: good for dropping it, and for a ticket.
pub fn check(policy: &Policy, record: Option<&Record>, message: &Message, now: u64) -> Outcome {
    check_octets(policy, record.map(Record::as_bytes), message, now)
}

/// As [`step`], on the octets of a record that was validated.
pub(crate) fn step_octets(
    policy: &Policy,
    octets: Option<&[u8]>,
    message: &Message,
    now: u64,
    ticket: Option<u64>,
) -> Step {
    let (mut head, wide) = parts(policy, octets);
    let decision = decide(policy, &mut head, octets.is_some(), wide, message, now, ticket);
    let record = decision.changed.then(|| {
        let mut record = Record::of(policy, octets.unwrap_or_default());
        let changed = decision.apply(&head, record.bytes_mut());
        changed.then_some(record)
    });
    Step {
        outcome: decision.outcome,
        record: record.flatten(),
    }
}

/// As [`check`], on the octets of a record that was validated.
pub(crate) fn check_octets(policy: &Policy, octets: Option<&[u8]>, message: &Message, now: u64) -> Outcome {
    let (mut head, wide) = parts(policy, octets);
    let decision = decide(policy, &mut head, octets.is_some(), wide, message, now, None);
    Outcome::new(decision.outcome.verdict)
}

#[inline]
fn parts<'a>(policy: &Policy, octets: Option<&'a [u8]>) -> (Head, &'a [u8]) {
    match octets.and_then(<[u8]>::split_first_chunk) {
        Some((head, wide)) => (Head::unpack(head), wide),
        None => (Head::empty(policy), &[]),
    }
}

/// What [`decide`] found.
pub(crate) struct Decision {
    pub(crate) outcome: Outcome,
    shift: Shift,
    /// Whether the head it was given is to be kept.
    pub(crate) changed: bool,
}

impl Decision {
    #[inline]
    const fn unchanged(verdict: Verdict) -> Self {
        Self {
            outcome: Outcome::new(verdict),
            shift: Shift::Keep,
            changed: false,
        }
    }

    /// Writes the head over the octets of a record; whether they are others than before.
    #[inline]
    pub(crate) fn apply(&self, head: &Head, octets: &mut [u8]) -> bool {
        let Some((bytes, wide)) = octets.split_first_chunk_mut::<HEAD_LEN>() else {
            return false;
        };
        if !wide.is_empty() {
            Wide(wide).apply(Head::unpack(bytes).seen, self.shift);
        }
        head.pack(bytes) | (self.shift != Shift::Keep)
    }
}

/// The common case of [`decide`] by itself, for the sake of speed: an open flow, no alarm, and the next number of a 64-bit counter with a
/// window of 64, or a newer sample. `None` if it is not that case, or the rate refuses; the record is as it was then.
#[inline]
pub(crate) fn in_order(
    policy: &Policy,
    octets: &mut [u8; HEAD_LEN],
    message: &Message,
    now: u64,
    ticket: Option<u64>,
) -> Option<Fresh> {
    let head = Head::unpack(octets);
    let quiet = message.paid_until.is_none() && !message.alarm;
    if !quiet || !head.known() || head.state() != Gate::Open {
        return None;
    }
    let now = now.min(T_MAX);
    match policy.config().counter {
        Counter::Sliding { .. } => next_number(policy, octets, &head, message, now, ticket),
        Counter::Restarting { modulus, skew, .. } => {
            newer_sample(policy, octets, &head, message, now, (modulus, skew))
        }
        _ => None,
    }
}

#[inline]
fn next_number(
    policy: &Policy,
    octets: &mut [u8; HEAD_LEN],
    head: &Head,
    message: &Message,
    now: u64,
    ticket: Option<u64>,
) -> Option<Fresh> {
    let by = message.counter.checked_sub(head.counter)?;
    if by == 0 || ticket.is_some_and(|ticket| ticket != message.counter) {
        return None;
    }
    let last = suspension::seconds(now);
    let off = match &policy.rate {
        None => 0,
        Some(rule) => rate::pass(rule, head.off, head.last_ms(), now, head::millis(last))?,
    };
    let seen = if by < 64 {
        head.seen.wrapping_shl(low32(by)) | 1
    } else {
        1
    };
    head::advance(octets, last, off, message.counter, seen);
    Some(Fresh {
        ext: Some(message.counter),
        lost: by.saturating_sub(1),
        ..Fresh::default()
    })
}

#[inline]
fn newer_sample(
    policy: &Policy,
    octets: &mut [u8; HEAD_LEN],
    head: &Head,
    message: &Message,
    now: u64,
    (modulus, skew): (u64, u64),
) -> Option<Fresh> {
    let sample = message.sample;
    // Beyond the time of records sums would not fit.
    if sample <= head.counter || sample > now.saturating_add(skew).min(T_MAX) {
        return None;
    }
    let counter = counter::in_range(message.counter, modulus)?;
    let off = match &policy.rate {
        None => 0,
        Some(rule) => rate::pass(rule, head.off, head.counter, sample, sample)?,
    };
    let seen = join(counter, low32(message.digest));
    head::advance(octets, suspension::seconds(now), off, sample, seen);
    Some(counter::newer(head.tip_counter(), counter, modulus))
}

/// The order of §3.1. The head is that of the record, or an empty one if none `exists`; it is worked on, and to be kept only if the
/// decision says so.
#[inline]
pub(crate) fn decide(
    policy: &Policy,
    head: &mut Head,
    exists: bool,
    wide: &[u8],
    message: &Message,
    now: u64,
    ticket: Option<u64>,
) -> Decision {
    let config = policy.config();
    // 1. The subscription is no part of the record: it is judged by the time as it is.
    if message.paid_until.is_some_and(|end| now >= end) {
        return Decision::unchanged(Verdict::Suspended {
            reason: Reason::Expired,
            retry_after: None,
        });
    }
    let now = now.min(T_MAX);
    // 2. The gate.
    let shut = head.gate;
    let resumed = match suspension::arrive(config.strikes.as_ref(), head, now) {
        Passage::Open(event) => event,
        Passage::Shut(verdict) => {
            return Decision {
                // A wait that was too long is cut for good.
                changed: head.gate != shut,
                ..Decision::unchanged(verdict)
            };
        }
    };
    // 3. The counter.
    let judged = if !head.known() && config.first == First::Refuse {
        Judged::Verdict(Verdict::Unknown)
    } else {
        counter::judge(policy, head, wide, message, now)
    };
    if let Some(ticket) = ticket
        && let Some(ext) = judged.ext()
        && ticket != ext
    {
        return Decision::unchanged(Verdict::StaleTicket);
    }
    // 4. and 5. The rate, and acceptance.
    let (verdict, shift) = match judged {
        Judged::Verdict(verdict) => (verdict, Shift::Keep),
        Judged::Candidate(candidate) => match accept(policy, head, &candidate, message.alarm, now) {
            Ok(()) if resumed.is_none() => {
                return Decision {
                    outcome: Outcome::new(Verdict::Fresh(candidate.fresh)),
                    shift: candidate.shift,
                    changed: true,
                };
            }
            Ok(()) => (Verdict::Fresh(candidate.fresh), candidate.shift),
            Err(verdict) => (verdict, Shift::Keep),
        },
    };
    // A record is made by a fresh message alone (§3): without one there is nothing to strike, and nobody to tell.
    let mut event = resumed;
    // 6. Strikes.
    if exists
        && let Some(strikes) = &config.strikes
        && let Some(reason) = suspension::counts(&strikes.on, &verdict)
    {
        event = suspension::strike(strikes, head, reason, now).or(event);
    }
    Decision {
        outcome: Outcome { verdict, event },
        shift,
        changed: exists,
    }
}

/// Makes the head that of an accepted candidate, unless the rate refuses it.
#[inline]
fn accept(
    policy: &Policy,
    head: &mut Head,
    candidate: &Candidate,
    alarm: bool,
    now: u64,
) -> Result<(), Verdict> {
    let last = suspension::seconds(now);
    let last_ms = now.saturating_sub(now % 1000);
    // §5.3: the time of arrival, or that of the sample.
    let by_sample = matches!(policy.config().counter, Counter::Restarting { .. });
    let (base, time, new_base) = if by_sample {
        (head.counter, candidate.counter, candidate.counter)
    } else {
        (head.last_ms(), now, last_ms)
    };
    let charged = match &policy.rate {
        // Debt of an earlier policy with a rate would be read from another base: it ends with the rate.
        None => Charged { off: 0, extra: 0 },
        Some(rule) => match rate::charge(rule, head, base, time, new_base, alarm) {
            Ok(charged) => charged,
            Err(early) => {
                return Err(Verdict::TooSoon {
                    ext: candidate.fresh.ext,
                    // §5.3: no waiting makes a sample time later.
                    retry_after: early.retry_after.filter(|_| !by_sample),
                });
            }
        },
    };
    head.set_known(true, false);
    head.last = last;
    head.counter = candidate.counter;
    head.seen = candidate.seen;
    (head.off, head.extra) = (charged.off, charged.extra);
    Ok(())
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "numbers of a test stay small")]
mod tests;
