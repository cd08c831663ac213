//! Images, manifests and chains of certificates, and the bare work that they cannot be done without.

use std::time::Duration;

use device_trust::Ed25519Key;
use device_trust::certificate::{Anchors, TLS_1_3, examine};
use device_trust::image::{self, Mode, SigningKey, Stream, Unsigned, Version};
use device_trust::manifest::{self, ManifestKey};
use ed25519_dalek::{Signature, VerifyingKey};
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, UnixTime, alg_id,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

const MANIFESTS: &str = include_str!("../../conformance/vectors/device-trust/manifest.json");
const CERTIFICATES: &str = include_str!("../../conformance/vectors/device-trust/certificate.json");

/// An image and who signed it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Image {
    /// The bytes.
    pub octets: Vec<u8>,
    keys: [Ed25519Key; 1],
}

impl Image {
    /// Of so many bytes of firmware, with a security counter.
    #[must_use]
    pub fn new(len: usize) -> Option<Self> {
        let firmware: Vec<u8> = (0..=u8::MAX).cycle().take(len).collect();
        let key = SigningKey::from_bytes(&[1; 32]);
        let mut unsigned = Unsigned::new(&firmware, Version::new(1, 2, 3));
        unsigned.security_counter = Some(7);
        let mut octets = vec![0; unsigned.signed_len().ok()?];
        unsigned.sign(&key, &mut octets).ok()?;
        Some(Self {
            octets,
            keys: [key.public_key()],
        })
    }

    fn policy(&self) -> image::Policy<'_> {
        image::Policy::new(&self.keys, u64::MAX, Mode::File).with_stored_counter(7)
    }

    /// The hash, verified as a whole.
    #[must_use]
    pub fn whole(&self, octets: &[u8]) -> Option<[u8; 32]> {
        Some(image::verify(octets, &self.policy()).ok()?.sha256)
    }

    /// The same in pieces of 4 KiB.
    #[must_use]
    pub fn streamed(&self, octets: &[u8]) -> Option<[u8; 32]> {
        let policy = self.policy();
        let mut memory = [0; 512];
        let mut stream = Stream::new(&policy, &mut memory);
        octets
            .chunks(4096)
            .try_for_each(|chunk| stream.push(chunk))
            .ok()?;
        Some(stream.finish().ok()?.sha256)
    }

    /// Nothing but SHA-256 over the same bytes.
    #[must_use]
    pub fn bare(octets: &[u8]) -> [u8; 32] {
        Sha256::digest(octets).into()
    }
}

