//! Suite `wifisensor-tcp`: frames, keys, bodies and both sides of a session, by `wifisensor-tcp`.

use core::num::{NonZeroI8, NonZeroU16};

use serde_json::{Value, json};
use wifisensor_tcp::ack::Ack;
use wifisensor_tcp::config::{Config, ConfigBody, Item};
use wifisensor_tcp::device::{self, Device, ServerClock};
use wifisensor_tcp::failure::Failure;
use wifisensor_tcp::frame::{DeviceFrames, Direction, Frame, ServerFrames, Splitter};
use wifisensor_tcp::handshake::{Challenge, DeviceId, Hello, Versions};
use wifisensor_tcp::keys::{self, Secret, Transcript};
use wifisensor_tcp::result::{Answer, ResultCode};
use wifisensor_tcp::rotate::Rotate;
use wifisensor_tcp::samples::{Channel, Channels, ClockBasis, Encoder, Head, Quantity, Record, Samples};
use wifisensor_tcp::server::{self, Account, Identity, Log, Options, Server, Task};
use wifisensor_tcp::session::{End, Output};
use wifisensor_tcp::status::{Faults, Firmware, Flags, LogId, Percent, SampleSpan, Status};
use wifisensor_tcp::time::{Millis, UnixTime};
use wifisensor_tcp::{CallError, DecodeError, EncodeError};

use crate::op::{Input, Members, OpError, Opened, Outcome, Session, int, octets};

/// Time limits are not tested: the clock of every session stands.
const NOW: Millis = Millis(0);

fn refused(error: DecodeError) -> OpError {
    OpError::new(error.kind.code())
        .at(error.offset)
        .because(error.to_string())
}

fn internal(error: CallError) -> OpError {
    OpError::new(OpError::INTERNAL).because(error.to_string())
}

fn array<const N: usize>(input: &Members<'_>, name: &str) -> Result<[u8; N], OpError> {
    let bytes = input.octets(name)?;
    bytes
        .try_into()
        .map_err(|_| OpError::bad_input(name, &format!("{N} octets")))
}

fn secret(input: &Members<'_>, name: &str) -> Result<Secret, OpError> {
    array(input, name).map(Secret::new)
}

/// `wst.frames.split`: chunks → frames.
pub(super) fn split(input: &Input) -> Outcome {
    let input = Members::of(input);
    let chunks = input.octet_strings("chunks")?;
    match input.text("direction")? {
        "d2s" => split_with(DeviceFrames::from_device(), &chunks),
        "s2d" => split_with(ServerFrames::from_server(), &chunks),
        _ => Err(OpError::bad_input("direction", "d2s or s2d")),
    }
}

fn split_with<const N: usize>(mut splitter: Splitter<N>, chunks: &[Vec<u8>]) -> Outcome {
    let mut frames = Vec::new();
    for chunk in chunks {
        let mut rest = chunk.as_slice();
        loop {
            match splitter.next_frame(&mut rest) {
                Ok(Some(frame)) => frames.push(json!({
                    "type": u8::from(frame.kind()),
                    "seq": frame.seq(),
                    "body": octets(frame.body()),
                    "tag": octets(frame.tag()),
                })),
                Ok(None) => break,
                Err(error) => return Err(refused(error).with("frames", frames)),
            }
        }
    }
    Ok(json!({"frames": frames, "pending": splitter.pending()}))
}

/// `wst.keys.derive`.
pub(super) fn derive(input: &Input) -> Outcome {
    let input = Members::of(input);
    let context = input.octets("context")?;
    let out = keys::derive(&array(&input, "key")?, input.text("label")?, &context);
    Ok(json!({"out": octets(out.as_bytes())}))
}

/// `wst.keys.session`: secret and both frames of the handshake → keys.
pub(super) fn session_keys(input: &Input) -> Outcome {
    let input = Members::of(input);
    let secret = secret(&input, "secret")?;
    let (hello, challenge) = (input.octets("hello")?, input.octets("challenge")?);
    let hello = Frame::parse(&hello, Direction::FromDevice).map_err(refused)?;
    let challenge = Frame::parse(&challenge, Direction::FromServer).map_err(refused)?;
    let session = secret.session(&Transcript::new(&hello, &challenge));
    Ok(json!({
        "k-hello": octets(secret.hello_key().as_bytes()),
        "k-challenge": octets(session.challenge_key().as_bytes()),
        "k-d2s": octets(session.device_key().as_bytes()),
        "k-s2d": octets(session.server_key().as_bytes()),
    }))
}

