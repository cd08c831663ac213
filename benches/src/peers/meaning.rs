//! From the texts of elements to a message, with the public value readers of `soap-websensor`.
//!
//! Fit for messages without anything odd: warnings are not collected, and an alarm text of another length is not noted.

use std::borrow::Cow;

use soap_websensor::{
    Alarm, Channel, ChannelForm, ChannelList, Channels, Climate, Co2, ComputedQuantity, Content, Decimal,
    DeviceCode, Lamps, Message, Reading, Serial, Status, Text, Trhp, Unit,
};

/// Text of an element; `None` if absent or blank.
pub type Field<'a> = Option<Cow<'a, str>>;

/// The shapes of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the documented three")]
pub enum Shape {
    /// `InsertTx5xxSample`.
    Trhp,
    /// `InsertTx5xxCO2Sample`.
    Co2,
    /// `InsertP2520Sample`.
    Channels,
}

impl Shape {
    /// Reads the local name of a message element.
    #[must_use]
    pub fn from_name(local: &str) -> Option<Self> {
        match local {
            "InsertTx5xxSample" => Some(Self::Trhp),
            "InsertTx5xxCO2Sample" => Some(Self::Co2),
            "InsertP2520Sample" => Some(Self::Channels),
            _ => None,
        }
    }

    /// Namespace of the message element.
    #[must_use]
    pub const fn namespace(self) -> &'static str {
        match self {
            Self::Trhp => "http://cometsystem.cz/schemas/soapTx5xx_v2.xsd",
            Self::Co2 => "http://cometsystem.cz/schemas/soapTx5xxCO2.xsd",
            Self::Channels => "http://cometsystem.cz/schemas/soapP2520.xsd",
        }
    }
}

/// Elements of all shapes.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "named as on the wire")]
#[expect(clippy::exhaustive_structs, reason = "the documented elements")]
pub struct Fields<'a> {
    pub pass_key: Field<'a>,
    pub device: Field<'a>,
    pub temp: Field<'a>,
    pub rel_hum: Field<'a>,
    pub comp_quant: Field<'a>,
    pub pressure: Field<'a>,
    pub co2: Field<'a>,
    pub alarms: Field<'a>,
    pub lev1: Field<'a>,
    pub lev2: Field<'a>,
    pub lev3: Field<'a>,
    pub comp_type: Field<'a>,
    pub temp_u: Field<'a>,
    pub pressure_u: Field<'a>,
    pub timer: Field<'a>,
    pub name: Field<'a>,
}

/// Sub-elements of a channel.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "named as on the wire")]
#[expect(clippy::exhaustive_structs, reason = "the documented elements")]
pub struct ChannelFields<'a> {
    pub n: Field<'a>,
    pub v: Field<'a>,
    pub f: Field<'a>,
    pub u: Field<'a>,
    pub a: Field<'a>,
    pub p: Field<'a>,
    pub e: Field<'a>,
}

/// Puts a message together; `None` without a lawful serial number or with a channel twice.
#[must_use]
pub fn message<'a>(shape: Shape, fields: Fields<'a>, list: Vec<Channel<'a>>) -> Option<Message<'a>> {
    let serial = Serial::new(text(fields.pass_key)?)?;
    let device = number(fields.device).map(DeviceCode);
    let interval_s = number(fields.timer);
    let content = match shape {
        Shape::Channels => {
            let mut channels = Channels::default();
            channels.device_name = text(fields.name);
            channels.list = match <[Channel<'a>; 2]>::try_from(list) {
                Ok([first, second]) => ChannelList::pair(first, Some(second))?,
                Err(list) => ChannelList::new(list)?,
            };
            Content::Channels(channels)
        }
        _ => {
            let temp_u = text(fields.temp_u);
            let comp_type = text(fields.comp_type);
            let alarms = text(fields.alarms);
            let mut tokens = alarms.as_deref().unwrap_or_default().split(',');
            let positions: [Alarm; 4] =
                std::array::from_fn(|_| tokens.next().map_or(Alarm::Unknown, Alarm::from_token));
            let measures = device.and_then(DeviceCode::model).map(|model| model.measures);
            let temperature_unit = temp_u.as_deref().and_then(Unit::from_temp_u);
            let computed_unit = comp_type
                .as_deref()
                .and_then(ComputedQuantity::from_comp_type)
                .and_then(|quantity| quantity.unit(temperature_unit));
            let lacks = |quantity: Option<bool>| quantity == Some(false);
            let no_temperature = is_na(temp_u.as_ref())
                || lacks(measures.map(|measures| measures.channels || measures.temperature));
            let no_humidity = lacks(measures.map(|measures| measures.channels || measures.humidity));
            let no_computed = is_na(comp_type.as_ref());
            let mut climate = Climate::default();
            climate.temperature = reading(fields.temp, 9999, no_temperature, temperature_unit, positions[0]);
            climate.humidity = reading(
                fields.rel_hum,
                9999,
                no_humidity,
                Some(Unit::PercentRh),
                positions[1],
            );
            climate.computed = reading(fields.comp_quant, 9999, no_computed, computed_unit, positions[2]);
            climate.comp_type = comp_type;
            climate.temp_u = temp_u;
            climate.alarms = alarms;
            if shape == Shape::Trhp {
                let pressure_u = text(fields.pressure_u);
                let unit = pressure_u.as_deref().and_then(Unit::from_pressure_u);
                let mut sample = Trhp::default();
                sample.climate = climate;
                sample.pressure = reading(
                    fields.pressure,
                    9999,
                    is_na(pressure_u.as_ref()),
                    unit,
                    positions[3],
                );
                sample.pressure_u = pressure_u;
                Content::FlatTrhp(sample)
            } else {
                let mut sample = Co2::default();
                sample.climate = climate;
                sample.co2 = reading(fields.co2, -9998, false, Some(Unit::Ppm), positions[3]);
                sample.lamps = Lamps {
                    green: lamp(fields.lev1.as_deref()),
                    yellow: lamp(fields.lev2.as_deref()),
                    red: lamp(fields.lev3.as_deref()),
                };
                Content::FlatCo2(sample)
            }
        }
    };
    // Device and interval may be absent, which the constructor for messages to be encoded does not foresee.
    let mut message = Message::new(serial, DeviceCode(0), 0, content);
    message.device = device;
    message.interval_s = interval_s;
    Some(message)
}

