//! Canonical text of vector files: one member of a case per line, one step per line.
//!
//! Further rules, taken from the files of format 1: indentation by one blank a level; one flag per line; inside a line a
//! blank after each colon and comma; members in the order of the schema, inside `in`, `ok` and `trace` in any; text unescaped but
//! for what JSON demands and for characters that cannot be seen (controls, byte order marks, marks of direction).

use crate::printable::is_hidden;
use core::fmt::Write as _;
use serde::Serialize as _;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use serde_json::{Map, Value};
use std::io;

const FILE: [&str; 7] = ["format", "suite", "group", "about", "spec", "flags", "cases"];
const CASE: [&str; 14] = [
    "id",
    "about",
    "origin",
    "level",
    "flags",
    "spec",
    "needs",
    "withdrawn",
    "op",
    "in",
    "expect",
    "open",
    "steps",
    "trace",
];
const STEP: [&str; 3] = ["op", "in", "expect"];

/// The canonical text of a vector file. Members that the format does not have come last.
#[must_use]
pub fn canonical(file: &Map<String, Value>) -> String {
    let members = ordered(file, &FILE).map(|(name, value)| match (name.as_str(), value) {
        ("flags", Value::Object(flags)) => {
            let each = flags.iter().map(|(name, flag)| member(name, &line(flag)));
            block(name, ['{', '}'], 1, each.collect())
        }
        ("cases", Value::Array(cases)) => block(name, ['[', ']'], 1, cases.iter().map(case).collect()),
        _ => member(name, &line(value)),
    });
    let mut text = listing(['{', '}'], 0, members.collect());
    text.push('\n');
    text
}

fn case(case: &Value) -> String {
    let Value::Object(case) = case else {
        return line(case);
    };
    let members = ordered(case, &CASE).map(|(name, value)| match (name.as_str(), value) {
        ("steps", Value::Array(steps)) => block(name, ['[', ']'], 3, steps.iter().map(step).collect()),
        ("open", open) => member(name, &step(open)),
        _ => member(name, &line(value)),
    });
    listing(['{', '}'], 2, members.collect())
}

fn step(step: &Value) -> String {
    let Value::Object(step) = step else {
        return line(step);
    };
    let mut sorted = Map::with_capacity(step.len());
    sorted.extend(ordered(step, &STEP).map(|(name, value)| (name.clone(), value.clone())));
    line(&Value::Object(sorted))
}

fn ordered<'a>(
    object: &'a Map<String, Value>,
    order: &[&str],
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let mut members: Vec<_> = object.iter().collect();
    members.sort_by_key(|(name, _)| {
        order
            .iter()
            .position(|known| known == name)
            .unwrap_or(order.len())
    });
    members.into_iter()
}

fn member(name: &str, value: &str) -> String {
    format!("{}: {value}", line(&Value::from(name)))
}

fn block(name: &str, brackets: [char; 2], depth: usize, entries: Vec<String>) -> String {
    member(name, &listing(brackets, depth, entries))
}

/// Entries on a line each, one blank deeper than their brackets.
fn listing([open, close]: [char; 2], depth: usize, entries: Vec<String>) -> String {
    let indent = " ".repeat(depth);
    let entries = entries.join(&format!(",\n{indent} "));
    format!("{open}\n{indent} {entries}\n{indent}{close}")
}

/// A value on one line.
fn line(value: &Value) -> String {
    let mut out = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut out, Spaced);
    // Writing a value to memory cannot fail; were it to, the empty text would be no canonical text of anything.
    if value.serialize(&mut serializer).is_err() {
        out.clear();
    }
    let text = String::from_utf8(out).unwrap_or_default();
    let mut seen = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(seen, "\\u{unit:04x}");
            }
        } else {
            seen.push(c);
        }
    }
    seen
}

/// Compact, with a blank after each colon and comma.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        CompactFormatter.begin_object_value(writer)?;
        writer.write_all(b" ")
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;
    use serde_json::{Map, Value};

    const FILE: &str = r#"{
 "format": 1,
 "suite": "s",
 "group": "g",
 "about": "a",
 "spec": {"doc": "d", "revision": "1.0"},
 "flags": {
  "F": {"class": "normal", "about": "°C"},
  "G": {"class": "edge", "about": "x"}
 },
 "cases": [
  {
   "id": "s/g/0001",
   "about": "\ufeff\u0000",
   "flags": ["F"],
   "spec": ["§1"],
   "op": "a.b",
   "in": {"z": 1, "a": [true, null]},
   "expect": {"ok": {}}
  },
  {
   "id": "s/g/0002",
   "about": "a",
   "flags": ["G"],
   "spec": ["§1"],
   "open": {"op": "a.new", "in": {}},
   "steps": [
    {"op": "a.b", "in": {}, "expect": {"ok": {}}},
    {"op": "a.c", "in": {}, "expect": {"err": ["x"]}}
   ],
   "trace": {"t": 1}
  }
 ]
}
"#;

    fn parse(text: &str) -> Map<String, Value> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn canonical_text_is_its_own_canonical_text() {
        assert_eq!(canonical(&parse(FILE)), FILE);
    }

    #[test]
    fn order_blanks_and_escapes_are_set_right() {
        let mut file = parse(FILE);
        let about = file.shift_remove("about").unwrap();
        file.insert("about".into(), about);
        assert_eq!(canonical(&file), FILE);
        let odd = FILE
            .replace("°", "\\u00b0")
            .replace("\", ", "\"  ,")
            .replace("\"op\": \"a.b\", ", "");
        assert_ne!(canonical(&parse(&odd)), odd);
    }
}
