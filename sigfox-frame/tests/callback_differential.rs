//! The readers of carriers beside `serde_json` and `form_urlencoded`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

#[path = "support/requests.rs"]
mod support;

use proptest::prelude::*;
use serde_json::Value;
use support::{form, json, receiver, with};

/// Texts that are neither absent nor a placeholder.
fn is_value(text: &str) -> bool {
    let trimmed = text.trim_ascii();
    let absent = ["", "null", "n/a", "nan"]
        .iter()
        .any(|word| trimmed.eq_ignore_ascii_case(word));
    !(absent || trimmed.starts_with('{') && trimmed.ends_with('}'))
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(all) => 1 + all.iter().map(depth).max().unwrap_or(0),
        Value::Object(all) => 1 + all.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// A JSON value as text, with odd spelling.
fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        "-?(0|[1-9][0-9]{0,5})(\\.[0-9]{1,3})?([eE][+-]?[0-9])?",
        ".{0,8}".prop_map(|text| Value::String(text).to_string()),
        "\"(\\\\u00[0-9a-f]{2}|\\\\n|\\\\\"|\\\\ud83c\\\\udf21|[ a-z])*\"",
        // Mostly no JSON.
        "[\\[\\]{}\",:0-9a-z\\\\. -]{1,6}",
    ];
    leaf.prop_recursive(9, 24, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(|all| format!("[{}]", all.join(" ,"))),
            // Names differ, so that nothing conflicts.
            proptest::collection::vec(inner, 0..3).prop_map(|all| {
                let members: Vec<_> = all
                    .iter()
                    .enumerate()
                    .map(|(n, value)| format!("\"k{n}\" : {value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn json_is_what_serde_json_says(value in any_json()) {
        let body = with(&format!(r#","y":{value}"#));
        let receiver = receiver();
        let ours = json(&receiver, &body);
        match serde_json::from_str::<Value>(&body) {
            Err(error) => {
                let code = ours.as_ref().err().map(|error| error.kind.code());
                // A value that `serde_json` finds too large for a float is none of ours to refuse.
                let large = error.to_string().contains("out of range");
                // What stands in for a value may hold further keys.
                prop_assert!(large || matches!(code, Some("bad-json" | "too-deep")), "{body}: {error}, {code:?}");
            }
            Ok(tree) if depth(&tree) > 8 => prop_assert_eq!(ours.unwrap_err().kind.code(), "too-deep"),
            Ok(tree) => {
                let received = match ours {
                    Ok(received) => received,
                    Err(error) => {
                        prop_assert_eq!(error.kind.code(), "conflicting-key", "{}", body);
                        return Ok(());
                    }
                };
                let record = received.as_one().unwrap();
                let found = record.attributes.iter().find(|attribute| attribute.name == "y");
                match &tree["y"] {
                    Value::String(text) if is_value(text) => prop_assert_eq!(&found.unwrap().value, text),
                    Value::Bool(value) => prop_assert_eq!(&found.unwrap().value, &value.to_string()),
                    Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                        let again: Value = serde_json::from_str(&found.unwrap().value).unwrap();
                        prop_assert_eq!(&again, &tree["y"]);
                    }
                    _ => {}
                }
            }
        }
    }

    #[test]
    // No letters of which a known name could be made.
    fn forms_are_what_form_urlencoded_says(
        pairs in proptest::collection::vec("[p-s]{0,2}(=|%3d|)(%[0-9a-fA-F]{0,2}|\\+|[w-z0-9č=]|%C4%8D|%e9){0,6}", 0..5),
    ) {
        let mut body = "device=1&time=1718000000&data=".to_owned();
        for pair in &pairs {
            body.push('&');
            body.push_str(pair);
        }
        let theirs: Vec<_> = form_urlencoded::parse(body.as_bytes()).skip(3).collect();
        let receiver = receiver();
        match form(&receiver, &body) {
            Ok(received) => {
                let ours = &received.as_one().unwrap().attributes;
                let mut known: Vec<&str> = Vec::new();
                let mut expected = Vec::new();
                for (name, value) in &theirs {
                    if !known.contains(&&**name) {
                        known.push(name);
                        if is_value(value) {
                            expected.push((name.as_ref(), value.as_ref()));
                        }
                    }
                }
                let ours: Vec<_> = ours.iter().map(|a| (a.name.as_ref(), a.value.as_ref())).collect();
                prop_assert_eq!(ours, expected);
            }
            Err(error) => {
                prop_assert_eq!(error.kind.code(), "conflicting-key");
                let twice = theirs.iter().any(|(name, value)| {
                    theirs.iter().any(|(other, second)| name == other && value != second)
                });
                prop_assert!(twice, "{}", body);
            }
        }
    }
}

/// Members of every kind, and what they are in JSON.
const MEMBERS: [(&str, &str); 17] = [
    ("device", "\"2D91F3\""),
    ("time", "1718000000"),
    ("data", "\"850a01ff38\""),
    ("seqNumber", "611"),
    ("deviceTypeId", "\"5f0c1d2e3a4b5c6d7e8f9a0b\""),
    ("deviceTypeName", "\"type\""),
    ("ack", "true"),
    ("longPolling", "false"),
    ("rssi", "-131.25"),
    ("station", "\"5A17\""),
    ("lqi", "\"Average\""),
    ("operatorName", "\"SIGFOX_Somewhere\""),
    ("countryCode", "203"),
    ("x", "[1,{\"a\":null}]"),
    ("customData#temperature", "\"21.5\""),
    (
        "duplicates",
        "[{\"bsId\":\"5A17\",\"rssi\":-131.0,\"nbRep\":2},{\"bsId\":\"5C02\",\"rssi\":\"-138\",\"snr\":1e1,\"y\":[0]},{}]",
    ),
    (
        "computedLocation",
        "{\"lat\":49.4581,\"lng\":18.1434,\"radius\":3100,\"source\":2,\"status\":1,\"placeIds\":[\"a\",\"b\"]}",
    ),
];

/// The same JSON with blanks between its tokens and characters of its names and texts as escapes, as the numbers say.
fn respelled(json: &str, mut odd: impl FnMut() -> u8) -> String {
    let (mut out, mut inside) = (String::new(), false);
    for c in json.chars() {
        let token = matches!(c, '{' | '}' | '[' | ']' | ':' | ',');
        if !inside && token && odd() < 64 {
            out.push_str([" ", "\n", "\t", "\r\n"][usize::from(odd() % 4)]);
        }
        if inside && c != '"' && odd() < 16 {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
        if !inside && token && odd() < 64 {
            out.push(' ');
        }
        inside ^= c == '"';
    }
    out
}

proptest! {
    /// What templates produce is read the short way, and anything else another way.
    #[test]
    fn spelling_changes_nothing(
        order in Just((0..MEMBERS.len()).collect::<Vec<_>>()).prop_shuffle(),
        many in 3..MEMBERS.len(),
        odd in proptest::collection::vec(any::<u8>(), 1..64),
    ) {
        // The mandatory ones, and some of the others, in any order.
        let chosen: Vec<_> = order.iter().filter(|at| **at < 3 || order[..many].contains(at)).collect();
        let members: Vec<_> = chosen.iter().map(|at| format!("\"{}\":{}", MEMBERS[**at].0, MEMBERS[**at].1)).collect();
        let body = format!("{{{}}}", members.join(","));
        let mut odd = odd.iter().copied().cycle();
        let other = respelled(&body, || odd.next().unwrap());
        let receiver = receiver();
        let (plain, odd) = (json(&receiver, &body).unwrap(), json(&receiver, &other).unwrap());
        prop_assert_eq!(plain.warnings(), odd.warnings(), "{}", other);
        let without_attributes = |received: &sigfox_frame::callback::Received<'_>| {
            let mut record = received.as_one().unwrap().clone().into_owned();
            record.attributes.clear();
            record
        };
        prop_assert_eq!(without_attributes(&plain), without_attributes(&odd), "{}", other);
        // Attributes keep objects as JSON, spelling included.
        let names = |received: &sigfox_frame::callback::Received<'_>| -> Vec<String> {
            received.as_one().unwrap().attributes.iter().map(|attribute| attribute.name.to_string()).collect()
        };
        prop_assert_eq!(names(&plain), names(&odd));
    }

    /// One blank in front of each colon makes the reader take the general way for every name; the same is wrong at the same place.
    #[test]
    fn faults_are_found_alike_in_any_spelling(at in 0_usize..500, to in any::<char>()) {
        let members: Vec<_> = MEMBERS.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let right = format!("{{{}}}", members.join(","));
        let at = at % right.len();
        let (mut tight, mut wide, mut blanks) = (String::new(), String::new(), Vec::new());
        for (number, c) in right.char_indices() {
            if c == ':' && right[..number].ends_with('"') {
                blanks.push(tight.len());
                wide.push(' ');
            }
            let c = if number == at { to } else { c };
            tight.push(c);
            wide.push(c);
        }
        let receiver = receiver();
        match (json(&receiver, &tight), json(&receiver, &wide)) {
            (Ok(_), Ok(_)) => {}
            (Err(a), Err(b)) => {
                prop_assert_eq!((a.kind, a.field), (b.kind, b.field), "{} {}", tight, wide);
                // What is wrong in front of a colon may be wrong at the blank already.
                let before = blanks.iter().filter(|blank| **blank < a.offset).count();
                let places = before..=before + usize::from(blanks.contains(&a.offset));
                prop_assert!(places.contains(&(b.offset - a.offset)), "{} {}", tight, wide);
            }
            (a, b) => prop_assert!(false, "{tight}: {a:?}\n{wide}: {b:?}"),
        }
    }
}
