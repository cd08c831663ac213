//! `run`.

use super::select::Select;
use super::{Failure, complain};
use comet_conformance::driver::{Driver, Limits};
use comet_conformance::exception::Exceptions;
use comet_conformance::ops;
use comet_conformance::report::{self, Options, Record};
use comet_conformance::run::{self, Plan, RunError};
use comet_conformance::subject::{InProcess, Subject};
use core::time::Duration;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(super) struct Run {
    #[command(flatten)]
    select: Select,
    /// List of announced failures: `glob  verdict  # reason  [issue URL]  [until VERSION]`
    #[arg(long, value_name = "FILE")]
    expected: Option<PathBuf>,
    /// After the run, rewrite this list so that it announces what came about; reasons are kept
    #[arg(long, value_name = "FILE")]
    update_expected: Option<PathBuf>,
    /// A refusal with a code that is not listed fails
    #[arg(long)]
    strict_errors: bool,
    /// Skipped cases make the run fail
    #[arg(long)]
    no_skip: bool,
    /// Time for each answer in ms [default: 2000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    timeout_ms: Option<u64>,
    /// Send the id of the case with each request, for debugging
    #[arg(long)]
    send_ids: bool,
    /// Write the stream of JSON lines to a file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write JUnit XML to a file
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// What goes to stdout: text, or the stream of JSON lines
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Test the ops of this program, without a shim
    #[arg(long, conflicts_with = "program", required_unless_present = "program")]
    in_process: bool,
    /// Program with a shim, and its arguments
    #[arg(last = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

impl Run {
    pub(super) fn run(&self) -> Result<u8, Failure> {
        let (vectors, selection) = self.select.load()?;
        let exceptions = self.exceptions()?;
        let timeout = (!self.in_process).then(|| self.limits().answer);
        let plan = Plan {
            cases: selection.of(&vectors),
            vectors: &vectors,
            exceptions: &exceptions,
            options: Options {
                strict_errors: self.strict_errors,
                no_skip: self.no_skip,
                send_ids: self.send_ids,
                timeout_ms: timeout.and_then(|limit| u64::try_from(limit.as_millis()).ok()),
            },
        };
        // Opened before the run: a run of minutes must not be lost to a directory that is not there.
        let mut stream = self.report.as_deref().map(create).transpose()?;
        let junit = self.junit.as_deref().map(create).transpose()?;
        let mut records = Vec::new();
        let mut out = io::stdout().lock();
        let mut sink = |record: &Record| {
            let line = record.to_line().map_err(io::Error::from)?;
            if let Some(stream) = &mut stream {
                writeln!(stream, "{line}")?;
            }
            match (self.format, record) {
                (Format::Json, _) => writeln!(out, "{line}")?,
                (Format::Text, Record::Result(result)) => {
                    if let Some(text) = report::result_line(result) {
                        writeln!(out, "{text}")?;
                    }
                }
                (Format::Text, _) => {}
            }
            if junit.is_some() && matches!(record, Record::Result(_)) {
                records.push(record.clone());
            }
            Ok(())
        };
        let outcome = run::run(self.subject()?.as_mut(), &plan, &mut sink).map_err(|error| match error {
            RunError::Start(error) => Failure::Start(error),
            RunError::Report(error) => Failure::Output(error),
            other => Failure::Usage(other.to_string()),
        })?;
        if let Some(mut stream) = stream {
            stream.flush()?;
        }
        if let Some(mut junit) = junit {
            report::junit(&records, &mut junit).map_err(io::Error::other)?;
            junit.flush()?;
        }
        if let Some(file) = &self.update_expected {
            fs::write(file, outcome.updated(&plan).to_string()).map_err(|error| unusable(file, &error))?;
        }
        if let Some(error) = &outcome.aborted {
            complain(&error.to_string());
        }
        if self.format == Format::Text {
            write!(out, "{}", report::summary(&outcome.footer))?;
        }
        Ok(outcome.footer.exit)
    }

    /// The list of `--expected`; without it the one that is to be rewritten, if it is there.
    fn exceptions(&self) -> Result<Exceptions, Failure> {
        let rewritten = self.update_expected.as_ref().filter(|file| file.exists());
        let Some(file) = self.expected.as_ref().or(rewritten) else {
            return Ok(Exceptions::default());
        };
        let text = fs::read_to_string(file).map_err(|error| unusable(file, &error))?;
        Exceptions::parse(&text).map_err(|error| unusable(file, &error))
    }

    fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        if let Some(ms) = self.timeout_ms {
            limits.answer = Duration::from_millis(ms);
            limits.hello = limits.hello.max(limits.answer);
        }
        limits
    }

    fn subject(&self) -> Result<Box<dyn Subject>, Failure> {
        if self.in_process {
            return Ok(Box::new(InProcess::new(ops::registry())));
        }
        let (program, arguments) = self
            .program
            .split_first()
            .ok_or_else(|| Failure::Usage("a program is wanted".to_owned()))?;
        Ok(Box::new(Driver::new(program, arguments.to_vec(), self.limits())))
    }
}

fn create(path: &Path) -> Result<BufWriter<File>, Failure> {
    File::create(path)
        .map(BufWriter::new)
        .map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, error: &dyn core::error::Error) -> Failure {
    Failure::Usage(format!("{}: {error}", path.display()))
}
