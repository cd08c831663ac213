//! Laws of `replay-guard`: lists of operations on several implementations at once, and files from a hostile disk.

use std::collections::HashSet;

use arbitrary::{Arbitrary, Unstructured};
use replay_guard::crc32c::crc32c;
use replay_guard::distribution::Attempt;
use replay_guard::journal::{FileKind, Header};
use replay_guard::{
    Arrival, Config, Counter, DeviceKey, HashKey, Message, Outcome, Policy, Seed, SharedTable, Table, Verdict,
};

/// One operation on one of eight devices.
#[derive(Debug, Arbitrary)]
pub enum Op {
    /// Check, then commit.
    Message {
        device: u8,
        message: Message,
        now: u64,
        ticket: Option<u64>,
    },
    /// The next number, a little later.
    Next {
        device: u8,
        by: u8,
        wait: u16,
    },
    /// Several messages at once.
    Batch(Vec<(u8, Message, u64)>),
    Seed(u8, Seed),
    Forget(u8),
    Suspend(u8),
    Resume(u8),
    /// Out and in again.
    Restore(u8),
    /// Octets that may be no record.
    Foreign(u8, Vec<u8>),
    Raise(u8, u64),
    Sweep(u64),
    Recover,
}

fn key(device: u8) -> DeviceKey {
    DeviceKey::new([device % 8; 16])
}

fn hash() -> HashKey {
    HashKey::new([0x5a; 16])
}

fn exported(table: &Table, generation: u64) -> Vec<u8> {
    let mut file = Vec::new();
    let written: Result<(), ()> = table.export(generation, |octets| {
        file.extend_from_slice(octets);
        Ok(())
    });
    assert!(written.is_ok());
    file
}

/// A table, a shared table and a store decide alike; the table's records are always records; what is checked is what is committed.
pub fn operations(config: Config, ops: Vec<Op>) {
    let Ok(policy) = Policy::new(config) else {
        return;
    };
    let mut table = Table::new(policy.clone(), hash(), 6).expect("a small table");
    let shared = SharedTable::new(policy.clone(), hash(), 6, 1).expect("a small table");
    // Numbers that were fresh since the counter of the device was set by somebody else.
    let mut fresh: [HashSet<u64>; 8] = Default::default();
    let (mut now, mut next) = (1_790_000_000_000_u64, 0_u64);
    for op in ops {
        match op {
            Op::Message {
                device,
                message,
                now,
                ticket,
            } => {
                // Any number would nearly always be beyond the modulus of the policy.
                let message = message.with_modulus(message.modulus % 300);
                message_to(&mut table, &shared, &mut fresh, device, &message, now, ticket);
            }
            Op::Next { device, by, wait } => {
                now = now.saturating_add(u64::from(wait));
                next = next.saturating_add(u64::from(by));
                let mut message = Message::numbered(next);
                message.sample = now;
                message_to(&mut table, &shared, &mut fresh, device, &message, now, None);
            }
            Op::Batch(messages) => {
                let arrivals: Vec<_> = messages
                    .iter()
                    .map(|(device, message, now)| Arrival::new(key(*device), *message, *now))
                    .collect();
                let (mut batched, mut other) = (Vec::new(), Vec::new());
                // One after the other in a twin, in batches here.
                let twin = exported(&table, 0);
                let (mut twin, _) = Table::recover(policy.clone(), hash(), 6, &[&twin]).expect("own file");
                let singly: Vec<_> = arrivals
                    .iter()
                    .map(|arrival| twin.admit(&arrival.device, &arrival.message, arrival.now))
                    .collect();
                table.admit_all(&arrivals, &mut batched);
                shared.admit_all(&arrivals, &mut other);
                assert_eq!(batched, singly);
                assert_eq!(batched, other);
                for (arrival, outcome) in arrivals.iter().zip(&batched) {
                    note(&mut fresh, arrival.device.as_bytes()[0], outcome);
                }
            }
            Op::Seed(device, seed) => {
                let seeded = table.seed(&key(device), seed);
                assert_eq!(seeded, shared.seed(&key(device), seed));
                fresh[usize::from(device % 8)].clear();
            }
            Op::Forget(device) => {
                assert_eq!(table.forget(&key(device)), shared.forget(&key(device)));
                fresh[usize::from(device % 8)].clear();
            }
            Op::Suspend(device) => assert_eq!(table.suspend(&key(device)), shared.suspend(&key(device))),
            Op::Resume(device) => assert_eq!(table.resume(&key(device)), shared.resume(&key(device))),
            Op::Restore(device) => {
                let record = table.retire(&key(device));
                assert_eq!(record, shared.retire(&key(device)));
                if let Some(record) = record {
                    table
                        .restore(&key(device), record.as_bytes())
                        .expect("own record");
                    shared
                        .restore(&key(device), record.as_bytes())
                        .expect("own record");
                }
            }
            Op::Foreign(device, octets) => {
                let restored = table.restore(&key(device), &octets);
                assert_eq!(restored, shared.restore(&key(device), &octets));
                if restored.is_ok() {
                    assert_eq!(table.record(&key(device)), Some(octets.as_slice()));
                    fresh[usize::from(device % 8)].clear();
                }
            }
            Op::Raise(device, by) => {
                if let Ok(Some(raised)) = table.raised(&key(device), by) {
                    table
                        .restore(&key(device), raised.as_bytes())
                        .expect("a raised record is one");
                    shared
                        .restore(&key(device), raised.as_bytes())
                        .expect("a raised record is one");
                }
            }
            Op::Sweep(now) => {
                let mut dropped = 0;
                table.sweep(now, |device| {
                    dropped += 1;
                    fresh[usize::from(device.as_bytes()[0])].clear();
                });
                assert_eq!(dropped, shared.sweep(now));
            }
            Op::Recover => {
                let file = exported(&table, 3);
                table = Table::recover(policy.clone(), hash(), 6, &[&file])
                    .expect("own file")
                    .0;
                assert_eq!(exported(&table, 3), file, "one image for one state");
            }
        }
        for (device, record) in table.iter() {
            replay_guard::Record::restore(&policy, record).expect("a record of the table is one");
            assert_eq!(shared.record(&device).as_deref(), Some(record));
        }
        assert_eq!(table.len(), shared.len());
        assert!(table.len() <= 6);
    }
}

