//! Custom payload configurations (sigfox-callback §7, R19): a small language that cuts a payload into named values.
//!
//! ```text
//! config  = field *( SP field )            name:[index]:type
//! type    = bool:bit | char:length[:bit] | float:32|64… | uint:width… | int:width…
//! …       = [:[endian][:bit]]              or, in short form, :bit
//! ```
//!
//! A text is compiled once; evaluation allocates nothing. A field that runs past the end of the payload has no value, and
//! neither has a float that is infinite or not a number.
//!
//! ```
//! use sigfox_frame::payload::{Config, Value};
//! let config = Config::compile("st::uint:8 n::uint:16:little-endian t::int:16").unwrap();
//! let values: Vec<_> = config.values(&[0x85, 0x0a, 0x01, 0xff, 0x38]).collect();
//! assert_eq!(values, [
//!     ("st", Some(Value::Unsigned(133))),
//!     ("n", Some(Value::Unsigned(266))),
//!     ("t", Some(Value::Signed(-200))),
//! ]);
//! ```
//!
//! Readings of the specification: where a field without index begins is decided as §7 says, with its inferred rule for `bool`;
//! an index may be as large as it likes, since such a field only has no value; a text field is at most as long as a payload.

mod error;
mod grammar;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

pub use error::{ConfigError, ConfigErrorKind};

use crate::bits::{Span, TOP_BIT, signed, swapped};

/// Longest text field in bytes: the longest payload (sigfox-callback §4.1).
pub const MAX_TEXT_LEN: u8 = 12;
/// Most fields of a configuration: each bit of the longest payload by itself, and as many again.
pub const MAX_FIELDS: usize = 192;
/// Longest name of a field.
pub const MAX_NAME_LEN: usize = 255;

/// A configuration, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    fields: Box<[Field]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    name: Box<str>,
    /// Where it begins, and its width; that of a text is one byte.
    span: Span,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Text { len: u8 },
    Float { little: bool },
    Unsigned { little: bool },
    Signed { little: bool },
}

impl Config {
    /// Compiles a configuration.
    ///
    /// # Errors
    /// [`ConfigError`] with what R19 refuses and the offset in the text.
    pub fn compile(text: &str) -> Result<Self, ConfigError> {
        let mut fields: Vec<Field> = Vec::new();
        let mut cursor = Cursor::START;
        for declared in grammar::fields(text) {
            let declared = declared?;
            let refused = |kind| ConfigError {
                kind,
                offset: declared.offset,
            };
            if fields.len() >= MAX_FIELDS {
                return Err(refused(ConfigErrorKind::TooMany));
            }
            if fields.iter().any(|field| *field.name == *declared.name) {
                return Err(refused(ConfigErrorKind::Duplicate));
            }
            fields.push(cursor.place(&declared));
        }
        if fields.is_empty() {
            return Err(ConfigError {
                kind: ConfigErrorKind::Empty,
                offset: 0,
            });
        }
        Ok(Self {
            fields: fields.into_boxed_slice(),
        })
    }

    /// Names and values, in order. `None` where a payload has no value for a field.
    pub fn values<'a>(
        &'a self,
        payload: &'a [u8],
    ) -> impl ExactSizeIterator<Item = (&'a str, Option<Value>)> {
        self.fields
            .iter()
            .map(move |field| (&*field.name, field.value(payload)))
    }

    /// Names of the fields, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.fields.iter().map(|field| &*field.name)
    }
}

impl core::str::FromStr for Config {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        Self::compile(text)
    }
}

/// Where a field without index begins (§7, semantics).
struct Cursor {
    /// Last byte that the field before touched; none in front of the first.
    last: Option<usize>,
    /// Whether it was given a bit, and is no `bool`.
    bit_given: bool,
}

impl Cursor {
    const START: Self = Self {
        last: None,
        bit_given: false,
    };

    fn place(&mut self, declared: &grammar::Declared<'_>) -> Field {
        let kind = declared.kind;
        let byte = declared.index.unwrap_or_else(|| match (self.last, kind) {
            (None, _) => 0,
            (Some(last), Kind::Bool) => last,
            (Some(last), _) if self.bit_given => last,
            (Some(last), _) => last.saturating_add(1),
        });
        let bit = declared.bit.unwrap_or(TOP_BIT);
        let span = Span {
            byte,
            bit,
            width: declared.width,
        };
        let more = match kind {
            Kind::Text { len } => usize::from(len.saturating_sub(1)),
            _ => 0,
        };
        self.last = Some(span.last_byte().saturating_add(more));
        self.bit_given = declared.bit.is_some() && kind != Kind::Bool;
        Field {
            name: declared.name.into(),
            span,
            kind,
        }
    }
}

impl Field {
    fn value(&self, payload: &[u8]) -> Option<Value> {
        let (span, width) = (self.span, self.span.width);
        let raw = |little| {
            let raw = span.read(payload)?;
            Some(if little { swapped(raw, width) } else { raw })
        };
        match self.kind {
            Kind::Bool => raw(false).map(|bit| Value::Bool(bit != 0)),
            Kind::Text { len } => Chars::read(payload, span, len).map(Value::Text),
            Kind::Unsigned { little } => raw(little).map(Value::Unsigned),
            Kind::Signed { little } => raw(little).map(|raw| Value::Signed(signed(raw, width))),
            Kind::Float { little } => {
                let raw = raw(little)?;
                let float = match u32::try_from(raw) {
                    Ok(bits) if width == 32 => f64::from(f32::from_bits(bits)),
                    _ => f64::from_bits(raw),
                };
                // R19: an infinite one, or none at all, is no value.
                float.is_finite().then_some(Value::Float(float))
            }
        }
    }
}

/// A value cut from a payload.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Value {
    /// `bool`.
    Bool(bool),
    /// `uint`, all 64 bits of it.
    Unsigned(u64),
    /// `int`.
    Signed(i64),
    /// `float`, finite; of 32 bits widened without loss.
    Float(f64),
    /// `char`.
    Text(Chars),
}

/// The bytes of a `char` field.
///
/// §7 says "as text" and names no character set: text in ASCII or UTF-8 is [text](Self::as_str), anything else stays
/// [bytes](Self::as_bytes).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chars {
    bytes: [u8; 12],
    len: u8,
}

impl Chars {
    fn read(payload: &[u8], span: Span, len: u8) -> Option<Self> {
        let mut bytes = [0; 12];
        for (offset, place) in (0..len).zip(&mut bytes) {
            let byte = span.byte.saturating_add(usize::from(offset));
            *place = u8::try_from(Span { byte, ..span }.read(payload)?).ok()?;
        }
        Some(Self { bytes, len })
    }

    /// The bytes as they are.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The bytes as text; `None` if they are not UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        core::str::from_utf8(self.as_bytes()).ok()
    }
}

impl fmt::Debug for Chars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.as_bytes().escape_ascii())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Chars {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_str() {
            Some(text) => serializer.serialize_str(text),
            None => serializer.collect_seq(self.as_bytes()),
        }
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "numbers of a test stay small")]
mod tests;
