//! The guard in the gateway's own process: its journal under `kill -9`, orders of operators, rates.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use support::{Gateway, SERIAL, WifiSensor, body, comet, confirmed, metric, request, status, text, verdicts};

const SENSORS: usize = 6;
const ROUNDS: u32 = 4;
/// Confirmed messages after which the gateway is killed.
const ENOUGH: usize = 60;

/// Sends one message after the other, from `first` on, until one is not confirmed; the number of that one.
fn send(
    sensor: &WifiSensor,
    address: std::net::SocketAddr,
    first: u32,
    seen: &Mutex<Vec<String>>,
    all: &AtomicUsize,
) -> u32 {
    let mut number = first;
    loop {
        let body = sensor.body(number, number);
        if !confirmed(address, &sensor.path, &body) {
            return number;
        }
        seen.lock().unwrap().push(body);
        all.fetch_add(1, Ordering::Relaxed);
        number += 1;
    }
}

#[test]
fn after_kill_9_nothing_accepted_is_accepted_again_and_nothing_acknowledged_is_lost() {
    let mut gateway = Gateway::new();
    let sensors: Vec<_> = (0..SENSORS)
        .map(|number| WifiSensor::add(&gateway, &format!("2199{number:04}")))
        .collect();
    let seen: Vec<Arc<Mutex<Vec<String>>>> = sensors.iter().map(|_| Arc::default()).collect();
    let mut next = [0; SENSORS];
    for round in 0..ROUNDS {
        gateway.start(&[]);
        let (address, all) = (gateway.address(), Arc::new(AtomicUsize::new(0)));
        let clients: Vec<_> = (0..SENSORS)
            .map(|at| {
                let (sensor, seen, all) = (sensors[at].clone(), Arc::clone(&seen[at]), Arc::clone(&all));
                let first = next[at];
                std::thread::spawn(move || send(&sensor, address, first, &seen, &all))
            })
            .collect();
        while all.load(Ordering::Relaxed) < ENOUGH {
            std::thread::yield_now();
        }
        gateway.kill();
        for (next, client) in next.iter_mut().zip(clients) {
            *next = client.join().unwrap();
        }
        // All that was confirmed, once more: the newest first, then all in order, as somebody who recorded it would.
        let status = gateway.start_counted(&[]);
        let before = gateway.messages();
        let address = gateway.address();
        for (sensor, seen) in sensors.iter().zip(&seen) {
            let seen = seen.lock().unwrap();
            for body in seen.iter().rev().take(20).chain(seen.iter()) {
                assert!(confirmed(address, &sensor.path, body), "round {round}: {body}");
            }
        }
        assert_eq!(verdicts(status, "wifi", "fresh"), 0, "round {round}");
        assert!(verdicts(status, "wifi", "duplicate") + verdicts(status, "wifi", "late") > 0);
        assert_eq!(gateway.messages(), before, "round {round}: stored again");
        let database = gateway.database();
        let mut rows = database
            .prepare("SELECT count(*) FROM message WHERE serial = ?1 AND body = ?2")
            .unwrap();
        for (sensor, seen) in sensors.iter().zip(&seen) {
            for body in seen.lock().unwrap().iter() {
                let count: i64 = rows
                    .query_row((&sensor.serial, body.as_bytes()), |row| row.get(0))
                    .unwrap();
                assert_eq!(count, 1, "round {round}: {body}");
            }
        }
        gateway.kill();
    }
}

#[test]
fn a_duplicate_is_confirmed_only_when_its_row_is_there() {
    let mut gateway = Gateway::new();
    let sensor = WifiSensor::add(&gateway, "21990417");
    gateway.start(&[]);
    let body = sensor.body(1, 1);
    assert!(confirmed(gateway.address(), &sensor.path, &body));
    gateway.kill();
    // The disk has forgotten the row, the guard has not forgotten the message.
    let database = rusqlite::Connection::open(gateway.db()).unwrap();
    assert!(database.execute("DELETE FROM observation", []).unwrap() > 0);
    assert_eq!(database.execute("DELETE FROM message", []).unwrap(), 1);
    drop(database);
    let status = gateway.start_counted(&[]);
    assert!(confirmed(gateway.address(), &sensor.path, &body));
    assert_eq!(verdicts(status, "wifi", "duplicate"), 1);
    assert_eq!(gateway.messages(), 1);
    // Same number and time, another value: kept for people.
    assert!(confirmed(
        gateway.address(),
        &sensor.path,
        &sensor.body(1, 0x40A0_0000)
    ));
    assert_eq!((verdicts(status, "wifi", "conflict"), gateway.messages()), (1, 1));
    let why: String = gateway
        .database()
        .query_row("SELECT error FROM quarantine", [], |row| row.get(0))
        .unwrap();
    assert_eq!(why, "conflict");
}

