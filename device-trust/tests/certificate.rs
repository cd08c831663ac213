//! Certificates of one fault each, and of two: the first step counts.

#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(feature = "certificate")]

#[path = "support/x509.rs"]
mod x509;

use device_trust::certificate::{
    Anchors, MAX_CERTIFICATE_LEN, Row, State, TLS_1_3, Thumbprint, examine, verify,
};
use x509::{
    BASIC_CONSTRAINTS, CERTIFICATE_POLICIES, ECDSA_SHA256, ECDSA_SHA384, IA5, LIVE, NAME_CONSTRAINTS, NOW,
    OVER, PRINTABLE, SUBJECT_ALT_NAME, SUBJECT_KEY_IDENTIFIER, TO_COME, Tbs, UTF8, attribute,
    critical_identifier, der, extension, key, key_usage,
};

/// Under the only anchor, key 1, or under another.
fn answer_under(anchor: &[u8], chain: &[&[u8]]) -> String {
    let anchors = Anchors::from_der([anchor]).unwrap();
    match examine(chain, &anchors, NOW, TLS_1_3) {
        Ok(found) => found.identity,
        Err(error) => error.kind.code().to_owned(),
    }
}

fn answer(chain: &[&[u8]]) -> String {
    answer_under(&Tbs::ca("Root", "Root", &key(1), None).sign(&key(1)), chain)
}

/// A device directly below the anchor.
fn device() -> Tbs {
    Tbs::device("Root", &key(3))
}

/// Without and with an identifier that webpki does not read: what follows is judged by it, or by our own walk.
fn both(tbs: &Tbs) -> [Tbs; 2] {
    [tbs.clone(), tbs.clone().with(critical_identifier())]
}

#[test]
fn an_extension_is_there_once() {
    let policies = extension(CERTIFICATE_POLICIES, false, &[0x30, 0]);
    let once = device().with(policies.clone());
    assert_eq!(answer(&[&once.sign(&key(1))]), "device.1");
    assert_eq!(answer(&[&once.with(policies).sign(&key(1))]), "malformed");
    let twice = device().with(key_usage(0x80));
    assert_eq!(answer(&[&twice.sign(&key(1))]), "malformed");
}

#[test]
fn only_version_3_is_taken() {
    for version in [None, Some(0), Some(1), Some(3)] {
        let tbs = Tbs { version, ..device() };
        assert_eq!(answer(&[&tbs.sign(&key(1))]), "malformed", "{version:?}");
    }
}

#[test]
fn a_certificate_has_at_most_4096_bytes() {
    let of_len = |len: usize| {
        // Signatures differ by a few bytes in length.
        let filled = (len - 420..len).map(|fill| {
            let policies = extension(CERTIFICATE_POLICIES, false, &der(0x30, &vec![0; fill]));
            device().with(policies).sign(&key(1))
        });
        filled.rev().find(|found| found.len() == len).unwrap()
    };
    assert_eq!(answer(&[&of_len(MAX_CERTIFICATE_LEN)]), "device.1");
    let long = of_len(MAX_CERTIFICATE_LEN + 1);
    assert_eq!(answer(&[&long]), "chain-length");
    // Before anything is parsed.
    assert_eq!(answer(&[&[0], &long]), "chain-length");
    assert_eq!(answer(&[&[0], &[0], &[0], &[0]]), "chain-length");
    assert_eq!(answer(&[&[0]]), "malformed");
}

#[test]
fn both_places_name_the_algorithm_of_the_signature() {
    for tbs in both(&device()) {
        for (algorithm, expected) in [
            ([ECDSA_SHA256; 2], "device.1"),
            ([ECDSA_SHA384, ECDSA_SHA256], "untrusted"),
            ([ECDSA_SHA256, ECDSA_SHA384], "untrusted"),
        ] {
            let tbs = Tbs {
                algorithm,
                ..tbs.clone()
            };
            assert_eq!(answer(&[&tbs.sign(&key(1))]), expected);
        }
    }
}

#[test]
fn every_ca_of_the_path_may_have_as_many_below_it() {
    let device = Tbs::device("Below", &key(3));
    for tbs in both(&device) {
        let device = tbs.sign(&key(5));
        for (upper, lower, expected) in [
            (None, None, "device.1"),
            (Some(1), Some(0), "device.1"),
            (Some(0), None, "untrusted"),
        ] {
            let upper = Tbs::ca("Above", "Root", &key(4), upper).sign(&key(1));
            let lower = Tbs::ca("Below", "Above", &key(5), lower).sign(&key(4));
            assert_eq!(answer(&[&device, &upper, &lower]), expected);
            assert_eq!(answer(&[&device, &lower, &upper]), expected);
        }
    }
}

