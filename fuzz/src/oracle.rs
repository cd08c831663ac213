//! The same document read by `roxmltree`, compared with a message element by element.

use roxmltree::{Document, Node};
use soap_websensor::unknown::UnknownElement;
use soap_websensor::{Channel, ChannelForm, Content, Message};

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// Panics unless the body is well-formed and says what the message says: names, namespaces, texts, attributes.
pub fn agrees(body: &[u8], message: &Message<'_>) {
    let text = std::str::from_utf8(body).expect("accepted, so it is UTF-8");
    // XML 1.0 §2.11, which the oracle forgets for a carriage return before a reference.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let document = match Document::parse(&text) {
        Ok(document) => document,
        // `xml` need not be declared; the oracle knows that for attributes only.
        Err(roxmltree::Error::UnknownNamespace(prefix, _)) if prefix == "xml" => return,
        Err(error) => panic!("accepted, so it is well-formed: {error}"),
    };
    let root = document.root_element();
    assert!(root.has_tag_name((SOAP, "Envelope")));
    let body = elements(root)
        .find(|node| node.has_tag_name((SOAP, "Body")))
        .expect("has a Body");
    let entries: Vec<_> = elements(body).collect();
    let &[element] = entries.as_slice() else {
        panic!("{} entries in Body", entries.len())
    };
    assert_eq!(
        (local(element), namespace(element)),
        (message.name.local(), message.name.namespace())
    );
    assert!(
        own_text(element).trim_matches(SPACE).is_empty(),
        "stray text was accepted"
    );
    let mut unknown = message.unknown.iter();
    let mut channels: Vec<(u8, ChannelForm, Node<'_, '_>)> = Vec::new();
    for child in elements(element) {
        let name = local(child);
        if is_ours(child, element) {
            if let Some(told) = told(message, name) {
                assert_eq!(told, field(child), "{name}");
                continue;
            }
            if let Some(number) = number_of(message, name) {
                let text = field(child)
                    .filter(|text| !name.starts_with("lev") || matches!(text.as_str(), "0" | "1"));
                let read = text.and_then(|text| parse_u16(&text));
                assert_eq!(number, read, "{name}");
                continue;
            }
            if let (Content::Channels(_), Some((number, form))) = (&message.content, channel_number(child)) {
                channels.push((number, form, child));
                continue;
            }
        }
        kept(child, 0, &mut unknown);
    }
    assert_eq!(
        unknown.next(),
        None,
        "an unknown element that is not in the document"
    );
    if let Content::Channels(list) = &message.content {
        channels.sort_by_key(|&(number, ..)| number);
        assert_eq!(list.list.iter().count(), channels.len());
        for (read, (number, form, node)) in list.list.iter().zip(channels) {
            assert_eq!((read.number, read.form), (number, form));
            channel(read, node, element);
        }
    }
}

fn channel(read: &Channel<'_>, node: Node<'_, '_>, message: Node<'_, '_>) {
    let mut unknown = read.unknown.iter();
    let mut told = [None::<String>, None, None, None, None, None, None];
    for child in elements(node) {
        let place = ["n", "v", "f", "u", "a", "p", "e"]
            .iter()
            .position(|&name| name == local(child));
        match place {
            Some(place) if is_ours(child, message) => told[place] = field(child),
            _ => kept(child, 0, &mut unknown),
        }
    }
    assert_eq!(unknown.next(), None);
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let [n, v, f, u, a, p, e] = told;
    assert_eq!(owned(read.name.as_deref()), n);
    assert_eq!(owned(read.raw.as_deref()), v);
    assert_eq!(read.float, f.and_then(|text| parse_float(&text)));
    assert_eq!(owned(read.unit.as_deref()), u);
    assert_eq!(owned(read.alarm_text.as_deref()), a);
    assert_eq!(read.decimals, p.and_then(|text| parse_u16(&text)));
    assert_eq!(owned(read.e.as_deref()), e);
}

/// Compares an element and all below it with what was kept.
fn kept<'m, 'a: 'm>(
    node: Node<'_, '_>,
    depth: u8,
    unknown: &mut impl Iterator<Item = &'m UnknownElement<'a>>,
) {
    let element = unknown.next().expect("an element of the document was not kept");
    assert_eq!(
        (&*element.name, &*element.namespace),
        (local(node), namespace(node))
    );
    assert_eq!(element.depth, depth);
    let is_leaf = elements(node).next().is_none();
    let text = is_leaf.then(|| own_text(node).trim_matches(SPACE).to_owned());
    assert_eq!(element.text.as_deref().map(str::to_owned), text);
    let ours = element.attributes().map(|(name, value)| {
        let local = name.split_once(':').map_or(name, |(_, local)| local);
        (local.to_owned(), value.to_string())
    });
    let theirs = node
        .attributes()
        .map(|attribute| (attribute.name().to_owned(), attribute.value().to_owned()));
    assert_eq!(ours.collect::<Vec<_>>(), theirs.collect::<Vec<_>>());
    for child in elements(node) {
        kept(child, depth + 1, unknown);
    }
}

