//! One thread writes: messages that arrive while a commit is under way share the next one.

use std::thread::JoinHandle;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::{Kept, Record, tcp};

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
}

/// What is written.
pub(crate) enum Entry {
    Record(Record),
    Kept(Kept),
    Tcp(tcp::Change),
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

impl From<tcp::Change> for Entry {
    fn from(change: tcp::Change) -> Self {
        Self::Tcp(change)
    }
}

struct Job {
    entry: Entry,
    done: oneshot::Sender<Result<(), NotStored>>,
}

/// Hands messages to the writing thread. Clones share it; it ends when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct Writer(mpsc::Sender<Job>);

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(connection: Connection) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || run(connection, receiver))?;
        Ok((Self(sender), thread))
    }

    /// Returns when the message is durable.
    pub(crate) async fn store(&self, entry: impl Into<Entry>) -> Result<(), NotStored> {
        let (done, wait) = oneshot::channel();
        let entry = entry.into();
        self.0
            .try_send(Job { entry, done })
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => NotStored::Busy,
                mpsc::error::TrySendError::Closed(_) => NotStored::Database,
            })?;
        wait.await.unwrap_or(Err(NotStored::Database))
    }
}

fn run(mut connection: Connection, mut receiver: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH);
    while receiver.blocking_recv_many(&mut batch, BATCH) > 0 {
        let outcome = commit(&mut connection, &batch);
        if let Err(error) = &outcome {
            eprintln!("comet: database: {error}");
        }
        let outcome = outcome.map_err(|_| NotStored::Database);
        for job in batch.drain(..) {
            // The connection of the sender may be gone; the message is stored all the same.
            let _ = job.done.send(outcome);
        }
    }
}

/// All or none: a failure is one of the disk, not of a message.
fn commit(connection: &mut Connection, batch: &[Job]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for job in batch {
        match &job.entry {
            Entry::Record(record) => record.insert(&transaction)?,
            Entry::Kept(kept) => kept.insert(&transaction)?,
            Entry::Tcp(change) => change.apply(&transaction)?,
        }
    }
    transaction.commit()
}
