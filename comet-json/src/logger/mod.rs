//! Type 1: U-series loggers with a GSM or LTE modem, an array whose elements have their meaning by position (L §3).
//!
//! | position | 0–1 | 2 | 3 | 4–8 | 9–10 | 11–13 | 14–15 | 16–19 | 20 | 21 |
//! |---|---|---|---|---|---|---|---|---|---|---|
//! | element | type, version | Rssi | TimeNow | OrderId, IsAsync, Sn, Desc, Kind | Time, Timezone | two intervals, RstOk | BufferedModeMaxMessagesCnt, AStateMask | AState, NConf, AlarmsEvalOffDueTimeLimit, CustomerUid | BatteryPercentage | Channels |
//! | since version | | 4 | 6 | | | 4 (one interval before) | 3 | | 5 | |
//!
//! ```
//! use comet_json::{Content, HexFloat, decode, logger};
//! let body = r#"[1,6,17,"2BA2D0E8",254,0,4711,"Van 12",23,"2BA2CE90",4,60,1800,0,1,65535,192,7,0,"k3k3k3k3k3k3k3k3",88,
//! [[1,0,"Air","40dccccd","°C",1,[0,0],["c0a00000","41000000"],[1,2]],[3,1,"Door",["closed","open"],1,[0,1],[0,2]]]]"#;
//! let Content::Logger(message) = decode(body.as_bytes()).unwrap().content else { panic!() };
//! assert_eq!(message.serial.to_string(), "00004711");
//! assert_eq!(message.age_s(), Some(600));
//! assert_eq!(message.time.unix_if_utc(), 1_678_774_800);
//! assert_eq!(message.unix_if_local(), Some(1_678_771_200));
//! assert_eq!(message.interval_in_force_s(), 60);
//! let logger::Channel::Analog(air) = message.channels.iter().next().unwrap() else { panic!() };
//! assert_eq!(air.value.to_bits(), 0x40DC_CCCD);
//! ```

mod batch;
mod read;

use core::fmt;

use crate::alarm::{Alarm, AlarmMode};
use crate::channels::{Channels, Entry, lawful};
use crate::codes::bits;
use crate::hexfloat::HexFloat;
use crate::limits::MAX_LOGGER_CHANNELS;
use crate::serial::Serial;
use crate::text::Text;

pub use batch::{Batch, Messages};
pub(crate) use batch::{Body, body};

/// The version that is documented, and written.
pub const VERSION: u8 = 6;

/// A message of a logger.
///
/// What older versions do not have is `None`; their layouts are inferred and read only on request (L §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct LoggerMessage<'a> {
    /// `JsonVersion`, 1 to 6.
    pub version: u8,
    /// `Rssi`; since version 4.
    pub rssi: Option<Rssi>,
    /// `TimeNow`: clock of the device when the message was written; since version 6.
    pub time_now: Option<DeviceClock>,
    /// `OrderId`: number of the message; wraps at 256.
    pub order_id: u8,
    /// `IsAsync`: sent out of turn.
    pub is_async: bool,
    /// `Sn`.
    pub serial: Serial,
    /// `Desc`: name of the device, at most 32 long as documented.
    pub desc: Text<'a>,
    /// `Kind`: model; the list is not public.
    pub kind: u8,
    /// `Time`: clock of the device when the values were taken.
    pub time: DeviceClock,
    /// `Timezone`: offset of the clock.
    pub timezone: Timezone,
    /// `IntervalPowerMode` and `IntervalBatteryMode`, or `Interval` before version 4.
    pub interval: Interval,
    /// `RstOk`: first message after start, reset or reconfiguration; since version 4.
    pub rst_ok: Option<bool>,
    /// `BufferedModeMaxMessagesCnt`: messages that are collected before they are sent; 0 and 1: buffered mode off. Since version 3.
    pub buffered_max: Option<u8>,
    /// `AStateMask`: bits of the state that count as alarms; since version 3.
    pub state_mask: Option<State>,
    /// `AState`: state of the device.
    pub state: State,
    /// `NConf`: number of the configuration.
    pub nconf: u8,
    /// `AlarmsEvalOffDueTimeLimit`: alarms are not evaluated at present.
    pub alarms_suspended: bool,
    /// `CustomerUid`.
    pub customer_uid: CustomerUid<'a>,
    /// `BatteryPercentage`, 0 to 100; since version 5.
    pub battery_percent: Option<u8>,
    /// `Channels`, 1 to 8, in the order of the message.
    #[cfg_attr(feature = "arbitrary", arbitrary(with = crate::channels::arbitrary))]
    pub channels: Channels<'a, Channel<'a>>,
}

