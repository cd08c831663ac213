//! Secret entry points (spec §12): a Web Sensor can authenticate itself only by the address that its owner types in, so each
//! gets a path of its own that nobody can guess.
//!
//! | step | here |
//! |---|---|
//! | make | [`EntryToken::from_random`]: 16 to 32 random octets, handed in, as URL-safe text of 22 to 43 characters |
//! | keep | [`EntryKey::hash`]: HMAC-SHA-256 under a key of the server; the token itself is stored nowhere |
//! | find | by the hash, an ordinary key of a table: without the server's key nobody can aim at one |
//! | match | [`EntryPoint::matches`]: in constant time, against the present and the previous one |
//! | rotate | [`EntryPoint::rotate`]: both are valid until [`EntryPoint::retire_previous`] |
//!
//! ```
//! use soap_websensor::entry::{EntryKey, EntryPoint, EntryToken};
//!
//! let key = EntryKey::new([7; 32]);                       // from the server's secrets
//! let token = EntryToken::from_random(&[0x5A; 16]).unwrap(); // from the operating system
//! assert_eq!(token.as_str(), "WlpaWlpaWlpaWlpaWlpaWg");   // type …/WlpaWlpaWlpaWlpaWlpaWg into the sensor
//! let point = EntryPoint::new(key.hash(&token));          // store this
//!
//! let asked = EntryToken::parse("WlpaWlpaWlpaWlpaWlpaWg").unwrap();
//! assert!(point.matches(&key.hash(&asked)));
//! ```

use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroize as _;

/// Fewest random octets: 128 bits.
pub const MIN_RANDOM_LEN: usize = 16;
/// Most random octets: 256 bits.
pub const MAX_RANDOM_LEN: usize = 32;
const MIN_TEXT_LEN: usize = 22;
const MAX_TEXT_LEN: usize = 43;

/// The secret part of an address, URL-safe base64 without padding. Erased on drop, never shown by `Debug`.
#[derive(Clone)]
pub struct EntryToken {
    text: [u8; MAX_TEXT_LEN],
    len: usize,
}

impl EntryToken {
    /// Makes a token from random octets; `None` unless there are 16 to 32.
    #[must_use]
    pub fn from_random(random: &[u8]) -> Option<Self> {
        if !(MIN_RANDOM_LEN..=MAX_RANDOM_LEN).contains(&random.len()) {
            return None;
        }
        let mut text = [0; MAX_TEXT_LEN];
        let len = Base64UrlUnpadded::encode(random, &mut text).ok()?.len();
        Some(Self { text, len })
    }

    /// Takes what came in a request; `None` if it cannot be a token.
    #[must_use]
    pub fn parse(received: &str) -> Option<Self> {
        let lawful = (MIN_TEXT_LEN..=MAX_TEXT_LEN).contains(&received.len())
            && received
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let mut text = [0; MAX_TEXT_LEN];
        text.get_mut(..received.len())
            .filter(|_| lawful)?
            .copy_from_slice(received.as_bytes());
        Some(Self {
            text,
            len: received.len(),
        })
    }

    /// The text to put into the address. Show it once, to the owner of the sensor.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text
            .get(..self.len)
            .and_then(|text| core::str::from_utf8(text).ok())
            .unwrap_or_default()
    }
}

impl Drop for EntryToken {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

impl fmt::Debug for EntryToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EntryToken(…)")
    }
}

/// The server's key for hashing tokens, 256 random bits. Erased on drop, never shown by `Debug`.
#[derive(Clone)]
pub struct EntryKey([u8; 32]);

impl EntryKey {
    /// Takes the key. One key serves all sensors of a server; losing it makes every entry point unknown.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// HMAC-SHA-256 of the text of the token.
    #[must_use]
    pub fn hash(&self, token: &EntryToken) -> EntryHash {
        // HMAC takes keys of any length, so this never fails.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return EntryHash([0; 32]);
        };
        mac.update(token.as_str().as_bytes());
        EntryHash(mac.finalize().into_bytes().into())
    }
}

impl Drop for EntryKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EntryKey(…)")
    }
}

