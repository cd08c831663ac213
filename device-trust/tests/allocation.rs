//! Images and manifests are verified without touching the heap.

#![cfg(feature = "sign")]

mod support;

use allocation_counter::measure;
use device_trust::image::{self, Mode, Stream};
use device_trust::manifest;
use device_trust::update::{Action, State, Stored, Update};
use support::{CLASS, Manifest, Signer, VENDOR, envelope, full_image, key};

#[test]
fn verifying_and_signing_allocate_nothing() {
    let bytes = full_image(5000);
    let firmware = [3; 500];
    let keys = [key(2).public_key(), key(1).public_key()];
    let policy = image::Policy::new(&keys, 1 << 20, Mode::File).with_stored_counter(5);
    let (elliptic, edwards) = (Signer::p256(1), Signer::ed25519(1));
    let manifest_keys = [elliptic.trusted(), edwards.trusted()];
    let manifest_policy = manifest::Policy::new(&manifest_keys, VENDOR, CLASS);
    let content = Manifest::of(&bytes).encode();
    let envelopes = [
        envelope(&content, &[(&elliptic, -9)]),
        envelope(&content, &[(&edwards, -19)]),
    ];
    let signer = key(1);
    let used = measure(|| {
        let mut memory = [0; 512];
        let mut stream = Stream::new(&policy, &mut memory);
        for chunk in bytes.chunks(100) {
            stream.push(chunk).unwrap();
        }
        let streamed = stream.finish().unwrap();
        assert_eq!(streamed.dependencies().count(), 2);
        let whole = image::verify(&bytes, &policy).unwrap();
        assert!(image::verify(&bytes[1..], &policy).is_err());
        for envelope in &envelopes {
            let announced = manifest::verify(envelope, &manifest_policy, Some(&bytes)).unwrap();
            let mut update = Update::new(State::Idle, Stored::default());
            assert_eq!(update.offered(Some(&announced)), Ok(Action::Receive));
            assert_eq!(update.complete(&whole), Ok(Action::Reset));
            assert!(manifest::verify(&envelope[1..], &manifest_policy, None).is_err());
        }
        let mut out = [0; 1000];
        let unsigned = image::Unsigned::new(&firmware, image::Version::new(1, 0, 0));
        unsigned.sign(&signer, &mut out).unwrap();
    });
    assert_eq!(used.count_total, 0);
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(std::hint::black_box(vec![1_u8]))).count_total, 1);
}
