//! Exception lists (§5): failures that are known and announced.
//!
//! ```text
//! # a comment
//! soap/decode/0042         fail   # the vendor's parser takes a DTD  issue https://example.org/7  until 1.2.0
//! sigfox-radio/combining/* skip   # not planned
//! ```
//!
//! A line announces what the cases that its glob fits will do. `until` names the version of the suite with which the
//! announcement expires. Of several lines that fit a case, the first with the verdict that came about counts, else the first.

use crate::glob;
use crate::verdict::Verdict;
use core::cmp::Ordering;
use core::fmt;

mod update;

pub use update::Ran;

/// A list as read from a file, comments and empty lines included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exceptions {
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    Comment(String),
    Exception(Exception),
}

/// One announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exception {
    /// Pattern of ids.
    pub glob: String,
    /// What is announced: fail, error, skip or non-strict.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// Where it is dealt with.
    pub issue: Option<String>,
    /// Version of the suite from which on the announcement does not hold.
    pub until: Option<String>,
}

/// Why a list cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
#[non_exhaustive]
pub struct ExceptionError {
    /// Number of the line, from 1.
    pub line: usize,
    /// What is wrong.
    pub why: &'static str,
}

impl Exceptions {
    /// Reads a list.
    ///
    /// # Errors
    /// [`ExceptionError`] for the first line that is none of the format.
    pub fn parse(text: &str) -> Result<Self, ExceptionError> {
        let each = |(index, line): (usize, &str)| {
            let line = line.trim_end();
            if line.is_empty() || line.trim_start().starts_with('#') {
                return Ok(Line::Comment(line.to_owned()));
            }
            let fault = |why| ExceptionError {
                line: index.saturating_add(1),
                why,
            };
            exception(line).map(Line::Exception).map_err(fault)
        };
        Ok(Self {
            lines: text.lines().enumerate().map(each).collect::<Result<_, _>>()?,
        })
    }

    /// The announcements in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &Exception> {
        self.lines.iter().filter_map(|line| match line {
            Line::Exception(exception) => Some(exception),
            Line::Comment(_) => None,
        })
    }

    /// What becomes of a verdict under the list, and the announcement that decides it.
    #[must_use]
    pub fn apply(&self, id: &str, verdict: Verdict) -> (Verdict, Option<&Exception>) {
        let fitting = || self.iter().filter(|exception| exception.fits(id));
        if let Some(announced) = fitting().find(|exception| exception.verdict == verdict) {
            return (Verdict::Xfail, Some(announced));
        }
        match fitting().next() {
            Some(announced) if verdict.is_passed() => (Verdict::Xpass, Some(announced)),
            other => (verdict, other),
        }
    }

    /// Globs that fit none of the ids.
    pub fn stale<'a>(&self, ids: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
        let stale = |exception: &&Exception| !ids.clone().any(|id| exception.fits(id));
        self.iter()
            .filter(stale)
            .map(|exception| exception.glob.clone())
            .collect()
    }

    /// Announcements that do not hold any more in this version of the suite.
    #[must_use]
    pub fn expired(&self, suite: &str) -> Vec<String> {
        let over = |exception: &&Exception| {
            exception
                .until
                .as_ref()
                .is_some_and(|until| compare_versions(suite, until) != Ordering::Less)
        };
        self.iter().filter(over).map(ToString::to_string).collect()
    }
}

impl Exception {
    /// Whether it is about this case.
    #[must_use]
    pub fn fits(&self, id: &str) -> bool {
        glob::fits(&self.glob, id)
    }
}

impl fmt::Display for Exceptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            match line {
                Line::Comment(text) => writeln!(f, "{text}")?,
                Line::Exception(exception) => writeln!(f, "{exception}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}  # {}", self.glob, self.verdict, self.reason)?;
        if let Some(issue) = &self.issue {
            write!(f, "  issue {issue}")?;
        }
        if let Some(until) = &self.until {
            write!(f, "  until {until}")?;
        }
        Ok(())
    }
}

fn exception(line: &str) -> Result<Exception, &'static str> {
    let (head, tail) = line.split_once('#').ok_or("`glob  verdict  # reason` wanted")?;
    let mut words = head.split_whitespace();
    let (Some(glob), Some(verdict), None) = (words.next(), words.next(), words.next()) else {
        return Err("`glob  verdict  # reason` wanted");
    };
    let verdict = match verdict {
        "fail" => Verdict::Fail,
        "error" => Verdict::Error,
        "skip" => Verdict::Skip,
        "non-strict" => Verdict::NonStrict,
        _ => return Err("the verdict has to be fail, error, skip or non-strict"),
    };
    let mut words: Vec<&str> = tail.split_whitespace().collect();
    let (mut issue, mut until) = (None, None);
    while let [.., keyword, value] = words.as_slice() {
        // Brackets mark what is optional where the format is described; who copies them is understood.
        let value = value.trim_end_matches(']').to_owned();
        match keyword.trim_start_matches('[') {
            "issue" if issue.is_none() && value.contains("://") => issue = Some(value),
            "until" if until.is_none() && is_version(&value) => until = Some(value),
            _ => break,
        }
        words.truncate(words.len().saturating_sub(2));
    }
    if words.is_empty() {
        return Err("a reason is wanted");
    }
    Ok(Exception {
        glob: glob.to_owned(),
        verdict,
        reason: words.join(" "),
        issue,
        until,
    })
}

