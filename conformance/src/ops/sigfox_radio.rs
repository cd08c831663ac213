//! Suite `sigfox-radio`: frames of both directions, their codes, joint decoding and the sequence window, by `sigfox-frame`.

use serde_json::{Value, json};
use sigfox_frame::auth::{DeviceKey, MacKey, PublicKey, Verified};
use sigfox_frame::coding::whitening::Seed;
use sigfox_frame::coding::{bch, combining, convolution, crc};
use sigfox_frame::control::{Control, DeciCelsius, Rssi, Supply};
use sigfox_frame::downlink::{self, Answer};
use sigfox_frame::sequence::{Counter, Rollover, Track, Window};
use sigfox_frame::uplink::{self, Body, Frames, Message, Payload, Rank, Tolerance, Unauthenticated, Uplink};
use sigfox_frame::{DecodeError, EncodeError, EncodeErrorKind, EpId};

use crate::op::{Input, Members, OpError, Opened, Outcome, Session, octets};

fn refused(error: DecodeError) -> OpError {
    OpError::new(error.kind.code())
        .at(error.offset)
        .because(error.to_string())
}

fn unsendable(error: EncodeError) -> OpError {
    OpError::new(error.kind.code()).because(error.to_string())
}

fn array<const N: usize>(input: &Members<'_>, name: &str) -> Result<[u8; N], OpError> {
    let bytes = input.octets(name)?;
    bytes
        .try_into()
        .map_err(|_| OpError::bad_input(name, &format!("{N} octets")))
}

fn ep_id(input: &Members<'_>) -> Result<EpId, OpError> {
    let id = input.text("ep-id")?.parse();
    id.map_err(|_| OpError::bad_input("ep-id", "8 hex digits"))
}

/// A key as the caller names it: the public key is no device's.
enum Key {
    Device(DeviceKey),
    Public(PublicKey),
}

impl Key {
    fn of(input: &Members<'_>) -> Result<Self, OpError> {
        let key = DeviceKey::new(array(input, "key")?);
        Ok(key.map_or_else(|| Self::Public(PublicKey::new()), Self::Device))
    }

    fn mac_key(&self) -> &MacKey {
        match self {
            Self::Device(key) => key,
            Self::Public(key) => key,
        }
    }
}

/// Up to 16 bits; a number beyond becomes one that is out of every range.
fn counter(input: &Members<'_>) -> Result<u16, OpError> {
    let counter: i64 = input.int("counter")?;
    Ok(u16::try_from(counter).unwrap_or(u16::MAX))
}

/// A counter of any device.
fn any_counter(input: &Members<'_>) -> Result<Counter, OpError> {
    Rollover::R4096.counter(counter(input)?).map_err(unsendable)
}

fn rank(input: &Members<'_>) -> Result<Rank, OpError> {
    let rank: i64 = input.int("rank")?;
    Rank::new(u8::try_from(rank).unwrap_or(u8::MAX)).map_err(unsendable)
}

fn supply(input: &Members<'_>) -> Result<Supply, OpError> {
    Ok(Supply {
        idle_mv: input.int("voltage-idle-mv")?,
        transmit_mv: input.int("voltage-tx-mv")?,
        temperature: DeciCelsius(input.int("temperature-dc")?),
    })
}

/// `sigfox.uplink.encode`: message → one frame.
pub(super) fn uplink_encode(input: &Input) -> Outcome {
    let input = Members::of(input);
    let key = if input.bool_opt("public-key")?.unwrap_or_default() {
        Key::Public(PublicKey::new())
    } else {
        Key::of(&input)?
    };
    let rollover: i64 = input.int("rollover")?;
    let rollover = Rollover::new(u16::try_from(rollover).unwrap_or_default()).map_err(unsendable)?;
    let counter = rollover.counter(counter(&input)?).map_err(unsendable)?;
    let rank = rank(&input)?;
    let body = match input.text("kind")? {
        "empty" => Body::Empty,
        "bit0" => Body::Bit(false),
        "bit1" => Body::Bit(true),
        "bytes" => Body::Bytes(Payload::new(&input.octets("payload")?).map_err(unsendable)?),
        "keep-alive" => Body::Control(Control::KeepAlive(supply(&input)?)),
        "dl-confirmation" => Body::Control(Control::DownlinkConfirmation {
            supply: supply(&input)?,
            rssi: Rssi::new(input.int("rssi-dbm")?).map_err(unsendable)?,
        }),
        _ => return Err(OpError::bad_input("kind", "one that an encoder takes")),
    };
    let mut message = Message::new(ep_id(&input)?, counter, body);
    if input.bool("bidirectional")? {
        message = message.asking_for_downlink();
    }
    let frames = Frames::new(&message, key.mac_key()).map_err(unsendable)?;
    Ok(json!({"frame": octets(&frames.frame(rank))}))
}

