//! JSON push messages of loggers, WiFi sensors and wired sensors through the pipeline.
//!
//! WiFi and wired sensors have a memory and send what is in it first, one message for each answer. A message that is refused
//! for ever would block all behind it, so what can never be read is kept as it is and confirmed: [`Unreadable`].
//!
//! Sections are those of `comet-wifi-json` (W) and `comet-logger-http` (L).

use alloc::string::ToString as _;
use alloc::vec::Vec;

use comet_json::{Alarm as DeviceAlarm, Content, HexFloat, Message, MessageType, Options, Types, logger};
use replay_guard::{HashKey, Message as Evidence, Verdict};
use soap_websensor::entry::EntryToken;

use crate::entry::Addressed;
use crate::guard::{UNPROVEN, ZONE_MS};
use crate::observation::{DeviceId, Family, Observation};
use crate::pipeline::{Claim, Ingest, MessageKey};
use crate::reply::{Refusal, RefusalReason, Reply};
use crate::time::{Arrival, UnixMillis};

mod observations;
mod unreadable;

pub use observations::observations;
pub use unreadable::{Quarantine, Unreadable};

/// How far the clock of a logger may be from ours: any zone, and some hours of a clock that drifts.
const MAX_CLOCK_ERROR_MS: u64 = ZONE_MS.saturating_add(10 * 3_600_000);

/// A POST to a secret entry point, or in the session of a device that has proven itself.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Request<'a> {
    entry: Option<&'a str>,
    body: &'a [u8],
    arrival: Arrival,
    message_type: MessageType,
    options: Options,
}

impl<'a> Request<'a> {
    /// A request of a device of a family; `None` if the family does not push JSON.
    #[must_use]
    pub const fn new(family: Family, entry: &'a str, body: &'a [u8], arrival: Arrival) -> Option<Self> {
        Self::of(family, Some(entry), body, arrival)
    }

    /// The same without an entry point: from a device that is proven by the session it came in.
    #[must_use]
    pub const fn in_session(family: Family, body: &'a [u8], arrival: Arrival) -> Option<Self> {
        Self::of(family, None, body, arrival)
    }

    const fn of(family: Family, entry: Option<&'a str>, body: &'a [u8], arrival: Arrival) -> Option<Self> {
        let message_type = match family {
            Family::Logger => MessageType::Logger,
            Family::Wifi => MessageType::Wifi,
            Family::Wired => MessageType::Wired,
            Family::Soap | Family::Tcp | Family::Sigfox | Family::SigfoxRadio => return None,
        };
        let options = Options::new().with_types(Types::NONE.with(message_type));
        Some(Self {
            entry,
            body,
            arrival,
            message_type,
            options,
        })
    }

    /// The same with another limit for the length of the body.
    #[must_use]
    pub const fn with_max_len(mut self, max_len: usize) -> Self {
        self.options = self.options.with_max_len(max_len);
        self
    }
}

fn accepted(message_type: MessageType) -> Reply {
    let reply = comet_json::answer::Reply::accepted(message_type);
    Reply::new(reply.status, reply.content_type, reply.body)
}

/// The answer that makes a device with a memory keep its message.
pub fn refused(message_type: MessageType) -> Reply {
    let reply = comet_json::answer::Reply::refused(message_type);
    Reply::new(reply.status, reply.content_type, reply.body)
}

/// The answer to whoever is not authentic: there is nothing at this address.
pub const NOT_FOUND: Reply = Reply::new(404, None, "");

const fn not_authentic() -> Refusal {
    Refusal {
        reason: RefusalReason::NotAuthentic,
        reply: NOT_FOUND,
    }
}

/// First stage: decodes the message. Nothing it says is trusted yet.
///
/// # Errors
/// [`Unreadable`] if the body can never be read.
#[expect(
    clippy::result_large_err,
    reason = "it goes on through the pipeline like a claim, and is rare"
)]
pub fn read<'a>(request: &Request<'a>) -> Result<Claim<JsonMessage<'a>>, Unreadable<'a>> {
    let entry = request.entry.and_then(EntryToken::parse);
    match comet_json::decode_with(request.body, &request.options) {
        Ok(message) => Ok(Claim::new(JsonMessage { message, entry }, request.arrival)),
        Err(error) => Err(Unreadable {
            error,
            entry,
            request: *request,
        }),
    }
}

/// A JSON message on its way through the pipeline. Dereferences to the [`Message`].
#[derive(Debug)]
pub struct JsonMessage<'a> {
    message: Message<'a>,
    entry: Option<EntryToken>,
}

impl<'a> core::ops::Deref for JsonMessage<'a> {
    type Target = Message<'a>;
    fn deref(&self) -> &Message<'a> {
        &self.message
    }
}

impl Addressed for JsonMessage<'_> {
    fn entry(&self) -> Option<&EntryToken> {
        self.entry.as_ref()
    }
}

const fn family(message_type: MessageType) -> Family {
    match message_type {
        MessageType::Wifi => Family::Wifi,
        MessageType::Wired => Family::Wired,
        _ => Family::Logger,
    }
}

fn device<'m>(message: &Message<'_>) -> DeviceId<'m> {
    let serial = message
        .content
        .serial()
        .map_or_else(Default::default, |serial| serial.to_string());
    DeviceId::new(family(message.content.message_type()), serial)
}

