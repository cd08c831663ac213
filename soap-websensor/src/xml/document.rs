//! A whole document as a flat list of elements in document order.

use alloc::vec::Vec;

use quick_xml::Reader;
use quick_xml::errors::Error;
use quick_xml::events::Event;

use crate::error::{DecodeError, ErrorKind, Limit, XmlFault};
use crate::limits::{MAX_DEPTH, MAX_ELEMENTS, MAX_TEXT_LEN};
use crate::text::{Text, is_ncname, is_space, trim};

use super::fault;
use super::namespace::Scope;
use super::pieces::{Pieces, reference};
use super::tag::{RawAttribute, Tag};

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// One element.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) local: &'a str,
    pub(crate) namespace: Text<'a>,
    /// Text of a leaf; of an element with children nothing useful.
    pub(crate) text: Text<'a>,
    /// Text that is not blank stands directly in the element.
    pub(crate) has_text: bool,
    /// `xsi:nil` is true.
    pub(crate) is_nil: bool,
    /// `soap:mustUnderstand` is 1.
    pub(crate) must_understand: bool,
    /// The start tag without its brackets; it was checked.
    pub(crate) tag: &'a str,
    /// Byte offset of `<`.
    pub(crate) offset: usize,
    /// Number of the first element behind this one and all it holds.
    end: usize,
}

impl<'a> Node<'a> {
    /// Qualified names and values of the attributes, namespace declarations left out.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&'a str, Text<'a>)> + use<'a> {
        attributes(self.tag)
    }
}

/// The attributes of a tag that was checked.
pub(crate) fn attributes(tag: &str) -> impl Iterator<Item = (&str, Text<'_>)> {
    let mut tag = Tag::new(tag, 0).ok();
    core::iter::from_fn(move || {
        loop {
            let RawAttribute { name, value, .. } = tag.as_mut()?.attribute().ok()??;
            if name.full != "xmlns" && name.prefix != Some("xmlns") {
                return Some((name.full, value));
            }
        }
    })
}

#[derive(Debug)]
pub(crate) struct Document<'a> {
    nodes: Vec<Node<'a>>,
    /// Byte offset of the first processing instruction.
    pub(crate) instruction: Option<usize>,
}

impl<'a> Document<'a> {
    /// Reads a body without its byte order mark; `base` is the length of the mark that was removed.
    pub(crate) fn parse(source: &'a str, base: usize) -> Result<Self, DecodeError> {
        check_characters(source, base)?;
        let mut reader = Reader::from_str(source);
        // Names of end tags are compared here, with an offset of ours.
        reader.config_mut().check_end_names = false;
        reader.config_mut().allow_unmatched_ends = true;
        let mut builder = Builder::new(base);
        loop {
            let start = position(reader.buffer_position());
            let rest = source.get(start..).unwrap_or_default();
            // Before the tokenizer sees it: §10 refuses a DTD whatever it contains.
            if rest.starts_with("<!DOCTYPE") {
                return Err(DecodeError::new(ErrorKind::Dtd, "document", builder.at(start)));
            }
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(error) => {
                    let at = builder.at(position(reader.error_position()).max(start));
                    let kind = if matches!(error, Error::Syntax(_)) {
                        XmlFault::Truncated
                    } else {
                        XmlFault::Syntax
                    };
                    return Err(fault(kind, "document", at));
                }
            };
            let end = position(reader.buffer_position());
            // Positions, not the events' own text: a slice of the source lives as long as the source.
            let raw = source.get(start..end).unwrap_or_default();
            match event {
                Event::Start(_) => builder.open(inside(raw, "<", ">"), start)?,
                Event::Empty(_) => {
                    builder.open(inside(raw, "<", "/>"), start)?;
                    builder.close_last(start)?;
                }
                Event::End(_) => builder.close(inside(raw, "</", ">"), start)?,
                Event::Text(_) => builder.text(raw, start)?,
                Event::CData(_) => builder.cdata(raw, start)?,
                Event::GeneralRef(_) => builder.reference(inside(raw, "&", ";"), start)?,
                Event::Comment(_) => builder.comment(raw, start)?,
                Event::PI(_) => builder.instruction(inside(raw, "<?", "?>"), start)?,
                Event::Decl(_) => builder.declaration(raw, start)?,
                Event::DocType(_) => return Err(fault(XmlFault::Syntax, "document", builder.at(start))),
                Event::Eof => return builder.finish(end),
            }
        }
    }

    pub(crate) fn node(&self, index: usize) -> Option<&Node<'a>> {
        self.nodes.get(index)
    }

    /// The elements directly in this one.
    pub(crate) fn children(&self, index: usize) -> impl Iterator<Item = (usize, &Node<'a>)> {
        let end = self.nodes.get(index).map_or(0, |node| node.end);
        let mut next = index.saturating_add(1);
        core::iter::from_fn(move || {
            let at = next;
            let node = self.nodes.get(at).filter(|_| at < end)?;
            next = node.end;
            Some((at, node))
        })
    }

    pub(crate) fn is_leaf(&self, index: usize) -> bool {
        self.nodes
            .get(index)
            .is_some_and(|node| node.end == index.saturating_add(1))
    }
}

