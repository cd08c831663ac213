//! What payloads mean, as far as their owner has said so (P1 to P6, C §7).

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use sigfox_frame::layout::{self, Decoded, Layout, Reason, Selection, Status, Undescribed};
use sigfox_frame::payload::{self, Config};

use super::observations::exact;
use crate::observation::{Description, Quality};
use crate::quantity::{Quantity, Unit};
use crate::value::{Binary32, Binary64, Value};

/// The descriptions of one device or device type: layouts, of which exactly one has to fit a payload (P3), or a custom payload
/// configuration, which fits all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Descriptions {
    layouts: Vec<Layout>,
    configuration: Option<Configuration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Configuration {
    name: String,
    version: u32,
    config: Config,
}

impl Descriptions {
    /// None: payloads stay bytes.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            layouts: Vec::new(),
            configuration: None,
        }
    }

    /// A layout more.
    #[must_use]
    pub fn with_layout(mut self, layout: Layout) -> Self {
        self.layouts.push(layout);
        self
    }

    /// A custom payload configuration, for payloads that no layout fits. It has no word of confidence: its values are not confirmed.
    #[must_use]
    pub fn with_configuration(mut self, name: impl Into<String>, version: u32, config: Config) -> Self {
        self.configuration = Some(Configuration {
            name: name.into(),
            version,
            config,
        });
        self
    }

    /// Whether there is any.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.layouts.is_empty() && self.configuration.is_none()
    }

    /// Looks for the one that fits.
    #[must_use]
    pub fn decode<'m>(&'m self, payload: &'m [u8]) -> Decoding<'m> {
        match (layout::select(&self.layouts, payload), &self.configuration) {
            (Selection::One(layout), _) => layout.decode(payload).map_or(Decoding::None, |decoded| {
                Decoding::Layout(decoded, layout.description())
            }),
            (Selection::Several, _) => Decoding::Several,
            (_, Some(configuration)) => Decoding::Configured(Configured {
                configuration,
                payload,
            }),
            _ => Decoding::None,
        }
    }
}

/// A payload beside the description that fits it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decoding<'m> {
    /// By a layout.
    Layout(Decoded<'m>, &'m layout::Description),
    /// By a custom payload configuration.
    Configured(Configured<'m>),
    /// No description fits: the payload stays raw.
    None,
    /// More than one layout fits: the payload stays raw, and the owner has to decide.
    Several,
}

/// A payload cut by a custom payload configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Configured<'m> {
    configuration: &'m Configuration,
    payload: &'m [u8],
}

/// A value of a payload.
pub(super) struct Reading<'m> {
    pub(super) name: &'m str,
    pub(super) quantity: Quantity<'m>,
    pub(super) unit: Option<Unit<'m>>,
    pub(super) value: (Option<Value>, Quality),
    pub(super) raw: Option<Cow<'m, str>>,
}

impl<'m> Decoding<'m> {
    /// Which description it was.
    #[must_use]
    pub fn description(&self) -> Option<Description<'m>> {
        match self {
            Self::Layout(decoded, description) => Some(Description {
                name: &description.name,
                version: description.version,
                confirmed: decoded.confidence() == Status::Confirmed,
            }),
            Self::Configured(Configured { configuration, .. }) => Some(Description {
                name: &configuration.name,
                version: configuration.version,
                confirmed: false,
            }),
            Self::None | Self::Several => None,
        }
    }

    /// Why the payload stays raw (P3).
    #[must_use]
    pub const fn diagnostic(&self) -> Option<&'static str> {
        match self {
            Self::None => Some("none"),
            Self::Several => Some("several"),
            Self::Layout(..) | Self::Configured(_) => None,
        }
    }

    /// Bits that the description does not cover (P5); not told for a configuration, which is made to name a part only.
    pub fn undescribed(&self) -> impl Iterator<Item = Undescribed> + use<'m> {
        let decoded = match self {
            Self::Layout(decoded, _) => Some(*decoded),
            _ => None,
        };
        decoded.into_iter().flat_map(|decoded| decoded.undescribed())
    }

    pub(super) fn readings(&self) -> Box<dyn Iterator<Item = Reading<'m>> + 'm> {
        match *self {
            Self::Layout(decoded, _) => Box::new(decoded.values().map(of_layout)),
            Self::Configured(Configured {
                configuration,
                payload,
            }) => Box::new(configuration.config.values(payload).map(of_configuration)),
            Self::None | Self::Several => Box::new(core::iter::empty()),
        }
    }
}

fn of_layout(value: layout::Value<'_>) -> Reading<'_> {
    let code = || value.raw.map(|raw| Cow::Owned(raw.to_string()));
    let mut quantity = Quantity::Unspecified;
    let (read, raw) = match value.reading {
        layout::Reading::Value(number) => exact(number),
        // A state: its number is the code, its word what it says.
        layout::Reading::Word(word) => {
            quantity = Quantity::State;
            let number = value.raw.and_then(|raw| i64::try_from(raw).ok());
            let quality = if number.is_some() {
                Quality::Good
            } else {
                Quality::Malformed
            };
            ((number.map(Value::Integer), quality), Some(Cow::Borrowed(word)))
        }
        layout::Reading::NoWord => {
            quantity = Quantity::State;
            ((None, Quality::Malformed), code())
        }
        layout::Reading::Withheld(reason) => {
            let quality = match reason {
                Reason::Error => Quality::Error(None),
                Reason::Low => Quality::UnderRange,
                Reason::High => Quality::OverRange,
                Reason::Absent => Quality::NoValue,
            };
            ((None, quality), code())
        }
        layout::Reading::Implausible => ((None, Quality::Implausible), code()),
        _ => ((None, Quality::Malformed), code()),
    };
    Reading {
        name: value.key,
        quantity,
        unit: value.unit.map(Unit::from_text),
        value: read,
        raw,
    }
}

fn of_configuration<'m>((name, value): (&'m str, Option<payload::Value>)) -> Reading<'m> {
    let good = |value| ((Some(value), Quality::Good), None);
    let (value, raw) = match value {
        None => ((None, Quality::NoValue), None),
        Some(payload::Value::Bool(state)) => good(Value::Bool(state)),
        Some(payload::Value::Signed(number)) => good(Value::Integer(number)),
        Some(payload::Value::Unsigned(number)) => match i64::try_from(number) {
            Ok(number) => good(Value::Integer(number)),
            Err(_) => ((None, Quality::Malformed), Some(Cow::Owned(number.to_string()))),
        },
        Some(payload::Value::Float(float)) => match float_of(float) {
            Some(value) => good(value),
            None => ((None, Quality::NoValue), None),
        },
        // The model has no texts among its values.
        Some(payload::Value::Text(text)) => {
            let text = text
                .as_str()
                .map_or_else(|| text.as_bytes().escape_ascii().to_string(), String::from);
            ((None, Quality::NoValue), Some(Cow::Owned(text)))
        }
        Some(_) => ((None, Quality::Malformed), None),
    };
    Reading {
        name,
        quantity: match value {
            (Some(Value::Bool(_)), _) => Quantity::State,
            _ => Quantity::Unspecified,
        },
        unit: None,
        value,
        raw,
    }
}

/// In the width that it came in, as far as that can be seen: 32 bits were widened without loss.
fn float_of(float: f64) -> Option<Value> {
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "taken only if nothing is lost"
    )]
    let narrow = float as f32;
    if f64::from(narrow).to_bits() == float.to_bits() {
        return Binary32::from_bits(narrow.to_bits()).map(Value::Binary32);
    }
    Binary64::from_bits(float.to_bits()).map(Value::Binary64)
}
