//! The shedder: shall an authentication be spent on a message at all? (§8)

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::bits::{high32, low32};
use crate::hash::HashKey;
use crate::rate::{Gcra, TooSoon};

/// One or two rows of rate states for all identifiers there are and are not, in fixed memory.
///
/// A message passes if at least one of its cells conforms. Take two shedders: one for devices of the table, and a small one for
/// identifiers that are not in it, so that made-up ones do not compete with real ones.
pub struct Shedder {
    key: HashKey,
    rate: Gcra,
    cells: Vec<u64>,
    /// Cells of a row, less one.
    mask: u32,
    rows: u8,
}

/// A shedder cannot have this shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("rows are 1 or 2, cells of a row a power of two up to 2^32, and have to fit into memory")]
#[non_exhaustive]
pub struct ShapeError;

impl Shedder {
    /// A shedder of `rows` (1 or 2) of `cells` (a power of two): 8 octets each. The key is secret and random.
    ///
    /// # Errors
    /// If it cannot have this shape.
    pub fn new(key: HashKey, rows: u8, cells: u64, rate: Gcra) -> Result<Self, ShapeError> {
        if !(1..=2).contains(&rows) || !cells.is_power_of_two() || cells > 1 << 32 {
            return Err(ShapeError);
        }
        let all = usize::try_from(cells)
            .ok()
            .and_then(|cells| cells.checked_mul(usize::from(rows)))
            .ok_or(ShapeError)?;
        let mut probe: Vec<u64> = Vec::new();
        probe.try_reserve_exact(all).map_err(|_| ShapeError)?;
        drop(probe);
        Ok(Self {
            key,
            rate,
            cells: vec![0; all],
            mask: low32(cells.saturating_sub(1)),
            rows,
        })
    }

    /// Judges a message of an identifier and charges its cells that conform.
    ///
    /// # Errors
    /// If it is shed; with the least wait of its cells.
    pub fn take(&mut self, id: &[u8], now: u64) -> Result<(), TooSoon> {
        let hash = self.key.hash(id);
        let mask = self.mask;
        // Row 1 lies behind the cells of row 0.
        let second = usize::try_from(high32(hash) & mask)
            .unwrap_or(0)
            .saturating_add(usize::try_from(mask).unwrap_or(0))
            .saturating_add(1);
        let places = [usize::try_from(low32(hash) & mask).unwrap_or(0), second];
        let mut shed = Some(None);
        for place in places.into_iter().take(usize::from(self.rows)) {
            let Some(cell) = self.cells.get_mut(place) else {
                continue;
            };
            match self.rate.take(cell, now) {
                Ok(()) => shed = None,
                Err(early) => {
                    if let Some(least) = &mut shed {
                        *least = match (*least, early.retry_after) {
                            (Some(one), Some(other)) if one < other => Some(one),
                            (one, None) => one,
                            (_, other) => other,
                        };
                    }
                }
            }
        }
        match shed {
            None => Ok(()),
            Some(retry_after) => Err(TooSoon { retry_after }),
        }
    }

    /// Octets of its cells, for ever.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.cells.len().saturating_mul(size_of::<u64>())
    }
}

impl fmt::Debug for Shedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shedder")
            .field("rows", &self.rows)
            .field("cells", &self.cells.len())
            .field("rate", &self.rate)
            .finish_non_exhaustive()
    }
}
