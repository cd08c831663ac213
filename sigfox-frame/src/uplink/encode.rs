//! Message in, frames out (spec §13).

use core::fmt;
use core::ops::Deref;

use super::content::Content;
use super::{Class, FrameType, HEAD_LEN, MAX_FRAME_LEN, Message, Rank};
use crate::auth::MacKey;
use crate::coding::convolution;
use crate::error::EncodeError;

/// The content that all frames of a message share: tag and CRC are computed once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frames {
    content: Content,
}

impl Frames {
    /// Signs a message, with the key of the device or with the public key.
    ///
    /// # Errors
    /// [`EncodeErrorKind::Bidirectional`](crate::EncodeErrorKind::Bidirectional): a control message that asks for a downlink.
    pub fn new(message: &Message, key: &MacKey) -> Result<Self, EncodeError> {
        let mut content = Content::of(message)?;
        let mac = key.mac_padded(&content.padded());
        content.sign(&mac);
        Ok(Self { content })
    }

    /// The frame of this rank. A downlink confirmation is sent as rank 1 only; a keep-alive as one to three frames (spec §6.1).
    #[must_use]
    pub fn frame(&self, rank: Rank) -> Frame {
        let class = self.content.class();
        let mut content = self.content.to_bytes();
        let content = content.get_mut(..class.content_len()).unwrap_or_default();
        convolution::encode(rank, content);
        let mut bytes = [0; MAX_FRAME_LEN];
        let (head, rest) = bytes.split_at_mut(HEAD_LEN);
        head.copy_from_slice(&FrameType { class, rank }.to_head());
        for (to, from) in rest.iter_mut().zip(content) {
            *to = *from;
        }
        Frame { class, bytes }
    }

    /// The class that the body gave the message.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.content.class()
    }
}

/// The bytes of one frame, from the preamble to the CRC. Reads as a slice of 14 to 26 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    class: Class,
    /// Zeros behind the frame.
    bytes: [u8; MAX_FRAME_LEN],
}

impl Frame {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.class.frame_len()).unwrap_or_default()
    }
}

impl Deref for Frame {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().fmt(f)
    }
}
