//! Records of many devices: the guard beside maps that hold entries of the same size, a rate limiter, and a replay detector.
//!
//! | kind | decides | entry |
//! |---|---|---|
//! | [`Ours`], [`Shared`] | replay, rate, suspension | 16 + 32 octets |
//! | [`Bare`], [`Dash`], [`Scc`] | nothing: reads and changes the entry | 16 + 32 octets |
//! | [`Governor`] | rate | 16 + 8 octets |
//! | [`Detector`] | replay | 16 octets and a detector |

use std::hint::black_box;
use std::num::NonZeroU32;

use governor::clock::DefaultClock;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use hashbrown::HashMap;
use replay_guard::{
    Arrival, Config, Counter, DeviceKey, HashKey, Message, Outcome, Policy, Rate, SharedTable, StrikeOn,
    Strikes, Table, Verdict,
};
use rtc_shared::replay_detector::{ReplayDetector, SlidingWindowDetector};

/// Milliseconds at which the first message of all comes.
const START: u64 = 1_790_000_000_000;
/// Milliseconds between messages, and the period of the rate: none is ever too soon.
const TICK: u64 = 10;
/// Messages of a batch.
pub const BATCH: usize = 16;
/// Shards of the concurrent table: many more than two threads in batches hold at a time.
const SHARDS: u32 = 1024;

/// Key of a device: scattered, as identifiers are.
#[must_use]
pub fn key(device: u64) -> [u8; 16] {
    let mut octets = [0; 16];
    for (half, salt) in octets.as_chunks_mut::<8>().0.iter_mut().zip([1_u64, 2]) {
        let mut mixed = device.wrapping_add(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        *half = (mixed ^ (mixed >> 31)).to_le_bytes();
    }
    octets
}

/// Devices in random order.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// A row of its own for each seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Keys of so many devices out of so many.
    pub fn keys(&mut self, count: usize, devices: u64) -> Vec<[u8; 16]> {
        self.share(count, devices, 1, 0)
    }

    /// The same out of those that belong to one of several threads.
    pub fn share(&mut self, count: usize, devices: u64, threads: u64, thread: u64) -> Vec<[u8; 16]> {
        let devices = devices.div_ceil(threads.max(1));
        let mut next = || {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            // The high half of the product is below `devices`.
            let product = u128::from(self.0).wrapping_mul(u128::from(devices));
            u64::try_from(product >> 64).unwrap_or(0)
        };
        let device = |number: u64| number.saturating_mul(threads).saturating_add(thread);
        (0..count).map(|_| key(device(next()))).collect()
    }
}

/// One message of one device after the other; `sequence` counts the messages of all.
pub trait Guard {
    /// How it is called in tables.
    fn name(&self) -> &'static str;

    /// Takes a message of each device; whether all were accepted.
    fn take(&mut self, keys: &[[u8; 16]], sequence: u64) -> bool;
}

/// What the messages of a table are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Discipline {
    /// Numbers in order, a window of 64: frames of sessions. What the crate's figures are of.
    Sliding,
    /// Numbers of samples with their times, newer each time: what loggers and WiFi sensors send.
    Restarting,
}

impl Discipline {
    const fn counter(self) -> Counter {
        match self {
            Self::Sliding => Counter::Sliding {
                window: 64,
                hold: 30_000,
                reserve: 0,
            },
            Self::Restarting => Counter::Restarting {
                modulus: 0,
                late: 86_400_000,
                skew: 60_000,
            },
        }
    }

    const fn message(self, number: u64) -> Message {
        match self {
            Self::Sliding => Message::numbered(number),
            Self::Restarting => Message::sampled(time(number), number),
        }
    }
}

/// The policy: everything switched on, nothing refused.
fn policy(discipline: Discipline) -> Option<Policy> {
    let mut config = Config::new(discipline.counter());
    config.rate = Some(Rate {
        period: TICK,
        burst: 1,
        jitter: 0,
        extra: 3,
    });
    config.strikes = Some(Strikes {
        on: StrikeOn::default(),
        limit: 3,
        window: 3600,
        suspend: 600,
        max: 86_400,
        probation: 604_800,
    });
    Policy::new(config).ok()
}

const fn time(sequence: u64) -> u64 {
    START.saturating_add(sequence.saturating_mul(TICK))
}

