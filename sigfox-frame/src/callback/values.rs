//! What single values of a callback are (§4).

use core::fmt;

use super::limits::MAX_PAYLOAD_LEN;
use super::raw::hex_digit;
use crate::decimal::Decimal;

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
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
            return None;
        };
        if pairs.len() > MAX_PAYLOAD_LEN {
            return None;
        }
        // In a register: what is written byte by byte and moved as a whole waits for memory.
        let mut bytes = 0_u128;
        for [high, low] in pairs {
            bytes = bytes << 8 | u128::from(hex_digit(*high)? << 4 | hex_digit(*low)?);
        }
        let len = u8::try_from(pairs.len()).ok()?;
        let behind = 128_u32.saturating_sub(u32::from(len).saturating_mul(8));
        Some(Self {
            bytes: *bytes.unbounded_shl(behind).to_be_bytes().first_chunk()?,
            len,
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

/// A level in dBm (§4.1).
#[inline]
pub(super) fn rssi(value: Decimal) -> Option<Decimal> {
    value.is_within(-200, 0).then_some(value)
}

#[inline]
pub(super) fn latitude(value: Decimal) -> Option<Decimal> {
    value.is_within(-90, 90).then_some(value)
}

#[inline]
pub(super) fn longitude(value: Decimal) -> Option<Decimal> {
    value.is_within(-180, 180).then_some(value)
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
impl serde::Serialize for Payload {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
