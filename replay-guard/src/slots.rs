//! Open addressing: keys and records in two fixed arrays, at most 7 of 8 places taken (§9).
//!
//! One octet of the hash for each place is kept apart, 16 of them in a group, so that a look-up reads one group and, but for one
//! time in 16, one place. The arrays never grow or move: a message never waits for a rehash. A removal closes the gap that it
//! leaves, so there are no tombstones, and a look-up never gets longer than the fullest table makes it.

use alloc::vec;
use alloc::vec::Vec;

use crate::bits::{high32, low32};
use crate::key::DeviceKey;

/// Places of a group.
const GROUP: usize = 16;
/// Places of a group that are taken when the table is full.
const LOAD: usize = 14;
const ONES: u128 = 0x0101_0101_0101_0101_0101_0101_0101_0101;

/// A place that is taken.
pub(crate) type Place = usize;

/// A table cannot be as large as that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("a table of {capacity} devices does not fit into memory")]
#[non_exhaustive]
pub struct CapacityError {
    /// Devices asked for.
    pub capacity: usize,
}

/// Keys and records by hash.
#[derive(Debug)]
pub(crate) struct Slots {
    /// 16 octets for each group; 0: free.
    tags: Vec<u128>,
    /// Key and record for each place.
    cells: Vec<u8>,
    /// Octets of a cell.
    stride: usize,
    len: usize,
    capacity: usize,
}

impl Slots {
    /// Room for so many records of this length. Memory that was never used is not touched: it becomes resident device by device.
    pub(crate) fn new(capacity: usize, record_len: usize) -> Result<Self, CapacityError> {
        let error = CapacityError { capacity };
        let groups = capacity.div_ceil(LOAD).max(1);
        // A group is found from 32 bits of the hash.
        if u32::try_from(groups).is_err() {
            return Err(error);
        }
        let stride = record_len.saturating_add(DeviceKey::LEN);
        let octets = groups
            .checked_mul(GROUP)
            .and_then(|places| places.checked_mul(stride))
            .ok_or(error)?;
        // Asks first, since `vec!` of zeros, which alone leaves the memory untouched, cannot refuse.
        let mut probe: Vec<u8> = Vec::new();
        probe.try_reserve_exact(octets).map_err(|_| error)?;
        drop(probe);
        Ok(Self {
            tags: vec![0; groups],
            cells: vec![0; octets],
            stride,
            len: 0,
            capacity,
        })
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) const fn capacity(&self) -> usize {
        self.capacity
    }

    /// The group at which a search begins.
    #[inline]
    fn home(&self, hash: u64) -> usize {
        let groups = u64::try_from(self.tags.len()).unwrap_or(u64::MAX);
        let home = u64::from(low32(hash)).wrapping_mul(groups);
        // Below the number of groups.
        usize::try_from(high32(home)).unwrap_or(0)
    }

    #[inline]
    fn next(&self, group: usize) -> usize {
        let next = group.wrapping_add(1);
        if next < self.tags.len() { next } else { 0 }
    }

    #[inline]
    fn tags(&self, group: usize) -> u128 {
        self.tags.get(group).copied().unwrap_or_default()
    }

    #[inline]
    fn cell(&self, place: Place) -> &[u8] {
        let start = place.wrapping_mul(self.stride);
        let end = start.wrapping_add(self.stride);
        self.cells.get(start..end).unwrap_or_default()
    }

    #[inline]
    fn cell_mut(&mut self, place: Place) -> &mut [u8] {
        let start = place.wrapping_mul(self.stride);
        let end = start.wrapping_add(self.stride);
        self.cells.get_mut(start..end).unwrap_or_default()
    }

    /// Key and record of a place.
    pub(crate) fn entry(&self, place: Place) -> (DeviceKey, &[u8]) {
        match self.cell(place).split_first_chunk() {
            Some((key, record)) => (DeviceKey::new(*key), record),
            None => (DeviceKey::new([0; 16]), &[]),
        }
    }

    #[inline]
    pub(crate) fn record(&self, place: Place) -> &[u8] {
        self.cell(place).get(DeviceKey::LEN..).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn record_mut(&mut self, place: Place) -> &mut [u8] {
        self.cell_mut(place).get_mut(DeviceKey::LEN..).unwrap_or_default()
    }

    /// Places that are taken, in the order of the table.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place> + '_ {
        let taken = |(group, tags): (usize, &u128)| {
            let first = group.wrapping_mul(GROUP);
            Hits(!zero_octets(*tags) & ONES.wrapping_shl(7)).map(move |at| first.wrapping_add(at))
        };
        self.tags.iter().enumerate().flat_map(taken)
    }

    /// The place of a key.
    #[inline]
    pub(crate) fn find(&self, hash: u64, key: &DeviceKey) -> Option<Place> {
        let wanted = splat(hash);
        let mut group = self.home(hash);
        for _ in 0..self.tags.len() {
            let tags = self.tags(group);
            for at in Hits(zero_octets(tags ^ wanted)) {
                let place = group.wrapping_mul(GROUP).wrapping_add(at);
                if self.cell(place).first_chunk() == Some(key.as_bytes()) {
                    return Some(place);
                }
            }
            if zero_octets(tags) != 0 {
                return None;
            }
            group = self.next(group);
        }
        None
    }

