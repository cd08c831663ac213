//! Lint of vector files (§9): schema, canonical text, ids, flags, signatures, ops and codes of the catalogue, reach.
//!
//! How the rules are read where the contract is brief:
//!
//! * **Signature.** A member of `in` has the name and type of the catalogue, and those that are not optional are there. A member of
//!   `in`, `ok` or `with` has one JSON type in all cases of an op. Null counts as absent, and an integer beyond 2^53 − 1,
//!   which is written as text, as a number or a text. Where an op has messages of two shapes (`comet-json.*`: objects and loggers), the
//!   member that tells them apart (`json-type`) is part of the signature.
//! * **Codes.** Listed codes, tolerated ones included, are of the op's row; `the names of A.1.2` are those of that document. A
//!   code is reached by a case that lists it first, as the one of the specification.
//! * **Reach** is asked of the suites that the linted files belong to.

mod canonical;
mod reach;
mod rules;
mod signature;

use crate::vector::{self, Group, VectorError};
use core::fmt;
use serde_json::{Map, Value};
use std::path::Path;

/// Findings of one rule in one file that are listed; more are counted only.
const MAX_LISTED: usize = 20;

/// The schema of vector files, as published.
pub const SCHEMA: &str = include_str!("../vectors/schema/vectors-1.json");

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// The file fits the schema.
    Schema,
    /// The file is written in canonical text.
    Text,
    /// Suite and group are those of the path.
    Path,
    /// Ids ascend, and are those of the file.
    Id,
    /// Flags used are flags defined.
    Flag,
    /// Values are written as §3 says: no floats, integers up to 2^53 − 1.
    Value,
    /// Ops are those of the catalogue, called as it says.
    Op,
    /// Each op has one signature.
    Signature,
    /// Codes are those of the catalogue.
    Code,
    /// Each code is reached, or listed as not reached.
    Reach,
}

/// A breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// `suite/group`, id of a case, or name of an op.
    pub place: String,
    /// The rule.
    pub rule: Rule,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {:?}: {}",
            self.place,
            self.rule,
            crate::printable::escape(&self.message)
        )
    }
}

/// Findings as they come up.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, place: &str, rule: Rule, message: impl Into<String>) {
        self.0.push(Finding {
            place: place.to_owned(),
            rule,
            message: message.into(),
        });
    }
}

/// Lints the files of a directory tree.
///
/// # Errors
/// [`VectorError`] if the directory cannot be read. A file that is no JSON is a finding.
pub fn dir(dir: &Path) -> Result<Vec<Finding>, VectorError> {
    Ok(texts(&vector::texts_of_dir(dir)?))
}

/// Lints the files that are built into this crate.
#[must_use]
pub fn embedded() -> Vec<Finding> {
    texts(&vector::embedded_texts())
}

/// Lints files, given as `suite/group` and text.
#[must_use]
pub fn texts(files: &[(String, String)]) -> Vec<Finding> {
    let mut findings = Findings::default();
    let schema = serde_json::from_str(SCHEMA)
        .map_err(|error| error.to_string())
        .and_then(|schema| jsonschema::validator_for(&schema).map_err(|error| error.to_string()));
    let schema = match schema {
        Ok(schema) => schema,
        Err(why) => {
            findings.add("schema", Rule::Schema, why);
            return findings.0;
        }
    };
    let mut groups = Vec::new();
    for (name, text) in files {
        match serde_json::from_str::<Map<String, Value>>(text) {
            Ok(file) => groups.extend(one_file(name, text, file, &schema, &mut findings)),
            Err(error) => findings.add(name, Rule::Schema, error.to_string()),
        }
    }
    signature::check(&groups, &mut findings);
    reach::check(&groups, &mut findings);
    findings.0
}

/// Lints what concerns one file; gives it if it can be read.
fn one_file(
    name: &str,
    text: &str,
    file: Map<String, Value>,
    schema: &jsonschema::Validator,
    findings: &mut Findings,
) -> Option<Group> {
    canonical::check(name, text, &file, findings);
    let file = Value::Object(file);
    let faults: Vec<_> = schema.iter_errors(&file).collect();
    for fault in faults.iter().take(MAX_LISTED) {
        findings.add(name, Rule::Schema, format!("{}: {fault}", fault.instance_path()));
    }
    if faults.len() > MAX_LISTED {
        findings.add(name, Rule::Schema, format!("{} faults in all", faults.len()));
    }
    if !faults.is_empty() {
        return None;
    }
    rules::path(name, &file, findings);
    // With the names of the file, or the path's finding would come twice.
    let member = |name: &str| file.get(name).and_then(Value::as_str).unwrap_or_default();
    match vector::group(&format!("{}/{}", member("suite"), member("group")), text) {
        Ok(group) => {
            rules::group(&group, findings);
            Some(group)
        }
        Err(error) => {
            findings.add(name, Rule::Schema, error.to_string());
            None
        }
    }
}

#[cfg(test)]
mod tests;
