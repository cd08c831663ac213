//! Records of devices that nobody registered (C R4).

use alloc::string::String;

use super::archive::Archive;
use super::callback::Callback;
use super::reply::Reply;
use crate::pipeline::{Claim, MessageKey};

/// A record to be kept as it is, and confirmed: a refusal would only be answered by three repeats.
#[derive(Debug)]
#[must_use = "store it, then say so"]
pub struct Stranger<'a>(Callback<'a>);

impl<'a> From<Claim<Callback<'a>>> for Stranger<'a> {
    fn from(claim: Claim<Callback<'a>>) -> Self {
        let (callback, _) = claim.into_parts();
        Self(callback)
    }
}

impl Stranger<'_> {
    /// Serial number that it names; empty if it names none.
    #[must_use]
    pub fn serial(&self) -> String {
        self.0
            .device
            .map(|device| super::serial(device.number()))
            .unwrap_or_default()
    }

    /// What to keep of it: once the device is registered, it is read from there.
    #[must_use]
    pub fn archive(&self) -> Archive {
        Archive::of(&self.0)
    }

    /// The key to store it under: that of the record.
    #[must_use]
    pub fn key(&self) -> MessageKey {
        self.0.message_key()
    }

    /// It is kept.
    pub fn stored(self) -> Reply {
        Reply::Taken
    }

    /// It is not kept: the network tries again.
    pub fn not_stored(self) -> Reply {
        Reply::NOT_STORED
    }
}
