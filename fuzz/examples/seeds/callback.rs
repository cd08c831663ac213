//! Callbacks: bodies of each class and refusal; payload configurations with their payloads.

use std::error::Error;
use std::fs;

use crate::seed::{Kinds, LONGEST, MOST, body, cases, hex, name, target, write};

pub(crate) fn seeds() -> Result<(), Box<dyn Error>> {
    let mut kinds = Kinds::new();
    for case in cases("sigfox-callback", "receive")? {
        let id = name(&case);
        let steps = case["steps"].as_array().into_iter().flatten();
        for (number, step) in steps.enumerate() {
            let query = step["in"]["query"]
                .as_str()
                .map(|query| query.as_bytes().to_vec());
            let octets = body(&step["in"]).or(query).unwrap_or_default();
            if octets.is_empty() || octets.len() > LONGEST {
                continue;
            }
            let kind = format!(
                "{}{}{}",
                step["expect"]["ok"]["class"], step["expect"]["err"], step["in"]["content-type"]
            );
            kinds
                .entry(kind)
                .or_default()
                .push((format!("{id}-{number}"), octets));
        }
    }
    write(&target("callback_receive")?, &kinds, MOST)?;
    write(&target("callback_archive")?, &kinds, MOST)?;
    let target = target("callback_payload")?;
    for case in cases("sigfox-callback", "payload")?.iter().take(MOST) {
        let config = case["in"]["config"].as_str().unwrap_or_default();
        let payload = hex(&case["in"]["data"]).unwrap_or_default();
        fs::write(
            target.join(name(case)),
            [config.as_bytes(), b"\n", &payload].concat(),
        )?;
    }
    Ok(())
}
