//! Text of a JSON string: always borrowed, escapes resolved when it is looked at.

use core::fmt::{self, Write as _};
use core::hash::{Hash, Hasher};

/// Text as the sender meant it, borrowed from the input.
///
/// A string without escapes stands in the input as it is; [`as_borrowed`](Self::as_borrowed) gives it. One with escapes is
/// kept as written and resolved on the fly by [`chars`](Self::chars), comparison and `Display`, so that decoding never
/// allocates. Escapes were checked when the body was read. The text is whatever the sender wrote: escape it on output.
///
/// ```
/// use comet_json::{Content, decode};
/// let body = br#"{"JsonType":2,"Sn":"1","Desc":"Freezer \"A\"","Time":{"Sample":"2024-01-01T00:00:00Z"},"Channels":[]}"#;
/// let Content::Wifi(message) = decode(body).unwrap().content else { panic!() };
/// let desc = message.desc.unwrap();
/// assert_eq!(desc, "Freezer \"A\"");
/// assert_eq!(desc.as_borrowed(), None);
/// assert_eq!(desc.to_string(), "Freezer \"A\"");
/// ```
#[derive(Clone, Copy, Default)]
pub struct Text<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// Contents of a JSON string that was checked; `escaped` if there is a backslash in it.
    pub(crate) const fn checked(raw: &'a str, escaped: bool) -> Self {
        Self { raw, escaped }
    }

    /// The text with the lifetime of the input; `None` if it has escapes.
    #[must_use]
    pub const fn as_borrowed(self) -> Option<&'a str> {
        if self.escaped { None } else { Some(self.raw) }
    }

    /// The text, owned only if it has escapes.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn to_cow(self) -> alloc::borrow::Cow<'a, str> {
        match self.as_borrowed() {
            Some(text) => alloc::borrow::Cow::Borrowed(text),
            None => alloc::borrow::Cow::Owned(self.chars().collect()),
        }
    }

    /// Its characters.
    #[must_use]
    pub fn chars(self) -> Chars<'a> {
        Chars {
            rest: self.raw.chars(),
            escaped: self.escaped,
        }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.raw.is_empty()
    }

    /// Octets in the input, escapes as they are written there.
    pub(crate) const fn raw_len(self) -> usize {
        self.raw.len()
    }

    /// The octets of a text of at most `N` octets.
    pub(crate) fn octets<const N: usize>(self, buffer: &mut [u8; N]) -> Option<&[u8]> {
        let mut len = 0_usize;
        for c in self.chars() {
            let end = len.checked_add(c.len_utf8())?;
            c.encode_utf8(buffer.get_mut(len..end)?);
            len = end;
        }
        buffer.get(..len)
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(raw: &'a str) -> Self {
        Self { raw, escaped: false }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self.as_borrowed(), other.as_borrowed()) {
            (Some(a), Some(b)) => a == b,
            _ => self.chars().eq(other.chars()),
        }
    }
}

impl Eq for Text<'_> {}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        *self == Text::from(other)
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for c in self.chars() {
            c.hash(state);
        }
        state.write_u8(0xFF);
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.chars() {
            fmt::Display::fmt(&c.escape_debug(), f)?;
        }
        f.write_char('"')
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_borrowed() {
            Some(text) => f.pad(text),
            None => self.chars().try_for_each(|c| f.write_char(c)),
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Text<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_borrowed() {
            Some(text) => serializer.serialize_str(text),
            None => serializer.collect_str(self),
        }
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Text<'a> {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        <&str>::arbitrary(u).map(Self::from)
    }
}

/// The characters of a [`Text`].
#[derive(Debug, Clone)]
pub struct Chars<'a> {
    rest: core::str::Chars<'a>,
    escaped: bool,
}

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        if !self.escaped || c != '\\' {
            return Some(c);
        }
        Some(match self.rest.next()? {
            'b' => '\u{8}',
            'f' => '\u{C}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => self.unicode(),
            other => other,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.rest.size_hint().1)
    }
}

impl Chars<'_> {
    /// Behind `\u`. The digits, and the second half of a pair, were checked.
    fn unicode(&mut self) -> char {
        let mut code = self.hex4();
        if (0xD800..0xDC00).contains(&code) {
            let _ = self.rest.by_ref().nth(1);
            let low = self.hex4() & 0x3FF;
            code = ((code & 0x3FF) << 10 | low).wrapping_add(0x1_0000);
        }
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn hex4(&mut self) -> u32 {
        let digits = self.rest.by_ref().take(4);
        digits.fold(0, |code, c| code << 4 | c.to_digit(16).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;
    use std::format;
    use std::hash::DefaultHasher;

    fn hash(text: Text<'_>) -> u64 {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn every_escape_is_resolved() {
        let text = Text::checked(r#"\"\\\/\b\f\n\r\t\u00b0\uD83C\udf21é"#, true);
        let meant = "\"\\/\u{8}\u{C}\n\r\t°\u{1F321}é";
        assert_eq!(text, meant);
        assert_eq!(text.to_string(), meant);
        assert_eq!(text, Text::from(meant));
        assert_eq!(hash(text), hash(Text::from(meant)));
        assert_eq!(format!("{text:?}"), format!("{meant:?}"));
        #[cfg(feature = "alloc")]
        assert_eq!(text.to_cow(), meant);
    }

    #[test]
    fn a_short_text_fits_a_buffer() {
        let mut buffer = [0; 4];
        assert_eq!(
            Text::checked(r"\u00e9ab", true).octets(&mut buffer),
            Some("éab".as_bytes())
        );
        assert_eq!(Text::from("abcde").octets(&mut buffer), None);
    }

    #[test]
    fn a_plain_text_is_borrowed_and_a_backslash_in_it_is_itself() {
        assert_eq!(Text::from(r"a\n").as_borrowed(), Some(r"a\n"));
        assert_eq!(Text::from(r"a\n").chars().count(), 3);
        assert!(Text::default().is_empty());
    }
}
