//! The embedded database: devices, messages, observations.

pub(crate) mod certificate;
mod device;
pub(crate) mod gate;
mod kept;
mod record;
pub(crate) mod sigfox;
pub(crate) mod tcp;
pub(crate) mod update;
mod writer;

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

pub(crate) use device::{Changed, Device, Devices, Standing};
pub(crate) use kept::Kept;
pub(crate) use record::Record;
pub(crate) use writer::{Act, Entry, NotStored, Writer, Written};

/// Opens the database, making it if needed.
///
/// Write-ahead log with a sync on every commit: what is committed survives a crash of the process and of the machine.
pub(crate) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // At once or not at all: another process may open the database too, and must not find it without its views.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(include_str!("schema.sql"))?;
    transaction.commit()?;
    Ok(connection)
}

/// SQLite has no unsigned integers; times up to the year 292 million fit.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    #[test]
    fn many_open_a_database_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("comet.db");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let opened = super::open(&path).unwrap();
                        opened
                            .query_row("SELECT count(*) FROM reading", [], |row| row.get::<_, i64>(0))
                            .unwrap();
                    }
                });
            }
        });
    }
}
