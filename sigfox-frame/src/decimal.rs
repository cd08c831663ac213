//! Decimal numbers: exact, never a binary float, in canonical form.

use core::cmp::Ordering;
use core::fmt;

/// Most significant digits, and most digits after the point.
pub const MAX_DIGITS: u8 = 36;

/// 10^36: the first mantissa that is too long.
const LIMIT: u128 = 10_u128.pow(36);

/// A decimal number: `mantissa · 10^-scale`, without zeros at the end of the fraction.
///
/// ```
/// use sigfox_frame::Decimal;
/// let d = Decimal::parse("-1.3125e2").unwrap();
/// assert_eq!((d.mantissa(), d.scale()), (-13125, 2));
/// assert_eq!(d.to_string(), "-131.25");
/// assert_eq!(Decimal::parse("12.50"), Decimal::parse("+12.5"));
/// assert_eq!(Decimal::parse("0x10"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Decimal {
    mantissa: i128,
    scale: u8,
}

impl Decimal {
    /// Nought.
    pub const ZERO: Self = Self {
        mantissa: 0,
        scale: 0,
    };
    /// One.
    pub const ONE: Self = Self {
        mantissa: 1,
        scale: 0,
    };

    /// `mantissa · 10^-scale`; `None` if it has more than [`MAX_DIGITS`] digits, or more of them after the point.
    #[must_use]
    pub const fn new(mut mantissa: i128, mut scale: u8) -> Option<Self> {
        while scale > 0 && mantissa % 10 == 0 {
            if mantissa == 0 {
                return Some(Self::ZERO);
            }
            mantissa /= 10;
            scale = scale.saturating_sub(1);
        }
        if scale > MAX_DIGITS || mantissa.unsigned_abs() >= LIMIT {
            return None;
        }
        Some(Self { mantissa, scale })
    }

    /// Reads `[sign] 1*DIGIT [. 1*DIGIT] [(e / E) [sign] 1*DIGIT]` and nothing else (sigfox-callback R6, without the blanks).
    ///
    /// `None`, too, for a number with more than [`MAX_DIGITS`] significant digits, or one that needs more places than that.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, text) = sign(text.as_bytes());
        let (whole, rest) = digits(text);
        let (fraction, rest) = match rest {
            [b'.', rest @ ..] => {
                let (fraction, rest) = digits(rest);
                if fraction.is_empty() {
                    return None;
                }
                (fraction, rest)
            }
            _ => (&[][..], rest),
        };
        let exponent = match rest {
            [] => 0,
            [b'e' | b'E', rest @ ..] => exponent(rest)?,
            _ => return None,
        };
        if whole.is_empty() {
            return None;
        }
        let (mantissa, zeros) = mantissa(whole, fraction)?;
        if mantissa == 0 {
            return Some(Self::ZERO);
        }
        let places = i64::try_from(fraction.len()).ok()?;
        let power = exponent.saturating_sub(places).saturating_add(zeros);
        let mut mantissa = i128::try_from(mantissa).ok()?;
        if negative {
            mantissa = mantissa.wrapping_neg();
        }
        let places = u8::try_from(power.unsigned_abs()).ok()?;
        if power > 0 {
            return Self::new(mantissa.checked_mul(power_of_ten(places)?)?, 0);
        }
        // There are no zeros at the end.
        (places <= MAX_DIGITS).then_some(Self {
            mantissa,
            scale: places,
        })
    }

    /// The digits without the point.
    #[must_use]
    pub const fn mantissa(self) -> i128 {
        self.mantissa
    }

    /// Digits after the point, 0 to [`MAX_DIGITS`].
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// The number if it is an integer that fits.
    #[must_use]
    pub fn to_integer<T: TryFrom<i128>>(self) -> Option<T> {
        if self.scale == 0 {
            T::try_from(self.mantissa).ok()
        } else {
            None
        }
    }

    /// The largest integer that is not above it.
    #[must_use]
    pub fn floor(self) -> i128 {
        if self.scale == 0 {
            return self.mantissa;
        }
        match power_of_ten(self.scale) {
            Some(power) => self.mantissa.div_euclid(power),
            None => self.mantissa,
        }
    }

    /// `self · factor + offset`, exactly; `None` if that has too many digits.
    #[must_use]
    pub fn scaled(factor: i128, scale: Self, offset: Self) -> Option<Self> {
        let product = scale.mantissa.checked_mul(factor)?;
        let common = scale.scale.max(offset.scale);
        let align =
            |mantissa: i128, from: u8| mantissa.checked_mul(power_of_ten(common.saturating_sub(from))?);
        let sum = align(product, scale.scale)?.checked_add(align(offset.mantissa, offset.scale)?)?;
        // Judged before zeros are taken away: what fits for two numbers fits for all between them.
        if sum.unsigned_abs() >= LIMIT {
            return None;
        }
        Self::new(sum, common)
    }

    /// The number times 10^18, if both fit: a short way to compare.
    fn in_attos(self) -> Option<i128> {
        let mantissa = i64::try_from(self.mantissa).ok()?;
        let more = 18_u32.checked_sub(u32::from(self.scale))?;
        Some(i128::from(mantissa).wrapping_mul(i128::from(10_u64.wrapping_pow(more))))
    }

    /// The nearest binary64; for display and statistics, not for storage.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        let mut buffer = Buffer {
            bytes: [0; 48],
            len: 0,
        };
        // Sign, 36 digits, and an exponent: it fits. The parser rounds correctly.
        let _ = fmt::Write::write_fmt(&mut buffer, format_args!("{}e-{}", self.mantissa, self.scale));
        let text = buffer.bytes.get(..buffer.len).unwrap_or_default();
        core::str::from_utf8(text)
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(f64::NAN)
    }
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let count = text.iter().take_while(|octet| octet.is_ascii_digit()).count();
    text.split_at_checked(count).unwrap_or((text, &[]))
}

