//! Octets as lower-case hexadecimal text (§3).

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Lower-case hexadecimal text of octets.
pub(crate) fn encode(octets: &[u8]) -> String {
    octets
        .iter()
        .flat_map(|octet| [octet >> 4, octet & 0x0f])
        .filter_map(|nibble| DIGITS.get(usize::from(nibble)))
        .map(|digit| char::from(*digit))
        .collect()
}

/// Octets of lower-case hexadecimal text; `None` for anything else, capitals included.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs
        .iter()
        .map(|[high, low]| Some((nibble(*high)? << 4) | nibble(*low)?))
        .collect()
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => digit.checked_sub(b'0'),
        b'a'..=b'f' => digit.checked_sub(b'a')?.checked_add(10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn text_and_octets_are_inverse() {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        assert_eq!(decode(&encode(&all)), Some(all));
        assert_eq!(encode(&[0x00, 0xa5, 0xff]), "00a5ff");
    }

    #[test]
    fn odd_length_capitals_and_prefixes_are_refused() {
        for text in ["0", "0A", "0x00", "gg", "é", " 00"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
