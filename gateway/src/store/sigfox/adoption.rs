//! Messages that came before their device was registered.

use comet_proto::sigfox::Archive;
use comet_proto::{Family, UnixMillis};
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::super::{Device, Devices, Kept};

/// Records that are taken in between two looks.
const CHUNK: i64 = 100;

/// Why a record of a device that is not registered with this device type is in `quarantine`.
pub(crate) fn unknown(device_type: &str) -> String {
    format!("unknown device of {device_type}")
}

/// Between the key of a record of such a device and a digest of what it says, in `quarantine`.
pub(crate) const UNKNOWN: &[u8] = b"/unknown/";

/// Whether a message asked when its device was not registered, and was answered with nothing then: it is taken in a moment later.
pub(super) fn asked_before(
    transaction: &Transaction<'_>,
    key: &[u8],
    device_type: &str,
) -> rusqlite::Result<bool> {
    let from = [key, UNKNOWN].concat();
    let to = [&from[..], &[u8::MAX; size_of::<u64>()]].concat();
    let mut kept = transaction.prepare_cached(
        "SELECT CAST(body AS TEXT) FROM quarantine WHERE key BETWEEN ?1 AND ?2 AND length(key) = length(?2) AND error = ?3",
    )?;
    let kept = kept.query_map(params![from, to, unknown(device_type)], |row| {
        row.get::<_, String>(0)
    })?;
    for archive in kept {
        if Archive::new(archive?)
            .record()
            .is_some_and(|record| record.asks())
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A record of a device that was not registered when it was looked up.
#[derive(Debug)]
pub(crate) struct Unknown {
    pub(crate) kept: Kept,
    pub(crate) serial: String,
}

impl Unknown {
    /// Writes the row, if it is not there yet; and if the device was registered in the meantime, the record is taken in.
    pub(in crate::store) fn apply(&self, transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
        transaction
            .prepare_cached(
                "INSERT INTO sigfox_adoption (serial) SELECT serial FROM sigfox_device WHERE family = 'sigfox' AND serial = ?1 \
                 ON CONFLICT DO NOTHING",
            )?
            .execute([&self.serial])?;
        self.kept.insert(transaction)
    }
}

/// A device that was registered, and what came of it before.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) device: Device,
    pub(crate) device_type: String,
    /// Rows of `quarantine`.
    pub(crate) records: Vec<(i64, UnixMillis, Archive)>,
}

impl Devices {
    /// The next device whose records are to be taken in.
    pub(crate) fn waiting(&self) -> rusqlite::Result<Option<Waiting>> {
        let next: Option<(String, String)> = self
            .0
            .prepare_cached(
                "SELECT serial, type FROM sigfox_adoption JOIN sigfox_device USING (serial) WHERE family = 'sigfox' LIMIT 1",
            )?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((serial, device_type)) = next else {
            return Ok(None);
        };
        let Some(device) = self.find(Family::Sigfox, &serial)? else {
            return Ok(None);
        };
        let records = self
            .0
            .prepare_cached(
                "SELECT id, received_ms, CAST(body AS TEXT) FROM quarantine \
                 WHERE family = 'sigfox' AND serial = ?1 AND error = ?2 ORDER BY id LIMIT ?3",
            )?
            .query_map(params![serial, unknown(&device_type), CHUNK], |row| {
                let received: i64 = row.get(1)?;
                let archive: String = row.get(2)?;
                let received = UnixMillis(u64::try_from(received).unwrap_or_default());
                Ok((row.get(0)?, received, Archive::new(archive)))
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Some(Waiting {
            device,
            device_type,
            records,
        }))
    }
}

/// What was taken in.
#[derive(Debug)]
pub(crate) struct Adopted {
    serial: String,
    records: Vec<i64>,
    ended: bool,
}

impl Adopted {
    pub(crate) fn new(serial: &str) -> Self {
        Self {
            serial: serial.to_owned(),
            records: Vec::new(),
            ended: false,
        }
    }

    /// This row of `quarantine` is a message now.
    pub(crate) fn record(&mut self, id: i64) {
        self.records.push(id);
    }

    /// There is nothing left to take in.
    pub(crate) const fn end(&mut self) {
        self.ended = true;
    }

    pub(in crate::store) fn apply(&self, transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
        let mut delete = transaction.prepare_cached("DELETE FROM quarantine WHERE id = ?1")?;
        for id in &self.records {
            delete.execute([id])?;
        }
        if self.ended {
            transaction.execute("DELETE FROM sigfox_adoption WHERE serial = ?1", [&self.serial])?;
        }
        Ok(true)
    }
}
