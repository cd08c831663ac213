//! Any octets: the same frames for every cut, and each frame and body the only encoding of what it says.

#![no_main]

libfuzzer_sys::fuzz_target!(|stream: &[u8]| comet_fuzz::tcp::frames::splitting(stream));
