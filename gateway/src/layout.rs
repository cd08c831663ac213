//! `comet layout`: what payloads of a device type mean, as their owner knows it (comet-sigfox-payload §6, sigfox-callback §7).

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use comet_proto::sigfox::Descriptions;

use crate::store::Devices;
use crate::store::sigfox::{Description, Kind, redecode};
use crate::{Failure, clock, serve};

/// Octets of a file, at most.
const MAX_LEN: u64 = 1 << 20;

/// What `comet layout` is told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Database file; made if it is not there.
    #[arg(long, default_value = "comet.db", global = true)]
    db: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Put descriptions in place of those that the device type has, and decode its archive again.
    Set {
        /// Name of the device type.
        #[arg(long = "type")]
        device_type: String,
        /// For devices of this model only, in place of those of the device type.
        #[arg(long, default_value = "")]
        model: String,
        /// Layouts, a JSON file each; none to take all descriptions away.
        files: Vec<PathBuf>,
        /// A custom payload configuration of the network, for payloads that no layout fits.
        #[arg(long)]
        configuration: Option<String>,
    },
    /// Go on with an archive whose decoding was cut short.
    Redecode {
        /// Name of the device type.
        #[arg(long = "type")]
        device_type: String,
    },
    /// Print the descriptions of a device type.
    List {
        /// Name of the device type.
        #[arg(long = "type")]
        device_type: String,
        /// Those of this model.
        #[arg(long, default_value = "")]
        model: String,
    },
}

pub(crate) fn run(options: Options) -> Result<(), Failure> {
    let mut devices = Devices::new(serve::open(&options.db)?);
    let failed = |error: rusqlite::Error| Failure::new(format!("{}: {error}", options.db.display()));
    let (Command::Set { device_type, .. }
    | Command::Redecode { device_type }
    | Command::List { device_type, .. }) = &options.command;
    if devices.device_type(device_type).map_err(failed)?.is_none() {
        return Err(Failure::new(format!("{device_type} is no device type")));
    }
    match &options.command {
        Command::Set {
            device_type,
            model,
            files,
            configuration,
        } => {
            let descriptions = read(files, configuration.as_deref())?;
            let changed = devices
                .set_descriptions(device_type, model, &descriptions)
                .map_err(failed)?;
            if !changed {
                println!("{device_type} has these descriptions already");
            }
            again(&options.db, device_type)?;
        }
        Command::Redecode { device_type } => again(&options.db, device_type)?,
        Command::List { device_type, model } => {
            for description in devices.descriptions(device_type, model).map_err(failed)? {
                println!("{}\n{}", description.kind.code(), description.text.trim_end());
            }
        }
    }
    Ok(())
}

/// Layouts first, then the configuration; all of them have to be lawful.
pub(crate) fn read(files: &[PathBuf], configuration: Option<&str>) -> Result<Vec<Description>, Failure> {
    let mut all = Vec::new();
    let mut compiled = Descriptions::new();
    for file in files {
        let description = Description {
            kind: Kind::Layout,
            text: contents(file)?,
        };
        compiled = description
            .compile(compiled)
            .map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
        all.push(description);
    }
    if let Some(text) = configuration {
        let description = Description {
            kind: Kind::Configuration,
            text: text.to_owned(),
        };
        description
            .compile(compiled)
            .map_err(|error| Failure::new(format!("configuration: {error}")))?;
        all.push(description);
    }
    Ok(all)
}

fn contents(file: &Path) -> Result<String, Failure> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(file)
        .and_then(|file| file.take(MAX_LEN).read_to_string(&mut text))
        .map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
    Ok(text)
}

pub(crate) fn again(db: &Path, device_type: &str) -> Result<(), Failure> {
    let mut connection = serve::open(db)?;
    let redecoded = redecode(&mut connection, device_type, clock::now())
        .map_err(|error| Failure::new(format!("{}: {error}", db.display())))?;
    println!(
        "{device_type}: {} messages looked at, {} of them decoded",
        redecoded.messages, redecoded.decoded
    );
    Ok(())
}
