//! Counter disciplines: is this message new? (§4)

use crate::bits::{bit, low_bits, low32};
use crate::head::Head;
use crate::message::Message;
use crate::policy::{Counter, Line, Policy};
use crate::verdict::{Fresh, LateCause, Verdict};
use crate::window::{Shift, Wide};

/// What a discipline says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// A verdict that is final, strikes aside.
    Verdict(Verdict),
    /// New, unless the rate refuses it.
    Candidate(Candidate),
}

impl Judged {
    /// The extended number, if there is one.
    #[inline]
    pub(crate) const fn ext(&self) -> Option<u64> {
        match self {
            Self::Verdict(verdict) => verdict.ext(),
            Self::Candidate(candidate) => candidate.fresh.ext,
        }
    }
}

/// A message that is new, and the state it would leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) fresh: Fresh,
    pub(crate) counter: u64,
    pub(crate) seen: u64,
    pub(crate) shift: Shift,
}

/// Judges a message by its number. `now` is cut to the time of records.
#[inline]
pub(crate) fn judge(policy: &Policy, head: &Head, wide: &[u8], message: &Message, now: u64) -> Judged {
    match policy.config().counter {
        Counter::Sliding { hold, window, .. } => Automaton {
            policy,
            head,
            wide,
            width: window,
            mask: u64::MAX,
        }
        .sliding(message, hold, now),
        Counter::Rolling {
            modulus,
            back,
            gap,
            hold,
            reserve,
        } => {
            let lap = match message.modulus {
                0 => modulus,
                // §4.6: more than R numbers cannot be told apart, and fewer than two are no counter.
                own if own == 1 || own > modulus => return Judged::Verdict(Verdict::OutOfWindow),
                own => own,
            };
            // What is behind a number was told apart in laps of the policy: with shorter ones only the highest is remembered (§4.6).
            let width = if lap < modulus { 1 } else { back };
            let limit = forward_limit(&gap, lap, width.max(reserve), now.saturating_sub(head.last_ms()));
            Automaton {
                policy,
                head,
                wide,
                width,
                mask: lap.wrapping_sub(1),
            }
            .rolling(message, Laps { modulus, lap }, limit, hold, now)
        }
        Counter::Restarting { modulus, late, skew } => restarting(head, message, modulus, late, skew, now),
        Counter::None { hold } => unnumbered(head, message, hold, now),
    }
}

/// Sliding and Rolling (§4.2): the highest number accepted, and what is seen behind it.
struct Automaton<'a> {
    policy: &'a Policy,
    head: &'a Head,
    wide: &'a [u8],
    /// V: numbers remembered.
    width: u64,
    /// Highest counter that a message can have.
    mask: u64,
}

/// How the numbers of a Rolling counter are laid out.
#[derive(Clone, Copy)]
struct Laps {
    /// R: from the first number of a lap to that of the next.
    modulus: u64,
    /// Numbers of a lap that the device counts, at most R.
    lap: u64,
}

