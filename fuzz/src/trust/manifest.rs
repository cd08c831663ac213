//! Manifests: what is taken is CBOR of one form to another library, and says what it says there.

use std::sync::LazyLock;

use ciborium::Value;
use device_trust::Ed25519Key;
use device_trust::manifest::{Announced, ManifestKey, Policy, verify};
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};

/// Vendor and class of the vectors, whose manifests are the seeds.
const VENDOR: [u8; 16] = [
    0xcf, 0xbf, 0xf0, 0xd1, 0x93, 0x75, 0x56, 0x85, 0x96, 0x8c, 0x48, 0xce, 0x8b, 0x15, 0xae, 0x17,
];
const CLASS: [u8; 16] = [
    0x7b, 0x73, 0xf3, 0x3d, 0xff, 0xfc, 0x56, 0xb5, 0x94, 0x01, 0x97, 0x96, 0xcf, 0x7b, 0x07, 0xb1,
];

static SIGNER: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[1; 32]));

static KEYS: LazyLock<[ManifestKey; 1]> = LazyLock::new(|| {
    let public = SIGNER.verifying_key();
    [ManifestKey::Ed25519(
        Ed25519Key::from_bytes(public.as_bytes()).expect("a key"),
    )]
});

/// Errors that need no look at the manifest.
const BEFORE: [&str; 7] = [
    "envelope",
    "unsupported",
    "algorithm",
    "digest",
    "signature-missing",
    "key",
    "signature",
];

/// The octets as an envelope, and as a manifest that is signed.
pub fn any(octets: &[u8]) {
    let policy = Policy::new(&*KEYS, VENDOR, CLASS);
    match verify(octets, &policy, None) {
        Ok(announced) => holds(octets, &announced),
        Err(error) => {
            assert!(BEFORE.contains(&error.kind.code()), "{error}");
            assert!(error.offset <= octets.len());
        }
    }
    let signed = signed(octets);
    match verify(&signed, &policy, None) {
        Ok(announced) => {
            holds(&signed, &announced);
            refused_below(&signed, &announced);
        }
        Err(error) => assert!(error.offset <= signed.len(), "{error}"),
    }
}

/// A device that is further on, or smaller, refuses what another one takes.
fn refused_below(envelope: &[u8], announced: &Announced<'_>) {
    let policy = Policy::new(&*KEYS, VENDOR, CLASS);
    let code = |policy: Policy<'_>, payload: Option<&[u8]>| {
        verify(envelope, &policy, payload)
            .map_err(|error| error.kind.code())
            .err()
    };
    if let Some(next) = announced.sequence.checked_add(1) {
        assert_eq!(code(policy.with_stored_sequence(next), None), Some("rollback"));
    }
    if let Some(less) = announced.size.checked_sub(1) {
        assert_eq!(code(policy.with_max_size(less), None), Some("size"));
    }
    let none = announced.is_payload(0, &Sha256::digest([]).into());
    assert_eq!(code(policy, Some(&[])), (!none).then_some("payload"));
}

/// Written anew by another library, the same octets come out: there is one form of everything.
fn canonical(octets: &[u8]) -> Value {
    let value: Value = ciborium::from_reader(octets).expect("CBOR");
    let mut written = Vec::new();
    ciborium::into_writer(&value, &mut written).expect("writes");
    assert_eq!(written, octets);
    value
}

fn member(map: &Value, key: i64) -> Option<&Value> {
    let pairs = map.as_map().expect("a map");
    let mut found = pairs.iter().filter(|(name, _)| *name == Value::from(key));
    let value = found.next().map(|(_, value)| value);
    assert!(found.next().is_none(), "{key} twice");
    value
}

fn inside(value: Option<&Value>) -> Value {
    canonical(value.and_then(Value::as_bytes).expect("octets"))
}

/// What is announced is what the other library reads.
fn holds(envelope: &[u8], announced: &Announced<'_>) {
    let envelope = canonical(envelope);
    let (107, members) = envelope.as_tag().expect("a tag") else {
        panic!("another tag");
    };
    canonical(member(members, 2).and_then(Value::as_bytes).expect("the wrapper"));
    let manifest = inside(member(members, 3));
    assert_eq!(member(&manifest, 2), Some(&Value::from(announced.sequence)));
    let common = inside(member(&manifest, 3));
    let components = member(&common, 2).and_then(Value::as_array).expect("components");
    let component: Vec<_> = announced
        .component()
        .map(|part| Value::from(part.to_vec()))
        .collect();
    assert_eq!(components, &[Value::Array(component)]);
    let shared = inside(member(&common, 4));
    let shared = shared.as_array().expect("commands");
    let maps: Vec<_> = shared.iter().filter(|item| item.is_map()).collect();
    let parameter = |key| maps.iter().find_map(|map| member(map, key));
    assert_eq!(parameter(1), Some(&Value::from(VENDOR.to_vec())));
    assert_eq!(parameter(2), Some(&Value::from(CLASS.to_vec())));
    assert_eq!(parameter(14), Some(&Value::from(announced.size)));
    let digest = inside(parameter(3));
    assert_eq!(
        digest.as_array().and_then(|parts| parts.last()),
        Some(&Value::from(announced.sha256.to_vec()))
    );
    assert_eq!(member(&manifest, 9).is_some(), announced.invoke);
    assert_eq!(member(&manifest, 20).is_some(), announced.uri.is_some());
}

fn bytes(content: &[u8]) -> Vec<u8> {
    let mut written = Vec::new();
    ciborium::into_writer(&Value::from(content.to_vec()), &mut written).expect("writes");
    written
}

/// An envelope of the octets, with digest and signature right.
fn signed(manifest: &[u8]) -> Vec<u8> {
    let manifest = bytes(manifest);
    let digest = [&[0x82, 0x2f, 0x58, 0x20], Sha256::digest(&manifest).as_slice()].concat();
    let message = [
        b"\x84\x6aSignature1\x43\xa1\x01\x32\x40",
        bytes(&digest).as_slice(),
    ]
    .concat();
    let signature = SIGNER.sign(&message).to_bytes();
    let block = [b"\xd2\x84\x43\xa1\x01\x32\xa0\xf6", bytes(&signature).as_slice()].concat();
    let wrapper = [vec![0x82], bytes(&digest), bytes(&block)].concat();
    [vec![0xd8, 0x6b, 0xa2, 2], bytes(&wrapper), vec![3], manifest].concat()
}
