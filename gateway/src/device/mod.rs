//! `comet device`: who may send.

mod certificate;
mod list;
pub(crate) mod sigfox;
mod tcp;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use comet_proto::{Family, UnixMillis};
use soap_websensor::Serial;
use soap_websensor::entry::{EntryPoint, EntryToken};
use wifisensor_tcp::keys::Secret;

use crate::store::{Changed, Devices};
use crate::{Failure, clock, secrets, serve};
pub(crate) use sigfox::check_serial as check_sigfox_serial;
pub(crate) use tcp::parse_secret;

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
        /// Secret of a device of family tcp that has one, 64 hexadecimal digits; by default one is made.
        #[arg(long, value_parser = tcp::parse_secret)]
        secret: Option<Secret>,
        /// Device type that a Sigfox device belongs to.
        #[arg(long = "type")]
        device_type: Option<String>,
        /// Key that frames of a device of family sigfox-radio are signed with, 32 hexadecimal digits.
        #[arg(long, value_parser = sigfox::parse_radio_key)]
        radio_key: Option<sigfox::RadioKey>,
        /// Days until the subscription ends; never by default.
        #[arg(long)]
        days: Option<u32>,
        /// Host and port that the sensor reaches the gateway at, for the printed settings.
        #[arg(long, default_value = "127.0.0.1:8080")]
        host: String,
    },
    /// Register devices of family tcp from a list.
    Import(tcp::Import),
    /// Give a device of family tcp a new secret; both are valid until the new one worked.
    RotateKey(tcp::RotateKey),
    /// Give a device of family tcp a configuration.
    Configure(tcp::Configure),
    /// Give a device of family logger, wifi or wired a certificate, or the next one.
    Certify(certificate::Certify),
    /// Bind a device with a certificate to a project.
    Bind(certificate::Bind),
    /// Shut a device with a certificate out for good; an entry point that it has is withdrawn.
    Revoke {
        #[command(flatten)]
        device: Which,
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
        /// The old certificate after a renewal instead.
        #[arg(long)]
        certificate: bool,
    },
    /// Name the model of a Sigfox device, for layouts of that model; its archive is decoded again.
    Model {
        #[command(flatten)]
        device: Which,
        /// The name; none takes it away.
        name: Option<String>,
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
    let mut devices = Devices::new(serve::open(&options.db)?);
    let failed = failed_at(&options.db);
    match options.command {
        Command::Add {
            device,
            name,
            secret,
            device_type,
            radio_key,
            days,
            host,
        } => {
            check_serial(&device)?;
            let belongs = sigfox::Belongs {
                device_type,
                radio_key,
            };
            if device.family == Family::Tcp {
                return tcp::add(&options.db, &mut devices, &device.serial, name, secret, days);
            }
            if is_sigfox(device.family) {
                return sigfox::add(&options.db, &mut devices, &device, name, &belongs, days);
            }
            if belongs.device_type.is_some() || belongs.radio_key.is_some() {
                return Err(Failure::new(
                    "only Sigfox devices have a device type and a radio key",
                ));
            }
            if secret.is_some() {
                return Err(Failure::new("only devices of family tcp have a secret"));
            }
            let token = new_token()?;
            let entry = EntryPoint::new(secrets::entry_key(&options.db)?.hash(&token));
            let now = clock::now();
            let expires = added_until(now, days);
            let Which { family, serial } = &device;
            if !devices
                .add(*family, serial, name.as_deref(), Some(&entry), expires, now)
                .map_err(&failed)?
            {
                if is_revoked(&options.db, &devices, &device)? {
                    return Err(revoked(&device));
                }
                return Err(Failure::new(format!(
                    "{serial} is registered already; `rotate` makes a new entry point"
                )));
            }
            print_entry(&device, &host, &token);
        }
        Command::Import(import) => tcp::import(&options.db, &mut devices, &import)?,
        Command::RotateKey(rotate) => tcp::rotate_key(&options.db, &mut devices, &rotate)?,
        Command::Configure(configure) => tcp::configure(&options.db, &devices, &configure)?,
        Command::Certify(certify) => certificate::certify(&options.db, &mut devices, &certify)?,
        Command::Bind(bind) => certificate::bind(&options.db, &devices, &bind)?,
        Command::Revoke { device } => certificate::revoke(&options.db, &mut devices, &device)?,
        Command::Retire {
            device,
            certificate: true,
        } => certificate::retire(&options.db, &devices, &device)?,
        Command::List => list::print(&devices).map_err(&failed)?,
        Command::Rotate { device, .. } | Command::Retire { device, .. } if device.family == Family::Tcp => {
            return Err(Failure::new(
                "devices of family tcp have no entry point; `rotate-key` changes their secret",
            ));
        }
        Command::Rotate { device, .. } | Command::Retire { device, .. } if is_sigfox(device.family) => {
            return Err(Failure::new(
                "Sigfox devices have no entry point; `comet device-type rotate` changes the secret of their callbacks",
            ));
        }
        Command::Rotate { device, host } => {
            let mut entry = entry_of(&options.db, &devices, &device)?;
            let token = new_token()?;
            entry.rotate(secrets::entry_key(&options.db)?.hash(&token));
            let changed = devices.set_entry(device.family, &device.serial, &entry);
            done(changed.map_err(&failed)?, &device)?;
            print_entry(&device, &host, &token);
        }
        Command::Retire { device, .. } => {
            let mut entry = entry_of(&options.db, &devices, &device)?;
            entry.retire_previous();
            let changed = devices.set_entry(device.family, &device.serial, &entry);
            done(changed.map_err(&failed)?, &device)?;
        }
        Command::Model { device, name } => {
            sigfox::set_model(&options.db, &mut devices, &device, name.as_deref())?;
        }
        Command::Suspend { device } => set_suspended(&options.db, &mut devices, &device, true)?,
        Command::Resume { device } => set_suspended(&options.db, &mut devices, &device, false)?,
    }
    Ok(())
}

