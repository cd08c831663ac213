//! Radio frames of Sigfox devices from a receiver of one's own into a real database.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::{Read as _, Write as _};

use sigfox_frame::EpId;
use sigfox_frame::auth::DeviceKey;
use sigfox_frame::control::{Control, DeciCelsius, Supply};
use sigfox_frame::sequence::Rollover;
use sigfox_frame::uplink::{Body, Message, Payload, Rank, Tolerance, decode};
use support::sigfox::{DeviceType, RADIO_KEY as KEY, RADIO_KEY_TEXT as KEY_TEXT, radio_frame, run};
use support::{Gateway, comet, status};

const OCTETS: &str = "application/octet-stream";

fn frame(id: u32, counter: u16, body: Body, key: [u8; 16], rank: Rank) -> Vec<u8> {
    let message = Message::new(EpId(id), Rollover::R4096.counter(counter).unwrap(), body);
    radio_frame(&message, key, rank)
}

fn bytes(payload: &[u8]) -> Body {
    Body::Bytes(Payload::new(payload).unwrap())
}

fn post(gateway: &Gateway, device_type: &DeviceType, media: &str, frame: &[u8]) -> u16 {
    status(&gateway.raw(&device_type.radio_request(media, "", frame)))
}

fn started() -> (Gateway, DeviceType) {
    let mut gateway = Gateway::new();
    let device_type = DeviceType::add(&gateway, "field", &[]);
    device_type.add_radio_device(&gateway, "A1B2C3", KEY_TEXT);
    gateway.start(&[]);
    (gateway, device_type)
}

