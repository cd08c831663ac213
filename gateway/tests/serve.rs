//! `comet serve` over real sockets into a real database.

mod support;

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use support::{Gateway, SERIAL, body, entry_path, request, resident, status};

type Row = (
    i64,
    String,
    String,
    Option<String>,
    Option<String>,
    String,
    String,
    Option<String>,
);

#[test]
fn a_documented_body_becomes_exact_rows() {
    let mut gateway = Gateway::new();
    let path = gateway.add(SERIAL);
    gateway.start(&[]);
    let answer = gateway.raw(&request(&path, &body("29.53")));
    assert_eq!(status(&answer), 200);
    let head = answer.to_ascii_lowercase();
    assert!(
        head.contains("content-length: 0\r\n") && head.contains("connection: close\r\n"),
        "{answer}"
    );
    let database = gateway.database();
    let (serial, kind, detail, stored): (String, String, String, Vec<u8>) = database
        .query_row("SELECT serial, kind, detail, body FROM message", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .unwrap();
    assert_eq!((serial.as_str(), kind.as_str()), (SERIAL, "InsertTx5xxSample"));
    assert_eq!(stored, body("29.53"));
    assert!(
        detail.contains("\"model\":\"T7510\"") && detail.contains("\"interval_s\":300"),
        "{detail}"
    );
    let mut statement = database
        .prepare("SELECT channel, name, quantity, value, unit, quality, alarm, raw FROM observation ORDER BY channel")
        .unwrap();
    let rows: Vec<Row> = statement
        .query_map([], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
                row.get(7)?,
            ))
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let some = |text: &str| Some(text.to_owned());
    let row =
        |channel, name: &str, quantity: &str, value, unit: &str, quality: &str, alarm: &str, raw: &str| {
            (
                channel,
                name.into(),
                quantity.into(),
                value,
                some(unit),
                quality.into(),
                alarm.into(),
                some(raw),
            )
        };
    assert_eq!(
        rows,
        [
            row(
                1,
                "temperature",
                "temperature",
                some("71.6"),
                "°F",
                "good",
                "none",
                "71.6"
            ),
            row(
                2,
                "humidity",
                "relative-humidity",
                some("83.40"),
                "%RH",
                "good",
                "high",
                "83.40"
            ),
            row(
                3,
                "computed",
                "dew-point",
                None,
                "°F",
                "over-range",
                "none",
                "9999"
            ),
            row(
                4,
                "pressure",
                "pressure",
                some("29.53"),
                "inHg",
                "good",
                "low",
                "29.53"
            ),
        ]
    );
}

#[test]
fn what_is_refused_is_not_stored_and_takes_no_memory() {
    let mut gateway = Gateway::new();
    let path = gateway.add(SERIAL);
    gateway.start(&[]);
    let good = String::from_utf8(body("29.53")).unwrap();
    let bomb = (1..10).fold(String::from("<!ENTITY a0 \"aaaaaaaaaa\">"), |all, n| {
        format!("{all}<!ENTITY a{n} \"{}\">", format!("&a{};", n - 1).repeat(10))
    });
    let hostile = [
        (good.replacen("<soap:Env", "<!DOCTYPE x><soap:Env", 1), 500),
        (
            good.replacen("<soap:Env", &format!("<!DOCTYPE x [{bomb}]><soap:Env"), 1)
                .replace("71.6", "&a9;"),
            500,
        ),
        (good[..good.len() / 2].to_owned(), 500),
        (String::new(), 500),
        (good.replace(SERIAL, "14930218"), 404),
        (good.clone() + &" ".repeat(65_537 - good.len()), 413),
    ];
    let answer = gateway.raw(&request(&path, hostile[1].0.as_bytes()));
    assert!(
        answer.contains("<faultcode>soap:Client</faultcode>") && !answer.contains("a9"),
        "{answer}"
    );
    assert_eq!(gateway.post("/soap/AAAAAAAAAAAAAAAAAAAAAA", good.as_bytes()), 404);
    assert_eq!(gateway.post("/soap/short", good.as_bytes()), 404);
    assert_eq!(gateway.post("/", good.as_bytes()), 404);
    assert_eq!(
        status(&gateway.raw(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes())),
        405
    );
    for (body, expected) in &hostile {
        assert_eq!(gateway.post(&path, body.as_bytes()), *expected, "{body:.300}");
    }
    let before = resident(gateway.pid());
    for _ in 0..200 {
        for (body, expected) in &hostile {
            assert_eq!(gateway.post(&path, body.as_bytes()), *expected);
        }
    }
    let grown = resident(gateway.pid()).saturating_sub(before);
    assert!(grown < 8 * 1024, "{grown} KiB more after 1200 hostile bodies");
    assert_eq!(gateway.messages(), 0);
    assert_eq!(gateway.post(&path, good.as_bytes()), 200);
    assert_eq!(gateway.messages(), 1);
}

