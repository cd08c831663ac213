//! What is known of the signatures of a chain.
//!
//! Whoever builds a path asks again and again for the same signatures, and a chain of a stranger can be made so that he asks for many:
//! CAs that all carry the name of an anchor. Here each pair of a certificate and a key is computed once at most, whoever asks for it,
//! and not more than [`MAX_SIGNATURES`] in all.

use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed};

use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

use super::algorithm::{Algorithm, Arithmetic, KeyKind, SignatureKind};
use super::anchor::Anchors;
use super::parse::Certificate;

/// Most signatures that are computed for a chain (§B step 10).
///
/// With one anchor of each name an honest chain needs three, and no chain can ask for more than seven. The rest is for operators who
/// keep several CAs of one name.
pub const MAX_SIGNATURES: usize = 16;

const UNKNOWN: u8 = 0;
const WRONG: u8 = 1;
const RIGHT: u8 = 2;

/// A key, and its kind.
pub(super) type Key<'l> = (KeyKind, &'l [u8]);

/// The signatures of a chain.
pub(super) struct Ledger<'l> {
    arithmetic: &'l dyn Arithmetic,
    /// What is signed, and the signature.
    signed: Vec<(&'l [u8], &'l [u8])>,
    keys: Vec<Key<'l>>,
    /// For each certificate one place for each key. Atomics since webpki may share its algorithms between threads; here is one only.
    known: Vec<AtomicU8>,
    left: AtomicUsize,
}

impl<'l> Ledger<'l> {
    /// Nothing is known yet.
    pub(super) fn new(
        chain: &'l [Certificate<'_>],
        anchors: &'l Anchors,
        arithmetic: &'l dyn Arithmetic,
    ) -> Self {
        let signed: Vec<_> = chain.iter().map(Certificate::signed).collect();
        let cas = chain.iter().skip(1).filter_map(Certificate::key);
        let ends = anchors.keys.iter().filter_map(|anchor| {
            let named = chain.iter().any(|certificate| certificate.issuer == anchor.name);
            anchor.key().filter(|_| named)
        });
        let keys: Vec<_> = cas.chain(ends).collect();
        let known = signed.iter().flat_map(|_| &keys).map(|_| AtomicU8::new(UNKNOWN));
        Self {
            arithmetic,
            known: known.collect(),
            signed,
            keys,
            left: AtomicUsize::new(MAX_SIGNATURES),
        }
    }

    /// Whether the certificate is signed with the private key of that public key.
    pub(super) fn is_signed(&self, certificate: &Certificate<'_>, key: Key<'_>) -> bool {
        let (kind, public_key) = key;
        let (message, signature) = certificate.signed();
        let algorithm = certificate
            .signature_kind()
            .and_then(|by| Algorithm::of(kind, by));
        algorithm.is_some_and(|algorithm| self.is_right(algorithm, public_key, message, signature))
    }

    fn is_right(&self, algorithm: Algorithm, public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let place = || {
            let row = self
                .signed
                .iter()
                .position(|known| *known == (message, signature))?;
            let column = self
                .keys
                .iter()
                .position(|known| *known == (algorithm.key(), public_key))?;
            self.known
                .get(row.checked_mul(self.keys.len())?.checked_add(column)?)
        };
        // All that can be asked for has a place.
        let Some(place) = place() else { return false };
        if place.load(Relaxed) == UNKNOWN {
            let Some(left) = self.left.load(Relaxed).checked_sub(1) else {
                return false;
            };
            self.left.store(left, Relaxed);
            let right = self
                .arithmetic
                .is_right(algorithm, public_key, message, signature);
            place.store(if right { RIGHT } else { WRONG }, Relaxed);
        }
        place.load(Relaxed) == RIGHT
    }

    /// The algorithms of the profile, for webpki.
    pub(super) fn algorithms(&self) -> [Remembering<'_>; 5] {
        Algorithm::ALL.map(|algorithm| Remembering {
            algorithm,
            ledger: self,
        })
    }
}

/// An algorithm that computes nothing twice.
pub(super) struct Remembering<'l> {
    algorithm: Algorithm,
    ledger: &'l Ledger<'l>,
}

impl fmt::Debug for Remembering<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.algorithm.fmt(f)
    }
}

impl SignatureVerificationAlgorithm for Remembering<'_> {
    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        match self.algorithm.key() {
            KeyKind::P256 => alg_id::ECDSA_P256,
            KeyKind::P384 => alg_id::ECDSA_P384,
            KeyKind::Ed25519 => alg_id::ED25519,
        }
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        match self.algorithm.signature() {
            SignatureKind::EcdsaSha256 => alg_id::ECDSA_SHA256,
            SignatureKind::EcdsaSha384 => alg_id::ECDSA_SHA384,
            SignatureKind::Ed25519 => alg_id::ED25519,
        }
    }

    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let right = self
            .ledger
            .is_right(self.algorithm, public_key, message, signature);
        right.then_some(()).ok_or(InvalidSignature)
    }
}
