//! Records by device (§9).

mod files;
mod operator;
mod refusal;

use alloc::vec::Vec;
use core::fmt;

use crate::hash::{HashKey, PlaceKey};
use crate::head::{HEAD_LEN, Head};
use crate::journal::Pending;
use crate::key::DeviceKey;
use crate::message::Message;
use crate::policy::{First, Policy};
use crate::quota::Quota;
use crate::record::{self, Record, ReserveError};
use crate::slots::{CapacityError, Place, Slots};
use crate::step::{self, decide};
use crate::sweep;
use crate::verdict::{Outcome, Verdict};

pub use refusal::{Full, OtherRecords, RestoreFailed, SeedFailed, TrustsFirst};

/// Messages that a batch looks up at once.
pub(crate) const BATCH: usize = 16;

/// An authenticated message of a device, and when it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the arguments of `commit`")]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Arrival {
    /// Who sent it.
    pub device: DeviceKey,
    /// The message.
    pub message: Message,
    /// When it arrived, in milliseconds.
    pub now: u64,
    /// The extended number that the authentication relied on, if it did.
    pub ticket: Option<u64>,
}

impl Arrival {
    /// A message that needs no ticket.
    #[must_use]
    pub const fn new(device: DeviceKey, message: Message, now: u64) -> Self {
        Self {
            device,
            message,
            now,
            ticket: None,
        }
    }
}

/// Records of many devices under one policy, for one thread; [`SharedTable`](crate::SharedTable) is for several.
///
/// Memory is fixed at construction: 49 octets for each place of which at most 3 in 4 are taken, that is 65.3 a device, and pages that
/// no device has used yet are not touched. A counter is never forgotten silently: a new device beyond the capacity is refused.
pub struct Table {
    policy: Policy,
    place_key: PlaceKey,
    slots: Slots,
    pending: Option<Pending>,
    quota: Quota,
}

