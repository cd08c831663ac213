//! The filters that frames 2 and 3 of a message go through, and their inverse (spec §9).
//!
//! ```text
//! rank 1   v[n] = u[n]
//! rank 2   v[n] = u[n] ^ u[n-1] ^ u[n-2]        generator 7 (octal)
//! rank 3   v[n] = u[n] ^ u[n-2]                 generator 5 (octal)
//! ```
//!
//! Bits in transmission order, memory zero at the start, no tail. The inverse filters never forget: one wrong bit destroys
//! everything after it, and the CRC tells.
//!
//! ```
//! use sigfox_frame::coding::convolution;
//! use sigfox_frame::uplink::Rank;
//!
//! let mut content = [0xE3, 0xF7];
//! convolution::encode(Rank::Second, &mut content);
//! assert_eq!(content, [0xAA, 0xF1]);
//! convolution::decode(Rank::Second, &mut content);
//! assert_eq!(content, [0xE3, 0xF7]);
//! ```

use crate::uplink::Rank;

/// What `u[-2]` set alone adds to a decoded word of rank 2: places 0 and 1 of every three.
const SECOND_LAST: u64 = 0xDB6D_B6DB_6DB6_DB6D;
/// What `u[-1]` set alone adds to it: places 0 and 2 of every three.
const LAST: u64 = 0xB6DB_6DB6_DB6D_B6DB;
/// What `u[-2]` set alone adds to a decoded word of rank 3; `u[-1]` takes the other places.
const EVEN: u64 = 0xAAAA_AAAA_AAAA_AAAA;

/// Filters in place; any length.
pub fn encode(rank: Rank, content: &mut [u8]) {
    let filter = |word: u64, before: u64| {
        // The bits one and two places earlier; `before` is the word before.
        let one = (word >> 1) | (before << 63);
        let two = (word >> 2) | (before << 62);
        if rank == Rank::Second {
            word ^ one ^ two
        } else {
            word ^ two
        }
    };
    if rank != Rank::First {
        each_word(content, |word, before| (filter(word, before), word));
    }
}

/// Undoes [`encode`] in place; any length.
pub fn decode(rank: Rank, coded: &mut [u8]) {
    match rank {
        Rank::First => {}
        Rank::Second => each_word(coded, |word, before| twice(second(word, before))),
        Rank::Third => each_word(coded, |word, before| twice(third(word, before))),
    }
}

/// What was decoded is the next word's past.
const fn twice(word: u64) -> (u64, u64) {
    (word, word)
}

/// The same for words, the first bit most significant.
#[inline]
pub(crate) fn decode_words(rank: Rank, [a, b, c]: [u64; 3]) -> [u64; 3] {
    let chain = |step: fn(u64, u64) -> u64| {
        let a = step(a, 0);
        let b = step(b, a);
        [a, b, step(c, b)]
    };
    match rank {
        Rank::First => [a, b, c],
        Rank::Second => chain(second),
        Rank::Third => chain(third),
    }
}

/// A word of rank 2, for the decoded word before it: 1 / (1 + D + D²) = (1 + D) / (1 + D³).
#[inline]
fn second(word: u64, before: u64) -> u64 {
    let mut bits = word ^ (word >> 1);
    for shift in [3, 6, 12, 24, 48] {
        bits ^= bits >> shift;
    }
    bits ^ (all_if(before & 2) & SECOND_LAST) ^ (all_if(before & 1) & LAST)
}

/// The same of rank 3.
#[inline]
fn third(word: u64, before: u64) -> u64 {
    let mut bits = word;
    for shift in [2, 4, 8, 16, 32] {
        bits ^= bits >> shift;
    }
    bits ^ (all_if(before & 2) & EVEN) ^ (all_if(before & 1) & !EVEN)
}

/// All ones unless the bit is zero.
const fn all_if(bit: u64) -> u64 {
    if bit == 0 { 0 } else { u64::MAX }
}

/// Replaces the bytes eight at a time, first byte most significant. `step` takes a word and what it gave for the word before, and
/// gives the new word and what to keep.
#[inline]
fn each_word(bytes: &mut [u8], mut step: impl FnMut(u64, u64) -> (u64, u64)) {
    let mut kept = 0;
    let (chunks, rest) = bytes.as_chunks_mut::<8>();
    for chunk in chunks {
        let (word, keep) = step(u64::from_be_bytes(*chunk), kept);
        *chunk = word.to_be_bytes();
        kept = keep;
    }
    if rest.is_empty() {
        return;
    }
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(&*rest) {
        *to = *from;
    }
    let (word, _) = step(u64::from_be_bytes(last), kept);
    for (to, from) in rest.iter_mut().zip(word.to_be_bytes()) {
        *to = from;
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test may panic")]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn bits(bytes: &[u8]) -> Vec<u8> {
        let bit = |byte: &u8| {
            let byte = *byte;
            (0..8).map(move |at| (byte >> (7 - at)) & 1)
        };
        bytes.iter().flat_map(bit).collect()
    }

    /// The definition, bit by bit.
    fn filtered(rank: Rank, content: &[u8]) -> Vec<u8> {
        let bits = bits(content);
        let at = |n: usize, back: usize| n.checked_sub(back).map_or(0, |n| bits[n]);
        let out = |n| match rank {
            Rank::First => bits[n],
            Rank::Second => at(n, 0) ^ at(n, 1) ^ at(n, 2),
            Rank::Third => at(n, 0) ^ at(n, 2),
        };
        (0..bits.len()).map(out).collect()
    }

    proptest! {
        #[test]
        fn encoding_is_the_definition_and_decoding_its_inverse(content in proptest::collection::vec(any::<u8>(), 0..50)) {
            for rank in Rank::ALL {
                let mut coded = content.clone();
                encode(rank, &mut coded);
                prop_assert_eq!(bits(&coded), filtered(rank, &content));
                decode(rank, &mut coded);
                prop_assert_eq!(&coded, &content);
            }
        }
    }

    #[test]
    fn one_wrong_bit_spreads_as_the_specification_says() {
        // §26, example 1: the first bit of content byte 2.
        for (rank, byte) in [(Rank::Second, [0xDB, 0x6D, 0xB6]), (Rank::Third, [0xAA; 3])] {
            let mut difference = [0; 18];
            difference[2] = 0x80;
            decode(rank, &mut difference);
            assert_eq!(difference[..2], [0, 0]);
            for (at, difference) in difference[2..].iter().enumerate() {
                assert_eq!(*difference, byte[at % 3], "{rank:?} {at}");
            }
        }
    }
}
