#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::std_instead_of_core, clippy::std_instead_of_alloc)]
#![doc = include_str!("../README.md")]

extern crate alloc;

#[cfg(feature = "certificate")]
pub mod certificate;
#[cfg(any(feature = "soap", feature = "json"))]
pub mod entry;
pub mod guard;
pub mod observation;
pub mod pipeline;
#[cfg(feature = "json")]
pub mod push;
pub mod quantity;
pub mod reply;
#[cfg(feature = "sigfox")]
pub mod sigfox;
#[cfg(feature = "soap")]
pub mod soap;
#[cfg(feature = "tcp")]
pub mod tcp;
pub mod time;
pub mod value;

#[cfg(feature = "certificate")]
pub use certificate::Certified;
#[cfg(any(feature = "soap", feature = "json"))]
pub use entry::{Addressed, Credentials};
pub use guard::{Inquiry, Policies, Storage};
pub use observation::{
    Alarm, Channel, Description, DeviceId, Family, Observation, Provenance, Quality, Source,
};
pub use pipeline::{Admitted, Authentic, Claim, Ingest, MessageKey, Proof, Settled};
pub use quantity::{Quantity, Unit};
pub use reply::{Refusal, RefusalReason, Reply};
pub use time::{Arrival, Basis, Taken, UnixMillis};
pub use value::{Binary32, Binary64, Decimal, Value};
