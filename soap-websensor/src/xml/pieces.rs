//! Text put together from literal runs, CDATA sections and references, borrowed as long as it is one run.

use alloc::string::String;

use crate::error::{DecodeError, XmlFault};
use crate::text::{Text, is_xml_char, trim};

use super::fault;

#[derive(Debug, Default)]
pub(super) struct Pieces<'a> {
    /// The first run, line ends as they stand in the input.
    first: &'a str,
    /// Everything, line ends normalised, as soon as there is more than one run.
    joined: Option<String>,
}

impl<'a> Pieces<'a> {
    /// A run of literal text or the content of a CDATA section.
    pub(super) fn literal(&mut self, run: &'a str) {
        if self.joined.is_none() && self.first.is_empty() {
            self.first = run;
        } else {
            push_normalized(self.joined(), run);
        }
    }

    /// The character of a reference.
    pub(super) fn character(&mut self, c: char) {
        self.joined().push(c);
    }

    fn joined(&mut self) -> &mut String {
        let first = self.first;
        self.joined.get_or_insert_with(|| normalized(first))
    }

    /// The text without the white space around it, and its length before that was removed.
    pub(super) fn finish(self) -> (Text<'a>, usize) {
        if let Some(joined) = self.joined {
            return (Text::from(String::from(trim(&joined))), joined.len());
        }
        let inner = trim(self.first);
        let text = if inner.contains('\r') {
            Text::from(normalized(inner))
        } else {
            Text::from(inner)
        };
        (text, normalized_len(self.first))
    }
}

fn normalized(run: &str) -> String {
    let mut out = String::with_capacity(run.len());
    push_normalized(&mut out, run);
    out
}

fn normalized_len(run: &str) -> usize {
    run.len()
        .saturating_sub(run.as_bytes().windows(2).filter(|pair| pair == b"\r\n").count())
}

/// XML 1.0 §2.11: CR LF and a CR alone become LF.
fn push_normalized(out: &mut String, run: &str) {
    let mut rest = run;
    while let Some((head, tail)) = rest.split_once('\r') {
        out.push_str(head);
        out.push('\n');
        rest = tail.strip_prefix('\n').unwrap_or(tail);
    }
    out.push_str(rest);
}

/// The character of `&name;`, the five predefined entities and numbers only.
pub(super) fn reference(name: &str, field: &'static str, offset: usize) -> Result<char, DecodeError> {
    let Some(number) = name.strip_prefix('#') else {
        return match name {
            "amp" => Ok('&'),
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "quot" => Ok('"'),
            "apos" => Ok('\''),
            _ => Err(fault(XmlFault::Entity, field, offset)),
        };
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // `from_str_radix` alone would take a sign; leading zeros may make the number as long as it likes.
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(fault(XmlFault::Syntax, field, offset));
    }
    u32::from_str_radix(digits, radix)
        .ok()
        .and_then(char::from_u32)
        .filter(|&c| is_xml_char(c))
        .ok_or_else(|| fault(XmlFault::Character, field, offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_run_is_borrowed_and_more_are_joined() {
        let mut one = Pieces::default();
        one.literal("\r\n 21.5 \t");
        let (text, len) = one.finish();
        assert_eq!((text.as_borrowed(), len), (Some("21.5"), 8));

        let mut many = Pieces::default();
        many.literal(" 1");
        many.character('2');
        many.literal("\r\n.5\r");
        let (text, len) = many.finish();
        assert_eq!((text.as_str(), len), ("12\n.5", 7));
    }

    #[test]
    fn line_ends_inside_become_line_feeds() {
        for (run, text) in [
            ("a\r\nb", "a\nb"),
            ("a\rb", "a\nb"),
            ("a\r\r\nb", "a\n\nb"),
            ("a\n\rb", "a\n\nb"),
        ] {
            let mut pieces = Pieces::default();
            pieces.literal(run);
            assert_eq!(pieces.finish().0, text);
        }
    }

    #[test]
    fn references_are_the_predefined_and_lawful_numbers() {
        for (name, c) in [
            ("amp", '&'),
            ("#45", '-'),
            ("#x2D", '-'),
            ("#x10FFFF", '\u{10FFFF}'),
            ("#0000000000045", '-'),
        ] {
            assert_eq!(reference(name, "text", 0), Ok(c));
        }
        for name in [
            "xx",
            "",
            "#",
            "#x",
            "#X2D",
            "#+45",
            "#-1",
            "#1",
            "#xD800",
            "#x110000",
            "#99999999999",
            "#xFFFE",
            "AMP",
        ] {
            assert!(reference(name, "text", 0).is_err(), "{name}");
        }
    }
}
