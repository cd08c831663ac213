//! What both machines have in common: what `poll` gives, and how a session ends.

use core::fmt;

use crate::failure::Failure;
use crate::time::Millis;

/// What the caller has to do next.
#[derive(Debug)]
#[must_use]
#[non_exhaustive]
pub enum Output<'a, E> {
    /// Send these octets to the other side, all of them.
    Transmit(&'a [u8]),
    /// Something happened; what to do is said at the event.
    Event(E),
    /// Nothing more now. Feed input, or call `handle_timeout` at this time; `None`: the session is over.
    Wait(Option<Millis>),
}

/// How a session ended (spec §9, §11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum End {
    /// With the server's CLOSE, the final acknowledgement.
    Done,
    /// Without it. What was acknowledged is safe, the rest is sent again.
    Incomplete(Cut),
    /// This side found something wrong. With session keys it said so, without it said nothing or what
    /// [spec §6.1](crate::server) allows.
    Failed(Failure),
    /// The other side sent ERROR.
    Peer {
        /// What it said.
        failure: Failure,
        /// Whether a tag proves it. Without, it is a hint for the log and nothing else (spec §6.2).
        authentic: bool,
    },
}

/// What cut a session short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Cut {
    /// The connection ended.
    Connection,
    /// [`HANDSHAKE_LIMIT`](crate::time::HANDSHAKE_LIMIT).
    Handshake,
    /// [`IDLE_LIMIT`](crate::time::IDLE_LIMIT).
    Idle,
    /// [`CLOSE_LIMIT`](crate::time::CLOSE_LIMIT).
    Close,
    /// [`SESSION_LIMIT`](crate::time::SESSION_LIMIT), or what the server set.
    Session,
    /// The caller gave it up: a newer session of the device was proven, or the program ends.
    Abandoned,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Incomplete(cut) => write!(f, "incomplete ({cut})"),
            Self::Failed(failure) => write!(f, "failed: {}", failure.code),
            Self::Peer {
                failure,
                authentic: true,
            } => write!(f, "the other side failed: {}", failure.code),
            Self::Peer { failure, .. } => write!(f, "perhaps refused: {}", failure.code),
        }
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection => "connection ended",
            Self::Handshake => "handshake took too long",
            Self::Idle => "silence",
            Self::Close => "no answer to CLOSE",
            Self::Session => "session took too long",
            Self::Abandoned => "given up",
        })
    }
}
