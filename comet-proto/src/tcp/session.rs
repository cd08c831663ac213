//! A proven session.

use alloc::string::String;

use wifisensor_tcp::handshake::DeviceId as WireId;
use wifisensor_tcp::status::{LogId, Status};

use super::clock::Clock;
use super::health::Health;
use super::samples::Upload;
use crate::observation::{DeviceId, Family};
use crate::pipeline::Proof;
use crate::time::UnixMillis;

/// What is known of a session once its STATUS is proven: made from `Event::Status`, which the machine gives only after the
/// tag of STATUS was good (§6.3). It proves what comes in that session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    device: WireId,
    serial: String,
    status: Status,
    received: UnixMillis,
}

impl Session {
    /// The session in which `device` said HELLO, and whose STATUS arrived at `received`.
    #[must_use]
    pub fn new(device: WireId, status: Status, received: UnixMillis) -> Self {
        Self {
            device,
            serial: super::serial(device),
            status,
            received,
        }
    }

    /// The device in the model.
    #[must_use]
    pub fn device(&self) -> DeviceId<'_> {
        DeviceId::new(Family::Tcp, self.serial.as_str())
    }

    /// The device on the wire.
    #[must_use]
    pub const fn wire_id(&self) -> WireId {
        self.device
    }

    /// STATUS as it came.
    #[must_use]
    pub const fn status(&self) -> &Status {
        &self.status
    }

    /// The log that this session is about.
    #[must_use]
    pub const fn log_id(&self) -> LogId {
        self.status.log_id
    }

    /// When STATUS arrived.
    #[must_use]
    pub const fn received(&self) -> UnixMillis {
        self.received
    }

    /// What times of this session mean.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        Clock::new(&self.status, self.received)
    }
}

/// The frame came in this session: from its device, about its log.
impl Proof<Upload<'_>> for Session {
    fn proves(&self, upload: &Upload<'_>) -> bool {
        // Neither is a secret: an ordinary comparison does.
        upload.wire_id() == self.device && upload.log_id() == self.log_id()
    }
}

impl Proof<Health<'_>> for Session {
    fn proves(&self, health: &Health<'_>) -> bool {
        health.session() == self
    }
}
