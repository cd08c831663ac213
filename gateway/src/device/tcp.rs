//! Devices with sessions: secrets, key changes, configurations.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use comet_proto::UnixMillis;
use wifisensor_tcp::config::{ChannelLimits, ConfigBody, Item};
use wifisensor_tcp::handshake::DeviceId;
use wifisensor_tcp::keys::Secret;
use wifisensor_tcp::result::ResultCode;
use wifisensor_tcp::rotate::Rotate;

use super::{added_until, failed_at};
use crate::secrets::{self, Vault};
use crate::store::Devices;
use crate::store::tcp::{Account, NewDevice};
use crate::{Failure, clock};

/// Octets of a list of devices, at most.
const MAX_LIST_LEN: u64 = 64 << 20;

/// `comet device rotate-key`.
#[derive(Debug, Args)]
pub(super) struct RotateKey {
    /// Device id, 16 hexadecimal digits.
    #[arg(long)]
    serial: String,
}

/// `comet device configure`: the whole configuration; what is not named goes back to the factory value.
#[derive(Debug, Args)]
pub(super) struct Configure {
    /// Device id, 16 hexadecimal digits.
    #[arg(long)]
    serial: String,
    /// Seconds from one sample to the next, 1 to 86400.
    #[arg(long)]
    sample_period: Option<u32>,
    /// Seconds from one upload to the next, 10 to 604800.
    #[arg(long)]
    upload_period: Option<u32>,
    /// Alarm limits `channel:low:high` in raw values, channels from 1; a limit may be empty. May be given for each channel.
    #[arg(long, value_parser = limits, allow_hyphen_values = true)]
    limits: Vec<ChannelLimits>,
    /// Seconds that a value is outside its limits before there is an alarm.
    #[arg(long)]
    alarm_delay: Option<u16>,
    /// Name that the device keeps, 1 to 32 octets.
    #[arg(long)]
    device_name: Option<String>,
}

/// `comet device import`.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// File with a device on each line: id, secret (64 hexadecimal digits), perhaps a name. `-` is standard input.
    file: PathBuf,
    /// Number of the secrets.
    #[arg(long, default_value_t = 1)]
    key_id: u8,
    /// Days until the subscriptions end; never by default.
    #[arg(long)]
    days: Option<u32>,
}

fn limits(text: &str) -> Result<ChannelLimits, String> {
    let side = |text: &str| match text {
        "" => Ok(None),
        number => number.parse::<i32>().map(Some),
    };
    let mut parts = text.split(':');
    let (Some(channel), Some(low), Some(high), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("limits are `channel:low:high`".to_owned());
    };
    let channel = channel
        .parse::<u8>()
        .ok()
        .and_then(|channel| channel.checked_sub(1));
    channel
        .zip(side(low).ok().zip(side(high).ok()))
        .and_then(|(channel, (low, high))| ChannelLimits::new(channel, low, high))
        .ok_or_else(|| "channels are 1 to 8, limits −2^30 to 2^30 − 1, low not above high".to_owned())
}

/// The id as it is written in the database.
pub(super) fn check_serial(serial: &str) -> Result<(), Failure> {
    match serial.parse::<DeviceId>() {
        Ok(id) if id.to_string() == serial => Ok(()),
        _ => Err(Failure::new(
            "a device id has 16 hexadecimal digits in lower case",
        )),
    }
}

pub(crate) fn parse_secret(text: &str) -> Result<Secret, String> {
    let octets = crate::input::from_hex(text.as_bytes());
    let octets = octets.and_then(|octets| octets.try_into().ok());
    octets
        .map(Secret::new)
        .ok_or_else(|| "a secret has 64 hexadecimal digits".to_owned())
}

/// Registers a device and shows its secret, if it was made here: the only time that it is shown.
pub(super) fn add(
    db: &Path,
    devices: &mut Devices,
    serial: &str,
    name: Option<String>,
    given: Option<Secret>,
    days: Option<u32>,
) -> Result<(), Failure> {
    let made = given.is_none();
    let secret = match given {
        Some(secret) => secret,
        None => Secret::new(secrets::random()?),
    };
    let key_id = 1;
    let device = NewDevice {
        serial: serial.to_owned(),
        name,
        key_id,
        secret: Vault::open(db)?.seal(&secret, serial, key_id)?,
    };
    register(db, devices, &[device], days)?;
    println!("tcp {serial}, settings of the device:");
    println!("  device id   {serial}");
    println!("  key number  {key_id}");
    if made {
        println!("  secret      {}", hex(secret.as_bytes()));
        println!("The secret is not shown again.");
    }
    Ok(())
}

pub(super) fn import(db: &Path, devices: &mut Devices, options: &Import) -> Result<(), Failure> {
    let name = options.file.display();
    let mut text = String::new();
    let read = if options.file == Path::new("-") {
        std::io::stdin().take(MAX_LIST_LEN).read_to_string(&mut text)
    } else {
        std::fs::File::open(&options.file).and_then(|file| file.take(MAX_LIST_LEN).read_to_string(&mut text))
    };
    read.map_err(|error| Failure::new(format!("{name}: {error}")))?;
    let vault = Vault::open(db)?;
    let mut list = Vec::new();
    for (number, line) in (1_usize..).zip(text.lines()) {
        let wrong = |why: &str| Failure::new(format!("{name}: line {number}: {why}"));
        let mut parts = line.splitn(3, char::is_whitespace);
        let (serial, secret) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if serial.is_empty() {
            continue;
        }
        check_serial(serial).map_err(|failure| wrong(&failure.to_string()))?;
        let secret = parse_secret(secret).map_err(|why| wrong(&why))?;
        list.push(NewDevice {
            serial: serial.to_owned(),
            name: parts.next().map(str::to_owned),
            key_id: options.key_id,
            secret: vault.seal(&secret, serial, options.key_id)?,
        });
    }
    register(db, devices, &list, options.days)?;
    println!("{} devices registered", list.len());
    Ok(())
}

