//! Downlinks by a receiver of one's own that transmits: asked for, given once, signed for the device, confirmed by it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sigfox_frame::EpId;
use sigfox_frame::auth::DeviceKey;
use sigfox_frame::control::{Control, DeciCelsius, Rssi, Supply};
use sigfox_frame::downlink;
use sigfox_frame::sequence::Rollover;
use sigfox_frame::uplink::{Body, Message, Payload, Rank};
use support::sigfox::{DeviceType, RADIO_KEY, RADIO_KEY_TEXT, radio_frame, run};
use support::{Gateway, comet, status, text};

const ID: u32 = 0x00A1_B2C3;
const OCTETS: &str = "application/octet-stream";
const TRANSMITS: &str = "Accept: application/octet-stream\r\n";

fn message(id: u32, counter: u16, body: Body) -> Message {
    Message::new(EpId(id), Rollover::R4096.counter(counter).unwrap(), body)
}

fn hello() -> Body {
    Body::Bytes(Payload::new(b"Hello").unwrap())
}

/// A question for a downlink.
fn question(id: u32, counter: u16, rank: Rank) -> Vec<u8> {
    radio_frame(
        &message(id, counter, hello()).asking_for_downlink(),
        RADIO_KEY,
        rank,
    )
}

fn confirmation(counter: u16) -> Vec<u8> {
    let supply = Supply {
        idle_mv: 3312,
        transmit_mv: 2987,
        temperature: DeciCelsius(231),
    };
    let rssi = Rssi::new(-118).unwrap();
    let body = Body::Control(Control::DownlinkConfirmation { supply, rssi });
    radio_frame(&message(ID, counter, body), RADIO_KEY, Rank::First)
}

/// Status, content type and body; `None` if nothing came.
fn send(address: SocketAddr, field: &DeviceType, more: &str, frame: &[u8]) -> Option<(u16, String, Vec<u8>)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    stream.write_all(&field.radio_request(OCTETS, more, frame)).ok()?;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let (head, body) = answer.split_at(end);
    let head = text(head).to_ascii_lowercase();
    let media = head.lines().find_map(|line| line.strip_prefix("content-type: "));
    Some((status(&head), media.unwrap_or_default().to_owned(), body.to_vec()))
}

/// What the device makes of an answer.
fn heard(id: u32, counter: u16, frame: &[u8]) -> Option<[u8; 8]> {
    let counter = Rollover::R4096.counter(counter).unwrap();
    let received = downlink::decode(frame, EpId(id), counter).ok()?;
    let received = received.verify(&DeviceKey::new(RADIO_KEY).unwrap()).ok()?;
    assert_eq!(received.corrected, 0);
    Some(received.answer.payload)
}

fn started(wrap: &str) -> (Gateway, DeviceType) {
    let mut gateway = Gateway::new();
    let field = DeviceType::add(&gateway, "field", &["--wrap", wrap]);
    field.add_radio_device(&gateway, "A1B2C3", RADIO_KEY_TEXT);
    gateway.start(&[]);
    (gateway, field)
}

fn set(gateway: &Gateway, data: &str) {
    run(
        gateway,
        "downlink",
        &["set", "--serial", "A1B2C3", "--data", data],
    );
}

fn state(gateway: &Gateway) -> String {
    run(gateway, "downlink", &["list"])
}

#[test]
fn the_answer_of_the_specification_is_given_to_a_receiver_that_transmits() {
    let (gateway, field) = started("4096");
    set(&gateway, "0102030405060708");
    let ask =
        |more, counter, rank| send(gateway.address(), &field, more, &question(ID, counter, rank)).unwrap();
    let nothing = (204, String::new(), Vec::new());
    // One that does not transmit takes nothing; that it takes anything is not enough.
    assert_eq!(ask("", 1013, Rank::First), nothing);
    assert_eq!(ask("Accept: */*\r\n", 1014, Rank::First), nothing);
    assert!(state(&gateway).contains("pending"));
    // Worked examples 1 and 5.
    let (code, media, frame) = ask(TRANSMITS, 1015, Rank::First);
    assert_eq!((code, media.as_str()), (200, OCTETS));
    assert_eq!(
        frame,
        b"\x3b\x16\x94\xa8\x4c\xcd\xa5\x1e\xae\x48\x0b\x00\x83\x9d\xcc"
    );
    assert_eq!(heard(ID, 1015, &frame), Some([1, 2, 3, 4, 5, 6, 7, 8]));
    assert!(
        state(&gateway).contains("sent for the message of"),
        "{}",
        state(&gateway)
    );
    // Other frames of the message, and other stations that hear it: one of them transmits.
    set(&gateway, "1112131415161718");
    for rank in [Rank::First, Rank::Second, Rank::Third] {
        assert_eq!(ask(TRANSMITS, 1015, rank), nothing);
    }
    // Nor to a message that does not ask, or is not from the device.
    let said = radio_frame(&message(ID, 1016, hello()), RADIO_KEY, Rank::First);
    assert_eq!(
        send(gateway.address(), &field, TRANSMITS, &said).unwrap(),
        nothing
    );
    let forged = message(ID, 1017, hello()).asking_for_downlink();
    let forged = radio_frame(&forged, [1; 16], Rank::First);
    assert_eq!(
        send(gateway.address(), &field, TRANSMITS, &forged).unwrap().0,
        403
    );
    assert_eq!(ask(TRANSMITS, 1000, Rank::First).0, 409, "recorded");
    let listed = state(&gateway);
    assert!(listed.contains("1112131415161718  pending"), "{listed}");
    let (_, _, frame) = ask(TRANSMITS, 1018, Rank::Third);
    assert_eq!(
        heard(ID, 1018, &frame),
        Some([0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18])
    );
    // Nothing is left.
    assert_eq!(ask(TRANSMITS, 1019, Rank::First), nothing);
}