/// Offsets of a body in memory always fit.
fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn inside<'a>(raw: &'a str, before: &str, behind: &str) -> &'a str {
    raw.strip_prefix(before)
        .and_then(|raw| raw.strip_suffix(behind))
        .unwrap_or_default()
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(is_space)
}

/// Literal characters that XML 1.0 forbids: C0 controls but TAB, CR, LF, and U+FFFE, U+FFFF.
fn check_characters(source: &str, base: usize) -> Result<(), DecodeError> {
    let bytes = source.as_bytes();
    // Without a way out of the loop the compiler looks at many octets at once; few bodies have one worth a second look.
    let suspicious = |&byte: &u8| (byte < 0x20 && !is_space(byte)) | (byte == 0xEF);
    if !bytes.iter().fold(false, |any, byte| any | suspicious(byte)) {
        return Ok(());
    }
    let odd = bytes.iter().enumerate().find(|&(at, byte)| match byte {
        0xEF => matches!(
            bytes.get(at.saturating_add(1)..at.saturating_add(3)),
            Some([0xBF, 0xBE | 0xBF])
        ),
        _ => suspicious(byte),
    });
    match odd {
        None => Ok(()),
        Some((at, _)) => Err(fault(XmlFault::Character, "document", base.saturating_add(at))),
    }
}

/// Where a short literal stands. The search of the standard library first prepares for long ones, which takes longer than
/// the texts here are.
fn find<const N: usize>(text: &str, literal: &[u8; N]) -> Option<usize> {
    let last = literal.last()?;
    if !text.as_bytes().contains(last) {
        return None;
    }
    text.as_bytes().windows(N).position(|window| window == literal)
}

#[derive(Debug)]
struct Builder<'a> {
    document: Document<'a>,
    /// Numbers of the open elements, outermost first.
    open: Vec<usize>,
    scope: Scope<'a>,
    /// Text of the innermost open element as long as it has no children.
    text: Pieces<'a>,
    /// Attributes of the tag at hand.
    attributes: Vec<RawAttribute<'a>>,
    base: usize,
}

impl<'a> Builder<'a> {
    fn new(base: usize) -> Self {
        // A documented message has fewer than 24 elements.
        let document = Document {
            nodes: Vec::with_capacity(24),
            instruction: None,
        };
        Self {
            document,
            open: Vec::with_capacity(8),
            scope: Scope::default(),
            text: Pieces::default(),
            attributes: Vec::new(),
            base,
        }
    }

    const fn at(&self, offset: usize) -> usize {
        self.base.saturating_add(offset)
    }

