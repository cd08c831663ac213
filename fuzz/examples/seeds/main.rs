//! Writes the seeds of the targets from the golden vectors: `cargo run --example seeds`, in this directory.
//!
//! Few and small: one body of each class and form; the fuzzer finds the rest. `seeds/` is made anew.

mod callback;
mod guard;
mod json;
mod random;
mod seed;
mod sigfox;
mod soap;
mod tcp;
mod trust;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    soap::seeds()?;
    json::seeds()?;
    tcp::seeds()?;
    guard::seeds()?;
    sigfox::seeds()?;
    callback::seeds()?;
    trust::seeds()?;
    random::seeds()
}
