//! Decisions allocate nothing.

use replay_guard::{Arrival, Config, Counter, DeviceKey, Gcra, HashKey, Message, Policy, Shedder, Table};

const NOW: u64 = 1_790_000_000_000;

#[test]
fn neither_decisions_nor_new_devices_nor_sheds_allocate() {
    let counter = Counter::Sliding {
        window: 1024,
        hold: 0,
        reserve: 0,
    };
    let policy = Policy::new(Config::new(counter)).unwrap();
    let mut table = Table::new(policy, HashKey::new([1; 16]), 100).unwrap();
    let rate = Gcra::new(1000, 5, 0).unwrap();
    let mut shedder = Shedder::new(HashKey::new([2; 16]), 2, 64, rate).unwrap();
    let batch: Vec<_> = (0..100)
        .map(|device| Arrival::new(DeviceKey::new([device; 16]), Message::numbered(9), NOW))
        .collect();
    let mut outcomes = Vec::with_capacity(batch.len());
    let counted = allocation_counter::measure(|| {
        for arrival in &batch {
            for number in [3, 7, 7, 5, 2000] {
                let _ = shedder.take(arrival.device.as_bytes(), NOW);
                let _ = table.check(&arrival.device, &Message::numbered(number), NOW);
                let _ = table.admit(&arrival.device, &Message::numbered(number), NOW);
            }
        }
        table.admit_all(&batch, &mut outcomes);
    });
    assert_eq!((counted.count_total, outcomes.len()), (0, 100));
    assert_eq!(table.len(), 100);
}
