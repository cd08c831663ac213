//! The server machine, fed by a script.

#![no_main]

use comet_fuzz::tcp::server::{Script, session};

libfuzzer_sys::fuzz_target!(|script: Script<'_>| session(&script));
