//! The life of an update: each row of the table, and the rules that hold whatever happens.

#![expect(clippy::unwrap_used, clippy::as_conversions, reason = "a test may panic")]
#![cfg(feature = "sign")]

mod support;

use device_trust::image::{self, Mode, Policy, Unsigned, Verified, Version};
use device_trust::manifest::{self, Announced};
use device_trust::update::{Action, State, Stored, Update, UpdateError};
use proptest::prelude::*;
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

fn announced<T>(sequence: u64, then: impl FnOnce(&Announced<'_>) -> T) -> T {
    let signer = Signer::ed25519(1);
    let mut manifest = Manifest::of(b"payload");
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
        announced(41, |manifest| update.offered(Some(manifest))),
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
    let mut update = Update::new(State::Idle, STORED);
    assert_eq!(
        announced(39, |manifest| update.offered(Some(manifest))),
        Err(UpdateError::Rollback)
    );
    assert_eq!(update.state(), State::Idle);
    // The same update again.
    assert_eq!(
        announced(40, |manifest| update.offered(Some(manifest))),
        Ok(Action::Receive)
    );
    for counter in [None, Some(4)] {
        let bytes = image_with(counter, 1);
        let receiving = update.clone();
        assert_eq!(
            verified(&bytes, |image| update.complete(image)),
            Err(UpdateError::Rollback)
        );
        assert_eq!(update, receiving);
    }
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
                1 => announced(which as u64, |manifest| update.offered(Some(manifest))),
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
