//! `comet decode`, `explain`, `simulate`, `demo`.

mod support;

use support::{Gateway, SERIAL, body, comet, text};

#[test]
fn decode_prints_observations_for_people_and_programs() {
    let output = comet(&["decode"], &body("29.53"));
    assert!(output.status.success());
    let printed = text(&output.stdout);
    assert!(
        printed.starts_with("InsertTx5xxSample 14930217 (T7510), every 300 s\n"),
        "{printed}"
    );
    assert!(printed.contains("29.53 inHg   alarm low"), "{printed}");
    let hex: String = body("29.53")
        .iter()
        .map(|octet| format!("{octet:02X}\n"))
        .collect();
    let output = comet(&["decode", "--hex", "--format", "json"], hex.as_bytes());
    let lines: Vec<serde_json::Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[3]["value"]["decimal"], "29.53");
    assert_eq!(
        (&lines[3]["quantity"], &lines[3]["unit"]),
        (&"pressure".into(), &"inHg".into())
    );
}

#[test]
fn decode_names_the_reject_class_and_fails() {
    let output = comet(&["decode"], b"<root/>");
    assert!(!output.status.success());
    assert_eq!(
        text(&output.stderr),
        "comet: not-soap: not a SOAP envelope in `Envelope` at byte 0\n"
    );
}

#[test]
fn what_the_sender_wrote_cannot_drive_the_terminal() {
    let message = "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><InsertP2520Sample xmlns='u'>\
        <sn>1</sn><c1><n>\u{9b}31m&#x202E;evil</n><v>1</v></c1></InsertP2520Sample></e:Body></e:Envelope>";
    for command in ["decode", "explain"] {
        let output = comet(&[command], message.as_bytes());
        assert!(output.status.success());
        let printed = text(&output.stdout);
        assert!(
            printed.contains("evil") && !printed.contains(['\u{9b}', '\u{202E}']),
            "{printed}"
        );
    }
}

#[test]
fn explain_gives_octets_meaning_and_section_of_every_element() {
    let output = comet(&["explain"], &body("29.53"));
    assert!(output.status.success());
    let printed = text(&output.stdout);
    let whole = text(&body("29.53"));
    let at = whole.find("<pressure>").unwrap();
    let range = format!(
        "{at}..{}",
        whole.find("</pressure>").unwrap() + "</pressure>".len()
    );
    let line = printed.lines().find(|line| line.contains(" pressure ")).unwrap();
    assert!(
        line.contains(&range) && line.contains("29.53 inHg, alarm low") && line.ends_with("5.2"),
        "{line}"
    );
    let refused = comet(&["explain"], &body("29.53")[..300]);
    assert!(!refused.status.success());
    assert!(text(&refused.stdout).contains("refused: not-well-formed\n"));
}

#[test]
fn the_simulator_posts_real_messages() {
    let mut gateway = Gateway::new();
    let path = gateway.add(SERIAL);
    gateway.start(&[]);
    let target = format!("http://{}{path}", gateway.address());
    for extra in [&[][..], &["--keep-alive"]] {
        let mut arguments = vec!["simulate", "--target", &target, "--rate", "200", "--count", "20"];
        arguments.extend_from_slice(extra);
        let output = comet(&arguments, b"");
        assert!(
            text(&output.stdout).ends_with("20 × 200\n"),
            "{}",
            text(&output.stdout)
        );
    }
    let output = comet(
        &[
            "simulate",
            "--target",
            &target,
            "--rate",
            "99",
            "--count",
            "3",
            "--fault",
            "duplicate",
        ],
        b"",
    );
    assert!(text(&output.stdout).ends_with("3 × 500\n"));
    assert_eq!(gateway.messages(), 40);
}

#[test]
fn the_demo_shows_what_is_stored_and_refused() {
    let output = comet(&["demo"], b"");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    for part in [
        "T7510 cold store",
        "dew-point",
        "→ 404  unknown-entry",
        "→ 500  dtd",
        "→ 413  too-large",
        "→ 200  accepted once                    stored 1",
        "77 messages stored",
        "60 readings, each with its own time",
        "1200 samples taken, 1200 of them stored, in 1200 rows",
        "3 × silence",
        "3 × CHALLENGE, ERROR auth",
        "74 of 74 delivered messages are stored once",
        "1 downlinks, 0 repeats with another answer",
        "messages asked, and the first answer to 1 of them had the downlink that was set beforehand; the acknowledgement: transmitted",
        "temperature ",
        "→ 3 × 204                  stored 1",
        "→ 3 × 403                  stored 0",
        "→ 3 × 400                  stored 0",
        "→ 6 × 204, 1 × 409         stored 2",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
}
