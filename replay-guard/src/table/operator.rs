//! What operators do to a device.

use super::{Full, SeedFailed, Table};
use crate::counter::{self, Seed};
use crate::head::{HEAD_LEN, Head};
use crate::key::DeviceKey;
use crate::suspension;
use crate::window::{Shift, Wide};

impl Table {
    /// Starts a device where an operator says (§4.1).
    ///
    /// # Errors
    /// If the seed does not fit the discipline, or the table is full.
    pub fn seed(&mut self, device: &DeviceKey, seed: Seed) -> Result<(), SeedFailed> {
        let empty = Head::empty(&self.policy);
        // A wrong seed makes no record.
        counter::seed(&self.policy, &empty, seed)?;
        let policy = self.policy.clone();
        let change = |head: &Head| counter::seed(&policy, head, seed).unwrap_or((*head, Shift::Keep));
        Ok(self.operate(device, change)?)
    }

    /// Forgets the counter of a device: its next message is the first. This reopens the past to replays; it is an operator's
    /// decision, to be logged. The gate stays.
    ///
    /// # Errors
    /// If the device is new and the table is full.
    pub fn forget(&mut self, device: &DeviceKey) -> Result<(), Full> {
        self.operate(device, counter::forget)
    }

    /// Shuts the flow from a device until an operator opens it.
    ///
    /// # Errors
    /// If the device is new and the table is full.
    pub fn suspend(&mut self, device: &DeviceKey) -> Result<(), Full> {
        self.operate(device, |head| (suspension::suspend(head), Shift::Keep))
    }

    /// Opens the flow from a device, its past suspensions forgotten.
    ///
    /// # Errors
    /// If the device is new and the table is full.
    pub fn resume(&mut self, device: &DeviceKey) -> Result<(), Full> {
        self.operate(device, |head| (suspension::resume(head), Shift::Keep))
    }

    /// An operator's change to a record, which is made if there is none.
    fn operate(
        &mut self,
        device: &DeviceKey,
        change: impl FnOnce(&Head) -> (Head, Shift),
    ) -> Result<(), Full> {
        let hash = self.place_key.hash(device);
        let place = match self.slots.find(hash, device) {
            Some(place) => place,
            None => self.insert(hash, device).ok_or(Full)?,
        };
        let Some((octets, wide)) = self.slots.record_mut(place).split_first_chunk_mut::<HEAD_LEN>() else {
            return Err(Full);
        };
        let (head, shift) = change(&Head::unpack(octets));
        head.pack(octets);
        Wide(wide).apply(0, shift);
        self.note(place);
        Ok(())
    }
}
