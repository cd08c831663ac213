//! Devices with certificates: real TLS sessions with the real binary, certificates made on the fly.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rcgen::CustomExtension;
use support::certificates::{Ca, Identity, connect, device_params, post, stolen};
use support::house::{CONFIRMED, House, SERIAL};
use support::{WifiSensor, metric, text};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::{
    ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, HandshakeKind, NamedGroup};

#[tokio::test]
async fn a_session_with_a_certificate_ends_as_an_observation_bound_to_its_project() {
    let mut house = House::new();
    let identity = house.ca.device(SERIAL);
    house.certify(
        &identity,
        SERIAL,
        &["--project", "cold-stores", "--name", "Cold store 7"],
    );
    house.start(&[]);
    let (client, sensor) = (house.client(&identity), WifiSensor::new(SERIAL));
    let mut stream = connect(&client, house.gateway.https()).await.unwrap();
    // Many messages in one session, one of them twice.
    for number in [1, 2, 2, 3] {
        let answer = post(&mut stream, &sensor.body(number, 0x40dc_cccd))
            .await
            .unwrap();
        assert_eq!(answer, (200, CONFIRMED.to_owned()));
    }
    let database = house.gateway.database();
    let mut statement = database
        .prepare("SELECT family, serial, device, value, project FROM reading WHERE channel = 1")
        .unwrap();
    let rows: Vec<[String; 5]> = statement
        .query_map([], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?])
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let row = ["wifi", SERIAL, "Cold store 7", "6.9", "cold-stores"].map(str::to_owned);
    assert_eq!(rows, [row.clone(), row.clone(), row]);
    house.has_refused(&[]).await;
    let listed = text(&house.gateway.device(&["list"]).stdout);
    assert!(listed.contains("certificate: project cold-stores"), "{listed}");
}

/// Counts what a server gives for the next session; has nothing.
#[derive(Debug, Default)]
struct Given(AtomicU32);

impl ClientSessionStore for Given {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _: ServerName<'static>, _: Tls12ClientSessionValue) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        None
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {}

    fn insert_tls13_ticket(&self, _: ServerName<'static>, _: Tls13ClientSessionValue) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        None
    }
}

/// A session that is resumed would show no chain.
#[tokio::test]
async fn a_device_is_given_nothing_to_resume_a_session_with() {
    let mut house = House::new();
    let identity = house.ca.device(SERIAL);
    house.certify(&identity, SERIAL, &["--project", "cold-stores"]);
    house.start(&["--https-tls12"]);
    let sensor = WifiSensor::new(SERIAL);
    for (number, version) in [(1, &TLS13), (2, &TLS12)] {
        let given = Arc::new(Given::default());
        let client = house.server.client(Some(&identity), version);
        let mut config = ClientConfig::clone(client.config());
        config.resumption = Resumption::store(Arc::<Given>::clone(&given));
        let client = TlsConnector::from(Arc::new(config));
        let mut stream = connect(&client, house.gateway.https()).await.unwrap();
        // Tickets would come before the answer.
        let answer = post(&mut stream, &sensor.body(number, 1)).await.unwrap();
        assert_eq!(answer.0, 200);
        assert_eq!(stream.get_ref().1.handshake_kind(), Some(HandshakeKind::Full));
        assert_eq!(given.0.load(Ordering::Relaxed), 0, "{version:?}");
    }
}

