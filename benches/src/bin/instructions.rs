//! One implementation, many times, and nothing else: for counting instructions.
//!
//! `valgrind --tool=callgrind --collect-atstart=no --toggle-collect='*::measured' instructions typical this-crate 1000`

#![expect(clippy::print_stderr, reason = "tells how it is used")]

use std::hint::black_box;
use std::process::ExitCode;

use comet_benches::corpus;
use comet_benches::peers::{borrowed, namespaces, structs, tree};
use soap_websensor::{Options, decode, envelope};

#[inline(never)]
fn measured<'b, T>(f: impl Fn(&'b [u8]) -> T, body: &'b [u8], calls: u32) {
    for _ in 0..calls {
        black_box(&f(black_box(body)));
    }
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (body, implementation) = (arguments.next(), arguments.next());
    let calls = arguments
        .next()
        .and_then(|calls| calls.parse().ok())
        .unwrap_or(1000);
    let bodies = corpus::bodies();
    let body = bodies.iter().find(|known| Some(known.name) == body.as_deref());
    let (Some(body), Some(implementation)) = (body, implementation) else {
        eprintln!("usage: instructions BODY IMPLEMENTATION [CALLS]");
        return ExitCode::FAILURE;
    };
    let body = body.octets.as_slice();
    match implementation.as_str() {
        "this-crate" => measured(decode, body, calls),
        "this-crate-general" => measured(|body| envelope::decode(body, &Options::new()), body, calls),
        "quick-xml-borrowed" => measured(borrowed::decode, body, calls),
        "quick-xml-ns" => measured(namespaces::decode, body, calls),
        "quick-xml-serde" => measured(structs::decode, body, calls),
        "roxmltree" => measured(tree::decode, body, calls),
        _ => {
            eprintln!("unknown implementation");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
