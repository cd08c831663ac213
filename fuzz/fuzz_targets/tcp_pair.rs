//! Both machines over lines that break: every sample once.

#![no_main]

use comet_fuzz::tcp::pair::{Script, uploads};

libfuzzer_sys::fuzz_target!(|script: Script| uploads(&script));
