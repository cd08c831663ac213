//! Secrets, keys and tags (spec §4, §5).
//!
//! One function makes every key: `derive(key, label, context) = HMAC-SHA-256(key, label || 00 || context || 01)`.
//!
//! ```text
//! K_hello = derive(secret, "wst hello",      "")
//! TH      = SHA-256( HELLO with its tag || CHALLENGE without its tag )
//! SK      = derive(secret, "wst1 session",   TH)
//! K_chal  = derive(SK,     "wst1 challenge", "")
//! K_d2s   = derive(SK,     "wst1 d2s",       "")
//! K_s2d   = derive(SK,     "wst1 s2d",       "")
//! ```
//!
//! ```
//! use wifisensor_tcp::keys::{Secret, derive};
//!
//! let secret = Secret::new(core::array::from_fn(|i| i as u8)); // 00 01 02 … 1f, spec §13.1
//! assert_eq!(secret.hello_key().as_bytes()[..4], [0x68, 0xea, 0xe1, 0x50]);
//! assert_eq!(derive(secret.as_bytes(), "wst hello", b"").as_bytes(), secret.hello_key().as_bytes());
//! ```
//!
//! Secrets and keys are erased on drop and never shown by `Debug`; tags are compared in constant time.

use core::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use zeroize::Zeroize as _;

use crate::frame::Frame;
use crate::handshake::{DeviceId, NONCE_LEN};

/// Octets of a secret or key.
pub const KEY_LEN: usize = 32;
/// Octets of a tag.
pub const TAG_LEN: usize = 16;
/// Octets of a SHA-256 block.
const BLOCK_LEN: usize = 64;

/// The leftmost 16 octets of an HMAC-SHA-256 (spec §5).
pub type Tag = [u8; TAG_LEN];

/// A derived key, 32 octets. Erased on drop, never shown by `Debug`.
#[derive(Clone)]
pub struct Key([u8; KEY_LEN]);

impl Key {
    /// Takes the octets.
    #[must_use]
    pub const fn new(bytes: [u8; KEY_LEN]) -> Self {
        Self(bytes)
    }

    /// The octets.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_LEN] {
        &self.0
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The secret of one device, 32 uniformly random octets, never a passphrase (spec §4). Erased on drop, never shown by `Debug`.
#[derive(Clone)]
pub struct Secret(Key);

impl Secret {
    /// Takes the octets: from a cryptographic random generator, or from [`Secret::from_master`].
    #[must_use]
    pub const fn new(bytes: [u8; KEY_LEN]) -> Self {
        Self(Key::new(bytes))
    }

    /// `derive(master, "wst device", device_id || key_id)`, with a random master kept in a key vault (spec §4).
    #[must_use]
    pub fn from_master(master: &Key, device_id: DeviceId, key_id: u8) -> Self {
        let [a, b, c, d, e, f, g, h] = device_id.0;
        Self(derive(
            master.as_bytes(),
            "wst device",
            &[a, b, c, d, e, f, g, h, key_id],
        ))
    }

    /// `derive(secret, "wst1 rotate", key_id || nonce)`: the secret that ROTATE gives (spec §8.2).
    #[must_use]
    pub fn rotated(&self, key_id: u8, nonce: &[u8; KEY_LEN]) -> Self {
        let mut context = [key_id; KEY_LEN + 1];
        let [_, rest @ ..] = &mut context;
        rest.copy_from_slice(nonce);
        Self(derive(self.as_bytes(), "wst1 rotate", &context))
    }

    /// Device nonce of a device without a hardware random generator: the first 16 octets of `derive(secret, "wst nonce",
    /// counter)`. Store the increased counter before each use (spec §6.1).
    #[must_use]
    pub fn nonce(&self, counter: u64) -> [u8; NONCE_LEN] {
        let key = derive(self.as_bytes(), "wst nonce", &counter.to_be_bytes());
        key.0.first_chunk().copied().unwrap_or_default()
    }

    /// `K_hello`, the key of HELLO.
    #[must_use]
    pub fn hello_key(&self) -> Key {
        derive(self.as_bytes(), "wst hello", &[])
    }

    /// `SK`, the secret of the session with this transcript.
    #[must_use]
    pub fn session(&self, transcript: &Transcript) -> SessionSecret {
        SessionSecret(derive(self.as_bytes(), "wst1 session", &transcript.0))
    }

    /// Whether a HELLO has the tag of this secret.
    #[must_use]
    pub fn proves(&self, hello: &Frame<'_>) -> bool {
        hello.verify(&MacKey::new(&self.hello_key()))
    }

    /// The octets.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_LEN] {
        self.0.as_bytes()
    }

    /// `HMAC(self, device_id)`: what a server uses for a device it does not know (spec §6.1).
    pub(crate) fn decoy(&self, device_id: DeviceId) -> Self {
        let mut mac = keyed(self.as_bytes());
        mac.update(&device_id.0);
        Self(Key(mac.finalize().into_bytes().into()))
    }

