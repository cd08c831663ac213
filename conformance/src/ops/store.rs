//! The traces of `replay-guard` on a store of records that is not ours: Redis, or whatever offers compare-and-swap.

use std::collections::BTreeMap;

use replay_guard::distribution::{Attempt, Retries};
use replay_guard::table::Table;
use replay_guard::{DeviceKey, HashKey, Message, Policy, Record};
use serde_json::{Value, json};

use super::guard::{Held, device, message, policy, record_told, told};
use crate::op::{Input, Members, OpError, Opened, Outcome, Registry, Session};

/// A store of records with compare-and-swap.
pub trait RecordStore {
    /// What it holds for a device.
    ///
    /// # Errors
    /// What went wrong, for people.
    fn get(&mut self, device: &[u8; 16]) -> Result<Option<Vec<u8>>, String>;

    /// Puts `new` in place of `expected`, in one step; `None` is no record. Whether it did.
    ///
    /// # Errors
    /// What went wrong, for people.
    fn swap(
        &mut self,
        device: &[u8; 16],
        expected: Option<&[u8]>,
        new: Option<&[u8]>,
    ) -> Result<bool, String>;
}

/// `guard.new` with the steps that a store can answer; `open` gives an empty store for each session. Sweeps, files and capacities
/// are those of tables.
#[must_use]
pub fn guard_on<S: RecordStore + 'static>(open: impl Fn() -> S + Send + Sync + 'static) -> Registry {
    Registry::new("replay-guard on a store", env!("CARGO_PKG_VERSION")).session(
        "guard.new",
        STEPS,
        move |input: &Input| {
            Ok(Opened::new(OnStore {
                policy: policy(&Members::of(input))?,
                store: open(),
                nodes: BTreeMap::new(),
            }))
        },
    )
}

const STEPS: &[&str] = &[
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
    "guard.node.read",
    "guard.node.step",
    "guard.node.write",
];

struct OnStore<S> {
    policy: Policy,
    store: S,
    nodes: BTreeMap<(String, DeviceKey), Held>,
}

fn broken(why: impl ToString) -> OpError {
    OpError::new(OpError::INTERNAL).because(why.to_string())
}

impl<S: RecordStore> OnStore<S> {
    fn get(&mut self, device: &DeviceKey) -> Result<Option<Vec<u8>>, OpError> {
        self.store.get(device.as_bytes()).map_err(broken)
    }

    fn check(&mut self, device: &DeviceKey, message: &Message, now: u64) -> Outcome {
        let held = self.get(device)?;
        let record = held.map(|octets| Record::restore(&self.policy, &octets));
        let record = record.transpose().map_err(broken)?;
        let outcome = replay_guard::check(&self.policy, record.as_ref(), message, now);
        Ok(Value::Object(told(&outcome)))
    }

    /// §11, as a node does it.
    fn commit(&mut self, device: &DeviceKey, message: &Message, now: u64, ticket: Option<u64>) -> Outcome {
        let mut retries = Retries::new();
        loop {
            let held = self.get(device)?;
            let attempt =
                Attempt::new(&self.policy, held.as_deref(), message, now, ticket).map_err(broken)?;
            let swapped = match attempt.swap() {
                None => true,
                Some(swap) => {
                    let swapped = self.store.swap(device.as_bytes(), swap.expected, Some(swap.new));
                    swapped.map_err(broken)?
                }
            };
            if swapped {
                return Ok(Value::Object(told(&attempt.outcome())));
            }
            if !retries.again() {
                return Err(broken("the store does not swap"));
            }
        }
    }

    /// An operator's change, by a table of one device.
    fn operate(
        &mut self,
        device: &DeviceKey,
        change: impl FnOnce(&mut Table) -> Result<(), OpError>,
    ) -> Outcome {
        let held = self.get(device)?;
        let mut table = Table::new(self.policy.clone(), HashKey::new([0; 16]), 1).map_err(broken)?;
        if let Some(held) = &held {
            table.restore(device, held).map_err(broken)?;
        }
        change(&mut table)?;
        let new = table.record(device);
        let swapped = self.store.swap(device.as_bytes(), held.as_deref(), new);
        if swapped.map_err(broken)? {
            Ok(json!({}))
        } else {
            Err(broken("the store does not swap"))
        }
    }

