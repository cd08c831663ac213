//! Command line.

mod lint;
mod list;
mod run;
mod select;
mod shim;

use comet_conformance::run::exit;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// Conformance suite for IoT sensor wire formats.
#[derive(Debug, clap::Parser)]
#[command(version, about, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List cases
    List(list::List),
    /// Check vector files: schema, canonical text, ids, flags, signatures, ops and codes
    Lint(lint::Lint),
    /// Run cases against a program, or against the ops of this one
    Run(run::Run),
    /// Be a shim: answer driver protocol 1 on stdin and stdout with the ops of this program
    Shim(shim::Shim),
}

impl Cli {
    pub(crate) fn run(self) -> ExitCode {
        let result = match self.command {
            Command::List(list) => list.run(),
            Command::Lint(lint) => lint.run(),
            Command::Run(run) => run.run(),
            Command::Shim(shim) => shim.run(),
        };
        match result {
            Ok(status) => ExitCode::from(status),
            // Who reads the output has heard enough, such as `head`. Still no success: a run was cut short.
            Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                ExitCode::from(exit::USAGE)
            }
            Err(failure) => {
                complain(&failure.to_string());
                ExitCode::from(failure.status())
            }
        }
    }
}

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Vectors(#[from] comet_conformance::vector::VectorError),
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Start(#[from] comet_conformance::subject::StartError),
    #[error("output: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    const fn status(&self) -> u8 {
        match self {
            Self::Vectors(_) | Self::Usage(_) | Self::Output(_) => exit::USAGE,
            Self::Start(_) => exit::NO_START,
        }
    }
}

/// A line on stderr. When that is closed there is nobody left to tell.
fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "comet-conformance: {text}");
}
