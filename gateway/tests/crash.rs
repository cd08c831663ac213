//! `kill -9` under load: what was answered 200 is in the database, exactly once.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::{Gateway, SERIAL, body};

const CLIENTS: usize = 8;
const ROUNDS: usize = 3;

#[test]
fn every_answered_message_survives_kill_9_exactly_once() {
    let mut gateway = Gateway::new();
    let path = gateway.add(SERIAL);
    let next = Arc::new(AtomicU64::new(0));
    let answered = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..ROUNDS {
        gateway.start(&[]);
        let address = gateway.address();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (path, next, answered) = (path.clone(), Arc::clone(&next), Arc::clone(&answered));
                std::thread::spawn(move || post_until_it_ends(address, &path, &next, &answered))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(700));
        gateway.kill();
        for client in clients {
            client.join().unwrap();
        }
    }
    // Restarted once more: the database recovers by itself.
    gateway.start(&[]);
    assert_eq!(gateway.post(&path, &body("0.5")), 200);
    let database = gateway.database();
    let mut statement = database
        .prepare("SELECT value, count(*) FROM observation WHERE channel = 4 GROUP BY value")
        .unwrap();
    let stored: BTreeMap<String, i64> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let answered = answered.lock().unwrap();
    assert!(answered.len() > 100, "only {} answered: no load", answered.len());
    for number in answered.iter() {
        assert_eq!(
            stored.get(&number.to_string()),
            Some(&1),
            "message {number} of {}",
            answered.len()
        );
    }
    assert!(stored.values().all(|&count| count == 1), "stored twice");
    // Not answered but stored is allowed: at most one for each client and round, and the one above.
    assert!(stored.len() <= answered.len() + CLIENTS * ROUNDS + 1);
    // Whole messages only.
    let halves: i64 = database
        .query_row(
            "SELECT count(*) FROM message m WHERE (SELECT count(*) FROM observation o WHERE o.message = m.id) <> 4",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(halves, 0);
}

/// The first number: above 9999, which says "over range" in a pressure and would be stored without a value.
const FIRST: u64 = 100_000;

/// One message after the other, each with a number of its own as its pressure.
fn post_until_it_ends(
    address: std::net::SocketAddr,
    path: &str,
    next: &AtomicU64,
    answered: &Mutex<Vec<u64>>,
) {
    use std::io::{Read as _, Write as _};
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed) + FIRST;
        let Ok(mut stream) = std::net::TcpStream::connect(address) else {
            return;
        };
        if stream
            .write_all(&support::request(path, &body(&number.to_string())))
            .is_err()
        {
            return;
        }
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        if !answer.starts_with(b"HTTP/1.1 200 ") {
            return;
        }
        answered.lock().unwrap().push(number);
    }
}
