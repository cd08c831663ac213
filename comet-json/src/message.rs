//! A whole message, whatever its type.

use crate::error::{DecodeError, ErrorKind};
use crate::json::Cursor;
use crate::limits::Options;
use crate::logger::{self, Batch, LoggerMessage};
use crate::object;
use crate::serial::Serial;
use crate::warning::Warnings;
use crate::wifi::WifiMessage;
use crate::wired::WiredMessage;

/// `JsonType`: the families that are known (W §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum MessageType {
    /// 1: U-series loggers with modem, an array.
    Logger,
    /// 2: WiFi sensors, an object.
    Wifi,
    /// 5: wired sensors, an object.
    Wired,
}

impl MessageType {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Logger => 1,
            Self::Wifi => 2,
            Self::Wired => 5,
        }
    }

    /// The type with this number, if it is known.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Logger),
            2 => Some(Self::Wifi),
            5 => Some(Self::Wired),
            _ => None,
        }
    }
}

/// A decoded body. Borrows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Message<'a> {
    /// What it says.
    pub content: Content<'a>,
    /// What is off. Not part of the wire.
    pub warnings: Warnings,
}

/// The types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "kebab-case", tag = "type", content = "message")
)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "channels are held in place, nothing is allocated"
)]
pub enum Content<'a> {
    /// Type 1.
    Logger(LoggerMessage<'a>),
    /// Type 2.
    Wifi(WifiMessage<'a>),
    /// Type 5.
    Wired(WiredMessage<'a>),
    /// Several of type 1 in one body; only with [`Options::batch`].
    LoggerBatch(Batch<'a>),
}

impl Content<'_> {
    /// The type.
    #[must_use]
    pub const fn message_type(&self) -> MessageType {
        match self {
            Self::Logger(_) | Self::LoggerBatch(_) => MessageType::Logger,
            Self::Wifi(_) => MessageType::Wifi,
            Self::Wired(_) => MessageType::Wired,
        }
    }

    /// Serial number of the sender; `None` for a batch, whose messages may differ.
    #[must_use]
    pub const fn serial(&self) -> Option<Serial> {
        match self {
            Self::Logger(message) => Some(message.serial),
            Self::Wifi(message) => Some(message.serial),
            Self::Wired(message) => Some(message.serial),
            Self::LoggerBatch(_) => None,
        }
    }
}

/// Octets of the byte order mark.
const BOM: &str = "\u{FEFF}";

/// The text of a body and where it begins behind the byte order mark (W §8 rules 1 and 2, L §5 rule 1).
pub(crate) fn text(body: &[u8], max_len: usize) -> Result<(&str, usize), DecodeError> {
    if body.len() > max_len {
        let len = body.len();
        return Err(DecodeError::new(ErrorKind::TooLarge { len }, "body", max_len));
    }
    let text = core::str::from_utf8(body)
        .map_err(|error| DecodeError::new(ErrorKind::InvalidUtf8, "body", error.valid_up_to()))?;
    let start = if text.starts_with(BOM) { BOM.len() } else { 0 };
    Ok((text, start))
}

/// Reads one JSON text. Where it cannot be read for what it says, it is first made sure that it is JSON at all.
pub(crate) fn whole<'a, T>(
    (text, start): (&'a str, usize),
    read: impl FnOnce(&mut Cursor<'a>) -> Result<T, DecodeError>,
) -> Result<(T, Warnings), DecodeError> {
    let start = Cursor::new(text, start);
    let mut cursor = start;
    cursor.space();
    match read(&mut cursor).and_then(|value| cursor.finish().map(|()| value)) {
        Ok(value) => Ok((value, cursor.warnings)),
        Err(error) if error.kind.is_structural() => Err(error),
        Err(error) if cursor.refused_whole => Err(cursor.finish().err().unwrap_or(error)),
        Err(error) => Err(start.well_formed().err().unwrap_or(error)),
    }
}

pub(crate) fn decode<'a>(body: &'a [u8], options: &Options) -> Result<Message<'a>, DecodeError> {
    let text = text(body, options.max_len)?;
    let (content, warnings) = whole(text, |cursor| content(cursor, options))?;
    Ok(Message { content, warnings })
}

fn content<'a>(cursor: &mut Cursor<'a>, options: &Options) -> Result<Content<'a>, DecodeError> {
    let taken = |message_type| options.types.contains(message_type);
    match cursor.peek() {
        b'{' if taken(MessageType::Wifi) || taken(MessageType::Wired) => {
            let (number, offset) = object::json_type(*cursor)?;
            match number {
                2 if taken(MessageType::Wifi) => WifiMessage::read(cursor).map(Content::Wifi),
                5 if taken(MessageType::Wired) => WiredMessage::read(cursor).map(Content::Wired),
                number => {
                    let kind = ErrorKind::UnsupportedType { number };
                    Err(DecodeError::new(kind, "JsonType", offset))
                }
            }
        }
        b'[' if taken(MessageType::Logger) => {
            Ok(match logger::body(cursor, options.legacy, options.batch)? {
                logger::Body::One(message) => Content::Logger(message),
                logger::Body::Several(batch) => Content::LoggerBatch(batch),
            })
        }
        _ => Err(cursor.error(ErrorKind::WrongShape, "body")),
    }
}
