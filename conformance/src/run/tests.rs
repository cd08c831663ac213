//! Runs in this process with toy ops and toy vectors.

use super::{Plan, exit, run};
use crate::exception::Exceptions;
use crate::op::{Input, Opened, Outcome, Registry, Session};
use crate::protocol::{Answer, Command, Hello};
use crate::report::{Options, Record};
use crate::selection::Selection;
use crate::subject::{Fault, InProcess, StartError, Subject};
use crate::vector::Vectors;
use crate::verdict::Verdict;
use serde_json::json;
use std::fs;

const FILE: &str = r#"{"format": 1, "suite": "toy", "group": "g", "about": "a",
 "spec": {"doc": "d", "revision": "1"}, "flags": {"F": {"class": "normal", "about": "f"}},
 "cases": [
  {"id": "toy/g/0001", "about": "a", "flags": ["F"], "spec": ["§1"], "op": "toy.echo", "in": {"a": 1}, "expect": {"ok": {"a": 1}}},
  {"id": "toy/g/0002", "about": "a", "flags": ["F"], "spec": ["§1"], "op": "toy.echo", "in": {"a": 1}, "expect": {"ok": {"a": 2}}},
  {"id": "toy/g/0003", "about": "a", "flags": ["F"], "spec": ["§1"], "op": "toy.none", "in": {}, "expect": {"ok": {}}},
  {"id": "toy/g/0004", "about": "a", "flags": ["F"], "spec": ["§1"], "needs": ["toy.tag"], "op": "toy.echo", "in": {}, "expect": {"ok": {}}},
  {"id": "toy/g/0005", "about": "a", "flags": ["F"], "spec": ["§1"], "withdrawn": "1.0.0: x", "op": "toy.echo", "in": {}, "expect": {"ok": {"a": 1}}},
  {"id": "toy/g/0006", "about": "a", "flags": ["F"], "spec": ["§1"], "open": {"op": "toy.new", "in": {}}, "steps": [
    {"op": "toy.next", "in": {}, "expect": {"ok": {"n": 1}}},
    {"op": "toy.next", "in": {}, "expect": {"one-of": [{"label": "two", "ok": {"n": 2}}, {"label": "none", "ok": {"n": null}}]}}]},
  {"id": "toy/g/0007", "about": "a", "flags": ["F"], "spec": ["§1"], "open": {"op": "toy.new", "in": {}}, "steps": [
    {"op": "toy.next", "in": {}, "expect": {"ok": {"n": 7}}},
    {"op": "toy.next", "in": {}, "expect": {"ok": {"n": 8}}}]},
  {"id": "toy/g/0008", "about": "a", "flags": ["F"], "spec": ["§1"], "open": {"op": "toy.new", "in": {"no": true}}, "steps": [
    {"op": "toy.next", "in": {}, "expect": {"ok": {"n": 1}}}]},
  {"id": "toy/g/0009", "about": "a", "flags": ["F"], "spec": ["§1"],
   "open": {"op": "toy.new", "in": {"no": true}, "expect": {"one-of": [{"label": "refused", "err": ["no"]}, {"label": "taken", "ok": {}}]}}, "steps": [
    {"op": "toy.next", "in": {}, "expect": {"ok": {"n": 1}}}]},
  {"id": "toy/g/0010", "about": "a", "flags": ["F"], "spec": ["§1"], "open": {"op": "toy.new", "in": {"no": true}, "expect": {"err": ["other"]}}, "steps": [
    {"op": "toy.next", "in": {}, "expect": {"ok": {"n": 1}}}]}
 ]}"#;

struct Count(u64);

impl Session for Count {
    fn step(&mut self, _op: &str, _input: &Input) -> Outcome {
        self.0 = self.0.saturating_add(1);
        Ok(json!({"n": self.0}))
    }
}

fn registry() -> Registry {
    Registry::new("toy", "1")
        .stateless("toy.echo", |input| Ok(serde_json::Value::Object(input.clone())))
        .session("toy.new", &["toy.next"], |input| {
            if input.contains_key("no") {
                Err(crate::op::OpError::new("no"))
            } else {
                Ok(Opened::new(Count(0)))
            }
        })
}

fn vectors() -> Vectors {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("toy")).unwrap();
    fs::write(dir.path().join("toy/g.json"), FILE).unwrap();
    Vectors::from_dir(dir.path()).unwrap()
}

struct Ran {
    verdicts: Vec<(String, Verdict)>,
    exit: u8,
    records: Vec<Record>,
}

fn ran(subject: &mut dyn Subject, cases: &[&str], list: &str, options: Options) -> Ran {
    let vectors = vectors();
    let exceptions = Exceptions::parse(list).unwrap();
    let mut selection = Selection::all();
    selection.cases = cases.iter().map(|id| format!("toy/g/{id}")).collect();
    let plan = Plan {
        cases: selection.of(&vectors),
        vectors: &vectors,
        exceptions: &exceptions,
        options,
    };
    let mut records = Vec::new();
    let outcome = run(subject, &plan, &mut |record| {
        records.push(record.clone());
        Ok(())
    })
    .unwrap();
    let verdicts = records.iter().filter_map(|record| match record {
        Record::Result(result) => Some((result.id.trim_start_matches("toy/g/").to_owned(), result.verdict)),
        _ => None,
    });
    Ran {
        verdicts: verdicts.collect(),
        exit: outcome.footer.exit,
        records,
    }
}

fn in_process(cases: &[&str], list: &str, options: Options) -> Ran {
    ran(&mut InProcess::new(registry()), cases, list, options)
}