impl<'a> LoggerMessage<'a> {
    /// A message to encode: version 6, signal not known, time zone not used, all else zero or empty.
    #[must_use]
    pub fn new(
        serial: Serial,
        time_now: DeviceClock,
        time: DeviceClock,
        channels: Channels<'a, Channel<'a>>,
    ) -> Self {
        Self {
            version: VERSION,
            rssi: Some(Rssi::NOT_KNOWN),
            time_now: Some(time_now),
            order_id: 0,
            is_async: false,
            serial,
            desc: Text::default(),
            kind: 0,
            time,
            timezone: Timezone::NOT_USED,
            interval: Interval::ByPower {
                external_s: 0,
                battery_s: 0,
            },
            rst_ok: Some(false),
            buffered_max: Some(0),
            state_mask: Some(State(0)),
            state: State(0),
            nconf: 0,
            alarms_suspended: false,
            customer_uid: CustomerUid(Text::default()),
            battery_percent: Some(0),
            channels,
        }
    }

    /// `TimeNow` − `Time` in seconds: the age of the reading when it was sent, right however the clock is set and whatever
    /// zone it shows (L §4.1). `None` before version 6, and if the clock was set back in between.
    #[must_use]
    pub fn age_s(&self) -> Option<u32> {
        self.time_now?.0.checked_sub(self.time.0)
    }

    /// Seconds since 1970 of the reading if the clock shows local time; `None` without an offset. Whether it does is not known:
    /// see [`DeviceClock::unix_if_utc`] for the other reading (L §4.1).
    #[must_use]
    pub fn unix_if_local(&self) -> Option<i64> {
        let offset_min = i64::from(self.timezone.offset_min()?);
        Some(
            self.time
                .unix_if_utc()
                .saturating_sub(offset_min.saturating_mul(60)),
        )
    }

    /// The sending interval that is in force, in seconds: by external power or by battery (L §4.4).
    #[must_use]
    pub const fn interval_in_force_s(&self) -> u32 {
        match self.interval {
            Interval::ByPower {
                external_s,
                battery_s,
            } => {
                if self.state.contains(State::EXTERNAL_POWER) {
                    external_s
                } else {
                    battery_s
                }
            }
            Interval::Single(seconds) => seconds,
        }
    }

    /// System alarms: trouble that the mask evaluates (inferred, L §4.4). Without a mask, all trouble.
    #[must_use]
    pub fn alarms(&self) -> State {
        let mask = self.state_mask.unwrap_or(State(u16::MAX));
        self.state.and(mask).and(State::TROUBLE)
    }

    /// How many messages are lost between the one with this number and this one; `None` for a repetition (inferred, L §4.5).
    /// Says nothing after a restart ([`rst_ok`](Self::rst_ok)).
    #[must_use]
    pub const fn lost_since(&self, order_id: u8) -> Option<u8> {
        self.order_id.wrapping_sub(order_id).checked_sub(1)
    }
}

/// Seconds since 2000-01-01 00:00:00 on the clock of the device, UTC or local (L §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "a count")]
pub struct DeviceClock(pub u32);

impl DeviceClock {
    /// 2000-01-01 in seconds since 1970-01-01.
    pub const EPOCH_UNIX_S: i64 = 946_684_800;

    /// Seconds since 1970-01-01 if the clock shows UTC.
    #[must_use]
    pub fn unix_if_utc(self) -> i64 {
        Self::EPOCH_UNIX_S.saturating_add(i64::from(self.0))
    }
}

/// Offset of local time in quarters of an hour, as it is on the wire (L §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "a number")]
pub struct Timezone(pub i8);

impl Timezone {
    /// −128: not used.
    pub const NOT_USED: Self = Self(-128);

    /// Minutes east of UTC, −720 to 840; `None` if not used or outside that range (L §5 rule 6).
    #[must_use]
    pub fn offset_min(self) -> Option<i16> {
        let lawful = (-48..=56).contains(&self.0);
        lawful.then(|| i16::from(self.0).wrapping_mul(15))
    }
}

/// Quality of the radio signal as the modem codes it (L §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "a number")]
pub struct Rssi(pub u8);

impl Rssi {
    /// 98: unknown error.
    pub const UNKNOWN_ERROR: Self = Self(98);
    /// 99: not known or not detectable.
    pub const NOT_KNOWN: Self = Self(99);

