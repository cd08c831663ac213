//! What the families have in common: vectors in, files out.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Most seeds of a target.
pub(crate) const MOST: usize = 60;
/// Most octets of a seed.
pub(crate) const LONGEST: usize = 1000;

/// Name and octets of bodies, by what becomes of them.
pub(crate) type Kinds = BTreeMap<String, Vec<(String, Vec<u8>)>>;

/// The cases of a group of golden vectors.
pub(crate) fn cases(suite: &str, group: &str) -> Result<Vec<Value>, Box<dyn Error>> {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/vectors");
    let text = fs::read_to_string(vectors.join(suite).join(group).with_extension("json"))?;
    let group: Value = serde_json::from_str(&text)?;
    Ok(group["cases"].as_array().cloned().unwrap_or_default())
}

/// The name of a case, as that of a file.
pub(crate) fn name(case: &Value) -> String {
    case["id"].as_str().unwrap_or_default().replace('/', "-")
}

/// Writes at most `most` bodies, in turn one of each kind.
pub(crate) fn write(target: &Path, kinds: &Kinds, most: usize) -> std::io::Result<()> {
    let rounds = kinds.values().map(Vec::len).max().unwrap_or_default();
    let all = (0..rounds).flat_map(|round| kinds.values().filter_map(move |kind| kind.get(round)));
    for (id, body) in all.take(most) {
        fs::write(target.join(id), body)?;
    }
    Ok(())
}

/// The body of a request, as text or as digits.
pub(crate) fn body(value: &Value) -> Option<Vec<u8>> {
    if let Some(text) = value["body-utf8"].as_str() {
        return Some(text.as_bytes().to_vec());
    }
    hex(&value["body"])
}

/// The octets that digits stand for.
pub(crate) fn hex(value: &Value) -> Option<Vec<u8>> {
    value
        .as_str()?
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// The empty folder of a target.
pub(crate) fn target(name: &str) -> std::io::Result<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name);
    if path.exists() {
        fs::remove_dir_all(&path)?;
    }
    fs::create_dir_all(&path)?;
    Ok(path)
}
