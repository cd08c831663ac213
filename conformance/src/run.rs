//! Runs cases against a [`Subject`], judges them, and reports them as records.

use crate::SUITE_VERSION;
use crate::exception::{Exceptions, Ran};
use crate::profile::Profile;
use crate::protocol::{Answer, Call, Command, Hello};
use crate::report::{Badge, CaseResult, FileHash, Footer, Header, Options, Record, excerpt};
use crate::subject::{StartError, Subject};
use crate::vector::{Case, Expect, Flow, Group, Step, Vectors};
use crate::verdict::{Judgement, Verdict, judge};
use std::io;

/// Exit status of a run (§5).
pub mod exit {
    /// Nothing failed, erred or passed unexpectedly; no stale exception.
    pub const CLEAN: u8 = 0;
    /// Something did, or no case was run.
    pub const FAILED: u8 = 1;
    /// Wrong usage or unreadable vectors.
    pub const USAGE: u8 = 2;
    /// The program does not start.
    pub const NO_START: u8 = 3;
}

/// What is run.
#[derive(Debug, Clone)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a bundle of arguments, built by the caller"
)]
pub struct Plan<'a> {
    /// All vectors; exception lists are checked against them.
    pub vectors: &'a Vectors,
    /// The cases to run.
    pub cases: Vec<(&'a Group, &'a Case)>,
    /// Announced failures.
    pub exceptions: &'a Exceptions,
    /// How answers are judged.
    pub options: Options,
}

/// How a run ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The last record of the stream.
    pub footer: Footer,
    /// Id of each case that was run, and its verdict before any exception.
    pub verdicts: Vec<(String, Verdict)>,
    /// Why the run ended before its last case.
    pub aborted: Option<StartError>,
}

