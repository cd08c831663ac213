//! Golden vectors, and what a server and a device keep beside the machines.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::collections::BTreeMap;
use std::num::{NonZeroI8, NonZeroU16};
use std::path::Path;

use serde_json::Value;
use wifisensor_tcp::config::ConfigBody;
use wifisensor_tcp::device::{self, Device};
use wifisensor_tcp::frame::{Direction, Frame, FrameType};
use wifisensor_tcp::handshake::{DeviceId, Hello, Versions};
use wifisensor_tcp::keys::Secret;
use wifisensor_tcp::result::ResultCode;
use wifisensor_tcp::rotate::Rotate;
use wifisensor_tcp::samples::{Channel, Channels, ClockBasis, Head, Quantity, Samples};
use wifisensor_tcp::server::{self, Account, Identity, Log, Options, Server};
use wifisensor_tcp::session::{End, Output};
use wifisensor_tcp::status::{Faults, Firmware, Flags, LogId, Percent, SampleSpan, Status};
use wifisensor_tcp::time::{Millis, UnixTime};

pub(crate) const NOW: Millis = Millis(1_000);

/// The cases of a group of the suite.
pub(crate) fn cases(group: &str) -> Vec<Value> {
    let file = format!("../conformance/vectors/wifisensor-tcp/{group}.json");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(file).unwrap();
    let mut group: Value = serde_json::from_str(&text).unwrap();
    let Value::Array(cases) = group["cases"].take() else {
        panic!("no cases")
    };
    assert!(!cases.is_empty());
    cases
}

pub(crate) fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

pub(crate) fn array<const N: usize>(value: &Value) -> [u8; N] {
    hex(value).try_into().unwrap()
}

pub(crate) fn number<T: TryFrom<i64, Error: std::fmt::Debug>>(value: &Value) -> T {
    value.as_i64().unwrap().try_into().unwrap()
}

/// What an `end` of the suite is called.
pub(crate) fn end_name(end: Option<End>) -> Value {
    match end {
        None => Value::Null,
        Some(End::Done) => "done".into(),
        Some(End::Incomplete(_)) => "incomplete".into(),
        Some(End::Failed(failure)) => failure.code.name().into(),
        Some(End::Peer { failure, authentic }) => {
            let proof = if authentic { "" } else { "-unauthenticated" };
            format!("peer:{}{proof}", failure.code.name()).into()
        }
        other => panic!("{other:?}"),
    }
}

/// Something that takes octets and gives octets: a side of a session with all that it keeps.
pub(crate) trait Side {
    /// As the machine: how many were taken.
    fn take(&mut self, octets: &[u8]) -> usize;
    /// Does what the machine asks for; adds to what is sent.
    fn drain(&mut self, sent: &mut Vec<u8>);
    fn eof(&mut self);
    fn end(&self) -> Option<End>;

    /// Feeds all of it; gives what is sent.
    fn feed(&mut self, octets: &[u8]) -> Vec<u8> {
        let (mut rest, mut sent) = (octets, Vec::new());
        self.drain(&mut sent);
        while !rest.is_empty() {
            let taken = self.take(rest);
            rest = &rest[taken..];
            let before = sent.len();
            self.drain(&mut sent);
            assert!(taken > 0 || sent.len() > before, "no progress");
        }
        sent
    }
}

/// Time and values of a sample.
pub(crate) type Sample = (u32, Vec<Option<i32>>);
/// What SAMPLES brought up to the number that it ends with.
type Batch = (u32, Vec<(u32, Sample)>);

/// A server and its database, which survives sessions.
pub(crate) struct Database {
    pub(crate) device_id: DeviceId,
    pub(crate) secrets: Vec<(u8, Secret)>,
    pub(crate) log: Option<Log>,
    pub(crate) config: Option<ConfigBody>,
    pub(crate) rotate: Option<Rotate>,
    pub(crate) records: BTreeMap<(u32, u32), Sample>,
    pub(crate) lost: u32,
    pub(crate) config_result: Option<u8>,
}

impl Database {
    pub(crate) fn secret(&self, key_id: u8) -> Option<&Secret> {
        self.secrets
            .iter()
            .find(|(id, _)| *id == key_id)
            .map(|(_, secret)| secret)
    }
}

pub(crate) struct ServerSide {
    pub(crate) machine: Server,
    pub(crate) database: Database,
    pub(crate) time: UnixTime,
    /// Batches are made durable only after so many polls more.
    pub(crate) delay: u32,
    waiting: Vec<Batch>,
    in_use: u8,
}

