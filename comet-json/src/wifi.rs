//! Type 2: WiFi sensors Wx7xx and their twins AWP (W §3 to §6).
//!
//! ```
//! use comet_json::{Content, decode, wifi};
//! let body = br#"{"JsonType":2,"JsonVersion":1,"OrderId":118,"MsgType":3,"MsgCache":5,"Sn":"21990417","Kind":3,
//! "AState":{"Reg":386,"Mask":4352},"Time":{"Now":"2023-03-14T07:30:00+01:00","Sample":"2023-03-14T07:20:00+01:00","IsValid":1},
//! "Rssi":{"Now":-61,"Sample":-99},"Channels":[{"Nr":1,"En":1,"Quant":"Temperature","Val":"40900000","Alarm":[0,1]}]}"#;
//! let Content::Wifi(message) = decode(body).unwrap().content else { panic!() };
//! assert_eq!(message.msg_type, Some(wifi::MsgType::ASYNCHRONOUS));
//! assert_eq!(message.time.age_s(), Some(600));
//! let state = message.state.unwrap().reg.unwrap();
//! assert!(state.contains(wifi::State::CONNECTED) && state.radio_level() == wifi::RadioLevel::Good);
//! let channel = message.channels.iter().next().unwrap();
//! assert_eq!(channel.value.and_then(|value| value.as_f32()), Some(4.5));
//! ```

use core::num::NonZeroU8;

use crate::alarm::{Alarm, AlarmMode};
use crate::channels::{Channels, Entry, lawful};
use crate::codes::{bits, codes};
use crate::error::DecodeError;
use crate::hexfloat::HexFloat;
use crate::json::Cursor;
use crate::object::{self, Family, Member, Top};
use crate::serial::Serial;
use crate::text::Text;
use crate::time::{Time, Timestamp};

const FAMILY: Family = Family {
    top: Top::EVERY & !Top::LocalIpv4.bit(),
    channel: Member::EVERY & !Member::Type.bit() & !Member::BinDesc.bit(),
    optional: 0,
    optional_in_channel: 0,
    conf_id_len: 15,
};

/// A message of a WiFi sensor. `None` is what the message does not have; nothing is filled in (W §8 rule 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct WifiMessage<'a> {
    /// `JsonVersion`; 1 as documented, others are read all the same (W §8 rule 4). Beyond 64 bits its nearest neighbour.
    pub json_version: Option<i64>,
    /// `OrderId`: number of the message since the restart of the device, from 0.
    pub order_id: Option<u32>,
    /// `MsgType`: why the message was sent.
    pub msg_type: Option<MsgType>,
    /// `MsgCache`: whether it comes from the memory, and which failure put it there.
    pub msg_cache: Option<MsgCache>,
    /// `Sn`.
    pub serial: Serial,
    /// `Desc`: name of the device, at most 64 octets as documented.
    pub desc: Option<Text<'a>>,
    /// `Kind`: model.
    pub kind: Option<Kind>,
    /// `AState`: state of the device when the values were taken.
    pub state: Option<AState>,
    /// `NConf`: counter of configurations.
    pub nconf: Option<u8>,
    /// `ConfID`: identifier of the configuration, `X-YYYYYYYY-ZZZZ`.
    pub conf_id: Option<Text<'a>>,
    /// `Interval`: sending interval in seconds.
    pub interval_s: Option<u16>,
    /// `Time`.
    pub time: Time<'a>,
    /// `Rssi`.
    pub rssi: Option<Rssi>,
    /// `LocalIP`: address of the device in its network, as text.
    pub local_ip: Option<Text<'a>>,
    /// `Channels`, 0 to 64, in the order of the message.
    #[cfg_attr(feature = "arbitrary", arbitrary(with = crate::channels::arbitrary))]
    pub channels: Channels<'a, Channel<'a>>,
}

impl<'a> WifiMessage<'a> {
    /// A message to encode: version 1, everything that is not given absent.
    #[must_use]
    pub const fn new(serial: Serial, sample: Timestamp, channels: Channels<'a, Channel<'a>>) -> Self {
        Self {
            json_version: Some(1),
            order_id: None,
            msg_type: None,
            msg_cache: None,
            serial,
            desc: None,
            kind: None,
            state: None,
            nconf: None,
            conf_id: None,
            interval_s: None,
            time: Time::new(sample),
            rssi: None,
            local_ip: None,
            channels,
        }
    }

    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, DecodeError> {
        let fields = object::read(cursor, &FAMILY)?;
        Ok(Self {
            json_version: fields.json_version,
            order_id: fields.order_id,
            msg_type: fields.msg_type.map(MsgType),
            msg_cache: fields.msg_cache.map(MsgCache),
            serial: fields.serial,
            desc: fields.desc,
            kind: fields.kind.map(Kind),
            state: fields.state.map(|state| {
                let [reg, mask] = state.map(|bits| bits.map(State));
                AState { reg, mask }
            }),
            nconf: fields.nconf,
            conf_id: fields.conf_id,
            interval_s: fields.interval_s,
            time: fields.time,
            rssi: fields.rssi.map(|rssi| {
                let [now, sample] = rssi.map(|level| level.map(Level));
                Rssi { now, sample }
            }),
            local_ip: fields.local_ip,
            channels: fields.channels,
        })
    }
}

