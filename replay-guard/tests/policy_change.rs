//! A policy is replaced while records stay (§2).
#![cfg(all(feature = "std", not(loom)))]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use replay_guard::table::OtherRecords;
use replay_guard::{Config, Counter, DeviceKey, HashKey, Message, Outcome, Policy, Rate, SharedTable, Table};

const NOW: u64 = 1_790_000_000_000;
const MINUTE: u64 = 60_000;
const DEVICE: DeviceKey = DeviceKey::new([7; 16]);

fn policy(window: u64, rate: Option<Rate>) -> Policy {
    let mut config = Config::new(Counter::Sliding {
        window,
        hold: 30_000,
        reserve: 0,
    });
    config.rate = rate;
    Policy::new(config).unwrap()
}

/// Either table.
trait Guard {
    fn replace(&mut self, policy: Policy) -> Result<(), OtherRecords>;
    fn check(&self, number: u64, now: u64) -> Outcome;
    fn admit(&mut self, number: u64, now: u64) -> Outcome;
    fn octets(&self) -> Vec<u8>;
}

macro_rules! guard {
    ($table:ty) => {
        impl Guard for $table {
            fn replace(&mut self, policy: Policy) -> Result<(), OtherRecords> {
                self.replace_policy(policy)
            }

            fn check(&self, number: u64, now: u64) -> Outcome {
                Self::check(self, &DEVICE, &Message::numbered(number), now)
            }

            fn admit(&mut self, number: u64, now: u64) -> Outcome {
                Self::admit(self, &DEVICE, &Message::numbered(number), now)
            }

            fn octets(&self) -> Vec<u8> {
                self.record(&DEVICE).unwrap().to_vec()
            }
        }
    };
}

guard!(Table);
guard!(SharedTable);

fn each(run: impl Fn(&mut dyn Guard)) {
    let free = || policy(64, None);
    run(&mut Table::new(free(), HashKey::new([1; 16]), 8).unwrap());
    run(&mut SharedTable::new(free(), HashKey::new([1; 16]), 8, 4).unwrap());
}

/// Numbers in order and out of order are decided in different places: both go by the new policy.
#[test]
fn a_new_rate_holds_from_the_next_message_on_and_one_taken_away_is_gone() {
    let rate = Rate {
        period: MINUTE,
        burst: 1,
        jitter: 0,
        extra: 0,
    };
    each(|guard| {
        let code = |outcome: Outcome| outcome.verdict.code();
        assert_eq!(code(guard.admit(10, NOW)), "fresh");
        assert_eq!(code(guard.admit(20, NOW)), "fresh");
        guard.replace(policy(64, Some(rate))).unwrap();
        assert_eq!(code(guard.admit(21, NOW)), "fresh");
        for (number, order) in [(22, "the next"), (15, "an older one")] {
            assert_eq!(code(guard.check(number, NOW + 1)), "too-soon", "{order}");
            assert_eq!(code(guard.admit(number, NOW + 1)), "too-soon", "{order}");
        }
        assert_eq!(code(guard.admit(22, NOW + MINUTE)), "fresh");
        assert_eq!(code(guard.admit(15, NOW + MINUTE + 1)), "too-soon");
        assert_ne!(guard.octets()[8..12], [0; 4], "something is owed");

        guard.replace(policy(64, None)).unwrap();
        assert_eq!(code(guard.check(15, NOW + MINUTE + 1)), "fresh");
        assert_eq!(code(guard.admit(15, NOW + MINUTE + 1)), "fresh");
        assert_eq!(code(guard.admit(23, NOW + MINUTE + 2)), "fresh");
        assert_eq!(guard.octets()[8..12], [0; 4], "nothing is owed");
    });
}

#[test]
fn a_policy_with_other_records_is_refused_and_the_old_one_stays() {
    each(|guard| {
        assert_eq!(guard.admit(10, NOW).verdict.code(), "fresh");
        assert!(guard.replace(policy(128, None)).is_err());
        assert_eq!(guard.admit(10, NOW).verdict.code(), "duplicate");
        assert_eq!(guard.admit(10 + 64, NOW).verdict.code(), "fresh");
        assert_eq!(guard.admit(10, NOW).verdict.code(), "out-of-window");
    });
}