/// `sigfox.uplink.decode`: one frame → message.
pub(super) fn uplink_decode(input: &Input) -> Outcome {
    let input = Members::of(input);
    let tolerance = input
        .int_opt("tolerance")?
        .map_or(Some(Tolerance::default()), Tolerance::new);
    let tolerance = tolerance.ok_or_else(|| OpError::bad_input("tolerance", "0 to 2"))?;
    let message = uplink::decode(&input.octets("frame")?, tolerance).map_err(refused)?;
    verified(&input, &message)
}

/// `sigfox.uplink.combine`: damaged frames of one message → message.
pub(super) fn combine(input: &Input) -> Outcome {
    let input = Members::of(input);
    let frames = input.octet_strings("frames")?;
    let frames: Vec<_> = frames.iter().map(Vec::as_slice).collect();
    let message = combining::hard(&frames, Tolerance::default()).map_err(refused)?;
    verified(&input, &message)
}

fn verified(input: &Members<'_>, message: &Unauthenticated) -> Outcome {
    if input.octets_opt("key")?.is_none() {
        return Ok(told(message.uplink(), "none"));
    }
    let public = input
        .bool_opt("allow-public")?
        .unwrap_or_default()
        .then(PublicKey::new);
    let outcome = match Key::of(input)? {
        Key::Device(key) => message.verify_any(&key, public.as_ref()),
        // The caller says that the device has the public key; that it fits is all that can be said.
        Key::Public(key) => message.verify_public(&key).map(Verified::Public),
    };
    Ok(match outcome.map_err(refused)? {
        Verified::Device(authentic) => told(authentic.uplink(), "device"),
        Verified::Public(public) => told(&public, "public"),
    })
}

fn told(uplink: &Uplink, authenticated: &str) -> Value {
    let message = &uplink.message;
    let mut out = json!({
        "ep-id": message.ep_id.to_string().to_lowercase(),
        "counter": message.counter.get(),
        "rank": uplink.frame_type.rank.get(),
        "bidirectional": message.bidirectional,
        "repeated": uplink.repeated,
        "frame-type-errors": uplink.type_errors,
        "padding-ambiguous": uplink.padding_ambiguous,
        "authenticated": authenticated,
        "payload": octets(message.body.payload().as_slice()),
    });
    let kind = match message.body {
        Body::Empty => "empty",
        Body::Bit(false) => "bit0",
        Body::Bit(true) => "bit1",
        Body::Bytes(_) => "bytes",
        Body::Control(Control::KeepAlive(supply)) => {
            supply_told(&mut out, &supply);
            "keep-alive"
        }
        Body::Control(Control::DownlinkConfirmation { supply, rssi }) => {
            supply_told(&mut out, &supply);
            set(&mut out, "rssi-dbm", rssi.dbm());
            "dl-confirmation"
        }
        Body::Control(_) => "control",
    };
    set(&mut out, "kind", kind);
    out
}

fn supply_told(out: &mut Value, supply: &Supply) {
    set(out, "voltage-idle-mv", supply.idle_mv);
    set(out, "voltage-tx-mv", supply.transmit_mv);
    set(out, "temperature-dc", supply.temperature.0);
}

fn set(out: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Object(members) = out {
        members.insert(name.to_owned(), value.into());
    }
}

