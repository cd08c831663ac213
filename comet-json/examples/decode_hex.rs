//! Reads a body from standard input, as it is or in hexadecimal, and prints what it says.
//!
//! `cargo run --example decode_hex < body.json`

use std::io::Read as _;
use std::process::ExitCode;

use comet_json::{
    Alarm, Content, DecodeError, HexFloat, LoggerMessage, Message, Options, Stamp, Text, decode_with, logger,
};

fn main() -> ExitCode {
    let mut input = Vec::new();
    if let Err(error) = std::io::stdin().take(1 << 20).read_to_end(&mut input) {
        eprintln!("standard input: {error}");
        return ExitCode::FAILURE;
    }
    let body = from_hex(&input).unwrap_or(input);
    let options = Options::new().with_legacy(true).with_batch(true);
    match decode_with(body.trim_ascii_end(), &options) {
        Ok(message) => {
            print(&message);
            ExitCode::SUCCESS
        }
        Err(error) => refused(&error),
    }
}

fn refused(error: &DecodeError) -> ExitCode {
    eprintln!("{}: {error}", error.kind.code());
    ExitCode::FAILURE
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
    match &message.content {
        Content::Wifi(wifi) => {
            let model = wifi.kind.and_then(comet_json::wifi::Kind::model);
            println!(
                "{} {}, type 2",
                wifi.serial,
                model.map_or("unknown model", |model| model.comet)
            );
            println!(
                "  taken {}, reason {:?}, memory {:?}",
                time(wifi.time.sample),
                wifi.msg_type,
                wifi.msg_cache
            );
            for channel in &wifi.channels {
                line(channel.quantity, channel.value, channel.unit, channel.alarms());
            }
        }
        Content::Wired(wired) => {
            let model = wired.kind.and_then(comet_json::wired::Kind::model);
            println!(
                "{} {}, type 5",
                wired.serial,
                model.map_or("unknown model", |model| model.name)
            );
            println!(
                "  taken {}, reason {:?}, memory {:?}",
                time(wired.time.sample),
                wired.msg_type,
                wired.msg_cache
            );
            for channel in &wired.channels {
                line(channel.quantity, channel.value, channel.unit, channel.alarms());
            }
        }
        Content::Logger(logger) => print_logger(logger),
        Content::LoggerBatch(batch) => batch.iter().for_each(|logger| print_logger(&logger)),
        other => println!("{other:?}"),
    }
    for warning in message.warnings.iter() {
        println!("  warning: {warning}");
    }
}

fn print_logger(message: &LoggerMessage<'_>) {
    println!(
        "{} {}, type 1 version {}",
        message.serial, message.desc, message.version
    );
    let age = message
        .age_s()
        .map_or("unknown".to_owned(), |age| format!("{age} s"));
    println!(
        "  taken at {} if the clock is UTC, age {age}, state {:?}",
        message.time.unix_if_utc(),
        message.state
    );
    for channel in &message.channels {
        match channel {
            logger::Channel::Analog(analog) => {
                line(
                    Some(analog.quantity),
                    Some(analog.value),
                    Some(analog.unit),
                    channel.alarms(),
                );
            }
            logger::Channel::Binary(binary) => {
                let state = binary
                    .state_text()
                    .map_or("?".to_owned(), |text| text.to_string());
                println!("  {:20} {state:>12}", binary.quantity.to_string());
            }
        }
    }
}

fn time(stamp: Stamp<'_>) -> String {
    stamp
        .timestamp()
        .map_or("at an unknown time".to_owned(), |time| time.to_string())
}

fn line(name: Option<Text<'_>>, value: Option<HexFloat>, unit: Option<Text<'_>>, alarms: [Alarm; 2]) {
    let value = match value {
        None => "none".to_owned(),
        Some(HexFloat::Number(number)) => number.to_string(),
        Some(other) => format!("{other:?}"),
    };
    let text = |text: Option<Text<'_>>| text.unwrap_or_default().to_string();
    let active = alarms.map(|alarm| if alarm.active == Some(true) { '!' } else { '-' });
    println!(
        "  {:20} {value:>12} {:6} alarms {}{}",
        text(name),
        text(unit),
        active[0],
        active[1]
    );
}
