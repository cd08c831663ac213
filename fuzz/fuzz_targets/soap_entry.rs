//! Entry points: what is a token, what its hash depends on, which hashes match while tokens rotate.

#![no_main]

use arbitrary::Arbitrary;
use soap_websensor::entry::{EntryHash, EntryKey, EntryPoint, EntryToken, MAX_RANDOM_LEN, MIN_RANDOM_LEN};

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    keys: [[u8; 32]; 2],
    random: &'a [u8],
    texts: [&'a str; 2],
    operations: Vec<Operation>,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Operation {
    Rotate(u8),
    Retire,
    Store,
}

libfuzzer_sys::fuzz_target!(|input: Input<'_>| {
    let keys = input.keys.map(EntryKey::new);
    let made = EntryToken::from_random(input.random);
    assert_eq!(
        made.is_some(),
        (MIN_RANDOM_LEN..=MAX_RANDOM_LEN).contains(&input.random.len())
    );
    let mut tokens: Vec<EntryToken> = made.into_iter().collect();
    for token in &tokens {
        let parsed = EntryToken::parse(token.as_str()).expect("a token parses");
        assert_eq!(keys[0].hash(&parsed), keys[0].hash(token));
    }
    for text in input.texts {
        let lawful = (22..=43).contains(&text.len())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let token = EntryToken::parse(text);
        assert_eq!(token.as_ref().map(EntryToken::as_str), lawful.then_some(text));
        tokens.extend(token);
    }
    let hashes: Vec<EntryHash> = tokens.iter().map(|token| keys[0].hash(token)).collect();
    for (a, token) in hashes.iter().zip(&tokens) {
        assert_eq!(keys[1].hash(token) == *a, input.keys[0] == input.keys[1]);
        assert_eq!(EntryHash::from_bytes(a.to_bytes()), *a);
        for (b, other) in hashes.iter().zip(&tokens) {
            assert_eq!(a == b, token.as_str() == other.as_str());
        }
    }
    let Some(&first) = hashes.first() else { return };
    // The model: the last two that were not retired.
    let mut model = (first, None);
    let mut point = EntryPoint::new(first);
    for operation in input.operations {
        match operation {
            Operation::Rotate(which) => {
                let next = hashes[usize::from(which) % hashes.len()];
                point.rotate(next);
                model = (next, Some(model.0));
            }
            Operation::Retire => {
                point.retire_previous();
                model.1 = None;
            }
            Operation::Store => point = EntryPoint::with_previous(point.current, point.previous),
        }
        for hash in &hashes {
            assert_eq!(point.matches(hash), *hash == model.0 || Some(*hash) == model.1);
        }
    }
});
