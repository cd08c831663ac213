//! `comet decode`, `explain` and `simulate` for sessions.

mod support;

use support::{Gateway, comet, text};

const ID: &str = "000000005e005301";
const SECRET: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/// The session of wifisensor-tcp §13.3, both directions.
const SESSION: &str = "
    b501002c0000000001010100000000005e005301c0c1c2c3c4c5c6c7c8c9cacbcccdcecf6a548566afc063bf2e0fb1d7d59d
    e2c1
    b581002800000000010000006955b93dd0d1d2d3d4d5d6d7d8d9dadbdcdddedf77301e2fa694b306344f8cff0022bbeb
    b5020036000000011234abcd00000000000000046955b93d000151bd0000000700020e8051c3000100000104000238a6e901
    cfdda7b374a068b8a40a6a5a
    b503002d00000002000000006955b84c003c040201fe02ffc3218f0700050102000b01070302f7a4807ef673d29fa17e1528
    e27307
    b50e001000000003c71ae4b1fa2e6ea5f198bc29085cf944
    b58300140000000100000003994bada648e2c8057ee5ac116639d4ce
    b583001400000002000000048a68b140b4163bf78bb17b42b80aed5d
    b58e00140000000300000004003cf903cff22a3c224fb766b04e189e";

#[test]
fn explain_gives_place_field_meaning_and_section_and_judges_every_tag() {
    let output = comet(&["explain", "--hex", "--secret", SECRET], SESSION.as_bytes());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    for part in [
        "     12..20  device_id    000000005e005301                   says it is 000000005e005301  §6.1",
        "   134..136  battery_mv   0e80                               3712 mV  §6.3",
        "   193..196  record 2     02000b                             2025-12-31T23:59:01+00:00: no reading, 46.0 %  §7.1",
        "   303..307  next         00000004                           samples below 4 are stored: free them  §9",
        "8 × tag good, seq as expected",
    ] {
        assert!(printed.contains(part), "{part}\n{printed}");
    }
    let blind = text(&comet(&["explain", "--hex"], SESSION.as_bytes()).stdout);
    assert!(
        blind.contains("8 × tag not checked") && blind.contains("3712 mV"),
        "{blind}"
    );
}

#[test]
fn a_changed_bit_is_seen_by_explain_and_left_out_by_decode() {
    let digits: String = SESSION.split_whitespace().collect();
    // The temperature of the first record.
    assert_eq!(&digits[2 * 186..2 * 190], "c3218f07");
    let changed = format!("{}c2{}", &digits[..2 * 186], &digits[2 * 187..]);
    let output = comet(&["explain", "--hex", "--secret", SECRET], changed.as_bytes());
    assert!(!output.status.success());
    assert!(
        text(&output.stdout).contains("199..215  tag          02f7a4807ef673d29fa17e1528e27307   TAG WRONG")
    );
    let output = comet(
        &["decode", "--hex", "--format", "json", "--secret", SECRET],
        changed.as_bytes(),
    );
    assert!(!output.status.success());
    assert!(!text(&output.stdout).contains("SAMPLES"));
    // A wrong secret proves nothing.
    let wrong = SECRET.replace("00", "ff");
    let output = comet(&["decode", "--hex", "--secret", &wrong], SESSION.as_bytes());
    assert!(!output.status.success());
    assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
}

#[test]
fn decode_gives_observations_with_log_and_number() {
    let arguments = ["decode", "--hex", "--format", "json", "--secret", SECRET];
    let output = comet(&arguments, SESSION.as_bytes());
    let all: Vec<serde_json::Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let samples: Vec<_> = all
        .iter()
        .filter(|observation| observation["provenance"]["kind"] == "SAMPLES")
        .collect();
    assert_eq!((all.len(), samples.len()), (12 + 1 + 8, 8));
    assert_eq!(samples[6]["value"]["decimal"], "21.50");
    assert_eq!(samples[6]["provenance"]["sequence"], 3);
    assert_eq!(samples[6]["provenance"]["log"], 0x1234_abcd);
    assert_eq!(samples[6]["taken"]["time"], 1_767_225_600_000_u64);
    assert_eq!(samples[4]["quality"], "no-value");
    // Cut anywhere, it is an error with its place and no panic.
    let digits: String = SESSION.split_whitespace().collect();
    for len in (2..digits.len()).step_by(34) {
        let output = comet(&["explain", "--hex"], &digits.as_bytes()[..len / 2 * 2]);
        assert_ne!(output.status.code(), Some(101), "{}", text(&output.stderr));
    }
}

