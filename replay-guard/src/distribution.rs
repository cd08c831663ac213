//! Several nodes on one store with compare-and-swap (§11): keys, octets and the rule of retries; the decision stays here.
//!
//! The store holds key → octets of the record, nothing more, without expiry and with "refuse writes" when it is full. One message:
//!
//! ```text
//! old = GET key                                      no record: None
//! Attempt::new(policy, old, message, now, ticket)    outcome, and the swap if the record changes
//! fresh, late, duplicate: write the data row, if absent, under its idempotence key
//! swap: CAS(key, expected, new)                      not swapped: Retries::again, then from GET
//! release the effects                                the row of a message that ended as neither of the three is withdrawn
//! ```
//!
//! ```
//! use replay_guard::distribution::{Attempt, Retries, store_key};
//! use replay_guard::{Config, Counter, DeviceKey, Message, Policy};
//! use std::collections::HashMap;
//!
//! let counter = Counter::Sliding { window: 64, hold: 30_000, reserve: 0 };
//! let policy = Policy::new(Config::new(counter)).unwrap();
//! let mut store: HashMap<Vec<u8>, Vec<u8>> = HashMap::new(); // stands for Valkey, Redis, …
//! let key = store_key(b"guard:", &DeviceKey::new([7; 16]));
//! let message = Message::numbered(1);
//! let mut retries = Retries::new();
//! let outcome = loop {
//!     let old = store.get(&key).cloned();
//!     let attempt = Attempt::new(&policy, old.as_deref(), &message, 1_790_000_000_000, None).unwrap();
//!     let Some(swap) = attempt.swap() else { break attempt.outcome() };
//!     // In earnest one command of the store, and another node may have been faster.
//!     if store.get(&key).map(Vec::as_slice) == swap.expected {
//!         store.insert(key.clone(), swap.new.to_vec());
//!         break attempt.outcome();
//!     }
//!     if !retries.again() { panic!("503") }
//! };
//! assert_eq!(outcome.verdict.code(), "fresh");
//! ```

use alloc::vec::Vec;

use crate::key::DeviceKey;
use crate::message::Message;
use crate::policy::Policy;
use crate::record::{Record, RestoreError, validate};
use crate::step::{Step, step_octets};
use crate::verdict::Outcome;

/// The swap as a script for Valkey and Redis: `KEYS[1]` the key, `ARGV[1]` the expected octets, `ARGV[2]` the new ones; 1 if
/// swapped. Where no record is expected, `SET key new NX` does it.
pub const SWAP_LUA: &str =
    "if redis.call('GET',KEYS[1]) == ARGV[1] then redis.call('SET',KEYS[1],ARGV[2]) return 1 end return 0";

/// Attempts in all before a message is refused with 503.
pub const MAX_ATTEMPTS: u32 = 8;

/// The key of a device in the store: a prefix, then the 16 octets.
#[must_use]
pub fn store_key(prefix: &[u8], device: &DeviceKey) -> Vec<u8> {
    [prefix, device.as_bytes()].concat()
}

/// One decision on what the store held.
#[derive(Debug)]
pub struct Attempt<'a> {
    expected: Option<&'a [u8]>,
    step: Step,
}

/// What the store shall do in one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Swap<'a> {
    /// What has to be there still; `None`: nothing.
    pub expected: Option<&'a [u8]>,
    /// What shall be there.
    pub new: &'a [u8],
}

impl<'a> Attempt<'a> {
    /// Decides on an authenticated message by what the store holds for its device.
    ///
    /// # Errors
    /// If that is no record under the policy. It must not be overwritten then.
    pub fn new(
        policy: &Policy,
        stored: Option<&'a [u8]>,
        message: &Message,
        now: u64,
        ticket: Option<u64>,
    ) -> Result<Self, RestoreError> {
        stored.map(|octets| validate(policy, octets)).transpose()?;
        Ok(Self {
            expected: stored,
            step: step_octets(policy, stored, message, now, ticket),
        })
    }

    /// What shall be done with the message, once the swap has been made or if there is none.
    pub const fn outcome(&self) -> Outcome {
        self.step.outcome
    }

    /// The swap; `None` if the record stays as it is.
    #[must_use]
    pub fn swap(&self) -> Option<Swap<'_>> {
        let new = self.step.record.as_ref()?.as_bytes();
        Some(Swap {
            expected: self.expected,
            new,
        })
    }

    /// The new record; `None` if it stays as it is.
    #[must_use]
    pub fn into_record(self) -> Option<Record> {
        self.step.record
    }
}

/// Counts the attempts for one message.
#[derive(Debug, PartialEq, Eq)]
#[expect(
    missing_copy_implementations,
    reason = "two copies would allow twice the attempts"
)]
pub struct Retries {
    left: u32,
}

impl Retries {
    /// For one message.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            left: MAX_ATTEMPTS - 1,
        }
    }

    /// A swap was not made: whether to start again from the store. If not, the answer is 503.
    #[must_use]
    pub const fn again(&mut self) -> bool {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

impl Default for Retries {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Retries;

    #[test]
    fn a_message_is_tried_eight_times() {
        let mut retries = Retries::new();
        let mut attempts = 1;
        while retries.again() {
            attempts += 1;
        }
        assert_eq!(attempts, 8);
        assert!(!retries.again());
    }
}
