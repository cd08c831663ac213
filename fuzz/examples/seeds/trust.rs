//! Seeds of `trust_image`, `trust_manifest`, `trust_certificate`.

use std::error::Error;

use crate::seed::{Kinds, LONGEST, MOST, cases, hex, name, target, write};

/// Images behind a choice; envelopes, and the manifests in them; certificates of devices. Of each outcome some.
pub(crate) fn seeds() -> Result<(), Box<dyn Error>> {
    for group in ["image", "manifest", "certificate"] {
        let mut kinds = Kinds::new();
        for case in cases("device-trust", group)? {
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
                let signed = (format!("{}-signed", name(&case)), manifest.to_vec());
                kinds.entry(format!("{kind} signed")).or_default().push(signed);
            }
            kinds.entry(kind).or_default().push((name(&case), octets));
        }
        write(&target(&format!("trust_{group}"))?, &kinds, MOST)?;
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
