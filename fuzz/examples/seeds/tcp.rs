//! Sessions over TCP: streams and bodies of samples, as they are.

use std::error::Error;
use std::fs;

use serde_json::Value;

use crate::seed::{LONGEST, MOST, cases, hex, name, target};

pub(crate) fn seeds() -> Result<(), Box<dyn Error>> {
    for (group, member, of) in [
        ("decoder", "chunks", "tcp_frames"),
        ("samples", "body", "tcp_samples"),
    ] {
        let target = target(of)?;
        for case in cases("wifisensor-tcp", group)?.iter().take(MOST) {
            let octets = match &case["in"][member] {
                Value::Array(chunks) => chunks.iter().filter_map(hex).flatten().collect(),
                whole => hex(whole).unwrap_or_default(),
            };
            if (1..=LONGEST).contains(&octets.len()) {
                fs::write(target.join(name(case)), octets)?;
            }
        }
    }
    Ok(())
}
