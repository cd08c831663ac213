//! A whole message: who sent it, what it holds (spec §7).

use core::fmt;

use crate::channels::Channels;
use crate::decimal::parse_u16;
use crate::device::DeviceCode;
use crate::field::Field;
use crate::limits::MAX_SERIAL_LEN;
use crate::sample::{Co2, Trhp};
use crate::text::Text;
#[cfg(feature = "std")]
use crate::unknown::Unknown;
use crate::warning::{Warning, Warnings};

/// A Web Sensor message, decoded or to be encoded. Borrows from the body.
///
/// It carries neither a time nor a sequence number: the receiver stamps the arrival (spec §1).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Message<'a> {
    /// Name and namespace of the message element.
    pub name: MessageName<'a>,
    /// `passKey` or `sn`.
    pub serial: Serial<'a>,
    /// `device` or `kind`; `None` if absent or malformed.
    pub device: Option<DeviceCode>,
    /// `timer` or `tmr`: sending interval in seconds, 10 to 65535; `None` if absent or malformed. Alarm messages come in
    /// between (spec §1).
    pub interval_s: Option<u16>,
    /// The measured quantities.
    pub content: Content<'a>,
    /// Elements of the message that the shape does not know. Not written by the encoder.
    #[cfg(feature = "std")]
    pub unknown: Unknown<'a>,
    /// What is off. Not part of the wire.
    pub warnings: Warnings,
}

impl<'a> Message<'a> {
    /// A message to encode, under the registered name of its shape.
    #[must_use]
    pub const fn new(serial: Serial<'a>, device: DeviceCode, interval_s: u16, content: Content<'a>) -> Self {
        let name = content.registered_name();
        Self {
            name: MessageName::Registered(name),
            serial,
            device: Some(device),
            interval_s: Some(interval_s),
            content,
            #[cfg(feature = "std")]
            unknown: Unknown::new(),
            warnings: Warnings::NONE,
        }
    }

    /// Everything that is off, those of the channels included.
    #[must_use]
    pub fn all_warnings(&self) -> Warnings {
        match &self.content {
            Content::Channels(channels) => channels
                .list
                .iter()
                .fold(self.warnings, |all, channel| all.union(channel.warnings)),
            _ => self.warnings,
        }
    }
}

/// The shapes (spec §4).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "kebab-case", tag = "shape")
)]
#[non_exhaustive]
pub enum Content<'a> {
    /// Temperature, humidity, computed quantity, pressure.
    FlatTrhp(Trhp<'a>),
    /// Temperature, humidity, computed quantity, CO2.
    FlatCo2(Co2<'a>),
    /// Channels.
    Channels(Channels<'a>),
}

impl Content<'_> {
    /// `flat-trhp`, `flat-co2`, `channels`.
    #[must_use]
    pub const fn shape(&self) -> &'static str {
        match self {
            Self::FlatTrhp(_) => "flat-trhp",
            Self::FlatCo2(_) => "flat-co2",
            Self::Channels(_) => "channels",
        }
    }

    const fn registered_name(&self) -> Registered {
        match self {
            Self::FlatTrhp(_) => Registered::Tx5xx,
            Self::FlatCo2(_) => Registered::Tx5xxCo2,
            Self::Channels(_) => Registered::P2520,
        }
    }
}

/// The documented message elements (spec §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Registered {
    /// `InsertTx5xxSample`, flat T/RH/P.
    Tx5xx,
    /// `InsertTx5xxCO2Sample`, flat CO2.
    Tx5xxCo2,
    /// `InsertP2520Sample`, channel list.
    P2520,
}

impl Registered {
    #[cfg(feature = "std")]
    pub(crate) const ALL: [Self; 3] = [Self::Tx5xx, Self::Tx5xxCo2, Self::P2520];

