//! Payloads of Sigfox devices decoded by what their owner supplies, and again when that changes.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use support::sigfox::{DeviceType, now_s, run};
use support::{Gateway, comet, text};

/// The worked example of comet-sigfox-payload §6; fictitious, like every layout here.
const LAYOUT: &str = r#"{"name":"demo","version":1,"status":"unconfirmed",
"match":{"lengths":[6],"const":[{"byte":0,"mask":"0xF0","value":"0x60"}]},
"fields":[{"key":"state","byte":0,"bit":3,"width":4,"enum":[{"raw":0,"word":"ok"},{"raw":1,"word":"alarm"}]},
{"key":"tA","byte":1,"width":16,"signed":true,"scale":0.1,"unit":"°C","sentinels":[{"raw":"0x8001","reason":"error"}]},
{"key":"level","byte":3,"width":12,"scale":0.5}]}"#;

fn send(gateway: &Gateway, weather: &DeviceType, seq: u64, data: &str) {
    let time = now_s() - 3600 + seq;
    let body =
        format!(r#"{{"device":"2D91F3","time":{time},"data":"{data}","seqNumber":{seq},"rssi":-120}}"#);
    assert_eq!(weather.post(gateway, &body), (204, String::new()));
}

fn values(gateway: &Gateway) -> Vec<String> {
    let database = gateway.database();
    let mut statement = database
        .prepare(
            "SELECT s.seq, o.name, coalesce(o.value, o.quality), coalesce(o.unit, ''), coalesce(s.confidence, ''), \
             s.description || ' ' || s.version FROM observation o JOIN sigfox_message s ON s.message = o.message \
             WHERE o.channel > 0 ORDER BY s.seq, o.channel",
        )
        .unwrap();
    let row = |row: &rusqlite::Row<'_>| {
        let seq: i64 = row.get(0)?;
        let texts: Vec<String> = (1..6).map(|at| row.get(at)).collect::<Result<_, _>>()?;
        Ok(format!("{seq} {}", texts.join(" ")))
    };
    statement
        .query_map([], row)
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

fn count(gateway: &Gateway, query: &str) -> i64 {
    gateway.database().query_row(query, [], |row| row.get(0)).unwrap()
}

fn file(gateway: &Gateway, name: &str, text: &str) -> String {
    let path = gateway.folder().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn an_archive_is_decoded_again_when_its_layout_changes() {
    let mut gateway = Gateway::new();
    let weather = DeviceType::add(&gateway, "weather", &[]);
    weather.add_device(&gateway, "2D91F3");
    gateway.start(&[]);
    // Nothing is guessed.
    send(&gateway, &weather, 1, "61ff9c2d0e55");
    send(&gateway, &weather, 2, "51ff9c2d0e55");
    assert_eq!(values(&gateway), [""; 0]);
    assert_eq!(
        count(
            &gateway,
            "SELECT count(*) FROM sigfox_message WHERE diagnostic = 'none'"
        ),
        2
    );

    let first = file(&gateway, "first.json", LAYOUT);
    let set = |files: &[&str]| {
        run(
            &gateway,
            "layout",
            &[&["set", "--type", "weather"], files].concat(),
        )
    };
    assert!(set(&[&first]).contains("2 messages looked at, 1 of them decoded"));
    let decoded = [
        "1 state 1  unconfirmed demo 1",
        "1 tA -10 °C unconfirmed demo 1",
        "1 level 360  unconfirmed demo 1",
    ];
    assert_eq!(values(&gateway), decoded);
    let undescribed: String = gateway
        .database()
        .query_row(
            "SELECT undescribed FROM sigfox_message WHERE seq = 1",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(undescribed, "[[4,15,14],[5,255,85]]");
    // What comes from now on is decoded as it comes.
    send(&gateway, &weather, 3, "6080012d0e55");
    assert_eq!(
        values(&gateway)[3..],
        [
            "3 state 0  unconfirmed demo 1",
            "3 tA error °C unconfirmed demo 1",
            "3 level 360  unconfirmed demo 1",
        ]
    );
    // The same again changes nothing.
    assert!(set(&[&first]).contains("already"));
    assert_eq!(count(&gateway, "SELECT count(*) FROM superseded"), 0);

    // Another version, while the gateway runs: old values are kept as superseded.
    let second = LAYOUT
        .replace("\"version\":1", "\"version\":2")
        .replace("unconfirmed", "confirmed")
        .replace("0.1", "\"0.01\"");
    let second = file(&gateway, "second.json", &second);
    assert!(set(&[&second]).contains("3 messages looked at, 2 of them decoded"));
    assert_eq!(values(&gateway)[1], "1 tA -1 °C confirmed demo 2");
    assert_eq!(
        count(
            &gateway,
            "SELECT count(*) FROM superseded WHERE version = 1 AND confidence = 'unconfirmed'"
        ),
        6
    );
    // What the network reported is as it was.
    assert_eq!(
        count(
            &gateway,
            "SELECT count(*) FROM observation WHERE channel = 0 AND value = '-120'"
        ),
        3
    );
    let reading = "SELECT count(*) FROM reading WHERE confidence = 'confirmed'";
    assert_eq!(count(&gateway, reading), 6);

    // Two that fit: neither is used. None: back to bytes. A configuration of the network for what no layout fits.
    let third = file(&gateway, "third.json", &LAYOUT.replace("demo", "other"));
    assert!(set(&[&second, &third]).contains("3 messages looked at, 0 of them decoded"));
    assert_eq!(
        count(
            &gateway,
            "SELECT count(*) FROM sigfox_message WHERE diagnostic = 'several'"
        ),
        2
    );
    assert!(set(&[]).contains("0 of them decoded"));
    assert_eq!(values(&gateway), [""; 0]);
    assert!(set(&[&first, "--configuration", "kind::uint:8 rest::uint:40"]).contains("3 of them decoded"));
    assert_eq!(values(&gateway)[3], "2 kind 81  unconfirmed configuration 0");
    assert!(run(&gateway, "layout", &["list", "--type", "weather"]).contains("kind::uint:8"));
}

#[test]
fn an_archive_larger_than_one_transaction_is_decoded_to_its_end() {
    let mut gateway = Gateway::new();
    let pattern = "{device};{time};{seqNumber};{data};{ack}";
    let weather = DeviceType::add(&gateway, "weather", &["--line-pattern", pattern]);
    weather.add_device(&gateway, "2D91F3");
    gateway.start(&[]);
    let time = now_s() - 3600;
    let lines: Vec<String> = (0..1_203_u64)
        .map(|seq| format!("2D91F3;{};{seq};{:04x};false", time + seq, seq))
        .collect();
    assert_eq!(
        weather
            .send(&gateway, "POST", "", "text/plain", &lines.join("\n"))
            .0,
        204
    );
    let set = |text: &str| {
        run(
            &gateway,
            "layout",
            &["set", "--type", "weather", "--configuration", text],
        )
    };
    assert!(set("n::uint:16").contains("1203 messages looked at, 1203 of them decoded"));
    // Cut short: half of it has the old revision.
    let writing = rusqlite::Connection::open(gateway.db()).unwrap();
    writing
        .execute_batch("UPDATE sigfox_message SET revision = 0 WHERE seq < 600; DELETE FROM observation WHERE message IN (SELECT message FROM sigfox_message WHERE seq < 600)")
        .unwrap();
    assert!(run(&gateway, "layout", &["redecode", "--type", "weather"]).contains("600 messages looked at"));
    assert!(run(&gateway, "layout", &["redecode", "--type", "weather"]).contains(" 0 messages looked at"));
    // The gateway goes on by itself when it starts.
    gateway.terminate();
    writing
        .execute_batch("UPDATE sigfox_message SET revision = 0 WHERE seq >= 600")
        .unwrap();
    gateway.start(&[]);
    let patience = std::time::Instant::now();
    while count(&gateway, "SELECT count(*) FROM sigfox_message WHERE revision = 0") > 0 {
        assert!(patience.elapsed().as_secs() < 20);
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let wrong = "SELECT count(*) FROM sigfox_message s LEFT JOIN observation o ON o.message = s.message WHERE o.value IS NOT CAST(s.seq AS TEXT)";
    assert_eq!(count(&gateway, wrong), 0);
}

#[test]
fn what_is_no_description_is_refused_before_anything_changes() {
    let gateway = Gateway::new();
    DeviceType::add(&gateway, "weather", &[]);
    let db = gateway.db();
    let set = |arguments: &[&str]| {
        let output = comet(
            &[&["layout", "--db", db.to_str().unwrap(), "set"], arguments].concat(),
            b"",
        );
        assert!(!output.status.success());
        text(&output.stderr)
    };
    let broken = file(
        &gateway,
        "broken.json",
        &LAYOUT.replace("\"width\":16", "\"width\":65"),
    );
    assert!(set(&["--type", "weather", &broken]).contains("broken.json: bad width in field 1"));
    assert!(set(&["--type", "weather", "--configuration", "x::int:0"]).contains("configuration:"));
    assert!(set(&["--type", "other"]).contains("other is no device type"));
}

#[test]
fn a_device_with_a_model_is_decoded_by_the_layouts_of_that_model() {
    let mut gateway = Gateway::new();
    let weather = DeviceType::add(&gateway, "weather", &[]);
    weather.add_device(&gateway, "2D91F3");
    let set = |more: &[&str]| {
        run(
            &gateway,
            "layout",
            &[&["set", "--type", "weather", "--configuration"], more].concat(),
        )
    };
    set(&["all::uint:8"]);
    set(&["own::int:8", "--model", "W0000"]);
    gateway.start(&[]);
    send(&gateway, &weather, 1, "ff");
    assert_eq!(values(&gateway), ["1 all 255  unconfirmed configuration 0"]);
    let model = |arguments: &[&str]| {
        let which = ["model", "--family", "sigfox", "--serial", "2D91F3"];
        let output = gateway.device(&[&which, arguments].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    model(&["W0000"]);
    send(&gateway, &weather, 2, "ff");
    let own = [
        "1 own -1  unconfirmed configuration 0",
        "2 own -1  unconfirmed configuration 0",
    ];
    assert_eq!(values(&gateway), own);
    // What says the same is not superseded by itself.
    assert_eq!(count(&gateway, "SELECT count(*) FROM superseded"), 1);
    model(&["W0000"]);
    assert_eq!(count(&gateway, "SELECT count(*) FROM superseded"), 1);
    // A model without layouts has those of the device type.
    model(&["W9999"]);
    assert_eq!(values(&gateway)[1], "2 all 255  unconfirmed configuration 0");
    model(&[]);
    assert_eq!(values(&gateway)[0], "1 all 255  unconfirmed configuration 0");
    let output = gateway.device(&["model", "--family", "sigfox", "--serial", "77", "x"]);
    assert!(!output.status.success());
}
