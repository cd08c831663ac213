//! Every code of the catalogue is reached, or listed as not reached.

use super::{Findings, Rule};
use crate::catalogue::{OPS, UNREACHED};
use crate::vector::{Demand, Group};
use alloc::collections::BTreeSet;

pub(super) fn check(groups: &[Group], findings: &mut Findings) {
    let suites: BTreeSet<&str> = groups.iter().map(|group| group.suite.as_str()).collect();
    let mut reached = BTreeSet::new();
    for case in groups
        .iter()
        .flat_map(|group| &group.cases)
        .filter(|case| case.withdrawn.is_none())
    {
        for step in case.steps() {
            for (_, demand) in step.expect.demands() {
                if let Demand::Err { codes, .. } = demand
                    && let Some(code) = codes.first()
                {
                    reached.insert((step.op.as_str(), code.as_str()));
                }
            }
        }
    }
    for op in OPS.iter().filter(|op| suites.contains(op.suite)) {
        for code in op.codes() {
            let listed = UNREACHED
                .iter()
                .any(|(name, unreached, _)| (*name, *unreached) == (op.name, code));
            match (reached.contains(&(op.name, code)), listed) {
                (false, false) => findings.add(op.name, Rule::Reach, format!("no case demands `{code}`")),
                (true, true) => {
                    findings.add(
                        op.name,
                        Rule::Reach,
                        format!("`{code}` is listed as not reached, and is"),
                    );
                }
                _ => {}
            }
        }
    }
}
