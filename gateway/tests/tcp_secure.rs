//! Sessions of WiFi sensors with the real binary: strangers, limits, key changes, configurations, TLS.

#[path = "support/fleet.rs"]
mod fleet;
mod support;

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use fleet::{DONE, Sensor, answer, connect, gateway, one, refused_with, start, stored, upload};
use support::{Gateway, text};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, version};
use tokio_rustls::{TlsConnector, rustls};
use wifisensor_tcp::failure::FailureCode;
use wifisensor_tcp::result::ResultCode;

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
    // The simulator takes the same way.
    let (target, line) = (gateway.tcp().to_string(), Sensor::new(0).line());
    let (serial, secret) = line.trim().split_once(' ').unwrap();
    let fixed = [
        "simulate", "--family", "tcp", "--target", &target, "--serial", serial, "--secret", secret,
    ];
    let trust = [
        "--tls-ca",
        cert.to_str().unwrap(),
        "--tls-name",
        "gateway.example",
        "--count",
        "2",
    ];
    let output = support::comet(&[&fixed[..], &trust].concat(), b"");
    assert!(
        text(&output.stdout).starts_with("done, 2 samples"),
        "{}",
        text(&output.stdout)
    );
    let other = [
        "--tls-ca",
        cert.to_str().unwrap(),
        "--tls-name",
        "other.example",
        "--attack",
        "tamper",
    ];
    let output = support::comet(&[&fixed[..], &other, &["--count", "1"]].concat(), b"");
    assert!(
        text(&output.stdout).contains("no TLS"),
        "{}",
        text(&output.stdout)
    );
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
