//! Radio frames of Sigfox devices from a receiver of one's own into a real database.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use sigfox_frame::EpId;
use sigfox_frame::auth::DeviceKey;
use sigfox_frame::control::{Control, DeciCelsius, Supply};
use sigfox_frame::sequence::Rollover;
use sigfox_frame::uplink::{Body, Frames, Message, Payload, Rank};
use support::sigfox::{DeviceType, run};
use support::{Gateway, status};

const KEY: [u8; 16] = *b"\x2b\x7e\x15\x16\x28\xae\xd2\xa6\xab\xf7\x15\x88\x09\xcf\x4f\x3c";
const KEY_TEXT: &str = "2b7e151628aed2a6abf7158809cf4f3c";
const OCTETS: &str = "application/octet-stream";

fn frame(id: u32, counter: u16, body: Body, key: [u8; 16], rank: Rank) -> Vec<u8> {
    let message = Message::new(EpId(id), Rollover::R4096.counter(counter).unwrap(), body);
    Frames::new(&message, &DeviceKey::new(key).unwrap())
        .unwrap()
        .frame(rank)
        .to_vec()
}

fn bytes(payload: &[u8]) -> Body {
    Body::Bytes(Payload::new(payload).unwrap())
}

fn post(gateway: &Gateway, device_type: &DeviceType, media: &str, frame: &[u8]) -> u16 {
    let path = device_type.path.replace("/sigfox/", "/sigfox-radio/");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\n{}\r\nContent-Type: {media}\r\nContent-Length: {}\r\n\r\n",
        device_type.header,
        frame.len()
    );
    status(&gateway.raw(&[head.as_bytes(), frame].concat()))
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
