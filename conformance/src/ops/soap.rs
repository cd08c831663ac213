//! Suite `soap`: Web Sensor messages, by `soap-websensor`.

use serde_json::{Value, json};
use soap_websensor::encode::CONTENT_TYPE;
use soap_websensor::unknown::Unknown;
use soap_websensor::{
    Alarm, Channel, Climate, Co2, Content, Decimal, DeviceCode, Lamps, Message, MessageName, Options,
    Reading, Serial, Status, Text, Trhp, limits,
};

use crate::op::{Input, Members, OpError, Outcome, octets};

/// `soap.decode`: body → message.
pub(super) fn decode(input: &Input) -> Outcome {
    let input = Members::of(input);
    let body = input.octets("body")?;
    let limit = input.int_opt("limit")?.unwrap_or(limits::MAX_BODY_LEN);
    let options = Options::new().with_max_len(limit);
    let message = soap_websensor::decode_with(&body, &options).map_err(|error| {
        OpError::new(error.kind.code())
            .at(error.offset)
            .because(error.to_string())
    })?;
    Ok(told(&message))
}

fn told(message: &Message<'_>) -> Value {
    let mut all = json!({
        "message": {"local": message.name.local(), "namespace": message.name.namespace()},
        "shape": message.content.shape(),
        "serial": message.serial.as_str(),
        "device-code": message.device.map(|code| code.0),
        "model": message.device.and_then(DeviceCode::model).map(|model| model.name),
        "interval-s": message.interval_s,
        "unknown": unknown(&message.unknown),
        "warned": !message.all_warnings().is_empty(),
        "warnings": message.all_warnings().iter().map(|warning| warning.code()).collect::<Vec<_>>(),
    });
    let flat = |climate: &Climate<'_>, last: &str, fourth: &Reading<'_>| {
        json!({
            "readings": [
                reading("temperature", &climate.temperature),
                reading("humidity", &climate.humidity),
                reading("computed", &climate.computed),
                reading(last, fourth),
            ],
            "computed-type": climate.comp_type.as_deref(),
            "alarms-raw": climate.alarms.as_deref(),
        })
    };
    let more = match &message.content {
        Content::FlatTrhp(sample) => flat(&sample.climate, "pressure", &sample.pressure),
        Content::FlatCo2(sample) => {
            let Lamps { green, yellow, red } = sample.lamps;
            let mut more = flat(&sample.climate, "co2", &sample.co2);
            if let Some(more) = more.as_object_mut() {
                more.insert(
                    "lamps".to_owned(),
                    json!({"green": green, "yellow": yellow, "red": red}),
                );
            }
            more
        }
        Content::Channels(channels) => json!({
            "device-name": channels.device_name.as_deref(),
            "readings": channels.list.iter().map(channel).collect::<Vec<_>>(),
        }),
        _ => json!({}),
    };
    if let (Some(all), Value::Object(more)) = (all.as_object_mut(), more) {
        all.extend(more);
    }
    all
}

fn value(status: Status) -> Option<String> {
    status.value().map(|value| value.normalized().to_string())
}

fn reading(key: &str, reading: &Reading<'_>) -> Value {
    json!({
        "key": key,
        "raw": reading.raw.as_deref(),
        "value": value(reading.status),
        "status": reading.status.code(),
        "unit": reading.unit.map(|unit| unit.code()),
        "alarm": reading.alarm.as_str(),
    })
}

fn channel(channel: &Channel<'_>) -> Value {
    let error_number = match channel.status {
        Status::Error { number } => number,
        _ => None,
    };
    json!({
        "key": "channel",
        "index": channel.number,
        "name": channel.name.as_deref(),
        "raw": channel.raw.as_deref(),
        "value": value(channel.status),
        "status": channel.status.code(),
        "unit": channel.unit.as_deref(),
        "alarm": channel.alarm.as_str(),
        "decimals": channel.decimals,
        "f": channel.precise().map(|float| octets(&float.to_bits().to_be_bytes())),
        "error-number": error_number,
        "e": channel.e_flag().map(|flag| if flag { "1" } else { "0" }),
        "unknown": unknown(&channel.unknown),
    })
}

