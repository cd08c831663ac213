//! JSON push messages, value by value.

use comet_json::{Content, HexFloat, logger};

use super::{check, refused};
use crate::Failure;
use crate::decode::visible;

pub(super) fn explain(body: &[u8]) -> Result<(), Failure> {
    println!(
        "JSON push message, {} octets. W: comet-wifi-json.md, L: comet-logger-http.md.\n",
        body.len()
    );
    let message = match comet_json::decode(body) {
        Ok(message) => message,
        Err(error) => return Err(refused(body, error.kind.code(), &error, error.offset)),
    };
    check(
        "size",
        &format!("{} of {} octets", body.len(), comet_json::limits::MAX_BODY_LEN),
        "W §8, L §5",
    );
    check(
        "JSON",
        "well-formed UTF-8, no member twice, not too deep",
        "W §8, L §5",
    );
    let is_array = matches!(message.content, Content::Logger(_));
    let number = message.content.message_type().number();
    check(
        "type",
        &format!(
            "JsonType {number}, {}",
            if is_array { "an array" } else { "an object" }
        ),
        "W §1",
    );
    let serial = message
        .content
        .serial()
        .map_or_else(String::new, |serial| serial.to_string());
    check(
        "serial",
        &format!("{serial}: nothing in the message proves it"),
        "W §2, L §1",
    );
    match &message.content {
        Content::Wifi(wifi) => sensor_time(wifi.time),
        Content::Wired(wired) => sensor_time(wired.time),
        Content::Logger(logger) => logger_time(logger),
        _ => {}
    }
    println!("\n{:>11}  {:28} {:36} meaning", "octets", "place", "value");
    // The text was checked: it is UTF-8 and well-formed.
    for row in rows(core::str::from_utf8(body).unwrap_or_default()) {
        let text: String = row.text.chars().take(36).map(visible).collect();
        let place: String = row.path.chars().map(visible).collect();
        let meaning = meaning(&row.path, row.text, is_array);
        println!(
            "{:>11}  {place:28} {text:36} {meaning}",
            format!("{}..{}", row.start, row.end)
        );
    }
    println!();
    message
        .warnings
        .iter()
        .for_each(|warning| println!("warning: {}", warning.code()));
    Ok(())
}

fn sensor_time(time: comet_json::Time<'_>) {
    let taken = match (time.taken(), time.age_s()) {
        (Some(taken), _) => format!("taken at {} s since 1970, by a valid clock", taken.unix_s()),
        (None, Some(age)) => format!("the clock is not valid; {age} s old when it was sent"),
        (None, None) => "the clock is not valid and there is no age: the arrival counts".to_owned(),
    };
    check("time", &taken, "W §4.1");
}

fn logger_time(logger: &logger::LoggerMessage<'_>) {
    let age = logger.age_s().map_or_else(
        || "no age".to_owned(),
        |age| format!("{age} s old when it was sent"),
    );
    let local = logger
        .unix_if_local()
        .map_or_else(|| "no offset".to_owned(), |unix| format!("{unix} if local"));
    check(
        "time",
        &format!(
            "{age}; {} s since 1970 if UTC, {local}",
            logger.time.unix_if_utc()
        ),
        "L §4.1",
    );
}

/// A value that is no container.
pub(super) struct Row<'a> {
    pub(super) path: String,
    pub(super) text: &'a str,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What is open around the place in the text.
enum Open<'a> {
    Object(&'a str),
    Array(usize),
}

/// Walks a text that was checked.
pub(super) fn rows(text: &str) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let mut open: Vec<Open<'_>> = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut name_next = false;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at = at.saturating_add(1);
        match byte {
            b'{' => {
                open.push(Open::Object(""));
                name_next = true;
            }
            b'[' => open.push(Open::Array(0)),
            b'}' | b']' => {
                open.pop();
                name_next = false;
            }
            b',' => match open.last_mut() {
                Some(Open::Array(index)) => *index = index.saturating_add(1),
                _ => name_next = true,
            },
            b':' => name_next = false,
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => {
                at = end_of_value(bytes, start);
                let value = text.get(start..at).unwrap_or_default();
                match open.last_mut() {
                    Some(Open::Object(name)) if name_next => *name = value.trim_matches('"'),
                    _ => rows.push(Row {
                        path: path(&open),
                        text: value,
                        start,
                        end: at,
                    }),
                }
            }
        }
    }
    rows
}

/// End of the string, number or word that begins here.
fn end_of_value(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    let mut escaped = false;
    let len = if rest.first() == Some(&b'"') {
        let closing = rest.iter().skip(1).position(|&byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        });
        closing.map_or(rest.len(), |at| at.saturating_add(2))
    } else {
        rest.iter()
            .position(|byte| b",]} \t\r\n".contains(byte))
            .unwrap_or(rest.len())
    };
    start.saturating_add(len.max(1))
}

