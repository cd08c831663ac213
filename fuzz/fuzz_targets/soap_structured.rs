//! Documents near the template: the laws of `soap_decode`, deeper in the code.

#![no_main]

use arbitrary::Unstructured;
use comet_fuzz::{soap, template};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(body) = template::document(&mut Unstructured::new(data)) {
        soap::decoding(&body);
    }
});
