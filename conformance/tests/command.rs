//! The command line: exit status, reports, exception lists.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

#[expect(clippy::expect_used, reason = "a helper of tests")]
fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_comet-conformance"))
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn status(arguments: &[&str]) -> Option<i32> {
    program(arguments).status.code()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_vectors_of_this_crate_are_clean() {
    let output = program(&["lint", concat!(env!("CARGO_MANIFEST_DIR"), "/vectors")]);
    assert_eq!(
        (output.status.code(), stdout(&output).as_str()),
        (Some(0), "0 findings\n")
    );
    assert_eq!(status(&["lint"]), Some(0));
}

#[test]
fn wrong_usage_and_unreadable_vectors_are_2() {
    assert_eq!(status(&[]), Some(2));
    assert_eq!(status(&["run"]), Some(2));
    assert_eq!(status(&["run", "--in-process", "--", "true"]), Some(2));
    assert_eq!(
        status(&["run", "--in-process", "--profile", "soap:nobody"]),
        Some(2)
    );
    assert_eq!(
        status(&["run", "--in-process", "--expected", "/no/such/file"]),
        Some(2)
    );
    assert_eq!(
        status(&["run", "--in-process", "--report", "/no/such/dir/file"]),
        Some(2)
    );
    assert_eq!(status(&["run", "--in-process", "--timeout-ms", "0"]), Some(2));
    assert_eq!(status(&["list", "--vectors", "/no/such/dir"]), Some(2));
    assert_eq!(status(&["lint", "/no/such/dir"]), Some(2));
}

#[test]
fn a_run_of_no_case_is_1() {
    let output = program(&["run", "--in-process", "--case", "no/such/case"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stdout(&output).lines().last(),
        Some("suite: 0 passed, 0 failed, 0 error, 0 skipped")
    );
}

#[test]
fn list_filters() {
    let output = program(&["list", "--profile", "soap:sender", "--level", "must"]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        text.lines()
            .next()
            .is_some_and(|line| line.starts_with("soap/encode/0001  must  soap.encode  "))
    );
    assert_eq!(text.lines().last(), Some("10 cases"));
    assert_eq!(stdout(&program(&["list", "--level", "may"])), "0 cases\n");
}

/// A directory with the vectors of `soap.decode`, for an op of another name.
#[expect(clippy::expect_used, reason = "a helper of tests")]
fn vectors_of_nobody(dir: &Path) -> String {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/soap/decode.json");
    let text = fs::read_to_string(here).expect("the vectors");
    let renamed = text.replace("\"soap.decode\"", "\"soap.nobody\"");
    assert_ne!(renamed, text);
    let vectors = dir.join("vectors");
    fs::create_dir_all(vectors.join("soap")).expect("a directory");
    fs::write(vectors.join("soap/decode.json"), renamed).expect("the vectors");
    vectors.to_str().expect("UTF-8").to_owned()
}

#[test]
fn reports_and_exception_lists_are_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    // Cases of an op that nobody has: every case is a skip, which is enough to see the list work.
    let vectors = vectors_of_nobody(dir.path());
    let run = |options: &[&str]| {
        let fixed = [
            "run",
            "--in-process",
            "--vectors",
            &vectors,
            "--case",
            "soap/decode/000?",
            "--no-skip",
        ];
        program(&[&fixed, options].concat())
    };
    let (list, report, junit) = (path("expected.txt"), path("report.jsonl"), path("junit.xml"));
    assert_eq!(run(&["--update-expected", &list]).status.code(), Some(1));
    let written = fs::read_to_string(&list).expect("the list");
    assert_eq!(written.lines().count(), 9);
    let output = run(&["--expected", &list, "--report", &report, "--junit", &junit]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        stdout(&output).lines().last(),
        Some("suite: 0 passed, 0 failed, 0 error, 9 skipped")
    );
    fs::write(&list, written.replacen("new, reason to be given", "not ours", 1)).expect("the list");
    assert_eq!(run(&["--update-expected", &list]).status.code(), Some(0));
    assert!(fs::read_to_string(&list).expect("the list").contains("not ours"));
    let stream = fs::read_to_string(&report).expect("the report");
    assert_eq!(stream.lines().count(), 11);
    let xml = fs::read_to_string(&junit).expect("the report");
    let document = roxmltree::Document::parse(&xml).expect("XML");
    assert_eq!(
        document
            .descendants()
            .filter(|node| node.has_tag_name("skipped"))
            .count(),
        9
    );
    fs::write(&list, "a/b/* fail # gone\n").expect("the list");
    assert_eq!(run(&["--expected", &list]).status.code(), Some(1));
}
