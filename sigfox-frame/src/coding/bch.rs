//! BCH(15,11) across bytes (spec §16): eight code words, one for each bit position of fifteen bytes.
//!
//! Corrects one wrong bit in each code word, so any burst of up to eight bits. Two wrong bits in one code word become three;
//! CRC and tag find that.
//!
//! ```
//! use sigfox_frame::coding::bch;
//!
//! let word = bch::encode(&[1, 2, 3, 4, 5, 6, 7, 8, 0xCB, 0x91, 0x8A]);
//! assert_eq!(word[..4], [0xD7, 0xC5, 0x51, 0xD9]);
//! let mut received = word;
//! received[6] ^= 0xFF; // a burst of eight
//! assert_eq!(bch::correct(&mut received), 8);
//! assert_eq!(received, word);
//! ```

/// Data bytes: payload, tag, CRC.
pub const DATA_LEN: usize = 11;
/// Bytes of eight code words: four of check bits, then the data.
pub const CODE_LEN: usize = 15;

/// `alpha^j` in GF(16) with x^4 + x + 1: what position j adds to the syndrome.
const POWERS: [u8; CODE_LEN] = [1, 2, 4, 8, 3, 6, 12, 11, 5, 10, 7, 14, 15, 13, 9];

/// The check bytes before the data.
#[must_use]
pub const fn encode(data: &[u8; DATA_LEN]) -> [u8; CODE_LEN] {
    let [b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10] = *data;
    [
        b0 ^ b3 ^ b4 ^ b6 ^ b8 ^ b9 ^ b10,
        b0 ^ b1 ^ b3 ^ b5 ^ b6 ^ b7 ^ b8,
        b1 ^ b2 ^ b4 ^ b6 ^ b7 ^ b8 ^ b9,
        b2 ^ b3 ^ b5 ^ b7 ^ b8 ^ b9 ^ b10,
        b0,
        b1,
        b2,
        b3,
        b4,
        b5,
        b6,
        b7,
        b8,
        b9,
        b10,
    ]
}

/// Corrects in place; how many of the eight code words were changed, 0 to 8.
pub fn correct(received: &mut [u8; CODE_LEN]) -> u8 {
    let syndrome = syndrome(received);
    let [s0, s1, s2, s3] = syndrome;
    let wrong = s0 | s1 | s2 | s3;
    if wrong != 0 {
        for (byte, power) in received.iter_mut().zip(POWERS) {
            // The code words whose syndrome is alpha^j are wrong at position j.
            let unlike = |syndrome: u8, bit: u8| if power & bit == 0 { syndrome } else { !syndrome };
            *byte ^= !(unlike(s0, 1) | unlike(s1, 2) | unlike(s2, 4) | unlike(s3, 8));
        }
    }
    u8::try_from(wrong.count_ones()).unwrap_or(8)
}

/// The four syndrome bits of all code words; zero for valid ones.
fn syndrome(received: &[u8; CODE_LEN]) -> [u8; 4] {
    let mut data = [0; DATA_LEN];
    let (check, rest) = received.split_at(CODE_LEN - DATA_LEN);
    for (to, from) in data.iter_mut().zip(rest) {
        *to = *from;
    }
    // The code is linear and systematic: the syndrome is what the check bytes differ by.
    let right = encode(&data);
    let mut syndrome = [0; 4];
    for ((to, is), should) in syndrome.iter_mut().zip(check).zip(right) {
        *to = is ^ should;
    }
    syndrome
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test may panic")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition: the sum of powers over the positions of the ones.
    fn sum(word: &[u8; CODE_LEN], column: u8) -> u8 {
        let ones = word
            .iter()
            .zip(POWERS)
            .filter(|(byte, _)| *byte >> column & 1 == 1);
        ones.fold(0, |sum, (_, power)| sum ^ power)
    }

    #[test]
    fn the_powers_are_those_of_the_field() {
        let mut power = 1_u8;
        for listed in POWERS {
            assert_eq!(power, listed);
            power <<= 1;
            if power & 0x10 != 0 {
                power ^= 0x13;
            }
        }
    }

    /// All 2^11 words of one column, each with every error of one and of two bits.
    #[test]
    fn every_single_error_is_corrected_and_every_double_error_makes_three() {
        for message in 0_u16..1 << 11 {
            let data = core::array::from_fn(|at| u8::from(message >> at & 1 == 1));
            let word = encode(&data);
            assert_eq!(sum(&word, 0), 0);
            let mut same = word;
            assert_eq!(correct(&mut same), 0);
            assert_eq!(same, word);
            for first in 0..CODE_LEN {
                let mut received = word;
                received[first] ^= 1;
                assert_eq!(correct(&mut received), 1);
                assert_eq!(received, word);
                for second in 0..first {
                    let mut received = word;
                    received[first] ^= 1;
                    received[second] ^= 1;
                    assert_eq!(correct(&mut received), 1);
                    let wrong = received.iter().zip(word).filter(|(a, b)| **a != *b).count();
                    assert_eq!(wrong, 3);
                    assert_eq!(sum(&received, 0), 0);
                }
            }
        }
    }

    #[test]
    fn every_burst_of_eight_bits_is_corrected() {
        let word = encode(&core::array::from_fn(|at| u8::try_from(at * 23 % 256).unwrap()));
        for start in 0..=112 {
            let mut received = word;
            for bit in start..start + 8 {
                received[bit / 8] ^= 0x80 >> (bit % 8);
            }
            assert_eq!(correct(&mut received), 8);
            assert_eq!(received, word, "{start}");
        }
    }

    proptest! {
        #[test]
        fn columns_do_not_touch_each_other(data: [u8; DATA_LEN], wrong in proptest::array::uniform8(0_usize..16)) {
            let word = encode(&data);
            let mut received = word;
            let mut count = 0;
            for (column, at) in wrong.into_iter().enumerate() {
                prop_assert_eq!(sum(&word, u8::try_from(column).unwrap()), 0);
                if let Some(byte) = received.get_mut(at) {
                    *byte ^= 1 << column;
                    count += 1;
                }
            }
            prop_assert_eq!(correct(&mut received), count);
            prop_assert_eq!(received, word);
        }
    }
}