    /// Local name of the message element.
    #[must_use]
    pub const fn local(self) -> &'static str {
        match self {
            Self::Tx5xx => "InsertTx5xxSample",
            Self::Tx5xxCo2 => "InsertTx5xxCO2Sample",
            Self::P2520 => "InsertP2520Sample",
        }
    }

    /// Namespace of the message element.
    #[must_use]
    pub const fn namespace(self) -> &'static str {
        match self {
            Self::Tx5xx => "http://cometsystem.cz/schemas/soapTx5xx_v2.xsd",
            Self::Tx5xxCo2 => "http://cometsystem.cz/schemas/soapTx5xxCO2.xsd",
            Self::P2520 => "http://cometsystem.cz/schemas/soapP2520.xsd",
        }
    }
}

/// Name of a message element.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageName<'a> {
    /// A documented name with its documented namespace.
    Registered(Registered),
    /// Any other, as received or as the caller wants it written.
    Other {
        /// Local name.
        local: Text<'a>,
        /// Namespace, empty for none.
        namespace: Text<'a>,
    },
}

impl MessageName<'_> {
    /// Local name.
    #[must_use]
    pub fn local(&self) -> &str {
        match self {
            Self::Registered(registered) => registered.local(),
            Self::Other { local, .. } => local,
        }
    }

    /// Namespace, empty for none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        match self {
            Self::Registered(registered) => registered.namespace(),
            Self::Other { namespace, .. } => namespace,
        }
    }
}

impl fmt::Display for MessageName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}{}", self.namespace(), self.local())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for MessageName<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut name = serializer.serialize_struct("MessageName", 2)?;
        name.serialize_field("local", self.local())?;
        name.serialize_field("namespace", self.namespace())?;
        name.end()
    }
}

/// Serial number: 8 decimal digits as documented, 1 to 32 of `0-9A-Za-z-` as accepted (spec §10). Text: leading zeros count.
///
/// It is printed on the label and no secret, whatever `passKey` sounds like (spec §12).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct Serial<'a>(Text<'a>);

impl<'a> Serial<'a> {
    /// Checks length and characters.
    ///
    /// ```
    /// use soap_websensor::Serial;
    /// assert!(Serial::new("00930217").is_some_and(|serial| serial.is_regular()));
    /// assert!(Serial::new("AB-1").is_some_and(|serial| !serial.is_regular()));
    /// assert!(Serial::new("14930217/1").is_none());
    /// ```
    #[must_use]
    pub fn new(text: impl Into<Text<'a>>) -> Option<Self> {
        let text = text.into();
        let lawful = (1..=MAX_SERIAL_LEN).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        lawful.then_some(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it is eight decimal digits, as documented.
    #[must_use]
    pub fn is_regular(&self) -> bool {
        self.0.len() == 8 && self.0.bytes().all(|byte| byte.is_ascii_digit())
    }

    pub(crate) fn from_field(field: Field<'a>, warnings: &mut Warnings) -> Option<Self> {
        let Field::Text(text) = field else { return None };
        let serial = Self::new(text)?;
        if !serial.is_regular() {
            warnings.insert(Warning::Serial);
        }
        Some(serial)
    }
}

impl fmt::Display for Serial<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// `device` or `kind`.
pub(crate) fn device_code(field: Field<'_>, warnings: &mut Warnings) -> Option<DeviceCode> {
    let code = number(field, Warning::DeviceMalformed, warnings).map(DeviceCode)?;
    if code.model().is_none() {
        warnings.insert(Warning::DeviceUnlisted);
    }
    Some(code)
}

/// `timer` or `tmr`.
pub(crate) fn interval(field: Field<'_>, warnings: &mut Warnings) -> Option<u16> {
    let interval = number(field, Warning::IntervalMalformed, warnings)?;
    if interval < 10 {
        warnings.insert(Warning::IntervalShort);
    }
    Some(interval)
}

fn number(field: Field<'_>, malformed: Warning, warnings: &mut Warnings) -> Option<u16> {
    let number = match field {
        Field::Missing => return None,
        Field::Text(text) => parse_u16(&text),
        Field::Children => None,
    };
    if number.is_none() {
        warnings.insert(malformed);
    }
    number
}