fn is_version(text: &str) -> bool {
    text.split('.')
        .all(|part| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Compares versions of the suite number by number; what is missing is 0.
fn compare_versions(a: &str, b: &str) -> Ordering {
    let numbers = |text: &str| -> Vec<u64> {
        let core = text.split(['-', '+']).next().unwrap_or_default();
        core.split('.')
            .map(|part| part.parse().unwrap_or(u64::MAX))
            .collect()
    };
    let (mut a, mut b) = (numbers(a), numbers(b));
    let length = a.len().max(b.len());
    a.resize(length, 0);
    b.resize(length, 0);
    a.cmp(&b)
}

#[cfg(test)]
mod tests {
    use super::{ExceptionError, Exceptions};
    use crate::verdict::Verdict;

    const LIST: &str = "\
# known faults

s/g/0001  fail  # wrong # sign  issue https://example.org/7  until 1.2.0
s/g/000?\tnon-strict   #   other   code
s/h/*  skip  # not planned [until 2.0]
s/i/0001  error  # crashes until restarted
";

    #[test]
    fn lines_are_read_with_reason_issue_and_until() {
        let list = Exceptions::parse(LIST).unwrap();
        let all: Vec<_> = list.iter().collect();
        assert_eq!(all.len(), 4);
        assert_eq!(
            (all[0].glob.as_str(), all[0].verdict),
            ("s/g/0001", Verdict::Fail)
        );
        assert_eq!(all[0].reason, "wrong # sign");
        assert_eq!(all[0].issue.as_deref(), Some("https://example.org/7"));
        assert_eq!(all[0].until.as_deref(), Some("1.2.0"));
        assert_eq!((all[1].reason.as_str(), &all[1].until), ("other code", &None));
        assert_eq!(
            (all[2].reason.as_str(), all[2].until.as_deref()),
            ("not planned", Some("2.0"))
        );
        assert_eq!(
            (all[3].reason.as_str(), &all[3].until),
            ("crashes until restarted", &None)
        );
        assert_eq!(Exceptions::parse(&list.to_string()), Ok(list));
    }

    #[test]
    fn faulty_lines_are_named() {
        for line in [
            "s/g/0001",
            "s/g/0001 fail",
            "s/g/0001 fail #",
            "s/g/0001 pass # x",
            "a b fail # x",
            "s # x",
        ] {
            let error = Exceptions::parse(&format!("# head\n{line}\n"));
            assert!(matches!(error, Err(ExceptionError { line: 2, .. })), "{line}");
        }
        assert!(Exceptions::parse("s/g/0001 fail # until 1.0").is_err());
    }

    #[test]
    fn announced_is_xfail_and_passing_is_xpass() {
        let list = Exceptions::parse(LIST).unwrap();
        let apply = |id: &str, verdict| list.apply(id, verdict).0;
        assert_eq!(apply("s/g/0001", Verdict::Fail), Verdict::Xfail);
        assert_eq!(apply("s/g/0001", Verdict::NonStrict), Verdict::Xfail);
        assert_eq!(apply("s/g/0001", Verdict::Pass), Verdict::Xpass);
        assert_eq!(apply("s/g/0001", Verdict::Error), Verdict::Error);
        assert_eq!(apply("s/g/0002", Verdict::Fail), Verdict::Fail);
        assert_eq!(apply("s/g/0002", Verdict::Info), Verdict::Xpass);
        assert_eq!(apply("s/g/0002", Verdict::Skip), Verdict::Skip);
        assert_eq!(apply("s/h/0001", Verdict::Skip), Verdict::Xfail);
        assert_eq!(apply("s/h/0001", Verdict::NonStrict), Verdict::Xpass);
        assert_eq!(apply("s/i/0001", Verdict::Error), Verdict::Xfail);
        assert_eq!(apply("s/k/0001", Verdict::Pass), Verdict::Pass);
        assert_eq!(apply("s/k/0001", Verdict::Fail), Verdict::Fail);
    }

    #[test]
    fn stale_globs_and_expired_announcements_are_found() {
        let list = Exceptions::parse(LIST).unwrap();
        assert_eq!(list.stale(["s/g/0001", "s/h/0001"].into_iter()), ["s/i/0001"]);
        for (suite, count) in [("1.1.9", 0), ("1.2.0", 1), ("1.10", 1), ("2.0.0", 2), ("0.9", 0)] {
            assert_eq!(list.expired(suite).len(), count, "{suite}");
        }
    }
}
