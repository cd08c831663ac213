//! Seeds of `trust_image`, `trust_manifest`, `trust_certificate`.

use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{Kinds, LONGEST, MOST, empty, hex, write};

/// Images behind a choice; envelopes, and the manifests in them; certificates of devices. Of each outcome some.
pub(crate) fn write_all(here: &Path) -> Result<(), Box<dyn Error>> {
    let vectors = here.join("../conformance/vectors/device-trust");
    for (group, target) in [
        ("image", "trust_image"),
        ("manifest", "trust_manifest"),
        ("certificate", "trust_certificate"),
    ] {
        let text = fs::read_to_string(vectors.join(group).with_extension("json"))?;
        let cases: Value = serde_json::from_str(&text)?;
        let mut kinds = Kinds::new();
        for case in cases["cases"].as_array().into_iter().flatten() {
            let id = case["id"].as_str().unwrap_or_default().replace('/', "-");
            let (input, kind) = (&case["in"], case["expect"]["err"].to_string());
            let octets = match group {
                "image" => hex(&input["image"]).map(|image| [&[0x1d], image.as_slice()].concat()),
                "manifest" => hex(&input["envelope"]),
                _ => hex(&input["chain"][0]),
            };
            let octets = octets.unwrap_or_default();
            if octets.is_empty() || octets.len() > LONGEST {
                continue;
            }
            if let Some(manifest) = manifest(&octets).filter(|_| group == "manifest") {
                let signed = (format!("{id}-signed"), manifest.to_vec());
                kinds.entry(format!("{kind} signed")).or_default().push(signed);
            }
            kinds.entry(kind).or_default().push((id, octets));
        }
        write(&empty(here, target)?, &kinds, MOST)?;
    }
    Ok(())
}

/// The manifest in an envelope, behind the tag, the map and the wrapper; lengths of one byte.
fn manifest(envelope: &[u8]) -> Option<&[u8]> {
    let [_, _, _, 2, 0x58, wrapper, rest @ ..] = envelope else {
        return None;
    };
    match rest.get(usize::from(*wrapper)..)? {
        [3, 0x58, len, manifest @ ..] => manifest.get(..usize::from(*len)),
        _ => None,
    }
}
