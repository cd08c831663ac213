#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::std_instead_of_core, clippy::std_instead_of_alloc)]
#![doc = include_str!("../README.md")]

extern crate alloc;
#[cfg(any(feature = "std", feature = "arbitrary", test))]
extern crate std;

mod bits;
mod counter;
pub mod crc32c;
pub mod distribution;
mod hash;
mod head;
pub mod journal;
mod key;
mod message;
pub mod policy;
mod quota;
pub mod rate;
pub mod record;
pub mod recovery;
pub mod reservation;
#[cfg(feature = "std")]
mod shared;
pub mod shed;
mod slots;
mod snapshot;
mod step;
mod suspension;
mod sweep;
#[cfg(feature = "std")]
mod sync;
pub mod table;
pub mod verdict;
mod window;

pub use counter::{Seed, SeedError};
pub use hash::HashKey;
pub use key::DeviceKey;
pub use message::Message;
pub use policy::{Config, Counter, First, Policy, PolicyError, Rate, StrikeOn, Strikes};
pub use rate::Gcra;
pub use record::Record;
#[cfg(feature = "std")]
pub use shared::SharedTable;
pub use shed::Shedder;
pub use slots::CapacityError;
pub use step::{Step, T_MAX, check, step};
pub use table::{Arrival, Table};
pub use verdict::{Event, Fresh, Outcome, Verdict};
