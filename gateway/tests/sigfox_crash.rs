//! `kill -9` under load of the cloud: what was answered is in the database, once; a downlink is given to one message.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::Gateway;
use support::sigfox::{DeviceType, now_s, run, split};

const DEVICES: u32 = 8;
const ROUNDS: u32 = 4;
const FIRST: u32 = 0x002D_0000;

/// What one device was answered: number of the message, and the downlink.
type Answered = BTreeMap<u32, Option<String>>;

#[test]
fn every_answered_callback_survives_kill_9_once_and_keeps_its_downlink() {
    let mut gateway = Gateway::new();
    let weather = DeviceType::add(&gateway, "weather", &[]);
    for device in 0..DEVICES {
        weather.add_device(&gateway, &format!("{:X}", FIRST + device));
    }
    let base = now_s() - 80_000;
    let next: Arc<Vec<Mutex<u32>>> = Arc::new((0..DEVICES).map(|_| Mutex::new(0)).collect());
    let all: Arc<Vec<Mutex<Answered>>> =
        Arc::new((0..DEVICES).map(|_| Mutex::new(Answered::new())).collect());
    for round in 0..ROUNDS {
        for device in 0..DEVICES {
            let serial = format!("{:X}", FIRST + device);
            let data = format!("{:016x}", u64::from(round) * 1000 + u64::from(device));
            run(
                &gateway,
                "downlink",
                &["set", "--serial", &serial, "--data", &data],
            );
        }
        gateway.start(&[]);
        let address = gateway.address();
        let clients: Vec<_> = (0..DEVICES)
            .map(|device| {
                let (weather, next, all) = (weather.clone(), Arc::clone(&next), Arc::clone(&all));
                std::thread::spawn(move || {
                    let index = usize::try_from(device).unwrap();
                    cloud(address, &weather, FIRST + device, base, &next[index], &all[index]);
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(700));
        gateway.kill();
        for client in clients {
            client.join().unwrap();
        }
    }
    gateway.start(&[]);
    let database = gateway.database();
    let mut answered_in_all = 0;
    let mut given = BTreeSet::new();
    for device in 0..DEVICES {
        let serial = format!("{:X}", FIRST + device);
        let answered = all[usize::try_from(device).unwrap()].lock().unwrap();
        answered_in_all += answered.len();
        for (number, downlink) in answered.iter() {
            let (rows, archive): (i64, Option<String>) = database
                .query_row(
                    "SELECT count(*), max(s.archive) FROM message m JOIN sigfox_message s ON s.message = m.id \
                     WHERE m.serial = ?1 AND s.time_s = ?2",
                    rusqlite::params![serial, i64::try_from(base).unwrap() + i64::from(*number)],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .unwrap();
            assert_eq!(rows, 1, "{serial} {number}");
            assert!(archive.unwrap().contains(&format!("\"data\":\"{number:08x}\"")));
            // A repeat gets the same, whatever died in between.
            let again = send(gateway.address(), &weather, &body(&serial, base, *number, "")).unwrap();
            assert_eq!(again, answer(&serial, downlink.as_deref()), "{serial} {number}");
            if let Some(data) = downlink {
                assert!(given.insert(data.clone()), "{data} was given twice");
            }
        }
    }
    assert!(answered_in_all > 100, "only {answered_in_all} answered: no load");
    assert!(given.len() > 8, "only {} downlinks given", given.len());
    // Given in the database and never answered is allowed: the request was cut off. Never to two messages.
    let twice: i64 = database
        .query_row(
            "SELECT count(*) - count(DISTINCT message) FROM downlink WHERE message IS NOT NULL",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(twice, 0);
}

fn body(serial: &str, base: u64, number: u32, more: &str) -> String {
    let time = base + u64::from(number);
    let seq = number % 4096;
    format!(
        r#"{{"device":"{serial}","time":{time},"data":"{number:08x}","seqNumber":{seq},"ack":true{more}}}"#
    )
}

fn answer(serial: &str, downlink: Option<&str>) -> (u16, String) {
    match downlink {
        Some(data) => (200, format!(r#"{{"{serial}":{{"downlinkData":"{data}"}}}}"#)),
        None => (204, String::new()),
    }
}

fn send(address: SocketAddr, weather: &DeviceType, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let request = weather.request("POST", "", "application/json", body);
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    // A gateway that is killed answers nothing.
    let _ = stream.read_to_end(&mut answer);
    let (status, body) = split(&String::from_utf8_lossy(&answer));
    (status > 0).then_some((status, body))
}

/// Messages of one device: each as DATA, repeated at random by the advanced one.
fn cloud(
    address: SocketAddr,
    weather: &DeviceType,
    device: u32,
    base: u64,
    next: &Mutex<u32>,
    all: &Mutex<Answered>,
) {
    let serial = format!("{device:X}");
    loop {
        let number = {
            let mut next = next.lock().unwrap();
            *next += 1;
            *next
        };
        for more in ["", r#","lqi":"Good""#] {
            let Some((status, text)) = send(address, weather, &body(&serial, base, number, more)) else {
                return;
            };
            let downlink = match status {
                204 => None,
                200 => text.split('"').nth(5).map(str::to_owned),
                other => panic!("{other}"),
            };
            let earlier = all.lock().unwrap().insert(number, downlink.clone());
            assert!(
                earlier.is_none_or(|earlier| earlier == downlink),
                "{serial} {number}"
            );
        }
    }
}