fn sequence(message: &Message<'_>) -> Option<u64> {
    match &message.content {
        Content::Logger(message) => Some(u64::from(message.order_id)),
        Content::Wifi(message) => message.order_id.map(u64::from),
        Content::Wired(message) => message.order_id.map(u64::from),
        _ => None,
    }
}

impl Ingest for JsonMessage<'_> {
    type Reply = Reply;

    fn device(&self) -> DeviceId<'_> {
        device(&self.message)
    }

    /// The number wraps (loggers) or starts anew (sensors), and nothing protects it: it counts beside the time of the sample.
    fn evidence(&self, digest: &HashKey, arrival: &Arrival) -> Evidence {
        let number = sequence(&self.message).unwrap_or_default();
        let alarm = match &self.content {
            Content::Wifi(message) => message.channels.iter().any(|channel| active(channel.alarms())),
            Content::Wired(message) => message.channels.iter().any(|channel| active(channel.alarms())),
            Content::Logger(message) => message.channels.iter().any(|channel| active(channel.alarms())),
            _ => false,
        };
        Evidence::sampled(proven_sample(&self.message, arrival.time), number)
            .with_digest(digest.hash(self.key(arrival).as_bytes()))
            .with_alarm(alarm)
    }

    /// W §3.3, L §4.5: device, time of the sample, number of the message; and the values, since numbers start anew with the
    /// device and its clock may be wrong. What changes when a message is sent again is not in it.
    fn key(&self, arrival: &Arrival) -> MessageKey {
        let mut key = Vec::new();
        key.extend_from_slice(self.device().to_string().as_bytes());
        key.push(0);
        match sequence(&self.message) {
            Some(sequence) => key.extend_from_slice(&sequence.to_be_bytes()),
            None => key.push(b'-'),
        }
        let time = |time: comet_json::Time<'_>, key: &mut Vec<u8>| match time.sample {
            comet_json::Stamp::Read(sample) => key.extend_from_slice(&sample.unix_s().to_be_bytes()),
            comet_json::Stamp::Unreadable(text) => {
                key.extend(text.chars().flat_map(|c| u32::from(c).to_be_bytes()))
            }
        };
        let value = |number: Option<u8>, value: Option<HexFloat>, key: &mut Vec<u8>| {
            key.push(number.unwrap_or_default());
            key.extend_from_slice(&value.map_or([0; 4], |value| value.to_bits().to_be_bytes()));
        };
        match &self.content {
            Content::Wifi(message) => {
                time(message.time, &mut key);
                for channel in message.channels.iter() {
                    value(channel.nr.map(u8::from), channel.value, &mut key);
                }
            }
            Content::Wired(message) => {
                time(message.time, &mut key);
                for channel in message.channels.iter() {
                    value(channel.nr.map(u8::from), channel.value, &mut key);
                }
            }
            Content::Logger(message) => {
                key.extend_from_slice(&message.time.0.to_be_bytes());
                for channel in message.channels.iter() {
                    match channel {
                        logger::Channel::Analog(channel) => {
                            value(Some(channel.number), Some(channel.value), &mut key)
                        }
                        logger::Channel::Binary(channel) => {
                            key.extend_from_slice(&[channel.number]);
                            key.extend_from_slice(&channel.state.to_be_bytes());
                        }
                    }
                }
            }
            _ => return MessageKey::of_arrival(arrival),
        }
        MessageKey::from_bytes(key)
    }

    fn observations(&self, received: UnixMillis) -> impl Iterator<Item = Observation<'_>> {
        observations(&self.message, received).into_iter()
    }

    fn accepted(&self) -> Reply {
        accepted(self.content.message_type())
    }

    fn not_stored(&self) -> Reply {
        refused(self.content.message_type())
    }

    /// A message in conflict is kept raw like one that cannot be read, and confirmed like it: refused for ever, it would block
    /// the memory of the device.
    fn not_admitted(&self, verdict: &Verdict) -> Reply {
        match verdict {
            Verdict::Conflict { .. } => self.accepted(),
            verdict if crate::guard::acknowledged(verdict) => self.accepted(),
            _ => self.not_stored(),
        }
    }

    fn not_authentic(&self) -> Reply {
        NOT_FOUND
    }
}

fn active(alarms: [DeviceAlarm; 2]) -> bool {
    alarms.iter().any(|alarm| alarm.active == Some(true))
}

/// Milliseconds of the sample on the axis of the guard, if the device vouches for its clock.
///
/// Loggers do not say whether their clock is right, nor in which zone (L §4.1): it is believed if it was within a day of ours
/// when the message was sent.
fn proven_sample(message: &Message<'_>, received: UnixMillis) -> u64 {
    let millis = |unix_s: i64| u64::try_from(unix_s).ok()?.checked_mul(1000);
    let sample = match &message.content {
        Content::Wifi(message) => message.time.taken().and_then(|sample| millis(sample.unix_s())),
        Content::Wired(message) => message.time.taken().and_then(|sample| millis(sample.unix_s())),
        Content::Logger(message) => message
            .time_now
            .and_then(|now| millis(now.unix_if_utc()))
            .filter(|now| now.abs_diff(received.0) <= MAX_CLOCK_ERROR_MS)
            .and_then(|_| millis(message.time.unix_if_utc())),
        _ => None,
    };
    sample.unwrap_or(UNPROVEN)
}
