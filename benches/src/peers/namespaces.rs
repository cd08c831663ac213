//! `quick-xml`, its [`NsReader`]: namespaces resolved and compared.

use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;
use soap_websensor::Message;

use super::gather::Gather;
use super::meaning::Shape;

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// Decodes a body; `None` refuses it.
#[must_use]
pub fn decode(body: &[u8]) -> Option<Message<'_>> {
    let mut reader = NsReader::from_str(std::str::from_utf8(body).ok()?);
    let mut gather = Gather::default();
    loop {
        let (namespace, event) = reader.read_resolved_event().ok()?;
        match event {
            Event::Start(tag) => open(&mut gather, &namespace, &tag)?,
            Event::Empty(tag) => {
                open(&mut gather, &namespace, &tag)?;
                gather.close();
            }
            Event::End(_) => gather.close(),
            Event::Text(text) if gather.wants_text() => gather.text(text.xml10_content()),
            Event::CData(text) if gather.wants_text() => gather.text(text.xml10_content()),
            Event::GeneralRef(reference) => gather.reference(&reference)?,
            Event::DocType(_) => return None,
            Event::Text(_) | Event::CData(_) | Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
            Event::Eof => return gather.finish(),
        }
    }
}

/// Envelope and body of SOAP 1.1, the message of its registered namespace, its children of the same or of none.
fn open<'a>(gather: &mut Gather<'a>, namespace: &ResolveResult<'_>, tag: &BytesStart<'a>) -> Option<()> {
    let expected = match gather.depth() {
        0 | 1 => SOAP,
        2 => Shape::from_name(tag.local_name().into_inner())?.namespace(),
        _ => gather.shape()?.namespace(),
    };
    let lawful = match namespace {
        ResolveResult::Bound(Namespace(bound)) => *bound == expected,
        ResolveResult::Unbound => gather.depth() > 2,
        ResolveResult::Unknown(_) => false,
    };
    if !lawful {
        return None;
    }
    gather.open(tag)
}
