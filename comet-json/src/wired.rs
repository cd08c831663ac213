//! Type 5: wired Web Sensors TAx6xx and PAx6xx (W, Annex A).
//!
//! ```
//! use comet_json::{Content, HexFloat, decode, wired};
//! let body = br#"{"JsonType":5,"JsonVersion":1,"MsgType":0,"MsgCache":10,"Sn":"27810355","Kind":9,
//! "Time":{"Sample":"2026-05-02T09:58:00+02:00","IsValid":1},"LocalIPv4":"172.16.4.9","Channels":[
//! {"Nr":2,"En":1,"Quant":"Outlet","Val":"FF810002","ValStr":"Error2","Type":[21,255]}]}"#;
//! let Content::Wired(message) = decode(body).unwrap().content else { panic!() };
//! assert_eq!(message.msg_cache, Some(wired::MsgCache::WRONG_HTTP_CODE));
//! assert_eq!(message.kind.and_then(|kind| kind.model()).unwrap().name, "TA4621");
//! assert_eq!(message.address().unwrap(), "172.16.4.9");
//! assert_eq!(message.channels.iter().next().unwrap().value, Some(HexFloat::Error(2)));
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
    top: Top::EVERY & !Top::Rssi.bit(),
    channel: Member::EVERY & !Member::AlarmLim.bit(),
    // One of the two is enough.
    optional: Top::LocalIp.bit() | Top::LocalIpv4.bit(),
    optional_in_channel: Member::BinDesc.bit(),
    conf_id_len: 16,
};

/// A message of a wired sensor. `None` is what the message does not have; nothing is filled in (W §8 rule 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct WiredMessage<'a> {
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
    /// `ConfID`: identifier of the configuration, `X-YYYYYYYY-ZZ-RR`.
    pub conf_id: Option<Text<'a>>,
    /// `Interval`: sending interval in seconds, 10 to 65535.
    pub interval_s: Option<u16>,
    /// `Time`.
    pub time: Time<'a>,
    /// `LocalIP`: the address under its documented name.
    pub local_ip: Option<Text<'a>>,
    /// `LocalIPv4`: the address under the name that published samples have.
    pub local_ipv4: Option<Text<'a>>,
    /// `Channels`, 0 to 64, in the order of the message.
    #[cfg_attr(feature = "arbitrary", arbitrary(with = crate::channels::arbitrary))]
    pub channels: Channels<'a, Channel<'a>>,
}

impl<'a> WiredMessage<'a> {
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
            local_ip: None,
            local_ipv4: None,
            channels,
        }
    }

    /// Address of the device in its network, under whichever name; the documented one first.
    #[must_use]
    pub const fn address(&self) -> Option<Text<'a>> {
        match self.local_ip {
            Some(address) => Some(address),
            None => self.local_ipv4,
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
            local_ip: fields.local_ip,
            local_ipv4: fields.local_ipv4,
            channels: fields.channels,
        })
    }
}

/// One channel (W §4.2, §A.2). There are no limits in this type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct Channel<'a> {
    /// `Nr`: 1 to 8 as documented, up to 255 as accepted. Numbers need not be contiguous.
    pub nr: Option<NonZeroU8>,
    /// `En`: whether the channel is enabled in the settings.
    pub enabled: Option<bool>,
    /// `Quant`: name of the channel, at most 32 octets as documented; user text.
    pub quantity: Option<Text<'a>>,
    /// `Val`: the value; `None` if there is none (absent or empty). Of a binary channel the number 0 or 1.
    pub value: Option<HexFloat>,
    /// `ValStr`: the value as text for people, rounded; `n/a` or an error text.
    pub text: Option<Text<'a>>,
    /// `Unit`: at most 16 octets as documented.
    pub unit: Option<Text<'a>>,
    /// `Dec`: decimal places for display.
    pub decimals: Option<u8>,
    /// `Type`: fixed channel identifier, and the one found by probe detection (255 where nothing is detected).
    pub channel_type: Option<[u8; 2]>,
    /// `Alarm`: whether alarms 1 and 2 are active.
    pub alarm: Option<[bool; 2]>,
    /// `AlarmMode`: when alarms 1 and 2 become active.
    pub modes: Option<[AlarmMode; 2]>,
    /// `BinDesc`: the two texts of a binary channel of PA8652, by position. Which of them belongs to state 1 is not settled.
    pub bin_desc: Option<[Text<'a>; 2]>,
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
        crate::alarm::pair(self.alarm, self.modes, [None; 2])
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
            channel_type: fields.types,
            alarm: fields.alarm,
            modes: fields.modes,
            bin_desc: fields.bin_desc,
        })
    }

    fn number(&self) -> Option<u8> {
        self.nr.map(NonZeroU8::get)
    }
}

