//! The server's side of a session (spec §11).
//!
//! | state | event | action | next |
//! |---|---|---|---|
//! | wait for HELLO | good HELLO | CHALLENGE | wait for STATUS |
//! | | framing or body wrong | silence | over |
//! | | AUTH, VERSION, BUSY | ERROR without a tag | over |
//! | wait for STATUS | STATUS | ACK, then CONFIG and ROTATE if due | open |
//! | open | SAMPLES | hand out; ACK once they are stored | open |
//! | | RESULT | hand out | open |
//! | | CLOSE | CLOSE once all is stored and no RESULT is outstanding | over |
//! | any after HELLO | ERROR | | over |
//! | | bad tag, seq, type or body | ERROR | over |
//! | any | connection ends, time limits | | over |
//!
//! No sockets, no clock, no randomness, no storage: octets, time, nonces and secrets come in as arguments, what to do comes
//! out of [`Server::poll`]. Samples are acknowledged only by [`Server::stored`], so an ACK before they are durable cannot be
//! written by accident.
//!
//! Both machines in one loop, with a lost connection in between:
//!
//! ```
//! use wifisensor_tcp::device::{self, Device};
//! use wifisensor_tcp::handshake::{DeviceId, Hello, Versions};
//! use wifisensor_tcp::keys::Secret;
//! use wifisensor_tcp::samples::{Channel, Channels, ClockBasis, Head, Quantity};
//! use wifisensor_tcp::server::{self, Account, Identity, Log, Options, Server};
//! use wifisensor_tcp::session::{End, Output};
//! use wifisensor_tcp::status::{LogId, SampleSpan, Status};
//! use wifisensor_tcp::time::{Millis, UnixTime};
//!
//! let (secret, decoy) = (Secret::new([1; 32]), Secret::new([2; 32])); // random in earnest
//! let now = Millis(0);
//! // What each side keeps.
//! let (mut oldest, samples) = (0, [2145, 2147, 2150]);
//! let (mut log, mut table): (Option<Log>, Vec<(u32, Option<i32>)>) = (None, Vec::new());
//!
//! for nonce in 0_u8..2 {
//!     let lost = nonce == 0; // what the server sends after the first samples never arrives
//!     let hello = Hello { versions: Versions::default(), key_id: 1, device_id: DeviceId([0; 8]), nonce: [nonce; 16] };
//!     let mut device = Device::new(&hello, &secret, now);
//!     let mut server = Server::new(Options::new(), &decoy, [0x80 | nonce; 16], now);
//!     let (mut to_server, mut to_device): (Vec<u8>, Vec<u8>) = (Vec::new(), Vec::new());
//!     let (mut cut, mut sent) = (false, oldest);
//!     while !cut {
//!         let taken = device.handle_input(now, &to_device);
//!         to_device.drain(..taken);
//!         loop {
//!             match device.poll() {
//!                 Output::Transmit(bytes) => to_server.extend(bytes),
//!                 Output::Event(device::Event::Challenge(_)) => {
//!                     let span = SampleSpan::new(oldest, 3).unwrap();
//!                     device.send_status(&Status::new(LogId(7), span)).unwrap();
//!                 }
//!                 Output::Event(device::Event::Ready) if sent < 3 => {
//!                     let channel = Channel::new(Quantity::TEMPERATURE, -2).unwrap();
//!                     let channels = Channels::new(&[channel]).unwrap();
//!                     let head = Head { first: sent, period_s: 60, basis: ClockBasis::Uptime, channels };
//!                     let mut batch = device.batch(head).unwrap();
//!                     while sent < 3 {
//!                         batch.push(60 * sent, &[Some(samples[sent as usize])]).unwrap();
//!                         sent += 1;
//!                     }
//!                     batch.send().unwrap();
//!                 }
//!                 Output::Event(device::Event::Ready) => device.close().unwrap(),
//!                 Output::Event(device::Event::Ack { next }) => oldest = next, // free what lies below
//!                 Output::Event(device::Event::Ended(end)) => assert_eq!(end, End::Done),
//!                 Output::Wait(None) => cut = true,
//!                 Output::Wait(_) => break,
//!                 other => panic!("{other:?}"),
//!             }
//!             if cut { break }
//!         }
//!         let taken = server.handle_input(now, &to_server);
//!         to_server.drain(..taken);
//!         loop {
//!             match server.poll() {
//!                 Output::Transmit(bytes) => if !lost || table.is_empty() { to_device.extend(bytes) },
//!                 Output::Event(server::Event::Hello { key_id, .. }) => {
//!                     assert_eq!(key_id, 1);
//!                     let time = UnixTime::new(1_767_225_601, 250).unwrap();
//!                     server.identify(time, Identity::Known(&secret)).unwrap();
//!                 }
//!                 Output::Event(server::Event::Status(_)) => server.open(&Account::new(log)).unwrap(),
//!                 Output::Event(server::Event::Opened(opened)) => log = Some(opened.log),
//!                 Output::Event(server::Event::Samples(batch)) => {
//!                     table.extend(batch.records().map(|record| (record.number(), record.value(0))));
//!                     let end = batch.end(); // both durable now, in one transaction
//!                     log = log.map(|log| Log { stored: end, ..log });
//!                     server.stored(end).unwrap();
//!                     cut = lost;
//!                 }
//!                 Output::Event(server::Event::Ended(end)) => assert_eq!(end, End::Done),
//!                 Output::Wait(_) => break,
//!                 other => panic!("{other:?}"),
//!             }
//!         }
//!     }
//! }
//! // Sent twice, stored once; freed only when that was known.
//! assert_eq!(table, [(0, Some(2145)), (1, Some(2147)), (2, Some(2150))]);
//! assert_eq!(oldest, 3);
//! ```

