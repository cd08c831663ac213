//! The way of one authentic message past the guard into the database, and to its answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use comet_proto::{Admitted, Authentic, Ingest, RefusalReason, Storage, UnixMillis};
use replay_guard::verdict::Acknowledge;
use replay_guard::{Event, Outcome, Verdict};
use tokio::time::MissedTickBehavior;

use super::{Gateway, sigfox};
use crate::clock;
use crate::guard::{Checked, Commit, Keeper, Order, Unavailable};
use crate::store::gate::{Change, Gate};
use crate::store::{Act, Device, Entry, Kept, NotStored, Written};

/// What the guard has said of a message.
enum Word {
    /// Checked: to be committed when what it asks for is stored.
    First(Checked),
    /// Committed, or taken without the guard.
    Last(Outcome),
}

impl Word {
    const fn outcome(&self) -> Outcome {
        match self {
            Self::First(checked) => checked.outcome,
            Self::Last(outcome) => *outcome,
        }
    }
}

/// Why a message got no verdict that counts.
enum Failed {
    Guard(Unavailable),
    Store(NotStored),
}

impl From<Unavailable> for Failed {
    fn from(error: Unavailable) -> Self {
        Self::Guard(error)
    }
}

impl From<NotStored> for Failed {
    fn from(error: NotStored) -> Self {
        Self::Store(error)
    }
}

/// How often orders are looked for: sessions that are open hear of them within that time, and so do devices that are silent.
const ORDERS: Duration = Duration::from_secs(1);

/// Carries out what operators order, until it is aborted.
pub(super) async fn carry_out(gateway: Arc<Gateway>) {
    let mut ticks = tokio::time::interval(ORDERS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let asked = Arc::clone(&gateway);
        let found = tokio::task::spawn_blocking(move || asked.devices().ordered()).await;
        // Where the database does not answer, each message says so.
        for device in found.ok().and_then(Result::ok).unwrap_or_default() {
            gateway.obey_orders(&device).await;
        }
        sigfox::adopt(&gateway).await;
    }
}

impl Gateway {
    /// Check, store, commit, answer; and what came of the entry, if there was one and it stays.
    pub(super) async fn admit<M: Ingest>(
        &self,
        device: &Device,
        authentic: Authentic<M>,
        now: UnixMillis,
        body: &[u8],
        entry: impl FnOnce(&Admitted<M>) -> Entry,
    ) -> (M::Reply, Option<Written>) {
        let inquiry = authentic.inquiry(&self.guard.digest, device.standing.expires);
        let commit = Commit::new(device.family, &inquiry, now);
        let policy = self.guard.policy(device.family);
        let checked = match self.obey_and_check(device, &commit).await {
            Ok(checked) => checked,
            Err(error) => {
                self.failed(&error);
                return (authentic.not_judged(), None);
            }
        };
        let word = match self.first_word(device, &commit, checked).await {
            Ok(word) => word,
            Err(error) => {
                self.failed(&error);
                return (authentic.not_judged(), None);
            }
        };
        let outcome = word.outcome();
        let admitted = match authentic.admit(policy, &outcome) {
            Ok(admitted) => admitted,
            Err(refusal) => {
                self.counters.guard.add(device.family, &outcome);
                if outcome.verdict.acknowledge() == Acknowledge::No {
                    let counters = &self.counters;
                    counters.add_refused(refusal.reason.code(), &refusal.reason, now);
                }
                return (refusal.reply, None);
            }
        };
        let storage = admitted.storage();
        let entry = match storage {
            Storage::Rows => entry(&admitted),
            _ => Entry::from(Kept::judged(&admitted, outcome.verdict.code(), now, body)),
        };
        let last_word = match word {
            Word::Last(outcome) => {
                let stored = self.writer.write(Some(entry), None).await;
                stored.map(|written| (outcome, written)).map_err(Failed::from)
            }
            Word::First(checked) => self.commit(device, &commit, checked, Some(entry), storage).await,
        };
        match last_word {
            Ok((committed, written)) => {
                self.counters.guard.add(device.family, &committed);
                let settled = admitted.stored(policy, &committed);
                if settled.keep && storage == Storage::Rows {
                    self.counters.add_stored();
                } else if !matches!(committed.verdict, Verdict::Duplicate { .. }) {
                    let reason = RefusalReason::Verdict(committed.verdict);
                    self.counters.add_refused(reason.code(), &reason, now);
                }
                (settled.reply, Some(written).filter(|_| settled.keep))
            }
            Err(error) => {
                self.failed(&error);
                (admitted.not_stored(), None)
            }
        }
    }

