//! Random operations against a naive model that remembers every message it ever accepted.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a model shall read as its rules do, and overflows are failures"
)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use replay_guard::{
    Config, Counter, DeviceKey, Event, First, HashKey, Message, Policy, Rate, Seed, StrikeOn, Strikes, Table,
    Verdict,
};

const START: u64 = 1_790_000_000_000;

#[derive(Debug, Clone, Copy)]
enum Op {
    Check(u8, Sent),
    Admit(u8, Sent),
    /// Check, then commit with the ticket of the check.
    Ticket(u8, Sent),
    Suspend(u8),
    Resume(u8),
    Forget(u8),
    /// Out of the table as octets, and in again.
    Restore(u8),
    /// All of it to a disk, and back.
    Recover,
    /// Milliseconds pass.
    Wait(u64),
}

/// A message relative to what its device sent before.
#[derive(Debug, Clone, Copy)]
struct Sent {
    /// Ahead of the highest number so far, or behind it.
    ahead: i64,
    digest: u64,
    alarm: bool,
}

fn sent() -> impl Strategy<Value = Sent> {
    let ahead = prop_oneof![4 => Just(1_i64), 2 => -70_i64..70, 1 => -600_i64..600, 1 => Just(0_i64)];
    (ahead, 0..4_u64, any::<bool>()).prop_map(|(ahead, digest, alarm)| Sent { ahead, digest, alarm })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (0..3_u8, sent()).prop_map(|(device, sent)| Op::Admit(device, sent)),
        2 => (0..3_u8, sent()).prop_map(|(device, sent)| Op::Check(device, sent)),
        2 => (0..3_u8, sent()).prop_map(|(device, sent)| Op::Ticket(device, sent)),
        1 => (0..3_u8).prop_map(Op::Suspend),
        2 => (0..3_u8).prop_map(Op::Resume),
        1 => (0..3_u8).prop_map(Op::Forget),
        1 => (0..3_u8).prop_map(Op::Restore),
        1 => Just(Op::Recover),
        4 => prop_oneof![0..3000_u64, 0..400_000_u64].prop_map(Op::Wait),
    ]
}

