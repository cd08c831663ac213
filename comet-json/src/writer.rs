//! Writes JSON into a caller's buffer.

use crate::error::{EncodeError, EncodeErrorKind};
use crate::text::Text;
use crate::time::Timestamp;

/// Counts always, writes as far as there is room.
pub(crate) struct Writer<'b> {
    out: &'b mut [u8],
    len: usize,
}

/// Case of hexadecimal digits.
#[derive(Clone, Copy)]
pub(crate) enum Case {
    Lower,
    Upper,
}

impl Writer<'_> {
    /// Octets that are written.
    pub(crate) fn count(
        write: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
    ) -> Result<usize, EncodeError> {
        let mut counter = Writer { out: &mut [], len: 0 };
        write(&mut counter)?;
        Ok(counter.len)
    }

    /// Writes all or nothing.
    pub(crate) fn emit(
        out: &mut [u8],
        write: impl Fn(&mut Writer<'_>) -> Result<(), EncodeError>,
    ) -> Result<&mut [u8], EncodeError> {
        let needed = Self::count(&write)?;
        let Some(out) = out.get_mut(..needed) else {
            return Err(EncodeError::new(EncodeErrorKind::Buffer { needed }, "body"));
        };
        write(&mut Writer {
            out: &mut *out,
            len: 0,
        })?;
        Ok(out)
    }

    #[cfg(feature = "alloc")]
    pub(crate) fn to_vec(
        write: impl Fn(&mut Writer<'_>) -> Result<(), EncodeError>,
    ) -> Result<alloc::vec::Vec<u8>, EncodeError> {
        let mut out = alloc::vec![0; Self::count(&write)?];
        write(&mut Writer {
            out: &mut out,
            len: 0,
        })?;
        Ok(out)
    }

    pub(crate) fn octets(&mut self, octets: &[u8]) {
        let end = self.len.saturating_add(octets.len());
        if let Some(place) = self.out.get_mut(self.len..end) {
            place.copy_from_slice(octets);
        }
        self.len = end;
    }

    pub(crate) fn raw(&mut self, text: &str) {
        self.octets(text.as_bytes());
    }

    /// At least so many digits.
    pub(crate) fn digits(&mut self, number: u64, least: usize) {
        let mut digits = [b'0'; 20];
        let mut rest = number;
        let mut used = 0_usize;
        for digit in digits.iter_mut().rev() {
            if rest == 0 && used >= least.max(1) {
                break;
            }
            *digit = u8::try_from(rest % 10).unwrap_or(0) | b'0';
            rest /= 10;
            used = used.wrapping_add(1);
        }
        let (_, written) = digits.split_at(digits.len().saturating_sub(used));
        self.octets(written);
    }

    pub(crate) fn unsigned(&mut self, number: u64) {
        self.digits(number, 1);
    }

    pub(crate) fn signed(&mut self, number: i64) {
        if number < 0 {
            self.raw("-");
        }
        self.unsigned(number.unsigned_abs());
    }

    /// So many hexadecimal digits of the lower end.
    pub(crate) fn hex(&mut self, number: u32, digits: u32, case: Case) {
        for place in (0..digits).rev() {
            let nibble = number.wrapping_shr(place.wrapping_mul(4)) & 0xF;
            let digit = char::from_digit(nibble, 16).unwrap_or('0');
            let digit = match case {
                Case::Lower => digit,
                Case::Upper => digit.to_ascii_uppercase(),
            };
            self.char(digit);
        }
    }

    pub(crate) fn char(&mut self, c: char) {
        self.raw(c.encode_utf8(&mut [0; 4]));
    }

    /// A string with its quotes. The short escapes where JSON has them, `\u00xx` for other control characters.
    pub(crate) fn text(&mut self, text: Text<'_>) {
        self.raw("\"");
        for c in text.chars() {
            match c {
                '"' => self.raw("\\\""),
                '\\' => self.raw("\\\\"),
                '\u{8}' => self.raw("\\b"),
                '\t' => self.raw("\\t"),
                '\n' => self.raw("\\n"),
                '\u{C}' => self.raw("\\f"),
                '\r' => self.raw("\\r"),
                '\0'..='\u{1F}' => {
                    self.raw("\\u");
                    self.hex(u32::from(c), 4, Case::Lower);
                }
                c => self.char(c),
            }
        }
        self.raw("\"");
    }

    pub(crate) fn timestamp(&mut self, time: Timestamp) {
        let [year, month, day, hour, minute, second] = time.civil().map(u64::from);
        let offset = u64::from(time.offset_min().unsigned_abs());
        let sign = if time.offset_min() < 0 { "-" } else { "+" };
        self.digits(year, 4);
        for (before, number) in [
            ("-", month),
            ("-", day),
            ("T", hour),
            (":", minute),
            (":", second),
            (sign, offset / 60),
            (":", offset % 60),
        ] {
            self.raw(before);
            self.digits(number, 2);
        }
    }

    /// A comma and a number.
    pub(crate) fn element(&mut self, number: impl Into<u64>) {
        self.raw(",");
        self.unsigned(number.into());
    }

    /// A number behind its name, or nothing.
    pub(crate) fn member(&mut self, name: &str, number: Option<impl Into<u64>>) {
        if let Some(number) = number {
            self.raw(name);
            self.unsigned(number.into());
        }
    }

    /// A text behind its name, or nothing.
    pub(crate) fn text_member(&mut self, name: &str, text: Option<Text<'_>>) {
        if let Some(text) = text {
            self.raw(name);
            self.text(text);
        }
    }

    /// An array of two numbers behind its name, or nothing.
    pub(crate) fn pair_member(&mut self, name: &str, pair: Option<[u8; 2]>) {
        if let Some([first, second]) = pair {
            self.raw(name);
            self.raw("[");
            self.unsigned(u64::from(first));
            self.element(second);
            self.raw("]");
        }
    }

    /// An array of two texts.
    pub(crate) fn text_pair(&mut self, [first, second]: [Text<'_>; 2]) {
        self.raw("[");
        self.text(first);
        self.raw(",");
        self.text(second);
        self.raw("]");
    }
}

/// A comma in front of everything but the first.
pub(crate) struct Comma(bool);

impl Comma {
    pub(crate) const fn new() -> Self {
        Self(false)
    }

    pub(crate) fn write(&mut self, w: &mut Writer<'_>) {
        if self.0 {
            w.raw(",");
        }
        self.0 = true;
    }

    /// A number behind its name, or nothing.
    pub(crate) fn member(&mut self, w: &mut Writer<'_>, name: &str, number: Option<i64>) {
        if let Some(number) = number {
            self.write(w);
            w.raw(name);
            w.signed(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    fn written(write: impl Fn(&mut Writer<'_>)) -> alloc::string::String {
        let mut out = [0; 64];
        let out = Writer::emit(&mut out, |w| {
            write(w);
            Ok(())
        });
        core::str::from_utf8(out.unwrap()).unwrap().into()
    }

    #[test]
    fn numbers_are_written_with_their_digits() {
        for number in [0, 1, 9, 10, 99, 100, u64::MAX] {
            assert_eq!(written(|w| w.unsigned(number)), format!("{number}"));
            assert_eq!(written(|w| w.digits(number, 8)), format!("{number:08}"));
        }
        for number in [0, -1, i64::MIN, i64::MAX] {
            assert_eq!(written(|w| w.signed(number)), format!("{number}"));
        }
        assert_eq!(written(|w| w.hex(0x12AB_CDEF, 8, Case::Lower)), "12abcdef");
        assert_eq!(written(|w| w.hex(0x12AB_CDEF, 4, Case::Upper)), "CDEF");
    }

    #[test]
    fn texts_are_escaped_as_json_demands() {
        let text = "\"\\/\u{8}\t\n\u{C}\r\u{1}\u{1F}\u{7F}é\u{2028}";
        let json = written(|w| w.text(Text::from(text)));
        assert_eq!(json, serde_json::to_string(text).unwrap());
    }
}
