//! One model for all families.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use crate::quantity::{Quantity, Unit};
use crate::time::{Taken, UnixMillis};
use crate::value::Value;

/// One measured fact: who, where, what, when, how good.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Observation<'m> {
    /// The device.
    pub device: DeviceId<'m>,
    /// The channel of the device.
    pub channel: Channel<'m>,
    /// What was measured.
    pub quantity: Quantity<'m>,
    /// Unit; `None` if the device does not tell.
    pub unit: Option<Unit<'m>>,
    /// The value; `None` exactly if [`quality`](Self::quality) is not [`Quality::Good`].
    pub value: Option<Value>,
    /// Whether there is a value, and if not, why.
    pub quality: Quality,
    /// Alarm state as the device evaluated it.
    pub alarm: Alarm,
    /// The text on the wire, where the family writes text.
    pub raw: Option<Cow<'m, str>>,
    /// When it was measured.
    pub taken: Taken,
    /// When it arrived.
    pub received: UnixMillis,
    /// Where it comes from.
    pub provenance: Provenance<'m>,
    /// The whole message, with everything that has no place above.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub source: Source<'m>,
}

/// A family of devices with a wire format of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Family {
    /// COMET Web Sensors: SOAP over HTTP.
    Soap,
    /// COMET U-series loggers with a modem: JSON type 1.
    Logger,
    /// COMET WiFi sensors: JSON type 2.
    Wifi,
    /// COMET wired sensors TAx6xx and PAx6xx: JSON type 5.
    Wired,
    /// WiFi sensors with sessions on TCP port 14354.
    Tcp,
    /// Sigfox devices, through the callbacks of the network's cloud.
    Sigfox,
    /// Sigfox devices, by their frames from receivers of one's own.
    SigfoxRadio,
}

impl Family {
    /// Every family there is.
    pub const ALL: [Self; 7] = [
        Self::Soap,
        Self::Logger,
        Self::Wifi,
        Self::Wired,
        Self::Tcp,
        Self::Sigfox,
        Self::SigfoxRadio,
    ];

    /// Stable machine name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Soap => "soap",
            Self::Logger => "logger",
            Self::Wifi => "wifi",
            Self::Wired => "wired",
            Self::Tcp => "tcp",
            Self::Sigfox => "sigfox",
            Self::SigfoxRadio => "sigfox-radio",
        }
    }

    /// The family of this machine name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.code() == code)
    }
}

/// A device: family and serial number as text, leading zeros included.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct DeviceId<'m> {
    /// Family.
    pub family: Family,
    /// Serial number.
    pub serial: Cow<'m, str>,
}

impl<'m> DeviceId<'m> {
    /// A device.
    #[must_use]
    pub fn new(family: Family, serial: impl Into<Cow<'m, str>>) -> Self {
        Self {
            family,
            serial: serial.into(),
        }
    }

    /// The same device, independent of the message.
    #[must_use]
    pub fn into_owned(self) -> DeviceId<'static> {
        DeviceId {
            family: self.family,
            serial: Cow::Owned(String::from(self.serial)),
        }
    }
}

impl fmt::Display for DeviceId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.family.code(), self.serial)
    }
}

/// A channel of a device.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Channel<'m> {
    /// Number within the device, from 1; 0 is the device itself.
    pub number: u16,
    /// Name, if the device sends one or the specification gives one.
    pub name: Option<Cow<'m, str>>,
}

impl<'m> Channel<'m> {
    /// The device itself.
    pub const DEVICE: Self = Self {
        number: 0,
        name: None,
    };

    /// A channel with a name.
    #[must_use]
    pub fn named(number: u16, name: impl Into<Cow<'m, str>>) -> Self {
        Self {
            number,
            name: Some(name.into()),
        }
    }

    /// A channel; its name may be missing.
    #[must_use]
    pub const fn new(number: u16, name: Option<Cow<'m, str>>) -> Self {
        Self { number, name }
    }
}

/// Why there is a value, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Quality {
    /// A value.
    Good,
    /// Above what the sensor can measure.
    OverRange,
    /// Below what the sensor can measure, or a sensor failure that the device reports the same way.
    UnderRange,
    /// The sensor has not got a value yet.
    NotReady,
    /// The device does not measure this.
    NotSupported,
    /// The channel is switched off in the settings of the device.
    Disabled,
    /// The sensor reports an error, with its number where there is one.
    Error(Option<u32>),
    /// The device has no value, for instance no probe.
    NoValue,
    /// The message does not tell.
    Missing,
    /// The message tells something that is no value.
    Malformed,
    /// Outside the range that the description of the payload calls plausible: withheld.
    Implausible,
}

impl Quality {
    /// Stable machine name, without the error number.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::OverRange => "over-range",
            Self::UnderRange => "under-range",
            Self::NotReady => "not-ready",
            Self::NotSupported => "not-supported",
            Self::Disabled => "disabled",
            Self::Error(_) => "error",
            Self::NoValue => "no-value",
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Implausible => "implausible",
        }
    }

    /// The error number, where there is one.
    #[must_use]
    pub const fn error_number(self) -> Option<u32> {
        match self {
            Self::Error(number) => number,
            _ => None,
        }
    }
}

/// Alarm state of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Alarm {
    /// No alarm.
    None,
    /// Below the lower limit.
    Low,
    /// Above the upper limit.
    High,
    /// Both a lower-limit and an upper-limit alarm.
    LowAndHigh,
    /// An alarm of another kind, such as that of a contact, or of a kind that is not told.
    Active,
    /// Not said, or not readable.
    Unknown,
}

impl Alarm {
    /// Stable machine name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::High => "high",
            Self::LowAndHigh => "low-and-high",
            Self::Active => "active",
            Self::Unknown => "unknown",
        }
    }
}

/// Where an observation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Provenance<'m> {
    /// Name of the message on the wire.
    pub kind: &'m str,
    /// Sequence number of the message, or number of the record, if the family has one.
    pub sequence: Option<u64>,
    /// The log that records are numbered in, if the family has logs.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub log: Option<u32>,
    /// What the payload was decoded by, if the family leaves its meaning to the owner.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub description: Option<Description<'m>>,
}

/// A description that the owner supplied for the payloads of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Description<'m> {
    /// Its name.
    pub name: &'m str,
    /// Its version.
    pub version: u32,
    /// Whether it was checked against reference readings. Raise no alarm because of a value that is not confirmed.
    pub confirmed: bool,
}

/// The message an observation was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source<'m> {
    /// No family is compiled in.
    #[cfg(not(any(feature = "soap", feature = "json", feature = "tcp", feature = "sigfox")))]
    #[doc(hidden)]
    Nothing(core::marker::PhantomData<&'m ()>),
    /// A Web Sensor message.
    #[cfg(feature = "soap")]
    Soap(&'m soap_websensor::Message<'m>),
    /// A JSON message of a logger, a WiFi sensor or a wired sensor.
    #[cfg(feature = "json")]
    Json(&'m comet_json::Message<'m>),
    /// SAMPLES of a WiFi sensor.
    #[cfg(feature = "tcp")]
    Samples(&'m wifisensor_tcp::samples::Samples<'m>),
    /// STATUS of a WiFi sensor.
    #[cfg(feature = "tcp")]
    Status(&'m wifisensor_tcp::status::Status),
    /// A record of a callback.
    #[cfg(feature = "sigfox")]
    Callback(&'m sigfox_frame::callback::Record<'m>),
    /// A frame of a receiver.
    #[cfg(feature = "sigfox")]
    Uplink(&'m sigfox_frame::uplink::Uplink),
}
