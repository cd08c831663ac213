//! Manifests: an encoder of the tests and the verifier against each other, hostile bytes.

#![expect(clippy::as_conversions, reason = "a test may panic")]
#![cfg(feature = "sign")]

mod support;

use device_trust::manifest::{MAX_ENVELOPE_LEN, ManifestErrorKind, verify};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use support::{
    CLASS, Manifest, PAYLOAD, Signer, VENDOR, array, bytes, envelope, int, manifest_policy as policy, map,
    text,
};

#[test]
fn every_algorithm_of_the_table_is_taken_under_its_kind_of_key_only() {
    let (ed25519, p256) = (Signer::ed25519(1), Signer::p256(2));
    let keys = [ed25519.trusted(), p256.trusted()];
    let manifest = Manifest::of(PAYLOAD).encode();
    for (signer, alg, other) in [
        (&ed25519, -19, -9),
        (&ed25519, -8, -7),
        (&p256, -9, -19),
        (&p256, -7, -8),
    ] {
        let good = envelope(&manifest, &[(signer, alg)]);
        let announced = verify(&good, &policy(&keys), Some(PAYLOAD)).unwrap();
        assert_eq!(announced.alg, alg);
        assert_eq!(announced.key, usize::from(std::ptr::eq(signer, &raw const p256)));
        let wrong = envelope(&manifest, &[(signer, other)]);
        let error = verify(&wrong, &policy(&keys), None).unwrap_err();
        assert_eq!(error.kind, ManifestErrorKind::Signature);
    }
}

#[test]
fn every_prefix_is_refused_as_an_envelope() {
    let signer = Signer::ed25519(1);
    let keys = [signer.trusted()];
    let good = envelope(&Manifest::of(PAYLOAD).encode(), &[(&signer, -19)]);
    for len in 0..good.len() {
        let error = verify(&good[..len], &policy(&keys), None).unwrap_err();
        assert_eq!(error.kind.code(), "envelope", "{len}: {error}");
        assert!(error.offset <= len);
    }
}

