//! What single values of a callback are (§4).

use core::fmt;

use super::limits::MAX_PAYLOAD_LEN;
use super::raw::hex_digit;
use crate::decimal::Decimal;

/// Most hexadecimal digits of a device or station.
const ID_DIGITS: usize = 8;

/// A device: its 32-bit number, and how the request spells it (R8).
///
/// `Display` gives the canonical form; the answer to a request needs the [spelling](Self::spelling) received. Comparison is
/// that of the numbers.
#[derive(Clone, Copy)]
pub struct Device {
    number: u32,
    spelling: Digits,
}

impl Device {
    /// Reads 1 to 8 hexadecimal digits.
    ///
    /// ```
    /// use sigfox_frame::callback::Device;
    /// let device = Device::parse("0002d91f").unwrap();
    /// assert_eq!(device, Device::parse("2D91F").unwrap());
    /// assert_eq!((device.to_string().as_str(), device.spelling()), ("2D91F", "0002d91f"));
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (spelling, number) = Digits::parse(text)?;
        Some(Self { number, spelling })
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.number
    }

    /// As the request spells it.
    #[must_use]
    pub fn spelling(&self) -> &str {
        self.spelling.as_str()
    }
}

impl PartialEq for Device {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Device {}

impl core::hash::Hash for Device {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}", self.number)
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({})", self.spelling())
    }
}

/// A base station: 1 to 8 hexadecimal digits, as received. Comparison is that of the digits without case.
#[derive(Clone, Copy)]
pub struct Station(Digits);

impl Station {
    /// Reads 1 to 8 hexadecimal digits (§4.1: documented 4, seen 5).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Digits::parse(text).map(|(digits, _)| Self(digits))
    }

    /// As received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for Station {
    fn eq(&self, other: &Self) -> bool {
        self.as_str().eq_ignore_ascii_case(other.as_str())
    }
}

impl Eq for Station {}

impl fmt::Display for Station {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Station {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Station({self})")
    }
}

/// Hexadecimal digits in place.
#[derive(Clone, Copy)]
struct Digits {
    octets: [u8; ID_DIGITS],
    len: u8,
}

impl Digits {
    /// The digits, and the number that they are.
    fn parse(text: &str) -> Option<(Self, u32)> {
        let len = u8::try_from(text.len()).ok()?;
        let mut octets = [0; ID_DIGITS];
        if !(1..=octets.len()).contains(&text.len()) {
            return None;
        }
        let mut number = 0;
        for (place, &octet) in octets.iter_mut().zip(text.as_bytes()) {
            number = number << 4 | u32::from(hex_digit(octet)?);
            *place = octet;
        }
        Some((Self { octets, len }, number))
    }

    fn as_str(&self) -> &str {
        let octets = self.octets.get(..usize::from(self.len)).unwrap_or_default();
        // Digits are ASCII.
        core::str::from_utf8(octets).unwrap_or_default()
    }
}

/// An uplink payload of 0 to 12 bytes (R9).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Payload {
    bytes: [u8; MAX_PAYLOAD_LEN],
    len: u8,
}

impl Payload {
    /// Reads an even number of 0 to 24 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; MAX_PAYLOAD_LEN];
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
            return None;
        };
        if pairs.len() > MAX_PAYLOAD_LEN {
            return None;
        }
        for (place, [high, low]) in bytes.iter_mut().zip(pairs) {
            *place = hex_digit(*high)? << 4 | hex_digit(*low)?;
        }
        Some(Self {
            bytes,
            len: u8::try_from(pairs.len()).ok()?,
        })
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// Lower-case hexadecimal digits.
impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({self})")
    }
}

/// `lqi` (§4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "UPPERCASE"))]
#[expect(clippy::exhaustive_enums, reason = "§4.2 has these five")]
pub enum Lqi {
    /// LIMIT.
    Limit,
    /// AVERAGE.
    Average,
    /// GOOD.
    Good,
    /// EXCELLENT.
    Excellent,
    /// NA: not known.
    Na,
}

impl Lqi {
    const ALL: [Self; 5] = [Self::Limit, Self::Average, Self::Good, Self::Excellent, Self::Na];

    /// The word, in capitals.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Limit => "LIMIT",
            Self::Average => "AVERAGE",
            Self::Good => "GOOD",
            Self::Excellent => "EXCELLENT",
            Self::Na => "NA",
        }
    }

    /// Reads the word, without case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|lqi| lqi.as_str().eq_ignore_ascii_case(text))
    }
}

/// A position that is valid: latitude within ±90°, longitude within ±180°.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Position {
    /// Latitude in degrees.
    pub lat: Decimal,
    /// Longitude in degrees.
    pub lng: Decimal,
    /// Radius in metres.
    pub radius_m: Option<u32>,
}

/// The range of a level in dBm (§4.1).
pub(super) fn is_rssi(value: &Decimal) -> bool {
    value.is_within(-200, 0)
}

pub(super) fn is_latitude(value: &Decimal) -> bool {
    value.is_within(-90, 90)
}

pub(super) fn is_longitude(value: &Decimal) -> bool {
    value.is_within(-180, 180)
}

/// `infoCode` of an acknowledgement (§4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[expect(clippy::exhaustive_structs, reason = "a number")]
pub struct InfoCode(
    /// The number.
    pub u32,
);

impl InfoCode {
    /// The name of §4.5; `None` for a code that it does not list.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "ACKED",
            1 => "NO_ANSWER",
            2 => "INVALID_PAYLOAD",
            3 => "OVERRUN_ERROR",
            4 => "NETWORK_ERROR",
            5 => "PENDING",
            6 => "NO_DOWNLINK_CONTRACT",
            7 => "TOO_MANY_REQUESTS",
            8 => "INVALID_CONFIGURATION",
            _ => return None,
        })
    }
}

#[cfg(feature = "serde")]
macro_rules! as_text {
    ($($type:ty => $text:expr,)+) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let text: fn(&Self, S) -> Result<S::Ok, S::Error> = $text;
                text(self, serializer)
            }
        }
    )+};
}

#[cfg(feature = "serde")]
as_text! {
    Device => |device, serializer| serializer.collect_str(device),
    Station => |station, serializer| serializer.collect_str(station),
    Payload => |payload, serializer| serializer.collect_str(payload),
}