fn exponent(text: &[u8]) -> Option<i64> {
    let (negative, text) = sign(text);
    let (digits, rest) = digits(text);
    if digits.is_empty() || !rest.is_empty() {
        return None;
    }
    let value = digits.iter().fold(0_i64, |value, digit| {
        value.saturating_mul(10).saturating_add(i64::from(digit & 0x0F))
    });
    Some(if negative { value.saturating_neg() } else { value })
}

/// The digits up to the last that is not 0, and how many zeros follow it.
fn mantissa(whole: &[u8], fraction: &[u8]) -> Option<(u128, i64)> {
    // What devices send: at most 18 digits, which fit 64 bits.
    if whole.len().saturating_add(fraction.len()) <= 18 {
        let append = |value: u64, digit: &u8| value.wrapping_mul(10).wrapping_add(u64::from(digit & 0x0F));
        let mut value = whole.iter().chain(fraction).fold(0, append);
        let mut zeros = 0;
        while value != 0 && value.is_multiple_of(10) {
            value /= 10;
            zeros = i64::wrapping_add(zeros, 1);
        }
        return Some((u128::from(value), zeros));
    }
    let (mut value, mut zeros) = (0_u128, 0_u32);
    for digit in whole.iter().chain(fraction).map(|digit| digit & 0x0F) {
        zeros = zeros.saturating_add(1);
        if digit != 0 {
            if value != 0 {
                value = value.checked_mul(10_u128.checked_pow(zeros)?)?;
            }
            value = value.checked_add(u128::from(digit))?;
            zeros = 0;
        }
        if value >= LIMIT {
            return None;
        }
    }
    Some((value, i64::from(zeros)))
}

fn power_of_ten(power: u8) -> Option<i128> {
    10_i128.checked_pow(u32::from(power))
}

impl From<u64> for Decimal {
    fn from(value: u64) -> Self {
        Self {
            mantissa: i128::from(value),
            scale: 0,
        }
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self {
            mantissa: i128::from(value),
            scale: 0,
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Some(ours), Some(theirs)) = (self.in_attos(), other.in_attos()) {
            return ours.cmp(&theirs);
        }
        let whole = self.floor().cmp(&other.floor());
        whole.then_with(|| {
            // The fractions, both as places of the longer one: below 10^36.
            let places = self.scale.max(other.scale);
            let fraction = |number: &Self| {
                let part =
                    power_of_ten(number.scale).and_then(|power| number.mantissa.checked_rem_euclid(power));
                let more = power_of_ten(places.saturating_sub(number.scale));
                part.unwrap_or(0).saturating_mul(more.unwrap_or(1))
            };
            fraction(self).cmp(&fraction(other))
        })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.mantissa.unsigned_abs();
        let power = power_of_ten(self.scale).map_or(1, i128::unsigned_abs);
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let (whole, rest) = (
            digits.checked_div(power).unwrap_or(0),
            digits.checked_rem(power).unwrap_or(0),
        );
        if self.scale == 0 {
            return write!(f, "{sign}{whole}");
        }
        write!(f, "{sign}{whole}.{rest:0width$}", width = usize::from(self.scale))
    }
}

