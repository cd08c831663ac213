//! Bodies that can never be read.

use soap_websensor::entry::EntryToken;

#[cfg(feature = "certificate")]
use super::family;
use super::{Request, accepted, not_authentic, refused};
use crate::entry::Credentials;
use crate::pipeline::{MessageKey, Proof};
use crate::reply::{Refusal, Reply};

/// A body that can never be read. If it comes from a registered device, keep it and confirm it.
#[derive(Debug)]
pub struct Unreadable<'a> {
    pub(super) error: comet_json::DecodeError,
    pub(super) entry: Option<EntryToken>,
    pub(super) request: Request<'a>,
}

impl<'a> Unreadable<'a> {
    /// Why it cannot be read.
    #[must_use]
    pub const fn error(&self) -> comet_json::DecodeError {
        self.error
    }

    /// It came to the entry point of a registered device, or in its session. Who it says it is from cannot be read.
    ///
    /// # Errors
    /// One [`Refusal`] without detail if it did not.
    pub fn authenticate(self, proof: &impl Proof<Self>) -> Result<Quarantine<'a>, Refusal> {
        if proof.proves(&self) {
            Ok(Quarantine {
                error: self.error,
                request: self.request,
            })
        } else {
            Err(not_authentic())
        }
    }
}

impl Proof<Unreadable<'_>> for Credentials<'_> {
    fn proves(&self, unreadable: &Unreadable<'_>) -> bool {
        self.opens(unreadable.entry.as_ref())
    }
}

/// A session has one device: all that came in it, as a message of its family, is from there.
#[cfg(feature = "certificate")]
impl Proof<Unreadable<'_>> for crate::Certified<'_> {
    fn proves(&self, unreadable: &Unreadable<'_>) -> bool {
        self.device().family == family(unreadable.request.message_type)
    }
}

/// A body to be kept as it is.
#[derive(Debug)]
#[must_use = "store it, then say so"]
pub struct Quarantine<'a> {
    error: comet_json::DecodeError,
    request: Request<'a>,
}

impl<'a> Quarantine<'a> {
    /// Why it cannot be read.
    #[must_use]
    pub const fn error(&self) -> comet_json::DecodeError {
        self.error
    }

    /// The body.
    #[must_use]
    pub const fn body(&self) -> &'a [u8] {
        self.request.body
    }

    /// The key to store it under: that of its arrival.
    #[must_use]
    pub fn key(&self) -> MessageKey {
        MessageKey::of_arrival(&self.request.arrival)
    }

    /// It is kept: the device may forget it.
    pub fn stored(self) -> Reply {
        accepted(self.request.message_type)
    }

    /// It is not kept: the device sends it again.
    pub fn not_stored(self) -> Reply {
        refused(self.request.message_type)
    }
}
