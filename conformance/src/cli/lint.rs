//! `lint`.

use super::Failure;
use comet_conformance::lint;
use comet_conformance::run::exit;
use std::io::{self, Write as _};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Lint {
    /// Directory with vectors, `<suite>/<group>.json`; without it those built into this program
    dir: Option<PathBuf>,
}

impl Lint {
    pub(super) fn run(&self) -> Result<u8, Failure> {
        let findings = match &self.dir {
            Some(dir) => lint::dir(dir)?,
            None => lint::embedded(),
        };
        let mut out = io::BufWriter::new(io::stdout().lock());
        for finding in &findings {
            writeln!(out, "{finding}")?;
        }
        writeln!(out, "{} findings", findings.len())?;
        out.flush()?;
        Ok(if findings.is_empty() {
            exit::CLEAN
        } else {
            exit::FAILED
        })
    }
}
