//! Reports (§6). The source is a stream of JSON lines: one header, one result for each case, one footer. Text and JUnit XML are
//! derived from it.
//!
//! ```text
//! {"record":"header","suite":"1.0.0","shim":{…},"options":{…},"files":[{"file":"soap/decode","sha256":"…"},…]}
//! {"record":"result","id":"soap/decode/0001","op":"soap.decode","level":"must","flags":[…],"classes":[…],"verdict":"pass","reason":""}
//! {"record":"footer","total":{…},"suites":[…],"classes":[…],"profiles":[…],"stale":[],"expired":[],"notes":[],"exit":0}
//! ```

mod junit;
mod text;

pub use junit::{JunitError, junit};
pub use text::{result_line, summary};

use crate::printable;
use crate::protocol::Hello;
use crate::vector::{Class, Level};
use crate::verdict::Verdict;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Octets of JSON that a request, an answer or an expectation takes in a report. What is longer is cut and becomes a text.
pub const MAX_SHOWN: usize = 16 * 1024;

/// Characters of what is cut.
const CUT: usize = 2000;

/// One line of the stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
#[expect(clippy::exhaustive_enums, reason = "a stream consists of these three")]
pub enum Record {
    /// The first line.
    Header(Header),
    /// One case.
    Result(Box<CaseResult>),
    /// The last line.
    Footer(Footer),
}

impl Record {
    /// The record as one line, without the line end.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which no record of a run is.
    pub fn to_line(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

/// What was run, with what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Header {
    /// Version of the suite.
    pub suite: String,
    /// What the program says of itself.
    pub shim: Hello,
    /// How it was judged.
    pub options: Options,
    /// Hashes of the vector files.
    pub files: Vec<FileHash>,
}

/// Options of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(
    clippy::exhaustive_structs,
    reason = "built by the caller; a new option is a new choice for every caller"
)]
pub struct Options {
    /// A refusal with a code that is not listed is a misfit.
    pub strict_errors: bool,
    /// Skips make the run fail.
    pub no_skip: bool,
    /// The id of the case is sent with each request, for debugging.
    pub send_ids: bool,
    /// Time for each answer, in ms; none for ops in this process.
    pub timeout_ms: Option<u64>,
}

/// Hash of one vector file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FileHash {
    /// `suite/group`.
    pub file: String,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// One case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CaseResult {
    /// Id of the case.
    pub id: String,
    /// Its op, or the op that opens its session.
    pub op: String,
    /// Its level.
    pub level: Level,
    /// Its flags.
    pub flags: Vec<String>,
    /// Their classes.
    pub classes: Vec<Class>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why; empty for a pass.
    pub reason: String,
    /// Labels of the alternatives that fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// On failure: the last request, without its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Value>,
    /// On failure: its answer, without its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
    /// On failure: what was expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Value>,
    /// On failure: the end of stderr.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stderr: Option<String>,
}

/// The numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Footer {
    /// Of the whole run.
    pub total: Tally,
    /// Of each suite that was run.
    pub suites: Vec<Row>,
    /// Of each class of flags; a case counts in each of its classes.
    pub classes: Vec<Row>,
    /// Of each profile that was run.
    pub profiles: Vec<Badge>,
    /// Globs of the exception list that fit no case.
    pub stale: Vec<String>,
    /// Announcements that do not hold any more.
    pub expired: Vec<String>,
    /// Remarks on the program that belong to no case.
    pub notes: Vec<String>,
    /// Why the run ended before its last case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aborted: Option<String>,
    /// Exit status.
    pub exit: u8,
}

/// Numbers of one suite or class.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Row {
    /// Name of the suite or class.
    pub name: String,
    /// The numbers.
    #[serde(flatten)]
    pub tally: Tally,
}

/// Number of cases by verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Tally {
    /// Everything fits.
    pub pass: u64,
    /// Not strictly.
    pub non_strict: u64,
    /// A choice, or a `may` that does not fit.
    pub info: u64,
    /// Does not fit.
    pub fail: u64,
    /// Broke the protocol.
    pub error: u64,
    /// Not offered.
    pub skip: u64,
    /// Failed as announced.
    pub xfail: u64,
    /// Passed against its announcement.
    pub xpass: u64,
}

/// Numbers of one profile.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Badge {
    /// Name of the profile.
    pub profile: String,
    /// Cases of level `must`.
    pub must: Share,
    /// Cases of level `should`.
    pub should: Share,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Share {
    /// Passed.
    pub passed: u64,
    /// Run.
    pub total: u64,
}

impl Footer {
    pub(crate) fn new(stale: Vec<String>, expired: Vec<String>) -> Self {
        let row = |class: Class| Row {
            name: class.word().to_owned(),
            tally: Tally::default(),
        };
        Self {
            stale,
            expired,
            classes: Class::ALL.map(row).into(),
            ..Self::default()
        }
    }

    pub(crate) fn count(&mut self, suite: &str, result: &CaseResult) {
        self.total.count(result.verdict);
        if self.suites.last().is_none_or(|row| row.name != suite) {
            self.suites.push(Row {
                name: suite.to_owned(),
                tally: Tally::default(),
            });
        }
        if let Some(row) = self.suites.last_mut() {
            row.tally.count(result.verdict);
        }
        for row in &mut self.classes {
            if result.classes.iter().any(|class| class.word() == row.name) {
                row.tally.count(result.verdict);
            }
        }
    }
}

impl Tally {
    /// Counts one case.
    pub const fn count(&mut self, verdict: Verdict) {
        let number = match verdict {
            Verdict::Pass => &mut self.pass,
            Verdict::NonStrict => &mut self.non_strict,
            Verdict::Info => &mut self.info,
            Verdict::Fail => &mut self.fail,
            Verdict::Error => &mut self.error,
            Verdict::Skip => &mut self.skip,
            Verdict::Xfail => &mut self.xfail,
            Verdict::Xpass => &mut self.xpass,
        };
        *number = number.saturating_add(1);
    }

    /// All cases.
    #[must_use]
    pub const fn cases(&self) -> u64 {
        self.passed()
            .saturating_add(self.failed())
            .saturating_add(self.error)
            .saturating_add(self.skipped())
    }

    /// Cases that make the run fail.
    #[must_use]
    pub const fn failures(&self) -> u64 {
        self.failed().saturating_add(self.error)
    }

    /// Passed: non-strict and info included.
    #[must_use]
    pub const fn passed(&self) -> u64 {
        self.pass
            .saturating_add(self.non_strict)
            .saturating_add(self.info)
    }

    /// Failed, or passed against an announcement.
    #[must_use]
    pub const fn failed(&self) -> u64 {
        self.fail.saturating_add(self.xpass)
    }

    /// Skipped, or failed as announced.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skip.saturating_add(self.xfail)
    }
}

impl Badge {
    pub(crate) const fn count(&mut self, level: Level, passed: bool) {
        let share = match level {
            Level::Must => &mut self.must,
            Level::Should => &mut self.should,
            Level::May => return,
        };
        share.total = share.total.saturating_add(1);
        if passed {
            share.passed = share.passed.saturating_add(1);
        }
    }
}

/// A value for the report: as it is, or cut to a text if it is long.
pub(crate) fn excerpt(object: Map<String, Value>) -> Value {
    let value = Value::Object(object);
    let text = value.to_string();
    if text.len() <= MAX_SHOWN {
        value
    } else {
        Value::String(printable::cut(&text, CUT))
    }
}

#[cfg(test)]
mod tests;