    /// dBm, −113 (or less) to −51 (or more); `None` for the codes above 31.
    #[must_use]
    pub fn dbm(self) -> Option<i16> {
        (self.0 <= 31).then(|| i16::from(self.0).wrapping_mul(2).wrapping_sub(113))
    }
}

/// Sending interval in seconds, up to a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_enums, reason = "the layouts have one of the two")]
pub enum Interval {
    /// Since version 4.
    ByPower {
        /// `IntervalPowerMode`: on external power.
        external_s: u32,
        /// `IntervalBatteryMode`: on battery.
        battery_s: u32,
    },
    /// `Interval`: before version 4.
    Single(u32),
}

/// Key that names the customer in the vendor's cloud, at most 16 long as documented.
///
/// It is sent in clear, but it is the only thing in a message that is no public identity (L §1): `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "a text")]
pub struct CustomerUid<'a>(pub Text<'a>);

impl fmt::Debug for CustomerUid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerUid(…)")
    }
}

bits! {
    /// Bits of `AState` and `AStateMask` of type 1 (L §4.4). Other bits than those of types 2 and 5.
    State {
        /// Binary input 1.
        INPUT_1 = 0 "input-1",
        /// Binary input 2.
        INPUT_2 = 1 "input-2",
        /// Binary input 3.
        INPUT_3 = 2 "input-3",
        /// Binary input 4.
        INPUT_4 = 3 "input-4",
        /// Acoustic alarm active.
        ACOUSTIC = 4 "acoustic",
        /// RS232 output signal active.
        RS232_OUTPUT = 5 "rs232-output",
        /// External power present.
        EXTERNAL_POWER = 6 "external-power",
        /// Recording active.
        RECORDING = 7 "recording",
        /// Battery empty.
        BATTERY_EMPTY = 8 "battery-empty",
        /// Battery low.
        BATTERY_LOW = 9 "battery-low",
        /// External power error.
        POWER_ERROR = 10 "power-error",
        /// Measurement error.
        MEASUREMENT_ERROR = 11 "measurement-error",
        /// Configuration error.
        CONFIGURATION_ERROR = 12 "configuration-error",
        /// Memory limit exceeded.
        MEMORY_LIMIT = 13 "memory-limit",
        /// Memory full.
        MEMORY_FULL = 14 "memory-full",
        /// Optical alarm active.
        OPTICAL = 15 "optical",
    }
}

impl State {
    /// Bits that mean trouble: 8 to 14 (inferred, L §4.4).
    pub const TROUBLE: Self = Self(0x7F00);
}

/// One channel (L §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "kebab-case", tag = "kind")
)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_enums, reason = "IsBinary is one bit")]
pub enum Channel<'a> {
    /// `IsBinary` 0.
    Analog(AnalogChannel<'a>),
    /// `IsBinary` 1.
    Binary(BinaryChannel<'a>),
}

impl<'a> Channel<'a> {
    /// Channels to encode; `None` unless they are 1 to 8, with numbers from 1 to 8, none of them twice (L §5 rule 9).
    #[must_use]
    pub fn list(channels: &'a [Self]) -> Option<Channels<'a, Self>> {
        let numbered = channels
            .iter()
            .all(|channel| (1..=MAX_LOGGER_CHANNELS).contains(&channel.number()));
        (numbered && !channels.is_empty() && lawful(channels)).then(|| Channels::of(channels))
    }

    /// `Number`, 1 to 8.
    #[must_use]
    pub const fn number(&self) -> u8 {
        match self {
            Self::Analog(channel) => channel.number,
            Self::Binary(channel) => channel.number,
        }
    }

    /// `Quantity`: name of the channel, at most 16 long as documented.
    #[must_use]
    pub const fn quantity(&self) -> Text<'a> {
        match self {
            Self::Analog(channel) => channel.quantity,
            Self::Binary(channel) => channel.quantity,
        }
    }

    /// Alarm 1 and alarm 2.
    #[must_use]
    pub fn alarms(&self) -> [Alarm; 2] {
        let (active, modes, limits) = match self {
            Self::Analog(channel) => (channel.alarm, channel.behaviours, channel.limits.map(Some)),
            Self::Binary(channel) => (channel.alarm, channel.behaviours, [None; 2]),
        };
        crate::alarm::pair(Some(active), Some(modes), limits)
    }
}

impl<'a> Entry<'a> for Channel<'a> {
    fn read(cursor: &mut crate::json::Cursor<'a>) -> Result<Self, crate::DecodeError> {
        read::channel(cursor)
    }

    fn number(&self) -> Option<u8> {
        Some(Channel::number(self))
    }
}

