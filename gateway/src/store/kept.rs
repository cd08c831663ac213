//! A message that can never be read, as it came.

use comet_proto::push::Quarantine;
use comet_proto::{Admitted, Family, Ingest, UnixMillis};
use rusqlite::{Transaction, params};

use super::gate::Withdraw;
use super::{Device, signed};

/// A row of `quarantine`.
#[derive(Debug)]
pub(crate) struct Kept {
    key: Vec<u8>,
    family: Family,
    serial: String,
    received: UnixMillis,
    error: String,
    body: Vec<u8>,
}

impl Kept {
    pub(crate) fn new(device: &Device, quarantine: &Quarantine<'_>, received: UnixMillis) -> Self {
        let error = quarantine.error();
        Self {
            key: quarantine.key().as_bytes().to_vec(),
            family: device.family,
            serial: device.serial.clone(),
            received,
            error: format!("{}: {error}", error.kind.code()),
            body: quarantine.body().to_vec(),
        }
    }

    /// A message that the guard wants kept for people: why is the verdict.
    pub(crate) fn judged<M: Ingest>(
        admitted: &Admitted<M>,
        verdict: &'static str,
        received: UnixMillis,
        body: &[u8],
    ) -> Self {
        let device = admitted.device();
        Self {
            key: admitted.key().as_bytes().to_vec(),
            family: device.family,
            serial: device.serial.into_owned(),
            received,
            error: verdict.to_owned(),
            body: body.to_vec(),
        }
    }

    /// Something else to be kept for people, under a key of its own.
    pub(crate) fn raw(
        key: Vec<u8>,
        (family, serial): (Family, &str),
        received: UnixMillis,
        why: &str,
        body: &[u8],
    ) -> Self {
        Self {
            key,
            family,
            serial: serial.to_owned(),
            received,
            error: why.to_owned(),
            body: body.to_vec(),
        }
    }

    pub(super) fn row(&self) -> Withdraw {
        Withdraw {
            key: self.key.clone(),
            raw: true,
        }
    }

    /// Writes the row, if it is not there yet; whether it is new.
    pub(super) fn insert(&self, transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
        let inserted = transaction
            .prepare_cached(
                "INSERT INTO quarantine (key, family, serial, received_ms, error, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                 ON CONFLICT (key) DO NOTHING",
            )?
            .execute(params![
                self.key,
                self.family.code(),
                self.serial,
                signed(self.received.0),
                self.error,
                self.body
            ])?;
        Ok(inserted > 0)
    }
}
