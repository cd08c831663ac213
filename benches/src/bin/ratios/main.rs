//! Prints ratios of times: every implementation in turn, many rounds in one process, medians.
//!
//! Ratios from interleaved rounds hold on a machine that is not quiet; the nanoseconds only illustrate.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "prints tables, tells how it is used"
)]

mod callback;
mod guard;
mod push;
mod rounds;
mod session;
mod sigfox;
mod soap;
mod trust;

use std::process::ExitCode;

/// Prints tables; false if results differ.
type Print = fn() -> bool;

const FAMILIES: [(&str, Print); 6] = [
    ("soap", || soap::decoding() && soap::encoding()),
    ("json", push::decoding),
    ("tcp", session::sessions),
    ("sigfox", sigfox::frames),
    ("callback", callback::receiving),
    ("trust", trust::checking),
];

/// Without arguments all decoders; names of families for those alone; `guard` and numbers of devices for the guard.
fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [] => FAMILIES.iter().all(|(_, print)| print()),
        [first, devices @ ..] if first == "guard" => devices
            .iter()
            .all(|devices| devices.parse().is_ok_and(guard::print)),
        names => names.iter().all(|name| {
            let family = FAMILIES.iter().find(|(known, _)| known == name);
            if family.is_none() {
                eprintln!("unknown family: {name}");
            }
            family.is_some_and(|(_, print)| print())
        }),
    };
    if done {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
