//! Numbers as the text of the answer said them.

use core::fmt::{self, Write as _};

/// Largest exponent, either way: beyond binary64 there is nothing to be said, and a short text must not become a long one.
const MAX_EXPONENT: i32 = 400;

/// A number of an answer, exact. `Display` gives its canonical decimal form: no exponent, no needless zeros.
#[derive(Debug, Clone, Copy)]
pub struct Number<'a> {
    text: &'a str,
    exponent: i32,
}

impl<'a> Number<'a> {
    /// Of a value that is JSON; `None` if it is not a number, or one whose exponent is out of all measure.
    pub(super) fn of(json: &'a str) -> Option<Self> {
        if !json.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            return None;
        }
        let exponent = match json.split_once(['e', 'E']) {
            Some((_, exponent)) => exponent.parse().ok()?,
            None => 0,
        };
        (-MAX_EXPONENT..=MAX_EXPONENT)
            .contains(&exponent)
            .then_some(Self { text: json, exponent })
    }

    /// As the answer wrote it.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.text
    }

    /// The nearest binary64.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        // What is a JSON number is one for Rust.
        self.text.parse().unwrap_or(f64::NAN)
    }

    /// An integer that is written as one.
    pub(super) fn as_u64(&self) -> Option<u64> {
        self.text.parse().ok()
    }
}

impl fmt::Display for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mantissa = self.text.split(['e', 'E']).next().unwrap_or_default();
        let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = || whole.bytes().chain(fraction.bytes());
        let leading = digits().take_while(|digit| *digit == b'0').count();
        let len = whole.len().saturating_add(fraction.len());
        if leading == len {
            return f.write_str("0");
        }
        let trailing = digits().rev().take_while(|digit| *digit == b'0').count();
        let kept = len.saturating_sub(leading).saturating_sub(trailing);
        let kept_digits = || digits().skip(leading).take(kept).map(char::from);
        // Where the point stands, counted from the first digit that is kept.
        let count = |len: usize| i64::try_from(len).unwrap_or(i64::MAX);
        let point = count(whole.len())
            .saturating_add(self.exponent.into())
            .saturating_sub(count(leading));
        let zeros = |f: &mut fmt::Formatter<'_>, count: i64| (0..count).try_for_each(|_| f.write_char('0'));
        if mantissa.len() > unsigned.len() {
            f.write_char('-')?;
        }
        match usize::try_from(point) {
            Ok(point @ 1..) => {
                kept_digits()
                    .take(point)
                    .try_for_each(|digit| f.write_char(digit))?;
                zeros(f, count(point).saturating_sub(count(kept)))?;
                if point < kept {
                    f.write_char('.')?;
                }
                kept_digits()
                    .skip(point)
                    .try_for_each(|digit| f.write_char(digit))
            }
            _ => {
                f.write_str("0.")?;
                zeros(f, point.saturating_neg())?;
                kept_digits().try_for_each(|digit| f.write_char(digit))
            }
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Number<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Number;
    use alloc::string::{String, ToString as _};
    use proptest::prelude::*;

    fn canonical(text: &str) -> String {
        Number::of(text).unwrap().to_string()
    }

    #[test]
    fn the_canonical_form_has_no_exponent_and_no_needless_zeros() {
        for (text, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.000", "0"),
            ("0e5", "0"),
            ("100", "100"),
            ("1.50", "1.5"),
            ("-0.25", "-0.25"),
            ("1767225600.250", "1767225600.25"),
            ("1e3", "1000"),
            ("1.25E1", "12.5"),
            ("1.25e+2", "125"),
            ("125e-2", "1.25"),
            ("125e-3", "0.125"),
            ("125e-5", "0.00125"),
            ("0.001e2", "0.1"),
            ("0.001e3", "1"),
            ("1200e-1", "120"),
            ("10.0", "10"),
            ("1767225600.1234567891", "1767225600.1234567891"),
        ] {
            assert_eq!(canonical(text), expected, "{text}");
        }
    }

    #[test]
    fn other_values_and_exponents_out_of_measure_are_none() {
        for text in [
            "null",
            "\"1\"",
            "true",
            "[]",
            "{}",
            "1e401",
            "1e-401",
            "1e99999999999",
        ] {
            assert!(Number::of(text).is_none(), "{text}");
        }
        assert_eq!(canonical("1e400").len(), 401);
    }

    proptest! {
        /// Integers of 64 bits with a power of ten: the canonical text is that of an independent reckoning.
        #[test]
        fn it_is_the_same_number(mantissa in any::<i64>(), exponent in -30..30_i32) {
            let text = alloc::format!("{mantissa}e{exponent}");
            let canonical = canonical(&text);
            let expected: f64 = text.parse().unwrap();
            prop_assert_eq!(canonical.parse::<f64>().unwrap(), expected);
            prop_assert!(!canonical.contains('.') || !canonical.ends_with('0'));
            prop_assert!(!canonical.ends_with('.'));
            let unsigned = canonical.trim_start_matches('-');
            prop_assert!(unsigned == "0" || !unsigned.starts_with('0') || unsigned.starts_with("0."));
        }
    }
}