/// `wst.keys.rotate`: a secret and ROTATE → the new secret.
pub(super) fn rotate(input: &Input) -> Outcome {
    let input = Members::of(input);
    let new = secret(&input, "secret")?.rotated(input.int("key-id")?, &array(&input, "nonce")?);
    Ok(json!({"secret": octets(new.as_bytes())}))
}

/// `wst.body.decode`: every body but SAMPLES → its fields.
pub(super) fn body(input: &Input) -> Outcome {
    let input = Members::of(input);
    let body = input.octets("body")?;
    match input.text("type")? {
        "hello" => Hello::parse(&body).map(|hello| {
            json!({
                "min": hello.versions.min(),
                "max": hello.versions.max(),
                "key-id": hello.key_id,
                "device-id": octets(&hello.device_id.0),
                "nonce": octets(&hello.nonce),
            })
        }),
        "challenge" => Challenge::parse(&body).map(|challenge| {
            json!({
                "version": challenge.version,
                "ms": challenge.time.ms(),
                "time": challenge.time.seconds(),
                "nonce": octets(&challenge.nonce),
            })
        }),
        "status" => Status::parse(&body).map(|status| status_told(&status)),
        "ack" | "close" => Ack::parse(&body).map(|ack| json!({"next": ack.next})),
        "config" => Config::parse(&body).map(|config| config_told(&config)),
        "rotate" => Rotate::parse(&body)
            .map(|rotate| json!({"key-id": rotate.key_id(), "nonce": octets(rotate.nonce())})),
        "result" => {
            Answer::parse(&body).map(|answer| json!({"ref": answer.reference, "code": u8::from(answer.code)}))
        }
        "error" => Failure::parse(&body).map(|failure| {
            json!({
                "code": u8::from(failure.code),
                "retry": failure.retry_s,
                "ref": failure.reference.unwrap_or(u32::MAX),
            })
        }),
        _ => return Err(OpError::bad_input("type", "a frame with fields")),
    }
    .map_err(refused)
}

fn status_told(status: &Status) -> Value {
    json!({
        "log-id": status.log_id.0,
        "oldest": status.samples.oldest(),
        "next": status.samples.next(),
        "clock": status.clock,
        "uptime": status.uptime_s,
        "config": status.config,
        "model": status.model,
        "battery-mv": status.battery_mv.map_or(0, NonZeroU16::get),
        "battery-pct": status.battery_pct.map_or(255, Percent::get),
        "rssi": status.rssi_dbm.map_or(0, NonZeroI8::get),
        "alarm-low": status.alarm_low,
        "alarm-high": status.alarm_high,
        "faults": status.faults.0,
        "flags": status.flags.bits(),
        "fw-major": status.firmware.major,
        "fw-minor": status.firmware.minor,
        "fw-patch": status.firmware.patch,
    })
}

fn status_to_send(input: &Members<'_>) -> Result<Status, OpError> {
    let span = SampleSpan::new(input.int("oldest")?, input.int("next")?);
    let span = span.ok_or_else(|| OpError::bad_input("oldest", "no more than next"))?;
    let mut status = Status::new(LogId(input.int("log-id")?), span);
    status.clock = input.int("clock")?;
    status.uptime_s = input.int("uptime")?;
    status.config = input.int("config")?;
    status.model = input.int("model")?;
    status.battery_mv = NonZeroU16::new(input.int("battery-mv")?);
    status.battery_pct = match input.int("battery-pct")? {
        255 => None,
        percent => {
            Some(Percent::new(percent).ok_or_else(|| OpError::bad_input("battery-pct", "0 to 100, or 255"))?)
        }
    };
    status.rssi_dbm = NonZeroI8::new(input.int("rssi")?);
    status.alarm_low = input.int("alarm-low")?;
    status.alarm_high = input.int("alarm-high")?;
    status.faults = Faults(input.int("faults")?);
    let flags = Flags::from_bits(input.int("flags")?);
    status.flags = flags.ok_or_else(|| OpError::bad_input("flags", "a clock basis below 3"))?;
    status.firmware = Firmware {
        major: input.int("fw-major")?,
        minor: input.int("fw-minor")?,
        patch: input.int("fw-patch")?,
    };
    Ok(status)
}

