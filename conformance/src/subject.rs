//! What is tested: a program behind the driver protocol, or ops in this process.

use crate::op::Registry;
use crate::protocol::{Answer, AnswerError, Command, Hello};
use crate::shim::Shim;
use core::time::Duration;

/// A program under test.
pub trait Subject {
    /// Starts it if it does not run, and gives what it says of itself.
    ///
    /// # Errors
    /// [`StartError`] when it does not start.
    fn start(&mut self) -> Result<&Hello, StartError>;

    /// Sends one request and takes its answer. After a fault the program is ended; [`Self::start`] starts it anew.
    ///
    /// # Errors
    /// The [`Fault`].
    fn ask(&mut self, command: &Command) -> Result<Answer, Fault>;

    /// The end of what the program wrote to stderr since it was last started.
    fn stderr(&self) -> String {
        String::new()
    }

    /// Ends the program in good order.
    ///
    /// # Errors
    /// The [`Fault`] if it does not end when it is told to.
    fn finish(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}

/// How a program broke the protocol.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The program cannot be started.
    #[error("cannot start: {0}")]
    Spawn(std::io::Error),
    /// No answer in time.
    #[error("no answer in {} ms", .0.as_millis())]
    Timeout(Duration),
    /// The program ended, or closed stdin or stdout.
    #[error("the program ended{0}")]
    Exit(String),
    /// A line that is longer than allowed.
    #[error("a line of more than {0} octets")]
    LineTooLong(usize),
    /// A line that is no answer to the request.
    #[error("{why}; the line: {line}")]
    Line {
        /// Why.
        why: AnswerError,
        /// The line, cut.
        line: String,
    },
    /// An op that cannot exist was answered otherwise than by `skip`.
    #[error("an op that cannot exist has to be answered by skip, not by {0}")]
    Probe(String),
    /// A request to a program that does not run.
    #[error("the program does not run")]
    NotRunning,
}

/// The program does not start.
#[derive(Debug, thiserror::Error)]
#[error("the program failed to start {attempts} times; at last: {last}{}", stderr_note(.stderr))]
#[non_exhaustive]
pub struct StartError {
    /// How often it was tried.
    pub attempts: u32,
    /// Why it failed the last time.
    pub last: Fault,
    /// The end of stderr of the last attempt.
    pub stderr: String,
}

fn stderr_note(stderr: &str) -> String {
    if stderr.is_empty() {
        String::new()
    } else {
        format!("; stderr: {}", crate::printable::escape(stderr))
    }
}

/// Ops in this process, asked with the same requests and giving the same answers as over stdio.
#[derive(Debug)]
pub struct InProcess {
    hello: Hello,
    shim: Shim,
}

impl InProcess {
    /// The ops of a registry.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self {
            hello: registry.hello(),
            shim: Shim::new(registry),
        }
    }
}

impl Subject for InProcess {
    fn start(&mut self) -> Result<&Hello, StartError> {
        Ok(&self.hello)
    }

    fn ask(&mut self, command: &Command) -> Result<Answer, Fault> {
        self.shim.answer(command).ok_or(Fault::NotRunning)
    }
}
