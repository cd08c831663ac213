//! Any octets as an envelope, and as a manifest that is signed: what is taken has one form.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| comet_fuzz::trust::manifest::any(octets));
