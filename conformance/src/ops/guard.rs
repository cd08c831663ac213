//! Suite `replay-guard`: decisions, tables, files, several nodes, rates and hashes, by `replay-guard`.

use std::collections::BTreeMap;

use replay_guard::crc32c::crc32c;
use replay_guard::distribution::Attempt;
use replay_guard::journal::Header;
use replay_guard::policy::Line;
use replay_guard::reservation::covers;
use replay_guard::shed::Shedder;
use replay_guard::table::{Full, RestoreFailed, SeedFailed, Table};
use replay_guard::{
    Config, Counter, DeviceKey, First, Gcra, HashKey, Message, Outcome as Decision, Policy, Rate, Seed,
    StrikeOn, Strikes, Verdict,
};
use serde_json::{Map, Value, json};

use crate::op::{Input, Members, OpError, Opened, Outcome, Session, int, octets};

/// Places of a table whose capacity no case is about.
const CAPACITY: usize = 4096;

fn array(input: &Members<'_>, name: &str) -> Result<[u8; 16], OpError> {
    let bytes = input.octets(name)?;
    bytes
        .try_into()
        .map_err(|_| OpError::bad_input(name, "16 octets"))
}

fn hash_key(input: &Members<'_>) -> Result<HashKey, OpError> {
    array(input, "key").map(HashKey::new)
}

/// A name, filled up with zeros.
fn key_of(name: &str) -> Result<DeviceKey, OpError> {
    let mut key = [0; DeviceKey::LEN];
    let bad = || OpError::bad_input("device", "at most 16 octets");
    key.get_mut(..name.len())
        .ok_or_else(bad)?
        .copy_from_slice(name.as_bytes());
    Ok(DeviceKey::new(key))
}

fn name_of(key: &DeviceKey) -> String {
    let text = String::from_utf8_lossy(key.as_bytes());
    text.trim_end_matches('\0').to_owned()
}

pub(super) fn device(input: &Members<'_>) -> Result<DeviceKey, OpError> {
    key_of(input.text("device")?)
}

pub(super) fn message(input: &Members<'_>) -> Result<Message, OpError> {
    let mut message = Message::default();
    message.counter = input.int_opt("counter")?.unwrap_or_default();
    message.sample = input.int_opt("sample")?.unwrap_or_default();
    message.digest = input.int_opt("digest")?.unwrap_or_default();
    message.alarm = input.bool_opt("alarm")?.unwrap_or_default();
    message.paid_until = input.int_opt("paid-until")?;
    Ok(message)
}

fn lines(counter: &Members<'_>) -> Result<[Line; 2], OpError> {
    let bad = || OpError::bad_input("gap", "two lines of two numbers");
    let number = |value: &Value| {
        crate::op::integer(value)
            .and_then(|number| u32::try_from(number).ok())
            .ok_or_else(bad)
    };
    let line = |value: &Value| match value.as_array().map(Vec::as_slice) {
        Some([base, daily]) => Ok((number(base)?, number(daily)?)),
        _ => Err(bad()),
    };
    match counter.list("gap")? {
        [one, other] => Ok([line(one)?, line(other)?]),
        _ => Err(bad()),
    }
}

