//! Several gateways with one guard, in a real `redis-server`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use support::sigfox::{DeviceType, now_s, run, split};
use support::{Gateway, SERIAL, WifiSensor, body, confirmed, metric, text, verdicts};

/// Set where a missing `redis-server` is a failure: in the project's own gate. Elsewhere these tests say that they were left out.
const REQUIRED: &str = "COMET_TEST_REDIS_REQUIRED";

/// A server of our own that forgets nothing when it is killed, in a folder that goes away.
struct Redis {
    folder: tempfile::TempDir,
    child: Option<Child>,
}

impl Redis {
    /// `None` if the machine has none.
    fn start() -> Option<Self> {
        if let Err(error) = Command::new("redis-server").arg("--version").output() {
            assert!(std::env::var_os(REQUIRED).is_none(), "redis-server: {error}");
            eprintln!("left out: redis-server: {error}");
            return None;
        }
        let mut redis = Self {
            folder: tempfile::tempdir().unwrap(),
            child: None,
        };
        redis.come();
        Some(redis)
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    fn come(&mut self) {
        let child = Command::new("redis-server")
            .args([
                "--port",
                "0",
                "--save",
                "",
                "--appendonly",
                "yes",
                "--appendfsync",
                "always",
            ])
            .args(["--maxmemory-policy", "noeviction", "--unixsocket"])
            .arg(self.socket())
            .arg("--dir")
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .spawn();
        let mut child = child.unwrap_or_else(|error| panic!("redis-server does not start: {error}"));
        while std::os::unix::net::UnixStream::connect(self.socket()).is_err() {
            assert_eq!(child.try_wait().unwrap(), None, "redis-server has ended");
            std::thread::sleep(Duration::from_millis(10));
        }
        self.child = Some(child);
    }

    fn go(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.go();
        }
    }
}

/// A gateway of its own with what the other one has registered, as if both were set up from one list.
fn twin(of: &Gateway) -> Gateway {
    let twin = Gateway::new();
    // All that is written is in the file then.
    let database = rusqlite::Connection::open(of.db()).unwrap();
    database
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    drop(database);
    for name in ["comet.db", "comet.db.key"] {
        std::fs::copy(of.folder().join(name), twin.folder().join(name)).unwrap();
    }
    twin
}

#[test]
fn a_message_replayed_across_two_gateways_is_refused() {
    let Some(redis) = Redis::start() else { return };
    let mut one = Gateway::new();
    let soap = one.add(SERIAL);
    let wifi = WifiSensor::add(&one, "21990417");
    let mut other = twin(&one);
    // An hour: no machine is so slow that the repeat comes after it.
    let url = redis.url();
    let arguments = ["--guard", url.as_str(), "--soap-hold-s", "3600"];
    let (_, numbers) = (one.start_counted(&arguments), other.start_counted(&arguments));
    assert_eq!(one.post(&soap, &body("1")), 200);
    assert_eq!(other.post(&soap, &body("1")), 200, "as before");
    assert_eq!((verdicts(numbers, "soap", "duplicate"), other.messages()), (1, 0));
    // One number with another content: not stored by the other, kept for people.
    assert!(confirmed(one.address(), &wifi.path, &wifi.body(5, 5)));
    assert!(confirmed(other.address(), &wifi.path, &wifi.body(5, 6)));
    assert_eq!((verdicts(numbers, "wifi", "conflict"), other.messages()), (1, 0));
    // Suspended at one, shut at the other.
    let suspend = ["suspend", "--family", "wifi", "--serial", "21990417"];
    assert!(one.device(&suspend).status.success());
    assert!(!confirmed(one.address(), &wifi.path, &wifi.body(6, 6)));
    assert!(!confirmed(other.address(), &wifi.path, &wifi.body(6, 6)));
    let resume = ["resume", "--family", "wifi", "--serial", "21990417"];
    assert!(one.device(&resume).status.success());
    assert!(confirmed(one.address(), &wifi.path, &wifi.body(6, 6)));
    assert!(confirmed(other.address(), &wifi.path, &wifi.body(7, 7)));
}

