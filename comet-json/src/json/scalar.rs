//! Numbers, literals, and the values that messages are made of.

use crate::error::{DecodeError, ErrorKind, JsonFault};
use crate::hexfloat::HexFloat;
use crate::serial::Serial;
use crate::text::Text;
use crate::warning::Warning;

use super::Cursor;
use super::cursor::BODY;

impl<'a> Cursor<'a> {
    /// Reads over a `null` if there is one.
    #[inline]
    pub(crate) fn null(&mut self) -> Result<bool, DecodeError> {
        if self.peek() != b'n' {
            return Ok(false);
        }
        self.literal("null")?;
        Ok(true)
    }

    /// Reads over a number.
    pub(super) fn number(&mut self) -> Result<(), DecodeError> {
        self.integer_part()?;
        self.fraction_and_exponent()?;
        Ok(())
    }

    /// `-`, and `0` or digits that do not begin with it. Gives the nearest number of 64 bits.
    fn integer_part(&mut self) -> Result<i64, DecodeError> {
        let negative = self.peek() == b'-';
        if negative {
            self.advance(1);
        }
        match self.peek() {
            b'0' => {
                self.advance(1);
                return Ok(0);
            }
            b'1'..=b'9' => {}
            _ if negative => return Err(self.bad_number()),
            _ => return Err(self.syntax()),
        }
        // The position stays in a register meanwhile.
        let mut value = 0_i64;
        let mut digits = 0_usize;
        for digit in self.rest().iter().take_while(|digit| digit.is_ascii_digit()) {
            let digit = i64::from(digit & 0x0F);
            let digit = if negative { digit.wrapping_neg() } else { digit };
            value = value.saturating_mul(10).saturating_add(digit);
            digits = digits.wrapping_add(1);
        }
        self.advance(digits);
        Ok(value)
    }

    /// Whether there is a fraction or an exponent; reads over both.
    fn fraction_and_exponent(&mut self) -> Result<bool, DecodeError> {
        let start = self.at;
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
        Ok(self.at != start)
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), DecodeError> {
        if !self.peek().is_ascii_digit() {
            return Err(self.bad_number());
        }
        while self.peek().is_ascii_digit() {
            self.advance(1);
        }
        Ok(())
    }

    #[cold]
    fn bad_number(&self) -> DecodeError {
        if self.at >= self.text.len() {
            return self.syntax();
        }
        self.error(ErrorKind::NotJson(JsonFault::Number), BODY)
    }

    /// Reads an integer without fraction and exponent; beyond 64 bits its nearest neighbour.
    #[inline]
    pub(crate) fn integer(&mut self, field: &'static str) -> Result<i64, DecodeError> {
        // One digit, as most of them are.
        if let Some([digit @ b'0'..=b'9', b',' | b'}' | b']']) = self.rest().first_chunk::<2>() {
            self.advance(1);
            return Ok(i64::from(digit & 0x0F));
        }
        self.any_integer(field)
    }

    #[inline(never)]
    fn any_integer(&mut self, field: &'static str) -> Result<i64, DecodeError> {
        if !matches!(self.peek(), b'-' | b'0'..=b'9') {
            return Err(self.error(ErrorKind::BadInteger, field));
        }
        let offset = self.at;
        let value = self.integer_part()?;
        if matches!(self.peek(), b'.' | b'e' | b'E') && self.fraction_and_exponent()? {
            return Err(DecodeError::new(ErrorKind::BadInteger, field, offset));
        }
        Ok(value)
    }

    /// Reads an integer that fits `T`.
    pub(crate) fn int<T: TryFrom<i64>>(&mut self, field: &'static str) -> Result<T, DecodeError> {
        let offset = self.at;
        let value = self.integer(field)?;
        T::try_from(value).map_err(|_| DecodeError::new(ErrorKind::OutOfRange { value }, field, offset))
    }

    /// Reads an integer from 0 to `max`.
    pub(crate) fn up_to<T: TryFrom<i64>>(&mut self, max: i64, field: &'static str) -> Result<T, DecodeError> {
        let offset = self.at;
        let value = self.integer(field)?;
        let fits = T::try_from(value).ok().filter(|_| (0..=max).contains(&value));
        fits.ok_or_else(|| DecodeError::new(ErrorKind::OutOfRange { value }, field, offset))
    }

