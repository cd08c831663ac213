//! CRC-16 of the uplink (spec §8) and CRC-8 of the downlink (spec §15).
//!
//! | | polynomial | initial | final XOR | reflected | of `123456789` | catalogue name |
//! |---|---|---|---|---|---|---|
//! | [`crc16`] | 1021 | 0000 | FFFF | no | CE3C | CRC-16/GSM |
//! | [`crc8`] | 2F | 00 | 00 | no | 3E | – |
//!
//! ```
//! use sigfox_frame::coding::crc::{crc8, crc16};
//!
//! assert_eq!(crc16(b"123456789"), 0xCE3C);
//! assert_eq!(crc8(b"123456789"), 0x3E);
//! ```

/// Generator of the CRC-16 without its top term.
pub(crate) const POLY16: u16 = 0x1021;
const POLY8: u8 = 0x2F;

/// `TABLES[k][b]`: the remainder of byte `b` followed by `k` zero bytes. Eight tables (4 KiB) take eight bytes a step.
static TABLES: [[u16; 256]; 8] = tables16();
static TABLE8: [u8; 256] = table8();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "evaluated by the compiler, which refuses what would panic"
)]
const fn tables16() -> [[u16; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut rest = (byte as u16) << 8;
        let mut table = 0;
        while table < 8 {
            let mut bit = 0;
            while bit < 8 {
                rest = times_x(rest);
                bit += 1;
            }
            tables[table][byte] = rest;
            table += 1;
        }
        byte += 1;
    }
    tables
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "evaluated by the compiler, which refuses what would panic"
)]
const fn table8() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut rest = byte as u8;
        let mut bit = 0;
        while bit < 8 {
            rest = if rest & 0x80 == 0 {
                rest << 1
            } else {
                (rest << 1) ^ POLY8
            };
            bit += 1;
        }
        table[byte] = rest;
        byte += 1;
    }
    table
}

/// `rest · x` modulo the generator of the CRC-16.
pub(crate) const fn times_x(rest: u16) -> u16 {
    if rest & 0x8000 == 0 {
        rest << 1
    } else {
        (rest << 1) ^ POLY16
    }
}

/// The entry of a table; every byte has one.
#[inline]
fn entry<T: Copy + Default>(table: &[T; 256], byte: u8) -> T {
    table.get(usize::from(byte)).copied().unwrap_or_default()
}

/// CRC-16 over header, EP-ID, payload and tag (spec §8).
#[must_use]
pub fn crc16(data: &[u8]) -> u16 {
    let (words, rest) = data.as_chunks::<8>();
    let crc = words
        .iter()
        .fold(Rest::default(), |crc, word| crc.word(u64::from_be_bytes(*word)));
    rest.iter().fold(crc, |crc, byte| crc.byte(*byte)).finish()
}

/// The remainder of what was read so far. Bytes go in eight or four at once, as each look-up waits for the one before.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rest(u16);

impl Rest {
    /// Eight bytes, the first most significant.
    #[inline]
    pub(crate) fn word(self, word: u64) -> Self {
        let [t0, t1, t2, t3, t4, t5, t6, t7] = &TABLES;
        let [a, b, c, d, e, f, g, h] = (word ^ u64::from(self.0) << 48).to_be_bytes();
        let behind = entry(t5, c) ^ entry(t4, d) ^ entry(t3, e) ^ entry(t2, f) ^ entry(t1, g) ^ entry(t0, h);
        Self(entry(t7, a) ^ entry(t6, b) ^ behind)
    }

    /// Four bytes.
    #[inline]
    pub(crate) fn half(self, [a, b, c, d]: [u8; 4]) -> Self {
        let [t0, t1, t2, t3, ..] = &TABLES;
        let [high, low] = self.0.to_be_bytes();
        Self(entry(t3, a ^ high) ^ entry(t2, b ^ low) ^ entry(t1, c) ^ entry(t0, d))
    }

    #[inline]
    pub(crate) fn byte(self, byte: u8) -> Self {
        let [high, low] = self.0.to_be_bytes();
        let [t0, ..] = &TABLES;
        Self(u16::from_be_bytes([low, 0]) ^ entry(t0, high ^ byte))
    }

    #[inline]
    pub(crate) const fn finish(self) -> u16 {
        !self.0
    }
}

/// CRC-8 over payload and tag (spec §15).
#[must_use]
pub fn crc8(data: &[u8]) -> u8 {
    data.iter().fold(0, |crc, byte| entry(&TABLE8, crc ^ byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition: bit by bit.
    fn slow16(data: &[u8]) -> u16 {
        let mut crc = 0;
        for byte in data {
            crc ^= u16::from(*byte) << 8;
            for _ in 0..8 {
                crc = times_x(crc);
            }
        }
        crc ^ 0xFFFF
    }

    #[test]
    fn published_check_values() {
        assert_eq!(crc16(b"123456789"), 0xCE3C);
        assert_eq!(crc8(b"123456789"), 0x3E);
        // §26, examples 1 and 5.
        let body = [
            0xE3, 0xF7, 0xC3, 0xB2, 0xA1, 0, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x5E, 0x49, 0x28, 0xE1, 0xE8,
        ];
        assert_eq!(crc16(&body), 0x552F);
        assert_eq!(crc8(&[1, 2, 3, 4, 5, 6, 7, 8, 0xCB, 0x91]), 0x8A);
    }

    proptest! {
        #[test]
        fn tables_are_the_definition(data in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(crc16(&data), slow16(&data));
        }

        /// Any one, two or three wrong bits in a frame are seen: distance 4 (§10.4).
        #[test]
        fn few_wrong_bits_are_seen(mut data in proptest::collection::vec(any::<u8>(), 20), a in 0_usize..160, b in 0_usize..160, c in 0_usize..160) {
            let right = crc16(&data);
            let wrong = [a, b, c];
            let odd = (0..160).any(|at| wrong.iter().filter(|bit| **bit == at).count() % 2 == 1);
            for at in wrong {
                data[at / 8] ^= 0x80 >> (at % 8);
            }
            prop_assert_eq!(crc16(&data) != right, odd);
        }
    }
}
