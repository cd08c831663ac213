//! Downlinks through the real binary: who is given what, once, and what is said of it (sigfox-callback R13 to R15, §8, §9).

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use std::time::{Duration, Instant};

use support::Gateway;
use support::sigfox::{DeviceType, now_s, run};

const PATTERN: &str = "{device};{time};{seqNumber};{data};{ack}";
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

fn line(serial: &str, time: u64, seq: u64, ack: bool) -> String {
    format!("{serial};{};{seq};0a;{ack}", time + seq)
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

#[test]
fn a_repeated_batch_draws_no_second_downlink_in_any_order() {
    let (gateway, weather) = started(&["--line-pattern", PATTERN]);
    let time = now_s() - 600;
    let send = |lines: &[String]| weather.send(&gateway, "POST", "", "text/plain", &lines.join("\n"));
    let mut lines = [line(SERIAL, time, 1, true), line(SERIAL, time, 2, true)];
    set(&gateway, SERIAL, "0000000000000001");
    let first = given(SERIAL, "0000000000000001");
    assert_eq!(send(&lines), first);
    set(&gateway, SERIAL, "0000000000000002");
    for _ in 0..2 {
        assert_eq!(send(&lines), first);
        lines.reverse();
    }
    // One by one: each has the answer that it had.
    let alone = lines.each_ref().map(|line| send(std::slice::from_ref(line)));
    assert!(alone.contains(&first) && alone.contains(&nothing()), "{alone:?}");
    let state = listed(&gateway);
    assert!(state.contains("0000000000000002  pending"), "{state}");
    // Beside a new one there is one member all the same, in whatever order they are stored: what is not in the answer is not used up.
    let drew = alone.iter().position(|answer| *answer == first).unwrap();
    for seq in 3..23 {
        let value = format!("{seq:016x}");
        set(&gateway, SERIAL, &value);
        let mut both = [lines[drew].clone(), line(SERIAL, time, seq, true)];
        if seq % 2 == 0 {
            both.reverse();
        }
        let answer = send(&both);
        let pending = listed(&gateway).contains(&format!("{value}  pending"));
        assert_eq!(
            answer,
            if pending {
                first.clone()
            } else {
                given(SERIAL, &value)
            }
        );
    }
}

#[test]
fn a_thousand_messages_of_one_device_that_ask_are_answered_at_once() {
    let (gateway, weather) = started(&["--line-pattern", PATTERN]);
    let time = now_s() - 6_000;
    set(&gateway, SERIAL, "0000000000000001");
    let lines: Vec<String> = (0..1000).map(|seq| line(SERIAL, time, seq, true)).collect();
    let batch = lines.join("\n");
    for _ in 0..2 {
        let answer = weather.send(&gateway, "POST", "", "text/plain", &batch);
        assert_eq!(answer, given(SERIAL, "0000000000000001"));
    }
    assert_eq!(gateway.messages(), 1000);
    let sent: i64 = gateway
        .database()
        .query_row(
            "SELECT count(*) FROM sigfox_message WHERE answered = 1",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(sent, 1000);
}

#[test]
fn what_was_answered_before_its_device_was_registered_is_answered_the_same_after() {
    let mut gateway = Gateway::new();
    let weather = DeviceType::add(&gateway, "weather", &[]);
    let other = DeviceType::add(&gateway, "other", &[]);
    gateway.start(&[]);
    let time = now_s() - 600;
    for serial in [SERIAL, "2D91F4", "2D91F5"] {
        assert_eq!(weather.post(&gateway, &asks(serial, time, 1)), nothing());
    }
    // It did not ask then; and what another device type was told is not known of this one.
    let plain = asks("2D91F4", time, 2).replace(r#","ack":true"#, "");
    assert_eq!(weather.post(&gateway, &plain), nothing());
    assert_eq!(other.post(&gateway, &asks("2D91F5", time, 2)), nothing());
    // Registered, and not taken in yet.
    let writing = rusqlite::Connection::open(gateway.db()).unwrap();
    writing
        .execute_batch(
            "INSERT INTO device (family, serial, added_ms) VALUES ('sigfox', '2D91F4', 0), ('sigfox', '2D91F5', 0); \
             INSERT INTO sigfox_device (family, serial, type) SELECT family, serial, 'weather' FROM device;",
        )
        .unwrap();
    for serial in ["2D91F4", "2D91F5"] {
        set(&gateway, serial, "0011223344556677");
        assert_eq!(weather.post(&gateway, &asks(serial, time, 1)), nothing());
        assert_eq!(
            weather.post(&gateway, &asks(serial, time, 2)),
            given(serial, "0011223344556677")
        );
    }
    // Taken in.
    set_up(&gateway, &weather);
    assert_eq!(weather.post(&gateway, &asks(SERIAL, time, 1)), nothing());
    let state = listed(&gateway);
    assert!(state.contains("0011223344556677  pending"), "{state}");
    assert_eq!(
        weather.post(&gateway, &asks(SERIAL, time, 2)),
        given(SERIAL, "0011223344556677")
    );
}

/// Registers the device with a downlink, and waits until what came before is taken in.
fn set_up(gateway: &Gateway, weather: &DeviceType) {
    weather.add_device(gateway, SERIAL);
    set(gateway, SERIAL, "0011223344556677");
    let begin = Instant::now();
    let waiting = |gateway: &Gateway| -> i64 {
        let count = "SELECT count(*) FROM sigfox_adoption";
        gateway.database().query_row(count, [], |row| row.get(0)).unwrap()
    };
    while waiting(gateway) > 0 {
        assert!(begin.elapsed().as_secs() < 30);
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_batch_that_kill_9_cuts_short_gives_each_device_its_downlink_once() {
    const DEVICES: u32 = 1000;
    let mut gateway = Gateway::new();
    let weather = DeviceType::add(&gateway, "weather", &["--line-pattern", PATTERN]);
    weather.add_devices(&gateway, 0x10_0000, DEVICES);
    gateway.start(&[]);
    let writing = rusqlite::Connection::open(gateway.db()).unwrap();
    let add = |octet: u8, which: &str| {
        let data = [octet; 8];
        writing
            .execute(
                &format!("INSERT INTO downlink (serial, data, added_ms) SELECT serial, ?1, 0 FROM sigfox_device WHERE {which}"),
                [data],
            )
            .unwrap()
    };
    let given = "serial IN (SELECT serial FROM downlink WHERE message IS NOT NULL)";
    add(1, "TRUE");
    let time = now_s() - 600;
    let lines: Vec<String> = (1..=3)
        .flat_map(|seq| {
            (0..DEVICES).map(move |device| line(&format!("{:X}", 0x10_0000 + device), time, seq, true))
        })
        .collect();
    let batch = lines.join("\n");
    let request = weather.request("POST", "", "text/plain", &batch);
    let mut stream = gateway.connect();
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let sent = || -> u32 {
        let count = "SELECT count(*) FROM downlink WHERE message IS NOT NULL";
        writing.query_row(count, [], |row| row.get(0)).unwrap()
    };
    while sent() == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    gateway.kill();
    let before = sent();
    assert!(
        before > 0 && before < DEVICES,
        "{before} given: not in the middle"
    );
    // Those get what they were given before, and keep this one.
    assert_eq!(add(2, given), usize::try_from(before).unwrap());
    gateway.start(&[]);
    let answers = [(); 2].map(|()| weather.send(&gateway, "POST", "", "text/plain", &batch));
    assert_eq!(answers[0].0, 200);
    assert_eq!(
        answers[0].1.matches("\"0101010101010101\"").count(),
        usize::try_from(DEVICES).unwrap()
    );
    assert_eq!(answers[0], answers[1]);
    assert_eq!((sent(), gateway.messages()), (DEVICES, i64::from(3 * DEVICES)));
}
