//! Evaluates a custom payload configuration.
//!
//! ```text
//! evaluate_payload 'st::uint:8 n::uint:16:little-endian t::int:16' 850a01ff38
//! ```

use std::error::Error;

use sigfox_frame::payload::{Config, Value};

fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: evaluate_payload CONFIGURATION HEX";
    let mut arguments = std::env::args().skip(1);
    let (configuration, hex) = arguments.next().zip(arguments.next()).ok_or(usage)?;
    let config = Config::compile(&configuration)?;
    for (name, value) in config.values(&octets(&hex)?) {
        match value {
            None => println!("{name}: no value"),
            Some(Value::Bool(value)) => println!("{name}: {value}"),
            Some(Value::Unsigned(value)) => println!("{name}: {value}"),
            Some(Value::Signed(value)) => println!("{name}: {value}"),
            Some(Value::Float(value)) => println!("{name}: {value}"),
            Some(value) => println!("{name}: {value:?}"),
        }
    }
    Ok(())
}

fn octets(hex: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return Err("an odd number of digits".into());
    }
    let octet = |pair: &[u8; 2]| Ok(u8::from_str_radix(core::str::from_utf8(pair)?, 16)?);
    pairs.iter().map(octet).collect()
}
