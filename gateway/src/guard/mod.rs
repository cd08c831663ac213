//! The guard of `comet serve`: which messages may come in. `replay-guard` decides; here are its files, its shared store, its clock.

mod away;
mod cluster;
mod files;
mod ledger;
mod options;
mod tally;

use std::path::Path;
use std::sync::Arc;

use comet_proto::{Family, Inquiry, Policies, UnixMillis};
use replay_guard::{DeviceKey, HashKey, Message, Outcome, Policy};

pub(crate) use away::Away;
pub(crate) use cluster::Cluster;
pub(crate) use ledger::Ledgers;
pub(crate) use options::Options;
pub(crate) use tally::Tally;

use crate::{Failure, secrets};

/// Where the records of devices are.
pub(crate) enum Keeper {
    /// In this process, with journals beside the database.
    Here(Arc<Ledgers>),
    /// In a store that several nodes share.
    Shared(Box<Cluster>),
}

/// The guard.
pub(crate) struct Guard {
    policies: Policies,
    pub(crate) digest: HashKey,
    pub(crate) keeper: Keeper,
    away: Away,
}

/// What the guard says before anything is stored.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) outcome: Outcome,
    /// What the shared store held then.
    held: Option<Vec<u8>>,
    /// The guard is not there, and the message is taken without it.
    pub(crate) unguarded: bool,
}

/// A message to be committed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Commit {
    pub(crate) family: Family,
    pub(crate) device: DeviceKey,
    pub(crate) message: Message,
    pub(crate) now: UnixMillis,
}

impl Commit {
    pub(crate) const fn new(family: Family, inquiry: &Inquiry, now: UnixMillis) -> Self {
        Self {
            family,
            device: inquiry.device,
            message: inquiry.message,
            now,
        }
    }
}

/// An operator's order to the gate of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) family: Family,
    pub(crate) device: DeviceKey,
    /// To shut it; else to open it.
    pub(crate) suspend: bool,
}

/// The guard could not be asked, or did not come to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unavailable {
    /// The store does not answer.
    #[error("the store of the guard does not answer")]
    Away,
    /// Other nodes were faster each time.
    #[error("too many messages of one device at once")]
    Contended,
    /// What it holds for the device is no record. It is not overwritten.
    #[error("what the store holds of the device is no record")]
    Damaged,
    /// No place for a new device.
    #[error("no place for a new device")]
    Full,
}

impl Guard {
    /// Opens the guard; of the families in `begun` it has kept records before, so that it must not start empty.
    pub(crate) fn open(database: &Path, options: &Options, begun: &[Family]) -> Result<Self, Failure> {
        let policies = options.policies()?;
        let keeper = match &options.guard {
            Some(url) => Keeper::Shared(Box::new(Cluster::new(url, options.timeout())?)),
            None => Keeper::Here(Arc::new(Ledgers::open(database, &policies, options, begun)?)),
        };
        Ok(Self {
            policies,
            digest: secrets::digest_key(database)?,
            keeper,
            away: options.guard_away,
        })
    }

    pub(crate) const fn policy(&self, family: Family) -> &Policy {
        self.policies.of(family)
    }

    /// What the guard says; changes nothing. If it is not there and may be done without, the message is judged as that of a device
    /// that is not known.
    pub(crate) async fn check(&self, commit: &Commit) -> Result<Checked, Unavailable> {
        let policy = self.policy(commit.family);
        let checked = |outcome| Checked {
            outcome,
            held: None,
            unguarded: false,
        };
        match &self.keeper {
            Keeper::Here(ledgers) => Ok(checked(ledgers.check(commit))),
            Keeper::Shared(cluster) => match cluster.check(policy, commit).await {
                Ok((outcome, held)) => Ok(Checked {
                    held,
                    ..checked(outcome)
                }),
                Err(Unavailable::Away) if self.away.takes(policy) => Ok(Checked {
                    unguarded: true,
                    ..checked(replay_guard::check(policy, None, &commit.message, commit.now.0))
                }),
                Err(error) => Err(error),
            },
        }
    }

    /// Commits to the shared store, first from what `checked` found there.
    pub(crate) async fn swap(
        &self,
        cluster: &Cluster,
        commit: &Commit,
        checked: Checked,
        tally: &Tally,
    ) -> Result<Outcome, Unavailable> {
        let policy = self.policy(commit.family);
        cluster.commit(policy, commit, checked.held, tally).await
    }

    /// Does what an operator ordered in the shared store.
    pub(crate) async fn obey(&self, cluster: &Cluster, order: Order) -> Result<(), Unavailable> {
        cluster.obey(self.policy(order.family), order).await
    }
}
