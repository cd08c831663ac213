//! What times of a session mean.

use wifisensor_tcp::samples::ClockBasis;
use wifisensor_tcp::status::Status;

use crate::time::{Basis, Taken, UnixMillis};

/// The clock of a device as STATUS showed it, beside the arrival of that STATUS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    received: UnixMillis,
    uptime_s: u32,
}

impl Clock {
    /// Of a STATUS that arrived at `received`.
    #[must_use]
    pub const fn new(status: &Status, received: UnixMillis) -> Self {
        Self {
            received,
            uptime_s: status.uptime_s,
        }
    }

    /// When a record was taken whose frame arrived at `arrival`.
    ///
    /// ```
    /// use comet_proto::tcp::Clock;
    /// use comet_proto::{Basis, UnixMillis};
    /// use wifisensor_tcp::samples::ClockBasis;
    /// use wifisensor_tcp::status::{LogId, SampleSpan, Status};
    ///
    /// let mut status = Status::new(LogId(7), SampleSpan::new(0, 1).unwrap());
    /// status.uptime_s = 100;
    /// let (now, later) = (UnixMillis(1_790_000_000_000), UnixMillis(1_790_000_000_500));
    /// let clock = Clock::new(&status, now);
    /// // §7.3: 40 s after the start, which was 60 s before STATUS came.
    /// let taken = clock.taken(ClockBasis::Uptime, 40, later);
    /// assert_eq!((taken.time, taken.basis), (UnixMillis(now.0 - 60_000), Basis::Age));
    /// ```
    #[must_use]
    pub fn taken(&self, basis: ClockBasis, time: u32, arrival: UnixMillis) -> Taken {
        match basis {
            ClockBasis::Utc => Taken::new(
                UnixMillis(u64::from(time).saturating_mul(1000)),
                Basis::DeviceClock,
            ),
            ClockBasis::Uptime => {
                let age = u64::from(self.uptime_s.saturating_sub(time)).saturating_mul(1000);
                // A sample of after STATUS is one of the seconds since.
                let ahead = u64::from(time.saturating_sub(self.uptime_s)).saturating_mul(1000);
                let time = self.received.0.saturating_sub(age).saturating_add(ahead);
                Taken::new(UnixMillis(time.min(arrival.0)), Basis::Age)
            }
            ClockBasis::Unknown => Taken::on_arrival(arrival),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wifisensor_tcp::status::{LogId, SampleSpan};

    fn clock(uptime_s: u32) -> Clock {
        let mut status = Status::new(LogId(1), SampleSpan::new(0, 0).unwrap());
        status.uptime_s = uptime_s;
        Clock::new(&status, UnixMillis(1_000_000))
    }

    #[test]
    fn a_set_clock_is_trusted_whatever_it_says() {
        let taken = clock(5).taken(ClockBasis::Utc, u32::MAX, UnixMillis(1));
        assert_eq!(
            taken,
            Taken::new(UnixMillis(4_294_967_295_000), Basis::DeviceClock)
        );
    }

    #[test]
    fn an_uptime_is_shifted_and_never_into_the_future_or_before_1970() {
        let taken = |time| {
            clock(500)
                .taken(ClockBasis::Uptime, time, UnixMillis(1_002_000))
                .time
        };
        assert_eq!(taken(500), UnixMillis(1_000_000));
        assert_eq!(taken(0), UnixMillis(500_000));
        assert_eq!(taken(501), UnixMillis(1_001_000));
        assert_eq!(taken(900), UnixMillis(1_002_000));
        assert_eq!(
            clock(5000).taken(ClockBasis::Uptime, 0, UnixMillis(1)).time,
            UnixMillis(0)
        );
    }

    #[test]
    fn where_only_differences_count_the_arrival_stands() {
        let taken = clock(5).taken(ClockBasis::Unknown, 77, UnixMillis(9));
        assert_eq!(taken, Taken::on_arrival(UnixMillis(9)));
    }
}
