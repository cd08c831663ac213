//! Suite `comet-json`: push messages of WiFi sensors, wired sensors and loggers, by `comet-json`.

use core::num::NonZeroU8;

use comet_json::answer::Answer;
use comet_json::logger::{
    self, AnalogChannel, BinaryChannel, CustomerUid, DeviceClock, Interval, LoggerMessage, Timezone,
};
use comet_json::sms::DataSms;
use comet_json::wifi::{self, WifiMessage};
use comet_json::wired::{self, WiredMessage};
use comet_json::{
    AlarmMode, Content, DecodeError, HexFloat, MessageType, Options, Serial, Stamp, Text, Time, Timestamp,
    Types, limits,
};
use serde_json::{Value, json};

use crate::op::{Input, Members, OpError, Outcome, int, octets};

/// `comet-json.decode`: body → message, or several in a batch.
pub(super) fn decode(input: &Input) -> Outcome {
    let input = Members::of(input);
    let body = input.octets("body")?;
    let batch = input.bool_opt("batch")?.unwrap_or(false);
    let options = Options::new()
        .with_max_len(input.int_opt("limit")?.unwrap_or(limits::MAX_BODY_LEN))
        .with_types(types(&input)?)
        .with_legacy(input.bool_opt("legacy")?.unwrap_or(false))
        .with_batch(batch);
    let message = comet_json::decode_with(&body, &options).map_err(|error| refused(&error))?;
    Ok(match message.content {
        Content::Wifi(message) => wifi(&message),
        Content::Wired(message) => wired(&message),
        Content::LoggerBatch(messages) => {
            json!({"messages": messages.iter().map(|message| logger(&message)).collect::<Vec<_>>()})
        }
        Content::Logger(message) => {
            let mut told = logger(&message);
            // Where batches are taken, a lone message is a batch of one, too.
            let alone = batch.then(|| json!([told.clone()]));
            if let (Some(alone), Some(told)) = (alone, told.as_object_mut()) {
                told.insert("messages".to_owned(), alone);
            }
            told
        }
        _ => json!({}),
    })
}

fn types(input: &Members<'_>) -> Result<Types, OpError> {
    if input.list_opt("types")?.is_none() {
        return Ok(Types::ALL);
    }
    let add = |types: Types, number: u8| {
        MessageType::from_number(number)
            .map(|message_type| types.with(message_type))
            .ok_or_else(|| OpError::bad_input("types", "1, 2, 5"))
    };
    input.ints("types")?.into_iter().try_fold(Types::NONE, add)
}

fn refused(error: &DecodeError) -> OpError {
    let mut refused = OpError::new(error.kind.code())
        .at(error.offset)
        .because(error.to_string());
    if let Some(number) = error.kind.number() {
        refused = refused.with("number", int(number));
    }
    if let Some(index) = error.index {
        refused = refused.with("index", index);
    }
    refused
}

fn value(value: Option<HexFloat>) -> Value {
    let bits = |float: HexFloat| octets(&float.to_bits().to_be_bytes());
    match value {
        None => json!({"kind": "none"}),
        Some(float @ HexFloat::Number(_)) => json!({"kind": "number", "bits": bits(float)}),
        Some(HexFloat::Error(code)) => json!({"kind": "error", "code": code}),
        Some(float @ HexFloat::NotANumber(_)) => json!({"kind": "nan", "bits": bits(float)}),
    }
}

fn text(text: Option<Text<'_>>) -> Option<String> {
    text.map(|text| text.to_string())
}

fn texts(texts: [Text<'_>; 2]) -> [String; 2] {
    texts.map(|text| text.to_string())
}

fn modes(modes: [AlarmMode; 2]) -> [u8; 2] {
    modes.map(|mode| mode.0)
}

fn time(time: &Time<'_>) -> Value {
    let stamp = |stamp: Stamp<'_>| {
        let time = stamp.timestamp()?;
        let offset_s = i64::from(time.offset_min()).saturating_mul(60);
        Some(json!({"unix": int(time.unix_s()), "offset-s": offset_s}))
    };
    json!({
        "now": time.now.and_then(stamp),
        "sample": stamp(time.sample),
        "valid": time.valid,
    })
}