/// Everything about one device.
#[derive(Debug, Clone, Default)]
struct Device {
    /// Numbers that were accepted since the first, which is the smallest.
    accepted: BTreeSet<u64>,
    first: Option<u64>,
    /// Digest of the highest.
    digest: u64,
    /// Second of the last acceptance.
    last: u64,
    /// Milliseconds for which regular messages are paid, as a bucket, and when that was.
    bucket: Option<(u64, u64)>,
    alarms: u64,
    /// Seconds of strikes in the window that began with the first of them.
    strikes: Vec<u64>,
    shut: Option<Shut>,
    /// Suspensions by strikes without a quiet time between them, and the second at which the last thing happened.
    level: u32,
    quiet_since: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Shut {
    Until(u64),
    Operator,
}

struct Model {
    config: Config,
    devices: BTreeMap<u8, Device>,
}

#[derive(Debug, PartialEq)]
enum Expected {
    Fresh { ext: u64, lost: u64 },
    Repeat(&'static str, u64),
    Other(&'static str),
}

impl Model {
    /// The extended number, and whether it is ahead; `None` if there is none.
    fn extend(&self, device: &Device, counter: u64, now: u64) -> Option<u64> {
        let Some(top) = device.accepted.last().copied() else {
            return Some(counter);
        };
        match self.config.counter {
            Counter::Sliding { window, .. } => (counter + window > top).then_some(counter),
            Counter::Rolling {
                modulus,
                back,
                gap,
                reserve,
                ..
            } => {
                let days = (now - device.last * 1000).div_ceil(86_400_000).max(1);
                let line = |(base, daily): (u32, u32)| u64::from(base) + u64::from(daily) * days;
                let limit = line(gap[0]).max(line(gap[1])).min(modulus - back.max(reserve));
                // Every number that it could be, one by one.
                let lowest = (top + 1).saturating_sub(back);
                (lowest..=top + limit).rev().find(|ext| ext % modulus == counter)
            }
            _ => None,
        }
    }

    /// What a message shall come to, and the state after it.
    fn judge(&self, number: u8, message: &Message, now: u64) -> (Expected, Device, Option<Event>) {
        let before = self.devices.get(&number).cloned().unwrap_or_default();
        let mut device = before.clone();
        let second = now / 1000;
        let mut event = None;
        match device.shut {
            Some(Shut::Until(until)) if second >= until => {
                device.shut = None;
                device.strikes.clear();
                device.quiet_since = until;
                event = Some(Event::Resumed);
            }
            Some(_) => return (Expected::Other("suspended"), before, None),
            None => {}
        }
        let (Counter::Sliding { hold, .. } | Counter::Rolling { hold, .. }) = self.config.counter else {
            unreachable!("not modelled")
        };
        if let Counter::Rolling { modulus, .. } = self.config.counter
            && message.counter >= modulus
        {
            return (Expected::Other("out-of-window"), device, event);
        }
        let Some(ext) = self.extend(&device, message.counter, now) else {
            return (Expected::Other("out-of-window"), device, event);
        };
        let seen = device.accepted.contains(&ext) || device.first.is_some_and(|first| ext <= first);
        if seen {
            let rolling = matches!(self.config.counter, Counter::Rolling { .. });
            let highest = device.accepted.last() == Some(&ext);
            let other = device.digest != 0 && message.digest != 0 && device.digest != message.digest;
            let verdict = if now - device.last * 1000 >= hold {
                "replay"
            } else if rolling && highest && other {
                "conflict"
            } else {
                "duplicate"
            };
            return (Expected::Repeat(verdict, ext), device, event);
        }
        let rate = self.config.rate.unwrap();
        // A bucket that holds b·p + j and fills by one each millisecond; a message takes p.
        let full = rate.period * rate.burst + rate.jitter;
        let (level, then) = device.bucket.unwrap_or((full, now));
        let level = (level + (now - then)).min(full);
        if message.alarm && device.alarms < rate.extra {
            device.alarms += 1;
            device.bucket = Some((level, now));
        } else if level >= rate.period {
            device.alarms = 0;
            device.bucket = Some((level - rate.period, now));
        } else {
            event = self.strike(&mut device, second).or(event);
            return (Expected::Repeat("too-soon", ext), device, event);
        }
        let top = device.accepted.last().copied();
        let lost = top.map_or(0, |top| ext.saturating_sub(top).saturating_sub(1));
        if top.is_none_or(|top| ext > top) {
            device.digest = message.digest;
        }
        device.first.get_or_insert(ext);
        device.accepted.insert(ext);
        device.last = second;
        (Expected::Fresh { ext, lost }, device, event)
    }

    fn strike(&self, device: &mut Device, second: u64) -> Option<Event> {
        let rule = self.config.strikes.unwrap();
        let begun = device.strikes.first().copied();
        if begun.is_none_or(|begun| second - begun >= u64::from(rule.window)) {
            let since = begun.unwrap_or(device.quiet_since);
            if second - since >= u64::from(rule.probation) {
                device.level = 0;
            }
            device.strikes.clear();
        }
        device.strikes.push(second);
        if device.strikes.len() < usize::try_from(rule.limit).unwrap() {
            return None;
        }
        device.strikes.clear();
        let length = (u64::from(rule.suspend) << device.level).min(u64::from(rule.max));
        device.shut = Some(if rule.suspend == 0 {
            Shut::Operator
        } else {
            Shut::Until(second + length)
        });
        device.quiet_since = 0;
        device.level = if rule.suspend == 0 {
            device.level
        } else {
            (device.level + 1).min(7)
        };
        Some(Event::Suspended)
    }
}

fn told(verdict: &Verdict) -> Expected {
    match verdict {
        Verdict::Fresh(fresh) => Expected::Fresh {
            ext: fresh.ext.unwrap(),
            lost: fresh.lost,
        },
        Verdict::Duplicate { ext }
        | Verdict::Replay { ext }
        | Verdict::Conflict { ext }
        | Verdict::TooSoon { ext, .. } => Expected::Repeat(verdict.code(), ext.unwrap()),
        other => Expected::Other(other.code()),
    }
}

fn key(device: u8) -> DeviceKey {
    DeviceKey::new([device; 16])
}

fn config() -> impl Strategy<Value = Config> {
    let sliding = (1..=16_u64).prop_map(|words| Counter::Sliding {
        window: words * 64,
        hold: 30_000,
        reserve: 0,
    });
    let rolling =
        (2..9000_u64, 1..=32_u64, 0..500_u32, 0..100_u32).prop_map(|(modulus, back, base, daily)| {
            Counter::Rolling {
                modulus,
                back: back.min(modulus - 1),
                gap: [(base, daily), (0, 2)],
                hold: 30_000,
                reserve: 0,
            }
        });
    let rate =
        (1..60_000_u64, 1..4_u64, 0..5000_u64, 0..3_u64).prop_map(|(period, burst, jitter, extra)| Rate {
            period,
            burst,
            jitter,
            extra,
        });
    let strikes =
        (1..4_u32, 1..200_u32, 0..100_u32, 0..500_u32).prop_map(|(limit, window, suspend, more)| Strikes {
            on: StrikeOn::default(),
            limit,
            window,
            suspend,
            max: suspend + more,
            probation: window + more,
        });
    (prop_oneof![sliding, rolling], rate, strikes).prop_map(|(counter, rate, strikes)| Config {
        counter,
        rate: Some(rate),
        strikes: Some(strikes),
        first: First::Trust,
    })
}

fn message(model: &Model, device: u8, sent: Sent) -> Message {
    let device = model.devices.get(&device);
    let top = device
        .and_then(|device| device.accepted.last().copied())
        .unwrap_or(1000);
    let number = top.saturating_add_signed(sent.ahead);
    let counter = match model.config.counter {
        Counter::Rolling { modulus, .. } => number % modulus,
        _ => number,
    };
    Message::numbered(counter)
        .with_digest(sent.digest)
        .with_alarm(sent.alarm)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn the_table_decides_as_one_who_remembers_everything(
        config in config(),
        ops in proptest::collection::vec(op(), 1..150),
    ) {
        let policy = Policy::new(config).unwrap();
        let hash = HashKey::new([3; 16]);
        let mut table = Table::new(policy.clone(), hash.clone(), 3).unwrap();
        let mut model = Model { config, devices: BTreeMap::new() };
        let mut now = START;
        for op in ops {
            match op {
                Op::Wait(wait) => now += wait,
                Op::Check(device, sent) => {
                    let message = message(&model, device, sent);
                    let (expected, ..) = model.judge(device, &message, now);
                    let before = table.record(&key(device)).map(<[u8]>::to_vec);
                    let outcome = table.check(&key(device), &message, now);
                    prop_assert_eq!(told(&outcome.verdict), expected);
                    prop_assert_eq!(outcome.event, None);
                    prop_assert_eq!(table.record(&key(device)), before.as_deref());
                }
                Op::Admit(device, sent) | Op::Ticket(device, sent) => {
                    let message = message(&model, device, sent);
                    let ticket = match op {
                        Op::Ticket(..) => table.check(&key(device), &message, now).verdict.ext(),
                        _ => None,
                    };
                    let existed = table.record(&key(device)).is_some();
                    let (expected, after, event) = model.judge(device, &message, now);
                    let outcome = table.commit(&key(device), &message, now, ticket);
                    prop_assert_eq!(told(&outcome.verdict), expected);
                    if existed || matches!(outcome.verdict, Verdict::Fresh(_)) {
                        prop_assert_eq!(outcome.event, event);
                        model.devices.insert(device, after);
                    } else {
                        prop_assert_eq!(outcome.event, None);
                        prop_assert_eq!(table.record(&key(device)), None);
                    }
                    if let Verdict::TooSoon { retry_after: Some(wait), .. } = outcome.verdict
                        && outcome.event != Some(Event::Suspended)
                    {
                        let early = table.check(&key(device), &message, now + wait - 1);
                        prop_assert_eq!(early.verdict.code(), "too-soon");
                        let (due, ..) = model.judge(device, &message, now + wait);
                        let outcome = table.check(&key(device), &message, now + wait);
                        prop_assert_eq!(told(&outcome.verdict), due);
                    }
                }
                Op::Suspend(device) => {
                    table.suspend(&key(device)).unwrap();
                    let device = model.devices.entry(device).or_default();
                    device.shut = Some(Shut::Operator);
                    device.strikes.clear();
                    device.quiet_since = 0;
                }
                Op::Resume(device) => {
                    table.resume(&key(device)).unwrap();
                    let device = model.devices.entry(device).or_default();
                    (device.shut, device.level, device.quiet_since) = (None, 0, 0);
                    device.strikes.clear();
                }
                Op::Forget(device) => {
                    table.forget(&key(device)).unwrap();
                    let device = model.devices.entry(device).or_default();
                    *device = Device {
                        strikes: device.strikes.clone(),
                        shut: device.shut,
                        level: device.level,
                        quiet_since: device.quiet_since,
                        ..Device::default()
                    };
                }
                Op::Restore(device) => {
                    if let Some(record) = table.retire(&key(device)) {
                        table.restore(&key(device), record.as_bytes()).unwrap();
                        prop_assert_eq!(table.record(&key(device)), Some(record.as_bytes()));
                    }
                }
                Op::Recover => {
                    let mut file = Vec::new();
                    let written: Result<(), ()> = table.export(5, |octets| {
                        file.extend_from_slice(octets);
                        Ok(())
                    });
                    written.unwrap();
                    table = Table::recover(policy.clone(), hash.clone(), 3, &[&file]).unwrap().0;
                }
            }
        }
    }

    #[test]
    fn no_number_is_fresh_twice_and_no_clock_matters(
        counters in proptest::collection::vec((0..100_u64, any::<u64>()), 1..300),
    ) {
        let counter = Counter::Sliding { window: 128, hold: 5, reserve: 0 };
        let policy = Policy::new(Config::new(counter)).unwrap();
        let mut table = Table::new(policy, HashKey::new([3; 16]), 1).unwrap();
        table.seed(&key(0), Seed::New).unwrap();
        let mut fresh = BTreeSet::new();
        for (counter, now) in counters {
            let outcome = table.admit(&key(0), &Message::numbered(counter), now);
            let is_fresh = matches!(outcome.verdict, Verdict::Fresh(_));
            prop_assert_eq!(is_fresh, fresh.insert(counter));
        }
    }

    #[test]
    fn after_a_raised_restore_nothing_repeats_and_at_most_k_are_refused(
        steps in proptest::collection::vec(1..5_u64, 1..100),
        by in 0..64_u64,
        crash in 0..100_usize,
    ) {
        let counter = Counter::Rolling { modulus: 256, back: 8, gap: [(100, 0), (0, 0)], hold: u64::MAX, reserve: 64 };
        let policy = Policy::new(Config::new(counter)).unwrap();
        let mut table = Table::new(policy, HashKey::new([3; 16]), 1).unwrap();
        let (mut number, mut accepted) = (100, Vec::new());
        for step in steps.iter().take(crash) {
            number += step;
            let outcome = table.admit(&key(0), &Message::numbered(number % 256), START);
            prop_assert_eq!(outcome.verdict.code(), "fresh");
            accepted.push(number);
        }
        let Some(raised) = table.raised(&key(0), by).unwrap() else { return Ok(()) };
        table.restore(&key(0), raised.as_bytes()).unwrap();
        for number in accepted.iter().rev().take(8) {
            let outcome = table.check(&key(0), &Message::numbered(number % 256), START);
            prop_assert!(["replay", "out-of-window"].contains(&outcome.verdict.code()));
        }
        let mut refused = 0;
        loop {
            number += 1;
            match table.admit(&key(0), &Message::numbered(number % 256), START).verdict {
                Verdict::Fresh(_) => break,
                _ => refused += 1,
            }
        }
        prop_assert_eq!(refused, by);
    }
}
