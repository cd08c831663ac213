//! What the guard changes in the database.

use comet_proto::Family;
use rusqlite::{Connection, Transaction, params};

use super::signed;

/// A change to the gate of a device.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    pub(crate) family: Family,
    pub(crate) serial: String,
    pub(crate) change: Change,
}

/// Which change.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    /// The guard shut it, or a suspension has ended: for people who list devices.
    Told { suspended: bool },
    /// The order of an operator is done.
    Done { suspend: bool },
}

impl Gate {
    pub(super) fn apply(&self, transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
        let changed = match self.change {
            Change::Told { suspended } => transaction.execute(
                "UPDATE device SET suspended = ?3 WHERE family = ?1 AND serial = ?2",
                params![self.family.code(), self.serial, suspended],
            ),
            // A newer order stays.
            Change::Done { suspend } => transaction.execute(
                "DELETE FROM gate_order WHERE family = ?1 AND serial = ?2 AND suspend = ?3",
                params![self.family.code(), self.serial, suspend],
            ),
        }?;
        Ok(changed > 0)
    }
}

/// A row that the last word on its message does not ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Withdraw {
    pub(super) key: Vec<u8>,
    /// A row of `quarantine`, not of `message`.
    pub(super) raw: bool,
}

impl Withdraw {
    pub(super) fn apply(&self, transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
        let deleted = if self.raw {
            transaction.execute("DELETE FROM quarantine WHERE key = ?1", [&self.key])
        } else {
            transaction.execute("DELETE FROM message WHERE key = ?1", [&self.key])
        }?;
        Ok(deleted > 0)
    }
}

/// The families that a guard in this process has kept records of for this database before: without a device there is nothing that it
/// could have kept.
pub(crate) fn guard_begun(connection: &Connection) -> rusqlite::Result<Vec<Family>> {
    let mut begun =
        connection.prepare("SELECT DISTINCT family FROM device WHERE EXISTS (SELECT 1 FROM guard)")?;
    let codes = begun.query_map([], |row| row.get::<_, String>(0))?;
    let families = codes.map(|code| code.map(|code| Family::from_code(&code)));
    families.filter_map(Result::transpose).collect()
}

/// From now on it has.
pub(crate) fn begin_guard(connection: &Connection, now: comet_proto::UnixMillis) -> rusqlite::Result<()> {
    connection
        .execute(
            "INSERT INTO guard (one, begun_ms) VALUES (1, ?1) ON CONFLICT DO NOTHING",
            [signed(now.0)],
        )
        .map(drop)
}