codes! {
    /// `MsgType` of type 5 (W §A.2). Other numbers than those of type 2.
    MsgType {
        /// First message after a restart.
        AFTER_RESTART = 0 "after-restart",
        /// At its interval.
        SYNCHRONOUS = 1 "synchronous",
        /// Out of turn.
        ASYNCHRONOUS = 2 "asynchronous",
        /// A test.
        TEST = 4 "test",
        /// A test started from the web page.
        WEB_TEST = 5 "web-test",
    }
}

codes! {
    /// `MsgCache` of type 5 (W §A.2): 0 for a message that is sent at once, else what failed before it was put into the memory.
    /// Other numbers than those of type 2.
    MsgCache {
        /// Sent at once, the memory not involved.
        DIRECT = 0 "direct",
        /// `NO_NET`: LAN trouble.
        NO_NET = 1 "no-net",
        /// `DNS_ERR`: name resolution failed.
        DNS_ERR = 2 "dns-err",
        /// `SOCK_ERR`: no socket.
        SOCK_ERR = 3 "sock-err",
        /// `SSL_ERR`: no TLS socket, often for bad user certificates.
        SSL_ERR = 4 "ssl-err",
        /// `BIND_ERR`: no local port.
        BIND_ERR = 5 "bind-err",
        /// `CONNECTION_ERR`: no TCP connection.
        CONNECTION_ERR = 6 "connection-err",
        /// `TLS_ERR`: TLS refused.
        TLS_ERR = 7 "tls-err",
        /// `TRANSFER_ERR`: the transfer broke.
        TRANSFER_ERR = 9 "transfer-err",
        /// `WRONG_HTTP_CODE`: another status than 200.
        WRONG_HTTP_CODE = 10 "wrong-http-code",
    }
}

/// `Kind` of type 5 (W §A.3). Other numbers than those of type 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "a number")]
pub struct Kind(pub u8);

impl Kind {
    /// The model, if the code is assigned in the public table.
    #[must_use]
    pub const fn model(self) -> Option<Model> {
        let (name, quantities) = match self.0 {
            1 => ("TA3610", "T+RH"),
            2 => ("TA3611", "T+RH, CO2"),
            3 => ("TA7610", "T+RH+P"),
            4 => ("TA4611", "T"),
            5 => ("TA0610", "T"),
            7 => ("TA7611", "T+RH+P"),
            // Listed once as CO2+P and once as T+CO2.
            8 => ("TA5640", "CO2"),
            9 => ("TA4621", "T"),
            10 => ("TA3621", "T+RH, CO2"),
            11 => ("TA3645", "T, T+RH, CO2"),
            12 => ("TA7640", "T+RH+CO2+P"),
            128 => ("PA8652", "T, T+RH, binary"),
            129 => ("PA8611", "T, T+RH"),
            130 => ("PA8641", "T, T+RH"),
            131 => ("PA8610", "T"),
            _ => return None,
        };
        Some(Model { name, quantities })
    }
}

/// A row of the table of models (W §A.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Model {
    /// Model.
    pub name: &'static str,
    /// Quantities: T temperature, RH relative humidity, P atmospheric pressure, CO2. For TA5640 only what both of its
    /// contradicting rows have.
    pub quantities: &'static str,
}

bits! {
    /// Bits of `AState` of type 5 (W §A.4). Other bits than those of types 1 and 2.
    State {
        /// Internal hardware error.
        HARDWARE_ERROR = 6 "hardware-error",
        /// LAN connected, with an IP address.
        CONNECTED = 7 "connected",
        /// LED active.
        OPTICAL = 8 "optical",
        /// Acoustic signalling is active.
        ACOUSTIC = 9 "acoustic",
        /// The clock may be invalid.
        CLOCK_DOUBTFUL = 11 "clock-doubtful",
        /// Measurement error.
        MEASUREMENT_ERROR = 12 "measurement-error",
        /// Configuration error.
        CONFIGURATION_ERROR = 13 "configuration-error",
    }
}

impl State {
    /// Bits that mean trouble (inferred, W §6).
    pub const TROUBLE: Self = Self::HARDWARE_ERROR
        .or(Self::CLOCK_DOUBTFUL)
        .or(Self::MEASUREMENT_ERROR)
        .or(Self::CONFIGURATION_ERROR);
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
