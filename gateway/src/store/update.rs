//! The highest security counter that was served for each class of devices: below it nothing is served again.

use comet_proto::UnixMillis;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::signed;

/// The highest counter of this class so far.
pub(crate) fn served(connection: &Connection, class: &[u8; 16]) -> rusqlite::Result<Option<u32>> {
    connection
        .prepare_cached("SELECT counter FROM update_counter WHERE class = ?1")?
        .query_row([class], |row| row.get(0))
        .optional()
}

/// From now on it is at least this.
pub(crate) fn serve(
    connection: &Connection,
    class: &[u8; 16],
    counter: u32,
    now: UnixMillis,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO update_counter (class, counter, since_ms) VALUES (?1, ?2, ?3) ON CONFLICT (class) \
             DO UPDATE SET counter = excluded.counter, since_ms = excluded.since_ms WHERE excluded.counter > counter",
        )?
        .execute(params![class, counter, signed(now.0)])
        .map(drop)
}