fn hex(value: &Value) -> Option<Vec<u8>> {
    let digits = value.as_str()?.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// `in` of a case of the golden vectors.
fn case(file: &str, id: &str) -> Option<Value> {
    let file: Value = serde_json::from_str(file).ok()?;
    let cases = file.get("cases")?.as_array()?;
    let case = cases
        .iter()
        .find(|case| case.get("id").and_then(Value::as_str) == Some(id))?;
    case.get("in").cloned()
}

/// A manifest, and its signature alone.
#[derive(Debug)]
#[non_exhaustive]
pub struct Manifest {
    /// Name in tables.
    pub name: &'static str,
    /// The envelope.
    pub octets: Vec<u8>,
    key: ManifestKey,
    vendor: [u8; 16],
    class: [u8; 16],
    bare: Bare,
}

#[derive(Debug)]
enum Bare {
    Ed25519(VerifyingKey, Signature, Vec<u8>),
    P256(p256::ecdsa::VerifyingKey, p256::ecdsa::Signature, Vec<u8>),
}

impl Manifest {
    /// One for each kind of key.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let named = [
            ("Ed25519", "device-trust/manifest/0001", 0),
            ("ESP256", "device-trust/manifest/0003", 2),
        ];
        let all = named.map(|(name, id, key)| Self::new(name, id, key));
        all.into_iter().flatten().collect()
    }

    fn new(name: &'static str, id: &str, key: usize) -> Option<Self> {
        let case = case(MANIFESTS, id)?;
        let octets = hex(case.get("envelope")?)?;
        let public = hex(case.get("keys")?.get(key)?.get("public")?)?;
        // Tag, map, wrapper, digest, block: all of known lengths in these two.
        let digest = octets.get(6..45)?.get(1..)?;
        let block = octets.get(45..)?.get(2..)?;
        let protected = block.get(2..)?;
        let protected_len = usize::from(*protected.first()? & 0x1f).checked_add(1)?;
        let (protected, rest) = protected.split_at_checked(protected_len)?;
        let signature = rest.get(4..68)?;
        let message = [b"\x84\x6aSignature1", protected, b"\x40", digest].concat();
        let (key, bare) = match public.as_slice().try_into() {
            Ok(public) => {
                let bare = VerifyingKey::from_bytes(public).ok()?;
                let signature = Signature::from_slice(signature).ok()?;
                let key = ManifestKey::Ed25519(Ed25519Key::from_bytes(public).ok()?);
                (key, Bare::Ed25519(bare, signature, message))
            }
            Err(_) => {
                let bare = p256::ecdsa::VerifyingKey::from_sec1_bytes(&public).ok()?;
                let signature = p256::ecdsa::Signature::from_slice(signature).ok()?;
                let key = ManifestKey::P256(device_trust::P256Key::from_sec1(&public).ok()?);
                (key, Bare::P256(bare, signature, message))
            }
        };
        Some(Self {
            name,
            octets,
            key,
            vendor: hex(case.get("vendor")?)?.try_into().ok()?,
            class: hex(case.get("class")?)?.try_into().ok()?,
            bare,
        })
    }

    /// Verified: the sequence number.
    #[must_use]
    pub fn verified(&self, octets: &[u8]) -> Option<u64> {
        let keys = [self.key];
        let policy = manifest::Policy::new(&keys, self.vendor, self.class);
        Some(manifest::verify(octets, &policy, None).ok()?.sequence)
    }

    /// Nothing but the signature over the same message.
    #[must_use]
    pub fn bare(&self) -> bool {
        match &self.bare {
            Bare::Ed25519(key, signature, message) => key.verify_strict(message, signature).is_ok(),
            Bare::P256(key, signature, message) => {
                key.verify_prehash(&Sha256::digest(message), signature).is_ok()
            }
        }
    }
}

/// A device, its CA and the root.
#[derive(Debug)]
#[non_exhaustive]
pub struct Chain {
    /// The device's certificate.
    pub device: Vec<u8>,
    factory: Vec<u8>,
    root: Vec<u8>,
    anchors: Anchors,
    now: u64,
}

impl Chain {
    /// That of the first vector: P-256 and SHA-256.
    #[must_use]
    pub fn new() -> Option<Self> {
        let case = case(CERTIFICATES, "device-trust/certificate/0001")?;
        let root = hex(case.get("anchors")?.get(0)?)?;
        Some(Self {
            device: hex(case.get("chain")?.get(0)?)?,
            factory: hex(case.get("chain")?.get(1)?)?,
            anchors: Anchors::from_der([root.as_slice()]).ok()?,
            root,
            now: case.get("now")?.as_u64()?,
        })
    }

    /// Every check up to the identity.
    #[must_use]
    pub fn examined(&self, device: &[u8]) -> bool {
        examine(&[device, &self.factory], &self.anchors, self.now, TLS_1_3).is_ok()
    }

    /// webpki alone, the anchor parsed before; with the same arithmetic, or that of *ring*.
    #[must_use]
    pub fn path(&self, device: &[u8], with_ring: bool) -> bool {
        let root = CertificateDer::from(self.root.as_slice());
        let device = CertificateDer::from(device);
        let (Ok(anchor), Ok(device)) = (anchor_from_trusted_cert(&root), EndEntityCert::try_from(&device))
        else {
            return false;
        };
        let algorithm: &dyn SignatureVerificationAlgorithm = if with_ring {
            webpki::ring::ECDSA_P256_SHA256
        } else {
            &SameArithmetic
        };
        let (anchors, others) = ([anchor], [CertificateDer::from(self.factory.as_slice())]);
        let now = UnixTime::since_unix_epoch(Duration::from_secs(self.now));
        let usage = KeyUsage::client_auth();
        device
            .verify_for_usage(&[algorithm], &anchors, &others, now, usage, None, None)
            .is_ok()
    }
}

/// P-256 with SHA-256 by `p256`, as in `device-trust`.
#[derive(Debug)]
struct SameArithmetic;

impl SignatureVerificationAlgorithm for SameArithmetic {
    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P256
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA256
    }

    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key).map_err(|_| InvalidSignature)?;
        let signature = p256::ecdsa::Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        key.verify_prehash(&Sha256::digest(message), &signature)
            .map_err(|_| InvalidSignature)
    }
}