/// One channel (W §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct Channel<'a> {
    /// `Nr`: 1 to 8 as inferred, up to 255 as accepted. Numbers need not be contiguous.
    pub nr: Option<NonZeroU8>,
    /// `En`: whether the channel is enabled in the settings.
    pub enabled: Option<bool>,
    /// `Quant`: name of the channel, at most 32 octets as documented; user text.
    pub quantity: Option<Text<'a>>,
    /// `Val`: the value; `None` if there is none (absent or empty).
    pub value: Option<HexFloat>,
    /// `ValStr`: the value as text for people, rounded; `n/a` or an error text.
    pub text: Option<Text<'a>>,
    /// `Unit`: at most 16 octets as documented.
    pub unit: Option<Text<'a>>,
    /// `Dec`: decimal places for display.
    pub decimals: Option<u8>,
    /// `Alarm`: whether alarms 1 and 2 are active.
    pub alarm: Option<[bool; 2]>,
    /// `AlarmLim`: limits of alarms 1 and 2; `None` inside for an empty text.
    pub limits: Option<[Option<HexFloat>; 2]>,
    /// `AlarmMode`: when alarms 1 and 2 become active.
    pub modes: Option<[AlarmMode; 2]>,
}

impl<'a> Channel<'a> {
    /// A channel to encode; everything else absent.
    #[must_use]
    pub fn new(nr: NonZeroU8, value: Option<HexFloat>) -> Self {
        Self {
            nr: Some(nr),
            value,
            ..Self::default()
        }
    }

    /// Channels to encode; `None` if there are more than 64 or a number occurs twice (W §8 rule 14).
    #[must_use]
    pub fn list(channels: &'a [Self]) -> Option<Channels<'a, Self>> {
        lawful(channels).then(|| Channels::of(channels))
    }

    /// Alarm 1 and alarm 2.
    #[must_use]
    pub fn alarms(&self) -> [Alarm; 2] {
        crate::alarm::pair(self.alarm, self.modes, self.limits.unwrap_or([None; 2]))
    }
}

impl<'a> Entry<'a> for Channel<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, DecodeError> {
        let fields = object::channel(cursor, &FAMILY)?;
        Ok(Self {
            nr: fields.nr,
            enabled: fields.enabled,
            quantity: fields.quantity,
            value: fields.value,
            text: fields.text,
            unit: fields.unit,
            decimals: fields.decimals,
            alarm: fields.alarm,
            limits: fields.limits,
            modes: fields.modes,
        })
    }

    fn number(&self) -> Option<u8> {
        self.nr.map(NonZeroU8::get)
    }
}

codes! {
    /// `MsgType` of type 2 (W §4). Other numbers than those of type 5.
    MsgType {
        /// First message after a restart.
        AFTER_RESTART = 0 "after-restart",
        /// First message after a change of the configuration.
        AFTER_CONFIGURATION = 1 "after-configuration",
        /// At its interval.
        SYNCHRONOUS = 2 "synchronous",
        /// Out of turn, for an event such as an alarm.
        ASYNCHRONOUS = 3 "asynchronous",
        /// A test that the user asked for.
        TEST = 4 "test",
    }
}

codes! {
    /// `MsgCache` of type 2 (W §3.4): 0 for a message that is sent at once, else what failed before it was put into the memory.
    /// Other numbers than those of type 5.
    MsgCache {
        /// Sent at once, the memory not involved.
        DIRECT = 0 "direct",
        /// `NO_WLAN`: no wireless network.
        NO_WLAN = 1 "no-wlan",
        /// `DNS_ERR`: name resolution failed.
        DNS_ERR = 2 "dns-err",
        /// `SOCK_ERR`: no socket.
        SOCK_ERR = 3 "sock-err",
        /// `CONNECTION_ERR`: TCP or TLS connection failed.
        CONNECTION_ERR = 4 "connection-err",
        /// `TRANSFER_ERR`: the transfer failed.
        TRANSFER_ERR = 5 "transfer-err",
        /// `RESULT_NO`: the result of the server was missing or negative.
        RESULT_NO = 6 "result-no",
        /// `RESULT_CONFIRM`: the confirmation was not accepted; how it differs from 6 is not public.
        RESULT_CONFIRM = 7 "result-confirm",
    }
}

/// `Kind` of type 2 (W §1.1). Other numbers than those of type 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "a number")]
pub struct Kind(pub u8);

