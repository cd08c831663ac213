//! Layout descriptions (comet-sigfox-payload §6): what the bytes of a payload mean, as data that an operator supplies.
//!
//! No layout is built in, for COMET devices least of all: theirs is not public (comet-sigfox-payload §4). Without a
//! description a payload stays opaque bytes (P1, P2).
//!
//! A [`Description`] is plain data; [`Layout::new`] checks it against its own rules. [`select`] finds the one layout that
//! fits a payload, and [`Layout::decode`] evaluates it: exact decimals, sentinels, the [confidence](Status) word, and the bits
//! that nothing describes. Evaluation allocates nothing.
//!
//! The worked example of §6, whose layout is fictitious:
//!
//! ```
//! use sigfox_frame::Decimal;
//! use sigfox_frame::layout::{Constant, Description, FieldDescription, Layout, Reading, Status};
//! let description = Description::new("demo", Status::Unconfirmed)
//!     .with_lengths([6])
//!     .with_constant(Constant { byte: 0, mask: 0xF0, value: 0x60 })
//!     .with_field(FieldDescription::new("tA", 1, 16).signed().with_scale("0.1".parse().unwrap()).with_unit("°C"));
//! let layout = Layout::new(description).unwrap();
//! let decoded = layout.decode(&[0x61, 0xff, 0x9c, 0x2d, 0x0e, 0x55]).unwrap();
//! let value = decoded.values().next().unwrap();
//! assert_eq!((value.key, value.unit), ("tA", Some("°C")));
//! assert_eq!(value.reading, Reading::Value(Decimal::new(-10, 0).unwrap()));
//! let bare: Vec<_> = decoded.undescribed().map(|bits| (bits.byte, bits.mask, bits.bits)).collect();
//! assert_eq!(bare, [(0, 0x0f, 0x01), (3, 0xff, 0x2d), (4, 0xff, 0x0e), (5, 0xff, 0x55)]);
//! ```

mod decode;
mod description;
mod error;

use alloc::boxed::Box;

pub use decode::{Decoded, Reading, Undescribed, Value};
pub use description::{Constant, Description, Endian, FieldDescription, Reason, Sentinel, Status, Word};
pub use error::{LayoutError, LayoutErrorKind};

use crate::bits::{MAX_WIDTH, Span, TOP_BIT, ones};
use crate::decimal::Decimal;

/// Most fields of a description: each bit of the longest payload by itself, and as many again.
pub const MAX_FIELDS: usize = 192;

/// A description that keeps its own rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    description: Description,
    spans: Box<[Span]>,
}

impl Layout {
    /// Checks a description.
    ///
    /// # Errors
    /// [`LayoutError`] with the rule that it breaks, and the field.
    pub fn new(description: Description) -> Result<Self, LayoutError> {
        let whole = |kind| LayoutError { kind, field: None };
        if description.fields.len() > MAX_FIELDS {
            return Err(whole(LayoutErrorKind::TooMany));
        }
        if description
            .constants
            .iter()
            .any(|constant| constant.value & !constant.mask != 0)
        {
            return Err(whole(LayoutErrorKind::Constant));
        }
        for (number, field) in description.fields.iter().enumerate() {
            let refused = |kind| LayoutError {
                kind,
                field: Some(number),
            };
            check(field).map_err(refused)?;
            let earlier = description.fields.get(..number).unwrap_or_default();
            if earlier.iter().any(|other| other.key == field.key) {
                return Err(refused(LayoutErrorKind::Key));
            }
        }
        let spans = description.fields.iter().map(span).collect();
        Ok(Self { description, spans })
    }

    /// The description.
    #[must_use]
    pub const fn description(&self) -> &Description {
        &self.description
    }

    /// Whether length and constant bits of a payload are those of the description.
    #[must_use]
    pub fn matches(&self, payload: &[u8]) -> bool {
        let description = &self.description;
        let length = description
            .lengths
            .iter()
            .any(|&length| usize::from(length) == payload.len());
        length
            && description.constants.iter().all(|constant| {
                let byte = payload.get(usize::from(constant.byte));
                byte.is_some_and(|byte| byte & constant.mask == constant.value)
            })
    }

    /// Evaluates the description; `None` if the payload [does not match](Self::matches).
    #[must_use]
    pub fn decode<'a>(&'a self, payload: &'a [u8]) -> Option<Decoded<'a>> {
        self.matches(payload).then(|| Decoded::new(self, payload))
    }
}

/// Which layout fits a payload (P3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selection<'a> {
    /// Exactly this one.
    One(&'a Layout),
    /// None: the payload stays raw.
    None,
    /// More than one: the payload stays raw, and an operator has to decide.
    Several,
}

/// Finds the layout that fits, among those of a device or device type.
pub fn select<'a>(layouts: impl IntoIterator<Item = &'a Layout>, payload: &[u8]) -> Selection<'a> {
    let mut fitting = layouts.into_iter().filter(|layout| layout.matches(payload));
    match (fitting.next(), fitting.next()) {
        (None, _) => Selection::None,
        (Some(layout), None) => Selection::One(layout),
        (Some(_), Some(_)) => Selection::Several,
    }
}

fn span(field: &FieldDescription) -> Span {
    Span {
        byte: usize::from(field.byte),
        bit: field.bit,
        width: field.width,
    }
}

fn check(field: &FieldDescription) -> Result<(), LayoutErrorKind> {
    if field.key.is_empty() {
        return Err(LayoutErrorKind::Key);
    }
    if field.width == 0 || field.width > MAX_WIDTH {
        return Err(LayoutErrorKind::Width);
    }
    if field.bit > TOP_BIT {
        return Err(LayoutErrorKind::Bit);
    }
    if field.endian == Endian::Little && (!field.width.is_multiple_of(8) || field.bit != TOP_BIT) {
        return Err(LayoutErrorKind::LittleEndian);
    }
    let largest = ones(field.width);
    let sentinels = || field.sentinels.iter().map(|sentinel| sentinel.raw);
    let words = || field.words.iter().flatten().map(|word| word.raw);
    if sentinels().any(|raw| raw > largest) || words().any(|raw| raw > largest) {
        return Err(LayoutErrorKind::Raw);
    }
    if repeated(sentinels) || repeated(words) {
        return Err(LayoutErrorKind::RawTwice);
    }
    if field.range.is_some_and(|(low, high)| low > high) {
        return Err(LayoutErrorKind::Range);
    }
    // Both ends of what the bits can say: between them no number is longer.
    let half = i128::from(largest >> 1);
    let (low, high) = if field.signed {
        (half.saturating_neg().saturating_sub(1), half)
    } else {
        (0, i128::from(largest))
    };
    let fits = |raw| Decimal::scaled(raw, field.scale, field.offset).is_some();
    if fits(low) && fits(high) {
        Ok(())
    } else {
        Err(LayoutErrorKind::Digits)
    }
}

/// Whether a raw code occurs twice: both lists are maps.
fn repeated<I: Iterator<Item = u64>>(codes: impl Fn() -> I) -> bool {
    codes()
        .enumerate()
        .any(|(number, code)| codes().take(number).any(|other| other == code))
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "numbers of a test stay small")]
mod tests;
