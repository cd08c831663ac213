//! A description as the operator writes it: the members of comet-sigfox-payload §6.

use alloc::string::String;
use alloc::vec::Vec;

use crate::bits::TOP_BIT;
use crate::decimal::Decimal;

/// Whether a description was checked against reference readings (comet-sigfox-payload §7): the confidence word of P4.
///
/// Alarms must not be raised from values of an unconfirmed description by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
#[expect(clippy::exhaustive_enums, reason = "§6 has these two")]
pub enum Status {
    /// It was.
    Confirmed,
    /// It was not yet.
    Unconfirmed,
}

impl Status {
    /// The word of §6.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Unconfirmed => "unconfirmed",
        }
    }

    /// Reads the word of §6.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Confirmed, Self::Unconfirmed]
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}

/// Order of the bytes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
#[expect(clippy::exhaustive_enums, reason = "§6 has these two")]
pub enum Endian {
    /// Most significant first.
    #[default]
    Big,
    /// Least significant first; only for widths that are a multiple of 8 and start at bit 7.
    Little,
}

/// Why a field has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
#[expect(clippy::exhaustive_enums, reason = "§6 has these four for sentinels")]
pub enum Reason {
    /// The sensor reports an error.
    Error,
    /// Below what the sensor can measure.
    Low,
    /// Above it.
    High,
    /// Nothing is measured, or the payload ends before the field.
    Absent,
}

impl Reason {
    /// The word of §6.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Low => "low",
            Self::High => "high",
            Self::Absent => "absent",
        }
    }

    /// Reads the word of §6.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Error, Self::Low, Self::High, Self::Absent];
        all.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// `match.const[]`: bits that have to be as they are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[expect(clippy::exhaustive_structs, reason = "§6 has these members")]
pub struct Constant {
    /// The byte.
    pub byte: u8,
    /// Which of its bits.
    pub mask: u8,
    /// What they are; no bit outside the mask.
    pub value: u8,
}

/// An entry of `fields[].sentinels`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[expect(clippy::exhaustive_structs, reason = "§6 has these members")]
pub struct Sentinel {
    /// The raw code: the unsigned bit pattern, for signed fields too.
    pub raw: u64,
    /// What it stands for.
    pub reason: Reason,
}

/// An entry of `fields[].enum`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[expect(clippy::exhaustive_structs, reason = "§6 has these members")]
pub struct Word {
    /// The raw code.
    pub raw: u64,
    /// The word for the state.
    pub word: String,
}

/// A layout description.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Description {
    /// `name`.
    pub name: String,
    /// `version`.
    #[cfg_attr(feature = "serde", serde(default))]
    pub version: u32,
    /// `status`.
    pub status: Status,
    /// `match.lengths`: permitted payload lengths in bytes. Without any, no payload fits.
    pub lengths: Vec<u8>,
    /// `match.const`: all of them have to hold.
    #[cfg_attr(feature = "serde", serde(default))]
    pub constants: Vec<Constant>,
    /// `fields`, in order.
    pub fields: Vec<FieldDescription>,
}

impl Description {
    /// A description without lengths and fields.
    #[must_use]
    pub fn new(name: impl Into<String>, status: Status) -> Self {
        Self {
            name: name.into(),
            version: 0,
            status,
            lengths: Vec::new(),
            constants: Vec::new(),
            fields: Vec::new(),
        }
    }

    /// Permits these lengths, too.
    #[must_use]
    pub fn with_lengths(mut self, lengths: impl IntoIterator<Item = u8>) -> Self {
        self.lengths.extend(lengths);
        self
    }

    /// Demands these bits, too.
    #[must_use]
    pub fn with_constant(mut self, constant: Constant) -> Self {
        self.constants.push(constant);
        self
    }

    /// One field more.
    #[must_use]
    pub fn with_field(mut self, field: FieldDescription) -> Self {
        self.fields.push(field);
        self
    }
}

/// A field of a description.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct FieldDescription {
    /// `key`: name of the value.
    pub key: String,
    /// `byte`: where it begins.
    pub byte: u8,
    /// `bit`: where it begins in the byte; 7, the default, is the most significant.
    #[cfg_attr(feature = "serde", serde(default = "top_bit"))]
    pub bit: u8,
    /// `width`: 1 to 64 bits.
    pub width: u8,
    /// `endian`.
    #[cfg_attr(feature = "serde", serde(default))]
    pub endian: Endian,
    /// `signed`: two's complement on `width` bits.
    #[cfg_attr(feature = "serde", serde(default))]
    pub signed: bool,
    /// `scale`: value = raw × scale + offset.
    #[cfg_attr(feature = "serde", serde(default = "one"))]
    pub scale: Decimal,
    /// `offset`.
    #[cfg_attr(feature = "serde", serde(default))]
    pub offset: Decimal,
    /// `sentinels`: raw codes that are no value.
    #[cfg_attr(feature = "serde", serde(default))]
    pub sentinels: Vec<Sentinel>,
    /// `range`: plausible minimum and maximum after scaling.
    #[cfg_attr(feature = "serde", serde(default))]
    pub range: Option<(Decimal, Decimal)>,
    /// `unit`.
    #[cfg_attr(feature = "serde", serde(default))]
    pub unit: Option<String>,
    /// `enum`: a field with words has no number, also for codes without a word.
    #[cfg_attr(feature = "serde", serde(default, rename = "enum"))]
    pub words: Option<Vec<Word>>,
}

#[cfg(feature = "serde")]
const fn top_bit() -> u8 {
    TOP_BIT
}

#[cfg(feature = "serde")]
const fn one() -> Decimal {
    Decimal::ONE
}

impl FieldDescription {
    /// An unsigned field from bit 7 of a byte on, without scaling.
    #[must_use]
    pub fn new(key: impl Into<String>, byte: u8, width: u8) -> Self {
        Self {
            key: key.into(),
            byte,
            bit: TOP_BIT,
            width,
            endian: Endian::Big,
            signed: false,
            scale: Decimal::ONE,
            offset: Decimal::ZERO,
            sentinels: Vec::new(),
            range: None,
            unit: None,
            words: None,
        }
    }

    /// From this bit on.
    #[must_use]
    pub const fn with_bit(mut self, bit: u8) -> Self {
        self.bit = bit;
        self
    }

    /// In two's complement.
    #[must_use]
    pub const fn signed(mut self) -> Self {
        self.signed = true;
        self
    }

    /// With this scale.
    #[must_use]
    pub const fn with_scale(mut self, scale: Decimal) -> Self {
        self.scale = scale;
        self
    }

    /// With this unit.
    #[must_use]
    pub fn with_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }
}