#[test]
fn a_message_that_was_heard_by_a_receiver_that_cannot_transmit_takes_nothing_later() {
    let (gateway, field) = started("4096");
    set(&gateway, "0102030405060708");
    let asked = question(ID, 7, Rank::First);
    assert_eq!(send(gateway.address(), &field, "", &asked).unwrap().0, 204);
    assert_eq!(send(gateway.address(), &field, TRANSMITS, &asked).unwrap().0, 204);
    assert!(state(&gateway).contains("pending"));
    // Nor if its row is written only now: somebody else may be transmitting.
    let writing = rusqlite::Connection::open(gateway.db()).unwrap();
    writing.execute("DELETE FROM message", []).unwrap();
    assert_eq!(send(gateway.address(), &field, TRANSMITS, &asked).unwrap().0, 204);
    assert_eq!(gateway.messages(), 1);
    assert!(state(&gateway).contains("pending"));
}

#[test]
fn a_confirmation_of_the_device_ends_the_downlink_that_it_follows() {
    for (wrap, asked, after, other) in [("4096", 1015, 1016, 1017), ("128", 127, 0, 1)] {
        let (gateway, field) = started(wrap);
        let post = |frame: &[u8]| send(gateway.address(), &field, TRANSMITS, frame).unwrap().0;
        set(&gateway, "0102030405060708");
        // It cannot confirm what it was not given.
        assert_eq!(post(&confirmation(asked - 2)), 204);
        assert!(state(&gateway).contains("pending"));
        assert_eq!(post(&question(ID, asked, Rank::First)), 200);
        // Anything but the confirmation says nothing of it; nor does one signed with another key.
        let forged = message(ID, after, Body::Empty);
        assert_eq!(post(&radio_frame(&forged, [1; 16], Rank::First)), 403);
        assert!(state(&gateway).contains("sent for"));
        assert_eq!(post(&confirmation(after)), 204);
        let listed = state(&gateway);
        assert!(listed.contains("0102030405060708  received"), "{listed}");
        let (outcome_ms, added_ms): (i64, i64) = gateway
            .database()
            .query_row("SELECT outcome_ms, added_ms FROM downlink", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert!(outcome_ms >= added_ms);
        // A later one, of a question that was given nothing, changes nothing.
        assert_eq!(post(&confirmation(other)), 204);
        assert_eq!(state(&gateway), listed);
    }
}

#[test]
fn a_confirmation_with_another_counter_or_of_another_day_ends_nothing() {
    let (gateway, field) = started("4096");
    let post = |frame: &[u8]| send(gateway.address(), &field, TRANSMITS, frame).unwrap().0;
    set(&gateway, "0102030405060708");
    assert_eq!(post(&question(ID, 7, Rank::First)), 200);
    assert_eq!(post(&confirmation(9)), 204);
    assert!(state(&gateway).contains("sent for"), "{}", state(&gateway));
    // A lap later the counters are the same.
    set(&gateway, "1112131415161718");
    assert_eq!(post(&question(ID, 10, Rank::First)), 200);
    let writing = rusqlite::Connection::open(gateway.db()).unwrap();
    writing
        .execute("UPDATE message SET received_ms = received_ms - 91000", [])
        .unwrap();
    assert_eq!(post(&confirmation(11)), 204);
    assert!(!state(&gateway).contains("received"), "{}", state(&gateway));
}

#[test]
fn a_downlink_is_for_registered_devices_of_either_family() {
    let (gateway, field) = started("4096");
    let db = gateway.db();
    let set = |serial: &str| {
        let arguments = [
            "downlink",
            "--db",
            db.to_str().unwrap(),
            "set",
            "--serial",
            serial,
        ];
        comet(&[&arguments[..], &["--data", "0102030405060708"]].concat(), b"")
            .status
            .success()
    };
    assert!(set("A1B2C3"));
    assert!(!set("2D91F3"));
    field.add_device(&gateway, "2D91F3");
    assert!(set("2D91F3"));
}

#[test]
fn a_simulated_device_asks_hears_and_confirms() {
    let (gateway, field) = started("4096");
    set(&gateway, "00112233aabbccdd");
    let target = format!("http://{}/sigfox-radio/field", gateway.address());
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
        RADIO_KEY_TEXT,
        "--count",
        "3",
        "--rate",
        "1000",
        "--asking",
        "100",
    ];
    let printed = text(&comet(&arguments, b"").stdout);
    assert_eq!(
        printed,
        "1 × 200 downlink 00112233aabbccdd, 8 × 204, 1 × 204 confirmation\n"
    );
    assert!(
        state(&gateway).contains("00112233aabbccdd  received"),
        "{}",
        state(&gateway)
    );
    assert_eq!(gateway.messages(), 4);
}

