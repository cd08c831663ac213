//! `comet device-type`: whose callbacks share an address and a secret (sigfox-callback §1, R1).

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sigfox_frame::callback::{LINE_PATTERN, LinePattern, TEMPLATES, Wrap};
use wifisensor_tcp::keys::Secret;

use crate::secrets::{self, Vault};
use crate::store::Devices;
use crate::store::sigfox::{DeviceType, Secrets};
use crate::{Failure, clock, serve};

/// What `comet device-type` is told.
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
    /// Make a device type with a secret, and print what to type into its callbacks.
    Add(Add),
    /// List the device types.
    List,
    /// Correct the numbers of the message counter. Each device keeps its last counter.
    Wrap {
        /// Name of the device type.
        name: String,
        /// 128, 256, 512, 1024, 2048 or 4096.
        wrap: u32,
    },
    /// Make a new secret; the old one stays valid until `retire`, and there is no third.
    Rotate {
        /// Name of the device type.
        name: String,
        /// URL that the network reaches the gateway at, for the printed settings.
        #[arg(long, default_value = "https://example.org")]
        url: String,
    },
    /// End the old secret after a rotation.
    Retire {
        /// Name of the device type.
        name: String,
    },
}

#[derive(Debug, Args)]
struct Add {
    /// Name, as it stands in the address: letters, digits, `-` and `_`.
    name: String,
    /// Header that carries the secret; other standard headers are refused by the network.
    #[arg(long, default_value = "Authorization", conflicts_with = "secret_in_path")]
    header: String,
    /// The secret is the last segment of the address: where no header can be configured.
    #[arg(long)]
    secret_in_path: bool,
    /// Take batches with this line pattern, such as `{device};{time};{seqNumber};{data};{ack}`.
    #[arg(long)]
    line_pattern: Option<String>,
    /// Numbers of the message counter of the devices: 128, 256, 512, 1024, 2048 or 4096. By radio no other ones are taken.
    #[arg(long, default_value_t = 4096)]
    wrap: u32,
    /// URL that the network reaches the gateway at, for the printed settings.
    #[arg(long, default_value = "https://example.org")]
    url: String,
}

pub(crate) fn run(options: Options) -> Result<(), Failure> {
    let devices = Devices::new(serve::open(&options.db)?);
    let vault = Vault::open(&options.db)?;
    let failed = |error: rusqlite::Error| Failure::new(format!("{}: {error}", options.db.display()));
    let find = |name: &str| {
        let found = devices.device_type(name).map_err(failed)?;
        found.ok_or_else(|| Failure::new(format!("{name} is no device type")))
    };
    match options.command {
        Command::Add(add) => {
            let secret = Secret::new(secrets::random()?);
            let new = new(&add, &vault, &secret)?;
            if !devices.add_device_type(&new, clock::now()).map_err(failed)? {
                return Err(Failure::new(format!(
                    "{} is a device type already; `rotate` makes a new secret",
                    new.name
                )));
            }
            print(&new, &secret, &add.url);
            print_templates(&new);
        }
        Command::List => {
            for device_type in devices.device_types().map_err(failed)? {
                let header = device_type.header.as_deref().unwrap_or("secret in the path");
                let rotating = match device_type.secrets.previous {
                    Some(_) => ", rotating",
                    None => "",
                };
                let batches = match &device_type.line_pattern {
                    Some(pattern) => format!("  batches {pattern}"),
                    None => String::new(),
                };
                println!(
                    "{:16} {header}{rotating}  counter below {}{batches}",
                    device_type.name, device_type.wrap
                );
            }
        }
        Command::Wrap { name, wrap } => {
            find(&name)?;
            check_wrap(wrap)?;
            devices.set_wrap(&name, wrap).map_err(failed)?;
            println!("{name}: counter below {wrap}");
        }
        Command::Rotate { name, url } => {
            let mut device_type = find(&name)?;
            // The one that would go is the one that the cloud presents until its callbacks are changed.
            if device_type.secrets.previous.is_some() {
                return Err(Failure::new(format!(
                    "{name} has two secrets already: `retire` ends the old one, once its callbacks have the new one"
                )));
            }
            let secret = Secret::new(secrets::random()?);
            device_type.secrets = Secrets {
                current: vault.seal_callback(&secret, &name)?,
                previous: Some(device_type.secrets.current),
            };
            devices.set_secrets(&name, &device_type.secrets).map_err(failed)?;
            print(&device_type, &secret, &url);
        }
        Command::Retire { name } => {
            let mut device_type = find(&name)?;
            device_type.secrets.previous = None;
            devices.set_secrets(&name, &device_type.secrets).map_err(failed)?;
        }
    }
    Ok(())
}

fn new(add: &Add, vault: &Vault, secret: &Secret) -> Result<DeviceType, Failure> {
    check_name(&add.name)?;
    if let Some(pattern) = &add.line_pattern {
        LinePattern::new(pattern).map_err(|error| Failure::new(format!("line pattern: {error}")))?;
    }
    check_wrap(add.wrap)?;
    let header = add.header.to_ascii_lowercase();
    if hyper::header::HeaderName::from_bytes(header.as_bytes()).is_err() {
        return Err(Failure::new(format!("{:?} is no name of a header", add.header)));
    }
    Ok(DeviceType {
        name: add.name.clone(),
        header: (!add.secret_in_path).then_some(header),
        line_pattern: add.line_pattern.clone(),
        wrap: add.wrap,
        secrets: Secrets {
            current: vault.seal_callback(secret, &add.name)?,
            previous: None,
        },
    })
}

fn check_wrap(wrap: u32) -> Result<(), Failure> {
    let wrong = || Failure::new("a counter has 128, 256, 512, 1024, 2048 or 4096 numbers");
    Wrap::new(wrap).map(drop).ok_or_else(wrong)
}

fn check_name(name: &str) -> Result<(), Failure> {
    let lawful = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(lawful) {
        return Err(Failure::new("a name is 1 to 64 letters, digits, `-` and `_`"));
    }
    Ok(())
}

/// The only time the secret is shown.
fn print(device_type: &DeviceType, secret: &Secret, url: &str) {
    let (name, url) = (&device_type.name, url.trim_end_matches('/'));
    let value = device_type.presented(secret);
    println!("device type {name}, settings of its callbacks:");
    match &device_type.header {
        Some(header) => {
            println!("  URL     {url}/sigfox/{name}");
            println!("  header  {header}: {value}");
        }
        None => println!("  URL     {url}/sigfox/{name}/{value}"),
    }
    println!("The secret is not shown again.");
}

fn print_templates(device_type: &DeviceType) {
    println!("\nPOST, content type application/json, one body for each kind of callback:");
    for template in TEMPLATES {
        println!("  {:9} {}", template.service.as_str(), template.body);
    }
    if device_type.line_pattern.is_none() {
        println!("For batches register it with --line-pattern '{LINE_PATTERN}'.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_segment_of_an_address() {
        assert!(check_name("weather-2_b").is_ok());
        for wrong in ["", "a/b", "a b", "ä", "..", &"x".repeat(65)] {
            assert!(check_name(wrong).is_err(), "{wrong}");
        }
    }
}
