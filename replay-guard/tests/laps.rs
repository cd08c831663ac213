//! Devices of one policy that wrap at numbers of their own (§4.6).

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use replay_guard::{Config, Counter, DeviceKey, HashKey, Message, Policy, Seed, Table, Verdict};

const START: u64 = 1_790_000_000_000;
const DAY: u64 = 86_400_000;
const DEVICE: DeviceKey = DeviceKey::new([7; 16]);

fn table(modulus: u64, back: u64, reserve: u64) -> Table {
    let counter = Counter::Rolling {
        modulus,
        back,
        gap: [(0, 300), (280, 140)],
        hold: 30_000,
        reserve,
    };
    let policy = Policy::new(Config::new(counter)).unwrap();
    Table::new(policy, HashKey::new([3; 16]), 10).unwrap()
}

fn message(counter: u64, lap: u64) -> Message {
    Message::numbered(counter).with_modulus(lap)
}

fn admit(table: &mut Table, counter: u64, lap: u64, now: u64) -> (&'static str, Option<u64>) {
    let outcome = table.admit(&DEVICE, &message(counter, lap), now);
    (outcome.verdict.code(), outcome.verdict.ext())
}

#[test]
fn after_127_comes_0_and_laps_lie_as_far_apart_as_the_longest() {
    let mut table = table(4096, 1, 0);
    let mut now = START;
    for lap in 0..5 {
        for counter in 0..128 {
            now += 600_000;
            let expected = ("fresh", Some(lap * 4096 + counter));
            assert_eq!(admit(&mut table, counter, 128, now), expected);
        }
    }
    // The same message again, and the one before it.
    assert_eq!(admit(&mut table, 127, 128, now + 60_000).0, "replay");
    let lost = table.admit(&DEVICE, &message(125, 128), now + 60_000).verdict;
    assert!(
        matches!(lost, Verdict::Fresh(fresh) if fresh.lost == 125),
        "all but the last are ahead"
    );
}

#[test]
fn a_number_that_the_device_cannot_have_is_out_of_the_window_even_first() {
    let mut table = table(4096, 1, 0);
    for (counter, lap) in [
        (128, 128),
        (4096, 0),
        (0, 1),
        (0, 4097),
        (0, u64::MAX),
        (u64::MAX, 128),
    ] {
        assert_eq!(
            admit(&mut table, counter, lap, START),
            ("out-of-window", None),
            "{counter} {lap}"
        );
    }
    assert_eq!(admit(&mut table, 127, 128, START), ("fresh", Some(127)));
    assert_eq!(admit(&mut table, 128, 128, START).0, "out-of-window");
    assert_eq!(admit(&mut table, 0, 128, START), ("fresh", Some(4096)));
}

#[test]
fn when_the_modulus_is_corrected_the_last_counter_stays_the_last() {
    // Thought to wrap at 128, it wraps at 4096.
    let mut longer = table(4096, 1, 0);
    assert_eq!(admit(&mut longer, 100, 128, START), ("fresh", Some(100)));
    assert_eq!(admit(&mut longer, 99, 128, START), ("fresh", Some(4096 + 99)));
    assert_eq!(admit(&mut longer, 100, 0, START), ("fresh", Some(4096 + 100)));
    assert_eq!(admit(&mut longer, 99, 0, START), ("out-of-window", None));
    assert_eq!(admit(&mut longer, 200, 0, START), ("fresh", Some(4096 + 200)));
    // Thought to wrap at 4096, it wraps at 128: what came after 127 was refused.
    let mut shorter = table(4096, 1, 0);
    assert_eq!(admit(&mut shorter, 127, 4096, START), ("fresh", Some(127)));
    assert_eq!(admit(&mut shorter, 0, 4096, START).0, "out-of-window");
    assert_eq!(admit(&mut shorter, 2, 128, START), ("fresh", Some(4098)));
    // A last counter that no device with the new modulus can have: it goes on from there mod 128.
    let mut other = table(4096, 1, 0);
    assert_eq!(admit(&mut other, 300, 0, START), ("fresh", Some(300)));
    assert_eq!(admit(&mut other, 300 % 128, 128, START), ("duplicate", Some(300)));
    assert_eq!(
        admit(&mut other, 300 % 128 + 1, 128, START),
        ("fresh", Some(4096 + 45))
    );
}

