//! Sigfox devices: which device type they belong to, and their radio keys.

use std::path::Path;

use comet_proto::Family;
use comet_proto::sigfox::Device as Id;
use sigfox_frame::auth::DeviceKey;

use super::{Which, added_until, failed_at};
use crate::secrets::Vault;
use crate::store::{Device, Devices, Standing};
use crate::{Failure, clock, layout};

/// A radio key that is not the public one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RadioKey(pub(crate) [u8; 16]);

pub(crate) fn parse_radio_key(text: &str) -> Result<RadioKey, String> {
    let octets = crate::input::from_hex(text.as_bytes());
    let octets: Option<[u8; 16]> = octets.and_then(|octets| octets.try_into().ok());
    let octets = octets.ok_or_else(|| "a radio key has 32 hexadecimal digits".to_owned())?;
    match DeviceKey::new(octets) {
        Some(_) => Ok(RadioKey(octets)),
        None => Err("this is the public key: what it signs proves nothing".to_owned()),
    }
}

/// As it stands in the database: a device under another spelling would never be found.
pub(crate) fn check_serial(serial: &str) -> Result<(), Failure> {
    match Id::parse(serial) {
        Some(id) if id.to_string() == serial => Ok(()),
        Some(id) => Err(Failure::new(format!("this device is written {id}"))),
        None => Err(Failure::new("a device has 1 to 8 hexadecimal digits")),
    }
}

/// What only Sigfox devices have.
#[derive(Debug, Clone)]
pub(super) struct Belongs {
    pub(super) device_type: Option<String>,
    pub(super) radio_key: Option<RadioKey>,
}

pub(super) fn add(
    db: &Path,
    devices: &mut Devices,
    which: &Which,
    name: Option<String>,
    belongs: &Belongs,
    days: Option<u32>,
) -> Result<(), Failure> {
    let Which { family, serial } = which;
    let device_type = belongs.device_type.as_deref().ok_or_else(|| {
        Failure::new("--type says to which device type it belongs; `comet device-type add` makes one")
    })?;
    if devices.device_type(device_type).map_err(failed_at(db))?.is_none() {
        return Err(Failure::new(format!("{device_type} is no device type")));
    }
    let key = match (family, &belongs.radio_key) {
        (Family::SigfoxRadio, Some(key)) => Some(Vault::open(db)?.seal_radio_key(&key.0, serial)?),
        (Family::SigfoxRadio, None) => {
            return Err(Failure::new("frames are taken under a --radio-key"));
        }
        (_, Some(_)) => {
            return Err(Failure::new(
                "callbacks are not signed; --family sigfox-radio has a radio key",
            ));
        }
        (_, None) => None,
    };
    let now = clock::now();
    let device = Device {
        family: *family,
        serial: serial.clone(),
        name,
        entry: None,
        standing: Standing {
            expires: added_until(now, days),
            ..Standing::NEW
        },
    };
    if !devices
        .add_sigfox(&device, device_type, key.as_ref(), now)
        .map_err(failed_at(db))?
    {
        return Err(Failure::new(format!("{serial} is registered already")));
    }
    println!("{} {serial} belongs to {device_type}", family.code());
    Ok(())
}

pub(super) fn set_model(
    db: &Path,
    devices: &mut Devices,
    which: &Which,
    model: Option<&str>,
) -> Result<(), Failure> {
    let device_type = devices
        .set_model(which.family, &which.serial, model)
        .map_err(failed_at(db))?
        .ok_or_else(|| Failure::new(format!("{} is no registered Sigfox device", which.serial)))?;
    layout::again(db, &device_type)
}

/// What `comet device list` says of it.
pub(super) fn describe(devices: &Devices, family: Family, serial: &str) -> rusqlite::Result<String> {
    let device_type = devices.type_of(family, serial)?.unwrap_or_default();
    let (received, lost) = devices.received_and_lost(family, serial)?;
    Ok(format!(
        "  type {device_type}; {received} messages, {lost} numbers missing"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_one_spelling() {
        assert!(check_serial("2D91F3").is_ok());
        for wrong in ["2d91f3", "002D91F3", "", "123456789", "2D91G3"] {
            assert!(check_serial(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_public_key_is_no_key() {
        assert!(parse_radio_key("2b7e151628aed2a6abf7158809cf4f3c").is_ok());
        for wrong in ["00112233445566778899aabbccddeeff", "00", ""] {
            assert!(parse_radio_key(wrong).is_err(), "{wrong}");
        }
    }
}
