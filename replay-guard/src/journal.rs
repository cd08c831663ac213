//! Headers and entries of files (§10.1), and the entries of a table that wait to be written.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::crc32c::crc32c;
use crate::key::DeviceKey;

/// Octets of a header.
pub const HEADER_LEN: usize = 24;
/// `RPGD`.
const MAGIC: [u8; 4] = *b"RPGD";
const VERSION: u8 = 1;
/// Octets of an entry beside the record: key and CRC.
pub(crate) const ENTRY_EXTRA: usize = 20;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileKind {
    /// All records of a table, in ascending order of keys.
    Snapshot,
    /// Records in the order in which they were committed.
    Journal,
}

/// The first 24 octets of a file.
///
/// | at | size | field |
/// |---|---|---|
/// | 0 | 4 | `RPGD` |
/// | 4 | 1 | version, 1 |
/// | 5 | 1 | kind: 1 snapshot, 2 journal |
/// | 6 | 2 | octets of a record |
/// | 8 | 8 | generation |
/// | 16 | 4 | entries of a snapshot; 0 in a journal |
/// | 20 | 4 | CRC-32C of the 20 octets before |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// What the file is.
    pub kind: FileKind,
    /// Octets of a record.
    pub record_len: u16,
    /// Number of the file, the same for a snapshot and the journal that goes on from it.
    pub generation: u64,
    /// Entries of a snapshot; 0 in a journal.
    pub count: u32,
}

impl Header {
    /// The header with which a journal begins.
    #[must_use]
    pub fn journal(policy: &crate::Policy, generation: u64) -> Self {
        Self {
            kind: FileKind::Journal,
            record_len: u16::try_from(policy.record_len()).unwrap_or(u16::MAX),
            generation,
            count: 0,
        }
    }

    pub(crate) fn snapshot(record_len: usize, generation: u64, count: usize) -> Self {
        Self {
            kind: FileKind::Snapshot,
            record_len: u16::try_from(record_len).unwrap_or(u16::MAX),
            generation,
            count: u32::try_from(count).unwrap_or(u32::MAX),
        }
    }

    /// Takes the header from the start of a file; `None` if it is not a right one.
    #[must_use]
    pub fn parse(file: &[u8]) -> Option<Self> {
        let octets = file.first_chunk::<HEADER_LEN>()?;
        let [m0, m1, m2, m3, version, kind, l0, l1, rest @ ..] = *octets;
        let [a, b, c, d, e, f, g, h, i, j, k, l, check @ ..] = rest;
        let kind = match kind {
            1 => FileKind::Snapshot,
            2 => FileKind::Journal,
            _ => return None,
        };
        let header = Self {
            kind,
            record_len: u16::from_be_bytes([l0, l1]),
            generation: u64::from_be_bytes([a, b, c, d, e, f, g, h]),
            count: u32::from_be_bytes([i, j, k, l]),
        };
        let counted = header.count == 0 || kind == FileKind::Snapshot;
        let right = [m0, m1, m2, m3] == MAGIC
            && version == VERSION
            && counted
            && crc32c(&[file.get(..20)?]) == u32::from_be_bytes(check);
        right.then_some(header)
    }

    /// The octets.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEADER_LEN] {
        let mut octets = [0; HEADER_LEN];
        let kind = match self.kind {
            FileKind::Snapshot => 1,
            FileKind::Journal => 2,
        };
        let fields = MAGIC
            .into_iter()
            .chain([VERSION, kind])
            .chain(self.record_len.to_be_bytes())
            .chain(self.generation.to_be_bytes())
            .chain(self.count.to_be_bytes());
        for (to, from) in octets.iter_mut().zip(fields) {
            *to = from;
        }
        if let Some((fields, check)) = octets.split_last_chunk_mut() {
            *check = crc32c(&[fields]).to_be_bytes();
        }
        octets
    }
}

/// Octets of an entry: key (16), record, CRC-32C of generation, key and record (4).
#[must_use]
pub const fn entry_len(record_len: usize) -> usize {
    record_len.saturating_add(ENTRY_EXTRA)
}

/// Appends an entry.
pub(crate) fn push_entry(out: &mut Vec<u8>, generation: u64, key: &[u8], record: &[u8]) {
    let check = crc32c(&[&generation.to_be_bytes(), key, record]);
    out.extend_from_slice(key);
    out.extend_from_slice(record);
    out.extend_from_slice(&check.to_be_bytes());
}