impl Automaton<'_> {
    #[inline]
    fn sliding(&self, message: &Message, hold: u64, now: u64) -> Judged {
        let top = self.head.counter;
        if !self.head.known() {
            return self.baseline(message);
        }
        match message.counter.checked_sub(top) {
            Some(by @ 1..) => self.forward(message, by, message.counter),
            _ => self.behind(message, top.saturating_sub(message.counter), hold, now),
        }
    }

    #[inline]
    fn rolling(&self, message: &Message, laps: Laps, limit: u64, hold: u64, now: u64) -> Judged {
        let counter = message.counter;
        if counter > self.mask {
            return Judged::Verdict(Verdict::OutOfWindow);
        }
        if !self.head.known() {
            return self.baseline(message);
        }
        let top = self.head.counter;
        let highest = top.checked_rem(laps.modulus).unwrap_or(0);
        // A counter at or beyond the end of a lap was one of longer laps.
        let within = if highest < laps.lap {
            highest
        } else {
            highest.checked_rem(laps.lap).unwrap_or(0)
        };
        // Both are below the lap, and a lap is at most 2^32.
        let by = match counter.checked_sub(within) {
            Some(by) => by,
            None => counter.saturating_add(laps.lap).saturating_sub(within),
        };
        let begun = top.saturating_sub(highest);
        if (1..=limit).contains(&by) {
            let lap = if counter > highest { 0 } else { laps.modulus };
            if let Some(ext) = begun.checked_add(lap).and_then(|lap| lap.checked_add(counter)) {
                return self.forward(message, by, ext);
            }
        }
        if by == 0 {
            return self.behind(message, 0, hold, now);
        }
        self.behind(message, laps.lap.saturating_sub(by), hold, now)
    }

    /// The first message: everything older counts as seen (§4.1).
    #[cold]
    fn baseline(&self, message: &Message) -> Judged {
        let fresh = Fresh {
            ext: Some(message.counter),
            first: true,
            ..Fresh::default()
        };
        Judged::Candidate(Candidate {
            fresh,
            counter: message.counter,
            seen: self.beside(self.policy.all_seen(), low32(message.digest)),
            shift: Shift::Fill,
        })
    }

    /// Ahead of the highest by at least one, with the number that it extends to.
    #[inline]
    fn forward(&self, message: &Message, by: u64, top: u64) -> Judged {
        let seen = if self.width == 1 {
            // All that is behind.
            self.policy.all_seen()
        } else {
            let seen = self.head.first_word(&self.policy.config().counter);
            let moved = u32::try_from(by).ok().and_then(|by| seen.checked_shl(by));
            (moved.unwrap_or(0) | 1) & self.policy.all_seen()
        };
        let fresh = Fresh {
            ext: Some(top),
            lost: by.saturating_sub(1),
            ..Fresh::default()
        };
        Judged::Candidate(Candidate {
            fresh,
            counter: top,
            seen: self.beside(seen, low32(message.digest)),
            shift: Shift::By(by),
        })
    }

    /// The highest number itself, or one behind it.
    #[inline(never)]
    fn behind(&self, message: &Message, behind: u64, hold: u64, now: u64) -> Judged {
        let head = self.head;
        let Some(ext) = head.counter.checked_sub(behind).filter(|_| behind < self.width) else {
            return Judged::Verdict(Verdict::OutOfWindow);
        };
        let first = head.first_word(&self.policy.config().counter);
        let at = u32::try_from(behind).unwrap_or(u32::MAX);
        if first & bit(at) == 0 && !Wide(self.wide).seen(behind) {
            let fresh = Fresh {
                ext: Some(ext),
                reordered: true,
                ..Fresh::default()
            };
            return Judged::Candidate(Candidate {
                fresh,
                counter: head.counter,
                seen: self.beside(first | bit(at), head.digest()),
                shift: Shift::Set(behind),
            });
        }
        let rolling = matches!(self.policy.config().counter, Counter::Rolling { .. });
        let ext = Some(ext);
        Judged::Verdict(if !head.held(hold, now) {
            Verdict::Replay { ext }
        } else if rolling && behind == 0 && differ(head.digest(), low32(message.digest)) {
            Verdict::Conflict { ext }
        } else {
            Verdict::Duplicate { ext }
        })
    }

    /// Octets 24 to 31: all of them numbers, or half of them a digest.
    #[inline]
    fn beside(&self, seen: u64, digest: u32) -> u64 {
        match self.policy.config().counter {
            Counter::Rolling { .. } => seen.wrapping_shl(32) | u64::from(digest),
            _ => seen,
        }
    }
}

/// Both digests are there, and they differ.
const fn differ(kept: u32, new: u32) -> bool {
    kept != 0 && new != 0 && kept != new
}

/// G of §4.3: how far ahead a number may be after so many milliseconds.
#[inline]
fn forward_limit(gap: &[Line; 2], modulus: u64, behind: u64, elapsed: u64) -> u64 {
    let days = elapsed.div_ceil(86_400_000).max(1);
    let line = |(base, daily): Line| {
        let limit = u64::from(daily)
            .saturating_mul(days)
            .saturating_add(u64::from(base));
        limit.min(u64::from(u32::MAX))
    };
    let [one, other] = *gap;
    line(one).max(line(other)).min(modulus.saturating_sub(behind))
}

/// Restarting (§4.4): sample time and counter of the newest message.
#[inline]
fn restarting(head: &Head, message: &Message, modulus: u64, late: u64, skew: u64, now: u64) -> Judged {
    let Some(counter) = in_range(message.counter, modulus) else {
        return Judged::Verdict(Verdict::OutOfWindow);
    };
    if message.sample > now.saturating_add(skew) {
        return Judged::Verdict(Verdict::Late {
            cause: LateCause::Future,
        });
    }
    let (time, tip) = (head.counter, head.tip_counter());
    let mut fresh = Fresh::default();
    if !head.known() {
        fresh.first = true;
    } else if message.sample > time {
        fresh = newer(tip, counter, modulus);
    } else if message.sample == time && counter == tip {
        let conflict = differ(head.digest(), low32(message.digest));
        return Judged::Verdict(if conflict {
            Verdict::Conflict { ext: None }
        } else {
            Verdict::Duplicate { ext: None }
        });
    } else if message.sample == time && counter > tip {
        fresh.lost = u64::from(counter.wrapping_sub(tip).wrapping_sub(1));
    } else if now.saturating_sub(message.sample) > late {
        return Judged::Verdict(Verdict::Stale);
    } else {
        return Judged::Verdict(Verdict::Late {
            cause: LateCause::Old,
        });
    }
    let mut tip = *head;
    tip.set_beside(counter, low32(message.digest));
    Judged::Candidate(Candidate {
        fresh,
        counter: message.sample,
        seen: tip.seen,
        shift: Shift::Keep,
    })
}

