//! The canonical path: an in-order cursor over the template that real sensors send (spec §3), free in white space.
//!
//! It answers only for documents that follow the template to the letter: the three registered messages, every element
//! present and in table order, the documented prefixes and declarations, no entities, comments or CDATA. Anything else is
//! `None`, never an error: the general path decides from the start. Where this path answers, the general path answers the
//! same.

use crate::channels::{Channel, ChannelFields, ChannelForm, ChannelList, Channels, SUB_ELEMENTS};
use crate::field::Field;
use crate::limits::MAX_TEXT_LEN;
use crate::message::{Content, Message, MessageName, Registered, Serial, device_code, interval};
use crate::sample::{CO2, Co2, Element, Fields, Slot, TRHP, Trhp};
use crate::text::{Text, trim_start};
use crate::warning::Warnings;

pub(crate) const DECLARATION: &str = r#"<?xml version="1.0" encoding="utf-8"?>"#;
pub(crate) const ENVELOPE: [&str; 4] = [
    "<soap:Envelope",
    r#"xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/""#,
    r#"xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance""#,
    r#"xmlns:xsd="http://www.w3.org/2001/XMLSchema">"#,
];
pub(crate) const BODY: (&str, &str) = ("<soap:Body>", "</soap:Body>");
pub(crate) const ENVELOPE_END: &str = "</soap:Envelope>";
static MESSAGES: [(Registered, &str, &str); 3] = [
    (
        Registered::Tx5xx,
        r#"<InsertTx5xxSample xmlns="http://cometsystem.cz/schemas/soapTx5xx_v2.xsd">"#,
        "</InsertTx5xxSample>",
    ),
    (
        Registered::Tx5xxCo2,
        r#"<InsertTx5xxCO2Sample xmlns="http://cometsystem.cz/schemas/soapTx5xxCO2.xsd">"#,
        "</InsertTx5xxCO2Sample>",
    ),
    (
        Registered::P2520,
        r#"<InsertP2520Sample xmlns="http://cometsystem.cz/schemas/soapP2520.xsd">"#,
        "</InsertP2520Sample>",
    ),
];

/// Decodes a body that follows the template; `None` if it does not, which says nothing about its worth.
///
/// Allocates nothing and works without `std`. The length of the body is the caller's to limit.
#[must_use]
pub fn decode(body: &[u8]) -> Option<Message<'_>> {
    decode_str(core::str::from_utf8(body).ok()?)
}

pub(crate) fn decode_str(text: &str) -> Option<Message<'_>> {
    let mut cursor = Cursor(text);
    cursor.optional("\u{FEFF}");
    cursor.literal(DECLARATION)?;
    cursor.space();
    cursor.literal(ENVELOPE[0])?;
    for part in &ENVELOPE[1..] {
        cursor.some_space()?;
        cursor.literal(part)?;
    }
    cursor.space();
    cursor.literal(BODY.0)?;
    cursor.space();
    let &(registered, _, end) = MESSAGES.iter().find(|(_, start, _)| cursor.optional(start))?;
    match registered {
        Registered::Tx5xx => flat(cursor, registered, &TRHP, end),
        Registered::Tx5xxCo2 => flat(cursor, registered, &CO2, end),
        Registered::P2520 => channels(cursor, end),
    }
}

fn flat<'a>(
    mut cursor: Cursor<'a>,
    registered: Registered,
    elements: &[Element],
    end: &str,
) -> Option<Message<'a>> {
    let mut fields = Fields::default();
    for element in elements {
        *fields.slot(element.slot) = cursor.leaf(element.open, element.close)?;
    }
    cursor.finish(end)?;
    let mut warnings = Warnings::NONE;
    let serial = Serial::from_field(fields.take(Slot::PassKey), &mut warnings)?;
    let device = device_code(fields.take(Slot::Device), &mut warnings);
    let interval_s = interval(fields.take(Slot::Timer), &mut warnings);
    let content = if registered == Registered::Tx5xx {
        Content::FlatTrhp(Trhp::from_fields(&mut fields, device, &mut warnings))
    } else {
        Content::FlatCo2(Co2::from_fields(&mut fields, device, &mut warnings))
    };
    Some(message(registered, serial, device, interval_s, content, warnings))
}

