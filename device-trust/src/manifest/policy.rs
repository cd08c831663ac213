//! What a device takes.

use crate::key::{Ed25519Key, P256Key};

/// A key that is trusted to sign manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the profile has these two; a third is a new profile"
)]
pub enum ManifestKey {
    /// For the algorithms −19 and −8.
    Ed25519(Ed25519Key),
    /// For the algorithms −9 and −7.
    P256(P256Key),
}

/// Which manifests are taken (§A.2.2).
#[derive(Debug, Clone, Copy)]
pub struct Policy<'k> {
    pub(super) keys: &'k [ManifestKey],
    pub(super) stored_sequence: u64,
    pub(super) vendor: [u8; 16],
    pub(super) class: [u8; 16],
    pub(super) max_size: u64,
}

impl<'k> Policy<'k> {
    /// Manifests signed by one of these keys, for devices of this vendor and class. Payloads of any size, sequence numbers from 0.
    #[must_use]
    pub const fn new(keys: &'k [ManifestKey], vendor: [u8; 16], class: [u8; 16]) -> Self {
        Self {
            keys,
            stored_sequence: 0,
            vendor,
            class,
            max_size: u64::MAX,
        }
    }

    /// Only sequence numbers that are not below the stored one (step 14).
    #[must_use]
    pub const fn with_stored_sequence(mut self, sequence: u64) -> Self {
        self.stored_sequence = sequence;
        self
    }

    /// Only payloads of at most this many bytes (step 18).
    #[must_use]
    pub const fn with_max_size(mut self, bytes: u64) -> Self {
        self.max_size = bytes;
        self
    }
}
