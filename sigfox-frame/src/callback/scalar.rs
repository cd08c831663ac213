//! Values as text: absent ones, numbers, truth (R5 to R7, R10).

use alloc::borrow::Cow;

use super::limits::{MAX_AHEAD_S, MIN_TIME_S};
use super::raw::{Form, Raw};
use crate::decimal::Decimal;

/// What stands for a value (R5).
pub(super) enum Scalar<'a> {
    Absent,
    /// Absent, and still a placeholder.
    Placeholder,
    Text(Cow<'a, str>),
    Structured,
}

impl<'a> Scalar<'a> {
    pub(super) fn of(raw: &Raw<'a>) -> Self {
        if let Some(text) = raw.ordinary() {
            return Self::Text(Cow::Borrowed(text));
        }
        let text = match raw.form {
            Form::Null => return Self::Absent,
            Form::Structured => return Self::Structured,
            Form::Plain | Form::Escaped | Form::Url => raw.text(),
        };
        let trimmed = text.trim_ascii();
        if is_absent(trimmed) {
            Self::Absent
        } else if is_placeholder(trimmed) {
            Self::Placeholder
        } else {
            Self::Text(text)
        }
    }
}

fn is_absent(text: &str) -> bool {
    match text.len() {
        0 => true,
        3 => text.eq_ignore_ascii_case("n/a") || text.eq_ignore_ascii_case("nan"),
        4 => text.eq_ignore_ascii_case("null"),
        _ => false,
    }
}

fn is_placeholder(text: &str) -> bool {
    let name = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let of_name = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'#' | b'_' | b'-');
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(of_name))
}

/// R6; blanks around are trimmed.
pub(super) fn number(text: &str) -> Option<Decimal> {
    Decimal::parse(text.trim_ascii())
}

/// An integer, which may be written with a zero fraction (R6).
pub(super) fn integer<T: TryFrom<i128>>(text: &str) -> Option<T> {
    number(text)?.to_integer()
}

/// R7.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Whole seconds of a time that R10 takes.
pub(super) fn plausible_time(time: Decimal, now_s: u64) -> Option<u64> {
    let seconds = u64::try_from(time.floor()).ok()?;
    let latest = now_s.saturating_add(MAX_AHEAD_S).min(99_999_999_999);
    (MIN_TIME_S..=latest).contains(&seconds).then_some(seconds)
}
