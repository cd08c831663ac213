//! One thread writes: messages that arrive while a commit is under way share the next one.

use std::sync::Arc;
use std::thread::JoinHandle;

use comet_proto::Storage;
use replay_guard::Outcome;
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::gate::{Gate, Withdraw};
use super::{Kept, Record, sigfox, tcp};
use crate::guard::{Commit, Ledgers, Order};

/// Messages that may wait for the writer. Beyond that the gateway refuses at once.
const QUEUE: usize = 1024;
/// Messages in one commit.
const BATCH: usize = 256;

/// The message is not in the database; its sender must not be told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotStored {
    /// Too many messages are waiting.
    #[error("too many messages are waiting to be stored")]
    Busy,
    /// The database refused, or the writer has ended.
    #[error("the database did not take the message")]
    Database,
    /// The guard did not take the message.
    #[error("the guard did not take the message")]
    Guard,
}

/// What is written.
pub(crate) enum Entry {
    Record(Record),
    Kept(Kept),
    Tcp(tcp::Change),
    Callback(sigfox::Callback),
    Frame(sigfox::Frame),
    Unknown(sigfox::Unknown),
    Adopted(sigfox::Adopted),
    Gate(Gate),
    Withdraw(Withdraw),
}

impl Entry {
    /// The row of a message, to withdraw it.
    pub(crate) fn row(&self) -> Option<Withdraw> {
        match self {
            Self::Record(record) => Some(record.row()),
            Self::Kept(kept) => Some(kept.row()),
            Self::Callback(callback) => Some(callback.row()),
            Self::Frame(frame) => Some(frame.row()),
            _ => None,
        }
    }
}

impl From<Gate> for Entry {
    fn from(gate: Gate) -> Self {
        Self::Gate(gate)
    }
}

impl From<Withdraw> for Entry {
    fn from(withdraw: Withdraw) -> Self {
        Self::Withdraw(withdraw)
    }
}

impl From<Record> for Entry {
    fn from(record: Record) -> Self {
        Self::Record(record)
    }
}

impl From<Kept> for Entry {
    fn from(kept: Kept) -> Self {
        Self::Kept(kept)
    }
}

impl From<sigfox::Callback> for Entry {
    fn from(callback: sigfox::Callback) -> Self {
        Self::Callback(callback)
    }
}

impl From<sigfox::Frame> for Entry {
    fn from(frame: sigfox::Frame) -> Self {
        Self::Frame(frame)
    }
}

impl From<sigfox::Unknown> for Entry {
    fn from(unknown: sigfox::Unknown) -> Self {
        Self::Unknown(unknown)
    }
}

impl From<sigfox::Adopted> for Entry {
    fn from(adopted: sigfox::Adopted) -> Self {
        Self::Adopted(adopted)
    }
}

impl From<tcp::Change> for Entry {
    fn from(change: tcp::Change) -> Self {
        Self::Tcp(change)
    }
}

/// What the guard has to do once the entry is durable.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// A message; what was stored of it is kept if its verdict asks for just that.
    Commit {
        commit: Commit,
        storage: Storage,
    },
    Obey(Order),
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Written {
    /// There was no such entry before.
    pub(crate) inserted: bool,
    /// What came of a callback or a frame beside that.
    pub(crate) sigfox: sigfox::Stored,
    /// What the guard said, if it was asked.
    pub(crate) outcome: Option<Outcome>,
}

struct Job {
    entry: Option<Entry>,
    act: Option<Act>,
    done: oneshot::Sender<Result<Written, NotStored>>,
}

/// Hands messages to the writing thread. Clones share it; it ends when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct Writer(mpsc::Sender<Job>);

impl Writer {
    /// Starts the thread. `ledgers` is the guard, if it is in this process.
    pub(crate) fn start(
        connection: Connection,
        ledgers: Option<Arc<Ledgers>>,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || run(connection, ledgers.as_deref(), receiver))?;
        Ok((Self(sender), thread))
    }

    /// Returns when the entry is durable; whether it is new.
    pub(crate) async fn store(&self, entry: impl Into<Entry>) -> Result<bool, NotStored> {
        let written = self.write(Some(entry.into()), None).await?;
        Ok(written.inserted)
    }

    /// Returns when the entry is durable, and then what the guard in this process did.
    pub(crate) async fn write(&self, entry: Option<Entry>, act: Option<Act>) -> Result<Written, NotStored> {
        let (done, wait) = oneshot::channel();
        self.0
            .try_send(Job { entry, act, done })
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => NotStored::Busy,
                mpsc::error::TrySendError::Closed(_) => NotStored::Database,
            })?;
        wait.await.unwrap_or(Err(NotStored::Database))
    }
}

