//! Web Sensors through the pipeline.
//!
//! ```
//! use comet_proto::soap::{Request, read};
//! use comet_proto::{Arrival, Credentials, DeviceId, Family, Policies, UnixMillis, guard};
//! use replay_guard::{HashKey, Table};
//! use soap_websensor::entry::{EntryKey, EntryPoint, EntryToken};
//! # let body = soap_websensor::Message::new(
//! #     soap_websensor::Serial::new("14930217").unwrap(), soap_websensor::DeviceCode(4146), 60,
//! #     soap_websensor::Content::FlatTrhp(soap_websensor::Trhp::default())).to_vec().unwrap();
//! # let body = body.as_slice();
//!
//! // Once, when the sensor is registered:
//! let key = EntryKey::new([7; 32]);
//! let token = EntryToken::from_random(&[42; 16]).unwrap();
//! let entry = EntryPoint::new(key.hash(&token));
//!
//! let credentials = Credentials::new(DeviceId::new(Family::Soap, "14930217"), entry, &key);
//!
//! // Once, when the service starts; the keys are secret and random. `SharedTable` is for many threads, and has a journal.
//! let policies = Policies::new(guard::config).unwrap();
//! let policy = policies.of(Family::Soap);
//! let mut table = Table::new(policy.clone(), HashKey::new([3; 16]), 10_000).unwrap();
//! let digest = HashKey::new([4; 16]);
//!
//! // For each POST to …/soap/<token>:
//! let now = UnixMillis(1_790_000_000_000);
//! let request = Request::new(token.as_str(), body, Arrival::new(now, [1; 16]));
//! let claim = read(&request).unwrap();
//! let authentic = claim.authenticate(&credentials).unwrap();
//! let asked = authentic.inquiry(&digest, None);
//! let checked = table.check(&asked.device, &asked.message, now.0);
//! let admitted = authentic.admit(policy, &checked).unwrap();
//! for observation in admitted.observations() {
//!     assert_eq!(observation.device.serial, "14930217"); // store it under admitted.key(), durably
//! }
//! let committed = table.commit(&asked.device, &asked.message, now.0, None);
//! assert_eq!(admitted.stored(policy, &committed).reply.status, 200);
//! ```

use alloc::borrow::Cow;

use replay_guard::{HashKey, Message as Evidence};
use soap_websensor as soap;
use soap_websensor::answer::{ACCEPTED, Fault, REFUSED};
use soap_websensor::encode::CONTENT_TYPE;
use soap_websensor::entry::EntryToken;
use soap_websensor::{Content, Message, Options, Reading, Status};

use crate::entry::Addressed;
use crate::observation::{Alarm, Channel, DeviceId, Family, Observation, Provenance, Quality, Source};
use crate::pipeline::{Claim, Ingest, MessageKey};
use crate::quantity::{Quantity, Unit};
use crate::reply::{Refusal, RefusalReason, Reply};
use crate::time::{Arrival, Taken, UnixMillis};
use crate::value::{Decimal, Value};

/// A POST to a secret entry point.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Request<'a> {
    /// The secret part of the address, as received.
    entry: &'a str,
    /// The body, complete.
    body: &'a [u8],
    arrival: Arrival,
    options: Options,
}

impl<'a> Request<'a> {
    /// A request with the default limits.
    #[must_use]
    pub const fn new(entry: &'a str, body: &'a [u8], arrival: Arrival) -> Self {
        Self {
            entry,
            body,
            arrival,
            options: Options::new(),
        }
    }

    /// The same with other limits.
    #[must_use]
    pub const fn with_options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }
}

/// Answers are SOAP faults with a fixed text.
const fn fault(fault: Fault) -> Reply {
    Reply::new(REFUSED, Some(CONTENT_TYPE), fault.body())
}

/// The answer to whoever is not authentic: there is nothing at this address.
pub const NOT_FOUND: Reply = Reply::new(404, None, "");

/// The answer when the message could not be stored.
pub const NOT_STORED: Reply = fault(Fault::Server);

