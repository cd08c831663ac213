//! Names of fields are part of the interface; keys have none.

mod support;

use serde_json::json;
use sigfox_frame::region::RadioConfiguration;
use sigfox_frame::uplink::{Frames, Rank, Tolerance, decode};
use support::{classes, key};

#[test]
fn messages_have_the_names_of_the_specification() {
    let message = classes()[5];
    let frame = Frames::new(&message, &key()).unwrap().frame(Rank::Third);
    let authentic = decode(&frame, Tolerance::Two).unwrap().verify(&key()).unwrap();
    assert_eq!(
        serde_json::to_value(authentic).unwrap(),
        json!({
            "message": {
                "ep_id": 0x00A1_B2C3,
                "counter": 1015,
                "bidirectional": false,
                "body": {"control": {"raw": [0x42, 1, 2, 3, 4, 5]}},
            },
            "frame_type": {"class": "K", "rank": "third"},
            "type_errors": 0,
            "repeated": false,
            "padding_ambiguous": false,
        })
    );
}

#[test]
fn errors_tell_kind_field_and_offset() {
    let error = decode(&[0xAA; 3], Tolerance::Two).unwrap_err();
    assert_eq!(
        serde_json::to_value(error).unwrap(),
        json!({"kind": {"truncated": {"missing": 1}}, "field": "frame", "offset": 3})
    );
    assert_eq!(error.to_string(), "1 more bytes needed in `frame` at byte 3");
}

#[test]
fn parameters_have_units_in_their_names() {
    let value = serde_json::to_value(RadioConfiguration::Rc4.parameters()).unwrap();
    assert_eq!(
        value["access"],
        json!({"hopping": {"first_hz": 920_137_500, "operated": 2}})
    );
    assert_eq!(value["guard"], json!("micro-channel"));
    assert_eq!(value["window_ms"], 25_000);
}