fn wifi(message: &WifiMessage<'_>) -> Value {
    let channel = |channel: wifi::Channel<'_>| {
        json!({
            "nr": channel.nr.map(NonZeroU8::get),
            "enabled": channel.enabled,
            "quantity": text(channel.quantity),
            "text": text(channel.text),
            "unit": text(channel.unit),
            "decimals": channel.decimals,
            "value": value(channel.value),
            "alarm": channel.alarm,
            "limits": channel.limits.map(|limits| limits.map(value)),
            "modes": channel.modes.map(modes),
        })
    };
    json!({
        "json-type": 2,
        "json-version": message.json_version.map(int),
        "order-id": message.order_id,
        "msg-type": message.msg_type.map(|code| code.0),
        "msg-cache": message.msg_cache.map(|code| code.0),
        "kind": message.kind.map(|code| code.0),
        "nconf": message.nconf,
        "interval-s": message.interval_s,
        "serial": message.serial.to_string(),
        "desc": text(message.desc),
        "conf-id": text(message.conf_id),
        "local-ip": text(message.local_ip),
        "state": message.state.map(|state| {
            json!({"reg": state.reg.map(|bits| bits.0), "mask": state.mask.map(|bits| bits.0)})
        }),
        "time": time(&message.time),
        "rssi": message.rssi.map(|rssi| {
            let level = |level: Option<wifi::Level>| level.and_then(wifi::Level::dbm);
            json!({"now": level(rssi.now), "sample": level(rssi.sample)})
        }),
        "channels": message.channels.iter().map(channel).collect::<Vec<_>>(),
    })
}

fn wired(message: &WiredMessage<'_>) -> Value {
    let channel = |channel: wired::Channel<'_>| {
        json!({
            "nr": channel.nr.map(NonZeroU8::get),
            "enabled": channel.enabled,
            "quantity": text(channel.quantity),
            "text": text(channel.text),
            "unit": text(channel.unit),
            "decimals": channel.decimals,
            "value": value(channel.value),
            "alarm": channel.alarm,
            "limits": null,
            "modes": channel.modes.map(modes),
            "type": channel.channel_type,
            "bin-desc": channel.bin_desc.map(texts),
        })
    };
    json!({
        "json-type": 5,
        "json-version": message.json_version.map(int),
        "order-id": message.order_id,
        "msg-type": message.msg_type.map(|code| code.0),
        "msg-cache": message.msg_cache.map(|code| code.0),
        "kind": message.kind.map(|code| code.0),
        "nconf": message.nconf,
        "interval-s": message.interval_s,
        "serial": message.serial.to_string(),
        "desc": text(message.desc),
        "conf-id": text(message.conf_id),
        "local-ip": text(message.address()),
        "state": message.state.map(|state| {
            json!({"reg": state.reg.map(|bits| bits.0), "mask": state.mask.map(|bits| bits.0)})
        }),
        "time": time(&message.time),
        "rssi": null,
        "channels": message.channels.iter().map(channel).collect::<Vec<_>>(),
    })
}

fn logger(message: &LoggerMessage<'_>) -> Value {
    let (power, battery) = match message.interval {
        Interval::ByPower {
            external_s,
            battery_s,
        } => (Some(external_s), Some(battery_s)),
        Interval::Single(_) => (None, None),
    };
    json!({
        "json-type": 1,
        "json-version": message.version,
        "rssi": message.rssi.map(|rssi| json!({"code": rssi.0, "dbm": rssi.dbm()})),
        "time-now-count": message.time_now.map(|clock| clock.0),
        "order-id": message.order_id,
        "async": message.is_async,
        "serial": message.serial.to_string(),
        "desc": message.desc.to_string(),
        "kind": message.kind,
        "time-count": message.time.0,
        "unix-if-utc": message.time.unix_if_utc(),
        "unix-if-local": message.unix_if_local(),
        "timezone": message.timezone.0,
        "offset-min": message.timezone.offset_min(),
        "age-s": message.age_s(),
        "interval-power-s": power,
        "interval-battery-s": battery,
        "interval-in-force-s": message.interval_in_force_s(),
        "first-after-reset": message.rst_ok,
        "buffered-max": message.buffered_max,
        "state-mask": message.state_mask.map(|bits| bits.0),
        "state": message.state.0,
        "nconf": message.nconf,
        "alarms-suspended": message.alarms_suspended,
        "customer-uid": message.customer_uid.0.to_string(),
        "battery-percent": message.battery_percent,
        "channels": message.channels.iter().map(logger_channel).collect::<Vec<_>>(),
    })
}

