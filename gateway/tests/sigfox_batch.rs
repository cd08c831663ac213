//! Batches of any size, and answers in time (sigfox-callback R2, R4, §9).

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use support::sigfox::{DeviceType, now_s, run, split};
use support::{Gateway, text};

const PATTERN: &str = "{device};{time};{seqNumber};{data};{ack}";
const FIRST: u32 = 0x10_0000;
/// The cloud waits ten seconds; eight are allowed, and a busy machine has one more.
const IN_TIME: Duration = Duration::from_secs(9);

fn started(devices: u32, arguments: &[&str]) -> (Gateway, DeviceType) {
    let mut gateway = Gateway::new();
    let weather = DeviceType::add(&gateway, "weather", &["--line-pattern", PATTERN]);
    weather.add_devices(&gateway, FIRST, devices);
    gateway.start(arguments);
    (gateway, weather)
}

fn batch(devices: u32, time: u64) -> String {
    let line = |device| format!("{:X};{time};{};0a;true\n", FIRST + device, device % 4096);
    (0..devices).map(line).collect()
}

/// Nobody else writes until it is dropped.
fn lock(gateway: &Gateway) -> rusqlite::Connection {
    let lock = rusqlite::Connection::open(gateway.db()).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    lock
}

fn send(stream: &mut TcpStream, octets: &[u8]) -> (u16, String) {
    stream.write_all(octets).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    split(&answer)
}

