//! Recovery of a table from the files of a disk that nobody vouches for (§10.3).

use crate::journal::{FileKind, HEADER_LEN, Header, entry_len, parse_entry};
use crate::key::DeviceKey;
use crate::record::RestoreError;
use crate::slots::CapacityError;

/// What was recovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Recovered {
    /// Generation of the snapshot.
    pub generation: u64,
    /// Highest generation that was read: the next journal and snapshot have the one after it.
    pub last: u64,
    /// Octets at the end of the last journal that were no whole entry and are lost: their effects were never released. Cut them off
    /// the file before the next journal begins, or it is damaged to the next recovery.
    pub torn: usize,
}

/// Why a table cannot be recovered. It must not start empty then: an empty table takes every old recording once (§10.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// No snapshot is whole, or none has the policy's record length.
    #[error("no whole snapshot")]
    NoSnapshot,
    /// Journals are missing between the snapshot and the last one.
    #[error("no journal of generation {generation}")]
    JournalGap {
        /// Generation that is missing, or there twice.
        generation: u64,
    },
    /// A journal before the last one has an entry that is not whole.
    #[error("journal of generation {generation} is damaged at byte {offset}")]
    JournalDamaged {
        /// Generation of the journal.
        generation: u64,
        /// First octet of the entry.
        offset: usize,
    },
    /// A record is none under the policy.
    #[error("record of {device:?}: {error}")]
    Record {
        /// The first such device in the order of keys.
        device: DeviceKey,
        /// Why.
        error: RestoreError,
    },
    /// More devices than the table has room for.
    #[error("more devices than the table has room for")]
    Full,
    /// There is no memory for such a table.
    #[error(transparent)]
    Capacity(#[from] CapacityError),
}

impl RecoverError {
    /// Stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSnapshot => "no-snapshot",
            Self::JournalGap { .. } => "journal-gap",
            Self::JournalDamaged { .. } => "journal-damaged",
            Self::Record { error, .. } => error.code(),
            Self::Full => "full",
            Self::Capacity(_) => "capacity",
        }
    }
}

/// Reads files in the order in which they apply, each entry once, into `put`, which says whether there was room.
///
/// Takes no memory of its own but a list of the journals.
pub(crate) fn read(
    files: &[&[u8]],
    record_len: usize,
    mut put: impl FnMut(&DeviceKey, &[u8]) -> bool,
) -> Result<Recovered, RecoverError> {
    let snapshot = files
        .iter()
        .filter_map(|file| Some((whole_snapshot(file, record_len)?, *file)))
        .max_by_key(|(generation, _)| *generation);
    let (base, snapshot) = snapshot.ok_or(RecoverError::NoSnapshot)?;
    let entry = entry_len(record_len);
    for octets in body(snapshot).chunks_exact(entry) {
        if let Some((key, record)) = parse_entry(octets, base)
            && !put(&key, record)
        {
            return Err(RecoverError::Full);
        }
    }
    let mut journals: alloc::vec::Vec<(u64, &[u8])> = files
        .iter()
        .filter_map(|file| Some((journal(file, record_len)?, *file)))
        .filter(|(generation, _)| *generation >= base)
        .collect();
    journals.sort_by_key(|(generation, _)| *generation);
    // `None` behind the last number there is.
    let mut expected = Some(base);
    for (generation, _) in &journals {
        if Some(*generation) != expected {
            return Err(RecoverError::JournalGap {
                generation: expected.unwrap_or(*generation),
            });
        }
        expected = generation.checked_add(1);
    }
    let last = journals.last().map_or(base, |(generation, _)| *generation);
    let mut torn = 0;
    for (generation, file) in journals {
        let body = body(file);
        let mut rest = body;
        while !rest.is_empty() {
            let (octets, behind) = rest.split_at_checked(entry).unwrap_or((rest, &[]));
            let Some((key, record)) = parse_entry(octets, generation).filter(|_| octets.len() == entry)
            else {
                break;
            };
            if !put(&key, record) {
                return Err(RecoverError::Full);
            }
            rest = behind;
        }
        if generation == last {
            torn = rest.len();
        } else if !rest.is_empty() {
            return Err(RecoverError::JournalDamaged {
                generation,
                offset: file.len().saturating_sub(rest.len()),
            });
        }
    }
    Ok(Recovered {
        generation: base,
        last,
        torn,
    })
}

fn body(file: &[u8]) -> &[u8] {
    file.get(HEADER_LEN..).unwrap_or_default()
}

/// The header, if the file is of this kind and has records of this length.
fn header(file: &[u8], kind: FileKind, record_len: usize) -> Option<Header> {
    Header::parse(file).filter(|header| header.kind == kind && usize::from(header.record_len) == record_len)
}

fn journal(file: &[u8], record_len: usize) -> Option<u64> {
    Some(header(file, FileKind::Journal, record_len)?.generation)
}

/// Generation of a snapshot whose header, length, entries and order are right.
fn whole_snapshot(file: &[u8], record_len: usize) -> Option<u64> {
    let Header {
        generation, count, ..
    } = header(file, FileKind::Snapshot, record_len)?;
    let entry = entry_len(record_len);
    let body = body(file);
    if usize::try_from(count).ok()?.checked_mul(entry)? != body.len() {
        return None;
    }
    let mut before = None;
    for octets in body.chunks_exact(entry) {
        let (key, _) = parse_entry(octets, generation)?;
        if before.is_some_and(|before| before >= key) {
            return None;
        }
        before = Some(key);
    }
    Some(generation)
}