#[tokio::test]
async fn seven_wrong_certificates_are_refused_each_with_its_own_error() {
    let mut house = House::new();
    let good = house.ca.device("good");
    let expired = {
        let mut params = device_params("expired");
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        house.ca.issue(&params)
    };
    let untrusted = Ca::new().device("untrusted");
    let eku = {
        let mut params = device_params("eku");
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        house.ca.issue(&params)
    };
    let no_usage = {
        let mut params = device_params(SERIAL);
        params.key_usages = vec![rcgen::KeyUsagePurpose::KeyAgreement];
        house.ca.issue(&params)
    };
    let (revoked, unbound) = (house.ca.device("revoked"), house.ca.device("unbound"));
    let mismatch = house.ca.device("somebody-else");
    let bound = ["--project", "cold-stores", "--identity"];
    let all = [
        (&good, "21990410", "good"),
        (&expired, "21990411", "expired"),
        (&untrusted, "21990412", "untrusted"),
        (&eku, "21990413", "eku"),
        (&revoked, "21990414", "revoked"),
        (&mismatch, "21990415", "identity"),
    ];
    for (identity, serial, name) in all {
        house.certify_unseen(identity, serial, &[&bound[..], &[name]].concat());
    }
    house.certify(&unbound, "21990416", &["--identity", "unbound"]);
    house.device(&["revoke", "--family", "wifi", "--serial", "21990414"]);
    house.start(&[]);

    let tls12 = house.server.client(Some(&good), &TLS12);
    let cases = [
        ("expired", "21990411", house.client(&expired)),
        ("untrusted", "21990412", house.client(&untrusted)),
        ("eku", "21990413", house.client(&eku)),
        ("revoked", "21990414", house.client(&revoked)),
        ("not-bound", "21990416", house.client(&unbound)),
        ("identity-mismatch", "21990415", house.client(&mismatch)),
        ("tls-version", "21990410", tls12),
        // And three more.
        ("unknown-device", SERIAL, house.client(&house.ca.device(SERIAL))),
        ("no-certificate", SERIAL, house.server.client(None, &TLS13)),
        ("key-usage", SERIAL, house.client(&no_usage)),
    ];
    let mut expected = Vec::new();
    for (reason, serial, client) in cases {
        let sensor = WifiSensor::new(serial);
        assert_eq!(house.send(&client, &sensor.body(1, 1)).await, None, "{reason}");
        expected.push((reason, 1));
        house.has_refused(&expected).await;
    }
    assert_eq!(house.gateway.messages(), 0);
    // The same sensor with TLS 1.3, and nothing else changed.
    let sent = house
        .send(&house.client(&good), &WifiSensor::new("21990410").body(1, 1))
        .await;
    assert_eq!(sent, Some((200, CONFIRMED.to_owned())));
    assert_eq!(house.projects(), [Some("cold-stores".to_owned())]);
}

#[tokio::test]
async fn a_certificate_without_its_key_and_a_chain_that_is_too_long_open_nothing() {
    let mut house = House::new();
    let first = house.ca.below("first");
    let second = first.below("second");
    let mut below = first.device(SERIAL);
    below.chain.push(first.certificate());
    house.certify(&below, SERIAL, &["--project", "cold-stores"]);
    house.start(&[]);
    let body = WifiSensor::new(SERIAL).body(1, 1);
    for version in [&TLS13, &TLS12] {
        let thief = stolen(&below, &house.ca.device(SERIAL));
        let thief = house.server.client(Some(&thief), version);
        assert_eq!(house.send(&thief, &body).await, None);
    }
    let mut without_link = Identity {
        chain: below.chain[..1].to_vec(),
        key: stolen(&below, &below).key,
    };
    assert_eq!(house.send(&house.client(&without_link), &body).await, None);
    without_link
        .chain
        .extend([first.certificate(), second.certificate(), house.ca.certificate()]);
    assert_eq!(house.send(&house.client(&without_link), &body).await, None);
    let expected = [
        ("handshake", 1),
        ("tls-version", 1),
        ("untrusted", 1),
        ("chain-length", 1),
    ];
    house.has_refused(&expected).await;
    assert_eq!(house.gateway.messages(), 0);
    // Over a CA between, with its own key.
    let sent = house.send(&house.client(&below), &body).await;
    assert_eq!(sent, Some((200, CONFIRMED.to_owned())));
    assert_eq!(house.projects(), [Some("cold-stores".to_owned())]);
}

