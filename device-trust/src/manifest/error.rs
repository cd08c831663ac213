//! Why a manifest was refused.

/// A refused manifest: what is wrong, in which field and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} in `{field}` at byte {offset}")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ManifestError {
    /// What is wrong.
    pub kind: ManifestErrorKind,
    /// Name of the field, as in the specification.
    pub field: &'static str,
    /// Byte offset in the envelope; in the payload for [`ManifestErrorKind::Payload`].
    pub offset: usize,
}

impl ManifestError {
    #[cold]
    pub(super) const fn new(kind: ManifestErrorKind, field: &'static str, offset: usize) -> Self {
        Self { kind, field, offset }
    }
}

/// What is wrong with a manifest (§A.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ManifestErrorKind {
    /// The envelope, its wrapper or a signature block breaks the layout (steps 1 to 4, 6).
    #[error("envelope ({0})")]
    Envelope(Fault),
    /// Lawful in SUIT, but outside this profile (steps 2, 13, 15, 16).
    #[error("outside the profile")]
    Unsupported,
    /// A digest that is not SHA-256, or no signature of a known algorithm (steps 4, 8, 16).
    #[error("algorithm")]
    Algorithm,
    /// The digest is not that of the manifest (step 5).
    #[error("wrong digest")]
    Digest,
    /// No signature block (step 7).
    #[error("no signature")]
    SignatureMissing,
    /// No trusted key of an algorithm that signed (step 9).
    #[error("no trusted key")]
    Key,
    /// No signature is right under a trusted key (step 10).
    #[error("wrong signature")]
    Signature,
    /// The manifest breaks its layout (steps 11, 13, 15, 16).
    #[error("manifest ({0})")]
    Manifest(Fault),
    /// Not version 1 (step 12).
    #[error("version")]
    Version,
    /// The sequence number is below the stored one (step 14).
    #[error("sequence number {found} is below {stored}")]
    Rollback {
        /// Sequence number of the manifest.
        found: u64,
        /// Sequence number of the device.
        stored: u64,
    },
    /// Not for devices of this vendor (step 17).
    #[error("other vendor")]
    Vendor,
    /// Not for devices of this class (step 17).
    #[error("other class")]
    Class,
    /// The payload is larger than the policy allows (step 18).
    #[error("{0} bytes are too many")]
    Size(u64),
    /// The payload is not the one that the manifest announces (step 19).
    #[error("other payload")]
    Payload,
}

impl ManifestErrorKind {
    /// Stable machine name, as in the specification.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Envelope(_) => "envelope",
            Self::Unsupported => "unsupported",
            Self::Algorithm => "algorithm",
            Self::Digest => "digest",
            Self::SignatureMissing => "signature-missing",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Manifest(_) => "manifest",
            Self::Version => "version",
            Self::Rollback { .. } => "rollback",
            Self::Vendor => "vendor",
            Self::Class => "class",
            Self::Size(_) => "size",
            Self::Payload => "payload",
        }
    }
}

/// How bytes break the layout. A diagnosis only: the class is that of the [`ManifestErrorKind`] around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Fault {
    /// More than 8192 bytes.
    #[error("too long")]
    TooLong,
    /// The bytes end inside an item.
    #[error("cut short")]
    Short,
    /// Bytes are left over.
    #[error("bytes left over")]
    Surplus,
    /// A length or number that has a shorter form.
    #[error("not in its shortest form")]
    NotShortest,
    /// An item without a definite length, or the end of one.
    #[error("indefinite length")]
    Indefinite,
    /// A first byte that RFC 8949 reserves.
    #[error("reserved form")]
    Reserved,
    /// A float.
    #[error("float")]
    Float,
    /// A map key that is neither an integer nor text.
    #[error("kind of a map key")]
    KeyKind,
    /// A map key that was there before.
    #[error("map key given twice")]
    KeyTwice,
    /// Nested too deep.
    #[error("nested too deep")]
    Depth,
    /// Text that is not UTF-8.
    #[error("not UTF-8")]
    Utf8,
    /// Another kind of value than the layout wants, or another number of elements.
    #[error("wrong kind")]
    Kind,
    /// A member or element that must be there.
    #[error("missing")]
    Missing,
    /// A header parameter that must not stand there.
    #[error("header parameter out of place")]
    Header,
    /// A number out of its range, or a byte string of the wrong length.
    #[error("out of range")]
    Range,
    /// More than four signature blocks.
    #[error("too many signature blocks")]
    Blocks,
    /// A command before the parameter it is about.
    #[error("command before its parameter")]
    Order,
}
