//! Report as JUnit XML. Markup is escaped by the library, characters that XML does not
//! allow are spelled out before: the library would let U+FFFE and U+FFFF through.

use super::{CaseResult, Record};
use crate::printable;
use crate::verdict::Verdict;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use std::io::Write;

/// The report cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("JUnit report: {0}")]
pub struct JunitError(String);

/// Writes the results among the records: a test suite for each group, a test case for each case.
///
/// # Errors
/// [`JunitError`] if the output cannot be written.
pub fn junit(records: &[Record], mut output: impl Write) -> Result<(), JunitError> {
    let mut suites: Vec<TestSuite> = Vec::new();
    for record in records {
        let Record::Result(result) = record else { continue };
        let group = printable::escape(result.id.rsplit_once('/').map_or(&result.id, |(group, _)| group));
        // Results of a group stand together.
        if suites.last().is_none_or(|suite| suite.name.as_str() != group) {
            suites.push(TestSuite::new(group.as_str()));
        }
        if let Some(suite) = suites.last_mut() {
            suite.add_test_case(case(result));
        }
    }
    // Only complete suites: the report adds up their numbers when it takes them.
    let mut report = Report::new("comet-conformance");
    report.add_test_suites(suites);
    report
        .serialize(&mut output)
        .map_err(|error| JunitError(error.to_string()))
}

fn case(result: &CaseResult) -> TestCase {
    let reason = printable::escape(&result.reason);
    let mut status = match result.verdict {
        Verdict::Pass | Verdict::NonStrict | Verdict::Info => TestCaseStatus::success(),
        Verdict::Fail | Verdict::Xpass => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
        Verdict::Skip | Verdict::Xfail => TestCaseStatus::skipped(),
    };
    if !result.verdict.is_passed() {
        status
            .set_message(reason.as_str())
            .set_type(result.verdict.word());
        let details = details(result);
        if !details.is_empty() {
            status.set_description(details);
        }
    }
    let mut case = TestCase::new(printable::escape(&result.id), status);
    case.set_classname(printable::escape(&result.op));
    case.add_property(Property::new("level", result.level.word()));
    case.add_property(Property::new("flags", printable::escape(&result.flags.join(","))));
    case.add_property(Property::new("verdict", result.verdict.word()));
    if let Some(label) = &result.label {
        case.add_property(Property::new("label", printable::escape(label)));
    }
    if let Some(stderr) = &result.stderr {
        let lines: Vec<_> = stderr.lines().map(printable::escape).collect();
        case.set_system_err(lines.join("\n"));
    }
    case
}

fn details(result: &CaseResult) -> String {
    let parts = [
        ("request", &result.request),
        ("answer", &result.answer),
        ("expected", &result.expect),
    ];
    let lines = parts
        .iter()
        .filter_map(|(name, value)| Some(format!("{name}: {}", value.as_ref()?)));
    lines
        .map(|line| printable::escape(&line))
        .collect::<Vec<_>>()
        .join("\n")
}
