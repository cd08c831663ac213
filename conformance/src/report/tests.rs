//! The stream survives its lines; what is derived from it is safe whatever a program said.

use super::{CaseResult, Footer, Header, Options, Record, excerpt, junit, result_line, summary};
use crate::protocol::Hello;
use crate::vector::{Class, Level};
use crate::verdict::Verdict;
use serde_json::{Map, Value, json};

fn result(number: u32, verdict: Verdict, reason: &str) -> CaseResult {
    CaseResult {
        id: format!("soap/decode/{number:04}"),
        op: "soap.decode".into(),
        level: Level::Must,
        flags: vec!["A".into(), "B".into()],
        classes: vec![Class::Normal, Class::Edge],
        verdict,
        reason: reason.into(),
        label: None,
        request: None,
        answer: None,
        expect: None,
        stderr: None,
    }
}

const HOSTILE: &str = "<x a='1'>&]]>\u{0}\u{1b}[31m\u{ffff}\u{202e}\"";

fn records() -> Vec<Record> {
    let mut failed = result(2, Verdict::Fail, HOSTILE);
    failed.answer = Some(json!({"ok": {"text": HOSTILE}}));
    failed.request = Some(json!({"cmd": "run"}));
    failed.stderr = Some(HOSTILE.into());
    let results = [
        result(1, Verdict::Pass, ""),
        failed,
        result(3, Verdict::Error, "gone"),
        result(4, Verdict::Skip, HOSTILE),
        result(5, Verdict::Xfail, "known"),
        result(6, Verdict::Xpass, "good"),
        CaseResult {
            label: Some(HOSTILE.into()),
            ..result(7, Verdict::Info, "choice")
        },
        result(8, Verdict::NonStrict, "code"),
        CaseResult {
            id: "soap/encode/0001".into(),
            ..result(1, Verdict::Pass, "")
        },
    ];
    let mut footer = Footer::new(vec!["x/*".into()], vec![]);
    for result in &results {
        footer.count("soap", result);
    }
    let header = Header {
        suite: "1.0.0".into(),
        shim: Hello {
            name: HOSTILE.into(),
            ..Hello::default()
        },
        options: Options::default(),
        files: Vec::new(),
    };
    let mut all = vec![Record::Header(header)];
    all.extend(results.into_iter().map(|result| Record::Result(Box::new(result))));
    all.push(Record::Footer(footer));
    all
}

#[test]
fn records_survive_their_line() {
    for record in records() {
        let line = record.to_line().unwrap();
        assert!(!line.contains('\n'));
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
    }
}

#[test]
fn the_last_line_of_the_text_counts_the_whole_run() {
    let records = records();
    let Some(Record::Footer(footer)) = records.last() else {
        panic!("no footer")
    };
    let text = summary(footer);
    assert_eq!(
        text.lines().last(),
        Some("suite: 4 passed, 2 failed, 1 error, 2 skipped")
    );
    assert!(text.contains("`x/*` fits no case"));
    let classes: Vec<_> = text
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(classes.windows(2).any(|two| two == ["normal", "edge"]), "{text}");
}

#[test]
fn text_shows_no_control_characters() {
    for record in records() {
        if let Record::Result(result) = record
            && let Some(line) = result_line(&result)
        {
            assert!(
                line.chars().all(|c| c == '\n' || !crate::printable::is_hidden(c)),
                "{line:?}"
            );
        }
    }
}

#[test]
fn junit_is_well_formed_whatever_was_said() {
    let mut xml = Vec::new();
    junit(&records(), &mut xml).unwrap();
    let xml = String::from_utf8(xml).unwrap();
    let document = roxmltree::Document::parse(&xml).unwrap();
    let elements = |name: &str| {
        document
            .descendants()
            .filter(|node| node.has_tag_name(name))
            .count()
    };
    assert_eq!(document.root_element().attribute("tests"), Some("9"));
    assert_eq!(elements("testsuite"), 2);
    assert_eq!(elements("testcase"), 9);
    assert_eq!(
        (elements("failure"), elements("error"), elements("skipped")),
        (2, 1, 2)
    );
    let failed = document
        .descendants()
        .find(|node| node.attribute("name") == Some("soap/decode/0002"))
        .unwrap();
    assert_eq!(failed.attribute("classname"), Some("soap.decode"));
    let property = |name: &str| {
        let mut nodes = failed.descendants();
        nodes
            .find(|node| node.attribute("name") == Some(name))
            .and_then(|node| node.attribute("value"))
    };
    assert_eq!(
        (property("level"), property("flags")),
        (Some("must"), Some("A,B"))
    );
    let skipped = document
        .descendants()
        .find(|node| node.has_tag_name("skipped"))
        .unwrap();
    assert!(skipped.attribute("message").unwrap().starts_with("<x a='1'>&]]>"));
}

#[test]
fn long_answers_are_cut() {
    let long: Map<_, _> = [("ok".to_owned(), Value::from("x".repeat(1_000_000)))]
        .into_iter()
        .collect();
    assert!(excerpt(long).to_string().len() < 3000);
    let short: Map<_, _> = [("ok".to_owned(), json!({}))].into_iter().collect();
    assert_eq!(excerpt(short), json!({"ok": {}}));
}