#[tokio::test]
async fn a_device_speaks_for_itself_only() {
    let mut house = House::new();
    let identity = house.ca.device(SERIAL);
    house.certify(&identity, SERIAL, &["--project", "cold-stores"]);
    house.certify(&house.ca.device("21990418"), "21990418", &["--project", "labs"]);
    house.start(&[]);
    let client = house.client(&identity);
    // Another device that is registered, and one that is not.
    for other in ["21990418", "21990419"] {
        let sent = house.send(&client, &WifiSensor::new(other).body(1, 1)).await;
        assert_eq!(sent.unwrap().0, 404);
    }
    assert_eq!(house.gateway.messages(), 0);
    let name = "comet_messages_refused_total{reason=\"not-authentic\"}";
    assert_eq!(metric(house.status.unwrap(), name), 2);
    // What can never be read is kept for the device of the session, and confirmed.
    let sent = house.send(&client, "{").await;
    assert_eq!(sent, Some((200, CONFIRMED.to_owned())));
    let serial: String = house
        .gateway
        .database()
        .query_row("SELECT serial FROM quarantine", [], |row| row.get(0))
        .unwrap();
    assert_eq!(serial, SERIAL);
    // Without a certificate there is no way in: not over HTTP, and the entry points are not here.
    let answer = house
        .gateway
        .raw(b"POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(support::status(&answer), 404);
}

#[tokio::test]
async fn wifi_and_wired_sensors_may_use_tls_1_2_where_the_operator_says_so() {
    let mut house = House::new();
    let families = [
        ("wifi", SERIAL, true),
        ("wired", "27810355", true),
        ("logger", "00004711", false),
    ];
    let clients = families.map(|(family, serial, _)| {
        let identity = house.ca.device(serial);
        house.certify_of(family, &identity, serial, &["--project", "cold-stores"]);
        house.server.client(Some(&identity), &TLS12)
    });
    house.start(&["--https-tls12"]);
    for ((family, serial, good), client) in families.into_iter().zip(&clients) {
        // Not readable, so kept and confirmed, for each family in its own words.
        let sent = house.send(client, "{").await;
        assert_eq!(
            sent.map(|(status, _)| status),
            good.then_some(200),
            "{family} {serial}"
        );
    }
    house.has_refused(&[("tls-version", 1)]).await;
    // The chain is judged as ever, and so is the possession of its key.
    let own = house.ca.device("21990418");
    house.certify(&own, "21990418", &["--project", "cold-stores"]);
    let thief = stolen(&own, &house.ca.device("21990418"));
    for wrong in [Ca::new().device("21990418"), thief] {
        let client = house.server.client(Some(&wrong), &TLS12);
        assert_eq!(house.send(&client, "{").await, None);
    }
    let expected = [("tls-version", 1), ("untrusted", 1), ("handshake", 1)];
    house.has_refused(&expected).await;
}

/// webpki does not read such a certificate; `device-trust` does, and a device may have it.
#[tokio::test]
async fn a_certificate_with_a_critical_key_identifier_opens_a_session() {
    let mut house = House::new();
    let issue = |serial: &str| {
        let mut params = device_params(serial);
        let content = [&[4, 20][..], &[7; 20]].concat();
        let mut identifier = CustomExtension::from_oid_content(&[2, 5, 29, 14], content);
        identifier.set_criticality(true);
        params.custom_extensions.push(identifier);
        house.ca.issue(&params)
    };
    let (own, other) = (issue(SERIAL), issue(SERIAL));
    house.certify(&own, SERIAL, &["--project", "cold-stores"]);
    house.start(&["--https-tls12"]);
    let thief = stolen(&own, &other);
    for version in [&TLS13, &TLS12] {
        let sent = house.send(&house.server.client(Some(&own), version), "{").await;
        assert_eq!(sent.map(|(status, _)| status), Some(200), "{version:?}");
        let sent = house.send(&house.server.client(Some(&thief), version), "{").await;
        assert_eq!(sent, None, "{version:?}");
    }
    house.has_refused(&[("handshake", 2)]).await;
}

#[tokio::test]
async fn handshakes_are_limited_by_time_and_number() {
    use tokio::io::AsyncReadExt as _;
    let mut house = House::new();
    let identity = house.ca.device(SERIAL);
    house.certify(&identity, SERIAL, &["--project", "cold-stores"]);
    house.start(&["--timeout-s", "1", "--max-connections-per-address", "2"]);
    let (client, sensor) = (house.client(&identity), WifiSensor::new(SERIAL));
    let address = house.gateway.https();
    let mut silent = tokio::net::TcpStream::connect(address).await.unwrap();
    let mut scanner = tokio::net::TcpStream::connect(address).await.unwrap();
    // No room until the time of one of them is up.
    assert_eq!(house.send(&client, &sensor.body(1, 1)).await, None);
    let mut rest = Vec::new();
    tokio::io::AsyncWriteExt::write_all(&mut scanner, b"GET / HTTP/1.1\r\n\r\n")
        .await
        .unwrap();
    let limit = Duration::from_secs(20);
    let _ = tokio::time::timeout(limit, silent.read_to_end(&mut rest))
        .await
        .unwrap();
    assert_eq!(rest, b"");
    let _ = tokio::time::timeout(limit, scanner.read_to_end(&mut rest))
        .await
        .unwrap();
    let mut sent = None;
    for _ in 0..100 {
        sent = house.send(&client, &sensor.body(1, 1)).await;
        if sent.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(sent, Some((200, CONFIRMED.to_owned())));
    house.has_refused(&[("handshake", 1), ("too-slow", 1)]).await;
    // An open handshake does not hold up the end.
    let open = tokio::net::TcpStream::connect(address).await.unwrap();
    let begun = std::time::Instant::now();
    assert!(house.gateway.terminate());
    assert!(begun.elapsed() < Duration::from_secs(5));
    drop(open);
}

/// A message of a logger whose clock is right (comet-logger-http §6).
fn logger_body(serial: u32) -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    // Seconds since 2000-01-01.
    let (now, sample) = (now - 946_684_800, now - 946_684_800 - 600);
    format!(
        r#"[1,6,17,"{now:08X}",254,0,{serial},"Van 12",23,"{sample:08X}",4,60,1800,0,1,65535,192,7,0,"k3k3k3k3k3k3k3k3",88,
[[1,0,"Air","40dccccd","°C",1,[0,0],["c0a00000","41000000"],[1,2]]]]"#
    )
}

