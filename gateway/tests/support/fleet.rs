//! Devices with sessions: the machine of the leaf crate on a real stream, with a memory that is freed by ACK alone.

#![allow(dead_code, reason = "each test binary uses its part")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use std::future::Ready;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wifisensor_tcp::device::{Device, Event};
use wifisensor_tcp::failure::FailureCode;
use wifisensor_tcp::handshake::{DeviceId, Hello, Versions};
use wifisensor_tcp::keys::Secret;
use wifisensor_tcp::result::ResultCode;
use wifisensor_tcp::samples::{Channel, Channels, ClockBasis, Head, Quantity};
use wifisensor_tcp::session::{End, Output};
use wifisensor_tcp::status::{LogId, SampleSpan, Status};
use wifisensor_tcp::time::Millis;

/// Seconds since 1970 of sample 0 of every device.
pub(crate) const EPOCH: u32 = 1_767_225_600;

/// A device between sessions.
pub(crate) struct Sensor {
    pub(crate) index: u32,
    pub(crate) id: DeviceId,
    pub(crate) key_id: u8,
    pub(crate) secret: Secret,
    /// The secret that ROTATE gave, until a session with it brought an ACK.
    pub(crate) next_secret: Option<(u8, Secret)>,
    pub(crate) log_id: LogId,
    pub(crate) oldest: u32,
    pub(crate) next: u32,
    pub(crate) config: u32,
    /// Answers CONFIG and ROTATE with this.
    pub(crate) answer: ResultCode,
    /// Configurations that came, as their octets.
    pub(crate) configs: Vec<Vec<u8>>,
    /// Secrets that ROTATE gave.
    pub(crate) offers: Vec<[u8; 32]>,
    /// The next session uses the new secret, if there is one.
    pub(crate) try_new: bool,
    /// Stored before each use (spec §6.1).
    nonces: u64,
    /// Octets of both directions after which the connection is cut.
    pub(crate) cut_after: Option<usize>,
    /// What was sent last, for those who replay it.
    pub(crate) sent: Vec<u8>,
}

impl Sensor {
    pub(crate) fn new(index: u32) -> Self {
        let mut octets = [0x5A; 32];
        octets[..4].copy_from_slice(&index.to_be_bytes());
        let [a, b, c, d] = index.to_be_bytes();
        Self {
            index,
            id: DeviceId([0, 0, 0, 0, a, b, c, d]),
            key_id: 1,
            secret: Secret::new(octets),
            next_secret: None,
            log_id: LogId(index ^ 0x1234_0000),
            oldest: 0,
            next: 0,
            config: 0,
            answer: ResultCode::Done,
            configs: Vec::new(),
            offers: Vec::new(),
            try_new: true,
            nonces: 0,
            cut_after: None,
            sent: Vec::new(),
        }
    }

    pub(crate) fn serial(&self) -> String {
        self.id.to_string()
    }

    /// A line for `comet device import`.
    pub(crate) fn line(&self) -> String {
        let secret: String = self
            .secret
            .as_bytes()
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect();
        format!("{} {secret}\n", self.id)
    }

    /// The raw reading with this number: of one device, and of no other.
    pub(crate) fn value(index: u32, number: u32) -> i32 {
        i32::try_from(index * 64 + number).unwrap()
    }

    pub(crate) fn take(&mut self, samples: u32) {
        self.next += samples;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.oldest == self.next
    }

    /// Octets of a HELLO that a server of this device takes.
    pub(crate) fn hello(&mut self) -> Vec<u8> {
        let (mut device, _) = self.begin();
        match device.poll() {
            Output::Transmit(octets) => octets.to_vec(),
            other => panic!("{other:?}"),
        }
    }

    /// A machine, and whether it uses the new secret: after ROTATE that one, and if it failed the other in turn (spec §8.2).
    fn begin(&mut self) -> (Device, bool) {
        self.nonces += 1;
        let new = self.next_secret.as_ref().filter(|_| self.try_new);
        self.try_new = !self.try_new;
        let with_new = new.is_some();
        let (key_id, secret) = new.map_or((self.key_id, &self.secret), |(key_id, secret)| (*key_id, secret));
        let hello = Hello {
            versions: Versions::default(),
            key_id,
            device_id: self.id,
            nonce: secret.nonce(self.nonces),
        };
        (Device::new(&hello, secret, Millis(0)), with_new)
    }

