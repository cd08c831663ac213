//! Writes the seeds of the targets from the golden vectors: `cargo run --example seeds`, in this directory.
//!
//! Few and small: one body of each class and form; the fuzzer finds the rest. `seeds/` is made anew.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use comet_json::Options;
use serde_json::Value;
use soap_websensor::decode;

const MOST: usize = 60;
const LONGEST: usize = 1000;

/// Name and octets of bodies, by what becomes of them.
type Kinds = BTreeMap<String, Vec<(String, Vec<u8>)>>;

fn main() -> Result<(), Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let vectors = here.join("../conformance/vectors/soap");
    // By kind of outcome, so that a cut-off takes from all.
    let mut kinds = Kinds::new();
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
    write(&empty(here, "soap_decode")?, &kinds, MOST)?;
    json(here)?;
    tcp(here)?;
    guard(here)?;
    sigfox(here)?;
    callback(here)?;
    // These targets read decisions, not bodies: any octets do, of several lengths.
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

/// Writes at most `most` bodies, in turn one of each kind.
fn write(target: &Path, kinds: &Kinds, most: usize) -> std::io::Result<()> {
    let rounds = kinds.values().map(Vec::len).max().unwrap_or_default();
    let all = (0..rounds).flat_map(|round| kinds.values().filter_map(move |kind| kind.get(round)));
    for (id, body) in all.take(most) {
        fs::write(target.join(id), body)?;
    }
    Ok(())
}

/// Accepted bodies of each type first, a body of each refusal with the rest.
fn json(here: &Path) -> Result<(), Box<dyn Error>> {
    let vectors = here.join("../conformance/vectors/comet-json");
    let (mut accepted, mut refused) = (Kinds::new(), Kinds::new());
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
            let options = Options::new().with_legacy(true).with_batch(true);
            let (kinds, kind) = match comet_json::decode_with(&octets, &options) {
                Ok(message) => (&mut accepted, format!("{:?}", message.content.message_type())),
                Err(error) => (
                    &mut refused,
                    format!("{:?}", core::mem::discriminant(&error.kind)),
                ),
            };
            kinds.entry(kind).or_default().push((id, octets));
        }
    }
    let target = empty(here, "json_decode")?;
    fs::write(target.join("twelve-channels"), twelve_channels())?;
    if let Some((_, one)) = accepted.get("Logger").and_then(|loggers| loggers.first()) {
        fs::write(
            target.join("batch"),
            [b"[", one.as_slice(), b",", one, b"]"].concat(),
        )?;
    }
    write(&target, &accepted, MOST / 2)?;
    write(&target, &refused, MOST / 2)?;
    Ok(())
}

/// Streams and bodies of samples, as they are.
fn tcp(here: &Path) -> Result<(), Box<dyn Error>> {
    let vectors = here.join("../conformance/vectors/wifisensor-tcp");
    for (group, member, target) in [
        ("decoder", "chunks", "tcp_frames"),
        ("samples", "body", "tcp_samples"),
    ] {
        let group: Value =
            serde_json::from_str(&fs::read_to_string(vectors.join(group).with_extension("json"))?)?;
        let target = empty(here, target)?;
        for case in group["cases"].as_array().into_iter().flatten().take(MOST) {
            let octets = match &case["in"][member] {
                Value::Array(chunks) => chunks.iter().filter_map(hex).flatten().collect(),
                whole => hex(whole).unwrap_or_default(),
            };
            if (1..=LONGEST).contains(&octets.len()) {
                fs::write(
                    target.join(case["id"].as_str().unwrap_or_default().replace('/', "-")),
                    octets,
                )?;
            }
        }
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
            if let Some(file) = hex(&step["expect"]["ok"]["file"]) {
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

/// Frames as they are; downlinks after their request; frames in a stream of noise.
fn sigfox(here: &Path) -> Result<(), Box<dyn Error>> {
    let vectors = here.join("../conformance/vectors/sigfox-radio");
    let read = |group: &str| -> Result<Vec<Value>, Box<dyn Error>> {
        let text = fs::read_to_string(vectors.join(group).with_extension("json"))?;
        let group: Value = serde_json::from_str(&text)?;
        Ok(group["cases"].as_array().cloned().unwrap_or_default())
    };
    let name = |case: &Value| case["id"].as_str().unwrap_or_default().replace('/', "-");
    let frame = |case: &Value| hex(&case["in"]["frame"]).or_else(|| hex(&case["expect"]["ok"]["frame"]));
    let (uplink, search) = (empty(here, "sigfox_uplink")?, empty(here, "sigfox_search")?);
    // Of each flag and length one, so that a cut-off takes from all.
    let mut kinds = Kinds::new();
    for case in read("uplink")? {
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
    let downlink = empty(here, "sigfox_downlink")?;
    for case in read("downlink")?.iter().take(MOST) {
        let id = u32::from_str_radix(case["in"]["ep-id"].as_str().unwrap_or_default(), 16)?;
        let counter = u16::try_from(case["in"]["counter"].as_u64().unwrap_or_default())?;
        let octets = frame(case).unwrap_or_default();
        let seed = [&id.to_le_bytes()[..], &counter.to_le_bytes(), &octets].concat();
        fs::write(downlink.join(name(case)), seed)?;
    }
    Ok(())
}

/// Bodies of each class and refusal; configurations with their payloads.
fn callback(here: &Path) -> Result<(), Box<dyn Error>> {
    let vectors = here.join("../conformance/vectors/sigfox-callback");
    let read = |group: &str| -> Result<Value, Box<dyn Error>> {
        Ok(serde_json::from_str(&fs::read_to_string(
            vectors.join(group).with_extension("json"),
        )?)?)
    };
    let mut kinds = Kinds::new();
    for case in read("receive")?["cases"].as_array().into_iter().flatten() {
        let id = case["id"].as_str().unwrap_or_default().replace('/', "-");
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
    write(&empty(here, "callback_receive")?, &kinds, MOST)?;
    write(&empty(here, "callback_archive")?, &kinds, MOST)?;
    let target = empty(here, "callback_payload")?;
    for case in read("payload")?["cases"]
        .as_array()
        .into_iter()
        .flatten()
        .take(MOST)
    {
        let config = case["in"]["config"].as_str().unwrap_or_default();
        let payload = hex(&case["in"]["data"]).unwrap_or_default();
        let id = case["id"].as_str().unwrap_or_default().replace('/', "-");
        fs::write(target.join(id), [config.as_bytes(), b"\n", &payload].concat())?;
    }
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

fn body(value: &Value) -> Option<Vec<u8>> {
    if let Some(text) = value["body-utf8"].as_str() {
        return Some(text.as_bytes().to_vec());
    }
    hex(&value["body"])
}

fn hex(value: &Value) -> Option<Vec<u8>> {
    value
        .as_str()?
        .as_bytes()
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
