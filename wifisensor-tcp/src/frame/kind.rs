//! Type of a frame.

use super::Direction;

/// Type of a frame, byte 1 (spec §3). Bit 7 is the direction, bit 6 says that a receiver may skip what it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub enum FrameType {
    /// `01`, from the device: versions, device, key, nonce.
    Hello,
    /// `02`, from the device: its log and its condition.
    Status,
    /// `03`, from the device: samples.
    Samples,
    /// `04`, from the device: answer to CONFIG or ROTATE.
    Result,
    /// `0E`, from the device: no more samples in this session.
    DeviceClose,
    /// `0F`, from the device: the session failed.
    DeviceError,
    /// `81`, from the server: version, time, nonce.
    Challenge,
    /// `83`, from the server: stored up to here.
    Ack,
    /// `84`, from the server: a whole configuration.
    Config,
    /// `85`, from the server: a new secret.
    Rotate,
    /// `8E`, from the server: last acknowledgement.
    ServerClose,
    /// `8F`, from the server: the session failed.
    ServerError,
    /// Any other.
    Unknown(u8),
}

impl FrameType {
    /// The direction that the type belongs to.
    #[must_use]
    pub fn direction(self) -> Direction {
        Direction::of(u8::from(self))
    }

    /// Bit 6: a receiver that does not know the type ignores the frame (spec §10).
    #[must_use]
    pub fn may_be_skipped(self) -> bool {
        u8::from(self) & 0x40 != 0
    }

    /// Name in the specification; `None` for an unknown type.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Hello => "HELLO",
            Self::Status => "STATUS",
            Self::Samples => "SAMPLES",
            Self::Result => "RESULT",
            Self::DeviceClose | Self::ServerClose => "CLOSE",
            Self::DeviceError | Self::ServerError => "ERROR",
            Self::Challenge => "CHALLENGE",
            Self::Ack => "ACK",
            Self::Config => "CONFIG",
            Self::Rotate => "ROTATE",
            Self::Unknown(_) => return None,
        })
    }
}

impl From<u8> for FrameType {
    fn from(byte: u8) -> Self {
        match byte {
            0x01 => Self::Hello,
            0x02 => Self::Status,
            0x03 => Self::Samples,
            0x04 => Self::Result,
            0x0E => Self::DeviceClose,
            0x0F => Self::DeviceError,
            0x81 => Self::Challenge,
            0x83 => Self::Ack,
            0x84 => Self::Config,
            0x85 => Self::Rotate,
            0x8E => Self::ServerClose,
            0x8F => Self::ServerError,
            other => Self::Unknown(other),
        }
    }
}

impl From<FrameType> for u8 {
    fn from(kind: FrameType) -> Self {
        match kind {
            FrameType::Hello => 0x01,
            FrameType::Status => 0x02,
            FrameType::Samples => 0x03,
            FrameType::Result => 0x04,
            FrameType::DeviceClose => 0x0E,
            FrameType::DeviceError => 0x0F,
            FrameType::Challenge => 0x81,
            FrameType::Ack => 0x83,
            FrameType::Config => 0x84,
            FrameType::Rotate => 0x85,
            FrameType::ServerClose => 0x8E,
            FrameType::ServerError => 0x8F,
            FrameType::Unknown(other) => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_bytes_are_inverse() {
        for byte in 0..=u8::MAX {
            let kind = FrameType::from(byte);
            assert_eq!(u8::from(kind), byte);
            assert_eq!(kind.may_be_skipped(), byte & 0x40 != 0);
            assert_eq!(kind.direction() == Direction::FromServer, byte >= 0x80);
        }
        assert_eq!(FrameType::from(0x8E).name(), Some("CLOSE"));
        assert_eq!(FrameType::from(0x55).name(), None);
    }
}
