//! Limits on a body and what of it is read (W §8, L §5).

use crate::message::MessageType;

/// Octets of a body, byte order mark included, unless [`Options`] says otherwise (W §8 rule 2, L §5 rule 1).
pub const MAX_BODY_LEN: usize = 64 * 1024;
/// Objects and arrays inside each other, the outermost being the first (W §8 rule 2, L §5 rule 1).
pub const MAX_DEPTH: u8 = 16;
/// Channels of one message of type 2 or 5 (W §8 rule 14).
pub const MAX_CHANNELS: usize = 64;
/// Channels of one logger message, and the highest channel number (L §5 rule 9).
pub const MAX_LOGGER_CHANNELS: u8 = 8;
/// Channels of a pull document and of the register map (W §10).
pub const MAX_PULL_CHANNELS: usize = 8;
/// Highest sending interval of a logger in seconds, one week (L §3).
pub const MAX_LOGGER_INTERVAL_S: u32 = 604_800;
/// Highest number of decimal places of a logger channel (L §3.1).
pub const MAX_DECIMAL_PLACES: u8 = 10;

/// How a body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Longest body in octets that is looked at; default [`MAX_BODY_LEN`].
    pub max_len: usize,
    /// Message types that are taken; default all.
    pub types: Types,
    /// Whether the inferred layouts of logger versions 1 to 5 are read (L §3.2); default no.
    pub legacy: bool,
    /// Whether an array of logger messages is read (L §4.6, §5 rule 4); default no, since that framing is a guess.
    pub batch: bool,
}

impl Options {
    /// The defaults: 64 KiB, all types, no older layouts, no batches.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_len: MAX_BODY_LEN,
            types: Types::ALL,
            legacy: false,
            batch: false,
        }
    }

    /// Another limit for the length of a body.
    #[must_use]
    pub const fn with_max_len(mut self, max_len: usize) -> Self {
        self.max_len = max_len;
        self
    }

    /// Only these types.
    #[must_use]
    pub const fn with_types(mut self, types: Types) -> Self {
        self.types = types;
        self
    }

    /// The inferred layouts of logger versions 1 to 5, too.
    #[must_use]
    pub const fn with_legacy(mut self, legacy: bool) -> Self {
        self.legacy = legacy;
        self
    }

    /// Arrays of logger messages, too.
    #[must_use]
    pub const fn with_batch(mut self, batch: bool) -> Self {
        self.batch = batch;
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

/// A set of message types.
///
/// ```
/// use comet_json::{MessageType, Types};
/// let objects = Types::NONE.with(MessageType::Wifi).with(MessageType::Wired);
/// assert!(objects.contains(MessageType::Wired) && !objects.contains(MessageType::Logger));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Types(u8);

impl Types {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// Types 1, 2 and 5.
    pub const ALL: Self = Self::NONE
        .with(MessageType::Logger)
        .with(MessageType::Wifi)
        .with(MessageType::Wired);

    /// These and one more.
    #[must_use]
    pub const fn with(self, message_type: MessageType) -> Self {
        Self(self.0 | bit(message_type))
    }

    /// Whether this one is among them.
    #[must_use]
    pub const fn contains(self, message_type: MessageType) -> bool {
        self.0 & bit(message_type) != 0
    }
}

impl Default for Types {
    fn default() -> Self {
        Self::ALL
    }
}

const fn bit(message_type: MessageType) -> u8 {
    match message_type {
        MessageType::Logger => 1,
        MessageType::Wifi => 2,
        MessageType::Wired => 4,
    }
}
