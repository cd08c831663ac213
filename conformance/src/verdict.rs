//! Judgement of answers (§5).
//!
//! The level of a case says what a misfit means: `must` fails, `should` is non-strict, `may` is information. A refusal that was
//! demanded, with a code that is not listed, is non-strict; under strict errors it is a misfit like any other. The same holds for
//! an alternative of `one-of` that demands a refusal, when no alternative fits exactly.

use crate::compare;
use crate::protocol::Answer;
use crate::vector::{Demand, Expect, Level};
use core::fmt;
use serde::{Deserialize, Serialize};

/// How a case ended. The order is that of strength: the weakest (greatest) step decides a stateful case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(
    clippy::exhaustive_enums,
    reason = "the verdicts of the contract are these; reports count each of them"
)]
pub enum Verdict {
    /// Everything fits.
    Pass,
    /// A choice that the specification leaves, or a `may` case that does not fit.
    Info,
    /// A `should` case that does not fit, or a refusal with a code that is not listed.
    NonStrict,
    /// Not offered.
    Skip,
    /// Fails as the exception list announces.
    Xfail,
    /// Passes although the exception list announces otherwise.
    Xpass,
    /// Does not fit.
    Fail,
    /// The program broke the protocol.
    Error,
}

impl Verdict {
    /// Every verdict, in the order of reports.
    pub const ALL: [Self; 8] = [
        Self::Pass,
        Self::NonStrict,
        Self::Info,
        Self::Fail,
        Self::Error,
        Self::Skip,
        Self::Xfail,
        Self::Xpass,
    ];

    /// The word in reports and exception lists.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Info => "info",
            Self::NonStrict => "non-strict",
            Self::Skip => "skip",
            Self::Xfail => "xfail",
            Self::Xpass => "xpass",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }

    /// Whether the case counts as passed: everything fits, or what does not is no matter of `must`.
    #[must_use]
    pub const fn is_passed(self) -> bool {
        matches!(self, Self::Pass | Self::Info | Self::NonStrict)
    }

    /// Whether the case makes the run end with status 1.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Fail | Self::Error | Self::Xpass)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Verdict on one answer, or on a case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, empty for a pass.
    pub reason: String,
    /// Label of the alternative of `one-of` that fits.
    pub label: Option<String>,
}

impl Judgement {
    /// A judgement with a reason.
    #[must_use]
    pub fn new(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self {
            verdict,
            reason: reason.into(),
            label: None,
        }
    }

    /// Everything fits.
    #[must_use]
    pub const fn pass() -> Self {
        Self {
            verdict: Verdict::Pass,
            reason: String::new(),
            label: None,
        }
    }

    /// Whether a stateful case goes on after a step judged so.
    #[must_use]
    pub const fn goes_on(&self) -> bool {
        self.verdict.is_passed()
    }

    /// Takes a further step into account: the weaker verdict decides, labels are collected.
    pub fn merge(&mut self, step: Self) {
        if let Some(label) = step.label {
            match &mut self.label {
                Some(labels) if labels.split(", ").any(|known| known == label) => {}
                Some(labels) => {
                    labels.push_str(", ");
                    labels.push_str(&label);
                }
                none => *none = Some(label),
            }
        }
        if step.verdict > self.verdict {
            (self.verdict, self.reason) = (step.verdict, step.reason);
        }
    }
}

/// How an answer fits one demand.
enum Fit {
    Exact,
    /// Refused as demanded, with a code that is not listed.
    OtherCode(String),
    None(String),
}

/// Judges one answer.
#[must_use]
pub fn judge(expect: &Expect, level: Level, strict_errors: bool, answer: &Answer) -> Judgement {
    if let Answer::Skip(why) = answer {
        return Judgement::new(
            Verdict::Skip,
            crate::printable::escape(&crate::printable::cut(why, 200)),
        );
    }
    match expect {
        Expect::One(demand) => match fit(demand, answer) {
            Fit::Exact => Judgement::pass(),
            Fit::OtherCode(why) => other_code(level, strict_errors, why),
            Fit::None(why) => Judgement::new(misfit(level), why),
        },
        Expect::OneOf(alternatives) => {
            let mut refused = None;
            let mut whys = Vec::new();
            for alternative in alternatives {
                match fit(&alternative.demand, answer) {
                    Fit::Exact => {
                        return Judgement {
                            label: Some(alternative.label.clone()),
                            ..Judgement::new(Verdict::Info, format!("choice: {}", alternative.label))
                        };
                    }
                    Fit::OtherCode(why) => {
                        refused.get_or_insert_with(|| (alternative.label.clone(), why));
                    }
                    Fit::None(why) => whys.push(format!("{}: {why}", alternative.label)),
                }
            }
            match refused {
                Some((label, why)) => Judgement {
                    label: Some(label),
                    ..other_code(level, strict_errors, why)
                },
                None => Judgement::new(misfit(level), format!("no alternative fits: {}", whys.join("; "))),
            }
        }
    }
}

const fn misfit(level: Level) -> Verdict {
    match level {
        Level::Must => Verdict::Fail,
        Level::Should => Verdict::NonStrict,
        Level::May => Verdict::Info,
    }
}

fn other_code(level: Level, strict_errors: bool, why: String) -> Judgement {
    let verdict = match level {
        Level::Must if !strict_errors => Verdict::NonStrict,
        _ => misfit(level),
    };
    Judgement::new(verdict, why)
}

fn fit(demand: &Demand, answer: &Answer) -> Fit {
    match (demand, answer) {
        (Demand::Ok(expected), Answer::Ok(ok)) => match compare::members(expected, ok) {
            Ok(()) => Fit::Exact,
            Err(misfit) => Fit::None(misfit.to_string()),
        },
        (Demand::Err { codes, with }, Answer::Err(error)) => {
            if let Err(misfit) = compare::members(with, error) {
                return Fit::None(format!("in the error object {misfit}"));
            }
            let code = error.get("code");
            if codes
                .iter()
                .any(|listed| code.is_some_and(|code| code == listed.as_str()))
            {
                Fit::Exact
            } else {
                let wanted = codes.join(", ");
                Fit::OtherCode(format!(
                    "refused with {}, listed: {wanted}",
                    crate::printable::short(code)
                ))
            }
        }
        (Demand::Ok(_), Answer::Err(error)) => Fit::None(format!(
            "refused with {}",
            crate::printable::short(error.get("code"))
        )),
        (Demand::Err { codes, .. }, Answer::Ok(_)) => {
            Fit::None(format!("accepted, to be refused with {}", codes.join(", ")))
        }
        (_, Answer::Skip(_)) => Fit::None("skipped".to_owned()),
    }
}

#[cfg(test)]
mod tests;