/// The one file of the WiFi table whose name begins like this.
fn file(gateway: &Gateway, kind: &str) -> PathBuf {
    let folder = gateway.folder().join("comet.db.guard").join("wifi");
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(kind))
        .collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.pop().unwrap()
}

/// Why the gateway does not start.
fn refused_start(gateway: &Gateway) -> String {
    let db = gateway.db();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--db", db.to_str().unwrap()];
    let output = comet(&arguments, b"");
    assert!(!output.status.success());
    text(&output.stderr)
}

#[test]
fn a_torn_tail_is_cut_and_a_guard_that_is_lost_is_not_replaced_by_an_empty_one() {
    let mut gateway = Gateway::new();
    let sensor = WifiSensor::add(&gateway, "21990417");
    gateway.start(&[]);
    assert!(confirmed(gateway.address(), &sensor.path, &sensor.body(1, 1)));
    gateway.kill();
    // Power went while an entry was written.
    let mut journal = std::fs::File::options()
        .append(true)
        .open(file(&gateway, "journal-"))
        .unwrap();
    journal.write_all(&[0x5A; 33]).unwrap();
    drop(journal);
    let status = gateway.start_counted(&[]);
    assert!(confirmed(gateway.address(), &sensor.path, &sensor.body(1, 1)));
    assert_eq!(verdicts(status, "wifi", "duplicate"), 1);
    gateway.kill();
    // A flipped bit in the only snapshot.
    let snapshot = file(&gateway, "snapshot-");
    let mut octets = std::fs::read(&snapshot).unwrap();
    let middle = octets.len() / 2;
    octets[middle] ^= 1;
    std::fs::write(&snapshot, octets).unwrap();
    let why = refused_start(&gateway);
    assert!(
        why.contains("no whole snapshot") && why.contains("--guard-reset"),
        "{why}"
    );
    // The folder gone is no reason to begin anew either.
    std::fs::remove_dir_all(gateway.folder().join("comet.db.guard")).unwrap();
    assert!(refused_start(&gateway).contains("no whole snapshot"));
    let status = gateway.start_counted(&["--guard-reset"]);
    assert!(confirmed(gateway.address(), &sensor.path, &sensor.body(1, 1)));
    assert_eq!((verdicts(status, "wifi", "fresh"), gateway.messages()), (1, 1));
    // One process at a time.
    let why = refused_start(&gateway);
    assert!(why.contains("another gateway has it"), "{why}");
}

#[test]
fn orders_reach_a_running_gateway_and_outlive_it() {
    let mut gateway = Gateway::new();
    let sensor = WifiSensor::add(&gateway, "21990417");
    let arguments = |order: &'static str| [order, "--family", "wifi", "--serial", "21990417"];
    gateway.start(&[]);
    assert!(confirmed(gateway.address(), &sensor.path, &sensor.body(1, 1)));
    let output = gateway.device(&arguments("suspend"));
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(!confirmed(gateway.address(), &sensor.path, &sensor.body(2, 2)));
    gateway.kill();
    let status = gateway.start_counted(&[]);
    assert!(!confirmed(gateway.address(), &sensor.path, &sensor.body(2, 2)));
    assert_eq!(verdicts(status, "wifi", "suspended"), 1);
    let output = gateway.device(&arguments("resume"));
    assert!(output.status.success(), "{}", text(&output.stderr));
    // What it kept meanwhile comes now.
    assert!(confirmed(gateway.address(), &sensor.path, &sensor.body(2, 2)));
    assert_eq!(gateway.messages(), 2);
    let orders: i64 = gateway
        .database()
        .query_row("SELECT count(*) FROM gate_order", [], |row| row.get(0))
        .unwrap();
    assert_eq!(orders, 0, "done orders are gone");
}

