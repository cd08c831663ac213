//! Every prefix, every flipped bit, every limit and one more: an error or a lawful value, never a panic.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use comet_json::{Content, ErrorKind, MessageType, Options, Types, Warning, decode, decode_with, limits};
use support::{LOGGER_CHANNELS, decode_cases, good_bodies, logger, wifi, wifi_channel};

fn code(body: &str) -> Result<(), &'static str> {
    decode(body.as_bytes())
        .map(drop)
        .map_err(|error| error.kind.code())
}

fn code_with(body: &str, options: Options) -> Result<(), &'static str> {
    decode_with(body.as_bytes(), &options)
        .map(drop)
        .map_err(|error| error.kind.code())
}

#[test]
fn every_prefix_of_an_accepted_body_is_no_json() {
    for body in good_bodies() {
        let end = body.iter().rposition(|byte| matches!(byte, b'}' | b']')).unwrap();
        for len in 0..=end {
            let error = decode(&body[..len]).unwrap_err();
            let code = error.kind.code();
            assert!(matches!(code, "not-json" | "invalid-utf8"), "{code} at {len}");
            assert!(error.offset <= len);
        }
    }
}

#[test]
fn every_flipped_bit_gives_an_error_or_a_message() {
    let wifi = wifi(&wifi_channel(1), "");
    let wired = wifi.replace("\"JsonType\":2", "\"JsonType\":5");
    for body in [wifi, wired, logger(LOGGER_CHANNELS), wifi_with_escapes()] {
        for at in 0..body.len() {
            for bit in 0..8 {
                let mut flipped = body.clone().into_bytes();
                flipped[at] ^= 1 << bit;
                match decode(&flipped) {
                    Ok(message) => assert!(message.content.to_vec().is_ok()),
                    Err(error) => assert!(error.offset <= flipped.len()),
                }
            }
        }
    }
}

fn wifi_with_escapes() -> String {
    wifi(&wifi_channel(1), "")
        .replace("Cold", r"\u0043\uD83C\uDF21\n")
        .replace("40900000", r"\u00340900000")
}

