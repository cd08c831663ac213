//! `list`.

use super::Failure;
use super::select::Select;
use comet_conformance::run::exit;
use std::io::{self, Write as _};

#[derive(Debug, clap::Args)]
pub(super) struct List {
    #[command(flatten)]
    select: Select,
}

impl List {
    /// A line for each case: id, level, op, flags, what it is about; then their number.
    pub(super) fn run(&self) -> Result<u8, Failure> {
        let (vectors, selection) = self.select.load()?;
        let cases = selection.of(&vectors);
        let mut out = io::BufWriter::new(io::stdout().lock());
        for (_, case) in &cases {
            let flags = case.flags.join(",");
            writeln!(
                out,
                "{}  {}  {}  {flags}  {}",
                case.id,
                case.level.word(),
                case.op(),
                case.about
            )?;
        }
        writeln!(out, "{} cases", cases.len())?;
        out.flush()?;
        Ok(exit::CLEAN)
    }
}
