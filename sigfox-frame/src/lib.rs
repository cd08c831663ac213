#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::std_instead_of_core, clippy::std_instead_of_alloc)]
//! Sigfox: [cloud callbacks](callback), [custom payload configurations](payload) and [layout descriptions](layout).

#[cfg(any(feature = "alloc", test))]
extern crate alloc;
#[cfg(test)]
extern crate std;

#[cfg(feature = "alloc")]
mod bits;
#[cfg(feature = "callback")]
pub mod callback;
pub mod decimal;
#[cfg(feature = "alloc")]
pub mod layout;
#[cfg(feature = "payload")]
pub mod payload;

pub use decimal::Decimal;