pub(super) fn policy(input: &Members<'_>) -> Result<Policy, OpError> {
    let counter = input.object("counter")?;
    let reserve = counter.int_opt("reserve")?.unwrap_or_default();
    let mut config = Config::new(match counter.text("kind")? {
        "sliding" => Counter::Sliding {
            window: counter.int("window")?,
            hold: counter.int("hold")?,
            reserve,
        },
        "rolling" => Counter::Rolling {
            modulus: counter.int("modulus")?,
            back: counter.int("back")?,
            gap: lines(&counter)?,
            hold: counter.int("hold")?,
            reserve,
        },
        "restarting" => Counter::Restarting {
            modulus: counter.int("modulus")?,
            late: counter.int("late")?,
            skew: counter.int("skew")?,
        },
        "none" => Counter::None {
            hold: counter.int("hold")?,
        },
        _ => return Err(OpError::bad_input("kind", "a discipline")),
    });
    if let Some(rate) = input.object_opt("rate")? {
        config.rate = Some(Rate {
            period: rate.int("period")?,
            burst: rate.int("burst")?,
            jitter: rate.int("jitter")?,
            extra: rate.int("extra")?,
        });
    }
    if let Some(strikes) = input.object_opt("strikes")? {
        let on = strikes.texts("on")?;
        config.strikes = Some(Strikes {
            on: StrikeOn {
                too_soon: on.contains(&"too-soon"),
                replay: on.contains(&"replay"),
                conflict: on.contains(&"conflict"),
                out_of_window: on.contains(&"out-of-window"),
            },
            limit: strikes.int("limit")?,
            window: strikes.int("window")?,
            suspend: strikes.int("suspend")?,
            max: strikes.int("max")?,
            probation: strikes.int("probation")?,
        });
    }
    config.first = match input.text_opt("first")? {
        None | Some("trust") => First::Trust,
        Some("refuse") => First::Refuse,
        Some(_) => return Err(OpError::bad_input("first", "trust or refuse")),
    };
    Policy::new(config).map_err(|error| OpError::new(error.code()).because(error.to_string()))
}

/// `guard.policy.check`.
pub(super) fn policy_check(input: &Input) -> Outcome {
    policy(&Members::of(input))?;
    Ok(json!({}))
}

/// `guard.new`: an empty table.
pub(super) fn table(input: &Input) -> Result<Opened, OpError> {
    let input = Members::of(input);
    let capacity = input.int_opt("capacity")?.unwrap_or(CAPACITY);
    // Hashes are not seen from outside, so any key does.
    let key = HashKey::new([0xA5; 16]);
    let policy = policy(&input)?;
    let table = Table::new(policy.clone(), key.clone(), capacity);
    Ok(Opened::new(Guard {
        table: table.map_err(|error| OpError::new(OpError::INTERNAL).because(error.to_string()))?,
        policy,
        key,
        capacity,
        nodes: BTreeMap::new(),
    }))
}

/// What one node has read of a device, and what it would write.
#[derive(Default)]
pub(super) struct Held {
    pub(super) read: Option<Vec<u8>>,
    pub(super) new: Option<Vec<u8>>,
}

struct Guard {
    table: Table,
    policy: Policy,
    key: HashKey,
    capacity: usize,
    nodes: BTreeMap<(String, DeviceKey), Held>,
}

pub(super) fn told(outcome: &Decision) -> Map<String, Value> {
    let mut ok = Map::new();
    let mut flags = Vec::new();
    ok.insert("verdict".to_owned(), json!(outcome.verdict.code()));
    if let Some(ext) = outcome.verdict.ext() {
        ok.insert("ext".to_owned(), int(ext));
    }
    match &outcome.verdict {
        Verdict::Fresh(fresh) => {
            ok.insert("lost".to_owned(), int(fresh.lost));
            let all = [
                ("first", fresh.first),
                ("reordered", fresh.reordered),
                ("restarted", fresh.restarted),
            ];
            flags.extend(all.iter().filter(|(_, holds)| *holds).map(|(name, _)| *name));
        }
        Verdict::Late { cause } => {
            ok.insert("cause".to_owned(), json!(cause.code()));
        }
        Verdict::TooSoon { retry_after, .. } => {
            ok.insert("retry-after".to_owned(), json!(retry_after.map(int)));
        }
        Verdict::Suspended { reason, retry_after } => {
            ok.insert("reason".to_owned(), json!(reason.code()));
            ok.insert("retry-after".to_owned(), json!(retry_after.map(int)));
        }
        _ => {}
    }
    ok.insert("flags".to_owned(), json!(flags));
    ok.insert("event".to_owned(), json!(outcome.event.map(|event| event.code())));
    ok
}

