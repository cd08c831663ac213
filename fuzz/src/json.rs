//! Laws of `comet-json`, against a plain reader of JSON.

use comet_json::limits::{MAX_DEPTH, Options, Types};
use comet_json::logger::{Channel, LoggerMessage};
use comet_json::{Channels, Content, HexFloat, Message, MessageType, Serial, decode_with};
use serde_json::Value;

/// Decodes under several options; whatever is accepted is JSON of bounded depth to `serde_json` too, with the same sender and
/// the same values, and is written back the same. A narrower choice of types refuses, and changes nothing else.
pub fn decoding(body: &[u8]) {
    let all = Options::new().with_legacy(true).with_batch(true);
    for options in [Options::new(), all, all.with_max_len(300)] {
        match decode_with(body, &options) {
            Ok(message) => accepted(body, &message),
            Err(error) => {
                assert!(error.offset <= body.len(), "{error:?}");
                assert!(!error.kind.code().is_empty());
            }
        }
    }
    let whole = decode_with(body, &all);
    for only in [MessageType::Logger, MessageType::Wifi, MessageType::Wired] {
        let types = Types::NONE.with(only);
        match (decode_with(body, &all.with_types(types)), &whole) {
            (Ok(one), Ok(whole)) => assert_eq!((one, only), (*whole, whole.content.message_type())),
            (Ok(one), Err(error)) => panic!("{error:?} {one:?}"),
            (Err(_), Ok(whole)) => assert_ne!(only, whole.content.message_type()),
            (Err(_), Err(_)) => {}
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
    assert!(depth(&value) <= usize::from(MAX_DEPTH), "{message:?}");
    match &message.content {
        Content::Wifi(wifi) => {
            assert_eq!(value["JsonType"], 2);
            serial(wifi.serial, &value["Sn"]);
            values(&wifi.channels, |channel| channel.value, &value["Channels"]);
        }
        Content::Wired(wired) => {
            assert_eq!(value["JsonType"], 5);
            serial(wired.serial, &value["Sn"]);
            values(&wired.channels, |channel| channel.value, &value["Channels"]);
        }
        Content::Logger(one) => logger(one, &value),
        Content::LoggerBatch(batch) => {
            let values = elements(&value);
            assert_eq!(batch.into_iter().count(), values.len());
            for (one, value) in batch.into_iter().zip(values) {
                logger(&one, value);
            }
        }
        content => panic!("a content without a law: {content:?}"),
    }
    round_trip(&message.content);
}

/// Objects and arrays inside each other.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(all) => 1 + all.iter().map(depth).max().unwrap_or_default(),
        Value::Object(all) => 1 + all.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// Type 1, by position (L §3).
fn logger(message: &LoggerMessage<'_>, value: &Value) {
    assert_eq!(value[1], message.version);
    let position = match message.version {
        6 => 6,
        4 | 5 => 5,
        _ => 4,
    };
    serial(message.serial, &value[position]);
    let channels = elements(value).last().map(elements).unwrap_or_default();
    assert_eq!(message.channels.len(), channels.len());
    for (ours, theirs) in message.channels.iter().zip(channels) {
        assert_eq!(theirs[0], ours.number());
        assert_eq!(theirs[2], ours.quantity().to_string());
        match ours {
            Channel::Analog(channel) => {
                assert_eq!(theirs[1], 0);
                assert_eq!(Some(channel.value.to_bits()), bits(&theirs[3]));
                assert_eq!(theirs[4], channel.unit.to_string());
                // As number: `-0` is the integer 0.
                assert_eq!(theirs[5].as_f64(), Some(f64::from(channel.decimals)));
                assert_eq!(
                    channel.limits.map(|limit| Some(limit.to_bits())),
                    [0, 1].map(|limit| bits(&theirs[7][limit]))
                );
            }
            Channel::Binary(channel) => {
                assert_eq!(theirs[1], 1);
                assert_eq!(theirs[4].as_f64(), Some(f64::from(channel.state)));
            }
        }
    }
}

fn elements(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn bits(value: &Value) -> Option<u32> {
    u32::from_str_radix(value.as_str()?, 16).ok()
}

fn serial(ours: Serial, value: &Value) {
    let theirs = match value {
        Value::String(text) => text.parse::<u32>().ok(),
        // `-0` is the integer 0.
        other => other
            .as_u64()
            .or_else(|| (other.as_f64() == Some(0.0)).then_some(0))
            .and_then(|n| u32::try_from(n).ok()),
    };
    assert_eq!(Some(ours.number()), theirs);
}

fn values<'a, C: Copy>(channels: &Channels<'a, C>, value: impl Fn(C) -> Option<HexFloat>, all: &Value)
where
    for<'c> &'c Channels<'a, C>: IntoIterator<Item = C>,
{
    let ours: Vec<_> = channels
        .into_iter()
        .map(|channel| value(channel).map(HexFloat::to_bits))
        .collect();
    let theirs: Vec<_> = elements(all)
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
    let is_batch = matches!(content, Content::LoggerBatch(_));
    let options = Options::new().with_max_len(usize::MAX).with_batch(is_batch);
    let read = match decode_with(&once, &options) {
        Ok(read) => read,
        Err(error) => panic!("{error:?} {}", String::from_utf8_lossy(&once)),
    };
    assert_eq!(read.content, *content, "{}", String::from_utf8_lossy(&once));
    assert_eq!(read.content.to_vec().ok().as_deref(), Some(once.as_slice()));
}
