//! `comet decode`: a message as observations.

use clap::Args;
use comet_proto::{Family, Observation};

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
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let body = options.input.read()?;
    match options.input.family(&body) {
        Family::Soap => soap(&body, options.format),
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