const fn fresh(outcome: &Outcome) -> bool {
    matches!(outcome.verdict, Verdict::Fresh(_))
}

/// Sequence numbers beside keys.
fn numbered(keys: &[[u8; 16]], sequence: u64) -> impl Iterator<Item = (&[u8; 16], u64)> {
    keys.iter().zip(sequence..)
}

fn arrivals(discipline: Discipline, keys: &[[u8; 16]], sequence: u64) -> impl Iterator<Item = Arrival> {
    numbered(keys, sequence).map(move |(key, number)| {
        Arrival::new(DeviceKey::new(*key), discipline.message(number), time(number))
    })
}

/// The guard for one thread, message by message.
#[derive(Debug)]
pub struct Ours {
    table: Table,
    discipline: Discipline,
}

impl Ours {
    /// An empty one.
    #[must_use]
    pub fn new(capacity: usize, discipline: Discipline) -> Option<Self> {
        let table = Table::new(policy(discipline)?, HashKey::new([7; 16]), capacity).ok()?;
        Some(Self { table, discipline })
    }
}

impl Guard for Ours {
    fn name(&self) -> &'static str {
        match self.discipline {
            Discipline::Sliding => "Table",
            Discipline::Restarting => "Table, samples",
        }
    }

    fn take(&mut self, keys: &[[u8; 16]], sequence: u64) -> bool {
        let mut all = true;
        for (key, number) in numbered(keys, sequence) {
            let message = self.discipline.message(number);
            all &= fresh(&self.table.admit(&DeviceKey::new(*key), &message, time(number)));
        }
        all
    }
}

/// The same in batches.
#[derive(Debug)]
pub struct Batched(Ours);

impl Batched {
    /// An empty one.
    #[must_use]
    pub fn new(capacity: usize, discipline: Discipline) -> Option<Self> {
        Ours::new(capacity, discipline).map(Self)
    }
}

impl Guard for Batched {
    fn name(&self) -> &'static str {
        match self.0.discipline {
            Discipline::Sliding => "Table, batches of 16",
            Discipline::Restarting => "Table, samples, batches of 16",
        }
    }

    fn take(&mut self, keys: &[[u8; 16]], sequence: u64) -> bool {
        let mut all = true;
        let mut outcomes = Vec::with_capacity(BATCH);
        let mut batch = Vec::with_capacity(BATCH);
        for (keys, number) in keys.chunks(BATCH).zip((sequence..).step_by(BATCH)) {
            batch.clear();
            batch.extend(arrivals(self.0.discipline, keys, number));
            outcomes.clear();
            self.0.table.admit_all(&batch, &mut outcomes);
            all &= outcomes.iter().all(fresh);
        }
        all
    }
}

/// The guard for several threads; a clone of the reference is one thread's.
#[derive(Debug, Clone)]
pub struct Shared {
    table: std::sync::Arc<SharedTable>,
    batched: bool,
}

impl Shared {
    /// An empty one.
    #[must_use]
    pub fn new(capacity: usize, batched: bool) -> Option<Self> {
        let table = SharedTable::new(
            policy(Discipline::Sliding)?,
            HashKey::new([7; 16]),
            capacity,
            SHARDS,
        )
        .ok()?;
        Some(Self {
            table: std::sync::Arc::new(table),
            batched,
        })
    }

    /// The same table, in batches or not.
    #[must_use]
    pub fn in_batches(&self, batched: bool) -> Self {
        Self {
            table: self.table.clone(),
            batched,
        }
    }
}

impl Guard for Shared {
    fn name(&self) -> &'static str {
        if self.batched {
            "SharedTable, batches of 16"
        } else {
            "SharedTable"
        }
    }

    fn take(&mut self, keys: &[[u8; 16]], sequence: u64) -> bool {
        let mut all = true;
        if !self.batched {
            for (key, number) in numbered(keys, sequence) {
                let message = Message::numbered(number);
                all &= fresh(&self.table.admit(&DeviceKey::new(*key), &message, time(number)));
            }
            return all;
        }
        let mut outcomes = Vec::with_capacity(BATCH);
        let mut batch = Vec::with_capacity(BATCH);
        for (keys, number) in keys.chunks(BATCH).zip((sequence..).step_by(BATCH)) {
            batch.clear();
            batch.extend(arrivals(Discipline::Sliding, keys, number));
            outcomes.clear();
            self.table.admit_all(&batch, &mut outcomes);
            all &= outcomes.iter().all(fresh);
        }
        all
    }
}

