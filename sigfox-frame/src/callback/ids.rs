//! Devices and base stations by their hexadecimal digits (§4.1, R8).

use core::fmt;

use super::raw::hex_digit;

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

#[cfg(feature = "serde")]
impl serde::Serialize for Device {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Station {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Any spelling.
#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Device {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        let len = u.int_in_range(1..=ID_DIGITS)?;
        let mut octets = [0; ID_DIGITS];
        for place in octets.iter_mut().take(len) {
            *place = *u.choose(b"0123456789abcdefABCDEF")?;
        }
        let text = octets
            .get(..len)
            .and_then(|digits| core::str::from_utf8(digits).ok());
        text.and_then(Self::parse)
            .ok_or(arbitrary::Error::IncorrectFormat)
    }
}

#[cfg(all(test, feature = "arbitrary"))]
mod tests {
    use super::super::{Answer, Given};
    use super::*;
    use alloc::string::ToString as _;
    use alloc::vec::Vec;
    use arbitrary::{Arbitrary as _, Unstructured};

    #[test]
    fn any_answer_is_json_that_names_its_devices_as_they_are_spelled() {
        let octets: Vec<u8> = (0..4000_u32)
            .map(|n| n.wrapping_mul(0x9E37_79B9).to_be_bytes()[0])
            .collect();
        let mut u = Unstructured::new(&octets);
        let (mut spellings, mut given) = (0, 0);
        while let (Ok(device), Ok(data), false) =
            (Device::arbitrary(&mut u), Given::arbitrary(&mut u), u.is_empty())
        {
            assert_eq!(Device::parse(&device.to_string()), Some(device));
            spellings += usize::from(device.spelling() != device.to_string());
            let mut answer = Answer::new();
            answer.give(device, data);
            if let Given::Data(_) = data {
                given += 1;
                assert!(answer.body().unwrap().contains(device.spelling()));
            } else {
                assert_eq!(answer.body(), None);
            }
        }
        assert!(spellings > 10 && given > 10);
    }
}
