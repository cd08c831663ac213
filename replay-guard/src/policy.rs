//! What is allowed: described by [`Config`], validated once into a [`Policy`] (§2).

use crate::bits::low_bits;

/// `hold` for ever: devices that repeat until they are acknowledged.
pub const FOR_EVER: u64 = u64::MAX;

/// Description of a policy. Times of rate and counters in milliseconds, those of strikes in seconds.
#[expect(clippy::exhaustive_structs, reason = "its fields are the table of §2")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Config {
    /// Which messages are new.
    pub counter: Counter,
    /// How often a device may send; absent: as often as it likes.
    #[cfg_attr(feature = "serde", serde(default))]
    pub rate: Option<Rate>,
    /// What suspends a device by itself; absent: nothing.
    #[cfg_attr(feature = "serde", serde(default))]
    pub strikes: Option<Strikes>,
    /// What to do with a device that is not known.
    #[cfg_attr(feature = "serde", serde(default))]
    pub first: First,
}

impl Config {
    /// A policy with this discipline and nothing else.
    #[must_use]
    pub const fn new(counter: Counter) -> Self {
        Self {
            counter,
            rate: None,
            strikes: None,
            first: First::Trust,
        }
    }
}

/// A counter discipline (§4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "kebab-case"))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub enum Counter {
    /// 64-bit counters, out of order within a window.
    Sliding {
        /// Numbers remembered: a multiple of 64 up to 1024.
        window: u64,
        /// How long a repeat is a duplicate, not a replay.
        hold: u64,
        /// Numbers reserved ahead of a write (§10.4).
        #[cfg_attr(feature = "serde", serde(default))]
        reserve: u64,
    },
    /// Short counters that wrap and are extended to 64 bits.
    Rolling {
        /// Numbers before the wrap, 2 to 2^32.
        modulus: u64,
        /// Numbers behind the highest that are remembered, 1 to 32.
        back: u64,
        /// Two lines (base, per day): how far ahead a number may be (§4.3).
        gap: [Line; 2],
        /// How long a repeat is a duplicate, not a replay.
        hold: u64,
        /// Numbers reserved ahead of a write (§10.4).
        #[cfg_attr(feature = "serde", serde(default))]
        reserve: u64,
    },
    /// Counters that start anew, beside the time of the sample.
    Restarting {
        /// Numbers before the wrap; 0 for 2^32.
        modulus: u64,
        /// How old a sample out of order may be before it is stale.
        late: u64,
        /// How far ahead the clock of a device may be.
        skew: u64,
    },
    /// No counter: the content, for a short time.
    None {
        /// How long the same content is a duplicate.
        hold: u64,
    },
}

/// A forward limit that grows by the day: (base, per day).
pub type Line = (u32, u32);

/// How often a device may send (§5).
#[expect(clippy::exhaustive_structs, reason = "its fields are the table of §2")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Rate {
    /// Milliseconds between messages.
    pub period: u64,
    /// Messages that may come at once.
    pub burst: u64,
    /// Milliseconds by which one may be early.
    #[cfg_attr(feature = "serde", serde(default))]
    pub jitter: u64,
    /// Alarms in a row that are not counted, at most 255 (§5.4).
    #[cfg_attr(feature = "serde", serde(default))]
    pub extra: u64,
}

/// What suspends a device by itself (§6.1). Times in seconds.
#[expect(clippy::exhaustive_structs, reason = "its fields are the table of §2")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Strikes {
    /// Verdicts that count.
    pub on: StrikeOn,
    /// Strikes in one window that suspend, 1 to 255.
    pub limit: u32,
    /// Length of the window.
    pub window: u32,
    /// Length of the first suspension; 0: until an operator ends it.
    pub suspend: u32,
    /// Length of the longest suspension.
    pub max: u32,
    /// Quiet time after which suspensions are short again.
    pub probation: u32,
}

/// Verdicts that count as strikes. The default is too-soon alone: anybody who recorded one message can provoke the others.
#[expect(clippy::exhaustive_structs, reason = "the set of §6.1")]
#[expect(clippy::struct_excessive_bools, reason = "a set of four")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, rename_all = "kebab-case"))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct StrikeOn {
    /// Messages sooner than allowed.
    pub too_soon: bool,
    /// Replays.
    pub replay: bool,
    /// Conflicts.
    pub conflict: bool,
    /// Numbers out of the window.
    pub out_of_window: bool,
}

impl Default for StrikeOn {
    fn default() -> Self {
        Self {
            too_soon: true,
            replay: false,
            conflict: false,
            out_of_window: false,
        }
    }
}

/// What to do with the first message of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_enums, reason = "there is no third way")]
pub enum First {
    /// Take it as the start of the counter.
    #[default]
    Trust,
    /// Refuse it until the device is seeded or restored.
    Refuse,
}

/// The first field of a description that is out of its range, in the order of §2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("`{}` is out of its range", self.code())]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum PolicyError {
    /// Not a multiple of 64 from 64 to 1024.
    Window,
    /// Out of its range, which depends on the discipline.
    Modulus,
    /// Not 1 to 32, or not below the modulus.
    Back,
    /// More than 2^32 − 1, or not below the modulus.
    Reserve,
    /// Zero.
    Period,
    /// Zero.
    Burst,
    /// period · burst + jitter + 999 is more than 2^32 − 1: the debt would not fit the record.
    Rate,
    /// More than 255.
    Extra,
    /// Not 1 to 255.
    Limit,
    /// Zero.
    StrikeWindow,
    /// More than `max`.
    Suspend,
    /// Less than the window of strikes, where suspensions end by themselves.
    Probation,
}

