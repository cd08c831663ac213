//! Any octets as a downlink for any request, beside a plain decoder; then an answer with errors.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| comet_fuzz::sigfox::downlink(octets));