/// One channel. Covers numbers with a finite `f`; the error forms of the specification are not needed here.
#[must_use]
pub fn channel(number: u8, form: ChannelForm, fields: ChannelFields<'_>) -> Channel<'_> {
    let raw = text(fields.v);
    let status = match &raw {
        None => Status::Missing,
        Some(text) if text.eq_ignore_ascii_case("n/a") => Status::NoValue,
        Some(text) => Decimal::parse(text).map_or(Status::Malformed, Status::Ok),
    };
    let float = fields
        .f
        .filter(|text| text.len() == 8)
        .and_then(|text| u32::from_str_radix(&text, 16).ok())
        .map(u32::swap_bytes);
    let mut channel = Channel::new(number, status);
    channel.form = form;
    channel.name = text(fields.n);
    channel.raw = raw;
    channel.float = float;
    channel.unit = text(fields.u);
    channel.alarm_text = text(fields.a);
    channel.alarm = channel
        .alarm_text
        .as_deref()
        .map_or(Alarm::Unknown, Alarm::from_token);
    channel.decimals = self::number(fields.p);
    channel.e = text(fields.e);
    channel
}

/// `cN`, or `c` with the value of its attribute `i`.
#[must_use]
pub fn channel_number(local: &str, index: Option<&str>) -> Option<(u8, ChannelForm)> {
    let (digits, form) = match (local.strip_prefix('c')?, index) {
        ("", index) => (index?, ChannelForm::Indexed),
        (digits, _) => (digits, ChannelForm::Named),
    };
    let number = digits.parse().ok().filter(|number| (1..=99).contains(number))?;
    Some((number, form))
}

fn text<'a>(field: Field<'a>) -> Option<Text<'a>> {
    Some(match field? {
        Cow::Borrowed(text) => Text::from(text),
        Cow::Owned(text) => Text::from(text),
    })
}

fn number(field: Field<'_>) -> Option<u16> {
    field.filter(|text| !text.starts_with('+'))?.parse().ok()
}

fn is_na(text: Option<&Text<'_>>) -> bool {
    text.is_some_and(|text| text.eq_ignore_ascii_case("n/a"))
}

fn lamp(text: Option<&str>) -> Option<bool> {
    match text {
        Some("1") => Some(true),
        Some("0") => Some(false),
        _ => None,
    }
}

/// `second` is the sentinel beside -9999: 9999, or -9998 for CO2.
fn reading(
    field: Field<'_>,
    second: i32,
    unsupported: bool,
    unit: Option<Unit>,
    alarm: Alarm,
) -> Reading<'_> {
    let raw = text(field);
    let status = match raw.as_deref().map(Decimal::parse) {
        None => Status::Missing,
        Some(None) => Status::Malformed,
        Some(Some(value)) if value.equals(-9999) && unsupported => Status::NotSupported,
        Some(Some(value)) if value.equals(-9999) => Status::UnderRange,
        Some(Some(value)) if value.equals(second) && unsupported => Status::NotSupported,
        Some(Some(value)) if value.equals(second) && second > 0 => Status::OverRange,
        Some(Some(value)) if value.equals(second) => Status::NotReady,
        Some(Some(value)) => Status::Ok(value),
    };
    let mut reading = Reading::new(status, alarm);
    reading.raw = raw;
    reading.unit = unit;
    reading
}
