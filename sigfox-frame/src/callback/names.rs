//! Fixed sets of names, found by one multiplication.
//!
//! A name of up to sixteen octets is two words: its octets and zeros, with its length added to the last of them. It is looked up
//! where it stands in the text, up to the first quote. Equal words mean an equal name: the last octet tells a length below sixteen,
//! or is an octet of text and sixteen more, which is never less than sixteen, for no text ends with an octet above EF.

/// Most octets that two words tell from the beginning of a longer name.
const WORDS_LEN: usize = 16;
/// Gives each name of every set here a place of its own, which the compiler checks.
const FACTOR: u64 = 0xC80A_FDF0_1748_3127;

const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
const QUOTES: u64 = u64::from_ne_bytes([b'"'; 8]);

/// `N` names and what they mean, at most 64.
#[derive(Debug)]
pub(super) struct Names<T: 'static, const N: usize> {
    names: [(&'static str, T); N],
    words: [(u64, u64); N],
    /// Number of the name with a hash; one that no name has for any other.
    places: [u8; 256],
}

impl<T: Copy, const N: usize> Names<T, N> {
    /// Made by the compiler, which refuses two names in one place.
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "evaluated by the compiler, which refuses what would panic"
    )]
    pub(super) const fn new(names: [(&'static str, T); N]) -> Self {
        assert!(N <= 64);
        let mut words = [(0, 0); N];
        let mut places = [u8::MAX; 256];
        let mut number = 0;
        while number < N {
            let name = names[number].0.as_bytes();
            if name.len() <= WORDS_LEN {
                let mut octets = [0; 16];
                let mut at = 0;
                while at < name.len() {
                    octets[at] = name[at];
                    at += 1;
                }
                words[number] = words_of(octets, name.len());
                let hash = hash(words[number]) as usize;
                assert!(places[hash] == u8::MAX, "choose another FACTOR");
                places[hash] = number as u8;
            }
            number += 1;
        }
        Self { names, words, places }
    }

    /// The name in front of the first quote: its number, and what is behind the quote. `None` for names that are not known, and
    /// for some that are: see [`Self::find`].
    #[inline]
    pub(super) fn at_start<'t>(&self, text: &'t [u8]) -> Option<(usize, &'t [u8])> {
        let (first, rest) = text.split_first_chunk()?;
        let (head, len) = until_quote(*first);
        if len < 8 {
            return Some((
                self.number((head, with_len(0, len)))?,
                text.get(len.wrapping_add(1)..)?,
            ));
        }
        let (second, behind) = rest.split_first_chunk()?;
        let (tail, len) = until_quote(*second);
        let words = (head, with_len(tail, len.wrapping_add(8)));
        let behind = match behind {
            _ if len < 8 => rest.get(len.wrapping_add(1)..)?,
            [b'"', behind @ ..] => behind,
            _ => return None,
        };
        Some((self.number(words)?, behind))
    }

    #[inline]
    fn number(&self, words: (u64, u64)) -> Option<usize> {
        let number = usize::from(*self.places.get(usize::from(hash(words)))?);
        (*self.words.get(number)? == words).then_some(number)
    }

    /// What the name with this number means.
    #[inline]
    pub(super) fn meaning(&self, number: usize) -> Option<T> {
        self.names.get(number).map(|(_, meaning)| *meaning)
    }

    /// The number of a name that stands alone.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        if name.len() > WORDS_LEN {
            return self.names.iter().position(|(known, _)| *known == name);
        }
        let mut octets = [0; 16];
        for (place, octet) in octets.iter_mut().zip(name.as_bytes()) {
            *place = *octet;
        }
        self.number(words_of(octets, name.len()))
    }
}

/// Eight octets up to the first quote, zeros from there on; and how many they are.
#[inline]
const fn until_quote(octets: [u8; 8]) -> (u64, usize) {
    let word = u64::from_le_bytes(octets);
    let differs = word ^ QUOTES;
    // The lowest octet that is marked is the first quote; marks above it may be wrong.
    let marks = differs.wrapping_sub(LOW) & !differs & HIGH;
    if marks == 0 {
        return (word, 8);
    }
    // All bits below the octet of the lowest mark.
    let below = (marks ^ marks.wrapping_sub(1)) >> 8;
    #[expect(clippy::as_conversions, reason = "at most 7")]
    let len = (marks.trailing_zeros() / 8) as usize;
    (word & below, len)
}

