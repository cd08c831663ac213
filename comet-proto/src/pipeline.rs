//! The way of a message as a row of types: no stage can be skipped or reordered, and the caller's own look-ups fit between.
//!
//! ```text
//! read(request)  →  Claim                         decoded, nothing trusted
//!   claim.authenticate(proof)  →  Authentic       from who it says
//!     authentic.inquiry(…)                        what to ask the guard: check
//!     authentic.admit(policy, checked)  →  Admitted   may come in now
//!       admitted.storage(), .observations()       store durably under admitted.key(), if it is not there yet
//!       admitted.stored(committed)  →  Settled    after the guard is committed: the answer, and whether the rows stay
//!       admitted.not_stored()  →  Reply           guard untouched; a device with a memory keeps the message
//! ```
//!
//! Check the guard, store, commit the guard, then answer. A crash between any two steps loses nothing and stores nothing
//! twice: before the store the device was not answered; after it the key absorbs a repetition. The guard is the caller's: a
//! table in memory with a journal, or a store that several nodes share (`replay_guard::distribution`). It is handed in as its
//! outcomes, so that it may do input and output and this crate does none.

use alloc::vec::Vec;
use core::fmt;

use replay_guard::{HashKey, Message, Outcome, Policy, Verdict};

use crate::guard::{Inquiry, Storage, acknowledged, device_key};
use crate::observation::{DeviceId, Observation};
#[cfg(doc)]
use crate::reply::Reply;
use crate::reply::{Refusal, RefusalReason};
use crate::time::{Arrival, UnixMillis};

/// What the pipeline asks of a message of any family.
pub trait Ingest {
    /// What the family answers with: [`Reply`] over HTTP, something else over a protocol of its own.
    type Reply;
    /// Who the message says it is from.
    fn device(&self) -> DeviceId<'_>;
    /// What the guard gets to see of it: number, time, digest, alarm, as far as the family has them.
    fn evidence(&self, digest: &HashKey, arrival: &Arrival) -> Message;
    /// Its identity: storing twice under the same key stores once.
    fn key(&self, arrival: &Arrival) -> MessageKey;
    /// The same once the guard has extended a counter that wraps to one that does not. For families without such a counter it is
    /// [`key`](Self::key).
    fn extended_key(&self, arrival: &Arrival, _number: Option<u64>) -> MessageKey {
        self.key(arrival)
    }
    /// What was observed.
    fn observations(&self, received: UnixMillis) -> impl Iterator<Item = Observation<'_>>;
    /// The answer when everything is stored.
    fn accepted(&self) -> Self::Reply;
    /// The answer when nothing is stored.
    fn not_stored(&self) -> Self::Reply;
    /// The answer to a verdict that stores no rows: as that of a message that was stored if the verdict acknowledges, else as
    /// that of one that was not; unless the family has a word for it.
    fn not_admitted(&self, verdict: &Verdict) -> Self::Reply {
        if acknowledged(verdict) {
            self.accepted()
        } else {
            self.not_stored()
        }
    }
    /// The answer to whoever is not who they say.
    fn not_authentic(&self) -> Self::Reply;
}

/// Something that tells whether a message is from who it says: a secret address, a certificate, a tag.
pub trait Proof<M> {
    /// Whether it is.
    fn proves(&self, message: &M) -> bool;
    /// Adds to a proven message what is known of its device and not in the message. Nothing by default.
    fn inform(&self, _message: &mut M) {}
}

/// Identity of a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageKey(Vec<u8>);

impl MessageKey {
    /// For families whose messages have no identity of their own: 24 octets, the time of arrival in milliseconds,
    /// big-endian, and the nonce.
    #[must_use]
    pub fn of_arrival(arrival: &Arrival) -> Self {
        Self([&arrival.time.0.to_be_bytes()[..], &arrival.nonce].concat())
    }

    /// An identity that the message carries.
    #[must_use]
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The octets to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Who says they are what.
#[derive(Debug)]
pub struct Claim<M> {
    message: M,
    arrival: Arrival,
}

impl<M: Ingest> Claim<M> {
    /// First stage: a decoded message. The families here have a `read` that makes it; a family of your own needs no more
    /// than [`Ingest`].
    #[must_use]
    pub const fn new(message: M, arrival: Arrival) -> Self {
        Self { message, arrival }
    }

    /// The message as claimed.
    #[must_use]
    pub const fn message(&self) -> &M {
        &self.message
    }

    /// For families that keep what they cannot ascribe to a device.
    #[cfg(feature = "sigfox")]
    pub(crate) fn into_parts(self) -> (M, Arrival) {
        (self.message, self.arrival)
    }