    /// What the guard says before anything is stored. Where nothing is to be stored that is committed at once: strikes are counted,
    /// and what a duplicate repeats is durable before it is confirmed.
    async fn first_word(&self, device: &Device, commit: &Commit, checked: Checked) -> Result<Word, Failed> {
        let policy = self.guard.policy(device.family);
        if checked.unguarded {
            return Ok(Word::Last(checked.outcome));
        }
        match Storage::of(&checked.outcome.verdict, policy) {
            Storage::Nothing => {
                let committed = self.commit(device, commit, checked, None, Storage::Nothing);
                Ok(Word::Last(committed.await?.0))
            }
            _ => Ok(Word::First(checked)),
        }
    }

    /// Does what an operator has ordered of the device, then checks.
    async fn obey_and_check(&self, device: &Device, commit: &Commit) -> Result<Checked, Failed> {
        if let Some(suspend) = device.standing.order {
            let order = Order {
                family: commit.family,
                device: commit.device,
                suspend,
            };
            match self.obey(order, &device.serial).await {
                // Without the guard the order stays; what the owner wants is known all the same.
                Err(Failed::Guard(Unavailable::Away)) => {}
                done => done?,
            }
        }
        let checked = self.guard.check(commit).await?;
        if checked.unguarded {
            if device.standing.suspended {
                return Err(Failed::Guard(Unavailable::Away));
            }
            self.counters.guard.unguarded.fetch_add(1, Ordering::Relaxed);
        }
        Ok(checked)
    }

    /// The database is the source of orders; the record of the guard carries them out.
    async fn obey(&self, order: Order, serial: &str) -> Result<(), Failed> {
        match &self.guard.keeper {
            Keeper::Here(_) => self.writer.write(None, Some(Act::Obey(order))).await.map(drop)?,
            Keeper::Shared(cluster) => self.guard.obey(cluster, order).await?,
        }
        let done = Gate {
            family: order.family,
            serial: serial.to_owned(),
            change: Change::Done {
                suspend: order.suspend,
            },
        };
        self.writer.store(done).await?;
        Ok(())
    }

    /// Does what is ordered of a device, if anything is; whether the guard may be asked then.
    pub(super) async fn obey_orders(&self, device: &Device) -> bool {
        let Some(suspend) = device.standing.order else {
            return true;
        };
        let order = Order {
            family: device.family,
            device: comet_proto::guard::device_key(&device.id()),
            suspend,
        };
        match self.obey(order, &device.serial).await {
            Ok(()) | Err(Failed::Guard(Unavailable::Away)) => true,
            Err(error) => {
                self.failed(&error);
                false
            }
        }
    }

    /// Stores, then commits the guard: the last word.
    async fn commit(
        &self,
        device: &Device,
        commit: &Commit,
        checked: Checked,
        entry: Option<Entry>,
        storage: Storage,
    ) -> Result<(Outcome, Written), Failed> {
        let (outcome, written) = match &self.guard.keeper {
            Keeper::Here(_) => {
                let act = Act::Commit {
                    commit: *commit,
                    storage,
                };
                let written = self.writer.write(entry, Some(act)).await?;
                (written.outcome.ok_or(NotStored::Guard)?, written)
            }
            Keeper::Shared(cluster) => {
                let row = entry.as_ref().and_then(Entry::row);
                let written = match entry {
                    Some(entry) => self.writer.write(Some(entry), None).await?,
                    None => Written::default(),
                };
                let tally = &self.counters.guard;
                let outcome = self.guard.swap(cluster, commit, checked, tally).await?;
                let policy = self.guard.policy(commit.family);
                let keep = Storage::of(&outcome.verdict, policy) == storage;
                if let Some(row) = row.filter(|_| !keep) {
                    self.writer.store(row).await?;
                }
                (outcome, written)
            }
        };
        if let Some(event) = outcome.event {
            let told = Gate {
                family: device.family,
                serial: device.serial.clone(),
                change: Change::Told {
                    suspended: event == Event::Suspended,
                },
            };
            // For people only: the record has it.
            let _ = self.writer.store(told).await;
        }
        Ok((outcome, written))
    }

    fn failed(&self, error: &Failed) {
        let now = clock::now();
        match error {
            Failed::Guard(error) => {
                self.counters.guard.away.fetch_add(1, Ordering::Relaxed);
                self.counters.add_refused("guard-away", error, now);
            }
            Failed::Store(error) => self.counters.add_refused("not-stored", error, now),
        }
    }
}
