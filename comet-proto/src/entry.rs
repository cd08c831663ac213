//! Senders that prove themselves by the secret address they send to.

use soap_websensor::entry::{EntryHash, EntryKey, EntryPoint, EntryToken};

use crate::observation::DeviceId;
use crate::pipeline::{Ingest, Proof};

/// A message that came to a secret address.
pub trait Addressed {
    /// The secret part of the address; `None` if what came in cannot be one.
    fn entry(&self) -> Option<&EntryToken>;
}

/// What is known of a registered device.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Credentials<'c> {
    /// The device: an entry point is for one.
    pub device: DeviceId<'c>,
    /// Its entry point.
    pub entry: EntryPoint,
    /// The key that entry points are hashed with.
    pub key: &'c EntryKey,
}

impl<'c> Credentials<'c> {
    /// The credentials of one device.
    #[must_use]
    pub const fn new(device: DeviceId<'c>, entry: EntryPoint, key: &'c EntryKey) -> Self {
        Self { device, entry, key }
    }

    /// Whether the token opens this entry point. In constant time.
    #[must_use]
    pub fn opens(&self, token: Option<&EntryToken>) -> bool {
        let right = |hash: EntryHash| self.entry.matches(&hash);
        token.is_some_and(|token| right(self.key.hash(token)))
    }
}

/// The entry point is that of a registered device, and the device is the one registered.
impl<M: Ingest + Addressed> Proof<M> for Credentials<'_> {
    fn proves(&self, message: &M) -> bool {
        // Serial numbers are no secret: an ordinary comparison does.
        self.opens(message.entry()) && message.device() == self.device
    }
}
