//! Sigfox: device types, merged messages, downlinks, and payloads decoded by their owners' descriptions.

mod adoption;
mod callback;
mod catalogue;
mod decoding;
mod downlink;
mod frame;
mod layout;
mod types;

pub(crate) use adoption::{Adopted, UNKNOWN, Unknown, Waiting, unknown};
pub(crate) use callback::{Callback, Stored};
pub(crate) use catalogue::Catalogue;
pub(crate) use decoding::redecode;
pub(crate) use downlink::{State, Turn};
pub(crate) use frame::Frame;
pub(crate) use layout::{Description, Kind};
pub(crate) use types::{DeviceType, Secrets};
