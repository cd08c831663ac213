//! What a device session tells its caller.

use crate::config::Config;
use crate::keys::Secret;
use crate::session::End;
use crate::time::{Millis, UnixTime};

/// Longest way there and back of HELLO and CHALLENGE after which a clock may be set (spec §7.3).
pub const MAX_ROUND_TRIP: Millis = Millis::from_secs(10);
/// A clock that is not further off is left alone (spec §7.3).
pub const CLOCK_TOLERANCE: Millis = Millis::from_secs(2);

/// The server's clock as CHALLENGE told it (spec §7.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ServerClock {
    /// What CHALLENGE says.
    pub sent: UnixTime,
    /// Between HELLO and CHALLENGE, on the caller's clock.
    pub round_trip: Millis,
}

impl ServerClock {
    pub(super) const fn new(sent: UnixTime, round_trip: Millis) -> Self {
        Self { sent, round_trip }
    }

    /// The server's time when CHALLENGE was accepted, wrong by at most half the round trip; `None` beyond 2^32 − 1 s.
    #[must_use]
    pub fn now(&self) -> Option<UnixTime> {
        self.sent.plus(self.half())
    }

    /// What to set a clock to that showed `clock` when CHALLENGE was accepted; `None`: leave it. Samples already taken keep
    /// their times.
    ///
    /// ```
    /// # use wifisensor_tcp::device::ServerClock;
    /// # fn demo(server: ServerClock, clock: wifisensor_tcp::time::UnixTime) {
    /// if let Some(time) = server.correction(Some(clock)) {
    ///     // set the clock
    /// #   let _ = time;
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn correction(&self, clock: Option<UnixTime>) -> Option<UnixTime> {
        let now = self.now().filter(|_| self.round_trip <= MAX_ROUND_TRIP)?;
        let off = clock.is_none_or(|clock| clock.as_millis().abs_diff(now.as_millis()) > CLOCK_TOLERANCE.0);
        off.then_some(now)
    }

    const fn half(&self) -> Millis {
        Millis(self.round_trip.0 >> 1)
    }
}

/// What happened in a device session.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The server proved itself. Note its clock, and call [`Device::send_status`](super::Device::send_status); the clock in
    /// STATUS is the one before it is corrected (spec §7.3).
    Challenge(ServerClock),
    /// What was submitted before has been handed out to be sent. Submit the next frame:
    /// [`Device::batch`](super::Device::batch), or [`Device::close`](super::Device::close) if there are no more samples.
    Ready,
    /// All samples with lower numbers are stored at the server and may be freed (spec §7.2). Comes with the server's CLOSE too.
    Ack {
        /// The number.
        next: u32,
    },
    /// A whole, valid configuration. Store it and put it in force, then call [`Device::answer`](super::Device::answer). What
    /// it does not name goes back to the factory value. An invalid one is answered without an event (spec §8.1).
    Config(Config<'a>),
    /// A new secret. Store it beside the old one, then call [`Device::answer`](super::Device::answer). Use it in the next
    /// HELLO; if that fails, alternate; when a session with it has brought an ACK, erase the old one (spec §8.2).
    NewSecret {
        /// Its number.
        key_id: u8,
        /// The secret.
        secret: &'a Secret,
    },
    /// The session is over: close the connection, turn the radio off. What was not acknowledged waits for the next upload.
    Ended(End),
}