/// The second word of a name of that length.
#[inline]
const fn with_len(tail: u64, len: usize) -> u64 {
    #[expect(clippy::as_conversions, reason = "at most 16")]
    let len = len as u64;
    tail.wrapping_add(len << 56)
}

const fn words_of(octets: [u8; 16], len: usize) -> (u64, u64) {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = octets;
    let tail = u64::from_le_bytes([i, j, k, l, m, n, o, p]);
    (u64::from_le_bytes([a, b, c, d, e, f, g, h]), with_len(tail, len))
}

#[inline]
const fn hash((head, tail): (u64, u64)) -> u8 {
    let [hash, ..] = (head ^ tail.rotate_left(5)).wrapping_mul(FACTOR).to_be_bytes();
    hash
}

/// Names of an object that have no number, as far as fingerprints tell them apart.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen(u64);

impl Seen {
    /// Whether the name may have been there before; a `false` is certain.
    #[inline]
    pub(super) fn again(&mut self, name: &str) -> bool {
        let octets = name.as_bytes();
        let octet = |at: usize| octets.get(at).map_or(0, |octet| u32::from(*octet));
        let middle = octet(octets.len() / 2);
        let last = octet(octets.len().wrapping_sub(1));
        let [len, ..] = octets.len().to_le_bytes();
        let mixed = (octet(0) | middle << 8 | last << 16 | u32::from(len) << 24).wrapping_mul(0xB34D_EC75);
        let bit = 1_u64.wrapping_shl(mixed >> 26);
        let again = self.0 & bit != 0;
        self.0 |= bit;
        again
    }

    /// The same for a name with a number.
    #[inline]
    pub(super) const fn numbered_again(&mut self, number: usize) -> bool {
        #[expect(clippy::as_conversions, reason = "numbers are below 64")]
        let bit = 1_u64.wrapping_shl(number as u32);
        let again = self.0 & bit != 0;
        self.0 |= bit;
        again
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test may panic")]
mod tests {
    use super::*;
    use alloc::string::String;
    use proptest::prelude::*;
    use std::format;

    const SOME: Names<u8, 6> = Names::new([
        ("v", 1),
        ("lat", 2),
        ("deviceId", 3),
        ("deviceTypeName", 4),
        ("computedLocation", 5),
        ("downlinkOverusage", 6),
    ]);

    fn plainly(name: &str) -> Option<usize> {
        SOME.names.iter().position(|(known, _)| *known == name)
    }

    #[test]
    fn a_zero_is_part_of_a_name() {
        assert_eq!(SOME.find("v\0"), None);
        assert_eq!(SOME.find("deviceId\0"), None);
        assert_eq!(SOME.at_start(b"v\0\":1,      ").map(|(number, _)| number), None);
    }

    proptest! {
        #[test]
        fn names_are_found_alone_and_where_they_stand(
            name in "v|lat|deviceId|deviceTypeName|computedLocation|downlinkOverusage|[a-z\"]{0,9}|deviceTypeName.|deviceT",
            behind in "\":[0-9\"a-z]{20}",
        ) {
            let known = (!name.contains('"')).then(|| plainly(&name)).flatten();
            prop_assert_eq!(SOME.find(&name), plainly(&name));
            prop_assert_eq!(known.and_then(|number| SOME.meaning(number)).map(usize::from), known.map(|number| number + 1));
            let text = format!("{name}{behind}");
            let before: String = text.split('"').next().unwrap_or_default().into();
            match SOME.at_start(text.as_bytes()) {
                Some((number, rest)) => {
                    prop_assert_eq!(plainly(&before), Some(number));
                    prop_assert_eq!(rest, &text.as_bytes()[before.len() + 1..]);
                }
                None => prop_assert!(plainly(&before).is_none() || before.len() > WORDS_LEN, "{}", text),
            }
        }
    }
}
