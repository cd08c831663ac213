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
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

pub(crate) use device::{Changed, Device, Devices, Standing};
pub(crate) use kept::Kept;
pub(crate) use record::Record;
pub(crate) use writer::{Act, Entry, NotStored, Writer, Written};

/// How long another process may hold the database.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens the database, making it if needed.
///
/// Write-ahead log with a sync on every commit: what is committed survives a crash of the process and of the machine.
pub(crate) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    write_ahead(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // At once or not at all: another process may open the database too, and must not find it without its views.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(include_str!("schema.sql"))?;
    transaction.commit()?;
    Ok(connection)
}

/// Has changes go to a write-ahead log.
///
/// SQLite does not wait for who is doing the same to a new database: both have it locked for reading, and neither could
/// go on. Whoever is told so lets go, and asks again.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let begin = Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && begin.elapsed() < PATIENCE =>
            {
                std::thread::sleep(Duration::from_millis(2));
            }
            done => return done,
        }
    }
}

/// SQLite has no unsigned integers; times up to the year 292 million fit.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    /// New ones, which all want to make, and then one that is there.
    #[test]
    fn many_open_a_database_at_once() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("comet.db");
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        for _ in 0..5 {
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
}
