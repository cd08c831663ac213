//! What an uplink message says (spec §1, §6).

use core::fmt;
use core::ops::Deref;

use crate::EpId;
use crate::control::Control;
use crate::error::{EncodeError, EncodeErrorKind};
use crate::sequence::Counter;
use crate::transform::{Context, Direction, Transform};

/// Application bytes, 1 to 12.
#[derive(Clone, Copy)]
pub struct Payload {
    /// Behind the payload stands anything.
    bytes: [u8; Self::MAX_LEN],
    /// As wide as it is so that a payload is moved by whole words.
    len: u32,
}

impl Payload {
    /// Most bytes of a message.
    pub const MAX_LEN: usize = 12;

    /// Takes 1 to 12 bytes.
    ///
    /// # Errors
    /// [`EncodeErrorKind::PayloadSize`].
    pub fn new(payload: &[u8]) -> Result<Self, EncodeError> {
        let mut bytes = [0; Self::MAX_LEN];
        let len = u32::try_from(payload.len()).unwrap_or_default();
        match bytes.get_mut(..payload.len()) {
            Some(place) if len > 0 => place.copy_from_slice(payload),
            _ => {
                return Err(EncodeError::new(
                    EncodeErrorKind::PayloadSize(payload.len()),
                    "payload",
                ));
            }
        }
        Ok(Self { bytes, len })
    }

    /// The first `len` of twelve bytes.
    #[inline]
    pub(crate) fn of_first(bytes: [u8; Self::MAX_LEN], len: usize) -> Option<Self> {
        let len = u32::try_from(len).ok().filter(|len| (1..=12).contains(len))?;
        Some(Self { bytes, len })
    }

    /// The bytes in the order of the application.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len()).unwrap_or_default()
    }

    fn as_bytes_mut(&mut self) -> &mut [u8] {
        let len = self.len();
        self.bytes.get_mut(..len).unwrap_or_default()
    }

    /// 1 to 12.
    #[expect(clippy::as_conversions, reason = "at most 12")]
    const fn len(&self) -> usize {
        self.len as usize
    }
}

impl Deref for Payload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Payload {}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().fmt(f)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Payload {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.as_bytes())
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Payload {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        let len = u.int_in_range(1..=Self::MAX_LEN)?;
        Self::new(u.bytes(len)?).map_err(|_| arbitrary::Error::IncorrectFormat)
    }
}

/// What a message carries. All are distinct on the wire: an empty message is no bit, and a bit is no byte (spec §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_enums, reason = "the specification has these four")]
pub enum Body {
    /// Nothing: class A, LI 0.
    Empty,
    /// One bit: class A, LI 2 or 3.
    Bit(bool),
    /// 1 to 12 bytes: classes B to E.
    Bytes(Payload),
    /// A control record: class K. Class D and K are told apart by the frame type only, which nothing protects: do nothing that
    /// cannot be undone because of a control record (spec §10.2).
    Control(Control),
}

impl Body {
    /// The payload bytes as they are sent: none for an empty message or a bit.
    #[must_use]
    pub fn payload(&self) -> PayloadBytes {
        let (bytes, len) = match self {
            Self::Empty | Self::Bit(_) => ([0; Payload::MAX_LEN], 0),
            Self::Bytes(payload) => (payload.bytes, payload.len()),
            Self::Control(control) => {
                let ([b0, b1, b2, b3, b4, b5, b6, b7], len) = control.to_wire();
                ([b0, b1, b2, b3, b4, b5, b6, b7, 0, 0, 0, 0], len)
            }
        };
        PayloadBytes { bytes, len }
    }
}

/// 0 to 12 bytes of any payload.
#[derive(Clone, Copy)]
pub struct PayloadBytes {
    /// Behind the payload stands anything.
    bytes: [u8; Payload::MAX_LEN],
    len: usize,
}

