//! Any octets as a SAMPLES body: what a plain decoder reads, and the only encoding of it. Then records to be written.

#![no_main]

use arbitrary::{Arbitrary as _, Unstructured};
use comet_fuzz::tcp::samples::Log;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    comet_fuzz::tcp::samples::decoding(octets);
    if let Ok(log) = Log::arbitrary(&mut Unstructured::new(octets)) {
        comet_fuzz::tcp::samples::encoding(&log);
    }
});
