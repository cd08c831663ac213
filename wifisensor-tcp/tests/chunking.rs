//! However TCP cuts a stream, frames, answers and ends are the same.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use serde_json::Value;
use support::{DeviceSide, ServerSide, Side, cases, end_name, hex};
use wifisensor_tcp::DecodeError;
use wifisensor_tcp::frame::{DeviceFrames, ServerFrames, Splitter};

type Split = (Vec<(u8, u32, Vec<u8>)>, Result<usize, DecodeError>);

fn split<const N: usize>(mut splitter: Splitter<N>, chunks: &[&[u8]]) -> Split {
    let mut frames = Vec::new();
    for chunk in chunks {
        let mut rest = *chunk;
        loop {
            match splitter.next_frame(&mut rest) {
                Ok(Some(frame)) => frames.push((u8::from(frame.kind()), frame.seq(), frame.body().to_vec())),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(
                        splitter.next_frame(&mut &[0xB5_u8][..]).unwrap_err(),
                        error,
                        "final"
                    );
                    return (frames, Err(error));
                }
            }
        }
        assert!(rest.is_empty());
    }
    let pending = splitter.pending();
    (frames, Ok(pending))
}

/// Every way to cut in two, and octet by octet.
fn cuts(stream: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    let two = (0..=stream.len()).map(|at| vec![&stream[..at], &stream[at..]]);
    two.chain([stream.chunks(1).collect(), stream.chunks(3).collect()])
}

#[test]
fn the_splitter_gives_the_same_frames_for_every_cut() {
    for case in cases("decoder") {
        let chunks = case["in"]["chunks"].as_array().unwrap();
        let stream: Vec<u8> = chunks.iter().flat_map(hex).collect();
        let from_device = case["in"]["direction"] == "d2s";
        let run = |chunks: &[&[u8]]| {
            if from_device {
                split(DeviceFrames::from_device(), chunks)
            } else {
                split(ServerFrames::from_server(), chunks)
            }
        };
        let whole = run(&[&stream]);
        match &case["expect"]["ok"] {
            Value::Null => {
                let error = whole.1.unwrap_err();
                assert_eq!(case["expect"]["err"][0], error.kind.code());
                assert_eq!(case["expect"]["with"]["offset"], error.offset);
            }
            ok => assert_eq!(ok["pending"], *whole.1.as_ref().unwrap()),
        }
        for chunks in cuts(&stream) {
            assert_eq!(run(&chunks), whole, "{}", case["id"]);
        }
    }
}

/// Runs a session of the suite with each input cut as told, against what the suite expects.
fn replay<S: Side>(case: &Value, mut side: S, cut: &dyn Fn(&[u8]) -> Vec<Vec<u8>>) {
    side.feed(&[]);
    for step in case["steps"].as_array().unwrap() {
        let expected = &step["expect"]["ok"];
        match step["op"].as_str().unwrap().rsplit('.').next().unwrap() {
            "input" => {
                let chunks = cut(&hex(&step["in"]["bytes"]));
                let sent: Vec<u8> = chunks.iter().flat_map(|chunk| side.feed(chunk)).collect();
                assert_eq!(sent, hex(&expected["transmit"]), "{}", case["id"]);
            }
            "eof" => side.eof(),
            _ => continue,
        }
        if let Some(end) = expected.get("end") {
            assert_eq!(&end_name(side.end()), end, "{}", case["id"]);
        }
    }
}

fn longest_input(case: &Value) -> usize {
    let steps = case["steps"].as_array().unwrap().iter();
    steps
        .filter_map(|step| step["in"]["bytes"].as_str())
        .map(|text| text.len() / 2)
        .max()
        .unwrap_or(0)
}

#[test]
fn sessions_are_the_same_for_every_cut() {
    for group in ["hello", "server", "examples", "challenge", "device"] {
        for case in cases(group) {
            let input = &case["open"]["in"];
            let run = |cut: &dyn Fn(&[u8]) -> Vec<Vec<u8>>| match case["open"]["op"].as_str() {
                Some("wst.server.new") => replay(&case, ServerSide::of_vector(input), cut),
                _ => replay(&case, DeviceSide::of_vector(input), cut),
            };
            run(&|bytes| bytes.chunks(1).map(<[u8]>::to_vec).collect());
            for at in 0..=longest_input(&case) {
                run(&|bytes| {
                    let (head, tail) = bytes.split_at(at.min(bytes.len()));
                    vec![head.to_vec(), tail.to_vec()]
                });
            }
        }
    }
}

#[test]
fn all_of_a_side_in_one_read_is_the_same_too() {
    for group in ["server", "device"] {
        for case in cases(group) {
            let input = &case["open"]["in"];
            let steps = case["steps"].as_array().unwrap();
            let (mut all, mut expected) = (Vec::new(), Vec::new());
            for step in steps.iter().filter(|step| step["in"].get("bytes").is_some()) {
                all.extend(hex(&step["in"]["bytes"]));
                expected.extend(hex(&step["expect"]["ok"]["transmit"]));
            }
            let sent = match group {
                "server" => ServerSide::of_vector(input).feed(&all),
                _ => {
                    let mut side = DeviceSide::of_vector(input);
                    side.feed(&[]);
                    side.feed(&all)
                }
            };
            assert_eq!(sent, expected, "{}", case["id"]);
        }
    }
}
