//! Report as text for people.

use super::{CaseResult, Footer, Row, Tally};
use crate::printable::escape;
use crate::verdict::Verdict;
use core::fmt::Write as _;

/// The line of one case; `None` for a case that says nothing new: a pass or a skip.
#[must_use]
pub fn result_line(result: &CaseResult) -> Option<String> {
    if matches!(result.verdict, Verdict::Pass | Verdict::Skip) {
        return None;
    }
    let mut line = format!(
        "{:<10}  {}  {}",
        result.verdict,
        escape(&result.id),
        escape(&result.op)
    );
    if !result.reason.is_empty() {
        // Writing to a String cannot fail; so everywhere below.
        let _ = write!(line, "  {}", escape(&result.reason));
    }
    for (name, value) in [
        ("request", &result.request),
        ("answer", &result.answer),
        ("expected", &result.expect),
    ] {
        let shown = matches!(result.verdict, Verdict::Fail | Verdict::Error);
        if let Some(value) = value.as_ref().filter(|_| shown) {
            let _ = write!(
                line,
                "\n    {name:<8}  {}",
                escape(&crate::printable::cut(&value.to_string(), 1000))
            );
        }
    }
    if let Some(stderr) = &result.stderr {
        for text in stderr.lines().rev().take(5).collect::<Vec<_>>().into_iter().rev() {
            let _ = write!(line, "\n    stderr    {}", escape(text));
        }
    }
    Some(line)
}

/// Numbers by suite, flag class and profile; the last line is `suite: N passed, N failed, N error, N skipped` for the whole run.
#[must_use]
pub fn summary(footer: &Footer) -> String {
    let mut text = String::new();
    table(&mut text, "suite", &footer.suites);
    table(&mut text, "flag class", &footer.classes);
    for badge in &footer.profiles {
        let _ = writeln!(
            text,
            "{}: must {}/{} · should {}/{}",
            escape(&badge.profile),
            badge.must.passed,
            badge.must.total,
            badge.should.passed,
            badge.should.total
        );
    }
    for glob in &footer.stale {
        let _ = writeln!(text, "exception list: `{}` fits no case", escape(glob));
    }
    for line in &footer.expired {
        let _ = writeln!(text, "exception list: expired: {}", escape(line));
    }
    for note in &footer.notes {
        let _ = writeln!(text, "note: {}", escape(note));
    }
    if let Some(why) = &footer.aborted {
        let _ = writeln!(text, "ended early: {}", escape(why));
    }
    if footer.total.cases() == 0 {
        let _ = writeln!(text, "no case was run");
    }
    let total = &footer.total;
    let _ = writeln!(
        text,
        "suite: {} passed, {} failed, {} error, {} skipped",
        total.passed(),
        total.failed(),
        total.error,
        total.skipped()
    );
    text
}

fn table(text: &mut String, head: &str, rows: &[Row]) {
    let rows: Vec<_> = rows.iter().filter(|row| row.tally.cases() > 0).collect();
    if rows.is_empty() {
        return;
    }
    let _ = write!(text, "{head:<16}");
    for verdict in Verdict::ALL {
        let _ = write!(text, " {:>10}", verdict.word());
    }
    text.push('\n');
    for row in rows {
        let _ = write!(text, "{:<16}", escape(&row.name));
        for number in numbers(&row.tally) {
            let _ = write!(text, " {number:>10}");
        }
        text.push('\n');
    }
    text.push('\n');
}

/// In the order of [`Verdict::ALL`].
const fn numbers(tally: &Tally) -> [u64; 8] {
    [
        tally.pass,
        tally.non_strict,
        tally.info,
        tally.fail,
        tally.error,
        tally.skip,
        tally.xfail,
        tally.xpass,
    ]
}