fn message_to(
    table: &mut Table,
    shared: &SharedTable,
    fresh: &mut [HashSet<u64>; 8],
    device: u8,
    message: &Message,
    now: u64,
    ticket: Option<u64>,
) {
    let before = table.record(&key(device)).map(<[u8]>::to_vec);
    let checked = table.check(&key(device), message, now);
    assert_eq!(
        table.record(&key(device)),
        before.as_deref(),
        "check changed the record"
    );
    assert_eq!(checked.event, None);
    let policy = table.policy().clone();
    let attempt = Attempt::new(&policy, before.as_deref(), message, now, ticket).expect("own record");
    let outcome = table.commit(&key(device), message, now, ticket);
    assert_eq!(outcome, shared.commit(&key(device), message, now, ticket));
    if outcome.verdict == Verdict::StaleTicket {
        assert_eq!(table.record(&key(device)), before.as_deref());
        assert!(checked.verdict.ext().is_some_and(|ext| Some(ext) != ticket));
    } else {
        assert_eq!(outcome.verdict, checked.verdict);
    }
    if outcome.verdict != Verdict::Full {
        assert_eq!(outcome, attempt.outcome());
        let after = table.record(&key(device)).map(<[u8]>::to_vec);
        let swapped = attempt.swap().map(|swap| swap.new.to_vec());
        assert_eq!(after, swapped.or(before), "the store would hold another record");
    }
    note(fresh, device, &outcome);
}

/// No extended number is fresh twice.
fn note(fresh: &mut [HashSet<u64>; 8], device: u8, outcome: &Outcome) {
    if let Verdict::Fresh(found) = outcome.verdict
        && let Some(ext) = found.ext
    {
        assert!(fresh[usize::from(device % 8)].insert(ext), "{ext} is fresh twice");
    }
}

