//! The inside of a start tag: name and attributes.

use crate::error::{DecodeError, ErrorKind, Limit, XmlFault};
use crate::limits::{MAX_ATTRIBUTES, MAX_TEXT_LEN};
use crate::text::{Text, is_space};

use super::fault;
use super::name::QName;
use super::pieces::reference;

/// One attribute as it stands in the tag.
#[derive(Debug)]
pub(super) struct RawAttribute<'a> {
    pub(super) name: QName<'a>,
    pub(super) value: Text<'a>,
    pub(super) offset: usize,
}

/// Cuts a start tag (without its brackets) into name and attributes.
#[derive(Debug)]
pub(super) struct Tag<'a> {
    pub(super) name: QName<'a>,
    rest: &'a str,
    offset: usize,
    count: usize,
}

impl<'a> Tag<'a> {
    /// `offset` is that of the first octet of `inside`.
    pub(super) fn new(inside: &'a str, offset: usize) -> Result<Self, DecodeError> {
        let end = inside.bytes().position(is_space).unwrap_or(inside.len());
        let (name, rest) = inside.split_at(end);
        Ok(Self {
            name: QName::new(name, "tag", offset)?,
            rest,
            offset: offset.saturating_add(end),
            count: 0,
        })
    }

    /// The next attribute, `None` behind the last.
    pub(super) fn attribute(&mut self) -> Result<Option<RawAttribute<'a>>, DecodeError> {
        let spaces = self.skip_space();
        if self.rest.is_empty() {
            return Ok(None);
        }
        let offset = self.offset;
        if spaces == 0 {
            return Err(fault(XmlFault::Attribute, "attribute", offset));
        }
        self.count = self.count.saturating_add(1);
        if self.count > MAX_ATTRIBUTES {
            return Err(DecodeError::new(
                ErrorKind::TooComplex(Limit::Attributes),
                "attribute",
                offset,
            ));
        }
        let end = self
            .rest
            .bytes()
            .position(|byte| byte == b'=' || is_space(byte))
            .unwrap_or(self.rest.len());
        let name = QName::new(self.take(end), "attribute", offset)?;
        self.skip_space();
        if !self.rest.starts_with('=') {
            return Err(fault(XmlFault::Attribute, "attribute", self.offset));
        }
        self.take(1);
        self.skip_space();
        let Some(&quote @ (b'"' | b'\'')) = self.rest.as_bytes().first() else {
            return Err(fault(XmlFault::Attribute, "attribute", self.offset));
        };
        self.take(1);
        let Some(end) = self.rest.bytes().position(|byte| byte == quote) else {
            return Err(fault(XmlFault::Attribute, "attribute", self.offset));
        };
        let at = self.offset;
        let value = value(self.take(end), at)?;
        self.take(1);
        Ok(Some(RawAttribute { name, value, offset }))
    }

    fn skip_space(&mut self) -> usize {
        let spaces = self
            .rest
            .bytes()
            .position(|byte| !is_space(byte))
            .unwrap_or(self.rest.len());
        self.take(spaces);
        spaces
    }

    /// Positions come from ASCII octets, so they never cut a character.
    fn take(&mut self, len: usize) -> &'a str {
        let (head, rest) = self.rest.split_at_checked(len).unwrap_or((self.rest, ""));
        (self.rest, self.offset) = (rest, self.offset.saturating_add(head.len()));
        head
    }
}

/// An attribute value, normalised as XML 1.0 §3.3.3 says for CDATA (the only type without a DTD).
fn value(raw: &str, offset: usize) -> Result<Text<'_>, DecodeError> {
    let text = if raw
        .bytes()
        .any(|byte| matches!(byte, b'<' | b'&' | b'\t' | b'\r' | b'\n'))
    {
        let mut owned = alloc::string::String::with_capacity(raw.len());
        let mut rest = raw.char_indices();
        while let Some((at, c)) = rest.next() {
            match c {
                '<' => return Err(fault(XmlFault::Attribute, "attribute", offset.saturating_add(at))),
                '&' => {
                    let at = offset.saturating_add(at);
                    let Some((name, _)) = rest.as_str().split_once(';') else {
                        return Err(fault(XmlFault::Syntax, "attribute", at));
                    };
                    owned.push(reference(name, "attribute", at)?);
                    // Characters of the name and the semicolon.
                    let _ = rest.nth(name.chars().count());
                }
                '\r' => {
                    // CR LF is one line end, and a line end is one space.
                    if !rest.as_str().starts_with('\n') {
                        owned.push(' ');
                    }
                }
                '\t' | '\n' => owned.push(' '),
                other => owned.push(other),
            }
        }
        Text::from(owned)
    } else {
        Text::from(raw)
    };
    if text.len() > MAX_TEXT_LEN {
        return Err(DecodeError::new(
            ErrorKind::TooComplex(Limit::AttributeLength),
            "attribute",
            offset,
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    fn attributes(inside: &str) -> Result<Vec<(String, String)>, DecodeError> {
        let mut tag = Tag::new(inside, 0)?;
        let mut all = Vec::new();
        while let Some(attribute) = tag.attribute()? {
            all.push((attribute.name.full.to_string(), attribute.value.to_string()));
        }
        Ok(all)
    }

    #[test]
    fn attributes_are_names_and_quoted_values() {
        let read = attributes("a b=\"1\"\t c = '\"' \r\nx:d='&lt;&#10;\r\n\ty>'\n").unwrap();
        let expected = [("b", "1"), ("c", "\""), ("x:d", "<\n  y>")];
        assert!(read.iter().map(|(n, v)| (n.as_str(), v.as_str())).eq(expected));
    }

    #[test]
    fn everything_else_is_refused() {
        for bad in [
            "a b",
            "a b=",
            "a b=1",
            "a b='1",
            "a b=\"1'",
            "a b='1'c='2'",
            "a =\"1\"",
            "a b=\"<\"",
            "a b='&'",
            "a b='&x;'",
            "a b='&#0;'",
            "a /",
            "a 1='1'",
            "a b='1' /",
            "",
            " a",
            "a\"b\"",
            "a b='& amp;'",
        ] {
            assert!(attributes(bad).is_err(), "{bad}");
        }
    }
}
