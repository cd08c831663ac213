//! Senders that prove themselves with a certificate in the TLS session that they send in (device-trust §B).
//!
//! The chain is judged by [`device_trust::certificate`]; here its result becomes the proof of what comes in that session, and the name
//! of the project that it goes to.

use alloc::string::String;

use device_trust::certificate::Device;

use crate::observation::DeviceId;
use crate::pipeline::{Ingest, Proof};

/// A device whose certificate was found good, and the project that the registry binds it to.
///
/// Made of a [`Device`] only, which only the checks of `device-trust` make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certified<'c> {
    device: DeviceId<'c>,
    project: String,
}

impl<'c> Certified<'c> {
    /// `device` is who the row of the registry that `proven` was bound by is about: the identity in the certificate need not be spelled
    /// like a serial number on the wire.
    #[must_use]
    pub fn new(device: DeviceId<'c>, proven: Device) -> Self {
        Self {
            device,
            project: proven.project,
        }
    }

    /// The device.
    #[must_use]
    pub const fn device(&self) -> &DeviceId<'c> {
        &self.device
    }

    /// Where its data goes. The registry decides that, never the message.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.project
    }
}

/// The message is from the device whose session it came in.
impl<M: Ingest> Proof<M> for Certified<'_> {
    fn proves(&self, message: &M) -> bool {
        // Serial numbers are no secret: an ordinary comparison does.
        message.device() == self.device
    }
}