    /// One session; `freed` is told each time that memory is freed. An end of `None`: this side cut the connection.
    pub(crate) async fn upload<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        freed: impl Fn(u32),
    ) -> Option<End> {
        self.run(stream, freed, None::<Ready<()>>).await
    }

    /// One session that sends no samples before the first ACK and before `meanwhile` is over.
    pub(crate) async fn upload_after<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        meanwhile: impl Future<Output = ()>,
    ) -> Option<End> {
        self.run(stream, |_| {}, Some(meanwhile)).await
    }

    async fn run<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        freed: impl Fn(u32),
        mut meanwhile: Option<impl Future<Output = ()>>,
    ) -> Option<End> {
        let (mut device, with_new) = self.begin();
        let started = Instant::now();
        let now = || Millis(u64::try_from(started.elapsed().as_millis()).unwrap());
        let (mut sent, mut passed) = (self.oldest, 0);
        let (mut buffer, mut held) = ([0; 512], 0);
        self.sent.clear();
        loop {
            let mut out = Vec::new();
            let (limit, end) = loop {
                match device.poll() {
                    Output::Transmit(octets) => out.extend_from_slice(octets),
                    Output::Event(Event::Challenge(_)) => device.send_status(&self.status()).unwrap(),
                    Output::Event(Event::Ready) if meanwhile.is_none() => self.submit(&mut device, &mut sent),
                    Output::Event(Event::Ack { next }) => {
                        assert!(next <= self.next, "freed what was never taken");
                        self.oldest = self.oldest.max(next);
                        freed(self.oldest);
                        if with_new && let Some(new) = self.next_secret.take() {
                            (self.key_id, self.secret) = new;
                        }
                        if let Some(meanwhile) = meanwhile.take() {
                            stream.write_all(&std::mem::take(&mut out)).await.unwrap();
                            meanwhile.await;
                            self.submit(&mut device, &mut sent);
                        }
                    }
                    Output::Event(Event::Config(config)) => {
                        self.configs.push(config.as_bytes().to_vec());
                        if self.answer == ResultCode::Done {
                            self.config = config.version();
                        }
                        device.answer(self.answer).unwrap();
                    }
                    Output::Event(Event::NewSecret { key_id, secret }) => {
                        self.offers.push(*secret.as_bytes());
                        if self.answer == ResultCode::Done {
                            self.next_secret = Some((key_id, secret.clone()));
                        }
                        device.answer(self.answer).unwrap();
                    }
                    Output::Event(Event::Ended(end)) => break (None, Some(end)),
                    Output::Wait(limit) => break (limit, None),
                    _ => {}
                }
            };
            // The connection may be cut between any two octets.
            if let Some(most) = self.cut_after {
                out.truncate(most.saturating_sub(passed));
            }
            passed += out.len();
            self.sent.extend_from_slice(&out);
            if stream.write_all(&out).await.is_err() && end.is_none() {
                device.handle_eof(now());
                continue;
            }
            if let Some(end) = end {
                return Some(end);
            }
            if self.cut_after.is_some_and(|most| passed >= most) {
                return None;
            }
            let taken = device.handle_input(now(), &buffer[..held]);
            buffer.copy_within(taken..held, 0);
            held -= taken;
            if taken > 0 {
                continue;
            }
            let room = self
                .cut_after
                .map_or(buffer.len(), |most| (held + most - passed).min(buffer.len()));
            let wait = limit.map_or(Millis(1), |limit| limit.since(now()));
            let wait = Duration::from_millis(wait.0.max(1));
            match tokio::time::timeout(wait, stream.read(&mut buffer[held..room])).await {
                Ok(Ok(count)) if count > 0 => {
                    held += count;
                    passed += count;
                }
                Ok(_) => device.handle_eof(now()),
                Err(_) => device.handle_timeout(now()),
            }
        }
    }

    /// The next frame: samples, or CLOSE when there are no more.
    fn submit(&self, device: &mut Device, sent: &mut u32) {
        if *sent < self.next {
            *sent = self.batch(device, *sent);
        } else {
            device.close().unwrap();
        }
    }

    fn status(&self) -> Status {
        let span = SampleSpan::new(self.oldest, self.next).unwrap();
        let mut status = Status::new(self.log_id, span);
        status.clock = EPOCH;
        status.config = self.config;
        status
    }

    /// At most three samples in a frame, so that sessions have several.
    fn batch(&self, device: &mut Device, first: u32) -> u32 {
        let channel = Channel::new(Quantity::TEMPERATURE, -2).unwrap();
        let head = Head {
            first,
            period_s: 60,
            basis: ClockBasis::Utc,
            channels: Channels::new(&[channel]).unwrap(),
        };
        let mut batch = device.batch(head).unwrap();
        for number in first..self.next.min(first + 3) {
            batch
                .push(EPOCH + 60 * number, &[Some(Self::value(self.index, number))])
                .unwrap();
        }
        let end = batch.end();
        batch.send().unwrap();
        end
    }
}

