//! Devices with sessions: secrets, logs, configurations, key changes.

use comet_proto::UnixMillis;
use rusqlite::{OptionalExtension as _, Transaction, params};
use wifisensor_tcp::config::ConfigBody;
use wifisensor_tcp::result::ResultCode;
use wifisensor_tcp::rotate::Rotate;
use wifisensor_tcp::server::{Log, Task};
use wifisensor_tcp::status::{LogId, SampleSpan};

use super::{Device, Devices, Record, signed};
use crate::secrets::Sealed;

/// What is kept of a device with sessions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Account {
    pub(crate) log: Option<Log>,
    pub(crate) config: Option<ConfigBody>,
    pub(crate) config_result: Option<ResultCode>,
    pub(crate) rotate: Option<Rotate>,
    pub(crate) rotate_result: Option<ResultCode>,
}

impl Account {
    /// As the machine wants it. A configuration that the device refused is not sent again (wifisensor-tcp §8.3).
    pub(crate) fn for_session(&self) -> wifisensor_tcp::server::Account<'_> {
        let refused = self.config_result.is_some_and(ResultCode::is_refusal);
        wifisensor_tcp::server::Account::new(self.log)
            .with_config(self.config.as_ref().filter(|_| !refused))
            .with_rotate(self.rotate.as_ref())
    }
}

/// What a session changes in the database, each in one transaction.
#[derive(Debug)]
pub(crate) enum Change {
    /// A session was opened by STATUS.
    Opened {
        status: Record,
        serial: String,
        log: Log,
        lost: SampleSpan,
        /// The secret that worked, if that ends a key change: all others are erased.
        rotated: Option<u8>,
        now: UnixMillis,
    },
    /// Records of one SAMPLES frame, and the position of the log after them.
    Samples {
        records: Vec<Record>,
        serial: String,
        log: Log,
    },
    /// The device answered CONFIG or ROTATE.
    Result {
        serial: String,
        task: Task,
        code: ResultCode,
    },
}

impl Change {
    pub(super) fn apply(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        match self {
            Self::Opened {
                status,
                serial,
                log,
                lost,
                rotated,
                now,
            } => {
                status.insert(transaction)?;
                // Another log replaces the one before; the position of the same log never goes back.
                transaction
                    .prepare_cached(
                        "UPDATE tcp_device SET stored = CASE WHEN log_id = ?2 THEN max(stored, ?3) ELSE ?3 END, \
                         log_id = ?2 WHERE serial = ?1",
                    )?
                    .execute(params![serial, log.log_id.0, log.stored])?;
                if !lost.is_empty() {
                    transaction
                        .prepare_cached(
                            "INSERT INTO tcp_lost (serial, log_id, oldest, next, noted_ms) VALUES (?1, ?2, ?3, ?4, ?5) \
                             ON CONFLICT DO UPDATE SET next = max(next, excluded.next)",
                        )?
                        .execute(params![
                            serial,
                            log.log_id.0,
                            lost.oldest(),
                            lost.next(),
                            signed(now.0)
                        ])?;
                }
                if let Some(key_id) = rotated {
                    transaction.execute(
                        "DELETE FROM tcp_key WHERE serial = ?1 AND key_id <> ?2",
                        params![serial, key_id],
                    )?;
                    transaction.execute(
                        "UPDATE tcp_device SET rotate_key_id = NULL, rotate_nonce = NULL \
                         WHERE serial = ?1 AND rotate_key_id = ?2",
                        params![serial, key_id],
                    )?;
                }
                Ok(())
            }
            Self::Samples { records, serial, log } => {
                for record in records {
                    record.insert(transaction)?;
                }
                transaction
                    .prepare_cached(
                        "UPDATE tcp_device SET stored = max(stored, ?3) WHERE serial = ?1 AND log_id = ?2",
                    )?
                    .execute(params![serial, log.log_id.0, log.stored])?;
                Ok(())
            }
            Self::Result { serial, task, code } => apply_result(transaction, serial, *task, *code),
        }
    }
}

/// Recorded only if it answers what is wanted now: the owner may have changed it in the meantime.
fn apply_result(
    transaction: &Transaction<'_>,
    serial: &str,
    task: Task,
    code: ResultCode,
) -> rusqlite::Result<()> {
    let code = u8::from(code);
    match task {
        Task::Config(version) => transaction.execute(
            "UPDATE tcp_device SET config_result = ?3 WHERE serial = ?1 AND substr(config, 1, 4) = ?2",
            params![serial, version.to_be_bytes(), code],
        ),
        Task::Rotate(key_id) => transaction.execute(
            "UPDATE tcp_device SET rotate_result = ?3 WHERE serial = ?1 AND rotate_key_id = ?2",
            params![serial, key_id, code],
        ),
        _ => Ok(0),
    }
    .map(drop)
}

/// A device to be registered.
#[derive(Debug)]
pub(crate) struct NewDevice {
    pub(crate) serial: String,
    pub(crate) name: Option<String>,
    pub(crate) key_id: u8,
    pub(crate) secret: Sealed,
}