impl PolicyError {
    /// Name of the field in §2.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::Modulus => "modulus",
            Self::Back => "back",
            Self::Reserve => "reserve",
            Self::Period => "period",
            Self::Burst => "burst",
            Self::Rate => "rate",
            Self::Extra => "extra",
            Self::Limit => "limit",
            Self::StrikeWindow => "strike-window",
            Self::Suspend => "suspend",
            Self::Probation => "probation",
        }
    }
}

/// A validated policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    config: Config,
    pub(crate) rate: Option<RateRule>,
    record_len: u8,
}

/// A rate with its tolerance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateRule {
    pub(crate) period: u64,
    pub(crate) tolerance: u64,
    pub(crate) extra: u8,
}

const MAX_RESERVE: u64 = 0xffff_ffff;

impl Policy {
    /// Validates a description.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn new(config: Config) -> Result<Self, PolicyError> {
        let record_len = counter(&config.counter)?;
        let rate = config.rate.as_ref().map(rate).transpose()?;
        if let Some(rule) = &config.strikes {
            strikes(rule)?;
        }
        Ok(Self {
            config,
            rate,
            record_len,
        })
    }

    /// The description it was made of.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Octets of a record under this policy: 32, more for wide windows (§7).
    #[must_use]
    pub fn record_len(&self) -> usize {
        usize::from(self.record_len)
    }

    /// Whether records of the other policy stay valid: discipline, W, R and B are the same.
    #[must_use]
    pub const fn same_records(&self, other: &Self) -> bool {
        match (&self.config.counter, &other.config.counter) {
            (Counter::Sliding { window: a, .. }, Counter::Sliding { window: b, .. }) => *a == *b,
            (
                Counter::Rolling {
                    modulus: a, back: b, ..
                },
                Counter::Rolling {
                    modulus: c, back: d, ..
                },
            ) => *a == *c && *b == *d,
            (Counter::Restarting { .. }, Counter::Restarting { .. })
            | (Counter::None { .. }, Counter::None { .. }) => true,
            _ => false,
        }
    }

    /// By how much a record may be raised (§10.4); `None` for disciplines without reservation. The forward limit of Rolling counts on
    /// its `reserve`; Sliding needs no such care.
    pub(crate) const fn most_raised(&self) -> Option<u64> {
        match self.config.counter {
            Counter::Sliding { .. } => Some(MAX_RESERVE),
            Counter::Rolling { reserve, .. } => Some(reserve),
            Counter::Restarting { .. } | Counter::None { .. } => None,
        }
    }

    /// The first word of a window in which all is seen.
    pub(crate) fn all_seen(&self) -> u64 {
        match self.config.counter {
            Counter::Rolling { back, .. } => low_bits(u32::try_from(back).unwrap_or(32)),
            _ => u64::MAX,
        }
    }
}

fn counter(counter: &Counter) -> Result<u8, PolicyError> {
    match *counter {
        Counter::Sliding { window, reserve, .. } => {
            if !(64..=1024).contains(&window) || window % 64 != 0 {
                return Err(PolicyError::Window);
            }
            if reserve > MAX_RESERVE {
                return Err(PolicyError::Reserve);
            }
            u8::try_from((window / 8).saturating_add(24)).map_err(|_| PolicyError::Window)
        }
        Counter::Rolling {
            modulus,
            back,
            reserve,
            ..
        } => {
            if !(2..=1 << 32).contains(&modulus) {
                return Err(PolicyError::Modulus);
            }
            let below = modulus.saturating_sub(1);
            if !(1..=below.min(32)).contains(&back) {
                return Err(PolicyError::Back);
            }
            if reserve > below {
                return Err(PolicyError::Reserve);
            }
            Ok(32)
        }
        Counter::Restarting { modulus, .. } => match modulus {
            1 | 0x1_0000_0000.. => Err(PolicyError::Modulus),
            _ => Ok(32),
        },
        Counter::None { .. } => Ok(32),
    }
}

fn rate(rate: &Rate) -> Result<RateRule, PolicyError> {
    if rate.period == 0 {
        return Err(PolicyError::Period);
    }
    if rate.burst == 0 {
        return Err(PolicyError::Burst);
    }
    let most = rate.period.checked_mul(rate.burst);
    let most = most.and_then(|debt| debt.checked_add(rate.jitter)?.checked_add(999));
    match most {
        Some(0..=0xffff_ffff) => {}
        _ => return Err(PolicyError::Rate),
    }
    Ok(RateRule {
        period: rate.period,
        tolerance: tolerance(rate.period, rate.burst, rate.jitter),
        extra: u8::try_from(rate.extra).map_err(|_| PolicyError::Extra)?,
    })
}

/// τ = (b − 1)·p + j.
pub(crate) const fn tolerance(period: u64, burst: u64, jitter: u64) -> u64 {
    burst
        .saturating_sub(1)
        .saturating_mul(period)
        .saturating_add(jitter)
}

const fn strikes(strikes: &Strikes) -> Result<(), PolicyError> {
    if strikes.limit == 0 || strikes.limit > 255 {
        Err(PolicyError::Limit)
    } else if strikes.window == 0 {
        Err(PolicyError::StrikeWindow)
    } else if strikes.suspend > strikes.max {
        Err(PolicyError::Suspend)
    } else if strikes.suspend > 0 && strikes.probation < strikes.window {
        // Where an operator ends every suspension there are no lengths to start anew.
        Err(PolicyError::Probation)
    } else {
        Ok(())
    }
}
