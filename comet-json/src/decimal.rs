//! Decimal numbers as text and registers of the pull interfaces write them (W §10): exact, never a binary float.

use core::fmt;

/// Most digits after the point.
pub const MAX_SCALE: u8 = 18;

/// A decimal number: `mantissa · 10^-scale`, with the scale as written, so that `18.00` and `18` stay distinguishable.
///
/// ```
/// use comet_json::Decimal;
/// let d = Decimal::parse("-24.70").unwrap();
/// assert_eq!((d.mantissa(), d.scale()), (-2470, 2));
/// assert_eq!(d.to_string(), "-24.70");
/// assert_eq!(Decimal::parse("1e2"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Decimal {
    mantissa: i64,
    scale: u8,
}

impl Decimal {
    /// `mantissa · 10^-scale`; `None` if it has more than 18 digits or more than 18 of them after the point.
    #[must_use]
    pub const fn new(mantissa: i64, scale: u8) -> Option<Self> {
        if scale > MAX_SCALE || mantissa.unsigned_abs() >= 1_000_000_000_000_000_000 {
            return None;
        }
        Some(Self { mantissa, scale })
    }

    /// Reads `[-] 1*DIGIT [. 1*DIGIT]` of at most 18 digits and nothing else: no exponent, sign `+`, comma or blank.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return None,
            None => (digits, ""),
        };
        let lawful = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
        let count = whole.len().saturating_add(fraction.len());
        if whole.is_empty() || count > usize::from(MAX_SCALE) || !lawful(whole) || !lawful(fraction) {
            return None;
        }
        let all = whole.bytes().chain(fraction.bytes());
        let append = |number: i64, digit: u8| number.wrapping_mul(10).wrapping_add(i64::from(digit & 0x0F));
        let mantissa = all.fold(0, append);
        Self::new(
            if negative {
                mantissa.wrapping_neg()
            } else {
                mantissa
            },
            u8::try_from(fraction.len()).ok()?,
        )
    }

    /// The digits without the point.
    #[must_use]
    pub const fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// Digits after the point, 0 to 18.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// The nearest binary64, or one beside it for numbers of more than fifteen digits; for display, not for storage.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "rounds to nearest; exact below 2^53")]
    pub fn as_f64(self) -> f64 {
        self.mantissa as f64 / pow10(self.scale) as f64
    }
}

/// Below 2^63 for every scale.
fn pow10(scale: u8) -> u64 {
    10_u64.saturating_pow(u32::from(scale))
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let power = pow10(self.scale);
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn numbers_keep_their_digits() {
        for text in [
            "0",
            "0.0",
            "18",
            "18.00",
            "-24.7",
            "-0.5",
            "999999999999999999",
            "0.12345678901234567",
        ] {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn anything_else_is_no_number() {
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "+1",
            "1e2",
            "1,5",
            " 1",
            "1 ",
            "NaN",
            "--1",
            "1.2.3",
            "1234567890123456789",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        assert_eq!(Decimal::new(0, 19), None);
        assert_eq!(Decimal::new(1_000_000_000_000_000_000, 0), None);
    }

    #[test]
    fn floats_are_near() {
        assert!((Decimal::parse("-24.7").unwrap().as_f64() + 24.7).abs() < 1e-12);
    }
}
