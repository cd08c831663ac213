//! Keys that are trusted to sign images and manifests.
//!
//! An Ed25519 key is configured as its SubjectPublicKeyInfo (RFC 8410), 44 bytes:
//!
//! | offset | size | content |
//! |---|---|---|
//! | 0 | 12 | `30 2a 30 05 06 03 2b 65 70 03 21 00` |
//! | 12 | 32 | public key |
//!
//! Keys of small order are refused here: under such a key one signature fits many messages (§A.1.2).

use ed25519_dalek::{Signature, VerifyingKey};
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use sha2::{Digest as _, Sha256};

/// Length of the SubjectPublicKeyInfo of an Ed25519 key.
pub const SPKI_LEN: usize = 44;

const SPKI_HEAD: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// Why a key cannot be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum KeyError {
    /// Not the encoding that is asked for.
    #[error("not a key of this kind")]
    Encoding,
    /// Not a point of the curve.
    #[error("not a point of the curve")]
    Point,
    /// A point of small order, under which anybody can sign.
    #[error("a point of small order")]
    SmallOrder,
}

impl KeyError {
    /// Stable machine name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Encoding => "encoding",
            Self::Point => "point",
            Self::SmallOrder => "small-order",
        }
    }
}

/// An Ed25519 public key that may be trusted: a point of the curve, not of small order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ed25519Key {
    point: VerifyingKey,
    hash: [u8; 32],
}

impl Ed25519Key {
    /// The key in 32 bytes (RFC 8032 §5.1.5).
    ///
    /// # Errors
    /// [`KeyError::Point`], [`KeyError::SmallOrder`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let point = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Point)?;
        if point.is_weak() {
            return Err(KeyError::SmallOrder);
        }
        Ok(Self::of_point(point))
    }

    /// A point that is known not to be of small order.
    pub(crate) fn of_point(point: VerifyingKey) -> Self {
        let hash = Sha256::new()
            .chain_update(SPKI_HEAD)
            .chain_update(point.as_bytes())
            .finalize()
            .into();
        Self { point, hash }
    }

    /// The key as SubjectPublicKeyInfo in DER, [`SPKI_LEN`] bytes.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_spki(spki: &[u8]) -> Result<Self, KeyError> {
        let key = spki.strip_prefix(&SPKI_HEAD).and_then(|key| key.try_into().ok());
        Self::from_bytes(key.ok_or(KeyError::Encoding)?)
    }

    /// The key as SubjectPublicKeyInfo.
    #[must_use]
    pub fn to_spki(&self) -> [u8; SPKI_LEN] {
        let mut spki = [0; SPKI_LEN];
        let (head, key) = spki.split_at_mut(SPKI_HEAD.len());
        head.copy_from_slice(&SPKI_HEAD);
        key.copy_from_slice(self.point.as_bytes());
        spki
    }

    /// SHA-256 of the SubjectPublicKeyInfo: the KEYHASH of an image (§A.1.1).
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.point.as_bytes()
    }

    /// Whether the signature is right; strict: one form of it, and no small orders.
    pub(crate) fn signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = Signature::from_bytes(signature);
        self.point.verify_strict(message, &signature).is_ok()
    }

    /// As [`Self::signed`], for a message in parts: they need not lie beside each other in memory.
    pub(crate) fn signed_parts(&self, parts: &[&[u8]], signature: &[u8; 64]) -> bool {
        let signature = Signature::from_bytes(signature);
        // What `verify_strict` does beyond this: R of small order is refused. The key was looked at when it was made.
        let Ok(commitment) = VerifyingKey::from_bytes(signature.r_bytes()) else {
            return false;
        };
        let Ok(mut verifier) = self.point.verify_stream(&signature) else {
            return false;
        };
        for part in parts {
            verifier.update(part);
        }
        !commitment.is_weak() && verifier.finalize_and_verify().is_ok()
    }
}

