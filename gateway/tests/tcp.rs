//! Sessions of WiFi sensors with the real binary: what is stored, who wins, logs, the end of the gateway.

#[path = "support/fleet.rs"]
mod fleet;
mod support;

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use fleet::{DONE, Sensor, connect, gateway, metrics, one, refused_with, stored, upload};
use serde_json::{Value, json};
use support::text;
use tokio::net::TcpStream;
use wifisensor_tcp::failure::FailureCode;
use wifisensor_tcp::session::{Cut, End};
use wifisensor_tcp::status::LogId;

#[tokio::test]
async fn samples_and_status_become_exact_rows() {
    let gateway = gateway(1, &[]);
    let mut sensor = Sensor::new(0);
    sensor.take(7);
    assert_eq!(upload(&gateway, &mut sensor).await, DONE);
    assert_eq!(stored(&gateway.database()), [(0, 0b111_1111)].into());
    let detail: String = one(
        &gateway,
        "SELECT detail FROM message WHERE kind = 'SAMPLES' ORDER BY id LIMIT 1 OFFSET 4",
    );
    assert_eq!(
        detail.parse::<Value>().unwrap(),
        json!({"log": "12340000", "number": 4, "time": 1_767_225_840, "basis": "utc", "period_s": 60, "channels": [[1, -2, 4]]})
    );
    let value: String = one(
        &gateway,
        "SELECT value FROM reading WHERE quantity = 'temperature' ORDER BY taken LIMIT 1 OFFSET 4",
    );
    assert_eq!(value, "0.04");
    let health: i64 = one(
        &gateway,
        "SELECT count(*) FROM reading WHERE channel = 0 AND family = 'tcp'",
    );
    assert_eq!(health, 12);
    let listed = text(&gateway.device(&["list"]).stdout);
    assert!(
        listed.contains("active    key 1; log 12340000 below 7"),
        "{listed}"
    );
}

#[tokio::test]
async fn the_newest_proven_session_wins_and_a_hello_alone_changes_nothing() {
    let gateway = gateway(1, &[]);
    let (mut older, mut newer) = (Sensor::new(0), Sensor::new(0));
    older.take(4);
    newer.take(4);
    let mut replay = Vec::new();
    for _ in 0..5 {
        // Nonces are not used twice.
        replay = newer.hello();
    }
    let (mut stream, mut other) = (connect(&gateway).await, connect(&gateway).await);
    let meanwhile = async {
        // A HELLO that may be a recording: there is a CHALLENGE, and the session that is open goes on.
        let mut unproven = std::net::TcpStream::connect(gateway.tcp()).unwrap();
        unproven.write_all(&replay).unwrap();
        let mut challenge = [0; 48];
        unproven.read_exact(&mut challenge).unwrap();
    };
    older.next = 2;
    assert_eq!(older.upload_after(&mut stream, meanwhile).await, DONE);
    // While the older one is open, a newer one is proven: the older is ended without a word.
    older.next = 4;
    let mut stream = connect(&gateway).await;
    let newest = async {
        assert_eq!(newer.upload(&mut other, |_| {}).await, DONE);
    };
    let end = older.upload_after(&mut stream, newest).await;
    assert_eq!(end, Some(End::Incomplete(Cut::Connection)));
    assert_eq!(older.oldest, 2);
    assert_eq!(stored(&gateway.database()), [(0, 0b1111)].into());
    // What it did not get acknowledged it sends again, and nothing is stored twice.
    assert_eq!(upload(&gateway, &mut older).await, DONE);
    assert_eq!(stored(&gateway.database()), [(0, 0b1111)].into());
}

