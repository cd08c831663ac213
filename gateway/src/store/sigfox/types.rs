//! Device types, and which devices belong to them.

use comet_proto::{Family, UnixMillis};
use rusqlite::{OptionalExtension as _, Row, params};
use sigfox_frame::callback;
use sigfox_frame::sequence::Rollover;
use wifisensor_tcp::keys::Secret;

use super::super::{Device, Devices, signed};
use super::layout::{Description, Kind};
use crate::secrets::{Sealed, Vault};

/// A row of `sigfox_type`.
#[derive(Debug, Clone)]
pub(crate) struct DeviceType {
    pub(crate) name: String,
    /// The header that carries the secret; `None`: the last segment of the path.
    pub(crate) header: Option<String>,
    pub(crate) line_pattern: Option<String>,
    pub(crate) wrap: u32,
    pub(crate) secrets: Secrets,
}

/// The secret, and the one before it during a rotation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Secrets {
    pub(crate) current: Sealed,
    pub(crate) previous: Option<Sealed>,
}

impl DeviceType {
    /// What callbacks have to present: `Bearer` and the secret in `Authorization`, else the secret alone; in hexadecimal digits.
    pub(crate) fn presented(&self, secret: &Secret) -> String {
        let scheme = match self.header.as_deref() {
            Some("authorization") => "Bearer ",
            _ => "",
        };
        let digits: String = secret
            .as_bytes()
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect();
        format!("{scheme}{digits}")
    }

    /// What is accepted now.
    pub(crate) fn accepted(&self, vault: &Vault) -> Option<callback::Secrets> {
        let value = |sealed| self.presented(&vault.callback(sealed, &self.name));
        let current = callback::Secrets::new(value(&self.secrets.current).as_bytes())?;
        match &self.secrets.previous {
            Some(previous) => current.or(value(previous).as_bytes()),
            None => Some(current),
        }
    }

    /// Where the counter of its devices wraps; `None` if nobody has set it lawfully.
    pub(crate) fn rollover(&self) -> Option<Rollover> {
        let wrap = u16::try_from(self.wrap).ok()?;
        Rollover::new(wrap).ok()
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let previous: (Option<[u8; 16]>, Option<[u8; 32]>) = (row.get("old_salt")?, row.get("old_masked")?);
        Ok(Self {
            name: row.get("name")?,
            header: row.get("header")?,
            line_pattern: row.get("line_pattern")?,
            wrap: row.get("wrap")?,
            secrets: Secrets {
                current: Sealed {
                    salt: row.get("salt")?,
                    masked: row.get("masked")?,
                },
                previous: match previous {
                    (Some(salt), Some(masked)) => Some(Sealed { salt, masked }),
                    _ => None,
                },
            },
        })
    }
}

impl Devices {
    pub(crate) fn device_type(&self, name: &str) -> rusqlite::Result<Option<DeviceType>> {
        self.0
            .prepare_cached("SELECT * FROM sigfox_type WHERE name = ?1")?
            .query_row([name], DeviceType::from_row)
            .optional()
    }

    pub(crate) fn device_types(&self) -> rusqlite::Result<Vec<DeviceType>> {
        self.0
            .prepare("SELECT * FROM sigfox_type ORDER BY name")?
            .query_map([], DeviceType::from_row)?
            .collect()
    }