    /// One of two, without a branch on which.
    pub(crate) fn select(no: &Self, yes: &Self, choice: Choice) -> Self {
        let mut bytes = [0; KEY_LEN];
        for ((out, no), yes) in bytes.iter_mut().zip(no.as_bytes()).zip(yes.as_bytes()) {
            *out = u8::conditional_select(no, yes, choice);
        }
        Self::new(bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// `TH`, the hash of both nonces, device, key number, versions and time (spec §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transcript([u8; KEY_LEN]);

impl Transcript {
    /// Of HELLO, all its octets, and CHALLENGE, which is taken without its tag.
    #[must_use]
    pub fn new(hello: &Frame<'_>, challenge: &Frame<'_>) -> Self {
        Self::of(hello, challenge.signed())
    }

    fn of(hello: &Frame<'_>, challenge: &[u8]) -> Self {
        let hash = Sha256::new()
            .chain_update(hello.signed())
            .chain_update(hello.tag())
            .chain_update(challenge);
        Self(hash.finalize().into())
    }

    /// The octets.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_LEN] {
        &self.0
    }
}

/// `SK`, the secret of one session. Erased on drop, never shown by `Debug`.
#[derive(Clone)]
pub struct SessionSecret(Key);

impl SessionSecret {
    /// `K_chal`, the key of CHALLENGE.
    #[must_use]
    pub fn challenge_key(&self) -> Key {
        derive(self.0.as_bytes(), "wst1 challenge", &[])
    }

    /// `K_d2s`, the key of what the device sends from STATUS on.
    #[must_use]
    pub fn device_key(&self) -> Key {
        derive(self.0.as_bytes(), "wst1 d2s", &[])
    }

    /// `K_s2d`, the key of what the server sends after CHALLENGE.
    #[must_use]
    pub fn server_key(&self) -> Key {
        derive(self.0.as_bytes(), "wst1 s2d", &[])
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret(…)")
    }
}

/// `HMAC(key, label || 00 || context || 01)`: HKDF-Expand with SHA-256 for 32 octets (spec §4).
#[must_use]
pub fn derive(key: &[u8; KEY_LEN], label: &str, context: &[u8]) -> Key {
    let mut mac = keyed(key);
    mac.update(label.as_bytes());
    mac.update(&[0]);
    mac.update(context);
    mac.update(&[1]);
    Key(mac.finalize().into_bytes().into())
}

/// HMAC with its key taken in. Keys shorter than a block are filled up with zeros.
fn keyed(key: &[u8; KEY_LEN]) -> Hmac<Sha256> {
    let mut block = [0; BLOCK_LEN];
    for (place, byte) in block.iter_mut().zip(key) {
        *place = *byte;
    }
    let mac = Hmac::new(&block.into());
    block.zeroize();
    mac
}

/// A key ready for tags: the HMAC state behind the key is kept. Erased on drop, never shown by `Debug`.
#[derive(Clone)]
pub struct MacKey(Hmac<Sha256>);

impl MacKey {
    /// Takes the key in.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        Self(keyed(key.as_bytes()))
    }

    /// The tag of header and body.
    #[must_use]
    pub fn tag(&self, signed: &[u8]) -> Tag {
        let mut mac = self.0.clone();
        mac.update(signed);
        let hash: [u8; KEY_LEN] = mac.finalize().into_bytes().into();
        hash.first_chunk().copied().unwrap_or_default()
    }

    /// Whether this is the tag of header and body. Takes the same time wherever it differs.
    #[must_use]
    pub fn verify(&self, signed: &[u8], tag: &Tag) -> bool {
        self.tag(signed).ct_eq(tag).into()
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(…)")
    }
}

/// The three keys of a session, ready for tags.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SessionKeys {
    /// `K_chal`.
    pub challenge: MacKey,
    /// `K_d2s`.
    pub device: MacKey,
    /// `K_s2d`.
    pub server: MacKey,
}

impl SessionKeys {
    /// From the secret and both frames of the handshake.
    #[must_use]
    pub fn new(secret: &Secret, hello: &Frame<'_>, challenge: &Frame<'_>) -> Self {
        Self::with_hello(secret, hello, challenge.signed())
    }

    /// The same before CHALLENGE has its tag.
    pub(crate) fn with_hello(secret: &Secret, hello: &Frame<'_>, challenge: &[u8]) -> Self {
        let session = secret.session(&Transcript::of(hello, challenge));
        Self {
            challenge: MacKey::new(&session.challenge_key()),
            device: MacKey::new(&session.device_key()),
            server: MacKey::new(&session.server_key()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn a_shorter_or_longer_tag_has_no_type_and_any_flipped_bit_is_seen() {
        let key = MacKey::new(&Key::new([3; KEY_LEN]));
        let tag = key.tag(b"header and body");
        assert!(key.verify(b"header and body", &tag));
        for at in 0..TAG_LEN {
            for bit in 0..8 {
                let mut wrong = tag;
                wrong[at] ^= 1 << bit;
                assert!(!key.verify(b"header and body", &wrong));
            }
        }
    }

    #[test]
    fn the_kept_state_is_not_used_up() {
        let key = MacKey::new(&Key::new([3; KEY_LEN]));
        let first = key.tag(b"a");
        assert_ne!(first, key.tag(b"b"));
        assert_eq!(first, key.tag(b"a"));
    }

    #[test]
    fn labels_and_contexts_do_not_run_into_each_other() {
        let key = [9; KEY_LEN];
        assert_ne!(
            derive(&key, "wst", b"x").as_bytes(),
            derive(&key, "wstx", b"").as_bytes()
        );
    }

    #[test]
    fn selection_takes_the_one_that_was_chosen() {
        let (a, b) = (Secret::new([1; KEY_LEN]), Secret::new([2; KEY_LEN]));
        assert_eq!(Secret::select(&a, &b, Choice::from(0)).as_bytes(), a.as_bytes());
        assert_eq!(Secret::select(&a, &b, Choice::from(1)).as_bytes(), b.as_bytes());
    }

    #[test]
    fn nothing_secret_is_shown() {
        let secret = Secret::new([0x5A; KEY_LEN]);
        let session = secret.session(&Transcript([0; KEY_LEN]));
        let key = session.device_key();
        let shown = format!("{secret:?} {session:?} {key:?} {:?}", MacKey::new(&key));
        assert_eq!(shown, "Secret(…) SessionSecret(…) Key(…) MacKey(…)");
    }
}
