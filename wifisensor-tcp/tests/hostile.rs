//! What an attacker on the path can do: cut, flip, repeat, reorder, reflect. The sessions of the suite, each of their octets
//! changed: nothing wrong is stored, freed or taken over, and nothing panics.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use serde_json::Value;
use support::{DeviceSide, ServerSide, Side, cases, hex};
use wifisensor_tcp::session::End;

/// All that one side of a case is fed.
fn stream(case: &Value) -> Vec<u8> {
    let steps = case["steps"].as_array().unwrap().iter();
    steps
        .filter_map(|step| step["in"].get("bytes"))
        .flat_map(hex)
        .collect()
}

/// Cases of a group that end well, not too long.
fn good(group: &str, limit: usize) -> Vec<Value> {
    let good = |case: &Value| {
        let steps = case["steps"].as_array().unwrap();
        let done = steps.iter().any(|step| step["expect"]["ok"]["end"] == "done");
        done && stream(case).len() < limit
    };
    let cases: Vec<_> = cases(group).into_iter().filter(good).collect();
    assert!(cases.len() > 2);
    cases
}

fn flipped(stream: &[u8], bit: usize) -> Vec<u8> {
    let mut stream = stream.to_vec();
    stream[bit / 8] ^= 1 << (bit % 8);
    stream
}

#[test]
fn a_flipped_bit_ends_a_server_session_and_nothing_behind_it_is_stored() {
    for case in good("server", 400) {
        let input = &case["open"]["in"];
        let stream = stream(&case);
        let mut whole = ServerSide::of_vector(input);
        whole.feed(&stream);
        for bit in 0..stream.len() * 8 {
            let mut side = ServerSide::of_vector(input);
            side.feed(&flipped(&stream, bit));
            side.eof();
            let end = side.end();
            // A shorter or longer length leaves the server waiting for more; everything else it sees.
            let seen = matches!(end, Some(End::Failed(_) | End::Incomplete(_)));
            assert!(seen, "{} bit {bit}: {end:?}", case["id"]);
            for (key, record) in &side.database.records {
                assert_eq!(whole.database.records.get(key), Some(record));
            }
        }
    }
}

#[test]
fn a_flipped_bit_ends_a_device_session_and_frees_nothing_behind_it() {
    for case in good("device", 400) {
        let input = &case["open"]["in"];
        let stream = stream(&case);
        let mut whole = DeviceSide::of_vector(input);
        whole.feed(&stream);
        let acked = whole.memory.acked;
        for bit in 0..stream.len() * 8 {
            let mut side = DeviceSide::of_vector(input);
            side.feed(&flipped(&stream, bit));
            side.eof();
            assert!(
                !matches!(side.end(), None | Some(End::Done)),
                "{} bit {bit}",
                case["id"]
            );
            assert!(side.memory.acked <= acked);
            let config = side.memory.config;
            assert!(config.is_none() || config == whole.memory.config);
        }
    }
}

#[test]
fn every_prefix_of_a_session_is_incomplete_and_no_more() {
    for case in good("server", 1000) {
        let stream = stream(&case);
        for len in 0..stream.len() {
            let mut side = ServerSide::of_vector(&case["open"]["in"]);
            side.feed(&stream[..len]);
            assert_eq!(side.end(), None);
            side.eof();
            assert!(matches!(side.end(), Some(End::Incomplete(_))));
        }
    }
    for case in good("device", 1000) {
        let stream = stream(&case);
        for len in 0..stream.len() {
            let mut side = DeviceSide::of_vector(&case["open"]["in"]);
            side.feed(&stream[..len]);
            assert_eq!(side.end(), None);
            side.eof();
            assert!(matches!(side.end(), Some(End::Incomplete(_))));
        }
    }
}

#[test]
fn a_stranger_gets_silence_and_no_more_than_a_hello_is_held() {
    let case = &cases("hello")[0];
    let hello = stream(case);
    for strange in [
        &b"GET / HTTP/1.1\r\n"[..],
        b"\x16\x03\x01\x02\x00",
        b"\xb5\x02\x00\x36\0\0\0\0",
        &[0xB5, 1, 0, 81],
        &[0xB5, 1, 0, 43, 0, 0, 0, 0],
        &[0xB5, 1, 0, 44, 0, 0, 0, 1],
    ] {
        let mut side = ServerSide::of_vector(&case["open"]["in"]);
        assert_eq!(side.feed(strange), b"", "{strange:02x?}");
        assert!(matches!(side.end(), Some(End::Failed(_))), "{strange:02x?}");
        assert_eq!(side.feed(&hello), b"", "too late");
    }
}

#[test]
fn a_refusal_is_no_longer_than_the_question_and_the_same_for_every_reason() {
    let mut answers = Vec::new();
    for case in cases("hello") {
        let hello = stream(&case);
        let mut side = ServerSide::of_vector(&case["open"]["in"]);
        let answer = side.feed(&hello);
        assert!(answer.len() <= hello.len());
        if case["steps"][0]["expect"]["ok"]["end"] == "auth" {
            answers.push(answer);
        }
    }
    assert!(answers.len() > 5);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}
