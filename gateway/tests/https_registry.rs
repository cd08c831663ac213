//! What the registry says of devices with certificates, and what operators make it say: in real TLS sessions with the real binary.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::time::Duration;

use support::certificates::{Identity, connect, device_params, post};
use support::house::{CONFIRMED, House, SERIAL};
use support::{WifiSensor, text};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const WHICH: [&str; 4] = ["--family", "wifi", "--serial", SERIAL];

#[tokio::test]
async fn the_word_of_the_registry_holds_in_open_sessions() {
    let mut house = House::new();
    let identity = house.ca.device(SERIAL);
    house.certify(&identity, SERIAL, &["--project", "cold-stores"]);
    house.start(&[]);
    let (client, sensor) = (house.client(&identity), WifiSensor::new(SERIAL));
    let which = ["--family", "wifi", "--serial", SERIAL];
    let command = |verb, more: &[&str]| house.device(&[&[verb][..], &which, more].concat());
    let mut stream = connect(&client, house.gateway.https()).await.unwrap();
    assert_eq!(post(&mut stream, &sensor.body(1, 1)).await.unwrap().0, 200);
    // Another project from here on, in the same session; what came before stays where it is.
    command("bind", &["labs"]);
    assert_eq!(post(&mut stream, &sensor.body(2, 1)).await.unwrap().0, 200);
    command("suspend", &[]);
    assert_eq!(post(&mut stream, &sensor.body(3, 1)).await.unwrap().0, 403);
    assert!(
        post(&mut stream, &sensor.body(3, 1)).await.is_err(),
        "the session is over"
    );
    assert_eq!(house.send(&client, &sensor.body(3, 1)).await, None);
    house.has_refused(&[("suspended", 2)]).await;
    command("resume", &[]);
    let mut stream = connect(&client, house.gateway.https()).await.unwrap();
    assert_eq!(post(&mut stream, &sensor.body(3, 1)).await.unwrap().0, 200);
    command("bind", &[]);
    assert_eq!(post(&mut stream, &sensor.body(4, 1)).await.unwrap().0, 403);
    command("bind", &["labs"]);
    command("revoke", &[]);
    assert_eq!(house.send(&client, &sensor.body(4, 1)).await, None);
    house
        .has_refused(&[("revoked", 1), ("suspended", 2), ("not-bound", 1)])
        .await;
    let project = |name: &str| Some(name.to_owned());
    assert_eq!(
        house.projects(),
        [project("cold-stores"), project("labs"), project("labs")]
    );
}

#[tokio::test]
async fn a_certificate_is_renewed_while_both_are_good() {
    let mut house = House::new();
    let (old, new) = (house.ca.device(SERIAL), house.ca.device(SERIAL));
    house.certify(&old, SERIAL, &["--project", "cold-stores"]);
    house.start(&[]);
    let sensor = WifiSensor::new(SERIAL);
    let (old_client, new_client) = (house.client(&old), house.client(&new));
    assert_eq!(house.send(&new_client, &sensor.body(1, 1)).await, None);
    house.certify(&new, SERIAL, &[]);
    for (number, client) in [(1, &old_client), (2, &new_client), (3, &old_client)] {
        let sent = house.send(client, &sensor.body(number, 1)).await;
        assert_eq!(sent, Some((200, CONFIRMED.to_owned())));
    }
    // There is room for one next certificate, and each is of one device.
    let third = house.ca.device(SERIAL).file(house.gateway.folder(), "third.der");
    let known = new.file(house.gateway.folder(), "new.der");
    for (file, serial, why) in [
        (&third, SERIAL, "there is a next certificate already"),
        (&known, SERIAL, "registered already"),
        (&known, "21990418", "registered already"),
    ] {
        let arguments = [
            "certify",
            "--family",
            "wifi",
            "--serial",
            serial,
            "--identity",
            SERIAL,
            "--certificate",
        ];
        let output = house
            .gateway
            .device(&[&arguments[..], &[file.to_str().unwrap()]].concat());
        assert!(
            !output.status.success() && text(&output.stderr).contains(why),
            "{why}"
        );
    }
    house.device(&["retire", "--certificate", "--family", "wifi", "--serial", SERIAL]);
    assert_eq!(house.send(&old_client, &sensor.body(4, 1)).await, None);
    assert!(house.send(&new_client, &sensor.body(4, 1)).await.is_some());
    house.has_refused(&[("unknown-device", 2)]).await;
}

