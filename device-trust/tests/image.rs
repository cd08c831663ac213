//! Images: signer and verifier against each other, hostile bytes, the stream against the whole.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test may panic"
)]
#![cfg(feature = "sign")]

mod support;

use device_trust::image::{
    Dependency, FLAG_RAM_LOAD, ImageErrorKind, MAX_TLV_LEN, Mode, Policy, SignError, Stream, Unsigned,
    Version, verify,
};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use support::{CLASS, VENDOR, alike, full_image, full_policy, key, signed, streamed, told, unsigned};

#[test]
fn what_is_signed_is_verified_with_everything_it_says() {
    let image = full_image(100);
    let keys = [key(2).public_key(), key(1).public_key()];
    for mode in [Mode::File, Mode::Slot] {
        alike(&image, &full_policy(&keys, mode)).unwrap();
        let verified = verify(&image, &full_policy(&keys, mode)).unwrap();
        assert_eq!(verified.version, Version::new(2, 1, 7));
        assert_eq!(verified.security_counter, Some(5));
        assert_eq!((verified.vendor, verified.class), (Some(VENDOR), Some(CLASS)));
        assert_eq!((verified.key, verified.image_size), (1, 100));
        assert_eq!(verified.total_size, image.len() as u64);
        assert_eq!(verified.total_sha256, <[u8; 32]>::from(Sha256::digest(&image)));
        let needs: Vec<_> = verified.dependencies().map(|other| other.image).collect();
        assert_eq!(needs, [1, 3]);
    }
}

#[test]
fn every_prefix_is_truncated_and_says_how_much_is_missing() {
    let image = full_image(9);
    let keys = [key(1).public_key()];
    let policy = full_policy(&keys, Mode::File);
    let mut memory = vec![0; MAX_TLV_LEN];
    for len in 0..image.len() {
        let error = verify(&image[..len], &policy).unwrap_err();
        let ImageErrorKind::Truncated { missing } = error.kind else {
            panic!("{len}: {error}");
        };
        assert_eq!(error.offset, len as u64);
        assert!((1..=(image.len() - len) as u64).contains(&missing), "{len}");
        assert_eq!(streamed(&[&image[..len]], &policy, &mut memory), Err(error));
    }
}