#[test]
fn plain_clients_of_every_kind_are_served() {
    let mut gateway = Gateway::new();
    let path = gateway.add(SERIAL);
    // The same body again and again: here each is a message of its own.
    gateway.start(&["--soap-hold-s", "0"]);
    let body = body("29.53");
    let length = body.len();
    let with = |head: &str| [head.as_bytes(), &body].concat();
    let requests = [
        // Order, spelling and company of headers; no type, no action.
        with(&format!(
            "POST {path} HTTP/1.1\r\nsoapaction:\r\ncontent-length:{length}\r\nhost:x\r\n\r\n"
        )),
        with(&format!(
            "POST {path} HTTP/1.1\r\nX-A: 1\r\nCONTENT-LENGTH:   {length}\r\nContent-Type: application/xml\r\n\
             Accept: */*\r\nSOAPAction: urn:other\r\nHost: x\r\nUser-Agent: plain\r\n\r\n"
        )),
        // HTTP/1.0 with and without a host.
        with(&format!(
            "POST {path} HTTP/1.0\r\nContent-Length: {length}\r\n\r\n"
        )),
        with(&format!(
            "POST {path} HTTP/1.0\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\n"
        )),
        // A charset that is said in another way.
        with(&format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml;charset=\"UTF-8\";action=\"a\"\r\n\
             Content-Length: {length}\r\n\r\n"
        )),
    ];
    for request in &requests {
        let answer = gateway.raw(request);
        assert_eq!(status(&answer), 200, "{answer}");
    }
    // Chunks, although no sensor is known to send them.
    let (one, two) = body.split_at(100);
    let mut chunked = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n",
        one.len()
    )
    .into_bytes();
    chunked.extend_from_slice(one);
    chunked.extend_from_slice(format!("\r\n{:X}\r\n", two.len()).as_bytes());
    chunked.extend_from_slice(two);
    chunked.extend_from_slice(b"\r\n0\r\n\r\n");
    assert_eq!(status(&gateway.raw(&chunked)), 200);
    // Segments of one octet, and of a few.
    for size in [1, 97] {
        let whole = request(&path, &body);
        let mut stream = gateway.connect();
        for part in whole.chunks(size) {
            stream.write_all(part).unwrap();
            stream.flush().unwrap();
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert_eq!(status(&answer), 200);
    }
    assert_eq!(gateway.messages(), 8);
}

#[test]
fn a_connection_is_kept_only_when_asked_for() {
    let mut gateway = Gateway::new();
    let path = gateway.add(SERIAL);
    // The same body again and again: here each is a message of its own.
    gateway.start(&["--soap-hold-s", "0"]);
    let body = body("29.53");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: Keep-Alive\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = gateway.connect();
    for _ in 0..5 {
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body).unwrap();
        let mut answer = [0; 512];
        let mut len = 0;
        while !answer[..len].ends_with(b"\r\n\r\n") {
            let read = stream.read(&mut answer[len..]).unwrap();
            assert!(read > 0, "closed although asked to keep");
            len += read;
        }
        assert!(answer.starts_with(b"HTTP/1.1 200 "));
    }
    // Two requests in one segment, the second without the wish.
    let mut both = head.clone().into_bytes();
    both.extend_from_slice(&body);
    both.extend_from_slice(&request(&path, &body));
    let answer = gateway.raw(&both);
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 2, "{answer}");
    // HTTP/1.0 that asks.
    let old = head.replace("HTTP/1.1", "HTTP/1.0");
    let mut stream = gateway.connect();
    for _ in 0..2 {
        stream.write_all(&[old.as_bytes(), &body].concat()).unwrap();
        let mut answer = [0; 512];
        let read = stream.read(&mut answer).unwrap();
        assert!(String::from_utf8_lossy(&answer[..read]).contains(" 200 "));
    }
    assert_eq!(gateway.messages(), 9);
}