    fn snapshot(&mut self, device: &DeviceKey, by: Option<u64>) -> Outcome {
        let held = self.get(device)?;
        let Some(by) = by else {
            return Ok(json!({"record": record_told(held.as_deref())}));
        };
        let raise = |octets: Vec<u8>| {
            let record = Record::restore(&self.policy, &octets).map_err(broken)?;
            let raised = record.raised(&self.policy, by);
            raised.map_err(|error| OpError::new(error.code()).because(error.to_string()))
        };
        let raised = held.map(raise).transpose()?;
        Ok(json!({"record": record_told(raised.as_ref().map(Record::as_bytes))}))
    }

    fn evict(&mut self, device: &DeviceKey) -> Outcome {
        let held = self.get(device)?;
        if held.is_some() {
            let gone = self.store.swap(device.as_bytes(), held.as_deref(), None);
            gone.map_err(broken)?;
        }
        Ok(json!({"record": record_told(held.as_deref())}))
    }

    fn node(&mut self, op: &str, input: &Members<'_>) -> Outcome {
        let device = device(input)?;
        let name = (input.text("node")?.to_owned(), device);
        match op {
            "guard.node.read" => {
                let read = self.get(&device)?;
                let told = json!({"record": record_told(read.as_deref())});
                self.nodes.insert(name, Held { read, new: None });
                Ok(told)
            }
            "guard.node.step" => {
                let held = self.nodes.entry(name).or_default();
                let (message, now) = (message(input)?, input.int("now")?);
                let attempt = Attempt::new(&self.policy, held.read.as_deref(), &message, now, None);
                let attempt = attempt.map_err(|error| OpError::new(error.code()))?;
                let new = attempt.swap().map(|swap| swap.new.to_vec());
                let mut ok = told(&attempt.outcome());
                ok.insert("record".to_owned(), record_told(new.as_deref()));
                held.new = new;
                Ok(Value::Object(ok))
            }
            _ => {
                let held = self.nodes.entry(name).or_default();
                let Some(new) = held.new.take() else {
                    return Ok(json!({"swapped": null}));
                };
                let swapped = self
                    .store
                    .swap(device.as_bytes(), held.read.as_deref(), Some(&new));
                Ok(json!({"swapped": swapped.map_err(broken)?}))
            }
        }
    }
}

impl<S: RecordStore> Session for OnStore<S> {
    fn step(&mut self, op: &str, input: &Input) -> Outcome {
        let input = &Members::of(input);
        if op.starts_with("guard.node.") {
            return self.node(op, input);
        }
        let device = device(input)?;
        match op {
            "guard.check" => self.check(&device, &message(input)?, input.int("now")?),
            "guard.commit" => {
                let ticket = input.int_opt("ticket")?;
                self.commit(&device, &message(input)?, input.int("now")?, ticket)
            }
            "guard.admit" => self.commit(&device, &message(input)?, input.int("now")?, None),
            "guard.seed" => {
                let seed = super::guard::seed(input)?;
                self.operate(&device, |table| {
                    table.seed(&device, seed).map_err(super::guard::seed_failed)
                })
            }
            "guard.forget" => self.operate(&device, |table| table.forget(&device).map_err(broken)),
            "guard.suspend" => self.operate(&device, |table| table.suspend(&device).map_err(broken)),
            "guard.resume" => self.operate(&device, |table| table.resume(&device).map_err(broken)),
            "guard.restore" => {
                let octets = input.octets("record")?;
                self.operate(&device, |table| {
                    table
                        .restore(&device, &octets)
                        .map_err(super::guard::restore_failed)
                })
            }
            "guard.snapshot" => self.snapshot(&device, input.int_opt("reserve")?),
            "guard.evict" => self.evict(&device),
            _ => Err(OpError::foreign_step(op)),
        }
    }
}