/// What webpki does not read for another reason than a key identifier is not walked around it, whatever else is shown.
#[test]
fn webpki_has_the_last_word() {
    let mut device = device();
    // A subjectUniqueID, after the key.
    device.spki.extend([0x82, 2, 0, 1]);
    let (device, over) = (
        device.sign(&key(1)),
        Tbs::ca("Old", "Old", &key(8), None).valid(OVER).sign(&key(8)),
    );
    assert_eq!(answer(&[&device]), "untrusted");
    assert_eq!(answer(&[&device, &over]), "untrusted");
}

/// Names below example.com only.
fn constraint() -> Vec<u8> {
    let permitted = der(0xa0, &der(0x30, &der(0x82, b"example.com")));
    extension(NAME_CONSTRAINTS, false, &der(0x30, &permitted))
}

/// For certificates that webpki reads it judges name constraints, those of the anchor too; for others nobody does.
#[test]
fn name_constraints_are_judged_or_the_path_does_not_hold() {
    let named = |name: &str| extension(SUBJECT_ALT_NAME, false, &der(0x30, &der(0x82, name.as_bytes())));
    let anchor = Tbs::ca("Root", "Root", &key(1), None);
    let ca = Tbs::ca("Sub", "Root", &key(2), None);
    let places = [
        (anchor.clone(), ca.clone().with(constraint())),
        (anchor.clone().with(constraint()), ca.clone()),
    ];
    for (anchor, ca) in places {
        let anchor = anchor.sign(&key(1));
        // One of both is enough; there is a second in which both were valid.
        for (ca_valid, device_valid, within) in [
            (LIVE, LIVE, "device.1"),
            (OVER, LIVE, "expired"),
            (LIVE, OVER, "expired"),
            (OVER, OVER, "expired"),
            (TO_COME, TO_COME, "not-yet-valid"),
        ] {
            let ca = ca.clone().valid(ca_valid);
            let asks =
                |device: &Tbs, ca: &Tbs| answer_under(&anchor, &[&device.sign(&key(2)), &ca.sign(&key(1))]);
            let device = Tbs::device("Sub", &key(3)).valid(device_valid);
            let good = device.clone().with(named("a.example.com"));
            assert_eq!(asks(&good, &ca), within);
            assert_eq!(asks(&device.with(named("example.org")), &ca), "untrusted");
            for (device, ca) in [
                (good.clone().with(critical_identifier()), ca.clone()),
                (good.clone(), ca.clone().with(critical_identifier())),
            ] {
                assert_eq!(asks(&device, &ca), "untrusted");
            }
        }
        // Never valid at once.
        let ca = ca.valid(OVER);
        let device = Tbs::device("Sub", &key(3))
            .valid(TO_COME)
            .with(named("a.example.com"));
        assert_eq!(
            answer_under(&anchor, &[&device.sign(&key(2)), &ca.sign(&key(1))]),
            "untrusted"
        );
    }
    // Those of the device's own certificate constrain nobody.
    for tbs in both(&device().with(constraint()).with(named("example.org"))) {
        assert_eq!(answer(&[&tbs.sign(&key(1))]), "device.1");
    }
}

#[test]
fn a_device_signs_nothing_but_sessions() {
    for (bits, expected) in [
        (0x80, "device.1"),
        (0xc0, "device.1"),
        (0x40, "key-usage"),
        (0x84, "key-usage"),
        (0x82, "key-usage"),
        (0x86, "key-usage"),
    ] {
        let mut tbs = device();
        tbs.extensions[0] = key_usage(bits);
        assert_eq!(answer(&[&tbs.sign(&key(1))]), expected, "{bits:x}");
    }
}

#[test]
fn an_identity_is_a_printable_or_utf8_string() {
    for number in [3, 5] {
        for (kind, expected) in [
            (UTF8, "cb-1"),
            (PRINTABLE, "cb-1"),
            (IA5, "identity"),
            (0x14, "identity"),
        ] {
            let mut tbs = device();
            tbs.subject = der(0x30, &attribute(number, kind, "cb-1"));
            assert_eq!(answer(&[&tbs.sign(&key(1))]), expected, "{kind:x}");
        }
    }
}

