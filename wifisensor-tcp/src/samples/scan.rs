//! A quick look at many codes at once, eight octets at a time.
//!
//! A body has to be checked as a whole before anything of it is used. Almost every code takes one octet and is small, and
//! small codes cannot lead out of any range; so most of a body is lawful by a glance at its octets, without decoding. What the
//! glance does not settle, the decoder does.

use super::varint::TOP;
use super::{MAX_VALUE, MIN_VALUE};

/// One in each of eight octets.
const ONES: u64 = 0x0101_0101_0101_0101;
/// A code of at most three octets moves a value by no more than 2^20, 255 of them by less than this.
const MAX_MOVE: i32 = (1 << 20) << 8;
/// With time differences of one octet, 255 records take less than this.
const MAX_DURATION: u32 = (0xFFFF + 64) << 8;

/// Whether records from here on cannot leave the range of values or times, if [`codes_are_lawful`].
pub(super) fn is_far_from_ends(time: u32, values: &[i32]) -> bool {
    let inner = MIN_VALUE + MAX_MOVE..=MAX_VALUE - MAX_MOVE;
    time <= u32::MAX - MAX_DURATION && values.iter().all(|value| inner.contains(value))
}

/// Whether these octets are certainly `rows` rows of `row` codes each, all in their shortest form, of which the first is a time
/// difference of one octet that does not go back. `false` says nothing.
pub(super) fn codes_are_lawful(octets: &[u8], rows: u8, row: u8, period: u16) -> bool {
    // A time difference goes back if it is odd and above twice the period.
    let limit = u8::try_from(period.saturating_mul(2).min(0x7F)).unwrap_or(0x7F);
    let row = u32::from(row);
    let mut glance = Glance {
        octets,
        row,
        // Rounded up, it divides numbers below 2^16 / row exactly.
        reciprocal: 0x1_0000_u32.div_ceil(row.max(1)),
        limit,
        bias: u64::from(0x7F_u8.saturating_sub(limit)).wrapping_mul(ONES),
        at: 0,
        codes: 0,
        place: 0,
        looked: 0,
    };
    let (blocks, tail) = octets.as_chunks::<BLOCK_LEN>();
    let (full_word, full_block) = (glance.modulo(8), glance.modulo(32));
    for block in blocks {
        let (words, _) = block.as_chunks();
        if words.iter().fold(0, |all, word| all | glance.notable(word)) == 0 {
            glance.skip(32, full_block);
        } else if !words.iter().all(|word| glance.word(word, full_word)) {
            return false;
        }
    }
    let (words, tail) = tail.as_chunks();
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(tail) {
        *to = *from;
    }
    let lawful = words
        .iter()
        .chain([&last])
        .all(|word| glance.word(word, full_word));
    // The zeros behind the tail were counted as codes.
    let padding = u32::try_from(last.len().saturating_sub(tail.len())).unwrap_or(0);
    lawful && glance.codes.wrapping_sub(padding) == u32::from(rows).wrapping_mul(row)
}

/// Octets that are looked at together.
const BLOCK_LEN: usize = 32;
/// Closer looks at words, in 64 octets, after which the decoder is faster; and how many more at the beginning.
const LOOKS: (usize, usize) = (2, 8);

/// How far the look has gone.
struct Glance<'a> {
    octets: &'a [u8],
    /// Codes of a row.
    row: u32,
    /// 2^16 / row.
    reciprocal: u32,
    /// An octet up to here needs no closer look.
    limit: u8,
    /// Lifts an octet above the limit to its top bit.
    bias: u64,
    /// Octets looked at, codes completed in them, and the place of the next code in its row.
    at: usize,
    codes: u32,
    place: u32,
    /// Words that took a closer look.
    looked: usize,
}

impl Glance<'_> {
    /// The top bits of the octets that need a closer look. An octet behind such a one may be among them without need.
    #[inline]
    fn notable(&self, word: &[u8; 8]) -> u64 {
        let word = u64::from_le_bytes(*word);
        (word | word.wrapping_add(self.bias)) & TOP
    }

    /// Goes over octets that are a code each; `place` is their number modulo the codes of a row.
    #[inline]
    fn skip(&mut self, octets: u32, place: u32) {
        self.codes = self.codes.wrapping_add(octets);
        self.at = self.at.wrapping_add(usize::try_from(octets).unwrap_or(0));
        self.place = self.place.wrapping_add(place);
        if self.place >= self.row {
            self.place = self.place.wrapping_sub(self.row);
        }
    }

    /// A number of places below 64 modulo the codes of a row.
    #[inline]
    const fn modulo(&self, places: u32) -> u32 {
        let rows = places.wrapping_mul(self.reciprocal) >> 16;
        places.wrapping_sub(rows.wrapping_mul(self.row))
    }

    /// Goes over a word, octet by octet where need is. `full` are eight places modulo the codes of a row.
    #[inline]
    fn word(&mut self, word: &[u8; 8], full: u32) -> bool {
        let mut notable = self.notable(word);
        if notable == 0 {
            self.skip(8, full);
            return true;
        }
        self.looked = self.looked.wrapping_add(1);
        let allowed = (self.at >> 6).wrapping_mul(LOOKS.0).wrapping_add(LOOKS.1);
        let ends = !u64::from_le_bytes(*word) & TOP;
        let mut lawful = self.looked <= allowed;
        while notable != 0 && lawful {
            let bit = notable.trailing_zeros();
            let before = ends & 1_u64.wrapping_shl(bit).wrapping_sub(1);
            let is_time = self.modulo(self.place.wrapping_add(count(before))) == 0;
            let index = self.at.wrapping_add(usize::try_from(bit >> 3).unwrap_or(0));
            let octets = self.octets.get(index..).unwrap_or_default();
            lawful = octet_is_lawful(octets, is_time, self.limit);
            notable &= notable.wrapping_sub(1);
        }
        let ends = count(ends);
        self.codes = self.codes.wrapping_add(ends);
        self.place = self.modulo(self.place.wrapping_add(ends));
        self.at = self.at.wrapping_add(8);
        lawful
    }
}

