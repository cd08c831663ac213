//! `comet device`: who may send.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use comet_proto::{Family, UnixMillis};
use soap_websensor::Serial;
use soap_websensor::entry::{EntryPoint, EntryToken};

use crate::store::Devices;
use crate::{Failure, clock, secrets, serve};

/// What `comet device` is told.
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
    /// Register a sensor and make its entry point.
    Add {
        #[command(flatten)]
        device: Which,
        /// A name for people.
        #[arg(long)]
        name: Option<String>,
        /// Days until the subscription ends; never by default.
        #[arg(long)]
        days: Option<u32>,
        /// Host and port that the sensor reaches the gateway at, for the printed settings.
        #[arg(long, default_value = "127.0.0.1:8080")]
        host: String,
    },
    /// List the registered devices.
    List,
    /// Make a new entry point; the old one stays valid until `retire`.
    Rotate {
        #[command(flatten)]
        device: Which,
        /// Host and port that the sensor reaches the gateway at, for the printed settings.
        #[arg(long, default_value = "127.0.0.1:8080")]
        host: String,
    },
    /// End the old entry point after a rotation.
    Retire {
        #[command(flatten)]
        device: Which,
    },
    /// Suspend the data flow of a device.
    Suspend {
        #[command(flatten)]
        device: Which,
    },
    /// Let the data of a suspended device in again.
    Resume {
        #[command(flatten)]
        device: Which,
    },
}

/// Which device.
#[derive(Debug, Args)]
struct Which {
    /// Family of the device.
    #[arg(long, default_value = "soap", value_parser = family)]
    family: Family,
    /// Serial number, as on the label.
    #[arg(long)]
    serial: String,
}

pub(crate) fn family(text: &str) -> Result<Family, String> {
    Family::from_code(text).ok_or_else(|| {
        let known: Vec<_> = Family::ALL.iter().map(|family| family.code()).collect();
        format!("known families: {}", known.join(", "))
    })
}

pub(crate) fn run(options: Options) -> Result<(), Failure> {
    let devices = Devices::new(serve::open(&options.db)?);
    let failed = |error: rusqlite::Error| Failure::new(format!("{}: {error}", options.db.display()));
    match options.command {
        Command::Add {
            device,
            name,
            days,
            host,
        } => {
            check_serial(&device)?;
            let token = new_token()?;
            let entry = EntryPoint::new(secrets::entry_key(&options.db)?.hash(&token));
            let now = clock::now();
            let expires =
                days.map(|days| UnixMillis(now.0.saturating_add(u64::from(days).saturating_mul(86_400_000))));
            let Which { family, serial } = &device;
            if !devices
                .add(*family, serial, name.as_deref(), &entry, expires, now)
                .map_err(failed)?
            {
                return Err(Failure::new(format!(
                    "{serial} is registered already; `rotate` makes a new entry point"
                )));
            }
            print_entry(&device, &host, &token);
        }
        Command::List => {
            for device in devices.all().map_err(failed)? {
                let state = match (device.gate.suspended, device.gate.expires) {
                    (true, _) => "suspended",
                    (false, Some(expires)) if clock::now() >= expires => "expired",
                    _ => "active",
                };
                let rotating = if device.entry.previous.is_some() {
                    ", rotating"
                } else {
                    ""
                };
                let name = device.name.unwrap_or_default();
                println!(
                    "{:6} {:12} {state}{rotating}  {name}",
                    device.family.code(),
                    device.serial
                );
            }
        }
        Command::Rotate { device, host } => {
            let mut entry = entry_of(&devices, &device)
                .map_err(failed)?
                .ok_or_else(|| unknown(&device))?;
            let token = new_token()?;
            entry.rotate(secrets::entry_key(&options.db)?.hash(&token));
            devices
                .set_entry(device.family, &device.serial, &entry)
                .map_err(failed)?;
            print_entry(&device, &host, &token);
        }
        Command::Retire { device } => {
            let mut entry = entry_of(&devices, &device)
                .map_err(failed)?
                .ok_or_else(|| unknown(&device))?;
            entry.retire_previous();
            devices
                .set_entry(device.family, &device.serial, &entry)
                .map_err(failed)?;
        }
        Command::Suspend { device } => set_suspended(&devices, &device, true)
            .map_err(failed)?
            .then_some(())
            .ok_or_else(|| unknown(&device))?,
        Command::Resume { device } => set_suspended(&devices, &device, false)
            .map_err(failed)?
            .then_some(())
            .ok_or_else(|| unknown(&device))?,
    }
    Ok(())
}

/// As the decoder of the family spells it: a device under another spelling would never be found.
fn check_serial(device: &Which) -> Result<(), Failure> {
    let Which { family, serial } = device;
    match family {
        Family::Soap if Serial::new(serial.as_str()).is_none() => Err(Failure::new(
            "a serial number is 1 to 32 letters, digits or hyphens",
        )),
        Family::Logger | Family::Wifi | Family::Wired
            if comet_json::Serial::parse(serial).is_none_or(|parsed| parsed.to_string() != *serial) =>
        {
            Err(Failure::new(
                "a serial number is 8 digits, leading zeros included",
            ))
        }
        _ => Ok(()),
    }
}

fn set_suspended(devices: &Devices, device: &Which, suspended: bool) -> rusqlite::Result<bool> {
    devices.set_suspended(device.family, &device.serial, suspended)
}

fn entry_of(devices: &Devices, device: &Which) -> rusqlite::Result<Option<EntryPoint>> {
    Ok(devices
        .find(device.family, &device.serial)?
        .map(|device| device.entry))
}

fn unknown(device: &Which) -> Failure {
    Failure::new(format!("{} is not registered", device.serial))
}

pub(crate) fn new_token() -> Result<EntryToken, Failure> {
    EntryToken::from_random(&secrets::random::<16>()?).ok_or_else(|| Failure::new("no random numbers"))
}

/// The only time the token is shown.
fn print_entry(device: &Which, host: &str, token: &EntryToken) {
    let (name, port) = host.rsplit_once(':').unwrap_or((host, "80"));
    let Which { family, serial } = device;
    let path = match family {
        Family::Soap => format!("/soap/{}", token.as_str()),
        _ => format!("/json/{}", token.as_str()),
    };
    println!("{} {serial}, settings of the device:", family.code());
    println!("  server address  {name}{path}");
    println!("  server port     {port}");
    println!("The address is a secret and is not shown again.");
}