impl core::str::FromStr for Decimal {
    type Err = NotDecimal;

    fn from_str(text: &str) -> Result<Self, NotDecimal> {
        Self::parse(text).ok_or(NotDecimal)
    }
}

/// A text that is no decimal number of at most [`MAX_DIGITS`] digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no decimal number of at most {MAX_DIGITS} digits")]
#[non_exhaustive]
pub struct NotDecimal;

/// From text, so that no binary float comes in between.
#[cfg(all(feature = "serde", feature = "alloc"))]
impl<'de> serde::Deserialize<'de> for Decimal {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <alloc::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Decimal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Text of a few octets.
struct Buffer {
    bytes: [u8; 48],
    len: usize,
}

impl fmt::Write for Buffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len.checked_add(text.len()).ok_or(fmt::Error)?;
        let place = self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "numbers of a test stay small")]
mod tests {
    use super::*;
    use alloc::string::ToString as _;
    use proptest::prelude::*;
    use std::format;

    #[test]
    fn numbers_become_canonical() {
        for (text, canonical) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("000", "0"),
            ("007.50", "7.5"),
            ("+7.5", "7.5"),
            ("1E1", "10"),
            ("-1.3125e2", "-131.25"),
            ("1e35", "100000000000000000000000000000000000"),
            ("0e999999999999999999999", "0"),
            ("12e-1", "1.2"),
            ("1000e-3", "1"),
            ("1e-36", "0.000000000000000000000000000000000001"),
            ("0.100000000000000000000000000000000000000000000000000000", "0.1"),
            ("42.92188741630114", "42.92188741630114"),
        ] {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_number() {
        for text in [
            "",
            "-",
            "+",
            ".5",
            "5.",
            "1e",
            "1e+",
            "1,5",
            " 1",
            "1 ",
            "NaN",
            "--1",
            "1.2.3",
            "0x10",
            "1e5.0",
            "inf",
            "1_0",
            "١",
            "1e36",
            "1e-37",
            "1234567890123456789012345678901234567",
            "1e99999999999999999999",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        assert_eq!(Decimal::new(1, 37), None);
        assert_eq!(Decimal::new(i128::MIN, 0), None);
    }

    #[test]
    fn scaling_is_exact_and_says_when_it_is_too_long() {
        let dec = |text| Decimal::parse(text).unwrap();
        assert_eq!(Decimal::scaled(255, dec("0.1"), dec("-40")), Some(dec("-14.5")));
        assert_eq!(Decimal::scaled(-100, dec("0.1"), Decimal::ZERO), Some(dec("-10")));
        assert_eq!(Decimal::scaled(i128::MAX, dec("0.1"), Decimal::ZERO), None);
        assert_eq!(Decimal::scaled(1, dec("1e35"), dec("1e-36")), None);
    }

    proptest! {
        #[test]
        fn text_and_number_are_inverse(mantissa in -10_i128.pow(36) + 1..10_i128.pow(36), scale in 0_u8..=36) {
            let number = Decimal::new(mantissa, scale).unwrap();
            prop_assert_eq!(Decimal::parse(&number.to_string()), Some(number));
        }

        #[test]
        fn binary_floats_are_the_nearest(mantissa: i64, scale in 0_u8..=30, exponent in -20_i32..20) {
            let text = format!("{mantissa}e{}", exponent - i32::from(scale));
            if let Some(number) = Decimal::parse(&text) {
                prop_assert_eq!(number.as_f64(), text.parse::<f64>().unwrap());
            }
        }

        #[test]
        fn order_is_that_of_the_numbers(a: i64, b: i64, m in 0_u8..=18, n in 0_u8..=18) {
            let (x, y) = (Decimal::new(a.into(), m).unwrap(), Decimal::new(b.into(), n).unwrap());
            let aligned = |value: i64, scale: u8| i128::from(value) * 10_i128.pow(u32::from(18 - scale));
            prop_assert_eq!(x.cmp(&y), aligned(a, m).cmp(&aligned(b, n)));
        }

        #[test]
        fn whatever_is_read_is_what_the_text_says(text in "[+-]?[0-9]{1,20}(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?") {
            if let Some(number) = Decimal::parse(&text) {
                prop_assert_eq!(number.as_f64(), text.parse::<f64>().unwrap() + 0.0);
            }
        }
    }
}