    /// Second stage: the message is from who it says.
    ///
    /// # Errors
    /// One [`Refusal`] without detail if it is not.
    pub fn authenticate(mut self, proof: &impl Proof<M>) -> Result<Authentic<M>, Refusal<M::Reply>> {
        if proof.proves(&self.message) {
            proof.inform(&mut self.message);
            Ok(Authentic {
                message: self.message,
                arrival: self.arrival,
            })
        } else {
            Err(Refusal {
                reason: RefusalReason::NotAuthentic,
                reply: self.message.not_authentic(),
            })
        }
    }
}

/// A message from who it says.
#[derive(Debug)]
pub struct Authentic<M> {
    message: M,
    arrival: Arrival,
}

impl<M: Ingest> Authentic<M> {
    /// The device.
    pub fn device(&self) -> DeviceId<'_> {
        self.message.device()
    }

    /// What to ask the guard. `digest` is secret, and the same on all nodes that share a guard; `paid_until` is the end of the
    /// subscription, from the caller's own records.
    pub fn inquiry(&self, digest: &HashKey, paid_until: Option<UnixMillis>) -> Inquiry {
        let message = self.message.evidence(digest, &self.arrival);
        let message = message.with_paid_until(paid_until.map(|end| end.0));
        Inquiry::new(device_key(&self.message.device()), message)
    }

    /// Third stage, if the guard cannot be asked: a device with a memory keeps the message.
    pub fn not_judged(self) -> M::Reply {
        self.message.not_stored()
    }

    /// Third stage: what the guard says to the [inquiry](Self::inquiry). Its `check` decides for messages that are to be stored.
    /// For all others commit the guard first and hand in that outcome: it counts strikes there.
    ///
    /// # Errors
    /// A [`Refusal`] with the verdict if nothing is to be stored. Its answer may acknowledge: a duplicate without a key.
    pub fn admit(self, policy: &Policy, outcome: &Outcome) -> Result<Admitted<M>, Refusal<M::Reply>> {
        let storage = Storage::of(&outcome.verdict, policy);
        if storage == Storage::Nothing {
            return Err(Refusal {
                reason: RefusalReason::Verdict(outcome.verdict),
                reply: self.message.not_admitted(&outcome.verdict),
            });
        }
        Ok(Admitted {
            message: self.message,
            arrival: self.arrival,
            storage,
            verdict: outcome.verdict,
        })
    }
}

/// A message to be stored.
#[derive(Debug)]
#[must_use = "store it, then say so"]
pub struct Admitted<M> {
    message: M,
    arrival: Arrival,
    storage: Storage,
    /// What it was admitted by.
    verdict: Verdict,
}

/// The end of a message that was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "holds the answer"]
#[non_exhaustive]
pub struct Settled<R> {
    /// What to answer.
    pub reply: R,
    /// Whether what was stored stays. If not, withdraw it before the answer, unless it was there before.
    pub keep: bool,
}

impl<M: Ingest> Admitted<M> {
    /// The message.
    pub const fn message(&self) -> &M {
        &self.message
    }

    /// What to store: never [`Storage::Nothing`].
    pub const fn storage(&self) -> Storage {
        self.storage
    }

    /// The key to store it under.
    pub fn key(&self) -> MessageKey {
        self.message.extended_key(&self.arrival, self.verdict.ext())
    }

    /// What it was admitted by. The guard may say something else when it is committed.
    pub const fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// The device.
    pub fn device(&self) -> DeviceId<'_> {
        self.message.device()
    }

    /// What was observed.
    pub fn observations(&self) -> impl Iterator<Item = Observation<'_>> {
        self.message.observations(self.arrival.time)
    }

    /// Last stage: all that [`storage`](Self::storage) asks for is durable, and the guard is committed. Its verdict counts: of two
    /// messages that were both checked as new, it may have taken the other one.
    pub fn stored(self, policy: &Policy, committed: &Outcome) -> Settled<M::Reply> {
        let verdict = &committed.verdict;
        let reply = match (Storage::of(verdict, policy), self.storage) {
            (Storage::Rows, Storage::Rows) => self.message.accepted(),
            (Storage::Raw, Storage::Raw) => self.message.not_admitted(verdict),
            // A duplicate without a key: its first copy is stored.
            (Storage::Nothing, _) => {
                let reply = self.message.not_admitted(verdict);
                return Settled { reply, keep: false };
            }
            // What is stored is not what the verdict asks for: when the message comes again, it will be.
            _ => {
                let reply = self.message.not_stored();
                return Settled { reply, keep: false };
            }
        };
        Settled { reply, keep: true }
    }

    /// Last stage: nothing is stored. The guard is untouched.
    pub fn not_stored(self) -> M::Reply {
        self.message.not_stored()
    }
}
