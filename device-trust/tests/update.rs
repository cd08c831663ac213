//! The life of an update: each row of the table, and the rules that hold whatever happens.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test may panic"
)]
#![cfg(feature = "sign")]

mod support;

use device_trust::image::{self, Mode, Policy, Unsigned, Verified, Version};
use device_trust::manifest::{self, Announced};
use device_trust::update::{Action, Candidate, State, Stored, Update, UpdateError};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use support::{CLASS, Manifest, Signer, VENDOR, envelope, key, signed};

fn image_with(counter: Option<u32>, content: u8) -> Vec<u8> {
    let firmware = [content; 40];
    let mut image = Unsigned::new(&firmware, Version::new(1, 0, 0));
    image.security_counter = counter;
    signed(&image, &key(1))
}

/// Without the counter in the policy: the rules of the update have to hold by themselves.
fn verified<T>(bytes: &[u8], then: impl FnOnce(&Verified<'_>) -> T) -> T {
    let keys = [key(1).public_key()];
    then(&image::verify(bytes, &Policy::new(&keys, 1 << 20, Mode::Slot)).unwrap())
}

fn announced<T>(sequence: u64, payload: &[u8], then: impl FnOnce(&Announced<'_>) -> T) -> T {
    let signer = Signer::ed25519(1);
    let mut manifest = Manifest::of(payload);
    manifest.sequence = sequence;
    let bytes = envelope(&manifest.encode(), &[(&signer, -19)]);
    let keys = [signer.trusted()];
    then(&manifest::verify(&bytes, &manifest::Policy::new(&keys, VENDOR, CLASS), None).unwrap())
}

const STORED: Stored = Stored {
    security_counter: Some(5),
    sequence: Some(40),
};

#[test]
fn a_good_update_ends_confirmed_and_raises_both_counters() {
    let bytes = image_with(Some(7), 1);
    let mut update = Update::new(State::Idle, STORED);
    assert_eq!(
        announced(41, &bytes, |manifest| update.offered(Some(manifest))),
        Ok(Action::Receive)
    );
    assert_eq!(
        verified(&bytes, |image| update.complete(image)),
        Ok(Action::Reset)
    );
    assert_eq!(verified(&bytes, |image| update.reset(Some(image))), Action::Start);
    assert_eq!(update.stored(), STORED);
    assert_eq!(update.confirmed(), Ok(Action::Store));
    assert_eq!(update.state(), State::Idle);
    let raised = Stored {
        security_counter: Some(7),
        sequence: Some(41),
    };
    assert_eq!(update.stored(), raised);
}

#[test]
fn an_update_that_does_not_confirm_itself_is_undone() {
    let bytes = image_with(Some(7), 1);
    let mut update = Update::new(State::Idle, STORED);
    assert_eq!(update.offered(None), Ok(Action::Receive));
    assert_eq!(
        verified(&bytes, |image| update.complete(image)),
        Ok(Action::Reset)
    );
    assert_eq!(verified(&bytes, |image| update.reset(Some(image))), Action::Start);
    assert!(matches!(update.state(), State::Trial(_)));
    assert_eq!(
        verified(&bytes, |image| update.reset(Some(image))),
        Action::StartOld
    );
    assert_eq!((update.state(), update.stored()), (State::Idle, STORED));
    assert_eq!(update.confirmed(), Err(UpdateError::State));
}

#[test]
fn what_is_not_good_in_its_slot_or_another_image_is_not_started() {
    let (bytes, other) = (image_with(Some(7), 1), image_with(Some(7), 2));
    for slot in [None, Some(&other)] {
        let mut update = Update::new(State::Idle, STORED);
        assert_eq!(update.offered(None), Ok(Action::Receive));
        assert_eq!(
            verified(&bytes, |image| update.complete(image)),
            Ok(Action::Reset)
        );
        let action = match slot {
            Some(slot) => verified(slot, |image| update.reset(Some(image))),
            None => update.reset(None),
        };
        assert_eq!((action, update.state()), (Action::StartOld, State::Idle));
    }
}

#[test]
fn a_refused_or_interrupted_image_is_erased() {
    let mut update = Update::new(State::Idle, STORED);
    assert_eq!(update.offered(None), Ok(Action::Receive));
    assert_eq!(update.refused(), Ok(Action::Erase));
    assert_eq!(update.state(), State::Idle);
    assert_eq!(update.offered(None), Ok(Action::Receive));
    assert_eq!(update.reset(None), Action::Erase);
    assert_eq!(update.state(), State::Idle);
}

#[test]
fn what_goes_below_the_counters_is_refused_and_changes_nothing() {
    let bytes = image_with(Some(5), 1);
    let mut update = Update::new(State::Idle, STORED);
    assert_eq!(
        announced(39, &bytes, |manifest| update.offered(Some(manifest))),
        Err(UpdateError::Rollback)
    );
    assert_eq!(update.state(), State::Idle);
    for counter in [None, Some(4)] {
        let bytes = image_with(counter, 1);
        let mut update = update.clone();
        // The same update again.
        assert_eq!(
            announced(40, &bytes, |manifest| update.offered(Some(manifest))),
            Ok(Action::Receive)
        );
        let receiving = update.clone();
        assert_eq!(
            verified(&bytes, |image| update.complete(image)),
            Err(UpdateError::Rollback)
        );
        assert_eq!(update, receiving);
    }
}

/// The image with its last signature given twice: what is signed is the same, the file is not.
fn with_a_signature_more(bytes: &[u8]) -> Vec<u8> {
    const PAIR: usize = 4 + 32 + 4 + 64;
    let mut more = [bytes, &bytes[bytes.len() - PAIR..]].concat();
    let size_at = more.windows(2).rposition(|magic| magic == [0x07, 0x69]).unwrap() + 2;
    more[size_at] += PAIR as u8;
    more
}

#[test]
fn after_a_manifest_no_other_image_is_staged_however_good() {
    let (bytes, other) = (image_with(Some(7), 1), image_with(Some(7), 2));
    let more = with_a_signature_more(&bytes);
    assert_eq!(
        verified(&more, |image| image.sha256),
        verified(&bytes, |image| image.sha256)
    );
    let signer = Signer::ed25519(1);
    let longer = Manifest {
        size: bytes.len() as u64 + 1,
        ..Manifest::of(&bytes)
    };
    for (manifest, received) in [
        (Manifest::of(&bytes), &other),
        (Manifest::of(&bytes), &more),
        (longer, &bytes),
    ] {
        let manifest = envelope(&manifest.encode(), &[(&signer, -19)]);
        let keys = [signer.trusted()];
        let policy = manifest::Policy::new(&keys, VENDOR, CLASS);
        let announced = manifest::verify(&manifest, &policy, None).unwrap();
        let mut update = Update::new(State::Idle, STORED);
        assert_eq!(update.offered(Some(&announced)), Ok(Action::Receive));
        let receiving = update.clone();
        let outcome = verified(received, |image| update.complete(image));
        assert_eq!(outcome, Err(UpdateError::Payload));
        assert_eq!(update, receiving);
        assert_eq!(update.refused(), Ok(Action::Erase));
        assert_eq!((update.state(), update.stored()), (State::Idle, STORED));
    }
    // Without a manifest nothing but its signature speaks for an image.
    let mut update = Update::new(State::Idle, STORED);
    assert_eq!(update.offered(None), Ok(Action::Receive));
    assert_eq!(
        verified(&other, |image| update.complete(image)),
        Ok(Action::Reset)
    );
}

/// The memory of a device may say more than these events can have led to.
#[test]
fn what_is_below_the_counter_in_its_slot_is_not_started() {
    let bytes = image_with(Some(4), 1);
    let candidate = Candidate {
        sha256: verified(&bytes, |image| image.sha256),
        raises: Stored::default(),
    };
    let mut update = Update::new(State::Staged(candidate), STORED);
    assert_eq!(
        verified(&bytes, |image| update.reset(Some(image))),
        Action::StartOld
    );
    assert_eq!((update.state(), update.stored()), (State::Idle, STORED));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Any events in any order: the counters never fall and rise at a confirmation only; only what was staged starts; what does not
    /// fit changes nothing.
    #[test]
    fn the_rules_hold_whatever_happens(events in prop::collection::vec((0..6_u8, 0..4_usize), 0..30)) {
        let images: Vec<_> = [None, Some(0), Some(3), Some(6)]
            .into_iter()
            .enumerate()
            .map(|(content, counter)| image_with(counter, content as u8))
            .collect();
        let mut update = Update::default();
        for (event, which) in events {
            let before = update.clone();
            let image = &images[which];
            let outcome = match event {
                0 => update.offered(None),
                1 => announced(which as u64, image, |manifest| update.offered(Some(manifest))),
                2 => update.refused(),
                3 => verified(image, |image| update.complete(image)),
                4 => Ok(verified(image, |image| update.reset(Some(image)))),
                _ => update.confirmed(),
            };
            let (old, new) = (before.stored(), update.stored());
            prop_assert!(new.security_counter >= old.security_counter && new.sequence >= old.sequence);
            if outcome != Ok(Action::Store) {
                prop_assert_eq!(new, old);
            }
            match outcome {
                Err(_) => prop_assert_eq!(&update, &before),
                Ok(Action::Reset) => {
                    let (State::Receiving { announced }, State::Staged(staged)) = (before.state(), update.state())
                    else {
                        return Err(TestCaseError::fail("staged from another state"));
                    };
                    prop_assert_eq!(staged.raises.sequence, announced.map(|announced| announced.sequence));
                    if let Some(announced) = announced {
                        prop_assert_eq!(announced.sha256, <[u8; 32]>::from(Sha256::digest(image)));
                    }
                }
                Ok(Action::Start) => {
                    let (State::Staged(staged), State::Trial(trial)) = (before.state(), update.state()) else {
                        return Err(TestCaseError::fail("started from another state"));
                    };
                    prop_assert_eq!(staged, trial);
                    prop_assert_eq!(staged.sha256, verified(image, |image| image.sha256));
                    prop_assert!(staged.raises.security_counter >= old.security_counter);
                }
                Ok(Action::Store) => prop_assert!(matches!(before.state(), State::Trial(_))),
                Ok(_) => {}
            }
        }
    }
}
