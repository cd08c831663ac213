//! Keys, images and manifests for the tests.

#![allow(dead_code, reason = "each test binary takes what it needs")]
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test may panic"
)]

use device_trust::Ed25519Key;
use device_trust::image::{
    Dependency, ImageError, MAX_TLV_LEN, Mode, Policy, SigningKey, Stream, Unsigned, Verified, Version,
    verify,
};
use device_trust::manifest::{self, ManifestKey};
use ed25519_dalek::Signer as _;
use sha2::{Digest as _, Sha256};

pub(crate) const VENDOR: [u8; 16] = [0xa1; 16];
pub(crate) const CLASS: [u8; 16] = [0xc2; 16];

/// A signing key that is the same in every run.
pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// A firmware with everything in its protected area.
pub(crate) fn unsigned<'a>(firmware: &'a [u8], dependencies: &'a [Dependency]) -> Unsigned<'a> {
    let mut image = Unsigned::new(firmware, Version::new(2, 1, 7));
    image.security_counter = Some(5);
    image.dependencies = dependencies;
    image.vendor = Some(VENDOR);
    image.class = Some(CLASS);
    image
}

pub(crate) fn signed(image: &Unsigned<'_>, key: &SigningKey) -> Vec<u8> {
    let mut out = vec![0xee; image.signed_len().unwrap()];
    assert_eq!(
        image.sign(key, &mut out).unwrap().len(),
        image.signed_len().unwrap()
    );
    out
}

/// An image of `len` bytes of firmware with everything in its protected area, signed by key 1.
pub(crate) fn full_image(len: usize) -> Vec<u8> {
    let firmware: Vec<u8> = (0..len).map(|at| (at * 31) as u8).collect();
    let others = [
        Dependency {
            image: 1,
            version: Version::new(1, 2, 3),
        },
        Dependency {
            image: 3,
            version: Version::default(),
        },
    ];
    signed(&unsigned(&firmware, &others), &key(1))
}

/// What a verified image says, for comparison.
pub(crate) fn told(image: &Verified<'_>) -> String {
    format!("{image:?} {:?}", image.dependencies().collect::<Vec<_>>())
}

pub(crate) fn streamed(
    chunks: &[&[u8]],
    policy: &Policy<'_>,
    memory: &mut [u8],
) -> Result<String, ImageError> {
    let mut stream = Stream::new(policy, memory);
    let mut refused = None;
    for chunk in chunks {
        let pushed = stream.push(chunk);
        if let Some(error) = refused {
            assert_eq!(pushed, if chunk.is_empty() { Ok(()) } else { Err(error) });
        } else {
            refused = pushed.err();
        }
    }
    let end = stream.finish().map(|image| told(&image));
    if let Some(error) = refused {
        assert_eq!(end, Err(error));
    }
    end
}

/// The whole and the stream, byte by byte and at every cut, answer alike.
pub(crate) fn alike(image: &[u8], policy: &Policy<'_>) -> Result<String, ImageError> {
    let mut memory = vec![0; MAX_TLV_LEN];
    let whole = verify(image, policy).map(|image| told(&image));
    let bytes: Vec<&[u8]> = image.chunks(1).collect();
    assert_eq!(streamed(&bytes, policy, &mut memory), whole);
    for cut in 0..=image.len() {
        let (a, b) = image.split_at(cut);
        assert_eq!(streamed(&[a, b], policy, &mut memory), whole, "cut at {cut}");
    }
    whole
}

pub(crate) fn full_policy(keys: &[Ed25519Key], mode: Mode) -> Policy<'_> {
    Policy::new(keys, 1 << 20, mode)
        .with_stored_counter(5)
        .with_min_version(Version::new(2, 1, 7))
        .with_vendor(VENDOR)
        .with_class(CLASS)
}

/// CBOR: a head.
fn head(major: u8, value: u64) -> Vec<u8> {
    let major = major << 5;
    match value {
        0..=23 => vec![major | value as u8],
        24..=0xff => vec![major | 24, value as u8],
        0x100..=0xffff => [&[major | 25][..], &(value as u16).to_be_bytes()].concat(),
        0x1_0000..=0xffff_ffff => [&[major | 26][..], &(value as u32).to_be_bytes()].concat(),
        _ => [&[major | 27][..], &value.to_be_bytes()].concat(),
    }
}

/// CBOR: a byte string.
pub(crate) fn bytes(content: &[u8]) -> Vec<u8> {
    [head(2, content.len() as u64), content.to_vec()].concat()
}

/// CBOR: a text.
pub(crate) fn text(content: &str) -> Vec<u8> {
    [head(3, content.len() as u64), content.as_bytes().to_vec()].concat()
}

/// CBOR: an integer.
pub(crate) fn int(value: i64) -> Vec<u8> {
    match u64::try_from(value) {
        Ok(value) => head(0, value),
        Err(_) => head(1, value.unsigned_abs() - 1),
    }
}

/// CBOR: an array of encoded items.
pub(crate) fn array(items: &[Vec<u8>]) -> Vec<u8> {
    [head(4, items.len() as u64), items.concat()].concat()
}