fn channels<'a>(mut cursor: Cursor<'a>, end: &str) -> Option<Message<'a>> {
    let name = cursor.leaf("<name>", "</name>")?;
    let sn = cursor.leaf("<sn>", "</sn>")?;
    let tmr = cursor.leaf("<tmr>", "</tmr>")?;
    let kind = cursor.leaf("<kind>", "</kind>")?;
    let first = cursor.channel("<c1>", "</c1>")?;
    let second = cursor.channel("<c2>", "</c2>")?;
    cursor.finish(end)?;
    let mut warnings = Warnings::NONE;
    let device_name = name.into_text(&mut warnings);
    let serial = Serial::from_field(sn, &mut warnings)?;
    let interval_s = interval(tmr, &mut warnings);
    let device = device_code(kind, &mut warnings);
    let list = ChannelList::pair(
        Channel::from_fields(1, ChannelForm::Named, first, device),
        Some(Channel::from_fields(2, ChannelForm::Named, second, device)),
    )?;
    let content = Content::Channels(Channels { device_name, list });
    Some(message(
        Registered::P2520,
        serial,
        device,
        interval_s,
        content,
        warnings,
    ))
}

fn message<'a>(
    registered: Registered,
    serial: Serial<'a>,
    device: Option<crate::DeviceCode>,
    interval_s: Option<u16>,
    content: Content<'a>,
    warnings: Warnings,
) -> Message<'a> {
    Message {
        name: MessageName::Registered(registered),
        serial,
        device,
        interval_s,
        content,
        #[cfg(feature = "std")]
        unknown: crate::unknown::Unknown::new(),
        warnings,
    }
}

/// What is not read yet.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    #[inline]
    fn optional(&mut self, literal: &str) -> bool {
        let rest = after(self.0, literal);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    #[inline]
    fn literal(&mut self, literal: &str) -> Option<()> {
        self.optional(literal).then_some(())
    }

    #[inline]
    fn space(&mut self) {
        self.0 = after_space(self.0);
    }

    fn some_space(&mut self) -> Option<()> {
        let before = self.0.len();
        self.space();
        (self.0.len() < before).then_some(())
    }

    /// White space, the start tag, plain text, the end tag.
    fn leaf(&mut self, open: &str, close: &str) -> Option<Field<'a>> {
        let opened = after(after_space(self.0), open)?;
        let (mut text, mut rest) = plain(opened)?;
        if rest.as_bytes().first() != Some(&b'<') {
            (text, rest) = between_line_ends(text, rest)?;
        }
        if opened.len().saturating_sub(rest.len()) > MAX_TEXT_LEN {
            return None;
        }
        self.0 = after(rest, close)?;
        // Of the white space of ASCII, only the space is plain.
        if let [b' ', ..] | [.., b' '] = text.as_bytes() {
            text = text.trim_ascii();
        }
        Some(Field::new(Text::from(text)))
    }

    fn channel(&mut self, open: &str, close: &str) -> Option<ChannelFields<'a>> {
        self.space();
        self.literal(open)?;
        let mut fields = ChannelFields::default();
        for &(slot, open, close) in &SUB_ELEMENTS {
            *fields.slot(slot) = self.leaf(open, close)?;
        }
        self.space();
        self.literal(close)?;
        Some(fields)
    }

    /// What follows the elements of the message: its end tag and those of the envelope.
    fn finish(mut self, end: &str) -> Option<()> {
        self.space();
        for literal in [end, BODY.1, ENVELOPE_END] {
            self.literal(literal)?;
            self.space();
        }
        self.0.is_empty().then_some(())
    }
}

/// What follows the white space at the front.
#[inline]
fn after_space(text: &str) -> &str {
    let spaces = match text.as_bytes() {
        // What devices send, within the message element and elsewhere.
        [b'\r', b'\n', b'\t', b'<', ..] => 3,
        [b'\r', b'\n', b'<', ..] => 2,
        [b'<', ..] => 0,
        _ => return trim_start(text),
    };
    text.get(spaces..).unwrap_or_default()
}

/// Plain text and what follows it, if the text was cut at a line end: these may stand around it, but those inside would have
/// to be normalised.
#[cold]
fn between_line_ends<'t>(text: &'t str, rest: &'t str) -> Option<(&'t str, &'t str)> {
    let rest = trim_start(rest);
    if !text.trim_ascii().is_empty() {
        return Some((text, rest));
    }
    let (text, rest) = plain(rest)?;
    Some((text, trim_start(rest)))
}

