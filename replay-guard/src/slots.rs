//! Open addressing: keys and records in two fixed arrays, 3 of 4 places taken, or 7 of 8 in a shard that chance fills more than others (§9).
//!
//! One octet of the hash for each place is kept apart, 16 of them in a group, so that a look-up reads one group and, but for one
//! time in 16, one place. The arrays never grow or move: a message never waits for a rehash. A removal closes the gap that it
//! leaves, so there are no tombstones, and a look-up never gets longer than the fullest table makes it.

use alloc::vec;
use alloc::vec::Vec;
use core::hint::black_box;

use crate::bits::{high32, low32};
use crate::key::DeviceKey;

/// Places of a group.
const GROUP: usize = 16;
/// Places of a group that are taken when the table is as full as is usual.
const LOAD: usize = 12;
/// Places of a group that are taken at most.
const MOST: usize = 14;
const ONES: u64 = 0x0101_0101_0101_0101;
/// Octets of a group: place `n` is octet `n / 2` of word `n % 2`, so that one word of marks has four bits for each place.
type Tags = [u64; 2];

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
    tags: Vec<Tags>,
    /// Key and record for each place.
    cells: Vec<u8>,
    /// Octets of a cell.
    stride: usize,
    len: usize,
    capacity: usize,
}

impl Slots {
    /// Room for `capacity` records of this length, of which not many more than `usual` are expected: chance alone makes a shard a
    /// little fuller than others. Memory that was never used is not touched: it becomes resident device by device.
    pub(crate) fn new(capacity: usize, usual: usize, record_len: usize) -> Result<Self, CapacityError> {
        let error = CapacityError { capacity };
        let groups = usual.div_ceil(LOAD).max(capacity.div_ceil(MOST)).max(1);
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
            tags: vec![[0; 2]; groups],
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
    fn tags(&self, group: usize) -> Tags {
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
        let all = |(group, tags): (usize, &Tags)| {
            let first = group.wrapping_mul(GROUP);
            taken(*tags).map(move |at| first.wrapping_add(at))
        };
        self.tags.iter().enumerate().flat_map(all)
    }

    /// The place of a key.
    pub(crate) fn find(&self, hash: u64, key: &DeviceKey) -> Option<Place> {
        let wanted = tag(hash);
        let mut group = self.home(hash);
        for _ in 0..self.tags.len() {
            let tags = self.tags(group);
            for at in equal(tags, wanted) {
                let place = group.wrapping_mul(GROUP).wrapping_add(at);
                if self.holds(place, key) {
                    return Some(place);
                }
            }
            if has_free(tags) {
                return None;
            }
            group = self.next(group);
        }
        None
    }

    /// Reads the tags where the searches begin, then what is [`likely`](Self::likely). All reads of a kind stand next to each other,
    /// and none waits for another, so that their waits for memory overlap.
    #[inline]
    pub(crate) fn touch<const N: usize>(&self, hashes: &[u64; N]) -> [Place; N] {
        for hash in hashes {
            let [even, _] = self.tags(self.home(*hash));
            black_box(even);
        }
        let mut places = [usize::MAX; N];
        for (place, hash) in places.iter_mut().zip(hashes) {
            *place = self.likely(*hash);
        }
        for place in places {
            self.touch_cell(place);
        }
        places
    }

    #[inline]
    fn touch_cell(&self, place: Place) {
        // Both ends: a cell can lie in two cache lines.
        let first = place.wrapping_mul(self.stride);
        let last = first.wrapping_add(self.stride).wrapping_sub(1);
        if let (Some(first), Some(last)) = (self.cells.get(first), self.cells.get(last)) {
            black_box(first ^ last);
        }
    }

    /// The place that probably holds a key of this hash, or a number that is no place. It is taken, if it is a place.
    #[inline]
    pub(crate) fn likely(&self, hash: u64) -> Place {
        let home = self.home(hash);
        match first_equal(self.tags(home), tag(hash)) {
            Some(at) => home.wrapping_mul(GROUP).wrapping_add(at),
            None => self.likely_behind(home, hash),
        }
    }

    /// The same if it is not in its group: in the next one, if there was no room.
    #[cold]
    fn likely_behind(&self, home: usize, hash: u64) -> Place {
        let next = self.next(home);
        match first_equal(self.tags(next), tag(hash)) {
            Some(at) if !has_free(self.tags(home)) => next.wrapping_mul(GROUP).wrapping_add(at),
            _ => usize::MAX,
        }
    }

    /// Whether this place, which is taken if it is one, holds this key.
    #[inline]
    pub(crate) fn holds(&self, place: Place, key: &DeviceKey) -> bool {
        self.cell(place).first_chunk() == Some(key.as_bytes())
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
            if let Some(at) = free(self.tags(group)).next() {
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
            let was_full = !has_free(self.tags(group));
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
            let found = taken(tags).map(|octet| first.wrapping_add(octet)).find(|place| {
                let home = self.home(hash_of(&self.entry(*place).0));
                distance(home, at) >= distance(group, at)
            });
            if found.is_some() {
                return found;
            }
            if has_free(tags) {
                return None;
            }
            at = self.next(at);
        }
        None
    }

    fn tag_at(&self, place: Place) -> u8 {
        let [even, odd] = self.tags(place / GROUP);
        let word = if place.is_multiple_of(2) { even } else { odd };
        let octets = word.to_le_bytes();
        octets.get((place % GROUP) / 2).copied().unwrap_or_default()
    }

    fn set_tag(&mut self, place: Place, tag: u8) {
        if let Some([even, odd]) = self.tags.get_mut(place / GROUP) {
            let word = if place.is_multiple_of(2) { even } else { odd };
            let mut octets = word.to_le_bytes();
            if let Some(octet) = octets.get_mut((place % GROUP) / 2) {
                *octet = tag;
            }
            *word = u64::from_le_bytes(octets);
        }
    }
}

/// The octet of a hash that is kept for each place: not those bits that choose group or shard, and never 0.
#[inline]
const fn tag(hash: u64) -> u8 {
    let [_, _, _, tag, ..] = hash.to_be_bytes();
    if tag == 0 { 1 } else { tag }
}

/// Places of a group whose octet is this one. Exact: a free place, whose key is all zeros, must not be taken for a match.
#[inline]
const fn equal([even, odd]: Tags, tag: u8) -> Places {
    let wanted = u64::from_ne_bytes([tag; 8]);
    marks(zero(even ^ wanted), zero(odd ^ wanted))
}

/// The first of them.
#[inline]
fn first_equal([even, odd]: Tags, tag: u8) -> Option<usize> {
    let wanted = u64::from_ne_bytes([tag; 8]);
    // Of the octets that are marked in a word, the first is marked rightly.
    marks(may_be_zero(even ^ wanted), may_be_zero(odd ^ wanted)).next()
}

/// Places of a group that are free.
#[inline]
const fn free([even, odd]: Tags) -> Places {
    marks(zero(even), zero(odd))
}

/// Places of a group that are taken.
#[inline]
const fn taken([even, odd]: Tags) -> Places {
    marks(!zero(even) & (ONES << 7), !zero(odd) & (ONES << 7))
}

#[inline]
const fn has_free([even, odd]: Tags) -> bool {
    // If no octet is zero none is marked: only one that follows a zero can be marked wrongly.
    may_be_zero(even) | may_be_zero(odd) != 0
}

/// The top bits of octets that are zero, and of some that follow a zero.
#[inline]
const fn may_be_zero(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & (ONES << 7)
}

/// The top bits of octets that are zero, exactly.
#[inline]
const fn zero(word: u64) -> u64 {
    let low = ONES.wrapping_mul(0x7f);
    !((word & low).wrapping_add(low) | word | low)
}

/// Top bits of octets as places.
#[inline]
const fn marks(even: u64, odd: u64) -> Places {
    Places((even >> 7) | (odd >> 3))
}

/// Places of a group, four bits for each.
struct Places(u64);

impl Iterator for Places {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let at = self.0.trailing_zeros() / 4;
        self.0 &= self.0.wrapping_sub(1);
        usize::try_from(at).ok()
    }
}

#[cfg(test)]
mod tests;
