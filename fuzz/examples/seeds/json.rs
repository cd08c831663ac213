//! JSON messages: accepted bodies of each type, a body of each refusal.

use std::error::Error;
use std::fs;

use comet_json::Options;

use crate::seed::{Kinds, LONGEST, MOST, body, cases, name, target, write};

pub(crate) fn seeds() -> Result<(), Box<dyn Error>> {
    let (mut accepted, mut refused) = (Kinds::new(), Kinds::new());
    for group in ["object", "logger", "encode"] {
        for case in cases("comet-json", group)? {
            let octets = body(&case["in"])
                .or_else(|| body(&case["expect"]["ok"]))
                .unwrap_or_default();
            if octets.is_empty() || octets.len() > LONGEST {
                continue;
            }
            let options = Options::new().with_legacy(true).with_batch(true);
            let (kinds, kind) = match comet_json::decode_with(&octets, &options) {
                Ok(message) => (&mut accepted, format!("{:?}", message.content.message_type())),
                Err(error) => (
                    &mut refused,
                    format!("{:?}", core::mem::discriminant(&error.kind)),
                ),
            };
            kinds.entry(kind).or_default().push((name(&case), octets));
        }
    }
    let target = target("json_decode")?;
    fs::write(target.join("twelve-channels"), twelve_channels())?;
    if let Some((_, one)) = accepted.get("Logger").and_then(|loggers| loggers.first()) {
        fs::write(
            target.join("batch"),
            [b"[", one.as_slice(), b",", one, b"]"].concat(),
        )?;
    }
    // Accepted bodies first.
    write(&target, &accepted, MOST / 2)?;
    write(&target, &refused, MOST / 2)?;
    Ok(())
}

/// More channels than a message holds in place.
fn twelve_channels() -> String {
    let channels: Vec<_> = (1..=12)
        .map(|nr| format!(r#"{{"Nr":{nr},"Val":"40900000"}}"#))
        .collect();
    format!(
        r#"{{"JsonType":2,"Sn":"21990417","Time":{{"Sample":"2023-03-14T07:20:00+01:00"}},"Channels":[{}]}}"#,
        channels.join(",")
    )
}
