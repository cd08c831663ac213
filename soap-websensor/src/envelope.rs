//! The general path: envelope, dispatch and any order of elements (spec §3, §4.1, §4.6, §10).

use alloc::vec::Vec;

use crate::channels::{Channel, ChannelFields, ChannelForm, ChannelList, Channels, SubSlot};
use crate::decimal::parse_u16;
use crate::error::{DecodeError, ErrorKind, StructureFault};
use crate::field::Field;
use crate::limits::{MAX_CHANNEL, Options, Strictness};
use crate::message::{Content, Message, MessageName, Registered, Serial, device_code, interval};
use crate::sample::{CO2, Co2, Element, Fields, Slot, TRHP, Trhp};
use crate::text::{Text, trim};
use crate::unknown::{Unknown, UnknownElement};
use crate::warning::{Warning, Warnings};
use crate::xml::{Document, Node};

const SOAP_11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const SOAP_12: &str = "http://www.w3.org/2003/05/soap-envelope";
const BOM: &str = "\u{FEFF}";

/// Decodes a body by the general path alone.
///
/// The result is that of [`decode`](crate::decode), only slower: for tests that hold the two paths against each other.
///
/// # Errors
/// Every reject class of spec §10. XML errors come in document order and before those of the envelope and the message.
pub fn decode<'a>(body: &'a [u8], options: &Options) -> Result<Message<'a>, DecodeError> {
    decode_str(text(body, options)?, options)
}

/// The first two reject classes: too large, not UTF-8.
pub(crate) fn text<'a>(body: &'a [u8], options: &Options) -> Result<&'a str, DecodeError> {
    if body.len() > options.max_len {
        return Err(DecodeError::new(
            ErrorKind::TooLarge { len: body.len() },
            "document",
            options.max_len,
        ));
    }
    // Byte order marks of UTF-16 and UTF-32 hold FE and FF, which UTF-8 never does.
    core::str::from_utf8(body)
        .map_err(|error| DecodeError::new(ErrorKind::NotUtf8, "document", error.valid_up_to()))
}

pub(crate) fn decode_str<'a>(body: &'a str, options: &Options) -> Result<Message<'a>, DecodeError> {
    let source = body.strip_prefix(BOM).unwrap_or(body);
    let base = body.len().saturating_sub(source.len());
    if source.starts_with(BOM) {
        // The tokenizer would drop a second mark; it is text before the root.
        return Err(crate::xml::fault(
            crate::error::XmlFault::OutsideRoot,
            "document",
            base,
        ));
    }
    let document = Document::parse(source, base)?;
    let message = message_element(&document, options.strictness)?;
    read(&document, message)
}

const fn structure(fault: StructureFault, field: &'static str, offset: usize) -> DecodeError {
    DecodeError::new(ErrorKind::Structure(fault), field, offset)
}

/// Finds the one element in `Body`.
fn message_element(document: &Document<'_>, strictness: Strictness) -> Result<usize, DecodeError> {
    let Some(root) = document.node(0) else {
        return Err(DecodeError::new(ErrorKind::NotSoap, "document", 0));
    };
    match (root.local, root.namespace.as_str()) {
        ("Envelope", SOAP_11) => {}
        ("Envelope", SOAP_12) => {
            return Err(DecodeError::new(ErrorKind::SoapVersion, "Envelope", root.offset));
        }
        _ => return Err(DecodeError::new(ErrorKind::NotSoap, "Envelope", root.offset)),
    }
    if let (Strictness::Strict, Some(offset)) = (strictness, document.instruction) {
        return Err(structure(
            StructureFault::ProcessingInstruction,
            "document",
            offset,
        ));
    }
    no_text(root, "Envelope")?;
    let mut body = None;
    for (index, node) in document.children(0) {
        if node.namespace != SOAP_11 {
            continue;
        }
        match node.local {
            "Body" if body.is_some() => {
                return Err(structure(StructureFault::TwoBodies, "Body", node.offset));
            }
            "Body" => body = Some((index, node)),
            "Header" if body.is_some() => {
                return Err(structure(StructureFault::LateHeader, "Header", node.offset));
            }
            "Header" if strictness == Strictness::Strict => must_understand(document, index)?,
            _ => {}
        }
    }
    let Some((body, node)) = body else {
        return Err(structure(StructureFault::NoBody, "Envelope", root.offset));
    };
    no_text(node, "Body")?;
    let mut entries = document.children(body);
    let Some((message, entry)) = entries.next() else {
        return Err(structure(StructureFault::EmptyBody, "Body", node.offset));
    };
    if let Some((_, second)) = entries.next() {
        return Err(structure(StructureFault::ManyMessages, "Body", second.offset));
    }
    if entry.local == "Fault" && entry.namespace == SOAP_11 {
        return Err(DecodeError::new(ErrorKind::Fault, "Fault", entry.offset));
    }
    Ok(message)
}

