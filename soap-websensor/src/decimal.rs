//! Numbers as the wire writes them (spec §5.1): decimal, exact, never a binary float.

use core::fmt;

/// Digits allowed before the point.
pub const MAX_INTEGER_DIGITS: usize = 9;
/// Digits allowed after the point.
pub const MAX_FRACTION_DIGITS: u8 = 6;

/// A decimal number: `mantissa · 10^-scale`, with the scale as written, so that `18.00` and `18` stay distinguishable.
///
/// ```
/// use soap_websensor::Decimal;
/// let d = Decimal::parse("-24.70").unwrap();
/// assert_eq!((d.mantissa(), d.scale()), (-2470, 2));
/// assert_eq!(d.to_string(), "-24.70");
/// assert_eq!(d.normalized().to_string(), "-24.7");
/// assert_eq!(Decimal::parse("1e2"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Decimal {
    mantissa: i64,
    scale: u8,
}

impl Decimal {
    /// `mantissa · 10^-scale`; `None` if it needs more digits than the wire form has.
    #[must_use]
    pub const fn new(mantissa: i64, scale: u8) -> Option<Self> {
        let limit = pow10(scale).unsigned_abs().saturating_mul(1_000_000_000);
        if scale > MAX_FRACTION_DIGITS || mantissa.unsigned_abs() >= limit {
            return None;
        }
        Some(Self { mantissa, scale })
    }

    /// Reads `[+|-] 1*9DIGIT [. 1*6DIGIT]` and nothing else: no exponent, comma, blank, `NaN`, hexadecimal.
    ///
    /// White space around the number is the caller's to remove.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (negative, digits) = match bytes.split_first()? {
            (b'-', rest) => (true, rest),
            (b'+', rest) => (false, rest),
            _ => (false, bytes),
        };
        let mut mantissa = 0;
        let whole = read_digits(digits, &mut mantissa);
        let scale = match digits.get(whole..)?.split_first() {
            None => 0,
            Some((b'.', fraction)) => match read_digits(fraction, &mut mantissa) {
                read if read == fraction.len() && read != 0 => u8::try_from(read).ok()?,
                _ => return None,
            },
            Some(_) => return None,
        };
        if whole == 0 || whole > MAX_INTEGER_DIGITS || scale > MAX_FRACTION_DIGITS {
            return None;
        }
        Some(Self {
            mantissa: if negative {
                mantissa.wrapping_neg()
            } else {
                mantissa
            },
            scale,
        })
    }

    /// The digits without the point.
    #[must_use]
    pub const fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// Digits after the point, 0 to 6.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// Whether the number equals the integer, however many zeros follow the point (spec §5.2: sentinels compare as numbers).
    #[must_use]
    pub const fn equals(self, integer: i32) -> bool {
        // |integer| < 2^31 and 10^6 < 2^20: no overflow.
        #[expect(clippy::as_conversions, reason = "widening in a const fn")]
        let integer = integer as i64;
        self.mantissa == integer.wrapping_mul(pow10(self.scale))
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
            scale = scale.wrapping_sub(1);
        }
        Self { mantissa, scale }
    }

    /// The same number with at least `scale` digits after the point, more only where they are needed; `None` above six.
    #[must_use]
    pub const fn with_scale(self, scale: u8) -> Option<Self> {
        let Self {
            mut mantissa,
            scale: mut have,
        } = self.normalized();
        while have < scale {
            mantissa = mantissa.wrapping_mul(10);
            have = have.wrapping_add(1);
            if have > MAX_FRACTION_DIGITS {
                return None;
            }
        }
        Some(Self {
            mantissa,
            scale: have,
        })
    }

    /// The nearest binary64; for display and statistics, not for storage.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        // Both operands are exact (15 digits, 10^6), so the quotient is correctly rounded.
        #[expect(clippy::as_conversions, reason = "both integers are below 2^53")]
        let (mantissa, power) = (self.mantissa as f64, pow10(self.scale) as f64);
        mantissa / power
    }
}

/// Appends the digits at the front to a mantissa and tells how many there are. Too many wrap; the caller refuses them.
fn read_digits(bytes: &[u8], mantissa: &mut i64) -> usize {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit());
    digits
        .inspect(|&byte| *mantissa = mantissa.wrapping_mul(10).wrapping_add(i64::from(byte & 0x0F)))
        .count()
}

