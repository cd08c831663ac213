//! Radio frames of receivers of one's own.

use alloc::string::String;
use alloc::vec::Vec;

use replay_guard::{HashKey, Message as Evidence, Verdict};
use sigfox_frame::EpId;
use sigfox_frame::auth::DeviceKey;
use sigfox_frame::control::{Control, Supply};
use sigfox_frame::sequence::Rollover;
use sigfox_frame::uplink::{Body, Tolerance, Unauthenticated, Uplink, decode};

use super::description::Descriptions;
use super::observations::Maker;
use super::reply::Reply;
use crate::observation::{DeviceId, Family, Observation, Provenance, Source};
use crate::pipeline::{Claim, Ingest, MessageKey, Proof};
use crate::quantity::{Quantity, Unit};
use crate::reply::{Refusal, RefusalReason};
use crate::time::{Arrival, Taken, UnixMillis};
use crate::value::{Decimal, Value};

/// First stage: an uplink frame, preamble first, whose CRC and header are right. Anybody can send one.
///
/// # Errors
/// A [`Refusal`] if they are not.
pub fn read_frame(
    frame: &[u8],
    tolerance: Tolerance,
    arrival: Arrival,
) -> Result<Claim<Frame>, Refusal<Reply>> {
    match decode(frame, tolerance) {
        Ok(unauthenticated) => Ok(Claim::new(Frame::new(unauthenticated), arrival)),
        Err(error) => Err(Refusal {
            reason: RefusalReason::Frame(error),
            reply: Reply::Refused(400),
        }),
    }
}

/// A radio frame on its way through the pipeline. Dereferences to what it says.
#[derive(Debug, Clone)]
pub struct Frame {
    unauthenticated: Unauthenticated,
    serial: String,
    /// Of its device: known with its key.
    rollover: Rollover,
}

impl Frame {
    fn new(unauthenticated: Unauthenticated) -> Self {
        Self {
            serial: super::serial(unauthenticated.ep_id().0),
            rollover: Rollover::default(),
            unauthenticated,
        }
    }

    /// The device that it says it is of, to look its key up.
    #[must_use]
    pub const fn ep_id(&self) -> EpId {
        self.unauthenticated.ep_id()
    }

    /// Flags, kind and bytes: what has to be the same in all frames of a message.
    fn content(&self) -> Vec<u8> {
        let message = &self.message;
        let kind = match message.body {
            Body::Empty => 0,
            Body::Bit(false) => 1,
            Body::Bit(true) => 2,
            Body::Bytes(_) => 3,
            Body::Control(_) => 4,
        };
        let mut content = Vec::with_capacity(14);
        content.extend_from_slice(&[kind, u8::from(message.bidirectional)]);
        content.extend_from_slice(message.body.payload().as_slice());
        content
    }
}

impl core::ops::Deref for Frame {
    type Target = Uplink;
    fn deref(&self) -> &Uplink {
        self.unauthenticated.uplink()
    }
}

/// What the network knows of a device: its key, where its counter wraps, and what is taken under the key.
#[derive(Debug, Clone, Copy)]
pub struct FrameKey<'k> {
    device: EpId,
    key: &'k DeviceKey,
    rollover: Rollover,
    ambiguous: bool,
}

impl<'k> FrameKey<'k> {
    /// The key of one device. A public key is none (R §7.2).
    #[must_use]
    pub const fn new(device: EpId, key: &'k DeviceKey) -> Self {
        Self {
            device,
            key,
            rollover: Rollover::R4096,
            ambiguous: false,
        }
    }

    /// R of the device, if it is not 4096: no frame says it, and with a wrong one the device is out of the window after its first lap
    /// (R §11.1).
    #[must_use]
    pub const fn with_rollover(mut self, rollover: Rollover) -> Self {
        self.rollover = rollover;
        self
    }

    /// Takes messages, too, that somebody without a key could have made of a shorter one (R §7.1). A genuine message is one of them
    /// with a probability of 2⁻³² or less.
    #[must_use]
    pub const fn with_ambiguous(mut self) -> Self {
        self.ambiguous = true;
        self
    }
}

impl Proof<Frame> for FrameKey<'_> {
    fn proves(&self, frame: &Frame) -> bool {
        frame.ep_id() == self.device
            && frame.unauthenticated.verify(self.key).is_ok()
            && (self.ambiguous || !frame.padding_ambiguous)
    }

    fn inform(&self, frame: &mut Frame) {
        frame.rollover = self.rollover;
    }
}

impl Ingest for Frame {
    type Reply = Reply;

