//! The embedded database: devices, messages, observations.

mod device;
pub(crate) mod gate;
mod kept;
mod record;
pub(crate) mod sigfox;
pub(crate) mod tcp;
mod writer;

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

pub(crate) use device::{Device, Devices, Standing};
pub(crate) use kept::Kept;
pub(crate) use record::Record;
pub(crate) use writer::{Act, Entry, NotStored, Writer, Written};

/// Opens the database, making it if needed.
///
/// Write-ahead log with a sync on every commit: what is committed survives a crash of the process and of the machine.
pub(crate) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.execute_batch(include_str!("schema.sql"))?;
    Ok(connection)
}

/// SQLite has no unsigned integers; times up to the year 292 million fit.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
