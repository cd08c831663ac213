//! The last 256 bits of a stream.

/// A shift register of 256 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct History {
    older: u128,
    newer: u128,
}

impl History {
    pub(super) const fn push(&mut self, bit: bool) {
        self.older = (self.older << 1) | (self.newer >> 127);
        self.newer = (self.newer << 1) | if bit { 1 } else { 0 };
    }

    /// The last 32 bits, newest least significant.
    pub(super) fn head(&self) -> u32 {
        let [.., a, b, c, d] = self.newer.to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    /// The bit this many places before the newest.
    pub(super) fn bit(&self, back: u32) -> bool {
        let word = match back.checked_sub(128) {
            None => self.newer.checked_shr(back),
            Some(back) => self.older.checked_shr(back),
        };
        word.unwrap_or_default() & 1 == 1
    }

    /// All bits, oldest first.
    pub(super) fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let (older, newer) = bytes.split_at_mut(16);
        older.copy_from_slice(&self.older.to_be_bytes());
        newer.copy_from_slice(&self.newer.to_be_bytes());
        bytes
    }

    /// Whether any bit of a mask is set.
    pub(super) const fn any(&self, mask: &Self) -> bool {
        self.older & mask.older != 0 || self.newer & mask.newer != 0
    }

    /// A mask of these places before the newest.
    pub(super) const fn mask(places: &[u32; 5]) -> Self {
        let [a, b, c, d, e] = *places;
        let newer = Self::single(a).newer | Self::single(b).newer | Self::single(c).newer;
        let older = Self::single(d).older | Self::single(e).older;
        Self { older, newer }
    }

    const fn single(back: u32) -> Self {
        match back.checked_sub(128) {
            None => Self {
                older: 0,
                newer: 1_u128.wrapping_shl(back),
            },
            Some(back) => Self {
                older: 1_u128.wrapping_shl(back),
                newer: 0,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::CONTENT_BITS;
    use super::*;

    #[test]
    fn bits_are_where_they_went() {
        let mut history = History::default();
        let bit = |at: u32| at.is_multiple_of(3) || at % 7 == 2;
        for at in 0..1000 {
            history.push(bit(at));
        }
        for back in 0..256 {
            assert_eq!(history.bit(back), bit(999 - back), "{back}");
        }
        let bytes = history.to_bytes();
        for back in 0..256 {
            let byte = bytes[31 - usize::try_from(back / 8).unwrap()];
            assert_eq!(byte >> (back % 8) & 1 == 1, bit(999 - back));
        }
        assert_eq!(history.head().to_be_bytes()[..], bytes[28..]);
    }

    #[test]
    fn a_mask_has_all_its_places() {
        let mask = History::mask(&CONTENT_BITS);
        for back in 0..256 {
            let mut history = History::default();
            history.push(true);
            for _ in 0..back {
                history.push(false);
            }
            assert_eq!(history.any(&mask), CONTENT_BITS.contains(&back), "{back}");
        }
    }
}
