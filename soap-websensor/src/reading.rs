//! One measured quantity: text, value or status, unit, alarm (spec §5.2).

use crate::alarms::Alarm;
use crate::decimal::Decimal;
use crate::field::Field;
use crate::text::Text;
use crate::units::Unit;

/// A value, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub enum Status {
    /// A number that is no sentinel.
    Ok(Decimal),
    /// `9999`: above the upper limit, or not computable. Not in `co2`, where 9999 ppm is a reading.
    OverRange,
    /// `-9999`: below the lower limit, or a converter or sensor failure; the wire does not tell them apart.
    UnderRange,
    /// `-9998` in `co2`: no value yet, for about ten seconds after start.
    NotReady,
    /// A sentinel, and the message or the model says that the quantity does not exist.
    NotSupported,
    /// Channel lists: the sensor reports an error.
    Error {
        /// Error number, where `f` carries one as the NaN 0xFF8100NN (inferred, spec §5.3).
        number: Option<u8>,
    },
    /// Channel lists: `n/a`, no probe or no value.
    NoValue,
    /// Absent, empty or `xsi:nil`.
    Missing,
    /// Neither a number nor any of the above.
    Malformed,
}

impl Status {
    /// The value, if there is one.
    #[must_use]
    pub const fn value(self) -> Option<Decimal> {
        match self {
            Self::Ok(value) => Some(value),
            _ => None,
        }
    }

    /// Stable machine name, as in the conformance suite.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ok(_) => "ok",
            Self::OverRange => "over-range",
            Self::UnderRange => "under-range",
            Self::NotReady => "not-ready",
            Self::NotSupported => "not-supported",
            Self::Error { .. } => "error",
            Self::NoValue => "no-value",
            Self::Missing => "missing",
            Self::Malformed => "malformed",
        }
    }
}

/// One quantity of a flat message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct Reading<'a> {
    /// Text on the wire, trimmed; `None` if missing or not a text. Not used for encoding.
    pub raw: Option<Text<'a>>,
    /// Value or status.
    pub status: Status,
    /// Unit; `None` if the message does not tell or tells something unlisted. Set by the decoder; the encoder takes the
    /// unit texts of the message.
    pub unit: Option<Unit>,
    /// Alarm of this quantity. Independent of the value (spec §5.6).
    pub alarm: Alarm,
}

impl Reading<'_> {
    /// A reading to encode.
    #[must_use]
    pub const fn new(status: Status, alarm: Alarm) -> Self {
        Self {
            raw: None,
            status,
            unit: None,
            alarm,
        }
    }
}

/// Which sentinels count (spec §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sentinels {
    /// 9999 and -9999.
    Range,
    /// -9999 and -9998; 9999 is a reading.
    Co2,
}

impl<'a> Reading<'a> {
    pub(crate) fn from_field(
        field: Field<'a>,
        sentinels: Sentinels,
        unsupported: bool,
        unit: Option<Unit>,
        alarm: Alarm,
    ) -> Self {
        let (raw, status) = match field {
            Field::Missing => (None, Status::Missing),
            Field::Children => (None, Status::Malformed),
            Field::Text(text) => {
                let status = Decimal::parse(&text).map_or(Status::Malformed, |value| sentinels.status(value));
                (Some(text), status)
            }
        };
        let status = match status {
            Status::OverRange | Status::UnderRange if unsupported => Status::NotSupported,
            other => other,
        };
        Self {
            raw,
            status,
            unit,
            alarm,
        }
    }
}

impl Sentinels {
    const fn status(self, value: Decimal) -> Status {
        if value.equals(-9999) {
            return Status::UnderRange;
        }
        match self {
            Self::Range if value.equals(9999) => Status::OverRange,
            Self::Co2 if value.equals(-9998) => Status::NotReady,
            _ => Status::Ok(value),
        }
    }
}