/// An entry taken apart: key and record; `None` if it is incomplete or fails its CRC.
pub(crate) fn parse_entry(octets: &[u8], generation: u64) -> Option<(DeviceKey, &[u8])> {
    let (body, check) = octets.split_last_chunk::<4>()?;
    let (key, record) = body.split_first_chunk::<{ DeviceKey::LEN }>()?;
    let right = crc32c(&[&generation.to_be_bytes(), body]) == u32::from_be_bytes(*check);
    right.then_some((DeviceKey::new(*key), record))
}

/// Changed records that wait to be written, in the order in which they changed.
///
/// Bounded: a key that changed often is kept in its last state alone as soon as the list doubles.
#[derive(Debug)]
pub(crate) struct Pending {
    /// Key and record, one after the other.
    octets: Vec<u8>,
    stride: usize,
    /// Octets at which repeated keys are thrown out.
    limit: usize,
}

/// Entries that may wait before repeated keys are looked for.
const FEW: usize = 1024;

impl Pending {
    pub(crate) const fn new(record_len: usize) -> Self {
        let stride = record_len.saturating_add(DeviceKey::LEN);
        Self {
            octets: Vec::new(),
            stride,
            limit: stride.saturating_mul(FEW),
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    pub(crate) fn push(&mut self, key: &DeviceKey, record: &[u8]) {
        if self.octets.len() >= self.limit {
            self.compact();
        }
        self.octets.extend_from_slice(key.as_bytes());
        self.octets.extend_from_slice(record);
    }

    /// Keeps the last state of each key, in the order of the last changes.
    fn compact(&mut self) {
        let mut seen = BTreeSet::new();
        let mut kept: Vec<&[u8]> = Vec::new();
        for entry in self.octets.chunks_exact(self.stride).rev() {
            if seen.insert(entry.get(..DeviceKey::LEN).unwrap_or_default()) {
                kept.push(entry);
            }
        }
        kept.reverse();
        self.octets = kept.concat();
        let few = self.stride.saturating_mul(FEW);
        self.limit = self.octets.len().saturating_mul(2).max(few);
    }

    /// Takes all that waits.
    pub(crate) fn take(&mut self) -> Self {
        let next = Self {
            octets: Vec::new(),
            ..*self
        };
        core::mem::replace(self, next)
    }

    /// Appends all of it as entries.
    pub(crate) fn write(&self, generation: u64, out: &mut Vec<u8>) {
        for entry in self.octets.chunks_exact(self.stride) {
            if let Some((key, record)) = entry.split_first_chunk::<{ DeviceKey::LEN }>() {
                push_entry(out, generation, key, record);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Counter, Policy};

    #[test]
    fn headers_come_back_and_no_flipped_bit_does() {
        let policy = Policy::new(Config::new(Counter::None { hold: 0 })).unwrap();
        for header in [
            Header::journal(&policy, u64::MAX),
            Header::snapshot(152, 0, 0xffff_ffff),
        ] {
            let octets = header.to_bytes();
            assert_eq!(Header::parse(&octets), Some(header));
            for bit in 0..octets.len() * 8 {
                let mut flipped = octets;
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(Header::parse(&flipped), None, "bit {bit}");
            }
            assert_eq!(Header::parse(&octets[..23]), None);
        }
    }

    #[test]
    fn what_waits_stays_bounded_and_ends_in_the_last_states() {
        let mut pending = Pending::new(32);
        let keys: Vec<_> = (0..3).map(|number| DeviceKey::new([number; 16])).collect();
        for round in 0..100_000_u32 {
            let mut record = [0; 32];
            record[..4].copy_from_slice(&round.to_be_bytes());
            pending.push(&keys[usize::try_from(round % 3).unwrap()], &record);
        }
        assert!(pending.octets.len() <= FEW * 48, "{}", pending.octets.len());
        let mut out = Vec::new();
        let taken = pending.take();
        taken.write(9, &mut out);
        let (last, _) = out.as_chunks::<52>();
        let mut rounds = Vec::new();
        for entry in &last[last.len() - 3..] {
            let (_, record) = parse_entry(entry, 9).unwrap();
            rounds.push(u32::from_be_bytes(record[..4].try_into().unwrap()));
            assert_eq!(parse_entry(entry, 8), None, "another generation");
        }
        assert_eq!(rounds, [99_997, 99_998, 99_999]);
        assert!(pending.is_empty());
    }
}
