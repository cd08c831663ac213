#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::std_instead_of_core, clippy::std_instead_of_alloc)]
#![doc = include_str!("../README.md")]

#[cfg(any(feature = "std", test))]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod alarms;
pub mod answer;
pub mod canonical;
pub mod channels;
#[cfg(feature = "std")]
pub mod charset;
pub mod decimal;
pub mod device;
pub mod encode;
pub mod entry;
#[cfg(feature = "std")]
pub mod envelope;
pub mod error;
mod field;
pub mod limits;
pub mod message;
pub mod reading;
pub mod sample;
mod text;
pub mod units;
#[cfg(feature = "std")]
pub mod unknown;
pub mod warning;
#[cfg(feature = "std")]
mod xml;

pub use alarms::Alarm;
pub use channels::{Channel, ChannelForm, ChannelList, Channels};
pub use decimal::Decimal;
pub use device::{DeviceCode, Model};
pub use error::{DecodeError, EncodeError, EncodeErrorKind, ErrorKind};
pub use limits::{Options, Strictness};
pub use message::{Content, Message, MessageName, Registered, Serial};
pub use reading::{Reading, Status};
pub use sample::{Climate, Co2, Lamps, Trhp};
pub use text::Text;
pub use units::{ComputedQuantity, Unit};
pub use warning::{Warning, Warnings};

/// Decodes a SOAP body with the default [`Options`]: at most 64 KiB, tolerant.
///
/// # Errors
/// [`DecodeError`] with one of the reject classes of spec §10 and the byte offset. Fields that are off do not reject a
/// message: they have a [`Status`] or a [`Warning`].
#[cfg(feature = "std")]
pub fn decode(body: &[u8]) -> Result<Message<'_>, DecodeError> {
    decode_with(body, &Options::new())
}

/// Decodes a SOAP body.
///
/// Bodies that follow the template of the real sensors take the [`canonical`] path, which allocates nothing; all others the
/// [general one](envelope), which also names the error.
///
/// # Errors
/// As [`decode`].
#[cfg(feature = "std")]
pub fn decode_with<'a>(body: &'a [u8], options: &Options) -> Result<Message<'a>, DecodeError> {
    let text = envelope::text(body, options)?;
    match canonical::decode_str(text) {
        Some(message) => Ok(message),
        None => envelope::decode_str(text, options),
    }
}
