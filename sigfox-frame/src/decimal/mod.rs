//! Decimal numbers: exact, never a binary float, in canonical form.

mod parse;
#[cfg(feature = "serde")]
mod serde;
#[cfg(test)]
mod tests;

use core::cmp::Ordering;
use core::fmt;
use core::num::NonZeroU8;

#[cfg(feature = "callback")]
pub(crate) use parse::Short;

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
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// In octets, so that it needs no alignment: a record holds a dozen of these, most of them as `None`.
    mantissa: [u8; 16],
    /// Digits after the point, and one more.
    places: NonZeroU8,
}

impl Decimal {
    /// Nought.
    pub const ZERO: Self = Self::of(0, 0);
    /// One.
    pub const ONE: Self = Self::of(1, 0);

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
        Some(Self::of(mantissa, scale))
    }

    /// What is in canonical form and not too long.
    const fn of(mantissa: i128, scale: u8) -> Self {
        Self {
            mantissa: mantissa.to_ne_bytes(),
            places: NonZeroU8::MIN.saturating_add(scale),
        }
    }

    /// The digits without the point.
    #[must_use]
    pub const fn mantissa(self) -> i128 {
        i128::from_ne_bytes(self.mantissa)
    }

    /// Digits after the point, 0 to [`MAX_DIGITS`].
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.places.get().wrapping_sub(1)
    }

    /// The number if it is an integer that fits.
    #[must_use]
    pub fn to_integer<T: TryFrom<i128>>(self) -> Option<T> {
        if self.scale() == 0 {
            T::try_from(self.mantissa()).ok()
        } else {
            None
        }
    }

    /// The largest integer that is not above it.
    #[must_use]
    pub fn floor(self) -> i128 {
        if self.scale() == 0 {
            return self.mantissa();
        }
        match power_of_ten(self.scale()) {
            Some(power) => self.mantissa().div_euclid(power),
            None => self.mantissa(),
        }
    }

    /// `self · factor + offset`, exactly; `None` if that has too many digits.
    #[must_use]
    pub fn scaled(factor: i128, scale: Self, offset: Self) -> Option<Self> {
        let product = scale.mantissa().checked_mul(factor)?;
        let common = scale.scale().max(offset.scale());
        let align =
            |mantissa: i128, from: u8| mantissa.checked_mul(power_of_ten(common.saturating_sub(from))?);
        let sum = align(product, scale.scale())?.checked_add(align(offset.mantissa(), offset.scale())?)?;
        // Judged before zeros are taken away: what fits for two numbers fits for all between them.
        if sum.unsigned_abs() >= LIMIT {
            return None;
        }
        Self::new(sum, common)
    }

    /// The number times 10^18, if both fit: a short way to compare.
    #[inline]
    fn in_attos(self) -> Option<i128> {
        let mantissa = i64::try_from(self.mantissa()).ok()?;
        let more = 18_u8.checked_sub(self.scale())?;
        let power = SHORT_POWERS.get(usize::from(more)).copied()?;
        Some(i128::from(mantissa).wrapping_mul(i128::from(power)))
    }

    /// Whether it is one of these or between them.
    #[cfg(feature = "callback")]
    #[inline]
    pub(crate) fn is_within(self, low: i16, high: i16) -> bool {
        // Powers that leave room for the limits.
        let power = match self.scale() {
            0 => 1,
            scale => SHORT_POWERS.get(usize::from(scale)).copied().unwrap_or(u64::MAX),
        };
        if let (Ok(mantissa), Ok(power)) = (i64::try_from(self.mantissa()), i64::try_from(power))
            && power <= 10_000_000_000_000
        {
            let limit = |limit: i16| i64::from(limit).wrapping_mul(power);
            return (limit(low)..=limit(high)).contains(&mantissa);
        }
        (Self::from(i64::from(low))..=Self::from(i64::from(high))).contains(&self)
    }

    /// The nearest binary64; for display and statistics, not for storage.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        let mut buffer = Buffer {
            bytes: [0; 48],
            len: 0,
        };
        // Sign, 36 digits, and an exponent: it fits. The parser rounds correctly.
        let _ = fmt::Write::write_fmt(&mut buffer, format_args!("{}e-{}", self.mantissa(), self.scale()));
        let text = buffer.bytes.get(..buffer.len).unwrap_or_default();
        core::str::from_utf8(text)
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(f64::NAN)
    }
}

/// Powers of ten that fit 64 bits and a factor of 64 bits more.
static SHORT_POWERS: [u64; 19] = short_powers();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated by the compiler, which refuses what would panic"
)]
const fn short_powers() -> [u64; 19] {
    let mut powers = [1; 19];
    let mut at = 1;
    while at < 19 {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
}

fn power_of_ten(power: u8) -> Option<i128> {
    10_i128.checked_pow(u32::from(power))
}

impl Default for Decimal {
    fn default() -> Self {
        Self::ZERO
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decimal")
            .field("mantissa", &self.mantissa())
            .field("scale", &self.scale())
            .finish()
    }
}

impl From<u64> for Decimal {
    fn from(value: u64) -> Self {
        Self::of(i128::from(value), 0)
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self::of(i128::from(value), 0)
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
            let places = self.scale().max(other.scale());
            let fraction = |number: &Self| {
                let part = power_of_ten(number.scale())
                    .and_then(|power| number.mantissa().checked_rem_euclid(power));
                let more = power_of_ten(places.saturating_sub(number.scale()));
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
        let digits = self.mantissa().unsigned_abs();
        let power = power_of_ten(self.scale()).map_or(1, i128::unsigned_abs);
        let sign = if self.mantissa() < 0 { "-" } else { "" };
        let (whole, rest) = (
            digits.checked_div(power).unwrap_or(0),
            digits.checked_rem(power).unwrap_or(0),
        );
        if self.scale() == 0 {
            return write!(f, "{sign}{whole}");
        }
        write!(
            f,
            "{sign}{whole}.{rest:0width$}",
            width = usize::from(self.scale())
        )
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