pub(crate) const DONE: Option<End> = Some(End::Done);

pub(crate) fn gateway(devices: u32, arguments: &[&str]) -> super::support::Gateway {
    let mut gateway = super::support::Gateway::new();
    register(&gateway, 0..devices);
    start(&mut gateway, arguments);
    gateway
}

pub(crate) fn start(gateway: &mut super::support::Gateway, arguments: &[&str]) {
    gateway.start(&[&["--tcp", "127.0.0.1:0"], arguments].concat());
}

pub(crate) async fn connect(gateway: &super::support::Gateway) -> TcpStream {
    TcpStream::connect(gateway.tcp()).await.unwrap()
}

pub(crate) async fn upload(gateway: &super::support::Gateway, sensor: &mut Sensor) -> Option<End> {
    sensor.upload(&mut connect(gateway).await, |_| {}).await
}

/// What the gateway says to these octets until it closes.
pub(crate) fn answer(gateway: &super::support::Gateway, octets: &[u8]) -> Vec<u8> {
    let mut stream = std::net::TcpStream::connect(gateway.tcp()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // It may close before everything is written.
    let _ = Write::write_all(&mut stream, octets);
    let mut answer = Vec::new();
    // A reset is an end too.
    let _ = Read::read_to_end(&mut stream, &mut answer);
    answer
}

pub(crate) fn refused_with(end: Option<End>, expected: FailureCode) -> bool {
    matches!(end, Some(End::Peer { failure, .. }) if failure.code == expected)
}

pub(crate) fn one<T: rusqlite::types::FromSql>(gateway: &super::support::Gateway, query: &str) -> T {
    gateway.database().query_row(query, [], |row| row.get(0)).unwrap()
}

/// The page of numbers.
pub(crate) fn metrics(status: std::net::SocketAddr) -> String {
    let mut stream = std::net::TcpStream::connect(status).unwrap();
    let request = b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    Write::write_all(&mut stream, request).unwrap();
    let mut metrics = String::new();
    Read::read_to_string(&mut stream, &mut metrics).unwrap();
    metrics
}

/// SplitMix64: the same numbers on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// `comet device import` of all of them.
pub(crate) fn register(gateway: &super::support::Gateway, sensors: impl Iterator<Item = u32>) {
    let list = gateway.folder().join("devices.txt");
    let lines: String = sensors.map(|index| Sensor::new(index).line()).collect();
    std::fs::write(&list, lines).unwrap();
    let output = gateway.device(&["import", list.to_str().unwrap()]);
    assert!(
        output.status.success(),
        "{}",
        super::support::text(&output.stderr)
    );
}

/// Numbers of the samples of each device that are in the database, by the value that only they have, with how often.
pub(crate) fn stored(database: &rusqlite::Connection) -> std::collections::HashMap<u32, u64> {
    let mut statement = database
        .prepare("SELECT m.serial, o.value, o.taken_ms FROM observation o JOIN message m ON m.id = o.message WHERE m.kind = 'SAMPLES'")
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut all = std::collections::HashMap::new();
    while let Some(row) = rows.next().unwrap() {
        let (serial, value, taken): (String, String, i64) =
            (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap());
        let index = u32::from_str_radix(&serial, 16).unwrap();
        let raw: u32 = value.replace('.', "").parse().unwrap();
        let number = raw.checked_sub(index * 64).filter(|number| *number < 64).unwrap();
        assert_eq!(taken, i64::from(EPOCH + 60 * number) * 1000, "{serial} {number}");
        let seen = all.entry(index).or_insert(0_u64);
        assert_eq!(
            *seen & (1 << number),
            0,
            "sample {number} of {serial} is stored twice"
        );
        *seen |= 1 << number;
    }
    all
}
