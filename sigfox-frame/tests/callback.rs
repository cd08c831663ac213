//! What requests mean.
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

#[path = "support/requests.rs"]
mod support;

use proptest::prelude::*;
use sigfox_frame::Decimal;
use sigfox_frame::callback::limits::MAX_ATTRIBUTES;
use sigfox_frame::callback::{
    Answer, Content, Delivery, Device, Given, LINE_PATTERN, LinePattern, MAX_RECEPTIONS, Merged, MessageKey,
    PatternError, Receiver, Request, Secrets, Service, Step, TEMPLATES, Wrap, decide, merge, undelivered,
};
use support::{NOW_S, SECRET, form, json, receiver, record, refusal, text, warnings, with};

#[test]
fn every_template_to_publish_is_read_as_its_service_without_remarks() {
    for template in TEMPLATES {
        let mut body = template.body.to_owned();
        for (name, value) in [
            ("device", "2D91F3"),
            ("deviceTypeId", "5f0c1d2e3a4b5c6d7e8f9a0b"),
            ("time", "1718000000"),
            ("seqNumber", "611"),
            ("data", "850a01ff38"),
            ("ack", "true"),
            ("lqi", "Good"),
            ("operatorName", "SIGFOX_Somewhere"),
            ("countryCode", "203"),
            ("duplicates", r#"[{"bsId":"5A17","rssi":-131.0,"nbRep":2}]"#),
            (
                "computedLocation",
                r#"{"lat":49.4581,"lng":18.1434,"radius":3100,"source":2,"status":1}"#,
            ),
            ("batt", "3.05"),
            ("temp", "-7.5"),
            ("infoCode", "0"),
            ("infoMessage", "Acked"),
            ("downlinkAck", "true"),
            ("downlinkOverusage", "false"),
            ("severity", "WARN"),
            ("info", "station off-line"),
        ] {
            body = body.replace(&format!("{{{name}}}"), value);
        }
        let receiver = receiver();
        let received = json(&receiver, &body).unwrap();
        assert_eq!(received.service(), template.service, "{body}");
        assert_eq!(received.warnings(), [], "{body}");
        let record = received.as_one().unwrap();
        assert_eq!(record.attributes, [], "{body}");
        assert_eq!(record.dropped_attributes, 0);
    }
    assert!(LinePattern::new(LINE_PATTERN).is_ok());
}

#[test]
fn a_custom_payload_value_named_like_a_status_value_is_an_attribute() {
    let record = record(&with(r#","temp":"21.5","batt":"full","severity2":1"#));
    assert_eq!(record.service, Service::Uplink);
    let kept: Vec<_> = record
        .attributes
        .iter()
        .map(|a| (a.name.as_ref(), a.value.as_ref()))
        .collect();
    assert_eq!(kept, [("severity2", "1"), ("batt", "full"), ("temp", "21.5")]);
    assert_eq!(warnings(&with(r#","temp":"21.5","batt":"full""#)), [""; 0]);
}

#[test]
fn the_class_is_found_by_keys_in_their_order() {
    for (members, service) in [
        ("", Service::Uplink),
        (r#","longPolling":null"#, Service::Bidir),
        (r#","ack":true,"linkQuality":1"#, Service::Advanced),
        (r#","cb":"UPLINK","ack":true"#, Service::Uplink),
        (r#","cb":"news","ack":true"#, Service::Bidir),
        (r#","infoCode":5,"severity":"x","eventType":"y""#, Service::Ack),
        (
            r#","severity":"x","eventType":"y","repeatedMsg":1"#,
            Service::Event,
        ),
        (r#","severity":"x","repeatedMsg":1"#, Service::Error),
        (r#","repeatedMsg":1,"batt":1"#, Service::Repeater),
        (r#","radius":1,"batt":1"#, Service::Geoloc),
    ] {
        assert_eq!(record(&with(members)).service, service, "{members}");
    }
    assert_eq!(warnings(&with(r#","cb":"news""#)), ["bad-optional:cb"]);
    assert_eq!(
        refusal(r#" {"device":"1","time":1718000000,"lat":1}"#),
        ("missing", "body", 0)
    );
}

#[test]
fn a_refusal_says_where() {
    assert_eq!(refusal(r#"{"device":"2D91G3"}"#), ("missing", "body", 0));
    assert_eq!(
        refusal(r#"{"data":"","device":"2D91G3"}"#),
        ("bad-device", "device", 21)
    );
    assert_eq!(refusal(&with(r#","seqNumber":-1"#)), ("bad-seq", "seqNumber", 69));
    assert_eq!(
        refusal(&with(r#","id":"2D91F4""#)),
        ("conflicting-key", "device", 63)
    );
    assert_eq!(refusal("\u{FEFF}{\"a\":}"), ("bad-json", "body", 8));
    let receiver = receiver();
    assert_eq!(
        form(&receiver, "device=1&time=1718000000&data=0")
            .unwrap_err()
            .offset,
        30
    );
    let error = form(&receiver, "device=1&x=1&x").unwrap_err();
    assert_eq!((error.kind.code(), error.offset), ("conflicting-key", 14));
    let error = text(&receiver, "device=1\ntime:1718000000; ;\r\n\r data => 0").unwrap_err();
    assert_eq!((error.kind.code(), error.offset), ("bad-data", 39));
}

#[test]
fn the_secret_comes_before_everything_else() {
    let receiver = receiver().with_max_len(1);
    for values in [&[][..], &[b"x".as_slice()], &[SECRET, SECRET], &[b"".as_slice()]] {
        let request = Request::new("DELETE", values).with_body(b"far too long");
        assert_eq!(receiver.receive(&request, NOW_S).unwrap_err().status(), 401);
    }
    let request = Request::new("DELETE", &[SECRET]).with_body(b"far too long");
    assert_eq!(receiver.receive(&request, NOW_S).unwrap_err().status(), 405);
    assert!(Secrets::new(b"").is_none());
    assert!(Secrets::new(SECRET).unwrap().or(b"").is_none());
    let shown = format!("{receiver:?} {request:?}");
    assert!(!shown.contains("7f3a9c51") && !shown.contains("far"), "{shown}");
}

#[test]
fn the_query_of_a_post_is_nobodys_business() {
    let receiver = receiver();
    let body = with("");
    let request = support::request("application/json", body.as_bytes()).with_query("token=secret&device=1");
    let received = receiver.receive(&request, NOW_S).unwrap();
    assert_eq!(received.as_one().unwrap().attributes, []);
}

#[test]
fn a_batch_may_come_in_the_query_of_an_empty_post() {
    let receiver = receiver().with_line_pattern(LinePattern::new(LINE_PATTERN).unwrap());
    for content_type in ["text/plain", "application/x-www-form-urlencoded"] {
        let request =
            support::request(content_type, b"").with_query("x=1&batch=A1%3B1718000000%3B1%3B00%3Bfalse");
        assert_eq!(
            receiver.receive(&request, NOW_S).unwrap().count(),
            1,
            "{content_type}"
        );
    }
    let twice = form(&receiver, "batch=a&batch=b").unwrap_err();
    assert_eq!(
        (twice.kind.code(), twice.field, twice.offset),
        ("conflicting-key", "batch", 14)
    );
}

#[test]
fn an_array_is_taken_like_a_batch() {
    let receiver = receiver();
    let good = with("");
    let body = format!(r#"[{good},5,{{"device":"1"}},{}]"#, with(r#","x":{"a":1,"a":2}"#));
    let received = json(&receiver, &body).unwrap();
    let remarks: Vec<_> = received.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(remarks, ["bad-line:2", "bad-line:3", "bad-line:4"]);
    assert_eq!((received.count(), received.records().count()), (1, 1));
    assert_eq!(json(&receiver, "[]").unwrap_err().kind.code(), "bad-line");
    assert_eq!(
        json(&receiver, &format!("[{good},]")).unwrap_err().kind.code(),
        "bad-json"
    );
}

#[test]
fn a_line_with_a_field_too_many_is_bad_and_empty_lines_do_not_count() {
    let receiver = receiver().with_line_pattern(LinePattern::new("<{device};{time};{data}>").unwrap());
    let body = "<A1;1718000000;00>\r\n \n\n<A1;1718000000;00;1>\rA1;1718000000;00\n<A2;1718000000;>";
    let received = text(&receiver, body).unwrap();
    let remarks: Vec<_> = received.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(remarks, ["bad-line:2", "bad-line:3"]);
    assert_eq!(received.count(), 2);
}

#[test]
fn line_patterns_that_cut_nothing_are_refused() {
    for (pattern, error) in [
        ("", PatternError::Empty),
        ("device;time", PatternError::Empty),
        ("{device", PatternError::Brace { offset: 0 }),
        ("a{}b", PatternError::Brace { offset: 1 }),
        ("{a{b}}", PatternError::Brace { offset: 0 }),
        ("{a}}", PatternError::Brace { offset: 3 }),
        ("{a}{b}", PatternError::Adjacent { offset: 3 }),
    ] {
        assert_eq!(LinePattern::new(pattern).unwrap_err(), error, "{pattern}");
    }
}

#[test]
fn text_bodies_may_quote_values_that_hold_their_separators() {
    let receiver = receiver();
    let body = "device='9C4' ; time: 1718000000;severity=warn;info: \"R: a; b\"\"; note='it's';x=\"y";
    let received = text(&receiver, body).unwrap();
    let record = received.as_one().unwrap();
    let Content::Error(fault) = &record.content else {
        panic!()
    };
    assert_eq!(fault.info.as_deref(), Some("R: a; b\""));
    let kept: Vec<_> = record.attributes.iter().map(|a| a.value.as_ref()).collect();
    assert_eq!(kept, ["it's", "\"y"]);
}

#[test]
fn structured_values_of_a_form_are_read_from_their_text() {
    let receiver = receiver();
    let body = "device=1&time=1718000000&data=00&duplicates=%5B%7B%22bsId%22%3A%22A1%22%7D%5D&computedLocation={\"lat\":1";
    let received = form(&receiver, body).unwrap();
    assert_eq!(received.as_one().unwrap().data().unwrap().receptions.len(), 1);
    assert_eq!(
        received.warnings()[0].to_string(),
        "bad-optional:computedLocation"
    );
}

#[test]
fn conflicts_are_found_in_every_object() {
    for members in [
        r#","x":{"a":1,"a":2}"#,
        r#","x":[[{"b":{"a":1,"\u0061":2}}]]"#,
        r#","duplicates":[{"bsId":"A1","bsId":"A2"}]"#,
        r#","x":null,"x":0"#,
        r#","data":"850A01FF38""#,
    ] {
        assert_eq!(refusal(&with(members)).0, "conflicting-key", "{members}");
    }
    let same =
        with(r#","x":{"a":1,"a":"1"},"x":{"a":1,"a":"1"},"time":"1718000000","\u0064ata":"850a01ff38""#);
    assert_eq!(record(&same).attributes.len(), 1);
}

#[test]
fn more_attributes_than_the_limits_are_counted_not_kept() {
    let many: String = (0..70).map(|n| format!(r#","k{n}":{n}"#)).collect();
    let record = record(&with(&many));
    assert_eq!((record.attributes.len(), record.dropped_attributes), (64, 6));
    assert!(
        record
            .attributes
            .iter()
            .enumerate()
            .all(|(n, a)| a.name == format!("k{n}"))
    );
    assert_eq!(refusal(&with(&format!(r#"{many},"k69":0"#))).0, "conflicting-key");
    for (name, value, kept) in [(64, 1024, 1), (65, 1, 0), (1, 1025, 0)] {
        let members = format!(r#","{}":"{}""#, "n".repeat(name), "v".repeat(value));
        let record = support::record(&with(&members));
        assert_eq!(
            (record.attributes.len(), record.dropped_attributes),
            (kept, 1 - kept)
        );
    }
}

#[test]
fn times_are_bounded_on_both_sides() {
    let at = |time: &str| {
        let body = format!(r#"{{"device":"1","time":{time},"data":""}}"#);
        let receiver = receiver();
        json(&receiver, &body)
            .map(|received| received.as_one().unwrap().time_s)
            .map_err(|error| error.kind.code())
    };
    assert_eq!(at("1262304000"), Ok(Some(1_262_304_000)));
    assert_eq!(at("1.262304e9"), Ok(Some(1_262_304_000)));
    assert_eq!(at("\" 1718000000.9 \""), Ok(Some(1_718_000_000)));
    assert_eq!(at("1718086405.5"), Ok(Some(1_718_086_405)));
    for bad in [
        "1262303999.9",
        "1718086406",
        "-1718000000",
        "1e99",
        "true",
        "[]",
        "1718000000000",
    ] {
        assert_eq!(at(bad), Err("bad-time"), "{bad}");
    }
    assert_eq!(refusal(r#"{"device":"1","infoCode":0,"time":1}"#).0, "bad-time");
}

#[test]
fn numbers_beyond_their_place_are_dropped() {
    for (members, remark) in [
        (r#","seqNumber":4294967296"#, "bad-optional:seqNumber"),
        (r#","rssi":-200.01"#, "bad-optional:rssi"),
        (r#","rssi":1e-99"#, "bad-optional:rssi"),
        (r#","lat":90.0000001"#, "bad-optional:lat"),
        (r#","station":"123456789""#, "bad-optional:station"),
        (r#","countryCode":-1"#, "bad-optional:countryCode"),
        (r#","deviceTypeId":"x""#, "bad-optional:deviceTypeId"),
        (r#","operatorName":{}"#, "bad-optional:operatorName"),
        (r#","duplicates":{}"#, "bad-optional:duplicates"),
        (
            r#","duplicates":[{"bsId":"A1","rssi":1}]"#,
            "bad-optional:duplicates",
        ),
        (r#","computedLocation":7"#, "bad-optional:computedLocation"),
        (
            r#","computedLocation":{"status":"x"}"#,
            "bad-optional:computedLocation",
        ),
        (
            r#","computedLocation":{"radius":-1}"#,
            "bad-optional:computedLocation",
        ),
        (
            r#","computedLocation":{"placeIds":[1,{}]}"#,
            "bad-optional:computedLocation",
        ),
        (r#","duplicates":[{"bsId":"{bsId}"}]"#, "unreplaced-placeholder"),
    ] {
        assert!(warnings(&with(members)).contains(&remark.to_owned()), "{members}");
    }
}

#[test]
fn a_location_with_an_odd_status_is_no_position() {
    for (status, usable) in [
        ("", true),
        (r#","status":1"#, true),
        (r#","status":"2""#, true),
        (r#","status":20"#, false),
        (r#","status":"x""#, false),
    ] {
        let record = record(&with(&format!(
            r#","computedLocation":{{"lat":1,"lng":2{status},"placeIds":["p"]}}"#
        )));
        let location = record.data().unwrap().location.clone().unwrap();
        assert_eq!(location.position.is_some(), usable, "{status}");
        assert_eq!(location.place_ids, ["p"]);
    }
}

#[test]
fn acknowledgements_say_what_became_of_a_downlink() {
    for (members, delivery) in [
        (r#""infoCode":0,"downlinkAck":true"#, Some("transmitted")),
        (r#""infoCode":0,"downlinkAck":false"#, None),
        (r#""infoCode":0"#, None),
        (r#""infoCode":3"#, Some("failed")),
        (r#""infoCode":5,"downlinkAck":true"#, None),
        (r#""infoCode":9"#, None),
    ] {
        let record = record(&format!(r#"{{"device":"1",{members}}}"#));
        let Content::Ack(ack) = record.content else {
            panic!()
        };
        let told = ack.delivery().map(|delivery| match delivery {
            Delivery::Transmitted => "transmitted",
            Delivery::Failed(code) => code.name().map_or("", |_| "failed"),
            _ => "",
        });
        assert_eq!(told, delivery, "{members}");
    }
}

#[test]
fn a_body_without_a_content_type_is_refused() {
    let body = with("");
    for method in ["POST", "PUT"] {
        let request = Request::new(method, &[SECRET]).with_body(body.as_bytes());
        let receiver = receiver();
        let error = receiver.receive(&request, NOW_S).unwrap_err();
        assert_eq!((error.status(), error.kind.code()), (415, "content-type"));
    }
}

#[test]
fn an_acknowledgement_is_a_record_of_its_own() {
    let mut uplink = record(&with(r#","seqNumber":7,"ack":true"#));
    let before = uplink.clone();
    let ack =
        record(r#"{"device":"2D91F3","time":1718000000,"seqNumber":7,"infoCode":0,"downlinkAck":true}"#);
    assert_ne!(uplink.key(), ack.key());
    assert_eq!(merge(&mut uplink, &ack), Merged::Unchanged);
    assert_eq!(uplink, before);
    let error = |info: &str| {
        record(&format!(
            r#"{{"device":"1","time":1718000000,"severity":"ERROR","info":"{info}"}}"#
        ))
    };
    let (mut first, second) = (error("a"), error("b"));
    assert_eq!(first.key(), second.key());
    assert_eq!(merge(&mut first, &second), Merged::Distinct);
}

#[test]
fn merging_keeps_the_first_values_and_knows_other_occurrences() {
    let ack = |code: u8| {
        record(&format!(
            r#"{{"device":"1","time":1718000000,"infoCode":{code}}}"#
        ))
    };
    let (mut first, second) = (ack(1), ack(2));
    assert_eq!(first.key(), second.key());
    assert_eq!(merge(&mut first, &second), Merged::Distinct);
    assert_eq!(merge(&mut first, &ack(1)), Merged::Unchanged);
    let mut stored = record(&with(r#","rssi":-120,"x":1"#));
    let before = stored.clone();
    let other = record(r#"{"device":"2D91F3","time":1718000000,"data":"00","snr":1,"y":2}"#);
    assert_eq!(merge(&mut stored, &other), Merged::Conflict);
    assert_eq!(stored, before);
    assert_eq!(
        merge(&mut stored, &record(&with(r#","rssi":-1,"x":2,"y":3"#))),
        Merged::Filled
    );
    assert_eq!(stored.radio.rssi, Decimal::new(-120, 0));
    assert_eq!(
        stored.attributes.iter().map(|a| &*a.value).collect::<Vec<_>>(),
        ["1", "3"]
    );
}

/// Every request may name other stations and other attributes: what a message keeps of them has an end.
#[test]
fn a_merged_message_does_not_grow_without_end() {
    const STATIONS: usize = 100;
    let mut stored = record(&with(""));
    let (mut filled, mut requests) = (0, 0);
    loop {
        let station = |number| {
            format!(
                r#"{{"bsId":"{:X}","rssi":-99}}"#,
                requests * STATIONS + number + 1
            )
        };
        let stations: Vec<String> = (0..STATIONS).map(station).collect();
        let more = format!(
            r#","duplicates":[{}],"x{requests}":1,"y{requests}":2"#,
            stations.join(",")
        );
        let merged = merge(&mut stored, &record(&with(&more)));
        requests += 1;
        if merged == Merged::Unchanged {
            break;
        }
        assert_eq!(merged, Merged::Filled);
        filled += 1;
        assert!(filled < 100);
    }
    let receptions = &stored.data().unwrap().receptions;
    assert_eq!(
        (receptions.len(), stored.attributes.len()),
        (MAX_RECEPTIONS, MAX_ATTRIBUTES)
    );
    // The first ones, in order.
    let last = receptions.last().unwrap().station.as_str().to_owned();
    assert_eq!(last, format!("{MAX_RECEPTIONS:X}"));
    assert_eq!(stored.attributes.last().unwrap().name, "y31");
}

#[test]
fn an_undelivered_message_is_the_one_that_would_have_come() {
    let fetched = undelivered("002d91f3", 1_718_000_000_999, "850A01FF38", None, NOW_S).unwrap();
    let mut stored = record(&with(""));
    assert_eq!(fetched.key(), stored.key());
    assert!(matches!(
        stored.key(),
        MessageKey::Payload {
            device: 0x2D_91F3,
            ..
        }
    ));
    assert_eq!(merge(&mut stored, &fetched), Merged::Unchanged);
    // Seconds where milliseconds belong.
    let error = undelivered("1", 1_718_000_000, "", None, NOW_S).unwrap_err();
    assert_eq!(error.kind.code(), "bad-time");
}

#[test]
fn an_answer_has_one_member_for_a_device() {
    let mut answer = Answer::new();
    let device = |text| Device::parse(text).unwrap();
    answer.give(device("00A1"), Given::Data([1; 8]));
    answer.give(device("a1"), Given::Data([2; 8]));
    answer.give(device("A2"), Given::Nothing);
    answer.give(device("a3"), Given::Data([3; 8]));
    let body: serde_json::Value = serde_json::from_str(&answer.body().unwrap()).unwrap();
    let expected = serde_json::json!({
        "00A1": {"downlinkData": "0101010101010101"},
        "a3": {"downlinkData": "0303030303030303"},
    });
    assert_eq!(body, expected);
    let odd = decide(None, Some(&[0; 7]));
    assert_eq!((odd.given, odd.taken), (Given::Nothing, true));
    assert!(odd.fault.is_some());
    assert_eq!(decide(Some(Given::Nothing), Some(&[0; 8])).given, Given::Nothing);
}

#[test]
fn lost_messages_are_counted_modulo_the_wrap() {
    assert_eq!(Wrap::new(100), None);
    let wrap = Wrap::new(128).unwrap();
    assert_eq!(wrap.step(126, 127), Some(Step::Later { lost: 0 }));
    assert_eq!(wrap.step(127, 0), Some(Step::WrapOrRestart { lost: 0 }));
    assert_eq!(wrap.step(0, 0), Some(Step::Same));
    assert_eq!(wrap.step(5, 4), Some(Step::Later { lost: 126 }));
    assert_eq!(wrap.step(0, 128), None);
}

proptest! {
    /// §13.1 and 2: the carrier and the quotes do not matter.
    #[test]
    fn every_carrier_gives_the_same_record(
        device in "[0-9A-Fa-f]{1,8}",
        time in 1_262_304_000_u64..1_718_000_000,
        data in "([0-9a-fA-F]{2}){0,12}",
        seq in proptest::option::of(0_u32..5000),
        rssi in proptest::option::of(-20_000_i32..0),
        ack: bool,
        note in "[a-zA-Zč ]{1,10}",
    ) {
        let or_null = |value: Option<String>| value.unwrap_or_else(|| "null".to_owned());
        let seq = or_null(seq.map(|seq| seq.to_string()));
        let rssi = or_null(rssi.map(|rssi| format!("-{}.{:02}", -rssi / 100, -rssi % 100)));
        let time = time.to_string();
        let ack = ack.to_string();
        let note = format!("n{}n", note.trim());
        let pairs = [("device", &device), ("time", &time), ("data", &data), ("seqNumber", &seq), ("rssi", &rssi), ("ack", &ack), ("note", &note)];
        let quoted: Vec<_> = pairs.iter().map(|(k, v)| format!(r#""{k}":"{v}""#)).collect();
        let bare: Vec<_> = pairs.iter().map(|(k, v)| {
            let quote = if matches!(*k, "device" | "data" | "note") { "\"" } else { "" };
            format!("\"{k}\" : {quote}{v}{quote}")
        }).collect();
        let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let lines: Vec<_> = pairs.iter().map(|(k, v)| format!("{k} => {v}")).collect();
        let line: Vec<_> = pairs.iter().map(|(_, v)| v.as_str()).collect();
        let plain = receiver();
        let batch = Receiver::new(Secrets::new(SECRET).unwrap())
            .with_line_pattern(LinePattern::new("{device};{time};{data};{seqNumber};{rssi};{ack};{note}").unwrap());
        let (quoted, bare) = (format!("{{{}}}", quoted.join(",")), format!("[{{{}}}]", bare.join(" , ")));
        let (lines, line) = (lines.join("\n"), line.join(";"));
        let get = Request::new("GET", &[SECRET]).with_query(&encoded);
        let all = [
            json(&plain, &quoted),
            json(&plain, &bare),
            form(&plain, &encoded),
            text(&plain, &lines),
            plain.receive(&get, NOW_S),
            text(&batch, &line),
        ];
        let mut records = all.into_iter().map(|received| {
            let received = received.unwrap();
            let record = received.records().next().unwrap().into_owned();
            (received.service(), received.warnings().to_vec(), record)
        });
        let first = records.next().unwrap();
        for other in records {
            prop_assert_eq!(&other, &first);
        }
    }

    /// §13.4: the order in which parts arrive does not matter for what is filled in.
    #[test]
    fn parts_without_overlap_merge_in_any_order(order in Just([0_usize, 1, 2]).prop_shuffle()) {
        let parts = [r#","rssi":-120,"ack":true"#, r#","lqi":"Good","duplicates":[{"bsId":"A1"}]"#, r#","operatorName":"x""#];
        let merged = |order: [usize; 3]| {
            let mut stored = record(&with(parts[order[0]]));
            for part in &order[1..] {
                assert_eq!(merge(&mut stored, &record(&with(parts[*part]))), Merged::Filled);
            }
            stored.service = Service::Uplink;
            stored
        };
        prop_assert_eq!(merged(order), merged([0, 1, 2]));
    }
}
