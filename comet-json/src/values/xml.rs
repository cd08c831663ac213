//! `values.xml`: the same tags as elements below a root, channels as `ch1` to `ch8`.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString as _};

use roxmltree::{Document, Node, ParsingOptions};

use crate::error::{DecodeError, ErrorKind};
use crate::message::text;
use crate::serial::Serial;

use super::{Channel, Values, json::integer};

/// Most elements, texts and comments of a document.
const MAX_NODES: u32 = 1024;

/// Decodes `values.xml`, if it is at most `max_len` octets long.
///
/// Elements are optional and in any order, of any namespace; empty ones count as absent, unknown ones are ignored, a known one
/// twice is refused. A document type declaration is refused.
///
/// # Errors
/// [`DecodeError`] with the classes of messages, and [`ErrorKind::NotXml`].
pub fn decode_xml(body: &[u8], max_len: usize) -> Result<Values<String>, DecodeError> {
    let (source, start) = text(body, max_len)?;
    let source = source.get(start..).unwrap_or_default();
    let options = ParsingOptions {
        nodes_limit: MAX_NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(source, options)
        .map_err(|_| DecodeError::new(ErrorKind::NotXml, "body", start))?;
    let reader = Reader { start };
    let mut values = Values::EMPTY;
    let mut seen = Seen::default();
    for node in document.root_element().children().filter(Node::is_element) {
        let name = node.tag_name().name();
        let place = match name {
            "devname" => Place::Text(&mut values.devname),
            "time" => Place::Text(&mut values.time),
            "devsn" => Place::Serial(&mut values.serial),
            "timeunix" => Place::Unix(&mut values.unix_s),
            "rssi" => Place::Level(&mut values.rssi_dbm),
            "synch" => Place::Flag(&mut values.synch),
            "acc" => Place::Flag(&mut values.acoustic),
            _ => match channel_place(name, &mut values) {
                Some(place) => Place::Channel(place),
                None => continue,
            },
        };
        reader.read(node, place, &mut seen)?;
    }
    Ok(values)
}

/// The place of `ch1` to `ch8`.
fn channel_place<'v>(name: &str, values: &'v mut Values<String>) -> Option<&'v mut Option<Channel<String>>> {
    let digit = name.strip_prefix("ch").filter(|digit| digit.len() == 1)?;
    let number: usize = digit.parse().ok()?;
    values.channels.get_mut(number.checked_sub(1)?)
}

