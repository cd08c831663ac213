//! Sessions of WiFi sensors with the real binary: who wins, what is refused, key changes, configurations, logs, TLS.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

#[path = "support/fleet.rs"]
mod fleet;
mod support;

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use fleet::{Sensor, register, stored};
use support::{Gateway, text};
use tokio::net::TcpStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, version};
use tokio_rustls::{TlsConnector, rustls};
use wifisensor_tcp::failure::FailureCode;
use wifisensor_tcp::result::ResultCode;
use wifisensor_tcp::session::{Cut, End};
use wifisensor_tcp::status::LogId;

const DONE: Option<End> = Some(End::Done);

fn gateway(devices: u32, arguments: &[&str]) -> Gateway {
    let mut gateway = Gateway::new();
    register(&gateway, 0..devices);
    start(&mut gateway, arguments);
    gateway
}

fn start(gateway: &mut Gateway, arguments: &[&str]) {
    gateway.start(&[&["--tcp", "127.0.0.1:0"], arguments].concat());
}

async fn connect(gateway: &Gateway) -> TcpStream {
    TcpStream::connect(gateway.tcp()).await.unwrap()
}

async fn upload(gateway: &Gateway, sensor: &mut Sensor) -> Option<End> {
    sensor.upload(&mut connect(gateway).await, |_| {}).await
}