fn no_text(node: &Node<'_>, field: &'static str) -> Result<(), DecodeError> {
    if node.has_text {
        Err(structure(StructureFault::StrayText, field, node.offset))
    } else {
        Ok(())
    }
}

fn must_understand(document: &Document<'_>, header: usize) -> Result<(), DecodeError> {
    let entry = document.children(header).find(|(_, node)| node.must_understand);
    match entry {
        Some((_, node)) => Err(structure(StructureFault::MustUnderstand, "Header", node.offset)),
        None => Ok(()),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Trhp,
    Co2,
    Channels,
}

/// The message element and what every reader of its children needs.
struct Source<'d, 'a> {
    document: &'d Document<'a>,
    index: usize,
    element: &'d Node<'a>,
    warnings: Warnings,
    unknown: Unknown<'a>,
}

fn read<'a>(document: &Document<'a>, index: usize) -> Result<Message<'a>, DecodeError> {
    let Some(element) = document.node(index) else {
        return Err(DecodeError::new(ErrorKind::UnknownMessage, "Body", 0));
    };
    let mut source = Source {
        document,
        index,
        element,
        warnings: Warnings::NONE,
        unknown: Unknown::new(),
    };
    let (shape, name) = source.dispatch()?;
    no_text(element, "message")?;
    let (serial, device, interval_s, content) = match shape {
        Shape::Channels => source.channels()?,
        Shape::Trhp => source.flat(&TRHP, shape)?,
        Shape::Co2 => source.flat(&CO2, shape)?,
    };
    Ok(Message {
        name,
        serial,
        device,
        interval_s,
        content,
        unknown: source.unknown,
        warnings: source.warnings,
    })
}

type Parts<'a> = (Serial<'a>, Option<crate::DeviceCode>, Option<u16>, Content<'a>);