    fn open(&mut self, inside: &'a str, start: usize) -> Result<(), DecodeError> {
        let offset = self.at(start);
        let index = self.document.nodes.len();
        if self.open.is_empty() && index != 0 {
            return Err(fault(XmlFault::OutsideRoot, "document", offset));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(DecodeError::new(
                ErrorKind::TooComplex(Limit::Depth),
                "document",
                offset,
            ));
        }
        if index >= MAX_ELEMENTS {
            return Err(DecodeError::new(
                ErrorKind::TooComplex(Limit::Elements),
                "document",
                offset,
            ));
        }
        let mut tag = Tag::new(inside, offset.saturating_add(1))?;
        self.open.push(index);
        let depth = self.open.len();
        self.attributes.clear();
        while let Some(attribute) = tag.attribute()? {
            let RawAttribute { name, value, offset } = attribute;
            match (name.prefix, name.local) {
                (Some("xmlns"), prefix) => self.scope.declare(depth, prefix, value, offset)?,
                (None, "xmlns") => self.scope.declare(depth, "", value, offset)?,
                _ => self.attributes.push(RawAttribute { name, value, offset }),
            }
        }
        let name = tag.name;
        if name.prefix == Some("xmlns") {
            return Err(fault(XmlFault::Prefix, "tag", offset.saturating_add(1)));
        }
        let (is_nil, must_understand) = self.check_attributes()?;
        let namespace = self.scope.resolve(name.prefix, "tag", offset.saturating_add(1))?;
        self.document.nodes.push(Node {
            local: name.local,
            namespace,
            text: Text::default(),
            has_text: false,
            is_nil,
            must_understand,
            tag: inside,
            offset,
            end: 0,
        });
        self.text = Pieces::default();
        Ok(())
    }

    /// Prefixes declared and no attribute twice; tells whether `xsi:nil` and `soap:mustUnderstand` are set. Only when the
    /// whole tag is read: a prefix may be declared behind the attribute that uses it.
    fn check_attributes(&self) -> Result<(bool, bool), DecodeError> {
        let (mut is_nil, mut must_understand) = (false, false);
        for (at, attribute) in self.attributes.iter().enumerate() {
            let RawAttribute { name, value, offset } = attribute;
            let namespace = self.attribute_namespace(attribute)?;
            for other in self.attributes.iter().take(at) {
                if other.name.local == name.local && self.attribute_namespace(other)? == namespace {
                    return Err(fault(XmlFault::RepeatedAttribute, "attribute", *offset));
                }
            }
            let value = trim(value);
            is_nil |= name.local == "nil" && namespace == XSI && matches!(value, "true" | "1");
            must_understand |= name.local == "mustUnderstand" && namespace == SOAP && value == "1";
        }
        Ok((is_nil, must_understand))
    }

