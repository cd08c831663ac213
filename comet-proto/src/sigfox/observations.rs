//! Records as observations: what the network itself reports on channel 0, what the owner has described on the channels after it.

use alloc::borrow::Cow;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use sigfox_frame::callback::{Ack, Content, Data, Delivery, Fault, Location, Lqi, Record, Repeater};
use sigfox_frame::decimal::Decimal as WireDecimal;

use super::description::{Decoding, Descriptions};
use crate::observation::{Alarm, Channel, DeviceId, Family, Observation, Provenance, Quality, Source};
use crate::quantity::{Quantity, Unit};
use crate::time::{Basis, Taken, UnixMillis};
use crate::value::{Decimal, Value};

/// Severity of an ERROR that says that the device was silent (C §4.8).
const SILENT: &str = "ERROR";
/// Severity of an ERROR that says that the network may lose messages (C §4.8).
const TROUBLE: &str = "WARN";

/// Everything that the observations of one record share.
pub(super) struct Maker<'m> {
    pub(super) device: DeviceId<'m>,
    pub(super) taken: Taken,
    pub(super) received: UnixMillis,
    pub(super) provenance: Provenance<'m>,
    pub(super) source: Source<'m>,
    pub(super) all: Vec<Observation<'m>>,
}

impl<'m> Maker<'m> {
    fn of(record: &'m Record<'_>, received: UnixMillis) -> Self {
        let serial = record.device.map(|device| super::serial(device.number()));
        // C §4.1: the network's time of reception.
        let taken = record.time_s.map_or_else(
            || Taken::on_arrival(received),
            |time_s| Taken::new(UnixMillis(time_s.saturating_mul(1000)), Basis::Network),
        );
        Self {
            device: DeviceId::new(Family::Sigfox, serial.unwrap_or_default()),
            taken,
            received,
            provenance: Provenance {
                kind: record.service.as_str(),
                sequence: record.seq.map(u64::from),
                log: None,
                description: None,
            },
            source: Source::Callback(record),
            all: Vec::new(),
        }
    }

    pub(super) fn push(
        &mut self,
        channel: Channel<'m>,
        quantity: Quantity<'m>,
        unit: Option<Unit<'m>>,
        (value, quality): (Option<Value>, Quality),
        raw: Option<Cow<'m, str>>,
    ) {
        self.all.push(Observation {
            device: self.device.clone(),
            channel,
            quantity,
            unit,
            value,
            quality,
            // P4: nothing here evaluates alarms.
            alarm: Alarm::Unknown,
            raw,
            taken: self.taken,
            received: self.received,
            provenance: self.provenance,
            source: self.source,
        });
    }

    /// A fact about the device itself, if it is told.
    pub(super) fn health(&mut self, quantity: Quantity<'m>, unit: Option<Unit<'m>>, value: Option<Value>) {
        if value.is_some() {
            self.push(Channel::DEVICE, quantity, unit, (value, Quality::Good), None);
        }
    }

    /// The same of a number, which stays as it is written if it has more digits than the model.
    fn number(&mut self, quantity: Quantity<'m>, unit: Unit<'m>, number: Option<WireDecimal>) {
        let Some(number) = number else { return };
        let (value, raw) = exact(number);
        self.push(Channel::DEVICE, quantity, Some(unit), value, raw);
    }

    fn integer(&mut self, quantity: Quantity<'m>, unit: Option<Unit<'m>>, number: Option<u32>) {
        self.health(quantity, unit, number.map(|number| Value::Integer(number.into())));
    }
}

/// A number of at most 18 digits; a longer one is its text.
pub(super) fn exact(number: WireDecimal) -> ((Option<Value>, Quality), Option<Cow<'static, str>>) {
    let mantissa = i64::try_from(number.mantissa()).ok();
    match mantissa.and_then(|mantissa| Decimal::new(mantissa, number.scale())) {
        Some(decimal) => ((Some(Value::Decimal(decimal)), Quality::Good), None),
        None => ((None, Quality::Malformed), Some(Cow::Owned(number.to_string()))),
    }
}