/// What is stored of a token. Compared in constant time.
#[derive(Clone, Copy)]
pub struct EntryHash([u8; 32]);

impl EntryHash {
    /// As read from storage.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// To be stored, and to look a sensor up by.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    fn same(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl PartialEq for EntryHash {
    fn eq(&self, other: &Self) -> bool {
        self.same(other).into()
    }
}

impl Eq for EntryHash {}

impl fmt::Debug for EntryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EntryHash(…)")
    }
}

/// The entry point of one sensor: the present token and, while it is being rotated, the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntryPoint {
    /// Hash of the present token.
    pub current: EntryHash,
    /// Hash of the token before, still valid.
    pub previous: Option<EntryHash>,
}

impl EntryPoint {
    /// A new entry point.
    #[must_use]
    pub const fn new(current: EntryHash) -> Self {
        Self {
            current,
            previous: None,
        }
    }

    /// An entry point as read from storage.
    #[must_use]
    pub const fn with_previous(current: EntryHash, previous: Option<EntryHash>) -> Self {
        Self { current, previous }
    }

    /// Makes `next` the present token and keeps the one replaced; the one before that ends here.
    pub const fn rotate(&mut self, next: EntryHash) {
        self.previous = Some(self.current);
        self.current = next;
    }

    /// Ends the previous token.
    pub const fn retire_previous(&mut self) {
        self.previous = None;
    }

    /// Whether the hash is that of one of the valid tokens. Takes the same time whichever it is, and if none.
    #[must_use]
    pub fn matches(&self, hash: &EntryHash) -> bool {
        let previous = self.previous.as_ref().unwrap_or(&self.current);
        (self.current.same(hash) | previous.same(hash)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn token(seed: u8) -> EntryToken {
        EntryToken::from_random(&[seed; 16]).unwrap()
    }

    #[test]
    fn fewer_than_128_bits_make_no_token() {
        assert!(EntryToken::from_random(&[1; 15]).is_none());
        assert!(EntryToken::from_random(&[1; 33]).is_none());
        for len in MIN_RANDOM_LEN..=MAX_RANDOM_LEN {
            let token = EntryToken::from_random(&[0xFB; 32][..len]).unwrap();
            assert_eq!(
                EntryToken::parse(token.as_str()).unwrap().as_str(),
                token.as_str()
            );
        }
    }

    #[test]
    fn what_cannot_be_a_token_is_not_hashed() {
        let good = "A".repeat(22);
        assert!(EntryToken::parse(&good).is_some());
        for bad in [
            "",
            &good[1..],
            &"A".repeat(44),
            "AAAAAAAAAAAAAAAAAAAAA/",
            "AAAAAAAAAAAAAAAAAAAAAé",
            "AAAAAAAAAAAAAAAAAAAAA=",
        ] {
            assert!(EntryToken::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_hash_depends_on_key_and_token() {
        let key = EntryKey::new([1; 32]);
        assert_eq!(key.hash(&token(1)), key.hash(&token(1)));
        assert_ne!(key.hash(&token(1)), key.hash(&token(2)));
        assert_ne!(key.hash(&token(1)), EntryKey::new([2; 32]).hash(&token(1)));
    }

    #[test]
    fn two_tokens_are_valid_while_one_replaces_the_other() {
        let key = EntryKey::new([1; 32]);
        let [a, b, c] = [1, 2, 3].map(|seed| key.hash(&token(seed)));
        let mut point = EntryPoint::new(a);
        assert!(point.matches(&a) && !point.matches(&b));
        point.rotate(b);
        assert!(point.matches(&a) && point.matches(&b) && !point.matches(&c));
        point.rotate(c);
        assert!(!point.matches(&a) && point.matches(&b) && point.matches(&c));
        point.retire_previous();
        assert!(!point.matches(&b) && point.matches(&c));
    }

    #[test]
    fn nothing_secret_is_shown() {
        let shown = format!(
            "{:?} {:?} {:?}",
            token(1),
            EntryKey::new([1; 32]),
            EntryKey::new([1; 32]).hash(&token(1))
        );
        assert_eq!(shown, "EntryToken(…) EntryKey(…) EntryHash(…)");
    }
}
