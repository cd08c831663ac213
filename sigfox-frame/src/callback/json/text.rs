//! Strings: up to their closing quote, escapes checked.

use super::super::error::JsonFault;
use super::super::raw::{Form, Raw, hex_digit};
use super::{Json, Read, Stop};

const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
const QUOTES: u64 = u64::from_ne_bytes([b'"'; 8]);
const BACKSLASHES: u64 = u64::from_ne_bytes([b'\\'; 8]);
const BLANKS: u64 = u64::from_ne_bytes([b' '; 8]);

/// How many of eight octets stand in front of the first quote, backslash or control character.
///
/// The high bit of an octet of `word - LOW & !word` says that the octet was zero, or that a lower octet was; so the lowest
/// one is right, and only that one counts.
const fn plain(octets: [u8; 8]) -> usize {
    let word = u64::from_le_bytes(octets);
    let quote = word ^ QUOTES;
    let backslash = word ^ BACKSLASHES;
    let found = (quote.wrapping_sub(LOW) & !quote)
        | (backslash.wrapping_sub(LOW) & !backslash)
        | (word.wrapping_sub(BLANKS) & !word);
    #[expect(clippy::as_conversions, reason = "at most 8")]
    let octets = ((found & HIGH).trailing_zeros() / 8) as usize;
    octets
}

/// How many octets stand in front of the first quote, backslash or control character. Most names and values are short.
#[inline]
fn run(text: &[u8]) -> usize {
    match text.first_chunk() {
        Some(octets) if plain(*octets) < 8 => plain(*octets),
        _ => long_run(text),
    }
}

#[inline(never)]
fn long_run(text: &[u8]) -> usize {
    let (chunks, _) = text.as_chunks::<8>();
    let whole = chunks.iter().take_while(|octets| plain(**octets) == 8).count();
    let start = whole.wrapping_mul(8);
    let rest = text.get(start..).unwrap_or_default();
    let is_plain = |octet: &&u8| !matches!(octet, 0..=0x1F | b'"' | b'\\');
    start.wrapping_add(rest.iter().take_while(is_plain).count())
}

impl<'a> Json<'a> {
    /// Reads a string; the cursor is at its opening quote.
    #[inline]
    pub(super) fn string(&mut self) -> Read<Raw<'a>> {
        let offset = self.offset().wrapping_add(1);
        // Most strings have no escapes.
        match self.plain_string() {
            Some(text) => Ok(Raw::plain(text, offset)),
            None => self.odd_string(),
        }
    }

    /// Reads a string without escapes; reads nothing of any other.
    #[inline]
    pub(super) fn plain_string(&mut self) -> Option<&'a str> {
        let start = self.at.wrapping_add(1);
        let rest = self.text.as_bytes().get(start..)?;
        let len = run(rest);
        if rest.get(len) != Some(&b'"') {
            return None;
        }
        let end = start.wrapping_add(len);
        self.at = end.wrapping_add(1);
        self.text.get(start..end)
    }

    /// Reads a string with escapes, or finds what is wrong with it.
    #[inline(never)]
    fn odd_string(&mut self) -> Read<Raw<'a>> {
        self.advance(1);
        let start = self.at;
        loop {
            self.advance(run(self.rest()));
            match self.peek() {
                b'"' => break,
                b'\\' => self.escape()?,
                _ if self.at < self.text.len() => return Err(self.fault(JsonFault::Control)),
                _ => return Err(self.syntax()),
            }
        }
        let raw = self.since(start, Form::Escaped);
        self.advance(1);
        Ok(raw)
    }

    /// Reads one escape, or a pair of them that is one character.
    #[inline(never)]
    fn escape(&mut self) -> Read<()> {
        self.advance(1);
        match self.peek() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                self.advance(1);
                return Ok(());
            }
            b'u' => {}
            _ => return Err(self.bad_escape()),
        }
        match self.hex4()? {
            0xD800..=0xDBFF if self.rest().starts_with(b"\\u") => {
                self.advance(1);
                match self.hex4()? {
                    0xDC00..=0xDFFF => Ok(()),
                    _ => Err(self.bad_escape()),
                }
            }
            0xD800..=0xDFFF => Err(self.bad_escape()),
            _ => Ok(()),
        }
    }

    /// `u` and four digits.
    fn hex4(&mut self) -> Read<u16> {
        let digits = self.rest().get(1..5).unwrap_or_default();
        let digit = |code: Option<u16>, octet: &u8| Some(code? << 4 | u16::from(hex_digit(*octet)?));
        match digits.iter().fold(Some(0), digit) {
            Some(code) if digits.len() == 4 => {
                self.advance(5);
                Ok(code)
            }
            _ => Err(self.bad_escape()),
        }
    }

    #[cold]
    fn bad_escape(&mut self) -> Stop {
        self.fault(if self.at >= self.text.len() {
            JsonFault::Truncated
        } else {
            JsonFault::Escape
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One octet at each place among octets that are next to the looked-for ones.
    #[test]
    fn eight_octets_at_once_are_the_same_as_one_by_one() {
        for around in [b'!', b'#', b' ', b'[', b']', 0x7F, 0x80, 0xFF, b'a'] {
            for found in 0..=u8::MAX {
                for at in 0..8 {
                    let mut octets = [around; 8];
                    octets[at] = found;
                    let slow = octets
                        .iter()
                        .position(|&octet| octet < 0x20 || octet == b'"' || octet == b'\\');
                    assert_eq!(plain(octets), slow.unwrap_or(8), "{octets:?}");
                }
            }
        }
    }
}