impl Kind {
    /// The model, if the code is assigned in the public table.
    ///
    /// ```
    /// let model = comet_json::wifi::Kind(6).model().unwrap();
    /// assert_eq!((model.awp, model.comet), ("AWP-TR1D-T3P", "W3745"));
    /// ```
    #[must_use]
    pub const fn model(self) -> Option<Model> {
        let (awp, comet, quantities) = match self.0 {
            1 => ("AWP-T", "W0710", "T"),
            2 => ("AWP-T4P", "W0741", "T"),
            3 => ("AWP-TR", "W3710", "T+RH"),
            4 => ("AWP-TR1D", "W3711", "T+RH"),
            5 => ("AWP-TR2D", "W3721", "T+RH"),
            6 => ("AWP-TR1D-T3P", "W3745", "T+RH, T"),
            7 => ("AWP-TRP", "W7710", "T+RH+P"),
            8 => ("AWP-TRCP", "W4710", "T+RH+P+CO2"),
            9 => ("AWP-C", "W5714", "CO2"),
            11 => ("AWP-T1P", "W0711", "T"),
            _ => return None,
        };
        Some(Model {
            awp,
            comet,
            quantities,
        })
    }
}

/// A row of the table of models (W §1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Model {
    /// Name in the AWP series, documented.
    pub awp: &'static str,
    /// COMET model, inferred from quantities and probes.
    pub comet: &'static str,
    /// Quantities: T temperature, RH relative humidity, P atmospheric pressure, CO2. Devices add computed ones.
    pub quantities: &'static str,
}

bits! {
    /// Bits of `AState` of type 2 (W §6). Other bits than those of types 1 and 5.
    State {
        /// Low bit of the [radio level](State::radio_level).
        RADIO_LOW = 0 "radio-low",
        /// High bit of the radio level.
        RADIO_HIGH = 1 "radio-high",
        /// Error of the WLAN co-processor.
        WLAN_ERROR = 5 "wlan-error",
        /// Internal hardware error: clock, EEPROM, display.
        HARDWARE_ERROR = 6 "hardware-error",
        /// Connected to WiFi.
        CONNECTED = 7 "connected",
        /// Optical signalling is active.
        OPTICAL = 8 "optical",
        /// Acoustic signalling is active.
        ACOUSTIC = 9 "acoustic",
        /// The clock may be invalid: low voltage was seen at it.
        CLOCK_DOUBTFUL = 11 "clock-doubtful",
        /// Measurement error on a channel.
        MEASUREMENT_ERROR = 12 "measurement-error",
        /// The configuration is not valid.
        CONFIGURATION_ERROR = 13 "configuration-error",
    }
}

impl State {
    /// Bits that mean trouble (inferred, W §6).
    pub const TROUBLE: Self = Self::HARDWARE_ERROR
        .or(Self::CLOCK_DOUBTFUL)
        .or(Self::MEASUREMENT_ERROR)
        .or(Self::CONFIGURATION_ERROR);

    /// Bits 0 and 1 as a number; bit 1 is the high one (inferred).
    #[must_use]
    pub const fn radio_level(self) -> RadioLevel {
        match self.0 & 3 {
            0 => RadioLevel::Poor,
            1 => RadioLevel::Sufficient,
            2 => RadioLevel::Good,
            _ => RadioLevel::Excellent,
        }
    }
}

/// Quality of the radio link (W §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "two bits")]
pub enum RadioLevel {
    /// 0.
    Poor,
    /// 1.
    Sufficient,
    /// 2.
    Good,
    /// 3.
    Excellent,
}

/// Member `AState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct AState {
    /// `Reg`: the state.
    pub reg: Option<State>,
    /// `Mask`: bits that the configuration enables. Bits that the documentation calls unused occur.
    pub mask: Option<State>,
}

impl AState {
    /// State and mask.
    #[must_use]
    pub const fn new(reg: State, mask: State) -> Self {
        Self {
            reg: Some(reg),
            mask: Some(mask),
        }
    }

    /// Alarm conditions: trouble that is set in both (inferred, W §6).
    #[must_use]
    pub fn alarms(self) -> State {
        let [reg, mask] = [self.reg, self.mask].map(Option::unwrap_or_default);
        reg.and(mask).and(State::TROUBLE)
    }
}

/// Member `Rssi`: level of the radio signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct Rssi {
    /// `Now`: when the message was sent.
    pub now: Option<Level>,
    /// `Sample`: when the values were taken.
    pub sample: Option<Level>,
}

impl Rssi {
    /// Both levels.
    #[must_use]
    pub const fn new(now: Level, sample: Level) -> Self {
        Self {
            now: Some(now),
            sample: Some(sample),
        }
    }
}

/// A level as it is on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "a number")]
pub struct Level(pub i16);

impl Level {
    /// −99: not available (W §4, §8 rule 12).
    pub const NOT_AVAILABLE: Self = Self(-99);

    /// dBm, −30 to −98 as expected; `None` if not available.
    #[must_use]
    pub const fn dbm(self) -> Option<i16> {
        if self.0 == Self::NOT_AVAILABLE.0 {
            None
        } else {
            Some(self.0)
        }
    }
}
