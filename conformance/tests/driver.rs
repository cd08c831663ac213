//! The program against real child processes: its own shim, and the toy shim with and without faults.

use comet_conformance::driver::{Driver, Limits};
use comet_conformance::op::Input;
use comet_conformance::protocol::{Call, Command as Request};
use comet_conformance::subject::{Fault, Subject as _};
use core::time::Duration;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Instant;

const CRC: [&str; 4] = ["--profile", "sigfox-radio:primitives", "--flag", "Crc"];

#[expect(clippy::expect_used, reason = "a helper of tests")]
fn run(options: &[&str], program: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_comet-conformance"));
    command.arg("run").args(options).arg("--").args(program);
    command.output().expect("the program starts")
}

/// The example stands beside the program; `cargo test` builds both.
#[expect(clippy::expect_used, reason = "a helper of tests")]
fn toy() -> String {
    let mut path = PathBuf::from(env!("CARGO_BIN_EXE_comet-conformance"));
    path.pop();
    path.push("examples");
    path.push(format!("toy_shim{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} is not built: cargo build --examples",
        path.display()
    );
    path.to_str().expect("a path in UTF-8").to_owned()
}

/// Runs one case against a fault; gives the exit status and the result.
fn faulty(fault: &str, options: &[&str]) -> (Option<i32>, Value, Output) {
    let mut all = vec![
        "--case",
        "sigfox-radio/primitives/003?",
        "--flag",
        "Crc",
        "--format",
        "json",
    ];
    all.extend(options);
    let output = run(&all, &[&toy(), fault]);
    let lines = records(&output);
    let result = lines
        .into_iter()
        .find(|line| line["record"] == "result")
        .unwrap_or_default();
    (output.status.code(), result, output)
}

#[expect(clippy::expect_used, reason = "a helper of tests")]
fn records(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a record"))
        .collect()
}

fn last_line(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn a_sound_shim_passes_its_vectors_sessions_included() {
    let output = run(
        &["--no-skip", "--strict-errors", "--group", "sigfox-radio/sequence"],
        &[&toy()],
    );
    assert_eq!(
        last_line(&output),
        "suite: 30 passed, 0 failed, 0 error, 0 skipped"
    );
    assert_eq!(output.status.code(), Some(0));
    let output = run(&[&CRC[..], &["--no-skip"]].concat(), &[&toy()]);
    assert_eq!(
        last_line(&output),
        "suite: 40 passed, 0 failed, 0 error, 0 skipped"
    );
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("sigfox-radio:primitives: must 40/40"));
}

#[test]
fn ops_that_are_not_offered_are_skipped() {
    let output = run(&["--suite", "sigfox-radio"], &[&toy()]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        last_line(&output).starts_with("suite: 70 passed, 0 failed, 0 error, "),
        "{}",
        last_line(&output)
    );
    let output = run(&["--suite", "sigfox-radio", "--no-skip"], &[&toy()]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_shim_of_the_program_itself_starts() {
    let shim = [env!("CARGO_BIN_EXE_comet-conformance"), "shim"];
    let output = run(
        &["--case", "sigfox-radio/primitives/0001", "--format", "json"],
        &shim,
    );
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(records(&output)[0]["shim"]["name"], "comet-proto");
}

#[test]
fn faults_are_errors_and_the_run_goes_on() {
    for (fault, reason) in [
        ("exit", "the program ended with exit"),
        ("wrong-seq", "wrong seq"),
        ("broken-json", "broken JSON"),
        ("two-kinds", "exactly one of ok, err, skip"),
        ("no-kind", "exactly one of ok, err, skip"),
        ("chatter", "broken JSON"),
        ("long-line", "a line of more than"),
    ] {
        let (status, result, output) = faulty(fault, &[]);
        let found = result["reason"].as_str().unwrap_or_default();
        assert!(found.contains(reason), "{fault}: {result}");
        assert_eq!(
            (status, result["verdict"].as_str()),
            (Some(1), Some("error")),
            "{fault}"
        );
        let lines = records(&output);
        let footer = lines.last().expect("a footer");
        let results = lines.iter().filter(|line| line["record"] == "result").count();
        assert!(results > 1, "{fault}");
        assert_eq!(footer["total"]["error"], results, "{fault}");
    }
}

#[test]
fn the_end_of_stderr_is_kept_and_no_more() {
    let (_, result, _) = faulty("exit", &[]);
    assert_eq!(result["stderr"], "toy: out of luck\n");
    let (status, result, output) = faulty("noise", &[]);
    assert_eq!((status, result["verdict"].as_str()), (Some(0), Some("pass")));
    assert!(output.stdout.len() < 100_000);
}

#[test]
fn a_program_that_hangs_is_ended_in_time() {
    let start = Instant::now();
    let (status, result, output) = faulty("hang", &["--timeout-ms", "100"]);
    assert_eq!(
        (status, result["reason"].as_str()),
        (Some(1), Some("no answer in 100 ms"))
    );
    let cases = u32::try_from(records(&output).len()).expect("few");
    assert!(
        start.elapsed() < Duration::from_secs(3).saturating_mul(cases),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn an_answer_too_many_breaks_the_next_case() {
    let (status, result, output) = faulty("twice", &[]);
    assert_eq!((status, result["verdict"].as_str()), (Some(1), Some("pass")));
    let lines = records(&output);
    assert!(lines.iter().any(|line| {
        line["reason"]
            .as_str()
            .is_some_and(|r| r.starts_with("wrong seq"))
    }));
}

#[test]
fn a_program_that_does_not_start_ends_the_run_with_3() {
    for fault in ["no-start", "other-protocol", "refuse-unknown"] {
        let (status, _, output) = faulty(fault, &[]);
        assert_eq!(status, Some(3), "{fault}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("failed to start 3 times"), "{fault}: {said}");
        assert!(!said.contains('\u{1b}'), "{fault}");
    }
    let missing = run(&["--suite", "soap"], &["/no/such/program"]);
    assert_eq!(missing.status.code(), Some(3));
}

#[test]
fn a_program_that_does_not_end_is_ended_and_noted() {
    let (status, _, output) = faulty("deaf", &["--timeout-ms", "200"]);
    assert_eq!(status, Some(0));
    let lines = records(&output);
    let notes = lines.last().and_then(|footer| footer["notes"].as_array());
    assert_eq!(notes.map(Vec::len), Some(1));
}

#[cfg(unix)]
#[test]
fn processes_left_behind_are_ended_with_their_parent() {
    let start = Instant::now();
    let (status, result, _) = faulty("child", &[]);
    assert_eq!((status, result["verdict"].as_str()), (Some(1), Some("error")));
    // Otherwise each restart would wait for pipes that stay open.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn hello_has_a_limit_of_its_own_and_is_tried_three_times() {
    let mut limits = Limits::default();
    limits.hello = Duration::from_millis(100);
    let error = Driver::new(toy(), vec!["hang-hello".into()], limits)
        .start()
        .map(drop)
        .unwrap_err();
    assert_eq!(error.attempts, 3);
    assert!(
        matches!(error.last, Fault::Timeout(limit) if limit == limits.hello),
        "{error}"
    );
}

#[test]
fn a_program_that_does_not_read_does_not_hold_the_runner_up() {
    let mut limits = Limits::default();
    limits.answer = Duration::from_millis(300);
    let mut driver = Driver::new(toy(), vec!["unread".into()], limits);
    driver.start().expect("it starts");
    // Far more than a pipe holds.
    let input = Input::from_iter([("data".to_owned(), Value::from("00".repeat(4_000_000)))]);
    let start = Instant::now();
    let answer = driver.ask(&Request::Run(Call::new("sigfox.crc8", input)));
    assert!(matches!(answer, Err(Fault::Timeout(_))), "{answer:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(matches!(driver.ask(&Request::Bye), Err(Fault::NotRunning)));
    assert!(driver.start().is_ok());
}

#[test]
fn a_large_request_and_its_answer_pass() {
    let mut driver = Driver::new(toy(), Vec::new(), Limits::default());
    driver.start().expect("it starts");
    let input = Input::from_iter([("data".to_owned(), Value::from("00".repeat(500_000)))]);
    assert!(driver.ask(&Request::Run(Call::new("sigfox.crc8", input))).is_ok());
    assert!(driver.finish().is_ok());
}
