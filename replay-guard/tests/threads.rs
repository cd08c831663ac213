//! Many threads on one table.
#![cfg(all(feature = "std", not(loom)))]
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use replay_guard::journal::Header;
use replay_guard::{
    Arrival, Config, Counter, DeviceKey, HashKey, Message, Policy, SharedTable, Table, Verdict,
};

const NOW: u64 = 1_790_000_000_000;

fn policy() -> Policy {
    windows(1024)
}

fn windows(window: u64) -> Policy {
    let counter = Counter::Sliding {
        window,
        hold: u64::MAX,
        reserve: 0,
    };
    Policy::new(Config::new(counter)).unwrap()
}

fn table(capacity: usize, shards: u32) -> SharedTable {
    SharedTable::new(policy(), HashKey::new([9; 16]), capacity, shards).unwrap()
}

fn key(device: u64) -> DeviceKey {
    DeviceKey::of_kind(1, &device.to_be_bytes()).unwrap()
}

#[test]
fn every_number_is_fresh_once_however_many_send_it() {
    // Numbers in order have a shorter way with a window of 64.
    for (window, shards) in [(1024, 1), (1024, 4), (64, 1), (64, 4)] {
        let table = SharedTable::new(windows(window), HashKey::new([9; 16]), 100, shards).unwrap();
        let fresh = AtomicUsize::new(0);
        for device in 0..20 {
            table.seed(&key(device), replay_guard::Seed::New).unwrap();
        }
        std::thread::scope(|scope| {
            for thread in 0..4_u64 {
                let (table, fresh) = (&table, &fresh);
                scope.spawn(move || {
                    let mut outcomes = Vec::new();
                    for number in 0..500_u64 {
                        let batch: Vec<_> = (0..20)
                            .map(|device| {
                                let device = if thread % 2 == 0 { device } else { 19 - device };
                                Arrival::new(key(device), Message::numbered(number), NOW)
                            })
                            .collect();
                        if thread < 2 {
                            table.admit_all(&batch, &mut outcomes);
                        } else {
                            outcomes.extend(batch.iter().map(|a| table.admit(&a.device, &a.message, a.now)));
                        }
                    }
                    let count = |o: &&replay_guard::Outcome| matches!(o.verdict, Verdict::Fresh(_));
                    fresh.fetch_add(outcomes.iter().filter(count).count(), Ordering::Relaxed);
                    // Who is behind all others by more than the window was before them with no number.
                    let lawful = ["fresh", "duplicate", "out-of-window"];
                    assert!(
                        outcomes
                            .iter()
                            .all(|outcome| lawful.contains(&outcome.verdict.code()))
                    );
                });
            }
        });
        assert_eq!(fresh.into_inner(), 20 * 500, "window {window}, {shards} shards");
    }
}

#[test]
fn the_capacity_is_that_of_all_shards_together() {
    let table = table(1000, 16);
    let fresh = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let (table, fresh) = (&table, &fresh);
            scope.spawn(move || {
                for device in 0..1000 {
                    let outcome = table.admit(&key(device * 4 + thread), &Message::numbered(1), NOW);
                    match outcome.verdict {
                        Verdict::Fresh(_) => fresh.fetch_add(1, Ordering::Relaxed),
                        verdict => {
                            assert_eq!(verdict, Verdict::Full);
                            0
                        }
                    };
                }
            });
        }
    });
    assert_eq!((fresh.into_inner(), table.len()), (1000, 1000));
}

#[test]
fn the_journal_of_busy_shards_recovers_to_what_was_there() {
    let table = table(64, 8);
    let policy = policy();
    let mut snapshot = Vec::new();
    let mut write = |octets: &[u8]| -> Result<(), ()> {
        snapshot.extend_from_slice(octets);
        Ok(())
    };
    table.export(1, &mut write).unwrap();
    table.keep_journal();
    let done = AtomicUsize::new(0);
    let mut journal = Header::journal(&policy, 1).to_bytes().to_vec();
    std::thread::scope(|scope| {
        for thread in 0..3_u64 {
            let (table, done) = (&table, &done);
            scope.spawn(move || {
                for number in 1..3000_u64 {
                    let message = Message::numbered(number * 3 + thread);
                    let _ = table.admit(&key(number % 64), &message, NOW);
                }
                done.fetch_add(1, Ordering::Release);
            });
        }
        while done.load(Ordering::Acquire) < 3 {
            table.take_entries(1, &mut journal);
        }
    });
    table.take_entries(1, &mut journal);
    let files: [&[u8]; 2] = [&snapshot, &journal];
    let (recovered, report) = Table::recover(policy, HashKey::new([1; 16]), 64, &files).unwrap();
    assert_eq!((report.torn, report.last), (0, 1));
    let records: BTreeMap<_, _> = recovered.iter().collect();
    assert_eq!(records.len(), table.len());
    for (device, record) in records {
        assert_eq!(table.record(&device).as_deref(), Some(record));
    }
}