impl Outcome {
    /// The list that announces exactly what came about.
    #[must_use]
    pub fn updated(&self, plan: &Plan<'_>) -> Exceptions {
        let ran: Vec<_> = self
            .verdicts
            .iter()
            .map(|(id, verdict)| Ran {
                id,
                verdict: *verdict,
            })
            .collect();
        let known = plan.vectors.cases().map(|(_, case)| case.id.as_str());
        plan.exceptions
            .updated(&ran, known.collect::<Vec<_>>().into_iter(), plan.options.no_skip)
    }
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The program does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The report cannot be written.
    #[error("report: {0}")]
    Report(#[from] io::Error),
}

/// Runs the cases in their order. Each record goes to `sink` as soon as it is known.
///
/// # Errors
/// [`RunError::Start`] if the program never starts; if it stops starting later, the outcome says so. [`RunError::Report`] if the
/// sink fails.
pub fn run(
    subject: &mut dyn Subject,
    plan: &Plan<'_>,
    sink: &mut dyn FnMut(&Record) -> io::Result<()>,
) -> Result<Outcome, RunError> {
    let hello = subject.start()?.clone();
    sink(&Record::Header(header(plan, hello)))?;
    let mut runner = Runner {
        subject,
        options: &plan.options,
        sessions: 0,
    };
    let mut footer = Footer::new(
        plan.exceptions.stale(all_ids(plan)),
        plan.exceptions.expired(SUITE_VERSION),
    );
    let mut verdicts = Vec::with_capacity(plan.cases.len());
    let mut aborted = None;
    for (group, case) in &plan.cases {
        let ended = match runner.case(case) {
            Ok(ended) => ended,
            Err(error) => {
                footer.aborted = Some(error.to_string());
                aborted = Some(error);
                break;
            }
        };
        verdicts.push((case.id.clone(), ended.judgement.verdict));
        let result = result(group, case, ended, plan);
        footer.count(&group.suite, &result);
        if let Some(profile) = Profile::of(case) {
            badge(&mut footer, profile, case, result.verdict);
        }
        sink(&Record::Result(Box::new(result)))?;
    }
    if let Err(fault) = subject.finish() {
        footer.notes.push(format!("after the last case: {fault}"));
    }
    footer.exit = status(&footer, &plan.options);
    sink(&Record::Footer(footer.clone()))?;
    Ok(Outcome {
        footer,
        verdicts,
        aborted,
    })
}

fn all_ids<'a>(plan: &'a Plan<'_>) -> impl Iterator<Item = &'a str> + Clone {
    plan.vectors.groups().iter().flat_map(|group| {
        group
            .cases
            .iter()
            .filter(|case| case.withdrawn.is_none())
            .map(|case| case.id.as_str())
    })
}

fn header(plan: &Plan<'_>, shim: Hello) -> Header {
    let hash = |group: &Group| FileHash {
        file: group.path(),
        sha256: group.sha256.clone(),
    };
    Header {
        suite: SUITE_VERSION.to_owned(),
        shim,
        options: plan.options.clone(),
        files: plan.vectors.groups().iter().map(hash).collect(),
    }
}

const fn status(footer: &Footer, options: &Options) -> u8 {
    let total = &footer.total;
    if footer.aborted.is_some() {
        exit::NO_START
    } else if total.cases() == 0
        || total.failures() > 0
        || !footer.stale.is_empty()
        || !footer.expired.is_empty()
        || (options.no_skip && total.skip > 0)
    {
        exit::FAILED
    } else {
        exit::CLEAN
    }
}

fn badge(footer: &mut Footer, profile: &Profile, case: &Case, verdict: Verdict) {
    let at = footer
        .profiles
        .iter()
        .position(|badge| badge.profile == profile.name);
    let at = at.unwrap_or_else(|| {
        footer.profiles.push(Badge {
            profile: profile.name.to_owned(),
            ..Badge::default()
        });
        footer.profiles.len().saturating_sub(1)
    });
    if let Some(badge) = footer.profiles.get_mut(at) {
        badge.count(case.level, verdict.is_passed());
    }
}

fn result(group: &Group, case: &Case, ended: Ended<'_>, plan: &Plan<'_>) -> CaseResult {
    let Ended { judgement, exchange } = ended;
    let raw = judgement.verdict;
    let (verdict, announced) = plan.exceptions.apply(&case.id, raw);
    let reason = match (verdict, announced) {
        (Verdict::Xfail, Some(announced)) => {
            format!(
                "announced {}: {}; {}",
                announced.verdict, announced.reason, judgement.reason
            )
        }
        (Verdict::Xpass, Some(announced)) => {
            format!("{raw}, but announced {}: {}", announced.verdict, announced.reason)
        }
        _ => judgement.reason,
    };
    let shown = matches!(raw, Verdict::Fail | Verdict::Error | Verdict::NonStrict);
    let exchange = exchange.filter(|_| shown);
    let mut result = CaseResult {
        id: case.id.clone(),
        op: case.op().to_owned(),
        level: case.level,
        flags: case.flags.clone(),
        classes: group.classes(case),
        verdict,
        reason,
        label: judgement.label,
        request: None,
        answer: None,
        expect: None,
        stderr: None,
    };
    if let Some(Exchange {
        command,
        answer,
        expect,
        stderr,
    }) = exchange
    {
        result.request = Some(excerpt(command.to_object(None)));
        result.answer = answer.map(|answer| excerpt(answer.to_object()));
        result.expect = Some(excerpt(expect.map(Expect::to_object).unwrap_or_default()));
        result.stderr = (!stderr.is_empty()).then_some(stderr);
    }
    result
}

/// How a case ended, before exceptions.
struct Ended<'a> {
    judgement: Judgement,
    /// The exchange that decided.
    exchange: Option<Exchange<'a>>,
}

struct Exchange<'a> {
    command: Command,
    answer: Option<Answer>,
    /// `None` for a request of the runner's own.
    expect: Option<&'a Expect>,
    stderr: String,
}

struct Runner<'a> {
    subject: &'a mut dyn Subject,
    options: &'a Options,
    sessions: u64,
}

