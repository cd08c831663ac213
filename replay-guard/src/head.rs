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
    /// Bits 0 to 5 of octet 0: version and discipline.
    pub(crate) kind: u8,
    pub(crate) known: bool,
    pub(crate) raised: bool,
    pub(crate) gate_state: Gate,
    pub(crate) reason: Option<Reason>,
    pub(crate) level: u8,
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

impl Head {
    /// A record that knows nothing.
    pub(crate) fn empty(policy: &Policy) -> Self {
        Self {
            kind: 1 | (Self::discipline(policy) << 4),
            known: false,
            raised: false,
            gate_state: Gate::Open,
            reason: None,
            level: 0,
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
    pub(crate) const fn unpack(bytes: &[u8; HEAD_LEN]) -> Self {
        let [
            kind,
            gate,
            strikes,
            extra,
            a,
            b,
            c,
            d,
            e,
            f,
            g,
            h,
            i,
            j,
            k,
            l,
            rest @ ..,
        ] = *bytes;
        let [m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, bb] = rest;
        Self {
            kind: kind & 0x3f,
            known: kind & 0x40 != 0,
            raised: kind & 0x80 != 0,
            gate_state: match gate & 3 {
                0 => Gate::Open,
                1 => Gate::Timed,
                _ => Gate::Manual,
            },
            reason: match (gate >> 2) & 7 {
                0 => None,
                1 => Some(Reason::TooSoon),
                2 => Some(Reason::Replay),
                3 => Some(Reason::Conflict),
                4 => Some(Reason::OutOfWindow),
                _ => Some(Reason::Operator),
            },
            level: gate >> 5,
            strikes,
            extra,
            last: u32::from_be_bytes([a, b, c, d]),
            off: u32::from_be_bytes([e, f, g, h]),
            gate: u32::from_be_bytes([i, j, k, l]),
            counter: u64::from_be_bytes([m, n, o, p, q, r, s, t]),
            seen: u64::from_be_bytes([u, v, w, x, y, z, aa, bb]),
        }
    }

    #[inline]
    pub(crate) fn pack(&self) -> [u8; HEAD_LEN] {
        let state = match self.gate_state {
            Gate::Open => 0,
            Gate::Timed => 1,
            Gate::Manual => 2,
        };
        let reason = match self.reason {
            None => 0,
            Some(Reason::TooSoon) => 1,
            Some(Reason::Replay) => 2,
            Some(Reason::Conflict) => 3,
            Some(Reason::OutOfWindow) => 4,
            // Expiry is an overlay and never kept.
            Some(Reason::Operator | Reason::Expired) => 5,
        };
        let kind = self.kind | (u8::from(self.known) << 6) | (u8::from(self.raised) << 7);
        let [a, b, c, d] = self.last.to_be_bytes();
        let [e, f, g, h] = self.off.to_be_bytes();
        let [i, j, k, l] = self.gate.to_be_bytes();
        let [m, n, o, p, q, r, s, t] = self.counter.to_be_bytes();
        let [u, v, w, x, y, z, aa, bb] = self.seen.to_be_bytes();
        let gate = state | (reason << 2) | (self.level << 5);
        [
            kind,
            gate,
            self.strikes,
            self.extra,
            a,
            b,
            c,
            d,
            e,
            f,
            g,
            h,
            i,
            j,
            k,
            l,
            m,
            n,
            o,
            p,
            q,
            r,
            s,
            t,
            u,
            v,
            w,
            x,
            y,
            z,
            aa,
            bb,
        ]
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
        !self.raised && (hold == u64::MAX || now.saturating_sub(self.last_ms()) < hold)
    }

    /// The second of the last acceptance, in milliseconds.
    #[expect(clippy::arithmetic_side_effects, reason = "2^32 times 1000 fits 64 bits")]
    pub(crate) const fn last_ms(&self) -> u64 {
        join(0, self.last) * 1000
    }
}
