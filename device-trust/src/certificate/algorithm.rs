//! Signature algorithms of the profile, for the path and for webpki (§B step 5).

use core::fmt;

use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};
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

/// A kind of signature under a kind of key.
pub(super) struct Algorithm {
    key: KeyKind,
    signature: SignatureKind,
}

/// All that can be.
pub(super) static ALL: [&dyn SignatureVerificationAlgorithm; 5] = [
    &Algorithm {
        key: KeyKind::P256,
        signature: SignatureKind::EcdsaSha256,
    },
    &Algorithm {
        key: KeyKind::P384,
        signature: SignatureKind::EcdsaSha384,
    },
    &Algorithm {
        key: KeyKind::Ed25519,
        signature: SignatureKind::Ed25519,
    },
    &Algorithm {
        key: KeyKind::P256,
        signature: SignatureKind::EcdsaSha384,
    },
    &Algorithm {
        key: KeyKind::P384,
        signature: SignatureKind::EcdsaSha256,
    },
];

impl fmt::Debug for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} under {:?}", self.signature, self.key)
    }
}

impl SignatureVerificationAlgorithm for Algorithm {
    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        match self.key {
            KeyKind::P256 => alg_id::ECDSA_P256,
            KeyKind::P384 => alg_id::ECDSA_P384,
            KeyKind::Ed25519 => alg_id::ED25519,
        }
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        match self.signature {
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
        is_right(self.key, self.signature, public_key, message, signature)
            .unwrap_or(false)
            .then_some(())
            .ok_or(InvalidSignature)
    }
}

/// Whether the signature is right; `None` if key or signature cannot be read.
pub(super) fn is_right(
    key: KeyKind,
    kind: SignatureKind,
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Option<bool> {
    use p256::ecdsa::signature::hazmat::PrehashVerifier as _;

    let (sha256, sha384);
    let hash: &[u8] = match kind {
        SignatureKind::EcdsaSha256 => {
            sha256 = Sha256::digest(message);
            &sha256
        }
        SignatureKind::EcdsaSha384 => {
            sha384 = Sha384::digest(message);
            &sha384
        }
        SignatureKind::Ed25519 => {
            let signature = signature.try_into().ok()?;
            let public_key = Ed25519Key::from_bytes(public_key.try_into().ok()?).ok()?;
            return (key == KeyKind::Ed25519).then(|| public_key.signed(message, signature));
        }
    };
    match key {
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