/// First stage: decodes the message. Nothing it says is trusted yet.
///
/// # Errors
/// A [`Refusal`] if the body cannot be read. It can never be read, and the sensor does not send it again.
pub fn read<'a>(request: &Request<'a>) -> Result<Claim<SoapMessage<'a>>, Refusal> {
    match soap::decode_with(request.body, &request.options) {
        Ok(message) => {
            let entry = EntryToken::parse(request.entry);
            let body = request.body;
            Ok(Claim::new(SoapMessage { message, entry, body }, request.arrival))
        }
        Err(error) => Err(Refusal {
            reason: RefusalReason::Soap(error),
            reply: fault(Fault::from(error.kind)),
        }),
    }
}

/// A Web Sensor message on its way through the pipeline. Dereferences to the [`Message`].
#[derive(Debug)]
pub struct SoapMessage<'a> {
    message: Message<'a>,
    entry: Option<EntryToken>,
    body: &'a [u8],
}

impl<'a> core::ops::Deref for SoapMessage<'a> {
    type Target = Message<'a>;
    fn deref(&self) -> &Message<'a> {
        &self.message
    }
}

impl Ingest for SoapMessage<'_> {
    type Reply = Reply;

    fn device(&self) -> DeviceId<'_> {
        DeviceId::new(Family::Soap, self.serial.as_str())
    }

    /// Spec §1: no message has a number or a time. All there is are its octets.
    fn evidence(&self, digest: &HashKey, arrival: &Arrival) -> Evidence {
        let alarm = observations(&self.message, arrival.time)
            .any(|observation| !matches!(observation.alarm, Alarm::None | Alarm::Unknown));
        Evidence::unnumbered(digest.hash(self.body)).with_alarm(alarm)
    }

    /// A message has no identity of its own, so this is the identity of its arrival.
    fn key(&self, arrival: &Arrival) -> MessageKey {
        MessageKey::of_arrival(arrival)
    }

    fn observations(&self, received: UnixMillis) -> impl Iterator<Item = Observation<'_>> {
        observations(&self.message, received)
    }

    fn accepted(&self) -> Reply {
        Reply::new(ACCEPTED, None, "")
    }

    fn not_stored(&self) -> Reply {
        NOT_STORED
    }

    fn not_authentic(&self) -> Reply {
        NOT_FOUND
    }
}

impl Addressed for SoapMessage<'_> {
    fn entry(&self) -> Option<&EntryToken> {
        self.entry.as_ref()
    }
}

/// The observations in a message that arrived at `received`, without any check of who sent it.
pub fn observations<'m>(
    message: &'m Message<'_>,
    received: UnixMillis,
) -> impl Iterator<Item = Observation<'m>> {
    let (flat, channels) = match &message.content {
        Content::FlatTrhp(sample) => {
            let fourth = (Quantity::Pressure, "pressure", &sample.pressure);
            (Some((&sample.climate, fourth, None)), None)
        }
        Content::FlatCo2(sample) => {
            let fourth = (Quantity::Co2, "CO2", &sample.co2);
            (Some((&sample.climate, fourth, Some(sample.lamps))), None)
        }
        Content::Channels(channels) => (None, Some(channels.list.iter())),
        _ => (None, None),
    };
    let make = move |channel, quantity, unit, (value, quality), alarm, raw| Observation {
        device: DeviceId::new(Family::Soap, message.serial.as_str()),
        channel,
        quantity,
        unit,
        value,
        quality,
        alarm,
        raw,
        // Spec §1: a message carries no time.
        taken: Taken::on_arrival(received),
        received,
        provenance: Provenance {
            kind: message.name.local(),
            sequence: None,
            log: None,
            description: None,
        },
        source: Source::Soap(message),
    };
    let reading = move |number, name, quantity, reading: &'m Reading<'_>| {
        let channel = Channel::named(number, name);
        let unit = reading.unit.map(unit);
        make(
            channel,
            quantity,
            unit,
            value(reading.status),
            alarm(reading.alarm),
            reading.raw.as_deref().map(Cow::Borrowed),
        )
    };
    let flat = flat
        .into_iter()
        .flat_map(move |(climate, (fourth, name, last), lamps)| {
            let computed = computed_quantity(climate.comp_type.as_deref());
            let readings = [
                reading(1, "temperature", Quantity::Temperature, &climate.temperature),
                reading(2, "humidity", Quantity::RelativeHumidity, &climate.humidity),
                reading(3, "computed", computed, &climate.computed),
                reading(4, name, fourth, last),
            ];
            let lamps = lamps.into_iter().flat_map(move |lamps| {
                let states = [
                    (5, "green lamp", lamps.green),
                    (6, "yellow lamp", lamps.yellow),
                    (7, "red lamp", lamps.red),
                ];
                states.into_iter().map(move |(number, name, lit)| {
                    let state = match lit {
                        Some(lit) => (Some(Value::Bool(lit)), Quality::Good),
                        None => (None, Quality::Missing),
                    };
                    make(
                        Channel::named(number, name),
                        Quantity::Lamp,
                        None,
                        state,
                        Alarm::None,
                        None,
                    )
                })
            });
            readings.into_iter().chain(lamps)
        });
    let channels = channels.into_iter().flatten().map(move |channel| {
        let unit = channel
            .unit
            .as_deref()
            .map(|text| Unit::Other(Cow::Borrowed(text)));
        make(
            Channel::new(
                u16::from(channel.number),
                channel.name.as_deref().map(Cow::Borrowed),
            ),
            Quantity::Unspecified,
            unit,
            value(channel.status),
            alarm(channel.alarm),
            channel.raw.as_deref().map(Cow::Borrowed),
        )
    });
    flat.chain(channels)
}

