//! LEB128 of at most 32 bits in its shortest form, and zigzag (spec §7.1).

/// Octets of a varint, at most.
pub(super) const MAX_LEN: usize = 5;

/// 2n for n ≥ 0, −2n − 1 for n < 0.
pub(super) const fn zigzag(n: i32) -> u32 {
    (n.cast_unsigned() << 1) ^ (n >> 31).cast_unsigned()
}

/// The inverse of [`zigzag`].
pub(super) const fn unzigzag(z: u32) -> i32 {
    (z >> 1).cast_signed() ^ (z & 1).cast_signed().wrapping_neg()
}

/// The top bit of each of eight octets: clear on the last octet of a varint.
pub(super) const TOP: u64 = 0x8080_8080_8080_8080;

/// Why no varint could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The octets end before it does.
    Short,
    /// Too long, too large or not in its shortest form.
    Form,
}

/// Takes a varint from the front.
#[inline]
pub(super) fn read(input: &mut &[u8]) -> Result<u32, Refused> {
    let (&byte, rest) = input.split_first().ok_or(Refused::Short)?;
    *input = rest;
    if byte < 0x80 {
        return Ok(u32::from(byte));
    }
    let mut value = u32::from(byte & 0x7F);
    for shift in [7_u32, 14, 21, 28] {
        let (&byte, rest) = input.split_first().ok_or(Refused::Short)?;
        *input = rest;
        value |= u32::from(byte & 0x7F).wrapping_shl(shift);
        if byte < 0x80 {
            // In its shortest form the last octet is not 0; of the fifth, four bits fit.
            let lawful = byte != 0 && (shift < 28 || byte <= 0x0F);
            return lawful.then_some(value).ok_or(Refused::Form);
        }
    }
    Err(Refused::Form)
}

/// Puts a varint at the front of `out`; how many octets it takes, or `None` if they do not fit.
pub(super) fn write(out: &mut [u8], mut value: u32) -> Option<usize> {
    let mut len = 0_usize;
    for place in out.iter_mut().take(MAX_LEN) {
        len = len.saturating_add(1);
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            *place = low & 0x7F;
            return Some(len);
        }
        *place = low | 0x80;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ends_of_each_length() {
        for (value, len) in [
            (0, 1),
            (127, 1),
            (128, 2),
            (16383, 2),
            (16384, 3),
            (0x1F_FFFF, 3),
            (0x20_0000, 4),
            (0xFFF_FFFF, 4),
            (0x1000_0000, 5),
            (u32::MAX, 5),
        ] {
            let mut out = [0; MAX_LEN];
            assert_eq!(write(&mut out, value), Some(len));
            let mut input = &out[..len];
            assert_eq!((read(&mut input), input.len()), (Ok(value), 0));
            assert_eq!(read(&mut &out[..len - 1]), Err(Refused::Short));
            assert_eq!(write(&mut out[..len - 1], value), None);
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for bytes in [
            &[0x80, 0][..],
            &[0x81, 0x80, 0],
            &[0xFF, 0xFF, 0xFF, 0xFF, 0x10],
            &[0xFF, 0xFF, 0xFF, 0xFF, 0x8F, 0],
            &[0xFF; 9],
        ] {
            assert_eq!(read(&mut &*bytes), Err(Refused::Form), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn zigzag_has_an_inverse(n in any::<i32>(), z in any::<u32>()) {
            prop_assert_eq!(unzigzag(zigzag(n)), n);
            prop_assert_eq!(zigzag(unzigzag(z)), z);
            let wide = i64::from(n);
            let expected = if n >= 0 { 2_i64.wrapping_mul(wide) } else { (-2_i64).wrapping_mul(wide).wrapping_sub(1) };
            prop_assert_eq!(i64::from(zigzag(n)), expected);
        }

        #[test]
        fn what_is_read_is_what_would_be_written(bytes in prop::collection::vec(any::<u8>(), 0..7)) {
            let mut rest = bytes.as_slice();
            if let Ok(value) = read(&mut rest) {
                let mut out = [0; MAX_LEN];
                let len = write(&mut out, value).unwrap();
                prop_assert_eq!(&out[..len], bytes.strip_suffix(rest).unwrap());
            }
        }
    }
}
