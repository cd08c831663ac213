#![doc = include_str!("../README.md")]

extern crate alloc;

pub mod catalogue;
pub mod compare;
pub mod driver;
pub mod exception;
mod glob;
mod hex;
pub mod lint;
pub mod op;
pub mod ops;
mod printable;
pub mod profile;
pub mod protocol;
pub mod report;
pub mod run;
pub mod selection;
pub mod shim;
pub mod subject;
pub mod vector;
pub mod verdict;

/// Version of the suite of vectors, which is not that of this crate: programs pin it, reports name it (§9).
pub const SUITE_VERSION: &str = "1.0.0";