/// What is no JSON is told so even where the message breaks a rule before.
#[test]
fn faults_of_the_json_come_first() {
    for (body, first) in [
        (r#"{"JsonType":4,"x":[1,]}"#, "not-json"),
        (r#"{"JsonType":4}{"#, "trailing-data"),
        (r#"{"JsonType":2,"Sn":{}"#, "not-json"),
        (r#"[2,"#, "not-json"),
        (r#"[1,6,[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"#, "too-deep"),
        (r#"[1,6] 1"#, "trailing-data"),
        (r#"{"JsonType":2,"JsonType":2,"\ud800":1}"#, "not-json"),
        ("\"JsonType", "not-json"),
        ("2nd", "not-json"),
        ("-", "not-json"),
        ("\u{FEFF}\u{FEFF}{}", "not-json"),
        ("\u{FEFF}", "not-json"),
        (" ", "not-json"),
        ("12", "wrong-shape"),
        ("true", "wrong-shape"),
        ("{}", "missing-field"),
        ("[]", "bad-array-length"),
        ("[1]", "bad-array-length"),
        ("[1,6]", "bad-array-length"),
    ] {
        assert_eq!(code(body), Err(first), "{body}");
    }
}

#[test]
fn the_type_is_judged_wherever_it_stands() {
    let last = |number: &str| {
        wifi(&wifi_channel(1), &format!(",\"JsonType\":{number}")).replacen("\"JsonType\":2,", "", 1)
    };
    assert_eq!(code(&last("2")), Ok(()));
    assert_eq!(code(&last("3")), Err("unsupported-type"));
    assert_eq!(code(&last("null")), Err("missing-field"));
    assert_eq!(code(&last("2.0")), Err("bad-integer"));
    assert_eq!(code(&last("2,\"JsonType\":2")), Err("duplicate-field"));
    // A message of another type has other rules.
    assert_eq!(
        code(r#"{"Sn":[],"Channels":1,"JsonType":77}"#),
        Err("unsupported-type")
    );
    assert_eq!(code(r#"[7,"x"]"#), Err("unsupported-type"));
    assert_eq!(code(r#"[1,7]"#), Err("unsupported-version"));
    let number = |body: &str| decode(body.as_bytes()).unwrap_err().kind.number();
    assert_eq!(number(r#"{"JsonType":-3}"#), Some(-3));
    assert_eq!(number(r#"{"JsonType":99999999999999999999}"#), Some(i64::MAX));
    assert_eq!(number("[1,-99999999999999999999]"), Some(i64::MIN));
}

#[test]
fn each_limit_is_kept_and_one_more_is_refused() {
    let depth = usize::from(limits::MAX_DEPTH);
    // The message itself is the first level.
    let nested = |depth: usize| wifi("", &format!(",\"x\":{}{}", "[".repeat(depth), "]".repeat(depth)));
    assert_eq!(code(&nested(depth - 1)), Ok(()));
    assert_eq!(code(&nested(depth)), Err("too-deep"));
    let objects = |depth: usize| {
        wifi(
            "",
            &format!(",\"x\":{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth)),
        )
    };
    assert_eq!(code(&objects(depth - 1)), Ok(()));
    assert_eq!(code(&objects(depth)), Err("too-deep"));
    // Channels and the channel are the second and third.
    let inside = |depth: usize| {
        wifi(
            &format!("{{\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth)),
            "",
        )
    };
    assert_eq!(code(&inside(depth - 3)), Ok(()));
    assert_eq!(code(&inside(depth - 2)), Err("too-deep"));
    assert_eq!(code(&"[".repeat(limits::MAX_BODY_LEN)), Err("too-deep"));
    assert_eq!(code(&"{\"a\":".repeat(10_000)), Err("too-deep"));

    let channels = |count: usize| wifi(&(1..=count).map(wifi_channel).collect::<Vec<_>>().join(","), "");
    assert_eq!(code(&channels(limits::MAX_CHANNELS)), Ok(()));
    assert_eq!(code(&channels(limits::MAX_CHANNELS + 1)), Err("bad-channels"));

    let body = wifi("", "");
    let options = Options::new().with_max_len(body.len());
    assert_eq!(code_with(&body, options), Ok(()));
    let error = decode_with(body.as_bytes(), &options.with_max_len(body.len() - 1)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge { len: body.len() });
    let longest = |len: usize| wifi("", &" ".repeat(len - body.len()));
    assert_eq!(code(&longest(limits::MAX_BODY_LEN)), Ok(()));
    assert_eq!(code(&longest(limits::MAX_BODY_LEN + 1)), Err("too-large"));

    let analog =
        |number: usize| format!(r#"[{number},0,"","00000000","",10,[0,0],["00000000","00000000"],[0,0]]"#);
    let all =
        |numbers: std::ops::RangeInclusive<usize>| logger(&numbers.map(analog).collect::<Vec<_>>().join(","));
    assert_eq!(code(&all(1..=8)), Ok(()));
    assert_eq!(code(&all(1..=9)), Err("bad-channels"));
    assert_eq!(code(&all(0..=1)), Err("bad-channels"));
    assert_eq!(code(&logger("")), Err("bad-channels"));
    assert_eq!(code(&logger(&analog(1).replace("10", "11"))), Err("out-of-range"));
}

#[test]
fn every_level_refuses_a_known_member_twice_and_no_other() {
    let channel = wifi_channel(1);
    for (from, to) in [
        ("\"Reg\":386", "\"Reg\":386,\"Reg\":386"),
        ("\"Now\":\"2023", "\"Now\":null,\"Now\":\"2023"),
        ("\"IsValid\":1", "\"IsValid\":1,\"IsValid\":1"),
        ("\"Now\":-61", "\"Now\":-61,\"Now\":-61"),
        ("\"Nr\":1", "\"Nr\":1,\"N\\u0072\":1"),
        ("\"OrderId\":118", "\"OrderId\":118,\"x\":0,\"OrderId\":118"),
    ] {
        let body = wifi(&channel, "").replace(from, to);
        assert_eq!(code(&body), Err("duplicate-field"), "{to}");
    }
    // Members of the other type are unknown here.
    let foreign = ",\"LocalIPv4\":1,\"LocalIPv4\":2";
    assert_eq!(code(&wifi(&channel, foreign)), Ok(()));
    let typed = channel.replace("\"Dec\":1", "\"Dec\":1,\"Type\":\"x\",\"Type\":1,\"BinDesc\":0");
    assert_eq!(code(&wifi(&typed, "")), Ok(()));
    let wired = wifi(&channel, ",\"Rssi\":[]").replace("\"JsonType\":2", "\"JsonType\":5");
    assert_eq!(code(&wired), Ok(()));
    assert_eq!(code(&wifi("", ",\"x\":{\"Sn\":1,\"Sn\":2}")), Ok(()));
}

#[test]
fn legacy_layouts_and_batches_are_read_only_on_request() {
    let one = logger(LOGGER_CHANNELS);
    let several = format!("[{one},{one}]");
    assert_eq!(code(&several), Err("batch"));
    let batch = Options::new().with_batch(true);
    assert_eq!(code_with(&several, batch), Ok(()));
    assert_eq!(code_with(&one, batch), Ok(()));
    let error = |body: &str| {
        let error = decode_with(body.as_bytes(), &batch).unwrap_err();
        (error.kind.code(), error.index)
    };
    assert_eq!(error(&format!("[{one},[2]]")), ("unsupported-type", Some(1)));
    assert_eq!(error(&format!("[{one},{{}}]")), ("wrong-shape", Some(1)));
    assert_eq!(error(&format!("[[{one}]]")), ("batch", Some(0)));
    assert_eq!(error("[[]]"), ("bad-array-length", Some(0)));
    assert_eq!(error("[]"), ("bad-array-length", None));
    assert_eq!(error(&format!("[{one},")), ("not-json", None));
    assert_eq!(error(&format!("[{one},[1,6,]]")), ("not-json", None));
    let message = decode_with(several.as_bytes(), &batch).unwrap();
    let Content::LoggerBatch(messages) = message.content else {
        panic!()
    };
    assert_eq!((messages.len(), messages.iter().count()), (2, 2));
    let Content::Logger(alone) = decode(one.as_bytes()).unwrap().content else {
        panic!()
    };
    assert!(messages.iter().all(|message| message == alone));
    assert_eq!(message.content.to_vec().unwrap(), several.as_bytes());

    let legacy = Options::new().with_legacy(true);
    for case in decode_cases()
        .iter()
        .filter(|case| case.options.legacy && case.refused.is_none())
    {
        let message = decode_with(&case.body, &case.options).unwrap();
        assert!(message.warnings.contains(Warning::LegacyLayout));
        assert!(message.content.to_vec().is_err());
        assert_eq!(decode(&case.body).unwrap_err().kind.code(), "unsupported-version");
        assert!(decode_with(&case.body, &legacy).is_ok());
    }
}

#[test]
fn only_the_types_asked_for_are_taken() {
    let (wifi, logger) = (wifi("", ""), logger(LOGGER_CHANNELS));
    let only = |message_type| Options::new().with_types(Types::NONE.with(message_type));
    assert_eq!(code_with(&wifi, only(MessageType::Wifi)), Ok(()));
    assert_eq!(
        code_with(&wifi, only(MessageType::Wired)),
        Err("unsupported-type")
    );
    assert_eq!(code_with(&wifi, only(MessageType::Logger)), Err("wrong-shape"));
    assert_eq!(code_with(&logger, only(MessageType::Wifi)), Err("wrong-shape"));
    assert_eq!(
        code_with(&logger, Options::new().with_types(Types::NONE)),
        Err("wrong-shape")
    );
}

#[test]
fn what_is_off_is_remarked() {
    let warnings = |body: &str| {
        let message = decode(body.as_bytes()).unwrap();
        message.warnings.iter().map(Warning::code).collect::<Vec<_>>()
    };
    let plain = wifi(&wifi_channel(1), "");
    assert!(warnings(&plain).is_empty());
    for (from, to, code) in [
        (
            "\"LocalIP\"",
            "\"LocalIp\"",
            vec!["unknown-member", "absent-member"],
        ),
        (",\"Unit\":\"°C\"", "", vec!["absent-member"]),
        ("\"JsonVersion\":1", "\"JsonVersion\":2", vec!["version"]),
        ("\"21990417\"", "21990417", vec!["serial"]),
        (
            "\"4.5\"",
            "\"4.500000000000000000000000000000000000\"",
            vec!["text-long"],
        ),
        (
            "\"2023-03-14T07:20:00+01:00\",\"IsValid\":1",
            "\"\",\"IsValid\":0",
            vec!["time-unreadable"],
        ),
        ("40900000", "7F800000", vec!["not-a-number"]),
        ("\"Nr\":1", "\"Nr\":9", vec!["channel-number"]),
    ] {
        assert!(plain.contains(from));
        assert_eq!(warnings(&plain.replace(from, to)), code, "{to}");
    }
    let plain = logger(LOGGER_CHANNELS);
    assert!(warnings(&plain).is_empty());
    for (from, to, code) in [
        ("4711", "\"00004711\"", "serial"),
        ("\"2BA2D0E8\"", "\"00000000\"", "clock-back"),
        (",4,60", ",57,60", "timezone"),
        ("\"Air\"", "\"A name of seventeen\"", "text-long"),
    ] {
        assert!(plain.contains(from));
        assert_eq!(warnings(&plain.replace(from, to)), [code], "{to}");
    }
}
