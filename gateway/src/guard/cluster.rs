//! Records in a store that several nodes share, by compare-and-swap (replay-guard §11). The decision is made here; the store only
//! compares and sets. One key for each device, so any cluster will do.

use std::sync::atomic::Ordering;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};
use replay_guard::distribution::{Attempt, Retries, SWAP_LUA, store_key};
use replay_guard::{DeviceKey, HashKey, Outcome, Policy, Table};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{Commit, Order, Tally, Unavailable};
use crate::Failure;

/// In front of the 16 octets of the device.
const PREFIX: &[u8] = b"comet:guard:";
/// After a failure nobody waits for the store for so long: a store that does not answer must not hold up every message.
const PAUSE: Duration = Duration::from_millis(200);

/// The shared store.
pub(crate) struct Cluster {
    client: Client,
    timeout: Duration,
    link: Mutex<Link>,
}

/// The connection that all messages share.
#[derive(Default)]
struct Link {
    connection: Option<MultiplexedConnection>,
    failed: Option<Instant>,
}

impl Cluster {
    /// Does not connect yet: the gateway starts without the store too.
    pub(super) fn new(url: &str, timeout: Duration) -> Result<Self, Failure> {
        let client = Client::open(url).map_err(|error| Failure::new(format!("--guard: {error}")))?;
        Ok(Self {
            client,
            timeout,
            link: Mutex::default(),
        })
    }

    async fn connection(&self) -> Result<MultiplexedConnection, Unavailable> {
        let mut link = self.link.lock().await;
        if let Some(connection) = &link.connection {
            return Ok(connection.clone());
        }
        if link.failed.is_some_and(|failed| failed.elapsed() < PAUSE) {
            return Err(Unavailable::Away);
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout));
        match self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await
        {
            Ok(connection) => {
                link.connection = Some(connection.clone());
                link.failed = None;
                Ok(connection)
            }
            Err(_) => {
                link.failed = Some(Instant::now());
                Err(Unavailable::Away)
            }
        }
    }

    /// One command. A failure ends the connection: whether the command was done is not known then.
    async fn ask<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, Unavailable> {
        let mut connection = self.connection().await?;
        match command.query_async(&mut connection).await {
            Ok(answer) => Ok(answer),
            Err(error) => {
                self.failed(&error).await;
                Err(Unavailable::Away)
            }
        }
    }

    async fn failed(&self, error: &RedisError) {
        let mut link = self.link.lock().await;
        if link.connection.take().is_some() {
            eprintln!("comet: guard: {error}");
        }
        link.failed = Some(Instant::now());
    }

    async fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Unavailable> {
        self.ask(redis::cmd("GET").arg(key)).await
    }

    /// Whether the store held what was expected, and holds the new record now.
    async fn swap(&self, key: &[u8], expected: Option<&[u8]>, new: &[u8]) -> Result<bool, Unavailable> {
        match expected {
            None => {
                let set: Option<String> = self.ask(redis::cmd("SET").arg(key).arg(new).arg("NX")).await?;
                Ok(set.is_some())
            }
            Some(expected) => {
                let mut command = redis::cmd("EVAL");
                command.arg(SWAP_LUA).arg(1).arg(key).arg(expected).arg(new);
                let swapped: u8 = self.ask(&command).await?;
                Ok(swapped == 1)
            }
        }
    }

    /// What the guard would say, and what the store holds.
    pub(super) async fn check(
        &self,
        policy: &Policy,
        commit: &Commit,
    ) -> Result<(Outcome, Option<Vec<u8>>), Unavailable> {
        let held = self.get(&key(&commit.device)).await?;
        let outcome = attempt(policy, held.as_deref(), commit)?.outcome();
        Ok((outcome, held))
    }

    /// Commits a message, first from what the store held when it was checked.
    pub(super) async fn commit(
        &self,
        policy: &Policy,
        commit: &Commit,
        mut held: Option<Vec<u8>>,
        tally: &Tally,
    ) -> Result<Outcome, Unavailable> {
        let key = key(&commit.device);
        let mut retries = Retries::new();
        loop {
            {
                let attempt = attempt(policy, held.as_deref(), commit)?;
                let Some(swap) = attempt.swap() else {
                    return Ok(attempt.outcome());
                };
                if self.swap(&key, swap.expected, swap.new).await? {
                    return Ok(attempt.outcome());
                }
            }
            tally.retries.fetch_add(1, Ordering::Relaxed);
            if !retries.again() {
                return Err(Unavailable::Contended);
            }
            held = self.get(&key).await?;
        }
    }

    /// Shuts or opens the flow of a device.
    pub(super) async fn obey(&self, policy: &Policy, order: Order) -> Result<(), Unavailable> {
        let key = key(&order.device);
        let mut retries = Retries::new();
        loop {
            let held = self.get(&key).await?;
            let new = ordered(policy, held.as_deref(), order).ok_or(Unavailable::Damaged)?;
            if held.as_deref() == Some(&new) {
                return Ok(());
            }
            if self.swap(&key, held.as_deref(), &new).await? {
                return Ok(());
            }
            if !retries.again() {
                return Err(Unavailable::Contended);
            }
        }
    }
}

fn key(device: &DeviceKey) -> Vec<u8> {
    store_key(PREFIX, device)
}

fn attempt<'a>(policy: &Policy, held: Option<&'a [u8]>, commit: &Commit) -> Result<Attempt<'a>, Unavailable> {
    Attempt::new(policy, held, &commit.message, commit.now.0, None).map_err(|_| Unavailable::Damaged)
}

/// The record after an order, by a table of one device; `None` if what the store holds is none.
fn ordered(policy: &Policy, held: Option<&[u8]>, order: Order) -> Option<Vec<u8>> {
    let mut table = Table::new(policy.clone(), HashKey::new([0; 16]), 1).ok()?;
    if let Some(held) = held {
        table.restore(&order.device, held).ok()?;
    }
    if order.suspend {
        table.suspend(&order.device).ok()?;
    } else {
        table.resume(&order.device).ok()?;
    }
    table.record(&order.device).map(<[u8]>::to_vec)
}
