//! What the benches measure: bodies ([`corpus`]) and other ways to do the same work ([`peers`], [`writers`]); JSON bodies
//! with theirs ([`push`]), sessions over TCP ([`tcp`]), radio frames ([`sigfox`]) and callbacks of the Sigfox Cloud
//! ([`callback`]); devices and their records ([`guard`]); signed updates and device certificates ([`trust`]).
//!
//! | run | shows |
//! |---|---|
//! | `cargo bench -p comet-benches` | times, by criterion; group = operation, function = implementation |
//! | `cargo run --release -p comet-benches --bin ratios` | ratios from interleaved rounds in one process; README numbers |
//! | `cargo run --release -p comet-benches --bin ratios -- sigfox callback` | those of some families: `soap`, `json`, `tcp`, `sigfox`, `callback` |
//! | `cargo run --release -p comet-benches --bin ratios -- guard 1000000` | the same of the guard at so many devices |
//! | `valgrind --tool=callgrind … target/release/instructions` | instructions; does not depend on the quiet of the machine |
//! | `cargo run --release -p comet-benches --bin guard_memory -- KIND DEVICES` | resident memory for each device |
//!
//! Every implementation is checked for the same result on the same bytes before it is timed.

pub mod callback;
pub mod corpus;
pub mod guard;
pub mod peers;
pub mod push;
pub mod sigfox;
pub mod tcp;
pub mod trust;
pub mod writers;
