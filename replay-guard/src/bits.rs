//! Parts of whole numbers, without conversions that could cut by accident.

/// The low 32 bits.
pub(crate) const fn low32(value: u64) -> u32 {
    let [_, _, _, _, a, b, c, d] = value.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// The high 32 bits.
pub(crate) const fn high32(value: u64) -> u32 {
    let [a, b, c, d, ..] = value.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// Two halves as one number.
pub(crate) const fn join(high: u32, low: u32) -> u64 {
    let ([a, b, c, d], [e, f, g, h]) = (high.to_be_bytes(), low.to_be_bytes());
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Bit `at` of a word, or nothing beyond it.
pub(crate) fn bit(at: u32) -> u64 {
    1_u64.unbounded_shl(at)
}

/// As many low bits as asked; all from 64 on.
pub(crate) fn low_bits(count: u32) -> u64 {
    bit(count).wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_and_masks() {
        let number = 0x0123_4567_89ab_cdef;
        assert_eq!((high32(number), low32(number)), (0x0123_4567, 0x89ab_cdef));
        assert_eq!(join(high32(number), low32(number)), number);
        assert_eq!((bit(0), bit(63), bit(64)), (1, 1 << 63, 0));
        assert_eq!((low_bits(0), low_bits(1), low_bits(64)), (0, 1, u64::MAX));
    }
}