    /// Reads the tags where a search begins, so that the group is near when it is searched.
    #[inline]
    pub(crate) fn touch_group(&self, hash: u64) -> u64 {
        let tags = self.tags(self.home(hash));
        u64::from(zero_octets(tags ^ splat(hash)) != 0)
    }

    /// Reads both ends of the first place that may hold the key, so that the record is near when it is judged.
    #[inline]
    pub(crate) fn touch_record(&self, hash: u64) -> u64 {
        let group = self.home(hash);
        let Some(at) = Hits(zero_octets(self.tags(group) ^ splat(hash))).next() else {
            return 0;
        };
        let cell = self.cell(group.wrapping_mul(GROUP).wrapping_add(at));
        let (Some(first), Some(last)) = (cell.first(), cell.last()) else {
            return 0;
        };
        u64::from(*first) ^ u64::from(*last)
    }

    /// Whether another record has room.
    pub(crate) const fn has_room(&self) -> bool {
        self.len < self.capacity
    }

    /// A place for a key that is not there yet, its record all zeros; `None` if the table is full.
    pub(crate) fn insert(&mut self, hash: u64, key: &DeviceKey) -> Option<Place> {
        if !self.has_room() {
            return None;
        }
        let mut group = self.home(hash);
        for _ in 0..self.tags.len() {
            if let Some(at) = Hits(zero_octets(self.tags(group))).next() {
                let place = group.wrapping_mul(GROUP).wrapping_add(at);
                self.set_tag(place, tag(hash));
                let (name, record) = self.cell_mut(place).split_first_chunk_mut()?;
                *name = *key.as_bytes();
                record.fill(0);
                self.len = self.len.saturating_add(1);
                return Some(place);
            }
            group = self.next(group);
        }
        None
    }

    /// Frees a place, and moves into it what had passed it by for want of room, if anything; and so on.
    pub(crate) fn remove(&mut self, place: Place, hash_of: impl Fn(&DeviceKey) -> u64) {
        let mut hole = place;
        loop {
            let group = hole / GROUP;
            let was_full = zero_octets(self.tags(group)) == 0;
            self.set_tag(hole, 0);
            self.cell_mut(hole).fill(0);
            if !was_full {
                break;
            }
            let Some(from) = self.passer_by(group, &hash_of) else {
                break;
            };
            let start = from.wrapping_mul(self.stride);
            let end = start.wrapping_add(self.stride);
            let to = hole.wrapping_mul(self.stride);
            if end <= self.cells.len() && to.saturating_add(self.stride) <= self.cells.len() {
                self.cells.copy_within(start..end, to);
            }
            self.set_tag(hole, self.tag_at(from));
            hole = from;
        }
        self.len = self.len.saturating_sub(1);
    }

    /// A place behind a group whose key would be in that group if it had had room.
    fn passer_by(&self, group: usize, hash_of: &impl Fn(&DeviceKey) -> u64) -> Option<Place> {
        let groups = self.tags.len();
        let distance = |from: usize, to: usize| match to.checked_sub(from) {
            Some(distance) => distance,
            None => to.wrapping_add(groups).wrapping_sub(from),
        };
        let mut at = self.next(group);
        while at != group {
            let tags = self.tags(at);
            let first = at.wrapping_mul(GROUP);
            let found = Hits(!zero_octets(tags) & ONES.wrapping_shl(7))
                .map(|octet| first.wrapping_add(octet))
                .find(|place| {
                    let home = self.home(hash_of(&self.entry(*place).0));
                    distance(home, at) >= distance(group, at)
                });
            if found.is_some() {
                return found;
            }
            if zero_octets(tags) != 0 {
                return None;
            }
            at = self.next(at);
        }
        None
    }

    fn tag_at(&self, place: Place) -> u8 {
        let octets = self.tags(place / GROUP).to_le_bytes();
        octets.get(place % GROUP).copied().unwrap_or_default()
    }

    fn set_tag(&mut self, place: Place, tag: u8) {
        if let Some(tags) = self.tags.get_mut(place / GROUP) {
            let mut octets = tags.to_le_bytes();
            if let Some(octet) = octets.get_mut(place % GROUP) {
                *octet = tag;
            }
            *tags = u128::from_le_bytes(octets);
        }
    }
}

/// The octet of a hash that is kept for each place: not those bits that choose group or shard, and never 0.
#[inline]
const fn tag(hash: u64) -> u8 {
    let [_, _, _, tag, ..] = hash.to_be_bytes();
    if tag == 0 { 1 } else { tag }
}

/// The same octet sixteen times.
#[inline]
const fn splat(hash: u64) -> u128 {
    u128::from_ne_bytes([tag(hash); GROUP])
}

/// The top bit of each octet that is zero. Exact: no octet hears of its neighbour.
#[inline]
const fn zero_octets(group: u128) -> u128 {
    let low = ONES.wrapping_mul(0x7f);
    !(((group & low).wrapping_add(low)) | group | low)
}

/// Octets whose top bit is set, by index.
struct Hits(u128);

impl Iterator for Hits {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let at = self.0.trailing_zeros() / 8;
        self.0 &= self.0.wrapping_sub(1);
        usize::try_from(at).ok()
    }
}

#[cfg(test)]
mod tests;
