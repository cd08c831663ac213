//! Strings.

use crate::error::{DecodeError, ErrorKind, JsonFault};
use crate::text::Text;

use super::Cursor;
use super::cursor::BODY;

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

impl<'a> Cursor<'a> {
    /// Reads a string; the cursor is at its opening quote.
    #[inline]
    pub(crate) fn string(&mut self) -> Result<Text<'a>, DecodeError> {
        self.advance(1);
        let start = self.at;
        let mut escaped = false;
        loop {
            self.run();
            match self.peek() {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(self.not_in_string()),
            }
        }
        let raw = self.text.get(start..self.at).unwrap_or_default();
        self.advance(1);
        Ok(Text::checked(raw, escaped))
    }

    /// To the next quote, backslash or control character.
    #[inline]
    fn run(&mut self) {
        // The position stays in a register meanwhile.
        let mut rest = self.rest();
        let len = rest.len();
        let found = loop {
            let Some((octets, behind)) = rest.split_first_chunk::<8>() else {
                let few = rest
                    .iter()
                    .take_while(|octet| !matches!(octet, 0..=0x1F | b'"' | b'\\'));
                break few.count();
            };
            let found = plain(*octets);
            if found < 8 {
                break found;
            }
            rest = behind;
        };
        self.advance(len.wrapping_sub(rest.len()).wrapping_add(found));
    }

    /// Reads one escape, or a pair of them that is one character.
    #[inline(never)]
    fn escape(&mut self) -> Result<(), DecodeError> {
        let offset = self.at;
        self.advance(1);
        match self.peek() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                self.advance(1);
                return Ok(());
            }
            b'u' => {}
            _ => return Err(self.bad_escape(JsonFault::Escape, offset)),
        }
        match self.hex4(offset)? {
            0xD800..=0xDBFF => {
                if !self.rest().starts_with(b"\\u") {
                    return Err(self.bad_escape(JsonFault::Surrogate, offset));
                }
                self.advance(1);
                match self.hex4(offset)? {
                    0xDC00..=0xDFFF => Ok(()),
                    _ => Err(self.bad_escape(JsonFault::Surrogate, offset)),
                }
            }
            0xDC00..=0xDFFF => Err(self.bad_escape(JsonFault::Surrogate, offset)),
            _ => Ok(()),
        }
    }

    /// `u` and four digits.
    fn hex4(&mut self, offset: usize) -> Result<u16, DecodeError> {
        let digits = self.rest().get(1..5);
        let code = digits
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| core::str::from_utf8(digits).ok())
            .and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let Some(code) = code else {
            return Err(self.bad_escape(JsonFault::Escape, offset));
        };
        self.advance(5);
        Ok(code)
    }

    #[cold]
    fn bad_escape(&self, fault: JsonFault, offset: usize) -> DecodeError {
        let fault = if self.at >= self.text.len() {
            JsonFault::Truncated
        } else {
            fault
        };
        DecodeError::new(ErrorKind::NotJson(fault), BODY, offset)
    }

    #[cold]
    fn not_in_string(&self) -> DecodeError {
        if self.at < self.text.len() {
            self.error(ErrorKind::NotJson(JsonFault::Control), BODY)
        } else {
            self.syntax()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use std::format;

    /// One octet at each place among octets that are next to the looked-for ones.
    #[test]
    fn eight_octets_at_once_are_the_same_as_one_by_one() {
        for around in [b'!', b'#', b' ', b'[', b']', 0x7F, 0x80, 0xFF, b'a'] {
            for found in 0..=u8::MAX {
                for at in 0..8 {
                    let mut octets = [around; 8];
                    octets[at] = found;
                    if at < 7 {
                        octets[7] = b'"';
                    }
                    let slow = octets
                        .iter()
                        .position(|&octet| octet < 0x20 || octet == b'"' || octet == b'\\');
                    assert_eq!(plain(octets), slow.unwrap_or(8), "{octets:?}");
                }
            }
        }
    }

    fn read(text: &str) -> Result<Text<'_>, ErrorKind> {
        let mut cursor = Cursor::new(text, 0);
        let read = cursor.string().map_err(|error| error.kind)?;
        assert_eq!(cursor.offset(), text.len());
        Ok(read)
    }

    #[test]
    fn strings_end_at_their_quote_wherever_it_is() {
        for len in 0..40 {
            let text: Vec<u8> = (0..len).map(|at| b'a' + at % 26).collect();
            let text = core::str::from_utf8(&text).unwrap();
            assert_eq!(read(&format!("\"{text}\"")), Ok(Text::from(text)));
            assert_eq!(
                read(&format!("\"{text}\\n\"")).unwrap().chars().count(),
                usize::from(len) + 1
            );
            let fault = |fault| Err(ErrorKind::NotJson(fault));
            assert_eq!(read(&format!("\"{text}")), fault(JsonFault::Truncated));
            assert_eq!(read(&format!("\"{text}\u{1F}\"")), fault(JsonFault::Control));
        }
    }

    #[test]
    fn only_the_escapes_of_json_are_taken() {
        for good in [r#""\"\\\/\b\f\n\r\t""#, r#""\u0000\uD83C\uDF21\uffff""#] {
            assert!(read(good).is_ok(), "{good}");
        }
        for (bad, fault) in [
            (r#""\x""#, JsonFault::Escape),
            (r#""\u12""#, JsonFault::Escape),
            (r#""\u+123""#, JsonFault::Escape),
            (r#""\u12G4""#, JsonFault::Escape),
            (r#""\'""#, JsonFault::Escape),
            (r#""\uD83C""#, JsonFault::Surrogate),
            (r#""\uD83C\n""#, JsonFault::Surrogate),
            (r#""\uD83C\u0041""#, JsonFault::Surrogate),
            (r#""\uDF21""#, JsonFault::Surrogate),
            (r#""\"#, JsonFault::Truncated),
        ] {
            assert_eq!(read(bad), Err(ErrorKind::NotJson(fault)), "{bad}");
        }
    }
}