#[test]
fn what_is_critical_and_understood_is_taken() {
    let names = der(0x30, &der(0x82, b"a"));
    for tbs in [
        device().with(extension(SUBJECT_ALT_NAME, true, &names)),
        device().with(extension(BASIC_CONSTRAINTS, true, &[0x30, 0])),
        device().with(extension(SUBJECT_KEY_IDENTIFIER, false, &der(4, &[7]))),
        device().with(critical_identifier()),
    ] {
        assert_eq!(answer(&[&tbs.sign(&key(1))]), "device.1");
    }
    let policies = extension(CERTIFICATE_POLICIES, true, &[0x30, 0]);
    assert_eq!(
        answer(&[&device().with(policies).sign(&key(1))]),
        "critical-extension"
    );
    assert_eq!(
        answer(&[&Tbs::ca("Root", "Root", &key(1), None)
            .with(extension(NAME_CONSTRAINTS, true, &[0x30, 0]))
            .sign(&key(1))]),
        "critical-extension"
    );
}

/// Two faults: the name is that of the earlier step.
#[test]
fn of_two_faults_the_first_step_is_named() {
    let nobody = |mut tbs: Tbs| {
        tbs.subject = der(0x30, &[]);
        tbs
    };
    let (right, wrong) = (key(1), key(9));
    for tbs in both(&device()) {
        // Path, time, identity.
        assert_eq!(answer(&[&nobody(tbs.clone()).sign(&right)]), "identity");
        assert_eq!(answer(&[&nobody(tbs.clone()).sign(&wrong)]), "untrusted");
        assert_eq!(
            answer(&[&nobody(tbs.clone().valid(OVER)).sign(&right)]),
            "expired"
        );
        assert_eq!(answer(&[&tbs.clone().valid(OVER).sign(&wrong)]), "untrusted");
    }
    // Usage before path, a CA before its usage, a critical extension before both.
    let mut tbs = device();
    tbs.extensions[0] = key_usage(0x82);
    assert_eq!(answer(&[&tbs.sign(&wrong)]), "key-usage");
    tbs.extensions
        .push(extension(BASIC_CONSTRAINTS, true, &[0x30, 3, 1, 1, 0xff]));
    assert_eq!(answer(&[&tbs.sign(&wrong)]), "ca-leaf");
    tbs.extensions
        .push(extension(CERTIFICATE_POLICIES, true, &[0x30, 0]));
    assert_eq!(answer(&[&tbs.sign(&wrong)]), "critical-extension");
}

#[test]
fn the_row_is_judged_by_thumbprint_then_identity_then_state_then_project() {
    let device = device().sign(&key(1));
    let anchor = Tbs::ca("Root", "Root", &key(1), None).sign(&key(1));
    let anchors = Anchors::from_der([anchor.as_slice()]).unwrap();
    let (ours, other) = ([Thumbprint::of(&device)], [Thumbprint::of(b"other")]);
    for (thumbprints, device_id, state, project, expected) in [
        (&ours, "device.1", State::Active, Some("p"), "p"),
        (&ours, "device.1", State::Active, None, "not-bound"),
        (&ours, "device.1", State::Revoked, None, "revoked"),
        (&ours, "device.1", State::Suspended, None, "suspended"),
        (&ours, "Device.1", State::Revoked, None, "identity-mismatch"),
        (&ours, "device.2", State::Suspended, None, "identity-mismatch"),
        (&ours, "device.2", State::Active, Some("p"), "identity-mismatch"),
        (&other, "device.2", State::Revoked, None, "unknown-device"),
        (&other, "device.1", State::Active, Some("p"), "unknown-device"),
    ] {
        let row = Row {
            device_id,
            project,
            state,
            thumbprints,
        };
        let code = |error: device_trust::certificate::CertificateError| error.kind.code().to_owned();
        let bound = verify(&[&device], &anchors, NOW, &[row][..], TLS_1_3);
        assert_eq!(bound.map_or_else(code, |device| device.project), expected);
        // A registry of the caller's may give any row.
        let credential = examine(&[&device], &anchors, NOW, TLS_1_3).unwrap();
        let bound = credential.bind(Some(row));
        assert_eq!(bound.map_or_else(code, |device| device.project), expected);
    }
}