/// A P-256 public key that may be trusted: a point of the curve, not the neutral one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct P256Key(p256::ecdsa::VerifyingKey);

impl P256Key {
    /// The key as a point in SEC 1 form: `04`, x, y (65 bytes), or `02` or `03`, x (33 bytes).
    ///
    /// # Errors
    /// [`KeyError::Encoding`], also for what is no point of the curve.
    pub fn from_sec1(bytes: &[u8]) -> Result<Self, KeyError> {
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(bytes);
        key.map(Self).map_err(|_| KeyError::Encoding)
    }

    /// Whether the signature, r and s beside each other, is right for the parts put together (ESP256).
    pub(crate) fn signed_parts(&self, parts: &[&[u8]], signature: &[u8; 64]) -> bool {
        let Ok(signature) = p256::ecdsa::Signature::from_slice(signature) else {
            return false;
        };
        let hash = parts.iter().fold(Sha256::new(), Sha256::chain_update).finalize();
        self.0.verify_prehash(&hash, &signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{Ed25519Key, KeyError, SPKI_LEN, Signature};
    use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
    use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
    use curve25519_dalek::scalar::Scalar;
    use ed25519_dalek::Verifier as _;
    use sha2::{Digest as _, Sha512};

    /// RFC 8032 §7.1, test 2.
    const KEY: [u8; 32] = [
        0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b, 0x7e, 0xbc, 0x9c,
        0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c,
    ];
    const SIGNATURE: [u8; 64] = [
        0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40, 0xa2,
        0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda, 0x08, 0x5a,
        0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c, 0x38, 0x7b, 0x2e,
        0xae, 0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00,
    ];
    /// The order of the group, little-endian.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];

    #[test]
    fn the_published_signature_is_right_whole_and_in_parts() {
        let key = Ed25519Key::from_bytes(&KEY).unwrap();
        assert!(key.signed(&[0x72], &SIGNATURE));
        assert!(key.signed_parts(&[&[], &[0x72], &[]], &SIGNATURE));
        assert!(!key.signed(&[0x73], &SIGNATURE));
        assert!(!key.signed_parts(&[&[0x72], &[0]], &SIGNATURE));
    }

    #[test]
    fn a_signature_has_one_form_only() {
        let mut twin = SIGNATURE;
        let mut carry = 0_u16;
        for (byte, order) in twin[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
        }
        let key = Ed25519Key::from_bytes(&KEY).unwrap();
        assert!(!key.signed(&[0x72], &twin));
        assert!(!key.signed_parts(&[&[0x72]], &twin));
    }

    #[test]
    fn keys_of_small_order_and_no_points_are_refused() {
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert_eq!(Ed25519Key::from_bytes(&neutral), Err(KeyError::SmallOrder));
        assert_eq!(Ed25519Key::from_bytes(&[0; 32]), Err(KeyError::SmallOrder));
        // The same points with y not reduced.
        let mut large = [0xff; 32];
        large[31] = 0x7f;
        for low in [0xec, 0xed, 0xee] {
            large[0] = low;
            assert_eq!(Ed25519Key::from_bytes(&large), Err(KeyError::SmallOrder), "{low}");
        }
        let mut off_curve = [0; 32];
        off_curve[0] = 2;
        assert_eq!(Ed25519Key::from_bytes(&off_curve), Err(KeyError::Point));
    }

    /// What is made with the secret scalar of a key, and not by the rules.
    struct Forger {
        secret: Scalar,
        public: EdwardsPoint,
    }

    #[expect(clippy::arithmetic_side_effects, reason = "arithmetic of the curve")]
    impl Forger {
        /// The torsion point is added to the public key.
        fn with(torsion: EdwardsPoint) -> Self {
            let secret = Scalar::from_bytes_mod_order([9; 32]);
            let public = ED25519_BASEPOINT_POINT * secret + torsion;
            Self { secret, public }
        }

        /// R = r·B and this, S = r + k·a.
        fn sign(&self, r: Scalar, and: EdwardsPoint, message: &[u8]) -> ([u8; 64], Scalar) {
            let commitment = (ED25519_BASEPOINT_POINT * r + and).compress();
            let hash = Sha512::new()
                .chain_update(commitment.as_bytes())
                .chain_update(self.public.compress().as_bytes())
                .chain_update(message);
            let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(commitment.as_bytes());
            signature[32..].copy_from_slice((r + k * self.secret).as_bytes());
            (signature, k)
        }

        /// What the equation of RFC 8032 without cofactor, R as any point, says; then what we say.
        fn judged(&self, message: &[u8], signature: &[u8; 64]) -> [bool; 3] {
            let public = self.public.compress();
            let key = Ed25519Key::from_bytes(public.as_bytes()).unwrap();
            let lax = key.point.verify(message, &Signature::from_bytes(signature));
            [
                lax.is_ok(),
                key.signed(message, signature),
                key.signed_parts(&[message], signature),
            ]
        }
    }

    /// R is the neutral element: the equation holds, although nothing hides the key.
    #[test]
    fn a_neutral_commitment_is_refused() {
        let forger = Forger::with(EdwardsPoint::default());
        let (honest, _) = forger.sign(Scalar::from(5_u8), EdwardsPoint::default(), b"m");
        assert_eq!(forger.judged(b"m", &honest), [true, true, true]);
        let (forged, _) = forger.sign(Scalar::ZERO, EdwardsPoint::default(), b"m");
        assert_eq!(forged[..32], [&[1][..], &[0; 31]].concat());
        assert_eq!(forger.judged(b"m", &forged), [true, false, false]);
    }

    /// R is each point of small order: under a key with a torsion component the equation holds for some messages.
    #[test]
    fn commitments_of_small_order_are_refused() {
        for (order, torsion) in EIGHT_TORSION.into_iter().enumerate() {
            let forger = Forger::with(EIGHT_TORSION[1]);
            let found = (0..=u8::MAX).any(|message| {
                let (forged, k) = forger.sign(Scalar::ZERO, torsion, &[message]);
                // S·B = R + k·A, if R cancels the torsion of k·A.
                let holds = EIGHT_TORSION[1] * k == -torsion;
                assert_eq!(forger.judged(&[message], &forged), [holds, false, false]);
                holds
            });
            assert!(found, "{order}");
        }
    }

    /// The equation holds times the cofactor only.
    #[test]
    fn commitments_with_a_torsion_component_are_refused() {
        let forger = Forger::with(EdwardsPoint::default());
        for torsion in &EIGHT_TORSION[1..] {
            let (forged, k) = forger.sign(Scalar::from(5_u8), *torsion, b"m");
            let [r, s] = [&forged[..32], &forged[32..]].map(|half| half.try_into().unwrap());
            let r = CompressedEdwardsY(r).decompress().unwrap();
            let s = Scalar::from_canonical_bytes(s).unwrap();
            let difference = ED25519_BASEPOINT_POINT * s - r - forger.public * k;
            assert!(difference != EdwardsPoint::default() && difference.is_small_order());
            assert_eq!(forger.judged(b"m", &forged), [false, false, false]);
        }
    }

    #[test]
    fn the_encoding_is_that_of_rfc_8410() {
        let key = Ed25519Key::from_bytes(&KEY).unwrap();
        let spki = key.to_spki();
        assert_eq!(Ed25519Key::from_spki(&spki), Ok(key));
        for len in 0..SPKI_LEN {
            assert_eq!(Ed25519Key::from_spki(&spki[..len]), Err(KeyError::Encoding));
        }
        let mut other = spki;
        other[8] ^= 1;
        assert_eq!(Ed25519Key::from_spki(&other), Err(KeyError::Encoding));
        assert_eq!(
            Ed25519Key::from_spki(&[spki.as_slice(), &[0]].concat()),
            Err(KeyError::Encoding)
        );
    }
}