pub(super) fn seed(input: &Members<'_>) -> Result<Seed, OpError> {
    Ok(match (input.int_opt("counter")?, input.int_opt("sample")?) {
        (None, None) => Seed::New,
        (Some(counter), None) => Seed::Last(counter),
        (counter, Some(sample)) => Seed::Tip {
            sample,
            counter: counter.unwrap_or_default(),
        },
    })
}

pub(super) fn seed_failed(error: SeedFailed) -> OpError {
    match error {
        SeedFailed::Seed(error) => OpError::new(error.code()).because(error.to_string()),
        error => OpError::new("full").because(error.to_string()),
    }
}

pub(super) fn restore_failed(error: RestoreFailed) -> OpError {
    let code = match &error {
        RestoreFailed::Record(error) => error.code(),
        _ => "full",
    };
    OpError::new(code).because(error.to_string())
}

fn full(error: Full) -> OpError {
    OpError::new("full").because(error.to_string())
}

pub(super) fn record_told(record: Option<&[u8]>) -> Value {
    record.map_or(Value::Null, octets)
}

impl Guard {
    fn judge(&mut self, op: &str, input: &Members<'_>) -> Outcome {
        let (device, message) = (device(input)?, message(input)?);
        let now = input.int("now")?;
        Ok(Value::Object(told(&match op {
            "guard.check" => self.table.check(&device, &message, now),
            "guard.commit" => self
                .table
                .commit(&device, &message, now, input.int_opt("ticket")?),
            _ => self.table.admit(&device, &message, now),
        })))
    }

    fn seed(&mut self, input: &Members<'_>) -> Outcome {
        let seed = seed(input)?;
        self.table.seed(&device(input)?, seed).map_err(seed_failed)?;
        Ok(json!({}))
    }

    fn operate(&mut self, op: &str, input: &Members<'_>) -> Outcome {
        let device = device(input)?;
        match op {
            "guard.forget" => self.table.forget(&device),
            "guard.suspend" => self.table.suspend(&device),
            _ => self.table.resume(&device),
        }
        .map_err(full)?;
        Ok(json!({}))
    }

    fn snapshot(&self, input: &Members<'_>) -> Outcome {
        let device = device(input)?;
        let Some(by) = input.int_opt("reserve")? else {
            return Ok(json!({"record": record_told(self.table.record(&device))}));
        };
        let raised = self.table.raised(&device, by);
        let raised = raised.map_err(|error| OpError::new(error.code()).because(error.to_string()))?;
        Ok(json!({"record": record_told(raised.as_ref().map(|record| record.as_bytes()))}))
    }

    fn restore(&mut self, input: &Members<'_>) -> Outcome {
        let restored = self.table.restore(&device(input)?, &input.octets("record")?);
        restored.map_err(restore_failed)?;
        Ok(json!({}))
    }

    fn sweep(&mut self, input: &Members<'_>) -> Outcome {
        let mut dropped = Vec::new();
        self.table.sweep(input.int("now")?, |key| dropped.push(*key));
        dropped.sort_unstable();
        let dropped: Vec<_> = dropped.iter().map(name_of).collect();
        Ok(json!({"dropped": dropped, "left": self.table.len()}))
    }

    fn export(&self, input: &Members<'_>) -> Outcome {
        let mut file = Vec::new();
        let written: Result<(), core::convert::Infallible> =
            self.table.export(input.int("generation")?, |octets| {
                file.extend_from_slice(octets);
                Ok(())
            });
        let Ok(()) = written;
        Ok(json!({"file": octets(&file)}))
    }

