use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

fn key(number: u16) -> DeviceKey {
    let mut octets = [0; 16];
    octets[..2].copy_from_slice(&number.to_be_bytes());
    DeviceKey::new(octets)
}

/// Few homes and few tags, so that groups overflow and tags lie.
fn bad_hash(key: &DeviceKey) -> u64 {
    let number = u64::from(key.as_bytes()[1]);
    (number % 5) << 30 | (number % 3) << 32
}

#[test]
fn zero_octets_are_told_exactly() {
    for group in [0, u128::MAX, ONES, 0x80, 0x0100, 0x01_00_01, 0x80_00_80_7f_00] {
        let expected = group.to_le_bytes().map(|octet| octet == 0);
        let mut found = [false; 16];
        for at in Hits(zero_octets(group)) {
            found[at] = true;
        }
        assert_eq!(found, expected, "{group:x}");
    }
}

#[test]
fn a_table_that_cannot_be_is_refused_and_the_smallest_works() {
    assert!(Slots::new(usize::MAX, 32).is_err());
    assert!(Slots::new(usize::MAX / 64, 32).is_err());
    let mut none = Slots::new(0, 32).unwrap();
    assert_eq!(none.insert(0, &key(1)), None);
    assert_eq!(none.find(0, &key(1)), None);
}

proptest! {
    #[test]
    fn the_table_is_a_map_whatever_the_hash_does(
        capacity in 1..60_usize,
        calls in proptest::collection::vec((any::<bool>(), 0..80_u16), 0..400),
    ) {
        let mut slots = Slots::new(capacity, 32).unwrap();
        let mut model = BTreeMap::new();
        for (at, (insert, number)) in calls.into_iter().enumerate() {
            let key = key(number);
            let hash = bad_hash(&key);
            let place = slots.find(hash, &key);
            prop_assert_eq!(place.is_some(), model.contains_key(&key));
            match (insert, place) {
                (true, None) => {
                    let place = slots.insert(hash, &key);
                    prop_assert_eq!(place.is_some(), model.len() < capacity);
                    if let Some(place) = place {
                        prop_assert!(slots.record(place).iter().all(|octet| *octet == 0));
                        let value = u8::try_from(at % 251).unwrap();
                        slots.record_mut(place).fill(value);
                        model.insert(key, value);
                    }
                }
                (false, Some(place)) => {
                    slots.remove(place, bad_hash);
                    model.remove(&key);
                }
                _ => {}
            }
            prop_assert_eq!(slots.len(), model.len());
            for (key, value) in &model {
                let place = slots.find(bad_hash(key), key).expect("every key is found");
                prop_assert!(slots.record(place).iter().all(|octet| octet == value));
            }
            let mut listed: Vec<_> = slots.places().map(|place| slots.entry(place).0).collect();
            listed.sort_unstable();
            prop_assert_eq!(listed, model.keys().copied().collect::<Vec<_>>());
        }
    }
}
