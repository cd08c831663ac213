//! Registered devices.

use comet_proto::{DeviceId, Family, UnixMillis};
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior, params};
use soap_websensor::entry::{EntryHash, EntryPoint};

use super::{certificate, signed};

/// Suspension and subscription of a device, as its owner set them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    /// What people see; the guard has the last word.
    pub(crate) suspended: bool,
    /// From this moment on the subscription is over.
    pub(crate) expires: Option<UnixMillis>,
    /// Whether to shut the flow, if that or its contrary is ordered and not done yet.
    pub(crate) order: Option<bool>,
}

impl Standing {
    /// That of a device nobody has said anything of.
    pub(crate) const NEW: Self = Self {
        suspended: false,
        expires: None,
        order: None,
    };
}

/// A row of `device`.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    pub(crate) family: Family,
    pub(crate) serial: String,
    pub(crate) name: Option<String>,
    /// Where it sends to; `None` for a family that proves itself in another way.
    pub(crate) entry: Option<EntryPoint>,
    pub(crate) standing: Standing,
}

impl Device {
    pub(crate) fn id(&self) -> DeviceId<'_> {
        DeviceId::new(self.family, self.serial.as_str())
    }

    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let family: String = row.get("family")?;
        let current: Option<[u8; 32]> = row.get("entry_current")?;
        let previous: Option<[u8; 32]> = row.get("entry_previous")?;
        let expires: Option<i64> = row.get("expires_ms")?;
        Ok(Self {
            family: Family::from_code(&family)
                .ok_or_else(|| FromSqlError::Other(format!("unknown family {family}").into()))?,
            serial: row.get("serial")?,
            name: row.get("name")?,
            entry: current.map(|current| {
                EntryPoint::with_previous(
                    EntryHash::from_bytes(current),
                    previous.map(EntryHash::from_bytes),
                )
            }),
            standing: Standing {
                suspended: row.get("suspended")?,
                expires: expires.map(|ms| UnixMillis(u64::try_from(ms).unwrap_or_default())),
                order: row.get("suspend")?,
            },
        })
    }
}

/// What came of a change to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Changed {
    /// It is made.
    Yes,
    /// There is no such device.
    Unknown,
    /// The device is revoked.
    Revoked,
}

/// The table `device`.
#[derive(Debug)]
pub(crate) struct Devices(pub(super) Connection);

impl Devices {
    pub(crate) const fn new(connection: Connection) -> Self {
        Self(connection)
    }

    /// For tables that are not about devices.
    pub(crate) const fn connection(&self) -> &Connection {
        &self.0
    }

    /// The sensor behind an entry point.
    pub(crate) fn by_entry(&self, hash: EntryHash) -> rusqlite::Result<Option<Device>> {
        self.0
            .prepare_cached(
                "SELECT * FROM device LEFT JOIN gate_order USING (family, serial) \
                 WHERE entry_current = ?1 OR entry_previous = ?1",
            )?
            .query_row([hash.to_bytes()], Device::from_row)
            .optional()
    }

    pub(crate) fn find(&self, family: Family, serial: &str) -> rusqlite::Result<Option<Device>> {
        self.0
            .prepare_cached("SELECT * FROM device LEFT JOIN gate_order USING (family, serial) WHERE family = ?1 AND serial = ?2")?
            .query_row([family.code(), serial], Device::from_row)
            .optional()
    }

    pub(crate) fn all(&self) -> rusqlite::Result<Vec<Device>> {
        self.0
            .prepare(
                "SELECT * FROM device LEFT JOIN gate_order USING (family, serial) ORDER BY family, serial",
            )?
            .query_map([], Device::from_row)?
            .collect()
    }

    /// Devices with an order that is not carried out yet.
    pub(crate) fn ordered(&self) -> rusqlite::Result<Vec<Device>> {
        self.0
            .prepare_cached("SELECT * FROM device JOIN gate_order USING (family, serial)")?
            .query_map([], Device::from_row)?
            .collect()
    }

    /// Registers a device; `false` if it is registered already.
    pub(crate) fn add(
        &self,
        family: Family,
        serial: &str,
        name: Option<&str>,
        entry: Option<&EntryPoint>,
        expires: Option<UnixMillis>,
        now: UnixMillis,
    ) -> rusqlite::Result<bool> {
        let added = self.0.execute(
            "INSERT INTO device (family, serial, name, entry_current, expires_ms, added_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (family, serial) DO NOTHING",
            params![
                family.code(),
                serial,
                name,
                entry.map(|entry| entry.current.to_bytes()),
                expires.map(|expires| signed(expires.0)),
                signed(now.0)
            ],
        )?;
        Ok(added == 1)
    }

    /// Puts other entry points in place.
    pub(crate) fn set_entry(
        &mut self,
        family: Family,
        serial: &str,
        entry: &EntryPoint,
    ) -> rusqlite::Result<Changed> {
        self.change(family, serial, |transaction| {
            transaction.execute(
                "UPDATE device SET entry_current = ?3, entry_previous = ?4 WHERE family = ?1 AND serial = ?2",
                params![
                    family.code(),
                    serial,
                    entry.current.to_bytes(),
                    entry.previous.map(EntryHash::to_bytes)
                ],
            )
        })
    }

    /// Orders the guard to shut or open the flow of a device, at the latest before its next message.
    pub(crate) fn set_suspended(
        &mut self,
        family: Family,
        serial: &str,
        suspended: bool,
    ) -> rusqlite::Result<Changed> {
        self.change(family, serial, |transaction| {
            order(transaction, family, serial, suspended)
        })
    }

    /// A change of one row, unless the device is revoked: that is for good.
    fn change(
        &mut self,
        family: Family,
        serial: &str,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<usize>,
    ) -> rusqlite::Result<Changed> {
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if certificate::is_revoked(&transaction, family, serial)? {
            return Ok(Changed::Revoked);
        }
        let changed = change(&transaction)?;
        transaction.commit()?;
        Ok(match changed {
            0 => Changed::Unknown,
            _ => Changed::Yes,
        })
    }
}

/// Makes an order for the guard, if there is such a device; gives how many there are.
pub(super) fn order(
    transaction: &Transaction<'_>,
    family: Family,
    serial: &str,
    suspended: bool,
) -> rusqlite::Result<usize> {
    let changed = transaction.execute(
        "UPDATE device SET suspended = ?3 WHERE family = ?1 AND serial = ?2",
        params![family.code(), serial, suspended],
    )?;
    if changed == 1 {
        transaction.execute(
            "INSERT INTO gate_order (family, serial, suspend) VALUES (?1, ?2, ?3) \
             ON CONFLICT DO UPDATE SET suspend = excluded.suspend",
            params![family.code(), serial, suspended],
        )?;
    }
    Ok(changed)
}
