//! The way of a message as a row of types: no stage can be skipped or reordered, and the caller's own look-ups fit between.
//!
//! ```text
//! read(request)  →  Claim                     decoded, nothing trusted
//!   claim.authenticate(proof)  →  Authentic   from who it says
//!     authentic.admit(guard, now)  →  Admitted   may come in now
//!       admitted.observations()               store them durably under admitted.key()
//!       admitted.stored(now)  →  Reply        commits the guard, gives the answer
//!       admitted.not_stored() →  Reply        guard untouched; a device with a memory keeps the message
//! ```
//!
//! Store first, then commit the guard, then answer. A crash between any two steps loses nothing and stores nothing twice:
//! before the store the device was not answered; after it the key absorbs a repetition.

use alloc::vec::Vec;
use core::fmt;

use crate::guard::{Guard, Verdict};
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
    /// Its sequence number, if the family has one.
    fn sequence(&self) -> Option<u64>;
    /// Its identity: storing twice under the same key stores once.
    fn key(&self, arrival: &Arrival) -> MessageKey;
    /// What was observed.
    fn observations(&self, received: UnixMillis) -> impl Iterator<Item = Observation<'_>>;
    /// The answer when everything is stored.
    fn accepted(&self) -> Self::Reply;
    /// The answer when nothing is stored.
    fn not_stored(&self) -> Self::Reply;
    /// The answer when the guard said no: the same, unless the family has a word for it.
    fn not_admitted(&self, _: Verdict) -> Self::Reply {
        self.not_stored()
    }
    /// The answer to whoever is not who they say.
    fn not_authentic(&self) -> Self::Reply;
}

/// Something that tells whether a message is from who it says: a secret address, a certificate, a tag.
pub trait Proof<M> {
    /// Whether it is.
    fn proves(&self, message: &M) -> bool;
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

    /// Second stage: the message is from who it says.
    ///
    /// # Errors
    /// One [`Refusal`] without detail if it is not.
    pub fn authenticate(self, proof: &impl Proof<M>) -> Result<Authentic<M>, Refusal<M::Reply>> {
        if proof.proves(&self.message) {
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
    /// Third stage: suspension and subscription, and whatever else the guard knows.
    ///
    /// # Errors
    /// A [`Refusal`] with the verdict.
    pub fn admit<G: Guard>(self, guard: G, now: UnixMillis) -> Result<Admitted<M, G>, Refusal<M::Reply>> {
        match guard.check(&self.message.device(), self.message.sequence(), now) {
            Ok(ticket) => Ok(Admitted {
                message: self.message,
                arrival: self.arrival,
                guard,
                ticket,
            }),
            Err(verdict) => Err(Refusal {
                reason: RefusalReason::Verdict(verdict),
                reply: self.message.not_admitted(verdict),
            }),
        }
    }
}

/// A message to be stored.
#[derive(Debug)]
#[must_use = "store it, then say so"]
pub struct Admitted<M, G: Guard> {
    message: M,
    arrival: Arrival,
    guard: G,
    ticket: G::Ticket,
}

impl<M: Ingest, G: Guard> Admitted<M, G> {
    /// The message.
    pub const fn message(&self) -> &M {
        &self.message
    }

    /// The key to store it under.
    pub fn key(&self) -> MessageKey {
        self.message.key(&self.arrival)
    }

    /// The device.
    pub fn device(&self) -> DeviceId<'_> {
        self.message.device()
    }

    /// What was observed.
    pub fn observations(&self) -> impl Iterator<Item = Observation<'_>> {
        self.message.observations(self.arrival.time)
    }

    /// Last stage: everything is stored durably. Commits the guard; gives the answer.
    pub fn stored(self, now: UnixMillis) -> M::Reply {
        self.guard.commit(self.ticket, now);
        self.message.accepted()
    }

    /// Last stage: nothing is stored. The guard is untouched.
    pub fn not_stored(self) -> M::Reply {
        self.message.not_stored()
    }
}
