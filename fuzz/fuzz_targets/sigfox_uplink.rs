//! Any octets as an uplink frame, beside a plain decoder; then a message, damaged frames and what is made of them.

#![no_main]

use arbitrary::{Arbitrary as _, Unstructured};
use comet_fuzz::sigfox::{self, Sent};

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    sigfox::uplink(octets);
    if let Ok(sent) = Sent::arbitrary(&mut Unstructured::new(octets)) {
        sigfox::sent(&sent);
    }
});
