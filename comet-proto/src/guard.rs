//! Whether an authentic message may come in now: the stage between authentication and storage.
//!
//! `replay-guard` decides; here is what each family shows it, and under which policy. Nothing is asked of a message that its
//! format does not say:
//!
//! | family | discipline | number | time | digest | alarm | where it comes from |
//! |---|---|---|---|---|---|---|
//! | `soap` | None, hold 5 s | – | – | of the body | any channel | a message has neither number nor time; only the same octets at once are a repeat |
//! | `logger` | Restarting, modulus 256 | `OrderId` | of the sample | of the identity | any channel | the clock may show local time: it is believed up to 14 h beside ours |
//! | `wifi`, `wired` | Restarting, modulus 2^32 | `OrderId`, 0 if absent | of the sample | of the identity | any channel | numbers start anew with the device; sample times do not, if its clock is right |
//! | `sigfox` | Restarting, modulus 4096 | `seqNumber` modulo 4096 | `time` | – | – | the network has told frames of one message apart; requests come late and in any order, and merging tells repeat, addition and conflict by the key. Without `seqNumber`, and for all other services, the time counts as unproven: the key alone decides |
//! | `sigfox-radio` | Rolling, modulus 4096 or that of the device, hold 30 s | MC | – | of payload and flags | – | the window of the network (sigfox-radio §11.3, newer rule at 140 messages a day); [`rolling`] makes others |
//! | `tcp` | None, hold 0 | – | – | – | – | records are exactly-once by device, log and number; the guard is asked for suspension and subscription alone |
//!
//! The identity is the key that the message is stored under, so what changes when a message is sent again is not in it. A time
//! that the device itself does not vouch for, or that cannot be read, proves no order: the message is `late`, and the storage
//! tells a repeat from a new one by its key.
//!
//! | policy | `soap` | `logger` | `wifi`, `wired` | `tcp` |
//! |---|---|---|---|---|
//! | first message | trusted: devices are registered, and proven before the guard is asked | same | same | same |
//! | out of order | – | stored if absent up to 3 years, then kept raw | same | – |
//! | clock ahead | – | 14 h 5 min | 5 min | – |
//! | rate, with an interval I (none by default) | one each 0.9 I, 0.1 I early, by arrival | by sample time | by sample time | – |
//! | alarms beside the rate | 8 in a row | 20 | 20 | – |
//! | strikes, with an interval | 5 in an hour: shut until an operator opens, as the address may have leaked | – | – | – |
//!
//! For `sigfox` out of order and clock ahead are as for `wifi`, a rate goes by `time` with 20 beside it, and nothing strikes. For
//! `sigfox-radio` a rate goes by arrival, 3 alarms beside it, and three messages too soon in an hour shut the flow for 10 minutes, longer
//! each time.
//!
//! What the device hears is in [`Ingest::not_admitted`](crate::Ingest::not_admitted) of its family.

use alloc::string::ToString as _;

use replay_guard::policy::PolicyError;
use replay_guard::verdict::{Acknowledge, Store};
use replay_guard::{Config, Counter, DeviceKey, Message, Policy, Rate, StrikeOn, Strikes, Verdict};
use sha2::{Digest as _, Sha256};

use crate::observation::{DeviceId, Family};

/// How long an equal body of a Web Sensor is a repeat: relays that try again, well below the shortest interval.
pub const SOAP_HOLD_MS: u64 = 5_000;
/// How long another frame or copy of a radio message is a repeat: three frames and their gaps take 10.24 s, the rest is for receivers.
pub const RADIO_HOLD_MS: u64 = 30_000;
/// How old a sample out of order may be: the memory of a sensor at long intervals.
pub const LATE_MS: u64 = 3 * 365 * 86_400_000;
/// How far the clock of a sensor may be ahead.
pub const SKEW_MS: u64 = 300_000;
/// Most that a local time is ahead of UTC.
pub const ZONE_MS: u64 = 14 * 3_600_000;
/// The time of a sample that nobody vouches for: always in the future, so that the storage decides and nothing is poisoned.
pub const UNPROVEN: u64 = u64::MAX;

/// What the guard is asked about one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inquiry {
    /// The device, as the guard knows it.
    pub device: DeviceKey,
    /// The message, as the guard sees it.
    pub message: Message,
}

impl Inquiry {
    pub(crate) const fn new(device: DeviceKey, message: Message) -> Self {
        Self { device, message }
    }
}

/// The key of a device: an octet for the family and the serial number; of longer ones the first 16 octets of SHA-256.
#[must_use]
pub fn device_key(device: &DeviceId<'_>) -> DeviceKey {
    let kind = match device.family {
        Family::Soap => 1,
        Family::Logger => 2,
        Family::Wifi => 3,
        Family::Wired => 4,
        Family::Tcp => 5,
        Family::Sigfox => 6,
        Family::SigfoxRadio => 7,
    };
    DeviceKey::of_kind(kind, device.serial.as_bytes()).unwrap_or_else(|| {
        let hash: [u8; 32] = Sha256::digest(device.to_string()).into();
        let mut key = [0; DeviceKey::LEN];
        for (to, from) in key.iter_mut().zip(hash) {
            *to = from;
        }
        DeviceKey::new(key)
    })
}

