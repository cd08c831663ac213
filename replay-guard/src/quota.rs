//! How many devices all shards of a table may hold together.

#[cfg(feature = "std")]
use crate::sync::{Arc, AtomicUsize, Ordering};

/// A share in a count that several tables have in common; none for a table on its own.
#[derive(Debug, Clone)]
pub(crate) struct Quota {
    #[cfg(feature = "std")]
    shared: Option<Arc<Count>>,
}

#[cfg(feature = "std")]
#[derive(Debug)]
struct Count {
    taken: AtomicUsize,
    limit: usize,
}

#[cfg_attr(
    not(feature = "std"),
    expect(clippy::unused_self, reason = "there is nothing to share without `std`")
)]
impl Quota {
    /// No limit but that of the table itself.
    pub(crate) const fn none() -> Self {
        Self {
            #[cfg(feature = "std")]
            shared: None,
        }
    }

    /// So many devices in all tables that hold a clone.
    #[cfg(feature = "std")]
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            shared: Some(Arc::new(Count {
                taken: AtomicUsize::new(0),
                limit,
            })),
        }
    }

    /// Devices there are in all tables.
    #[cfg(feature = "std")]
    pub(crate) fn taken(&self) -> usize {
        self.shared
            .as_ref()
            .map_or(0, |count| count.taken.load(Ordering::Relaxed))
    }

    /// Whether another device has room at this moment.
    pub(crate) fn has_room(&self) -> bool {
        #[cfg(feature = "std")]
        if let Some(count) = &self.shared {
            return count.taken.load(Ordering::Relaxed) < count.limit;
        }
        true
    }

    /// Counts another device, if it has room. The count guards no other memory, so its order does not matter.
    pub(crate) fn take(&self) -> bool {
        #[cfg(feature = "std")]
        if let Some(count) = &self.shared {
            let more = |taken: usize| taken.checked_add(1).filter(|taken| *taken <= count.limit);
            return count
                .taken
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
                .is_ok();
        }
        true
    }

    /// A device is gone.
    pub(crate) fn give_back(&self) {
        #[cfg(feature = "std")]
        if let Some(count) = &self.shared {
            count.taken.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
