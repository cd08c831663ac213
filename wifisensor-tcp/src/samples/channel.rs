//! What a value is: quantity, scale, clock basis.

use core::num::NonZeroU8;

use super::{HEAD_LEN, MAX_CHANNELS};
use crate::cursor::Cursor;
use crate::error::{DecodeError, Fault};

/// What times count from (spec §7.1): bits 7 and 6 of `layout`, bits 1 and 0 of the flags of STATUS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(
    clippy::exhaustive_enums,
    reason = "the fourth value of two bits is not valid"
)]
pub enum ClockBasis {
    /// 0: seconds since 1970-01-01 UTC.
    #[default]
    Utc,
    /// 1: seconds since this start of the device; its clock was never set.
    Uptime,
    /// 2: unknown, only differences count.
    Unknown,
}

impl ClockBasis {
    /// From the two bits; `None` for 3.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Utc,
            1 => Self::Uptime,
            2 => Self::Unknown,
            _ => return None,
        })
    }
}

impl From<ClockBasis> for u8 {
    fn from(basis: ClockBasis) -> Self {
        match basis {
            ClockBasis::Utc => 0,
            ClockBasis::Uptime => 1,
            ClockBasis::Unknown => 2,
        }
    }
}

/// What is measured, 1 to 255 (spec §7.1). Numbers without a name here are reserved (to 127) or private (from 128), and are
/// carried as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Quantity(NonZeroU8);

macro_rules! quantities {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal, $unit:literal;)+) => {
        impl Quantity {
            $($(#[$doc])* pub const $name: Self = Self(NonZeroU8::MIN.saturating_add($number - 1));)+

            /// Name, if it is a listed one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                Some(match self.get() {
                    $($number => $text,)+
                    _ => return None,
                })
            }

            /// Unit, if it is a listed one; empty where a number has none.
            #[must_use]
            pub const fn unit(self) -> Option<&'static str> {
                Some(match self.get() {
                    $($number => $unit,)+
                    _ => return None,
                })
            }
        }
    };
}

quantities! {
    /// Temperature, °C.
    TEMPERATURE = 1, "temperature", "°C";
    /// Relative humidity, %.
    HUMIDITY = 2, "relative humidity", "%";
    /// Dew point, °C.
    DEW_POINT = 3, "dew point", "°C";
    /// Voltage, V.
    VOLTAGE = 4, "voltage", "V";
    /// Current, A.
    CURRENT = 5, "current", "A";
    /// Pressure, Pa.
    PRESSURE = 6, "pressure", "Pa";
    /// CO₂ concentration, ppm.
    CO2 = 7, "CO2", "ppm";
    /// Contact, 0 or 1.
    CONTACT = 8, "contact", "";
    /// Count.
    COUNT = 9, "count", "";
}

impl Quantity {
    /// `None` for 0, which is not valid.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        match NonZeroU8::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The number on the wire.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0.get()
    }
}

/// One channel: the reading is value · 10^scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Channel {
    quantity: Quantity,
    scale: i8,
}

impl Channel {
    /// Largest scale, and with a minus the smallest.
    pub const MAX_SCALE: i8 = 9;

    /// `None` unless the scale is −9 to 9.
    #[must_use]
    pub const fn new(quantity: Quantity, scale: i8) -> Option<Self> {
        if scale < -Self::MAX_SCALE || scale > Self::MAX_SCALE {
            return None;
        }
        Some(Self { quantity, scale })
    }

    /// What is measured.
    #[must_use]
    pub const fn quantity(self) -> Quantity {
        self.quantity
    }

    /// Power of ten, −9 to 9: 21.45 °C is 2145 with scale −2.
    #[must_use]
    pub const fn scale(self) -> i8 {
        self.scale
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Channel {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        let scale = u.int_in_range(-Self::MAX_SCALE..=Self::MAX_SCALE)?;
        Ok(Self {
            quantity: u.arbitrary()?,
            scale,
        })
    }
}

/// Stands in the places that no channel has.
const NO_CHANNEL: Channel = Channel {
    quantity: Quantity(NonZeroU8::MAX),
    scale: 0,
};

/// 1 to 8 channels, in the order of the values of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Channels {
    list: [Channel; MAX_CHANNELS],
    len: usize,
}

impl Channels {
    /// `None` unless there are 1 to 8.
    #[must_use]
    pub fn new(channels: &[Channel]) -> Option<Self> {
        let mut list = [NO_CHANNEL; MAX_CHANNELS];
        let len = channels.len();
        list.get_mut(..len).filter(|_| len > 0)?.copy_from_slice(channels);
        Some(Self { list, len })
    }

    pub(super) fn parse(len: usize, c: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut list = [NO_CHANNEL; MAX_CHANNELS];
        let Some(places) = list.get_mut(..len).filter(|_| len > 0) else {
            return Err(DecodeError::malformed(Fault::Range, "layout", HEAD_LEN - 1));
        };
        for place in places {
            let at = c.at();
            let [quantity, scale] = *c.array("channels")?;
            let channel =
                Quantity::new(quantity).and_then(|quantity| Channel::new(quantity, scale.cast_signed()));
            *place = channel.ok_or(DecodeError::malformed(Fault::Range, "channels", at))?;
        }
        Ok(Self { list, len })
    }

    /// The channels.
    #[must_use]
    pub fn as_slice(&self) -> &[Channel] {
        self.list.get(..self.len).unwrap_or_default()
    }

    /// How many, 1 to 8, in the width of its field.
    pub(super) const fn count(&self) -> u8 {
        let [count, ..] = self.len.to_le_bytes();
        count
    }

    /// How many, 1 to 8.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is at least one")]
    pub const fn len(&self) -> usize {
        self.len
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Channels {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_slice().serialize(serializer)
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Channels {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        let list = u.arbitrary()?;
        let len = u.int_in_range(1..=MAX_CHANNELS)?;
        let mut channels = Self { list, len };
        for unused in channels.list.iter_mut().skip(len) {
            *unused = NO_CHANNEL;
        }
        Ok(channels)
    }
}
