//! Hex floats: the 32 bits of a binary32 number as eight hexadecimal digits, most significant first (W §5, L §4.2).
//!
//! | bits | meaning |
//! |---|---|
//! | `FF8100NN` | no value, device error NN (0 to 255) |
//! | other pattern with all exponent bits set | undocumented NaN or infinity: no value, bits kept |
//! | all others | a number |
//!
//! ```
//! use comet_json::HexFloat;
//! assert_eq!(HexFloat::from_bits(0xC1AE_0000).as_f32(), Some(-21.75));
//! assert_eq!(HexFloat::from_bits(0xFF81_0007), HexFloat::Error(7));
//! assert_eq!(HexFloat::from_bits(0x7FC0_0000).as_f32(), None);
//! assert_eq!(HexFloat::from(81.25).to_bits(), 0x42A2_8000);
//! ```

use core::fmt;

/// First of the 256 error patterns.
const ERROR: u32 = 0xFF81_0000;
const EXPONENT: u32 = 0x7F80_0000;

/// What eight hexadecimal digits say. The pattern is examined before it becomes a float, so no NaN comes out of here.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "every pattern is one of the three")]
pub enum HexFloat {
    /// A finite number.
    Number(Finite),
    /// No value; the device gives this error number. Its causes are not public (W §5).
    Error(u8),
    /// No value; a NaN or an infinity that is not documented.
    NotANumber(Pattern),
}

/// Bits of a finite binary32 number; negative zero and subnormal numbers are kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Finite(u32);

/// Bits of a NaN or an infinity that is no error pattern.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pattern(u32);

impl HexFloat {
    /// Reads 32 bits.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        let [_, _, _, low] = bits.to_be_bytes();
        if bits & !0xFF == ERROR {
            Self::Error(low)
        } else if bits & EXPONENT == EXPONENT {
            Self::NotANumber(Pattern(bits))
        } else {
            Self::Number(Finite(bits))
        }
    }

    /// The bits on the wire.
    #[must_use]
    pub fn to_bits(self) -> u32 {
        match self {
            Self::Number(Finite(bits)) | Self::NotANumber(Pattern(bits)) => bits,
            Self::Error(number) => ERROR | u32::from(number),
        }
    }

    /// The number, if it is one.
    #[must_use]
    pub const fn number(self) -> Option<Finite> {
        match self {
            Self::Number(number) => Some(number),
            Self::Error(_) | Self::NotANumber(_) => None,
        }
    }

    /// The number as a float, if it is one. Never NaN, never infinite.
    #[must_use]
    pub const fn as_f32(self) -> Option<f32> {
        match self {
            Self::Number(number) => Some(number.as_f32()),
            Self::Error(_) | Self::NotANumber(_) => None,
        }
    }
}

impl Finite {
    /// The bits; `None` for NaN and infinities.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Option<Self> {
        HexFloat::from_bits(bits).number()
    }

    /// The bits.
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0
    }

    /// The number, exact.
    #[must_use]
    pub const fn as_f32(self) -> f32 {
        f32::from_bits(self.0)
    }

    /// The number, exact.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.as_f32())
    }
}

impl Pattern {
    /// The bits.
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0
    }
}

impl From<f32> for HexFloat {
    fn from(number: f32) -> Self {
        Self::from_bits(number.to_bits())
    }
}

impl fmt::Debug for HexFloat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "Number({number:?})"),
            Self::Error(number) => write!(f, "Error({number})"),
            Self::NotANumber(Pattern(bits)) => write!(f, "NotANumber({bits:08X})"),
        }
    }
}

impl fmt::Debug for Finite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} = {:08X}", self.as_f32(), self.0)
    }
}

impl fmt::Display for Finite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_f32(), f)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:08X})", self.0)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for HexFloat {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut value = serializer.serialize_struct("HexFloat", 2)?;
        match self {
            Self::Number(number) => {
                value.serialize_field("kind", "number")?;
                value.serialize_field("value", &number.as_f32())?;
            }
            Self::Error(number) => {
                value.serialize_field("kind", "error")?;
                value.serialize_field("code", number)?;
            }
            Self::NotANumber(Pattern(bits)) => {
                value.serialize_field("kind", "nan")?;
                value.serialize_field("bits", bits)?;
            }
        }
        value.end()
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for HexFloat {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        u32::arbitrary(u).map(Self::from_bits)
    }
}

/// The number that eight hexadecimal digits of either case are.
pub(crate) fn hex8(digits: &[u8; 8]) -> Option<u32> {
    let mut bits = 0_u32;
    for &digit in digits {
        let nibble = match digit {
            b'0'..=b'9' => digit & 0x0F,
            b'A'..=b'F' | b'a'..=b'f' => (digit & 0x0F).wrapping_add(9),
            _ => return None,
        };
        bits = bits << 4 | u32::from(nibble);
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conversions_of_the_specification() {
        for (number, bits) in [
            (4.5, 0x4090_0000),
            (81.25, 0x42A2_8000),
            (-21.75, 0xC1AE_0000),
            (0.0, 0),
        ] {
            assert_eq!(HexFloat::from_bits(bits).as_f32(), Some(number));
            assert_eq!(HexFloat::from(number).to_bits(), bits);
        }
    }

    #[test]
    fn every_pattern_is_kept_and_no_nan_comes_out() {
        // All that differ in the bits that decide, and a few of each.
        for high in 0..=u16::MAX {
            for low in [0, 1, 7, 0xFF, 0x100, 0x8000, 0xFFFF] {
                let bits = u32::from(high) << 16 | low;
                let float = HexFloat::from_bits(bits);
                assert_eq!(float.to_bits(), bits);
                let finite = f32::from_bits(bits).is_finite();
                assert_eq!(float.as_f32().map(f32::to_bits), finite.then_some(bits));
                assert_eq!(matches!(float, HexFloat::Error(_)), bits >> 8 == 0xFF_8100);
            }
        }
    }

    #[test]
    fn digits_are_hexadecimal_only() {
        assert_eq!(hex8(b"09afAF90"), Some(0x09AF_AF90));
        for octet in 0..=u8::MAX {
            let number = hex8(&[b'0', b'0', b'0', b'0', b'0', b'0', b'0', octet]);
            assert_eq!(number, char::from(octet).to_digit(16), "{octet}");
        }
    }
}