/// A file, right in its checksums or not.
#[derive(Debug, Arbitrary)]
pub enum File {
    Raw(Vec<u8>),
    Made {
        snapshot: bool,
        generation: u8,
        entries: Vec<(u8, [u8; 32])>,
        cut: u8,
        flip: Option<u16>,
    },
}

impl File {
    fn octets(self, policy: &Policy) -> Vec<u8> {
        let (snapshot, generation, mut entries, cut, flip) = match self {
            Self::Raw(octets) => return octets,
            Self::Made {
                snapshot,
                generation,
                entries,
                cut,
                flip,
            } => (snapshot, u64::from(generation % 4), entries, cut, flip),
        };
        let mut header = Header::journal(policy, generation);
        if snapshot {
            entries.sort_by_key(|(device, _)| *device);
            entries.dedup_by_key(|(device, _)| *device);
            header.kind = FileKind::Snapshot;
            header.count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        }
        let mut file = header.to_bytes().to_vec();
        for (device, record) in entries {
            let mut body = [device; 16].to_vec();
            body.extend(record.iter().chain(&[0; 152]).take(policy.record_len()));
            let check = crc32c(&[&generation.to_be_bytes(), &body]);
            file.extend_from_slice(&body);
            file.extend_from_slice(&check.to_be_bytes());
        }
        file.truncate(file.len().saturating_sub(usize::from(cut)));
        if let Some(flip) = flip
            && let Some(octet) = file.get_mut(usize::from(flip / 8))
        {
            *octet ^= 1 << (flip % 8);
        }
        file
    }
}

/// The disciplines whose files are tried as they are.
const COUNTERS: [Counter; 4] = [
    Counter::Sliding {
        window: 64,
        hold: 0,
        reserve: 0,
    },
    Counter::Rolling {
        modulus: 4096,
        back: 8,
        gap: [(20, 0), (420, 0)],
        hold: 30_000,
        reserve: 64,
    },
    Counter::Restarting {
        modulus: 0,
        late: 2_592_000_000,
        skew: 300_000,
    },
    Counter::None { hold: 5000 },
];

/// The first octet chooses: 0 to 3 a discipline and the rest two files as they are, cut at `RPGD` of the second; else decisions.
pub fn disk_input(input: &[u8]) {
    let Some((first, rest)) = input.split_first() else {
        return;
    };
    if let Some(counter) = COUNTERS.get(usize::from(*first)) {
        let cut = rest.windows(4).skip(1).position(|word| word == b"RPGD");
        let (one, other) = rest.split_at(cut.map_or(rest.len(), |cut| cut + 1));
        disk(*counter, vec![File::Raw(one.to_vec()), File::Raw(other.to_vec())]);
    } else if let Ok((counter, files)) = <(Counter, Vec<File>)>::arbitrary_take_rest(Unstructured::new(rest))
    {
        disk(counter, files);
    }
}

/// What is recovered is a table: it is written and recovered the same, and decides.
pub fn disk(counter: Counter, files: Vec<File>) {
    let Ok(policy) = Policy::new(Config::new(counter)) else {
        return;
    };
    let files: Vec<_> = files.into_iter().map(|file| file.octets(&policy)).collect();
    let total: usize = files.iter().map(Vec::len).sum();
    let files: Vec<_> = files.iter().map(Vec::as_slice).collect();
    let recovered = Table::recover(policy.clone(), hash(), 64, &files);
    let shared = SharedTable::recover(policy.clone(), hash(), 64, 1, &files);
    match (recovered, shared) {
        (Ok((mut table, report)), Ok((shared, other))) => {
            assert_eq!(report, other);
            assert!(report.torn <= total && report.last >= report.generation);
            assert_eq!(table.len(), shared.len());
            let file = exported(&table, 9);
            let (again, _) = Table::recover(policy, hash(), 64, &[&file]).expect("own file");
            assert_eq!(exported(&again, 9), file);
            let devices: Vec<_> = table.iter().map(|(device, _)| device).collect();
            for device in devices {
                let _ = table.admit(&device, &Message::numbered(u64::MAX), u64::MAX);
            }
        }
        (Err(one), Err(other)) => assert_eq!(one, other),
        (one, other) => panic!("{one:?} but {other:?}"),
    }
}