fn config_told(config: &Config<'_>) -> Value {
    let (mut items, mut skipped) = (Vec::new(), Vec::new());
    for item in config.items() {
        items.push(match item {
            Item::SamplePeriod(period) => json!({"sample-period": period}),
            Item::UploadPeriod(period) => json!({"upload-period": period}),
            Item::Limits(limits) => {
                json!({"channel": limits.channel(), "low": limits.low(), "high": limits.high()})
            }
            Item::AlarmDelay(delay) => json!({"alarm-delay": delay}),
            Item::Name(name) => json!({"name": name}),
            Item::Skipped { tag, .. } => {
                skipped.push(tag);
                continue;
            }
            _ => continue,
        });
    }
    json!({"version": config.version(), "items": items, "skipped": skipped})
}

/// `wst.samples.decode`: body → records.
pub(super) fn samples_decode(input: &Input) -> Outcome {
    let body = Members::of(input).octets("body")?;
    let samples = Samples::parse(&body).map_err(refused)?;
    let record = |record: Record| {
        let values: Vec<_> = record.values().collect();
        json!({"n": record.number(), "time": record.time(), "values": values})
    };
    Ok(json!({
        "first": samples.first(),
        "period": samples.head().period_s,
        "basis": u8::from(samples.head().basis),
        "channels": channels_told(&samples),
        "records": samples.records().map(record).collect::<Vec<_>>(),
    }))
}

fn channels_told(samples: &Samples<'_>) -> Vec<Value> {
    let channel = |channel: &Channel| json!({"quantity": channel.quantity().get(), "scale": channel.scale()});
    samples.channels().iter().map(channel).collect()
}

/// `wst.samples.encode`: records → body.
pub(super) fn samples_encode(input: &Input) -> Outcome {
    // What the decoder would refuse has no encoding.
    let malformed = || OpError::new("malformed");
    let unwritable = |error: EncodeError| malformed().because(error.to_string());
    let input = Members::of(input);
    let mut channels = Vec::new();
    for channel in input.objects("channels")? {
        let quantity = Quantity::new(channel.int("quantity")?).ok_or_else(malformed)?;
        channels.push(Channel::new(quantity, channel.int("scale")?).ok_or_else(malformed)?);
    }
    let head = Head {
        first: input.int("first")?,
        period_s: input.int("period")?,
        basis: ClockBasis::from_bits(input.int("basis")?).ok_or_else(malformed)?,
        channels: Channels::new(&channels).ok_or_else(malformed)?,
    };
    let mut buffer = [0; wifisensor_tcp::frame::MAX_DEVICE_BODY_LEN];
    let mut encoder = Encoder::new(&mut buffer, head).map_err(unwritable)?;
    for record in input.objects("records")? {
        let value = |value: &Value| match value {
            Value::Null => Ok(None),
            value => {
                let number = crate::op::integer(value).and_then(|number| i32::try_from(number).ok());
                number.map(Some).ok_or_else(malformed)
            }
        };
        let values: Vec<_> = record
            .list("values")?
            .iter()
            .map(value)
            .collect::<Result<_, _>>()?;
        encoder.push(record.int("time")?, &values).map_err(unwritable)?;
    }
    let body = encoder.finish().map_err(unwritable)?;
    Ok(json!({"body": octets(body)}))
}

fn end_told(end: Option<End>) -> Value {
    match end {
        None => Value::Null,
        Some(End::Done) => json!("done"),
        Some(End::Incomplete(_)) => json!("incomplete"),
        Some(End::Failed(failure)) => json!(failure.code.name()),
        Some(End::Peer { failure, authentic }) => {
            let proof = if authentic { "" } else { "-unauthenticated" };
            json!(format!("peer:{}{proof}", failure.code.name()))
        }
        Some(_) => json!("unknown"),
    }
}

fn versions(input: &Members<'_>) -> Result<Versions, OpError> {
    Versions::new(input.int("min")?, input.int("max")?).ok_or_else(|| OpError::bad_input("min", "1 to max"))
}

/// `wst.server.new`: a server that knows one device.
pub(super) fn server(input: &Input) -> Result<Opened, OpError> {
    let input = Members::of(input);
    let time = UnixTime::new(input.int("time")?, input.int("ms")?);
    let mut secrets = Vec::new();
    for key in input.objects("keys")? {
        secrets.push((key.int("key-id")?, secret(&key, "secret")?));
    }
    let config = match input.object_opt("config")? {
        None => None,
        Some(config) => Some(ConfigBody::from_bytes(&config.octets("body")?).map_err(refused)?),
    };
    let rotate = match input.object_opt("rotate")? {
        None => None,
        Some(rotate) => Some(Rotate::new(rotate.int("key-id")?, array(&rotate, "nonce")?)),
    };
    let next = input.int("next")?;
    let options = Options::new().with_versions(versions(&input)?);
    // The decoy is free, and the same for all sessions as it would be in earnest.
    let decoy = Secret::new([0xDC; keys::KEY_LEN]);
    let log = input.int_opt("log-id")?.map(LogId);
    Ok(Opened::new(ServerSession {
        server: Server::new(options, &decoy, array(&input, "nonce")?, NOW),
        time: time.ok_or_else(|| OpError::bad_input("ms", "0 to 999"))?,
        device_id: DeviceId(array(&input, "device-id")?),
        secrets,
        in_use: 0,
        log: log.map(|log_id| Log { log_id, stored: next }),
        next,
        config,
        rotate,
        records: Vec::new(),
        config_result: None,
    }))
}