    /// A journal with the records of these devices as they are.
    fn journal(&self, input: &Members<'_>) -> Outcome {
        let generation = input.int("generation")?;
        let mut file = Header::journal(&self.policy, generation).to_bytes().to_vec();
        // A table of its own, whose changes are just these.
        let mut table = self.empty()?;
        table.keep_journal();
        for name in input.texts("devices")? {
            let device = key_of(name)?;
            if let Some(record) = self.table.record(&device) {
                let restored = table.restore(&device, record);
                restored.map_err(|error| OpError::new(OpError::INTERNAL).because(error.to_string()))?;
            }
        }
        table.take_entries(generation, &mut file);
        Ok(json!({"file": octets(&file)}))
    }

    fn empty(&self) -> Result<Table, OpError> {
        let table = Table::new(self.policy.clone(), self.key.clone(), self.capacity);
        table.map_err(|error| OpError::new(OpError::INTERNAL).because(error.to_string()))
    }

    fn recover(&mut self, input: &Members<'_>) -> Outcome {
        let files = input.octet_strings("files")?;
        let files: Vec<_> = files.iter().map(Vec::as_slice).collect();
        let recovered = Table::recover(self.policy.clone(), self.key.clone(), self.capacity, &files);
        let (table, recovered) =
            recovered.map_err(|error| OpError::new(error.code()).because(error.to_string()))?;
        self.table = table;
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        let entry =
            |(key, record): &(DeviceKey, &[u8])| json!({"device": name_of(key), "record": octets(record)});
        Ok(json!({
            "generation": int(recovered.generation),
            "torn": recovered.torn,
            "records": entries.iter().map(entry).collect::<Vec<_>>(),
        }))
    }

    /// One node's part in a message; the table is the store that the nodes share.
    fn node(&mut self, op: &str, input: &Members<'_>) -> Outcome {
        let device = device(input)?;
        let held = self
            .nodes
            .entry((input.text("node")?.to_owned(), device))
            .or_default();
        match op {
            "guard.node.read" => {
                held.read = self.table.record(&device).map(<[u8]>::to_vec);
                held.new = None;
                Ok(json!({"record": record_told(held.read.as_deref())}))
            }
            "guard.node.step" => {
                let message = message(input)?;
                let attempt = Attempt::new(
                    &self.policy,
                    held.read.as_deref(),
                    &message,
                    input.int("now")?,
                    None,
                );
                let attempt = attempt.map_err(|error| OpError::new(error.code()))?;
                let new = attempt.swap().map(|swap| swap.new.to_vec());
                let mut ok = told(&attempt.outcome());
                ok.insert("record".to_owned(), record_told(new.as_deref()));
                held.new = new;
                Ok(Value::Object(ok))
            }
            _ => {
                let Some(new) = held.new.take() else {
                    return Ok(json!({"swapped": null}));
                };
                let swapped = self.table.record(&device) == held.read.as_deref();
                if swapped {
                    let restored = self.table.restore(&device, &new);
                    restored.map_err(|error| OpError::new(OpError::INTERNAL).because(error.to_string()))?;
                }
                Ok(json!({"swapped": swapped}))
            }
        }
    }
}

/// The steps of [`Guard`].
pub(super) const STEPS: &[&str] = &[
    "guard.check",
    "guard.commit",
    "guard.admit",
    "guard.seed",
    "guard.forget",
    "guard.suspend",
    "guard.resume",
    "guard.snapshot",
    "guard.restore",
    "guard.evict",
    "guard.sweep",
    "guard.export",
    "guard.journal",
    "guard.recover",
    "guard.node.read",
    "guard.node.step",
    "guard.node.write",
];

impl Session for Guard {
    fn step(&mut self, op: &str, input: &Input) -> Outcome {
        let input = &Members::of(input);
        match op {
            "guard.check" | "guard.commit" | "guard.admit" => self.judge(op, input),
            "guard.seed" => self.seed(input),
            "guard.forget" | "guard.suspend" | "guard.resume" => self.operate(op, input),
            "guard.snapshot" => self.snapshot(input),
            "guard.restore" => self.restore(input),
            // Cases evict under policies that trust first messages too, which `Table::evict` refuses (§9).
            "guard.evict" => {
                let record = self.table.retire(&device(input)?);
                Ok(json!({"record": record_told(record.as_ref().map(|record| record.as_bytes()))}))
            }
            "guard.sweep" => self.sweep(input),
            "guard.export" => self.export(input),
            "guard.journal" => self.journal(input),
            "guard.recover" => self.recover(input),
            "guard.node.read" | "guard.node.step" | "guard.node.write" => self.node(op, input),
            _ => Err(OpError::foreign_step(op)),
        }
    }
}

