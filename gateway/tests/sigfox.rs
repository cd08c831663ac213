//! Callbacks of the Sigfox cloud into a real database.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use support::sigfox::{DeviceType, now_s, run, split};
use support::{Gateway, text};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const PATTERN: &str = "{device};{time};{seqNumber};{data};{ack}";
const NOTHING: (u16, &str) = (204, "");

fn started(arguments: &[&str]) -> (Gateway, DeviceType) {
    let mut gateway = Gateway::new();
    let device_type = DeviceType::add(&gateway, "weather", arguments);
    device_type.add_device(&gateway, "2D91F3");
    gateway.start(&[]);
    (gateway, device_type)
}

fn one<T: rusqlite::types::FromSql>(gateway: &Gateway, query: &str) -> T {
    gateway.database().query_row(query, [], |row| row.get(0)).unwrap()
}

fn rows(gateway: &Gateway, query: &str) -> Vec<String> {
    let database = gateway.database();
    let mut statement = database.prepare(query).unwrap();
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        let texts: Vec<String> = (0..columns)
            .map(|at| match row.get_ref(at).unwrap() {
                rusqlite::types::ValueRef::Null => "-".to_owned(),
                rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                rusqlite::types::ValueRef::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
                other => format!("{other:?}"),
            })
            .collect();
        Ok(texts.join(" "))
    };
    statement
        .query_map([], row)
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

