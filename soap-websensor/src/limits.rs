//! Limits on a body and its shape (spec §10, class `TooComplex`).

/// Octets of a body, unless [`Options`] says otherwise.
pub const MAX_BODY_LEN: usize = 64 * 1024;
/// Elements inside each other, the root being the first.
pub const MAX_DEPTH: usize = 16;
/// Elements in one document.
pub const MAX_ELEMENTS: usize = 512;
/// Attributes on one element, namespace declarations included.
pub const MAX_ATTRIBUTES: usize = 32;
/// Octets of a name, prefix included.
pub const MAX_NAME_LEN: usize = 256;
/// Octets of an attribute value or of the text of a leaf, references resolved, before trimming.
pub const MAX_TEXT_LEN: usize = 4096;
/// Characters of a serial number.
pub const MAX_SERIAL_LEN: usize = 32;
/// Highest channel number of a channel list (spec §4.6).
pub const MAX_CHANNEL: u8 = 99;

/// How a body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Longest body in octets that is looked at; default [`MAX_BODY_LEN`].
    pub max_len: usize,
    /// What to do with things SOAP 1.1 forbids or leaves to the receiver; default [`Strictness::Tolerant`].
    pub strictness: Strictness,
}

impl Options {
    /// The defaults: 64 KiB, tolerant.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_len: MAX_BODY_LEN,
            strictness: Strictness::Tolerant,
        }
    }

    /// Another limit for the length of a body.
    #[must_use]
    pub const fn with_max_len(mut self, max_len: usize) -> Self {
        self.max_len = max_len;
        self
    }

    /// Another strictness.
    #[must_use]
    pub const fn with_strictness(mut self, strictness: Strictness) -> Self {
        self.strictness = strictness;
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

/// Two places where spec §10 leaves a choice. Decides nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Strictness {
    /// Processing instructions and headers are ignored.
    #[default]
    Tolerant,
    /// A processing instruction (SOAP 1.1 §3 forbids it) and a header entry with `mustUnderstand="1"` reject the body.
    Strict,
}
