#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::std_instead_of_core, clippy::std_instead_of_alloc)]
#![doc = include_str!("../README.md")]

#[cfg(any(feature = "alloc", test))]
extern crate alloc;
#[cfg(any(feature = "arbitrary", test))]
extern crate std;

pub mod auth;
#[cfg(feature = "alloc")]
mod bits;
#[cfg(feature = "callback")]
pub mod callback;
pub mod coding;
pub mod control;
pub mod decimal;
pub mod downlink;
pub mod error;
pub mod id;
#[cfg(feature = "alloc")]
pub mod layout;
#[cfg(feature = "payload")]
pub mod payload;
pub mod region;
pub mod search;
pub mod sequence;
pub mod transform;
pub mod uplink;

pub use decimal::Decimal;
pub use error::{DecodeError, EncodeError, EncodeErrorKind, ErrorKind};
pub use id::EpId;
