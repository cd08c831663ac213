//! Every prefix, every flipped bit, every limit and one more: an error or a lawful value, never a panic.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use std::fmt::Write as _;

use soap_websensor::error::{Limit, StructureFault};
use soap_websensor::{ErrorKind, Options, Strictness, decode, decode_with, limits};
use support::{EXAMPLE, bodies, flat};

#[test]
fn every_prefix_of_an_accepted_body_is_refused() {
    for (id, body) in bodies() {
        if decode(&body).is_err() || body.len() > 2000 {
            continue;
        }
        let end = body.iter().rposition(|&byte| byte == b'>').unwrap();
        for len in 0..=end {
            let code = decode(&body[..len]).expect_err(&id).kind.code();
            assert!(
                matches!(code, "not-well-formed" | "not-utf8"),
                "{id} {len} {code}"
            );
        }
    }
}

#[test]
fn every_flipped_bit_gives_an_error_or_a_message() {
    let body = flat(EXAMPLE).into_bytes();
    for at in 0..body.len() {
        for bit in 0..8 {
            let mut flipped = body.clone();
            flipped[at] ^= 1 << bit;
            if let Err(error) = decode(&flipped) {
                assert!(error.offset <= flipped.len());
            }
        }
    }
}

fn kind(body: &str) -> Result<(), ErrorKind> {
    decode(body.as_bytes()).map(drop).map_err(|error| error.kind)
}

fn with(extra: &str) -> String {
    flat(&format!("{EXAMPLE}{extra}"))
}

#[test]
fn each_limit_is_kept_and_one_more_is_refused() {
    let too_complex = |limit| Err(ErrorKind::TooComplex(limit));
    // Envelope, Body, message: three levels are taken.
    let nested = |depth: usize| with(&format!("{}{}", "<z>".repeat(depth), "</z>".repeat(depth)));
    assert_eq!(kind(&nested(limits::MAX_DEPTH - 3)), Ok(()));
    assert_eq!(kind(&nested(limits::MAX_DEPTH - 2)), too_complex(Limit::Depth));
    // Three above, eleven of the example.
    assert_eq!(kind(&with(&"<z/>".repeat(limits::MAX_ELEMENTS - 14))), Ok(()));
    assert_eq!(
        kind(&with(&"<z/>".repeat(limits::MAX_ELEMENTS - 13))),
        too_complex(Limit::Elements)
    );
    let attributes = |count: usize| {
        let mut all = String::new();
        for number in 0..count {
            write!(all, " a{number}='1'").unwrap();
        }
        with(&format!("<z{all}/>"))
    };
    assert_eq!(kind(&attributes(limits::MAX_ATTRIBUTES)), Ok(()));
    assert_eq!(
        kind(&attributes(limits::MAX_ATTRIBUTES + 1)),
        too_complex(Limit::Attributes)
    );
    let named = |len: usize| with(&format!("<{}/>", "z".repeat(len)));
    assert_eq!(kind(&named(limits::MAX_NAME_LEN)), Ok(()));
    assert_eq!(
        kind(&named(limits::MAX_NAME_LEN + 1)),
        too_complex(Limit::NameLength)
    );
    let text = |len: usize| with(&format!("<z>{}</z>", "z".repeat(len)));
    assert_eq!(kind(&text(limits::MAX_TEXT_LEN)), Ok(()));
    assert_eq!(
        kind(&text(limits::MAX_TEXT_LEN + 1)),
        too_complex(Limit::TextLength)
    );
    let known = |len: usize| flat(&EXAMPLE.replace("Dew point", &"z".repeat(len)));
    assert_eq!(kind(&known(limits::MAX_TEXT_LEN)), Ok(()));
    assert_eq!(
        kind(&known(limits::MAX_TEXT_LEN + 1)),
        too_complex(Limit::TextLength)
    );
    let value = |len: usize| with(&format!("<z a='{}'/>", "z".repeat(len)));
    assert_eq!(kind(&value(limits::MAX_TEXT_LEN)), Ok(()));
    assert_eq!(
        kind(&value(limits::MAX_TEXT_LEN + 1)),
        too_complex(Limit::AttributeLength)
    );
    let body = flat(EXAMPLE);
    let options = Options::new().with_max_len(body.len());
    assert!(decode_with(body.as_bytes(), &options).is_ok());
    let error = decode_with(body.as_bytes(), &options.with_max_len(body.len() - 1)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge { len: body.len() });
}

#[test]
fn strict_mode_refuses_what_soap_forbids_and_nothing_else() {
    let strict = Options::new().with_strictness(Strictness::Strict);
    let header = |entry: &str| {
        flat(EXAMPLE).replace(
            "<soap:Body>",
            &format!("<soap:Header>{entry}</soap:Header><soap:Body>"),
        )
    };
    for (body, fault) in [
        (flat(EXAMPLE), None),
        (header("<x xmlns='u'/>"), None),
        (header("<x xmlns='u' soap:mustUnderstand='0'/>"), None),
        (
            header("<x xmlns='u' soap:mustUnderstand='1'/>"),
            Some(StructureFault::MustUnderstand),
        ),
        (
            flat(EXAMPLE).replace("1.4", "1<?p?>.4"),
            Some(StructureFault::ProcessingInstruction),
        ),
    ] {
        assert!(decode(body.as_bytes()).is_ok());
        let strictly = decode_with(body.as_bytes(), &strict)
            .map(drop)
            .map_err(|error| error.kind);
        assert_eq!(
            strictly,
            fault.map_or(Ok(()), |fault| Err(ErrorKind::Structure(fault)))
        );
    }
}

#[test]
fn deep_nesting_of_long_names_stays_small() {
    // The paths of all leaves together would be thirty times the body.
    let name = "n".repeat(200);
    let body = with(&format!(
        "{}{}{}",
        format!("<{name}>").repeat(12),
        "<z/>".repeat(450),
        format!("</{name}>").repeat(12)
    ));
    let message = decode(body.as_bytes()).unwrap();
    assert_eq!(message.unknown.leaves().count(), 450);
    let (path, leaf) = message.unknown.leaves().last().unwrap();
    assert_eq!((path.len(), leaf.depth), (12 * 201 + 1, 12));
}

#[test]
fn a_body_in_latin1_is_read_only_when_asked_for() {
    let body = flat(&EXAMPLE.replace("<tempU>C", "<tempU>°C"));
    let latin1: Vec<u8> = body.chars().map(|c| u8::try_from(c).unwrap()).collect();
    let error = decode(&latin1).unwrap_err();
    assert_eq!(
        (error.kind, error.offset),
        (ErrorKind::NotUtf8, body.find('°').unwrap())
    );
    let repaired = soap_websensor::charset::utf8_or_latin1(&latin1);
    assert_eq!(*repaired, *body.as_bytes());
    assert!(decode(&repaired).is_ok());
}