    /// An attribute without a prefix is in no namespace.
    fn attribute_namespace(&self, attribute: &RawAttribute<'a>) -> Result<Text<'a>, DecodeError> {
        match attribute.name.prefix {
            None => Ok(Text::default()),
            prefix => self.scope.resolve(prefix, "attribute", attribute.offset),
        }
    }

    fn close(&mut self, inside: &str, start: usize) -> Result<(), DecodeError> {
        let name = inside.trim_end_matches([' ', '\t', '\r', '\n']);
        let open = self.open.last().and_then(|&index| self.document.nodes.get(index));
        let rest = open.and_then(|node| node.tag.strip_prefix(name));
        if name.is_empty() || rest.is_none_or(|rest| !rest.bytes().next().is_none_or(is_space)) {
            return Err(fault(XmlFault::EndTag, "tag", self.at(start)));
        }
        self.close_last(start)
    }

    fn close_last(&mut self, start: usize) -> Result<(), DecodeError> {
        let end = self.document.nodes.len();
        let Some(index) = self.open.pop() else {
            return Err(fault(XmlFault::EndTag, "tag", self.at(start)));
        };
        self.scope.leave(self.open.len().saturating_add(1));
        let pieces = core::mem::take(&mut self.text);
        if let Some(node) = self.document.nodes.get_mut(index) {
            node.end = end;
            if end == index.saturating_add(1) {
                let (text, len) = pieces.finish();
                if len > MAX_TEXT_LEN {
                    return Err(DecodeError::new(
                        ErrorKind::TooComplex(Limit::TextLength),
                        "document",
                        node.offset,
                    ));
                }
                node.text = text;
            }
        }
        Ok(())
    }

    /// Notes that text stands in the innermost open element; an error where none is open.
    fn stands(&mut self, blank: bool, start: usize) -> Result<(), DecodeError> {
        let outside = fault(XmlFault::OutsideRoot, "document", self.at(start));
        let node = self
            .open
            .last()
            .and_then(|&index| self.document.nodes.get_mut(index))
            .ok_or(outside)?;
        node.has_text |= !blank;
        Ok(())
    }

    fn text(&mut self, raw: &'a str, start: usize) -> Result<(), DecodeError> {
        let blank = is_blank(raw);
        if self.open.is_empty() && blank {
            return Ok(());
        }
        if let Some(at) = find(raw, b"]]>") {
            return Err(fault(
                XmlFault::Sequence,
                "text",
                self.at(start.saturating_add(at)),
            ));
        }
        self.stands(blank, start)?;
        self.text.literal(raw);
        Ok(())
    }

    fn cdata(&mut self, raw: &'a str, start: usize) -> Result<(), DecodeError> {
        let content = inside(raw, "<![CDATA[", "]]>");
        self.stands(is_blank(content), start)?;
        self.text.literal(content);
        Ok(())
    }

    fn reference(&mut self, name: &str, start: usize) -> Result<(), DecodeError> {
        let c = reference(name, "text", self.at(start))?;
        self.stands(u8::try_from(c).is_ok_and(is_space), start)?;
        self.text.character(c);
        Ok(())
    }

    fn comment(&self, raw: &str, start: usize) -> Result<(), DecodeError> {
        // Production 15: no `--` inside, no `-` before the end; `<!-->` and `<!--->` are no comments.
        match raw.strip_prefix("<!--").and_then(|raw| raw.strip_suffix("-->")) {
            None => Err(fault(XmlFault::Syntax, "comment", self.at(start))),
            Some(content) if find(content, b"--").is_some() || content.ends_with('-') => {
                Err(fault(XmlFault::Sequence, "comment", self.at(start)))
            }
            Some(_) => Ok(()),
        }
    }

    fn instruction(&mut self, content: &str, start: usize) -> Result<(), DecodeError> {
        let offset = self.at(start);
        let target = content.split([' ', '\t', '\r', '\n']).next().unwrap_or_default();
        if target.eq_ignore_ascii_case("xml") {
            return Err(fault(XmlFault::Declaration, "declaration", offset));
        }
        if !is_ncname(target) {
            return Err(fault(XmlFault::Name, "processing instruction", offset));
        }
        self.document.instruction.get_or_insert(offset);
        Ok(())
    }

    /// `<?xml version="1.0" encoding="…" standalone="…"?>`, only at the very start.
    fn declaration(&self, raw: &str, start: usize) -> Result<(), DecodeError> {
        let wrong = || fault(XmlFault::Declaration, "declaration", self.at(start));
        // References are not for pseudo-attributes.
        if start != 0 || raw.contains('&') {
            return Err(wrong());
        }
        let mut tag = Tag::new(inside(raw, "<?", "?>"), self.at(2)).map_err(|_| wrong())?;
        let mut rank = 0;
        while let Some(attribute) = tag.attribute().map_err(|_| wrong())? {
            let value = attribute.value.as_str();
            let (next, lawful) = match attribute.name.full {
                "version" => (1, value == "1.0"),
                "encoding" => (2, is_encoding_name(value)),
                "standalone" => (3, matches!(value, "yes" | "no")),
                _ => return Err(wrong()),
            };
            // This order, and `version` never missing.
            if next <= rank || (rank == 0 && next != 1) || !lawful {
                return Err(wrong());
            }
            if next == 2
                && !["utf-8", "us-ascii"]
                    .iter()
                    .any(|known| value.eq_ignore_ascii_case(known))
            {
                return Err(DecodeError::new(
                    ErrorKind::NotUtf8,
                    "declaration",
                    attribute.offset,
                ));
            }
            rank = next;
        }
        if rank == 0 { Err(wrong()) } else { Ok(()) }
    }

    fn finish(self, end: usize) -> Result<Document<'a>, DecodeError> {
        if !self.open.is_empty() || self.document.nodes.is_empty() {
            return Err(fault(XmlFault::Truncated, "document", self.at(end)));
        }
        Ok(self.document)
    }
}

/// Production 81 of XML 1.0.
fn is_encoding_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}
