//! What goes into the cipher: a message repeated from its own start to fill one or two blocks (spec §7).

use super::MAX_SIGNED_LEN;

/// One or two blocks, first byte most significant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Padded {
    pub(crate) first: u128,
    pub(crate) second: Option<u128>,
}

impl Padded {
    /// Of the first `len` bytes, 6 to 18; a length outside is taken for the nearest.
    pub(crate) fn new(bytes: &[u8; MAX_SIGNED_LEN], len: usize) -> Self {
        let (head, tail) = bytes.split_at(16);
        let head = head.first_chunk().map_or(0, |head| u128::from_be_bytes(*head));
        let mut start = [0; 8];
        for (to, from) in start.iter_mut().zip(tail) {
            *to = *from;
        }
        Self::of_words(head, u64::from_be_bytes(start), len)
    }

    /// The same of sixteen bytes and those behind them, first byte most significant.
    #[inline]
    pub(crate) fn of_words(head: u128, tail: u64, len: usize) -> Self {
        let two = |second| Self {
            first: head,
            second: Some(second),
        };
        match len {
            // Constant shifts are short.
            17 => two(u128::from(tail >> 56) << 120 | head >> 8),
            18.. => two(u128::from(tail >> 48) << 112 | head >> 16),
            16 => Self {
                first: head,
                second: None,
            },
            _ => {
                let bits = bits(len.max(6));
                // Three times the message is at least 18 bytes.
                let once = head & !u128::MAX.unbounded_shr(bits);
                let first = once | once.unbounded_shr(bits) | once.unbounded_shr(bits.saturating_mul(2));
                Self { first, second: None }
            }
        }
    }

    /// Whether a message of the first `len` bytes gives the same. Never with two blocks: shorter messages have one (spec §7.1).
    #[inline]
    pub(crate) fn repeats_after(&self, len: usize) -> bool {
        let bits = bits(len);
        if self.second.is_some() {
            return false;
        }
        let left = self.first.unbounded_shl(bits);
        (self.first ^ left).unbounded_shr(bits) == 0
    }
}

#[inline]
pub(crate) fn bits(len: usize) -> u32 {
    u32::try_from(len).map_or(u32::MAX, |len| len.saturating_mul(8))
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test may panic")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// `X[i] = M[i mod L]`, and the definition of §7.1.
        #[test]
        fn blocks_are_the_definition(bytes: [u8; 9], same: bool, len in 6_usize..=18, shorter in 6_usize..18) {
            // Half of the time something that repeats itself.
            let message: [u8; 18] = core::array::from_fn(|at| if same { bytes[at % 7] } else { bytes[at % 9] ^ u8::try_from(at / 9).unwrap() });
            let blocks = if len <= 16 { 1 } else { 2 };
            let fill = |len: usize| (0..16 * blocks).fold((0_u128, 0_u128), |(high, low), at| {
                ((high << 8) | (low >> 120), (low << 8) | u128::from(message[at % len]))
            });
            let (first, last) = fill(len);
            let padded = Padded::new(&message, len);
            if blocks == 1 {
                prop_assert_eq!(padded, Padded { first: last, second: None });
                if shorter < len {
                    prop_assert_eq!(padded.repeats_after(shorter), fill(shorter) == fill(len));
                }
            } else {
                prop_assert_eq!(padded, Padded { first, second: Some(last) });
                prop_assert!(!padded.repeats_after(shorter));
            }
        }
    }

    #[test]
    fn twelve_bytes_fill_the_second_block_from_their_start() {
        // §26, example 2.
        let message = [
            0x0F, 0xFF, 0xC3, 0xB2, 0xA1, 0x00, 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99,
            0xAA, 0xBB,
        ];
        let padded = Padded::new(&message, 18);
        assert_eq!(padded.first, 0x0FFF_C3B2_A100_0011_2233_4455_6677_8899);
        assert_eq!(padded.second, Some(0xAABB_0FFF_C3B2_A100_0011_2233_4455_6677));
    }
}
