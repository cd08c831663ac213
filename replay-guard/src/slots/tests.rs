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

/// The octets of a group by place.
fn octets(tags: Tags) -> [u8; 16] {
    let [even, odd] = tags.map(u64::to_le_bytes);
    core::array::from_fn(|place| {
        if place % 2 == 0 {
            even[place / 2]
        } else {
            odd[place / 2]
        }
    })
}

proptest! {
    #[test]
    fn places_are_told_by_their_octets(words in proptest::array::uniform16(0..4_u8), wanted in 1..4_u8) {
        let mut slots = Slots::new(1, 1, 32).unwrap();
        for (place, octet) in words.iter().enumerate() {
            slots.set_tag(place, *octet);
            prop_assert_eq!(slots.tag_at(place), *octet);
        }
        let tags = slots.tags(0);
        prop_assert_eq!(octets(tags), words);
        let places = |right: &dyn Fn(u8) -> bool| -> Vec<usize> {
            (0..16).filter(|place| right(words[*place])).collect()
        };
        prop_assert_eq!(free(tags).collect::<Vec<_>>(), places(&|octet| octet == 0));
        prop_assert_eq!(taken(tags).collect::<Vec<_>>(), places(&|octet| octet != 0));
        prop_assert_eq!(has_free(tags), words.contains(&0));
        prop_assert_eq!(equal(tags, wanted).collect::<Vec<_>>(), places(&|octet| octet == wanted));
    }
}

#[test]
fn a_table_that_cannot_be_is_refused_and_the_smallest_works() {
    assert!(Slots::new(usize::MAX, 1, 32).is_err());
    assert!(Slots::new(usize::MAX / 64, 1, 32).is_err());
    let mut none = Slots::new(0, 0, 32).unwrap();
    assert_eq!(none.insert(0, &key(1)), None);
    assert_eq!(none.find(0, &key(1)), None);
}

proptest! {
    #[test]
    fn the_table_is_a_map_whatever_the_hash_does(
        capacity in 1..60_usize,
        calls in proptest::collection::vec((any::<bool>(), 0..80_u16), 0..400),
    ) {
        let mut slots = Slots::new(capacity, 1, 32).unwrap();
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
                // What is likely is a key of this hash, and the first of them.
                let likely = slots.likely(bad_hash(key));
                if likely == usize::MAX {
                    let near = [slots.home(bad_hash(key)), slots.next(slots.home(bad_hash(key)))];
                    prop_assert!(!near.contains(&(place / GROUP)));
                } else {
                    prop_assert_eq!(tag(bad_hash(&slots.entry(likely).0)), tag(bad_hash(key)));
                    prop_assert!(slots.find(bad_hash(key), &slots.entry(likely).0).is_some());
                    prop_assert_eq!(slots.touch(&[bad_hash(key)]), [likely]);
                }
            }
            let mut listed: Vec<_> = slots.places().map(|place| slots.entry(place).0).collect();
            listed.sort_unstable();
            prop_assert_eq!(listed, model.keys().copied().collect::<Vec<_>>());
        }
    }
}