    /// Registers a device type; `false` if there is one of this name.
    pub(crate) fn add_device_type(&self, new: &DeviceType, now: UnixMillis) -> rusqlite::Result<bool> {
        let added = self.0.execute(
            "INSERT INTO sigfox_type (name, header, line_pattern, wrap, salt, masked, added_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            params![
                new.name,
                new.header,
                new.line_pattern,
                new.wrap,
                new.secrets.current.salt,
                new.secrets.current.masked,
                signed(now.0)
            ],
        )?;
        Ok(added == 1)
    }

    /// Corrects where the counter of its devices wraps; from the next message on it is judged so.
    pub(crate) fn set_wrap(&self, name: &str, wrap: u32) -> rusqlite::Result<()> {
        let update = "UPDATE sigfox_type SET wrap = ?2 WHERE name = ?1";
        self.0.execute(update, params![name, wrap]).map(drop)
    }

    /// Puts other secrets in place.
    pub(crate) fn set_secrets(&self, name: &str, secrets: &Secrets) -> rusqlite::Result<()> {
        self.0.execute(
            "UPDATE sigfox_type SET salt = ?2, masked = ?3, old_salt = ?4, old_masked = ?5 WHERE name = ?1",
            params![
                name,
                secrets.current.salt,
                secrets.current.masked,
                secrets.previous.map(|sealed| sealed.salt),
                secrets.previous.map(|sealed| sealed.masked)
            ],
        )?;
        Ok(())
    }

    /// The device of a family with this serial number, if it belongs to the device type; and its radio key.
    pub(crate) fn of_type(
        &self,
        family: Family,
        serial: &str,
        name: &str,
    ) -> rusqlite::Result<Option<(Device, Option<Sealed>)>> {
        let key = self
            .0
            .prepare_cached(
                "SELECT salt, masked FROM sigfox_device WHERE family = ?1 AND serial = ?2 AND type = ?3",
            )?
            .query_row(params![family.code(), serial, name], |row| {
                let key: (Option<[u8; 16]>, Option<[u8; 32]>) = (row.get(0)?, row.get(1)?);
                Ok(key.0.zip(key.1).map(|(salt, masked)| Sealed { salt, masked }))
            })
            .optional()?;
        let Some(key) = key else { return Ok(None) };
        Ok(self.find(family, serial)?.map(|device| (device, key)))
    }

    /// Registers a device of a device type; `false` if it is registered.
    pub(crate) fn add_sigfox(
        &mut self,
        device: &Device,
        name: &str,
        key: Option<&Sealed>,
        now: UnixMillis,
    ) -> rusqlite::Result<bool> {
        let transaction = self.0.transaction()?;
        let added = transaction.execute(
            "INSERT INTO device (family, serial, name, expires_ms, added_ms) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (family, serial) DO NOTHING",
            params![
                device.family.code(),
                device.serial,
                device.name,
                device.standing.expires.map(|expires| signed(expires.0)),
                signed(now.0)
            ],
        )?;
        if added == 0 {
            return Ok(false);
        }
        transaction.execute(
            "INSERT INTO sigfox_device (family, serial, type, salt, masked) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                device.family.code(),
                device.serial,
                name,
                key.map(|sealed| sealed.salt),
                key.map(|sealed| sealed.masked)
            ],
        )?;
        if device.family == Family::Sigfox {
            transaction.execute(
                "INSERT INTO sigfox_adoption (serial) VALUES (?1) ON CONFLICT DO NOTHING",
                [&device.serial],
            )?;
        }
        transaction.commit()?;
        Ok(true)
    }

    /// The device type of a device.
    pub(crate) fn type_of(&self, family: Family, serial: &str) -> rusqlite::Result<Option<String>> {
        self.0
            .prepare_cached("SELECT type FROM sigfox_device WHERE family = ?1 AND serial = ?2")?
            .query_row(params![family.code(), serial], |row| row.get(0))
            .optional()
    }

    /// Messages of a device, and numbers that are missing between them.
    pub(crate) fn received_and_lost(&self, family: Family, serial: &str) -> rusqlite::Result<(u64, u64)> {
        let count = |query: &str| -> rusqlite::Result<u64> {
            let count: i64 = self
                .0
                .query_row(query, params![family.code(), serial], |row| row.get(0))?;
            Ok(u64::try_from(count).unwrap_or_default())
        };
        Ok((
            count("SELECT count(*) FROM message WHERE family = ?1 AND serial = ?2")?,
            count("SELECT coalesce(sum(lost), 0) FROM sigfox_lost WHERE family = ?1 AND serial = ?2")?,
        ))
    }

    /// The descriptions of a device type, or of a model among its devices, in order.
    pub(crate) fn descriptions(&self, name: &str, model: &str) -> rusqlite::Result<Vec<Description>> {
        let rows = self
            .0
            .prepare_cached(
                "SELECT kind, text FROM sigfox_description WHERE type = ?1 AND model = ?2 ORDER BY number",
            )?
            .query_map([name, model], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let description = |(kind, text): (String, _)| {
            let kind = Kind::from_code(&kind)?;
            Some(Description { kind, text })
        };
        Ok(rows.into_iter().filter_map(description).collect())
    }

    /// Replaces them; from the commit on messages are decoded with the new ones. `false` if they are the same.
    pub(crate) fn set_descriptions(
        &mut self,
        name: &str,
        model: &str,
        all: &[Description],
    ) -> rusqlite::Result<bool> {
        if self.descriptions(name, model)? == all {
            return Ok(false);
        }
        let transaction = self.0.transaction()?;
        transaction.execute(
            "DELETE FROM sigfox_description WHERE type = ?1 AND model = ?2",
            [name, model],
        )?;
        for (number, description) in (0_i64..).zip(all) {
            transaction.execute(
                "INSERT INTO sigfox_description (type, model, number, kind, text) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![name, model, number, description.kind.code(), description.text],
            )?;
        }
        transaction.execute(REVISE, [name])?;
        transaction.commit()?;
        Ok(true)
    }

    /// Names the model of a device, or takes the name away; gives its device type if there is such a device.
    pub(crate) fn set_model(
        &mut self,
        family: Family,
        serial: &str,
        model: Option<&str>,
    ) -> rusqlite::Result<Option<String>> {
        let Some(name) = self.type_of(family, serial)? else {
            return Ok(None);
        };
        let transaction = self.0.transaction()?;
        transaction.execute(
            "UPDATE sigfox_device SET model = ?3 WHERE family = ?1 AND serial = ?2",
            params![family.code(), serial, model],
        )?;
        transaction.execute(REVISE, [&name])?;
        transaction.commit()?;
        Ok(Some(name))
    }
}

/// What is decoded with the descriptions as they were is out of date.
const REVISE: &str = "UPDATE sigfox_type SET revision = revision + 1 WHERE name = ?1";
