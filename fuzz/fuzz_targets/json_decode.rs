//! Any octets: what is accepted is JSON with the same values to a plain reader, and is written back the same.

#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| comet_fuzz::json::decoding(body));