impl Table {
    /// A table for so many devices. The key is secret and random: with it nobody can choose devices that meet in one place.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn new(policy: Policy, key: HashKey, capacity: usize) -> Result<Self, CapacityError> {
        Self::with_quota(policy, &key, capacity, capacity, Quota::none())
    }

    pub(crate) fn with_quota(
        policy: Policy,
        key: &HashKey,
        capacity: usize,
        usual: usize,
        quota: Quota,
    ) -> Result<Self, CapacityError> {
        let slots = Slots::new(capacity, usual, policy.record_len())?;
        Ok(Self {
            policy,
            place_key: PlaceKey::new(key),
            slots,
            pending: None,
            quota,
        })
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Replaces the policy; records stay.
    ///
    /// # Errors
    /// If records would not be valid under it: discipline, W, R and B have to be the same.
    pub fn replace_policy(&mut self, policy: Policy) -> Result<(), OtherRecords> {
        if !self.policy.same_records(&policy) {
            return Err(OtherRecords);
        }
        self.policy = policy;
        Ok(())
    }

    /// Devices there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.slots.len() == 0
    }

    /// Devices there can be.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.slots.capacity()
    }

    /// Judges a message that is not authenticated yet, changing nothing. Its outcome is good for dropping the message, and for a
    /// ticket; it must not be answered, counted or logged under the device's name (§3).
    pub fn check(&self, device: &DeviceKey, message: &Message, now: u64) -> Outcome {
        self.check_at(self.place_key.hash(device), device, message, now)
    }

    pub(crate) fn check_at(&self, hash: u64, device: &DeviceKey, message: &Message, now: u64) -> Outcome {
        let place = self.slots.find(hash, device);
        if place.is_none() && self.turns_away() {
            return Outcome::new(Verdict::Full);
        }
        let octets = place.map(|place| self.slots.record(place));
        step::check_octets(&self.policy, octets, message, now)
    }

    /// Whether every device that is not there is told that there is no place, whatever its message says. Where first messages are
    /// refused none of them asks for a place.
    fn turns_away(&self) -> bool {
        self.policy.config().first == First::Trust && !self.has_room()
    }

    /// Decides on an authenticated message and keeps the result. `ticket` is the extended number of the `check` that its
    /// authentication relied on.
    #[inline]
    pub fn commit(
        &mut self,
        device: &DeviceKey,
        message: &Message,
        now: u64,
        ticket: Option<u64>,
    ) -> Outcome {
        let hash = self.place_key.hash(device);
        self.commit_at(hash, self.slots.likely(hash), device, message, now, ticket)
    }

    /// As [`Self::commit`], for transports that are authenticated before the message is read.
    #[inline]
    pub fn admit(&mut self, device: &DeviceKey, message: &Message, now: u64) -> Outcome {
        self.commit(device, message, now, None)
    }

    /// Commits messages in their order and appends an outcome for each. Sixteen at a time are looked up before the first is judged,
    /// so that the waits for memory overlap.
    pub fn admit_all(&mut self, arrivals: &[Arrival], outcomes: &mut Vec<Outcome>) {
        outcomes.reserve(arrivals.len());
        for batch in arrivals.chunks(BATCH) {
            let mut hashes = [0; BATCH];
            for (hash, arrival) in hashes.iter_mut().zip(batch) {
                *hash = self.place_key.hash(&arrival.device);
            }
            let places = self.slots.touch(&hashes);
            let near = batch.iter().zip(hashes.into_iter().zip(places));
            outcomes.extend(near.map(|(arrival, (hash, place))| self.commit_near(hash, place, arrival)));
        }
    }

    /// Commits a message whose record is probably at this place.
    #[inline]
    pub(crate) fn commit_near(&mut self, hash: u64, place: Place, arrival: &Arrival) -> Outcome {
        let Arrival {
            device,
            message,
            now,
            ticket,
        } = arrival;
        self.commit_at(hash, place, device, message, *now, *ticket)
    }

    #[cfg(feature = "std")]
    pub(crate) const fn slots(&self) -> &Slots {
        &self.slots
    }

    #[inline]
    pub(crate) fn commit_at(
        &mut self,
        hash: u64,
        likely: Place,
        device: &DeviceKey,
        message: &Message,
        now: u64,
        ticket: Option<u64>,
    ) -> Outcome {
        if self.slots.holds(likely, device) {
            let (slots, pending) = (&mut self.slots, &mut self.pending);
            return match in_order(&self.policy, slots, pending, likely, message, now, ticket) {
                Some(outcome) => outcome,
                None => self.commit_to(likely, message, now, ticket),
            };
        }
        self.commit_found(hash, device, message, now, ticket)
    }

    /// The same under a policy equal to that of the table: with many shards, theirs are too many to stay in the nearest cache.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn commit_under(
        &mut self,
        policy: &Policy,
        (hash, likely): (u64, Place),
        device: &DeviceKey,
        message: &Message,
        now: u64,
        ticket: Option<u64>,
    ) -> Outcome {
        if self.slots.holds(likely, device) {
            let (slots, pending) = (&mut self.slots, &mut self.pending);
            return match in_order(policy, slots, pending, likely, message, now, ticket) {
                Some(outcome) => outcome,
                None => self.commit_to(likely, message, now, ticket),
            };
        }
        self.commit_found(hash, device, message, now, ticket)
    }

    /// A message that is not the common case.
    #[inline(never)]
    fn commit_found(
        &mut self,
        hash: u64,
        device: &DeviceKey,
        message: &Message,
        now: u64,
        ticket: Option<u64>,
    ) -> Outcome {
        let Some(place) = self.slots.find(hash, device) else {
            return self.commit_new(hash, device, message, now, ticket);
        };
        // The common case too, if its place was not the likely one.
        let (slots, pending) = (&mut self.slots, &mut self.pending);
        if let Some(outcome) = in_order(&self.policy, slots, pending, place, message, now, ticket) {
            return outcome;
        }
        self.commit_to(place, message, now, ticket)
    }

    /// A message of a known device that is not the common case.
    #[inline(never)]
    fn commit_to(&mut self, place: Place, message: &Message, now: u64, ticket: Option<u64>) -> Outcome {
        let octets = self.slots.record_mut(place);
        let Some((head, wide)) = octets.split_first_chunk::<HEAD_LEN>() else {
            return Outcome::new(Verdict::Full);
        };
        let mut head = Head::unpack(head);
        let decision = decide(&self.policy, &mut head, true, wide, message, now, ticket);
        if decision.changed && decision.apply(&head, octets) {
            self.note(place);
        }
        decision.outcome
    }

    #[cold]
    fn commit_new(
        &mut self,
        hash: u64,
        device: &DeviceKey,
        message: &Message,
        now: u64,
        ticket: Option<u64>,
    ) -> Outcome {
        if self.turns_away() {
            return Outcome::new(Verdict::Full);
        }
        let mut head = Head::empty(&self.policy);
        let decision = decide(&self.policy, &mut head, false, &[], message, now, ticket);
        if decision.changed {
            // Another shard may have taken the last place by now.
            let Some(place) = self.insert(hash, device) else {
                return Outcome::new(Verdict::Full);
            };
            decision.apply(&head, self.slots.record_mut(place));
            self.note(place);
        }
        decision.outcome
    }

    /// The octets of a device's record.
    #[must_use]
    pub fn record(&self, device: &DeviceKey) -> Option<&[u8]> {
        let place = self.slots.find(self.place_key.hash(device), device)?;
        Some(self.slots.record(place))
    }

    /// The record of a device as it is written ahead of what it accepted (§10.4).
    ///
    /// # Errors
    /// As [`Record::raised`].
    pub fn raised(&self, device: &DeviceKey, by: u64) -> Result<Option<Record>, ReserveError> {
        let raise = |octets: &[u8]| record::raised(&self.policy, octets, by);
        self.record(device).map(raise).transpose()
    }

    /// Takes a record from its octets, in place of the one there is.
    ///
    /// # Errors
    /// If the device is new and the table is full, or the octets are no record.
    pub fn restore(&mut self, device: &DeviceKey, octets: &[u8]) -> Result<(), RestoreFailed> {
        let hash = self.place_key.hash(device);
        let place = self.slots.find(hash, device);
        if place.is_none() && !self.has_room() {
            return Err(RestoreFailed::Full);
        }
        record::validate(&self.policy, octets)?;
        let place = match place {
            Some(place) => place,
            None => self.insert(hash, device).ok_or(RestoreFailed::Full)?,
        };
        self.slots.record_mut(place).copy_from_slice(octets);
        self.note(place);
        Ok(())
    }

    /// Hands a record to the caller, who must have it durable first, to make room; `None` if there is none. Messages of the device
    /// are `unknown` then, until it is restored.
    ///
    /// # Errors
    /// If the policy trusts first messages: the device would be trusted anew, and old recordings with it.
    pub fn evict(&mut self, device: &DeviceKey) -> Result<Option<Record>, TrustsFirst> {
        if self.policy.config().first == First::Trust {
            return Err(TrustsFirst);
        }
        Ok(self.retire(device))
    }

    /// Takes out a device that is gone for good, its credentials withdrawn. If anything of it can still be authenticated, its old
    /// recordings are accepted once more: as with [`Self::forget`], an operator's decision.
    pub fn retire(&mut self, device: &DeviceKey) -> Option<Record> {
        let hash = self.place_key.hash(device);
        let place = self.slots.find(hash, device)?;
        let record = Record::of(&self.policy, self.slots.record(place));
        self.remove(place);
        Some(record)
    }

    /// Drops inert records: those whose loss cannot change a later verdict, if the clock does not run back (§9). `dropped` hears of
    /// each.
    pub fn sweep(&mut self, now: u64, mut dropped: impl FnMut(&DeviceKey)) {
        // A removal moves others: the keys are looked up one by one.
        let inert = |place: &Place| sweep::inert(&self.policy, self.slots.record(*place), now);
        let keys: Vec<DeviceKey> = self
            .slots
            .places()
            .filter(inert)
            .map(|place| self.slots.entry(place).0)
            .collect();
        for key in keys {
            if let Some(place) = self.slots.find(self.place_key.hash(&key), &key) {
                self.remove(place);
                dropped(&key);
            }
        }
    }

    /// All devices and their records, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (DeviceKey, &[u8])> + '_ {
        self.slots.places().map(|place| self.slots.entry(place))
    }

    pub(crate) fn has_room(&self) -> bool {
        self.slots.has_room() && self.quota.has_room()
    }

    /// A place for a new device, with the record that knows nothing.
    fn insert(&mut self, hash: u64, device: &DeviceKey) -> Option<Place> {
        if !self.slots.has_room() || !self.quota.take() {
            return None;
        }
        let Some(place) = self.slots.insert(hash, device) else {
            self.quota.give_back();
            return None;
        };
        if let Some(octets) = self.slots.record_mut(place).first_chunk_mut() {
            Head::empty(&self.policy).pack(octets);
        }
        Some(place)
    }

    fn remove(&mut self, place: Place) {
        let key = &self.place_key;
        self.slots.remove(place, |device| key.hash(device));
        self.quota.give_back();
    }

    fn note(&mut self, place: Place) {
        note(&self.slots, &mut self.pending, place);
    }
}

/// The common case by itself, for the sake of speed; `None`: nothing is done, and the case is perhaps another one.
#[inline]
fn in_order(
    policy: &Policy,
    slots: &mut Slots,
    pending: &mut Option<Pending>,
    place: Place,
    message: &Message,
    now: u64,
    ticket: Option<u64>,
) -> Option<Outcome> {
    // A record that is longer has a wider window.
    let octets = slots.record_mut(place).try_into().ok()?;
    let fresh = step::in_order(policy, octets, message, now, ticket)?;
    note(slots, pending, place);
    Some(Outcome::new(Verdict::Fresh(fresh)))
}

/// A record has changed.
#[inline]
fn note(slots: &Slots, pending: &mut Option<Pending>, place: Place) {
    if let Some(pending) = pending {
        let (device, record) = slots.entry(place);
        pending.push(&device, record);
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("policy", &self.policy)
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}
