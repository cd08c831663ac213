//! Any octets, in every carrier: what is accepted keeps its laws, and is JSON with the same values to a plain reader.

#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| comet_fuzz::callback::receiving(body));
