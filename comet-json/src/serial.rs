//! Serial numbers (W §4, L §3).

use core::fmt;

/// Serial number: 0 to 99 999 999, shown with eight digits.
///
/// It is printed on the label and stands in every message: an identity, no secret (W §2, L §1).
///
/// ```
/// use comet_json::Serial;
/// assert_eq!(Serial::new(4711).unwrap().to_string(), "00004711");
/// assert_eq!(Serial::parse("00004711"), Serial::new(4711));
/// assert_eq!(Serial::new(100_000_000), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(u32);

impl Serial {
    /// The largest one.
    pub const MAX: Self = Self(99_999_999);

    /// `None` above eight digits.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        if number > Self::MAX.0 {
            None
        } else {
            Some(Self(number))
        }
    }

    /// Reads 1 to 8 decimal digits and nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_digits(text.as_bytes())
    }

    pub(crate) fn from_digits(digits: &[u8]) -> Option<Self> {
        if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let append = |number: u32, &digit: &u8| number.wrapping_mul(10).wrapping_add(u32::from(digit & 0x0F));
        Some(Self(digits.iter().fold(0, append)))
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08}", self.0)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Serial {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Serial {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        u.int_in_range(0..=Self::MAX.0).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_to_eight_digits_are_a_serial_number() {
        assert_eq!(Serial::parse("0"), Some(Serial(0)));
        assert_eq!(Serial::parse("99999999"), Some(Serial::MAX));
        for text in ["", "123456789", " 1", "1 ", "+1", "-1", "1a", "٣"] {
            assert_eq!(Serial::parse(text), None, "{text}");
        }
    }
}
