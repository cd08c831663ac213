//! Keys, tags and what they prove (spec §7).
//!
//! A tag is the first bytes of a CBC-MAC with AES-128, zero IV, over the message repeated from its own start to fill one or two
//! blocks. What a message proves is its type:
//!
//! | type | CRC | tag | from |
//! |---|---|---|---|
//! | [`Unauthenticated`](crate::uplink::Unauthenticated) | right | not looked at | [`decode`](crate::uplink::decode) |
//! | [`Authentic`] | right | of a device key | `verify` |
//! | [`PublicKeyed`] | right | of the key that everybody knows; proves nothing | `verify_public` |
//!
//! Keys are erased on drop and never shown by `Debug`; tags are compared in constant time. The key schedule is made once, with
//! the key.
//!
//! ```
//! use sigfox_frame::auth::{DeviceKey, PublicKey};
//!
//! let key = DeviceKey::new([7; 16]).unwrap();
//! let mac = key.mac(&[0xE3, 0xF7, 0xC3, 0xB2, 0xA1, 0x00, 0x48]).unwrap();
//! assert_eq!(mac.as_bytes().len(), 16);
//! assert!(DeviceKey::new(PublicKey::BYTES).is_none()); // nobody's device is authentic because of it
//! ```

pub(crate) mod block;
mod outcome;

use core::fmt;
use core::ops::Deref;

use aes::cipher::consts::U16;
use aes::cipher::{BlockBackend, BlockClosure, BlockEncrypt as _, BlockSizeUser, KeyInit as _};
use aes::{Aes128Enc, Block};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;

use self::block::Padded;
use crate::error::{EncodeError, EncodeErrorKind};

pub use outcome::{Authentic, PublicKeyed, Verified};

/// Bytes of a key.
pub const KEY_LEN: usize = 16;
/// Fewest bytes that are authenticated: header and EP-ID.
pub const MIN_SIGNED_LEN: usize = 6;
/// Most bytes that are authenticated: header, EP-ID and twelve bytes of payload.
pub const MAX_SIGNED_LEN: usize = 18;

/// Fewest bytes of a tag.
pub const MIN_TAG_LEN: usize = 2;
/// Most bytes of a tag.
pub const MAX_TAG_LEN: usize = 5;

/// A key with its schedule, ready for tags. Comes from a [`DeviceKey`] or a [`PublicKey`] only. Erased on drop, never shown by
/// `Debug`.
#[derive(Clone)]
pub struct MacKey(Aes128Enc);

impl MacKey {
    fn new(mut bytes: [u8; KEY_LEN]) -> Self {
        let mut key = aes::cipher::Key::<Aes128Enc>::from(bytes);
        let cipher = Aes128Enc::new(&key);
        key.zeroize();
        bytes.zeroize();
        Self(cipher)
    }

    /// The last cipher block over header, EP-ID and payload.
    ///
    /// # Errors
    /// [`EncodeErrorKind::PayloadSize`] unless there are 6 to 18 bytes; it tells the bytes behind the EP-ID.
    pub fn mac(&self, signed: &[u8]) -> Result<Mac, EncodeError> {
        let mut bytes = [0; MAX_SIGNED_LEN];
        match bytes.get_mut(..signed.len()) {
            Some(place) if signed.len() >= MIN_SIGNED_LEN => place.copy_from_slice(signed),
            _ => {
                let payload = signed.len().saturating_sub(MIN_SIGNED_LEN);
                return Err(EncodeError::new(EncodeErrorKind::PayloadSize(payload), "payload"));
            }
        }
        Ok(self.mac_padded(&Padded::new(&bytes, signed.len())))
    }

    #[inline]
    pub(crate) fn mac_padded(&self, padded: &Padded) -> Mac {
        let mut mac = Mac([0; 16]);
        self.0.encrypt_with_backend(Chain {
            padded,
            mac: &mut mac,
        });
        mac
    }
}

/// The chain as a whole for the cipher, which is entered once and keeps the block between in registers.
struct Chain<'a> {
    padded: &'a Padded,
    mac: &'a mut Mac,
}

impl BlockSizeUser for Chain<'_> {
    type BlockSize = U16;
}

impl BlockClosure for Chain<'_> {
    #[inline(always)]
    fn call<B: BlockBackend<BlockSize = U16>>(self, backend: &mut B) {
        let mut state = Block::from(self.padded.first.to_be_bytes());
        backend.proc_block((&mut state).into());
        if let Some(second) = self.padded.second {
            state = Block::from((u128::from_be_bytes(state.into()) ^ second).to_be_bytes());
            backend.proc_block((&mut state).into());
        }
        self.mac.0 = state.into();
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(…)")
    }
}

/// The last block of the CBC-MAC; a tag is its first 2 to 5 bytes. Has no `PartialEq`: see [`Mac::fits`].
#[derive(Clone, Copy)]
pub struct Mac([u8; 16]);

