//! One signature for each op.

use super::{Findings, Rule};
use crate::catalogue::{self, Member, Op};
use crate::vector::{Demand, Group, Step};
use alloc::collections::BTreeMap;
use serde_json::{Map, Value};

/// Where a member stands: op, part of the exchange, shape of the message, name.
type Place = (String, &'static str, String, String);

pub(super) fn check(groups: &[Group], findings: &mut Findings) {
    let mut seen: BTreeMap<Place, (&'static str, String)> = BTreeMap::new();
    for case in groups.iter().flat_map(|group| &group.cases) {
        for step in case.steps() {
            let Some(op) = catalogue::op(&step.op) else {
                continue;
            };
            against_catalogue(&case.id, op, step, findings);
            let mut inferred = |part, object: &Map<String, Value>| {
                for (name, value) in object {
                    let Some(kind) = kind(value) else { continue };
                    let place = (step.op.clone(), part, shape(op, object), name.clone());
                    let (known, first) = seen.entry(place).or_insert_with(|| (kind, case.id.clone()));
                    if *known != kind {
                        let message = format!(
                            "`{}`: `{name}` in `{part}` is {kind}, {known} in {first}",
                            step.op
                        );
                        findings.add(&case.id, Rule::Signature, message);
                    }
                }
            };
            inferred("in", &step.input);
            for (_, demand) in step.expect.demands() {
                match demand {
                    Demand::Ok(ok) => inferred("ok", ok),
                    Demand::Err { with, .. } => inferred("with", with),
                }
            }
        }
    }
}

fn against_catalogue(id: &str, op: &Op, step: &Step, findings: &mut Findings) {
    let members = op.members();
    for (name, value) in &step.input {
        let mut fault = |why: &str| {
            findings.add(
                id,
                Rule::Signature,
                format!("`{}`: member `{name}` of `in` {why}", op.name),
            );
        };
        match members.iter().find(|member| member.name == name) {
            None => fault("is not in the catalogue"),
            Some(Member { types, .. }) if !types.iter().any(|ty| ty.has(value)) => fault("has another type"),
            Some(_) => {}
        }
    }
    for member in members
        .iter()
        .filter(|m| !m.optional && !step.input.contains_key(m.name))
    {
        let message = format!("`{}`: member `{}` of `in` is missing", op.name, member.name);
        findings.add(id, Rule::Signature, message);
    }
}

/// The value by which messages of several shapes are told apart.
fn shape(op: &Op, object: &Map<String, Value>) -> String {
    op.shape
        .and_then(|member| object.get(member))
        .map(Value::to_string)
        .unwrap_or_default()
}

/// JSON type of a value; `None` for one that says nothing.
fn kind(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Null => return None,
        // An integer, or digits in a text (octets are such): fits either.
        Value::String(_) if catalogue::is_big(value) => return None,
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    })
}