const DEVICES: u32 = 8;
const ROUNDS: u64 = 4;

/// Whatever dies in between: what a receiver was given is in the database as given to just that message, and never comes again.
#[test]
fn through_kill_9_every_downlink_is_given_to_one_message_at_most() {
    let mut gateway = Gateway::new();
    let field = DeviceType::add(&gateway, "field", &[]);
    let serial = |device| format!("{:X}", ID + device);
    for device in 0..DEVICES {
        field.add_radio_device(&gateway, &serial(device), RADIO_KEY_TEXT);
    }
    let next: Arc<Vec<Mutex<u16>>> = Arc::new((0..DEVICES).map(|_| Mutex::new(0)).collect());
    let given = Arc::new(Mutex::new(Vec::new()));
    for round in 0..ROUNDS {
        gateway.start(&[]);
        let address = gateway.address();
        let clients: Vec<_> = (0..DEVICES)
            .map(|device| {
                let (field, next, given) = (field.clone(), Arc::clone(&next), Arc::clone(&given));
                std::thread::spawn(move || {
                    let next = &next[usize::try_from(device).unwrap()];
                    ask_on(address, &field, ID + device, next, &given);
                })
            })
            .collect();
        // New values, one after the other, while the devices ask.
        for value in 0..4 {
            for device in 0..DEVICES {
                let data = format!("{:016x}", round * 1000 + value * 100 + u64::from(device) + 1);
                run(
                    &gateway,
                    "downlink",
                    &["set", "--serial", &serial(device), "--data", &data],
                );
            }
        }
        gateway.kill();
        for client in clients {
            client.join().unwrap();
        }
    }
    gateway.start(&[]);
    let given = given.lock().unwrap();
    let mut values = BTreeSet::new();
    for &(id, counter, data) in &*given {
        assert!(values.insert(data), "{data:x?} was given twice");
        let taken: i64 = gateway
            .database()
            .query_row(
                "SELECT count(*) FROM downlink d JOIN message m ON m.id = d.message JOIN sigfox_message s ON s.message = m.id \
                 WHERE d.data = ?1 AND m.serial = ?2 AND s.seq = ?3",
                rusqlite::params![data, format!("{id:X}"), counter],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(taken, 1, "{id:X} {counter}");
        // A lost answer counts as sent.
        let again = send(
            gateway.address(),
            &field,
            TRANSMITS,
            &question(id, counter, Rank::First),
        )
        .unwrap();
        assert!([204, 409].contains(&again.0) && again.2.is_empty(), "{again:?}");
    }
    assert!(given.len() > 40, "only {} given: no load", given.len());
    let twice = "SELECT count(*) - count(DISTINCT message) FROM downlink WHERE message IS NOT NULL";
    let twice: i64 = gateway.database().query_row(twice, [], |row| row.get(0)).unwrap();
    assert_eq!(twice, 0);
}

/// A device that asks without end, each message through all its frames; what it hears goes to `given`.
fn ask_on(
    address: SocketAddr,
    field: &DeviceType,
    id: u32,
    next: &Mutex<u16>,
    given: &Mutex<Vec<(u32, u16, [u8; 8])>>,
) {
    loop {
        let counter = {
            let mut next = next.lock().unwrap();
            *next += 1;
            *next
        };
        for rank in Rank::ALL {
            let Some((status, _, frame)) = send(address, field, TRANSMITS, &question(id, counter, rank))
            else {
                // What became of the message is not known: it is sent again.
                *next.lock().unwrap() -= 1;
                return;
            };
            match status {
                204 => assert!(frame.is_empty()),
                200 => {
                    let data = heard(id, counter, &frame).unwrap();
                    given.lock().unwrap().push((id, counter, data));
                }
                other => panic!("{other} for {id:X} {counter}"),
            }
        }
    }
}
