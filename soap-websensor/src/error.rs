//! Why a body was refused, and why a message could not be written.

/// A refused body: the reject class of spec §10, where and in which element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} in `{field}` at byte {offset}")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct DecodeError {
    /// Reject class with its detail.
    pub kind: ErrorKind,
    /// Wire name of the element concerned, or the part of the document (`document`, `declaration`, `tag` …).
    pub field: &'static str,
    /// Byte offset from the start of the body, byte order mark included.
    pub offset: usize,
}

impl DecodeError {
    #[cfg(feature = "std")]
    #[cold]
    pub(crate) const fn new(kind: ErrorKind, field: &'static str, offset: usize) -> Self {
        Self { kind, field, offset }
    }
}

/// The reject classes of spec §10. Nothing else rejects a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ErrorKind {
    /// Longer than [`Options::max_len`](crate::Options::max_len).
    #[error("body of {len} octets is too large")]
    TooLarge {
        /// Length of the body in octets.
        len: usize,
    },
    /// Not UTF-8, or declared to be something else than UTF-8 or US-ASCII.
    #[error("not UTF-8")]
    NotUtf8,
    /// Any XML or namespace well-formedness error.
    #[error("not well-formed ({0})")]
    NotWellFormed(XmlFault),
    /// A document type declaration is present, whatever it contains.
    #[error("document type declaration")]
    Dtd,
    /// A limit on the shape of the document is exceeded.
    #[error("too complex ({0})")]
    TooComplex(Limit),
    /// The root is not an `Envelope` of a SOAP namespace.
    #[error("not a SOAP envelope")]
    NotSoap,
    /// The root is the SOAP 1.2 `Envelope`.
    #[error("SOAP 1.2 envelope")]
    SoapVersion,
    /// The envelope is not built as SOAP 1.1 and spec §3 ask for.
    #[error("envelope structure ({0})")]
    Structure(StructureFault),
    /// The body entry is a SOAP fault.
    #[error("SOAP fault")]
    Fault,
    /// Neither a registered message nor `Insert…Sample` (spec §4.1).
    #[error("unknown message")]
    UnknownMessage,
    /// No usable `passKey` or `sn`.
    #[error("no serial number")]
    NoSerial,
    /// A known element or a channel index occurs twice.
    #[error("duplicate element")]
    Duplicate,
}

impl ErrorKind {
    /// Stable machine name of the reject class, as in the conformance suite.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too-large",
            Self::NotUtf8 => "not-utf8",
            Self::NotWellFormed(_) => "not-well-formed",
            Self::Dtd => "dtd",
            Self::TooComplex(_) => "too-complex",
            Self::NotSoap => "not-soap",
            Self::SoapVersion => "soap-version",
            Self::Structure(_) => "structure",
            Self::Fault => "fault",
            Self::UnknownMessage => "unknown-message",
            Self::NoSerial => "no-serial",
            Self::Duplicate => "duplicate",
        }
    }
}

/// What is wrong with the XML. A diagnosis only: every one of them is the class `not-well-formed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum XmlFault {
    /// The document ends before its root element is closed, or has no root element at all.
    #[error("truncated")]
    Truncated,
    /// Markup that fits no production.
    #[error("syntax")]
    Syntax,
    /// The XML declaration is misplaced, misspelt or not of version 1.0.
    #[error("declaration")]
    Declaration,
    /// A character that XML 1.0 forbids, literal or by reference.
    #[error("forbidden character")]
    Character,
    /// A name or qualified name that is none.
    #[error("name")]
    Name,
    /// A reference to an entity that nobody declared.
    #[error("undeclared entity")]
    Entity,
    /// An attribute that is not `name="value"`, or has `<` in its value.
    #[error("attribute")]
    Attribute,
    /// The same attribute twice, by its name or by namespace and local name.
    #[error("repeated attribute")]
    RepeatedAttribute,
    /// A prefix that nobody declared.
    #[error("undeclared prefix")]
    Prefix,
    /// A namespace declaration that Namespaces in XML forbids.
    #[error("namespace declaration")]
    Namespace,
    /// An end tag without its start tag.
    #[error("end tag")]
    EndTag,
    /// `]]>` in text, or `--` in a comment.
    #[error("forbidden sequence")]
    Sequence,
    /// Text, references or elements outside the root element.
    #[error("content outside the root element")]
    OutsideRoot,
}

/// Which limit of spec §10 is exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Limit {
    /// More than [`MAX_DEPTH`](crate::limits::MAX_DEPTH) elements inside each other.
    #[error("depth")]
    Depth,
    /// More than [`MAX_ELEMENTS`](crate::limits::MAX_ELEMENTS) elements.
    #[error("elements")]
    Elements,
    /// More than [`MAX_ATTRIBUTES`](crate::limits::MAX_ATTRIBUTES) attributes on one element.
    #[error("attributes")]
    Attributes,
    /// A name longer than [`MAX_NAME_LEN`](crate::limits::MAX_NAME_LEN) octets.
    #[error("name length")]
    NameLength,
    /// An attribute value longer than [`MAX_TEXT_LEN`](crate::limits::MAX_TEXT_LEN) octets.
    #[error("attribute length")]
    AttributeLength,
    /// A leaf text longer than [`MAX_TEXT_LEN`](crate::limits::MAX_TEXT_LEN) octets.
    #[error("text length")]
    TextLength,
}

/// How the envelope is built wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum StructureFault {
    /// No `Body`.
    #[error("no Body")]
    NoBody,
    /// Two `Body` elements.
    #[error("two Body elements")]
    TwoBodies,
    /// A `Header` after `Body`.
    #[error("Header after Body")]
    LateHeader,
    /// No element in `Body`.
    #[error("empty Body")]
    EmptyBody,
    /// More than one element in `Body`.
    #[error("more than one message")]
    ManyMessages,
    /// Text that is not blank directly in `Envelope`, `Body` or the message element.
    #[error("stray text")]
    StrayText,
    /// A header entry that must be understood (strict mode only).
    #[error("mustUnderstand")]
    MustUnderstand,
    /// A processing instruction (strict mode only).
    #[error("processing instruction")]
    ProcessingInstruction,
}

/// A message that cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} in `{field}`")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct EncodeError {
    /// What prevents it.
    pub kind: EncodeErrorKind,
    /// Wire name of the element concerned.
    pub field: &'static str,
}

impl EncodeError {
    #[cold]
    pub(crate) const fn new(kind: EncodeErrorKind, field: &'static str) -> Self {
        Self { kind, field }
    }
}

/// Why a message cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum EncodeErrorKind {
    /// A character that XML 1.0 forbids.
    #[error("character U+{0:04X}")]
    Character(u32),
    /// The message name is not an XML name, or its namespace cannot be declared as the default one.
    #[error("name")]
    Name,
    /// A limit on the shape of the document is exceeded: the decoder would refuse it.
    #[error("too complex ({0})")]
    TooComplex(Limit),
    /// The buffer is too small.
    #[error("buffer too small, {needed} octets needed")]
    Buffer {
        /// Octets that the message takes.
        needed: usize,
    },
}

impl EncodeErrorKind {
    /// Stable machine name, as in the conformance suite where it names one.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Character(_) => "character",
            Self::Name => "name",
            Self::TooComplex(_) => "too-complex",
            Self::Buffer { .. } => "buffer",
        }
    }
}
