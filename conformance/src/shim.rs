//! The program's side of driver protocol 1: answers requests from a [`Registry`].
//!
//! ```no_run
//! use comet_conformance::{op::Registry, shim::Shim};
//!
//! let registry = Registry::new("acme", "2.3"); // .stateless("sigfox.crc8", …)
//! Shim::new(registry).serve(std::io::stdin().lock(), std::io::stdout().lock())?;
//! # Ok::<(), std::io::Error>(())
//! ```

use crate::driver::line::{self, Line};
use crate::op::{Handler, OpError, Opened, Outcome, Registry, Session};
use crate::protocol::{Answer, Call, Command};
use alloc::collections::BTreeMap;
use core::fmt;
use core::panic::AssertUnwindSafe;
use serde_json::{Map, Value};
use std::io::{self, BufRead, Write};
use std::panic::catch_unwind;

/// Longest request that is taken, in octets. A request is larger than its answer: batches, images, files.
pub const MAX_REQUEST_LEN: usize = 64 * 1024 * 1024;

/// The ops of a program and the sessions that are open.
pub struct Shim {
    registry: Registry,
    sessions: BTreeMap<String, Box<dyn Session>>,
}

impl fmt::Debug for Shim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shim")
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}

impl Shim {
    /// A shim that offers the ops of a registry.
    #[must_use]
    pub const fn new(registry: Registry) -> Self {
        Self {
            registry,
            sessions: BTreeMap::new(),
        }
    }

    /// Answers requests line by line until `bye` or the end of the input. No request ends it; one that cannot be read is
    /// answered by the code [`OpError::BAD_REQUEST`].
    ///
    /// # Errors
    /// When the input cannot be read or the output cannot be written.
    pub fn serve(&mut self, input: impl BufRead, mut output: impl Write) -> io::Result<()> {
        let mut lines = line::Lines::new(input, MAX_REQUEST_LEN);
        let mut count = 0_u64;
        loop {
            let line = lines.next()?;
            count = count.saturating_add(1);
            let line = match line {
                Line::End => return Ok(()),
                Line::Text(line) => line,
                Line::TooLong => {
                    // The number cannot be read; requests count from 1, so it is known all the same.
                    send(&mut output, &bad_request("line too long").to_line(count))?;
                    lines.skip_rest()?;
                    continue;
                }
            };
            let (seq, command) = read(&line, count);
            let answer = match command {
                Some(Command::Bye) => return Ok(()),
                Some(Command::Hello { .. }) => self.registry.hello().to_line(seq),
                Some(command) => self
                    .answer(&command)
                    .unwrap_or_else(|| bad_request("no answer"))
                    .to_line(seq),
                None => bad_request("no request of protocol 1").to_line(seq),
            };
            send(&mut output, &answer)?;
        }
    }

    /// Answers one request; `None` for hello and bye, which have no answer of this kind.
    pub fn answer(&mut self, command: &Command) -> Option<Answer> {
        Some(match command {
            Command::Hello { .. } | Command::Bye => return None,
            Command::Close { session } => {
                // Whether it was open does not matter (§4).
                self.sessions.remove(session);
                Answer::Ok(Map::new())
            }
            Command::Run(call) => self.run(call),
            Command::Open(call) => self.open(call),
        })
    }

    fn run(&mut self, call: &Call) -> Answer {
        match self.registry.handler(&call.op) {
            None => not_offered(&call.op),
            Some(Handler::Stateless(function)) if call.session.is_none() => {
                answer(guarded(|| function(&call.input)))
            }
            Some(Handler::Step) => self.step(call),
            Some(Handler::Stateless(_)) => bad_request("the op takes no session"),
            Some(Handler::Opens(_)) => bad_request("the op opens a session"),
        }
    }

    fn step(&mut self, call: &Call) -> Answer {
        let Some(name) = &call.session else {
            return bad_request("the op is a step of a session");
        };
        let Some(session) = self.sessions.get_mut(name) else {
            return bad_request("the session is not open");
        };
        let outcome = guarded(|| session.step(&call.op, &call.input));
        if outcome.is_none() {
            // Whatever a panic left behind is not a state to go on from.
            self.sessions.remove(name);
        }
        answer(outcome)
    }

    fn open(&mut self, call: &Call) -> Answer {
        let Some(name) = &call.session else {
            return bad_request("a session needs a name");
        };
        let function = match self.registry.handler(&call.op) {
            None => return not_offered(&call.op),
            Some(Handler::Opens(function)) => function,
            Some(_) => return bad_request("the op opens no session"),
        };
        if self.sessions.contains_key(name) {
            return bad_request("the session is open already");
        }
        match guarded(|| function(&call.input)) {
            Some(Ok(Opened { ok, session })) => {
                let answer = answer(Some(Ok(ok)));
                if matches!(answer, Answer::Ok(_)) {
                    self.sessions.insert(name.clone(), session);
                }
                answer
            }
            Some(Err(error)) => Answer::Err(error.to_object()),
            None => answer(None),
        }
    }
}

/// The number and the request of a line. A number that cannot be read is that of the line.
fn read(line: &[u8], count: u64) -> (u64, Option<Command>) {
    let Ok(object) = serde_json::from_slice::<Map<String, Value>>(line) else {
        return (count, None);
    };
    match object.get("seq").and_then(Value::as_u64) {
        Some(seq) => (seq, Command::from_object(&object)),
        None => (count, None),
    }
}

fn send(output: &mut impl Write, line: &str) -> io::Result<()> {
    output.write_all(line.as_bytes())?;
    output.write_all(b"\n")?;
    output.flush()
}

/// The result of an op, `None` if it panicked: one faulty op must not end the program and with it all other cases.
fn guarded<T>(op: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(op)).ok()
}

fn answer(outcome: Option<Outcome>) -> Answer {
    match outcome {
        Some(Ok(Value::Object(ok))) => Answer::Ok(ok),
        Some(Ok(_)) => Answer::Err(
            OpError::new(OpError::INTERNAL)
                .because("the op gave no object")
                .to_object(),
        ),
        Some(Err(error)) => Answer::Err(error.to_object()),
        None => Answer::Err(
            OpError::new(OpError::INTERNAL)
                .because("the op panicked")
                .to_object(),
        ),
    }
}

fn bad_request(why: &str) -> Answer {
    Answer::Err(OpError::new(OpError::BAD_REQUEST).because(why).to_object())
}

fn not_offered(op: &str) -> Answer {
    Answer::Skip(format!("op `{op}` is not offered"))
}

#[cfg(test)]
mod tests;
