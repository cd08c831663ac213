//! Snapshots: one image for one state (§10.1).

use alloc::vec::Vec;

use crate::journal::{Header, entry_len, push_entry};
use crate::key::DeviceKey;

/// Entries that are handed over at once.
const PIECE: usize = 256;

/// Writes header and entries in ascending order of keys.
pub(crate) fn write<E>(
    record_len: usize,
    generation: u64,
    entries: &mut [(DeviceKey, &[u8])],
    mut write: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    entries.sort_unstable_by_key(|(key, _)| *key);
    write(&Header::snapshot(record_len, generation, entries.len()).to_bytes())?;
    let mut piece = Vec::with_capacity(entry_len(record_len).saturating_mul(PIECE.min(entries.len())));
    for entries in entries.chunks(PIECE) {
        piece.clear();
        for (key, record) in entries {
            push_entry(&mut piece, generation, key.as_bytes(), record);
        }
        write(&piece)?;
    }
    Ok(())
}
