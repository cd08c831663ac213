//! Manifests of one fault each, and of two: the first step counts (§A.2.2).

#![cfg(feature = "sign")]

mod support;

use device_trust::manifest::{Fault, ManifestErrorKind, Policy, verify};
use support::{
    Manifest, PAYLOAD, Signer, VENDOR, array, bytes, digest, envelope, envelope_of, int,
    manifest_policy as policy, map, text,
};

fn code(envelope: &[u8], policy: &Policy<'_>, payload: Option<&[u8]>) -> &'static str {
    verify(envelope, policy, payload).map_or_else(|error| error.kind.code(), |_| "ok")
}

#[test]
fn what_is_not_signed_has_neither_algorithm_nor_demands() {
    let signer = Signer::ed25519(1);
    let keys = [signer.trusted()];
    let manifest = Manifest::of(PAYLOAD).encode();
    for (labels, expected) in [
        (vec![], "ok"),
        (vec![(int(4), bytes(b"a key"))], "ok"),
        (vec![(int(3), int(0)), (text("x"), int(0))], "ok"),
        (vec![(int(4), text("a key"))], "envelope"),
        (vec![(int(1), int(-19))], "envelope"),
        (vec![(int(2), array(&[int(4)]))], "envelope"),
        (vec![(int(2), array(&[]))], "envelope"),
    ] {
        let block = signer.block(-19, &digest(&manifest), &labels);
        let envelope = envelope_of(&manifest, &[block], &[]);
        assert_eq!(code(&envelope, &policy(&keys), None), expected, "{labels:x?}");
    }
}

/// A right signature makes no other block lawful.
#[test]
fn all_blocks_are_read_before_any_signature_is_verified() {
    let signer = Signer::ed25519(1);
    let keys = [signer.trusted()];
    let manifest = Manifest::of(PAYLOAD).encode();
    let good = signer.block(-19, &digest(&manifest), &[]);
    let critical = signer.block(-19, &digest(&manifest), &[(int(2), array(&[]))]);
    for other in [int(0), array(&[]), critical, good[..good.len() - 1].to_vec()] {
        for blocks in [[good.clone(), other.clone()], [other.clone(), good.clone()]] {
            let envelope = envelope_of(&manifest, &blocks, &[]);
            assert_eq!(code(&envelope, &policy(&keys), None), "envelope", "{other:x?}");
        }
    }
    // One that is only of no use is passed over.
    let strange = signer.block(-257, &digest(&manifest), &[]);
    for blocks in [[good.clone(), strange.clone()], [strange.clone(), good]] {
        assert_eq!(
            code(&envelope_of(&manifest, &blocks, &[]), &policy(&keys), None),
            "ok"
        );
    }
    assert_eq!(
        code(&envelope_of(&manifest, &[strange], &[]), &policy(&keys), None),
        "algorithm"
    );
}

#[test]
fn there_are_one_to_four_blocks() {
    let (signer, stranger) = (Signer::ed25519(1), Signer::ed25519(2));
    let keys = [signer.trusted()];
    let manifest = Manifest::of(PAYLOAD).encode();
    assert_eq!(
        code(&envelope(&manifest, &[]), &policy(&keys), None),
        "signature-missing"
    );
    for place in 0..4 {
        let mut signers = [(&stranger, -19); 4];
        signers[place].0 = &signer;
        assert_eq!(code(&envelope(&manifest, &signers), &policy(&keys), None), "ok");
        let one_more = [&signers[..], &[(&stranger, -19)]].concat();
        let error = verify(&envelope(&manifest, &one_more), &policy(&keys), None).unwrap_err();
        assert_eq!(error.kind, ManifestErrorKind::Envelope(Fault::Blocks));
    }
}

/// Two faults: the name is that of the earlier step.
#[test]
fn of_two_faults_the_first_step_is_named() {
    let (signer, stranger) = (Signer::ed25519(1), Signer::p256(2));
    let (keys, others) = ([signer.trusted()], [stranger.trusted()]);
    let ours = policy(&keys);
    let manifest = Manifest::of(PAYLOAD);
    let encoded = manifest.encode();
    let block = signer.block(-19, &digest(&encoded), &[]);
    let signed = |manifest: &[u8]| envelope(manifest, &[(&signer, -19)]);

    // 2 before 3: a member more, and a wrapper that is none.
    let more = [(int(16), bytes(b"text"))];
    let one_more = envelope_of(&encoded, &[block], &more);
    assert_eq!(code(&one_more, &ours, None), "unsupported");
    let neither = [
        &[0xd8, 0x6b][..],
        &map(&[(int(2), bytes(&[0])), (int(3), bytes(&[])), more[0].clone()]),
    ];
    assert_eq!(code(&neither.concat(), &ours, None), "unsupported");
    // 5 before 6.
    let mut other = envelope_of(&encoded, &[int(0)], &[]);
    assert_eq!(code(&other, &ours, None), "envelope");
    *other.last_mut().unwrap() ^= 1;
    assert_eq!(code(&other, &ours, None), "digest");
    // 9 and 10 before all that the manifest says.
    let old = Manifest {
        sequence: 40,
        ..Manifest::of(PAYLOAD)
    }
    .encode();
    assert_eq!(code(&signed(&old), &ours, None), "rollback");
    assert_eq!(code(&signed(&old), &policy(&others), None), "key");
    assert_eq!(
        code(&envelope(&old, &[(&stranger, -19)]), &ours, None),
        "signature"
    );
    assert_eq!(code(&signed(&[0xff]), &policy(&others), None), "key");

    // 12 before 13, 13 before 14, 14 before 15 and 16.
    let members = |version, sequence, common: Vec<u8>, more: &[(Vec<u8>, Vec<u8>)]| {
        let all = [
            &[(int(1), int(version)), (int(2), int(sequence)), (int(3), common)],
            more,
        ]
        .concat();
        code(&signed(&map(&all)), &ours, None)
    };
    let strange = [(int(8), bytes(&[]))];
    assert_eq!(members(2, -1, int(0), &strange), "version");
    assert_eq!(members(1, -1, int(0), &strange), "manifest");
    assert_eq!(members(1, 40, int(0), &strange), "unsupported");
    assert_eq!(members(1, 40, int(0), &[]), "rollback");
    assert_eq!(members(1, 40, bytes(&map(&[])), &[]), "rollback");
    assert_eq!(members(1, 41, int(0), &[]), "manifest");

    // 17, 18, 19.
    let good = signed(&encoded);
    let other = Some(&b"another one"[..]);
    assert_eq!(code(&good, &ours, other), "payload");
    assert_eq!(code(&good, &ours.with_max_size(3), other), "size");
    assert_eq!(code(&good, &ours.with_max_size(3), Some(PAYLOAD)), "size");
    assert_eq!(code(&good, &ours.with_max_size(3), None), "size");
    let class = Policy::new(&keys, VENDOR, [0; 16]).with_max_size(3);
    assert_eq!(code(&good, &class, other), "class");
    let vendor = Policy::new(&keys, [0; 16], [0; 16]).with_max_size(3);
    assert_eq!(code(&good, &vendor, other), "vendor");
    assert_eq!(code(&good, &vendor.with_stored_sequence(42), other), "rollback");
}
