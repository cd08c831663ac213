//! A table and its files.

use alloc::vec::Vec;

use super::Table;
use crate::hash::HashKey;
use crate::journal::Pending;
use crate::key::DeviceKey;
use crate::policy::Policy;
use crate::record::{self, RestoreError};
use crate::recovery::{self, RecoverError, Recovered};
use crate::snapshot;

impl Table {
    /// Writes a snapshot of the table, piece by piece (§10.1).
    ///
    /// # Errors
    /// The first that `write` gives.
    pub fn export<E>(&self, generation: u64, write: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut entries: Vec<_> = self.iter().collect();
        snapshot::write(self.policy.record_len(), generation, &mut entries, write)
    }

    /// From now on keeps every record that changes until it is taken by [`Self::take_entries`].
    pub fn keep_journal(&mut self) {
        self.pending
            .get_or_insert_with(|| Pending::new(self.policy.record_len()));
    }

    /// Appends the records that have changed since the last call as entries of the journal of this generation (§10.1), in the order
    /// in which they changed. Effects are released when they are flushed.
    pub fn take_entries(&mut self, generation: u64, out: &mut Vec<u8>) {
        if let Some(pending) = self.take_pending() {
            pending.write(generation, out);
        }
    }

    pub(crate) fn take_pending(&mut self) -> Option<Pending> {
        let pending = self.pending.as_mut().filter(|pending| !pending.is_empty())?;
        Some(pending.take())
    }

    /// A table from the files of a disk: one snapshot or more, and journals, in any order (§10.3).
    ///
    /// # Errors
    /// If the state cannot be made out. The device flow must not go on with an empty table then, unless first messages are refused.
    pub fn recover(
        policy: Policy,
        key: HashKey,
        capacity: usize,
        files: &[&[u8]],
    ) -> Result<(Self, Recovered), RecoverError> {
        let mut table = Self::new(policy, key, capacity)?;
        let record_len = table.policy.record_len();
        let recovered = recovery::read(files, record_len, |device, record| {
            table.put(table.place_key.hash(device), device, record)
        })?;
        match table.first_invalid() {
            Some((device, error)) => Err(RecoverError::Record { device, error }),
            None => Ok((table, recovered)),
        }
    }

    /// Takes octets that are validated later; whether there was room.
    pub(crate) fn put(&mut self, hash: u64, device: &DeviceKey, record: &[u8]) -> bool {
        let place = self.slots.find(hash, device);
        let Some(place) = place.or_else(|| self.insert(hash, device)) else {
            return false;
        };
        for (to, from) in self.slots.record_mut(place).iter_mut().zip(record) {
            *to = *from;
        }
        true
    }

    /// The first device, in the order of keys, whose octets are no record.
    pub(crate) fn first_invalid(&self) -> Option<(DeviceKey, RestoreError)> {
        let invalid = |(device, octets): (DeviceKey, &[u8])| {
            let error = record::validate(&self.policy, octets).err()?;
            Some((device, error))
        };
        self.iter().filter_map(invalid).min_by_key(|(device, _)| *device)
    }
}
