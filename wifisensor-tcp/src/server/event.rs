//! What a server session tells its caller, and what it is told.

use crate::config::ConfigBody;
use crate::handshake::{DeviceId, Versions};
use crate::keys::Secret;
use crate::result::ResultCode;
use crate::rotate::Rotate;
use crate::samples::{Record, Samples};
use crate::session::End;
use crate::status::{LogId, SampleSpan, Status};
use crate::time::{MIN_SESSION_LIMIT, Millis, SESSION_LIMIT};

/// What a server decides for all its sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    pub(super) versions: Versions,
    pub(super) session_limit: Millis,
}

impl Options {
    /// Version 1, sessions of at most 300 s.
    #[must_use]
    pub fn new() -> Self {
        Self {
            versions: Versions::default(),
            session_limit: SESSION_LIMIT,
        }
    }

    /// Other versions to choose from. Only version 1 is ever spoken: a choice that falls on another is refused with VERSION.
    #[must_use]
    pub const fn with_versions(mut self, versions: Versions) -> Self {
        self.versions = versions;
        self
    }

    /// Another limit for the whole session, 60 to 300 s; what lies outside is moved to the nearer end.
    #[must_use]
    pub fn with_session_limit(mut self, limit: Millis) -> Self {
        self.session_limit = limit.clamp(MIN_SESSION_LIMIT, SESSION_LIMIT);
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

/// Who a HELLO claims to come from: the answer to [`Event::Hello`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Identity<'a> {
    /// The secret with this number of this device.
    Known(&'a Secret),
    /// No such device, or no such secret. What is sent, and the work for it, are those of a wrong tag.
    Unknown,
    /// Come back later.
    Busy,
}

/// Where the log of a device stands: kept by the server, changed only together with the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "what spec §6.3 has the server keep")]
pub struct Log {
    /// The device's current log.
    pub log_id: LogId,
    /// All samples of it with lower numbers are stored, or were lost at the device.
    pub stored: u32,
}

/// What the server keeps of a device: the answer to [`Event::Status`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Account<'a> {
    pub(super) log: Option<Log>,
    pub(super) config: Option<&'a ConfigBody>,
    pub(super) rotate: Option<&'a Rotate>,
}

impl<'a> Account<'a> {
    /// Of a device with this log; `None` if it never had a session.
    #[must_use]
    pub const fn new(log: Option<Log>) -> Self {
        Self {
            log,
            config: None,
            rotate: None,
        }
    }

    /// The configuration that is wanted. It is sent if the device has another version. Leave it out if the device refused it
    /// with 1 or 2 (spec §8.3).
    #[must_use]
    pub const fn with_config(mut self, config: Option<&'a ConfigBody>) -> Self {
        self.config = config;
        self
    }

    /// A key change under way. Number, nonce and new secret must be durable before (spec §8.2). It is sent in every session
    /// that uses another secret.
    #[must_use]
    pub const fn with_rotate(mut self, rotate: Option<&'a Rotate>) -> Self {
        self.rotate = rotate;
        self
    }
}

/// What came of a STATUS (spec §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Opened {
    /// The log as it stands now.
    pub log: Log,
    /// The log is new. Keep it with the first samples at the latest.
    pub new_log: bool,
    /// Samples that were overwritten at the device before they were uploaded; usually empty.
    pub lost: SampleSpan,
    /// The session uses the secret of the key change: erase the other one, the key change is over (spec §8.2).
    pub rotated: bool,
}

/// What a RESULT answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Task {
    /// The configuration with this version.
    Config(u32),
    /// The change to the secret with this number.
    Rotate(u8),
}

/// The records of one SAMPLES frame that are not known yet.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    pub(super) samples: Samples<'a>,
    pub(super) log_id: LogId,
    pub(super) known: usize,
    pub(super) end: u32,
}

impl<'a> Batch<'a> {
    /// With the number it names a record for ever: the key under which to store it.
    #[must_use]
    pub const fn log_id(&self) -> LogId {
        self.log_id
    }

    /// The records to store, ascending, without those that are known. Empty if all are.
    pub fn records(&self) -> impl Iterator<Item = Record> + use<'a> {
        self.samples.records().skip(self.known)
    }

    /// All that came, known records included; channels, clock basis.
    #[must_use]
    pub const fn samples(&self) -> &Samples<'a> {
        &self.samples
    }

    /// What to say to [`Server::stored`](super::Server::stored) once the records are durable.
    #[must_use]
    pub const fn end(&self) -> u32 {
        self.end
    }
}

/// What happened in a server session.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A HELLO came, nothing proven. Look the secret up and call [`Server::identify`](super::Server::identify).
    Hello {
        /// Who it claims to be.
        device_id: DeviceId,
        /// Number of the secret it uses.
        key_id: u8,
    },
    /// A good STATUS: the device is proven. End another open session of this device, if there is one, and only then read its
    /// account and call [`Server::open`](super::Server::open).
    Status(Status),
    /// The account fits the STATUS. The ACK goes out after this.
    Opened(Opened),
    /// Samples. Store the records, and when they are durable call [`Server::stored`](super::Server::stored) with
    /// [`Batch::end`]. More batches may be taken before. Nothing is acknowledged without that call.
    Samples(Batch<'a>),
    /// The device's answer to CONFIG or ROTATE.
    Result {
        /// What it answers.
        task: Task,
        /// The answer.
        code: ResultCode,
    },
    /// The session is over, nothing more comes. Send what was polled before, shut the sending side down, and read for at
    /// most [`LINGER_LIMIT`](crate::time::LINGER_LIMIT) until the device closes (spec §9).
    Ended(End),
}
