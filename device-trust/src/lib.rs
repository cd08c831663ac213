#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::std_instead_of_core, clippy::std_instead_of_alloc)]
#![doc = include_str!("../README.md")]

#[cfg(any(feature = "certificate", feature = "api", test))]
extern crate alloc;
#[cfg(any(feature = "api", test))]
extern crate std;

pub mod access;
#[cfg(feature = "api")]
#[cfg_attr(docsrs, doc(cfg(feature = "api")))]
pub mod api;
#[cfg(feature = "certificate")]
#[cfg_attr(docsrs, doc(cfg(feature = "certificate")))]
pub mod certificate;
pub mod image;
pub mod key;
pub mod manifest;
pub mod update;

pub use key::{Ed25519Key, KeyError, P256Key};