mod event;
mod state;

pub use event::{Account, Batch, Event, Identity, Log, Opened, Options, Task};

use core::fmt;

use self::state::{Core, Linked, Notice, Phase, State};
use crate::error::CallError;
use crate::failure::{Failure, FailureCode};
use crate::frame::{self, DeviceFrames, FrameType, HEAD_LEN, Header, MAX_DEVICE_BODY_LEN};
use crate::handshake::{CHALLENGE_LEN, Challenge, HELLO_LEN, Hello, MAX_HELLO_LEN, NONCE_LEN, VERSION};
use crate::keys::{Secret, SessionKeys, TAG_LEN};
use crate::link::{Clock, Link, Outbox};
use crate::samples::Samples;
use crate::session::{Cut, End, Output};
use crate::time::{Millis, UnixTime};

/// One session of a server, see the [module](self).
///
/// Memory: one receive buffer of 1048 octets, of which a stranger fills at most 88, one transmit buffer of 280, and a
/// configuration of at most 256 until it is sent.
pub struct Server {
    frames: DeviceFrames,
    core: Core,
}

impl Server {
    /// A session that was accepted now. `decoy` is 32 random octets of the server, always the same; `nonce` is random and new.
    #[must_use]
    pub fn new(options: Options, decoy: &Secret, nonce: [u8; NONCE_LEN], now: Millis) -> Self {
        let mut frames = DeviceFrames::from_device();
        frames.limit_body(MAX_HELLO_LEN);
        Self {
            frames,
            core: Core {
                options,
                decoy: decoy.clone(),
                nonce,
                clock: Clock::new(now),
                outbox: Outbox::new(),
                state: State::WaitHello,
                notice: None,
            },
        }
    }

    /// Takes octets of the device; gives how many. It takes no more while [`poll`](Self::poll) has something to give, or while
    /// [`identify`](Self::identify) or [`open`](Self::open) is asked for: do that, then feed the rest. What comes after the end
    /// of the session is taken and dropped.
    #[must_use = "what is not taken has to be fed again"]
    pub fn handle_input(&mut self, now: Millis, input: &[u8]) -> usize {
        self.core.clock.tick(now);
        let mut rest = input;
        while self.core.listens() {
            match self.frames.fill(&mut rest) {
                Ok(true) => {
                    if let Some(frame) = self.frames.frame() {
                        self.core.on_frame(&frame);
                    }
                }
                Ok(false) => {
                    if matches!(self.core.state, State::WaitHello)
                        && self.frames.pending_header().is_some_and(is_no_hello)
                    {
                        self.core.malformed();
                    }
                    break;
                }
                Err(_) => self.core.malformed(),
            }
        }
        if self.core.is_deaf() {
            return input.len();
        }
        input.len().saturating_sub(rest.len())
    }

    /// The device ended the connection.
    pub fn handle_eof(&mut self, now: Millis) {
        self.core.clock.tick(now);
        self.core.cut(Cut::Connection);
    }

    /// Time has passed: looks at the time limits.
    pub fn handle_timeout(&mut self, now: Millis) {
        self.core.clock.tick(now);
        self.core.on_timeout();
    }

