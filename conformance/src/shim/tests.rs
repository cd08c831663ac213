//! The shim line by line, with toy ops.

use super::Shim;
use crate::op::{Input, Members, OpError, Opened, Outcome, Registry, Session, int};
use serde_json::{Value, json};

struct Sum(u64);

impl Session for Sum {
    fn step(&mut self, op: &str, input: &Input) -> Outcome {
        match op {
            "toy.sum.add" => {
                let n: u64 = Members::of(input).int("n")?;
                self.0 = self.0.checked_add(n).ok_or_else(|| OpError::new("overflow"))?;
                Ok(json!({"sum": int(self.0)}))
            }
            "toy.sum.panic" => panic!("toy"),
            other => Err(OpError::foreign_step(other)),
        }
    }
}

fn registry() -> Registry {
    Registry::new("toy", "1")
        .stateless("toy.echo", |input| Ok(Value::Object(input.clone())))
        .stateless("toy.refuse", |_| {
            Err(OpError::new("no").at(3).with("status", 400))
        })
        .stateless("toy.panic", |_| panic!("toy"))
        .stateless("toy.list", |_| Ok(json!([])))
        .session(
            "toy.sum.new",
            &["toy.sum.add", "toy.sum.panic", "toy.sum.odd"],
            |input| {
                Ok(Opened::new(Sum(Members::of(input)
                    .int_opt("start")?
                    .unwrap_or(0))))
            },
        )
}

