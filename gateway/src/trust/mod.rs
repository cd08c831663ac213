//! `comet trust`: whether a firmware image, a manifest or the certificate of a device can be trusted (device-trust §A, §B).

pub(crate) mod files;
mod keys;
mod parameters;
mod sign_image;
mod verify_chain;
mod verify_image;
mod verify_manifest;

use core::fmt::Display;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::Failure;
use crate::decode::visible;
use crate::input::Format;

/// What `comet trust` is told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Verify a firmware image in the MCUboot format, Ed25519 over SHA-256.
    VerifyImage(verify_image::Options),
    /// Verify a SUIT manifest, and the payload that it announces.
    VerifyManifest(verify_manifest::Options),
    /// Verify the certificates that a device presents.
    VerifyChain(verify_chain::Options),
    /// Write a signed firmware image.
    SignImage(sign_image::Options),
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (done, format) = match &options.command {
        Command::VerifyImage(options) => (verify_image::run(options), options.format),
        Command::VerifyManifest(options) => (verify_manifest::run(options), options.format),
        Command::VerifyChain(options) => (verify_chain::run(options), options.format),
        Command::SignImage(options) => return sign_image::run(options),
    };
    done.map_err(|end| {
        if format == Format::Json {
            println!("{}", json!({ "err": end.object() }));
        }
        Failure::new(end.to_string())
    })
}

/// Why a check did not say yes.
#[derive(Debug, thiserror::Error)]
enum End {
    /// It said no, by its code in the specification, and where.
    #[error("{code}: {text}")]
    Refused {
        code: &'static str,
        text: String,
        place: Map<String, Value>,
    },
    /// It was not made: a file, a key, an anchor or a row cannot be used.
    #[error("{0}")]
    NotMade(#[from] Failure),
}

impl End {
    fn refused(code: &'static str, error: &dyn Display, place: &Found) -> Self {
        Self::Refused {
            code,
            text: error.to_string(),
            place: object(place),
        }
    }

    /// For programs: `code` and `text`, and the members of the place.
    fn object(&self) -> Map<String, Value> {
        let (code, text, mut members) = match self {
            Self::Refused { code, text, place } => (*code, text.clone(), place.clone()),
            Self::NotMade(failure) => (NOT_MADE, failure.to_string(), Map::new()),
        };
        members.insert("code".to_owned(), code.into());
        members.insert("text".to_owned(), text.into());
        members
    }
}

/// Code of what is no verdict; no check of the specification has it.
const NOT_MADE: &str = "not-made";

/// What a check says, by the names of the specification; null where there is none.
type Found = [(&'static str, Value)];

/// For people a line for each that there is; for programs one object, `{"ok": …}`.
fn print(found: &Found, format: Format) {
    match format {
        Format::Json => println!("{}", json!({ "ok": object(found) })),
        Format::Text => found
            .iter()
            .filter(|(_, value)| !value.is_null() && value.as_array().is_none_or(|all| !all.is_empty()))
            .for_each(|(name, value)| println!("{name:16} {}", text(value))),
    }
}

fn object(found: &Found) -> Map<String, Value> {
    let members = found.iter().cloned();
    members.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Texts come from the file: nothing in them may reach the terminal as a control.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.chars().map(visible).collect(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