const ROUNDS: u32 = 60;

#[test]
fn two_gateways_with_one_database_take_each_message_once() {
    let Some(redis) = Redis::start() else { return };
    let mut one = Gateway::new();
    let sensor = WifiSensor::add(&one, "21990417");
    let url = redis.url();
    let first = one.start_counted(&["--guard", &url]);
    let mut other = one.beside();
    let second = other.start_counted(&["--guard", &url]);
    let barrier = Arc::new(Barrier::new(2));
    let senders: Vec<_> = [one.address(), other.address()]
        .into_iter()
        .map(|address| {
            let (sensor, barrier) = (sensor.clone(), Arc::clone(&barrier));
            std::thread::spawn(move || {
                for number in 0..ROUNDS {
                    let body = sensor.body(number, number);
                    barrier.wait();
                    assert!(confirmed(address, &sensor.path, &body), "{number}");
                }
            })
        })
        .collect();
    for sender in senders {
        sender.join().unwrap();
    }
    let both = |verdict| verdicts(first, "wifi", verdict) + verdicts(second, "wifi", verdict);
    assert_eq!(
        (both("fresh"), both("duplicate")),
        (u64::from(ROUNDS), u64::from(ROUNDS))
    );
    assert_eq!(one.messages(), i64::from(ROUNDS));
    // `kill -9` of both: the store remembers.
    one.kill();
    other.kill();
    let numbers = one.start_counted(&["--guard", &url]);
    for number in (0..ROUNDS).rev() {
        assert!(confirmed(
            one.address(),
            &sensor.path,
            &sensor.body(number, number)
        ));
    }
    assert_eq!(verdicts(numbers, "wifi", "fresh"), 0);
    assert_eq!(one.messages(), i64::from(ROUNDS));
}