impl ServerSide {
    pub(crate) fn new(database: Database, options: Options, nonce: [u8; 16], time: UnixTime) -> Self {
        let decoy = Secret::new([0xDC; 32]);
        Self {
            machine: Server::new(options, &decoy, nonce, NOW),
            database,
            time,
            delay: 0,
            waiting: Vec::new(),
            in_use: 0,
        }
    }

    pub(crate) fn of_vector(input: &Value) -> Self {
        let secrets = input["keys"].as_array().unwrap().iter();
        let secrets = secrets.map(|key| (number(&key["key-id"]), Secret::new(array(&key["secret"]))));
        let log = input.get("log-id").map(|log_id| Log {
            log_id: LogId(number(log_id)),
            stored: number(&input["next"]),
        });
        let config = input
            .get("config")
            .map(|config| ConfigBody::from_bytes(&hex(&config["body"])).unwrap());
        let rotate = input
            .get("rotate")
            .map(|rotate| Rotate::new(number(&rotate["key-id"]), array(&rotate["nonce"])));
        let database = Database {
            device_id: DeviceId(array(&input["device-id"])),
            secrets: secrets.collect(),
            log,
            config,
            rotate,
            records: BTreeMap::new(),
            lost: 0,
            config_result: None,
        };
        let versions = Versions::new(number(&input["min"]), number(&input["max"])).unwrap();
        let time = UnixTime::new(number(&input["time"]), number(&input["ms"])).unwrap();
        let options = Options::new().with_versions(versions);
        Self::new(database, options, array(&input["nonce"]), time)
    }

    /// What the database holds may be acknowledged, and nothing else.
    fn check_sent(&self, octets: &[u8]) {
        let frame = Frame::parse(octets, Direction::FromServer).unwrap();
        if matches!(frame.kind(), FrameType::Ack | FrameType::ServerClose) {
            let next = u32::from_be_bytes(frame.body().try_into().unwrap());
            let log = self.database.log.unwrap();
            assert!(next <= log.stored, "{next} acknowledged, {} durable", log.stored);
        }
    }

    fn opened(&mut self, opened: &server::Opened) {
        let database = &mut self.database;
        database.log = Some(opened.log);
        database.lost += opened.lost.len();
        if opened.rotated {
            database.secrets.retain(|(key_id, _)| *key_id == self.in_use);
            database.rotate = None;
        }
        if let Some(rotate) = &database.rotate
            && database.secret(rotate.key_id()).is_none()
        {
            let new = database
                .secret(self.in_use)
                .unwrap()
                .rotated(rotate.key_id(), rotate.nonce());
            database.secrets.push((rotate.key_id(), new));
        }
    }

    fn store_waiting(&mut self) {
        let mut last = None;
        for (end, records) in self.waiting.drain(..) {
            let log = self.database.log.as_mut().unwrap();
            for (number, sample) in records {
                let before = self.database.records.insert((log.log_id.0, number), sample);
                assert!(before.is_none(), "sample {number} stored twice");
            }
            log.stored = end;
            last = Some(end);
        }
        if let Some(end) = last {
            // After the end there is nobody to tell.
            let _told = self.machine.stored(end);
        }
    }
}

impl Side for ServerSide {
    fn take(&mut self, octets: &[u8]) -> usize {
        self.machine.handle_input(NOW, octets)
    }

    fn drain(&mut self, sent: &mut Vec<u8>) {
        let mut patience = self.delay;
        loop {
            match self.machine.poll() {
                Output::Transmit(octets) => {
                    let octets = octets.to_vec();
                    self.check_sent(&octets);
                    sent.extend(octets);
                }
                Output::Event(server::Event::Hello { device_id, key_id }) => {
                    self.in_use = key_id;
                    let known = self
                        .database
                        .secret(key_id)
                        .filter(|_| device_id == self.database.device_id);
                    let identity = known.map_or(Identity::Unknown, Identity::Known);
                    self.machine.identify(self.time, identity).unwrap();
                }
                Output::Event(server::Event::Status(_)) => {
                    let account = Account::new(self.database.log)
                        .with_config(self.database.config.as_ref())
                        .with_rotate(self.database.rotate.as_ref());
                    self.machine.open(&account).unwrap();
                }
                Output::Event(server::Event::Opened(opened)) => self.opened(&opened),
                Output::Event(server::Event::Samples(batch)) => {
                    let records = batch.records();
                    let records =
                        records.map(|record| (record.number(), (record.time(), record.values().collect())));
                    self.waiting.push((batch.end(), records.collect()));
                }
                Output::Event(server::Event::Result {
                    task: server::Task::Config(_),
                    code,
                }) => {
                    self.database.config_result = Some(code.into());
                }
                Output::Event(_) => {}
                Output::Wait(_) if self.waiting.is_empty() => return,
                Output::Wait(_) if patience > 0 => patience -= 1,
                _ => self.store_waiting(),
            }
            if self.delay == 0 {
                self.store_waiting();
            }
        }
    }

