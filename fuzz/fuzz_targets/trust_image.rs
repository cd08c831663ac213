//! Any octets as an image, and with its trailer put right: the stream answers as the whole.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| comet_fuzz::trust::image::any(octets));
