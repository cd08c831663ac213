//! The device's side of a session (spec §11).
//!
//! | state | event | action | next |
//! |---|---|---|---|
//! | wait for CHALLENGE | good CHALLENGE | keys, clock; STATUS, then SAMPLES …, then CLOSE | open, closing after CLOSE |
//! | | ERROR, anything else, 10 s | keep all, close | over |
//! | open, closing | ACK | check, free | same |
//! | | CONFIG | check, take or refuse whole, RESULT | same |
//! | | ROTATE | store the new secret, RESULT | same |
//! | | CLOSE | free as for ACK, close | over |
//! | | ERROR with good tag | close | over |
//! | | bad tag, seq, type or body | ERROR, close | over |
//! | | connection ends, 30 s silence, 15 s after CLOSE | close | over |
//!
//! No sockets, no clock, no randomness, no memory for samples: octets, time, nonces and the secret come in as arguments, what
//! to do comes out of [`Device::poll`]. A whole session of both machines is shown in [`server`](crate::server); a device over
//! a plain TCP stream in `examples/device_blocking.rs`.
//!
//! ```
//! use wifisensor_tcp::device::Device;
//! use wifisensor_tcp::handshake::{DeviceId, Hello, Versions};
//! use wifisensor_tcp::keys::Secret;
//! use wifisensor_tcp::session::Output;
//! use wifisensor_tcp::time::Millis;
//!
//! // Spec §13.1.
//! let secret = Secret::new(core::array::from_fn(|i| i as u8));
//! let hello = Hello {
//!     versions: Versions::default(),
//!     key_id: 1,
//!     device_id: "000000005e005301".parse().unwrap(),
//!     nonce: core::array::from_fn(|i| 0xa0 | i as u8),
//! };
//! let mut device = Device::new(&hello, &secret, Millis(0));
//! let Output::Transmit(bytes) = device.poll() else { panic!() };
//! assert_eq!(bytes.len(), 52);
//! assert_eq!(bytes[36..40], [0x90, 0x38, 0x05, 0x1a]); // the tag
//! assert!(matches!(device.poll(), Output::Wait(Some(Millis(10_000)))));
//! ```

mod batch;
mod event;
mod state;

pub use batch::Batch;
pub use event::{CLOCK_TOLERANCE, Event, MAX_ROUND_TRIP, ServerClock};

use core::fmt;

use self::state::{Core, Linked, Notice, Phase, State};
use crate::config::Config;
use crate::error::CallError;
use crate::failure::{Failure, FailureCode};
use crate::frame::{FrameType, ServerFrames};
use crate::handshake::Hello;
use crate::keys::{MacKey, Secret};
use crate::link::{Clock, Outbox};
use crate::result::ResultCode;
use crate::samples::{Head, Samples};
use crate::session::{End, Output};
use crate::status::Status;
use crate::time::Millis;

/// One session of a device, see the [module](self).
///
/// Memory: one receive buffer of 280 octets and one transmit buffer of 1048.
pub struct Device {
    frames: ServerFrames,
    core: Core,
}

impl Device {
    /// A session on a connection that is open now; HELLO is sent first. The nonce of HELLO must never have been used with this
    /// secret (spec §6.1).
    #[must_use]
    pub fn new(hello: &Hello, secret: &Secret, now: Millis) -> Self {
        let mut outbox = Outbox::new();
        let key = MacKey::new(&secret.hello_key());
        outbox.put(FrameType::Hello, 0, &hello.to_bytes(), Some(&key));
        Self {
            frames: ServerFrames::from_server(),
            core: Core {
                hello: *hello,
                secret: secret.clone(),
                clock: Clock::new(now),
                outbox,
                state: State::WaitChallenge,
                notice: None,
            },
        }
    }

