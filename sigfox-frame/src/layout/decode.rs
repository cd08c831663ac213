//! What a payload says by a description.

use super::{Endian, FieldDescription, Layout, Reason, Status};
use crate::bits::{Span, signed, swapped};
use crate::decimal::Decimal;

/// A payload with the layout that fits it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoded<'a> {
    layout: &'a Layout,
    payload: &'a [u8],
}

impl<'a> Decoded<'a> {
    pub(super) const fn new(layout: &'a Layout, payload: &'a [u8]) -> Self {
        Self { layout, payload }
    }

    /// Name of the layout.
    #[must_use]
    pub fn name(&self) -> &'a str {
        &self.layout.description.name
    }

    /// How far the values can be trusted (P4).
    #[must_use]
    pub const fn confidence(&self) -> Status {
        self.layout.description.status
    }

    /// The values, in the order of the description.
    pub fn values(&self) -> impl ExactSizeIterator<Item = Value<'a>> + use<'a> {
        let payload = self.payload;
        let spans = self.layout.spans.iter();
        let fields = self.layout.description.fields.iter().zip(spans);
        fields.map(move |(field, &span)| Value::new(field, span, payload))
    }

    /// Bits that neither a field nor a constant covers, byte by byte (P5). A field beyond the payload covers none.
    pub fn undescribed(&self) -> impl Iterator<Item = Undescribed> + use<'a> {
        let (layout, payload) = (self.layout, self.payload);
        payload.iter().enumerate().filter_map(move |(byte, &octet)| {
            let mask = !described(layout, payload, byte);
            (mask != 0).then_some(Undescribed {
                byte,
                mask,
                bits: octet & mask,
            })
        })
    }
}

fn described(layout: &Layout, payload: &[u8], byte: usize) -> u8 {
    let constants = layout.description.constants.iter();
    let constants = constants.filter(|constant| usize::from(constant.byte) == byte);
    let constants = constants.fold(0, |mask, constant| mask | constant.mask);
    let read = layout
        .spans
        .iter()
        .filter(|span| span.last_byte() < payload.len());
    read.fold(constants, |mask, span| mask | span.mask(byte))
}

/// Bits of one byte that nothing describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Undescribed {
    /// The byte.
    pub byte: usize,
    /// Which of its bits.
    pub mask: u8,
    /// What they are; 0 outside the mask.
    pub bits: u8,
}

/// A field of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Value<'a> {
    /// `fields[].key`.
    pub key: &'a str,
    /// The code as an unsigned number; `None` if the payload ends before it.
    pub raw: Option<u64>,
    /// What it means.
    pub reading: Reading<'a>,
    /// `fields[].unit`.
    pub unit: Option<&'a str>,
}

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Reading<'a> {
    /// This number.
    Value(Decimal),
    /// This state.
    Word(&'a str),
    /// A state without a word.
    NoWord,
    /// No value: a sentinel, or the payload ends before the field.
    Withheld(Reason),
    /// A value outside the plausible range: withheld, reason `implausible`.
    Implausible,
}

impl Reading<'_> {
    /// The word of §6 for why there is no value.
    #[must_use]
    pub const fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Withheld(reason) => Some(reason.as_str()),
            Self::Implausible => Some("implausible"),
            Self::Value(_) | Self::Word(_) | Self::NoWord => None,
        }
    }
}

impl<'a> Value<'a> {
    fn new(field: &'a FieldDescription, span: Span, payload: &[u8]) -> Self {
        let raw = span.read(payload).map(|raw| match field.endian {
            Endian::Big => raw,
            Endian::Little => swapped(raw, span.width),
        });
        Self {
            key: &field.key,
            raw,
            reading: raw.map_or(Reading::Withheld(Reason::Absent), |raw| reading(field, raw)),
            unit: field.unit.as_deref(),
        }
    }
}

fn reading(field: &FieldDescription, raw: u64) -> Reading<'_> {
    // Sentinels are tested on the raw code, before everything else.
    if let Some(sentinel) = field.sentinels.iter().find(|sentinel| sentinel.raw == raw) {
        return Reading::Withheld(sentinel.reason);
    }
    if let Some(words) = &field.words {
        let word = words.iter().find(|word| word.raw == raw);
        return word.map_or(Reading::NoWord, |word| Reading::Word(&word.word));
    }
    let number = if field.signed {
        i128::from(signed(raw, field.width))
    } else {
        i128::from(raw)
    };
    // `Layout::new` made sure that no number is too long.
    let value = Decimal::scaled(number, field.scale, field.offset);
    let plausible = value.filter(|value| field.range.is_none_or(|(low, high)| (low..=high).contains(value)));
    plausible.map_or(Reading::Implausible, Reading::Value)
}
