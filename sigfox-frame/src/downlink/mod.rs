//! Downlink frames (spec part II).
//!
//! ```text
//! bit 0            91           104       136            200      216     224
//!     |preamble 91 |sync 13     |ECC 32   |payload 64    |tag 16  |CRC 8  |
//!                               |<------- 15 bytes, whitened ------------>|
//! f[0..4] ECC, f[4..12] payload, f[12..14] tag, f[14] CRC
//! ```
//!
//! A downlink answers one uplink and carries neither its EP-ID nor its MC: both enter through whitening and tag. The fifteen bytes
//! after the synchronisation word are all that a decoder needs.
//!
//! ```
//! use sigfox_frame::EpId;
//! use sigfox_frame::auth::DeviceKey;
//! use sigfox_frame::downlink::{Answer, decode};
//! use sigfox_frame::sequence::Counter;
//!
//! // Worked example 5 of the specification.
//! let key = DeviceKey::new(*b"\x2b\x7e\x15\x16\x28\xae\xd2\xa6\xab\xf7\x15\x88\x09\xcf\x4f\x3c").unwrap();
//! let (ep_id, counter) = (EpId(0x00A1_B2C3), Counter::new(1015).unwrap());
//! let answer = Answer::new(ep_id, counter, [1, 2, 3, 4, 5, 6, 7, 8]);
//! let mut frame = answer.encode(&key);
//! assert_eq!(frame[..4], [0x3B, 0x16, 0x94, 0xA8]);
//!
//! frame[6] ^= 0x10; // one wrong bit
//! let received = decode(&frame, ep_id, counter)?.verify(&key)?;
//! assert_eq!((received.answer, received.corrected), (answer, 1));
//! # Ok::<(), sigfox_frame::DecodeError>(())
//! ```

mod listen;

use crate::EpId;
use crate::auth::block::Padded;
use crate::auth::{Authentic, DeviceKey, MAX_SIGNED_LEN, Mac, MacKey, PublicKey, PublicKeyed};
use crate::coding::bch;
use crate::coding::crc::crc8;
use crate::coding::whitening::Seed;
use crate::error::{DecodeError, ErrorKind};
use crate::sequence::Counter;
use crate::transform::{Context, Direction, Transform};

pub use listen::{Found, Overheard, find_counter, overhear};

/// Bytes after the synchronisation word ("PHY content").
pub const FRAME_LEN: usize = 15;
/// Bytes of payload; never more or fewer.
pub const PAYLOAD_LEN: usize = 8;
/// Bits on air, preamble included.
pub const FRAME_BITS: usize = 224;
/// The synchronisation word, 13 bits.
pub const SYNC: u16 = 0x1227;
/// Preamble and synchronisation word as they were recorded (spec §14); receivers lock on the last four bytes.
pub const AIR_HEAD: [u8; 13] = [
    0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xB2, 0x27,
];
/// Where the payload begins in the frame.
const PAYLOAD_AT: usize = 4;
const TAG_AT: usize = 12;
const CRC_AT: usize = 14;

/// The answer to one uplink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct Answer {
    /// EP-ID of the device that asked.
    pub ep_id: EpId,
    /// MC of the uplink that asked.
    pub counter: Counter,
    /// Eight bytes for the application.
    pub payload: [u8; PAYLOAD_LEN],
}

impl Answer {
    /// Eight bytes for the device that asked with this counter.
    #[must_use]
    pub const fn new(ep_id: EpId, counter: Counter, payload: [u8; PAYLOAD_LEN]) -> Self {
        Self {
            ep_id,
            counter,
            payload,
        }
    }

    /// The 15 bytes after the synchronisation word, signed with the key that signed the request (spec §15).
    #[must_use]
    pub fn encode(&self, key: &MacKey) -> [u8; FRAME_LEN] {
        let [t0, t1, ..] = *self.mac(key).as_bytes();
        let [p0, p1, p2, p3, p4, p5, p6, p7] = self.payload;
        let crc = crc8(&[p0, p1, p2, p3, p4, p5, p6, p7, t0, t1]);
        let mut frame = bch::encode(&[p0, p1, p2, p3, p4, p5, p6, p7, t0, t1, crc]);
        Seed::new(self.ep_id, self.counter).whiten(&mut frame);
        frame
    }

    /// Before the tag is computed: lets a payload transformation seal the payload (spec §12). `epoch` counts the rollovers of MC.
    ///
    /// # Errors
    /// Those of the transformation.
    pub fn sealed<T: Transform>(mut self, transform: &mut T, epoch: u32) -> Result<Self, T::Error> {
        let context = self.context(epoch);
        transform.seal(&context, &mut self.payload)?;
        Ok(self)
    }

