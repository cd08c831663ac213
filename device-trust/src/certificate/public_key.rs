//! The key of a device, and the proof that it is held.

use alloc::vec::Vec;

use super::algorithm::{Algorithm, Arithmetic, KeyKind, SignatureKind};
use super::parse::Certificate;
use super::verify::{TLS_1_2, TLS_1_3};

/// The public key of an examined certificate.
///
/// TLS libraries parse the certificate anew for the signature that proves possession of the key, and may not know what §B knows: a
/// certificate with a critical key identifier is lawful here and unreadable there. With the key itself they need not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    spki: Vec<u8>,
    kind: KeyKind,
    bits: Vec<u8>,
}

impl PublicKey {
    pub(super) fn of(certificate: &Certificate<'_>) -> Option<Self> {
        let (kind, bits) = certificate.key()?;
        Some(Self {
            spki: certificate.spki()?,
            kind,
            bits: bits.to_vec(),
        })
    }

    /// SubjectPublicKeyInfo in DER, as in the certificate.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Whether the holder of the private key made this signature in the handshake, that of CertificateVerify (RFC 8446 §4.4.3, RFC 5246
    /// §7.4.8).
    ///
    /// `version` and `scheme` are the numbers of TLS: [`TLS_1_3`] or [`TLS_1_2`]; `0x0403` ECDSA with SHA-256, `0x0503` ECDSA with SHA-384,
    /// `0x0807` Ed25519, all others are refused. TLS 1.3 ties SHA-256 to P-256 and SHA-384 to P-384, TLS 1.2 does not. `message` is what
    /// the signature is made over, with all that TLS puts around the hash of the handshake. That the scheme was offered is the caller's
    /// to check.
    #[must_use]
    pub fn signed_handshake(
        &self,
        version: u16,
        scheme: u16,
        message: &[u8],
        signature: &[u8],
        arithmetic: &dyn Arithmetic,
    ) -> bool {
        let by = match scheme {
            0x0403 => SignatureKind::EcdsaSha256,
            0x0503 => SignatureKind::EcdsaSha384,
            0x0807 => SignatureKind::Ed25519,
            _ => return false,
        };
        let Some(algorithm) = Algorithm::of(self.kind, by) else {
            return false;
        };
        let lawful = match algorithm {
            Algorithm::EcdsaP256Sha256 | Algorithm::EcdsaP384Sha384 | Algorithm::Ed25519 => {
                version == TLS_1_3 || version == TLS_1_2
            }
            Algorithm::EcdsaP256Sha384 | Algorithm::EcdsaP384Sha256 => version == TLS_1_2,
        };
        lawful && arithmetic.is_right(algorithm, &self.bits, message, signature)
    }
}
