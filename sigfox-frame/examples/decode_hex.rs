//! Reads frames from standard input, one in hexadecimal on each line, and prints what they say. A line of 15 bytes is a downlink
//! and has the EP-ID and the counter of its request after it. A line `key` with 32 digits sets the key for the lines that follow.
//!
//! `cargo run --example decode_hex < examples/message.txt`

use std::io::Read as _;
use std::process::ExitCode;

use sigfox_frame::auth::{DeviceKey, PublicKey, Verified};
use sigfox_frame::control::Control;
use sigfox_frame::sequence::Counter;
use sigfox_frame::uplink::{Body, Tolerance, Uplink};
use sigfox_frame::{DecodeError, EpId, downlink, uplink};

fn main() -> ExitCode {
    let mut input = String::new();
    if let Err(error) = std::io::stdin().take(1 << 20).read_to_string(&mut input) {
        eprintln!("standard input: {error}");
        return ExitCode::FAILURE;
    }
    let mut key = None;
    let mut status = ExitCode::SUCCESS;
    for line in input.lines().map(str::trim) {
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        let told = match words.as_slice() {
            [] => Ok(()),
            [comment, ..] if comment.starts_with('#') => Ok(()),
            ["key", digits] => match from_hex(digits).and_then(|bytes| bytes.try_into().ok()) {
                Some(bytes) => {
                    key = DeviceKey::new(bytes);
                    Ok(())
                }
                None => Err("a key has 32 digits".to_owned()),
            },
            [frame] => with_bytes(frame, |bytes| print_uplink(bytes, key.as_ref())),
            [frame, id, counter] => match (id.parse(), counter.parse().ok().and_then(Counter::new)) {
                (Ok(id), Some(counter)) => {
                    with_bytes(frame, |bytes| print_downlink(bytes, id, counter, key.as_ref()))
                }
                _ => Err("EP-ID of 8 digits and counter below 4096 wanted".to_owned()),
            },
            _ => Err("a frame wanted".to_owned()),
        };
        if let Err(error) = told {
            println!("{line}\n  {error}");
            status = ExitCode::FAILURE;
        }
    }
    status
}

fn with_bytes(text: &str, print: impl FnOnce(&[u8]) -> Result<(), DecodeError>) -> Result<(), String> {
    let bytes = from_hex(text).ok_or("hexadecimal digits wanted")?;
    print(&bytes).map_err(|error| format!("{}: {error}", error.kind.code()))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = (0..text.len())
        .step_by(2)
        .map(|at| text.get(at..at.checked_add(2)?));
    pairs
        .map(|pair| pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect()
}

fn print_uplink(frame: &[u8], key: Option<&DeviceKey>) -> Result<(), DecodeError> {
    let received = uplink::decode(frame, Tolerance::default())?;
    let public = PublicKey::new();
    let proof = match key.map(|key| received.verify_any(key, Some(&public))) {
        None => "not verified",
        Some(Ok(Verified::Device(_))) => "authentic",
        Some(Ok(Verified::Public(_))) => "public key: proves nothing",
        Some(Err(_)) => "NOT AUTHENTIC",
    };
    print(received.uplink(), proof);
    Ok(())
}

fn print(uplink: &Uplink, proof: &str) {
    let (message, of) = (&uplink.message, uplink.frame_type);
    println!(
        "uplink class {} rank {}, {} wrong bits in the frame type, {proof}",
        of.class,
        of.rank.get(),
        uplink.type_errors
    );
    println!("  device {} counter {}", message.ep_id, message.counter);
    let flags = [
        (message.bidirectional, "asks for a downlink"),
        (uplink.repeated, "passed on by a relay"),
        (uplink.padding_ambiguous, "tag fits a shorter message too"),
    ];
    for (_, flag) in flags.iter().filter(|(set, _)| *set) {
        println!("  {flag}");
    }
    match &message.body {
        Body::Empty => println!("  empty"),
        Body::Bit(value) => println!("  bit {}", u8::from(*value)),
        Body::Bytes(payload) => println!("  {} bytes: {}", payload.len(), hex(payload)),
        Body::Control(Control::KeepAlive(supply)) => println!(
            "  keep-alive: {} mV idle, {} mV transmitting, {}",
            supply.idle_mv, supply.transmit_mv, supply.temperature
        ),
        Body::Control(Control::DownlinkConfirmation { supply, rssi }) => println!(
            "  downlink confirmation: {} dBm; {} mV idle, {} mV transmitting, {}",
            rssi.dbm(),
            supply.idle_mv,
            supply.transmit_mv,
            supply.temperature
        ),
        Body::Control(_) => println!("  control record: {}", hex(message.body.payload().as_slice())),
    }
}

fn print_downlink(
    frame: &[u8],
    id: EpId,
    counter: Counter,
    key: Option<&DeviceKey>,
) -> Result<(), DecodeError> {
    let received = downlink::decode(frame, id, counter)?;
    let proof = match key.map(|key| received.verify(key)) {
        None => "not verified",
        Some(Ok(_)) => "authentic",
        Some(Err(_)) => "NOT AUTHENTIC",
    };
    let received = received.received();
    println!("downlink, {} code words corrected, {proof}", received.corrected);
    println!("  device {id} request {counter}");
    println!("  8 bytes: {}", hex(&received.answer.payload));
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