    fn device(&self) -> DeviceId<'_> {
        DeviceId::new(Family::SigfoxRadio, self.serial.as_str())
    }

    /// R §11: the counter, and where it wraps; another content under it is a conflict.
    fn evidence(&self, digest: &HashKey, _: &Arrival) -> Evidence {
        Evidence::numbered(self.message.counter.get().into())
            .with_modulus(self.rollover.get().into())
            .with_digest(digest.hash(&self.content()))
    }

    /// Device, counter and content. The counter comes again after a lap: see [`extended_key`](Self::extended_key).
    fn key(&self, arrival: &Arrival) -> MessageKey {
        self.extended_key(arrival, None)
    }

    /// `sigfox-radio/`, the device, a zero, the extended counter in 8 octets, the content. If the guard forgets a device, numbers begin
    /// anew: a row of more than a day ago is of another message.
    fn extended_key(&self, _: &Arrival, number: Option<u64>) -> MessageKey {
        let number = number.unwrap_or_else(|| u64::from(self.message.counter.get()));
        let mut key = Vec::with_capacity(44);
        key.extend_from_slice(Family::SigfoxRadio.code().as_bytes());
        key.push(b'/');
        key.extend_from_slice(self.serial.as_bytes());
        key.push(0);
        key.extend_from_slice(&number.to_be_bytes());
        key.extend_from_slice(&self.content());
        MessageKey::from_bytes(key)
    }

    fn observations(&self, received: UnixMillis) -> impl Iterator<Item = Observation<'_>> {
        frame_observations(self.unauthenticated.uplink(), received).into_iter()
    }

    fn accepted(&self) -> Reply {
        Reply::Taken
    }

    fn not_stored(&self) -> Reply {
        Reply::NOT_STORED
    }

    /// The receiver is told why; what is acknowledged need not come again, and waiting may help where there is no place.
    fn not_admitted(&self, verdict: &Verdict) -> Reply {
        match verdict {
            Verdict::Full | Verdict::StaleTicket => Reply::NOT_STORED,
            verdict if crate::guard::acknowledged(verdict) => Reply::Taken,
            verdict => Reply::Refused(verdict.http_status()),
        }
    }

    /// The same for a wrong tag and a device without a key.
    fn not_authentic(&self) -> Reply {
        Reply::Refused(403)
    }
}

fn maker(uplink: &Uplink, received: UnixMillis) -> Maker<'_> {
    let kind = match uplink.message.body {
        Body::Empty => "empty",
        Body::Bit(_) => "bit",
        Body::Bytes(_) => "bytes",
        Body::Control(Control::KeepAlive(_)) => "keep-alive",
        Body::Control(Control::DownlinkConfirmation { .. }) => "downlink-confirmation",
        Body::Control(_) => "control",
    };
    Maker {
        device: DeviceId::new(Family::SigfoxRadio, super::serial(uplink.message.ep_id.0)),
        // R §2: a frame carries no time.
        taken: Taken::on_arrival(received),
        received,
        provenance: Provenance {
            kind,
            sequence: Some(u64::from(uplink.message.counter.get())),
            log: None,
            description: None,
        },
        source: Source::Uplink(uplink),
        all: Vec::new(),
    }
}

/// What the device reports of itself in a control record (R §6.1). Nothing protects the type of a frame: do nothing that cannot be undone
/// because of it (R §10.2).
#[must_use]
pub fn frame_observations(uplink: &Uplink, received: UnixMillis) -> Vec<Observation<'_>> {
    let mut maker = maker(uplink, received);
    match uplink.message.body {
        Body::Control(Control::KeepAlive(supply)) => powered(&mut maker, supply),
        Body::Control(Control::DownlinkConfirmation { supply, rssi }) => {
            powered(&mut maker, supply);
            let level = Some(Value::Integer(rssi.dbm().into()));
            maker.health(Quantity::DownlinkLevel, Some(Unit::Dbm), level);
        }
        _ => {}
    }
    maker.all
}

fn powered(maker: &mut Maker<'_>, supply: Supply) {
    let decimal = |mantissa: i64, scale| Decimal::new(mantissa, scale).map(Value::Decimal);
    let volts = |mv: u16| decimal(mv.into(), 3);
    let celsius = decimal(supply.temperature.0.into(), 1);
    maker.health(Quantity::BatteryVoltage, Some(Unit::Volt), volts(supply.idle_mv));
    maker.health(
        Quantity::TransmitVoltage,
        Some(Unit::Volt),
        volts(supply.transmit_mv),
    );
    maker.health(Quantity::DeviceTemperature, Some(Unit::Celsius), celsius);
}

/// What the application bytes of a frame say by the descriptions that their owner supplied; nothing without (P2). Bits, empty messages and
/// control records have none.
#[must_use]
pub fn decoded_frame<'m>(
    uplink: &'m Uplink,
    descriptions: &'m Descriptions,
    received: UnixMillis,
) -> Vec<Observation<'m>> {
    let Body::Bytes(payload) = &uplink.message.body else {
        return Vec::new();
    };
    let mut maker = maker(uplink, received);
    maker.decode(&descriptions.decode(payload));
    maker.all
}