/// How many of the top bits are set.
#[inline]
fn count(top_bits: u64) -> u32 {
    let [.., sum] = (top_bits >> 7).wrapping_mul(ONES).to_le_bytes();
    u32::from(sum)
}

/// A notable octet with what follows it.
fn octet_is_lawful(octets: &[u8], is_time: bool, limit: u8) -> bool {
    match *octets {
        // The last of its code. A longer time difference was refused at its first octet.
        [end @ ..0x80, ..] => !is_time || end <= limit || end & 1 == 0,
        // One that goes on: up to three octets, the last of which is not 0.
        [_, 1..0x80, ..] | [_, 0x80..=0xFF, 1..0x80, ..] => !is_time,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;

    /// Rows of two codes: on time, and a value code.
    fn rows(count: usize) -> Vec<u8> {
        vec![[0_u8, 5]; count].concat()
    }

    #[test]
    fn ordinary_codes_are_settled_at_a_glance() {
        for count in 0..200 {
            let mut octets = rows(count.into());
            assert!(codes_are_lawful(&octets, count, 2, 60), "{count}");
            assert!(!codes_are_lawful(&octets, count + 1, 2, 60), "{count}");
            octets.push(0);
            assert!(!codes_are_lawful(&octets, count, 2, 60), "{count}");
        }
    }

    #[test]
    fn a_value_code_may_be_long_at_any_place_and_a_time_code_may_not() {
        for at in 0..100 {
            for long in [
                &[0x80_u8, 1][..],
                &[0xFF, 0x7F],
                &[0x80, 0x80, 1],
                &[0xFF, 0xFF, 0x7F],
            ] {
                let mut octets = rows(100);
                octets.splice(2 * at + 1..2 * at + 2, long.iter().copied());
                assert!(codes_are_lawful(&octets, 100, 2, 60), "{at} {long:?}");
                let mut octets = rows(100);
                octets.splice(2 * at..=2 * at, long.iter().copied());
                assert!(!codes_are_lawful(&octets, 100, 2, 60), "{at} {long:?}");
            }
            for wrong in [&[0x80_u8, 0][..], &[0x80, 0x80, 0], &[0x80, 0x80, 0x80, 1]] {
                let mut octets = rows(100);
                octets.splice(2 * at + 1..2 * at + 2, wrong.iter().copied());
                assert!(!codes_are_lawful(&octets, 100, 2, 60), "{at} {wrong:?}");
            }
        }
    }

    #[test]
    fn a_time_code_that_goes_back_is_seen_at_any_place() {
        // −60 with a period of 60 stands still, −61 goes back; +61 and a value code of that size do not.
        for at in 0..100 {
            for (place, code, lawful) in [(0, 119, true), (0, 121, false), (0, 122, true), (1, 121, true)] {
                let mut octets = rows(100);
                octets[2 * at + place] = code;
                assert_eq!(codes_are_lawful(&octets, 100, 2, 60), lawful, "{at} {code}");
            }
        }
        assert!(!codes_are_lawful(&[1, 5], 1, 2, 0));
        assert!(codes_are_lawful(&[0, 5], 1, 2, 0));
    }

    #[test]
    fn many_long_codes_are_left_to_the_decoder() {
        let octets = vec![[0_u8, 0x80, 1]; 255].concat();
        assert!(!codes_are_lawful(&octets, 255, 2, 60));
        assert!(codes_are_lawful(&octets[..30], 10, 2, 60));
    }

    #[test]
    fn near_the_ends_of_values_and_times_nothing_is_settled() {
        assert!(is_far_from_ends(1_767_225_420, &[2145, -700_000_000]));
        assert!(!is_far_from_ends(u32::MAX - 9, &[0]));
        assert!(!is_far_from_ends(0, &[0, MAX_VALUE - MAX_MOVE + 1]));
        assert!(!is_far_from_ends(0, &[MIN_VALUE + MAX_MOVE - 1]));
    }
}
