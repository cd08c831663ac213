//! Why an image was refused.

/// A refused image: what is wrong, in which field and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} in `{field}` at byte {offset}")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ImageError {
    /// What is wrong.
    pub kind: ImageErrorKind,
    /// Name of the field, as in the specification.
    pub field: &'static str,
    /// Byte offset in the image.
    pub offset: u64,
}

impl ImageError {
    #[cold]
    pub(crate) const fn new(kind: ImageErrorKind, field: &'static str, offset: u64) -> Self {
        Self { kind, field, offset }
    }

    /// `needed` bytes were wanted and only `held` are there.
    #[cold]
    pub(super) const fn truncated(needed: u64, held: u64, field: &'static str) -> Self {
        let missing = needed.saturating_sub(held);
        Self::new(ImageErrorKind::Truncated { missing }, field, held)
    }
}

/// What is wrong with an image (§A.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ImageErrorKind {
    /// Bytes are missing (steps 1, 6, 9).
    #[error("{missing} more bytes needed")]
    Truncated {
        /// Bytes that are certainly missing.
        missing: u64,
    },
    /// Not the magic number of an image (step 2).
    #[error("magic {0:08x}")]
    Magic(u32),
    /// A size that cannot be (step 3).
    #[error("size {0} cannot be")]
    Header(u32),
    /// Flags outside the profile (step 4).
    #[error("flags {0:08x}")]
    Flags(u32),
    /// Larger than the policy allows (steps 5, 9).
    #[error("{0} bytes are too many")]
    Size(u64),
    /// A TLV area breaks its layout or the profile (steps 7, 8, 10).
    #[error("TLV area ({0})")]
    Tlv(TlvFault),
    /// Bytes follow the image (step 11).
    #[error("bytes after the end")]
    Trailing,
    /// No SHA256 TLV (step 12).
    #[error("no hash")]
    HashMissing,
    /// Not the hash of the image (step 13).
    #[error("wrong hash")]
    Hash,
    /// No signature (step 14).
    #[error("no signature")]
    SignatureMissing,
    /// Signed by nobody who is trusted (step 15).
    #[error("no trusted key")]
    Key,
    /// No signature of a trusted key is right (step 16).
    #[error("wrong signature")]
    Signature,
    /// A security counter is required (step 17).
    #[error("no security counter")]
    CounterMissing,
    /// The security counter is below the stored one (step 17).
    #[error("security counter {found} is below {stored}")]
    Rollback {
        /// Counter of the image.
        found: u32,
        /// Counter of the device.
        stored: u32,
    },
    /// The version is below the lowest that is allowed (step 18).
    #[error("version too low")]
    Downgrade,
    /// Not for devices of this vendor (step 19).
    #[error("other vendor")]
    Vendor,
    /// Not for devices of this class (step 19).
    #[error("other class")]
    Class,
    /// The memory of a [`Stream`](super::Stream) cannot hold the TLV areas. Says nothing about the image.
    #[error("memory too small, {needed} bytes needed")]
    Memory {
        /// Bytes that are needed, as far as is known yet.
        needed: u64,
    },
}

impl ImageErrorKind {
    /// Stable machine name, as in the specification.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Truncated { .. } => "truncated",
            Self::Magic(_) => "magic",
            Self::Header(_) => "header",
            Self::Flags(_) => "flags",
            Self::Size(_) => "size",
            Self::Tlv(_) => "tlv",
            Self::Trailing => "trailing",
            Self::HashMissing => "hash-missing",
            Self::Hash => "hash",
            Self::SignatureMissing => "signature-missing",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::CounterMissing => "counter-missing",
            Self::Rollback { .. } => "rollback",
            Self::Downgrade => "downgrade",
            Self::Vendor => "vendor",
            Self::Class => "class",
            Self::Memory { .. } => "memory",
        }
    }
}

/// How a TLV area breaks its layout or the profile. A diagnosis only: the class is [`ImageErrorKind::Tlv`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum TlvFault {
    /// The area does not begin with its magic number.
    #[error("magic {0:04x}")]
    Magic(u16),
    /// The size of the area is not what it has to be.
    #[error("size {0} of the area")]
    AreaSize(u16),
    /// A TLV runs over the end of the area, or bytes are left over.
    #[error("not filled exactly")]
    Fill,
    /// A type that must not stand in this area.
    #[error("type {0:04x}")]
    Type(u16),
    /// A length that this type cannot have.
    #[error("length {0}")]
    Length(u16),
    /// Given twice.
    #[error("given twice")]
    Twice,
    /// A signature without a key directly before it, or a key without a signature directly after it.
    #[error("key and signature do not stand in pairs")]
    Pair,
    /// More than four signatures.
    #[error("too many signatures")]
    Signatures,
}
