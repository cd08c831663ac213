//! Reads frames from standard input, in hexadecimal or as they are, and prints what they say. Tags are not verified.
//!
//! `echo b50e0010000000035a794d36c8657eefc5a3a7c876e1af00 | cargo run --example decode_hex`

use std::io::Read as _;
use std::process::ExitCode;

use wifisensor_tcp::DecodeError;
use wifisensor_tcp::ack::Ack;
use wifisensor_tcp::config::Config;
use wifisensor_tcp::failure::Failure;
use wifisensor_tcp::frame::{Direction, Frame, FrameType};
use wifisensor_tcp::handshake::{Challenge, Hello};
use wifisensor_tcp::result::Answer;
use wifisensor_tcp::rotate::Rotate;
use wifisensor_tcp::samples::Samples;
use wifisensor_tcp::status::Status;

fn main() -> ExitCode {
    let mut input = Vec::new();
    if let Err(error) = std::io::stdin().take(1 << 20).read_to_end(&mut input) {
        eprintln!("standard input: {error}");
        return ExitCode::FAILURE;
    }
    let input = from_hex(&input).unwrap_or(input);
    let mut rest = input.as_slice();
    while !rest.is_empty() {
        // Frames of both directions may stand in a row here, so each begins anew.
        let direction = rest
            .get(1)
            .map_or(Direction::FromDevice, |kind| Direction::of(*kind));
        let len = rest.get(2..4).and_then(|length| length.try_into().ok());
        let len = len.map_or(rest.len(), |length| {
            8_usize.saturating_add(u16::from_be_bytes(length).into())
        });
        let (bytes, after) = rest.split_at(len.min(rest.len()));
        if let Err(error) = Frame::parse(bytes, direction).and_then(|frame| print(&frame)) {
            eprintln!("{}: {error}", error.kind.code());
            return ExitCode::FAILURE;
        }
        rest = after;
    }
    ExitCode::SUCCESS
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

fn print(frame: &Frame<'_>) -> Result<(), DecodeError> {
    let (kind, body) = (frame.kind(), frame.body());
    let name = kind.name().unwrap_or("unknown type");
    println!("{name} seq {}, {} octets", frame.seq(), body.len());
    match kind {
        FrameType::Hello => {
            let hello = Hello::parse(body)?;
            let (min, max) = (hello.versions.min(), hello.versions.max());
            println!(
                "  device {} key {} versions {min} to {max}",
                hello.device_id, hello.key_id
            );
        }
        FrameType::Challenge => {
            let challenge = Challenge::parse(body)?;
            println!("  version {} time {}", challenge.version, challenge.time);
        }
        FrameType::Status => {
            let status = Status::parse(body)?;
            println!(
                "  log {} samples {} to {}",
                status.log_id,
                status.samples.oldest(),
                status.samples.next()
            );
            println!(
                "  clock {} uptime {} s configuration {}",
                status.clock, status.uptime_s, status.config
            );
            println!(
                "  battery {:?} mV, {:?}, signal {:?} dBm",
                status.battery_mv, status.battery_pct, status.rssi_dbm
            );
            println!("  firmware {}", status.firmware);
        }
        FrameType::Samples => {
            for record in Samples::parse(body)?.records() {
                let values: Vec<_> = record
                    .values()
                    .map(|value| value.map_or("-".into(), |v| v.to_string()))
                    .collect();
                println!("  {} at {}: {}", record.number(), record.time(), values.join(" "));
            }
        }
        FrameType::Ack | FrameType::ServerClose => println!("  stored below {}", Ack::parse(body)?.next),
        FrameType::Config => {
            let config = Config::parse(body)?;
            println!("  version {}", config.version());
            config.items().for_each(|item| println!("  {item:?}"));
        }
        FrameType::Rotate => println!("  to key {}", Rotate::parse(body)?.key_id()),
        FrameType::Result => println!("  {:?}", Answer::parse(body)?),
        FrameType::DeviceError | FrameType::ServerError => {
            let failure = Failure::parse(body)?;
            println!(
                "  {} retry {} s frame {:?}",
                failure.code, failure.retry_s, failure.reference
            );
        }
        _ => {}
    }
    Ok(())
}