fn logger_channel(channel: logger::Channel<'_>) -> Value {
    match channel {
        logger::Channel::Analog(channel) => json!({
            "number": channel.number,
            "kind": "analog",
            "quantity": channel.quantity.to_string(),
            "value": value(Some(channel.value)),
            "unit": channel.unit.to_string(),
            "decimals": channel.decimals,
            "alarm": channel.alarm,
            "limits": channel.limits.map(Some).map(value),
            "behaviours": modes(channel.behaviours),
        }),
        logger::Channel::Binary(channel) => json!({
            "number": channel.number,
            "kind": "binary",
            "quantity": channel.quantity.to_string(),
            "descriptions": texts(channel.descriptions),
            "state": channel.state,
            "state-text": text(channel.state_text()),
            "alarm": channel.alarm,
            "behaviours": modes(channel.behaviours),
        }),
    }
}

/// `comet-json.encode`: a message of type 2, or of type 1 version 6 → body.
pub(super) fn encode(input: &Input) -> Outcome {
    let input = Members::of(input);
    let body = match input.int("json-type")? {
        1_i64 => logger_body(&input)?,
        2 => wifi_body(&input)?,
        number => return Err(OpError::new("unsupported-type").with("number", number)),
    };
    Ok(json!({"body": octets(&body)}))
}

fn serial(input: &Members<'_>) -> Result<Serial, OpError> {
    let serial = Serial::parse(input.text("serial")?);
    serial.ok_or_else(|| OpError::bad_input("serial", "a serial number"))
}

/// A list of two.
fn pair<'a, T>(
    input: &Members<'a>,
    name: &str,
    each: impl Fn(&'a Value) -> Option<T>,
) -> Result<Option<[T; 2]>, OpError> {
    let Some(list) = input.list_opt(name)? else {
        return Ok(None);
    };
    let [first, second] = list else {
        return Err(OpError::bad_input(name, "a list of two"));
    };
    let both = each(first)
        .zip(each(second))
        .map(|(first, second)| [first, second]);
    both.map(Some)
        .ok_or_else(|| OpError::bad_input(name, "two entries of its kind"))
}

fn demanded<T>(value: Option<T>, name: &str) -> Result<T, OpError> {
    value.ok_or_else(|| OpError::bad_input(name, "a member of the message"))
}

fn mode_pair(input: &Members<'_>, name: &str) -> Result<Option<[AlarmMode; 2]>, OpError> {
    let code = |value: &Value| u8::try_from(value.as_u64()?).ok().map(AlarmMode);
    pair(input, name, code)
}

/// A value as the suite writes it; `Some(None)` is no value, `None` is none of the suite's.
#[expect(clippy::option_option, reason = "no value is a value")]
fn float(kind: &str, code: Option<u64>, bits: Option<&str>) -> Option<Option<HexFloat>> {
    match kind {
        "none" => Some(None),
        "error" => u8::try_from(code?).ok().map(HexFloat::Error).map(Some),
        "number" | "nan" => {
            let bits = u32::from_str_radix(bits?, 16).ok()?;
            Some(Some(HexFloat::from_bits(bits)))
        }
        _ => None,
    }
}

#[expect(clippy::option_option, reason = "no value is a value")]
fn float_in_list(value: &Value) -> Option<Option<HexFloat>> {
    let code = value.get("code").and_then(Value::as_u64);
    let bits = value.get("bits").and_then(Value::as_str);
    float(value.get("kind")?.as_str()?, code, bits)
}

fn float_of(input: &Members<'_>, name: &str) -> Result<Option<HexFloat>, OpError> {
    let Some(value) = input.object_opt(name)? else {
        return Ok(None);
    };
    let (code, bits) = (value.int_opt("code")?, value.text_opt("bits")?);
    float(value.text("kind")?, code, bits).ok_or_else(|| OpError::bad_input(name, "a value"))
}