fn unknown(unknown: &Unknown<'_>) -> Vec<Value> {
    let leaf = |(path, element): (String, &soap_websensor::unknown::UnknownElement<'_>)| {
        json!({
            "name": path,
            "namespace": element.namespace.as_str(),
            "text": element.text.as_deref().unwrap_or_default(),
        })
    };
    unknown.leaves().map(leaf).collect()
}

/// `soap.encode`: a flat message → body and the headers that go with it.
pub(super) fn encode(input: &Input) -> Outcome {
    let input = Members::of(input);
    let shape = input.text("shape")?;
    let serial =
        Serial::new(input.text("serial")?).ok_or_else(|| OpError::bad_input("serial", "a serial number"))?;
    let device = DeviceCode(input.int("device-code")?);
    let interval = input.int("interval-s")?;
    let mut climate = Climate::default();
    climate.temp_u = input.text_opt("temp-unit")?.map(Text::from);
    climate.comp_type = input.text_opt("computed-type")?.map(Text::from);
    let mut fourth = None;
    for entry in input.objects("readings")? {
        let reading = reading_to_write(&entry)?;
        match entry.text("key")? {
            "temperature" => climate.temperature = reading,
            "humidity" => climate.humidity = reading,
            "computed" => climate.computed = reading,
            "pressure" | "co2" => fourth = Some(reading),
            _ => return Err(OpError::bad_input("key", "a quantity of the shape")),
        }
    }
    let fourth = fourth.ok_or_else(|| OpError::bad_input("readings", "four quantities"))?;
    let content = match shape {
        "flat-trhp" => {
            let mut sample = Trhp::default();
            sample.climate = climate;
            sample.pressure = fourth;
            sample.pressure_u = input.text_opt("pressure-unit")?.map(Text::from);
            Content::FlatTrhp(sample)
        }
        "flat-co2" => {
            let mut sample = Co2::default();
            sample.climate = climate;
            sample.co2 = fourth;
            if let Some(lamps) = input.object_opt("lamps")? {
                let lamp = |name| lamps.bool_opt(name);
                sample.lamps = Lamps {
                    green: lamp("green")?,
                    yellow: lamp("yellow")?,
                    red: lamp("red")?,
                };
            }
            Content::FlatCo2(sample)
        }
        _ => return Err(OpError::bad_input("shape", "flat-trhp or flat-co2")),
    };
    let mut message = Message::new(serial, device, interval, content);
    if let Some(name) = input.object_opt("message")? {
        let (local, namespace) = (
            Text::from(name.text("local")?),
            Text::from(name.text("namespace")?),
        );
        message.name = MessageName::Other { local, namespace };
    }
    let body = message
        .to_vec()
        .map_err(|error| OpError::new(error.kind.code()).because(error.to_string()))?;
    Ok(json!({
        "body": octets(&body),
        "content-type": CONTENT_TYPE,
        "soap-action": message.name.soap_action().to_string(),
    }))
}

fn reading_to_write(entry: &Members<'_>) -> Result<Reading<'static>, OpError> {
    let status = match (entry.text_opt("value")?, entry.text_opt("status")?) {
        (Some(value), None | Some("ok")) => Decimal::parse(value)
            .map(Status::Ok)
            .ok_or_else(|| OpError::bad_input("value", "a decimal"))?,
        (None, Some("over-range")) => Status::OverRange,
        (None, Some("under-range")) => Status::UnderRange,
        (None, Some("not-ready")) => Status::NotReady,
        (None, Some("not-supported")) => Status::NotSupported,
        (None, Some("missing")) => Status::Missing,
        (None, Some("malformed")) => Status::Malformed,
        _ => {
            return Err(OpError::bad_input(
                "status",
                "a value, or a status that is not ok",
            ));
        }
    };
    let alarm = match entry.text_opt("alarm")? {
        Some("none") => Alarm::None,
        Some("low") => Alarm::Low,
        Some("high") => Alarm::High,
        Some("unknown") | None => Alarm::Unknown,
        Some(_) => return Err(OpError::bad_input("alarm", "none, low, high or unknown")),
    };
    Ok(Reading::new(status, alarm))
}
