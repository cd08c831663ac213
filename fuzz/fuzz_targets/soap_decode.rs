//! Any octets: both paths, both modes and `roxmltree` agree, and what is accepted is written back the same.

#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| comet_fuzz::soap::decoding(body));