/// Head and beginning of a message are there, the rest is not.
#[tokio::test]
async fn a_message_belongs_to_whom_the_registry_names_when_all_of_it_has_come() {
    let cases = [
        (&["bind", "labs"][..], 200, Some("labs"), None),
        (&["bind"], 403, None, Some("not-bound")),
        (&["retire", "--certificate"], 403, None, Some("unknown-device")),
        (&["revoke"], 403, None, Some("revoked")),
    ];
    for (command, code, project, reason) in cases {
        let mut house = House::new();
        let identity = house.ca.device(SERIAL);
        house.certify(&identity, SERIAL, &["--project", "cold-stores"]);
        // The next certificate, for `retire`.
        house.certify(&house.ca.device(SERIAL), SERIAL, &[]);
        house.start(&[]);
        let mut stream = connect(&house.client(&identity), house.gateway.https())
            .await
            .unwrap();
        let body = WifiSensor::new(SERIAL).body(1, 1);
        let (begun, rest) = body.split_at(10);
        let head = format!(
            "POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{begun}",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        // The gateway has the head by then, and waits for the rest.
        tokio::time::sleep(Duration::from_millis(500)).await;
        house.device(&[command, &WHICH].concat());
        stream.write_all(rest.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        assert_eq!(
            support::status(&text(&answer)),
            code,
            "{command:?}: {}",
            text(&answer)
        );
        let stored: Vec<_> = project
            .map(|project| Some(project.to_owned()))
            .into_iter()
            .collect();
        assert_eq!(house.projects(), stored, "{command:?}");
        let refused: Vec<_> = reason.map(|reason| (reason, 1)).into_iter().collect();
        house.has_refused(&refused).await;
    }
}

/// Status of the answer to a message that comes through an entry point.
fn enter(house: &House, sensor: &WifiSensor, number: u32) -> u16 {
    house
        .gateway
        .post(&sensor.path, sensor.body(number, 1).as_bytes())
}

#[tokio::test]
async fn a_revoked_device_stays_out_of_its_entry_point_too() {
    let mut house = House::new();
    let sensor = WifiSensor::add(&house.gateway, SERIAL);
    let identity = house.ca.device(SERIAL);
    house.certify(&identity, SERIAL, &["--project", "cold-stores"]);
    let rotated = house.gateway.device(&[&["rotate"][..], &WHICH].concat());
    let mut second = sensor.clone();
    second.path = support::entry_path(&rotated);
    house.start(&[]);
    assert_eq!([enter(&house, &sensor, 1), enter(&house, &second, 2)], [200, 200]);
    // One that is under way.
    let (mut begun, body) = (house.gateway.connect(), sensor.body(3, 1));
    let request = support::request(&second.path, body.as_bytes());
    let (head, rest) = request.split_at(request.len() - 10);
    std::io::Write::write_all(&mut begun, head).unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;

    house.device(&[&["revoke"][..], &WHICH].concat());
    assert_eq!([enter(&house, &sensor, 4), enter(&house, &second, 4)], [404, 404]);
    // The guard has heard of it within a second.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    std::io::Write::write_all(&mut begun, rest).unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut begun, &mut answer).unwrap();
    assert!(answer.ends_with("{\"Result\":false}"), "{answer}");

    // Nothing brings it back.
    let file = house.ca.device(SERIAL).file(house.gateway.folder(), "next.der");
    let certify = ["certify", "--certificate", file.to_str().unwrap()];
    for command in [
        &["resume"][..],
        &["suspend"],
        &["rotate"],
        &["retire"],
        &["add"],
        &certify,
    ] {
        let output = house.gateway.device(&[command, &WHICH].concat());
        assert!(!output.status.success(), "{command:?}");
        assert!(text(&output.stderr).contains("is revoked"), "{command:?}");
    }
    assert_eq!([enter(&house, &sensor, 5), enter(&house, &second, 5)], [404, 404]);
    assert_eq!(
        house.send(&house.client(&identity), &sensor.body(6, 1)).await,
        None
    );
    house.has_refused(&[("revoked", 1)]).await;
    assert_eq!(house.gateway.messages(), 2);
    let listed = text(&house.gateway.device(&["list"]).stdout);
    assert!(
        listed.contains("suspended") && listed.contains("certificate: revoked"),
        "{listed}"
    );
}

/// The disk may be full, or the power gone, at any moment.
#[test]
fn a_device_is_revoked_wholly_or_not_at_all() {
    let house = House::new();
    WifiSensor::add(&house.gateway, SERIAL);
    house.device(&[&["rotate"][..], &WHICH].concat());
    house.certify(&house.ca.device(SERIAL), SERIAL, &["--project", "cold-stores"]);
    let database = rusqlite::Connection::open(house.gateway.db()).unwrap();
    let states = || -> (bool, bool, bool, bool) {
        database
            .query_row(
                "SELECT revoked, suspended, entry_current IS NULL, entry_previous IS NULL FROM certified JOIN device USING (family, serial)",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )
            .unwrap()
    };
    for table in ["UPDATE ON certified", "UPDATE ON device", "INSERT ON gate_order"] {
        let fault = format!("CREATE TRIGGER fault BEFORE {table} BEGIN SELECT raise(ABORT, 'no room'); END");
        database.execute_batch(&fault).unwrap();
        let output = house.gateway.device(&[&["revoke"][..], &WHICH].concat());
        assert!(text(&output.stderr).contains("no room"), "{table}");
        assert_eq!(states(), (false, false, false, false), "{table}");
        database.execute_batch("DROP TRIGGER fault").unwrap();
    }
    house.device(&[&["revoke"][..], &WHICH].concat());
    assert_eq!(states(), (true, true, true, true));
}

#[test]
fn what_no_session_would_get_past_is_not_registered() {
    let house = House::new();
    let certify = |octets: &[u8], more: &[&str]| {
        let file = house.gateway.folder().join("given");
        std::fs::write(&file, octets).unwrap();
        let all = [
            "certify",
            "--certificate",
            file.to_str().unwrap(),
            "--project",
            "labs",
        ];
        house.gateway.device(&[&all[..], &WHICH, more].concat())
    };
    let good = house.ca.device(SERIAL);
    let der = good.chain[0].as_ref();
    let pem = |octets: &str| format!("-----BEGIN CERTIFICATE-----\n{octets}\n-----END CERTIFICATE-----\n");
    let authority = house.ca.certificate();
    let no_usage = {
        let mut params = device_params(SERIAL);
        params.extended_key_usages.clear();
        house.ca.issue(&params)
    };
    let cases = [
        (b"0".to_vec(), "malformed: "),
        (b"0 is no certificate".to_vec(), "malformed: "),
        (Vec::new(), "malformed: "),
        (pem("AAAA").into(), "malformed: "),
        (pem("").into(), "malformed: "),
        (pem("?").into(), "given: "),
        (good.key.serialize_pem().into(), "there is no certificate in it"),
        ([der, b"\0"].concat(), "malformed: "),
        (der[..der.len() - 1].to_vec(), "malformed: "),
        (authority.to_vec(), "ca-leaf: "),
        (no_usage.chain[0].to_vec(), "eku: "),
    ];
    for (octets, why) in cases {
        let output = certify(&octets, &[]);
        let said = text(&output.stderr);
        assert!(!output.status.success() && said.contains(why), "{why}: {said}");
    }
    // That of another device, by what it names or by what is asked for.
    let other = house.ca.device("21990418");
    for (identity, more) in [
        (&other, &[][..]),
        (&other, &["--identity", "21990419"]),
        (&good, &["--identity", "x"]),
    ] {
        let output = certify(&identity.chain[0], more);
        let said = text(&output.stderr);
        assert!(!output.status.success() && said.contains(", not of "), "{said}");
    }
    assert_eq!(
        text(&house.gateway.device(&["list"]).stdout),
        "",
        "nothing was registered"
    );
    assert!(
        certify(&other.chain[0], &["--identity", "21990418"])
            .status
            .success()
    );
    // The next one names the same identity, whether it is seen or not.
    let thumbprint = device_trust::certificate::Thumbprint::of(der).to_string();
    for given in [
        ["--certificate", &written(&house, &good)],
        ["--thumbprint", &thumbprint],
    ] {
        let output = house.gateway.device(&[&["certify"][..], &given, &WHICH].concat());
        let said = text(&output.stderr);
        assert!(
            !output.status.success() && said.contains("name another identity"),
            "{said}"
        );
    }
}

fn written(house: &House, identity: &Identity) -> String {
    let file = identity.file(house.gateway.folder(), "written.der");
    file.to_str().unwrap().to_owned()
}
