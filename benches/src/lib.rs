//! What the benches measure: bodies ([`corpus`]) and other ways to do the same work ([`peers`], [`writers`]); JSON bodies
//! with theirs ([`push`]), sessions over TCP ([`tcp`]), callbacks of the Sigfox Cloud ([`callback`]).
//!
//! | run | shows |
//! |---|---|
//! | `cargo bench -p comet-benches` | times, by criterion; group = operation, function = implementation |
//! | `cargo run --release -p comet-benches --bin ratios` | ratios from interleaved rounds in one process; README numbers |
//! | `valgrind --tool=callgrind … target/release/instructions` | instructions; does not depend on the quiet of the machine |
//!
//! Every implementation is checked for the same result on the same bytes before it is timed.

pub mod callback;
pub mod corpus;
pub mod peers;
pub mod push;
pub mod tcp;
pub mod writers;
