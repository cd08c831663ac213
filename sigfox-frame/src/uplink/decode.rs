//! Frame in, message out (spec §10.1).

use super::content::Content;
use super::{FrameType, HEAD_LEN, Message, Rank, Tolerance};
use crate::EpId;
use crate::auth::{Authentic, DeviceKey, MacKey, PublicKey, PublicKeyed, Verified};
use crate::error::{DecodeError, ErrorKind};

/// What the first four bytes of a frame tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Head {
    /// Class and rank.
    pub frame_type: FrameType,
    /// Wrong bits in the frame type, 0 to 2.
    pub errors: u8,
}

/// Looks at frame type and length only; what follows may be damaged (spec §10.1, steps 1 to 3). The preamble is not looked at.
///
/// # Errors
/// [`ErrorKind::Truncated`], [`ErrorKind::FrameType`] or [`ErrorKind::Length`].
#[inline]
pub fn head(frame: &[u8], tolerance: Tolerance) -> Result<Head, DecodeError> {
    let truncated = |len: usize| {
        let missing = len.wrapping_sub(frame.len());
        DecodeError::new(ErrorKind::Truncated { missing }, "frame", frame.len())
    };
    let &[_, _, high, low, ..] = frame else {
        return Err(truncated(HEAD_LEN));
    };
    let word = u16::from_be_bytes([high, low]) & 0x1FFF;
    let Some((frame_type, errors)) = FrameType::nearest(word, tolerance) else {
        return Err(DecodeError::new(ErrorKind::FrameType(word), "FT", 2));
    };
    let len = frame_type.class.frame_len();
    match frame.len().checked_sub(len) {
        None => Err(truncated(len)),
        Some(0) => Ok(Head { frame_type, errors }),
        Some(surplus) => Err(DecodeError::new(ErrorKind::Length { surplus }, "frame", len)),
    }
}

/// Decodes one frame, preamble first, and corrects its frame type. CRC and header are checked; the sender is not: see
/// [`Unauthenticated::verify`].
///
/// # Errors
/// In the order of spec §10.1: [`ErrorKind::Truncated`], [`ErrorKind::FrameType`], [`ErrorKind::Length`], [`ErrorKind::Crc`],
/// [`ErrorKind::Header`].
#[inline(always)]
pub fn decode(frame: &[u8], tolerance: Tolerance) -> Result<Unauthenticated, DecodeError> {
    let head = head(frame, tolerance)?;
    let coded = frame.get(HEAD_LEN..).unwrap_or_default();
    let FrameType { class, rank } = head.frame_type;
    let Some(content) = Content::coded(class, rank, coded) else {
        // Not reached: the length was checked.
        return Err(DecodeError::new(ErrorKind::Truncated { missing: 0 }, "frame", 0));
    };
    Unauthenticated::of(content, rank, head.errors)
}

/// What a frame says, and how it was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Uplink {
    /// The message.
    pub message: Message,
    /// Class and rank. The lowest rank, where frames were combined.
    pub frame_type: FrameType,
    /// Wrong bits that were corrected in the frame type, 0 to 2. The sum, where frames were combined.
    pub type_errors: u8,
    /// REP, header bit 12: passed on by a relay (spec §4).
    pub repeated: bool,
    /// A shorter message with the same header and EP-ID has the same tag, so who heard that one could make this one without a
    /// key (spec §7.1). A genuine message raises this with a probability of 2⁻³² or less.
    pub padding_ambiguous: bool,
}

/// A frame with the right CRC and a lawful header. Anybody can send one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unauthenticated {
    uplink: Uplink,
    content: Content,
}

impl Unauthenticated {
    /// Checks CRC and header.
    #[inline(always)]
    pub(crate) fn of(content: Content, rank: Rank, type_errors: u8) -> Result<Self, DecodeError> {
        if content.crc_difference() != 0 {
            let at = content.class().frame_len().wrapping_sub(2);
            return Err(DecodeError::new(ErrorKind::Crc, "CRC", at));
        }
        content.check_header(HEAD_LEN)?;
        let Some(message) = content.message() else {
            // Not reached: every lawful header gives lengths that a payload or record can have.
            return Err(DecodeError::new(ErrorKind::Crc, "payload", HEAD_LEN));
        };
        let class = content.class();
        let uplink = Uplink {
            message,
            frame_type: FrameType { class, rank },
            type_errors,
            repeated: content.is_repeated(),
            padding_ambiguous: content.is_padding_ambiguous(),
        };
        Ok(Self { uplink, content })
    }

    /// What the frame says. Whoever sent it may have said anything.
    #[must_use]
    pub const fn uplink(&self) -> &Uplink {
        &self.uplink
    }

    /// The device that it says it is of, to look its key up.
    #[must_use]
    pub const fn ep_id(&self) -> EpId {
        self.uplink.message.ep_id
    }

    /// Verifies the tag with the key of the device.
    ///
    /// # Errors
    /// [`ErrorKind::Auth`].
    #[inline(always)]
    pub fn verify(&self, key: &DeviceKey) -> Result<Authentic<Uplink>, DecodeError> {
        self.check(key).map(|()| Authentic::new(self.uplink))
    }

    /// Verifies the tag with the public key, which proves nothing about the sender.
    ///
    /// # Errors
    /// [`ErrorKind::Auth`].
    pub fn verify_public(&self, key: &PublicKey) -> Result<PublicKeyed<Uplink>, DecodeError> {
        self.check(key).map(|()| PublicKeyed::new(self.uplink))
    }

    /// Tries the key of the device, then, if the policy allows and gives it, the public key; tells which one fitted (spec §7.2).
    ///
    /// # Errors
    /// [`ErrorKind::Auth`] if none did.
    pub fn verify_any(
        &self,
        key: &DeviceKey,
        public: Option<&PublicKey>,
    ) -> Result<Verified<Uplink>, DecodeError> {
        match (self.verify(key), public) {
            (Ok(authentic), _) => Ok(Verified::Device(authentic)),
            (Err(_), Some(public)) => self.verify_public(public).map(Verified::Public),
            (Err(error), None) => Err(error),
        }
    }

    /// Whether the other frame has the same content.
    pub(crate) fn has_content_of(&self, other: &Self) -> bool {
        self.content == other.content
    }

    /// The same, received another way.
    pub(crate) const fn received_as(mut self, rank: Rank, type_errors: u8) -> Self {
        self.uplink.frame_type.rank = rank;
        self.uplink.type_errors = type_errors;
        self
    }

    #[inline(always)]
    fn check(&self, key: &MacKey) -> Result<(), DecodeError> {
        if self.content.has_tag_of(&key.mac_padded(&self.content.padded())) {
            Ok(())
        } else {
            let at = HEAD_LEN.wrapping_add(self.content.signed_len());
            Err(DecodeError::new(ErrorKind::Auth, "tag", at))
        }
    }
}