fn gateway() -> (Gateway, String) {
    let mut gateway = Gateway::new();
    let output = gateway.device(&["add", "--family", "tcp", "--serial", ID, "--secret", SECRET]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    gateway.start(&["--tcp", "127.0.0.1:0"]);
    let target = gateway.tcp().to_string();
    (gateway, target)
}

fn simulate(target: &str, arguments: &[&str]) -> String {
    let fixed = [
        "simulate", "--family", "tcp", "--target", target, "--serial", ID, "--rate", "200",
    ];
    let output = comet(&[&fixed, arguments].concat(), b"");
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_simulated_sensor_on_a_bad_network_gets_everything_stored_once() {
    let (gateway, target) = gateway();
    let capture = gateway.folder().join("session.bin");
    let printed = simulate(
        &target,
        &[
            "--secret",
            SECRET,
            "--count",
            "300",
            "--capture",
            capture.to_str().unwrap(),
        ],
    );
    assert!(
        printed.ends_with("1 × done, 300 × samples acknowledged\n"),
        "{printed}"
    );
    let explained = comet(&["explain", capture.to_str().unwrap(), "--secret", SECRET], b"");
    assert!(explained.status.success(), "{}", text(&explained.stderr));
    assert!(!text(&explained.stdout).contains("not checked"));
    let printed = simulate(
        &target,
        &[
            "--secret",
            SECRET,
            "--count",
            "40",
            "--cut",
            "60",
            "--lost-acks",
            "60",
            "--seed",
            "5",
        ],
    );
    assert!(printed.ends_with("40 × samples acknowledged\n"), "{printed}");
    assert!(
        printed.contains("cut, ") && printed.contains("answers lost, "),
        "{printed}"
    );
    let count: i64 = gateway
        .database()
        .query_row("SELECT count(*) FROM message WHERE kind = 'SAMPLES'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(count, 340);
}

#[test]
fn a_simulated_sensor_follows_a_key_change_and_a_configuration() {
    let (gateway, target) = gateway();
    for command in [&["rotate-key"][..], &["configure", "--upload-period", "600"]] {
        let output = gateway.device(&[command, &["--serial", ID]].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let printed = simulate(&target, &["--secret", SECRET, "--count", "3"]);
    assert!(printed.contains("UploadPeriod(600)"), "{printed}");
    let received = printed.split("key 2 received: ").nth(1).unwrap();
    let secret = received.lines().next().unwrap();
    let printed = simulate(&target, &["--secret", secret, "--key-id", "2", "--count", "1"]);
    assert!(printed.starts_with("done, 1 samples"), "{printed}");
    let listed = text(&gateway.device(&["list"]).stdout);
    assert!(listed.contains("key 2;"), "{listed}");
}

#[test]
fn attacks_get_nothing() {
    let (gateway, target) = gateway();
    for (arguments, expected) in [
        (&["--attack", "garbage", "--count", "20"][..], "20 × silence\n"),
        (&["--attack", "half-open", "--count", "1"], "1 × silence\n"),
        // A stranger without a secret.
        (
            &["--attack", "tamper", "--count", "3"],
            "3 × perhaps refused: auth\n",
        ),
        (
            &["--attack", "replay", "--count", "3", "--secret", SECRET],
            "3 × CHALLENGE, ERROR auth\n",
        ),
    ] {
        assert_eq!(simulate(&target, arguments), expected);
    }
    // The one session that was recorded.
    let count: i64 = gateway
        .database()
        .query_row("SELECT count(*) FROM message WHERE kind = 'SAMPLES'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(count, 3);
}
