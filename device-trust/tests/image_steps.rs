//! Images of one fault each, and of two: the first step counts (§A.1.2).

#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test may panic"
)]
#![cfg(feature = "sign")]

mod support;

use device_trust::image::{ImageErrorKind, Mode, Policy, Version};
use support::{alike, full_image, full_policy, key};

const KEYHASH: u16 = 0x01;
const PUBKEY: u16 = 0x02;
const SHA256: u16 = 0x10;
const ED25519: u16 = 0x24;

/// Length of the firmware.
const FIRMWARE: usize = 9;

/// An image and the parts of its unprotected area, which begins at `end`.
struct Parts {
    image: Vec<u8>,
    end: usize,
    hash: Vec<u8>,
    keyhash: Vec<u8>,
    signature: Vec<u8>,
}

impl Parts {
    fn new() -> Self {
        let image = full_image(FIRMWARE);
        // hash, key hash, signature: 4 + 32, 4 + 32, 4 + 64 bytes after the info.
        let [hash, keyhash, signature] = [(140, 32), (104, 32), (68, 64)]
            .map(|(from, len)| image[image.len() - from + 4..][..len].to_vec());
        Self {
            end: image.len() - 144,
            image,
            hash,
            keyhash,
            signature,
        }
    }

    /// The image with this area instead.
    fn with(&self, tlvs: &[(u16, &[u8])]) -> Vec<u8> {
        let mut area = Vec::new();
        for (kind, value) in tlvs {
            area.extend(kind.to_le_bytes());
            area.extend((value.len() as u16).to_le_bytes());
            area.extend(*value);
        }
        let size = (area.len() as u16 + 4).to_le_bytes();
        [&self.image[..self.end], &[0x07, 0x69], &size, &area].concat()
    }
}

/// The answer, the same for the whole and for the stream at every cut.
fn code(image: &[u8], policy: &Policy<'_>) -> &'static str {
    alike(image, policy).map_or_else(|error| error.kind.code(), |_| "ok")
}

#[test]
fn a_key_is_followed_by_its_signature_and_a_signature_follows_its_key() {
    let parts = Parts::new();
    let keys = [key(1).public_key()];
    let spki = keys[0].to_spki();
    let hash = (SHA256, &parts.hash[..]);
    let ours = (KEYHASH, &parts.keyhash[..]);
    let other = (KEYHASH, &[7; 32][..]);
    let whole = (PUBKEY, &spki[..]);
    let signature = (ED25519, &parts.signature[..]);
    for (tlvs, expected) in [
        (&[hash, ours, signature][..], "ok"),
        (&[ours, signature, hash], "ok"),
        (&[hash, whole, signature], "ok"),
        (&[hash, other, signature, ours, signature], "ok"),
        (&[hash, other, signature], "key"),
        (&[hash, ours, ours, signature], "tlv"),
        (&[hash, other, ours, signature], "tlv"),
        (&[hash, ours, other, signature], "tlv"),
        (&[hash, whole, ours, signature], "tlv"),
        (&[hash, ours, whole, signature], "tlv"),
        (&[ours, hash, signature], "tlv"),
        (&[hash, ours, signature, signature], "tlv"),
        (&[hash, signature], "tlv"),
        (&[hash, signature, ours], "tlv"),
        (&[hash, ours, signature, ours], "tlv"),
        (&[hash, hash, ours, signature], "tlv"),
        (&[hash], "signature-missing"),
        (&[ours, signature], "hash-missing"),
        (&[], "hash-missing"),
    ] {
        let image = parts.with(tlvs);
        assert_eq!(
            code(&image, &full_policy(&keys, Mode::File)),
            expected,
            "{tlvs:x?}"
        );
    }
    let many = |count| {
        let mut tlvs = vec![hash];
        tlvs.extend([ours, signature].repeat(count));
        code(&parts.with(&tlvs), &full_policy(&keys, Mode::File))
    };
    assert_eq!((many(4), many(5)), ("ok", "tlv"));
}

/// The largest size counts for the header and its announced areas, then for the whole.
#[test]
fn an_image_larger_than_allowed_is_refused_as_soon_as_that_is_said() {
    let parts = Parts::new();
    let keys = [key(1).public_key()];
    let (info_end, total) = (parts.end + 4, parts.image.len());
    for largest in [0, info_end - 1, info_end, total - 1, total] {
        let answer = alike(&parts.image, &Policy::new(&keys, largest as u64, Mode::File));
        let refused = answer.err().map(|error| (error.kind, error.offset));
        if largest < info_end {
            assert!(
                matches!(refused, Some((ImageErrorKind::Size(_), 8..16))),
                "{refused:?}"
            );
        } else {
            let too_large = (ImageErrorKind::Size(total as u64), parts.end as u64 + 2);
            assert_eq!(refused, (largest < total).then_some(too_large));
        }
    }
}

/// Two faults: the name is that of the earlier step.
#[test]
fn of_two_faults_the_first_step_is_named() {
    let parts = Parts::new();
    let (keys, others) = ([key(1).public_key()], [key(2).public_key()]);
    let mut firmware = parts.image.clone();
    firmware[32] ^= 1;
    let mut signature = parts.image.clone();
    *signature.last_mut().unwrap() ^= 1;
    let longer = |image: &[u8]| [image, &[0]].concat();
    let (ours, theirs) = (full_policy(&keys, Mode::File), full_policy(&others, Mode::File));

    // 11 before 13: whole and stream.
    assert_eq!(code(&longer(&firmware), &ours), "trailing");
    assert_eq!(code(&firmware, &ours), "hash");
    // 13 before 15 and 16.
    assert_eq!(code(&firmware, &theirs), "hash");
    // 15 before 16 before 17.
    assert_eq!(code(&signature, &theirs), "key");
    assert_eq!(code(&signature, &ours.with_stored_counter(6)), "signature");
    assert_eq!(code(&parts.image, &theirs.with_stored_counter(6)), "key");
    // 17, 18, 19.
    let newer = ours.with_min_version(Version::new(9, 0, 0));
    assert_eq!(code(&signature, &newer), "signature");
    assert_eq!(code(&parts.image, &newer.with_stored_counter(6)), "rollback");
    assert_eq!(code(&parts.image, &newer.with_vendor([0; 16])), "downgrade");
    let stranger = ours.with_vendor([0; 16]).with_class([0; 16]);
    assert_eq!(code(&signature, &stranger), "signature");
    assert_eq!(code(&parts.image, &stranger), "vendor");
    assert_eq!(code(&parts.image, &ours.with_class([0; 16])), "class");
}