impl<'a> Source<'_, 'a> {
    /// Spec §4.1, steps 2 to 4.
    fn dispatch(&mut self) -> Result<(Shape, MessageName<'a>), DecodeError> {
        let Node {
            local,
            namespace,
            offset,
            ..
        } = self.element;
        let other = MessageName::Other {
            local: Text::from(*local),
            namespace: namespace.clone(),
        };
        if let Some(registered) = Registered::ALL
            .into_iter()
            .find(|registered| registered.local() == *local)
        {
            let shape = match registered {
                Registered::Tx5xx => Shape::Trhp,
                Registered::Tx5xxCo2 => Shape::Co2,
                Registered::P2520 => Shape::Channels,
            };
            if *namespace == registered.namespace() {
                return Ok((shape, MessageName::Registered(registered)));
            }
            self.warnings.insert(Warning::UnknownNamespace);
            return Ok((shape, other));
        }
        // `InsertSample` is both: the two affixes may meet, not overlap.
        if local
            .strip_prefix("Insert")
            .is_none_or(|rest| !rest.ends_with("Sample"))
        {
            return Err(DecodeError::new(ErrorKind::UnknownMessage, "message", *offset));
        }
        self.warnings.insert(Warning::UnknownMessageName);
        let shape = if self.has_child("passKey") {
            if self.has_child("co2") {
                Shape::Co2
            } else {
                Shape::Trhp
            }
        } else if self.has_child("sn") {
            Shape::Channels
        } else {
            return Err(DecodeError::new(ErrorKind::NoSerial, "message", *offset));
        };
        Ok((shape, other))
    }

    /// Spec §10, prefixes: known children are in the namespace of the message, or in none.
    fn is_ours(&self, node: &Node<'_>) -> bool {
        node.namespace.is_empty() || node.namespace == self.element.namespace
    }

    fn has_child(&self, local: &str) -> bool {
        self.document
            .children(self.index)
            .any(|(_, node)| node.local == local && self.is_ours(node))
    }

    fn field(&self, index: usize, node: &Node<'a>) -> Field<'a> {
        if !self.document.is_leaf(index) {
            return Field::Children;
        }
        if node.is_nil {
            Field::Missing
        } else {
            Field::new(node.text.clone())
        }
    }

    fn no_serial(&self) -> DecodeError {
        DecodeError::new(ErrorKind::NoSerial, "message", self.element.offset)
    }

    fn flat(&mut self, elements: &'static [Element], shape: Shape) -> Result<Parts<'a>, DecodeError> {
        let mut fields = Fields::default();
        let mut seen = 0_u32;
        for (index, node) in self.document.children(self.index) {
            let known = elements
                .iter()
                .enumerate()
                .find(|(_, element)| element.name == node.local);
            match known {
                Some((at, element)) if self.is_ours(node) => {
                    once(&mut seen, at, element.name, node.offset)?;
                    *fields.slot(element.slot) = self.field(index, node);
                }
                _ => self.keep(index, node),
            }
        }
        let warnings = &mut self.warnings;
        let serial = Serial::from_field(fields.take(Slot::PassKey), warnings);
        let device = device_code(fields.take(Slot::Device), warnings);
        let interval_s = interval(fields.take(Slot::Timer), warnings);
        let content = if shape == Shape::Trhp {
            Content::FlatTrhp(Trhp::from_fields(&mut fields, device, warnings))
        } else {
            Content::FlatCo2(Co2::from_fields(&mut fields, device, warnings))
        };
        let serial = serial.ok_or_else(|| self.no_serial())?;
        Ok((serial, device, interval_s, content))
    }

    fn channels(&mut self) -> Result<Parts<'a>, DecodeError> {
        const HEAD: [&str; 4] = ["name", "sn", "tmr", "kind"];
        let mut head: [Field<'a>; 4] = Default::default();
        let mut seen = 0_u32;
        let mut numbers = 0_u128;
        let mut found = Vec::new();
        for (index, node) in self.document.children(self.index) {
            if !self.is_ours(node) {
                self.keep(index, node);
                continue;
            }
            let known = HEAD
                .iter()
                .zip(&mut head)
                .enumerate()
                .find(|(_, (name, _))| **name == node.local);
            if let Some((at, (name, field))) = known {
                once(&mut seen, at, name, node.offset)?;
                *field = self.field(index, node);
            } else if let Some((number, form)) = Self::channel_number(node) {
                let bit = 1_u128.wrapping_shl(u32::from(number));
                if numbers & bit != 0 {
                    return Err(DecodeError::new(ErrorKind::Duplicate, "c", node.offset));
                }
                numbers |= bit;
                found.push((index, number, form));
            } else {
                self.keep(index, node);
            }
        }
        let [name, sn, tmr, kind] = head;
        let device_name = name.into_text(&mut self.warnings);
        let interval_s = interval(tmr, &mut self.warnings);
        let device = device_code(kind, &mut self.warnings);
        let serial = Serial::from_field(sn, &mut self.warnings).ok_or_else(|| self.no_serial())?;
        let mut list = Vec::with_capacity(found.len());
        for (index, number, form) in found {
            list.push(self.channel(index, number, form, device)?);
        }
        // Numbers were checked above.
        let list = ChannelList::new(list).unwrap_or_default();
        Ok((
            serial,
            device,
            interval_s,
            Content::Channels(Channels { device_name, list }),
        ))
    }

    /// `cN` without a leading zero, or `c` with an un-prefixed `i`, 1 to 99 (spec §4.6).
    fn channel_number(node: &Node<'_>) -> Option<(u8, ChannelForm)> {
        let digits = node.local.strip_prefix('c')?;
        let (number, form) = if digits.is_empty() {
            let (_, index) = node.attributes().find(|(name, _)| *name == "i")?;
            (parse_u16(trim(&index)), ChannelForm::Indexed)
        } else if digits.starts_with('0') {
            return None;
        } else {
            (parse_u16(digits), ChannelForm::Named)
        };
        let number = u8::try_from(number?).ok()?;
        (1..=MAX_CHANNEL).contains(&number).then_some((number, form))
    }

    fn channel(
        &mut self,
        index: usize,
        number: u8,
        form: ChannelForm,
        device: Option<crate::DeviceCode>,
    ) -> Result<Channel<'a>, DecodeError> {
        let mut fields = ChannelFields::default();
        let mut seen = 0_u32;
        let mut unknown = Unknown::new();
        for (child, node) in self.document.children(index) {
            let known = match node.local {
                "n" => Some((0, SubSlot::N, "n")),
                "v" => Some((1, SubSlot::V, "v")),
                "f" => Some((2, SubSlot::F, "f")),
                "u" => Some((3, SubSlot::U, "u")),
                "a" => Some((4, SubSlot::A, "a")),
                "p" => Some((5, SubSlot::P, "p")),
                "e" => Some((6, SubSlot::E, "e")),
                _ => None,
            };
            match known {
                Some((at, slot, name)) if self.is_ours(node) => {
                    once(&mut seen, at, name, node.offset)?;
                    *fields.slot(slot) = self.field(child, node);
                }
                _ => collect(self.document, child, node, 0, &mut unknown),
            }
        }
        let mut channel = Channel::from_fields(number, form, fields, device);
        if self.document.node(index).is_some_and(|node| node.has_text) {
            channel.warnings.insert(Warning::StrayText);
        }
        if !unknown.is_empty() {
            channel.warnings.insert(Warning::UnknownElement);
        }
        channel.unknown = unknown;
        Ok(channel)
    }

    fn keep(&mut self, index: usize, node: &Node<'a>) {
        self.warnings.insert(Warning::UnknownElement);
        collect(self.document, index, node, 0, &mut self.unknown);
    }
}

/// A known element may come once.
fn once(seen: &mut u32, at: usize, field: &'static str, offset: usize) -> Result<(), DecodeError> {
    let bit = u32::try_from(at).map_or(0, |at| 1_u32.wrapping_shl(at));
    if *seen & bit != 0 {
        return Err(DecodeError::new(ErrorKind::Duplicate, field, offset));
    }
    *seen |= bit;
    Ok(())
}

/// Keeps an element and all it holds. Depth is at most [`MAX_DEPTH`](crate::limits::MAX_DEPTH): the document was checked.
fn collect<'a>(document: &Document<'a>, index: usize, node: &Node<'a>, depth: u8, into: &mut Unknown<'a>) {
    into.push(UnknownElement {
        name: Text::from(node.local),
        namespace: node.namespace.clone(),
        text: document.is_leaf(index).then(|| node.text.clone()),
        depth,
        tag: node.tag,
    });
    for (child, child_node) in document.children(index) {
        collect(document, child, child_node, depth.saturating_add(1), into);
    }
}