    /// What to do next. Call it until it says [`Output::Wait`].
    pub fn poll(&mut self) -> Output<'_, Event<'_>> {
        if !self.core.outbox.is_empty() {
            return Output::Transmit(self.core.outbox.take());
        }
        if let Some(notice) = self.core.notice.take() {
            return self.told(notice);
        }
        if self.core.seal_next() {
            return Output::Transmit(self.core.outbox.take());
        }
        if let State::Over { end, told } = &mut self.core.state
            && !core::mem::replace(told, true)
        {
            return Output::Event(Event::Ended(*end));
        }
        Output::Wait(self.core.deadline())
    }

    fn told(&self, notice: Notice) -> Output<'_, Event<'_>> {
        Output::Event(match notice {
            Notice::Hello(Hello {
                device_id, key_id, ..
            }) => Event::Hello { device_id, key_id },
            Notice::Status(status) => Event::Status(status),
            Notice::Opened(opened) => Event::Opened(opened),
            Notice::Result(task, code) => Event::Result { task, code },
            Notice::Samples { log, expected, end } => {
                let body = self.frames.frame().map(|frame| frame.body());
                let Some(samples) = body.and_then(|body| Samples::head_of(body).ok()) else {
                    // The frame lies in the buffer until more is taken, which waits for this event.
                    return Output::Wait(self.core.deadline());
                };
                let known = usize::try_from(expected.saturating_sub(samples.first()));
                Event::Samples(Batch {
                    samples,
                    log_id: log.log_id,
                    known: known.unwrap_or(usize::MAX),
                    end,
                })
            }
        })
    }

    /// Answers [`Event::Hello`]. `time` is the server's clock now; it goes into CHALLENGE.
    ///
    /// The secret of an unknown device is replaced by one made from the decoy, and the same is done with it; the answer to a
    /// wrong tag, an unknown device and an unknown key number is the same (spec §6.1).
    ///
    /// # Errors
    /// [`CallError::Phase`] if it was not asked for, [`CallError::Pending`] before the event was polled, [`CallError::Over`].
    pub fn identify(&mut self, time: UnixTime, identity: Identity<'_>) -> Result<(), CallError> {
        if self.core.notice.is_some() {
            return Err(CallError::Pending);
        }
        let State::Identify(hello) = self.core.state else {
            return Err(self.core.not_in_phase());
        };
        match self.challenge(&hello, time, identity) {
            Ok(linked) => {
                self.frames.limit_body(MAX_DEVICE_BODY_LEN);
                self.core.state = State::Linked(linked);
            }
            Err(code) => self.core.refuse(code),
        }
        Ok(())
    }

    fn challenge(
        &mut self,
        hello: &Hello,
        time: UnixTime,
        identity: Identity<'_>,
    ) -> Result<Linked, FailureCode> {
        let decoy = self.core.decoy.decoy(hello.device_id);
        let (known, is_known) = match identity {
            Identity::Known(secret) => (secret, 1.into()),
            Identity::Unknown => (&decoy, 0.into()),
            Identity::Busy => return Err(FailureCode::Busy),
        };
        let secret = Secret::select(&decoy, known, is_known);
        let frame = self.frames.frame().ok_or(FailureCode::Malformed)?;
        if !(secret.proves(&frame) & bool::from(is_known)) {
            return Err(FailureCode::Auth);
        }
        let version = self.core.options.versions.choose(hello.versions);
        let version = version
            .filter(|&version| version == VERSION)
            .ok_or(FailureCode::Version)?;
        let nonce = self.core.nonce;
        let body = Challenge { version, time, nonce }.to_bytes();
        // The keys come from the frame without its tag.
        let mut bytes = [0; HEAD_LEN + CHALLENGE_LEN + TAG_LEN];
        let untagged = frame::emit(&mut bytes, FrameType::Challenge, 0, &body, None);
        let untagged = untagged.ok().and_then(|frame| frame.first_chunk());
        let untagged: &[u8; HEAD_LEN + CHALLENGE_LEN] = untagged.ok_or(FailureCode::Malformed)?;
        let keys = SessionKeys::with_hello(&secret, &frame, untagged);
        self.core
            .outbox
            .put(FrameType::Challenge, 0, &body, Some(&keys.challenge));
        Ok(Linked {
            link: Link::new(keys.device, keys.server),
            key_id: hello.key_id,
            phase: Phase::WaitStatus,
        })
    }

    /// Answers [`Event::Status`] with what the server keeps of the device. [`Event::Opened`] follows, or the session fails with
    /// LOG if the server holds more than the device ever made (spec §6.3).
    ///
    /// # Errors
    /// [`CallError::Phase`] if it was not asked for, [`CallError::Pending`] before the event was polled, [`CallError::Over`].
    pub fn open(&mut self, account: &Account<'_>) -> Result<(), CallError> {
        self.core.open(account)
    }

