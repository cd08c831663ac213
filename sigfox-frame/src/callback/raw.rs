//! A value as it stands in the request.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// A value that was found, not yet read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw<'a> {
    pub(super) text: &'a str,
    pub(super) offset: usize,
    pub(super) form: Form,
}

/// How the text is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// JSON null, or nothing found.
    Null,
    /// As it stands: a number, true, false, or text without escapes.
    Plain,
    /// With escapes of JSON, checked.
    Escaped,
    /// With `+` and percent escapes.
    Url,
    /// An object or array of JSON, checked.
    Structured,
}

impl<'a> Raw<'a> {
    pub(super) const NULL: Self = Self {
        text: "",
        offset: 0,
        form: Form::Null,
    };

    pub(super) const fn plain(text: &'a str, offset: usize) -> Self {
        Self {
            text,
            offset,
            form: Form::Plain,
        }
    }

    /// A container of JSON, which was checked; whence does not matter.
    pub(super) const fn structured(text: &'a str) -> Self {
        Self {
            text,
            offset: 0,
            form: Form::Structured,
        }
    }

    /// A name or value of a form.
    pub(super) fn url(text: &'a str, offset: usize) -> Self {
        let coded = text.bytes().any(|octet| matches!(octet, b'%' | b'+'));
        let form = if coded { Form::Url } else { Form::Plain };
        Self { text, offset, form }
    }

    /// The text of most values: as it stands, and with a first octet that nothing has which stands for no value (R5).
    #[inline]
    pub(super) fn ordinary(&self) -> Option<&'a str> {
        match self.text.as_bytes() {
            [0..=b' ' | b'N' | b'n' | b'{', ..] | [] => None,
            _ if self.form == Form::Plain => Some(self.text),
            _ => None,
        }
    }

    /// The text that is meant.
    pub(super) fn text(&self) -> Cow<'a, str> {
        match self.form {
            Form::Null | Form::Plain | Form::Structured => Cow::Borrowed(self.text),
            Form::Escaped => Cow::Owned(unescaped(self.text)),
            Form::Url => Cow::Owned(url_decoded(self.text)),
        }
    }

    /// Whether both are the same value: as text, since quotes are the template's (§4).
    pub(super) fn same(&self, other: &Self) -> bool {
        match (self.form, other.form) {
            (Form::Null, Form::Null) => true,
            (Form::Null, _) | (_, Form::Null) => false,
            (Form::Structured, form) | (form, Form::Structured) if form != Form::Structured => false,
            (Form::Plain, Form::Plain) | (Form::Structured, Form::Structured) => self.text == other.text,
            _ => self.text() == other.text(),
        }
    }
}

/// Text with the escapes of JSON, which were checked, resolved.
fn unescaped(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        text.push(match rest.next() {
            Some('b') => '\u{8}',
            Some('f') => '\u{C}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => unicode(&mut rest),
            Some(other) => other,
            None => break,
        });
    }
    text
}

/// Behind `\u`. The digits, and the second half of a pair, were checked.
fn unicode(rest: &mut core::str::Chars<'_>) -> char {
    let mut code = hex4(rest);
    if (0xD800..0xDC00).contains(&code) {
        let _ = rest.nth(1);
        let low = hex4(rest) & 0x3FF;
        code = ((code & 0x3FF) << 10 | low).wrapping_add(0x1_0000);
    }
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn hex4(rest: &mut core::str::Chars<'_>) -> u32 {
    rest.take(4)
        .fold(0, |code, c| code << 4 | c.to_digit(16).unwrap_or(0))
}

/// As the URL standard decodes: a broken escape is itself, what is no UTF-8 becomes U+FFFD.
fn url_decoded(raw: &str) -> String {
    let mut octets = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((&octet, behind)) = rest.split_first() {
        rest = behind;
        octets.push(match octet {
            b'+' => b' ',
            b'%' => match escape(behind) {
                Some((octet, after)) => {
                    rest = after;
                    octet
                }
                None => b'%',
            },
            other => other,
        });
    }
    match String::from_utf8(octets) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

/// The octet that two digits stand for, and what is behind them.
fn escape(text: &[u8]) -> Option<(u8, &[u8])> {
    let ([high, low], behind) = text.split_first_chunk()?;
    Some((hex_digit(*high)? << 4 | hex_digit(*low)?, behind))
}

/// The value of a hexadecimal digit.
#[inline]
pub(super) fn hex_digit(octet: u8) -> Option<u8> {
    let value = HEX_DIGITS.get(usize::from(octet)).copied();
    value.filter(|value| *value < 16)
}

/// 16 for what is no digit.
static HEX_DIGITS: [u8; 256] = hex_digits();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "evaluated by the compiler, which refuses what would panic"
)]
const fn hex_digits() -> [u8; 256] {
    let mut values = [16; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value] as usize] = value as u8;
        values[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    values
}
