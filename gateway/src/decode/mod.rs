//! `comet decode`: a message as observations.

mod sigfox;

use std::path::PathBuf;

use clap::Args;
use comet_proto::{Family, Observation, tcp};
use wifisensor_tcp::frame::FrameType;
use wifisensor_tcp::samples::Samples;
use wifisensor_tcp::status::Status;

use crate::capture::{Capture, Captured, Verdict};
use crate::input::{Format, Input};
use crate::{Failure, clock};

/// What `comet decode` is told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    input: Input,
    /// How to print.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Layout of Sigfox payloads, a JSON file. May be given for each.
    #[arg(long, value_name = "FILE")]
    layout: Vec<PathBuf>,
    /// Custom configuration of Sigfox payloads, for those that no layout fits.
    #[arg(long, value_name = "TEXT")]
    configuration: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let body = options.input.read()?;
    match options.input.family(&body) {
        Family::Soap => soap(&body, options.format),
        Family::Tcp => session(&body, options),
        Family::Sigfox => sigfox::callback(&body, options),
        Family::SigfoxRadio => sigfox::radio(&body, options),
        _ => json(&body, options.format),
    }
}

fn soap(body: &[u8], format: Format) -> Result<(), Failure> {
    let message = soap_websensor::decode(body)
        .map_err(|error| Failure::new(format!("{}: {error}", error.kind.code())))?;
    if format == Format::Text {
        let model = message.device.and_then(soap_websensor::DeviceCode::model);
        let model = model.map_or("model unknown", |model| model.name);
        let interval = message
            .interval_s
            .map_or_else(String::new, |seconds| format!(", every {seconds} s"));
        println!("{} {} ({model}){interval}", message.name.local(), message.serial);
    }
    for observation in comet_proto::soap::observations(&message, clock::now()) {
        print(&observation, format)?;
    }
    if format == Format::Text {
        for (path, element) in message.unknown.leaves() {
            println!(
                "  unknown element {path} = {:?}",
                element.text.as_deref().unwrap_or_default()
            );
        }
        message
            .all_warnings()
            .iter()
            .for_each(|warning| println!("  warning: {warning}"));
    }
    Ok(())
}

fn json(body: &[u8], format: Format) -> Result<(), Failure> {
    let message =
        comet_json::decode(body).map_err(|error| Failure::new(format!("{}: {error}", error.kind.code())))?;
    if format == Format::Text {
        let serial = message
            .content
            .serial()
            .map_or_else(String::new, |serial| serial.to_string());
        println!("JsonType {} {serial}", message.content.message_type().number());
    }
    for observation in comet_proto::push::observations(&message, clock::now()) {
        print(&observation, format)?;
    }
    if format == Format::Text {
        message
            .warnings
            .iter()
            .for_each(|warning| println!("  warning: {}", warning.code()));
    }
    Ok(())
}

/// The observations of captured sessions; with the secret, of those frames only that are authentic.
fn session(octets: &[u8], options: &Options) -> Result<(), Failure> {
    let secret = options.input.secret();
    let is_text = options.format == Format::Text;
    let mut capture = Capture::new(octets, options.input.key_id(), secret);
    let mut session: Option<tcp::Session> = None;
    let mut wrong = 0_u32;
    while let Some(captured) = capture.next() {
        let Captured { frame, verdict, .. } = captured.map_err(|no_frame| {
            let (at, error) = (no_frame.at, no_frame.error);
            Failure::new(format!(
                "{}: {error}, in a frame that begins at octet {at}",
                error.kind.code()
            ))
        })?;
        // With the secret, what cannot be checked is not believed either.
        if verdict.is_wrong() || (secret.is_some() && verdict == Verdict::Unchecked) {
            wrong = wrong.saturating_add(1);
            continue;
        }
        let failed =
            |error: wifisensor_tcp::DecodeError| Failure::new(format!("{}: {error}", error.kind.code()));
        match (frame.kind(), capture.claimant()) {
            (FrameType::Hello, Some(device)) => {
                session = None;
                if is_text {
                    let proven = if secret.is_some() {
                        ""
                    } else {
                        ", tags not checked"
                    };
                    println!("session of {device}{proven}");
                }
            }
            (FrameType::Status, Some(device)) => {
                let status = Status::parse(frame.body()).map_err(failed)?;
                let opened = session.insert(tcp::Session::new(device, status, clock::now()));
                for observation in tcp::health(opened) {
                    print(&observation, options.format)?;
                }
            }
            (FrameType::Samples, Some(_)) => {
                let samples = Samples::parse(frame.body()).map_err(failed)?;
                let opened = session
                    .as_ref()
                    .ok_or_else(|| Failure::new("samples before STATUS: who took them is not known"))?;
                for observation in tcp::observations(opened, &samples, clock::now()) {
                    print(&observation, options.format)?;
                }
            }
            (FrameType::Samples | FrameType::Status, None) => {
                return Err(Failure::new("the capture does not begin with HELLO"));
            }
            _ => {}
        }
    }
    if wrong > 0 {
        return Err(Failure::new(format!(
            "{wrong} frames are not authentic; `explain` shows which"
        )));
    }
    Ok(())
}

fn print(observation: &Observation<'_>, format: Format) -> Result<(), Failure> {
    if format == Format::Json {
        let line = serde_json::to_string(observation).map_err(|error| Failure::new(error.to_string()))?;
        println!("{line}");
        return Ok(());
    }
    let value = observation.value.map_or_else(
        || observation.quality.code().to_owned(),
        |value| value.to_string(),
    );
    let unit = observation.unit.as_ref().map_or("", |unit| unit.symbol());
    // Names come from the sender: nothing in them may reach the terminal as a control.
    let name: String = observation
        .channel
        .name
        .as_deref()
        .unwrap_or_default()
        .chars()
        .map(visible)
        .collect();
    println!(
        "  {:>2}  {name:20} {:18} {value:>12} {unit:6} alarm {}",
        observation.channel.number,
        observation.quantity.code(),
        observation.alarm.code()
    );
    Ok(())
}

/// Controls and marks that turn the direction of writing become a replacement character (spec soap-websensor §12).
pub(crate) fn visible(c: char) -> char {
    let turns = matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    if c.is_control() || turns { '\u{FFFD}' } else { c }
}
