//! Rules about one file.

use super::{Findings, Rule};
use crate::catalogue::{self, Kind, Op};
use crate::op::MAX_NUMBER;
use crate::vector::{Case, Demand, Flow, Group, Step};
use alloc::collections::BTreeSet;
use serde_json::Value;

pub(super) fn path(name: &str, file: &Value, findings: &mut Findings) {
    let member = |name: &str| file.get(name).and_then(Value::as_str).unwrap_or_default();
    let inside = format!("{}/{}", member("suite"), member("group"));
    if inside != name {
        findings.add(name, Rule::Path, format!("the file says `{inside}`"));
    }
}

pub(super) fn group(group: &Group, findings: &mut Findings) {
    ids(group, findings);
    flags(group, findings);
    for case in &group.cases {
        calls(group, case, findings);
        for step in case.steps() {
            values(case, step, findings);
            codes(case, step, findings);
        }
    }
}

fn ids(group: &Group, findings: &mut Findings) {
    let path = group.path();
    let mut last = 0;
    for case in &group.cases {
        let number = match case.id.rsplit_once('/') {
            Some((of, number)) if of == path => number.parse::<u64>().ok(),
            _ => None,
        };
        match number {
            Some(number) if number > last => last = number,
            Some(_) => findings.add(&case.id, Rule::Id, "ids ascend, each once"),
            None => findings.add(&case.id, Rule::Id, format!("`{path}/nnnn` wanted")),
        }
    }
}

fn flags(group: &Group, findings: &mut Findings) {
    let used: BTreeSet<_> = group.cases.iter().flat_map(|case| &case.flags).collect();
    for flag in used.iter().filter(|flag| !group.flags.contains_key(**flag)) {
        findings.add(
            &group.path(),
            Rule::Flag,
            format!("`{flag}` is used and not defined"),
        );
    }
    for flag in group.flags.keys().filter(|flag| !used.contains(flag)) {
        findings.add(
            &group.path(),
            Rule::Flag,
            format!("`{flag}` is defined and not used"),
        );
    }
}

/// Ops of the catalogue, of this suite, called in the way it says.
fn calls(group: &Group, case: &Case, findings: &mut Findings) {
    let mut wanted = |step: &Step, kind: Kind, how: &str| match catalogue::op(&step.op) {
        None => findings.add(
            &case.id,
            Rule::Op,
            format!("`{}` is not in the catalogue", step.op),
        ),
        Some(op) if op.kind != kind => {
            findings.add(&case.id, Rule::Op, format!("`{}` is not {how}", step.op));
        }
        Some(op) => attributes(group, case, op, findings),
    };
    match &case.flow {
        Flow::Stateless(step) => wanted(step, Kind::Stateless, "stateless"),
        Flow::Stateful { open, steps } => {
            wanted(open, Kind::Opens, "an op that opens a session");
            let opening = catalogue::op(&open.op).map_or("", |op| op.name);
            for step in steps {
                wanted(step, Kind::StepOf(opening), "a step of this session");
            }
        }
    }
}

fn attributes(group: &Group, case: &Case, op: &Op, findings: &mut Findings) {
    if op.suite != group.suite {
        findings.add(
            &case.id,
            Rule::Op,
            format!("`{}` belongs to the suite {}", op.name, op.suite),
        );
    }
    if let Some(tag) = op.needs.filter(|tag| !case.needs.iter().any(|need| need == tag)) {
        findings.add(&case.id, Rule::Op, format!("`{}` needs `{tag}`", op.name));
    }
}

fn codes(case: &Case, step: &Step, findings: &mut Findings) {
    let Some(op) = catalogue::op(&step.op) else { return };
    for (_, demand) in step.expect.demands() {
        let Demand::Err { codes, .. } = demand else {
            continue;
        };
        for code in codes
            .iter()
            .filter(|code| !op.codes().any(|known| known == **code))
        {
            findings.add(
                &case.id,
                Rule::Code,
                format!("`{code}` is no code of `{}`", op.name),
            );
        }
    }
}

fn values(case: &Case, step: &Step, findings: &mut Findings) {
    let demands = step.expect.demands().map(|(_, demand)| match demand {
        Demand::Ok(object) | Demand::Err { with: object, .. } => object,
    });
    for (name, value) in core::iter::once(&step.input).chain(demands).flatten() {
        if let Some(fault) = faulty_number(value) {
            findings.add(&case.id, Rule::Value, format!("`{name}`: {fault}"));
        }
    }
}

fn faulty_number(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (None, None) => Some(format!("{number} is a float; decimals are text, binary32 is hex")),
            (Some(small), _) if small.unsigned_abs() <= MAX_NUMBER => None,
            _ => Some(format!("{number} is beyond 2^53 − 1 and has to be text")),
        },
        Value::Array(list) => list.iter().find_map(faulty_number),
        Value::Object(object) => object.values().find_map(faulty_number),
        Value::Null | Value::Bool(_) | Value::String(_) => None,
    }
}
