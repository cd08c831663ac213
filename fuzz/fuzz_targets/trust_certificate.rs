//! Any octets as a certificate, and signed by a trusted CA: what is taken is taken by other libraries too.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| comet_fuzz::trust::certificate::any(octets));
