//! Exact values: what the wire said, not what a binary float makes of it.

use core::fmt;

/// `mantissa · 10^-scale`, with the scale as written on the wire: `18.00` stays `18.00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Decimal {
    /// Digits without the point, below 10^18 in magnitude.
    pub mantissa: i64,
    /// Digits after the point, at most 18.
    pub scale: u8,
}

impl Decimal {
    /// Most digits.
    pub const MAX_DIGITS: u8 = 18;

    /// `None` if it has more than 18 digits or more than 18 of them after the point.
    #[must_use]
    pub const fn new(mantissa: i64, scale: u8) -> Option<Self> {
        if scale > Self::MAX_DIGITS || mantissa.unsigned_abs() >= 1_000_000_000_000_000_000 {
            return None;
        }
        Some(Self { mantissa, scale })
    }

    /// The same number with the fewest digits after the point.
    #[must_use]
    pub const fn normalized(self) -> Self {
        let Self {
            mut mantissa,
            mut scale,
        } = self;
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale = scale.saturating_sub(1);
        }
        Self { mantissa, scale }
    }

    /// The nearest binary64, or one beside it for numbers of more than fifteen digits.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "rounds to nearest; exact below 2^53")]
    pub fn as_f64(self) -> f64 {
        let power = 10_u64.saturating_pow(u32::from(self.scale));
        self.mantissa as f64 / power as f64
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let power = 10_u64.saturating_pow(u32::from(self.scale));
        let digits = self.mantissa.unsigned_abs();
        // A power of ten is never zero.
        let (whole, rest) = (
            digits.checked_div(power).unwrap_or(0),
            digits.checked_rem(power).unwrap_or(0),
        );
        let sign = if self.mantissa < 0 { "-" } else { "" };
        if self.scale == 0 {
            return write!(f, "{sign}{whole}");
        }
        write!(f, "{sign}{whole}.{rest:0width$}", width = usize::from(self.scale))
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Decimal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A finite IEEE 754 binary32 number, by its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Binary32(u32);

impl Binary32 {
    /// `None` for NaN and the infinities.
    #[must_use]
    pub fn from_bits(bits: u32) -> Option<Self> {
        f32::from_bits(bits).is_finite().then_some(Self(bits))
    }

    /// The bits.
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0
    }
}

/// The shortest decimal text that reads back as the same bits.
impl fmt::Display for Binary32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&f32::from_bits(self.0), f)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Binary32 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A finite IEEE 754 binary64 number, by its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Binary64(u64);

impl Binary64 {
    /// `None` for NaN and the infinities.
    #[must_use]
    pub fn from_bits(bits: u64) -> Option<Self> {
        f64::from_bits(bits).is_finite().then_some(Self(bits))
    }

    /// The bits.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }
}

/// The shortest decimal text that reads back as the same bits.
impl fmt::Display for Binary64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&f64::from_bits(self.0), f)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Binary64 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A value as its family writes it. `Display` gives the exact text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Value {
    /// A decimal number.
    Decimal(Decimal),
    /// A binary floating-point number.
    Binary32(Binary32),
    /// The same in double width.
    Binary64(Binary64),
    /// A whole number.
    Integer(i64),
    /// A state: lamp, contact, relay.
    Bool(bool),
}

impl Value {
    /// For statistics and charts; a state is 0 or 1. Never NaN, never infinite.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Decimal(decimal) => decimal.as_f64(),
            Self::Binary32(float) => f64::from(f32::from_bits(float.0)),
            Self::Binary64(float) => f64::from_bits(float.0),
            #[expect(clippy::as_conversions, reason = "rounds to nearest; exact below 2^53")]
            Self::Integer(integer) => integer as f64,
            Self::Bool(state) => f64::from(u8::from(state)),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decimal(decimal) => fmt::Display::fmt(decimal, f),
            Self::Binary32(float) => fmt::Display::fmt(float, f),
            Self::Binary64(float) => fmt::Display::fmt(float, f),
            Self::Integer(integer) => fmt::Display::fmt(integer, f),
            Self::Bool(state) => fmt::Display::fmt(&u8::from(*state), f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn a_decimal_keeps_its_zeros() {
        let decimal = Decimal::new(-1800, 2).unwrap();
        assert_eq!(decimal.to_string(), "-18.00");
        assert_eq!(decimal.normalized().to_string(), "-18");
        assert_eq!(Decimal::new(-5, 3).unwrap().to_string(), "-0.005");
        assert_eq!(
            Decimal::new(999_999_999_999_999_999, 18).unwrap().to_string(),
            "0.999999999999999999"
        );
    }

    #[test]
    fn what_does_not_fit_is_not_built() {
        assert_eq!(Decimal::new(1_000_000_000_000_000_000, 0), None);
        assert_eq!(Decimal::new(i64::MIN, 0), None);
        assert_eq!(Decimal::new(1, 19), None);
    }

    #[test]
    fn a_binary32_is_its_bits_and_never_a_nan() {
        for (bits, text) in [
            (0x40DC_CCCD, "6.9"),
            (0xC1AE_0000, "-21.75"),
            (0x8000_0000, "-0"),
            (0x0000_0001, "0.000000000000000000000000000000000000000000001"),
        ] {
            let float = Binary32::from_bits(bits).unwrap();
            assert_eq!(float.to_string(), text);
            assert_eq!(text.parse::<f32>().unwrap().to_bits(), bits);
        }
        for bits in [0xFF81_0007, 0x7FC0_0000, 0x7F80_0000, 0xFF80_0000] {
            assert_eq!(Binary32::from_bits(bits), None);
        }
        assert_eq!(Binary64::from_bits(f64::NAN.to_bits()), None);
        let float = Binary64::from_bits(0.1_f64.to_bits()).unwrap();
        assert_eq!(
            (float.to_string().as_str(), float.to_bits()),
            ("0.1", 0.1_f64.to_bits())
        );
    }

    #[test]
    fn floats_are_finite_and_near() {
        assert_eq!(Decimal::new(247, 1).unwrap().as_f64(), 24.7);
        assert_eq!(Value::Bool(true).as_f64(), 1.0);
        assert_eq!(Value::Bool(true).to_string(), "1");
    }
}
