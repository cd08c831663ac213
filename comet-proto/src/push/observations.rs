//! JSON messages as observations.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use comet_json::{Alarm as DeviceAlarm, AlarmMode, Content, HexFloat, Message, logger};

use super::{device, family, sequence};
use crate::observation::{Alarm, Channel, Family, Observation, Provenance, Quality, Source};
use crate::quantity::{Quantity, Unit};
use crate::time::{Basis, Taken, UnixMillis};
use crate::value::{Binary32, Value};

/// Longest age that is believed of a logger's reading: a week (L §4.1).
const MAX_LOGGER_AGE_S: i64 = 7 * 86_400;
/// Longest age that is believed of a sensor's reading: its memory of 2688 messages at the longest interval.
const MAX_SENSOR_AGE_S: i64 = 2688 * 65_535;

/// Everything that the observations of one message share.
struct Maker<'m> {
    message: &'m Message<'m>,
    taken: Taken,
    received: UnixMillis,
    all: Vec<Observation<'m>>,
}

impl<'m> Maker<'m> {
    fn push(
        &mut self,
        channel: Channel<'m>,
        quantity: Quantity<'m>,
        unit: Option<Unit<'m>>,
        (value, quality): (Option<Value>, Quality),
        alarm: Alarm,
        raw: Option<Cow<'m, str>>,
    ) {
        let kind = match family(self.message.content.message_type()) {
            Family::Wifi => "JsonType 2",
            Family::Wired => "JsonType 5",
            _ => "JsonType 1",
        };
        self.all.push(Observation {
            device: device(self.message),
            channel,
            quantity,
            unit,
            value,
            quality,
            alarm,
            raw,
            taken: self.taken,
            received: self.received,
            provenance: Provenance {
                kind,
                sequence: sequence(self.message),
                log: None,
                description: None,
            },
            source: Source::Json(self.message),
        });
    }

    /// A fact about the device itself.
    fn health(&mut self, quantity: Quantity<'m>, unit: Option<Unit<'m>>, value: Option<Value>) {
        let quality = if value.is_some() {
            Quality::Good
        } else {
            Quality::NoValue
        };
        self.push(
            Channel::DEVICE,
            quantity,
            unit,
            (value, quality),
            Alarm::None,
            None,
        );
    }
}

/// The observations in a message that arrived at `received`, without any check of who sent it.
///
/// Late samples keep their own time. A batch of a logger gives none: take its messages one by one.
#[must_use]
pub fn observations<'m>(message: &'m Message<'m>, received: UnixMillis) -> Vec<Observation<'m>> {
    let taken = Taken::on_arrival(received);
    let mut maker = Maker {
        message,
        taken,
        received,
        all: Vec::new(),
    };
    match &message.content {
        Content::Wifi(wifi) => {
            maker.taken = sensor_time(wifi.time, received);
            if let Some(rssi) = wifi.rssi {
                // When the values were taken if it is known, else when they were sent.
                let level = rssi
                    .sample
                    .and_then(|level| level.dbm())
                    .or(rssi.now.and_then(|level| level.dbm()));
                let level = level.map(|dbm| Value::Integer(i64::from(dbm)));
                maker.health(Quantity::SignalLevel, Some(Unit::Dbm), level);
            }
            if let Some(valid) = wifi.time.valid {
                maker.health(Quantity::ClockValid, None, Some(Value::Bool(valid)));
            }
            for channel in wifi.channels.iter() {
                let name = channel
                    .quantity
                    .map(comet_json::Text::to_cow)
                    .filter(|name| !name.is_empty());
                let state = match channel.enabled {
                    Some(false) => (None, Quality::Disabled),
                    _ => value(channel.value),
                };
                maker.push(
                    Channel::new(channel.nr.map_or(0, |number| u16::from(number.get())), name),
                    Quantity::Unspecified,
                    channel.unit.and_then(unit),
                    state,
                    alarm(channel.alarms()),
                    channel.text.map(comet_json::Text::to_cow),
                );
            }
        }
        Content::Wired(wired) => {
            maker.taken = sensor_time(wired.time, received);
            if let Some(valid) = wired.time.valid {
                maker.health(Quantity::ClockValid, None, Some(Value::Bool(valid)));
            }
            for channel in wired.channels.iter() {
                let name = channel
                    .quantity
                    .map(comet_json::Text::to_cow)
                    .filter(|name| !name.is_empty());
                let binary = channel.bin_desc.is_some();
                let state = match (channel.enabled, value(channel.value)) {
                    (Some(false), _) => (None, Quality::Disabled),
                    (_, (Some(value), quality)) if binary => (Some(state(value)), quality),
                    (_, other) => other,
                };
                maker.push(
                    Channel::new(channel.nr.map_or(0, |number| u16::from(number.get())), name),
                    if binary {
                        Quantity::State
                    } else {
                        Quantity::Unspecified
                    },
                    channel.unit.and_then(unit),
                    state,
                    alarm(channel.alarms()),
                    channel.text.map(comet_json::Text::to_cow),
                );
            }
        }
        Content::Logger(logger) => {
            maker.taken = match logger.age_s().map(i64::from) {
                Some(age_s) if age_s <= MAX_LOGGER_AGE_S => aged(received, age_s),
                // Whether the clock shows UTC or local time is not known (L §4.1): it is not guessed.
                _ => Taken::on_arrival(received),
            };
            logger_health(&mut maker, logger);
            for channel in logger.channels.iter() {
                let name = Some(channel.quantity().to_cow()).filter(|name| !name.is_empty());
                let place = Channel::new(u16::from(channel.number()), name);
                let alarms = alarm(channel.alarms());
                match channel {
                    logger::Channel::Analog(channel) => {
                        let unit = unit(channel.unit);
                        maker.push(
                            place,
                            Quantity::Unspecified,
                            unit,
                            value(Some(channel.value)),
                            alarms,
                            None,
                        );
                    }
                    logger::Channel::Binary(channel) => {
                        let value = match channel.state {
                            0 => Value::Bool(false),
                            1 => Value::Bool(true),
                            other => Value::Integer(i64::from(other)),
                        };
                        let text = channel.state_text().map(comet_json::Text::to_cow);
                        // Its alarms are those of a contact, not of a limit.
                        let alarms = if alarms == Alarm::None {
                            Alarm::None
                        } else {
                            Alarm::Active
                        };
                        maker.push(
                            place,
                            Quantity::State,
                            None,
                            (Some(value), Quality::Good),
                            alarms,
                            text,
                        );
                    }
                }
            }
        }
        _ => {}
    }
    maker.all
}

