//! A strict JSON reader (RFC 8259) over text that is known to be UTF-8: a cursor, no tree, no recursion, at most
//! [`MAX_DEPTH`] levels.

use super::error::{ErrorKind, JsonFault, ReceiveError};
use super::limits::MAX_DEPTH;
use super::raw::{Form, Raw};

const BODY: &str = "body";

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

/// How many octets stand in front of the first quote, backslash or control character.
#[inline]
fn run(text: &[u8]) -> usize {
    let mut rest = text;
    let found = loop {
        let Some((octets, behind)) = rest.split_first_chunk::<8>() else {
            let plain = |octet: &&u8| !matches!(octet, 0..=0x1F | b'"' | b'\\');
            break rest.iter().take_while(plain).count();
        };
        let found = plain(*octets);
        if found < 8 {
            break found;
        }
        rest = behind;
    };
    text.len().wrapping_sub(rest.len()).wrapping_add(found)
}

#[derive(Debug, Clone)]
pub(super) struct Json<'a> {
    text: &'a str,
    at: usize,
    /// Offset of the text in the body.
    base: usize,
    /// Containers that are open.
    depth: u8,
}

impl<'a> Json<'a> {
    pub(super) const fn new(text: &'a str, base: usize) -> Self {
        Self {
            text,
            at: 0,
            base,
            depth: 0,
        }
    }

    /// A value that was found before.
    pub(super) const fn of(raw: &Raw<'a>) -> Self {
        Self::new(raw.text, raw.offset)
    }

    const fn offset(&self) -> usize {
        self.base.saturating_add(self.at)
    }

    #[cold]
    fn fault(&self, fault: JsonFault) -> ReceiveError {
        ReceiveError::new(ErrorKind::BadJson(fault), BODY, self.offset())
    }

    #[cold]
    fn syntax(&self) -> ReceiveError {
        self.fault(if self.at >= self.text.len() {
            JsonFault::Truncated
        } else {
            JsonFault::Syntax
        })
    }