#[test]
fn every_flipped_bit_is_refused_and_the_stream_agrees() {
    let mut image = full_image(9);
    let keys = [key(1).public_key()];
    let mut memory = vec![0; MAX_TLV_LEN];
    for mode in [Mode::File, Mode::Slot] {
        let policy = full_policy(&keys, mode);
        for bit in 0..image.len() * 8 {
            image[bit / 8] ^= 1 << (bit % 8);
            let whole = verify(&image, &policy).map(|image| told(&image));
            assert!(whole.is_err(), "bit {bit}");
            for size in [1, 3, 64] {
                let chunks: Vec<&[u8]> = image.chunks(size).collect();
                assert_eq!(
                    streamed(&chunks, &policy, &mut memory),
                    whole,
                    "bit {bit}, chunks of {size}"
                );
            }
            image[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn what_follows_matters_in_a_file_and_not_in_a_slot() {
    let mut image = full_image(5);
    let keys = [key(1).public_key()];
    let total = image.len() as u64;
    image.extend([0xff; 70]);
    let refused = alike(&image, &full_policy(&keys, Mode::File)).unwrap_err();
    assert_eq!((refused.kind, refused.offset), (ImageErrorKind::Trailing, total));
    let policy = full_policy(&keys, Mode::Slot);
    alike(&image, &policy).unwrap();
    let verified = verify(&image, &policy).unwrap();
    let file = Sha256::digest(&image[..total as usize]);
    assert_eq!((verified.total_size, verified.total_sha256), (total, file.into()));
}

#[test]
fn a_stream_refuses_a_bad_header_before_the_rest_comes() {
    let keys = [key(1).public_key()];
    let policy = Policy::new(&keys, 100, Mode::File);
    let image = full_image(500);
    let mut memory = [0; 512];
    let mut stream = Stream::new(&policy, &mut memory);
    assert_eq!(stream.push(&image[..31]), Ok(()));
    let error = stream.push(&image[31..32]).unwrap_err();
    assert!(matches!(error.kind, ImageErrorKind::Size(_)), "{error}");
    assert_eq!(stream.push(&image[32..]), Err(error));
    assert_eq!(stream.finish().unwrap_err(), error);
}

#[test]
fn a_stream_with_too_little_memory_says_how_much_it_needs() {
    let image = full_image(40);
    let keys = [key(1).public_key()];
    let policy = full_policy(&keys, Mode::File);
    let areas = image.len() - 32 - 40;
    for len in 0..=areas {
        let mut memory = vec![0; len];
        let mut stream = Stream::new(&policy, &mut memory);
        let pushed = stream.push(&image);
        if len == areas {
            assert_eq!(pushed, Ok(()));
            assert!(stream.finish().is_ok());
            continue;
        }
        let error = pushed.unwrap_err();
        let ImageErrorKind::Memory { needed } = error.kind else {
            panic!("{error}");
        };
        assert!(needed > len as u64 && needed <= areas as u64, "{len} {needed}");
        assert_eq!(stream.finish().unwrap_err(), error);
    }
}

/// Sizes at the ends of their ranges: no wrap, no work beyond the bytes that are there.
#[test]
fn hostile_sizes_are_refused() {
    let image = full_image(9);
    let keys = [key(1).public_key()];
    for max_size in [u64::MAX, u64::from(u32::MAX), 1 << 20, 0] {
        let policy = Policy::new(&keys, max_size, Mode::Slot);
        for (at, value) in [
            (8, &[0xff, 0xff][..]),
            (10, &[0xff, 0xff]),
            (10, &[4, 0]),
            (12, &[0xff, 0xff, 0xff, 0xff]),
            (8, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ] {
            let mut hostile = image.clone();
            hostile[at..at + value.len()].copy_from_slice(value);
            assert!(alike(&hostile, &policy).is_err());
        }
    }
}

#[test]
fn what_cannot_be_written_is_said_and_nothing_is_written() {
    let mut out = [7; 400];
    let signer = key(1);
    let refusals = |change: &dyn Fn(&mut Unsigned<'_>)| {
        let mut image = unsigned(b"firmware", &[]);
        change(&mut image);
        image.signed_len().unwrap_err()
    };
    assert_eq!(
        refusals(&|image| image.header_size = 31),
        SignError::Field("hdr_size")
    );
    assert_eq!(
        refusals(&|image| image.firmware = &[]),
        SignError::Field("img_size")
    );
    assert_eq!(refusals(&|image| image.flags = 4), SignError::Field("flags"));
    let many = vec![
        Dependency {
            image: 0,
            version: Version::default()
        };
        4096
    ];
    let mut image = unsigned(b"firmware", &many);
    assert_eq!(image.signed_len(), Err(SignError::Field("protect_tlv_size")));
    image.dependencies = &[];
    let needed = image.signed_len().unwrap();
    assert_eq!(
        image.sign(&signer, &mut out[..needed - 1]).unwrap_err(),
        SignError::Buffer { needed }
    );
    assert_eq!(out, [7; 400]);
    assert_eq!(image.sign(&signer, &mut out).unwrap().len(), needed);
    assert!(out[needed..].iter().all(|byte| *byte == 7));
}

#[test]
fn secret_keys_are_not_shown_and_read_from_pkcs8() {
    assert!(!format!("{:?}", key(0xab)).contains("ab"));
    let head = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ];
    let der = [&head[..], &[9; 32]].concat();
    let read = device_trust::image::SigningKey::from_pkcs8(&der).unwrap();
    assert_eq!(read.public_key(), key(9).public_key());
    assert!(device_trust::image::SigningKey::from_pkcs8(&der[..47]).is_none());
    assert!(device_trust::image::SigningKey::from_pkcs8(&[&der[..], &[0]].concat()).is_none());
}

prop_compose! {
    fn versions()(major in any::<u8>(), minor in any::<u8>(), revision in any::<u16>(), build in any::<u32>()) -> Version {
        Version { major, minor, revision, build }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is written is read as it was, in any chunks.
    #[test]
    fn signing_and_verifying_are_inverse(
        firmware in prop::collection::vec(any::<u8>(), 1..300),
        header_size in 32..600_u16,
        version in versions(),
        load_addr in any::<u32>(),
        ram in any::<bool>(),
        security_counter in any::<Option<u32>>(),
        dependencies in prop::collection::vec((any::<u8>(), versions()), 0..4),
        vendor in any::<Option<[u8; 16]>>(),
        class in any::<Option<[u8; 16]>>(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let dependencies: Vec<_> =
            dependencies.into_iter().map(|(image, version)| Dependency { image, version }).collect();
        let mut image = Unsigned::new(&firmware, version);
        image.header_size = header_size;
        image.load_addr = load_addr;
        image.flags = if ram { FLAG_RAM_LOAD } else { 0 };
        image.security_counter = security_counter;
        image.dependencies = &dependencies;
        image.vendor = vendor;
        image.class = class;
        let bytes = signed(&image, &key(3));
        let keys = [key(3).public_key()];
        let policy = Policy::new(&keys, bytes.len() as u64, Mode::File);
        let verified = verify(&bytes, &policy).unwrap();
        prop_assert_eq!(verified.version, version);
        prop_assert_eq!(verified.load_addr, load_addr);
        prop_assert_eq!(verified.header_size, header_size);
        prop_assert_eq!(verified.image_size as usize, firmware.len());
        prop_assert_eq!(verified.flags, image.flags);
        prop_assert_eq!(verified.security_counter, security_counter);
        prop_assert_eq!((verified.vendor, verified.class), (vendor, class));
        prop_assert_eq!(verified.dependencies().collect::<Vec<_>>(), dependencies);
        prop_assert_eq!(verified.total_size as usize, bytes.len());

        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.sort_unstable();
        let mut chunks = Vec::new();
        let mut from = 0;
        for cut in cuts {
            chunks.push(&bytes[from..cut]);
            from = cut;
        }
        chunks.push(&bytes[from..]);
        let mut memory = vec![0; MAX_TLV_LEN];
        prop_assert_eq!(streamed(&chunks, &policy, &mut memory), Ok(told(&verified)));

        // One byte less room than the image needs.
        let small = Policy::new(&keys, bytes.len() as u64 - 1, Mode::File);
        let kind = verify(&bytes, &small).unwrap_err().kind;
        prop_assert!(matches!(kind, ImageErrorKind::Size(_)), "{:?}", kind);
    }

    /// Any bytes, and an image with any bytes in the place of some of its own: no panic, and the stream agrees.
    #[test]
    fn edits_are_refused_alike(
        at in 0..300_usize,
        bytes in prop::collection::vec(any::<u8>(), 1..12),
        size in 1..50_usize,
    ) {
        let keys = [key(1).public_key()];
        let policy = full_policy(&keys, Mode::File);
        let mut image = full_image(20);
        let at = at % (image.len() - bytes.len());
        image[at..at + bytes.len()].copy_from_slice(&bytes);
        let mut memory = vec![0; MAX_TLV_LEN];
        let whole = verify(&image, &policy).map(|image| told(&image));
        let chunks: Vec<&[u8]> = image.chunks(size).collect();
        prop_assert_eq!(streamed(&chunks, &policy, &mut memory), whole);
    }
}
