//! The members of a file as they are written, and their conversion to what is on the wire.

use super::{Alternative, Case, Demand, Expect, Flag, Flow, Level, Step};
use crate::hex;
use alloc::collections::BTreeMap;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Ending of members whose text stands for octets.
const UTF8: &str = "-utf8";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawFile {
    pub(crate) format: u64,
    pub(crate) suite: String,
    pub(crate) group: String,
    pub(crate) about: String,
    pub(crate) spec: RawSpec,
    pub(crate) flags: BTreeMap<String, Flag>,
    pub(crate) cases: Vec<RawCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSpec {
    pub(crate) doc: String,
    pub(crate) revision: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCase {
    id: String,
    about: String,
    #[serde(rename = "origin")]
    _origin: Option<String>,
    #[serde(default)]
    level: Level,
    flags: Vec<String>,
    spec: Vec<String>,
    #[serde(default)]
    needs: Vec<String>,
    withdrawn: Option<String>,
    op: Option<String>,
    #[serde(rename = "in")]
    input: Option<Map<String, Value>>,
    expect: Option<RawExpect>,
    open: Option<RawStep>,
    steps: Option<Vec<RawStep>>,
    #[serde(rename = "trace")]
    _trace: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    op: String,
    #[serde(rename = "in")]
    input: Map<String, Value>,
    expect: Option<RawExpect>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExpect {
    ok: Option<Map<String, Value>>,
    err: Option<Vec<String>>,
    with: Option<Map<String, Value>>,
    #[serde(rename = "one-of")]
    one_of: Option<Vec<RawAlternative>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAlternative {
    label: String,
    ok: Option<Map<String, Value>>,
    err: Option<Vec<String>>,
    with: Option<Map<String, Value>>,
}

impl RawCase {
    /// The case, or its id and what is wrong with it.
    pub(crate) fn convert(self) -> Result<Case, (String, String)> {
        let id = self.id.clone();
        self.checked().map_err(|why| (id, why))
    }

    fn checked(self) -> Result<Case, String> {
        let flow = match (self.op, self.input, self.expect, self.open, self.steps) {
            (Some(op), Some(input), Some(expect), None, None) => Flow::Stateless(
                RawStep {
                    op,
                    input,
                    expect: Some(expect),
                }
                .convert(false)?,
            ),
            (None, None, None, Some(open), Some(steps)) => Flow::Stateful {
                open: open.convert(true)?,
                steps: steps
                    .into_iter()
                    .map(|step| step.convert(false))
                    .collect::<Result<_, _>>()?,
            },
            _ => return Err("either `op`, `in` and `expect`, or `open` and `steps`".to_owned()),
        };
        Ok(Case {
            id: self.id,
            about: self.about,
            level: self.level,
            flags: self.flags,
            spec: self.spec,
            needs: self.needs,
            withdrawn: self.withdrawn,
            flow,
        })
    }
}

impl RawStep {
    fn convert(self, opens: bool) -> Result<Step, String> {
        let expect = match self.expect {
            Some(expect) => expect.convert()?,
            None if opens => Expect::One(Demand::Ok(Map::new())),
            None => return Err("a step needs `expect`".to_owned()),
        };
        Ok(Step {
            op: self.op,
            input: on_the_wire(self.input)?,
            expect,
        })
    }
}

impl RawExpect {
    fn convert(self) -> Result<Expect, String> {
        match self.one_of {
            None => Ok(Expect::One(demand(self.ok, self.err, self.with)?)),
            Some(alternatives) if self.ok.is_none() && self.err.is_none() && self.with.is_none() => {
                let each = |alternative: RawAlternative| {
                    let demand = demand(alternative.ok, alternative.err, alternative.with)?;
                    Ok(Alternative {
                        label: alternative.label,
                        demand,
                    })
                };
                Ok(Expect::OneOf(
                    alternatives
                        .into_iter()
                        .map(each)
                        .collect::<Result<_, String>>()?,
                ))
            }
            Some(_) => Err("`one-of` stands alone".to_owned()),
        }
    }
}

fn demand(
    ok: Option<Map<String, Value>>,
    err: Option<Vec<String>>,
    with: Option<Map<String, Value>>,
) -> Result<Demand, String> {
    match (ok, err, with) {
        (Some(ok), None, None) => Ok(Demand::Ok(on_the_wire(ok)?)),
        (None, Some(codes), with) if !codes.is_empty() => Ok(Demand::Err {
            codes,
            with: on_the_wire(with.unwrap_or_default())?,
        }),
        _ => Err("an expectation has exactly one of `ok` and `err`, and `with` only beside `err`".to_owned()),
    }
}

/// Replaces members `NAME-utf8` by `NAME` with the hexadecimal text of their octets.
pub(crate) fn on_the_wire(object: Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut wire = Map::with_capacity(object.len());
    for (name, value) in object {
        let (name, value) = match (name.strip_suffix(UTF8), value) {
            (None, value) => (name, value),
            (Some(short), Value::String(text)) => {
                (short.to_owned(), Value::String(hex::encode(text.as_bytes())))
            }
            (Some(_), _) => return Err(format!("member `{name}` has to be text")),
        };
        if wire.contains_key(&name) {
            return Err(format!("member `{name}` is there twice"));
        }
        wire.insert(name, value);
    }
    Ok(wire)
}

#[cfg(test)]
mod tests {
    use super::{RawCase, on_the_wire};
    use crate::vector::{Demand, Expect, Flow};
    use serde_json::{Map, Value, json};

    fn map(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn readable_octets_become_hex_on_the_first_level_only() {
        let wire = on_the_wire(map(json!({"body-utf8": "é\n", "n": 1, "o": {"x-utf8": "a"}}))).unwrap();
        assert_eq!(
            Value::Object(wire),
            json!({"body": "c3a90a", "n": 1, "o": {"x-utf8": "a"}})
        );
        assert!(on_the_wire(map(json!({"body-utf8": 1}))).is_err());
        assert!(on_the_wire(map(json!({"body-utf8": "a", "body": "61"}))).is_err());
    }

    #[test]
    fn in_ok_and_with_are_converted_and_open_expects_ok_by_default() {
        let raw: RawCase = serde_json::from_value(json!({
            "id": "s/g/0001", "about": "a", "flags": ["F"], "spec": ["§1"],
            "open": {"op": "a.new", "in": {"k-utf8": "a"}},
            "steps": [
                {"op": "a.b", "in": {}, "expect": {"ok": {"v-utf8": "b"}}},
                {"op": "a.b", "in": {}, "expect": {"err": ["x"], "with": {"w-utf8": "c"}}},
                {"op": "a.b", "in": {}, "expect": {"one-of": [{"label": "l", "ok": {"v-utf8": "d"}},
                                                             {"label": "m", "err": ["y"]}]}}
            ]
        }))
        .unwrap();
        let case = raw.convert().unwrap();
        let Flow::Stateful { open, steps } = &case.flow else {
            panic!("stateless")
        };
        assert_eq!(open.input.get("k"), Some(&json!("61")));
        assert_eq!(open.expect, Expect::One(Demand::Ok(Map::new())));
        assert_eq!(
            Value::Object(steps[0].expect.to_object()),
            json!({"ok": {"v": "62"}})
        );
        assert_eq!(
            Value::Object(steps[1].expect.to_object()),
            json!({"err": ["x"], "with": {"w": "63"}})
        );
        assert_eq!(
            Value::Object(steps[2].expect.to_object()),
            json!({"one-of": [{"label": "l", "ok": {"v": "64"}}, {"label": "m", "err": ["y"]}]})
        );
    }

    #[test]
    fn half_cases_are_refused() {
        for members in [
            json!({"op": "a.b", "in": {}}),
            json!({"op": "a.b", "in": {}, "expect": {}}),
            json!({"op": "a.b", "in": {}, "expect": {"ok": {}, "err": ["x"]}}),
            json!({"op": "a.b", "in": {}, "expect": {"ok": {}, "with": {}}}),
            json!({"op": "a.b", "in": {}, "expect": {"err": []}}),
            json!({"op": "a.b", "in": {}, "expect": {"ok": {}, "one-of": []}}),
            json!({"open": {"op": "a.b", "in": {}}}),
            json!({"open": {"op": "a.b", "in": {}}, "steps": [{"op": "a.c", "in": {}}]}),
        ] {
            let mut case = map(json!({"id": "s/g/0001", "about": "a", "flags": ["F"], "spec": ["§1"]}));
            case.extend(map(members.clone()));
            let raw: RawCase = serde_json::from_value(Value::Object(case)).unwrap();
            assert!(raw.convert().is_err(), "{members}");
        }
    }
}
