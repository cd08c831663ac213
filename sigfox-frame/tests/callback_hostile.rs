//! What nobody sends in good faith: a refusal or a lawful record, in bounded time, never a panic.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/requests.rs"]
mod support;

use proptest::prelude::*;
use sigfox_frame::callback::{LINE_PATTERN, LinePattern, Receiver, Request};
use support::{NOW_S, SECRET, form, json, receiver, refusal, request, text, warnings, with};

/// Whatever is accepted keeps the bounds; gives the code otherwise.
fn lawful(receiver: &Receiver, request: &Request<'_>) -> Option<&'static str> {
    let received = match receiver.receive(request, NOW_S) {
        Ok(received) => received,
        Err(error) => {
            assert!(matches!(error.status(), 400 | 401 | 405 | 413 | 415));
            return Some(error.kind.code());
        }
    };
    assert!(received.count() > 0);
    assert_eq!(received.records().count(), received.count());
    assert_eq!(received.records().next().unwrap().service, received.service());
    for record in received.records() {
        assert!(record.attributes.len() <= 64);
        assert!(
            record
                .attributes
                .iter()
                .all(|a| a.name.len() <= 64 && a.value.len() <= 1024)
        );
        assert!(
            record
                .time_s
                .is_none_or(|time| (1_262_304_000..=NOW_S + 86_400).contains(&time))
        );
        let mut stored = record.clone().into_owned();
        assert_eq!(stored.key(), record.key());
        assert_eq!(
            sigfox_frame::callback::merge(&mut stored, &record),
            sigfox_frame::callback::Merged::Unchanged
        );
    }
    None
}

const ADVANCED: &str = "{\"device\":\"2D91F3\",\"time\":1718000000.5,\"data\":\"850a01ff38\",\"seqNumber\":\"611\",\
    \"lqi\":\"Average\",\"x\":\"\\u00e9\\ud83c\\udf21\\n\",\"operatorName\":\"{operatorName}\",\"countryCode\":203,\
    \"duplicates\":[{\"bsId\":\"5A17\",\"rssi\":-131.0,\"nbRep\":2},{}],\
    \"computedLocation\":{\"lat\":49.4581,\"lng\":18.1434,\"radius\":3100,\"source\":2,\"status\":1}}";
const FORM: &str = "id=2D91F3&time=1718000000&device=2D91F3&data=850a01ff38&time=1718000000&n=%C4%8D+%zz%e9";
const TEXT: &str = "device => 2D91F3\r\ntime: \"1718000000\" ; data='85'\rnote=\"a;b\"\n\ninfo:x=y";
const BATCH: &str = "2D91F3;1718000000;611;850a01ff38;false\r\n\nA1;1718000000;1;;true\rx";

#[test]
fn every_prefix_and_every_flipped_bit() {
    let plain = receiver();
    let batch = receiver().with_line_pattern(LinePattern::new(LINE_PATTERN).unwrap());
    for (receiver, content_type, body) in [
        (&plain, "application/json", ADVANCED),
        (&plain, "application/x-www-form-urlencoded", FORM),
        (&plain, "text/plain", TEXT),
        (&batch, "text/plain", BATCH),
    ] {
        assert_eq!(
            lawful(receiver, &request(content_type, body.as_bytes())),
            None,
            "{body}"
        );
        for end in 0..body.len() {
            let code = lawful(receiver, &request(content_type, &body.as_bytes()[..end]));
            assert!(
                content_type != "application/json" || code == Some("bad-json"),
                "{end}"
            );
        }
        for at in 0..body.len() * 8 {
            let mut body = body.as_bytes().to_vec();
            body[at / 8] ^= 1 << (at % 8);
            lawful(receiver, &request(content_type, &body));
            if let Ok(query) = core::str::from_utf8(&body) {
                lawful(receiver, &Request::new("GET", &[SECRET]).with_query(query));
            }
        }
    }
}

#[test]
fn nesting_ends_at_eight() {
    let nested = |depth: usize| with(&format!(r#","x":{}{}"#, "[".repeat(depth), "]".repeat(depth)));
    let receiver = receiver();
    assert!(json(&receiver, &nested(7)).is_ok());
    assert_eq!(refusal(&nested(8)).0, "too-deep");
    assert_eq!(refusal(&"[".repeat(60_000)).0, "too-deep");
    assert_eq!(refusal(&"{\"a\":".repeat(10_000)).0, "too-deep");
    assert!(json(&receiver, &format!("[{}]", nested(6))).is_ok());
    assert_eq!(refusal(&format!("[{}]", nested(7))).0, "too-deep");
}

#[test]
fn huge_numbers_are_no_values() {
    let digits = "9".repeat(50_000);
    for number in [
        digits.clone(),
        format!("0.{digits}"),
        format!("1e{digits}"),
        format!("1e-{digits}"),
    ] {
        assert_eq!(
            warnings(&with(&format!(r#","snr":{number},"seqNumber":"1.5""#))).len(),
            2
        );
        assert_eq!(
            refusal(&format!(r#"{{"device":"1","data":"","time":{number}}}"#)).0,
            "bad-time"
        );
    }
    assert_eq!(
        warnings(&with(&format!(r#","snr":-0.{}"#, "0".repeat(50_000)))),
        [""; 0]
    );
}

#[test]
fn a_body_is_taken_up_to_its_limit() {
    let filled = |len: usize| {
        let mut body = with("");
        body.push_str(&" ".repeat(len - body.len()));
        body
    };
    let plain = receiver();
    assert!(json(&plain, &filled(65_536)).is_ok());
    assert_eq!(json(&plain, &filled(65_537)).unwrap_err().status(), 413);
    let query = format!("x={}", "y".repeat(65_535));
    let error = plain
        .receive(&Request::new("GET", &[SECRET]).with_query(&query), NOW_S)
        .unwrap_err();
    assert_eq!((error.status(), error.field), (413, "query"));
    let batch = receiver().with_line_pattern(LinePattern::new(LINE_PATTERN).unwrap());
    let line = "A1;1718000000;1;00;false\n";
    let lines = |len: usize| format!("{line}{}", "\n".repeat(len - line.len()));
    assert!(text(&batch, &lines(1_048_576)).is_ok());
    assert_eq!(text(&batch, &lines(1_048_577)).unwrap_err().status(), 413);
    assert_eq!(json(&batch, &filled(65_537)).unwrap_err().status(), 413);
}

/// Bodies for which a careless reader needs the square of their length, as long as they may be. How much is done for them is
/// counted in the unit tests.
#[test]
fn long_repetitions_are_read() {
    let plain = receiver();
    let keys: String = (0..7_000).map(|n| format!(r#","{n:x}":0"#)).collect();
    assert!(json(&plain, &with(&keys)).is_ok());
    let same: String = r#","k":0"#.repeat(10_000);
    assert!(json(&plain, &with(&same)).is_ok());
    let inner: String = (0..6_000).map(|n| format!(r#""{n:x}":{{}},"#)).collect();
    assert!(json(&plain, &with(&format!(r#","x":{{{inner}"z":0}}"#))).is_ok());
    assert_eq!(
        text(&plain, &"a:\"x;".repeat(10_000)).unwrap_err().kind.code(),
        "missing"
    );
    assert_eq!(
        text(&plain, &"a='x\n".repeat(10_000)).unwrap_err().kind.code(),
        "missing"
    );
    assert_eq!(
        form(&plain, &"a=%2&".repeat(12_000)).unwrap_err().kind.code(),
        "missing"
    );
    let escapes = format!(r#","x":"{}""#, r"\u00e9".repeat(10_000));
    assert!(json(&plain, &with(&escapes)).is_ok());
    let batch = receiver().with_line_pattern(LinePattern::new(LINE_PATTERN).unwrap());
    let lines = "x\n".repeat(500_000) + "A1;1718000000;1;00;false";
    let received = text(&batch, &lines).unwrap();
    assert_eq!((received.count(), received.warnings().len()), (1, 1024));
}

proptest! {
    #[test]
    fn anything_at_all(
        body in proptest::collection::vec(any::<u8>(), 0..200),
        content_type in "(application/json|text/plain|application/x-www-form-urlencoded|[a-z/;]{0,10})",
        query in ".{0,60}",
        get: bool,
    ) {
        let receiver = receiver();
        let method = if get { "GET" } else { "PUT" };
        let request = Request::new(method, &[SECRET]).with_content_type(&content_type).with_query(&query).with_body(&body);
        lawful(&receiver, &request);
    }

    #[test]
    fn pieces_in_any_order(pieces in proptest::collection::vec(prop_oneof![
        Just("{"), Just("}"), Just("["), Just("]"), Just(","), Just(":"), Just("\"device\""), Just("\"1\""), Just("\"time\""),
        Just("1718000000"), Just("\"data\""), Just("\"00\""), Just("\"\\u12"), Just("\""), Just("null"), Just("-"), Just("1e5"),
        Just("\"{x}\""), Just("\"duplicates\":["), Just("\"computedLocation\":{"), Just("\"infoCode\":0,"), Just("="), Just("&"),
        Just("%4"), Just(";"), Just("\r"), Just("=>"),
    ], 0..40)) {
        let body = pieces.concat();
        let plain = receiver();
        let batch = receiver().with_line_pattern(LinePattern::new(LINE_PATTERN).unwrap());
        for content_type in ["application/json", "text/plain", "application/x-www-form-urlencoded"] {
            lawful(&plain, &request(content_type, body.as_bytes()));
            lawful(&batch, &request(content_type, body.as_bytes()));
        }
    }
}