impl Runner<'_> {
    fn case<'c>(&mut self, case: &'c Case) -> Result<Ended<'c>, StartError> {
        let hello = self.subject.start()?;
        if let Some(why) = not_offered(hello, case) {
            return Ok(Ended {
                judgement: Judgement::new(Verdict::Skip, why),
                exchange: None,
            });
        }
        Ok(match &case.flow {
            Flow::Stateless(step) => self.step(case, step, Command::Run(self.call(case, step))),
            Flow::Stateful { open, steps } => self.session(case, open, steps),
        })
    }

    fn session<'c>(&mut self, case: &'c Case, open: &'c Step, steps: &'c [Step]) -> Ended<'c> {
        self.sessions = self.sessions.saturating_add(1);
        let session = format!("s{}", self.sessions);
        let call = self.call(case, open).in_session(session.as_str());
        let mut ended = self.step(case, open, Command::Open(call));
        ended.judgement.reason = at_step("open", &ended.judgement.reason);
        // A session that was not opened, be it as demanded, has no steps.
        let opened = ended
            .exchange
            .as_ref()
            .is_some_and(|e| matches!(e.answer, Some(Answer::Ok(_))));
        if opened && ended.judgement.goes_on() {
            for (index, step) in steps.iter().enumerate() {
                let call = self.call(case, step).in_session(session.as_str());
                let mut next = self.step(case, step, Command::Run(call));
                let number = index.saturating_add(1);
                next.judgement.reason = at_step(&format!("step {number}"), &next.judgement.reason);
                let goes_on = next.judgement.goes_on();
                ended.merge(next);
                if !goes_on {
                    break;
                }
            }
        }
        if ended.judgement.verdict != Verdict::Error {
            self.close(session, &mut ended);
        }
        ended
    }

    /// Ends a session. That is always answered by ok (§4).
    fn close(&mut self, session: String, ended: &mut Ended<'_>) {
        let command = Command::Close { session };
        let (why, answer) = match self.subject.ask(&command) {
            Ok(Answer::Ok(_)) => return,
            Ok(answer) => ("has to be answered by ok".to_owned(), Some(answer)),
            Err(fault) => (fault.to_string(), None),
        };
        let stderr = self.subject.stderr();
        ended.merge(Ended {
            judgement: Judgement::new(Verdict::Error, at_step("close", &why)),
            exchange: Some(Exchange {
                command,
                answer,
                expect: None,
                stderr,
            }),
        });
    }

    fn step<'c>(&mut self, case: &'c Case, step: &'c Step, command: Command) -> Ended<'c> {
        let (judgement, answer) = match self.subject.ask(&command) {
            Ok(answer) => (
                judge(&step.expect, case.level, self.options.strict_errors, &answer),
                Some(answer),
            ),
            Err(fault) => (Judgement::new(Verdict::Error, fault.to_string()), None),
        };
        let stderr = if judgement.verdict == Verdict::Pass {
            String::new()
        } else {
            self.subject.stderr()
        };
        Ended {
            judgement,
            exchange: Some(Exchange {
                command,
                answer,
                expect: Some(&step.expect),
                stderr,
            }),
        }
    }

    fn call(&self, case: &Case, step: &Step) -> Call {
        let mut call = Call::new(step.op.as_str(), step.input.clone());
        call.case = self.options.send_ids.then(|| case.id.clone());
        call
    }
}

impl Ended<'_> {
    /// Takes a further step into account. The exchange is that of the weakest step.
    fn merge(&mut self, next: Self) {
        if next.judgement.verdict > self.judgement.verdict {
            self.exchange = next.exchange;
        }
        self.judgement.merge(next.judgement);
    }
}

fn at_step(step: &str, reason: &str) -> String {
    if reason.is_empty() {
        String::new()
    } else {
        format!("{step}: {reason}")
    }
}

fn not_offered(hello: &Hello, case: &Case) -> Option<String> {
    let op = case
        .steps()
        .map(|step| &step.op)
        .find(|op| !hello.ops.contains(op));
    if let Some(op) = op {
        return Some(format!("op `{op}` is not offered"));
    }
    let tag = case.needs.iter().find(|tag| !hello.features.contains(tag))?;
    Some(format!("needs `{tag}`, which is not offered"))
}

#[cfg(test)]
mod tests;
