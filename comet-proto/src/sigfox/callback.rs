//! Requests of the cloud, record by record.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use replay_guard::{HashKey, Message as Evidence, Verdict};
use sha2::{Digest as _, Sha256};
use sigfox_frame::callback::{
    self as leaf, Content, Event, Fault, Received, Receiver, Record, Request, Service, Warning,
};

use super::observations::observations;
use super::reply::Reply;
use crate::guard::UNPROVEN;
use crate::observation::{DeviceId, Family, Observation};
use crate::pipeline::{Claim, Ingest, MessageKey, Proof};
use crate::reply::{Refusal, RefusalReason};
use crate::time::{Arrival, UnixMillis};

/// Numbers of the counter (C §6).
const COUNTERS: u32 = 4096;

/// First stage: the request comes with the secret, and can be read. Which devices its records are of is not looked at yet.
///
/// # Errors
/// A [`Refusal`] with the status of C R4.
pub fn read<'a>(
    receiver: &'a Receiver,
    request: &Request<'a>,
    arrival: Arrival,
) -> Result<Delivery<'a>, Refusal<Reply>> {
    match receiver.receive(request, arrival.time.0 / 1000) {
        Ok(received) => Ok(Delivery { received, arrival }),
        Err(error) => Err(Refusal {
            reason: RefusalReason::Callback(error),
            reply: Reply::Refused(error.status()),
        }),
    }
}

/// A request of somebody who knows the secret.
#[derive(Debug)]
pub struct Delivery<'a> {
    received: Received<'a>,
    arrival: Arrival,
}

impl Delivery<'_> {
    /// Its records, each on its own way.
    pub fn claims(&self) -> impl Iterator<Item = Claim<Callback<'_>>> {
        let arrival = self.arrival;
        self.received
            .records()
            .map(move |record| Claim::new(Callback::new(record), arrival))
    }

    /// How many records there are: at least one.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.received.count()
    }

    /// What is off, the first thousand remarks.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        self.received.warnings()
    }
}

/// A record of a callback on its way through the pipeline. Dereferences to the [`Record`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback<'a> {
    record: Record<'a>,
    serial: String,
}

impl<'a> Callback<'a> {
    pub(super) fn new(record: Record<'a>) -> Self {
        let serial = record.device.map(|device| super::serial(device.number()));
        Self {
            serial: serial.unwrap_or_default(),
            record,
        }
    }

    /// Independent of the request.
    #[must_use]
    pub fn into_owned(self) -> Callback<'static> {
        Callback {
            record: self.record.into_owned(),
            serial: self.serial,
        }
    }

    /// The key to store it under.
    pub(super) fn message_key(&self) -> MessageKey {
        key(&self.record, &self.serial)
    }
}

impl Claim<Callback<'_>> {
    /// The same independent of the request, for a task of its own.
    #[must_use]
    pub fn into_owned(self) -> Claim<Callback<'static>> {
        let (callback, arrival) = self.into_parts();
        Claim::new(callback.into_owned(), arrival)
    }
}

impl<'a> core::ops::Deref for Callback<'a> {
    type Target = Record<'a>;
    fn deref(&self) -> &Record<'a> {
        &self.record
    }
}

/// A device in the caller's records. The secret of the callback is shared by all devices of a device type: that it was right has been
/// seen by [`read`], and what is left is whether the device belongs there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered<'c> {
    device: DeviceId<'c>,
}

impl<'c> Registered<'c> {
    /// The device with this serial number, as [`serial`](super::serial) spells it; empty for events that concern no device.
    #[must_use]
    pub fn new(serial: impl Into<alloc::borrow::Cow<'c, str>>) -> Self {
        Self {
            device: DeviceId::new(Family::Sigfox, serial),
        }
    }
}

impl Proof<Callback<'_>> for Registered<'_> {
    fn proves(&self, callback: &Callback<'_>) -> bool {
        callback.device() == self.device
    }
}

