//! `shim`.

use super::Failure;
use comet_conformance::run::exit;
use comet_conformance::{ops, shim};
use std::io;

#[derive(Debug, clap::Args)]
pub(super) struct Shim {}

impl Shim {
    #[expect(clippy::unused_self, reason = "all commands are called alike")]
    pub(super) fn run(&self) -> Result<u8, Failure> {
        shim::Shim::new(ops::registry()).serve(io::stdin().lock(), io::stdout().lock())?;
        Ok(exit::CLEAN)
    }
}
