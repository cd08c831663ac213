//! The Viterbi decoder behind [`combining`](super::combining): four states, at most 176 steps (spec §10.4).
//!
//! The state is `(u[n-1], u[n-2])`. A step costs, for each frame, how firmly the received bit contradicts the generator's output.

use super::BITS;
use crate::uplink::MAX_CONTENT_LEN;

/// Most bits of a content.
pub(crate) const MAX_BITS: usize = MAX_CONTENT_LEN.wrapping_mul(8);
const STATES: usize = 4;
/// Bit of each state in [`Paths::from`].
const MASKS: [u8; STATES] = [1, 2, 4, 8];

/// Soft values of the three ranks for one content: positive for 1, negative for 0, 0 for unknown.
pub(crate) type Columns = [[i8; 3]; MAX_BITS];

/// Where the best path to each state came from, one bit for each state and step.
pub(crate) struct Paths {
    from: [u8; MAX_BITS],
    costs: [u32; STATES],
    bits: usize,
}

/// Generator outputs of ranks 1, 2, 3 for the bit `u` after the state with `u[n-1]` in bit 1 and `u[n-2]` in bit 0.
const fn outputs(state: u8, bit: u8) -> [u8; 3] {
    let (one, two) = (state >> 1, state & 1);
    [bit, bit ^ one ^ two, bit ^ two]
}

/// How much a received value contradicts an output bit.
fn cost(value: i8, output: u8) -> u32 {
    let says_one = value > 0;
    if says_one == (output == 1) {
        0
    } else {
        value.unsigned_abs().into()
    }
}

impl Paths {
    /// Finds the best path to each end state over the first `bits` columns.
    pub(crate) fn new(columns: &Columns, bits: usize) -> Self {
        // The encoder starts in state 0. Half of the range keeps sums from wrapping: 176 · 3 · 128 is far below.
        let far = u32::MAX / 2;
        let mut costs = [0, far, far, far];
        let mut from = [0; MAX_BITS];
        let mut taken = 0;
        for (column, from) in columns.iter().zip(&mut from).take(bits) {
            let [first, second, third] = *column;
            let branch = |state: u8, bit: u8| {
                let [a, b, c] = outputs(state, bit);
                cost(first, a)
                    .wrapping_add(cost(second, b))
                    .wrapping_add(cost(third, c))
            };
            let old = costs;
            for ((state, mask), new) in (0_u8..).zip(MASKS).zip(&mut costs) {
                // State (u[n], u[n-1]) comes from (u[n-1], 0) or (u[n-1], 1).
                let (bit, one) = (state >> 1, state & 1);
                let by = |last: u8| {
                    let before = (one << 1) | last;
                    let cost = old.get(usize::from(before)).copied().unwrap_or(far);
                    cost.saturating_add(branch(before, bit))
                };
                let (zero, other) = (by(0), by(1));
                *new = zero.min(other);
                *from |= if other < zero { mask } else { 0 };
            }
            taken = bits;
        }
        Self {
            from,
            costs,
            bits: taken,
        }
    }

    /// The paths by their end states, best first, with their costs.
    pub(crate) fn ends(&self) -> [(u32, u8); STATES] {
        let mut ends = [(0, 0); STATES];
        for ((end, state), cost) in ends.iter_mut().zip(0_u8..).zip(self.costs) {
            *end = (cost, state);
        }
        ends.sort_unstable();
        ends
    }

    /// The bits of the path that ends in this state, first bit most significant.
    pub(crate) fn trace(&self, end: u8) -> [u8; MAX_CONTENT_LEN] {
        let mut content = [0; MAX_CONTENT_LEN];
        let mut state = end;
        for (at, from) in self.from.iter().enumerate().take(self.bits).rev() {
            if let Some(byte) = content.get_mut(at >> 3)
                && state & 2 != 0
            {
                *byte |= BITS.get(at & 7).copied().unwrap_or_default();
            }
            let mask = MASKS.get(usize::from(state)).copied().unwrap_or_default();
            state = ((state & 1) << 1) | u8::from(from & mask != 0);
        }
        content
    }
}