/// A server session, and what a server keeps.
struct ServerSession {
    server: Server,
    time: UnixTime,
    device_id: DeviceId,
    secrets: Vec<(u8, Secret)>,
    in_use: u8,
    log: Option<Log>,
    next: u32,
    config: Option<ConfigBody>,
    rotate: Option<Rotate>,
    records: Vec<Value>,
    config_result: Option<u8>,
}

impl ServerSession {
    fn secret(&self, key_id: u8) -> Option<&Secret> {
        let found = self.secrets.iter().find(|(number, _)| *number == key_id);
        found.map(|(_, secret)| secret)
    }

    /// Does all that the machine asks for; what it sends.
    fn drain(&mut self, transmit: &mut Vec<u8>) -> Result<(), CallError> {
        loop {
            let event = match self.server.poll() {
                Output::Transmit(bytes) => {
                    transmit.extend_from_slice(bytes);
                    continue;
                }
                Output::Event(event) => event,
                _ => return Ok(()),
            };
            match event {
                server::Event::Hello { device_id, key_id } => {
                    self.in_use = key_id;
                    let known = self
                        .secret(key_id)
                        .filter(|_| device_id == self.device_id)
                        .cloned();
                    let identity = known.as_ref().map_or(Identity::Unknown, Identity::Known);
                    self.server.identify(self.time, identity)?;
                }
                server::Event::Status(_) => {
                    let account = Account::new(self.log)
                        .with_config(self.config.as_ref())
                        .with_rotate(self.rotate.as_ref());
                    self.server.open(&account)?;
                }
                server::Event::Opened(opened) => self.opened(&opened),
                server::Event::Samples(batch) => {
                    let samples = batch.samples();
                    let basis = u8::from(samples.head().basis);
                    let channels = channels_told(samples);
                    self.records.extend(batch.records().map(|record| {
                        json!({
                            "n": record.number(),
                            "time": record.time(),
                            "values": record.values().collect::<Vec<_>>(),
                            "basis": basis,
                            "channels": channels,
                        })
                    }));
                    let end = batch.end();
                    if let Some(log) = &mut self.log {
                        log.stored = end;
                    }
                    self.next = end;
                    self.server.stored(end)?;
                }
                server::Event::Result {
                    task: Task::Config(_),
                    code,
                } => {
                    self.config_result = Some(u8::from(code));
                }
                _ => {}
            }
        }
    }

    /// Keeps what has to be durable before the next frames leave.
    fn opened(&mut self, opened: &server::Opened) {
        self.log = Some(opened.log);
        self.next = opened.log.stored;
        if opened.rotated {
            let in_use = self.in_use;
            self.secrets.retain(|(key_id, _)| *key_id == in_use);
            self.rotate = None;
        }
        if let Some(rotate) = &self.rotate
            && self.secret(rotate.key_id()).is_none()
            && let Some(old) = self.secret(self.in_use)
        {
            let new = old.rotated(rotate.key_id(), rotate.nonce());
            self.secrets.push((rotate.key_id(), new));
        }
    }

    fn state(&self) -> Value {
        let key =
            |(key_id, secret): &(u8, Secret)| json!({"key-id": key_id, "secret": octets(secret.as_bytes())});
        json!({
            "keys": self.secrets.iter().map(key).collect::<Vec<_>>(),
            "log-id": self.log.map(|log| log.log_id.0),
            "next": self.next,
            "config": self.config.as_ref().map(|config| {
                json!({"version": config.version(), "body": octets(config.as_bytes())})
            }),
            "rotate": self.rotate.as_ref().map(|rotate| {
                json!({"key-id": rotate.key_id(), "nonce": octets(rotate.nonce())})
            }),
            "stored": self.records,
            "config-result": self.config_result,
        })
    }
}