/// A counter of Restarting, below M; 0 stands for 2³² (§4.4).
#[inline]
pub(crate) fn in_range(counter: u64, modulus: u64) -> Option<u32> {
    let counter = u32::try_from(counter).ok()?;
    (modulus == 0 || u64::from(counter) < modulus).then_some(counter)
}

/// What is told of a sample that is newer than the tip: numbers between them, and whether the device began anew.
#[inline]
pub(crate) fn newer(tip: u32, counter: u32, modulus: u64) -> Fresh {
    let (lost, restarted) = if (1..1 << 32).contains(&modulus) {
        // (counter − tip − 1) mod M; a tip of a policy with a larger M may not be below it.
        let tip = u64::from(tip).checked_rem(modulus).unwrap_or(0);
        let sum = u64::from(counter).saturating_add(modulus).saturating_sub(tip);
        (sum.saturating_sub(1).checked_rem(modulus).unwrap_or(0), false)
    } else if counter > tip {
        (u64::from(counter.wrapping_sub(tip).wrapping_sub(1)), false)
    } else {
        (u64::from(counter), true)
    };
    Fresh {
        lost,
        restarted,
        ..Fresh::default()
    }
}

/// None (§4.5): the content, for a short time.
#[inline]
const fn unnumbered(head: &Head, message: &Message, hold: u64, now: u64) -> Judged {
    if head.known() && message.digest != 0 && head.counter == message.digest && head.held(hold, now) {
        return Judged::Verdict(Verdict::Duplicate { ext: None });
    }
    Judged::Candidate(Candidate {
        fresh: Fresh {
            ext: None,
            lost: 0,
            first: !head.known(),
            reordered: false,
            restarted: false,
        },
        counter: message.digest,
        seen: 0,
        shift: Shift::Keep,
    })
}

/// From where a device shall go on, as an operator knows it (§4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub enum Seed {
    /// Nothing was ever accepted, every number passes once (Sliding); the device is known (None).
    New,
    /// The last number that counts as accepted (Sliding, Rolling).
    Last(u64),
    /// Sample time and counter of the last message that counts as accepted (Restarting).
    Tip {
        /// Time of the sample, in milliseconds.
        sample: u64,
        /// Its counter.
        counter: u64,
    },
}

/// The seed does not belong to the discipline, or its counter is out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("a device of this discipline cannot start from `counter`")]
#[non_exhaustive]
pub struct SeedError;

impl SeedError {
    /// Stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "counter"
    }
}

/// Starts a counter where an operator says; clears the rate, leaves the gate.
pub(crate) fn seed(policy: &Policy, head: &Head, seed: Seed) -> Result<(Head, Shift), SeedError> {
    let mut new = head_without_counter(head);
    new.set_known(true, false);
    let mut shift = Shift::Keep;
    match (&policy.config().counter, seed) {
        (Counter::Sliding { .. }, Seed::New) => shift = Shift::Clear,
        (Counter::Sliding { .. }, Seed::Last(last)) => {
            (new.counter, new.seen) = (last, low_bits(64));
            shift = Shift::Fill;
        }
        (Counter::Rolling { modulus, .. }, Seed::Last(last)) if last < *modulus => {
            (new.counter, new.seen) = (last, policy.all_seen().wrapping_shl(32));
        }
        (Counter::Restarting { modulus, .. }, Seed::Tip { sample, counter }) => {
            let below = u32::try_from(counter).map_err(|_| SeedError)?;
            if *modulus != 0 && counter >= *modulus {
                return Err(SeedError);
            }
            new.counter = sample;
            new.set_beside(below, 0);
        }
        (Counter::None { .. }, _) => {}
        _ => return Err(SeedError),
    }
    Ok((new, shift))
}

/// Forgets the counter: the next message is the first (§4.1). The gate stays.
pub(crate) const fn forget(head: &Head) -> (Head, Shift) {
    (head_without_counter(head), Shift::Clear)
}

const fn head_without_counter(head: &Head) -> Head {
    let mut new = *head;
    new.set_known(false, false);
    new.extra = 0;
    new.last = 0;
    new.off = 0;
    new.counter = 0;
    new.seen = 0;
    new
}
