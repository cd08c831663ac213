//! Lists of operations: three implementations decide alike, and no number is fresh twice.

#![no_main]

use comet_fuzz::guard::{Op, operations};
use replay_guard::Config;

libfuzzer_sys::fuzz_target!(|input: (Config, Vec<Op>)| {
    let (config, ops) = input;
    operations(config, ops);
});