fn logger_health<'m>(maker: &mut Maker<'m>, logger: &logger::LoggerMessage<'_>) {
    if let Some(rssi) = logger.rssi {
        let level = rssi.dbm().map(|dbm| Value::Integer(i64::from(dbm)));
        maker.health(Quantity::SignalLevel, Some(Unit::Dbm), level);
    }
    if let Some(percent) = logger.battery_percent {
        maker.health(
            Quantity::BatteryCharge,
            Some(Unit::Percent),
            Some(Value::Integer(i64::from(percent))),
        );
    }
    let external = logger.state.contains(logger::State::EXTERNAL_POWER);
    maker.health(Quantity::ExternalPower, None, Some(Value::Bool(external)));
}

/// The clock of the device if it says that it is right, else its age, else the arrival (W §4.1).
fn sensor_time(time: comet_json::Time<'_>, received: UnixMillis) -> Taken {
    let millis = |unix_s: i64| u64::try_from(unix_s).ok()?.checked_mul(1000).map(UnixMillis);
    if let Some(time) = time.taken().and_then(|sample| millis(sample.unix_s())) {
        return Taken::new(time, Basis::DeviceClock);
    }
    match time.age_s() {
        Some(age_s @ 0..=MAX_SENSOR_AGE_S) => aged(received, age_s),
        _ => Taken::on_arrival(received),
    }
}

fn aged(received: UnixMillis, age_s: i64) -> Taken {
    let age = u64::try_from(age_s).unwrap_or_default().saturating_mul(1000);
    Taken::new(UnixMillis(received.0.saturating_sub(age)), Basis::Age)
}

fn unit(text: comet_json::Text<'_>) -> Option<Unit<'_>> {
    if text.is_empty() {
        None
    } else {
        Some(Unit::from_text(text.to_cow()))
    }
}

fn value(value: Option<HexFloat>) -> (Option<Value>, Quality) {
    match value {
        None => (None, Quality::NoValue),
        Some(HexFloat::Error(number)) => (None, Quality::Error(Some(u32::from(number)))),
        Some(HexFloat::NotANumber(_)) => (None, Quality::Malformed),
        Some(HexFloat::Number(number)) => match Binary32::from_bits(number.to_bits()) {
            Some(number) => (Some(Value::Binary32(number)), Quality::Good),
            None => (None, Quality::Malformed),
        },
    }
}

/// State of a binary channel, which is sent as 0.0 or 1.0 (W §A.2).
fn state(value: Value) -> Value {
    match value {
        Value::Binary32(float) if float.to_bits() == 0 => Value::Bool(false),
        Value::Binary32(float) if float.to_bits() == 0x3F80_0000 => Value::Bool(true),
        other => other,
    }
}

fn alarm(alarms: [DeviceAlarm; 2]) -> Alarm {
    let (mut low, mut high, mut other, mut known) = (false, false, false, false);
    for alarm in alarms {
        known |= alarm.active.is_some();
        if alarm.active == Some(true) {
            match alarm.mode {
                Some(AlarmMode::LOW) => low = true,
                Some(AlarmMode::HIGH) => high = true,
                _ => other = true,
            }
        }
    }
    match (low, high, other) {
        (true, true, _) => Alarm::LowAndHigh,
        (true, false, _) => Alarm::Low,
        (false, true, _) => Alarm::High,
        (false, false, true) => Alarm::Active,
        (false, false, false) if known => Alarm::None,
        (false, false, false) => Alarm::Unknown,
    }
}
