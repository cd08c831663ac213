//! The table of §5.

use super::{Judgement, Verdict, judge};
use crate::protocol::Answer;
use crate::vector::{Alternative, Demand, Expect, Level};
use serde_json::{Map, Value, json};

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

fn ok(value: Value) -> Answer {
    Answer::Ok(map(value))
}

fn err(value: Value) -> Answer {
    Answer::Err(map(value))
}

fn demand_ok(value: Value) -> Demand {
    Demand::Ok(map(value))
}

fn demand_err(codes: &[&str], with: Value) -> Demand {
    Demand::Err {
        codes: codes.iter().map(|code| (*code).to_owned()).collect(),
        with: map(with),
    }
}

fn verdict(demand: Demand, level: Level, strict: bool, answer: &Answer) -> Verdict {
    judge(&Expect::One(demand), level, strict, answer).verdict
}

#[test]
fn what_fits_passes_at_every_level() {
    for level in [Level::Must, Level::Should, Level::May] {
        for strict in [false, true] {
            assert_eq!(
                verdict(
                    demand_ok(json!({"a": 1})),
                    level,
                    strict,
                    &ok(json!({"a": 1, "b": 2}))
                ),
                Verdict::Pass
            );
            let refusal = err(json!({"code": "y", "status": 400}));
            assert_eq!(
                verdict(
                    demand_err(&["x", "y"], json!({"status": 400})),
                    level,
                    strict,
                    &refusal
                ),
                Verdict::Pass
            );
        }
    }
}

#[test]
fn the_level_decides_what_a_misfit_means() {
    let misfits = [
        (demand_ok(json!({"a": 1})), ok(json!({"a": 2}))),
        (demand_ok(json!({})), err(json!({"code": "x"}))),
        (demand_err(&["x"], json!({})), ok(json!({}))),
        (
            demand_err(&["x"], json!({"status": 400})),
            err(json!({"code": "x", "status": 500})),
        ),
        (
            demand_err(&["x"], json!({"status": 400})),
            err(json!({"code": "x"})),
        ),
        (
            demand_err(&["x"], json!({"status": 400})),
            err(json!({"code": "y", "status": 500})),
        ),
    ];
    for (demand, answer) in misfits {
        for (level, expected) in [
            (Level::Must, Verdict::Fail),
            (Level::Should, Verdict::NonStrict),
            (Level::May, Verdict::Info),
        ] {
            assert_eq!(
                verdict(demand.clone(), level, false, &answer),
                expected,
                "{demand:?} {answer:?}"
            );
        }
    }
}

#[test]
fn a_code_that_is_not_listed_is_non_strict_or_a_failure_under_strict_errors() {
    let answer = err(json!({"code": "z", "status": 400}));
    for with in [json!({}), json!({"status": 400})] {
        let demand = demand_err(&["x", "y"], with);
        assert_eq!(
            verdict(demand.clone(), Level::Must, false, &answer),
            Verdict::NonStrict
        );
        assert_eq!(verdict(demand.clone(), Level::Must, true, &answer), Verdict::Fail);
        assert_eq!(
            verdict(demand.clone(), Level::Should, true, &answer),
            Verdict::NonStrict
        );
        assert_eq!(verdict(demand, Level::May, false, &answer), Verdict::Info);
    }
}

#[test]
fn one_of_reports_the_label_that_fits() {
    let expect = Expect::OneOf(vec![
        Alternative {
            label: "kept".into(),
            demand: demand_ok(json!({"a": 1})),
        },
        Alternative {
            label: "dropped".into(),
            demand: demand_ok(json!({"a": null})),
        },
        Alternative {
            label: "refused".into(),
            demand: demand_err(&["x"], json!({})),
        },
    ]);
    for (answer, label) in [
        (ok(json!({"a": 1})), "kept"),
        (ok(json!({})), "dropped"),
        (err(json!({"code": "x"})), "refused"),
    ] {
        let judgement = judge(&expect, Level::Must, true, &answer);
        assert_eq!(
            (judgement.verdict, judgement.label.as_deref()),
            (Verdict::Info, Some(label))
        );
    }
    let other = judge(&expect, Level::Must, false, &ok(json!({"a": 2})));
    assert_eq!((other.verdict, other.label), (Verdict::Fail, None));
    let other_code = err(json!({"code": "y"}));
    assert_eq!(
        judge(&expect, Level::Must, false, &other_code).verdict,
        Verdict::NonStrict
    );
    assert_eq!(
        judge(&expect, Level::Must, true, &other_code).verdict,
        Verdict::Fail
    );
}

#[test]
fn skip_is_skip_whatever_is_expected() {
    let skip = Answer::Skip("later\u{1b}".into());
    let judgement = judge(&Expect::One(demand_ok(json!({}))), Level::Must, true, &skip);
    assert_eq!(
        (judgement.verdict, judgement.reason.as_str()),
        (Verdict::Skip, "later\\u{1b}")
    );
}

#[test]
fn the_weakest_step_decides_and_labels_are_collected() {
    let step = |verdict, reason: &str, label: Option<&str>| Judgement {
        verdict,
        reason: reason.to_owned(),
        label: label.map(str::to_owned),
    };
    let mut case = Judgement::pass();
    case.merge(step(Verdict::Info, "choice: a", Some("a")));
    case.merge(step(Verdict::NonStrict, "code", None));
    case.merge(step(Verdict::Info, "choice: b", Some("b")));
    case.merge(step(Verdict::Info, "choice: b", Some("b")));
    case.merge(Judgement::pass());
    assert_eq!(case, step(Verdict::NonStrict, "code", Some("a, b")));
    case.merge(step(Verdict::Skip, "no", None));
    case.merge(step(Verdict::Fail, "value", None));
    case.merge(step(Verdict::Error, "gone", None));
    assert_eq!(case.verdict, Verdict::Error);
}
