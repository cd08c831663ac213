//! Any octets, in every carrier: what a store keeps of them says the same, alone and merged.

#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| comet_fuzz::archive::archiving(body));