#[test]
fn a_signed_frame_is_taken_once_and_a_forged_or_recorded_one_never() {
    let (mut gateway, field) = started();
    let send = |gateway: &Gateway, frame: &[u8]| post(gateway, &field, OCTETS, frame);
    let hello = |counter, rank| frame(0x00A1_B2C3, counter, bytes(b"Hello"), KEY, rank);
    for rank in Rank::ALL {
        assert_eq!(send(&gateway, &hello(1015, rank)), 204);
    }
    assert_eq!(gateway.messages(), 1);
    // One bit on the way; another key; a device without a key; another content under the counter.
    let mut damaged = hello(1016, Rank::First);
    damaged[12] ^= 1;
    assert_eq!(send(&gateway, &damaged), 400);
    assert_eq!(
        send(
            &gateway,
            &frame(0x00A1_B2C3, 1016, bytes(b"Hello"), [1; 16], Rank::First)
        ),
        403
    );
    assert_eq!(
        send(
            &gateway,
            &frame(0x00A1_B2C4, 1016, bytes(b"Hello"), KEY, Rank::First)
        ),
        403
    );
    assert_eq!(
        send(
            &gateway,
            &frame(0x00A1_B2C3, 1015, bytes(b"Hullo"), KEY, Rank::First)
        ),
        409
    );
    assert_eq!(send(&gateway, &hello(1016, Rank::Second)), 204);
    // Recorded: the counter is behind the newest.
    assert_eq!(send(&gateway, &hello(1015, Rank::First)), 409);
    assert_eq!(gateway.messages(), 2);
    // The guard is durable.
    gateway.kill();
    gateway.start(&[]);
    assert_eq!(send(&gateway, &hello(1015, Rank::First)), 409);
    assert_eq!(send(&gateway, &hello(1017, Rank::First)), 204);
    // What is kept of a conflict, and what the frame said.
    let database = gateway.database();
    let kept: (String, String) = database
        .query_row("SELECT error, serial FROM quarantine", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(kept, ("conflict".to_owned(), "A1B2C3".to_owned()));
    let (body, detail): (Vec<u8>, String) = database
        .query_row("SELECT body, detail FROM message WHERE id = 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(body, hello(1015, Rank::First));
    assert!(detail.contains("\"counter\":1015"), "{detail}");
}

#[test]
fn the_receiver_proves_itself_and_says_what_it_sends() {
    let (gateway, field) = started();
    let good = frame(0x00A1_B2C3, 1, Body::Empty, KEY, Rank::First);
    let stranger = DeviceType {
        header: "Authorization: Bearer x".to_owned(),
        ..field.clone()
    };
    assert_eq!(post(&gateway, &stranger, OCTETS, &good), 401);
    assert_eq!(post(&gateway, &field, "application/json", &good), 415);
    assert_eq!(post(&gateway, &field, OCTETS, &[0; 27]), 413);
    assert_eq!(post(&gateway, &field, OCTETS, &good[..13]), 400);
    let path = field.path.replace("/sigfox/", "/sigfox-radio/");
    let get = format!("GET {path} HTTP/1.1\r\nHost: x\r\n{}\r\n\r\n", field.header);
    assert_eq!(status(&gateway.raw(get.as_bytes())), 405);
    assert_eq!(gateway.messages(), 0);
    assert_eq!(post(&gateway, &field, OCTETS, &good), 204);
    for wrong in [
        &[
            "add",
            "--family",
            "sigfox-radio",
            "--serial",
            "1",
            "--type",
            "field",
        ][..],
        &[
            "add",
            "--family",
            "sigfox-radio",
            "--serial",
            "1",
            "--type",
            "none",
            "--radio-key",
            KEY_TEXT,
        ],
        &[
            "add",
            "--family",
            "sigfox",
            "--serial",
            "1",
            "--type",
            "field",
            "--radio-key",
            KEY_TEXT,
        ],
        &["add", "--family", "sigfox", "--serial", "1"],
        &["add", "--family", "sigfox", "--serial", "01", "--type", "field"],
        &[
            "add", "--family", "wifi", "--serial", "21990417", "--type", "field",
        ],
        &["rotate", "--family", "sigfox-radio", "--serial", "A1B2C3"],
    ] {
        assert!(!gateway.device(wrong).status.success(), "{wrong:?}");
    }
}

#[test]
fn records_of_the_device_are_observed_and_payloads_decoded() {
    let (gateway, field) = started();
    let supply = Supply {
        idle_mv: 3312,
        transmit_mv: 2987,
        temperature: DeciCelsius(-57),
    };
    let alive = frame(
        0x00A1_B2C3,
        1,
        Body::Control(Control::KeepAlive(supply)),
        KEY,
        Rank::Third,
    );
    assert_eq!(post(&gateway, &field, OCTETS, &alive), 204);
    let payload = frame(0x00A1_B2C3, 2, bytes(&[0xff, 0x38, 0x01]), KEY, Rank::Second);
    assert_eq!(post(&gateway, &field, OCTETS, &payload), 204);
    run(
        &gateway,
        "layout",
        &["set", "--type", "field", "--configuration", "t::int:16"],
    );
    let database = gateway.database();
    let mut statement = database
        .prepare("SELECT quantity || ' ' || value || ' ' || coalesce(unit, name) FROM observation ORDER BY message, channel, quantity")
        .unwrap();
    let told: Vec<String> = statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(
        told,
        [
            "battery-voltage 3.312 V",
            "device-temperature -5.7 °C",
            "transmit-voltage 2.987 V",
            "unspecified -200 t"
        ]
    );
}

#[test]
fn after_the_guard_was_lost_old_rows_do_not_stand_for_new_messages() {
    let (mut gateway, field) = started();
    let send = |gateway: &Gateway, counter| {
        let frame = frame(0x00A1_B2C3, counter, bytes(b"same"), KEY, Rank::First);
        post(gateway, &field, OCTETS, &frame)
    };
    assert_eq!(send(&gateway, 7), 204);
    gateway.terminate();
    // A lap later, and the guard begins anew.
    let writing = rusqlite::Connection::open(gateway.db()).unwrap();
    writing
        .execute("UPDATE message SET received_ms = received_ms - 2592000000", [])
        .unwrap();
    drop(writing);
    std::fs::remove_dir_all(gateway.db().with_extension("db.guard")).unwrap();
    gateway.start(&["--guard-reset"]);
    assert_eq!(send(&gateway, 7), 204);
    assert_eq!(gateway.messages(), 2);
    assert_eq!(send(&gateway, 7), 204);
    assert_eq!(gateway.messages(), 2);
}

/// sigfox-radio 11.1: a device counts to R, which the operator knows.
#[test]
fn a_device_that_wraps_sooner_goes_on_after_its_lap() {
    let mut gateway = Gateway::new();
    let field = DeviceType::add(&gateway, "field", &["--wrap", "128"]);
    field.add_radio_device(&gateway, "A1B2C3", KEY_TEXT);
    gateway.start(&[]);
    let send = |gateway: &Gateway, counter| {
        let frame = frame(0x00A1_B2C3, counter, Body::Empty, KEY, Rank::First);
        post(gateway, &field, OCTETS, &frame)
    };
    for counter in [125, 126, 127, 0, 1, 2, 60] {
        assert_eq!(send(&gateway, counter), 204, "{counter}");
    }
    assert_eq!(send(&gateway, 128), 409, "below R always");
    gateway.kill();
    gateway.start(&[]);
    for counter in [100, 3, 127, 5] {
        assert_eq!(send(&gateway, counter), 204, "{counter}");
    }
    let count = |query: &str| -> i64 { gateway.database().query_row(query, [], |row| row.get(0)).unwrap() };
    assert_eq!(gateway.messages(), 11);
    assert_eq!(count("SELECT count(DISTINCT key) FROM message"), 11);
    // 57, 39, 30, 123 and 5 are missing: each lap is counted by its own length.
    assert_eq!(count("SELECT sum(lost) FROM sigfox_lost"), 57 + 39 + 30 + 123 + 5);
    // The operator finds that it wraps at 256: the last counter stays the last, and the gateway need not be told.
    assert_eq!(
        run(&gateway, "device-type", &["wrap", "field", "256"]),
        "field: counter below 256\n"
    );
    assert_eq!(send(&gateway, 5), 204, "the same message");
    assert_eq!(gateway.messages(), 11);
    assert_eq!(send(&gateway, 200), 204);
    assert_eq!(send(&gateway, 256), 409);
    let db = gateway.db();
    for wrong in [["field", "100"], ["field", "8192"], ["none", "128"]] {
        let arguments = [&["device-type", "--db", db.to_str().unwrap(), "wrap"], &wrong[..]].concat();
        assert!(!comet(&arguments, b"").status.success(), "{wrong:?}");
    }
}

/// sigfox-radio 7.1: a message of one byte, made longer by somebody who has no key. Its tag is right.
#[test]
fn a_frame_that_needs_no_key_to_be_made_is_refused() {
    let (gateway, field) = started();
    let genuine = frame(0x00A1_B2C3, 7, bytes(&[0x42]), KEY, Rank::First);
    let head: [u8; 6] = genuine[4..10].try_into().unwrap();
    let mut forged = frame(0x00A1_B2C3, 7, bytes(&[0x42; 8]), KEY, Rank::First);
    forged.truncate(10);
    forged.extend_from_slice(&[&[0x42][..], &head, &[0x42], &genuine[11..13]].concat());
    let crc = sigfox_frame::coding::crc::crc16(&forged[4..]);
    forged.extend_from_slice(&crc.to_be_bytes());
    let unauthenticated = decode(&forged, Tolerance::Exact).unwrap();
    assert!(
        unauthenticated.verify(&DeviceKey::new(KEY).unwrap()).is_ok(),
        "the tag fits"
    );
    assert_eq!(post(&gateway, &field, OCTETS, &forged), 403);
    assert_eq!(gateway.messages(), 0);
    assert_eq!(
        post(&gateway, &field, OCTETS, &genuine),
        204,
        "its counter is not used up"
    );
    assert_eq!(gateway.messages(), 1);
}

#[test]
fn a_frame_for_which_the_guard_has_no_place_is_not_confirmed() {
    let mut gateway = Gateway::new();
    let field = DeviceType::add(&gateway, "field", &[]);
    for serial in ["A1B2C3", "A1B2C4"] {
        field.add_radio_device(&gateway, serial, KEY_TEXT);
    }
    gateway.start(&["--guard-devices", "1"]);
    let send = |id| {
        post(
            &gateway,
            &field,
            OCTETS,
            &frame(id, 7, Body::Empty, KEY, Rank::First),
        )
    };
    assert_eq!(send(0x00A1_B2C3), 204);
    assert_eq!(send(0x00A1_B2C4), 503);
    assert_eq!(gateway.messages(), 1);
}

/// A device and its clone at the same moment: the guard has said to both that they are new, and takes one.
#[test]
fn of_two_contents_under_one_counter_at_once_one_is_stored() {
    let (gateway, field) = started();
    let mut races = 0;
    for counter in 1..400 {
        let both = [b"Hello", b"Hullo"].map(|payload| {
            let frame = frame(0x00A1_B2C3, counter, bytes(payload), KEY, Rank::First);
            let mut stream = gateway.connect();
            let request = field.radio_request(OCTETS, "", &frame);
            stream.write_all(&request[..request.len() - 1]).unwrap();
            (stream, request)
        });
        // The last octets come at once.
        let mut answers = both.map(|(mut stream, request)| {
            stream.write_all(&request[request.len() - 1..]).unwrap();
            stream
        });
        let mut statuses = answers.each_mut().map(|stream| {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            status(&answer)
        });
        statuses.sort_unstable();
        let [taken, other] = statuses;
        assert_eq!(taken, 204, "{counter}");
        assert!([409, 503].contains(&other), "{other}");
        let rows: i64 = gateway
            .database()
            .query_row(
                "SELECT count(*) FROM sigfox_message WHERE seq = ?1",
                [counter],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(rows, 1, "{counter}");
        races += u32::from(other == 503);
        if races == 3 {
            return;
        }
    }
    panic!("they never met");
}
