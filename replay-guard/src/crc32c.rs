//! CRC-32C (Castagnoli), which ends headers and entries of files (§10.1).

/// Reflected polynomial 1EDC6F41.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// `TABLES[k][n]`: what octet `n` leaves behind after `k` more octets.
static TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut k = 0;
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "evaluated by the compiler alone, where a fault is an error of the build"
    )]
    while k < 8 {
        let mut n = 0;
        while n < 256 {
            let mut rest = if k == 0 { n as u32 } else { tables[k - 1][n] };
            let mut bit = if k == 0 { 0 } else { 7 };
            while bit < 8 {
                rest = if k > 0 {
                    (rest >> 8) ^ tables[0][(rest & 0xff) as usize]
                } else if rest & 1 == 1 {
                    (rest >> 1) ^ POLYNOMIAL
                } else {
                    rest >> 1
                };
                bit += 1;
            }
            tables[k][n] = rest;
            n += 1;
        }
        k += 1;
    }
    tables
}

/// CRC-32C of several pieces, one after the other.
#[must_use]
pub fn crc32c(pieces: &[&[u8]]) -> u32 {
    let mut rest = u32::MAX;
    for piece in pieces {
        let (words, tail) = piece.as_chunks::<8>();
        for word in words {
            let [a, b, c, d, e, f, g, h] = *word;
            let [w, x, y, z] = (u32::from_le_bytes([a, b, c, d]) ^ rest).to_le_bytes();
            rest = look(7, w)
                ^ look(6, x)
                ^ look(5, y)
                ^ look(4, z)
                ^ look(3, e)
                ^ look(2, f)
                ^ look(1, g)
                ^ look(0, h);
        }
        for octet in tail.iter().copied() {
            let [low, ..] = rest.to_le_bytes();
            rest = (rest >> 8) ^ look(0, low ^ octet);
        }
    }
    !rest
}

#[inline]
fn look(table: usize, octet: u8) -> u32 {
    let table = TABLES.get(table).and_then(|table| table.get(usize::from(octet)));
    table.copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        assert_eq!(crc32c(&[b"123456789"]), 0xe306_9283);
        // RFC 3720, appendix B.4.
        assert_eq!(crc32c(&[&[0; 32]]), 0x8a91_36aa);
        assert_eq!(crc32c(&[&[0xff; 32]]), 0x62a8_ab43);
        assert_eq!(crc32c(&[]), 0);
    }

    #[test]
    fn pieces_count_as_one_text_however_it_is_cut() {
        let text: alloc::vec::Vec<u8> = (0..=99).collect();
        for cut in 0..=text.len() {
            let (head, tail) = text.split_at(cut);
            assert_eq!(crc32c(&[head, tail]), crc32c(&[&text]), "{cut}");
        }
    }
}