/// Reads and changes an entry.
fn touch(entry: &mut [u8; 32], number: u64) -> bool {
    let Some(head) = entry.first_chunk_mut::<8>() else {
        return false;
    };
    let before = u64::from_be_bytes(*head);
    *head = number.to_be_bytes();
    before <= number
}

/// The limit for one thread: a look-up that reads and changes the entry.
#[derive(Debug, Default)]
pub struct Bare(HashMap<[u8; 16], [u8; 32]>);

impl Guard for Bare {
    fn name(&self) -> &'static str {
        "hashbrown, bare"
    }

    fn take(&mut self, keys: &[[u8; 16]], sequence: u64) -> bool {
        let mut all = true;
        for (key, number) in numbered(keys, sequence) {
            all &= touch(self.0.entry_ref(key).or_insert([0; 32]), number);
        }
        all
    }
}

/// The same in a concurrent map.
#[derive(Debug, Clone, Default)]
pub struct Dash(std::sync::Arc<dashmap::DashMap<[u8; 16], [u8; 32]>>);

impl Guard for Dash {
    fn name(&self) -> &'static str {
        "dashmap, bare"
    }

    fn take(&mut self, keys: &[[u8; 16]], sequence: u64) -> bool {
        let mut all = true;
        for (key, number) in numbered(keys, sequence) {
            all &= touch(self.0.entry(*key).or_insert([0; 32]).value_mut(), number);
        }
        all
    }
}

/// The same in another one.
#[derive(Debug, Clone, Default)]
pub struct Scc(std::sync::Arc<scc::HashMap<[u8; 16], [u8; 32]>>);

impl Guard for Scc {
    fn name(&self) -> &'static str {
        "scc, bare"
    }

    fn take(&mut self, keys: &[[u8; 16]], sequence: u64) -> bool {
        let mut all = true;
        for (key, number) in numbered(keys, sequence) {
            all &= touch(self.0.entry_sync(*key).or_insert([0; 32]).get_mut(), number);
        }
        all
    }
}

type Limiter = RateLimiter<[u8; 16], DashMapStateStore<[u8; 16]>, DefaultClock>;

/// A rate limiter with keys: no replay, no suspension.
#[derive(Debug, Clone)]
pub struct Governor(std::sync::Arc<Limiter>);

impl Default for Governor {
    fn default() -> Self {
        let quota = Quota::per_second(NonZeroU32::MAX);
        Self(std::sync::Arc::new(RateLimiter::dashmap(quota)))
    }
}

impl Guard for Governor {
    fn name(&self) -> &'static str {
        "governor, rate alone"
    }

    fn take(&mut self, keys: &[[u8; 16]], _: u64) -> bool {
        let mut all = true;
        for key in keys {
            all &= self.0.check_key(key).is_ok();
        }
        all
    }
}

/// The replay detector of a DTLS and SRTP stack for each device, in the best map for one thread.
#[derive(Default)]
pub struct Detector(HashMap<[u8; 16], SlidingWindowDetector>);

impl std::fmt::Debug for Detector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Detector").field(&self.0.len()).finish()
    }
}

impl Guard for Detector {
    fn name(&self) -> &'static str {
        "rtc-shared, replay alone"
    }

    fn take(&mut self, keys: &[[u8; 16]], sequence: u64) -> bool {
        let mut all = true;
        for (key, number) in numbered(keys, sequence) {
            let detector = self
                .0
                .entry_ref(key)
                .or_insert_with(|| SlidingWindowDetector::new(64, u64::MAX));
            all &= detector.check(number);
            detector.accept();
        }
        all
    }
}

/// Gives a guard each device once; the sequence goes on from what comes back.
#[must_use]
pub fn fill(guard: &mut dyn Guard, devices: u64) -> u64 {
    let mut sequence = 1;
    let numbers: Vec<u64> = (0..devices).collect();
    for numbers in numbers.chunks(4096) {
        let keys: Vec<_> = numbers.iter().map(|number| key(*number)).collect();
        black_box(guard.take(&keys, sequence));
        sequence = sequence.saturating_add(4096);
    }
    sequence
}