fn uplink(time: u64, seq: u32, data: &str) -> String {
    format!(r#"{{"device":"2D91F3","time":{time},"data":"{data}","seqNumber":{seq}}}"#)
}

#[track_caller]
fn is((status, body): (u16, String), expected: (u16, &str)) {
    assert_eq!((status, body.as_str()), expected);
}

#[test]
fn every_carrier_of_one_message_stores_one_message() {
    let (gateway, weather) = started(&["--line-pattern", PATTERN]);
    let time = now_s() - 60;
    let pairs = format!("device=2D91F3&time={time}&data=850a01ff38&seqNumber=611&ack=false");
    let text = pairs.replace('&', "\n").replace('=', " => ");
    let line = format!("2D91F3;{time};611;850a01ff38;false");
    let batch = format!("batch={}", line.replace(';', "%3B"));
    is(weather.post(&gateway, &uplink(time, 611, "850a01ff38")), NOTHING);
    let again: i64 = one(&gateway, "SELECT id FROM message");
    for (method, query, media, body) in [
        ("POST", "", FORM, pairs.as_str()),
        (
            "PUT",
            "",
            "application/json; charset=utf-8",
            &uplink(time, 611, "850A01FF38"),
        ),
        ("GET", format!("?{pairs}").as_str(), JSON, ""),
        ("POST", "", "text/plain", &line),
        ("POST", "", FORM, &batch),
        ("POST", format!("?{batch}").as_str(), FORM, ""),
    ] {
        is(weather.send(&gateway, method, query, media, body), NOTHING);
    }
    // Without a pattern, text is pairs.
    assert_eq!(weather.send(&gateway, "POST", "", "text/plain", &text).0, 400);
    assert_eq!(gateway.messages(), 1);
    assert_eq!(one::<i64>(&gateway, "SELECT id FROM message"), again);
    let detail: String = one(&gateway, "SELECT detail FROM message");
    assert!(detail.contains(r#""payload":"850a01ff38""#), "{detail}");
}

#[test]
fn text_without_a_line_pattern_is_pairs() {
    let (gateway, weather) = started(&[]);
    let time = now_s() - 60;
    is(weather.post(&gateway, &uplink(time, 611, "850a01ff38")), NOTHING);
    let first: String = one(&gateway, "SELECT detail FROM message");
    let pairs = format!("device => 2D91F3\r\ntime = {time}; data: '850A01FF38'\nseqNumber=\"611\"\n");
    is(weather.send(&gateway, "POST", "", "text/plain", &pairs), NOTHING);
    assert_eq!(gateway.messages(), 1);
    // Alone it says the same.
    let other = pairs
        .replace("611", "612")
        .replace(&time.to_string(), &(time + 1).to_string());
    is(weather.send(&gateway, "POST", "", "text/plain", &other), NOTHING);
    let second: String = one(&gateway, "SELECT detail FROM message WHERE id = 2");
    let second = second
        .replace("612", "611")
        .replace(&(time + 1).to_string(), &time.to_string());
    assert_eq!(second, first);
    assert_eq!(one::<i64>(&gateway, "SELECT count(*) FROM quarantine"), 0);
}

#[test]
fn every_service_is_stored_and_what_it_reports_is_observed() {
    let (gateway, weather) = started(&[]);
    let time = now_s() - 60;
    for (at, body) in [
        r#""data":"850a","seqNumber":1,"rssi":-131.5,"snr":9.25"#,
        r#""cb":"bidir","data":"850b","seqNumber":2,"ack":false"#,
        r#""data":"850c","seqNumber":3,"lqi":"Good","duplicates":[{"bsId":"5A17","rssi":-120}],"computedLocation":{"lat":49.5,"lng":18,"radius":3100,"status":1}"#,
        r#""batt":"3.31","temp":21.5"#,
        r#""infoCode":0,"downlinkAck":true"#,
        r#""whitelistDevices":0,"repeatedMsg":17,"batt":3.2"#,
        r#""cb":"geoloc","lat":1,"lng":2,"radius":5"#,
        r#""severity":"ERROR","info":"silent since noon""#,
        r#""eventType":"SEQ","severity":"INFO","sourceType":"device""#,
    ]
    .into_iter()
    .enumerate()
    {
        let time = time + u64::try_from(at).unwrap();
        is(weather.post(&gateway, &format!(r#"{{"device":"2d91f3","time":{time},{body}}}"#)), NOTHING);
    }
    // One that concerns no device.
    is(
        weather.post(
            &gateway,
            &format!(r#"{{"cb":"event","time":{time},"eventType":"X"}}"#),
        ),
        NOTHING,
    );
    assert_eq!(
        rows(&gateway, "SELECT kind, serial FROM message ORDER BY id"),
        [
            "uplink 2D91F3",
            "bidir 2D91F3",
            "advanced 2D91F3",
            "status 2D91F3",
            "ack 2D91F3",
            "repeater 2D91F3",
            "geoloc 2D91F3",
            "error 2D91F3",
            "event 2D91F3",
            "event ",
        ]
    );
    assert_eq!(
        rows(
            &gateway,
            "SELECT message, quantity, value, unit, basis FROM observation ORDER BY message, quantity"
        ),
        [
            "1 signal-level -131.5 dBm network",
            "1 signal-to-noise 9.25 dB network",
            "3 latitude 49.5 ° network",
            "3 link-quality 2 - network",
            "3 longitude 18 ° network",
            "3 position-radius 3100 m network",
            "3 signal-level -120 dBm network",
            "4 battery-voltage 3.31 V network",
            "4 device-temperature 21.5 °C network",
            "5 downlink-transmitted 1 - network",
            "6 battery-voltage 3.2 V network",
            "6 count 17 - network",
            "7 latitude 1 ° network",
            "7 longitude 2 ° network",
            "7 position-radius 5 m network",
            "8 silent 1 - network",
        ]
    );
    let listed = text(&gateway.device(&["list"]).stdout);
    assert!(
        listed.contains("type weather; 9 messages, 0 numbers missing"),
        "{listed}"
    );
}

#[test]
fn what_comes_later_is_merged_in_any_order_and_a_contradiction_is_kept() {
    let (gateway, weather) = started(&[]);
    let time = now_s() - 600;
    let advanced = |seq: u32, station: &str| {
        let body = uplink(time + u64::from(seq), seq, "0a");
        body.replace(
            '}',
            &format!(r#","lqi":"Good","duplicates":[{{"bsId":"{station}","rssi":-120}}]}}"#),
        )
    };
    let plain = |seq: u32| uplink(time + u64::from(seq), seq, "0a").replace('}', r#","deviceTypeName":"t"}"#);
    // 1: message first. 2: the other way. 5: another in between, numbers 3 and 4 missing.
    for body in [
        plain(1),
        advanced(2, "A1"),
        plain(5),
        advanced(1, "A1"),
        plain(2),
        advanced(1, "B2"),
        advanced(1, "A1"),
    ] {
        is(weather.post(&gateway, &body), NOTHING);
    }
    assert_eq!(gateway.messages(), 3);
    let archives = rows(&gateway, "SELECT archive FROM sigfox_message ORDER BY seq");
    assert!(
        archives[0].contains(r#""cb":"uplink""#)
            && archives[0].contains(r#""bsId":"A1""#)
            && archives[0].contains(r#""bsId":"B2""#)
    );
    assert!(archives[1].contains(r#""cb":"advanced""#) && archives[1].contains(r#""deviceTypeName":"t""#));
    assert_eq!(
        rows(
            &gateway,
            "SELECT message, quantity, value FROM observation ORDER BY message, quantity"
        ),
        [
            "1 link-quality 2",
            "1 signal-level -120",
            "2 link-quality 2",
            "2 signal-level -120"
        ]
    );
    // At the newest message, and behind it; each other payload once.
    for (seq, data) in [(5, "0b"), (2, "0b"), (2, "0c"), (2, "0b")] {
        is(
            weather.post(&gateway, &uplink(time + seq, u32::try_from(seq).unwrap(), data)),
            NOTHING,
        );
    }
    assert_eq!(gateway.messages(), 3);
    assert_eq!(
        rows(
            &gateway,
            "SELECT error, serial, json_extract(CAST(body AS TEXT), '$.data') FROM quarantine ORDER BY id"
        ),
        ["conflict 2D91F3 0b", "conflict 2D91F3 0b", "conflict 2D91F3 0c"]
    );
    let listed = text(&gateway.device(&["list"]).stdout);
    assert!(listed.contains("3 messages, 2 numbers missing"), "{listed}");
}

#[test]
fn a_downlink_is_given_once_and_the_same_to_a_repeat() {
    let (gateway, weather) = started(&[]);
    let time = now_s() - 600;
    let asks = |seq: u32, ack: bool| {
        uplink(time + u64::from(seq), seq, "0a").replace('}', &format!(r#","ack":"{ack}"}}"#))
    };
    let set = |data: &str| {
        run(
            &gateway,
            "downlink",
            &["set", "--serial", "2D91F3", "--data", data],
        )
    };
    // It asked before there was one: the repeat gets nothing either.
    is(weather.post(&gateway, &asks(1, true)), NOTHING);
    set("0011223344556677");
    assert!(set("8899aabbccddeeff").contains("in place of"));
    is(weather.post(&gateway, &asks(1, true)), NOTHING);
    is(weather.post(&gateway, &asks(2, false)), NOTHING);
    let given = (200, r#"{"2D91F3":{"downlinkData":"8899aabbccddeeff"}}"#);
    let answer = gateway.raw(weather.request("POST", "", JSON, &asks(3, true)).as_bytes());
    assert!(
        answer
            .to_ascii_lowercase()
            .contains("content-type: application/json\r\n"),
        "{answer}"
    );
    is(split(&answer), given);
    set("0000000000000001");
    is(weather.post(&gateway, &asks(3, true)), given);
    // As it was spelt.
    let respelt = asks(3, true).replace("2D91F3", "002d91f3");
    is(
        weather.post(&gateway, &respelt),
        (200, r#"{"002d91f3":{"downlinkData":"8899aabbccddeeff"}}"#),
    );
    is(
        weather.post(&gateway, &asks(4, true)),
        (200, r#"{"2D91F3":{"downlinkData":"0000000000000001"}}"#),
    );
    is(weather.post(&gateway, &asks(5, true)), NOTHING);
    // What became of them.
    let ack = |seq: u64, members: &str| {
        let time = time + seq;
        is(
            weather.post(
                &gateway,
                &format!(r#"{{"device":"2D91F3","time":{time},{members}}}"#),
            ),
            NOTHING,
        );
    };
    ack(3, r#""infoCode":0,"downlinkAck":true"#);
    ack(4, r#""infoCode":3,"downlinkAck":false"#);
    let listed = run(&gateway, "downlink", &["list"]);
    let lines: Vec<_> = listed.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].contains("8899aabbccddeeff  transmitted"), "{listed}");
    assert!(lines[1].contains("0000000000000001  overrun_error"), "{listed}");
    // Taken back before it was given; and one that is no downlink, which no command makes.
    set("00000000000000aa");
    run(&gateway, "downlink", &["cancel", "--serial", "2D91F3"]);
    is(weather.post(&gateway, &asks(6, true)), NOTHING);
    let writing = rusqlite::Connection::open(gateway.db()).unwrap();
    writing
        .execute(
            "INSERT INTO downlink (serial, data, added_ms) VALUES ('2D91F3', x'0102', 0)",
            [],
        )
        .unwrap();
    is(weather.post(&gateway, &asks(7, true)), NOTHING);
    assert!(run(&gateway, "downlink", &["list"]).contains("downlink-length"));
    is(weather.post(&gateway, &asks(8, true)), NOTHING);
}

#[test]
fn a_batch_answers_each_device_once() {
    let (gateway, weather) = started(&["--line-pattern", PATTERN]);
    weather.add_device(&gateway, "2D91F4");
    let time = now_s() - 60;
    for (serial, data) in [("2D91F3", "0000000000000001"), ("2D91F4", "0000000000000002")] {
        run(&gateway, "downlink", &["set", "--serial", serial, "--data", data]);
    }
    let body = format!(
        "2D91F3;{time};1;0a;true\r\nnot a line\r\n2D91F4;{time};1;0b;true\r\n2D91F3;{};2;0c;true\r\n2D91FF;{time};9;00;true",
        time + 1
    );
    let answer = (
        200,
        r#"{"2D91F3":{"downlinkData":"0000000000000001"},"2D91F4":{"downlinkData":"0000000000000002"}}"#,
    );
    is(weather.send(&gateway, "POST", "", "text/plain", &body), answer);
    is(weather.send(&gateway, "POST", "", "text/plain", &body), answer);
    assert_eq!(gateway.messages(), 3);
    assert_eq!(
        rows(&gateway, "SELECT serial, error FROM quarantine"),
        ["2D91FF unknown device of weather"]
    );
    assert_eq!(
        weather
            .send(&gateway, "POST", "", "text/plain", "broken\nlines")
            .0,
        400
    );
    // A large one, all of one commit after the other.
    let lines: Vec<String> = (0..3000_u64)
        .map(|number| {
            format!(
                "{:X};{time};{};{:04x};false",
                0x0010_0000 + number % 50,
                number,
                number
            )
        })
        .collect();
    weather.add_devices(&gateway, 0x10_0000, 50);
    is(
        weather.send(&gateway, "POST", "", "text/plain", &lines.join("\n")),
        NOTHING,
    );
    assert_eq!(gateway.messages(), 3003);
}

#[test]
fn the_status_is_that_of_the_specification() {
    let (gateway, weather) = started(&[]);
    let time = now_s() - 60;
    let good = uplink(time, 1, "0a");
    let without = DeviceType {
        header: String::new(),
        ..weather.clone()
    };
    assert_eq!(without.post(&gateway, &good).0, 401);
    let wrong = DeviceType {
        header: weather.header.replace(char::is_numeric, "0"),
        ..weather.clone()
    };
    assert_eq!(wrong.post(&gateway, &good).0, 401);
    let twice = DeviceType {
        header: format!("{0}\r\n{0}", weather.header),
        ..weather.clone()
    };
    assert_eq!(twice.post(&gateway, &good).0, 401);
    // Stands before everything else: who knows no secret learns nothing.
    assert_eq!(without.send(&gateway, "DELETE", "", "image/png", "{").0, 401);
    let elsewhere = DeviceType {
        path: "/sigfox/other".to_owned(),
        ..weather.clone()
    };
    assert_eq!(elsewhere.post(&gateway, &good).0, 404);
    let in_path = DeviceType {
        path: format!("/sigfox/weather/{}", weather.header.rsplit(' ').next().unwrap()),
        ..without.clone()
    };
    assert_eq!(
        in_path.post(&gateway, &good).0,
        404,
        "the secret belongs into its header"
    );
    assert_eq!(weather.send(&gateway, "DELETE", "", JSON, &good).0, 405);
    assert_eq!(weather.send(&gateway, "POST", "", "text/xml", &good).0, 415);
    for bad in [
        "{",
        "[]",
        &good.replace("0a", "0"),
        &good.replace("0a", &"00".repeat(13)),
        &good.replace(&time.to_string(), &(time * 1000).to_string()),
        &good.replace('}', r#","device":"2D91F4"}"#),
    ] {
        assert_eq!(weather.post(&gateway, bad).0, 400, "{bad}");
    }
    assert_eq!(
        weather
            .post(
                &gateway,
                &good.replace('}', &format!(r#","x":"{}"}}"#, "x".repeat(65_536)))
            )
            .0,
        413
    );
    assert_eq!(gateway.messages(), 0);
    // A device that nobody registered, and one of another device type.
    is(weather.post(&gateway, &good.replace("2D91F3", "77")), NOTHING);
    let other = DeviceType::add(&gateway, "other", &["--header", "X-Key"]);
    assert!(other.header.to_ascii_lowercase().starts_with("x-key: ") && !other.header.contains("Bearer"));
    is(other.post(&gateway, &good), NOTHING);
    assert_eq!(gateway.messages(), 0);
    assert_eq!(
        rows(&gateway, "SELECT serial FROM quarantine ORDER BY id"),
        ["77", "2D91F3"]
    );
    // A suspended device: taken, and dropped; no downlink leaves the queue.
    run(
        &gateway,
        "downlink",
        &["set", "--serial", "2D91F3", "--data", "0000000000000001"],
    );
    assert!(
        gateway
            .device(&["suspend", "--family", "sigfox", "--serial", "2D91F3"])
            .status
            .success()
    );
    let asks = good.replace('}', r#","ack":true}"#);
    is(weather.post(&gateway, &asks), NOTHING);
    assert_eq!(gateway.messages(), 0);
    assert!(
        gateway
            .device(&["resume", "--family", "sigfox", "--serial", "2D91F3"])
            .status
            .success()
    );
    is(
        weather.post(&gateway, &asks),
        (200, r#"{"2D91F3":{"downlinkData":"0000000000000001"}}"#),
    );
    // The database does not take it: the network tries again.
    let broken = rusqlite::Connection::open(gateway.db()).unwrap();
    broken
        .execute_batch("DROP VIEW reading; DROP TABLE observation; CREATE VIEW observation AS SELECT 1")
        .unwrap();
    let report = format!(r#"{{"device":"2D91F3","time":{time},"data":"0a","seqNumber":2,"rssi":-99}}"#);
    assert_eq!(weather.post(&gateway, &report).0, 503);
}

#[test]
fn a_secret_is_rotated_without_a_gap_and_may_stand_in_the_path() {
    let (gateway, old) = started(&[]);
    let time = now_s() - 60;
    let new = DeviceType::of("weather", &run(&gateway, "device-type", &["rotate", "weather"]));
    assert_ne!(new.header, old.header);
    is(old.post(&gateway, &uplink(time, 1, "0a")), NOTHING);
    is(new.post(&gateway, &uplink(time, 1, "0a")), NOTHING);
    assert!(run(&gateway, "device-type", &["list"]).contains("rotating"));
    // Once more would end the one that the cloud still presents.
    let db = gateway.db();
    let again = support::comet(
        &["device-type", "--db", db.to_str().unwrap(), "rotate", "weather"],
        b"",
    );
    assert!(!again.status.success() && again.stdout.is_empty());
    let why = text(&again.stderr);
    assert!(why.contains("`retire` ends the old one"), "{why}");
    is(old.post(&gateway, &uplink(time, 1, "0a")), NOTHING);
    is(new.post(&gateway, &uplink(time, 1, "0a")), NOTHING);
    run(&gateway, "device-type", &["retire", "weather"]);
    assert_eq!(old.post(&gateway, &uplink(time, 2, "0a")).0, 401);
    is(new.post(&gateway, &uplink(time, 2, "0a")), NOTHING);
    run(&gateway, "device-type", &["rotate", "weather"]);
    let path = DeviceType::add(&gateway, "attic", &["--secret-in-path"]);
    assert!(path.header.is_empty() && path.path.len() > 64 + "/sigfox/attic/".len() - 1);
    is(
        path.post(
            &gateway,
            &format!(r#"{{"cb":"event","time":{time},"eventType":"X"}}"#),
        ),
        NOTHING,
    );
    let guessed = DeviceType {
        path: format!("/sigfox/attic/{}", "0".repeat(64)),
        ..path.clone()
    };
    assert_eq!(guessed.post(&gateway, &uplink(time, 1, "0a")).0, 401);
    // Nothing of a secret is in the database.
    let secret = new.header.rsplit(' ').next().unwrap();
    for file in std::fs::read_dir(gateway.folder()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let octets = std::fs::read(&path).unwrap();
            assert!(
                !octets.windows(64).any(|part| part == secret.as_bytes()),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn what_came_before_a_device_was_registered_is_taken_in_once_it_is() {
    let mut gateway = Gateway::new();
    let weather = DeviceType::add(&gateway, "weather", &[]);
    let other = DeviceType::add(&gateway, "other", &[]);
    run(
        &gateway,
        "layout",
        &["set", "--type", "weather", "--configuration", "v::uint:8"],
    );
    gateway.start(&[]);
    let time = now_s() - 600;
    for seq in 1..=150_u32 {
        is(
            weather.post(&gateway, &uplink(time + u64::from(seq), seq, "0a")),
            NOTHING,
        );
    }
    let advanced = uplink(time + 1, 1, "0a").replace('}', r#","lqi":"Good"}"#);
    is(weather.post(&gateway, &advanced), NOTHING);
    is(other.post(&gateway, &uplink(time + 200, 200, "0b")), NOTHING);
    assert_eq!(one::<i64>(&gateway, "SELECT count(*) FROM quarantine"), 152);
    let first: i64 = one(&gateway, "SELECT min(received_ms) FROM quarantine");
    weather.add_device(&gateway, "2D91F3");
    let patience = std::time::Instant::now();
    while one::<i64>(&gateway, "SELECT count(*) FROM sigfox_adoption") > 0 {
        assert!(patience.elapsed().as_secs() < 30);
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(gateway.messages(), 150);
    assert_eq!(
        one::<i64>(&gateway, "SELECT min(received_ms) FROM message"),
        first
    );
    assert_eq!(
        one::<i64>(
            &gateway,
            "SELECT count(*) FROM observation WHERE name = 'v' AND value = '10'"
        ),
        150
    );
    assert_eq!(
        one::<i64>(
            &gateway,
            "SELECT count(*) FROM observation WHERE quantity = 'link-quality'"
        ),
        1
    );
    // What another device type was told of it stays for people.
    assert_eq!(
        rows(&gateway, "SELECT error FROM quarantine"),
        ["unknown device of other"]
    );
}

/// 0 after another number is a wrap or a restart (§6); numbers of other services are not those of messages.
#[test]
fn what_is_missing_is_counted_apart_where_a_device_may_have_restarted() {
    let (gateway, weather) = started(&["--wrap", "128"]);
    let time = now_s() - 600;
    for (at, seq) in [16, 17, 0, 1, 4, 127, 0, 126, 1].into_iter().enumerate() {
        let at = time + u64::try_from(at).unwrap();
        is(weather.post(&gateway, &uplink(at, seq, "0a")), NOTHING);
        let status = format!(
            r#"{{"device":"2D91F3","time":{at},"batt":"3.1","seqNumber":{}}}"#,
            seq + 900
        );
        is(weather.post(&gateway, &status), NOTHING);
    }
    assert_eq!(
        rows(
            &gateway,
            "SELECT seq, lost, if_wrapped FROM sigfox_lost ORDER BY time_s"
        ),
        ["0 0 110", "4 2 0", "127 122 0", "126 125 0", "1 2 0"]
    );
    let listed = text(&gateway.device(&["list"]).stdout);
    assert!(listed.contains("18 messages, 251 numbers missing"), "{listed}");
    // Of a radio frame the guard takes no restart: what is missing is lost.
    let writing = rusqlite::Connection::open(gateway.db()).unwrap();
    writing
        .execute_batch(
            "INSERT INTO message (id, key, family, serial, kind, received_ms, detail, body) \
             VALUES (101, x'01', 'sigfox-radio', '1', 'UPLINK', 0, '', x''), (102, x'02', 'sigfox-radio', '1', 'UPLINK', 0, '', x''); \
             INSERT INTO sigfox_message (message, type, time_s, seq, revision) VALUES (101, 'weather', 1, 126, 0), (102, 'weather', 2, 0, 0)",
        )
        .unwrap();
    assert_eq!(
        rows(
            &gateway,
            "SELECT seq, lost, if_wrapped FROM sigfox_lost WHERE family = 'sigfox-radio'"
        ),
        ["0 1 0"]
    );
}

#[test]
fn a_rate_counts_messages_and_not_what_is_told_of_them() {
    let mut gateway = Gateway::new();
    let weather = DeviceType::add(&gateway, "weather", &[]);
    weather.add_device(&gateway, "2D91F3");
    gateway.start(&["--min-interval", "sigfox=600"]);
    let time = now_s() - 3_000;
    for (after, seq) in [(0, 1), (600, 2), (660, 3), (1_200, 4)] {
        let body = uplink(time + after, seq, "0a");
        is(weather.post(&gateway, &body), NOTHING);
        is(weather.post(&gateway, &body), NOTHING);
        is(
            weather.post(&gateway, &body.replace('}', r#","lqi":"Good"}"#)),
            NOTHING,
        );
    }
    let status = format!(r#"{{"device":"2D91F3","time":{},"batt":3.3}}"#, time + 1_201);
    is(weather.post(&gateway, &status), NOTHING);
    assert_eq!(
        rows(&gateway, "SELECT seq FROM sigfox_message ORDER BY message"),
        ["1", "2", "4", "-"]
    );
    assert_eq!(rows(&gateway, "SELECT error FROM quarantine"), ["too-soon"]);
}

#[test]
fn what_was_not_delivered_is_handed_in_and_merges_with_what_was() {
    let (gateway, weather) = started(&[]);
    let time = now_s() - 3_000;
    is(weather.post(&gateway, &uplink(time, 1, "0a")), NOTHING);
    let line = |seq: u64, data: &str| {
        let time = (time + seq - 1) * 1000 + 123;
        format!(r#"{{"device":"2d91f3","time":{time},"data":"{data}","seqNumber":{seq},"status":"KO"}}"#)
    };
    let list = [
        line(3, "0c"),
        line(2, "0b"),
        line(1, "0a"),
        line(1, "0a").replace(r#","seqNumber":1"#, ""),
    ]
    .join("\n");
    let hand_in = |list: &str| {
        let target = format!("http://{}{}", gateway.address(), weather.path);
        let arguments = [
            "undelivered",
            "--target",
            &target,
            "--header",
            &weather.header,
            "-",
        ];
        let output = support::comet(&arguments, list.as_bytes());
        (
            output.status.success(),
            text(&output.stdout) + &text(&output.stderr),
        )
    };
    let (success, printed) = hand_in(&list);
    assert!(success && printed.starts_with("4 messages taken"), "{printed}");
    // Without a counter it is another identity (R12).
    assert_eq!(
        rows(&gateway, "SELECT seq FROM sigfox_message ORDER BY message"),
        ["1", "3", "2", "-"]
    );
    assert!(hand_in(&list).0);
    assert_eq!(gateway.messages(), 4);
    let (success, printed) = hand_in(&line(4, "0"));
    assert!(!success && printed.contains("line 1: bad-data"), "{printed}");
}