/// What the gateway says to these octets until it closes.
fn answer(gateway: &Gateway, octets: &[u8]) -> Vec<u8> {
    let mut stream = std::net::TcpStream::connect(gateway.tcp()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(octets).unwrap();
    let mut answer = Vec::new();
    // A reset is an end too.
    let _ = stream.read_to_end(&mut answer);
    answer
}

fn refused_with(end: Option<End>, expected: FailureCode) -> bool {
    matches!(end, Some(End::Peer { failure, .. }) if failure.code == expected)
}

fn one<T: rusqlite::types::FromSql>(gateway: &Gateway, query: &str) -> T {
    gateway.database().query_row(query, [], |row| row.get(0)).unwrap()
}

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
        detail,
        "{\"basis\":\"utc\",\"channels\":[[1,-2,4]],\"log\":\"12340000\",\"number\":4,\"period_s\":60,\"time\":1767225840}"
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

#[test]
fn a_scanner_gets_silence_and_strangers_all_get_the_same() {
    let gateway = gateway(1, &[]);
    for octets in [
        &b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\xb5\x81\x00\x28\x00\x00\x00\x00",
        b"\xb5\x02\x00\x36\x00\x00\x00\x00",
        b"\xb5\x01\x00\x2c\x00\x00\x00\x01",
        b"\xb5\x01\x04\x00\x00\x00\x00\x00",
        b"\x00",
    ] {
        assert_eq!(answer(&gateway, octets), b"", "{octets:02x?}");
    }
    let auth = [0xb5, 0x8f, 0, 24, 0, 0, 0, 0, 3, 0, 0, 0, 0xff, 0xff, 0xff, 0xff];
    let auth = [&auth[..], &[0; 16]].concat();
    let hello = Sensor::new(0).hello();
    // An unknown device, an unknown key number, a wrong tag.
    let unknown = Sensor::new(9).hello();
    for place in [10, 36, 51] {
        let mut wrong = hello.clone();
        wrong[place] ^= 1;
        assert_eq!(answer(&gateway, &wrong), auth);
    }
    assert_eq!(answer(&gateway, &unknown), auth);
    assert_eq!(one::<i64>(&gateway, "SELECT count(*) FROM message"), 0);
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
    // Samples 7 and 8 were overwritten before they were uploaded.
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
    let mut stream = std::net::TcpStream::connect(status).unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut metrics = String::new();
    stream.read_to_string(&mut metrics).unwrap();
    for line in [
        "comet_tcp_samples_known_total 5\n",
        "comet_tcp_samples_lost_total 2\n",
        "comet_tcp_sessions_total{end=\"done\"} 5\n",
        "comet_tcp_sessions_total{end=\"tcp-log\"} 1\n",
    ] {
        assert!(metrics.contains(line), "{line}{metrics}");
    }
}

#[tokio::test]
async fn a_key_change_survives_breaks_and_kill_9_on_both_sides() {
    let mut gateway = gateway(1, &[]);
    let mut sensor = Sensor::new(0);
    let first = sensor.secret.clone();
    let keys = |gateway: &Gateway| {
        one::<String>(
            gateway,
            "SELECT group_concat(key_id) FROM (SELECT * FROM tcp_key ORDER BY key_id)",
        )
    };
    let result = "SELECT rotate_result FROM tcp_device";
    assert!(
        gateway
            .device(&["rotate-key", "--serial", &sensor.serial()])
            .status
            .success()
    );
    let again = gateway.device(&["rotate-key", "--serial", &sensor.serial()]);
    assert!(!again.status.success() && text(&again.stderr).contains("under way"));
    // The device cannot store it: it is offered again, the same.
    sensor.answer = ResultCode::NotStored;
    assert_eq!(upload(&gateway, &mut sensor).await, DONE);
    assert_eq!(one::<Option<u8>>(&gateway, result), Some(3));
    gateway.kill();
    start(&mut gateway, &[]);
    sensor.answer = ResultCode::Done;
    assert_eq!(upload(&gateway, &mut sensor).await, DONE);
    assert_eq!(
        (sensor.offers.len(), one::<Option<u8>>(&gateway, result)),
        (2, Some(0))
    );
    assert_eq!(sensor.offers[0], sensor.offers[1]);
    assert_eq!(keys(&gateway), "1,2");
    gateway.kill();
    start(&mut gateway, &[]);
    // A session with the new one breaks before STATUS; then the old one still works.
    (sensor.try_new, sensor.cut_after) = (true, Some(60));
    assert_eq!(upload(&gateway, &mut sensor).await, None);
    (sensor.try_new, sensor.cut_after) = (false, None);
    assert_eq!(upload(&gateway, &mut sensor).await, DONE);
    assert_eq!((keys(&gateway).as_str(), sensor.key_id), ("1,2", 1));
    // It worked once: the old one is erased on both sides.
    sensor.try_new = true;
    sensor.take(1);
    assert_eq!(upload(&gateway, &mut sensor).await, DONE);
    assert_eq!((keys(&gateway).as_str(), sensor.key_id), ("2", 2));
    assert_eq!(
        one::<Option<u8>>(&gateway, "SELECT rotate_key_id FROM tcp_device"),
        None
    );
    let mut old = Sensor::new(0);
    (old.secret, old.key_id) = (first, 1);
    for _ in 0..9 {
        old.hello();
    }
    assert!(refused_with(upload(&gateway, &mut old).await, FailureCode::Auth));
    // And the next change starts from there.
    assert!(
        gateway
            .device(&["rotate-key", "--serial", &sensor.serial()])
            .status
            .success()
    );
    assert_eq!(keys(&gateway), "2,3");
}

#[tokio::test]
async fn a_configuration_is_sent_until_it_is_answered_and_never_again_after_a_refusal() {
    let gateway = gateway(1, &[]);
    let mut sensor = Sensor::new(0);
    let serial = sensor.serial();
    let configure = |period: &str| {
        let output = gateway.device(&[
            "configure",
            "--serial",
            &serial,
            "--sample-period",
            period,
            "--limits",
            "1:-200:800",
            "--device-name",
            "Cold store 4",
        ]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    let result = || one::<Option<u8>>(&gateway, "SELECT config_result FROM tcp_device");
    configure("300");
    sensor.answer = ResultCode::NotStored;
    assert_eq!(upload(&gateway, &mut sensor).await, DONE);
    assert_eq!((sensor.configs.len(), result()), (1, Some(3)));
    sensor.answer = ResultCode::Done;
    assert_eq!(upload(&gateway, &mut sensor).await, DONE);
    assert_eq!((sensor.configs.len(), result()), (2, Some(0)));
    assert_eq!(sensor.configs[0], sensor.configs[1]);
    assert_eq!(sensor.configs[0][4..10], [1, 4, 0, 0, 1, 0x2c]);
    // In force: not sent again.
    assert_eq!(upload(&gateway, &mut sensor).await, DONE);
    assert_eq!(sensor.configs.len(), 2);
    // Another one, which the device refuses: that is recorded, and it is not sent again.
    configure("301");
    assert_eq!(result(), None);
    sensor.answer = ResultCode::BadValue;
    for _ in 0..2 {
        assert_eq!(upload(&gateway, &mut sensor).await, DONE);
        assert_eq!((sensor.configs.len(), result()), (3, Some(2)));
    }
    assert_ne!(sensor.configs[1][..4], sensor.configs[2][..4]);
    assert!(text(&gateway.device(&["list"]).stdout).contains("refused, bad value"));
    let wrong = gateway.device(&["configure", "--serial", &serial, "--sample-period", "0"]);
    assert!(!wrong.status.success());
}

#[tokio::test]
async fn sessions_are_limited_by_number_and_time() {
    let gateway = gateway(1, &["--tcp-max-sessions-per-address", "3"]);
    let mut silent: Vec<_> = (0..3)
        .map(|_| std::net::TcpStream::connect(gateway.tcp()).unwrap())
        .collect();
    // No room: the connection ends at once, without a word.
    assert_eq!(answer(&gateway, &Sensor::new(0).hello()), b"");
    // The time limit of the handshake makes room, one octet now and then or not.
    let hello = Sensor::new(0).hello();
    silent[1].write_all(&hello[..20]).unwrap();
    for stream in &mut silent {
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert_eq!(answer, b"");
    }
    let mut sensor = Sensor::new(0);
    sensor.take(1);
    // The place of the last one may be given back a moment later.
    for _ in 0..1000 {
        if upload(&gateway, &mut sensor).await == DONE {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(sensor.is_empty());
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

#[tokio::test]
async fn the_same_stream_goes_inside_tls() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["gateway.example".to_owned()]).unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let gateway = gateway(
        2,
        &[
            "--tcp-tls-cert",
            cert.to_str().unwrap(),
            "--tcp-tls-key",
            key.to_str().unwrap(),
        ],
    );
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let client = |versions: &[&'static rustls::SupportedProtocolVersion]| {
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        TlsConnector::from(Arc::new(config))
    };
    let name = ServerName::try_from("gateway.example").unwrap();
    let mut sensor = Sensor::new(1);
    sensor.take(6);
    let tcp = connect(&gateway).await;
    let mut stream = client(&[&version::TLS13]).connect(name, tcp).await.unwrap();
    assert_eq!(sensor.upload(&mut stream, |_| {}).await, DONE);
    assert_eq!(stored(&gateway.database()), [(1, 0b11_1111)].into());
    // Without TLS there is no session.
    let mut plain = Sensor::new(0);
    plain.take(1);
    assert_ne!(upload(&gateway, &mut plain).await, DONE);
    assert_eq!(plain.oldest, 0);
}

#[test]
fn secrets_are_shown_once_and_do_not_lie_in_the_database() {
    let gateway = Gateway::new();
    let serial = Sensor::new(5).serial();
    let output = gateway.device(&["add", "--family", "tcp", "--serial", &serial]);
    let printed = text(&output.stdout);
    let hex = printed
        .lines()
        .find_map(|line| line.trim().strip_prefix("secret"))
        .unwrap()
        .trim();
    assert_eq!(hex.len(), 64);
    let secret: Vec<u8> = (0..32)
        .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    for entry in std::fs::read_dir(gateway.folder()).unwrap() {
        let octets = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!octets.windows(32).any(|window| window == secret));
    }
    for bad in ["00000000", "000000005E005301", "x"] {
        assert!(
            !gateway
                .device(&["add", "--family", "tcp", "--serial", bad])
                .status
                .success()
        );
    }
    assert!(
        !gateway
            .device(&["add", "--family", "tcp", "--serial", &serial])
            .status
            .success()
    );
}
