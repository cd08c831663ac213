//! The server machine, fed by a script: a device that knows its secret but keeps no rule, an attacker who does not know it, and
//! a caller who calls at any time.

use arbitrary::Arbitrary;
use wifisensor_tcp::ack::Ack;
use wifisensor_tcp::config::ConfigBody;
use wifisensor_tcp::failure::FailureCode;
use wifisensor_tcp::frame::{Direction, Frame, FrameType};
use wifisensor_tcp::keys::{MacKey, SessionKeys};
use wifisensor_tcp::rotate::Rotate;
use wifisensor_tcp::samples::Samples;
use wifisensor_tcp::server::{Account, Event, Identity, Log, Options, Server};
use wifisensor_tcp::session::Output;
use wifisensor_tcp::status::{SampleSpan, Status};
use wifisensor_tcp::time::{Millis, UnixTime};

use super::{DECOY, DEVICE, KEY_ID, hello, pieces, sealed, secret};

/// What the server knows of the device, and what happens.
#[derive(Debug, Arbitrary)]
pub struct Script<'a> {
    log: Option<Log>,
    config: Option<&'a [u8]>,
    rotate: Option<Rotate>,
    cuts: [u8; 4],
    steps: Vec<Step<'a>>,
}

#[derive(Debug, Arbitrary)]
enum Step<'a> {
    /// A good HELLO.
    Hello,
    /// A good STATUS; or one that fits the log.
    Status(Status, bool),
    /// One record more, the number being so far from the next.
    Sample(i8, u32, Option<i16>),
    /// Any frame with a good tag, its seq so far from the right one.
    Signed(u8, i8, &'a [u8]),
    /// Any frame with a wrong tag.
    Forged(u8, &'a [u8]),
    /// Any octets.
    Octets(&'a [u8]),
    Eof,
    Pass(u16),
    /// Says that so many samples more are durable.
    Stored(u8),
    Open,
    Identify,
    Close,
    Fail(u8, u16),
    Abandon,
}

struct Harness<'a> {
    server: Server,
    script: &'a Script<'a>,
    config: Option<ConfigBody>,
    now: Millis,
    hello: Vec<u8>,
    /// Key of the device's frames, once there was a CHALLENGE.
    key: Option<MacKey>,
    /// Number of the device's next frame.
    seq: u32,
    log: Option<Log>,
    /// Number after the last record that was handed out.
    handed: u32,
    /// Number in the last acknowledgement.
    acknowledged: u32,
    ended: bool,
}

/// Nothing is acknowledged that the caller did not call durable, records come in order and once, and every loop ends.
pub fn session(script: &Script<'_>) {
    let hello = hello().to_bytes();
    let key = MacKey::new(&secret().hello_key());
    let mut harness = Harness {
        server: Server::new(
            Options::new(),
            &wifisensor_tcp::keys::Secret::new(DECOY),
            [0x51; 16],
            Millis(0),
        ),
        script,
        config: script.config.and_then(|body| ConfigBody::from_bytes(body).ok()),
        now: Millis(0),
        hello: sealed(FrameType::Hello.into(), 0, &hello, Some(&key)).expect("it fits"),
        key: None,
        seq: 1,
        log: script.log,
        handed: 0,
        acknowledged: 0,
        ended: false,
    };
    for step in &script.steps {
        harness.step(step);
    }
    harness.server.handle_eof(harness.now);
    harness.drain();
    assert!(harness.ended);
}

impl Harness<'_> {
    fn step(&mut self, step: &Step<'_>) {
        match *step {
            Step::Hello => self.feed(&self.hello.clone()),
            Step::Status(mut status, fits) => {
                if let Some(log) = self.log.filter(|_| fits) {
                    status.log_id = log.log_id;
                    status.samples =
                        SampleSpan::new(log.stored, log.stored.saturating_add(1000)).expect("ascending");
                }
                self.signed(FrameType::Status.into(), 0, &status.to_bytes());
            }
            Step::Sample(skew, time, value) => self.sample(skew, time, value),
            Step::Signed(kind, skew, body) => self.signed(kind & 0x7F, skew, body),
            Step::Forged(kind, body) => {
                if let Some(frame) = sealed(kind & 0x7F, self.seq, body, None) {
                    self.feed(&frame);
                }
            }
            Step::Octets(octets) => self.feed(octets),
            Step::Eof => self.server.handle_eof(self.now),
            Step::Pass(ms) => {
                self.now = self.now.after(Millis(u64::from(ms) * 16));
                self.server.handle_timeout(self.now);
            }
            Step::Stored(more) => self.stored(u32::from(more)),
            Step::Open => {
                let _out_of_turn = self.server.open(&Account::new(self.log));
            }
            Step::Identify => self.identify(),
            Step::Close => {
                let _out_of_turn = self.server.close();
            }
            Step::Fail(code, retry_s) => {
                let _out_of_turn = self.server.fail(FailureCode::from(code), retry_s);
            }
            Step::Abandon => self.server.abandon(),
        }
        self.drain();
    }

    fn signed(&mut self, kind: u8, skew: i8, body: &[u8]) {
        let seq = self.seq.wrapping_add_signed(skew.into());
        if let Some(frame) = sealed(kind, seq, body, self.key.as_ref()) {
            self.seq = self.seq.wrapping_add(1);
            self.feed(&frame);
        }
    }

    fn sample(&mut self, skew: i8, time: u32, value: Option<i16>) {
        let first = self.handed.wrapping_add_signed(skew.into());
        let head = [
            &first.to_be_bytes()[..],
            &time.to_be_bytes(),
            &[0, 60, 1, 0x01, 1, 0xFE],
        ]
        .concat();
        let code = value.map_or(0, |value| {
            let value = i32::from(value);
            ((value << 1) ^ (value >> 31)).cast_unsigned() + 1
        });
        let mut body = head;
        let mut rest = code;
        while rest > 0x7F {
            body.push(0x80 | u8::try_from(rest & 0x7F).expect("seven bits"));
            rest >>= 7;
        }
        body.push(u8::try_from(rest).expect("seven bits"));
        assert!(first == u32::MAX || Samples::parse(&body).is_ok());
        self.signed(FrameType::Samples.into(), 0, &body);
    }

    fn stored(&mut self, more: u32) {
        let Some(mut log) = self.log else {
            assert!(self.server.stored(more).is_err());
            return;
        };
        let end = log.stored.saturating_add(more);
        if self.server.stored(end).is_ok() {
            assert!(end <= self.handed, "{end} was not handed out");
            log.stored = end;
            self.log = Some(log);
        }
    }

    fn identify(&mut self) {
        let time = UnixTime::new(1_800_000_000, 250).expect("lawful");
        let _out_of_turn = self.server.identify(time, Identity::Known(&secret()));
    }

    /// All of it, in the pieces of the script.
    fn feed(&mut self, octets: &[u8]) {
        for mut piece in pieces(octets, &self.script.cuts) {
            while !piece.is_empty() {
                let taken = self.server.handle_input(self.now, piece);
                let progress = self.drain();
                assert!(taken > 0 || progress, "no progress");
                piece = piece.get(taken..).expect("no more than there was");
            }
        }
    }

    /// Does what the machine asks for, samples apart. Whether there was anything.
    fn drain(&mut self) -> bool {
        for turn in 0..100 {
            match self.server.poll() {
                Output::Wait(deadline) => {
                    assert!(deadline.is_some() || self.ended || self.server.end().is_some());
                    return turn > 0;
                }
                Output::Transmit(bytes) => {
                    let bytes = bytes.to_vec();
                    assert!(!self.ended);
                    self.sent(&bytes);
                }
                Output::Event(event) => {
                    assert!(!self.ended, "{event:?}");
                    let event = Told::from(event);
                    self.told(event);
                }
                other => panic!("{other:?}"),
            }
        }
        panic!("it does not end");
    }

    fn sent(&mut self, bytes: &[u8]) {
        let frame = Frame::parse(bytes, Direction::FromServer).expect("whole frames only");
        match frame.kind() {
            FrameType::Challenge => {
                let hello = Frame::parse(&self.hello, Direction::FromDevice).expect("a frame");
                self.key = Some(SessionKeys::new(&secret(), &hello, &frame).device);
            }
            FrameType::Ack | FrameType::ServerClose => {
                let next = Ack::parse(frame.body()).expect("four octets").next;
                let stored = self.log.expect("there was a STATUS").stored;
                assert!(self.acknowledged <= next && next <= stored, "{next} {stored}");
                self.acknowledged = next;
            }
            _ => {}
        }
    }

    fn told(&mut self, event: Told) {
        match event {
            Told::Hello => self.identify(),
            Told::Status => {
                let account = Account::new(self.log)
                    .with_config(self.config.as_ref())
                    .with_rotate(self.script.rotate.as_ref());
                self.server.open(&account).expect("asked for");
            }
            Told::Opened(log) => {
                self.log = Some(log);
                self.handed = log.stored;
                self.acknowledged = 0;
            }
            Told::Samples { log, numbers, end } => {
                assert_eq!(Some(log), self.log.map(|log| log.log_id));
                assert!(numbers.iter().copied().eq(self.handed..end), "{numbers:?} {end}");
                self.handed = end;
            }
            Told::Ended => self.ended = true,
            Told::Nothing => {}
        }
    }
}

/// An event without its borrow.
enum Told {
    Hello,
    Status,
    Opened(Log),
    Samples {
        log: wifisensor_tcp::status::LogId,
        numbers: Vec<u32>,
        end: u32,
    },
    Ended,
    Nothing,
}

impl From<Event<'_>> for Told {
    fn from(event: Event<'_>) -> Self {
        match event {
            Event::Hello { device_id, key_id } => {
                // A signed HELLO is the only one that was made.
                let _anybody = (device_id == DEVICE, key_id == KEY_ID);
                Self::Hello
            }
            Event::Status(_) => Self::Status,
            Event::Opened(opened) => Self::Opened(opened.log),
            Event::Samples(batch) => Self::Samples {
                log: batch.log_id(),
                numbers: batch.records().map(|record| record.number()).collect(),
                end: batch.end(),
            },
            Event::Ended(_) => Self::Ended,
            _ => Self::Nothing,
        }
    }
}
