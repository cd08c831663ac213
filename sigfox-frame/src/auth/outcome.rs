//! What a tag proved, as types.

use core::ops::Deref;

use crate::sequence::Discipline;
use crate::transform::Transform;
use crate::uplink::{Message, Uplink};

/// Sent by who holds the key of the device, if ever: the tag says nothing of when (spec §11.4). Only the `verify` functions make
/// one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Authentic<T>(T);

impl<T> Authentic<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(value)
    }

    /// What was sent, without the proof.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Authentic<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl Authentic<Uplink> {
    /// What was sent.
    #[must_use]
    pub const fn uplink(&self) -> &Uplink {
        &self.0
    }

    /// Asks a guard whether the message is new: [`Track`](crate::sequence::Track) for one device, or a guard of many. Only
    /// authentic messages can be put to it (spec §11.3).
    pub fn admit<D: Discipline>(&self, guard: &mut D) -> D::Verdict {
        guard.admit(self.0.message.ep_id, self.0.message.counter)
    }

    /// Undoes a transformation of the payload (spec §12). `epoch` counts the rollovers of MC.
    ///
    /// # Errors
    /// Those of the transformation.
    pub fn opened<T: Transform>(&self, transform: &mut T, epoch: u32) -> Result<Message, T::Error> {
        self.0.message.opened(transform, epoch)
    }
}

/// The tag is that of the public key: not authentic in any sense (spec §7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PublicKeyed<T>(T);

impl<T> PublicKeyed<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(value)
    }

    /// What was sent.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for PublicKeyed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Which key fitted, where the policy allows both (spec §7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there are two keys")]
pub enum Verified<T> {
    /// The key of the device.
    Device(Authentic<T>),
    /// The public key.
    Public(PublicKeyed<T>),
}

impl<T> Verified<T> {
    /// What was sent, whoever sent it.
    #[must_use]
    pub fn unproved(&self) -> &T {
        match self {
            Self::Device(authentic) => authentic,
            Self::Public(public) => public,
        }
    }
}
