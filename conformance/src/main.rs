//! The program `comet-conformance`: lists, lints and runs vectors, and is a shim itself.

use clap::Parser as _;
use std::process::ExitCode;

mod cli;

fn main() -> ExitCode {
    cli::Cli::parse().run()
}