fn path(open: &[Open<'_>]) -> String {
    let mut path = String::new();
    for level in open {
        match level {
            Open::Object(name) if path.is_empty() => path.push_str(name),
            Open::Object(name) => {
                path.push('.');
                path.push_str(name);
            }
            Open::Array(index) => path.push_str(&format!("[{index}]")),
        }
    }
    path
}

/// What a place means, with its section.
fn meaning(path: &str, text: &str, is_array: bool) -> String {
    let float = || {
        let bits = u32::from_str_radix(text.trim_matches('"'), 16).ok();
        match bits.map(HexFloat::from_bits) {
            Some(HexFloat::Error(number)) => format!("device error {number}"),
            Some(HexFloat::Number(number)) => format!("{}", number.as_f32()),
            _ => "no value".to_owned(),
        }
    };
    if is_array {
        return logger_meaning(path, float);
    }
    let name = path.rsplit('.').next().unwrap_or(path);
    let name = name.split('[').next().unwrap_or(name);
    let text = match name {
        "JsonType" => "message type (W §1)",
        "JsonVersion" => "message version (W §4)",
        "OrderId" => "number since restart (W §4)",
        "MsgType" => "why it was sent (W §4, §A.2)",
        "MsgCache" => "0 sent at once, else what failed before (W §3.4, §A.2)",
        "Sn" => "serial number (W §4)",
        "Desc" => "name of the device (W §4)",
        "Kind" => "model (W §1.1, §A.3)",
        "Reg" => "state when the values were taken (W §6, §A.4)",
        "Mask" => "which states are enabled (W §6)",
        "NConf" | "ConfID" => "configuration (W §4)",
        "Interval" => "sending interval, s (W §4)",
        "Now" => "when it was sent (W §4.1)",
        "Sample" => "when the values were taken (W §4.1)",
        "IsValid" => "whether the clock is valid (W §4.1)",
        "LocalIP" | "LocalIPv4" => "address of the device (W §4, §A.2)",
        "Nr" => "channel number (W §4.2)",
        "En" => "whether the channel is enabled (W §4.2)",
        "Quant" => "name of the channel (W §4.2)",
        "Val" => return format!("{} (W §5)", float()),
        "ValStr" => "the value for people, rounded (W §4.2)",
        "Unit" => "unit (W §4.2)",
        "Dec" => "decimals for display (W §4.2)",
        "Alarm" => "alarm active (W §4.2)",
        "AlarmLim" => return format!("limit {} (W §4.2)", float()),
        "AlarmMode" => "0 off, 1 below, 2 above (W §4.2)",
        "Type" => "channel identifiers, fixed and detected (W §A.2)",
        "BinDesc" => "texts of a binary channel (W §A.2)",
        _ => "not in the specification, ignored (W §8)",
    };
    text.to_owned()
}

/// By position (L §3).
fn logger_meaning(path: &str, float: impl Fn() -> String) -> String {
    let mut places = path.split(['[', ']']).filter(|part| !part.is_empty());
    let first = places.next().unwrap_or_default();
    let (_, inner) = (places.next(), places.next());
    let text = match (first, inner) {
        ("0", _) => "message type (L §3)",
        ("1", _) => "message version (L §2)",
        ("2", _) => "signal code of the modem (L §4.3)",
        ("3", _) => "clock when it was sent (L §4.1)",
        ("4", _) => "number of the message, wraps (L §4.5)",
        ("5", _) => "sent out of turn (L §3)",
        ("6", _) => "serial number (L §3)",
        ("7", _) => "name of the device (L §3)",
        ("8", _) => "model (L §3)",
        ("9", _) => "clock when the values were taken (L §4.1)",
        ("10", _) => "offset in quarters of an hour (L §3)",
        ("11", _) => "interval on external power, s (L §3)",
        ("12", _) => "interval on battery, s (L §3)",
        ("13", _) => "first after a restart (L §3)",
        ("14", _) => "messages collected before sending (L §4.6)",
        ("15", _) => "which states are alarms (L §4.4)",
        ("16", _) => "state (L §4.4)",
        ("17", _) => "configuration (L §3)",
        ("18", _) => "alarms suspended (L §3)",
        ("19", _) => "key of the customer (L §3)",
        ("20", _) => "battery, % (L §3)",
        ("21", Some("0")) => "channel number (L §3.1)",
        ("21", Some("1")) => "0 analog, 1 binary (L §3.1)",
        ("21", Some("2")) => "name of the channel (L §3.1)",
        ("21", Some("3" | "7")) => return format!("{} (L §3.1, §4.2)", float()),
        ("21", _) => "see L §3.1",
        _ => "not in version 6",
    };
    text.to_owned()
}
