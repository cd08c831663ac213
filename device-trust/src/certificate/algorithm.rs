//! Signature algorithms of the profile (§B step 5), and who does their arithmetic.

use core::fmt;

use sha2::{Digest as _, Sha256, Sha384};
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::oid::db::{rfc5912, rfc8410};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use crate::key::Ed25519Key;

/// Kind of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    P256,
    P384,
    Ed25519,
}

impl KeyKind {
    /// The kind, if it is one of the profile.
    pub(super) fn of(spki: &SubjectPublicKeyInfoOwned) -> Option<Self> {
        let algorithm = &spki.algorithm;
        if algorithm.oid == rfc8410::ID_ED_25519 {
            return algorithm.parameters.is_none().then_some(Self::Ed25519);
        }
        if algorithm.oid != rfc5912::ID_EC_PUBLIC_KEY {
            return None;
        }
        let curve: ObjectIdentifier = algorithm.parameters.as_ref()?.decode_as().ok()?;
        match curve {
            rfc5912::SECP_256_R_1 => Some(Self::P256),
            rfc5912::SECP_384_R_1 => Some(Self::P384),
            _ => None,
        }
    }
}

/// What a certificate is signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignatureKind {
    EcdsaSha256,
    EcdsaSha384,
    Ed25519,
}

impl SignatureKind {
    /// The kind, if it is one of the profile. None of them has parameters (RFC 5758 §3.2, RFC 8410 §3).
    pub(super) fn of(algorithm: &AlgorithmIdentifierOwned) -> Option<Self> {
        if algorithm.parameters.is_some() {
            return None;
        }
        match algorithm.oid {
            rfc5912::ECDSA_WITH_SHA_256 => Some(Self::EcdsaSha256),
            rfc5912::ECDSA_WITH_SHA_384 => Some(Self::EcdsaSha384),
            rfc8410::ID_ED_25519 => Some(Self::Ed25519),
            _ => None,
        }
    }
}

/// A kind of signature under a kind of key (§B step 5).
///
/// | | public key | signature |
/// |---|---|---|
/// | ECDSA | the point in SEC 1 form, as in the BIT STRING of a SubjectPublicKeyInfo | DER of r and s |
/// | Ed25519 | 32 bytes | 64 bytes |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the profile has these; another one is a new profile"
)]
pub enum Algorithm {
    /// ECDSA with SHA-256 under a P-256 key.
    EcdsaP256Sha256,
    /// ECDSA with SHA-384 under a P-256 key.
    EcdsaP256Sha384,
    /// ECDSA with SHA-256 under a P-384 key.
    EcdsaP384Sha256,
    /// ECDSA with SHA-384 under a P-384 key.
    EcdsaP384Sha384,
    /// Ed25519.
    Ed25519,
}

impl Algorithm {
    /// All that can be.
    pub(super) const ALL: [Self; 5] = [
        Self::EcdsaP256Sha256,
        Self::EcdsaP384Sha384,
        Self::Ed25519,
        Self::EcdsaP256Sha384,
        Self::EcdsaP384Sha256,
    ];

    /// `None` if the key makes no such signatures.
    pub(super) const fn of(key: KeyKind, signature: SignatureKind) -> Option<Self> {
        match (key, signature) {
            (KeyKind::P256, SignatureKind::EcdsaSha256) => Some(Self::EcdsaP256Sha256),
            (KeyKind::P256, SignatureKind::EcdsaSha384) => Some(Self::EcdsaP256Sha384),
            (KeyKind::P384, SignatureKind::EcdsaSha256) => Some(Self::EcdsaP384Sha256),
            (KeyKind::P384, SignatureKind::EcdsaSha384) => Some(Self::EcdsaP384Sha384),
            (KeyKind::Ed25519, SignatureKind::Ed25519) => Some(Self::Ed25519),
            _ => None,
        }
    }

    pub(super) const fn key(self) -> KeyKind {
        match self {
            Self::EcdsaP256Sha256 | Self::EcdsaP256Sha384 => KeyKind::P256,
            Self::EcdsaP384Sha256 | Self::EcdsaP384Sha384 => KeyKind::P384,
            Self::Ed25519 => KeyKind::Ed25519,
        }
    }

    pub(super) const fn signature(self) -> SignatureKind {
        match self {
            Self::EcdsaP256Sha256 | Self::EcdsaP384Sha256 => SignatureKind::EcdsaSha256,
            Self::EcdsaP256Sha384 | Self::EcdsaP384Sha384 => SignatureKind::EcdsaSha384,
            Self::Ed25519 => SignatureKind::Ed25519,
        }
    }
}

/// The arithmetic of signatures. [`Portable`] is that of this crate; a server may hand in a faster one.
pub trait Arithmetic: fmt::Debug + Send + Sync {
    /// Whether the signature of the message is right under the key. What cannot be read is not right.
    fn is_right(&self, algorithm: Algorithm, public_key: &[u8], message: &[u8], signature: &[u8]) -> bool;
}

/// In portable Rust, without tables; Ed25519 strict as in §A.1.2.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing to choose")]
pub struct Portable;

impl Arithmetic for Portable {
    fn is_right(&self, algorithm: Algorithm, public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        is_right(algorithm, public_key, message, signature).unwrap_or(false)
    }
}

/// `None` if key or signature cannot be read.
fn is_right(algorithm: Algorithm, public_key: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
    use p256::ecdsa::signature::hazmat::PrehashVerifier as _;

    let (sha256, sha384);
    let hash: &[u8] = match algorithm.signature() {
        SignatureKind::EcdsaSha256 => {
            sha256 = Sha256::digest(message);
            &sha256
        }
        SignatureKind::EcdsaSha384 => {
            sha384 = Sha384::digest(message);
            &sha384
        }
        SignatureKind::Ed25519 => {
            let public_key = Ed25519Key::from_bytes(public_key.try_into().ok()?).ok()?;
            return Some(public_key.signed(message, signature.try_into().ok()?));
        }
    };
    match algorithm.key() {
        KeyKind::P256 => {
            let signature = p256::ecdsa::Signature::from_der(signature).ok()?;
            let public_key = p256::ecdsa::VerifyingKey::from_sec1_bytes(public_key).ok()?;
            Some(public_key.verify_prehash(hash, &signature).is_ok())
        }
        KeyKind::P384 => {
            let signature = p384::ecdsa::Signature::from_der(signature).ok()?;
            let public_key = p384::ecdsa::VerifyingKey::from_sec1_bytes(public_key).ok()?;
            Some(public_key.verify_prehash(hash, &signature).is_ok())
        }
        KeyKind::Ed25519 => None,
    }
}
