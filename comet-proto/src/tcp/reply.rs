//! What to tell the session.

use wifisensor_tcp::CallError;
use wifisensor_tcp::failure::FailureCode;
use wifisensor_tcp::server::Server;

/// What to tell the [`Server`] machine, which then answers the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "the device waits for it"]
#[non_exhaustive]
pub enum Reply {
    /// Nothing: the machine answers STATUS by itself.
    Proceed,
    /// All records below this number are durable: ACK (§7.1).
    Stored(u32),
    /// ERROR, and the end of the session (§9). The device keeps what was not acknowledged.
    Fail {
        /// Why.
        code: FailureCode,
        /// Come back after this many seconds; 0 for no wish.
        retry_s: u16,
    },
}

impl Reply {
    /// Seconds after which a device may try again when nothing could be stored.
    pub const RETRY_S: u16 = 60;

    /// Tells it.
    ///
    /// # Errors
    /// What the machine says to a call out of turn.
    pub fn give(self, server: &mut Server) -> Result<(), CallError> {
        match self {
            Self::Proceed => Ok(()),
            Self::Stored(end) => server.stored(end),
            Self::Fail { code, retry_s } => server.fail(code, retry_s),
        }
    }

    pub(super) const fn not_stored() -> Self {
        Self::Fail {
            code: FailureCode::Storage,
            retry_s: Self::RETRY_S,
        }
    }

    /// Suspended or expired: come back later, which is what BUSY says.
    pub(super) const fn not_admitted() -> Self {
        Self::Fail {
            code: FailureCode::Busy,
            retry_s: 0,
        }
    }

    pub(super) const fn not_authentic() -> Self {
        Self::Fail {
            code: FailureCode::Auth,
            retry_s: 0,
        }
    }
}