    /// Reads 0, 1, false or true (W §8 rule 7, L §5 rule 6).
    pub(crate) fn flag(&mut self, field: &'static str) -> Result<bool, DecodeError> {
        match self.peek() {
            b't' => self.literal("true").map(|()| true),
            b'f' => self.literal("false").map(|()| false),
            _ => self.up_to::<u8>(1, field).map(|flag| flag == 1),
        }
    }

    /// Reads a string; anything else is the error given.
    pub(crate) fn text_or(&mut self, kind: ErrorKind, field: &'static str) -> Result<Text<'a>, DecodeError> {
        if self.peek() != b'"' {
            return Err(self.error(kind, field));
        }
        self.string()
    }

    /// Reads a string whose documented length is `len`. A longer one is remarked.
    #[inline(never)]
    pub(crate) fn text(&mut self, len: usize, field: &'static str) -> Result<Text<'a>, DecodeError> {
        let text = self.text_or(ErrorKind::BadString, field)?;
        if text.raw_len() > len && text.chars().map(char::len_utf8).sum::<usize>() > len {
            self.warnings.insert(Warning::TextLong);
        }
        Ok(text)
    }

    /// Reads eight hexadecimal digits; anything else is the error given.
    pub(crate) fn hex8(&mut self, kind: ErrorKind, field: &'static str) -> Result<u32, DecodeError> {
        if let Some([b'"', digits @ .., b'"']) = self.rest().first_chunk::<10>()
            && let Some(bits) = crate::hexfloat::hex8(digits)
        {
            self.advance(10);
            return Ok(bits);
        }
        let offset = self.at;
        let text = self.text_or(kind, field)?;
        escaped_hex8(text).ok_or_else(|| DecodeError::new(kind, field, offset))
    }

    /// Reads eight hexadecimal digits as the bits of a float.
    pub(crate) fn hex_float(&mut self, field: &'static str) -> Result<HexFloat, DecodeError> {
        let float = HexFloat::from_bits(self.hex8(ErrorKind::BadHexFloat, field)?);
        self.note(float);
        Ok(float)
    }

    /// The same, or an empty string for no value (W §8 rule 10).
    pub(crate) fn hex_float_or_empty(
        &mut self,
        field: &'static str,
    ) -> Result<Option<HexFloat>, DecodeError> {
        if self.rest().starts_with(b"\"\"") {
            self.advance(2);
            return Ok(None);
        }
        self.hex_float(field).map(Some)
    }

    fn note(&mut self, float: HexFloat) {
        if let HexFloat::NotANumber(_) = float {
            self.warnings.insert(Warning::NotANumber);
        }
    }

    /// Reads a serial number (W §8 rule 9, L §5 rule 7). `documented` says which spelling is not remarked.
    pub(crate) fn serial(
        &mut self,
        documented: SerialForm,
        field: &'static str,
    ) -> Result<Serial, DecodeError> {
        let offset = self.at;
        let (serial, form) = if self.peek() == b'"' {
            let text = self.string()?;
            let mut buffer = [0; 8];
            let digits = match text.as_borrowed() {
                Some(text) => Some(text.as_bytes()),
                None => text.octets(&mut buffer),
            };
            let form = match digits {
                Some([_, _, _, _, _, _, _, _]) => SerialForm::EightDigits,
                _ => SerialForm::Other,
            };
            (digits.and_then(Serial::from_digits), form)
        } else {
            // What is no integer is no serial number either; what is no JSON stays that.
            let number = match self.integer(field) {
                Err(error) if !error.kind.is_structural() => None,
                number => Some(number?),
            };
            let serial = number.and_then(|number| u32::try_from(number).ok());
            (serial.and_then(Serial::new), SerialForm::Number)
        };
        let Some(serial) = serial else {
            return Err(DecodeError::new(ErrorKind::BadSerial, field, offset));
        };
        if form != documented {
            self.warnings.insert(Warning::Serial);
        }
        Ok(serial)
    }
}

/// How a serial number is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SerialForm {
    /// A string of eight digits.
    EightDigits,
    /// A number.
    Number,
    /// A string of other length.
    Other,
}

/// Eight hexadecimal digits, some of them as escapes.
#[cold]
fn escaped_hex8(text: Text<'_>) -> Option<u32> {
    let mut buffer = [0; 8];
    crate::hexfloat::hex8(text.octets(&mut buffer)?.try_into().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(
        text: &str,
        read: impl FnOnce(&mut Cursor<'_>) -> Result<T, DecodeError>,
    ) -> Result<T, &'static str> {
        let mut cursor = Cursor::new(text, 0);
        read(&mut cursor)
            .and_then(|value| cursor.finish().map(|()| value))
            .map_err(|error| error.kind.code())
    }

    #[test]
    fn integers_have_neither_fraction_nor_exponent() {
        let read = |text| with(text, |cursor| cursor.integer("n"));
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("7", 7),
            ("-128", -128),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
            ("99999999999999999999", i64::MAX),
            ("-99999999999999999999", i64::MIN),
        ] {
            assert_eq!(read(text), Ok(value), "{text}");
        }
        for text in [
            "1.0", "1e2", "1E+2", "1.5e-3", "-0.0", "true", "\"1\"", "null", "[]", "", "+1",
        ] {
            assert_eq!(read(text), Err("bad-integer"), "{text}");
        }
        for text in ["-", "1.", "1e", "1e+", "1.e2", "-a", "-.5"] {
            assert_eq!(read(text), Err("not-json"), "{text}");
        }
        assert_eq!(read("01"), Err("trailing-data"));
    }

    #[test]
    fn ranges_are_kept_at_both_ends() {
        assert_eq!(with("255", |cursor| cursor.int::<u8>("n")), Ok(255));
        assert_eq!(with("256", |cursor| cursor.int::<u8>("n")), Err("out-of-range"));
        assert_eq!(with("-1", |cursor| cursor.int::<u8>("n")), Err("out-of-range"));
        assert_eq!(with("100", |cursor| cursor.up_to::<u8>(100, "n")), Ok(100));
        assert_eq!(
            with("101", |cursor| cursor.up_to::<u8>(100, "n")),
            Err("out-of-range")
        );
        assert_eq!(
            with("-1", |cursor| cursor.up_to::<i64>(100, "n")),
            Err("out-of-range")
        );
    }

    #[test]
    fn flags_are_zero_one_or_booleans() {
        let read = |text| with(text, |cursor| cursor.flag("f"));
        assert_eq!(
            [read("0"), read("1"), read("false"), read("true")],
            [Ok(false), Ok(true), Ok(false), Ok(true)]
        );
        assert_eq!(read("2"), Err("out-of-range"));
        assert_eq!(read("\"1\""), Err("bad-integer"));
        assert_eq!(read("1.0"), Err("bad-integer"));
        assert_eq!(read("tru"), Err("not-json"));
    }

    #[test]
    fn hex_floats_are_eight_digits_or_nothing() {
        let read = |text| with(text, |cursor| cursor.hex_float_or_empty("Val"));
        assert_eq!(read("\"\""), Ok(None));
        assert_eq!(read("\"ff810007\""), Ok(Some(HexFloat::Error(7))));
        assert_eq!(read(r#""4090000\u0030""#), Ok(Some(HexFloat::from(4.5))));
        for text in [
            "\" \"",
            "\"0\"",
            "\"0x000000\"",
            "\"4090000é\"",
            "40900000",
            "null",
            r#""409000000\u0030""#,
        ] {
            assert_eq!(read(text), Err("bad-hex-float"), "{text}");
        }
    }

    #[test]
    fn serial_numbers_have_at_most_eight_digits() {
        let read = |text| {
            with(text, |cursor| {
                let serial = cursor.serial(SerialForm::EightDigits, "Sn")?;
                Ok((serial.number(), cursor.warnings.contains(Warning::Serial)))
            })
        };
        assert_eq!(read("\"00000417\""), Ok((417, false)));
        assert_eq!(read(r#""0000041\u0037""#), Ok((417, false)));
        assert_eq!(read("\"1\""), Ok((1, true)));
        assert_eq!(read("99999999"), Ok((99_999_999, true)));
        for text in [
            "100000000",
            "-1",
            "1.5",
            "\"\"",
            "\"123456789\"",
            "\"+1\"",
            "true",
            "[]",
            "\"١\"",
        ] {
            assert_eq!(read(text), Err("bad-serial"), "{text}");
        }
        assert_eq!(read("-"), Err("not-json"));
    }
}
