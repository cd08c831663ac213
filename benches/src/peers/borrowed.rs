//! `quick-xml`, its plain [`Reader`] over the body: local names, borrowed texts. The reader this crate is held against.

use quick_xml::Reader;
use quick_xml::events::Event;
use soap_websensor::Message;

use super::gather::Gather;

/// Decodes a body; `None` refuses it.
#[must_use]
pub fn decode(body: &[u8]) -> Option<Message<'_>> {
    let mut reader = Reader::from_str(std::str::from_utf8(body).ok()?);
    let mut gather = Gather::default();
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => gather.open(&tag)?,
            Event::Empty(tag) => {
                gather.open(&tag)?;
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