#[test]
fn numbers_that_may_be_written_ahead_are_not_taken_for_a_lap() {
    let mut table = table(4096, 1, 16);
    assert_eq!(admit(&mut table, 0, 128, START).0, "fresh");
    assert_eq!(admit(&mut table, 113, 128, START).0, "out-of-window");
    assert_eq!(admit(&mut table, 112, 128, START), ("fresh", Some(112)));
    // Raised beyond the end of a lap.
    let record = table.raised(&DEVICE, 16).unwrap().unwrap();
    table.restore(&DEVICE, record.as_bytes()).unwrap();
    for counter in 113..128 {
        assert_eq!(
            admit(&mut table, counter, 128, START).0,
            "out-of-window",
            "{counter}"
        );
    }
    assert_eq!(admit(&mut table, 0, 128, START).0, "replay");
    assert_eq!(admit(&mut table, 1, 128, START), ("fresh", Some(4097)));
}

#[test]
fn at_the_end_of_all_numbers_nothing_is_ahead() {
    let mut table = table(4096, 1, 0);
    table.seed(&DEVICE, Seed::Last(95)).unwrap();
    // As a store may hand it in: number 95 of the last lap below 2^64.
    let top = u64::MAX - 4000;
    assert_eq!(top % 4096, 95);
    let mut record = table.retire(&DEVICE).unwrap().as_bytes().to_vec();
    record[16..24].copy_from_slice(&top.to_be_bytes());
    table.restore(&DEVICE, &record).unwrap();
    assert_eq!(admit(&mut table, 94, 128, START + DAY).0, "out-of-window");
    assert_eq!(admit(&mut table, 97, 128, START + DAY), ("fresh", Some(top + 2)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// With one modulus: the window rule on the counters, whatever the policy remembers beside the highest.
    #[test]
    fn each_device_has_its_own_window(
        lap in 2..600_u64,
        more in 1..600_u64,
        back in 1..=32_u64,
        steps in proptest::collection::vec((0..600_u64, 0..4 * DAY), 1..100),
    ) {
        let modulus = lap + more;
        let mut table = table(modulus, back.min(modulus - 1), 0);
        let (mut last, mut then, mut ext, mut now) = (None, 0, 0, START);
        for (counter, wait) in steps {
            now += wait;
            let counter = counter % lap;
            let verdict = table.admit(&DEVICE, &message(counter, lap), now).verdict;
            let days = (now - then / 1000 * 1000).div_ceil(DAY).max(1);
            let width = (300 * days).max(140 * (days + 2)).min(lap - 1);
            let gap = last.map(|last| (counter + lap - last) % lap);
            match gap {
                Some(0) => prop_assert!(["duplicate", "replay"].contains(&verdict.code())),
                Some(gap) if gap > width => prop_assert_eq!(verdict.code(), "out-of-window"),
                _ => {
                    let Verdict::Fresh(fresh) = verdict else { panic!("{}", verdict.code()) };
                    prop_assert_eq!(fresh.lost, gap.unwrap_or(1) - 1);
                    prop_assert_eq!(fresh.reordered, false);
                    let number = fresh.ext.unwrap();
                    prop_assert_eq!(number % modulus, counter);
                    prop_assert!(last.is_none() || (number > ext && number - ext <= modulus));
                    (last, then, ext) = (Some(counter), now, number);
                }
            }
        }
    }

    /// Whatever is said of a device from message to message: no number is fresh twice, and the guard does not panic.
    #[test]
    fn no_number_is_fresh_twice_while_the_modulus_changes(
        modulus in 2..100_u64,
        back in 1..=32_u64,
        messages in proptest::collection::vec((any::<u64>(), 0..110_u64, 0..DAY), 1..300),
    ) {
        let mut table = table(modulus, back.min(modulus - 1), 0);
        let (mut seen, mut now) = (BTreeSet::new(), START);
        for (counter, lap, wait) in messages {
            now += wait;
            let counter = counter % modulus;
            let before = seen.last().copied();
            if let Verdict::Fresh(fresh) = table.admit(&DEVICE, &message(counter, lap), now).verdict {
                let ext = fresh.ext.unwrap();
                prop_assert!(seen.insert(ext), "{} twice", ext);
                prop_assert!(lap <= modulus && lap != 1);
                if lap != 0 && lap < modulus {
                    prop_assert!(counter < lap && before.is_none_or(|before| ext > before));
                }
            }
        }
    }
}