/// A channel that measures, nine elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct AnalogChannel<'a> {
    /// `Number`, 1 to 8.
    pub number: u8,
    /// `Quantity`, at most 16 long as documented.
    pub quantity: Text<'a>,
    /// `Value`.
    pub value: HexFloat,
    /// `Unit`, at most 8 long as documented.
    pub unit: Text<'a>,
    /// `DecimalPlaces` for display, 0 to 10.
    pub decimals: u8,
    /// `Alarms`: whether alarms 1 and 2 are active.
    pub alarm: [bool; 2],
    /// `AlarmLimits` of alarms 1 and 2.
    pub limits: [HexFloat; 2],
    /// `AlarmBehaviours`: when alarms 1 and 2 become active.
    pub behaviours: [AlarmMode; 2],
}

impl<'a> AnalogChannel<'a> {
    /// A channel to encode: no texts, one decimal place, alarms disabled.
    #[must_use]
    pub fn new(number: u8, value: HexFloat) -> Self {
        Self {
            number,
            quantity: Text::default(),
            value,
            unit: Text::default(),
            decimals: 1,
            alarm: [false; 2],
            limits: [HexFloat::from_bits(0); 2],
            behaviours: [AlarmMode::DISABLED; 2],
        }
    }
}

/// A channel with two states, seven elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct BinaryChannel<'a> {
    /// `Number`, 1 to 8.
    pub number: u8,
    /// `Quantity`, at most 16 long as documented.
    pub quantity: Text<'a>,
    /// `Descriptions`: texts of state 0 and of state 1, at most 16 long each as documented.
    pub descriptions: [Text<'a>; 2],
    /// `State`: 0 or 1; other numbers are kept (L §5 rule 10).
    pub state: i8,
    /// `Alarms`: whether alarms 1 and 2 are active.
    pub alarm: [bool; 2],
    /// `AlarmBehaviours`: when alarms 1 and 2 become active.
    pub behaviours: [AlarmMode; 2],
}

impl<'a> BinaryChannel<'a> {
    /// A channel to encode: no name, alarms disabled.
    #[must_use]
    pub fn new(number: u8, descriptions: [Text<'a>; 2], state: i8) -> Self {
        Self {
            number,
            quantity: Text::default(),
            descriptions,
            state,
            alarm: [false; 2],
            behaviours: [AlarmMode::DISABLED; 2],
        }
    }

    /// The text of the present state, if it is 0 or 1.
    #[must_use]
    pub const fn state_text(&self) -> Option<Text<'a>> {
        match self.state {
            0 => Some(self.descriptions[0]),
            1 => Some(self.descriptions[1]),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signal_codes_follow_the_scale_of_the_modem() {
        for (code, dbm) in [(0, -113), (1, -111), (2, -109), (30, -53), (31, -51)] {
            assert_eq!(Rssi(code).dbm(), Some(dbm));
        }
        for code in 32..=u8::MAX {
            assert_eq!(Rssi(code).dbm(), None);
        }
    }

    #[test]
    fn offsets_outside_the_range_are_none() {
        for (code, offset_min) in [
            (-128, None),
            (-49, None),
            (-48, Some(-720)),
            (0, Some(0)),
            (56, Some(840)),
            (57, None),
        ] {
            assert_eq!(Timezone(code).offset_min(), offset_min);
        }
    }

    #[test]
    fn lost_messages_are_counted_around_the_wrap() {
        let clock = DeviceClock(0);
        let mut message = LoggerMessage::new(Serial::MAX, clock, clock, Channels::NONE);
        for (previous, this, lost) in [
            (7, 7, None),
            (7, 8, Some(0)),
            (255, 0, Some(0)),
            (250, 2, Some(7)),
            (1, 0, Some(254)),
        ] {
            message.order_id = this;
            assert_eq!(message.lost_since(previous), lost);
        }
    }

    #[test]
    fn the_customer_is_not_shown() {
        let shown = std::format!("{:?}", CustomerUid(Text::from("k3k3k3k3k3k3k3k3")));
        assert!(!shown.contains("k3"));
    }

    #[test]
    fn lists_have_lawful_numbers() {
        let analog = |number| Channel::Analog(AnalogChannel::new(number, HexFloat::Error(1)));
        assert!(Channel::list(&[analog(1), analog(8)]).is_some());
        for refused in [&[][..], &[analog(0)], &[analog(9)], &[analog(3), analog(3)]] {
            assert!(Channel::list(refused).is_none());
        }
    }
}
