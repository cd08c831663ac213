//! ROTATE: a new secret (spec §8.2).
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 1 | key_id |
//! | 1 | 32 | nonce |
//!
//! The new secret is [`Secret::rotated`](crate::keys::Secret::rotated) of the one in use. Both sides keep both until a
//! session with the new one worked: a break at any moment leaves a secret that both know.

use core::fmt;

use zeroize::Zeroize as _;

use crate::cursor::Cursor;
use crate::error::DecodeError;
use crate::keys::KEY_LEN;

/// Octets of the body.
pub const LEN: usize = 1 + KEY_LEN;

/// A key change. The nonce is not shown by `Debug`, and erased on drop.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Rotate {
    key_id: u8,
    nonce: [u8; KEY_LEN],
}

impl Rotate {
    /// A change to the secret with this number, not that of the one in use; the nonce is random.
    #[must_use]
    pub const fn new(key_id: u8, nonce: [u8; KEY_LEN]) -> Self {
        Self { key_id, nonce }
    }

    /// Byte 0: number of the new secret.
    #[must_use]
    pub const fn key_id(&self) -> u8 {
        self.key_id
    }

    /// Bytes 1 to 32, random.
    #[must_use]
    pub const fn nonce(&self) -> &[u8; KEY_LEN] {
        &self.nonce
    }

    /// Reads a body of at least 33 octets; the rest is ignored.
    ///
    /// # Errors
    /// Malformed if it is shorter.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        let mut c = Cursor::new(body);
        let key_id = c.u8("key_id")?;
        let nonce = *c.array("nonce")?;
        Ok(Self { key_id, nonce })
    }

    /// The body.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; LEN] {
        let mut body = [self.key_id; LEN];
        let [_, nonce @ ..] = &mut body;
        nonce.copy_from_slice(&self.nonce);
        body
    }
}

impl Drop for Rotate {
    fn drop(&mut self) {
        self.nonce.zeroize();
    }
}

impl fmt::Debug for Rotate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rotate")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}