impl Session for ServerSession {
    fn step(&mut self, op: &str, input: &Input) -> Outcome {
        let mut transmit = Vec::new();
        match op {
            "wst.server.input" => {
                let bytes = Members::of(input).octets("bytes")?;
                let mut rest = bytes.as_slice();
                loop {
                    let taken = self.server.handle_input(NOW, rest);
                    rest = rest.get(taken..).unwrap_or_default();
                    self.drain(&mut transmit).map_err(internal)?;
                    if rest.is_empty() {
                        break;
                    }
                }
                Ok(json!({"transmit": octets(&transmit), "end": end_told(self.server.end())}))
            }
            "wst.server.eof" => {
                self.server.handle_eof(NOW);
                self.drain(&mut transmit).map_err(internal)?;
                Ok(json!({"end": end_told(self.server.end())}))
            }
            "wst.server.state" => Ok(self.state()),
            _ => Err(OpError::foreign_step(op)),
        }
    }
}

/// `wst.device.new`: a device with these samples to send.
pub(super) fn device(input: &Input) -> Result<Opened, OpError> {
    let input = Members::of(input);
    let hello = Hello {
        versions: versions(&input)?,
        key_id: input.int("key-id")?,
        device_id: DeviceId(array(&input, "device-id")?),
        nonce: array(&input, "nonce")?,
    };
    let upload = input.octet_strings("upload")?;
    for body in &upload {
        Samples::parse(body).map_err(refused)?;
    }
    let mut session = DeviceSession {
        device: Device::new(&hello, &secret(&input, "secret")?, NOW),
        status: status_to_send(&input.object("status")?)?,
        upload: upload.into_iter(),
        close: input.bool("close")?,
        acked: 0,
        clock: None,
        config: Value::Null,
        new_key: Value::Null,
    };
    let mut transmit = Vec::new();
    session.drain(&mut transmit).map_err(internal)?;
    Ok(Opened::new(session).answering(json!({"transmit": octets(&transmit)})))
}

/// A device session, and what a device keeps.
struct DeviceSession {
    device: Device,
    status: Status,
    upload: std::vec::IntoIter<Vec<u8>>,
    close: bool,
    acked: u32,
    clock: Option<ServerClock>,
    config: Value,
    new_key: Value,
}

impl DeviceSession {
    /// Does all that the machine asks for; what it sends.
    fn drain(&mut self, transmit: &mut Vec<u8>) -> Result<(), CallError> {
        loop {
            let event = match self.device.poll() {
                Output::Transmit(bytes) => {
                    transmit.extend_from_slice(bytes);
                    continue;
                }
                Output::Event(event) => event,
                _ => return Ok(()),
            };
            match event {
                device::Event::Challenge(clock) => {
                    self.clock = Some(clock);
                    self.device.send_status(&self.status)?;
                }
                device::Event::Ready => {
                    let body = self.upload.next();
                    match body.as_deref().and_then(|body| Samples::parse(body).ok()) {
                        Some(samples) => self.device.send_samples(&samples)?,
                        None if self.close => self.device.close()?,
                        None => {}
                    }
                }
                device::Event::Ack { next } => self.acked = next,
                device::Event::Config(config) => {
                    self.config = config_told(&config);
                    self.device.answer(ResultCode::Done)?;
                }
                device::Event::NewSecret { key_id, secret } => {
                    self.new_key = json!({"key-id": key_id, "secret": octets(secret.as_bytes())});
                    self.device.answer(ResultCode::Done)?;
                }
                _ => {}
            }
        }
    }
}

impl Session for DeviceSession {
    fn step(&mut self, op: &str, input: &Input) -> Outcome {
        let mut transmit = Vec::new();
        match op {
            "wst.device.input" => {
                let bytes = Members::of(input).octets("bytes")?;
                let mut rest = bytes.as_slice();
                loop {
                    let taken = self.device.handle_input(NOW, rest);
                    rest = rest.get(taken..).unwrap_or_default();
                    self.drain(&mut transmit).map_err(internal)?;
                    if rest.is_empty() {
                        break;
                    }
                }
            }
            "wst.device.eof" => {
                self.device.handle_eof(NOW);
                self.drain(&mut transmit).map_err(internal)?;
            }
            "wst.device.state" => {
                let clock = self.clock.map(|clock| clock.sent);
                return Ok(json!({
                    "acked": int(self.acked),
                    "server-time": clock.map(UnixTime::seconds),
                    "server-ms": clock.map(UnixTime::ms),
                    "config": self.config,
                    "new-key": self.new_key,
                }));
            }
            _ => return Err(OpError::foreign_step(op)),
        }
        Ok(json!({"transmit": octets(&transmit), "end": end_told(self.device.end())}))
    }
}
