//! Radio frames as they are; downlinks after their request; frames in a stream of noise.

use std::error::Error;
use std::fs;

use serde_json::Value;

use crate::seed::{Kinds, MOST, cases, hex, name, target, write};

pub(crate) fn seeds() -> Result<(), Box<dyn Error>> {
    let frame = |case: &Value| hex(&case["in"]["frame"]).or_else(|| hex(&case["expect"]["ok"]["frame"]));
    let (uplink, search) = (target("sigfox_uplink")?, target("sigfox_search")?);
    // Of each flag and length one, so that a cut-off takes from all.
    let mut kinds = Kinds::new();
    for case in cases("sigfox-radio", "uplink")? {
        let octets = frame(&case).unwrap_or_default();
        if !octets.is_empty() {
            let kind = format!("{} {}", case["flags"], octets.len());
            kinds.entry(kind).or_default().push((name(&case), octets));
        }
    }
    write(&uplink, &kinds, MOST)?;
    for (at, frames) in kinds.values().enumerate().take(MOST / 3) {
        let Some((id, octets)) = frames.first() else {
            continue;
        };
        // Options, weight, then the frame at some bit of a byte.
        let mut stream = vec![50, 100, 0x5C, 0x3A];
        let shift = at % 8;
        let mut before = 0;
        for octet in octets.iter().chain(&[0x96, 0x5A]) {
            let both = u16::from_be_bytes([before, *octet]) >> shift;
            stream.push(both.to_be_bytes()[1]);
            before = *octet;
        }
        fs::write(search.join(id), stream)?;
    }
    let downlink = target("sigfox_downlink")?;
    for case in cases("sigfox-radio", "downlink")?.iter().take(MOST) {
        let id = u32::from_str_radix(case["in"]["ep-id"].as_str().unwrap_or_default(), 16)?;
        let counter = u16::try_from(case["in"]["counter"].as_u64().unwrap_or_default())?;
        let octets = frame(case).unwrap_or_default();
        let seed = [&id.to_le_bytes()[..], &counter.to_le_bytes(), &octets].concat();
        fs::write(downlink.join(name(case)), seed)?;
    }
    Ok(())
}