fn run(mut connection: Connection, ledgers: Option<&Ledgers>, mut receiver: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut catalogue = sigfox::Catalogue::default();
    while receiver.blocking_recv_many(&mut batch, BATCH) > 0 {
        let outcome = commit(&mut connection, ledgers, &mut catalogue, &batch);
        if let Err(error) = &outcome {
            eprintln!("comet: database: {error}");
        }
        let mut outcome = outcome.map(Vec::into_iter);
        for job in batch.drain(..) {
            let written = match &mut outcome {
                Ok(all) => all.next().unwrap_or(Err(NotStored::Database)),
                Err(_) => Err(NotStored::Database),
            };
            // The connection of the sender may be gone; the message is stored all the same.
            let _ = job.done.send(written);
        }
    }
}

/// Rows durable, guard committed, journal flushed, in this order; the answers follow. All rows or none: a failure is one of the
/// disk, not of a message.
fn commit(
    connection: &mut Connection,
    ledgers: Option<&Ledgers>,
    catalogue: &mut sigfox::Catalogue,
    batch: &[Job],
) -> rusqlite::Result<Vec<Result<Written, NotStored>>> {
    let mut all = Vec::with_capacity(batch.len());
    if batch.iter().any(|job| job.entry.is_some()) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for job in batch {
            let mut stored = sigfox::Stored::default();
            let inserted = match &job.entry {
                None => false,
                Some(Entry::Record(record)) => record.insert(&transaction)?,
                Some(Entry::Kept(kept)) => kept.insert(&transaction)?,
                Some(Entry::Callback(entry)) => {
                    stored = entry.apply(&transaction, catalogue)?;
                    stored.inserted
                }
                Some(Entry::Frame(frame)) => {
                    stored = frame.apply(&transaction, catalogue)?;
                    stored.inserted
                }
                Some(Entry::Unknown(unknown)) => unknown.apply(&transaction)?,
                Some(Entry::Adopted(adopted)) => adopted.apply(&transaction)?,
                Some(Entry::Tcp(change)) => change.apply(&transaction).map(|()| true)?,
                Some(Entry::Gate(gate)) => gate.apply(&transaction)?,
                Some(Entry::Withdraw(withdraw)) => withdraw.apply(&transaction)?,
            };
            if let Some(row) = job.entry.as_ref().and_then(Entry::row).filter(|_| !inserted) {
                row.hold(&transaction)?;
            }
            all.push(Ok(Written {
                inserted,
                sigfox: stored,
                outcome: None,
            }));
        }
        transaction.commit()?;
    } else {
        all.resize(batch.len(), Ok(Written::default()));
    }
    let Some(ledgers) = ledgers.filter(|_| batch.iter().any(|job| job.act.is_some())) else {
        return Ok(all);
    };
    let unwanted = act(ledgers, batch, &mut all);
    if let Err(error) = ledgers.flush() {
        // The rows are there and the devices come again: then the rows are ensured, and the guard tries to write again.
        eprintln!("comet: guard: {error}");
        for (job, written) in batch.iter().zip(&mut all) {
            if job.act.is_some() {
                *written = Err(NotStored::Guard);
            }
        }
    }
    if !unwanted.is_empty() {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for withdraw in unwanted {
            withdraw.apply(&transaction)?;
        }
        transaction.commit()?;
    }
    Ok(all)
}

/// Lets the guard act; gives the rows that its last word does not ask for.
fn act(ledgers: &Ledgers, batch: &[Job], all: &mut [Result<Written, NotStored>]) -> Vec<Withdraw> {
    let mut unwanted = Vec::new();
    for (job, written) in batch.iter().zip(all) {
        match (&job.act, &mut *written) {
            (Some(Act::Commit { commit, storage }), Ok(written)) => {
                let outcome = ledgers.commit(commit);
                written.outcome = Some(outcome);
                if Storage::of(&outcome.verdict, ledgers.policy(commit.family)) != *storage {
                    unwanted.extend(job.entry.as_ref().and_then(Entry::row));
                }
            }
            (Some(Act::Obey(order)), _) if ledgers.obey(*order).is_err() => {
                *written = Err(NotStored::Guard);
            }
            _ => {}
        }
    }
    unwanted
}

#[cfg(test)]
mod tests;