fn value(status: Status) -> (Option<Value>, Quality) {
    let quality = match status {
        Status::Ok(decimal) => {
            // Fifteen digits always fit.
            return match Decimal::new(decimal.mantissa(), decimal.scale()) {
                Some(decimal) => (Some(Value::Decimal(decimal)), Quality::Good),
                None => (None, Quality::Malformed),
            };
        }
        Status::OverRange => Quality::OverRange,
        Status::UnderRange => Quality::UnderRange,
        Status::NotReady => Quality::NotReady,
        Status::NotSupported => Quality::NotSupported,
        Status::Error { number } => Quality::Error(number.map(u32::from)),
        Status::NoValue => Quality::NoValue,
        Status::Missing => Quality::Missing,
        _ => Quality::Malformed,
    };
    (None, quality)
}

const fn alarm(alarm: soap::Alarm) -> Alarm {
    match alarm {
        soap::Alarm::None => Alarm::None,
        soap::Alarm::Low => Alarm::Low,
        soap::Alarm::High => Alarm::High,
        _ => Alarm::Unknown,
    }
}

fn unit(unit: soap::Unit) -> Unit<'static> {
    match unit {
        soap::Unit::Celsius => Unit::Celsius,
        soap::Unit::Fahrenheit => Unit::Fahrenheit,
        soap::Unit::PercentRh => Unit::PercentRh,
        soap::Unit::Ppm => Unit::Ppm,
        soap::Unit::GramPerCubicMetre => Unit::GramPerCubicMetre,
        soap::Unit::GramPerKilogram => Unit::GramPerKilogram,
        soap::Unit::KilojoulePerKilogram => Unit::KilojoulePerKilogram,
        soap::Unit::Hectopascal => Unit::Hectopascal,
        soap::Unit::Millibar => Unit::Millibar,
        soap::Unit::Psi => Unit::Psi,
        soap::Unit::InchOfMercury => Unit::InchOfMercury,
        soap::Unit::OuncePerSquareInch => Unit::OuncePerSquareInch,
        soap::Unit::MillimetreOfMercury => Unit::MillimetreOfMercury,
        soap::Unit::InchOfWater => Unit::InchOfWater,
        soap::Unit::Kilopascal => Unit::Kilopascal,
        other => Unit::Other(Cow::Borrowed(other.code())),
    }
}

fn computed_quantity(comp_type: Option<&str>) -> Quantity<'_> {
    let Some(text) = comp_type else {
        return Quantity::Computed(Cow::Borrowed(""));
    };
    match soap::ComputedQuantity::from_comp_type(text) {
        Some(soap::ComputedQuantity::AbsoluteHumidity) => Quantity::AbsoluteHumidity,
        Some(soap::ComputedQuantity::SpecificHumidity) => Quantity::SpecificHumidity,
        Some(soap::ComputedQuantity::MixingProportion) => Quantity::MixingRatio,
        Some(soap::ComputedQuantity::SpecificEnthalpy) => Quantity::SpecificEnthalpy,
        Some(soap::ComputedQuantity::DewPoint) => Quantity::DewPoint,
        _ => Quantity::Computed(Cow::Borrowed(text)),
    }
}
