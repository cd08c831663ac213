//! Reads a SOAP body from standard input, as it is or in hexadecimal, and prints what it says.
//!
//! `cargo run --example decode_hex < body.xml`

use std::io::Read as _;
use std::process::ExitCode;

use soap_websensor::{Content, Message, Reading, Status, decode};

fn main() -> ExitCode {
    let mut input = Vec::new();
    if let Err(error) = std::io::stdin().take(1 << 20).read_to_end(&mut input) {
        eprintln!("standard input: {error}");
        return ExitCode::FAILURE;
    }
    let body = from_hex(&input).unwrap_or(input);
    match decode(&body) {
        Ok(message) => {
            print(&message);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}: {error}", error.kind.code());
            ExitCode::FAILURE
        }
    }
}

/// The octets, if the text is hexadecimal digits and white space.
fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digits: String = text
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|&byte| char::from(byte))
        .collect();
    let pairs = (0..digits.len())
        .step_by(2)
        .map(|at| digits.get(at..at.checked_add(2)?));
    pairs
        .map(|pair| pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect()
}

fn print(message: &Message<'_>) {
    let model = message
        .device
        .and_then(soap_websensor::DeviceCode::model)
        .map_or("unknown model", |model| model.name);
    println!("{} {model}, {}", message.serial, message.content.shape());
    let line = |name: &str, reading: &Reading<'_>| {
        let value = match reading.status {
            Status::Ok(value) => value.to_string(),
            other => other.code().to_owned(),
        };
        println!(
            "  {name:12} {value:>10} {:6} alarm {}",
            reading.unit.map_or("", |unit| unit.code()),
            reading.alarm.as_str()
        );
    };
    let climate = match &message.content {
        Content::FlatTrhp(sample) => Some((&sample.climate, "pressure", &sample.pressure)),
        Content::FlatCo2(sample) => Some((&sample.climate, "co2", &sample.co2)),
        _ => None,
    };
    if let Some((climate, fourth, reading)) = climate {
        line("temperature", &climate.temperature);
        line("humidity", &climate.humidity);
        line("computed", &climate.computed);
        line(fourth, reading);
    }
    if let Content::Channels(channels) = &message.content {
        for channel in channels.list.iter() {
            let value = match channel.status {
                Status::Ok(value) => value.to_string(),
                other => other.code().to_owned(),
            };
            println!(
                "  {:12} {value:>10} {:6} alarm {}",
                channel.name.as_deref().unwrap_or("channel"),
                channel.unit.as_deref().unwrap_or_default(),
                channel.alarm.as_str()
            );
        }
    }
    for warning in message.all_warnings().iter() {
        println!("  warning: {warning}");
    }
}
