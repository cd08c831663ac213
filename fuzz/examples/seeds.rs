//! Writes the seeds of the targets from the golden vectors: `cargo run --example seeds`, in this directory.
//!
//! Few and small: one body of each class and form; the fuzzer finds the rest. `seeds/` is made anew.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use soap_websensor::decode;

const MOST: usize = 60;
const LONGEST: usize = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let vectors = here.join("../conformance/vectors/soap");
    // By kind of outcome, so that a cut-off takes from all.
    let mut kinds: BTreeMap<String, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    for group in ["decode", "encode"] {
        let group: Value =
            serde_json::from_str(&fs::read_to_string(vectors.join(group).with_extension("json"))?)?;
        for case in group["cases"].as_array().into_iter().flatten() {
            let id = case["id"].as_str().unwrap_or_default().replace('/', "-");
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
            kinds.entry(kind).or_default().push((id, body));
        }
    }
    let mut chosen = Vec::new();
    let most = kinds.values().map(Vec::len).max().unwrap_or_default();
    for round in 0..most {
        chosen.extend(kinds.values().filter_map(|kind| kind.get(round)));
    }
    chosen.truncate(MOST);
    let target = empty(here, "soap_decode")?;
    for (id, body) in chosen {
        fs::write(target.join(id), body)?;
    }
    json(here)?;
    guard(here)?;
    // These targets read decisions, not bodies: any octets do, of several lengths.
    for name in [
        "soap_structured",
        "soap_roundtrip",
        "soap_entry",
        "json_roundtrip",
        "guard_ops",
    ] {
        let target = empty(here, name)?;
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

/// One body of each outcome of each type.
fn json(here: &Path) -> Result<(), Box<dyn Error>> {
    let vectors = here.join("../conformance/vectors/comet-json");
    let mut chosen = BTreeMap::new();
    for group in ["object", "logger", "encode"] {
        let group: Value =
            serde_json::from_str(&fs::read_to_string(vectors.join(group).with_extension("json"))?)?;
        for case in group["cases"].as_array().into_iter().flatten() {
            let id = case["id"].as_str().unwrap_or_default().replace('/', "-");
            let octets = body(&case["in"])
                .or_else(|| body(&case["expect"]["ok"]))
                .unwrap_or_default();
            if octets.is_empty() || octets.len() > LONGEST {
                continue;
            }
            let kind = match comet_json::decode(&octets) {
                Ok(message) => format!("{:?} {:?}", message.content.message_type(), message.warnings),
                Err(error) => format!("{:?} {}", error.kind, error.field),
            };
            chosen.entry(kind).or_insert((id, octets));
        }
    }
    let target = empty(here, "json_decode")?;
    for (id, octets) in chosen.into_values().take(MOST) {
        fs::write(target.join(id), octets)?;
    }
    Ok(())
}

/// Files of the golden vectors behind the octet of their discipline: one alone, and each two of one case.
fn guard(here: &Path) -> Result<(), Box<dyn Error>> {
    let vectors = here.join("../conformance/vectors/replay-guard/snapshot.json");
    let group: Value = serde_json::from_str(&fs::read_to_string(vectors)?)?;
    let mut chosen = BTreeMap::new();
    for case in group["cases"].as_array().into_iter().flatten() {
        let id = case["id"].as_str().unwrap_or_default().replace('/', "-");
        let kind = case["open"]["in"]["counter"]["kind"].as_str();
        let kind = ["sliding", "rolling", "restarting", "none"]
            .iter()
            .position(|known| Some(*known) == kind);
        let first = u8::try_from(kind.unwrap_or_default())?;
        let mut before = Vec::new();
        for step in case["steps"].as_array().into_iter().flatten() {
            if let Some(file) = step["expect"]["ok"]["file"].as_str().and_then(octets) {
                let both = [&before, file.as_slice()].concat();
                for files in [&file, &both] {
                    if files.len() <= LONGEST {
                        chosen.insert([&[first], files.as_slice()].concat(), id.clone());
                    }
                }
                before = file;
            }
        }
    }
    let target = empty(here, "guard_disk")?;
    for (number, (file, id)) in chosen.into_iter().take(MOST).enumerate() {
        fs::write(target.join(format!("{id}-{number:02}")), file)?;
    }
    Ok(())
}

fn body(value: &Value) -> Option<Vec<u8>> {
    if let Some(text) = value["body-utf8"].as_str() {
        return Some(text.as_bytes().to_vec());
    }
    octets(value["body"].as_str()?)
}

fn octets(hex: &str) -> Option<Vec<u8>> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

fn empty(here: &Path, target: &str) -> std::io::Result<PathBuf> {
    let path = here.join("seeds").join(target);
    if path.exists() {
        fs::remove_dir_all(&path)?;
    }
    fs::create_dir_all(&path)?;
    Ok(path)
}