    const fn context(&self, epoch: u32) -> Context {
        Context {
            ep_id: self.ep_id,
            counter: self.counter,
            direction: Direction::Downlink,
            epoch,
        }
    }

    /// One block: EP-ID, MC little-endian, payload, and again from the start (spec §15).
    fn mac(&self, key: &MacKey) -> Mac {
        let [i0, i1, i2, i3] = self.ep_id.to_wire();
        let [c0, c1] = self.counter.get().to_le_bytes();
        let [p0, p1, p2, p3, p4, p5, p6, p7] = self.payload;
        let signed: [u8; MAX_SIGNED_LEN] =
            [i0, i1, i2, i3, c0, c1, p0, p1, p2, p3, p4, p5, p6, p7, 0, 0, 0, 0];
        key.mac_padded(&Padded::new(&signed, 14))
    }
}

/// What a frame says, and how it was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Received {
    /// The answer; EP-ID and MC are those it was decoded for.
    pub answer: Answer,
    /// Code words in which a bit was corrected, 0 to 8.
    pub corrected: u8,
}

/// A frame whose CRC fits the EP-ID and the MC it was decoded for. One random frame in 256 has that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unauthenticated {
    received: Received,
    tag: [u8; 2],
}

/// Decodes the 15 bytes after the synchronisation word, for a device and the counter of its request (spec §18). A device goes on
/// listening after a refused frame until its window ends.
///
/// # Errors
/// [`ErrorKind::Truncated`] or [`ErrorKind::Length`] unless there are 15 bytes; then [`ErrorKind::Crc`].
pub fn decode(frame: &[u8], ep_id: EpId, counter: Counter) -> Result<Unauthenticated, DecodeError> {
    let Ok(mut bytes) = <[u8; FRAME_LEN]>::try_from(frame) else {
        let missing = FRAME_LEN.saturating_sub(frame.len());
        let surplus = frame.len().saturating_sub(FRAME_LEN);
        return Err(if missing > 0 {
            DecodeError::new(ErrorKind::Truncated { missing }, "frame", frame.len())
        } else {
            DecodeError::new(ErrorKind::Length { surplus }, "frame", FRAME_LEN)
        });
    };
    Seed::new(ep_id, counter).whiten(&mut bytes);
    let corrected = bch::correct(&mut bytes);
    let Some((payload, tag)) = checked(&bytes) else {
        return Err(DecodeError::new(ErrorKind::Crc, "CRC", CRC_AT));
    };
    let answer = Answer::new(ep_id, counter, payload);
    let received = Received { answer, corrected };
    Ok(Unauthenticated { received, tag })
}

/// Payload and tag of a corrected frame, if the CRC fits.
fn checked(frame: &[u8; FRAME_LEN]) -> Option<([u8; PAYLOAD_LEN], [u8; 2])> {
    let &[_, _, _, _, p0, p1, p2, p3, p4, p5, p6, p7, t0, t1, crc] = frame;
    let fits = crc8(frame.get(PAYLOAD_AT..CRC_AT)?) == crc;
    fits.then_some(([p0, p1, p2, p3, p4, p5, p6, p7], [t0, t1]))
}

impl Unauthenticated {
    /// What the frame says. Whoever sent it may have said anything.
    #[must_use]
    pub const fn received(&self) -> &Received {
        &self.received
    }

    /// Verifies the tag with the key that signed the request.
    ///
    /// # Errors
    /// [`ErrorKind::Auth`].
    pub fn verify(&self, key: &DeviceKey) -> Result<Authentic<Received>, DecodeError> {
        self.check(key).map(|()| Authentic::new(self.received))
    }

    /// Verifies the tag with the public key, which proves nothing about the sender.
    ///
    /// # Errors
    /// [`ErrorKind::Auth`].
    pub fn verify_public(&self, key: &PublicKey) -> Result<PublicKeyed<Received>, DecodeError> {
        self.check(key).map(|()| PublicKeyed::new(self.received))
    }

    fn check(&self, key: &MacKey) -> Result<(), DecodeError> {
        if self.received.answer.mac(key).fits(&self.tag) {
            Ok(())
        } else {
            Err(DecodeError::new(ErrorKind::Auth, "tag", TAG_AT))
        }
    }
}

impl Authentic<Received> {
    /// Undoes a transformation of the payload (spec §12). `epoch` counts the rollovers of MC.
    ///
    /// # Errors
    /// Those of the transformation.
    pub fn opened<T: Transform>(&self, transform: &mut T, epoch: u32) -> Result<[u8; PAYLOAD_LEN], T::Error> {
        let mut payload = self.answer.payload;
        transform.open(&self.answer.context(epoch), &mut payload)?;
        Ok(payload)
    }
}
