//! Laws of `comet-json`, against a plain reader of JSON.

use comet_json::{Channels, Content, HexFloat, Message, Options, decode_with};
use serde_json::Value;

/// Decodes under several options; whatever is accepted is JSON to `serde_json` too, with the same sender and the same values,
/// and is written back the same.
pub fn decoding(body: &[u8]) {
    for options in [
        Options::new(),
        Options::new().with_legacy(true),
        Options::new().with_batch(true),
        Options::new().with_max_len(300),
    ] {
        match decode_with(body, &options) {
            Ok(message) => accepted(body, &message),
            Err(error) => {
                assert!(error.offset <= body.len(), "{error:?}");
                assert!(!error.kind.code().is_empty());
            }
        }
    }
}

fn accepted(body: &[u8], message: &Message<'_>) {
    let plain = body.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(body);
    let value: Value = match serde_json::from_slice(plain) {
        Ok(value) => value,
        // JSON has no limit for the size of a number, its reader has.
        Err(error) if error.to_string().contains("number out of range") => return,
        Err(error) => panic!("{error}: {message:?}"),
    };
    match &message.content {
        Content::Wifi(wifi) => {
            serial(message, &value["Sn"]);
            values(&wifi.channels, |channel| channel.value, &value["Channels"]);
        }
        Content::Wired(wired) => {
            serial(message, &value["Sn"]);
            values(&wired.channels, |channel| channel.value, &value["Channels"]);
        }
        Content::Logger(_) => {
            let position = if value[1].as_i64().is_some_and(|version| version < 4) {
                4
            } else {
                5
            };
            let position = if value[1].as_i64() == Some(6) { 6 } else { position };
            serial(message, &value[position]);
        }
        _ => return,
    }
    round_trip(&message.content);
}

fn serial(message: &Message<'_>, value: &Value) {
    let ours = message.content.serial().map(|serial| serial.number());
    let theirs = match value {
        Value::String(text) => text.parse::<u32>().ok(),
        // `-0` is the integer 0.
        other => other
            .as_u64()
            .or_else(|| (other.as_f64() == Some(0.0)).then_some(0))
            .and_then(|n| u32::try_from(n).ok()),
    };
    assert_eq!(ours, theirs, "{message:?}");
}

fn values<'a, C: Copy>(channels: &Channels<'a, C>, value: impl Fn(C) -> Option<HexFloat>, all: &Value)
where
    for<'c> &'c Channels<'a, C>: IntoIterator<Item = C>,
{
    let all = all.as_array().map(Vec::as_slice).unwrap_or_default();
    let ours: Vec<_> = channels
        .into_iter()
        .map(|channel| value(channel).map(HexFloat::to_bits))
        .collect();
    let theirs: Vec<_> = all
        .iter()
        .map(|channel| channel["Val"].as_str().filter(|text| !text.is_empty()))
        .map(|text| text.map(|text| u32::from_str_radix(text, 16).expect("eight digits were checked")))
        .collect();
    assert_eq!(ours, theirs);
}

/// What is written reads back equal, and is written the same again.
pub fn round_trip(content: &Content<'_>) {
    let Ok(once) = content.to_vec() else { return };
    assert_eq!(content.encoded_len().ok(), Some(once.len()));
    let read = match decode_with(&once, &Options::new().with_max_len(usize::MAX)) {
        Ok(read) => read,
        // A time that cannot be read is lawful only where the device says that its clock is not valid (W §8 rule 11).
        Err(error) if error.kind.code() == "bad-time" => return,
        Err(error) => panic!("{error:?} {}", String::from_utf8_lossy(&once)),
    };
    assert_eq!(read.content, *content, "{}", String::from_utf8_lossy(&once));
    assert_eq!(read.content.to_vec().ok().as_deref(), Some(once.as_slice()));
}