impl Devices {
    /// The secret with this number of a device.
    pub(crate) fn secret(&self, serial: &str, key_id: u8) -> rusqlite::Result<Option<Sealed>> {
        self.0
            .prepare_cached("SELECT salt, masked FROM tcp_key WHERE serial = ?1 AND key_id = ?2")?
            .query_row(params![serial, key_id], |row| {
                Ok(Sealed {
                    salt: row.get(0)?,
                    masked: row.get(1)?,
                })
            })
            .optional()
    }

    /// Numbers of the secrets of a device.
    pub(crate) fn key_ids(&self, serial: &str) -> rusqlite::Result<Vec<u8>> {
        self.0
            .prepare_cached("SELECT key_id FROM tcp_key WHERE serial = ?1 ORDER BY key_id")?
            .query_map([serial], |row| row.get(0))?
            .collect()
    }

    /// What is kept of a device; `None` if it is not registered.
    pub(crate) fn account(&self, serial: &str) -> rusqlite::Result<Option<(Account, Device)>> {
        let Some(device) = self.find(comet_proto::Family::Tcp, serial)? else {
            return Ok(None);
        };
        let account = self
            .0
            .prepare_cached("SELECT * FROM tcp_device WHERE serial = ?1")?
            .query_row([serial], |row| {
                let log_id: Option<u32> = row.get("log_id")?;
                let stored: Option<u32> = row.get("stored")?;
                let config: Option<Vec<u8>> = row.get("config")?;
                let key_id: Option<u8> = row.get("rotate_key_id")?;
                let nonce: Option<[u8; 32]> = row.get("rotate_nonce")?;
                let result = |name| {
                    row.get::<_, Option<u8>>(name)
                        .map(|code| code.map(ResultCode::from))
                };
                Ok(Account {
                    log: log_id.zip(stored).map(|(log_id, stored)| Log {
                        log_id: LogId(log_id),
                        stored,
                    }),
                    config: config.and_then(|body| ConfigBody::from_bytes(&body).ok()),
                    config_result: result("config_result")?,
                    rotate: key_id
                        .zip(nonce)
                        .map(|(key_id, nonce)| Rotate::new(key_id, nonce)),
                    rotate_result: result("rotate_result")?,
                })
            })
            .optional()?;
        Ok(account.map(|account| (account, device)))
    }

    /// Registers devices in one transaction; the serial number of one that is registered already, if there is one: then none is.
    pub(crate) fn add_tcp(
        &mut self,
        devices: &[NewDevice],
        expires: Option<UnixMillis>,
        now: UnixMillis,
    ) -> rusqlite::Result<Option<String>> {
        let transaction = self.0.transaction()?;
        for device in devices {
            let added = transaction
                .prepare_cached(
                    "INSERT INTO device (family, serial, name, expires_ms, added_ms) VALUES ('tcp', ?1, ?2, ?3, ?4) \
                     ON CONFLICT (family, serial) DO NOTHING",
                )?
                .execute(params![
                    device.serial,
                    device.name,
                    expires.map(|expires| signed(expires.0)),
                    signed(now.0)
                ])?;
            if added == 0 {
                return Ok(Some(device.serial.clone()));
            }
            transaction
                .prepare_cached("INSERT INTO tcp_device (serial) VALUES (?1)")?
                .execute([&device.serial])?;
            insert_key(&transaction, &device.serial, device.key_id, &device.secret)?;
        }
        transaction.commit()?;
        Ok(None)
    }

    /// The configuration that a device is to have.
    pub(crate) fn set_config(&self, serial: &str, config: &ConfigBody) -> rusqlite::Result<bool> {
        let changed = self.0.execute(
            "UPDATE tcp_device SET config = ?2, config_result = NULL WHERE serial = ?1",
            params![serial, config.as_bytes()],
        )?;
        Ok(changed == 1)
    }

    /// Begins a key change, durably; `false` if one is under way. From here on both secrets are valid (wifisensor-tcp §8.2).
    pub(crate) fn begin_rotation(
        &mut self,
        serial: &str,
        rotate: &Rotate,
        secret: &Sealed,
    ) -> rusqlite::Result<bool> {
        let transaction = self.0.transaction()?;
        let changed = transaction.execute(
            "UPDATE tcp_device SET rotate_key_id = ?2, rotate_nonce = ?3, rotate_result = NULL \
             WHERE serial = ?1 AND rotate_key_id IS NULL",
            params![serial, rotate.key_id(), rotate.nonce()],
        )?;
        if changed == 0 {
            return Ok(false);
        }
        insert_key(&transaction, serial, rotate.key_id(), secret)?;
        transaction.commit()?;
        Ok(true)
    }
}

fn insert_key(
    transaction: &Transaction<'_>,
    serial: &str,
    key_id: u8,
    secret: &Sealed,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT INTO tcp_key (serial, key_id, salt, masked) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![serial, key_id, secret.salt, secret.masked])?;
    Ok(())
}