#[test]
fn without_its_store_a_gateway_refuses_or_takes_what_has_no_replay_protection() {
    let Some(mut redis) = Redis::start() else { return };
    let url = redis.url();
    for (away, expected) in [("closed", 500), ("open", 200)] {
        let mut gateway = Gateway::new();
        let soap = gateway.add(SERIAL);
        let wifi = WifiSensor::add(&gateway, if away == "open" { "21990418" } else { "21990417" });
        let numbers = gateway.start_counted(&["--guard", &url, "--guard-away", away]);
        assert!(confirmed(gateway.address(), &wifi.path, &wifi.body(1, 1)));
        let before = gateway.messages();
        redis.go();
        assert!(!confirmed(gateway.address(), &wifi.path, &wifi.body(2, 2)));
        assert_eq!(gateway.messages(), before, "the device keeps it");
        assert_eq!(gateway.post(&soap, &body("2")), expected);
        assert!(metric(numbers, "comet_guard_away_total") >= 1);
        // What an operator wants holds without the store too.
        assert!(gateway.device(&["suspend", "--serial", SERIAL]).status.success());
        assert_eq!(gateway.post(&soap, &body("3")), 500);
        redis.come();
        // The gateway finds the store again by itself.
        let mut tries = 0;
        while !confirmed(gateway.address(), &wifi.path, &wifi.body(2, 2)) {
            tries += 1;
            assert!(tries < 1000, "the store is back and the gateway does not see it");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(confirmed(gateway.address(), &wifi.path, &wifi.body(1, 1)));
        assert_eq!(verdicts(numbers, "wifi", "late"), 1, "what was accepted is known");
        assert_eq!(gateway.post(&soap, &body("4")), 500, "the order is done now");
        assert_eq!(verdicts(numbers, "soap", "suspended"), 1);
        assert!(gateway.device(&["resume", "--serial", SERIAL]).status.success());
        assert_eq!(gateway.post(&soap, &body("5")), 200);
        let listed = text(&gateway.device(&["list"]).stdout);
        assert!(!listed.contains("suspended"), "{listed}");
    }
}

#[test]
fn a_gateway_starts_without_its_store_and_takes_nothing_then() {
    let mut gateway = Gateway::new();
    let wifi = WifiSensor::add(&gateway, "21990417");
    let nowhere = format!("redis+unix://{}/none.sock", gateway.folder().display());
    gateway.start(&["--guard", &nowhere]);
    assert!(!confirmed(gateway.address(), &wifi.path, &wifi.body(1, 1)));
    assert_eq!(gateway.messages(), 0);
}

#[test]
fn a_sigfox_frame_is_taken_by_one_gateway_and_callbacks_wait_while_the_guard_is_away() {
    use sigfox_frame::auth::DeviceKey;
    use sigfox_frame::uplink::{Body, Frames, Message, Rank};
    use sigfox_frame::{EpId, sequence::Counter};

    let Some(mut redis) = Redis::start() else {
        return;
    };
    let mut one = Gateway::new();
    let field = DeviceType::add(&one, "field", &[]);
    field.add_device(&one, "2D91F3");
    let key = "2b7e151628aed2a6abf7158809cf4f3c";
    field.add_radio_device(&one, "A1B2C3", key);
    let mut other = twin(&one);
    let url = redis.url();
    one.start(&["--guard", &url]);
    other.start(&["--guard", &url]);
    let frame = |counter| {
        let message = Message::new(EpId(0x00A1_B2C3), Counter::new(counter).unwrap(), Body::Bit(true));
        let key = DeviceKey::new(0x2B7E_1516_28AE_D2A6_ABF7_1588_09CF_4F3C_u128.to_be_bytes()).unwrap();
        Frames::new(&message, &key).unwrap().frame(Rank::First).to_vec()
    };
    let post = |gateway: &Gateway, counter| {
        let frame = frame(counter);
        let head = format!(
            "POST /sigfox-radio/field HTTP/1.1\r\nHost: x\r\n{}\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
            field.header,
            frame.len()
        );
        support::status(&gateway.raw(&[head.as_bytes(), &frame].concat()))
    };
    assert_eq!(post(&one, 7), 204);
    assert_eq!(post(&other, 8), 204);
    // Recorded at one, played to the other.
    assert_eq!(post(&other, 7), 409);
    assert_eq!(
        post(&one, 8),
        204,
        "another receiver heard it within the hold time"
    );
    let callback = |seq: u64| {
        format!(
            r#"{{"device":"2D91F3","time":{},"data":"0a","seqNumber":{seq}}}"#,
            now_s() - 600 + seq
        )
    };
    let first = callback(1);
    assert_eq!(field.post(&one, &first).0, 204);
    assert_eq!(field.post(&other, &first).0, 204);
    redis.go();
    let second = callback(2);
    assert_eq!(field.post(&one, &second).0, 503);
    assert_eq!(post(&one, 9), 503);
    assert_eq!(one.messages(), 3);
    redis.come();
    let patience = std::time::Instant::now();
    while field.post(&one, &second).0 != 204 {
        assert!(patience.elapsed().as_secs() < 20);
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(one.messages(), 4);
}

const SIGFOX: &str = "2D91F3";

fn asks(time: u64, seq: u64) -> String {
    let time = time + seq;
    format!(r#"{{"device":"{SIGFOX}","time":{time},"data":"0a","seqNumber":{seq},"ack":true}}"#)
}

fn cloud(address: std::net::SocketAddr, weather: &DeviceType, body: &str) -> (u16, String) {
    use std::io::{Read as _, Write as _};

    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let request = weather.request("POST", "", "application/json", body);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    split(&answer)
}

#[test]
fn two_gateways_with_one_database_give_a_downlink_once() {
    let Some(redis) = Redis::start() else { return };
    let mut one = Gateway::new();
    let weather = DeviceType::add(&one, "weather", &[]);
    weather.add_device(&one, SIGFOX);
    let url = redis.url();
    one.start(&["--guard", &url]);
    let mut other = one.beside();
    other.start(&["--guard", &url]);
    let time = now_s() - 6_000;
    let barrier = Arc::new(Barrier::new(2));
    for round in 0..20_u64 {
        let data = format!("{round:016x}");
        run(&one, "downlink", &["set", "--serial", SIGFOX, "--data", &data]);
        let clients = [(one.address(), 2 * round), (other.address(), 2 * round + 1)].map(|(address, seq)| {
            let (weather, barrier) = (weather.clone(), Arc::clone(&barrier));
            std::thread::spawn(move || {
                barrier.wait();
                cloud(address, &weather, &asks(time, seq))
            })
        });
        let answers = clients.map(|client| client.join().unwrap());
        let given = (200, format!(r#"{{"{SIGFOX}":{{"downlinkData":"{data}"}}}}"#));
        let nothing = (204, String::new());
        assert!(
            answers.contains(&given) && answers.contains(&nothing),
            "{answers:?}"
        );
        // Whichever hears of it again, and whatever is pending by then.
        run(
            &one,
            "downlink",
            &["set", "--serial", SIGFOX, "--data", "ffffffffffffffff"],
        );
        let [first, second] = answers;
        assert_eq!(cloud(other.address(), &weather, &asks(time, 2 * round)), first);
        assert_eq!(cloud(one.address(), &weather, &asks(time, 2 * round + 1)), second);
        run(&one, "downlink", &["cancel", "--serial", SIGFOX]);
    }
    assert_eq!(one.messages(), 40);
}

/// They all change one record of the shared store at once.
#[test]
fn a_batch_of_one_device_is_taken_whole() {
    let Some(redis) = Redis::start() else { return };
    let mut gateway = Gateway::new();
    let pattern = ["--line-pattern", "{device};{time};{seqNumber};{data};{ack}"];
    let weather = DeviceType::add(&gateway, "weather", &pattern);
    weather.add_device(&gateway, SIGFOX);
    gateway.start(&["--guard", &redis.url()]);
    run(
        &gateway,
        "downlink",
        &["set", "--serial", SIGFOX, "--data", "0011223344556677"],
    );
    let time = now_s() - 6_000;
    let lines: Vec<String> = (0..1000)
        .map(|seq| format!("{SIGFOX};{};{seq};0a;true", time + seq))
        .collect();
    let given = (
        200,
        format!(r#"{{"{SIGFOX}":{{"downlinkData":"0011223344556677"}}}}"#),
    );
    for _ in 0..2 {
        let answer = weather.send(&gateway, "POST", "", "text/plain", &lines.join("\n"));
        assert_eq!(answer, given);
    }
    assert_eq!(gateway.messages(), 1000);
}

/// The last word of the guard is that of the moment of the commit: a device was shut while its message was being stored.
#[test]
fn a_downlink_of_a_message_that_the_guard_takes_back_is_not_given() {
    let Some(redis) = Redis::start() else { return };
    let mut one = Gateway::new();
    let weather = DeviceType::add(&one, "weather", &[]);
    weather.add_device(&one, SIGFOX);
    run(
        &one,
        "downlink",
        &["set", "--serial", SIGFOX, "--data", "0011223344556677"],
    );
    let mut other = twin(&one);
    let url = redis.url();
    one.start(&["--guard", &url]);
    other.start(&["--guard", &url]);
    let time = now_s() - 600;
    let lock = rusqlite::Connection::open(one.db()).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let client = {
        let (address, weather) = (one.address(), weather.clone());
        std::thread::spawn(move || cloud(address, &weather, &asks(time, 1)))
    };
    // By then it is checked, and waits for the lock.
    std::thread::sleep(Duration::from_secs(1));
    let suspend = ["suspend", "--family", "sigfox", "--serial", SIGFOX];
    assert!(other.device(&suspend).status.success());
    let ordered = || -> i64 {
        let count = "SELECT count(*) FROM gate_order";
        other.database().query_row(count, [], |row| row.get(0)).unwrap()
    };
    while ordered() > 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(lock);
    assert_eq!(client.join().unwrap(), (204, String::new()));
    assert_eq!(one.messages(), 0);
    let listed = run(&one, "downlink", &["list"]);
    assert!(listed.contains("0011223344556677  pending"), "{listed}");
}