/// Nothing is taken for good that has another bit; and before the signature nothing of the manifest is named.
#[test]
fn every_flipped_bit_is_refused_before_the_manifest_is_looked_at() {
    let before = [
        "envelope",
        "unsupported",
        "algorithm",
        "digest",
        "signature-missing",
        "key",
        "signature",
    ];
    for (signer, alg) in [(Signer::ed25519(1), -19), (Signer::p256(1), -9)] {
        let keys = [signer.trusted()];
        let mut bad = envelope(&Manifest::of(PAYLOAD).encode(), &[(&signer, alg)]);
        for bit in 0..bad.len() * 8 {
            bad[bit / 8] ^= 1 << (bit % 8);
            let error = verify(&bad, &policy(&keys), None).unwrap_err();
            assert!(before.contains(&error.kind.code()), "bit {bit}: {error}");
            bad[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

/// The same under a signature that is right: the manifest is refused for what it says, or says something else that is lawful.
#[test]
fn every_bit_of_a_manifest_can_be_signed() {
    let signer = Signer::ed25519(1);
    let keys = [signer.trusted()];
    let mut manifest = Manifest::of(PAYLOAD).encode();
    let lawful = [
        "manifest",
        "unsupported",
        "algorithm",
        "version",
        "rollback",
        "vendor",
        "class",
        "size",
        "payload",
    ];
    let mut taken = 0;
    for bit in 0..manifest.len() * 8 {
        manifest[bit / 8] ^= 1 << (bit % 8);
        let signed = envelope(&manifest, &[(&signer, -19)]);
        match verify(&signed, &policy(&keys), Some(PAYLOAD)) {
            // Another sequence number, component, URI or reporting policy.
            Ok(_) => taken += 1,
            Err(error) => assert!(lawful.contains(&error.kind.code()), "bit {bit}: {error}"),
        }
        manifest[bit / 8] ^= 1 << (bit % 8);
    }
    assert!((100..300).contains(&taken), "{taken}");
}

#[test]
fn the_longest_envelope_is_taken_and_no_longer_one() {
    let signer = Signer::ed25519(1);
    let keys = [signer.trusted()];
    let mut manifest = Manifest::of(PAYLOAD);
    let mut of_len = |len: usize| {
        manifest.uri = Some("u".repeat(len));
        envelope(&manifest.encode(), &[(&signer, -19)])
    };
    let overhead = of_len(7000).len() - 7000;
    let longest = of_len(MAX_ENVELOPE_LEN - overhead);
    assert_eq!(longest.len(), MAX_ENVELOPE_LEN);
    verify(&longest, &policy(&keys), Some(PAYLOAD)).unwrap();
    let error = verify(&of_len(MAX_ENVELOPE_LEN + 1 - overhead), &policy(&keys), None).unwrap_err();
    assert_eq!((error.kind.code(), error.offset), ("envelope", MAX_ENVELOPE_LEN));
}

/// A map of as many keys in the worst order as an envelope holds: bounded time, although nobody signed it.
#[test]
fn hostile_maps_take_bounded_time() {
    let keys: Vec<_> = (256..2200_i64).rev().map(|key| (int(key), int(0))).collect();
    let hostile = [&[0xd8, 0x6b][..], &map(&keys)].concat();
    assert!((7000..=MAX_ENVELOPE_LEN).contains(&hostile.len()));
    let start = std::time::Instant::now();
    assert!(verify(&hostile, &policy(&[]), None).is_err());
    // Some ten milliseconds in a release build; this has room for a slow machine without optimisation.
    assert!(start.elapsed().as_secs() < 20);
}

/// The order of checks inside a manifest that is signed (§A.2.2 steps 11 to 16).
#[test]
fn faults_of_signed_manifests_have_their_names() {
    let signer = Signer::ed25519(1);
    let keys = [signer.trusted()];
    let code = |manifest: &[u8]| {
        let signed = envelope(manifest, &[(&signer, -19)]);
        verify(&signed, &policy(&keys), None)
            .map(|_| "ok")
            .unwrap_or_else(|error| error.kind.code())
    };
    let digest = |hash: &[u8]| bytes(&array(&[int(-16), bytes(hash)]));
    let parameters = || {
        vec![
            (int(1), bytes(&VENDOR)),
            (int(2), bytes(&CLASS)),
            (int(3), digest(&[7; 32])),
            (int(14), int(300)),
        ]
    };
    let conditions = || vec![int(1), int(15), int(2), int(15)];
    let shared = |parameters: Vec<_>, conditions: Vec<Vec<u8>>| {
        array(&[vec![int(20), map(&parameters)], conditions].concat())
    };
    let whole = |shared: Vec<u8>, more: Vec<(Vec<u8>, Vec<u8>)>| {
        let common = map(&[
            (int(2), array(&[array(&[bytes(&[0])])])),
            (int(4), bytes(&shared)),
        ]);
        let mut members = vec![
            (int(1), int(1)),
            (int(2), int(50)),
            (int(3), bytes(&common)),
            (int(7), bytes(&array(&[int(3), int(15)]))),
        ];
        members.extend(more);
        map(&members)
    };
    let good = || shared(parameters(), conditions());
    let section = |items: &[Vec<u8>]| bytes(&array(items));
    assert_eq!(code(&whole(good(), vec![])), "ok");
    for (more, expected) in [
        ((int(4), text("https://x")), "ok"),
        ((int(4), int(1)), "manifest"),
        ((int(9), section(&[int(23), int(15)])), "ok"),
        ((int(9), section(&[int(23), int(16)])), "manifest"),
        ((int(9), section(&[int(23), int(-1)])), "manifest"),
        ((int(9), section(&[int(23)])), "manifest"),
        ((int(9), section(&[])), "unsupported"),
        ((int(9), section(&[int(3), int(2)])), "unsupported"),
        ((int(9), array(&[int(-16), bytes(&[0; 32])])), "unsupported"),
        ((int(9), int(0)), "manifest"),
        ((int(23), bytes(&[])), "ok"),
        ((int(23), int(0)), "manifest"),
        ((int(8), section(&[])), "unsupported"),
        ((text("x"), int(0)), "unsupported"),
        ((int(20), section(&[])), "unsupported"),
        (
            (
                int(20),
                section(&[
                    int(20),
                    map(&[(int(21), int(1))]),
                    int(21),
                    int(2),
                    int(3),
                    int(15),
                ]),
            ),
            "manifest",
        ),
        (
            (
                int(20),
                section(&[
                    int(20),
                    map(&[(int(21), text("u"))]),
                    int(3),
                    int(15),
                    int(21),
                    int(2),
                ]),
            ),
            "unsupported",
        ),
    ] {
        assert_eq!(code(&whole(good(), vec![more.clone()])), expected, "{more:x?}");
    }
    for (at, value, expected) in [
        (0, bytes(&[0; 17]), "manifest"),
        (0, text("0123456789abcdef"), "manifest"),
        (0, bytes(&[0; 16]), "vendor"),
        (1, bytes(&[0; 16]), "class"),
        (2, digest(&[7; 31]), "manifest"),
        (2, bytes(&array(&[int(-43), bytes(&[7; 32])])), "algorithm"),
        (2, bytes(&[7; 32]), "manifest"),
        (3, int(-1), "manifest"),
        (3, int((1 << 20) + 1), "size"),
        (3, int(1 << 20), "ok"),
    ] {
        let mut changed = parameters();
        changed[at].1 = value;
        assert_eq!(
            code(&whole(shared(changed, conditions()), vec![])),
            expected,
            "parameter {at}"
        );
    }
    for missing in 0..4 {
        let mut fewer = parameters();
        fewer.remove(missing);
        let expected = if missing < 2 { "manifest" } else { "unsupported" };
        assert_eq!(code(&whole(shared(fewer, conditions()), vec![])), expected);
    }
    for conditions in [
        vec![int(1), int(15)],
        vec![int(2), int(15)],
        vec![],
        vec![int(1), int(15), int(2), int(15), int(1), int(15)],
        vec![int(1), int(15), int(2), int(15), int(3), int(15)],
    ] {
        assert_eq!(
            code(&whole(shared(parameters(), conditions), vec![])),
            "unsupported"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_encoded_is_announced(
        sequence in 41..=u64::MAX,
        payload in prop::collection::vec(any::<u8>(), 0..200),
        uri in prop::option::of("[ -~é]{0,300}"),
        invoke in any::<bool>(),
        component in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..30), 0..5),
        elliptic in any::<bool>(),
    ) {
        let signer = if elliptic { Signer::p256(4) } else { Signer::ed25519(4) };
        let stranger = Signer::ed25519(5);
        let keys = [signer.trusted()];
        let mut manifest = Manifest::of(&payload);
        manifest.sequence = sequence;
        manifest.uri = uri.clone();
        manifest.invoke = invoke;
        manifest.component = component.clone();
        let alg = if elliptic { -9 } else { -19 };
        let signed = envelope(&manifest.encode(), &[(&stranger, -19), (&signer, alg)]);
        let announced = verify(&signed, &policy(&keys), Some(&payload)).unwrap();
        prop_assert_eq!(announced.sequence, sequence);
        prop_assert_eq!(announced.size, payload.len() as u64);
        prop_assert_eq!(announced.sha256, <[u8; 32]>::from(Sha256::digest(&payload)));
        prop_assert_eq!(announced.uri, uri.as_deref());
        prop_assert_eq!(announced.invoke, invoke);
        prop_assert_eq!(announced.component().collect::<Vec<_>>(), component);
        let other = [&payload[..], &[0]].concat();
        let error = verify(&signed, &policy(&keys), Some(&other)).unwrap_err();
        prop_assert_eq!(error.kind, ManifestErrorKind::Payload);
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(verify(&bytes, &policy(&[]), None).is_err());
    }
}