/// Where the content of an element goes.
enum Place<'v> {
    Text(&'v mut Option<String>),
    Serial(&'v mut Option<Serial>),
    Unix(&'v mut Option<u32>),
    Level(&'v mut Option<i16>),
    Flag(&'v mut Option<bool>),
    Channel(&'v mut Option<Channel<String>>),
}

/// Names of the elements that occurred on one level.
#[derive(Default)]
struct Seen<'d>(BTreeSet<&'d str>);

struct Reader {
    /// Octets of the byte order mark.
    start: usize,
}

impl Reader {
    fn error(&self, kind: ErrorKind, node: Node<'_, '_>, field: &'static str) -> DecodeError {
        DecodeError::new(kind, field, self.start.saturating_add(node.range().start))
    }

    fn read<'d>(&self, node: Node<'d, '_>, place: Place<'_>, seen: &mut Seen<'d>) -> Result<(), DecodeError> {
        if !seen.0.insert(node.tag_name().name()) {
            return Err(self.error(ErrorKind::DuplicateField, node, "element"));
        }
        match place {
            Place::Text(text) => *text = self.leaf(node)?,
            Place::Serial(serial) => {
                let parse = |text: String| Serial::parse(&text);
                *serial = self.parsed(node, ErrorKind::BadSerial, "devsn", parse)?;
            }
            Place::Unix(unix_s) => *unix_s = self.int(node, "timeunix")?,
            Place::Level(level) => *level = self.int(node, "rssi")?,
            Place::Flag(flag) => {
                *flag = match self.int::<i64>(node, "flag")? {
                    Some(value @ (0 | 1)) => Some(value == 1),
                    Some(value) => return Err(self.error(ErrorKind::OutOfRange { value }, node, "flag")),
                    None => None,
                };
            }
            Place::Channel(channel) => *channel = Some(self.channel(node)?),
        }
        Ok(())
    }

    fn channel(&self, node: Node<'_, '_>) -> Result<Channel<String>, DecodeError> {
        let mut channel = Channel::EMPTY;
        let mut seen = Seen::default();
        let [alarm1, alarm2] = &mut channel.alarms;
        for node in node.children().filter(Node::is_element) {
            let place = match node.tag_name().name() {
                "name" => Place::Text(&mut channel.name),
                "unit" => Place::Text(&mut channel.unit),
                "value" => Place::Text(&mut channel.value),
                "alarm1" => Place::Flag(&mut *alarm1),
                "alarm2" => Place::Flag(&mut *alarm2),
                _ => continue,
            };
            self.read(node, place, &mut seen)?;
        }
        Ok(channel)
    }

    /// Trimmed text of an element without element children; `None` if it is empty.
    fn leaf(&self, node: Node<'_, '_>) -> Result<Option<String>, DecodeError> {
        if node.children().any(|child| child.is_element()) {
            return Err(self.error(ErrorKind::BadString, node, "element"));
        }
        let text: String = node
            .children()
            .filter(Node::is_text)
            .filter_map(|text| text.text())
            .collect();
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        Ok((!text.is_empty()).then(|| text.to_string()))
    }

    fn parsed<T>(
        &self,
        node: Node<'_, '_>,
        kind: ErrorKind,
        field: &'static str,
        parse: impl FnOnce(String) -> Option<T>,
    ) -> Result<Option<T>, DecodeError> {
        let Some(text) = self.leaf(node)? else {
            return Ok(None);
        };
        parse(text).map(Some).ok_or_else(|| self.error(kind, node, field))
    }

    fn int<T: TryFrom<i64>>(
        &self,
        node: Node<'_, '_>,
        field: &'static str,
    ) -> Result<Option<T>, DecodeError> {
        let value = self.parsed(node, ErrorKind::BadInteger, field, |text| integer(&text))?;
        let fit =
            |value| T::try_from(value).map_err(|_| self.error(ErrorKind::OutOfRange { value }, node, field));
        value.map(fit).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Shown, decode_json};
    use super::*;
    use std::format;

    #[test]
    fn both_documents_say_the_same() {
        let xml = "\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<root>\r\n<devname>Sklad &amp; <![CDATA[<1>]]></devname>\
            <devsn>21990417</devsn><time>2023-03-14T07:30:00+01:00</time><timeunix> 1678775400 </timeunix><synch>1</synch>\
            <rssi>-61</rssi><acc>0</acc><x><acc>1</acc></x><ch1><name>Temperature</name><unit>°C</unit><value>4.5</value>\
            <alarm1>0</alarm1><alarm2>1</alarm2></ch1><ch3><value>Error 12</value></ch3></root>";
        let json = r#"{"devname":"Sklad & <1>","devsn":"21990417","time":"2023-03-14T07:30:00+01:00","timeunix":1678775400,
            "synch":1,"rssi":-61,"acc":0,"ch":[{"name":"Temperature","unit":"°C","value":"4.5","alarm1":0,"alarm2":1},{},
            {"value":"Error 12"}]}"#;
        let (xml, json) = (
            decode_xml(xml.as_bytes(), 2000).unwrap(),
            decode_json(json.as_bytes(), 2000).unwrap(),
        );
        assert_eq!(
            xml.devname.as_deref(),
            json.devname.and_then(crate::Text::as_borrowed)
        );
        assert_eq!(
            (xml.serial, xml.unix_s, xml.synch),
            (json.serial, json.unix_s, json.synch)
        );
        assert_eq!((xml.rssi_dbm, xml.acoustic), (json.rssi_dbm, json.acoustic));
        assert_eq!(xml.timestamp(), json.timestamp());
        assert_eq!(
            xml.timestamp().map(|time| time.unix_s()),
            xml.unix_s.map(i64::from)
        );
        let (a, b) = (
            xml.channels[0].as_ref().unwrap(),
            json.channels[0].as_ref().unwrap(),
        );
        assert_eq!((a.shown(), a.alarms), (b.shown(), b.alarms));
        assert_eq!(xml.channels[1], None);
        assert_eq!(xml.channels[2].as_ref().unwrap().shown(), Shown::Error(12));
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        let code = |body: &str| {
            decode_xml(body.as_bytes(), 100_000)
                .map(drop)
                .map_err(|error| error.kind.code())
        };
        assert_eq!(code("<r/>"), Ok(()));
        assert_eq!(code("<r><acc/><ch0/><ch9/><ch10/></r>"), Ok(()));
        for (body, error) in [
            ("", "not-xml"),
            ("{}", "not-xml"),
            ("<r>", "not-xml"),
            ("<!DOCTYPE r><r/>", "not-xml"),
            ("<r><acc>1</acc><acc>1</acc></r>", "duplicate-field"),
            ("<r><ch1/><ch1/></r>", "duplicate-field"),
            ("<r><acc>2</acc></r>", "out-of-range"),
            ("<r><acc>yes</acc></r>", "bad-integer"),
            ("<r><timeunix>-1</timeunix></r>", "out-of-range"),
            ("<r><devsn>1234567a</devsn></r>", "bad-serial"),
            ("<r><devname><b/></devname></r>", "bad-string"),
        ] {
            assert_eq!(code(body), Err(error), "{body}");
        }
        assert_eq!(decode_xml(b"<r/>", 3).unwrap_err().kind.code(), "too-large");
        assert_eq!(
            decode_xml(b"<r>\xB0</r>", 30).unwrap_err().kind.code(),
            "invalid-utf8"
        );
    }

    #[test]
    fn hostile_documents_are_bounded() {
        for body in ["<a>".repeat(10_000), format!("<r>{}</r>", "<a/>".repeat(10_000))] {
            assert_eq!(
                decode_xml(body.as_bytes(), 100_000).unwrap_err().kind,
                ErrorKind::NotXml
            );
        }
    }
}
