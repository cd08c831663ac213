//! Whitening of the downlink (spec §17): one of 511 sequences of fifteen bytes, chosen by EP-ID and MC of the request.
//!
//! A register of nine bits is clocked eight times, then gives its nine bits, most significant first; the register is not reset
//! between blocks. The operation is its own inverse and no encryption.
//!
//! ```
//! use sigfox_frame::EpId;
//! use sigfox_frame::coding::whitening::Seed;
//! use sigfox_frame::sequence::Counter;
//!
//! let seed = Seed::new(EpId(0x00A1_B2C3), Counter::new(1015).unwrap());
//! assert_eq!(seed.get(), 0x125);
//! assert_eq!(seed.sequence()[..4], [0xEC, 0xD3, 0xC5, 0x71]);
//! ```

use crate::EpId;
use crate::sequence::Counter;

/// Bytes of a sequence.
pub const SEQUENCE_LEN: usize = 15;

/// First state of the register, 1 to 511.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Seed(u16);

impl Seed {
    /// `(EP-ID · MC) mod 512`, 511 if that is zero.
    #[must_use]
    pub const fn new(ep_id: EpId, counter: Counter) -> Self {
        let [low, next, ..] = ep_id.to_wire();
        // Only the low nine bits of both matter.
        let product = u16::from_le_bytes([low, next]).wrapping_mul(counter.get()) & 0x1FF;
        Self(if product == 0 { 0x1FF } else { product })
    }

    /// All 511.
    pub fn all() -> impl ExactSizeIterator<Item = Self> + Clone {
        (1_u16..512).map(Self)
    }

    /// The number, 1 to 511.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The 120 bits.
    #[must_use]
    pub fn sequence(self) -> [u8; SEQUENCE_LEN] {
        let mut state = self.0;
        // Blocks of nine bits do not end where bytes do: 13 blocks and three bits of another.
        let mut bits = 0_u128;
        for _ in 0..13 {
            state = eight_clocks(state);
            bits = (bits << 9) | u128::from(state);
        }
        bits = (bits << 3) | u128::from(eight_clocks(state) >> 6);
        let [_, sequence @ ..] = bits.to_be_bytes();
        sequence
    }

    /// XORs the sequence in place.
    pub fn whiten(self, bytes: &mut [u8; SEQUENCE_LEN]) {
        for (byte, mask) in bytes.iter_mut().zip(self.sequence()) {
            *byte ^= mask;
        }
    }
}

/// One clock is `new = bit0 ^ bit5; s = s >> 1 | new << 8`; the next four new bits depend on bits 0 to 8 only, so two steps of four.
const fn eight_clocks(state: u16) -> u16 {
    four_clocks(four_clocks(state))
}

const fn four_clocks(state: u16) -> u16 {
    let new = (state ^ (state >> 5)) & 0xF;
    (state >> 4) | (new << 5)
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test may panic")]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    /// The definition, clock by clock.
    fn slow(seed: u16) -> [u8; SEQUENCE_LEN] {
        let mut state = seed;
        let mut bits = alloc::vec::Vec::new();
        for _ in 0..14 {
            for _ in 0..8 {
                let new = (state & 1) ^ (state >> 5 & 1);
                state = (state >> 1) | (new << 8);
            }
            bits.extend((0..9).rev().map(|bit| u8::from(state >> bit & 1 == 1)));
        }
        core::array::from_fn(|at| {
            bits[8 * at..8 * at + 8]
                .iter()
                .fold(0, |byte, bit| byte << 1 | bit)
        })
    }

    #[test]
    fn all_sequences_are_the_definition_and_differ() {
        let sequences: BTreeSet<_> = Seed::all().map(Seed::sequence).collect();
        assert_eq!(sequences.len(), 511);
        for seed in Seed::all() {
            assert_eq!(seed.sequence(), slow(seed.get()), "{seed:?}");
        }
    }

    #[test]
    fn a_product_of_zero_becomes_511() {
        let seed = |id, counter| Seed::new(EpId(id), Counter::new(counter).unwrap()).get();
        assert_eq!(seed(0x400, 4095), 511);
        assert_eq!(seed(0xFFFF_FFFF, 0), 511);
        assert_eq!(seed(0, 1), 511);
        assert_eq!(seed(0xFFFF_FFFF, 4095), 1);
        // Bits above the low nine do not matter.
        assert_eq!(seed(0x1234_5201, 0x203), seed(1, 3));
    }
}