#[test]
fn an_order_is_carried_out_although_the_device_is_silent() {
    let mut gateway = Gateway::new();
    let sensor = WifiSensor::add(&gateway, "21990417");
    gateway.start(&[]);
    let suspend = ["suspend", "--family", "wifi", "--serial", "21990417"];
    assert!(gateway.device(&suspend).status.success());
    let waiting = || -> i64 {
        let database = gateway.database();
        let count = database.query_row("SELECT count(*) FROM gate_order", [], |row| row.get(0));
        count.unwrap()
    };
    let mut tries = 0;
    while waiting() > 0 {
        tries += 1;
        assert!(tries < 6000, "nobody carries it out");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    gateway.kill();
    let status = gateway.start_counted(&[]);
    assert!(!confirmed(gateway.address(), &sensor.path, &sensor.body(1, 1)));
    assert_eq!(verdicts(status, "wifi", "suspended"), 1);
}

#[test]
fn a_full_guard_refuses_new_devices_and_keeps_the_old_ones() {
    let mut gateway = Gateway::new();
    let [one, other] = ["21990417", "21990418"].map(|serial| WifiSensor::add(&gateway, serial));
    let status = gateway.start_counted(&["--guard-devices", "1"]);
    assert!(confirmed(gateway.address(), &one.path, &one.body(1, 1)));
    assert!(!confirmed(gateway.address(), &other.path, &other.body(1, 1)));
    assert!(confirmed(gateway.address(), &one.path, &one.body(2, 2)));
    assert_eq!((verdicts(status, "wifi", "full"), gateway.messages()), (1, 2));
    gateway.kill();
    gateway.start(&[]);
    assert!(confirmed(gateway.address(), &other.path, &other.body(1, 1)));
    assert_eq!(gateway.messages(), 3);
}

#[test]
fn a_web_sensor_that_sends_too_often_is_shut_until_its_owner_opens() {
    let mut gateway = Gateway::new();
    let path = gateway.add(SERIAL);
    // An hour: no machine is so slow that the second message is not too soon.
    let status = gateway.start_counted(&["--min-interval", "soap=3600"]);
    let calm = |pressure: &str| {
        let body = text(&body(pressure)).replace("no,hi,no,lo", "no,no,no,no");
        body.into_bytes()
    };
    assert_eq!(gateway.post(&path, &calm("1")), 200);
    for number in 2..=6 {
        assert_eq!(gateway.post(&path, &calm(&number.to_string())), 500);
    }
    assert_eq!(verdicts(status, "soap", "too-soon"), 5);
    assert_eq!(metric(status, "comet_guard_suspended_total"), 1);
    // An alarm cannot open it.
    assert_eq!(gateway.post(&path, &body("7")), 500);
    assert_eq!(verdicts(status, "soap", "suspended"), 1);
    let listed = || text(&gateway.device(&["list"]).stdout);
    assert!(listed().contains("suspended"));
    assert!(gateway.device(&["resume", "--serial", SERIAL]).status.success());
    assert_eq!(gateway.post(&path, &body("8")), 200, "an alarm need not wait");
    assert!(listed().contains("active"));
    assert_eq!(gateway.messages(), 2);
}

#[test]
fn an_address_that_asks_too_much_is_told_to_wait_before_anything_is_looked_up() {
    let mut gateway = Gateway::new();
    let path = gateway.add(SERIAL);
    let metrics = gateway.start_counted(&["--address-rate", "1", "--address-burst", "1"]);
    let mut shed = None;
    for _ in 0..1000 {
        let answer = gateway.raw(&request(&path, &body("1")));
        if status(&answer) == 429 {
            shed = Some(answer.to_ascii_lowercase());
            break;
        }
        assert_eq!(status(&answer), 200);
    }
    let answer = shed.expect("a thousand requests and none too many");
    assert!(
        answer.contains("retry-after: 1\r\n") && answer.contains("connection: close\r\n"),
        "{answer}"
    );
    assert!(metric(metrics, "comet_guard_shed_total") >= 1);
}
