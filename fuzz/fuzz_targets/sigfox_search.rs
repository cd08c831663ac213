//! Any stream: the candidates of both searches beside a look at every place.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| comet_fuzz::sigfox::search(octets));
