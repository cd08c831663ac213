//! Laws of `sigfox-frame`'s callbacks and payload configurations, against plain readers.

use serde_json::Value as Tree;
use sigfox_frame::callback::{
    Answer, Given, LINE_PATTERN, LinePattern, MAX_DEPTH, Merged, Received, Receiver, Record, Request,
    Secrets, decide, merge,
};
use sigfox_frame::layout::{Description, FieldDescription, Layout, Reading, Status};
use sigfox_frame::payload::{Config, Value};

const SECRET: &[u8] = b"Bearer fuzz";
const NOW_S: u64 = 1_718_000_005;
const TYPES: [&str; 3] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "text/plain",
];

/// Reads a body in every carrier, with and without batches.
pub fn receiving(body: &[u8]) {
    let plain = Receiver::new(Secrets::new(SECRET).expect("a secret"));
    let pattern = LinePattern::new(LINE_PATTERN).expect("a published pattern");
    let batch = plain.clone().with_line_pattern(pattern);
    let values = [SECRET];
    for receiver in [&plain, &batch] {
        for content_type in TYPES {
            let request = Request::new("POST", &values)
                .with_content_type(content_type)
                .with_body(body);
            if let Some(received) = received(receiver, &request, body.len())
                && content_type == TYPES[0]
            {
                same_as_tree(&received, body);
            }
        }
        if let Ok(query) = core::str::from_utf8(body) {
            received(
                receiver,
                &Request::new("GET", &values).with_query(query),
                body.len(),
            );
        }
    }
    let intruder = Request::new("POST", &[])
        .with_content_type(TYPES[0])
        .with_body(body);
    assert_eq!(
        plain.receive(&intruder, NOW_S).expect_err("no secret").status(),
        401
    );
}

fn received<'a>(receiver: &'a Receiver, request: &Request<'a>, len: usize) -> Option<Received<'a>> {
    let received = match receiver.receive(request, NOW_S) {
        Ok(received) => received,
        Err(error) => {
            assert!(error.offset <= len, "{error:?}");
            assert!(matches!(error.status(), 400 | 413), "{error:?}");
            return None;
        }
    };
    assert_eq!(received.records().count(), received.count());
    let mut answer = Answer::new();
    for record in received.records() {
        lawful(&record);
        if let Some(device) = record.device.filter(|_| record.asks()) {
            answer.give(device, decide(None, Some(&[7; 8])).given);
        }
    }
    if let Some(body) = answer.body() {
        let tree: Tree = serde_json::from_str(&body).expect("an answer is JSON");
        assert_eq!(
            tree.as_object().map(|members| members.len()),
            Some(answer.members().len())
        );
        assert_eq!(answer.status(), 200);
    }
    Some(received)
}

fn lawful(record: &Record<'_>) {
    assert!(record.attributes.len() <= 64);
    let mut stored = record.clone().into_owned();
    assert_eq!(stored.key(), record.key());
    assert_eq!(merge(&mut stored, record), Merged::Unchanged);
    assert_eq!(stored, *record);
    assert_eq!(decide(Some(Given::Nothing), Some(&[0; 8])).given, Given::Nothing);
    // The canonical form of what is mandatory, as a query, has the same key.
    let (Some(device), Some(time), Some(data)) = (record.device, record.time_s, record.data()) else {
        return;
    };
    let mut query = format!("device={device}&time={time}&data={}", data.payload);
    if let Some(seq) = record.seq {
        query.push_str(&format!("&seqNumber={seq}"));
    }
    let receiver = Receiver::new(Secrets::new(SECRET).expect("a secret"));
    let values = [SECRET];
    let again = receiver.receive(&Request::new("GET", &values).with_query(&query), NOW_S);
    let again = again.expect("a canonical query is lawful");
    assert_eq!(again.as_one().map(Record::key), Some(record.key()), "{query}");
}

/// What is accepted as JSON is JSON of bounded depth to another reader, with the same device and payload.
fn same_as_tree(received: &Received<'_>, body: &[u8]) {
    let plain = body.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(body);
    let tree: Tree = match serde_json::from_slice(plain) {
        Ok(tree) => tree,
        // JSON has no limit for the size of a number, its reader has.
        Err(error) if error.to_string().contains("out of range") => return,
        Err(error) => panic!("{error}: {received:?}"),
    };
    assert!(depth(&tree) <= usize::from(MAX_DEPTH), "{received:?}");
    let Some(record) = received.as_one() else {
        assert!(tree.is_array());
        return;
    };
    let same = |names: &[&str], ours: &str| {
        let found = names.iter().filter_map(|name| tree.get(name)).next();
        if let Some(Tree::String(text)) = found {
            assert!(text.eq_ignore_ascii_case(ours), "{text} {ours}");
        }
    };
    if let Some(device) = record.device {
        same(&["device", "deviceId", "id"], device.spelling());
    }
    if let Some(data) = record.data() {
        same(&["data", "payload"], &data.payload.to_string());
    }
}