#[track_caller]
fn wait_for(gateway: &Gateway, messages: i64) {
    let begin = Instant::now();
    while gateway.messages() < messages {
        assert!(
            begin.elapsed().as_secs() < 50,
            "{} of {messages}",
            gateway.messages()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(gateway.messages(), messages);
}

/// As many lines as fit into the largest batch, each of another device that asks; where nothing is optimised, every eighth of them.
/// On a busy machine the answer may be late: then all is stored, and the repeat is answered.
#[test]
fn the_largest_batch_is_stored_and_answered() {
    let time = now_s() - 600;
    let most = u32::try_from((1 << 20) / batch(1, time).len()).unwrap();
    let devices = if cfg!(debug_assertions) { most / 8 } else { most };
    let (gateway, weather) = started(devices, &[]);
    let writing = rusqlite::Connection::open(gateway.db()).unwrap();
    writing
        .execute_batch(
            "INSERT INTO downlink (serial, data, added_ms) SELECT serial, x'0011223344556677', 0 FROM sigfox_device",
        )
        .unwrap();
    let mut batch = batch(devices, time);
    batch.truncate(1 << 20);
    let devices = batch.matches(";true\n").count();
    let mut answered = 0;
    for sending in 1..=4 {
        let begin = Instant::now();
        let (status, answer) = weather.send(&gateway, "POST", "", "text/plain", &batch);
        let elapsed = begin.elapsed();
        eprintln!(
            "{devices} devices, {} octets, {sending}: {status} after {elapsed:?}",
            batch.len()
        );
        assert!(elapsed < IN_TIME);
        wait_for(&gateway, i64::try_from(devices).unwrap());
        if status == 503 {
            continue;
        }
        assert_eq!((status, answer.matches("downlinkData").count()), (200, devices));
        answered += 1;
    }
    // The last one at least found all rows.
    assert!(answered > 0);
}

#[test]
fn a_body_above_the_limit_is_refused_before_it_is_read() {
    let (gateway, weather) = started(1, &[]);
    let plain = DeviceType::add(&gateway, "plain", &[]);
    let time = now_s() - 600;
    // Exactly as long as it may be.
    let line = format!("{FIRST:X};{time};1;0a;false\n");
    let full = |len: usize| line.clone() + &"\n".repeat(len - line.len());
    assert_eq!(
        weather.send(&gateway, "POST", "", "text/plain", &full(1 << 20)).0,
        204
    );
    assert_eq!(gateway.messages(), 1);
    for (device_type, limit) in [(&weather, 1 << 20), (&plain, 1 << 16)] {
        let head = |length: &str| {
            let (path, header) = (&device_type.path, &device_type.header);
            format!(
                "POST {path} HTTP/1.1\r\nHost: x\r\n{header}\r\nContent-Type: text/plain\r\n{length}\r\n\r\n"
            )
        };
        // Nothing of it is sent: what is announced is enough.
        let announced = head(&format!("Content-Length: {}", limit + 1));
        let begin = Instant::now();
        assert_eq!(send(&mut gateway.connect(), announced.as_bytes()).0, 413);
        assert!(begin.elapsed() < Duration::from_secs(5));
        // Of what is not announced no more than the limit is waited for.
        let chunk = format!("{:X}\r\n{}\r\n", limit + 1, full(limit + 1));
        let unannounced = head("Transfer-Encoding: chunked") + &chunk;
        let mut stream = gateway.connect();
        let _ = stream.write_all(unannounced.as_bytes());
        let begin = Instant::now();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert_eq!(support::status(&String::from_utf8_lossy(&answer)), 413);
        assert!(begin.elapsed() < Duration::from_secs(5));
    }
    assert_eq!(gateway.messages(), 1);
}

#[test]
fn a_database_that_waits_is_answered_in_time_and_what_was_sent_is_stored_all_the_same() {
    const DEVICES: u32 = 1000;
    // One request under way is as many as there are connections.
    let (gateway, weather) = started(DEVICES, &["--max-connections", "1", "--timeout-s", "20"]);
    let time = now_s() - 600;
    let request = weather.request("POST", "", "text/plain", &batch(DEVICES, time));
    let (head, body) = request.split_at(request.find("\r\n\r\n").unwrap() + 4);
    let lock = lock(&gateway);
    let mut stream = gateway.connect();
    let begin = Instant::now();
    stream.write_all(head.as_bytes()).unwrap();
    // The body has its share of the time.
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(send(&mut stream, body.as_bytes()), (503, String::new()));
    let elapsed = begin.elapsed();
    assert!(
        (Duration::from_secs(7)..IN_TIME).contains(&elapsed),
        "{elapsed:?}"
    );
    drop(stream);
    // It is still worked on: another one is not begun.
    let begin = Instant::now();
    let event = format!(r#"{{"cb":"event","time":{time},"eventType":"X"}}"#);
    assert_eq!(weather.post(&gateway, &event).0, 503);
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    assert_eq!(gateway.messages(), 0);
    drop(lock);
    // Nobody repeats it.
    wait_for(&gateway, i64::from(DEVICES));
    let begin = Instant::now();
    while weather.post(&gateway, &event).0 != 204 {
        assert!(begin.elapsed() < IN_TIME);
    }
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for_longer() {
    let (gateway, weather) = started(1, &["--timeout-s", "20"]);
    let request = weather.request("POST", "", "text/plain", &batch(1, now_s() - 600));
    let begin = Instant::now();
    assert_eq!(
        send(&mut gateway.connect(), &request.as_bytes()[..request.len() - 1]).0,
        503
    );
    let elapsed = begin.elapsed();
    assert!(
        (Duration::from_secs(7)..IN_TIME).contains(&elapsed),
        "{elapsed:?}"
    );
}

/// Looked up when it was not registered, stored when it was, and what came before was taken in: nobody looks any more.
#[test]
fn a_record_that_was_late_for_the_registration_of_its_device_is_taken_in() {
    let mut gateway = Gateway::new();
    let weather = DeviceType::add(&gateway, "weather", &[]);
    gateway.start(&[]);
    let lock = lock(&gateway);
    let body = format!(
        r#"{{"device":"{FIRST:X}","time":{},"data":"0a","seqNumber":1}}"#,
        now_s() - 60
    );
    let mut stream = gateway.connect();
    stream
        .write_all(weather.request("POST", "", "application/json", &body).as_bytes())
        .unwrap();
    // It has been looked up by then, and waits for the lock.
    std::thread::sleep(Duration::from_secs(1));
    lock.execute_batch(&format!(
        "INSERT INTO device (family, serial, added_ms) VALUES ('sigfox', '{FIRST:X}', 0); \
         INSERT INTO sigfox_device (family, serial, type) VALUES ('sigfox', '{FIRST:X}', 'weather'); COMMIT"
    ))
    .unwrap();
    assert_eq!(send(&mut stream, b"").0, 204);
    wait_for(&gateway, 1);
    let begin = Instant::now();
    let waiting = || -> i64 {
        let count = "SELECT (SELECT count(*) FROM quarantine) + (SELECT count(*) FROM sigfox_adoption)";
        gateway.database().query_row(count, [], |row| row.get(0)).unwrap()
    };
    while waiting() > 0 {
        assert!(begin.elapsed() < IN_TIME);
    }
    let listed = text(&gateway.device(&["list"]).stdout);
    assert!(listed.contains("1 messages"), "{listed}");
    assert_eq!(run(&gateway, "downlink", &["list"]), "");
}