    /// The next octet; 0, which fits nowhere, at the end.
    #[inline]
    pub(super) fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    const fn advance(&mut self, octets: usize) {
        self.at = self.at.wrapping_add(octets);
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    #[inline]
    pub(super) fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.advance(1);
        }
    }

    /// White space up to the end of the text.
    pub(super) fn finish(&mut self) -> Result<(), ReceiveError> {
        self.space();
        if self.at < self.text.len() {
            return Err(self.fault(JsonFault::Trailing));
        }
        Ok(())
    }

    fn enter(&mut self) -> Result<(), ReceiveError> {
        if self.depth >= MAX_DEPTH {
            return Err(ReceiveError::new(ErrorKind::TooDeep, BODY, self.offset()));
        }
        self.depth = self.depth.wrapping_add(1);
        self.advance(1);
        Ok(())
    }

    const fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.advance(1);
    }

    /// Reads the object that begins here: names and values in order.
    pub(super) fn members(&mut self, mut each: impl FnMut(Raw<'a>, Raw<'a>)) -> Result<(), ReceiveError> {
        self.enter()?;
        self.space();
        if self.peek() == b'}' {
            self.leave();
            return Ok(());
        }
        loop {
            if self.peek() != b'"' {
                return Err(self.syntax());
            }
            let name = self.string()?;
            self.colon()?;
            let value = self.value()?;
            each(name, value);
            self.space();
            match self.peek() {
                b',' => {
                    self.advance(1);
                    self.space();
                }
                b'}' => {
                    self.leave();
                    return Ok(());
                }
                _ => return Err(self.syntax()),
            }
        }
    }

    /// Reads the array that begins here.
    pub(super) fn elements(&mut self, mut each: impl FnMut(Raw<'a>)) -> Result<(), ReceiveError> {
        self.enter()?;
        self.space();
        if self.peek() == b']' {
            self.leave();
            return Ok(());
        }
        loop {
            each(self.value()?);
            self.space();
            match self.peek() {
                b',' => {
                    self.advance(1);
                    self.space();
                }
                b']' => {
                    self.leave();
                    return Ok(());
                }
                _ => return Err(self.syntax()),
            }
        }
    }

    fn colon(&mut self) -> Result<(), ReceiveError> {
        self.space();
        if self.peek() != b':' {
            return Err(self.syntax());
        }
        self.advance(1);
        self.space();
        Ok(())
    }

    /// Reads any value; one with others inside is checked and kept whole.
    pub(super) fn value(&mut self) -> Result<Raw<'a>, ReceiveError> {
        let start = self.at;
        let form = match self.peek() {
            b'"' => return self.string(),
            b'{' | b'[' => {
                self.skip()?;
                Form::Structured
            }
            b'n' => {
                self.literal("null")?;
                Form::Null
            }
            _ => {
                self.scalar()?;
                Form::Plain
            }
        };
        let text = self.text.get(start..self.at).unwrap_or_default();
        Ok(Raw {
            text,
            offset: self.base.saturating_add(start),
            form,
        })
    }

    /// Reads over one container. Needs no more memory for a deep one.
    fn skip(&mut self) -> Result<(), ReceiveError> {
        // One bit for each container that was opened here: 1 for an object. At most MAX_DEPTH of them.
        let mut kinds = 0_u32;
        let mut open = 0_u8;
        loop {
            match self.peek() {
                b'"' => {
                    self.string()?;
                }
                bracket @ (b'{' | b'[') => {
                    self.enter()?;
                    self.space();
                    kinds = kinds << 1 | u32::from(bracket == b'{');
                    open = open.wrapping_add(1);
                    match (bracket, self.peek()) {
                        (b'{', b'}') | (b'[', b']') => {}
                        (b'{', _) => {
                            self.key()?;
                            continue;
                        }
                        _ => continue,
                    }
                }
                b'n' => self.literal("null")?,
                _ => self.scalar()?,
            }
            // Behind a value, or in front of the bracket that closes an empty container.
            loop {
                if open == 0 {
                    return Ok(());
                }
                self.space();
                let object = kinds & 1 == 1;
                match self.peek() {
                    b',' => {
                        self.advance(1);
                        self.space();
                        if object {
                            self.key()?;
                        }
                        break;
                    }
                    b'}' if object => {}
                    b']' if !object => {}
                    _ => return Err(self.syntax()),
                }
                self.leave();
                kinds >>= 1;
                open = open.wrapping_sub(1);
            }
        }
    }

    fn key(&mut self) -> Result<(), ReceiveError> {
        if self.peek() != b'"' {
            return Err(self.syntax());
        }
        self.string()?;
        self.colon()
    }

    fn literal(&mut self, literal: &str) -> Result<(), ReceiveError> {
        if !self.rest().starts_with(literal.as_bytes()) {
            return Err(self.syntax());
        }
        self.advance(literal.len());
        Ok(())
    }

    /// true, false or a number.
    fn scalar(&mut self) -> Result<(), ReceiveError> {
        match self.peek() {
            b't' => return self.literal("true"),
            b'f' => return self.literal("false"),
            b'-' => self.advance(1),
            _ => {}
        }
        match self.peek() {
            b'0' => self.advance(1),
            b'1'..=b'9' => self.digits()?,
            _ => return Err(self.syntax()),
        }
        if self.peek() == b'.' {
            self.advance(1);
            self.digits()?;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.advance(1);
            if matches!(self.peek(), b'+' | b'-') {
                self.advance(1);
            }
            self.digits()?;
        }
        Ok(())
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), ReceiveError> {
        let count = self
            .rest()
            .iter()
            .take_while(|octet| octet.is_ascii_digit())
            .count();
        if count == 0 {
            return Err(self.syntax());
        }
        self.advance(count);
        Ok(())
    }

    /// Reads a string; the cursor is at its opening quote.
    #[inline]
    fn string(&mut self) -> Result<Raw<'a>, ReceiveError> {
        self.advance(1);
        let start = self.at;
        self.advance(run(self.rest()));
        // Most strings have no escapes.
        let form = if self.peek() == b'"' {
            Form::Plain
        } else {
            self.odd_string()?
        };
        let text = self.text.get(start..self.at).unwrap_or_default();
        self.advance(1);
        Ok(Raw {
            text,
            offset: self.base.saturating_add(start),
            form,
        })
    }

    /// The rest of a string with escapes, up to its closing quote.
    #[inline(never)]
    fn odd_string(&mut self) -> Result<Form, ReceiveError> {
        loop {
            match self.peek() {
                b'"' => return Ok(Form::Escaped),
                b'\\' => self.escape()?,
                _ if self.at < self.text.len() => return Err(self.fault(JsonFault::Control)),
                _ => return Err(self.syntax()),
            }
            self.advance(run(self.rest()));
        }
    }

    /// Reads one escape, or a pair of them that is one character.
    #[inline(never)]
    fn escape(&mut self) -> Result<(), ReceiveError> {
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
    fn hex4(&mut self) -> Result<u16, ReceiveError> {
        let digits = self.rest().get(1..5).unwrap_or_default();
        let digit =
            |code: Option<u16>, octet: &u8| Some(code? << 4 | u16::from(super::raw::hex_digit(*octet)?));
        match digits.iter().fold(Some(0), digit) {
            Some(code) if digits.len() == 4 => {
                self.advance(5);
                Ok(code)
            }
            _ => Err(self.bad_escape()),
        }
    }

    #[cold]
    fn bad_escape(&self) -> ReceiveError {
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