    fn eof(&mut self) {
        self.machine.handle_eof(NOW);
    }

    fn end(&self) -> Option<End> {
        self.machine.end()
    }
}

/// A device and its memory, which survives sessions.
pub(crate) struct Memory {
    pub(crate) hello: Hello,
    pub(crate) secret: Secret,
    pub(crate) status: Status,
    /// Records of each frame; empty: close.
    pub(crate) new_secret: Option<(u8, Secret)>,
    pub(crate) config: Option<u32>,
    pub(crate) acked: u32,
}

pub(crate) struct DeviceSide {
    pub(crate) machine: Device,
    pub(crate) memory: Memory,
    upload: std::vec::IntoIter<Vec<u8>>,
    close: bool,
}

impl DeviceSide {
    pub(crate) fn new(memory: Memory, upload: Vec<Vec<u8>>, close: bool) -> Self {
        Self {
            machine: Device::new(&memory.hello, &memory.secret, NOW),
            memory,
            upload: upload.into_iter(),
            close,
        }
    }

    pub(crate) fn of_vector(input: &Value) -> Self {
        let hello = Hello {
            versions: Versions::new(number(&input["min"]), number(&input["max"])).unwrap(),
            key_id: number(&input["key-id"]),
            device_id: DeviceId(array(&input["device-id"])),
            nonce: array(&input["nonce"]),
        };
        let memory = Memory {
            hello,
            secret: Secret::new(array(&input["secret"])),
            status: status(&input["status"]),
            new_secret: None,
            config: None,
            acked: 0,
        };
        let upload = input["upload"].as_array().unwrap().iter().map(hex).collect();
        Self::new(memory, upload, input["close"].as_bool().unwrap())
    }
}

impl Side for DeviceSide {
    fn take(&mut self, octets: &[u8]) -> usize {
        self.machine.handle_input(NOW, octets)
    }

    fn drain(&mut self, sent: &mut Vec<u8>) {
        loop {
            match self.machine.poll() {
                Output::Transmit(octets) => sent.extend(octets),
                Output::Event(device::Event::Challenge(_)) => {
                    self.machine.send_status(&self.memory.status).unwrap();
                }
                Output::Event(device::Event::Ready) => match self.upload.next() {
                    Some(body) => self
                        .machine
                        .send_samples(&Samples::parse(&body).unwrap())
                        .unwrap(),
                    None if self.close => self.machine.close().unwrap(),
                    None => {}
                },
                Output::Event(device::Event::Ack { next }) => self.memory.acked = next,
                Output::Event(device::Event::Config(config)) => {
                    self.memory.config = Some(config.version());
                    self.machine.answer(ResultCode::Done).unwrap();
                }
                Output::Event(device::Event::NewSecret { key_id, secret }) => {
                    self.memory.new_secret = Some((key_id, secret.clone()));
                    self.machine.answer(ResultCode::Done).unwrap();
                }
                Output::Event(_) => {}
                _ => return,
            }
        }
    }

    fn eof(&mut self) {
        self.machine.handle_eof(NOW);
    }

    fn end(&self) -> Option<End> {
        self.machine.end()
    }
}

pub(crate) fn status(fields: &Value) -> Status {
    let span = SampleSpan::new(number(&fields["oldest"]), number(&fields["next"])).unwrap();
    let mut status = Status::new(LogId(number(&fields["log-id"])), span);
    status.clock = number(&fields["clock"]);
    status.uptime_s = number(&fields["uptime"]);
    status.config = number(&fields["config"]);
    status.model = number(&fields["model"]);
    status.battery_mv = NonZeroU16::new(number(&fields["battery-mv"]));
    status.battery_pct = Percent::new(number(&fields["battery-pct"]));
    status.rssi_dbm = NonZeroI8::new(number(&fields["rssi"]));
    status.alarm_low = number(&fields["alarm-low"]);
    status.alarm_high = number(&fields["alarm-high"]);
    status.faults = Faults(number(&fields["faults"]));
    status.flags = Flags::from_bits(number(&fields["flags"])).unwrap();
    status.firmware = Firmware {
        major: number(&fields["fw-major"]),
        minor: number(&fields["fw-minor"]),
        patch: number(&fields["fw-patch"]),
    };
    status
}

/// The head of bodies with so many channels.
pub(crate) fn head(first: u32, channels: usize) -> Head {
    let channel = Channel::new(Quantity::TEMPERATURE, -2).unwrap();
    Head {
        first,
        period_s: 60,
        basis: ClockBasis::Utc,
        channels: Channels::new(&vec![channel; channels]).unwrap(),
    }
}
