//! JSON push messages: bodies, and plain readers by `serde`.

use std::borrow::Cow;
use std::fmt::Write as _;

use comet_json::logger::Channel::{Analog, Binary};
use comet_json::{Content, HexFloat, Message};
use serde::Deserialize;

/// A body, and whether it is lawful.
#[derive(Debug)]
#[non_exhaustive]
pub struct Body {
    /// Name in tables.
    pub name: &'static str,
    /// The octets.
    pub octets: Vec<u8>,
    /// Whether it is accepted.
    pub lawful: bool,
}

fn channel(number: usize, value: &str) -> String {
    format!(
        "{{\"Nr\":{number},\"En\":1,\"Quant\":\"Temperature\",\"Val\":\"{value}\",\"ValStr\":\"4.5\",\"Unit\":\"°C\",\"Dec\":1,\
         \"Alarm\":[0,1],\"AlarmLim\":[\"C0A00000\",\"40800000\"],\"AlarmMode\":[1,2]}}"
    )
}

fn message(json_type: u8, channels: &[String]) -> Vec<u8> {
    let mut body = format!(
        "{{\"JsonType\":{json_type},\"JsonVersion\":1,\"OrderId\":118,\"MsgType\":3,\"MsgCache\":5,\"Sn\":\"21990417\",\
         \"Desc\":\"Cold store 7\",\"Kind\":3,\"AState\":{{\"Reg\":386,\"Mask\":4352}},\"NConf\":12,\
         \"ConfID\":\"0-5D20C1A7-01F3\",\"Interval\":600,\"Time\":{{\"Now\":\"2023-03-14T07:30:00+01:00\",\
         \"Sample\":\"2023-03-14T07:20:00+01:00\",\"IsValid\":1}},\"Rssi\":{{\"Now\":-61,\"Sample\":-99}},\
         \"LocalIP\":\"10.20.30.44\",\"Channels\":["
    );
    // Writing to a string cannot fail.
    let _ = write!(body, "{}]}}", channels.join(","));
    body.into_bytes()
}

/// A logger that measures on two channels.
fn logger(last: &str) -> Vec<u8> {
    let channel = |number, value| {
        format!("[{number},0,\"Temperature\",\"{value}\",\"°C\",1,[0,1],[\"c0a00000\",\"40800000\"],[1,2]]")
    };
    format!(
        "[1,6,17,\"2BA2D0E8\",254,0,21990417,\"Van 12\",23,\"2BA2CE90\",4,60,1800,0,1,65535,192,7,0,\"k3k3k3k3k3k3k3k3\",88,\
         [{},{}]]",
        channel(1, "40dccccd"),
        channel(2, last)
    )
    .into_bytes()
}

/// The bodies of the benches.
#[must_use]
pub fn bodies() -> Vec<Body> {
    let eight: Vec<_> = (1..=8).map(|number| channel(number, "40900000")).collect();
    let mut late = eight.clone();
    late.truncate(7);
    late.push(channel(8, "4090000"));
    let few = eight.get(..2).unwrap_or_default();
    let body = |name, octets, lawful| Body { name, octets, lawful };
    vec![
        body("small", message(2, few.get(..1).unwrap_or_default()), true),
        body("typical", message(2, few), true),
        body("eight channels", message(2, &eight), true),
        body("refused early", message(9, few), false),
        body("refused late", message(2, &late), false),
        body("logger", logger("40900000"), true),
        body("logger, refused late", logger("4090000"), false),
    ]
}

/// What a service would write to read a message. It checks less: no range but that of the integer types, no repeated member
/// inside ignored ones, no depth, no date, a sign among the hexadecimal digits. It also takes less: every member has to be
/// there, and every channel of a logger has to measure.
#[derive(Debug)]
#[non_exhaustive]
pub enum Plain<'a> {
    /// Type 2.
    Wifi(Wifi<'a>),
    /// Type 1.
    Logger(Logger<'a>),
}

/// Type 2, by names.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "filling the members is the task")]
pub struct Wifi<'a> {
    json_type: u8,
    json_version: u8,
    order_id: u32,
    msg_type: u8,
    msg_cache: u8,
    #[serde(borrow)]
    sn: Cow<'a, str>,
    #[serde(borrow)]
    desc: Cow<'a, str>,
    kind: u8,
    a_state: AState,
    n_conf: u8,
    #[serde(rename = "ConfID", borrow)]
    conf_id: Cow<'a, str>,
    interval: u16,
    #[serde(borrow)]
    time: Time<'a>,
    rssi: Rssi,
    #[serde(rename = "LocalIP", borrow)]
    local_ip: Cow<'a, str>,
    #[serde(borrow)]
    channels: Vec<Channel<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "filling the members is the task")]
struct AState {
    reg: u16,
    mask: u16,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "filling the members is the task")]
struct Time<'a> {
    #[serde(borrow)]
    now: Cow<'a, str>,
    #[serde(borrow)]
    sample: Cow<'a, str>,
    is_valid: u8,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "filling the members is the task")]
struct Rssi {
    now: i16,
    sample: i16,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "filling the members is the task")]
struct Channel<'a> {
    nr: u8,
    en: u8,
    #[serde(borrow)]
    quant: Cow<'a, str>,
    #[serde(deserialize_with = "bits")]
    val: u32,
    #[serde(borrow)]
    val_str: Cow<'a, str>,
    #[serde(borrow)]
    unit: Cow<'a, str>,
    dec: u8,
    alarm: [u8; 2],
    #[serde(deserialize_with = "two_bits")]
    alarm_lim: [u32; 2],
    alarm_mode: [u8; 2],
}

