//! Bodies of Web Sensors, of each kind of outcome.

use std::error::Error;

use soap_websensor::decode;

use crate::seed::{Kinds, LONGEST, MOST, body, cases, name, target, write};

pub(crate) fn seeds() -> Result<(), Box<dyn Error>> {
    // By kind of outcome, so that a cut-off takes from all.
    let mut kinds = Kinds::new();
    for group in ["decode", "encode"] {
        for case in cases("soap", group)? {
            let body = body(&case["in"])
                .or_else(|| body(&case["expect"]["ok"]))
                .unwrap_or_default();
            if body.is_empty() || body.len() > LONGEST {
                continue;
            }
            let kind = match decode(&body) {
                Ok(message) => format!("{} {:?}", message.content.shape(), message.all_warnings()),
                Err(error) => error.kind.to_string(),
            };
            kinds.entry(kind).or_default().push((name(&case), body));
        }
    }
    write(&target("soap_decode")?, &kinds, MOST)?;
    Ok(())
}
