//! The crates that need an allocator, and one that hands out a fixed area and takes nothing back.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicUsize, Ordering};

use replay_guard::{Config, Counter, DeviceKey, HashKey, Message, Policy, Table};

const AREA: usize = 1 << 16;

#[repr(align(64))]
struct Area {
    octets: UnsafeCell<[u8; AREA]>,
    used: AtomicUsize,
}

// SAFETY: every part of the area is handed out once.
unsafe impl Sync for Area {}

// SAFETY: what is handed out is aligned, inside the area, and belongs to nobody else.
unsafe impl GlobalAlloc for Area {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let take = |used: usize| {
            let start = used.checked_next_multiple_of(layout.align())?;
            start
                .checked_add(layout.size())
                .filter(|end| *end <= AREA && layout.align() <= 64)
        };
        match self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) {
            // SAFETY: `take` has made sure that start and end lie inside.
            Ok(used) => unsafe {
                self.octets
                    .get()
                    .cast::<u8>()
                    .add(used.next_multiple_of(layout.align()))
            },
            Err(_) => core::ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static AREA_OF_ALL: Area = Area {
    octets: UnsafeCell::new([0; AREA]),
    used: AtomicUsize::new(0),
};

/// A message, its repeat and the next one: 1 if they are fresh, duplicate and fresh.
#[unsafe(no_mangle)]
pub extern "C" fn probe_guard() -> i32 {
    let counter = Counter::Sliding {
        window: 128,
        hold: u64::MAX,
        reserve: 0,
    };
    let Ok(policy) = Policy::new(Config::new(counter)) else {
        return 0;
    };
    let Ok(mut table) = Table::new(policy, HashKey::new([7; 16]), 100) else {
        return 0;
    };
    let device = DeviceKey::new([1; 16]);
    let mut said = |number| {
        table
            .admit(&device, &Message::numbered(number), 1_790_000_000_000)
            .verdict
            .code()
    };
    i32::from([said(8), said(8), said(9)] == ["fresh", "duplicate", "fresh"])
}
