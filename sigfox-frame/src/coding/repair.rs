//! One wrong bit in a frame of rank 1, found by its CRC and proved by its tag (spec §10.4).
//!
//! The CRC-16 locates any single wrong bit of a content, and takes many worse errors for one. So what is found here is nothing
//! before the key of the device says so: [`Candidate`] tells the EP-ID for the key to be looked up, and gives the message only
//! against the tag.
//!
//! ```
//! use sigfox_frame::auth::DeviceKey;
//! use sigfox_frame::coding::repair;
//! use sigfox_frame::uplink::Tolerance;
//!
//! let key = DeviceKey::new(*b"\x2b\x7e\x15\x16\x28\xae\xd2\xa6\xab\xf7\x15\x88\x09\xcf\x4f\x3c").unwrap();
//! let mut frame = *b"\xaa\xaa\xa0\x6b\xc0\x00\xc3\xb2\xa1\x00\x0b\xdf\x94\x69"; // spec, example 3
//! frame[7] ^= 0x08;
//! let candidate = repair::single_bit(&frame, Tolerance::Exact)?.unwrap();
//! assert_eq!((candidate.ep_id().0, candidate.bit()), (0x00A1_B2C3, 8 * 7 + 4));
//! assert!(candidate.verify(&key).is_ok());
//! # Ok::<(), sigfox_frame::DecodeError>(())
//! ```

use super::crc::times_x;
use crate::EpId;
use crate::auth::{Authentic, DeviceKey};
use crate::error::DecodeError;
use crate::uplink::content::Content;
use crate::uplink::{HEAD_LEN, Rank, Tolerance, Unauthenticated, Uplink, head};

/// A frame with one bit turned so that its CRC fits. Not to be believed without its tag.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    message: Unauthenticated,
    bit: usize,
}

impl Candidate {
    /// The device that it says it is of, to look its key up.
    #[must_use]
    pub const fn ep_id(&self) -> EpId {
        self.message.ep_id()
    }

    /// The bit that was turned, counted from the first of the preamble.
    #[must_use]
    pub const fn bit(&self) -> usize {
        self.bit
    }

    /// The message, if the tag fits.
    ///
    /// # Errors
    /// [`ErrorKind::Auth`](crate::ErrorKind::Auth).
    pub fn verify(&self, key: &DeviceKey) -> Result<Authentic<Uplink>, DecodeError> {
        self.message.verify(key)
    }
}

/// Looks for the one bit that makes the CRC of a rank-1 frame fit. `None`: the frame has another rank, no wrong bit, or none
/// that explains its CRC.
///
/// # Errors
/// As [`head`]; [`ErrorKind::Header`](crate::ErrorKind::Header) if the repaired header is reserved.
pub fn single_bit(frame: &[u8], tolerance: Tolerance) -> Result<Option<Candidate>, DecodeError> {
    let head = head(frame, tolerance)?;
    let coded = frame.get(HEAD_LEN..).unwrap_or_default();
    let content = Content::new(head.frame_type.class, coded).filter(|_| head.frame_type.rank == Rank::First);
    let Some(content) = content else {
        return Ok(None);
    };
    let Some(bit) = locate(content.crc_difference(), head.frame_type.class.content_len()) else {
        return Ok(None);
    };
    let message = Unauthenticated::of(content.with_flipped(bit), Rank::First, head.errors)?;
    let bit = bit.wrapping_add(HEAD_LEN.wrapping_mul(8));
    Ok(Some(Candidate { message, bit }))
}

/// The bit, counted from the first, whose error gives this syndrome: `x^k` for the bit `k` places before the last.
fn locate(syndrome: u16, bytes: usize) -> Option<usize> {
    let bits = bytes.wrapping_mul(8);
    let powers = core::iter::successors(Some(1), |power| Some(times_x(*power)));
    let back = powers.take(bits).position(|power| power == syndrome)?;
    bits.checked_sub(back)?.checked_sub(1)
}
