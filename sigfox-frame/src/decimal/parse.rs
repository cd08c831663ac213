//! From text.

use core::num::NonZeroU8;

use super::{Decimal, LIMIT, MAX_DIGITS, power_of_ten};

impl Decimal {
    /// Reads `[sign] 1*DIGIT [. 1*DIGIT] [(e / E) [sign] 1*DIGIT]` and nothing else (sigfox-callback R6, without the blanks).
    ///
    /// `None`, too, for a number with more than [`MAX_DIGITS`] significant digits, or one that needs more places than that.
    #[must_use]
    #[inline]
    pub fn parse(text: &str) -> Option<Self> {
        match short(text.as_bytes()) {
            Some(number) => Some(Self::of_short(number)),
            None => Self::any(text),
        }
    }

    #[inline]
    pub(crate) fn of_short((mantissa, places): Short) -> Self {
        Self {
            mantissa: i128::from(mantissa).to_ne_bytes(),
            places,
        }
    }

    /// Reads a number as JSON has it at the start of a text, and tells what is behind it. `None` for one that is long or has an
    /// exponent, too.
    #[cfg(feature = "callback")]
    #[inline]
    pub(crate) fn in_json(text: &[u8]) -> Option<(Short, &[u8])> {
        if let [b'0', b'0'..=b'9', ..] | [b'-', b'0', b'0'..=b'9', ..] = text {
            return None;
        }
        let (number, rest) = start(text)?;
        (!matches!(rest, [b'e' | b'E', ..])).then_some((number, rest))
    }

    /// Any number, however long.
    pub(super) fn any(text: &str) -> Option<Self> {
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
        (places <= MAX_DIGITS).then_some(Self::of(mantissa, places))
    }
}

/// Mantissa, and places and one more, of a number that is short: two words, which a function returns in registers.
pub(crate) type Short = (i64, NonZeroU8);

/// What devices and templates send: an integer or a fraction without exponent, of at most eighteen octets.
/// `None` for anything else, whether a number or not.
#[inline(never)]
pub(super) fn short(text: &[u8]) -> Option<Short> {
    match start(text) {
        Some((number, [])) => Some(number),
        _ => None,
    }
}

/// The same of a number at the start of a text, and what is behind it.
#[inline]
fn start(text: &[u8]) -> Option<(Short, &[u8])> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let (mut value, mut rest) = leading(0, digits);
    let mut places = NonZeroU8::MIN;
    if let [b'.', fraction @ ..] = rest {
        let behind;
        (value, behind) = leading(value, fraction);
        rest = behind;
        let mut scale = fraction.len().wrapping_sub(rest.len());
        if scale == 0 {
            return None;
        }
        while scale > 0 && value % 10 == 0 {
            value /= 10;
            scale = scale.wrapping_sub(1);
        }
        places = places.saturating_add(u8::try_from(scale).ok()?);
    }
    // The value of more octets may have overflowed.
    let octets = digits.len().wrapping_sub(rest.len());
    if !(1..=18).contains(&octets) || matches!(digits, [b'.', ..]) {
        return None;
    }
    Some((
        (if negative { value.wrapping_neg() } else { value }, places),
        rest,
    ))
}

/// Appends the digits at the start.
#[inline]
fn leading(mut value: i64, text: &[u8]) -> (i64, &[u8]) {
    let mut rest = text;
    while let [octet @ b'0'..=b'9', behind @ ..] = rest {
        value = value.wrapping_mul(10).wrapping_add(i64::from(octet & 0x0F));
        rest = behind;
    }
    (value, rest)
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