#[test]
fn every_kind_of_case_gets_its_verdict_in_order() {
    let ran = in_process(&[], "", Options::default());
    let verdicts: Vec<_> = ran
        .verdicts
        .iter()
        .map(|(id, verdict)| (id.as_str(), *verdict))
        .collect();
    assert_eq!(
        verdicts,
        [
            ("0001", Verdict::Pass),
            ("0002", Verdict::Fail),
            ("0003", Verdict::Skip),
            ("0004", Verdict::Skip),
            ("0006", Verdict::Info),
            ("0007", Verdict::Fail),
            ("0008", Verdict::Fail),
            ("0009", Verdict::Info),
            ("0010", Verdict::NonStrict),
        ]
    );
    assert_eq!(ran.exit, exit::FAILED);
    assert!(matches!(ran.records.first(), Some(Record::Header(_))));
    assert!(matches!(ran.records.last(), Some(Record::Footer(_))));
}

#[test]
fn a_failure_shows_the_last_request_and_a_failed_step_ends_the_case() {
    let ran = in_process(&["0007"], "", Options::default());
    let Some(Record::Result(result)) = ran.records.get(1) else {
        panic!("no result")
    };
    assert!(
        result.reason.starts_with("step 1: `n`: expected 7, got 1"),
        "{}",
        result.reason
    );
    assert_eq!(result.answer, Some(json!({"ok": {"n": 1}})));
    assert_eq!(result.expect, Some(json!({"ok": {"n": 7}})));
    assert_eq!(
        result.request.as_ref().map(|request| &request["op"]),
        Some(&json!("toy.next"))
    );
}

#[test]
fn exit_status_follows_the_verdicts() {
    let options = Options::default;
    assert_eq!(in_process(&["0001", "0006"], "", options()).exit, exit::CLEAN);
    assert_eq!(in_process(&["0003"], "", options()).exit, exit::CLEAN);
    assert_eq!(
        in_process(
            &["0003"],
            "",
            Options {
                no_skip: true,
                ..options()
            }
        )
        .exit,
        exit::FAILED
    );
    assert_eq!(in_process(&["9999"], "", options()).exit, exit::FAILED);
    assert_eq!(in_process(&["0010"], "", options()).exit, exit::CLEAN);
    assert_eq!(
        in_process(
            &["0010"],
            "",
            Options {
                strict_errors: true,
                ..options()
            }
        )
        .exit,
        exit::FAILED
    );
}

#[test]
fn announced_failures_pass_and_false_announcements_fail() {
    let options = Options::default;
    assert_eq!(
        in_process(&["0002"], "toy/g/0002 fail # x", options()).exit,
        exit::CLEAN
    );
    assert_eq!(
        in_process(&["0001"], "toy/g/0001 fail # x", options()).exit,
        exit::FAILED
    );
    assert_eq!(
        in_process(&["0001"], "toy/h/* fail # x", options()).exit,
        exit::FAILED
    );
    // A list for all cases does not go stale because a part of them is run.
    assert_eq!(
        in_process(&["0001"], "toy/g/0002 fail # x", options()).exit,
        exit::CLEAN
    );
    assert_eq!(
        in_process(&["0002"], "toy/g/0002 fail # x until 0.1", options()).exit,
        exit::FAILED
    );
    assert_eq!(
        in_process(&["0002"], "toy/g/0002 fail # x until 99.0", options()).exit,
        exit::CLEAN
    );
    let skips = Options {
        no_skip: true,
        ..options()
    };
    assert_eq!(
        in_process(&["0003"], "toy/g/0003 skip # x", skips).exit,
        exit::CLEAN
    );
}

#[test]
fn two_runs_give_the_same_stream() {
    let lines = || -> Vec<String> {
        let ran = in_process(&[], "", Options::default());
        ran.records
            .iter()
            .map(|record| record.to_line().unwrap())
            .collect()
    };
    assert_eq!(lines(), lines());
}

/// Breaks on `toy.echo`, answers `close` by a refusal, and does not start a second time.
struct Broken {
    inner: InProcess,
    down: bool,
    starts: u32,
}

impl Subject for Broken {
    fn start(&mut self) -> Result<&Hello, StartError> {
        if self.down {
            self.starts = self.starts.saturating_add(1);
            if self.starts > 1 {
                return Err(StartError {
                    attempts: 3,
                    last: Fault::NotRunning,
                    stderr: String::new(),
                });
            }
            self.down = false;
        }
        self.inner.start()
    }

    fn ask(&mut self, command: &Command) -> Result<Answer, Fault> {
        match command {
            Command::Run(call) if call.op == "toy.echo" => {
                self.down = true;
                Err(Fault::NotRunning)
            }
            Command::Close { .. } => Ok(Answer::Skip("no".into())),
            _ => self.inner.ask(command),
        }
    }
}

#[test]
fn faults_are_errors_the_run_goes_on_and_ends_when_nothing_starts_any_more() {
    let mut broken = Broken {
        inner: InProcess::new(registry()),
        down: false,
        starts: 0,
    };
    let ran = ran(
        &mut broken,
        &["0001", "0002", "0003", "0006"],
        "",
        Options::default(),
    );
    let verdicts: Vec<_> = ran.verdicts.iter().map(|(_, verdict)| *verdict).collect();
    assert_eq!(verdicts, [Verdict::Error, Verdict::Error]);
    assert_eq!(ran.exit, exit::NO_START);
    let Some(Record::Footer(footer)) = ran.records.last() else {
        panic!("no footer")
    };
    assert!(footer.aborted.is_some());
}

#[test]
fn close_has_to_be_answered_by_ok() {
    let mut broken = Broken {
        inner: InProcess::new(registry()),
        down: false,
        starts: 0,
    };
    let ran = ran(&mut broken, &["0006"], "", Options::default());
    assert_eq!(ran.verdicts, [("0006".to_owned(), Verdict::Error)]);
}