/// What the network reports of a record that arrived at `received`. The payload is not looked at: see [`decoded`].
#[must_use]
pub fn observations<'m>(record: &'m Record<'_>, received: UnixMillis) -> Vec<Observation<'m>> {
    let mut maker = Maker::of(record, received);
    maker.number(Quantity::SignalLevel, Unit::Dbm, level(record));
    maker.number(Quantity::SignalToNoise, Unit::Decibel, record.radio.snr);
    maker.number(
        Quantity::AverageSignalToNoise,
        Unit::Decibel,
        record.radio.avg_snr,
    );
    match &record.content {
        Content::Data(data) => uplink(&mut maker, data),
        Content::Status(status) => {
            // P8: values of the network's service, not of a sensor.
            maker.number(Quantity::BatteryVoltage, Unit::Volt, status.battery_v);
            maker.number(Quantity::DeviceTemperature, Unit::Celsius, status.temperature_c);
        }
        Content::Ack(ack) => acknowledgement(&mut maker, ack),
        Content::Repeater(repeater) => status_of_repeater(&mut maker, repeater),
        Content::Geoloc(location) => place(&mut maker, location),
        Content::Error(fault) => trouble(&mut maker, fault),
        _ => {}
    }
    maker.all
}

/// What the payload of a record says by the descriptions that its owner supplied; nothing without (P2).
#[must_use]
pub fn decoded<'m>(
    record: &'m Record<'_>,
    descriptions: &'m Descriptions,
    received: UnixMillis,
) -> Vec<Observation<'m>> {
    let Some(data) = record.data() else {
        return Vec::new();
    };
    let mut maker = Maker::of(record, received);
    maker.decode(&descriptions.decode(data.payload.as_bytes()));
    maker.all
}

impl<'m> Maker<'m> {
    pub(super) fn decode(&mut self, decoding: &Decoding<'m>) {
        self.provenance.description = decoding.description();
        for (number, reading) in (1_u16..).zip(decoding.readings()) {
            let channel = Channel::named(number, reading.name);
            self.push(
                channel,
                reading.quantity,
                reading.unit,
                reading.value,
                reading.raw,
            );
        }
    }
}

/// At the station that reported it, else the best that `duplicates` has (C §4.1, §4.3).
fn level(record: &Record<'_>) -> Option<WireDecimal> {
    let best = || {
        let receptions = &record.data()?.receptions;
        receptions.iter().filter_map(|reception| reception.rssi).max()
    };
    record.radio.rssi.or_else(best)
}

fn uplink(maker: &mut Maker<'_>, data: &Data<'_>) {
    // C §4.2: the word and the number are the same classes; 4 and NA are not known.
    let class = data.link_quality.or_else(|| {
        data.lqi.map(|lqi| match lqi {
            Lqi::Limit => 0,
            Lqi::Average => 1,
            Lqi::Good => 2,
            Lqi::Excellent => 3,
            Lqi::Na => 4,
        })
    });
    let class = class.filter(|class| *class < 4);
    maker.integer(Quantity::LinkQuality, None, class.map(u32::from));
    if let Some(location) = &data.location {
        place(maker, location);
    }
}

fn place(maker: &mut Maker<'_>, location: &Location) {
    if let Some(position) = location.position {
        maker.number(Quantity::Latitude, Unit::Degree, Some(position.lat));
        maker.number(Quantity::Longitude, Unit::Degree, Some(position.lng));
        maker.integer(Quantity::PositionRadius, Some(Unit::Metre), position.radius_m);
    }
}

/// C R15.
fn acknowledgement(maker: &mut Maker<'_>, ack: &Ack<'_>) {
    let (transmitted, why) = match ack.delivery() {
        Some(Delivery::Transmitted) => (true, None),
        Some(Delivery::Failed(code)) => (false, code.name()),
        _ => return,
    };
    let value = (Some(Value::Bool(transmitted)), Quality::Good);
    let quantity = Quantity::DownlinkTransmitted;
    maker.push(Channel::DEVICE, quantity, None, value, why.map(Cow::Borrowed));
}

fn status_of_repeater(maker: &mut Maker<'_>, repeater: &Repeater) {
    maker.number(Quantity::BatteryVoltage, Unit::Volt, repeater.battery_v);
    if let Some(repeated) = repeater.repeated {
        let value = (Some(Value::Integer(repeated.into())), Quality::Good);
        let channel = Channel::named(0, "repeated messages");
        maker.push(channel, Quantity::Count, None, value, None);
    }
}

fn trouble<'m>(maker: &mut Maker<'m>, fault: &'m Fault<'_>) {
    let quantity = match &*fault.severity {
        SILENT => Quantity::Silent,
        TROUBLE => Quantity::NetworkTrouble,
        _ => return,
    };
    let value = (Some(Value::Bool(true)), Quality::Good);
    let info = fault.info.as_deref().map(Cow::Borrowed);
    maker.push(Channel::DEVICE, quantity, None, value, info);
}
