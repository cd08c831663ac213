//! The protocol of the concurrent table, in every order of two threads:
//! `RUSTFLAGS="--cfg loom" cargo test -p replay-guard --features std --test loom`.
#![cfg(loom)]
#![expect(clippy::unwrap_used, reason = "a test")]

use loom::sync::Arc;
use loom::thread;
use replay_guard::{
    Arrival, Config, Counter, DeviceKey, HashKey, Message, Policy, SharedTable, Table, Verdict,
};

const NOW: u64 = 1_790_000_000_000;

fn policy() -> Policy {
    let counter = Counter::Sliding {
        window: 64,
        hold: u64::MAX,
        reserve: 0,
    };
    Policy::new(Config::new(counter)).unwrap()
}

fn table(capacity: usize, shards: u32) -> Arc<SharedTable> {
    Arc::new(SharedTable::new(policy(), HashKey::new([9; 16]), capacity, shards).unwrap())
}

fn key(device: u8) -> DeviceKey {
    DeviceKey::new([device; 16])
}

#[test]
fn of_two_equal_messages_one_is_fresh() {
    loom::model(|| {
        let table = table(4, 1);
        let other = table.clone();
        let message = Message::numbered(7);
        let there = thread::spawn(move || other.admit(&key(1), &message, NOW).verdict.code());
        let here = table.admit(&key(1), &message, NOW).verdict.code();
        let mut both = [here, there.join().unwrap()];
        both.sort_unstable();
        assert_eq!(both, ["duplicate", "fresh"]);
    });
}

#[test]
fn batches_in_opposite_orders_do_not_wait_for_each_other() {
    loom::model(|| {
        let table = table(8, 4);
        let other = table.clone();
        let batch = |devices: [u8; 2]| devices.map(|d| Arrival::new(key(d), Message::numbered(1), NOW));
        let there = thread::spawn(move || {
            let mut outcomes = Vec::new();
            other.admit_all(&batch([1, 2]), &mut outcomes);
            outcomes
        });
        let mut outcomes = Vec::new();
        table.admit_all(&batch([2, 1]), &mut outcomes);
        outcomes.extend(there.join().unwrap());
        let fresh = outcomes
            .iter()
            .filter(|o| matches!(o.verdict, Verdict::Fresh(_)))
            .count();
        assert_eq!((outcomes.len(), fresh), (4, 2));
    });
}

#[test]
fn the_last_place_is_given_once() {
    loom::model(|| {
        let table = table(1, 2);
        let other = table.clone();
        let there = thread::spawn(move || other.admit(&key(1), &Message::numbered(1), NOW).verdict.code());
        let here = table.admit(&key(2), &Message::numbered(1), NOW).verdict.code();
        let mut both = [here, there.join().unwrap()];
        both.sort_unstable();
        assert_eq!((both, table.len()), (["fresh", "full"], 1));
    });
}

#[test]
fn what_was_committed_before_entries_are_taken_is_among_them_in_its_order() {
    loom::model(|| {
        let table = table(2, 1);
        table.keep_journal();
        let other = table.clone();
        let there = thread::spawn(move || {
            let _ = other.admit(&key(1), &Message::numbered(1), NOW);
            let _ = other.admit(&key(1), &Message::numbered(2), NOW);
        });
        let mut journal = replay_guard::journal::Header::journal(&policy(), 0)
            .to_bytes()
            .to_vec();
        table.take_entries(0, &mut journal);
        there.join().unwrap();
        table.take_entries(0, &mut journal);
        let mut empty = Vec::new();
        let none = Table::new(policy(), HashKey::new([1; 16]), 1).unwrap();
        let written: Result<(), ()> = none.export(0, |octets| {
            empty.extend_from_slice(octets);
            Ok(())
        });
        written.unwrap();
        let (recovered, _) = Table::recover(policy(), HashKey::new([1; 16]), 1, &[&empty, &journal]).unwrap();
        assert_eq!(recovered.record(&key(1)), table.record(&key(1)).as_deref());
    });
}
