#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::std_instead_of_core, clippy::std_instead_of_alloc)]
#![doc = include_str!("../README.md")]

#[cfg(test)]
extern crate alloc;
#[cfg(any(feature = "arbitrary", test))]
extern crate std;

pub mod ack;
pub mod config;
mod cursor;
pub mod device;
pub mod error;
pub mod failure;
pub mod frame;
pub mod handshake;
pub mod keys;
mod link;
pub mod result;
pub mod rotate;
pub mod samples;
pub mod server;
pub mod session;
pub mod status;
pub mod time;

pub use error::{CallError, DecodeError, EncodeError, EncodeErrorKind, ErrorKind, Fault};