/// `guard.covers`.
pub(super) fn covering(input: &Input) -> Outcome {
    let input = Members::of(input);
    let coverage = covers(input.int("ceiling")?, input.int("reserve")?, input.int("ext")?);
    Ok(json!({"covers": coverage.covers, "write": coverage.write}))
}

fn rate_of(input: &Members<'_>) -> Result<Gcra, OpError> {
    let rate = Gcra::new(input.int("period")?, input.int("burst")?, input.int("jitter")?);
    rate.ok_or_else(|| OpError::bad_input("period", "period and burst above zero"))
}

fn refused(early: replay_guard::rate::TooSoon) -> Value {
    json!({"pass": false, "retry-after": early.retry_after.map(int)})
}

struct RateSession {
    rate: Gcra,
    tat: u64,
}

/// `guard.gcra.new`.
pub(super) fn gcra(input: &Input) -> Result<Opened, OpError> {
    let rate = rate_of(&Members::of(input))?;
    Ok(Opened::new(RateSession { rate, tat: 0 }))
}

impl Session for RateSession {
    fn step(&mut self, op: &str, input: &Input) -> Outcome {
        let now = Members::of(input).int("now")?;
        match op {
            "guard.gcra.take" => Ok(match self.rate.take(&mut self.tat, now) {
                Ok(()) => json!({"pass": true, "tat": int(self.tat)}),
                Err(early) => refused(early),
            }),
            "guard.gcra.check" => Ok(match self.rate.check(self.tat, now) {
                Ok(_) => json!({"pass": true}),
                Err(early) => refused(early),
            }),
            _ => Err(OpError::foreign_step(op)),
        }
    }
}

struct ShedSession(Shedder);

/// `guard.shedder.new`.
pub(super) fn shedder(input: &Input) -> Result<Opened, OpError> {
    let input = Members::of(input);
    let rate = rate_of(&input)?;
    let shedder = Shedder::new(hash_key(&input)?, input.int("rows")?, input.int("cells")?, rate);
    shedder
        .map(|shedder| Opened::new(ShedSession(shedder)))
        .map_err(|error| OpError::bad_input("cells", &error.to_string()))
}

impl Session for ShedSession {
    fn step(&mut self, op: &str, input: &Input) -> Outcome {
        let input = Members::of(input);
        if op != "guard.shedder.take" {
            return Err(OpError::foreign_step(op));
        }
        Ok(match self.0.take(&input.octets("id")?, input.int("now")?) {
            Ok(()) => json!({"pass": true}),
            Err(early) => refused(early),
        })
    }
}

/// `guard.siphash`.
pub(super) fn siphash(input: &Input) -> Outcome {
    let input = Members::of(input);
    let hash = hash_key(&input)?.hash(&input.octets("data")?);
    Ok(json!({"hash": octets(&hash.to_be_bytes())}))
}

/// `guard.crc32c`.
pub(super) fn crc(input: &Input) -> Outcome {
    let data = Members::of(input).octets("data")?;
    Ok(json!({"crc": octets(&crc32c(&[&data]).to_be_bytes())}))
}

/// `guard.shard`.
pub(super) fn shard(input: &Input) -> Outcome {
    let input = Members::of(input);
    let shard = hash_key(&input)?.shard(&device(&input)?, input.int("shards")?);
    let shard = shard.ok_or_else(|| OpError::bad_input("shards", "a power of two"))?;
    Ok(json!({"shard": shard}))
}
