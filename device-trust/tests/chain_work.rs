//! How many signatures are computed for a chain, whoever made it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(feature = "certificate")]

#[path = "support/x509.rs"]
mod x509;

use std::sync::Mutex;

use device_trust::certificate::{
    Algorithm, Anchors, Arithmetic, MAX_SIGNATURES, Portable, examine_chain, examine_chain_with,
};
use x509::{LIVE, NOW, OVER, TO_COME, Tbs, critical_identifier, key};

/// Counts, and keeps what was asked for.
#[derive(Debug, Default)]
struct Counting(Mutex<Vec<[Vec<u8>; 3]>>);

impl Arithmetic for Counting {
    fn is_right(&self, algorithm: Algorithm, public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let asked = [public_key, message, signature].map(<[u8]>::to_vec);
        self.0.lock().unwrap().push(asked);
        Portable.is_right(algorithm, public_key, message, signature)
    }
}

/// The name of the answer, and the number of signatures. None is computed twice.
fn examined(chain: &[Vec<u8>], anchors: &[Vec<u8>]) -> (String, usize) {
    let chain: Vec<_> = chain.iter().map(Vec::as_slice).collect();
    let anchors = Anchors::from_der(anchors.iter().map(Vec::as_slice)).unwrap();
    let counting = Counting::default();
    let answer = examine_chain_with(&chain, &anchors, NOW, &counting);
    assert_eq!(answer, examine_chain(&chain, &anchors, NOW));
    let asked = counting.0.into_inner().unwrap();
    let mut distinct = asked.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), asked.len(), "a signature is computed twice");
    assert!(asked.len() <= MAX_SIGNATURES);
    let code = |error: device_trust::certificate::CertificateError| error.kind.code().to_owned();
    (answer.map_or_else(code, |found| found.identity), asked.len())
}

/// Anchors of one name and as many keys, the first of which is key 1.
fn roots(count: u8) -> Vec<Vec<u8>> {
    let root = |seed| Tbs::ca("Root", "Root", &key(seed), None).sign(&key(seed));
    (1..=count).map(root).collect()
}

#[test]
fn an_honest_chain_needs_one_signature_for_each_certificate() {
    let sub = Tbs::ca("Sub", "Root", &key(100), None);
    let device = Tbs::device("Sub", &key(101));
    for (validity, answer) in [(LIVE, "device.1"), (OVER, "expired"), (TO_COME, "not-yet-valid")] {
        for identifier in [false, true] {
            let mut device = device.clone().valid(validity);
            if identifier {
                device = device.with(critical_identifier());
            }
            let chain = [device.sign(&key(100)), sub.sign(&key(1))];
            assert_eq!(examined(&chain, &roots(1)), (answer.into(), 2));
            // What else is shown costs nothing if its name leads nowhere.
            let other = Tbs::ca("Other", "Other", &key(102), None).sign(&key(102));
            let [device, sub] = chain;
            assert_eq!(examined(&[device, other, sub], &roots(1)), (answer.into(), 2));
        }
    }
}

#[test]
fn an_honest_chain_is_taken_under_any_of_many_anchors_of_one_name() {
    let anchors = roots(14);
    let sub = Tbs::ca("Sub", "Root", &key(100), None).sign(&key(14));
    let device = Tbs::device("Sub", &key(101)).sign(&key(100));
    assert_eq!(examined(&[device, sub], &anchors), ("device.1".into(), 15));
}

/// Two CAs of a stranger, with one key and the name of the anchors: whoever looks for paths finds many.
#[test]
fn a_stranger_cannot_ask_for_more_than_three_signatures_for_each_anchor_of_the_name() {
    let ca = |serial| {
        Tbs::ca("Root", "Root", &key(200), None)
            .serial(serial)
            .sign(&key(200))
    };
    let device = Tbs::device("Root", &key(201)).sign(&key(200));
    let chain = [device, ca(1), ca(2)];
    for (count, signatures) in [(0, 0), (1, 3), (2, 6), (3, 9), (5, 15), (6, 16), (20, 16)] {
        assert_eq!(examined(&chain, &roots(count)), ("untrusted".into(), signatures));
    }
    // The same anchor three times is one.
    assert_eq!(
        examined(&chain, &vec![roots(1); 3].concat()),
        ("untrusted".into(), 3)
    );
    // The same certificate twice, too.
    assert_eq!(
        examined(&[chain[0].clone(), ca(1), ca(1)], &roots(1)),
        ("untrusted".into(), 2)
    );
}

/// The same with certificates that are not valid now, that webpki does not read, or that are known to be real.
#[test]
fn no_chain_asks_for_more() {
    let validities = [LIVE, OVER];
    let real = Tbs::ca("Root", "Root", &key(100), None).sign(&key(1));
    for case in 0..(64 * 3) {
        let bit = |bit: usize| case >> bit & 1;
        let pick = |at| validities[bit(at)];
        let critical = |at| bit(at + 3) == 1;
        let finish = |tbs: Tbs, at: usize, by: u8| {
            let tbs = if critical(at) {
                tbs.with(critical_identifier())
            } else {
                tbs
            };
            tbs.sign(&key(by))
        };
        let ca = |serial| Tbs::ca("Root", "Root", &key(200), None).serial(serial);
        let mut chain = vec![
            finish(Tbs::device("Root", &key(201)).valid(pick(0)), 0, 200),
            finish(ca(1).valid(pick(1)), 1, 200),
            finish(ca(2).valid(pick(2)), 2, 200),
        ];
        match case / 64 {
            0 => {}
            // One of them is really below an anchor.
            1 => chain[1] = real.clone(),
            _ => chain[2] = finish(ca(2).valid(pick(2)), 2, 1),
        }
        let (answer, signatures) = examined(&chain, &roots(2));
        assert!(signatures <= 3 * 2 + 2, "{case}: {signatures}");
        if case < 64 {
            assert_eq!(answer, "untrusted", "{case}");
            assert!(signatures <= 3 * 2, "{case}: {signatures}");
        }
    }
}
