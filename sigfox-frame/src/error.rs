//! Why a frame was refused, and why something cannot be sent.

use crate::uplink::Class;

/// A refused frame: what is wrong, in which field and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} in `{field}` at byte {offset}")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct DecodeError {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Name of the field, as in the specification.
    pub field: &'static str,
    /// Byte offset from the start of the frame: of the preamble uplink, of the ECC downlink.
    pub offset: usize,
}

impl DecodeError {
    #[cold]
    pub(crate) const fn new(kind: ErrorKind, field: &'static str, offset: usize) -> Self {
        Self { kind, field, offset }
    }
}

/// What is wrong with a frame. The order of checks is that of spec §10.1 and §18; the first that fails names the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ErrorKind {
    /// The frame ends too early.
    #[error("{missing} more bytes needed")]
    Truncated {
        /// Bytes that are certainly missing.
        missing: usize,
    },
    /// No code of spec §3 is within the tolerance of this 13-bit word.
    #[error("unknown frame type {0:04X}")]
    FrameType(u16),
    /// Bytes are left over.
    #[error("{surplus} bytes too many")]
    Length {
        /// Bytes beyond the end.
        surplus: usize,
    },
    /// The CRC does not fit.
    #[error("wrong CRC")]
    Crc,
    /// A length indicator that no encoder produces for this class (spec §4).
    #[error("reserved length indicator {indicator} in class {class}")]
    Header {
        /// Class that the frame type tells.
        class: Class,
        /// LI, 1 to 3.
        indicator: u8,
    },
    /// The tag does not fit. Nothing more is told.
    #[error("not authentic")]
    Auth,
    /// Frames that cannot be of one message (spec §10.4).
    #[error("frames of more than one message")]
    Grouping,
}

impl ErrorKind {
    /// Stable machine name, as in the conformance suite.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Truncated { .. } => "truncated",
            Self::FrameType(_) => "frame-type",
            Self::Length { .. } => "length",
            Self::Crc => "crc",
            Self::Header { .. } => "header",
            Self::Auth => "auth",
            Self::Grouping => "grouping",
        }
    }
}

/// Something that cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} in `{field}`")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct EncodeError {
    /// What prevents it.
    pub kind: EncodeErrorKind,
    /// Name of the field, as in the specification.
    pub field: &'static str,
}

impl EncodeError {
    #[cold]
    pub(crate) const fn new(kind: EncodeErrorKind, field: &'static str) -> Self {
        Self { kind, field }
    }
}

/// Why something cannot be sent (spec §13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum EncodeErrorKind {
    /// A payload of this many bytes: 1 to 12 can be sent, 5 to 8 as a control record, exactly 8 downlink.
    #[error("payload of {0} bytes")]
    PayloadSize(usize),
    /// A counter that is not below the rollover (spec §11.1).
    #[error("counter {0} out of range")]
    MessageCounter(u16),
    /// Frames have the ranks 1 to 3.
    #[error("no frame of rank {0}")]
    FrameRank(u8),
    /// Not one of the six values of spec §11.1.
    #[error("no rollover {0}")]
    Rollover(u16),
    /// A control message never asks for a downlink (spec §4).
    #[error("control message that asks for a downlink")]
    Bidirectional,
    /// A signal strength outside −228 to +27 dBm (spec §6.1).
    #[error("signal strength of {0} dBm")]
    Rssi(i16),
}

impl EncodeErrorKind {
    /// Stable machine name, as in the conformance suite.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::PayloadSize(_) => "payload-size",
            Self::MessageCounter(_) => "message-counter",
            Self::FrameRank(_) => "frame-rank",
            Self::Rollover(_) => "rollover",
            Self::Bidirectional => "bidirectional",
            Self::Rssi(_) => "rssi",
        }
    }
}
