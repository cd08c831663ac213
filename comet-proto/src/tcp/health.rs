//! STATUS as observations of the device itself (§6.3).

use core::num::{NonZeroI8, NonZeroU16};

use replay_guard::{HashKey, Message, Verdict};
use wifisensor_tcp::samples::ClockBasis;
use wifisensor_tcp::status::{Faults, Percent};

use super::reply::Reply;
use super::session::Session;
use crate::observation::{Alarm, Channel, DeviceId, Observation, Provenance, Quality, Source};
use crate::pipeline::{Claim, Ingest, MessageKey};
use crate::quantity::{Quantity, Unit};
use crate::time::{Arrival, Taken, UnixMillis};
use crate::value::{Decimal, Value};

/// First stage: the STATUS of a session.
#[must_use]
pub const fn read_status(session: &Session, arrival: Arrival) -> Claim<Health<'_>> {
    Claim::new(Health(session), arrival)
}

/// A STATUS on its way through the pipeline.
#[derive(Debug, Clone, Copy)]
pub struct Health<'s>(&'s Session);

impl<'s> Health<'s> {
    /// The session that it opens.
    #[must_use]
    pub const fn session(&self) -> &'s Session {
        self.0
    }
}

impl Ingest for Health<'_> {
    type Reply = Reply;

    fn device(&self) -> DeviceId<'_> {
        self.0.device()
    }

    /// The session has told repeats apart already: there is nothing to show but that the device is there.
    fn evidence(&self, _: &HashKey, _: &Arrival) -> Message {
        Message::unnumbered(0)
    }

    /// A STATUS has no identity of its own and is not sent again: this is the identity of its arrival.
    fn key(&self, arrival: &Arrival) -> MessageKey {
        MessageKey::of_arrival(arrival)
    }

    fn observations(&self, _: UnixMillis) -> impl Iterator<Item = Observation<'_>> {
        health(self.0)
    }

    fn accepted(&self) -> Reply {
        Reply::Proceed
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

/// What STATUS says of the device (channel 0), and an observation without a value for each channel whose alarm is on: which
/// quantity that is, STATUS does not tell.
pub fn health(session: &Session) -> impl Iterator<Item = Observation<'_>> {
    let status = session.status();
    let integer = |number: i64| Some(Value::Integer(number));
    let state = |state| Some(Value::Bool(state));
    let fault = |fault| state(status.faults.contains(fault));
    let basis = status.flags.clock_basis();
    let millivolts = status.battery_mv.map(NonZeroU16::get);
    let is_utc = basis == ClockBasis::Utc;
    let offset = is_utc.then(|| {
        let ahead = i64::from(status.clock).saturating_mul(1000);
        ahead.saturating_sub(i64::try_from(session.received().0).unwrap_or(i64::MAX))
    });
    let rows = [
        (
            Quantity::SignalLevel,
            Some(Unit::Dbm),
            status
                .rssi_dbm
                .map(NonZeroI8::get)
                .and_then(|dbm| integer(dbm.into())),
        ),
        (
            Quantity::BatteryCharge,
            Some(Unit::Percent),
            status
                .battery_pct
                .map(Percent::get)
                .and_then(|percent| integer(percent.into())),
        ),
        (
            Quantity::BatteryVoltage,
            Some(Unit::Volt),
            millivolts
                .and_then(|mv| Decimal::new(mv.into(), 3))
                .map(Value::Decimal),
        ),
        (
            Quantity::ExternalPower,
            None,
            state(status.flags.external_power()),
        ),
        (Quantity::ClockValid, None, state(is_utc)),
        (
            Quantity::ClockOffset,
            Some(Unit::Second),
            offset.and_then(|ms| Decimal::new(ms, 3)).map(Value::Decimal),
        ),
        (
            Quantity::Uptime,
            Some(Unit::Second),
            integer(status.uptime_s.into()),
        ),
        (Quantity::BatteryLow, None, fault(Faults::BATTERY_LOW)),
        (Quantity::ProbeMissing, None, fault(Faults::PROBE_MISSING)),
        (Quantity::SamplesOverwritten, None, fault(Faults::OVERWRITTEN)),
        (Quantity::ClockLost, None, fault(Faults::CLOCK_LOST)),
        (Quantity::UploadFailed, None, fault(Faults::LAST_FAILED)),
    ];
    let device = rows.into_iter().map(|(quantity, unit, value)| {
        observation(session, Channel::DEVICE, quantity, unit, value, Alarm::Unknown)
    });
    let alarms = (0_u16..8).filter_map(|channel| {
        let is_on = |bits: u8| bits.unbounded_shr(u32::from(channel)) & 1 == 1;
        let alarm = match (is_on(status.alarm_low), is_on(status.alarm_high)) {
            (false, false) => return None,
            (true, false) => Alarm::Low,
            (false, true) => Alarm::High,
            (true, true) => Alarm::LowAndHigh,
        };
        let channel = Channel::new(channel.saturating_add(1), None);
        Some(observation(
            session,
            channel,
            Quantity::Unspecified,
            None,
            None,
            alarm,
        ))
    });
    device.chain(alarms)
}

fn observation<'s>(
    session: &'s Session,
    channel: Channel<'s>,
    quantity: Quantity<'s>,
    unit: Option<Unit<'s>>,
    value: Option<Value>,
    alarm: Alarm,
) -> Observation<'s> {
    Observation {
        device: session.device(),
        channel,
        quantity,
        unit,
        value,
        // What the wire says as "unknown" is not there.
        quality: if value.is_some() {
            Quality::Good
        } else {
            Quality::Missing
        },
        alarm,
        raw: None,
        taken: Taken::on_arrival(session.received()),
        received: session.received(),
        provenance: Provenance {
            kind: "STATUS",
            sequence: None,
            log: Some(session.log_id().0),
            description: None,
        },
        source: Source::Status(session.status()),
    }
}
