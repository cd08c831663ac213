//! `comet simulate`: devices and the cloud on a bad day, against the real gateway.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use support::sigfox::{DeviceType, run};
use support::{Gateway, comet, text};

fn simulate(gateway: &Gateway, device_type: &DeviceType, arguments: &[&str]) -> (bool, String) {
    let target = format!("http://{}{}", gateway.address(), device_type.path);
    let db = gateway.db();
    let all = [
        &[
            "simulate",
            "--family",
            "sigfox",
            "--target",
            &target,
            "--header",
            &device_type.header,
        ],
        &["--check", db.to_str().unwrap(), "--rate", "100000"][..],
        arguments,
    ]
    .concat();
    let output = comet(&all, b"");
    (
        output.status.success(),
        text(&output.stdout) + &text(&output.stderr),
    )
}

fn count(gateway: &Gateway, query: &str) -> i64 {
    gateway.database().query_row(query, [], |row| row.get(0)).unwrap()
}

#[test]
fn with_loss_repeats_and_stations_each_message_is_stored_once() {
    let pattern = "{device};{time};{seqNumber};{data};{ack}";
    for batch in [None, Some("7")] {
        let mut gateway = Gateway::new();
        let weather = DeviceType::add(&gateway, "weather", &["--line-pattern", pattern]);
        for device in 0..4_u32 {
            weather.add_device(&gateway, &format!("{:X}", 0x002D_91F0 + device));
            let serial = format!("{:X}", 0x002D_91F0 + device);
            run(
                &gateway,
                "downlink",
                &[
                    "set",
                    "--serial",
                    &serial,
                    "--data",
                    &format!("{:016x}", device + 1),
                ],
            );
        }
        gateway.start(&[]);
        let mut arguments = vec![
            "--serial",
            "2D91F0",
            "--fleet",
            "4",
            "--count",
            "60",
            "--interval",
            "20",
            "--unheard",
            "10",
            "--late-answers",
            "30",
            "--duplicates",
            "30",
            "--advanced",
            "60",
            "--asking",
            "30",
            "--seed",
            "7",
        ];
        if let Some(size) = batch {
            arguments.extend(["--batch", size]);
        }
        let (success, printed) = simulate(&gateway, &weather, &arguments);
        assert!(success, "{printed}");
        let words: Vec<&str> = printed.split_whitespace().collect();
        let delivered: i64 = words[0].parse().unwrap();
        assert!(delivered > 180 && delivered < 240, "{printed}");
        assert!(
            printed.contains(&format!(
                "{delivered} of {delivered} delivered messages are stored once"
            )),
            "{printed}"
        );
        assert!(
            printed.contains(" 0 given up; 4 downlinks, 0 repeats with another answer"),
            "{printed}"
        );
        let of_devices = "SELECT count(*) FROM sigfox_message s JOIN message m ON m.id = s.message WHERE m.kind IN ('uplink', 'bidir', 'advanced')";
        assert_eq!(count(&gateway, of_devices), delivered);
        assert_eq!(
            count(
                &gateway,
                "SELECT count(*) FROM downlink WHERE outcome = 'transmitted'"
            ),
            4
        );
        assert_eq!(count(&gateway, "SELECT count(*) FROM quarantine"), 0);
        // What was not heard is missing; ends of a walk are not known.
        let lost = count(&gateway, "SELECT sum(lost) FROM sigfox_lost");
        assert!(lost > 0 && lost <= 240 - delivered, "{lost}");
    }
}

#[test]
fn a_check_that_finds_something_else_fails() {
    let mut gateway = Gateway::new();
    let weather = DeviceType::add(&gateway, "weather", &[]);
    // Not registered: taken, but kept in quarantine.
    gateway.start(&[]);
    let (success, printed) = simulate(&gateway, &weather, &["--serial", "1", "--count", "3"]);
    assert!(
        !success && printed.contains("0 of 3 delivered messages are stored once"),
        "{printed}"
    );
    let stranger = DeviceType {
        header: "Authorization: Bearer x".to_owned(),
        ..weather
    };
    let (_, printed) = simulate(&gateway, &stranger, &["--serial", "1", "--count", "2"]);
    assert!(
        printed.contains("0 messages delivered")
            && printed.contains("2 given up")
            && printed.contains("8 × 401"),
        "{printed}"
    );
}

#[test]
fn a_receiver_passes_frames_on_and_forged_or_recorded_ones_are_refused() {
    const KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c";
    let mut gateway = Gateway::new();
    let field = DeviceType::add(&gateway, "field", &[]);
    field.add_radio_device(&gateway, "A1B2C3", KEY);
    gateway.start(&[]);
    let target = format!("http://{}/sigfox-radio/field", gateway.address());
    let radio = |seed: &str, more: &[&str]| {
        let arguments = [
            "simulate",
            "--family",
            "sigfox-radio",
            "--target",
            &target,
            "--header",
            &field.header,
            "--serial",
            "A1B2C3",
            "--radio-key",
            KEY,
            "--count",
            "4",
            "--rate",
            "1000",
            "--seed",
            seed,
        ];
        text(&comet(&[&arguments[..], more].concat(), b"").stdout)
    };
    assert_eq!(radio("1", &["--radio-fault", "forged"]), "12 × 403\n");
    assert_eq!(radio("1", &["--radio-fault", "damaged"]), "12 × 400\n");
    assert_eq!(radio("1", &["--radio-fault", "replay"]), "12 × 204, 3 × 409\n");
    assert_eq!(gateway.messages(), 4);
    // The same device from its start: every counter is behind; the newest one is another message under the same counter.
    assert_eq!(radio("2", &[]), "12 × 409\n");
    assert_eq!(gateway.messages(), 4);
}
