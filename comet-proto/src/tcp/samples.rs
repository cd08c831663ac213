//! SAMPLES as observations (§7.1).

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use replay_guard::{HashKey, Message, Verdict};
use wifisensor_tcp::handshake::DeviceId as WireId;
use wifisensor_tcp::samples::{Channel as WireChannel, Quantity as WireQuantity, Record, Samples};
use wifisensor_tcp::server::Batch;
use wifisensor_tcp::status::LogId;

use super::clock::Clock;
use super::reply::Reply;
use super::session::Session;
use crate::observation::{Alarm, Channel, DeviceId, Family, Observation, Provenance, Quality, Source};
use crate::pipeline::{Claim, Ingest, MessageKey};
use crate::quantity::{Quantity, Unit};
use crate::time::{Arrival, UnixMillis};
use crate::value::{Decimal, Value};

/// First stage: the records of one SAMPLES frame that are not known yet, as the machine handed them out. `claimant` is who
/// said HELLO on this connection; `clock` is that of the session.
#[must_use]
pub fn read(claimant: WireId, clock: Clock, batch: Batch<'_>, arrival: Arrival) -> Claim<Upload<'_>> {
    let upload = Upload {
        device: claimant,
        serial: super::serial(claimant),
        clock,
        batch,
    };
    Claim::new(upload, arrival)
}

/// One SAMPLES frame on its way through the pipeline.
#[derive(Debug, Clone)]
pub struct Upload<'a> {
    device: WireId,
    serial: String,
    clock: Clock,
    batch: Batch<'a>,
}

impl<'a> Upload<'a> {
    /// The device on the wire.
    #[must_use]
    pub const fn wire_id(&self) -> WireId {
        self.device
    }

    /// The log that the records are numbered in.
    #[must_use]
    pub const fn log_id(&self) -> LogId {
        self.batch.log_id()
    }

    /// The position of the log once the records are stored: keep it in the same transaction (§6.3).
    #[must_use]
    pub const fn end(&self) -> u32 {
        self.batch.end()
    }

    /// The frame with everything that came, known records included.
    #[must_use]
    pub const fn frame(&self) -> &Samples<'a> {
        self.batch.samples()
    }

    /// The records to store, each under its own key.
    pub fn samples(&self) -> impl Iterator<Item = Sample<'_>> {
        let origin = self.origin();
        self.batch.records().map(move |record| Sample { origin, record })
    }

    fn origin(&self) -> Origin<'_> {
        Origin {
            serial: &self.serial,
            log: self.log_id(),
            clock: self.clock,
            samples: self.batch.samples(),
        }
    }
}

impl Ingest for Upload<'_> {
    type Reply = Reply;

    fn device(&self) -> DeviceId<'_> {
        DeviceId::new(Family::Tcp, self.serial.as_str())
    }

    /// The session has told repeats apart already: there is nothing to show but that the device is there.
    fn evidence(&self, _: &HashKey, _: &Arrival) -> Message {
        Message::unnumbered(0)
    }

    /// The key of the first record that is not known yet. What is stored once is the record: [`Sample::key`].
    fn key(&self, _: &Arrival) -> MessageKey {
        let number = self
            .batch
            .records()
            .next()
            .map_or(self.batch.end(), |record| record.number());
        record_key(&self.serial, self.log_id(), number)
    }

    fn observations(&self, received: UnixMillis) -> impl Iterator<Item = Observation<'_>> {
        self.samples()
            .flat_map(move |sample| sample.observations(received))
    }

    fn accepted(&self) -> Reply {
        Reply::Stored(self.batch.end())
    }

    fn not_stored(&self) -> Reply {
        Reply::not_stored()
    }

    fn not_admitted(&self, _: &Verdict) -> Reply {
        Reply::not_admitted()
    }

    fn not_authentic(&self) -> Reply {
        Reply::not_authentic()
    }
}

/// `tcp/`, the device, a zero, log and number big-endian: 29 octets that name a record for ever (§7.1).
fn record_key(serial: &str, log: LogId, number: u32) -> MessageKey {
    let mut key = Vec::with_capacity(29);
    key.extend_from_slice(Family::Tcp.code().as_bytes());
    key.push(b'/');
    key.extend_from_slice(serial.as_bytes());
    key.push(0);
    key.extend_from_slice(&log.0.to_be_bytes());
    key.extend_from_slice(&number.to_be_bytes());
    MessageKey::from_bytes(key)
}

/// What all records of a frame have in common.
#[derive(Debug, Clone, Copy)]
struct Origin<'m> {
    serial: &'m str,
    log: LogId,
    clock: Clock,
    samples: &'m Samples<'m>,
}

/// One record of a log.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'m> {
    origin: Origin<'m>,
    record: Record,
}