fn serve(lines: &[&str]) -> Vec<Value> {
    let mut output = Vec::new();
    Shim::new(registry())
        .serve(lines.join("\n").as_bytes(), &mut output)
        .unwrap();
    let text = String::from_utf8(output).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn code(answer: &Value) -> Option<&str> {
    answer["err"]["code"].as_str()
}

#[test]
fn hello_run_refusal_skip_and_bye() {
    let answers = serve(&[
        r#"{"seq":1,"cmd":"hello","protocol":1,"suite":"1.0.0"}"#,
        r#"{"seq":2,"cmd":"run","op":"toy.echo","in":{"a":1}}"#,
        r#"{"seq":3,"cmd":"run","op":"toy.refuse","in":{}}"#,
        r#"{"seq":4,"cmd":"run","op":"conformance.no-such-op","in":{}}"#,
        r#"{"seq":5,"cmd":"open","session":"s1","op":"conformance.no-such-op","in":{}}"#,
        r#"{"seq":6,"cmd":"bye"}"#,
        r#"{"seq":7,"cmd":"run","op":"toy.echo","in":{}}"#,
    ]);
    assert_eq!(answers.len(), 5);
    assert_eq!(
        (&answers[0]["protocol"], &answers[0]["name"]),
        (&json!(1), &json!("toy"))
    );
    assert_eq!(answers[0]["ops"].as_array().map(Vec::len), Some(8));
    assert_eq!(answers[1], json!({"seq": 2, "ok": {"a": 1}}));
    assert_eq!(
        answers[2],
        json!({"seq": 3, "err": {"code": "no", "offset": 3, "status": 400}})
    );
    assert!(answers[3]["skip"].is_string() && answers[4]["skip"].is_string());
}

#[test]
fn sessions_share_nothing_and_close_is_always_ok() {
    let answers = serve(&[
        r#"{"seq":1,"cmd":"open","session":"s1","op":"toy.sum.new","in":{}}"#,
        r#"{"seq":2,"cmd":"open","session":"s2","op":"toy.sum.new","in":{"start":10}}"#,
        r#"{"seq":3,"cmd":"run","session":"s1","op":"toy.sum.add","in":{"n":1}}"#,
        r#"{"seq":4,"cmd":"run","session":"s2","op":"toy.sum.add","in":{"n":"18446744073709551615"}}"#,
        r#"{"seq":5,"cmd":"run","session":"s2","op":"toy.sum.add","in":{"n":1}}"#,
        r#"{"seq":6,"cmd":"run","session":"s1","op":"toy.sum.add","in":{"n":1}}"#,
        r#"{"seq":7,"cmd":"close","session":"s1"}"#,
        r#"{"seq":8,"cmd":"close","session":"s1"}"#,
        r#"{"seq":9,"cmd":"run","session":"s1","op":"toy.sum.add","in":{"n":1}}"#,
        r#"{"seq":10,"cmd":"run","session":"s2","op":"toy.sum.odd","in":{}}"#,
    ]);
    assert_eq!(answers[2]["ok"]["sum"], json!(1));
    assert_eq!(code(&answers[3]), Some("overflow"));
    assert_eq!(answers[4]["ok"]["sum"], json!(11));
    assert_eq!(answers[5]["ok"]["sum"], json!(2));
    assert_eq!((&answers[6]["ok"], &answers[7]["ok"]), (&json!({}), &json!({})));
    assert_eq!(
        (code(&answers[8]), code(&answers[9])),
        (Some("bad-request"), Some("bad-request"))
    );
}

#[test]
fn a_panic_is_an_internal_error_and_ends_only_its_session() {
    let answers = serve(&[
        r#"{"seq":1,"cmd":"run","op":"toy.panic","in":{}}"#,
        r#"{"seq":2,"cmd":"run","op":"toy.list","in":{}}"#,
        r#"{"seq":3,"cmd":"open","session":"s1","op":"toy.sum.new","in":{}}"#,
        r#"{"seq":4,"cmd":"open","session":"s2","op":"toy.sum.new","in":{}}"#,
        r#"{"seq":5,"cmd":"run","session":"s1","op":"toy.sum.panic","in":{}}"#,
        r#"{"seq":6,"cmd":"run","session":"s1","op":"toy.sum.add","in":{"n":1}}"#,
        r#"{"seq":7,"cmd":"run","session":"s2","op":"toy.sum.add","in":{"n":1}}"#,
    ]);
    assert_eq!(
        (code(&answers[0]), code(&answers[1])),
        (Some("internal"), Some("internal"))
    );
    assert_eq!(
        (code(&answers[4]), code(&answers[5])),
        (Some("internal"), Some("bad-request"))
    );
    assert_eq!(answers[6]["ok"]["sum"], json!(1));
}

#[test]
fn broken_requests_are_answered_and_do_not_end_it() {
    let answers = serve(&[
        "nonsense",
        "",
        r#"{"cmd":"run","op":"toy.echo","in":{}}"#,
        r#"{"seq":40,"cmd":"run","op":"toy.echo"}"#,
        r#"{"seq":5,"cmd":"dance"}"#,
        r#"{"seq":6,"cmd":"open","op":"toy.sum.new","in":{}}"#,
        r#"{"seq":7,"cmd":"open","session":"s1","op":"toy.echo","in":{}}"#,
        r#"{"seq":8,"cmd":"run","op":"toy.sum.new","in":{}}"#,
        r#"{"seq":9,"cmd":"run","op":"toy.sum.add","in":{}}"#,
        r#"{"seq":10,"cmd":"run","session":"s1","op":"toy.echo","in":{}}"#,
        r#"{"seq":11,"cmd":"run","op":"toy.echo","in":{"last":true}}"#,
    ]);
    let numbers: Vec<_> = answers
        .iter()
        .filter_map(|answer| answer["seq"].as_u64())
        .collect();
    assert_eq!(numbers, [1, 2, 3, 40, 5, 6, 7, 8, 9, 10, 11]);
    assert!(
        answers[..10]
            .iter()
            .all(|answer| code(answer) == Some("bad-request")),
        "{answers:?}"
    );
    assert_eq!(answers[10]["ok"]["last"], json!(true));
}

#[test]
fn a_session_cannot_be_opened_twice() {
    let answers = serve(&[
        r#"{"seq":1,"cmd":"open","session":"s1","op":"toy.sum.new","in":{"start":5}}"#,
        r#"{"seq":2,"cmd":"open","session":"s1","op":"toy.sum.new","in":{}}"#,
        r#"{"seq":3,"cmd":"run","session":"s1","op":"toy.sum.add","in":{"n":1}}"#,
    ]);
    assert_eq!(code(&answers[1]), Some("bad-request"));
    assert_eq!(answers[2]["ok"]["sum"], json!(6));
}
