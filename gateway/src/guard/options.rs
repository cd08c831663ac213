//! What `comet serve` is told about its guard.

use std::time::Duration;

use clap::Args;
use comet_proto::{Family, Policies, guard};
use replay_guard::Counter;

use super::Away;
use crate::Failure;

/// Options of the guard.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub(crate) struct Options {
    /// Store that several nodes share, `redis://host:port/number` or `redis+unix:///path`. By default the guard is in this process,
    /// with its journal beside the database.
    #[arg(long, value_name = "URL")]
    pub(crate) guard: Option<String>,
    /// What to do while that store does not answer.
    #[arg(long, value_enum, default_value = "closed")]
    pub(crate) guard_away: Away,
    /// Milliseconds that the store has to answer.
    #[arg(long, default_value_t = 1000, value_name = "MS")]
    pub(crate) guard_timeout_ms: u64,
    /// Devices of each family that the guard in this process has room for; 56 octets each.
    #[arg(long, default_value_t = 100_000, value_name = "COUNT")]
    pub(crate) guard_devices: usize,
    /// Start with an empty guard although the records of an earlier run are lost or damaged: every recorded message is new once more.
    #[arg(long)]
    pub(crate) guard_reset: bool,
    /// `family=seconds`: devices of this family may send once in so many seconds. May be given for each family but tcp; no limit by
    /// default.
    #[arg(long, value_parser = interval, value_name = "FAMILY=SECONDS")]
    pub(crate) min_interval: Vec<(Family, u32)>,
    /// Seconds in which the same octets of a Web Sensor are a repeat.
    #[arg(long, default_value_t = 5, value_name = "SECONDS")]
    pub(crate) soap_hold_s: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            guard: None,
            guard_away: Away::Closed,
            guard_timeout_ms: 1000,
            guard_devices: 100_000,
            guard_reset: false,
            min_interval: Vec::new(),
            soap_hold_s: 5,
        }
    }
}

fn interval(text: &str) -> Result<(Family, u32), String> {
    let (family, seconds) = text.split_once('=').ok_or("an interval is `family=seconds`")?;
    let family = crate::device::family(family)?;
    let seconds = seconds.parse().ok().filter(|seconds| *seconds > 0);
    if family == Family::Tcp {
        return Err("a session brings all that is in a memory: it has no interval".to_owned());
    }
    Ok((family, seconds.ok_or("seconds are a whole number above 0")?))
}

impl Options {
    pub(super) const fn timeout(&self) -> Duration {
        Duration::from_millis(self.guard_timeout_ms)
    }

    pub(super) fn policies(&self) -> Result<Policies, Failure> {
        let describe = |family| {
            let given = self.min_interval.iter().rev().find(|(of, _)| *of == family);
            let mut config = match given {
                Some((_, seconds)) => {
                    guard::config_with_interval(family, u64::from(*seconds).saturating_mul(1000))
                }
                None => guard::config(family),
            };
            if family == Family::Soap {
                let hold = u64::from(self.soap_hold_s).saturating_mul(1000);
                config.counter = Counter::None { hold };
            }
            config
        };
        Policies::new(describe).map_err(|error| Failure::new(format!("--min-interval: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_belongs_to_a_family_that_has_one() {
        assert_eq!(interval("soap=60"), Ok((Family::Soap, 60)));
        for wrong in ["soap", "soap=0", "soap=x", "radio=5", "tcp=60"] {
            assert!(interval(wrong).is_err(), "{wrong}");
        }
    }
}
