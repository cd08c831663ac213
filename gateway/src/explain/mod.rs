//! `comet explain`: a message octet by octet, with the section of the specification behind each part.

mod json;
mod sigfox;
mod soap;
mod tcp;

use core::fmt::Display;

use clap::Args;
use comet_proto::Family;

use crate::Failure;
use crate::decode::visible;
use crate::input::Input;

/// What `comet explain` is told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    input: Input,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let body = options.input.read()?;
    match options.input.family(&body) {
        Family::Soap => soap::explain(&body),
        Family::Tcp => tcp::explain(&body, &options.input),
        Family::Sigfox => sigfox::explain_callback(&body, &options.input),
        Family::SigfoxRadio => sigfox::explain_radio(&body, &options.input),
        _ => json::explain(&body),
    }
}

fn check(what: &str, result: &str, section: &str) {
    println!("✓ {what:12} {result:70} {section}");
}

/// Says why a message is refused and shows the place.
fn refused(body: &[u8], code: &str, error: &dyn Display, offset: usize) -> Failure {
    println!("refused: {code}\n  {error}");
    let start = offset.saturating_sub(30);
    let end = body.len().min(offset.saturating_add(30));
    let context = body.get(start..end).unwrap_or_default();
    let line: String = String::from_utf8_lossy(context).chars().map(visible).collect();
    println!("  octets {start}..{end}: {line}");
    Failure::new(format!("refused: {code}"))
}