/// As `text.strip_prefix(literal)`.
#[inline]
fn after<'t>(text: &'t str, literal: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(literal.len())?;
    same(head.as_bytes(), literal.as_bytes()).then_some(rest)
}

/// As `a == b` for the same length: tags of up to sixteen octets by two overlapping words, which is faster than by a call.
#[inline]
fn same(a: &[u8], b: &[u8]) -> bool {
    let ends = |text: &[u8]| {
        let (first, last) = (text.first_chunk()?, text.last_chunk()?);
        Some((u64::from_le_bytes(*first), u64::from_le_bytes(*last)))
    };
    let short_ends = |text: &[u8]| {
        let (first, last) = (text.first_chunk()?, text.last_chunk()?);
        Some((u32::from_le_bytes(*first), u32::from_le_bytes(*last)))
    };
    match b.len() {
        4..8 => short_ends(a) == short_ends(b),
        8..=16 => ends(a) == ends(b),
        _ => a == b,
    }
}

/// The plain text of a leaf at the front and the rest, which begins with the first octet that is not plain; `None` if that
/// is too near to the end to be in a template.
///
/// Not plain are `<`, references, `>` (perhaps of `]]>`), controls, and the lead octet of U+FFFE and U+FFFF. Eight at a
/// time: values are short, so that one word mostly is all.
#[inline]
fn plain(text: &str) -> Option<(&str, &str)> {
    let (words, _) = text.as_bytes().as_chunks::<8>();
    let mut len = 0_usize;
    for &word in words {
        let marks = not_plain(u64::from_le_bytes(word));
        if marks != 0 {
            let within = usize::try_from(marks.trailing_zeros() / 8).ok()?;
            return text.split_at_checked(len.wrapping_add(within));
        }
        len = len.wrapping_add(8);
    }
    None
}

/// Sets the highest bit of the first octet, counted from the lowest, that is not plain. Higher ones may be wrong: a borrow
/// runs upwards only.
#[inline]
const fn not_plain(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    #[inline]
    const fn below(word: u64, limit: u64) -> u64 {
        word.wrapping_sub(ONES.wrapping_mul(limit)) & !word
    }
    #[inline]
    const fn is(word: u64, byte: u8) -> u64 {
        below(word ^ u64::from_le_bytes([byte; 8]), 1)
    }
    // `<` and `>` differ in one bit.
    (below(word, 0x20) | is(word, b'&') | is(word | ONES << 1, b'>') | is(word, 0xEF)) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned as _;

    #[test]
    fn the_first_octet_that_is_not_plain_is_found_at_every_place() {
        for byte in 0..=u8::MAX {
            let plain = byte >= 0x20 && !matches!(byte, b'&' | b'<' | b'>' | 0xEF);
            for fill in [b'0', b'~', 0x20, 0xF0, 0xEE, 0x7F, 0x80, b'=', b'%'] {
                for at in 0..8 {
                    let mut word = [fill; 8];
                    word[at] = byte;
                    let marks = not_plain(u64::from_le_bytes(word));
                    let found = (marks != 0).then(|| marks.trailing_zeros() / 8);
                    assert_eq!(found, u32::try_from(at).ok().filter(|_| !plain), "{word:?}");
                }
            }
        }
    }

    #[test]
    fn plain_text_ends_before_the_first_other_octet_unless_near_the_end() {
        assert_eq!(plain("0123456<"), Some(("0123456", "<")));
        assert_eq!(plain("01234567é<012345"), Some(("01234567é", "<012345")));
        assert_eq!(plain("<0123456"), Some(("", "<0123456")));
        assert_eq!(plain("012345<"), None);
    }

    #[test]
    fn tags_of_every_length_compare_as_texts() {
        let text = "0123456789abcdefghij";
        for len in 0..=text.len() {
            assert_eq!(after(text, &text[..len]), Some(&text[len..]));
            for at in 0..len {
                let mut other = text[..len].to_owned();
                other.replace_range(at..=at, "#");
                assert_eq!(after(text, &other), None);
            }
        }
        assert_eq!(after("0123", "01234"), None);
    }
}