fn stamp(input: &Members<'_>, name: &str) -> Result<Option<Stamp<'static>>, OpError> {
    let Some(stamp) = input.object_opt(name)? else {
        return Ok(None);
    };
    let offset_s: i32 = stamp.int("offset-s")?;
    let time = i16::try_from(offset_s / 60)
        .ok()
        .and_then(|offset_min| Timestamp::new(stamp.int("unix").ok()?, offset_min));
    time.map(|time| Some(Stamp::Read(time)))
        .ok_or_else(|| OpError::bad_input(name, "a time"))
}

fn wifi_body(input: &Members<'_>) -> Result<Vec<u8>, OpError> {
    let all = input.objects("channels")?;
    let channels = all.iter().map(wifi_channel).collect::<Result<Vec<_>, _>>()?;
    let list = wifi::Channel::list(&channels)
        .ok_or_else(|| OpError::bad_input("channels", "at most 64, no number twice"))?;
    let time = input.object("time")?;
    // No time is written as an empty text.
    let sample = stamp(&time, "sample")?.unwrap_or(Stamp::Unreadable(Text::default()));
    let epoch = demanded(Timestamp::new(0, 0), "sample")?;
    let mut message = WifiMessage::new(serial(input)?, epoch, list);
    message.json_version = input.int_opt("json-version")?;
    message.order_id = input.int_opt("order-id")?;
    message.msg_type = input.int_opt("msg-type")?.map(wifi::MsgType);
    message.msg_cache = input.int_opt("msg-cache")?.map(wifi::MsgCache);
    message.desc = input.text_opt("desc")?.map(Text::from);
    message.kind = input.int_opt("kind")?.map(wifi::Kind);
    if let Some(bits) = input.object_opt("state")? {
        let mut state = wifi::AState::default();
        state.reg = bits.int_opt("reg")?.map(wifi::State);
        state.mask = bits.int_opt("mask")?.map(wifi::State);
        message.state = Some(state);
    }
    message.nconf = input.int_opt("nconf")?;
    message.conf_id = input.text_opt("conf-id")?.map(Text::from);
    message.interval_s = input.int_opt("interval-s")?;
    message.time.now = stamp(&time, "now")?;
    message.time.sample = sample;
    message.time.valid = time.bool_opt("valid")?;
    if let Some(levels) = input.object_opt("rssi")? {
        let level = |name| {
            let dbm = levels.int_opt(name)?;
            Ok::<_, OpError>(dbm.map_or(wifi::Level::NOT_AVAILABLE, wifi::Level))
        };
        message.rssi = Some(wifi::Rssi::new(level("now")?, level("sample")?));
    }
    message.local_ip = input.text_opt("local-ip")?.map(Text::from);
    body(message.to_vec())
}

fn wifi_channel<'a>(input: &Members<'a>) -> Result<wifi::Channel<'a>, OpError> {
    let mut channel = wifi::Channel::default();
    channel.nr = match input.int_opt("nr")? {
        Some(nr) => Some(demanded(NonZeroU8::new(nr), "nr")?),
        None => None,
    };
    channel.enabled = input.bool_opt("enabled")?;
    channel.quantity = input.text_opt("quantity")?.map(Text::from);
    channel.value = float_of(input, "value")?;
    channel.text = input.text_opt("text")?.map(Text::from);
    channel.unit = input.text_opt("unit")?.map(Text::from);
    channel.decimals = input.int_opt("decimals")?;
    channel.alarm = pair(input, "alarm", Value::as_bool)?;
    channel.limits = pair(input, "limits", float_in_list)?;
    channel.modes = mode_pair(input, "modes")?;
    Ok(channel)
}

