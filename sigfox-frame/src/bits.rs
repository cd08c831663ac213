//! Bit fields of a payload: bit 7 is the most significant of its byte, reading goes towards less significant bits and on to
//! the next byte (sigfox-callback §7, comet-sigfox-payload §6).

/// Longest field in bits.
pub(crate) const MAX_WIDTH: u8 = 64;
/// The most significant bit of a byte.
pub(crate) const TOP_BIT: u8 = 7;

/// Where a field lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// First byte.
    pub(crate) byte: usize,
    /// First bit in it, 0 to 7.
    pub(crate) bit: u8,
    /// Bits, 1 to 64.
    pub(crate) width: u8,
}

impl Span {
    /// First bit counted from the start of the payload, and the one behind the last.
    fn ends(self) -> (usize, usize) {
        let skipped = usize::from(TOP_BIT.saturating_sub(self.bit));
        let start = self.byte.saturating_mul(8).saturating_add(skipped);
        (start, start.saturating_add(usize::from(self.width)))
    }

    /// The last byte that the field touches.
    pub(crate) fn last_byte(self) -> usize {
        self.ends().1.saturating_sub(1) / 8
    }

    /// The bits as an unsigned number; `None` if the payload ends before them.
    pub(crate) fn read(self, payload: &[u8]) -> Option<u64> {
        let (_, end) = self.ends();
        let last = self.last_byte();
        let bytes = payload.get(self.byte..=last)?;
        // 64 bits touch nine bytes at most.
        let all = bytes
            .iter()
            .fold(0_u128, |all, &byte| all << 8 | u128::from(byte));
        let behind = last.saturating_add(1).saturating_mul(8).saturating_sub(end);
        let shifted = all >> u32::try_from(behind).ok()?;
        u64::try_from(shifted & u128::from(ones(self.width))).ok()
    }

    /// Which bits of one byte the field takes.
    pub(crate) fn mask(self, byte: usize) -> u8 {
        let (start, end) = self.ends();
        let first = byte.saturating_mul(8);
        (0..8_u8)
            .filter(|&place| (start..end).contains(&first.saturating_add(usize::from(place))))
            .fold(0, |mask, place| mask | 0x80 >> place)
    }
}

/// As many ones as the width says.
pub(crate) const fn ones(width: u8) -> u64 {
    match width {
        0 => 0,
        1..MAX_WIDTH => u64::MAX >> MAX_WIDTH.saturating_sub(width),
        _ => u64::MAX,
    }
}

/// The bytes of the number in the other order. The width is a multiple of 8.
pub(crate) const fn swapped(raw: u64, width: u8) -> u64 {
    raw.swap_bytes() >> MAX_WIDTH.saturating_sub(width)
}

/// Two's complement on `width` bits.
pub(crate) const fn signed(raw: u64, width: u8) -> i64 {
    let unused = MAX_WIDTH.saturating_sub(width);
    (raw << unused).cast_signed() >> unused
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "numbers of a test stay small")]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    /// One bit after the other.
    fn naive(payload: &[u8], span: Span) -> Option<u64> {
        let bits: Vec<u8> = payload
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
            .collect();
        let start = span.byte * 8 + usize::from(7 - span.bit);
        let found = bits.get(start..start + usize::from(span.width))?;
        Some(found.iter().fold(0, |all, &bit| all << 1 | u64::from(bit)))
    }

    proptest! {
        #[test]
        fn bits_are_those_that_one_counts(
            payload in proptest::collection::vec(any::<u8>(), 0..=13),
            byte in 0_usize..14,
            bit in 0_u8..=7,
            width in 1_u8..=64,
        ) {
            let span = Span { byte, bit, width };
            prop_assert_eq!(span.read(&payload), naive(&payload, span));
            let masked: u32 = (0..32).map(|byte| span.mask(byte).count_ones()).sum();
            prop_assert_eq!(masked, u32::from(width));
            prop_assert_ne!(span.mask(byte), 0);
            prop_assert_ne!(span.mask(span.last_byte()), 0);
        }
    }

    #[test]
    fn a_place_beyond_all_memory_is_beyond_the_payload() {
        let span = Span {
            byte: usize::MAX,
            bit: 0,
            width: 64,
        };
        assert_eq!(span.read(&[0; 12]), None);
    }

    #[test]
    fn signs_and_orders() {
        assert_eq!(signed(0x800, 12), -2048);
        assert_eq!(signed(1, 1), -1);
        assert_eq!(signed(u64::MAX, 64), -1);
        assert_eq!(swapped(0x01_02_03, 24), 0x03_02_01);
        assert_eq!(ones(64), u64::MAX);
        assert_eq!(ones(1), 1);
    }
}
