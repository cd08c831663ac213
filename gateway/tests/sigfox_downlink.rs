//! Downlinks through the real binary: who is given what, once, and what is said of it (sigfox-callback R13 to R15, §8).

#![expect(clippy::arithmetic_side_effects, reason = "a test may panic")]

mod support;

use support::Gateway;
use support::sigfox::{DeviceType, now_s, run};

const SERIAL: &str = "2D91F3";

fn started(arguments: &[&str]) -> (Gateway, DeviceType) {
    let mut gateway = Gateway::new();
    let device_type = DeviceType::add(&gateway, "weather", arguments);
    device_type.add_device(&gateway, SERIAL);
    gateway.start(&[]);
    (gateway, device_type)
}

fn set(gateway: &Gateway, serial: &str, data: &str) {
    run(gateway, "downlink", &["set", "--serial", serial, "--data", data]);
}

/// What became of the downlinks of the device.
fn listed(gateway: &Gateway) -> String {
    run(gateway, "downlink", &["list", "--serial", SERIAL])
}

fn asks(serial: &str, time: u64, seq: u64) -> String {
    let time = time + seq;
    format!(r#"{{"device":"{serial}","time":{time},"data":"0a","seqNumber":{seq},"ack":true}}"#)
}

fn given(serial: &str, data: &str) -> (u16, String) {
    (200, format!(r#"{{"{serial}":{{"downlinkData":"{data}"}}}}"#))
}

fn nothing() -> (u16, String) {
    (204, String::new())
}

/// Ordinary: the answer is slow or 503, the network gives up, and the callback comes again a minute later.
#[test]
fn a_downlink_stays_pending_where_the_network_has_ended_the_message() {
    let (gateway, weather) = started(&[]);
    weather.add_device(&gateway, "2D91F");
    let time = now_s() - 600;
    let ack = |seq: u64, code: u8| {
        let time = time + seq;
        let body = format!(r#"{{"device":"{SERIAL}","time":{time},"infoCode":{code}}}"#);
        assert_eq!(weather.post(&gateway, &body), nothing());
    };
    set(&gateway, SERIAL, "0011223344556677");
    set(&gateway, "2D91F", "8899aabbccddeeff");
    for (seq, code) in [(1, 1), (2, 4), (3, 0)] {
        ack(seq, code);
        // The first time that the gateway hears of it, and once more.
        for _ in 0..2 {
            assert_eq!(weather.post(&gateway, &asks(SERIAL, time, seq)), nothing());
        }
        let state = listed(&gateway);
        assert!(state.contains("0011223344556677  pending"), "{state}");
    }
    // What was said of a neighbouring second, or of a device whose number begins alike, is not said of these.
    ack(5, 1);
    ack(7, 1);
    let other = weather.post(&gateway, &asks("2D91F", time, 2));
    assert_eq!(other, given("2D91F", "8899aabbccddeeff"));
    let sent = weather.post(&gateway, &asks(SERIAL, time, 6));
    assert_eq!(sent, given(SERIAL, "0011223344556677"));
    ack(6, 1);
    let state = listed(&gateway);
    assert!(state.contains("0011223344556677  no_answer"), "{state}");
}
