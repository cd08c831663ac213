//! The project's own ops pass every vector, in this process and over stdio, with strict errors and without exceptions.

use comet_conformance::driver::{Driver, Limits};
use comet_conformance::exception::Exceptions;
use comet_conformance::ops;
use comet_conformance::report::{Options, Record};
use comet_conformance::run::{Plan, run};
use comet_conformance::subject::{InProcess, Subject};
use comet_conformance::vector::Vectors;

/// Runs every case of the registered ops; gives their number and the lines of those that do not pass.
#[expect(clippy::expect_used, reason = "a helper of tests")]
fn failures(subject: &mut dyn Subject) -> (usize, Vec<String>) {
    let vectors = Vectors::embedded().expect("the vectors of this crate");
    let registry = ops::registry();
    let offered: Vec<&str> = registry.ops().collect();
    let cases: Vec<_> = vectors
        .cases()
        .filter(|(_, case)| offered.contains(&case.op()))
        .collect();
    let count = cases.len();
    let exceptions = Exceptions::default();
    let options = Options {
        strict_errors: true,
        no_skip: true,
        ..Options::default()
    };
    let plan = Plan {
        vectors: &vectors,
        cases,
        exceptions: &exceptions,
        options,
    };
    let mut failures = Vec::new();
    run(subject, &plan, &mut |record| {
        if let Record::Result(result) = record
            && (!result.verdict.is_passed()
                || result.verdict == comet_conformance::verdict::Verdict::NonStrict)
        {
            failures.push(format!("{} {}: {}", result.id, result.verdict, result.reason));
        }
        Ok(())
    })
    .expect("a run");
    (count, failures)
}

#[test]
fn own_ops_pass_in_this_process() {
    let (_, failures) = failures(&mut InProcess::new(ops::registry()));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn own_ops_pass_over_stdio() {
    let program = env!("CARGO_BIN_EXE_comet-conformance");
    let mut driver = Driver::new(program, vec!["shim".into()], Limits::default());
    let (_, failures) = failures(&mut driver);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_own_op_is_in_the_catalogue() {
    for op in ops::registry().ops() {
        assert!(comet_conformance::catalogue::op(op).is_some(), "{op}");
    }
}

#[test]
fn the_suite_soap_is_covered() {
    let registry = ops::registry();
    let soap: Vec<_> = registry.ops().filter(|op| op.starts_with("soap.")).collect();
    assert_eq!(soap, ["soap.decode", "soap.encode"]);
    let (count, _) = failures(&mut InProcess::new(ops::registry()));
    assert!(count >= 214, "{count}");
}
