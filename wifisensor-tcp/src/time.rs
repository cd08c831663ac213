//! The two kinds of time: the caller's monotonic clock, and the time that the protocol carries; and the time limits (spec §1).

use core::fmt;

/// Milliseconds of the caller's monotonic clock; the origin does not matter. A clock that goes back is taken to stand still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
#[expect(clippy::exhaustive_structs, reason = "a number of milliseconds")]
pub struct Millis(pub u64);

impl Millis {
    /// A number of seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// This long after; at the end of the scale it stays there.
    #[must_use]
    pub const fn after(self, time: Self) -> Self {
        Self(self.0.saturating_add(time.0))
    }

    /// How long since `earlier`; 0 if that is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
}

/// From accept to a good STATUS (server), from connect to a good CHALLENGE (device).
pub const HANDSHAKE_LIMIT: Millis = Millis::from_secs(10);
/// Without a complete frame of the other side.
pub const IDLE_LIMIT: Millis = Millis::from_secs(30);
/// The server's wait for a RESULT after the device's CLOSE.
pub const RESULT_LIMIT: Millis = Millis::from_secs(10);
/// The device's wait for the server's CLOSE after its own.
pub const CLOSE_LIMIT: Millis = Millis::from_secs(15);
/// The whole session.
pub const SESSION_LIMIT: Millis = Millis::from_secs(300);
/// A server may set less for the whole session, but not less than this.
pub const MIN_SESSION_LIMIT: Millis = Millis::from_secs(60);
/// After its last frame the server shuts down its sending side and reads, for this long at most, until the device closes (spec §9).
pub const LINGER_LIMIT: Millis = Millis::from_secs(2);

/// A moment in UTC: seconds since 1970-01-01 and milliseconds, as in CHALLENGE (spec §6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct UnixTime {
    seconds: u32,
    ms: u16,
}

impl UnixTime {
    /// `None` unless `ms` is 0 to 999.
    ///
    /// ```
    /// use wifisensor_tcp::time::UnixTime;
    /// assert_eq!(UnixTime::new(1_767_225_601, 250).unwrap().to_string(), "1767225601.250");
    /// assert_eq!(UnixTime::new(0, 1000), None);
    /// ```
    #[must_use]
    pub const fn new(seconds: u32, ms: u16) -> Option<Self> {
        if ms > 999 {
            return None;
        }
        Some(Self { seconds, ms })
    }

    /// Seconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.seconds
    }

    /// Milliseconds, 0 to 999.
    #[must_use]
    pub const fn ms(self) -> u16 {
        self.ms
    }

    /// Milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn as_millis(self) -> u64 {
        u64::from(self.seconds)
            .saturating_mul(1000)
            .saturating_add(u64::from(self.ms))
    }

    /// This long after; `None` beyond 2^32 − 1 seconds.
    #[must_use]
    pub fn plus(self, time: Millis) -> Option<Self> {
        let total = self.as_millis().saturating_add(time.0);
        let seconds = u32::try_from(total.wrapping_div(1000)).ok()?;
        let ms = u16::try_from(total.wrapping_rem(1000)).ok()?;
        Self::new(seconds, ms)
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.seconds, self.ms)
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for UnixTime {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        let ms = u.int_in_range(0..=999)?;
        Ok(Self {
            seconds: u.arbitrary()?,
            ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_goes_back_stands_still() {
        assert_eq!(Millis(5).since(Millis(9)), Millis(0));
        assert_eq!(Millis(u64::MAX).after(Millis(1)), Millis(u64::MAX));
    }

    #[test]
    fn milliseconds_carry_into_seconds_and_the_end_of_the_scale_is_seen() {
        let time = UnixTime::new(7, 900).unwrap();
        assert_eq!(time.plus(Millis(100)), UnixTime::new(8, 0));
        assert_eq!(UnixTime::new(u32::MAX, 999).unwrap().plus(Millis(1)), None);
        assert_eq!(time.plus(Millis(u64::MAX)), None);
    }
}