/// CBOR: a map of encoded keys and values.
pub(crate) fn map(items: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let pairs = items.iter().flat_map(|(key, value)| [key.clone(), value.clone()]);
    [head(5, items.len() as u64), pairs.collect::<Vec<_>>().concat()].concat()
}

/// What [`Manifest::of`] announces in the tests.
pub(crate) const PAYLOAD: &[u8] = b"the new firmware";

/// Takes [`Manifest::of`] it.
pub(crate) fn manifest_policy(keys: &[ManifestKey]) -> manifest::Policy<'_> {
    manifest::Policy::new(keys, VENDOR, CLASS)
        .with_stored_sequence(41)
        .with_max_size(1 << 20)
}

/// What a manifest says.
pub(crate) struct Manifest {
    pub(crate) sequence: u64,
    pub(crate) size: u64,
    pub(crate) sha256: [u8; 32],
    pub(crate) uri: Option<String>,
    pub(crate) invoke: bool,
    pub(crate) component: Vec<Vec<u8>>,
}

impl Manifest {
    pub(crate) fn of(payload: &[u8]) -> Self {
        Self {
            sequence: 41,
            size: payload.len() as u64,
            sha256: Sha256::digest(payload).into(),
            uri: Some("coaps://update.example/fw".into()),
            invoke: true,
            component: vec![vec![0]],
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let digest = |hash: &[u8]| bytes(&array(&[int(-16), bytes(hash)]));
        let component: Vec<_> = self.component.iter().map(|part| bytes(part)).collect();
        let shared = array(&[
            int(20),
            map(&[
                (int(1), bytes(&VENDOR)),
                (int(2), bytes(&CLASS)),
                (int(3), digest(&self.sha256)),
                (int(14), head(0, self.size)),
            ]),
            int(1),
            int(15),
            int(2),
            int(15),
        ]);
        let common = map(&[(int(2), array(&[array(&component)])), (int(4), bytes(&shared))]);
        let mut members = vec![
            (int(1), int(1)),
            (int(2), head(0, self.sequence)),
            (int(3), bytes(&common)),
            (int(7), bytes(&array(&[int(3), int(15)]))),
        ];
        if self.invoke {
            members.push((int(9), bytes(&array(&[int(23), int(2)]))));
        }
        if let Some(uri) = &self.uri {
            let parameters = map(&[(int(21), text(uri))]);
            let install = array(&[int(20), parameters, int(21), int(2), int(3), int(15)]);
            members.push((int(20), bytes(&install)));
        }
        map(&members)
    }
}

/// Who signs a manifest.
pub(crate) enum Signer {
    Ed25519(ed25519_dalek::SigningKey),
    P256(p256::ecdsa::SigningKey),
}

impl Signer {
    pub(crate) fn ed25519(seed: u8) -> Self {
        Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&[seed; 32]))
    }

    pub(crate) fn p256(seed: u8) -> Self {
        Self::P256(p256::ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap())
    }

    pub(crate) fn trusted(&self) -> ManifestKey {
        match self {
            Self::Ed25519(key) => {
                ManifestKey::Ed25519(Ed25519Key::from_bytes(key.verifying_key().as_bytes()).unwrap())
            }
            Self::P256(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                ManifestKey::P256(device_trust::P256Key::from_sec1(point.as_bytes()).unwrap())
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
        }
    }

    /// A signature block over the digest, with these labels in the header that is not protected.
    pub(crate) fn block(&self, alg: i64, digest: &[u8], labels: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
        let protected = bytes(&map(&[(int(1), int(alg))]));
        let message = array(&[text("Signature1"), protected.clone(), bytes(&[]), bytes(digest)]);
        let block = array(&[protected, map(labels), vec![0xf6], bytes(&self.sign(&message))]);
        [head(6, 18), block].concat()
    }
}

/// The digest of a manifest, as blocks sign it.
pub(crate) fn digest(manifest: &[u8]) -> Vec<u8> {
    array(&[int(-16), bytes(&Sha256::digest(bytes(manifest)))])
}

/// The envelope of a manifest, signed by each of these under the number of an algorithm.
pub(crate) fn envelope(manifest: &[u8], signers: &[(&Signer, i64)]) -> Vec<u8> {
    let digest = digest(manifest);
    let blocks: Vec<_> = signers
        .iter()
        .map(|(signer, alg)| signer.block(*alg, &digest, &[]))
        .collect();
    envelope_of(manifest, &blocks, &[])
}

/// The envelope of a manifest with these blocks, and more members.
pub(crate) fn envelope_of(manifest: &[u8], blocks: &[Vec<u8>], more: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let wrapper: Vec<_> = [digest(manifest)]
        .iter()
        .chain(blocks)
        .map(|item| bytes(item))
        .collect();
    let members = [
        &[(int(2), bytes(&array(&wrapper))), (int(3), bytes(manifest))],
        more,
    ];
    [head(6, 107), map(&members.concat())].concat()
}
