//! Snapshots and journals from a hostile disk: as they are, or made with right checksums.

#![no_main]

use comet_fuzz::guard::disk_input;

libfuzzer_sys::fuzz_target!(|input: &[u8]| disk_input(input));
