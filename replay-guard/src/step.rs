//! The one decision: policy, record, message and time in, outcome and record out (§3).

use crate::counter::{self, Candidate, Judged};
use crate::head::{HEAD_LEN, Head};
use crate::message::Message;
use crate::policy::{Counter, First, Policy};
use crate::rate::{self, Charged};
use crate::record::Record;
use crate::suspension::{self, Passage};
use crate::verdict::{Event, Outcome, Reason, Verdict};
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
    let (head, wide) = parts(octets);
    let decision = decide(
        policy,
        head.map(Head::unpack).as_ref(),
        wide,
        message,
        now,
        ticket,
    );
    let record = decision.change.and_then(|change| {
        let mut record = Record::of(policy, octets.unwrap_or_default());
        change.apply(record.bytes_mut()).then_some(record)
    });
    Step {
        outcome: decision.outcome,
        record,
    }
}

/// As [`check`], on the octets of a record that was validated.
pub(crate) fn check_octets(policy: &Policy, octets: Option<&[u8]>, message: &Message, now: u64) -> Outcome {
    let (head, wide) = parts(octets);
    let decision = decide(policy, head.map(Head::unpack).as_ref(), wide, message, now, None);
    Outcome::new(decision.outcome.verdict)
}

fn parts(octets: Option<&[u8]>) -> (Option<&[u8; HEAD_LEN]>, &[u8]) {
    match octets.and_then(<[u8]>::split_first_chunk) {
        Some((head, wide)) => (Some(head), wide),
        None => (None, &[]),
    }
}

/// What [`decide`] found.
pub(crate) struct Decision {
    pub(crate) outcome: Outcome,
    /// What to do to the record; `None` if nothing.
    pub(crate) change: Option<Change>,
}

impl Decision {
    fn unchanged(verdict: Verdict) -> Self {
        Self {
            outcome: Outcome::new(verdict),
            change: None,
        }
    }
}

/// A record as it shall be.
pub(crate) struct Change {
    pub(crate) head: Head,
    pub(crate) shift: Shift,
}

impl Change {
    /// Writes it over the octets of a record; whether they are others than before.
    #[inline]
    pub(crate) fn apply(&self, octets: &mut [u8]) -> bool {
        let Some((head, wide)) = octets.split_first_chunk_mut::<HEAD_LEN>() else {
            return false;
        };
        let new = self.head.pack();
        let first = Head::unpack(head).seen;
        let same = *head == new && self.shift == Shift::Keep;
        *head = new;
        if !wide.is_empty() {
            Wide(wide).apply(first, self.shift);
        }
        !same
    }
}

/// The order of §3.1.
#[inline]
pub(crate) fn decide(
    policy: &Policy,
    record: Option<&Head>,
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
    let mut head = match record {
        Some(head) => *head,
        None => Head::empty(policy),
    };
    // 2. The gate.
    let before = head;
    let resumed = match suspension::arrive(config.strikes.as_ref(), &mut head, now) {
        Passage::Open(event) => event,
        Passage::Shut(verdict) => return finish(verdict, None, head, &before, Shift::Keep, true),
    };
    // 3. The counter.
    let judged = if !head.known && config.first == First::Refuse {
        Judged::Verdict(Verdict::Unknown)
    } else {
        counter::judge(policy, &head, wide, message, now)
    };
    let ext = match &judged {
        Judged::Verdict(verdict) => verdict.ext(),
        Judged::Candidate(candidate) => candidate.fresh.ext,
    };
    if let (Some(ticket), Some(ext)) = (ticket, ext)
        && ticket != ext
    {
        return Decision::unchanged(Verdict::StaleTicket);
    }
    // 4. and 5. The rate, and acceptance.
    let (verdict, shift) = match judged {
        Judged::Verdict(verdict) => (verdict, Shift::Keep),
        Judged::Candidate(candidate) => match accept(policy, &head, &candidate, message.alarm, now) {
            Ok(new) => {
                head = new;
                (Verdict::Fresh(candidate.fresh), candidate.shift)
            }
            Err(verdict) => (verdict, Shift::Keep),
        },
    };
    // A record is made by a fresh message alone (§3): without one there is nothing to strike, and nobody to tell.
    let kept = record.is_some() || matches!(verdict, Verdict::Fresh(_));
    let mut event = resumed;
    // 6. Strikes.
    if kept
        && let Some(strikes) = &config.strikes
        && let Some(reason) = suspension::counts(&strikes.on, &verdict)
    {
        event = suspension::strike(strikes, &mut head, reason, now).or(event);
    }
    finish(verdict, event, head, &before, shift, kept)
}

fn finish(
    verdict: Verdict,
    event: Option<Event>,
    head: Head,
    before: &Head,
    shift: Shift,
    kept: bool,
) -> Decision {
    let changed = kept && (matches!(verdict, Verdict::Fresh(_)) || head != *before);
    Decision {
        outcome: Outcome { verdict, event },
        change: changed.then_some(Change { head, shift }),
    }
}

/// The record after a candidate, or the refusal of the rate.
#[inline]
fn accept(
    policy: &Policy,
    head: &Head,
    candidate: &Candidate,
    alarm: bool,
    now: u64,
) -> Result<Head, Verdict> {
    let last = suspension::seconds(now);
    let mut new = Head {
        known: true,
        raised: false,
        last,
        counter: candidate.counter,
        seen: candidate.seen,
        ..*head
    };
    // §5.3: the time of arrival, or that of the sample.
    let (base, time, new_base) = match policy.config().counter {
        Counter::Restarting { .. } => (head.counter, candidate.counter, candidate.counter),
        _ => (head.last_ms(), now, new.last_ms()),
    };
    let charged = match &policy.rate {
        // Debt of an earlier policy with a rate would be read from another base: it ends with the rate.
        None => Charged { off: 0, extra: 0 },
        Some(rule) => rate::charge(rule, head, base, time, new_base, alarm).map_err(|early| {
            Verdict::TooSoon {
                ext: candidate.fresh.ext,
                // §5.3: no waiting makes a sample time later.
                retry_after: match policy.config().counter {
                    Counter::Restarting { .. } => None,
                    _ => early.retry_after,
                },
            }
        })?,
    };
    (new.off, new.extra) = (charged.off, charged.extra);
    Ok(new)
}