#[test]
fn slow_and_many_connections_end_and_honest_ones_are_served() {
    let mut gateway = Gateway::new();
    let path = gateway.add(SERIAL);
    gateway.start(&[
        "--timeout-s",
        "2",
        "--max-connections",
        "20",
        "--max-connections-per-address",
        "20",
    ]);
    // Heads and bodies that never come to an end, one octet at a time or not at all.
    let mut slow: Vec<_> = (0..20).map(|_| gateway.connect()).collect();
    for (number, stream) in slow.iter_mut().enumerate() {
        match number % 3 {
            0 => {}
            1 => stream.write_all(b"POST /soap/x HTTP/1.1\r\nX: ").unwrap(),
            _ => {
                let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 600\r\n\r\n<");
                stream.write_all(head.as_bytes()).unwrap();
            }
        }
    }
    std::thread::sleep(Duration::from_millis(300));
    // No room now, and that is said at once.
    let start = Instant::now();
    assert_eq!(gateway.post(&path, &body("29.53")), 0);
    assert!(start.elapsed() < Duration::from_secs(1));
    // All slow ones are ended in time, and then there is room.
    for stream in &mut slow {
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
    }
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(gateway.post(&path, &body("29.53")), 200);
    assert_eq!(gateway.messages(), 1);
}

#[test]
fn a_graceful_stop_finishes_what_is_under_way() {
    let mut gateway = Gateway::new();
    let path = gateway.add(SERIAL);
    gateway.start(&[]);
    let whole = request(&path, &body("29.53"));
    let (first, rest) = whole.split_at(whole.len() - 10);
    let mut stream = gateway.connect();
    stream.write_all(first).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let finisher = {
        let rest = rest.to_vec();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            stream.write_all(&rest).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        })
    };
    assert!(gateway.terminate(), "not a clean end");
    assert_eq!(status(&finisher.join().unwrap()), 200);
    assert_eq!(gateway.messages(), 1);
}

#[test]
fn a_rotated_entry_point_is_valid_until_it_is_retired() {
    let mut gateway = Gateway::new();
    let old = gateway.add(SERIAL);
    gateway.start(&[]);
    let body = body("29.53");
    let new = entry_path(&gateway.device(&["rotate", "--serial", SERIAL]));
    assert_ne!(old, new);
    assert_eq!((gateway.post(&old, &body), gateway.post(&new, &body)), (200, 200));
    assert!(gateway.device(&["retire", "--serial", SERIAL]).status.success());
    assert_eq!((gateway.post(&old, &body), gateway.post(&new, &body)), (404, 200));
}

#[test]
fn a_suspended_sensor_is_refused_until_it_is_resumed() {
    let mut gateway = Gateway::new();
    let path = gateway.add(SERIAL);
    gateway.start(&[]);
    assert!(gateway.device(&["suspend", "--serial", SERIAL]).status.success());
    let listed = gateway.device(&["list"]);
    assert!(support::text(&listed.stdout).contains("suspended"));
    let answer = gateway.raw(&request(&path, &body("29.53")));
    assert_eq!(status(&answer), 500);
    assert!(answer.contains("soap:Server"));
    assert!(gateway.device(&["resume", "--serial", SERIAL]).status.success());
    assert_eq!(gateway.post(&path, &body("29.53")), 200);
    // An expired subscription is the same from the outside.
    let expired = gateway.device(&["add", "--serial", "14930218", "--days", "0"]);
    let other = String::from_utf8(body("29.53"))
        .unwrap()
        .replace(SERIAL, "14930218");
    assert_eq!(gateway.post(&entry_path(&expired), other.as_bytes()), 500);
    assert!(!gateway.device(&["add", "--serial", SERIAL]).status.success());
    assert!(!gateway.device(&["suspend", "--serial", "1"]).status.success());
    assert_eq!(gateway.messages(), 1);
}

#[test]
fn only_the_hash_of_an_entry_point_is_stored() {
    let gateway = Gateway::new();
    let path = gateway.add(SERIAL);
    let token = path.rsplit('/').next().unwrap();
    for entry in std::fs::read_dir(gateway.db().parent().unwrap()).unwrap() {
        let octets = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(
            !octets
                .windows(token.len())
                .any(|window| window == token.as_bytes())
        );
    }
}

#[test]
fn health_and_metrics_have_an_address_of_their_own() {
    let mut gateway = Gateway::new();
    let path = gateway.add(SERIAL);
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    gateway.start(&["--status", &free.to_string()]);
    assert_eq!(gateway.post(&path, &body("29.53")), 200);
    assert_eq!(gateway.post(&path, b"<x/>"), 500);
    let get = |what: &str| {
        let mut stream = std::net::TcpStream::connect(free).unwrap();
        write!(
            stream,
            "GET {what} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(get("/health").ends_with("ok\n"));
    let metrics = get("/metrics");
    assert!(metrics.contains("comet_messages_stored_total 1\n"), "{metrics}");
    assert!(
        metrics.contains("comet_messages_refused_total{reason=\"not-soap\"} 1\n"),
        "{metrics}"
    );
    assert_eq!(
        status(&gateway.raw(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")),
        404
    );
}