    /// Takes octets of the server; gives how many. It takes no more while [`poll`](Self::poll) has something to give, or while
    /// [`answer`](Self::answer) is asked for: do that, then feed the rest. What comes after the end of the session is taken and
    /// dropped.
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
                Ok(false) => break,
                Err(_) => self.core.fail(Failure::new(FailureCode::Malformed, None)),
            }
        }
        if self.core.is_deaf() {
            return input.len();
        }
        input.len().saturating_sub(rest.len())
    }

    /// The server ended the connection.
    pub fn handle_eof(&mut self, now: Millis) {
        self.core.clock.tick(now);
        self.core.cut(crate::session::Cut::Connection);
    }

    /// Time has passed: looks at the time limits.
    pub fn handle_timeout(&mut self, now: Millis) {
        self.core.clock.tick(now);
        self.core.on_timeout();
    }

    /// What to do next. Call it until it says [`Output::Wait`].
    pub fn poll(&mut self) -> Output<'_, Event<'_>> {
        if !self.core.outbox.is_empty() {
            self.core.sending();
            return Output::Transmit(self.core.outbox.take());
        }
        if let Some(notice) = self.core.notice.take() {
            return self.told(&notice);
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

    fn told(&self, notice: &Notice) -> Output<'_, Event<'_>> {
        // Frame and secret lie where they are until the caller has answered.
        let event = match *notice {
            Notice::Challenge(clock) => Some(Event::Challenge(clock)),
            Notice::Ready => Some(Event::Ready),
            Notice::Ack(next) => Some(Event::Ack { next }),
            Notice::Config => {
                let body = self.frames.frame().map(|frame| frame.body());
                body.and_then(|body| Config::parse(body).ok()).map(Event::Config)
            }
            Notice::NewSecret => match &self.core.state {
                State::Linked(Linked {
                    new_secret: Some((key_id, secret)),
                    ..
                }) => Some(Event::NewSecret {
                    key_id: *key_id,
                    secret,
                }),
                _ => None,
            },
        };
        event.map_or_else(|| Output::Wait(self.core.deadline()), Output::Event)
    }

    /// Sends STATUS, once, after [`Event::Challenge`].
    ///
    /// # Errors
    /// [`CallError::Phase`], [`CallError::Pending`], [`CallError::Over`].
    pub fn send_status(&mut self, status: &Status) -> Result<(), CallError> {
        self.core.send_status(status)
    }

    /// Begins a SAMPLES frame in the transmit buffer. Samples go in the order of their numbers, without holes, from the lowest
    /// that is not acknowledged (spec §7.1).
    ///
    /// # Errors
    /// [`CallError::Hole`] if samples were left out, [`CallError::Encode`] if the head cannot be written,
    /// [`CallError::Phase`], [`CallError::Pending`], [`CallError::Over`].
    pub fn batch(&mut self, head: Head) -> Result<Batch<'_>, CallError> {
        let (linked, outbox) = self.core.submit_samples(head.first)?;
        Ok(Batch::new(linked, outbox, head)?)
    }

    /// Sends a SAMPLES body that was made elsewhere.
    ///
    /// # Errors
    /// As [`batch`](Self::batch).
    pub fn send_samples(&mut self, samples: &Samples<'_>) -> Result<(), CallError> {
        let (linked, outbox) = self.core.submit_samples(samples.first())?;
        linked.link.seal(outbox, FrameType::Samples, samples.as_bytes());
        linked.sent_up_to(samples.end());
        Ok(())
    }

    /// Sends CLOSE: no more samples in this session. The server's CLOSE is waited for.
    ///
    /// # Errors
    /// [`CallError::Phase`], [`CallError::Pending`], [`CallError::Over`].
    pub fn close(&mut self) -> Result<(), CallError> {
        self.core.close()
    }

    /// Answers [`Event::Config`] or [`Event::NewSecret`]: [`ResultCode::Done`] if it is stored, [`ResultCode::NotStored`] if it
    /// could not be.
    ///
    /// # Errors
    /// [`CallError::Phase`] if nothing was asked, [`CallError::Pending`] before the event was polled, [`CallError::Over`].
    pub fn answer(&mut self, code: ResultCode) -> Result<(), CallError> {
        self.core.answer(code)
    }

    /// Ends the session with an ERROR of the caller's choice.
    ///
    /// # Errors
    /// [`CallError::Phase`] before there are keys; there a device says nothing but HELLO. [`CallError::Over`].
    pub fn fail(&mut self, code: FailureCode) -> Result<(), CallError> {
        if self.core.is_deaf() {
            return Err(CallError::Over);
        }
        if matches!(self.core.state, State::WaitChallenge) {
            return Err(CallError::Phase);
        }
        self.core.fail(Failure::new(code, None));
        Ok(())
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

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.core.state {
            State::WaitChallenge => "wait for CHALLENGE",
            State::Linked(linked) => match linked.phase {
                Phase::Status => "status",
                Phase::Open(_) => "open",
                Phase::Closing(..) => "closing",
                Phase::Failing(_) => "failing",
            },
            State::Over { .. } => "over",
        };
        f.debug_struct("Device")
            .field("state", &state)
            .field("end", &self.end())
            .finish_non_exhaustive()
    }
}

/// Seconds to wait after the k-th failed or incomplete session in a row: min(upload period, 30 s · 2^k), k ≤ 6, ± 25 % at random
/// (spec §9). `random` is one random octet.
///
/// ```
/// use wifisensor_tcp::device::retry_delay_s;
/// assert_eq!(retry_delay_s(1, 3600, 128), 60);
/// assert_eq!(retry_delay_s(1, 3600, 0), 45);
/// assert_eq!(retry_delay_s(200, 600, 128), 600);
/// ```
#[must_use]
pub fn retry_delay_s(failures: u32, upload_period_s: u32, random: u8) -> u32 {
    let delay = 30_u32.wrapping_shl(failures.min(6)).min(upload_period_s);
    // 384 to 639 of 512 parts: 75 % to 124.8 %.
    let parts = u64::from(random).saturating_add(384);
    let spread = u64::from(delay).saturating_mul(parts) >> 9;
    u32::try_from(spread).unwrap_or(u32::MAX)
}
