//! Messages and errors as other programs see them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use comet_json::decode;
use serde_json::json;
use support::{LOGGER_CHANNELS, logger, wifi, wifi_channel};

#[test]
fn messages_are_serialised_with_their_type() {
    let second = wifi_channel(2).replace("40900000", "FF810007");
    let body = wifi(&format!("{},{second}", wifi_channel(1)), "").replace("Cold", r#"\"Cold\""#);
    let value = serde_json::to_value(decode(body.as_bytes()).unwrap()).unwrap();
    assert_eq!(value["content"]["type"], "wifi");
    let message = &value["content"]["message"];
    assert_eq!(message["serial"], "21990417");
    assert_eq!(message["desc"], "\"Cold\" store 7");
    assert_eq!(message["time"]["sample"], "2023-03-14T07:20:00+01:00");
    assert_eq!(
        message["channels"][0]["value"],
        json!({"kind": "number", "value": 4.5})
    );
    assert_eq!(
        message["channels"][1]["value"],
        json!({"kind": "error", "code": 7})
    );
    assert_eq!(value["warnings"], json!([]));

    let body = logger(LOGGER_CHANNELS);
    let value = serde_json::to_value(decode(body.as_bytes()).unwrap()).unwrap();
    assert_eq!(value["content"]["type"], "logger");
    assert_eq!(value["content"]["message"]["channels"][1]["kind"], "binary");
}

#[test]
fn errors_are_serialised_with_their_place() {
    let value = serde_json::to_value(decode(b"[1,7]").unwrap_err()).unwrap();
    let expected = json!({
        "kind": {"unsupported-version": {"number": 7}},
        "field": "JsonVersion",
        "offset": 3,
        "index": null,
    });
    assert_eq!(value, expected);
}