    /// Says that all samples with lower numbers than `end` that were handed out are durable: what [`Batch::end`] gave. An ACK
    /// follows, or the CLOSE that the device waits for.
    ///
    /// # Errors
    /// [`CallError::NotReceived`] for a number beyond what was handed out, [`CallError::Pending`] before the batch was polled,
    /// [`CallError::Phase`], [`CallError::Over`].
    pub fn stored(&mut self, end: u32) -> Result<(), CallError> {
        if matches!(self.core.notice, Some(Notice::Samples { .. })) {
            return Err(CallError::Pending);
        }
        self.core.work()?.stored(end)?;
        self.core.settle();
        Ok(())
    }

    /// Ends the session with CLOSE before the device does: what is not stored, the device sends again (spec §9).
    ///
    /// # Errors
    /// [`CallError::Phase`] before the session is open, [`CallError::Over`].
    pub fn close(&mut self) -> Result<(), CallError> {
        let next = self.core.work()?.log.stored;
        if let State::Linked(linked) = &mut self.core.state {
            linked.phase = Phase::Ending(Ok(next));
        }
        Ok(())
    }

    /// Ends the session with an ERROR: [`FailureCode::Storage`] if samples could not be stored, [`FailureCode::Busy`],
    /// [`FailureCode::Limit`]. `retry_s`: come back after this many seconds, 0 = no wish.
    ///
    /// # Errors
    /// [`CallError::Phase`] before there are keys; there [`Identity::Busy`] says the only thing that may be said.
    /// [`CallError::Over`].
    pub fn fail(&mut self, code: FailureCode, retry_s: u16) -> Result<(), CallError> {
        match &mut self.core.state {
            State::Linked(Linked { link, phase, .. }) if !matches!(phase, Phase::Ending(_)) => {
                let reference = (code == FailureCode::Storage).then(|| link.accepted());
                let mut failure = Failure::new(code, reference);
                failure.retry_s = retry_s;
                *phase = Phase::Ending(Err(failure));
                Ok(())
            }
            _ => Err(self.core.not_in_phase()),
        }
    }

    /// Ends the session without a word: a newer session of the same device was proven.
    pub fn abandon(&mut self) {
        self.core.cut(Cut::Abandoned);
    }

    /// How the session ended, if it did.
    #[must_use]
    pub const fn end(&self) -> Option<End> {
        match &self.core.state {
            State::Over { end, .. } => Some(*end),
            _ => None,
        }
    }
}

/// Type, seq and length are judged as soon as the header is there, so that a stranger is soon gone (spec §6.1).
fn is_no_hello(header: Header) -> bool {
    header.kind != FrameType::Hello || header.seq != 0 || header.body_len < HELLO_LEN
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.core.state {
            State::WaitHello => "wait for HELLO",
            State::Identify(_) => "identify",
            State::Linked(linked) => match &linked.phase {
                Phase::WaitStatus => "wait for STATUS",
                Phase::Opening { .. } => "opening",
                Phase::Open(_) => "open",
                Phase::Ending(_) => "ending",
            },
            State::Over { .. } => "over",
        };
        f.debug_struct("Server")
            .field("state", &state)
            .field("end", &self.end())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handshake::{DeviceId, Versions};
    use crate::keys::MacKey;

    /// Who knows the decoy key of an unknown device is still unknown.
    #[test]
    fn a_hello_that_fits_the_decoy_is_refused_like_any_other() {
        let decoy = Secret::new([7; 32]);
        let hello = Hello {
            versions: Versions::default(),
            key_id: 1,
            device_id: DeviceId([5; 8]),
            nonce: [0; NONCE_LEN],
        };
        let secret = decoy.decoy(hello.device_id);
        let key = MacKey::new(&secret.hello_key());
        let mut bytes = [0; 52];
        frame::emit(&mut bytes, FrameType::Hello, 0, &hello.to_bytes(), Some(&key)).unwrap();
        for (identity, code) in [
            (Identity::Unknown, Some(FailureCode::Auth)),
            (Identity::Known(&secret), None),
        ] {
            let mut server = Server::new(Options::new(), &decoy, [1; NONCE_LEN], Millis(0));
            assert_eq!(server.handle_input(Millis(0), &bytes), bytes.len());
            assert!(matches!(server.poll(), Output::Event(Event::Hello { .. })));
            server.identify(UnixTime::default(), identity).unwrap();
            assert_eq!(
                server.end(),
                code.map(|code| End::Failed(Failure::new(code, None)))
            );
        }
    }
}