/// The policy of a family to begin with, without a rate: the interval is the owner's.
#[must_use]
pub const fn config(family: Family) -> Config {
    Config::new(match family {
        Family::Soap => Counter::None { hold: SOAP_HOLD_MS },
        Family::Logger => Counter::Restarting {
            modulus: 256,
            late: LATE_MS,
            skew: ZONE_MS.saturating_add(SKEW_MS),
        },
        Family::Wifi | Family::Wired => Counter::Restarting {
            modulus: 0,
            late: LATE_MS,
            skew: SKEW_MS,
        },
        Family::Tcp => Counter::None { hold: 0 },
        Family::Sigfox => Counter::Restarting {
            modulus: 4096,
            late: LATE_MS,
            skew: SKEW_MS,
        },
        Family::SigfoxRadio => rolling(4096, 140),
    })
}

/// The discipline of devices whose MC runs from 0 to `rollover` − 1, or less far, as their proof says, and that may send so many
/// messages a day (sigfox-radio §11.3, newer rule; what lies between its two public limits is accepted).
#[must_use]
pub const fn rolling(rollover: u64, per_day: u32) -> Counter {
    Counter::Rolling {
        modulus: rollover,
        back: 1,
        gap: [(0, 300), (per_day.saturating_mul(2), per_day)],
        hold: RADIO_HOLD_MS,
        reserve: 0,
    }
}

/// The same for devices that may send once in so many milliseconds. Sessions have no rate: one brings all that is in a memory.
#[must_use]
pub fn config_with_interval(family: Family, interval_ms: u64) -> Config {
    let mut config = config(family);
    if family == Family::Tcp {
        return config;
    }
    let jitter = interval_ms / 10;
    config.rate = Some(Rate {
        period: interval_ms.saturating_sub(jitter),
        burst: 1,
        jitter,
        extra: match family {
            Family::Soap => 8,
            Family::SigfoxRadio => 3,
            _ => 20,
        },
    });
    if family == Family::Soap {
        config.strikes = Some(Strikes {
            on: StrikeOn::default(),
            limit: 5,
            window: 3_600,
            suspend: 0,
            max: 0,
            probation: 3_600,
        });
    }
    if family == Family::SigfoxRadio {
        config.strikes = Some(Strikes {
            on: StrikeOn::default(),
            limit: 3,
            window: 3_600,
            suspend: 600,
            max: 86_400,
            probation: 604_800,
        });
    }
    config
}

/// A policy for each family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    soap: Policy,
    logger: Policy,
    wifi: Policy,
    wired: Policy,
    tcp: Policy,
    sigfox: Policy,
    sigfox_radio: Policy,
}

impl Policies {
    /// Policies as described, for example by [`config`].
    ///
    /// # Errors
    /// The first description that is none.
    pub fn new(describe: impl Fn(Family) -> Config) -> Result<Self, PolicyError> {
        let policy = |family| Policy::new(describe(family));
        Ok(Self {
            soap: policy(Family::Soap)?,
            logger: policy(Family::Logger)?,
            wifi: policy(Family::Wifi)?,
            wired: policy(Family::Wired)?,
            tcp: policy(Family::Tcp)?,
            sigfox: policy(Family::Sigfox)?,
            sigfox_radio: policy(Family::SigfoxRadio)?,
        })
    }

    /// The policy of a family.
    #[must_use]
    pub const fn of(&self, family: Family) -> &Policy {
        match family {
            Family::Soap => &self.soap,
            Family::Logger => &self.logger,
            Family::Wifi => &self.wifi,
            Family::Wired => &self.wired,
            Family::Tcp => &self.tcp,
            Family::Sigfox => &self.sigfox,
            Family::SigfoxRadio => &self.sigfox_radio,
        }
    }
}

/// What has to be durable before the guard is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing else to store")]
pub enum Storage {
    /// The observations, under the key of the message if it is not there yet.
    Rows,
    /// The message as it came, for people.
    Raw,
    /// Nothing.
    Nothing,
}

impl Storage {
    /// What a verdict asks for.
    #[must_use]
    pub const fn of(verdict: &Verdict, policy: &Policy) -> Self {
        match verdict.store(policy) {
            Store::Yes | Store::IfAbsent => Self::Rows,
            Store::RawCopy => Self::Raw,
            _ => Self::Nothing,
        }
    }
}

/// Whether a device is told that its message arrived.
pub(crate) const fn acknowledged(verdict: &Verdict) -> bool {
    matches!(verdict.acknowledge(), Acknowledge::Yes | Acknowledge::AsBefore)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_description_to_begin_with_is_a_policy_of_32_octets() {
        let limited: fn(Family) -> Config = |family| config_with_interval(family, 600_000);
        for describe in [config, limited] {
            let policies = Policies::new(describe).unwrap();
            for family in Family::ALL {
                assert_eq!(policies.of(family).record_len(), 32);
                assert_eq!(policies.of(family).config(), &describe(family));
            }
        }
        // 50 days do not fit a record.
        assert!(Policies::new(|family| config_with_interval(family, 50 * 86_400_000)).is_err());
    }

    #[test]
    fn devices_of_two_families_and_long_names_have_keys_of_their_own() {
        let key = |family, serial: &str| device_key(&DeviceId::new(family, serial));
        let long = "12345678901234567890";
        let keys = [
            key(Family::Wifi, "21990417"),
            key(Family::Wired, "21990417"),
            key(Family::Soap, long),
            key(Family::Tcp, long),
            key(Family::Sigfox, "2D91F3"),
            key(Family::SigfoxRadio, "2D91F3"),
            key(Family::Soap, "12345678901234567891"),
        ];
        for (at, one) in keys.iter().enumerate() {
            assert!(keys[at + 1..].iter().all(|other| other != one));
        }
        assert_eq!(&keys[0].as_bytes()[..9], b"\x0321990417");
    }
}