impl Mac {
    /// The block.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Whether this is a tag of it. Takes the same time wherever it differs. A tag of other than 2 to 5 bytes never fits.
    #[must_use]
    pub fn fits(&self, tag: &[u8]) -> bool {
        let mut first = [0; MAX_TAG_LEN];
        match first.get_mut(..tag.len()) {
            Some(place) if tag.len() >= MIN_TAG_LEN => place.copy_from_slice(tag),
            _ => return false,
        }
        let [a, b, c, d, e] = first;
        self.fits_word(u64::from_be_bytes([a, b, c, d, e, 0, 0, 0]), tag.len())
    }

    /// Whether the first `len` bytes of this word, first byte most significant, are a tag of it. The length is no secret.
    #[inline]
    pub(crate) fn fits_word(&self, tag: u64, len: usize) -> bool {
        let own = self.0.first_chunk().map_or(0, |own| u64::from_be_bytes(*own));
        let mask: u64 = match len {
            2 => 0xFFFF_0000_0000_0000,
            3 => 0xFFFF_FF00_0000_0000,
            4 => 0xFFFF_FFFF_0000_0000,
            5 => 0xFFFF_FFFF_FF00_0000,
            _ => return false,
        };
        ((own ^ tag) & mask).ct_eq(&0).into()
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac(…)")
    }
}

/// K, the key of one device. Erased on drop, never shown by `Debug`.
#[derive(Debug, Clone)]
pub struct DeviceKey(MacKey);

impl DeviceKey {
    /// Makes the schedule. `None` for the public key: what verifies under it is not authentic in any sense (spec §7.2), so it
    /// cannot stand for a device.
    #[must_use]
    pub fn new(bytes: [u8; KEY_LEN]) -> Option<Self> {
        let is_public = bool::from(bytes.ct_eq(&PublicKey::BYTES));
        (!is_public).then(|| Self(MacKey::new(bytes)))
    }
}

impl Deref for DeviceKey {
    type Target = MacKey;

    fn deref(&self) -> &MacKey {
        &self.0
    }
}

/// The key for test networks and test equipment, which everybody knows (spec §7.2).
#[derive(Debug, Clone)]
pub struct PublicKey(MacKey);

impl PublicKey {
    /// `00112233445566778899AABBCCDDEEFF`.
    pub const BYTES: [u8; KEY_LEN] = [
        0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF,
    ];

    /// Makes the schedule.
    #[must_use]
    pub fn new() -> Self {
        Self(MacKey::new(Self::BYTES))
    }
}

impl Default for PublicKey {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for PublicKey {
    type Target = MacKey;

    fn deref(&self) -> &MacKey {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn the_last_block_is_that_of_the_examples() {
        let key = DeviceKey::new(0x2B7E_1516_28AE_D2A6_ABF7_1588_09CF_4F3C_u128.to_be_bytes()).unwrap();
        // §26, example 3, one block, and example 2, two blocks.
        let mac = key.mac(&[0xC0, 0x00, 0xC3, 0xB2, 0xA1, 0x00]).unwrap();
        assert_eq!(
            u128::from_be_bytes(mac.0),
            0x0BDF_0041_BC4E_6F1A_0749_0673_8CDC_A419
        );
        let two: [u8; 20] = 0x0FFF_C3B2_A100_0011_2233_4455_6677_8899_u128
            .to_be_bytes()
            .iter()
            .chain(&[0xAA, 0xBB, 0, 0])
            .copied()
            .collect::<alloc::vec::Vec<_>>()
            .try_into()
            .unwrap();
        let mac = key.mac(&two[..18]).unwrap();
        assert_eq!(
            u128::from_be_bytes(mac.0),
            0x4E21_A683_944D_44EB_1614_2ED7_6692_9BCB
        );
        assert!(key.mac(&two[..5]).is_err());
        assert!(key.mac(&two[..19]).is_err());
    }

    #[test]
    fn a_tag_has_two_to_five_bytes_and_every_bit_counts() {
        let mac = Mac([0x5A; 16]);
        for len in 0..=16 {
            assert_eq!(mac.fits(&[0x5A; 16][..len]), (2..=5).contains(&len), "{len}");
        }
        assert!(!mac.fits(&[0x5A; 20]));
        for bit in 0..40 {
            let mut tag = [0x5A; 5];
            tag[bit / 8] ^= 1 << (bit % 8);
            assert!(!mac.fits(&tag));
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let key = DeviceKey::new([0x5A; 16]).unwrap();
        let mac = key.mac(&[0; 6]).unwrap();
        assert_eq!(
            format!("{key:?} {mac:?} {:?}", PublicKey::new()),
            "DeviceKey(MacKey(…)) Mac(…) PublicKey(MacKey(…))"
        );
    }
}
