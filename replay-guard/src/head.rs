//! The first 32 octets of a record, taken apart.

use crate::bits::{high32, join, low32};
use crate::policy::{Counter, Policy};
use crate::verdict::Reason;

/// Octets of the head: all of a record but the words of a wide window.
pub(crate) const HEAD_LEN: usize = 32;

/// Whether the flow is open (§6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    Open,
    Timed,
    Manual,
}

/// The fields of a record (§7). `pack` and `unpack` are inverse for records that were validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// Octet 0: version, discipline, known, raised.
    kind: u8,
    /// Octet 1: state, reason, level.
    bits: u8,
    pub(crate) strikes: u8,
    pub(crate) extra: u8,
    pub(crate) last: u32,
    pub(crate) off: u32,
    pub(crate) gate: u32,
    /// Octets 16 to 23: highest number, sample time, or digest.
    pub(crate) counter: u64,
    /// Octets 24 to 31: what the discipline has beside it.
    pub(crate) seen: u64,
}

/// Writes what the acceptance of the next number, no alarm, changes in a record whose flow is open. The mark `raised` and the count
/// of alarms end, the rest is as it was.
#[inline]
pub(crate) fn advance(bytes: &mut [u8; HEAD_LEN], last: u32, off: u32, counter: u64, seen: u64) {
    let (halves, _) = bytes.as_chunks_mut::<4>();
    if let [kind, at, debt, ..] = halves {
        // Octets 0 to 3: version, discipline, known, raised; state, reason, level; strikes; alarms.
        *kind = (u32::from_be_bytes(*kind) & 0x3fff_ff00 | 0x4000_0000).to_be_bytes();
        *at = last.to_be_bytes();
        *debt = off.to_be_bytes();
    }
    let (words, _) = bytes.as_chunks_mut::<8>();
    if let [_, _, number, window] = words {
        *number = counter.to_be_bytes();
        *window = seen.to_be_bytes();
    }
}

impl Head {
    /// A record that knows nothing.
    pub(crate) fn empty(policy: &Policy) -> Self {
        Self {
            kind: 1 | (Self::discipline(policy) << 4),
            bits: 0,
            strikes: 0,
            extra: 0,
            last: 0,
            off: 0,
            gate: 0,
            counter: 0,
            seen: 0,
        }
    }

    /// Number of the discipline in octet 0.
    pub(crate) const fn discipline(policy: &Policy) -> u8 {
        match policy.config().counter {
            Counter::Sliding { .. } => 0,
            Counter::Rolling { .. } => 1,
            Counter::Restarting { .. } => 2,
            Counter::None { .. } => 3,
        }
    }

    #[inline]
    pub(crate) fn unpack(bytes: &[u8; HEAD_LEN]) -> Self {
        // In the pieces in which `advance` writes them: what was just written in a smaller piece can be read at once.
        let (halves, _) = bytes.as_chunks::<4>();
        let half = |at: usize| halves.get(at).map_or(0, |half| u32::from_be_bytes(*half));
        let (words, _) = bytes.as_chunks::<8>();
        let word = |at: usize| words.get(at).map_or(0, |word| u64::from_be_bytes(*word));
        let [kind, bits, strikes, extra] = half(0).to_be_bytes();
        Self {
            kind,
            bits,
            strikes,
            extra,
            last: half(1),
            off: half(2),
            gate: half(3),
            counter: word(2),
            seen: word(3),
        }
    }

    /// Writes the fields; whether they are others than before.
    pub(crate) fn pack(&self, bytes: &mut [u8; HEAD_LEN]) -> bool {
        let before = Self::unpack(bytes);
        self.write(bytes);
        before != *self
    }

    /// Writes the fields.
    #[inline]
    pub(crate) fn write(&self, bytes: &mut [u8; HEAD_LEN]) {
        let first = u32::from_be_bytes([self.kind, self.bits, self.strikes, self.extra]);
        let new = [
            join(first, self.last),
            join(self.off, self.gate),
            self.counter,
            self.seen,
        ];
        let (words, _) = bytes.as_chunks_mut::<8>();
        for (word, new) in words.iter_mut().zip(new) {
            *word = new.to_be_bytes();
        }
    }

    /// Whether a number is known.
    #[inline]
    pub(crate) const fn known(&self) -> bool {
        self.kind & 0x40 != 0
    }

    /// Whether the record was written ahead of what it accepted, and restored (§10.4).
    #[inline]
    pub(crate) const fn raised(&self) -> bool {
        self.kind & 0x80 != 0
    }

    #[inline]
    pub(crate) const fn set_known(&mut self, known: bool, raised: bool) {
        self.kind = (self.kind & 0x3f) | if known { 0x40 } else { 0 } | if raised { 0x80 } else { 0 };
    }

    #[inline]
    pub(crate) const fn state(&self) -> Gate {
        match self.bits & 3 {
            0 => Gate::Open,
            1 => Gate::Timed,
            _ => Gate::Manual,
        }
    }

    /// Why the flow is shut, if it is.
    pub(crate) const fn reason(&self) -> Reason {
        match (self.bits >> 2) & 7 {
            1 => Reason::TooSoon,
            2 => Reason::Replay,
            3 => Reason::Conflict,
            4 => Reason::OutOfWindow,
            _ => Reason::Operator,
        }
    }

    pub(crate) const fn level(&self) -> u8 {
        self.bits >> 5
    }

    /// State, reason and level; an open flow has no reason.
    pub(crate) const fn set_state(&mut self, state: Gate, reason: Option<Reason>, level: u8) {
        let state = match state {
            Gate::Open => 0,
            Gate::Timed => 1,
            Gate::Manual => 2,
        };
        let reason = match reason {
            None => 0,
            Some(Reason::TooSoon) => 1,
            Some(Reason::Replay) => 2,
            Some(Reason::Conflict) => 3,
            Some(Reason::OutOfWindow) => 4,
            // Expiry is an overlay and never kept.
            Some(Reason::Operator | Reason::Expired) => 5,
        };
        self.bits = state | (reason << 2) | (level << 5);
    }

    /// Rolling: the numbers behind the highest.
    pub(crate) fn rolling_seen(&self) -> u64 {
        u64::from(high32(self.seen))
    }

    /// Rolling: digest of the highest number; Restarting: of the newest sample.
    pub(crate) const fn digest(&self) -> u32 {
        low32(self.seen)
    }

    /// Restarting: counter of the newest sample.
    pub(crate) const fn tip_counter(&self) -> u32 {
        high32(self.seen)
    }

    /// Rolling and Restarting: what stands beside the number.
    pub(crate) const fn set_beside(&mut self, high: u32, digest: u32) {
        self.seen = join(high, digest);
    }

    /// The numbers 0 to 63 behind the highest.
    pub(crate) fn first_word(&self, counter: &Counter) -> u64 {
        match counter {
            Counter::Rolling { .. } => self.rolling_seen(),
            _ => self.seen,
        }
    }

    /// Whether a repeat now is one by radio, not a replay (§4.2).
    pub(crate) const fn held(&self, hold: u64, now: u64) -> bool {
        !self.raised() && (hold == u64::MAX || now.saturating_sub(self.last_ms()) < hold)
    }

    /// The second of the last acceptance, in milliseconds.
    #[inline]
    pub(crate) const fn last_ms(&self) -> u64 {
        millis(self.last)
    }
}

/// Seconds in milliseconds.
#[expect(clippy::arithmetic_side_effects, reason = "2^32 times 1000 fits 64 bits")]
#[inline]
pub(crate) const fn millis(seconds: u32) -> u64 {
    join(0, seconds) * 1000
}
