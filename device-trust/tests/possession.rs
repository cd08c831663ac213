//! The key of an examined certificate, and the signatures of the handshake made with it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
#![cfg(feature = "certificate")]

#[path = "support/x509.rs"]
mod x509;

use device_trust::certificate::{Anchors, Portable, PublicKey, TLS_1_2, TLS_1_3, examine};
use ed25519_dalek::Signer as _;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use sha2::{Digest as _, Sha256, Sha384};
use x509::{NOW, Tbs, critical_identifier, key};

const ECDSA_SHA256: u16 = 0x0403;
const ECDSA_SHA384: u16 = 0x0503;
const ED25519: u16 = 0x0807;

const P384_SPKI: &[u8] = &[
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81,
    0x04, 0x00, 0x22, 0x03, 0x62, 0x00,
];
const ED25519_SPKI: &[u8] = &[
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// The key as the credential of a device with it has it; with an identifier that webpki does not read.
fn examined(spki: &[u8]) -> PublicKey {
    let mut device = Tbs::device("Root", &key(2)).with(critical_identifier());
    device.spki = spki.to_vec();
    let root = Tbs::ca("Root", "Root", &key(1), None).sign(&key(1));
    let anchors = Anchors::from_der([root.as_slice()]).unwrap();
    let credential = examine(&[&device.sign(&key(1))], &anchors, NOW, TLS_1_3).unwrap();
    let found = credential.public_key();
    assert_eq!(found.spki(), spki);
    assert_eq!(credential.spki_sha256, <[u8; 32]>::from(Sha256::digest(spki)));
    found.clone()
}

/// The versions and schemes under which the signature is taken.
fn taken(key: &PublicKey, message: &[u8], signature: &[u8]) -> Vec<(u16, u16)> {
    let versions = [TLS_1_3, TLS_1_2, 0x0302, 0x0305, 0];
    let schemes = [
        ECDSA_SHA256,
        ECDSA_SHA384,
        ED25519,
        0x0603,
        0x0804,
        0x0203,
        0x0808,
    ];
    let all = versions
        .into_iter()
        .flat_map(|version| schemes.map(|scheme| (version, scheme)));
    let found: Vec<_> = all
        .filter(|(version, scheme)| key.signed_handshake(*version, *scheme, message, signature, &Portable))
        .collect();
    for (version, scheme) in &found {
        let signed = |message: &[u8], signature: &[u8]| {
            key.signed_handshake(*version, *scheme, message, signature, &Portable)
        };
        assert!(!signed(&[message, &[0]].concat(), signature));
        assert!(!signed(message, &signature[1..]));
        assert!(!signed(message, &[]));
        assert!(!signed(message, &[signature, &[0]].concat()));
    }
    found
}

#[test]
fn each_key_signs_with_its_schemes_only() {
    let message = [&[0x20; 64][..], b"TLS 1.3, client CertificateVerify\0", &[7; 32]].concat();
    let (sha256, sha384) = (Sha256::digest(&message), Sha384::digest(&message));

    let p256 = key(3);
    let found = examined(&Tbs::device("", &p256).spki);
    let by_sha256: p256::ecdsa::DerSignature = p256.sign_prehash(&sha256).unwrap();
    let by_sha384: p256::ecdsa::DerSignature = p256.sign_prehash(&sha384).unwrap();
    assert_eq!(
        taken(&found, &message, by_sha256.as_bytes()),
        [(TLS_1_3, ECDSA_SHA256), (TLS_1_2, ECDSA_SHA256)]
    );
    assert_eq!(
        taken(&found, &message, by_sha384.as_bytes()),
        [(TLS_1_2, ECDSA_SHA384)]
    );
    // Another key's.
    let other: p256::ecdsa::DerSignature = key(4).sign_prehash(&sha256).unwrap();
    assert_eq!(taken(&found, &message, other.as_bytes()), []);

    let p384 = p384::ecdsa::SigningKey::from_slice(&[3; 48]).unwrap();
    let point = p384.verifying_key().to_sec1_point(false);
    let found = examined(&[P384_SPKI, point.as_bytes()].concat());
    let by_sha256: p384::ecdsa::DerSignature = p384.sign_prehash(&sha256).unwrap();
    let by_sha384: p384::ecdsa::DerSignature = p384.sign_prehash(&sha384).unwrap();
    assert_eq!(
        taken(&found, &message, by_sha256.as_bytes()),
        [(TLS_1_2, ECDSA_SHA256)]
    );
    assert_eq!(
        taken(&found, &message, by_sha384.as_bytes()),
        [(TLS_1_3, ECDSA_SHA384), (TLS_1_2, ECDSA_SHA384)]
    );

    let ed25519 = ed25519_dalek::SigningKey::from_bytes(&[3; 32]);
    let found = examined(&[ED25519_SPKI, ed25519.verifying_key().as_bytes()].concat());
    let signature = ed25519.sign(&message).to_bytes();
    assert_eq!(
        taken(&found, &message, &signature),
        [(TLS_1_3, ED25519), (TLS_1_2, ED25519)]
    );
}
