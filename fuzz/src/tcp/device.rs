//! The device machine, fed by a script: a server that knows the secret but keeps no rule, an attacker who does not know it, and
//! a caller who calls at any time.

use arbitrary::Arbitrary;
use wifisensor_tcp::device::{Device, Event};
use wifisensor_tcp::failure::FailureCode;
use wifisensor_tcp::frame::{Direction, Frame, FrameType};
use wifisensor_tcp::handshake::{Challenge, NONCE_LEN, VERSION};
use wifisensor_tcp::keys::{MacKey, SessionKeys};
use wifisensor_tcp::result::ResultCode;
use wifisensor_tcp::rotate::Rotate;
use wifisensor_tcp::samples::Samples;
use wifisensor_tcp::session::Output;
use wifisensor_tcp::status::Status;
use wifisensor_tcp::time::{Millis, UnixTime};

use super::samples::Log;
use super::{hello, pieces, sealed, secret};

/// What happens.
#[derive(Debug, Arbitrary)]
pub struct Script<'a> {
    status: Status,
    cuts: [u8; 4],
    steps: Vec<Step<'a>>,
}

#[derive(Debug, Arbitrary)]
enum Step<'a> {
    /// A good CHALLENGE.
    Challenge(UnixTime, [u8; NONCE_LEN]),
    /// An ACK or CLOSE, its number so far from the last one that was sent.
    Ack(i8, bool),
    Rotate(Rotate),
    /// Any frame with a good tag, its seq so far from the right one.
    Signed(u8, i8, &'a [u8]),
    /// Any frame with a wrong tag.
    Forged(u8, &'a [u8]),
    /// Any octets.
    Octets(&'a [u8]),
    Eof,
    Pass(u16),
    SendStatus,
    /// One more record, its number so far from the next.
    Push(i8, u32, Option<i32>),
    /// Several.
    Batch(Log),
    Answer(u8),
    Fail(u8),
    Close,
}

struct Harness<'a> {
    device: Device,
    script: &'a Script<'a>,
    now: Millis,
    hello: Vec<u8>,
    key: Option<MacKey>,
    /// Number of the server's next frame.
    seq: u32,
    /// Number after the last sample that was sent.
    sent: u32,
    freed: u32,
    /// Octets sent before the server proved itself.
    before_proof: usize,
    proven: bool,
    ended: bool,
}

/// Nothing is freed that was not sent and acknowledged under a good tag, nothing but HELLO is said before the server proved
/// itself, and every loop ends.
pub fn session(script: &Script<'_>) {
    let mut harness = Harness {
        device: Device::new(&hello(), &secret(), Millis(0)),
        script,
        now: Millis(0),
        hello: Vec::new(),
        key: None,
        seq: 0,
        sent: 0,
        freed: 0,
        before_proof: 0,
        proven: false,
        ended: false,
    };
    harness.drain();
    for step in &script.steps {
        harness.step(step);
    }
    harness.device.handle_eof(harness.now);
    harness.drain();
    assert!(harness.ended);
    assert!(harness.proven || harness.before_proof == harness.hello.len());
}

impl Harness<'_> {
    fn step(&mut self, step: &Step<'_>) {
        match *step {
            Step::Challenge(time, nonce) => {
                let body = Challenge {
                    version: VERSION,
                    time,
                    nonce,
                }
                .to_bytes();
                let kind = FrameType::Challenge.into();
                let bare = sealed(kind, 0, &body, None).expect("it fits");
                let challenge = Frame::parse(&bare, Direction::FromServer).expect("a frame");
                let hello = Frame::parse(&self.hello, Direction::FromDevice).expect("a frame");
                let keys = SessionKeys::new(&secret(), &hello, &challenge);
                let frame = sealed(kind, 0, &body, Some(&keys.challenge)).expect("it fits");
                if self.key.is_none() {
                    (self.key, self.seq) = (Some(keys.server), 1);
                }
                self.feed(&frame);
            }
            Step::Ack(skew, close) => {
                let kind = if close {
                    FrameType::ServerClose
                } else {
                    FrameType::Ack
                };
                let next = self.sent.wrapping_add_signed(skew.into());
                self.signed(kind.into(), 0, &next.to_be_bytes());
            }
            Step::Rotate(ref rotate) => self.signed(FrameType::Rotate.into(), 0, &rotate.to_bytes()),
            Step::Signed(kind, skew, body) => self.signed(kind | 0x80, skew, body),
            Step::Forged(kind, body) => {
                if let Some(frame) = sealed(kind | 0x80, self.seq, body, None) {
                    self.feed(&frame);
                }
            }
            Step::Octets(octets) => self.feed(octets),
            Step::Eof => self.device.handle_eof(self.now),
            Step::Pass(ms) => {
                self.now = self.now.after(Millis(u64::from(ms) * 16));
                self.device.handle_timeout(self.now);
            }
            Step::SendStatus => {
                let _out_of_turn = self.device.send_status(&self.script.status);
            }
            Step::Push(skew, time, value) => {
                let log = Log::one(self.sent.wrapping_add_signed(skew.into()), time, value);
                self.batch(&log);
            }
            Step::Batch(ref log) => self.batch(log),
            Step::Answer(code) => {
                let _out_of_turn = self.device.answer(ResultCode::from(code));
            }
            Step::Fail(code) => {
                let _out_of_turn = self.device.fail(FailureCode::from(code));
            }
            Step::Close => {
                let _out_of_turn = self.device.close();
            }
        }
        self.drain();
    }

    fn batch(&mut self, log: &Log) {
        let Ok(mut batch) = self.device.batch(log.head) else {
            return;
        };
        for (time, values) in &log.rows {
            let values = values.get(..log.head.channels.len()).expect("at most eight");
            let _refused = batch.push(*time, values);
        }
        let _empty = batch.send();
    }

    fn signed(&mut self, kind: u8, skew: i8, body: &[u8]) {
        let seq = self.seq.wrapping_add_signed(skew.into());
        if let Some(frame) = sealed(kind, seq, body, self.key.as_ref()) {
            self.seq = self.seq.wrapping_add(1);
            self.feed(&frame);
        }
    }

    fn feed(&mut self, octets: &[u8]) {
        for mut piece in pieces(octets, &self.script.cuts) {
            let mut stuck = 0;
            while !piece.is_empty() {
                let taken = self.device.handle_input(self.now, piece);
                piece = piece.get(taken..).expect("no more than there was");
                // It waits for an answer that the script may not give.
                stuck = if self.drain() || taken > 0 { 0 } else { stuck + 1 };
                if stuck > 2 {
                    let _out_of_turn = self.device.answer(ResultCode::Done);
                }
                assert!(stuck < 5, "no progress");
            }
        }
    }

    fn drain(&mut self) -> bool {
        for turn in 0..100 {
            match self.device.poll() {
                Output::Wait(_) => return turn > 0,
                Output::Transmit(bytes) => {
                    let frame = Frame::parse(bytes, Direction::FromDevice).expect("whole frames only");
                    match frame.kind() {
                        FrameType::Hello => self.hello = bytes.to_vec(),
                        FrameType::Samples => {
                            let samples = Samples::parse(frame.body()).expect("canonical");
                            self.sent = self.sent.max(samples.end());
                        }
                        FrameType::Status => self.sent = self.sent.max(self.script.status.samples.oldest()),
                        _ => {}
                    }
                    if !self.proven {
                        self.before_proof += bytes.len();
                    }
                    assert!(!self.ended);
                }
                Output::Event(event) => {
                    assert!(!self.ended, "{event:?}");
                    match event {
                        Event::Challenge(_) => {
                            assert!(self.key.is_some());
                            self.proven = true;
                        }
                        Event::Ack { next } => {
                            assert!(self.proven && self.freed <= next);
                            assert!(next <= self.script.status.samples.next().max(self.sent), "{next}");
                            self.freed = next;
                        }
                        Event::NewSecret { .. } | Event::Config(_) => assert!(self.proven),
                        Event::Ended(_) => self.ended = true,
                        _ => {}
                    }
                }
                other => panic!("{other:?}"),
            }
        }
        panic!("it does not end");
    }
}