/// `sigfox.downlink.encode`.
pub(super) fn downlink_encode(input: &Input) -> Outcome {
    let input = Members::of(input);
    let payload = input.octets("payload")?;
    let size = |payload: Vec<u8>| {
        let kind = EncodeErrorKind::PayloadSize(payload.len());
        OpError::new(kind.code()).because(kind.to_string())
    };
    let payload = <[u8; downlink::PAYLOAD_LEN]>::try_from(payload).map_err(size)?;
    let answer = Answer::new(ep_id(&input)?, any_counter(&input)?, payload);
    Ok(json!({"frame": octets(&answer.encode(Key::of(&input)?.mac_key()))}))
}

/// `sigfox.downlink.decode`.
pub(super) fn downlink_decode(input: &Input) -> Outcome {
    let input = Members::of(input);
    let frame = input.octets("frame")?;
    let received = downlink::decode(&frame, ep_id(&input)?, any_counter(&input)?).map_err(refused)?;
    let received = match Key::of(&input)? {
        Key::Device(key) => received.verify(&key).map(|authentic| authentic.into_inner()),
        Key::Public(key) => received.verify_public(&key).map(|public| public.into_inner()),
    }
    .map_err(refused)?;
    Ok(json!({"payload": octets(&received.answer.payload), "corrected": received.corrected}))
}

/// `sigfox.sequence.new`: a window.
pub(super) fn sequence(input: &Input) -> Result<Opened, OpError> {
    let input = Members::of(input);
    let rollover = Rollover::new(input.int("rollover")?).map_err(unsendable)?;
    let window = Window::new(rollover, input.int("window")?);
    let window = window.ok_or_else(|| OpError::bad_input("window", "1 to rollover - 1"))?;
    Ok(Opened::new(SequenceSession(Track::new(window))))
}

struct SequenceSession(Track);

impl Session for SequenceSession {
    fn step(&mut self, op: &str, input: &Input) -> Outcome {
        match op {
            "sigfox.sequence.check" => {
                let verdict = self.0.check(any_counter(&Members::of(input))?);
                Ok(json!({"verdict": verdict.name()}))
            }
            _ => Err(OpError::foreign_step(op)),
        }
    }
}

/// `sigfox.uplink.mac`: header to payload → last cipher block.
pub(super) fn mac(input: &Input) -> Outcome {
    let input = Members::of(input);
    let mac = Key::of(&input)?.mac_key().mac(&input.octets("message")?);
    Ok(json!({"mac": octets(mac.map_err(unsendable)?.as_bytes())}))
}

/// `sigfox.crc16`.
pub(super) fn crc16(input: &Input) -> Outcome {
    let data = Members::of(input).octets("data")?;
    Ok(json!({"crc": octets(&crc::crc16(&data).to_be_bytes())}))
}

/// `sigfox.crc8`.
pub(super) fn crc8(input: &Input) -> Outcome {
    let data = Members::of(input).octets("data")?;
    Ok(json!({"crc": octets(&[crc::crc8(&data)])}))
}

/// `sigfox.whitening`.
pub(super) fn whitening(input: &Input) -> Outcome {
    let input = Members::of(input);
    let seed = Seed::new(ep_id(&input)?, any_counter(&input)?);
    Ok(json!({"sequence": octets(&seed.sequence())}))
}

/// `sigfox.bch.encode`.
pub(super) fn bch_encode(input: &Input) -> Outcome {
    let data = array(&Members::of(input), "message")?;
    Ok(json!({"codeword": octets(&bch::encode(&data))}))
}

/// `sigfox.bch.correct`.
pub(super) fn bch_correct(input: &Input) -> Outcome {
    let mut word = array(&Members::of(input), "received")?;
    let corrected = bch::correct(&mut word);
    Ok(json!({"codeword": octets(&word), "corrected": corrected}))
}

/// `sigfox.convolution.encode`.
pub(super) fn convolution_encode(input: &Input) -> Outcome {
    let input = Members::of(input);
    let mut content = input.octets("content")?;
    convolution::encode(rank(&input)?, &mut content);
    Ok(json!({"coded": octets(&content)}))
}

/// `sigfox.convolution.decode`.
pub(super) fn convolution_decode(input: &Input) -> Outcome {
    let input = Members::of(input);
    let mut coded = input.octets("coded")?;
    convolution::decode(rank(&input)?, &mut coded);
    Ok(json!({"content": octets(&coded)}))
}
