//! Against `serde_json`: the same verdict on what is JSON, and the same values.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use comet_json::{Content, ErrorKind, HexFloat, Options, Text, decode_with};
use serde_json::Value;
use support::{LOGGER_CHANNELS, Noise, decode_cases, logger, wifi, wifi_channel};

/// What a plain reader says of the JSON. `None` where the two are known to differ.
fn is_json(body: &[u8]) -> Option<bool> {
    let body = body.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(body);
    match serde_json::from_slice::<Value>(body) {
        // Deeper than 16 is refused here, deeper than 128 there.
        Ok(value) => (depth(&value) <= 16).then_some(true),
        Err(error) => {
            let error = error.to_string();
            // 1e999 is a number of JSON, but none of serde_json. The depth is left at the first bracket too many.
            (!error.contains("number out of range") && !error.contains("recursion limit")).then_some(false)
        }
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(all) => 1 + all.iter().map(depth).max().unwrap_or(0),
        Value::Object(all) => 1 + all.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn is_structural(kind: ErrorKind) -> bool {
    matches!(
        kind.code(),
        "not-json" | "trailing-data" | "invalid-utf8" | "too-deep" | "too-large"
    )
}

fn check(body: &[u8], options: &Options) -> bool {
    let decoded = decode_with(body, options);
    if let Some(json) = is_json(body) {
        let ours = decoded
            .as_ref()
            .err()
            .is_none_or(|error| !is_structural(error.kind));
        // What is too deep and broken behind is refused for its depth.
        let too_deep = decoded
            .as_ref()
            .is_err_and(|error| error.kind == ErrorKind::TooDeep);
        assert!(
            ours == json || (too_deep && !json),
            "{decoded:?} {}",
            String::from_utf8_lossy(body)
        );
    }
    if let Ok(message) = decoded {
        let plain = body.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(body);
        if let Ok(value) = serde_json::from_slice::<Value>(plain) {
            same(&message.content, &value);
        }
        return true;
    }
    false
}

fn same_text(text: Option<Text<'_>>, value: &Value) {
    assert_eq!(text.map(|text| text.to_string()).as_deref(), value.as_str());
}

fn same_int(int: Option<impl Into<i64>>, value: &Value) {
    let value = value.as_i64().or_else(|| value.as_bool().map(i64::from));
    let minus_zero = int.is_some() && value.is_none();
    assert!(minus_zero || int.map(Into::into) == value);
}

fn same_float(float: Option<HexFloat>, value: &Value) {
    let text = value.as_str().filter(|text| !text.is_empty());
    let bits = text.map(|text| u32::from_str_radix(text, 16).unwrap());
    assert_eq!(float.map(HexFloat::to_bits), bits);
}

fn same_pair<T: Copy>(pair: Option<[T; 2]>, value: &Value, one: impl Fn(T, &Value)) {
    assert_eq!(pair.is_some(), value.is_array());
    if let (Some(pair), Some(values)) = (pair, value.as_array()) {
        assert_eq!(values.len(), 2);
        one(pair[0], &values[0]);
        one(pair[1], &values[1]);
    }
}

fn same(content: &Content<'_>, value: &Value) {
    match content {
        Content::Wifi(message) => {
            same_int(message.json_version, &value["JsonVersion"]);
            same_int(message.order_id, &value["OrderId"]);
            same_int(message.msg_type.map(|code| code.0), &value["MsgType"]);
            same_int(message.kind.map(|code| code.0), &value["Kind"]);
            same_int(message.nconf, &value["NConf"]);
            same_int(message.interval_s, &value["Interval"]);
            same_text(message.desc, &value["Desc"]);
            same_text(message.conf_id, &value["ConfID"]);
            same_text(message.local_ip, &value["LocalIP"]);
            let [reg, mask] = message.state.map_or([None; 2], |state| [state.reg, state.mask]);
            same_int(reg.map(|bits| bits.0), &value["AState"]["Reg"]);
            same_int(mask.map(|bits| bits.0), &value["AState"]["Mask"]);
            same_int(
                message.rssi.and_then(|rssi| rssi.now).map(|level| level.0),
                &value["Rssi"]["Now"],
            );
            same_int(message.time.valid.map(i64::from), &value["Time"]["IsValid"]);
            let channels = value["Channels"].as_array().unwrap();
            assert_eq!(message.channels.len(), channels.len());
            for (channel, value) in message.channels.iter().zip(channels) {
                same_int(channel.nr.map(|nr| nr.get()), &value["Nr"]);
                same_int(channel.enabled.map(i64::from), &value["En"]);
                same_int(channel.decimals, &value["Dec"]);
                same_text(channel.quantity, &value["Quant"]);
                same_text(channel.text, &value["ValStr"]);
                same_text(channel.unit, &value["Unit"]);
                same_float(channel.value, &value["Val"]);
                same_pair(channel.alarm, &value["Alarm"], |flag, value| {
                    same_int(Some(i64::from(flag)), value)
                });
                same_pair(channel.modes, &value["AlarmMode"], |mode, value| {
                    same_int(Some(mode.0), value)
                });
                same_pair(channel.limits, &value["AlarmLim"], same_float);
            }
        }
        Content::Logger(message) => {
            same_int(Some(message.order_id), &value[4]);
            same_text(Some(message.desc), &value[7]);
            same_int(Some(message.kind), &value[8]);
            same_int(Some(message.timezone.0), &value[10]);
            same_int(Some(message.state.0), &value[16]);
            same_text(Some(message.customer_uid.0), &value[19]);
            same_int(message.battery_percent, &value[20]);
            for (channel, value) in message.channels.iter().zip(value[21].as_array().unwrap()) {
                same_int(Some(channel.number()), &value[0]);
                same_text(Some(channel.quantity()), &value[2]);
                if let comet_json::logger::Channel::Analog(channel) = channel {
                    same_float(Some(channel.value), &value[3]);
                    same_pair(Some(channel.limits), &value[7], |limit, value| {
                        same_float(Some(limit), value)
                    });
                }
            }
        }
        _ => {}
    }
}

#[test]
fn vectors_are_judged_alike() {
    // A limit of length is no matter of JSON, and legacy layouts have other positions.
    let cases = decode_cases().into_iter();
    for case in cases.filter(|case| case.options.max_len == Options::new().max_len && !case.options.legacy) {
        check(&case.body, &case.options);
    }
}

/// Pieces that JSON is made of, whole and broken.
const PIECES: [&str; 45] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "0",
    "1",
    "-",
    ".",
    "e",
    "E",
    "+",
    "9",
    "true",
    "false",
    "null",
    "nul",
    " ",
    "\n",
    "\t",
    "\u{B}",
    "\u{0}",
    "\"\"",
    "\"x\":",
    "\"Nr\":",
    "\"Sn\":\"1\",",
    "\\u0041",
    "\\ud83c\\udf21",
    "\\ud83c",
    "\\n",
    "\\x",
    "é",
    "\u{FEFF}",
    "[1,{}]",
    "{\"a\":[]},",
    "1e999",
    "01",
    "-0",
    "1.5",
    "[[[[[[[[[",
    "]]]]]]]]]",
    "\"Val\":\"\"",
];

/// Random edits of good bodies: most of them no JSON any more, many JSON that is no message, some still messages.
#[test]
fn edited_bodies_are_judged_alike() {
    let good = [
        wifi(&wifi_channel(1), ""),
        wifi(
            &[1, 2].map(wifi_channel).join(","),
            ",\"x\":{\"y\":[1,2.5e3,null]}",
        )
        .replace("Cold", r"C\u006f\n"),
        logger(LOGGER_CHANNELS),
        r#"{"JsonType":2,"Sn":"7","Time":{"Sample":"2024-01-01T00:00:00Z"},"Channels":[{},{"Val":""}]}"#
            .to_owned(),
    ];
    let mut noise = Noise(7);
    let (mut accepted, mut json) = (0, 0);
    for round in 0..60_000 {
        let mut body = good[round % good.len()].clone().into_bytes();
        for _ in 0..=noise.below(3) {
            let at = noise.below(body.len());
            match noise.below(4) {
                0 => drop(body.remove(at)),
                1 => {
                    let end = (at + noise.below(12)).min(body.len());
                    body.drain(at..end);
                }
                2 => {
                    let piece = PIECES[noise.below(PIECES.len())];
                    body.splice(at..at, piece.bytes());
                }
                _ => {
                    let piece = PIECES[noise.below(PIECES.len())];
                    body.splice(at..=at, piece.bytes());
                }
            }
            if body.is_empty() {
                break;
            }
        }
        json += usize::from(is_json(&body) == Some(true));
        accepted += usize::from(check(&body, &Options::new()));
    }
    assert!(json > 5_000 && accepted > 1_500, "{json} {accepted}");
}

/// Spaces wherever JSON allows them.
fn spaced(body: &str) -> String {
    let (mut out, mut in_string, mut escaped) = (String::from("\n"), false, false);
    for c in body.chars() {
        if in_string {
            in_string = c != '"' || escaped;
            escaped = c == '\\' && !escaped;
            out.push(c);
        } else if matches!(c, '{' | '}' | '[' | ']' | ',' | ':') {
            out.extend([' ', c, '\t']);
        } else {
            in_string = c == '"';
            out.push(c);
        }
    }
    out.push_str("\r\n");
    out
}

/// The same value with the members of every object in reverse order.
fn reversed(value: &Value) -> String {
    let join = |all: Vec<String>| all.join(",");
    match value {
        Value::Object(all) => {
            let members = all.iter().rev();
            let members =
                members.map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), reversed(value)));
            format!("{{{}}}", join(members.collect()))
        }
        Value::Array(all) => format!("[{}]", join(all.iter().map(reversed).collect())),
        other => other.to_string(),
    }
}

/// What devices write goes a shorter way than everything else; both have to lead to the same message.
#[test]
fn white_space_and_order_change_nothing() {
    for case in decode_cases() {
        let options = case.options.with_max_len(Options::new().max_len);
        let Ok(message) = decode_with(&case.body, &options) else {
            continue;
        };
        let text = std::str::from_utf8(&case.body).unwrap();
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let spaced = spaced(text);
        assert_eq!(
            decode_with(spaced.as_bytes(), &options),
            Ok(message),
            "{}",
            case.id
        );
        let value: Value = serde_json::from_str(text).unwrap();
        // serde_json keeps one of two equal names; only unknown ones can be equal here.
        let reversed = reversed(&value);
        let read = decode_with(reversed.as_bytes(), &options).unwrap();
        assert_eq!(
            (read.content, read.warnings),
            (message.content, message.warnings),
            "{}",
            case.id
        );
    }
}