fn depth(value: &Tree) -> usize {
    match value {
        Tree::Array(all) => 1 + all.iter().map(depth).max().unwrap_or_default(),
        Tree::Object(all) => 1 + all.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// A configuration, a line feed, a payload: what is accepted is evaluated as a plain reader does, bit by bit.
pub fn payload(input: &[u8]) {
    let end = input
        .iter()
        .position(|&octet| octet == b'\n')
        .unwrap_or(input.len());
    let (text, rest) = input.split_at(end);
    let payload = rest.get(1..).unwrap_or_default();
    let Ok(text) = core::str::from_utf8(text) else {
        return;
    };
    let config = match Config::compile(text) {
        Ok(config) => config,
        Err(error) => {
            assert!(error.offset <= text.len(), "{error:?}");
            return;
        }
    };
    let fields = text.split(' ').filter(|field| !field.is_empty());
    assert_eq!(fields.clone().count(), config.names().len());
    let (mut last, mut bit_given) = (None, false);
    for (field, (name, value)) in fields.zip(config.values(payload)) {
        let parts: Vec<_> = field.split(':').collect();
        assert_eq!(parts[0], name);
        let kind = parts[2];
        let sized = kind != "bool";
        let size: usize = if sized {
            parts[3].parse().expect("a size")
        } else {
            1
        };
        let bit = if sized { &parts[4..] } else { &parts[3..] };
        let little = bit.first() == Some(&"little-endian");
        let given = bit
            .last()
            .filter(|bit| bit.len() == 1)
            .map(|bit| bit.parse::<usize>().expect("a bit"));
        let next = match last {
            None => 0,
            Some(last) if !sized || bit_given => last,
            Some(last) => last + 1_u128,
        };
        let byte = if parts[1].is_empty() {
            next
        } else {
            parts[1].parse().unwrap_or(u128::MAX).min(u128::from(u64::MAX))
        };
        let width = if kind == "char" { size * 8 } else { size };
        let start = byte * 8 + 7 - given.unwrap_or(7) as u128;
        last = Some((start + width as u128 - 1) / 8);
        bit_given = sized && given.is_some();
        let bits: Option<Vec<bool>> = (start..start + width as u128)
            .map(|at| at_bit(payload, at))
            .collect();
        agree(kind, little, bits, value, field);
        check_layout(byte, given, width, payload, value);
    }
}

fn at_bit(payload: &[u8], at: u128) -> Option<bool> {
    let byte = payload.get(usize::try_from(at / 8).ok()?)?;
    Some(byte & (0x80 >> (at % 8)) != 0)
}

fn agree(kind: &str, little: bool, bits: Option<Vec<bool>>, value: Option<Value>, field: &str) {
    let Some(bits) = bits else {
        assert_eq!(value, None, "{field}");
        return;
    };
    let number = |bits: &[bool]| {
        bits.iter()
            .fold(0_u128, |number, &bit| number << 1 | u128::from(bit))
    };
    let mut bytes: Vec<u128> = bits.chunks(8).map(number).collect();
    let mut raw = number(&bits[..bits.len().min(64)]);
    if little {
        bytes.reverse();
        raw = bytes.iter().fold(0, |number, byte| number << 8 | byte);
    }
    match (kind, value) {
        ("bool", Some(Value::Bool(value))) => assert_eq!(value, bits[0], "{field}"),
        ("uint", Some(Value::Unsigned(value))) => assert_eq!(u128::from(value), raw, "{field}"),
        ("int", Some(Value::Signed(value))) => {
            let modulus = 1_i128 << bits.len();
            assert_eq!(i128::from(value).rem_euclid(modulus), raw as i128, "{field}");
            assert_eq!(value < 0, raw >> (bits.len() - 1) == 1, "{field}");
        }
        ("float", value) => {
            let float = match bits.len() {
                32 => f64::from(f32::from_bits(raw as u32)),
                _ => f64::from_bits(raw as u64),
            };
            assert_eq!(value, float.is_finite().then_some(Value::Float(float)), "{field}");
        }
        ("char", Some(Value::Text(chars))) => {
            let ours: Vec<_> = chars.as_bytes().iter().map(|&byte| u128::from(byte)).collect();
            assert_eq!(ours, bytes, "{field}");
        }
        (_, value) => panic!("{field}: {value:?}"),
    }
}

/// The same field as a description gives the same number.
fn check_layout(byte: u128, bit: Option<usize>, width: usize, payload: &[u8], value: Option<Value>) {
    let (Ok(byte), Ok(width), Ok(len)) = (
        u8::try_from(byte),
        u8::try_from(width),
        u8::try_from(payload.len()),
    ) else {
        return;
    };
    let Some(Value::Unsigned(number)) = value else {
        return;
    };
    let bit = bit.and_then(|bit| u8::try_from(bit).ok()).unwrap_or(7);
    let field = FieldDescription::new("x", byte, width).with_bit(bit);
    let description = Description::new("x", Status::Unconfirmed)
        .with_lengths([len])
        .with_field(field);
    let layout = Layout::new(description).expect("a lawful description");
    let decoded = layout.decode(payload).expect("the length fits");
    let described = decoded.values().next().expect("one field");
    let raw = described.raw.expect("inside the payload");
    assert_eq!(described.reading, Reading::Value(raw.into()));
    // Little-endian fields have their bytes in the other order.
    let bytes = |number: u64| {
        let mut bytes = number.to_be_bytes();
        bytes.sort_unstable();
        bytes
    };
    assert!(raw == number || bytes(raw) == bytes(number));
    let undescribed: u32 = decoded.undescribed().map(|bits| bits.mask.count_ones()).sum();
    assert_eq!(undescribed + u32::from(width), u32::from(len) * 8);
}