/// Type 1, by position.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "filling the elements is the task")]
pub struct Logger<'a> {
    json_type: u8,
    json_version: u8,
    rssi: u8,
    #[serde(deserialize_with = "bits")]
    time_now: u32,
    order_id: u8,
    is_async: u8,
    sn: u32,
    #[serde(borrow)]
    desc: Cow<'a, str>,
    kind: u8,
    #[serde(deserialize_with = "bits")]
    time: u32,
    timezone: i8,
    interval_power: u32,
    interval_battery: u32,
    rst_ok: u8,
    buffered_max: u8,
    state_mask: u16,
    state: u16,
    n_conf: u8,
    alarms_off: u8,
    #[serde(borrow)]
    customer_uid: Cow<'a, str>,
    battery_percent: u8,
    #[serde(borrow)]
    channels: Vec<AnalogChannel<'a>>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "filling the elements is the task")]
struct AnalogChannel<'a> {
    number: u8,
    is_binary: u8,
    #[serde(borrow)]
    quantity: Cow<'a, str>,
    #[serde(deserialize_with = "bits")]
    value: u32,
    #[serde(borrow)]
    unit: Cow<'a, str>,
    decimals: u8,
    alarm: [u8; 2],
    #[serde(deserialize_with = "two_bits")]
    limits: [u32; 2],
    behaviours: [u8; 2],
}

fn hex<E: serde::de::Error>(text: &str) -> Result<u32, E> {
    match u32::from_str_radix(text, 16) {
        Ok(bits) if text.len() == 8 => Ok(bits),
        _ => Err(E::custom("not eight hexadecimal digits")),
    }
}

fn bits<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    hex(<&str>::deserialize(deserializer)?)
}

fn two_bits<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<[u32; 2], D::Error> {
    let [one, two] = <[&str; 2]>::deserialize(deserializer)?;
    Ok([hex(one)?, hex(two)?])
}

/// Serial number, and the bits of value and limits of each channel.
pub type Told = (u32, Vec<[u32; 3]>);

impl Plain<'_> {
    /// To be compared before anything is timed.
    #[must_use]
    pub fn told(&self) -> Option<Told> {
        let of = |value, [limit1, limit2]: [u32; 2]| [value, limit1, limit2];
        Some(match self {
            Self::Wifi(wifi) => (
                wifi.sn.parse().ok()?,
                wifi.channels
                    .iter()
                    .map(|channel| of(channel.val, channel.alarm_lim))
                    .collect(),
            ),
            Self::Logger(logger) => (
                logger.sn,
                logger
                    .channels
                    .iter()
                    .map(|channel| of(channel.value, channel.limits))
                    .collect(),
            ),
        })
    }

    fn wifi(wifi: Wifi<'_>) -> Option<Plain<'_>> {
        (wifi.json_type == 2).then_some(Plain::Wifi(wifi))
    }

    fn logger(logger: Logger<'_>) -> Option<Plain<'_>> {
        (logger.json_type == 1).then_some(Plain::Logger(logger))
    }
}

/// By `serde_json`.
#[must_use]
pub fn serde(body: &[u8]) -> Option<Plain<'_>> {
    match body {
        [b'[', ..] => serde_json::from_slice(body).ok().and_then(Plain::logger),
        _ => serde_json::from_slice(body).ok().and_then(Plain::wifi),
    }
}

/// By `simd-json`, which works in a copy that it changes; the copy is part of the task.
#[must_use]
pub fn simd<'b>(body: &[u8], copy: &'b mut Vec<u8>) -> Option<Plain<'b>> {
    copy.clear();
    copy.extend_from_slice(body);
    match body {
        [b'[', ..] => simd_json::from_slice(copy).ok().and_then(Plain::logger),
        _ => simd_json::from_slice(copy).ok().and_then(Plain::wifi),
    }
}

/// This crate.
#[must_use]
pub fn ours(body: &[u8]) -> Option<Message<'_>> {
    comet_json::decode(body).ok()
}

/// As [`Plain::told`].
#[must_use]
pub fn told(message: &Message<'_>) -> Option<Told> {
    let of = |value: HexFloat, limits: [HexFloat; 2]| {
        let [limit1, limit2] = limits.map(HexFloat::to_bits);
        [value.to_bits(), limit1, limit2]
    };
    let channels: Option<_> = match &message.content {
        Content::Wifi(wifi) => wifi
            .channels
            .iter()
            .map(|channel| {
                let [limit1, limit2] = channel.limits?;
                Some(of(channel.value?, [limit1?, limit2?]))
            })
            .collect(),
        Content::Logger(logger) => logger
            .channels
            .iter()
            .map(|channel| match channel {
                Analog(channel) => Some(of(channel.value, channel.limits)),
                Binary(_) => None,
            })
            .collect(),
        _ => None,
    };
    Some((message.content.serial()?.number(), channels?))
}

/// Whether all readers say the same of a body.
#[must_use]
pub fn agree(body: &Body) -> bool {
    let mut copy = Vec::new();
    let ours = ours(&body.octets).and_then(|message| told(&message));
    ours.is_some() == body.lawful
        && ours == serde(&body.octets).and_then(|message| message.told())
        && ours == simd(&body.octets, &mut copy).and_then(|message| message.told())
}
