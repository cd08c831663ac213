//! A configuration, a line feed, a payload: the same values as those of a plain reader.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| comet_fuzz::callback::payload(input));
