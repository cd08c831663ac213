#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::std_instead_of_core, clippy::std_instead_of_alloc)]
#![doc = include_str!("../README.md")]

#[cfg(any(feature = "alloc", test))]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod alarm;
pub mod answer;
mod channels;
#[cfg(feature = "alloc")]
pub mod charset;
mod codes;
pub mod decimal;
pub mod encode;
pub mod error;
pub mod hexfloat;
mod json;
pub mod limits;
pub mod logger;
mod message;
pub mod modbus;
mod object;
mod serial;
pub mod sms;
mod text;
pub mod time;
pub mod values;
pub mod warning;
pub mod wifi;
pub mod wired;
mod writer;

pub use alarm::{Alarm, AlarmMode};
pub use channels::{ChannelEntry, Channels, Iter};
pub use decimal::Decimal;
pub use error::{DecodeError, EncodeError, EncodeErrorKind, ErrorKind};
pub use hexfloat::HexFloat;
pub use limits::{Options, Types};
pub use logger::LoggerMessage;
pub use message::{Content, Message, MessageType};
pub use serial::Serial;
pub use text::{Chars, Text};
pub use time::{Stamp, Time, Timestamp};
pub use warning::{Warning, Warnings};
pub use wifi::WifiMessage;
pub use wired::WiredMessage;

/// Decodes a body with the default [`Options`]: at most 64 KiB, types 1, 2 and 5, no older logger layouts, no batches.
///
/// # Errors
/// [`DecodeError`] with one of the error classes of W §8 and L §5, the member and the byte offset. An error value in a channel
/// never refuses a message.
pub fn decode(body: &[u8]) -> Result<Message<'_>, DecodeError> {
    message::decode(body, &Options::new())
}

/// Decodes a body.
///
/// # Errors
/// As [`decode`].
pub fn decode_with<'a>(body: &'a [u8], options: &Options) -> Result<Message<'a>, DecodeError> {
    message::decode(body, options)
}
