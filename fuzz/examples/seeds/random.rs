//! Any octets, of several lengths, for the targets that read decisions and not bodies.

use std::error::Error;
use std::fs;

use crate::seed::target;

pub(crate) fn seeds() -> Result<(), Box<dyn Error>> {
    for name in [
        "soap_structured",
        "soap_roundtrip",
        "soap_entry",
        "json_roundtrip",
        "tcp_server",
        "tcp_device",
        "tcp_pair",
        "guard_ops",
    ] {
        let target = target(name)?;
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        for len in [64_usize, 256, 512, 1024, 2048] {
            let octets = std::iter::repeat_with(|| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_be_bytes()[0]
            });
            fs::write(
                target.join(format!("random-{len:04}")),
                octets.take(len).collect::<Vec<u8>>(),
            )?;
        }
    }
    Ok(())
}
