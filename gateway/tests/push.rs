//! Loggers, WiFi sensors and wired sensors into a real database.

mod support;

use std::process::{Command, Stdio};
use std::time::Duration;

use support::{Gateway, comet, entry_path, status, text};

const WIFI: &str = r#"{"JsonType":2,"JsonVersion":1,"OrderId":118,"Sn":"21990417","Time":{"Now":"2023-03-14T07:30:00+01:00",
"Sample":"2023-03-14T07:20:00+01:00","IsValid":1},"Channels":[{"Nr":1,"En":1,"Quant":"Temperature","Val":"40DCCCCD",
"ValStr":"6.9","Unit":"°C","Dec":1,"Alarm":[0,1],"AlarmLim":["C0A00000","40800000"],"AlarmMode":[1,2]}]}"#;

fn add(gateway: &Gateway, family: &str, serial: &str) -> String {
    let output = gateway.device(&["add", "--family", family, "--serial", serial]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    entry_path(&output)
}

fn post(gateway: &Gateway, path: &str, body: &str) -> (u16, String) {
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = gateway.raw(request.as_bytes());
    let body = answer
        .split_once("\r\n\r\n")
        .map_or("", |(_, body)| body)
        .to_owned();
    (status(&answer), body)
}

#[test]
fn a_message_sent_twice_is_stored_once_and_confirmed_twice() {
    let mut gateway = Gateway::new();
    let path = add(&gateway, "wifi", "21990417");
    gateway.start(&[]);
    let confirmed = (200, "{\"Result\":true}".to_owned());
    assert_eq!(post(&gateway, &path, WIFI), confirmed);
    assert_eq!(post(&gateway, &path, &WIFI.replace("07:30", "08:30")), confirmed);
    let database = gateway.database();
    let row: (String, String, String, i64, String) = database
        .query_row(
            "SELECT name, value, unit, taken_ms, basis FROM observation WHERE channel = 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
        )
        .unwrap();
    assert_eq!(
        row,
        (
            "Temperature".into(),
            "6.9".into(),
            "°C".into(),
            1_678_774_800_000,
            "device-clock".into()
        )
    );
    let detail: String = database
        .query_row("SELECT detail FROM message", [], |row| row.get(0))
        .unwrap();
    assert!(detail.contains("118"), "{detail}");
}

#[test]
fn an_entry_point_is_for_one_device_of_one_family() {
    let mut gateway = Gateway::new();
    let wifi = add(&gateway, "wifi", "21990417");
    let wired = add(&gateway, "wired", "27810355");
    let soap = gateway.add("14930217");
    gateway.start(&[]);
    // Another serial number, another kind of address, another family.
    assert_eq!(
        post(&gateway, &wifi, &WIFI.replace("21990417", "21990418")).0,
        404
    );
    assert_eq!(post(&gateway, &wifi.replace("/json/", "/soap/"), WIFI).0, 404);
    assert_eq!(post(&gateway, &soap.replace("/soap/", "/json/"), WIFI).0, 404);
    assert_eq!(gateway.messages(), 0);
    // A WiFi message at the address of a wired sensor can never be read there: kept and confirmed.
    assert_eq!(post(&gateway, &wired, WIFI), (200, String::new()));
    assert_eq!(gateway.messages(), 0);
    let error: String = gateway
        .database()
        .query_row("SELECT error FROM quarantine", [], |row| row.get(0))
        .unwrap();
    assert!(error.starts_with("unsupported-type"), "{error}");
}

#[test]
fn an_hour_without_server_loses_nothing_behind_a_poisoned_message() {
    for family in ["wifi", "wired"] {
        let mut gateway = Gateway::new();
        let path = add(&gateway, family, "21990417");
        // A port that was free a moment ago: the sensor starts before the server.
        let free = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let target = format!("http://{free}{path}");
        let sensor = Command::new(env!("CARGO_BIN_EXE_comet"))
            .args([
                "simulate", "--family", family, "--serial", "21990417", "--target", &target,
            ])
            .args([
                "--rate",
                "60",
                "--count",
                "60",
                "--interval",
                "60",
                "--poison",
                "--keep-alive",
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(600));
        gateway.start(&["--listen", &free.to_string()]);
        let output = sensor.wait_with_output().unwrap();
        let printed = text(&output.stdout);
        assert!(printed.contains("no connection, kept"), "{printed}");
        let database = gateway.database();
        let mut statement = database
            .prepare("SELECT taken_ms, basis FROM observation WHERE channel = 1 ORDER BY message")
            .unwrap();
        let taken: Vec<(i64, String)> = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(taken.len(), 60, "{printed}");
        assert!(taken.iter().all(|(_, basis)| basis == "device-clock"));
        // In order, each a minute after the one before, whole seconds as on the wire.
        assert!(
            taken.windows(2).all(|pair| pair[1].0 - pair[0].0 == 60_000),
            "{taken:?}"
        );
        let kept: i64 = database
            .query_row("SELECT count(*) FROM quarantine", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, 1);
        let late: i64 = database
            .query_row("SELECT count(*) FROM message WHERE detail LIKE '%\"msg_cache\":4%' OR detail LIKE '%\"msg_cache\":6%'", [], |row| row.get(0))
            .unwrap();
        assert!(late > 10, "{late} of the messages came from the memory");
    }
}

#[test]
fn a_logger_is_answered_plainly() {
    let mut gateway = Gateway::new();
    let path = add(&gateway, "logger", "00004711");
    gateway.start(&[]);
    let target = format!("http://{}{path}", gateway.address());
    let arguments = [
        "simulate", "--family", "logger", "--serial", "4711", "--target", &target, "--rate", "100",
        "--count", "5",
    ];
    let output = comet(&arguments, b"");
    assert!(
        text(&output.stdout).ends_with("5 × 200\n"),
        "{}",
        text(&output.stdout)
    );
    assert_eq!(gateway.messages(), 5);
    assert_eq!(post(&gateway, &path, "[1,7]"), (200, "OK".to_owned()));
}

#[test]
fn decode_and_explain_guess_the_family() {
    let printed = text(&comet(&["decode"], WIFI.as_bytes()).stdout);
    assert!(
        printed.starts_with("JsonType 2 21990417\n") && printed.contains("6.9 °C     alarm high"),
        "{printed}"
    );
    let output = comet(&["explain"], WIFI.as_bytes());
    let printed = text(&output.stdout);
    let at = WIFI.find("\"40DCCCCD\"").unwrap();
    let line = printed
        .lines()
        .find(|line| line.contains("Channels[0].Val "))
        .unwrap();
    assert!(
        line.contains(&format!("{at}..{}", at + 10)) && line.contains("6.9 (W §5)"),
        "{line}"
    );
    assert!(printed.contains("by a valid clock"));
    let refused = comet(&["explain"], b"[1,7]");
    assert!(!refused.status.success());
    assert!(text(&refused.stdout).contains("refused: unsupported-version"));
}
