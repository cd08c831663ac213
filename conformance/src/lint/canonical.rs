//! Canonical text of a file.

use super::{Findings, Rule};
use crate::printable;
use crate::vector;
use serde_json::{Map, Value};

/// Characters of a line that are shown.
const SHOWN: usize = 120;

pub(super) fn check(name: &str, text: &str, file: &Map<String, Value>, findings: &mut Findings) {
    let wanted = vector::canonical(file);
    if wanted == text {
        return;
    }
    let mut lines = text.split('\n').zip(wanted.split('\n')).enumerate();
    // Members that are there twice vanish when the file is read, so they show here as well.
    let message = match lines.find(|(_, (found, wanted))| found != wanted) {
        Some((index, (found, wanted))) => {
            let (found, wanted) = apart(found, wanted);
            format!(
                "line {}: `{wanted}` wanted, `{found}` found",
                index.saturating_add(1)
            )
        }
        None => "the end of the file differs".to_owned(),
    };
    findings.add(name, Rule::Text, message);
}

/// Both lines from shortly before the first difference.
fn apart(a: &str, b: &str) -> (String, String) {
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(20);
    let part = |text: &str| printable::cut(&text.chars().skip(from).collect::<String>(), SHOWN);
    (part(a), part(b))
}