const fn pow10(scale: u8) -> i64 {
    match scale {
        0 => 1,
        1 => 10,
        2 => 100,
        3 => 1_000,
        4 => 10_000,
        5 => 100_000,
        _ => 1_000_000,
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let power = pow10(self.scale).unsigned_abs();
        let digits = self.mantissa.unsigned_abs();
        // `power` is never zero.
        let (whole, fraction) = (
            digits.checked_div(power).unwrap_or(0),
            digits.checked_rem(power).unwrap_or(0),
        );
        let sign = if self.mantissa < 0 { "-" } else { "" };
        if self.scale == 0 {
            return write!(f, "{sign}{whole}");
        }
        write!(
            f,
            "{sign}{whole}.{fraction:0width$}",
            width = usize::from(self.scale)
        )
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Decimal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Decimal {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        let scale = u.int_in_range(0..=MAX_FRACTION_DIGITS)?;
        let most = 1_000_000_000_i64.saturating_mul(pow10(scale)).saturating_sub(1);
        Ok(Self {
            mantissa: u.int_in_range(most.saturating_neg()..=most)?,
            scale,
        })
    }
}

/// Reads `1*5DIGIT` up to 65535 (`device`, `kind`, `timer`, `tmr`; spec §5.1).
pub(crate) fn parse_u16(text: &str) -> Option<u16> {
    if text.len() > 5 || text.is_empty() {
        return None;
    }
    let mut value = 0_u32;
    for byte in text.bytes() {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value.wrapping_mul(10).wrapping_add(u32::from(byte & 0x0F));
    }
    u16::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn only_the_grammar_of_the_spec_is_a_number() {
        for good in [
            "0",
            "-0",
            "+1",
            "007.50",
            "123456789.123456",
            "-123456789.123456",
            "1.0",
        ] {
            assert!(Decimal::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "-",
            "+",
            ".",
            ".5",
            "5.",
            "-.5",
            "1..2",
            "1.2.3",
            "--1",
            "+-1",
            "1 ",
            " 1",
            "1e2",
            "NaN",
            "INF",
            "0x10",
            "1_000",
            "21,5",
            "1234567890",
            "1.2345678",
            "٣.٥",
            "12345678901234567890",
            "1.",
            "1-",
            "0000000001",
            "99999999999999999999999999999999999999.5",
        ] {
            assert_eq!(Decimal::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn sentinels_compare_as_numbers() {
        for text in ["-9999", "-9999.0", "-9999.000000", "-009999.00"] {
            assert!(Decimal::parse(text).unwrap().equals(-9999), "{text}");
        }
        assert!(!Decimal::parse("-9999.1").unwrap().equals(-9999));
        assert!(Decimal::parse("-0.0").unwrap().equals(0));
    }

    #[test]
    fn text_form_keeps_or_drops_zeros_as_asked() {
        let d = Decimal::parse("-0.50").unwrap();
        assert_eq!(d.to_string(), "-0.50");
        assert_eq!(d.normalized().to_string(), "-0.5");
        assert_eq!(d.with_scale(3).unwrap().to_string(), "-0.500");
        assert_eq!(d.with_scale(0).unwrap().to_string(), "-0.5");
        assert_eq!(d.with_scale(7), None);
        assert_eq!(Decimal::parse("-0.0").unwrap().to_string(), "0.0");
    }

    #[test]
    fn a_mantissa_outside_the_wire_form_cannot_be_built() {
        assert!(Decimal::new(999_999_999, 0).is_some());
        assert_eq!(Decimal::new(1_000_000_000, 0), None);
        assert!(Decimal::new(-999_999_999_999_999, 6).is_some());
        assert_eq!(Decimal::new(1_000_000_000_000_000, 6), None);
        assert_eq!(Decimal::new(0, 7), None);
        assert_eq!(Decimal::new(i64::MIN, 0), None);
    }

    #[test]
    fn binary64_is_the_nearest() {
        for text in ["24.7", "0.1", "123456789.123456", "-4.9", "28.871"] {
            assert_eq!(
                Decimal::parse(text).unwrap().as_f64(),
                text.parse::<f64>().unwrap()
            );
        }
    }

    #[test]
    fn integers_have_at_most_five_digits_and_sixteen_bits() {
        assert_eq!(parse_u16("65535"), Some(65535));
        assert_eq!(parse_u16("00060"), Some(60));
        for bad in ["", "65536", "000060", "6 0", "+6", "-6", "60s", "٣"] {
            assert_eq!(parse_u16(bad), None, "{bad}");
        }
    }
}
