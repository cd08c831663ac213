//! What is read without the heap.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/requests.rs"]
mod support;

use allocation_counter::measure;
use support::{form, json, receiver, text};

#[test]
fn a_record_of_placeholders_takes_no_heap_in_any_carrier() {
    let receiver = receiver();
    let body = r#"{"cb":"bidir","v":1,"device":"2D91F3","deviceTypeId":"5f0c1d2e3a4b5c6d7e8f9a0b","time":1718000000,"seqNumber":"611","data":"850a01ff38","ack":true,"rssi":"-131.25","operatorName":"x"}"#;
    let used = measure(|| assert!(json(&receiver, body).is_ok()));
    assert_eq!(used.count_total, 0);
    let used = measure(|| assert!(form(&receiver, "device=2D91F3&time=1718000000&data=00&ack=true").is_ok()));
    assert_eq!(used.count_total, 0);
    let used = measure(|| assert!(text(&receiver, "device: 2D91F3\ntime: 1718000000\ndata: 00").is_ok()));
    assert_eq!(used.count_total, 0);
}

#[test]
fn a_refusal_takes_no_heap() {
    let receiver = receiver();
    for body in ["", "{\"device\":", "{\"device\":\"x\",\"data\":\"\"}"] {
        let used = measure(|| assert!(json(&receiver, body).is_err()));
        assert_eq!(used.count_total, 0, "{body}");
    }
}

#[test]
fn a_hostile_body_takes_a_bounded_multiple_of_its_length() {
    let receiver = receiver();
    let keys: String = (0..7_000).map(|n| format!(r#","{n:x}":0"#)).collect();
    let elements = format!("[{}0]", "0,".repeat(30_000));
    let receptions = support::with(&format!(
        r#","duplicates":[{}0]"#,
        r#"{"bsId":"A"},"#.repeat(5_000)
    ));
    for body in [support::with(&keys), elements, receptions] {
        assert!(body.len() <= 70_000);
        let used = measure(|| drop(json(&receiver, &body)));
        assert!(
            used.bytes_max < 40 * 65_536,
            "{} for {}",
            used.bytes_max,
            body.len()
        );
    }
}
