//! A table for servers: shards by the top bits of the hash, each with one lock, one table and one journal (§9).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::counter::Seed;
use crate::hash::{HashKey, PlaceKey, top_bits};
use crate::key::DeviceKey;
use crate::message::Message;
use crate::policy::Policy;
use crate::quota::Quota;
use crate::record::{Record, ReserveError};
use crate::recovery::{self, RecoverError, Recovered};
use crate::slots::CapacityError;
use crate::snapshot;
use crate::sync::{Mutex, MutexGuard};
use crate::table::{Arrival, BATCH, Full, OtherRecords, RestoreFailed, SeedFailed, Table, TrustsFirst};
use crate::verdict::Outcome;

/// Records of many devices for many threads.
///
/// The shard of a device comes from the keyed hash of its place, not from SipHash as in §9, which would cost more than the lock. It is
/// seen nowhere outside; who spreads devices over tables of his own uses [`HashKey::shard`].
///
/// A message holds the lock of one shard for its decision and nothing else; [`Self::admit_all`] holds up to sixteen of them, always
/// taken in ascending order. No lock is held while code of the caller runs. With 4096 shards and 64 threads, a thread meets another
/// one on its shard with a probability of 1.5 %; with batches there should be some hundred shards for each thread.
///
/// # Journal
/// With [`Self::keep_journal`] each shard keeps the records that change, in the order in which they change. Group commit:
///
/// 1. a worker commits its message, writes the data row, and then queues the effect (acknowledgement, forwarding);
/// 2. the flusher takes the queue, **then** calls [`Self::take_entries`], appends and flushes what it gave, and releases the effects
///    that it took.
///
/// Rotation: flush and close journal g, begin journal g + 1 with its header, [`Self::export`] snapshot g + 1 to a temporary name,
/// flush, rename, flush the directory, then delete the older files (§10.2).
pub struct SharedTable {
    place_key: PlaceKey,
    policy: Policy,
    shards: Box<[Shard]>,
    bits: u32,
    quota: Quota,
    capacity: usize,
}

/// Apart from its neighbours, so that two locks do not share a cache line.
#[repr(align(128))]
struct Shard(Mutex<Table>);

impl Shard {
    /// No code that can panic runs under the lock, so a poisoned one is none.
    fn lock(&self) -> MutexGuard<'_, Table> {
        match self.0.lock() {
            Ok(guard) => guard,
            Err(poisoned) => poisoned.into_inner(),
        }
    }
}

impl SharedTable {
    /// Shards at most.
    pub const MAX_SHARDS: u32 = 1 << 16;