impl<'m> Sample<'m> {
    /// Its number in the log.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.record.number()
    }

    /// The record as it was sent; its time is in the basis of the frame.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// Device, log and number: storing twice under the same key stores once.
    #[must_use]
    pub fn key(&self) -> MessageKey {
        record_key(self.origin.serial, self.origin.log, self.number())
    }

    /// What was observed: one for each channel.
    pub fn observations(&self, received: UnixMillis) -> impl Iterator<Item = Observation<'m>> + use<'m> {
        let Self { origin, record } = *self;
        let basis = origin.samples.head().basis;
        let taken = origin.clock.taken(basis, record.time(), received);
        (1_u16..)
            .zip(origin.samples.channels())
            .enumerate()
            .map(move |(index, (number, channel))| {
                let (value, quality, raw) = reading(*channel, record.value(index));
                Observation {
                    device: DeviceId::new(Family::Tcp, origin.serial),
                    channel: Channel::named(number, name(channel.quantity())),
                    quantity: quantity(channel.quantity()),
                    unit: unit(channel.quantity()),
                    value,
                    quality,
                    // §6.3: alarms are told by STATUS, as they are at the time of the upload.
                    alarm: Alarm::Unknown,
                    raw,
                    taken,
                    received,
                    provenance: Provenance {
                        kind: "SAMPLES",
                        sequence: Some(u64::from(record.number())),
                        log: Some(origin.log.0),
                        description: None,
                    },
                    source: Source::Samples(origin.samples),
                }
            })
    }
}

/// The observations in a SAMPLES body of a session that arrived at `received`, known records included.
pub fn observations<'m>(
    session: &'m Session,
    samples: &'m Samples<'m>,
    received: UnixMillis,
) -> impl Iterator<Item = Observation<'m>> {
    let origin = Origin {
        serial: match session.device().serial {
            Cow::Borrowed(serial) => serial,
            Cow::Owned(_) => "",
        },
        log: session.log_id(),
        clock: session.clock(),
        samples,
    };
    let samples = samples.records().map(move |record| Sample { origin, record });
    samples.flat_map(move |sample| sample.observations(received))
}

/// §7.1: value · 10^scale, exactly; no reading is a quality.
fn reading(channel: WireChannel, value: Option<i32>) -> (Option<Value>, Quality, Option<Cow<'static, str>>) {
    let Some(raw) = value else {
        return (None, Quality::NoValue, None);
    };
    let scale = channel.scale();
    if channel.quantity() == WireQuantity::CONTACT {
        return match (raw, scale) {
            (0 | 1, 0) => (Some(Value::Bool(raw == 1)), Quality::Good, None),
            // A contact is 0 or 1; what else it may be is not said.
            _ => (None, Quality::Malformed, Some(Cow::Owned(raw.to_string()))),
        };
    }
    let decimal = || Decimal::new(i64::from(raw), scale.unsigned_abs());
    let value = if scale > 0 || (scale == 0 && channel.quantity() == WireQuantity::COUNT) {
        // At most 2^30 · 10^9, below 2^63.
        let power = 10_i64.saturating_pow(u32::from(scale.unsigned_abs()));
        Some(Value::Integer(i64::from(raw).saturating_mul(power)))
    } else {
        decimal().map(Value::Decimal)
    };
    let quality = if value.is_some() {
        Quality::Good
    } else {
        Quality::Malformed
    };
    (value, quality, None)
}

const fn quantity(quantity: WireQuantity) -> Quantity<'static> {
    match quantity {
        WireQuantity::TEMPERATURE => Quantity::Temperature,
        WireQuantity::HUMIDITY => Quantity::RelativeHumidity,
        WireQuantity::DEW_POINT => Quantity::DewPoint,
        WireQuantity::VOLTAGE => Quantity::Voltage,
        WireQuantity::CURRENT => Quantity::Current,
        WireQuantity::PRESSURE => Quantity::Pressure,
        WireQuantity::CO2 => Quantity::Co2,
        WireQuantity::CONTACT => Quantity::State,
        WireQuantity::COUNT => Quantity::Count,
        // §7.1: an unknown quantity is stored as it is.
        other => Quantity::Unlisted(other.get()),
    }
}

const fn unit(quantity: WireQuantity) -> Option<Unit<'static>> {
    Some(match quantity {
        WireQuantity::TEMPERATURE | WireQuantity::DEW_POINT => Unit::Celsius,
        WireQuantity::HUMIDITY => Unit::PercentRh,
        WireQuantity::VOLTAGE => Unit::Volt,
        WireQuantity::CURRENT => Unit::Ampere,
        WireQuantity::PRESSURE => Unit::Pascal,
        WireQuantity::CO2 => Unit::Ppm,
        _ => return None,
    })
}

/// The specification's word, or the number of a quantity that it has no word for.
fn name(quantity: WireQuantity) -> Cow<'static, str> {
    quantity.name().map_or_else(
        || Cow::Owned(format!("quantity {}", quantity.get())),
        Cow::Borrowed,
    )
}
