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

/// The row of a message, which a copy of the message gives up if the last word on it does not ask for the row. Another copy, here or
/// at another gateway, may have been accepted in the meantime: the row goes with the last that relied on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Withdraw {
    pub(super) key: Vec<u8>,
    /// A row of `quarantine`, not of `message`.
    pub(super) raw: bool,
}

impl Withdraw {
    /// One more copy relies on the row, which was there before.
    pub(super) fn hold(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let hold = if self.raw {
            "UPDATE quarantine SET holders = holders + 1 WHERE key = ?1"
        } else {
            "UPDATE message SET holders = holders + 1 WHERE key = ?1"
        };
        transaction.prepare_cached(hold)?.execute([&self.key]).map(drop)
    }

    /// One less; whether it was the last.
    pub(super) fn apply(&self, transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
        let (release, delete) = if self.raw {
            (
                "UPDATE quarantine SET holders = holders - 1 WHERE key = ?1",
                "DELETE FROM quarantine WHERE key = ?1 AND holders < 1",
            )
        } else {
            (
                "UPDATE message SET holders = holders - 1 WHERE key = ?1",
                "DELETE FROM message WHERE key = ?1 AND holders < 1",
            )
        };
        transaction.prepare_cached(release)?.execute([&self.key])?;
        Ok(transaction.prepare_cached(delete)?.execute([&self.key])? > 0)
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
