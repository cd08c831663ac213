//! Frames: everything on the wire, in both directions (spec §3).
//!
//! | offset | size | field | |
//! |---|---|---|---|
//! | 0 | 1 | magic | `B5` |
//! | 1 | 1 | type | bit 7: direction, bit 6: may be skipped |
//! | 2 | 2 | length | octets after the header: body + 16, big-endian |
//! | 4 | 4 | seq | number of the frame in its direction, big-endian |
//! | 8 | n | body | n = length − 16 |
//! | 8 + n | 16 | tag | [`keys`](crate::keys) |
//!
//! ```
//! use wifisensor_tcp::frame::{Direction, Frame, FrameType};
//!
//! // The device's CLOSE of spec §13.2.
//! let bytes = [
//!     0xb5, 0x0e, 0x00, 0x10, 0x00, 0x00, 0x00, 0x03, 0x5a, 0x79, 0x4d, 0x36,
//!     0xc8, 0x65, 0x7e, 0xef, 0xc5, 0xa3, 0xa7, 0xc8, 0x76, 0xe1, 0xaf, 0x00,
//! ];
//! let frame = Frame::parse(&bytes, Direction::FromDevice).unwrap();
//! assert_eq!((frame.kind(), frame.seq(), frame.body().len()), (FrameType::DeviceClose, 3, 0));
//! ```

mod kind;
mod splitter;

pub use kind::FrameType;
pub use splitter::{DeviceFrames, ServerFrames, Splitter};

use crate::error::{DecodeError, EncodeError, EncodeErrorKind, ErrorKind};
use crate::keys::{MacKey, TAG_LEN, Tag};

/// The TCP port of a server.
pub const PORT: u16 = 14354;
/// First byte of every frame.
pub const MAGIC: u8 = 0xB5;
/// Octets before the body.
pub const HEAD_LEN: usize = 8;
/// Largest body from a device.
pub const MAX_DEVICE_BODY_LEN: usize = 1024;
/// Largest body from a server.
pub const MAX_SERVER_BODY_LEN: usize = 256;
/// Largest frame from a device.
pub const MAX_DEVICE_FRAME_LEN: usize = HEAD_LEN + MAX_DEVICE_BODY_LEN + TAG_LEN;
/// Largest frame from a server.
pub const MAX_SERVER_FRAME_LEN: usize = HEAD_LEN + MAX_SERVER_BODY_LEN + TAG_LEN;

/// Which way a frame goes: bit 7 of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[expect(clippy::exhaustive_enums, reason = "a connection has two directions")]
pub enum Direction {
    /// From the device to the server, bit 7 is 0.
    FromDevice,
    /// From the server to the device, bit 7 is 1.
    FromServer,
}

impl Direction {
    /// The direction of a type byte.
    #[must_use]
    pub const fn of(kind: u8) -> Self {
        if kind & 0x80 == 0 {
            Self::FromDevice
        } else {
            Self::FromServer
        }
    }

    /// Largest body of this direction.
    #[must_use]
    pub const fn max_body_len(self) -> usize {
        match self {
            Self::FromDevice => MAX_DEVICE_BODY_LEN,
            Self::FromServer => MAX_SERVER_BODY_LEN,
        }
    }
}

/// What the header says (spec §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// Byte 1.
    pub kind: FrameType,
    /// Octets of the body: bytes 2 and 3, less 16.
    pub body_len: usize,
    /// Bytes 4 to 7: number of the frame in its direction, from 0.
    pub seq: u32,
}

impl Header {
    fn new(head: &[u8; HEAD_LEN]) -> Self {
        let [_, kind, l0, l1, s0, s1, s2, s3] = *head;
        Self {
            kind: FrameType::from(kind),
            body_len: usize::from(u16::from_be_bytes([l0, l1])).saturating_sub(TAG_LEN),
            seq: u32::from_be_bytes([s0, s1, s2, s3]),
        }
    }
}

/// Borrowed view of one whole frame. Only its shape is checked, not its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    signed: &'a [u8],
    head: &'a [u8; HEAD_LEN],
    body: &'a [u8],
    tag: &'a Tag,
}

impl<'a> Frame<'a> {
    /// Takes octets that are exactly one frame.
    ///
    /// # Errors
    /// [`ErrorKind::BadMagic`], [`ErrorKind::BadDirection`], [`ErrorKind::BadLength`], [`ErrorKind::Incomplete`] if octets
    /// are missing, [`ErrorKind::Malformed`] if some are left over.
    pub fn parse(bytes: &'a [u8], direction: Direction) -> Result<Self, DecodeError> {
        let limit = direction.max_body_len();
        let missing = match splitter::judge(bytes, direction, limit)? {
            None => HEAD_LEN.saturating_sub(bytes.len()),
            Some(total) if bytes.len() > total => {
                return Err(DecodeError::malformed(
                    crate::error::Fault::Surplus,
                    "frame",
                    total,
                ));
            }
            Some(total) => total.saturating_sub(bytes.len()),
        };
        let short = DecodeError::new(ErrorKind::Incomplete { missing }, "frame", bytes.len());
        if missing > 0 {
            return Err(short);
        }
        Self::whole(bytes).ok_or(short)
    }