#[tokio::test]
async fn what_was_sent_twice_is_stored_once_and_logs_are_kept_apart() {
    let status = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let gateway = gateway(1, &["--status", &status.to_string()]);
    let mut sensor = Sensor::new(0);
    sensor.take(5);
    assert_eq!(upload(&gateway, &mut sensor).await, DONE);
    // As if no ACK had come; and two more samples.
    (sensor.oldest, sensor.next) = (0, 7);
    assert_eq!(upload(&gateway, &mut sensor).await, DONE);
    assert_eq!(stored(&gateway.database()), [(0, 0b111_1111)].into());
    // Samples 7 and 8 were overwritten before they were uploaded; that is noted once, also before there are others.
    (sensor.oldest, sensor.next) = (9, 9);
    for _ in 0..2 {
        assert_eq!(upload(&gateway, &mut sensor).await, DONE);
    }
    (sensor.oldest, sensor.next) = (9, 11);
    assert_eq!(upload(&gateway, &mut sensor).await, DONE);
    let lost: (u32, u32) = gateway
        .database()
        .query_row("SELECT oldest, next FROM tcp_lost", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(lost, (7, 9));
    // The device has forgotten samples and says that it is the same log: LOG, and nothing changes.
    (sensor.oldest, sensor.next) = (0, 3);
    assert!(refused_with(
        upload(&gateway, &mut sensor).await,
        FailureCode::Log
    ));
    let position = "SELECT printf('%08x %d', log_id, stored) FROM tcp_device";
    assert_eq!(one::<String>(&gateway, position), "12340000 11");
    // A new log begins where the device says; its numbers are others.
    sensor.log_id = LogId(0x5678_0000);
    (sensor.oldest, sensor.next) = (2, 4);
    assert_eq!(upload(&gateway, &mut sensor).await, DONE);
    assert_eq!(one::<String>(&gateway, position), "56780000 4");
    let count = "SELECT count(*) FROM message WHERE kind = 'SAMPLES'";
    assert_eq!(one::<i64>(&gateway, count), 11);
    // Back in the first log, which is new to the server again: the records are known all the same.
    sensor.log_id = LogId(0x1234_0000);
    (sensor.oldest, sensor.next) = (0, 7);
    assert_eq!(upload(&gateway, &mut sensor).await, DONE);
    assert_eq!(one::<i64>(&gateway, count), 11);
    // An end is counted a moment after the device has seen it.
    let expected = [
        "comet_tcp_samples_known_total 5\n",
        "comet_tcp_samples_lost_total 2\n",
        "comet_tcp_sessions_total{end=\"done\"} 7\n",
        "comet_tcp_sessions_total{end=\"tcp-log\"} 1\n",
    ];
    let mut told = String::new();
    for _ in 0..1000 {
        told = metrics(status);
        if expected.iter().all(|line| told.contains(line)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_graceful_stop_ends_sessions_with_close() {
    let mut gateway = gateway(1, &[]);
    let mut sensor = Sensor::new(0);
    sensor.take(3);
    let mut stream = connect(&gateway).await;
    let (address, (opened, wait)) = (gateway.tcp(), std::sync::mpsc::channel());
    let stopping = std::thread::spawn(move || {
        wait.recv().unwrap();
        assert!(gateway.terminate());
        gateway
    });
    let meanwhile = async {
        opened.send(()).unwrap();
        // Stopping is told to the sessions before the door is closed.
        while TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let end = sensor.upload_after(&mut stream, meanwhile).await;
    assert_eq!(end, DONE, "CLOSE is a last acknowledgement");
    let gateway = stopping.join().unwrap();
    // Nothing was acknowledged, nothing was freed, nothing was stored.
    assert_eq!((sensor.oldest, stored(&gateway.database()).len()), (0, 0));
}

#[tokio::test]
async fn a_suspended_device_keeps_its_samples() {
    let gateway = gateway(1, &[]);
    let mut sensor = Sensor::new(0);
    sensor.take(3);
    let device = |command: &str| {
        let output = gateway.device(&[command, "--family", "tcp", "--serial", &Sensor::new(0).serial()]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    device("suspend");
    assert!(refused_with(
        upload(&gateway, &mut sensor).await,
        FailureCode::Busy
    ));
    assert_eq!(
        (
            sensor.oldest,
            one::<i64>(&gateway, "SELECT count(*) FROM message")
        ),
        (0, 0)
    );
    device("resume");
    assert_eq!(upload(&gateway, &mut sensor).await, DONE);
    assert_eq!(stored(&gateway.database()), [(0, 0b111)].into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_suspended_during_its_session_keeps_what_was_not_acknowledged() {
    let gateway = gateway(1, &[]);
    let mut sensor = Sensor::new(0);
    sensor.take(3);
    assert_eq!(upload(&gateway, &mut sensor).await, DONE);
    sensor.take(3);
    let mut stream = connect(&gateway).await;
    let suspended = async {
        let output = gateway.device(&["suspend", "--family", "tcp", "--serial", &Sensor::new(0).serial()]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        while one::<i64>(&gateway, "SELECT count(*) FROM gate_order") > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let end = sensor.upload_after(&mut stream, suspended).await;
    assert!(refused_with(end, FailureCode::Busy), "{end:?}");
    assert_eq!((sensor.oldest, sensor.next), (3, 6));
    assert_eq!(stored(&gateway.database()), [(0, 0b111)].into());
}

/// The idle limit of §1, in real time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_falls_silent_ends_after_half_a_minute() {
    let status = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let gateway = gateway(1, &["--status", &status.to_string()]);
    let mut sensor = Sensor::new(0);
    sensor.take(3);
    let mut stream = connect(&gateway).await;
    let silent = async {
        let since = Instant::now();
        while !metrics(status).contains("comet_tcp_sessions_total{end=\"idle-limit\"} 1\n") {
            assert!(since.elapsed() < Duration::from_secs(60), "{}", metrics(status));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(since.elapsed() > Duration::from_secs(29));
    };
    let end = sensor.upload_after(&mut stream, silent).await;
    assert!(matches!(end, Some(End::Incomplete(_))), "{end:?}");
    // Nothing was acknowledged; the next session brings it.
    assert_eq!((sensor.oldest, sensor.next), (0, 3));
    assert_eq!(upload(&gateway, &mut sensor).await, DONE);
    assert_eq!(stored(&gateway.database()), [(0, 0b111)].into());
}
