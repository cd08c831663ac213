//! The device machine, fed by a script.

#![no_main]

use comet_fuzz::tcp::device::{Script, session};

libfuzzer_sys::fuzz_target!(|script: Script<'_>| session(&script));