fn register(db: &Path, devices: &mut Devices, list: &[NewDevice], days: Option<u32>) -> Result<(), Failure> {
    let now = clock::now();
    let expires: Option<UnixMillis> = added_until(now, days);
    match devices.add_tcp(list, expires, now).map_err(failed_at(db))? {
        None => Ok(()),
        Some(serial) => Err(Failure::new(format!("{serial} is registered already"))),
    }
}

/// Makes a key change durable; the gateway sends it in every session with the old secret until the new one worked (§8.2).
pub(super) fn rotate_key(db: &Path, devices: &mut Devices, options: &RotateKey) -> Result<(), Failure> {
    let serial = &options.serial;
    account(db, devices, serial)?;
    let [current] = devices.key_ids(serial).map_err(failed_at(db))?[..] else {
        return Err(Failure::new(format!("a key change of {serial} is under way")));
    };
    let vault = Vault::open(db)?;
    let sealed = devices
        .secret(serial, current)
        .map_err(failed_at(db))?
        .ok_or_else(|| Failure::new(format!("{serial} has no secret")))?;
    let rotate = Rotate::new(current.wrapping_add(1), secrets::random()?);
    let new = vault
        .unseal(&sealed, serial, current)
        .rotated(rotate.key_id(), rotate.nonce());
    let new = vault.seal(&new, serial, rotate.key_id())?;
    if !devices
        .begin_rotation(serial, &rotate, &new)
        .map_err(failed_at(db))?
    {
        return Err(Failure::new(format!("a key change of {serial} is under way")));
    }
    println!(
        "{serial}: key {current} to {}, sent in its next session; both are valid until the new one worked",
        rotate.key_id()
    );
    Ok(())
}

pub(super) fn configure(db: &Path, devices: &Devices, options: &Configure) -> Result<(), Failure> {
    let account = account(db, devices, &options.serial)?;
    // Seconds since 1970, so that no version that the device had from elsewhere comes again; never the one before.
    let now = u32::try_from(clock::now().0 / 1000).unwrap_or(u32::MAX);
    let last = account.config.as_ref().map_or(0, ConfigBody::version);
    let version = now.max(last.saturating_add(1));
    let mut body = ConfigBody::new(version).ok_or_else(|| Failure::new("the clock is before 1970"))?;
    let items = [
        options.sample_period.map(Item::SamplePeriod),
        options.upload_period.map(Item::UploadPeriod),
        options.alarm_delay.map(Item::AlarmDelay),
        options.device_name.as_deref().map(Item::Name),
    ];
    let limits = options.limits.iter().copied().map(Item::Limits);
    for item in items.into_iter().flatten().chain(limits) {
        body.push(&item)
            .map_err(|error| Failure::new(error.to_string()))?;
    }
    devices
        .set_config(&options.serial, &body)
        .map_err(failed_at(db))?;
    println!(
        "{}: configuration {version}, sent in its next session",
        options.serial
    );
    Ok(())
}

fn account(db: &Path, devices: &Devices, serial: &str) -> Result<Account, Failure> {
    devices
        .account(serial)
        .map_err(failed_at(db))?
        .map(|(account, _)| account)
        .ok_or_else(|| Failure::new(format!("{serial} is not registered")))
}

/// What `comet device list` says of it.
pub(super) fn describe(devices: &Devices, serial: &str) -> rusqlite::Result<String> {
    let Some((account, _)) = devices.account(serial)? else {
        return Ok(String::new());
    };
    let answer = |code: Option<ResultCode>| match code {
        None => "not answered",
        Some(ResultCode::Done) => "done",
        Some(ResultCode::UnknownItem) => "refused, unknown item",
        Some(ResultCode::BadValue) => "refused, bad value",
        Some(_) => "could not be stored",
    };
    let keys: Vec<_> = devices.key_ids(serial)?.iter().map(u8::to_string).collect();
    let mut text = format!("  key {}", keys.join(" and "));
    if let Some(rotate) = &account.rotate {
        text += &format!(
            ", change to {}: {}",
            rotate.key_id(),
            answer(account.rotate_result)
        );
    }
    if let Some(log) = account.log {
        text += &format!("; log {} below {}", log.log_id, log.stored);
    }
    if let Some(config) = &account.config {
        text += &format!(
            "; configuration {}: {}",
            config.version(),
            answer(account.config_result)
        );
    }
    Ok(text)
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_have_a_channel_and_two_sides_that_may_be_empty() {
        let parsed = |text| limits(text).map(|limits| (limits.channel(), limits.low(), limits.high()));
        assert_eq!(parsed("1:-200:800"), Ok((0, Some(-200), Some(800))));
        assert_eq!(parsed("8::5"), Ok((7, None, Some(5))));
        for bad in [
            "0:1:2",
            "9:1:2",
            "1:2:1",
            "1:2",
            "1:2:3:4",
            "x:1:2",
            "1:a:2",
            "1:2000000000:",
        ] {
            assert!(limits(bad).is_err(), "{bad}");
        }
    }
}
