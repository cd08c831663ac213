//! Alarm states (spec §5.6): `alarms` of the flat messages, `a` of a channel.

use crate::text::trim;

/// Alarm state of one quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub enum Alarm {
    /// `no`: no alarm, or the quantity is not supported.
    None,
    /// `lo`: below the lower limit.
    Low,
    /// `hi`: above the upper limit.
    High,
    /// Not said, or said in a word that is not in the specification.
    #[default]
    Unknown,
}

impl Alarm {
    /// Reads one token, without regard to ASCII case and surrounding white space.
    #[must_use]
    pub fn from_token(token: &str) -> Self {
        let token = trim(token);
        match token {
            "no" => Self::None,
            "lo" => Self::Low,
            "hi" => Self::High,
            _ if token.eq_ignore_ascii_case("no") => Self::None,
            _ if token.eq_ignore_ascii_case("lo") => Self::Low,
            _ if token.eq_ignore_ascii_case("hi") => Self::High,
            _ => Self::Unknown,
        }
    }

    /// The token on the wire; an unknown state has no better word than `no`.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::None | Self::Unknown => "no",
            Self::Low => "lo",
            Self::High => "hi",
        }
    }

    /// `none`, `low`, `high`, `unknown`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::High => "high",
            Self::Unknown => "unknown",
        }
    }
}

/// The four positions of `alarms` and whether the text was as specified.
pub(crate) struct Tokens {
    pub(crate) positions: [Alarm; 4],
    /// Exactly four known tokens.
    pub(crate) regular: bool,
}

/// Splits `alarms`. Fewer than four tokens leave the rest unknown, further ones stay in the raw text only.
#[inline]
pub(crate) fn tokens(text: &str) -> Tokens {
    match four_words(text) {
        Some(positions) => Tokens {
            positions,
            regular: true,
        },
        None => split(text),
    }
}

/// `alarms` in the spelling of the devices, without a search for commas.
fn four_words(text: &str) -> Option<[Alarm; 4]> {
    let &[a, b, b',', c, d, b',', e, f, b',', g, h] = text.as_bytes() else {
        return None;
    };
    let positions = [[a, b], [c, d], [e, f], [g, h]].map(|word| match &word {
        b"no" => Alarm::None,
        b"lo" => Alarm::Low,
        b"hi" => Alarm::High,
        _ => Alarm::Unknown,
    });
    (!positions.contains(&Alarm::Unknown)).then_some(positions)
}

#[cold]
fn split(text: &str) -> Tokens {
    let mut positions = [Alarm::Unknown; 4];
    let mut split = text.split(',');
    let mut regular = true;
    for position in &mut positions {
        *position = split.next().map_or(Alarm::Unknown, Alarm::from_token);
        regular &= *position != Alarm::Unknown;
    }
    Tokens {
        positions,
        regular: regular && split.next().is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_known_words_are_regular() {
        let read = tokens(" no , HI,lo,No ");
        assert_eq!(
            read.positions,
            [Alarm::None, Alarm::High, Alarm::Low, Alarm::None]
        );
        assert!(read.regular);
    }

    #[test]
    fn anything_else_is_kept_as_far_as_it_goes() {
        for (text, positions) in [
            ("hi,lo", [Alarm::High, Alarm::Low, Alarm::Unknown, Alarm::Unknown]),
            (
                "yes,no,no,no",
                [Alarm::Unknown, Alarm::None, Alarm::None, Alarm::None],
            ),
            ("no,no,no,no,hi", [Alarm::None; 4]),
            (
                "no,,no,no",
                [Alarm::None, Alarm::Unknown, Alarm::None, Alarm::None],
            ),
            (
                "n o,no,no,no",
                [Alarm::Unknown, Alarm::None, Alarm::None, Alarm::None],
            ),
        ] {
            let read = tokens(text);
            assert_eq!(read.positions, positions, "{text}");
            assert!(!read.regular, "{text}");
        }
    }
}