    /// A table for so many devices in all its shards, whose number is rounded up to a power of two of at most [`Self::MAX_SHARDS`].
    ///
    /// A shard has room for its share and six standard deviations more, so that chance alone does not fill it.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn new(policy: Policy, key: HashKey, capacity: usize, shards: u32) -> Result<Self, CapacityError> {
        let shards = shards.clamp(1, Self::MAX_SHARDS).next_power_of_two();
        let bits = shards.trailing_zeros();
        let quota = Quota::new(capacity);
        let share = capacity.div_ceil(usize::try_from(shards).unwrap_or(1).max(1));
        let room = share
            .saturating_add(share.isqrt().saturating_mul(6))
            .saturating_add(16)
            .min(capacity);
        let table = |_| Table::with_quota(policy.clone(), &key, room, share, quota.clone());
        let shards = (0..shards)
            .map(|shard| table(shard).map(|table| Shard(Mutex::new(table))))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            place_key: PlaceKey::new(&key),
            policy,
            shards: shards.into_boxed_slice(),
            bits,
            quota,
            capacity,
        })
    }

    /// A table from the files of a disk (see [`Table::recover`]).
    ///
    /// # Errors
    /// As [`Table::recover`].
    pub fn recover(
        policy: Policy,
        key: HashKey,
        capacity: usize,
        shards: u32,
        files: &[&[u8]],
    ) -> Result<(Self, Recovered), RecoverError> {
        let table = Self::new(policy, key, capacity, shards)?;
        let recovered = recovery::read(files, table.policy.record_len(), |device, record| {
            let hash = table.place_key.hash(device);
            table
                .shard(device)
                .is_some_and(|shard| shard.lock().put(hash, device, record))
        })?;
        let invalid = |shard: &Shard| shard.lock().first_invalid();
        let first = table
            .shards
            .iter()
            .filter_map(invalid)
            .min_by_key(|(device, _)| *device);
        match first {
            Some((device, error)) => Err(RecoverError::Record { device, error }),
            None => Ok((table, recovered)),
        }
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Replaces the policy (see [`Table::replace_policy`]).
    ///
    /// # Errors
    /// If records would not be valid under it.
    pub fn replace_policy(&mut self, policy: Policy) -> Result<(), OtherRecords> {
        if !self.policy.same_records(&policy) {
            return Err(OtherRecords);
        }
        for shard in &self.shards {
            shard.lock().replace_policy(policy.clone())?;
        }
        self.policy = policy;
        Ok(())
    }

    /// Devices there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.quota.taken()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Devices there can be.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// See [`Table::check`].
    pub fn check(&self, device: &DeviceKey, message: &Message, now: u64) -> Outcome {
        let hash = self.place_key.hash(device);
        match self.shards.get(self.index(hash)) {
            Some(shard) => shard.lock().check_at(hash, device, message, now),
            None => full(),
        }
    }

    /// See [`Table::commit`]. Of two equal messages at once, one is fresh and the other a duplicate.
    pub fn commit(&self, device: &DeviceKey, message: &Message, now: u64, ticket: Option<u64>) -> Outcome {
        let hash = self.place_key.hash(device);
        let Some(shard) = self.shards.get(self.index(hash)) else {
            return full();
        };
        let mut table = shard.lock();
        let at = (hash, table.slots().likely(hash));
        table.commit_under(&self.policy, at, device, message, now, ticket)
    }

    /// See [`Table::admit`].
    pub fn admit(&self, device: &DeviceKey, message: &Message, now: u64) -> Outcome {
        self.commit(device, message, now, None)
    }

    /// See [`Table::admit_all`]: commits messages in their order, and the waits of sixteen for memory overlap.
    pub fn admit_all(&self, arrivals: &[Arrival], outcomes: &mut Vec<Outcome>) {
        outcomes.reserve(arrivals.len());
        for batch in arrivals.chunks(BATCH) {
            let mut hashes = [(0, usize::MAX); BATCH];
            for (at, arrival) in hashes.iter_mut().zip(batch) {
                let hash = self.place_key.hash(&arrival.device);
                *at = (hash, self.index(hash));
            }
            self.admit_batch(batch, &hashes, outcomes);
        }
    }

    /// `hashes` has hash and shard of each message.
    fn admit_batch(&self, batch: &[Arrival], hashes: &[(u64, usize); BATCH], outcomes: &mut Vec<Outcome>) {
        // In ascending order, as everybody takes them: nobody waits for somebody who waits for him.
        let mut order = hashes.map(|(_, shard)| shard);
        order.sort_unstable();
        let mut locked: [Option<MutexGuard<'_, Table>>; BATCH] = [const { None }; BATCH];
        let mut before = None;
        for (guard, shard) in locked.iter_mut().zip(&order) {
            if before != Some(*shard) {
                *guard = self.shards.get(*shard).map(Shard::lock);
            }
            before = Some(*shard);
        }
        // The first of equal shards has the guard.
        let of = hashes.map(|(_, shard)| order.partition_point(|other| *other < shard));
        let hash = |(arrival, (hash, _)): (&Arrival, &(u64, usize))| (*hash, *arrival);
        let messages = || batch.iter().zip(hashes).map(hash).zip(of);
        // Each table touches its own; what matters is that all reads come before the first decision.
        let mut touched = [usize::MAX; BATCH];
        for (((hash, _), guard), place) in messages().zip(&mut touched) {
            if let Some(Some(table)) = locked.get(guard) {
                [*place] = table.slots().touch(&[hash]);
            }
        }
        for (((hash, arrival), guard), place) in messages().zip(touched) {
            outcomes.push(match locked.get_mut(guard) {
                Some(Some(table)) => {
                    let Arrival {
                        device,
                        message,
                        now,
                        ticket,
                    } = &arrival;
                    table.commit_under(&self.policy, (hash, place), device, message, *now, *ticket)
                }
                _ => full(),
            });
        }
    }

    /// See [`Table::seed`].
    ///
    /// # Errors
    /// As there.
    pub fn seed(&self, device: &DeviceKey, seed: Seed) -> Result<(), SeedFailed> {
        self.of(device, |table| table.seed(device, seed))
            .unwrap_or(Err(SeedFailed::Full))
    }

    /// See [`Table::forget`].
    ///
    /// # Errors
    /// As there.
    pub fn forget(&self, device: &DeviceKey) -> Result<(), Full> {
        self.of(device, |table| table.forget(device)).unwrap_or(Err(Full))
    }

    /// See [`Table::suspend`].
    ///
    /// # Errors
    /// As there.
    pub fn suspend(&self, device: &DeviceKey) -> Result<(), Full> {
        self.of(device, |table| table.suspend(device))
            .unwrap_or(Err(Full))
    }

    /// See [`Table::resume`].
    ///
    /// # Errors
    /// As there.
    pub fn resume(&self, device: &DeviceKey) -> Result<(), Full> {
        self.of(device, |table| table.resume(device)).unwrap_or(Err(Full))
    }

    /// The record of a device as it is, or raised by what the policy reserves (§10.4).
    ///
    /// # Errors
    /// As [`Table::raised`].
    pub fn raised(&self, device: &DeviceKey, by: u64) -> Result<Option<Record>, ReserveError> {
        self.of(device, |table| table.raised(device, by))
            .unwrap_or(Ok(None))
    }

    /// The octets of a device's record.
    #[must_use]
    pub fn record(&self, device: &DeviceKey) -> Option<Vec<u8>> {
        self.of(device, |table| table.record(device).map(<[u8]>::to_vec))?
    }

    /// See [`Table::restore`].
    ///
    /// # Errors
    /// As there.
    pub fn restore(&self, device: &DeviceKey, octets: &[u8]) -> Result<(), RestoreFailed> {
        self.of(device, |table| table.restore(device, octets))
            .unwrap_or(Err(RestoreFailed::Full))
    }

    /// See [`Table::evict`].
    ///
    /// # Errors
    /// As there.
    pub fn evict(&self, device: &DeviceKey) -> Result<Option<Record>, TrustsFirst> {
        self.of(device, |table| table.evict(device)).unwrap_or(Ok(None))
    }

    /// See [`Table::retire`].
    pub fn retire(&self, device: &DeviceKey) -> Option<Record> {
        self.of(device, |table| table.retire(device))?
    }

    /// See [`Table::sweep`]; how many were dropped. One shard after the other is locked.
    pub fn sweep(&self, now: u64) -> usize {
        let mut dropped = 0_usize;
        for shard in &self.shards {
            shard.lock().sweep(now, |_| dropped = dropped.saturating_add(1));
        }
        dropped
    }

    /// From now on every shard keeps the records that change until they are taken.
    pub fn keep_journal(&self) {
        for shard in &self.shards {
            shard.lock().keep_journal();
        }
    }

    /// Appends the records that have changed since the last call as entries of the journal of this generation: all changes of
    /// commits that returned before the call. The checksums are computed outside of the locks. One thread at a time may call it:
    /// with two, an older state of a record could be written behind a newer one.
    pub fn take_entries(&self, generation: u64, out: &mut Vec<u8>) {
        for shard in &self.shards {
            let pending = shard.lock().take_pending();
            if let Some(pending) = pending {
                pending.write(generation, out);
            }
        }
    }

    /// Writes a snapshot of all shards (§10.1). Each is copied under its lock, 48 octets a device, then all are sorted and written.
    ///
    /// # Errors
    /// The first that `write` gives.
    pub fn export<E>(&self, generation: u64, write: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let record_len = self.policy.record_len();
        let mut octets = Vec::new();
        for shard in &self.shards {
            for (key, record) in shard.lock().iter() {
                octets.extend_from_slice(key.as_bytes());
                octets.extend_from_slice(record);
            }
        }
        let stride = DeviceKey::LEN.saturating_add(record_len);
        let entry = |octets| {
            let (key, record) = <[u8]>::split_first_chunk::<{ DeviceKey::LEN }>(octets)?;
            Some((DeviceKey::new(*key), record))
        };
        let mut entries: Vec<_> = octets.chunks_exact(stride).filter_map(entry).collect();
        snapshot::write(record_len, generation, &mut entries, write)
    }

    #[inline]
    fn index(&self, hash: u64) -> usize {
        usize::try_from(top_bits(hash, self.bits)).unwrap_or(0)
    }

    fn shard(&self, device: &DeviceKey) -> Option<&Shard> {
        self.shards.get(self.index(self.place_key.hash(device)))
    }

    /// Something under the lock of a device's shard.
    fn of<T>(&self, device: &DeviceKey, run: impl FnOnce(&mut Table) -> T) -> Option<T> {
        self.shard(device).map(|shard| run(&mut shard.lock()))
    }
}

/// The outcome of a shard that is not there: never, since there is one for each hash.
#[cold]
fn full() -> Outcome {
    Outcome::new(crate::verdict::Verdict::Full)
}

impl fmt::Debug for SharedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedTable")
            .field("policy", &self.policy)
            .field("len", &self.len())
            .field("capacity", &self.capacity)
            .field("shards", &self.shards.len())
            .finish_non_exhaustive()
    }
}
