//! One implementation, many times, and nothing else: for counting instructions.
//!
//! `valgrind --tool=callgrind --collect-atstart=no --toggle-collect='*::measured' instructions soap typical this-crate 1000`

#![expect(clippy::print_stderr, reason = "tells how it is used")]

use std::hint::black_box;
use std::process::ExitCode;

use comet_benches::peers::{borrowed, namespaces, structs, tree};
use comet_benches::{callback, corpus, sigfox};
use soap_websensor::{Options, decode, envelope};

#[inline(never)]
fn measured<'b, T>(f: impl Fn(&'b [u8]) -> T, body: &'b [u8], calls: u32) {
    for _ in 0..calls {
        black_box(&f(black_box(body)));
    }
}

/// `None`: no such body or implementation.
fn soap(body: &str, implementation: &str, calls: u32) -> Option<()> {
    let bodies = corpus::bodies();
    let body = bodies.iter().find(|known| known.name == body)?;
    let body = body.octets.as_slice();
    match implementation {
        "this-crate" => measured(decode, body, calls),
        "this-crate-general" => measured(|body| envelope::decode(body, &Options::new()), body, calls),
        "quick-xml-borrowed" => measured(borrowed::decode, body, calls),
        "quick-xml-ns" => measured(namespaces::decode, body, calls),
        "quick-xml-serde" => measured(structs::decode, body, calls),
        "roxmltree" => measured(tree::decode, body, calls),
        _ => return None,
    }
    Some(())
}

fn callbacks(body: &str, implementation: &str, calls: u32) -> Option<()> {
    let bodies = callback::bodies();
    let body = bodies.iter().find(|known| known.name == body)?;
    let body = body.octets.as_slice();
    let receiver = callback::receiver()?;
    match implementation {
        "this-crate" => measured(|body| callback::ours(&receiver, body), body, calls),
        "serde_json" => measured(callback::serde, body, calls),
        "sonic-rs" => measured(callback::sonic, body, calls),
        _ => return None,
    }
    Some(())
}

fn frames(frame: &str, implementation: &str, calls: u32) -> Option<()> {
    let frames = sigfox::frames();
    let sent = frames.iter().find(|known| known.name == frame)?;
    let key = sigfox::key()?;
    let (bare, blocks) = (sigfox::bare_key(), sigfox::blocks(sent));
    match implementation {
        "this-crate" => measured(|frame| sigfox::verified(frame, &key), &sent.frame, calls),
        "cipher" => measured(|_| sigfox::bare(black_box(&blocks), &bare), &sent.frame, calls),
        _ => return None,
    }
    Some(())
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let (arguments, calls) = match arguments.as_slice() {
        [rest @ .., calls] if rest.len() == 3 => (rest, calls.parse().ok()),
        all => (all, Some(1000)),
    };
    let done = match (arguments, calls) {
        (["soap", body, implementation], Some(calls)) => soap(body, implementation, calls),
        (["callback", body, implementation], Some(calls)) => callbacks(body, implementation, calls),
        (["sigfox", frame, implementation], Some(calls)) => frames(frame, implementation, calls),
        _ => None,
    };
    if done.is_none() {
        eprintln!("usage: instructions soap|callback|sigfox BODY IMPLEMENTATION [CALLS]");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
