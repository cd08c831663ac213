//! The words of a window wider than 64 numbers, behind the head of a record.

use crate::bits::{bit, low_bits};

/// What a message does to the words beyond the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shift {
    /// Nothing.
    Keep,
    /// All is seen.
    Fill,
    /// Nothing is seen.
    Clear,
    /// The highest number grows by so many.
    By(u64),
    /// The number so far behind the highest is seen; it lies beyond the first word.
    Set(u64),
}

/// The words from octet 32 on, big-endian, the numbers 64 to 127 first.
pub(crate) struct Wide<T>(pub(crate) T);

impl Wide<&[u8]> {
    /// Whether the number so far behind the highest is seen; `false` in the first word and beyond the last.
    pub(crate) fn seen(&self, behind: u64) -> bool {
        let (word, at) = place(behind);
        let (words, _) = self.0.as_chunks::<8>();
        words
            .get(word)
            .is_some_and(|word| u64::from_be_bytes(*word) & bit(at) != 0)
    }
}

impl Wide<&mut [u8]> {
    /// Does what a message does; `first` is the first word as it was before.
    pub(crate) fn apply(self, first: u64, shift: Shift) {
        let (words, _) = self.0.as_chunks_mut::<8>();
        match shift {
            Shift::Keep => {}
            Shift::Fill => words.fill([0xff; 8]),
            Shift::Clear => words.fill([0; 8]),
            Shift::Set(behind) => {
                let (word, at) = place(behind);
                if let Some(word) = words.get_mut(word) {
                    *word = (u64::from_be_bytes(*word) | bit(at)).to_be_bytes();
                }
            }
            Shift::By(by) => shift_words(words, first, by),
        }
    }
}

/// Index among the words beyond the first, and bit.
fn place(behind: u64) -> (usize, u32) {
    // A number of the first word has no place here: its index is out of every slice.
    let word = (behind / 64).checked_sub(1);
    let word = word.and_then(|word| usize::try_from(word).ok());
    let at = u32::try_from(behind % 64).unwrap_or(0);
    (word.unwrap_or(usize::MAX), at)
}

/// A shift to the left over all words, the first one included as what comes in.
fn shift_words(words: &mut [[u8; 8]], first: u64, by: u64) {
    let whole = usize::try_from(by / 64).unwrap_or(usize::MAX);
    let part = u32::try_from(by % 64).unwrap_or(0);
    for at in (0..words.len()).rev() {
        // Word `at` here is word `at + 1` of the window, whose word 0 is `first`.
        let from = |index: Option<usize>| match index {
            None => 0,
            Some(0) => first,
            Some(index) => words
                .get(index.wrapping_sub(1))
                .map_or(0, |word| u64::from_be_bytes(*word)),
        };
        let upper = at.wrapping_add(1).checked_sub(whole);
        let lower = upper.and_then(|upper| upper.checked_sub(1));
        let new = if part == 0 {
            from(upper)
        } else {
            let carried = from(lower).wrapping_shr(64_u32.wrapping_sub(part));
            from(upper).wrapping_shl(part) | (carried & low_bits(part))
        };
        if let Some(word) = words.get_mut(at) {
            *word = new.to_be_bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;

    /// The window as one bit for each number.
    fn bits(first: u64, wide: &[u8]) -> Vec<bool> {
        let mut words = vec![first];
        words.extend(
            wide.as_chunks::<8>()
                .0
                .iter()
                .map(|word| u64::from_be_bytes(*word)),
        );
        words
            .iter()
            .flat_map(|word| (0..64).map(move |at| word >> at & 1 == 1))
            .collect()
    }

    #[test]
    fn every_shift_moves_every_number() {
        for words in 1..=15_usize {
            let mut state = 0x9e37_79b9_7f4a_7c15_u64;
            let mut random = || {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state
            };
            let first = random();
            let wide: Vec<u8> = (0..words).flat_map(|_| random().to_be_bytes()).collect();
            let before = bits(first, &wide);
            for by in (0..=200).chain([959, 960, 1023, 1024, 1025, u64::MAX]) {
                let mut shifted = wide.clone();
                Wide(shifted.as_mut_slice()).apply(first, Shift::By(by));
                let after = bits(0, &shifted);
                for (at, seen) in after.iter().enumerate().skip(64) {
                    let origin = u64::try_from(at).unwrap().checked_sub(by);
                    let expected = origin.is_some_and(|origin| before[usize::try_from(origin).unwrap()]);
                    assert_eq!(*seen, expected, "{words} words by {by}, number {at}");
                }
            }
        }
    }

    #[test]
    fn numbers_of_the_first_word_have_no_place_beyond_it() {
        let mut wide = vec![0; 24];
        for behind in [0, 63, 256, u64::MAX] {
            Wide(wide.as_mut_slice()).apply(0, Shift::Set(behind));
            assert!(!Wide(wide.as_slice()).seen(behind));
        }
        assert_eq!(wide, vec![0; 24]);
        Wide(wide.as_mut_slice()).apply(0, Shift::Set(64));
        Wide(wide.as_mut_slice()).apply(0, Shift::Set(255));
        assert_eq!((wide[7], wide[16]), (1, 0x80));
        assert!(Wide(wide.as_slice()).seen(64) && Wide(wide.as_slice()).seen(255));
        assert!(!Wide(wide.as_slice()).seen(65));
    }
}