fn logger_body(input: &Members<'_>) -> Result<Vec<u8>, OpError> {
    let version: i64 = input.int("json-version")?;
    if version != i64::from(logger::VERSION) {
        return Err(OpError::new("unsupported-version").with("number", version));
    }
    let all = input.objects("channels")?;
    let channels = all
        .iter()
        .map(logger_channel_to_write)
        .collect::<Result<Vec<_>, _>>()?;
    let list = logger::Channel::list(&channels)
        .ok_or_else(|| OpError::bad_input("channels", "1 to 8, numbered from 1 to 8, no number twice"))?;
    let time_now = DeviceClock(input.int("time-now-count")?);
    let time = DeviceClock(input.int("time-count")?);
    let mut message = LoggerMessage::new(serial(input)?, time_now, time, list);
    message.rssi = Some(logger::Rssi(input.object("rssi")?.int("code")?));
    message.order_id = input.int("order-id")?;
    message.is_async = input.bool("async")?;
    message.desc = Text::from(input.text("desc")?);
    message.kind = input.int("kind")?;
    message.timezone = Timezone(input.int("timezone")?);
    message.interval = Interval::ByPower {
        external_s: input.int("interval-power-s")?,
        battery_s: input.int("interval-battery-s")?,
    };
    message.rst_ok = Some(input.bool("first-after-reset")?);
    message.buffered_max = Some(input.int("buffered-max")?);
    message.state_mask = Some(logger::State(input.int("state-mask")?));
    message.state = logger::State(input.int("state")?);
    message.nconf = input.int("nconf")?;
    message.alarms_suspended = input.bool("alarms-suspended")?;
    message.customer_uid = CustomerUid(Text::from(input.text("customer-uid")?));
    message.battery_percent = Some(input.int("battery-percent")?);
    body(message.to_vec())
}

fn logger_channel_to_write<'a>(input: &Members<'a>) -> Result<logger::Channel<'a>, OpError> {
    let number = input.int("number")?;
    let alarm = demanded(pair(input, "alarm", Value::as_bool)?, "alarm")?;
    let behaviours = demanded(mode_pair(input, "behaviours")?, "behaviours")?;
    let quantity = Text::from(input.text("quantity")?);
    match input.text("kind")? {
        "analog" => {
            let value = demanded(float_of(input, "value")?, "value")?;
            let mut channel = AnalogChannel::new(number, value);
            channel.quantity = quantity;
            channel.unit = Text::from(input.text("unit")?);
            channel.decimals = input.int("decimals")?;
            channel.alarm = alarm;
            channel.limits = demanded(pair(input, "limits", |value| float_in_list(value)?)?, "limits")?;
            channel.behaviours = behaviours;
            Ok(logger::Channel::Analog(channel))
        }
        "binary" => {
            let texts = pair(input, "descriptions", |value| value.as_str().map(Text::from))?;
            let descriptions = demanded(texts, "descriptions")?;
            let mut channel = BinaryChannel::new(number, descriptions, input.int("state")?);
            channel.quantity = quantity;
            channel.alarm = alarm;
            channel.behaviours = behaviours;
            Ok(logger::Channel::Binary(channel))
        }
        _ => Err(OpError::bad_input("kind", "analog or binary")),
    }
}

fn body(written: Result<Vec<u8>, comet_json::EncodeError>) -> Result<Vec<u8>, OpError> {
    written.map_err(|error| OpError::new(error.kind.code()).because(error.to_string()))
}

/// `comet-json.answer`: result and message → body of the answer.
pub(super) fn answer(input: &Input) -> Outcome {
    let input = Members::of(input);
    let mut answer = Answer::new(input.bool("result")?);
    if let Some(message) = input.text_opt("message")? {
        answer = answer.with_message(message);
    }
    Ok(json!({"body": octets(answer.to_string().as_bytes())}))
}

/// `comet-sms.decode`: data SMS → fields.
pub(super) fn decode_sms(input: &Input) -> Outcome {
    let body = Members::of(input).octets("body")?;
    let sms = DataSms::decode(&body).map_err(|error| {
        OpError::new(error.kind.code())
            .at(error.offset)
            .because(error.to_string())
    })?;
    // As received: whether it is BCD or binary is not stated.
    let serial = body.get(11..19).unwrap_or_default();
    Ok(json!({
        "serial-hex": String::from_utf8_lossy(serial),
        "kind": sms.kind,
        "state": sms.state.0,
        "memory-percent": sms.memory_percent,
        "alarm1": sms.alarm1,
        "alarm2": sms.alarm2,
        "rssi-code": sms.rssi.0,
        "interval-index": sms.interval_index,
        "time-count": sms.time.0,
        "values": sms.values.map(Some).map(value),
        "units": sms.units.map(|unit| String::from_utf8_lossy(unit.as_bytes()).into_owned()),
    }))
}