#[tokio::test]
async fn a_logger_is_at_home_in_tls_1_3() {
    let mut house = House::new();
    let identity = house.ca.device("logger-4711");
    let bound = ["--project", "trucks", "--identity", "logger-4711"];
    house.certify_of("logger", &identity, "00004711", &bound);
    house.start(&[]);
    let body = logger_body(4711);
    let sent = house.send(&house.client(&identity), &body).await;
    assert_eq!(sent, Some((200, "OK".to_owned())));
    let other = house.send(&house.client(&identity), &logger_body(4712)).await;
    assert_eq!(other.map(|(status, _)| status), Some(404));
    let row: [String; 5] = house
        .gateway
        .database()
        .query_row(
            "SELECT family, serial, name, value, project FROM reading WHERE channel = 1",
            [],
            |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?]),
        )
        .unwrap();
    assert_eq!(
        row,
        ["logger", "00004711", "Air", "6.9", "trucks"].map(str::to_owned)
    );
    assert_eq!(house.gateway.messages(), 1);
}

/// Without a request: it is the handshakes that are counted.
#[tokio::test]
async fn an_address_that_shakes_hands_too_often_is_shed() {
    let mut house = House::new();
    let identity = house.ca.device(SERIAL);
    house.certify(&identity, SERIAL, &["--project", "cold-stores"]);
    house.start(&["--address-rate", "1", "--address-burst", "4"]);
    let client = house.client(&identity);
    let (mut entered, mut shed) = (0, 0);
    for _ in 0..20 {
        match connect(&client, house.gateway.https()).await {
            Ok(_) => entered += 1,
            Err(_) => shed += 1,
        }
    }
    // What is spent comes back with time: how many that are is the clock's to say.
    assert!(entered >= 4 && shed > 0, "{entered} entered, {shed} shed");
    assert_eq!(metric(house.status.unwrap(), "comet_guard_shed_total"), shed);
    // No reason of a session: there was none.
    house.has_refused(&[]).await;
}

/// What the threads of that name have computed so far, in ticks of the system.
#[cfg(target_os = "linux")]
fn ticks(house: &House, name: &str) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", house.gateway.pid())).unwrap();
    let of = |task: std::io::Result<std::fs::DirEntry>| {
        // A thread may end at any moment.
        let stat = std::fs::read_to_string(task.ok()?.path().join("stat")).ok()?;
        let (head, rest) = stat.rsplit_once(") ")?;
        // Fields 14 and 15, of which `rest` begins with the third (proc_pid_stat).
        let mut times = rest.split(' ').skip(11);
        let (user, system): (u64, u64) = (times.next()?.parse().ok()?, times.next()?.parse().ok()?);
        head.ends_with(&format!("({name}")).then_some(user + system)
    };
    tasks.filter_map(of).sum()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn handshakes_are_computed_in_threads_of_their_own() {
    let mut house = House::new();
    let identity = house.ca.device(SERIAL);
    house.certify(&identity, SERIAL, &["--project", "cold-stores"]);
    house.start(&[]);
    let client = house.client(&identity);
    let threads = ["comet-handshake", "tokio-rt-worker"];
    let before = threads.map(|name| ticks(&house, name));
    for _ in 0..200 {
        connect(&client, house.gateway.https()).await.unwrap();
    }
    let after = threads.map(|name| ticks(&house, name));
    let [handshakes, messages] = [after[0] - before[0], after[1] - before[1]];
    assert!(
        handshakes > messages,
        "{handshakes} ticks for handshakes, {messages} beside them"
    );
}
