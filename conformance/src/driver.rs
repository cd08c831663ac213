//! The runner's side of driver protocol 1: a program as a child process.
//!
//! The program is not trusted. Lines and stderr are bounded, every wait has a limit, and requests are written by a thread of
//! their own, so that a program that does not read cannot hold the runner up.

pub(crate) mod line;
mod process;

use crate::SUITE_VERSION;
use crate::printable;
use crate::protocol::{Answer, AnswerError, Call, Command, Hello, IMPOSSIBLE_OP, MAX_LINE_LEN, PROTOCOL};
use crate::subject::{Fault, StartError, Subject};
use core::time::Duration;
use process::{Pipes, Process};
use std::ffi::OsString;

/// Failed starts in a row after which a program is given up (§4).
pub const MAX_STARTS: u32 = 3;

/// Characters of a broken line that are reported.
const SHOWN: usize = 400;

/// Limits on what a program may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Time for each answer.
    pub answer: Duration,
    /// Time for the answer to hello.
    pub hello: Duration,
    /// Longest line, in octets.
    pub line: usize,
    /// How much of stderr is kept, in octets.
    pub stderr: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(2),
            hello: Duration::from_secs(20),
            line: MAX_LINE_LEN,
            stderr: 4096,
        }
    }
}

/// A program behind driver protocol 1.
#[derive(Debug)]
pub struct Driver {
    program: OsString,
    arguments: Vec<OsString>,
    limits: Limits,
    running: Option<Process>,
    hello: Hello,
    seq: u64,
    stderr: String,
    threads: Pipes,
}

impl Driver {
    /// A program that is started on first use.
    #[must_use]
    pub fn new(program: impl Into<OsString>, arguments: Vec<OsString>, limits: Limits) -> Self {
        Self {
            program: program.into(),
            arguments,
            limits,
            running: None,
            hello: Hello::default(),
            seq: 0,
            stderr: String::new(),
            threads: Pipes::default(),
        }
    }

    fn start_once(&mut self) -> Result<(), Fault> {
        self.seq = 0;
        self.stderr.clear();
        self.running = Some(Process::start(
            &self.program,
            &self.arguments,
            &self.limits,
            &self.threads,
        )?);
        let hello = Command::Hello {
            protocol: PROTOCOL,
            suite: SUITE_VERSION.to_owned(),
        };
        let hello_limit = self.limits.hello;
        self.hello = self.exchange(&hello, hello_limit, Hello::from_line)?;
        match self.ask(&Command::Run(Call::new(IMPOSSIBLE_OP, crate::op::Input::new())))? {
            Answer::Skip(_) => Ok(()),
            other => {
                self.end();
                let keys: Vec<_> = other.to_object().keys().cloned().collect();
                Err(Fault::Probe(keys.concat()))
            }
        }
    }

    /// Sends a request and reads its answer. After a fault the program is ended.
    fn exchange<T>(
        &mut self,
        command: &Command,
        limit: Duration,
        read: impl FnOnce(&[u8], u64) -> Result<T, AnswerError>,
    ) -> Result<T, Fault> {
        let process = self.running.as_mut().ok_or(Fault::NotRunning)?;
        self.seq = self.seq.saturating_add(1);
        let seq = self.seq;
        let result = process.exchange(command.to_line(seq), limit).and_then(|line| {
            read(&line, seq).map_err(|why| {
                let line = printable::escape(&printable::cut(&String::from_utf8_lossy(&line), SHOWN));
                Fault::Line { why, line }
            })
        });
        if result.is_err() {
            self.end();
        }
        result
    }

    fn end(&mut self) {
        if let Some(process) = self.running.take() {
            self.stderr = process.kill();
        }
    }
}

impl Subject for Driver {
    fn start(&mut self) -> Result<&Hello, StartError> {
        let mut attempts = 0_u32;
        while self.running.is_none() {
            if let Err(last) = self.start_once() {
                self.end();
                attempts = attempts.saturating_add(1);
                if attempts >= MAX_STARTS {
                    return Err(StartError {
                        attempts,
                        last,
                        stderr: self.stderr.clone(),
                    });
                }
            }
        }
        Ok(&self.hello)
    }

    fn ask(&mut self, command: &Command) -> Result<Answer, Fault> {
        let limit = self.limits.answer;
        self.exchange(command, limit, Answer::from_line)
    }

    fn stderr(&self) -> String {
        self.running
            .as_ref()
            .map_or_else(|| self.stderr.clone(), Process::stderr)
    }

    fn finish(&mut self) -> Result<(), Fault> {
        let Some(process) = self.running.take() else {
            return Ok(());
        };
        let seq = self.seq.saturating_add(1);
        let (result, stderr) = process.finish(Command::Bye.to_line(seq), self.limits.answer);
        self.stderr = stderr;
        result
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.end();
    }
}