const fn is_sigfox(family: Family) -> bool {
    matches!(family, Family::Sigfox | Family::SigfoxRadio)
}

/// What a person reads when the database fails.
fn failed_at(db: &Path) -> impl Fn(rusqlite::Error) -> Failure {
    move |error| Failure::new(format!("{}: {error}", db.display()))
}

/// The end of a subscription.
fn added_until(now: UnixMillis, days: Option<u32>) -> Option<UnixMillis> {
    days.map(|days| UnixMillis(now.0.saturating_add(u64::from(days).saturating_mul(86_400_000))))
}

/// As the decoder of the family spells it: a device under another spelling would never be found.
fn check_serial(device: &Which) -> Result<(), Failure> {
    let Which { family, serial } = device;
    match family {
        Family::Tcp => tcp::check_serial(serial),
        Family::Sigfox | Family::SigfoxRadio => sigfox::check_serial(serial),
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

fn set_suspended(db: &Path, devices: &mut Devices, device: &Which, suspended: bool) -> Result<(), Failure> {
    let changed = devices.set_suspended(device.family, &device.serial, suspended);
    done(changed.map_err(failed_at(db))?, device)
}

fn done(changed: Changed, device: &Which) -> Result<(), Failure> {
    match changed {
        Changed::Yes => Ok(()),
        Changed::Unknown => Err(unknown(device)),
        Changed::Revoked => Err(revoked(device)),
    }
}

/// The entry point of a device that may have one.
fn entry_of(db: &Path, devices: &Devices, device: &Which) -> Result<EntryPoint, Failure> {
    let Which { family, serial } = device;
    if is_revoked(db, devices, device)? {
        return Err(revoked(device));
    }
    let found = devices.find(*family, serial).map_err(failed_at(db))?;
    found
        .and_then(|device| device.entry)
        .ok_or_else(|| without_entry(device))
}

fn is_revoked(db: &Path, devices: &Devices, device: &Which) -> Result<bool, Failure> {
    let certificates = devices.certificates(device.family, &device.serial);
    let certificates = certificates.map_err(failed_at(db))?;
    Ok(certificates.is_some_and(|certificates| certificates.revoked))
}

fn revoked(device: &Which) -> Failure {
    Failure::new(format!("{} is revoked, which is for good", device.serial))
}

fn unknown(device: &Which) -> Failure {
    Failure::new(format!("{} is not registered", device.serial))
}

pub(crate) fn new_token() -> Result<EntryToken, Failure> {
    EntryToken::from_random(&secrets::random::<16>()?).ok_or_else(|| Failure::new("no random numbers"))
}

fn without_entry(device: &Which) -> Failure {
    Failure::new(format!(
        "{} is not registered, or has no entry point",
        device.serial
    ))
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