    /// The view of octets that are known to be one frame.
    pub(crate) fn whole(bytes: &'a [u8]) -> Option<Self> {
        let (signed, tag) = bytes.split_last_chunk()?;
        let (head, body) = signed.split_first_chunk()?;
        Some(Self {
            signed,
            head,
            body,
            tag,
        })
    }

    /// Type, byte 1.
    #[must_use]
    pub fn kind(&self) -> FrameType {
        self.header().kind
    }

    /// Number of the frame in its direction, bytes 4 to 7.
    #[must_use]
    pub fn seq(&self) -> u32 {
        self.header().seq
    }

    /// All fields of the header.
    #[must_use]
    pub fn header(&self) -> Header {
        Header::new(self.head)
    }

    /// The octets between header and tag.
    #[must_use]
    pub const fn body(&self) -> &'a [u8] {
        self.body
    }

    /// The last 16 octets.
    #[must_use]
    pub const fn tag(&self) -> &'a Tag {
        self.tag
    }

    /// What the tag covers: header and body.
    #[must_use]
    pub const fn signed(&self) -> &'a [u8] {
        self.signed
    }

    /// Whether the tag is that of the key. Takes the same time wherever it differs.
    #[must_use]
    pub fn verify(&self, key: &MacKey) -> bool {
        key.verify(self.signed, self.tag)
    }

    /// Whether the tag is the 16 zero octets of an ERROR before the keys exist (spec §5).
    #[must_use]
    pub fn is_untagged(&self) -> bool {
        *self.tag == [0; TAG_LEN]
    }
}

/// Writes a frame to the front of `out`, or nothing. Without a key the tag is zero, as in an ERROR before CHALLENGE.
///
/// # Errors
/// [`EncodeErrorKind::Range`] if the body is larger than the direction allows, [`EncodeErrorKind::Buffer`] if `out` is too
/// small.
///
/// ```
/// use wifisensor_tcp::frame::{self, Direction, Frame, FrameType};
/// use wifisensor_tcp::keys::{Key, MacKey};
///
/// let key = MacKey::new(&Key::new([7; 32]));
/// let mut buffer = [0; 64];
/// let bytes = frame::emit(&mut buffer, FrameType::Ack, 2, &[0, 0, 0, 3], Some(&key)).unwrap();
/// let frame = Frame::parse(bytes, Direction::FromServer).unwrap();
/// assert!(frame.verify(&key));
/// ```
pub fn emit<'b>(
    out: &'b mut [u8],
    kind: FrameType,
    seq: u32,
    body: &[u8],
    key: Option<&MacKey>,
) -> Result<&'b mut [u8], EncodeError> {
    let needed = HEAD_LEN.saturating_add(body.len()).saturating_add(TAG_LEN);
    let Some(out) = out.get_mut(..needed) else {
        return Err(EncodeError::new(EncodeErrorKind::Buffer { needed }, "frame"));
    };
    if let Some((_, after)) = out.split_first_chunk_mut::<HEAD_LEN>()
        && let Some(place) = after.get_mut(..body.len())
    {
        place.copy_from_slice(body);
    }
    seal(out, kind, seq, key)?;
    Ok(out)
}

/// Writes header and tag around a body that is in its place; `out` is as long as the frame.
pub(crate) fn seal(
    out: &mut [u8],
    kind: FrameType,
    seq: u32,
    key: Option<&MacKey>,
) -> Result<(), EncodeError> {
    let len = out.len();
    let body_len = len.saturating_sub(HEAD_LEN + TAG_LEN);
    let too_long = EncodeError::new(EncodeErrorKind::Range, "length");
    if body_len > kind.direction().max_body_len() {
        return Err(too_long);
    }
    let length = u16::try_from(body_len.saturating_add(TAG_LEN)).map_err(|_| too_long)?;
    let short = EncodeError::new(
        EncodeErrorKind::Buffer {
            needed: HEAD_LEN + TAG_LEN,
        },
        "frame",
    );
    let (signed, tag) = out.split_last_chunk_mut::<TAG_LEN>().ok_or(short)?;
    let (head, _) = signed.split_first_chunk_mut::<HEAD_LEN>().ok_or(short)?;
    let ([l0, l1], [s0, s1, s2, s3]) = (length.to_be_bytes(), seq.to_be_bytes());
    *head = [MAGIC, u8::from(kind), l0, l1, s0, s1, s2, s3];
    *tag = key.map_or([0; TAG_LEN], |key| key.tag(signed));
    Ok(())
}