/// What a message says about a known element that is text; `None` if it is none.
fn told(message: &Message<'_>, element: &str) -> Option<Option<String>> {
    let (climate, fourth, fourth_name, pressure_u) = match &message.content {
        Content::FlatTrhp(sample) => (
            &sample.climate,
            &sample.pressure,
            "pressure",
            sample.pressure_u.as_deref(),
        ),
        Content::FlatCo2(sample) => (&sample.climate, &sample.co2, "co2", None),
        Content::Channels(channels) => {
            return match element {
                "name" => Some(channels.device_name.as_deref().map(str::to_owned)),
                "sn" => Some(Some(message.serial.to_string())),
                _ => None,
            };
        }
        _ => return None,
    };
    let text = match element {
        "passKey" => Some(message.serial.as_str()),
        "temp" => climate.temperature.raw.as_deref(),
        "relHum" => climate.humidity.raw.as_deref(),
        "compQuant" => climate.computed.raw.as_deref(),
        name if name == fourth_name => fourth.raw.as_deref(),
        "alarms" => climate.alarms.as_deref(),
        "compType" => climate.comp_type.as_deref(),
        "tempU" => climate.temp_u.as_deref(),
        "pressureU" if fourth_name == "pressure" => pressure_u,
        _ => return None,
    };
    Some(text.map(str::to_owned))
}

/// What a message says about a known element that is a number; `None` if it is none. Lamps are numbers of one bit.
fn number_of(message: &Message<'_>, element: &str) -> Option<Option<u16>> {
    let lamp = |lit: Option<bool>| lit.map(u16::from);
    match (&message.content, element) {
        (Content::Channels(_), "kind") | (Content::FlatTrhp(_) | Content::FlatCo2(_), "device") => {
            Some(message.device.map(|code| code.0))
        }
        (Content::Channels(_), "tmr") | (Content::FlatTrhp(_) | Content::FlatCo2(_), "timer") => {
            Some(message.interval_s)
        }
        (Content::FlatCo2(sample), "lev1") => Some(lamp(sample.lamps.green)),
        (Content::FlatCo2(sample), "lev2") => Some(lamp(sample.lamps.yellow)),
        (Content::FlatCo2(sample), "lev3") => Some(lamp(sample.lamps.red)),
        _ => None,
    }
}

fn channel_number(node: Node<'_, '_>) -> Option<(u8, ChannelForm)> {
    let digits = local(node).strip_prefix('c')?;
    let (text, form) = if digits.is_empty() {
        let index = node
            .attributes()
            .find(|attribute| attribute.namespace().is_none() && attribute.name() == "i")?;
        (index.value().trim_matches(SPACE), ChannelForm::Indexed)
    } else {
        (digits, ChannelForm::Named)
    };
    if form == ChannelForm::Named && text.starts_with('0') {
        return None;
    }
    let number = u8::try_from(parse_u16(text)?).ok()?;
    (1..=99).contains(&number).then_some((number, form))
}

/// Text of a known element, as the specification counts it: absent if blank, nil or with element children.
fn field(node: Node<'_, '_>) -> Option<String> {
    let nil = node
        .attribute((XSI, "nil"))
        .map(|value| value.trim_matches(SPACE));
    if matches!(nil, Some("true" | "1")) || elements(node).next().is_some() {
        return None;
    }
    let text = own_text(node);
    let text = text.trim_matches(SPACE);
    (!text.is_empty()).then(|| text.to_owned())
}

fn is_ours(node: Node<'_, '_>, message: Node<'_, '_>) -> bool {
    namespace(node).is_empty() || namespace(node) == namespace(message)
}

fn elements<'d, 'i>(node: Node<'d, 'i>) -> impl Iterator<Item = Node<'d, 'i>> {
    node.children().filter(Node::is_element)
}

fn local<'d>(node: Node<'d, '_>) -> &'d str {
    node.tag_name().name()
}

fn namespace<'d>(node: Node<'d, '_>) -> &'d str {
    node.tag_name().namespace().unwrap_or_default()
}

fn own_text(node: Node<'_, '_>) -> String {
    node.children()
        .filter(Node::is_text)
        .filter_map(|text| text.text())
        .collect()
}

fn parse_u16(text: &str) -> Option<u16> {
    let lawful = (1..=5).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit());
    text.parse().ok().filter(|_| lawful)
}

fn parse_float(text: &str) -> Option<u32> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() == 8)?;
    Some(
        digits
            .chunks(2)
            .rev()
            .fold(0, |bits, pair| bits << 8 | pair[0] << 4 | pair[1]),
    )
}