impl PayloadBytes {
    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl fmt::Debug for PayloadBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

/// One uplink message (spec §1). All its frames carry the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct Message {
    /// EP-ID of the device.
    pub ep_id: EpId,
    /// MC, header bits 11 to 0.
    pub counter: Counter,
    /// BF, header bit 13: asks for a downlink. Encoders set it for application messages only; a decoder reports what it finds.
    pub bidirectional: bool,
    /// What it carries.
    pub body: Body,
}

/// How two verified messages stand to each other within the hold time (spec §11.2), which is at least
/// [`BitRate::message_time`](crate::region::BitRate::message_time) and the delays of receivers and network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[expect(clippy::exhaustive_enums, reason = "the rule has these three outcomes")]
pub enum Likeness {
    /// Another device, or another counter.
    Different,
    /// Another frame or another copy of the same message: deliver it once.
    Same,
    /// One counter, two contents: a cloned device or a counter that was reset. Report it, do not merge.
    Conflict,
}

impl Message {
    /// Compares two verified messages of the hold time.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> Likeness {
        if (self.ep_id, self.counter) != (other.ep_id, other.counter) {
            Likeness::Different
        } else if self == other {
            Likeness::Same
        } else {
            Likeness::Conflict
        }
    }

    /// A message that asks for no downlink.
    #[must_use]
    pub const fn new(ep_id: EpId, counter: Counter, body: Body) -> Self {
        Self {
            ep_id,
            counter,
            bidirectional: false,
            body,
        }
    }

    /// The same, asking for a downlink (BF = 1).
    #[must_use]
    pub const fn asking_for_downlink(mut self) -> Self {
        self.bidirectional = true;
        self
    }

    /// Before the tag is computed: lets a payload transformation seal the application bytes (spec §12). Nothing else is touched;
    /// bits, empty messages and control records go as they are. `epoch` counts the rollovers of MC, which the frame does not.
    ///
    /// # Errors
    /// Those of the transformation.
    pub fn sealed<T: Transform>(mut self, transform: &mut T, epoch: u32) -> Result<Self, T::Error> {
        let context = self.context(epoch);
        if let Body::Bytes(payload) = &mut self.body {
            transform.seal(&context, payload.as_bytes_mut())?;
        }
        Ok(self)
    }

    /// After the tag was verified: the inverse of [`Self::sealed`].
    pub(crate) fn opened<T: Transform>(mut self, transform: &mut T, epoch: u32) -> Result<Self, T::Error> {
        let context = self.context(epoch);
        if let Body::Bytes(payload) = &mut self.body {
            transform.open(&context, payload.as_bytes_mut())?;
        }
        Ok(self)
    }

    const fn context(&self, epoch: u32) -> Context {
        Context {
            ep_id: self.ep_id,
            counter: self.counter,
            direction: Direction::Uplink,
            epoch,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_counter_has_one_content() {
        let counter = |value| Counter::new(value).unwrap();
        let message = Message::new(EpId(7), counter(5), Body::Bit(true));
        assert_eq!(message.likeness(&message), Likeness::Same);
        let other = Message {
            body: Body::Empty,
            ..message
        };
        assert_eq!(message.likeness(&other), Likeness::Conflict);
        assert_eq!(
            message.likeness(&message.asking_for_downlink()),
            Likeness::Conflict
        );
        let other = Message {
            counter: counter(6),
            ..message
        };
        assert_eq!(message.likeness(&other), Likeness::Different);
        let other = Message {
            ep_id: EpId(8),
            ..message
        };
        assert_eq!(message.likeness(&other), Likeness::Different);
    }

    #[test]
    fn payloads_have_one_to_twelve_bytes() {
        let bytes = [7; 300];
        for len in [0, 13, 255, 256, 257, 300] {
            let error = Payload::new(&bytes[..len]).unwrap_err();
            assert_eq!(error.kind, EncodeErrorKind::PayloadSize(len));
        }
        for len in 1..=12 {
            assert_eq!(*Payload::new(&bytes[..len]).unwrap(), bytes[..len]);
        }
    }
}