impl Ingest for Callback<'_> {
    type Reply = Reply;

    fn device(&self) -> DeviceId<'_> {
        DeviceId::new(Family::Sigfox, self.serial.as_str())
    }

    /// Only messages of the device have a time and a number that order them; of everything else the key alone tells repeats.
    fn evidence(&self, _: &HashKey, _: &Arrival) -> Evidence {
        match (&self.record.content, self.record.time_s, self.record.seq) {
            (Content::Data(_), Some(time_s), Some(seq)) => {
                let number = seq.checked_rem(COUNTERS).unwrap_or_default();
                Evidence::sampled(time_s.saturating_mul(1000), u64::from(number))
            }
            _ => Evidence::sampled(UNPROVEN, 0),
        }
    }

    /// C R12.
    fn key(&self, _: &Arrival) -> MessageKey {
        self.message_key()
    }

    fn observations(&self, received: UnixMillis) -> impl Iterator<Item = Observation<'_>> {
        observations(&self.record, received).into_iter()
    }

    fn accepted(&self) -> Reply {
        Reply::Taken
    }

    fn not_stored(&self) -> Reply {
        Reply::NOT_STORED
    }

    /// An error would be answered by three repeats, and hold up the other devices of a batch (C R4): whatever is not to be stored now
    /// is taken and dropped, unless waiting may help.
    fn not_admitted(&self, verdict: &Verdict) -> Reply {
        match verdict {
            Verdict::Full | Verdict::StaleTicket => Reply::NOT_STORED,
            _ => Reply::Taken,
        }
    }

    /// Not of a registered device: to be kept as a [`Stranger`](super::Stranger), and confirmed.
    fn not_authentic(&self) -> Reply {
        Reply::Taken
    }
}

/// `sigfox/`, the device, a zero, then what C R12 names: `c` time and counter, `p` time and payload; for other services their word, time
/// and counter, and what tells two occurrences of one second apart.
fn key(record: &Record<'_>, serial: &str) -> MessageKey {
    let mut key = device_key(serial);
    match record.key() {
        leaf::MessageKey::Counter { time_s, seq, .. } => {
            key.push(b'c');
            key.extend_from_slice(&time_s.to_be_bytes());
            key.extend_from_slice(&seq.to_be_bytes());
        }
        leaf::MessageKey::Payload { time_s, payload, .. } => {
            key.push(b'p');
            key.extend_from_slice(&time_s.to_be_bytes());
            key.extend_from_slice(payload.as_bytes());
        }
        _ => {
            of_second(&mut key, record.service, record.time_s.unwrap_or(u64::MAX));
            key.extend_from_slice(&record.seq.unwrap_or(u32::MAX).to_be_bytes());
            match &record.content {
                Content::Ack(ack) => key.extend_from_slice(&ack.code.0.to_be_bytes()),
                Content::Error(fault) => key.extend_from_slice(&digest_of_fault(fault)),
                Content::Event(event) => key.extend_from_slice(&digest_of_event(event)),
                _ => {}
            }
        }
    }
    MessageKey::from_bytes(key)
}

fn device_key(serial: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(40);
    key.extend_from_slice(Family::Sigfox.code().as_bytes());
    key.push(b'/');
    key.extend_from_slice(serial.as_bytes());
    key.push(0);
    key
}

fn of_second(key: &mut Vec<u8>, service: Service, time_s: u64) {
    key.extend_from_slice(service.as_str().as_bytes());
    key.push(0);
    key.extend_from_slice(&time_s.to_be_bytes());
}

/// The keys of all acknowledgements of a device for its message of this second: where one is stored, the network has ended that
/// message, and what it would be given now could not go out any more (C §4.5).
///
/// ```
/// let keys = comet_proto::sigfox::acknowledgements("2D91F3", 1_718_000_000);
/// assert!(keys.start.as_bytes().starts_with(b"sigfox/2D91F3\0ack\0") && keys.start.as_bytes() < keys.end.as_bytes());
/// ```
#[must_use]
pub fn acknowledgements(serial: &str, time_s: u64) -> Range<MessageKey> {
    let of = |time_s| {
        let mut key = device_key(serial);
        of_second(&mut key, Service::Ack, time_s);
        MessageKey::from_bytes(key)
    };
    of(time_s)..of(time_s.saturating_add(1))
}

fn digest_of_fault(fault: &Fault<'_>) -> [u8; 16] {
    digest([Some(&*fault.severity), fault.info.as_deref()], [])
}

fn digest_of_event(event: &Event<'_>) -> [u8; 16] {
    let texts = [
        Some(&*event.event_type),
        event.severity.as_deref(),
        event.source_id.as_deref(),
        event.source_type.as_deref(),
        event.group_id.as_deref(),
    ];
    digest(texts, [event.last_seq, event.expected_seq, event.message_seq])
}

/// Half a SHA-256 over texts with their lengths, and numbers; of what is absent over a length that no text has.
fn digest<const T: usize, const N: usize>(texts: [Option<&str>; T], numbers: [Option<u32>; N]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for text in texts {
        let len = text.map_or(u64::MAX, |text| u64::try_from(text.len()).unwrap_or(u64::MAX));
        hash.update(len.to_be_bytes());
        hash.update(text.unwrap_or_default());
    }
    for number in numbers {
        hash.update(number.map_or(u64::MAX, u64::from).to_be_bytes());
    }
    let whole: [u8; 32] = hash.finalize().into();
    whole.first_chunk().copied().unwrap_or_default()
}
