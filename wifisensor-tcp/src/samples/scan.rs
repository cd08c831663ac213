//! A quick look at many codes at once, eight octets at a time.
//!
//! A body has to be checked as a whole before anything of it is used. Codes of up to three octets cannot lead out of any range,
//! and whether each stands in its form and no time goes back can be seen without decoding. What the glance does not settle, the
//! decoder does.

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

/// Whether these octets are certainly `rows` rows of `row` codes each, all in their shortest form and of at most three octets, of
/// which the first is a time difference of one octet that does not go back. `false` says nothing.
pub(super) fn codes_are_lawful(octets: &[u8], rows: u8, row: u8, period: u16) -> bool {
    let mut glance = Glance::new(row, period);
    let (blocks, tail) = octets.as_chunks::<32>();
    for block in blocks {
        let (words, _) = block.as_chunks();
        if glance.is_plain(words) {
            glance.skip(32);
        } else if !words.iter().all(|word| glance.word(u64::from_le_bytes(*word))) {
            return false;
        }
    }
    let (words, tail) = tail.as_chunks();
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(tail) {
        *to = *from;
    }
    // The zeros behind the tail count as codes. One that goes on into them is not in its shortest form.
    let padding = u32::try_from(last.len().saturating_sub(tail.len())).unwrap_or(0);
    let codes = u32::from(rows).wrapping_mul(u32::from(row));
    words
        .iter()
        .chain([&last])
        .all(|word| glance.word(u64::from_le_bytes(*word)))
        && glance.codes.wrapping_sub(padding) == codes
}

/// How far the look has gone. Of eight octets in a word, the first is the lowest; what is found out about an octet stands in its
/// top bit.
struct Glance {
    /// Codes of a row, and 2^16 divided by that, rounded up: it divides numbers below 2^16 / row exactly.
    row: u32,
    reciprocal: u32,
    /// Time differences that can begin in a word.
    times: u32,
    /// Lifts a time difference that could go back to its top bit.
    bias: u64,
    /// Codes that ended.
    codes: u32,
    /// The word before.
    before: u64,
}

impl Glance {
    fn new(row: u8, period: u16) -> Self {
        let row = u32::from(row.max(1));
        // A time difference goes back if it is odd and above twice the period.
        let limit = u8::try_from(period.saturating_mul(2).min(0x7F)).unwrap_or(0x7F);
        Self {
            row,
            reciprocal: 0x1_0000_u32.div_ceil(row),
            times: 8_u32.div_ceil(row),
            bias: u64::from(0x7F_u8.saturating_sub(limit)).wrapping_mul(ONES),
            codes: 0,
            before: 0,
        }
    }

    /// Whether these words continue no code, and each octet is a code that is lawful in any place.
    #[inline]
    fn is_plain(&self, words: &[[u8; 8]]) -> bool {
        let notable = words.iter().fold(self.before >> 56 << 56, |all, word| {
            let word = u64::from_le_bytes(*word);
            all | word | word.wrapping_add(self.bias)
        });
        notable & TOP == 0
    }

    /// Goes over octets that are a code each.
    #[inline]
    fn skip(&mut self, octets: u32) {
        self.codes = self.codes.wrapping_add(octets);
        self.before = 0;
    }

    /// Goes over a word.
    #[inline]
    fn word(&mut self, word: u64) -> bool {
        let septets = word & !TOP;
        let going = word & TOP;
        let went = ((word << 8) | (self.before >> 56)) & TOP;
        let went_twice = ((word << 16) | (self.before >> 48)) & TOP;
        self.before = word;

        let too_long = going & went & went_twice;
        let not_shortest = went & !(word | septets.wrapping_add(!TOP));

        // How many codes of the word end before each octet.
        let ended = ((going ^ TOP) >> 7).wrapping_mul(ONES);
        let before = ended << 8;
        // The octets before which so many end are those of a time difference.
        let mut sought = u64::from(self.to_next_row()).wrapping_mul(ONES);
        let mut others = TOP;
        for _ in 0..self.times {
            others &= (before ^ sought).wrapping_add(!TOP);
            sought = sought.wrapping_add(u64::from(self.row).wrapping_mul(ONES));
        }
        let goes_back = septets.wrapping_add(self.bias) & (word << 7);
        let wrong_time = (going | went | goes_back) & TOP & !others;

        let [.., ended] = ended.to_le_bytes();
        self.codes = self.codes.wrapping_add(ended.into());
        too_long | not_shortest | wrong_time == 0
    }

    /// Codes from here to the next time difference, below `row`.
    #[inline]
    fn to_next_row(&self) -> u32 {
        let rows = self
            .codes
            .wrapping_add(self.row)
            .wrapping_sub(1)
            .wrapping_mul(self.reciprocal)
            >> 16;
        rows.wrapping_mul(self.row).wrapping_sub(self.codes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::varint;
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
    fn rows_of_any_length_with_codes_of_any_length_in_any_place() {
        let mut random = 1_u32;
        let mut next = |below: u32| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 16) % below
        };
        for round in 0..20_000 {
            let row = u8::try_from(2 + next(8)).unwrap();
            let period = u16::try_from([1, 30, 60, 900][round % 4]).unwrap();
            let count = u8::try_from(1 + next(60)).unwrap();
            let mut octets = Vec::new();
            for place in (0..row).cycle().take(usize::from(count) * usize::from(row)) {
                let code = match (place, next(3)) {
                    (0, _) => next(u32::from(period).min(63)) * 2,
                    (_, 0) => next(128),
                    (_, 1) => 128 + next(128 * 127),
                    _ => 128 * 128 + next(128 * 128 * 127),
                };
                let mut out = [0; varint::MAX_LEN];
                let len = varint::write(&mut out, code).unwrap();
                octets.extend_from_slice(&out[..len]);
            }
            assert!(codes_are_lawful(&octets, count, row, period), "{octets:x?}");
            assert!(!codes_are_lawful(&octets, count - 1, row, period), "{octets:x?}");
            // Whatever is done to it, what the glance settles is what the decoder finds.
            let at = usize::try_from(next(u32::try_from(octets.len()).unwrap())).unwrap();
            octets[at] = u8::try_from(next(256)).unwrap();
            if codes_are_lawful(&octets, count, row, period) {
                assert_eq!(
                    decoder_finds(&octets, row, period),
                    Some(usize::from(count)),
                    "{octets:x?}"
                );
            }
        }
    }

    /// How many rows these octets are, if they are lawful.
    fn decoder_finds(mut rest: &[u8], row: u8, period: u16) -> Option<usize> {
        for rows in 0.. {
            if rest.is_empty() {
                return Some(rows);
            }
            let late = varint::unzigzag(varint::read(&mut rest).ok()?);
            if late < i32::from(period).wrapping_neg() {
                return None;
            }
            for _ in 1..row {
                varint::read(&mut rest).ok()?;
            }
        }
        None
    }

    #[test]
    fn near_the_ends_of_values_and_times_nothing_is_settled() {
        assert!(is_far_from_ends(1_767_225_420, &[2145, -700_000_000]));
        assert!(is_far_from_ends(u32::MAX - MAX_DURATION, &[0]));
        assert!(!is_far_from_ends(u32::MAX - MAX_DURATION + 1, &[0]));
        // Two hundred and fifty-five steps of a period, each 63 more than that.
        assert!(MAX_DURATION >= 255 * (u32::from(u16::MAX) + 63));
        assert!(!is_far_from_ends(0, &[0, MAX_VALUE - MAX_MOVE + 1]));
        assert!(!is_far_from_ends(0, &[MIN_VALUE + MAX_MOVE - 1]));
    }
}
