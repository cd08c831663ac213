//! Ten thousand hostile connections beside a hundred honest devices: the honest ones finish, and memory stays bounded.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

#[path = "support/fleet.rs"]
mod fleet;
mod support;

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use fleet::{Random, Sensor, metrics, register, stored};
use support::{Gateway, resident};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use wifisensor_tcp::session::End;

const HONEST: u32 = 100;
const HOSTILE: u64 = 10_000;
/// Hostile connections that each of the four attackers holds open: fewer than its address may have, so that the gateway has
/// to deal with each of the others.
const HELD: usize = 48;
/// The gateway's limit for one address; hostile ones come from four, honest ones from another.
const PER_ADDRESS: usize = 64;
/// What the gateway may grow by: its sessions at a time, and the allocator's reserve.
const MOST_GROWTH_KIB: u64 = 32 * 1024;

/// Connects from an address of its own: the network 127/8 is all loopback.
async fn connect(from: Ipv4Addr, to: SocketAddr) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().ok()?;
    socket.bind((from, 0).into()).ok()?;
    socket.connect(to).await.ok()
}

/// A HELLO that was taken once, and the rest of what its device sent then.
struct Recording {
    hello: Vec<u8>,
    rest: Vec<u8>,
}

/// Scanners get nothing, and the end.
async fn silence(mut stream: TcpStream) -> Option<TcpStream> {
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    // A reset is an end too.
    let _ = stream.read_to_end(&mut answer).await;
    assert_eq!(answer, b"");
    None
}

/// Does what attackers do; gives the connection if it is to be held open.
async fn attack(
    kind: u64,
    mut stream: TcpStream,
    recording: &Recording,
    random: &mut Random,
) -> Option<TcpStream> {
    // The gateway may close at any time: a write that fails is as good as one that goes.
    match kind {
        // Garbage of any length.
        0 => {
            let octets: Vec<u8> = (0..random.below(2000))
                .map(|_| u8::try_from(random.below(256)).unwrap())
                .collect();
            let _ = stream.write_all(&octets).await;
            silence(stream).await
        }
        // A web browser, a scanner of TLS, a frame of the largest length that a header may say.
        1 => {
            let openings: [&[u8]; 3] = [
                b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
                b"\xb5\x01\xff\xff\x00\x00\x00\x00",
            ];
            let _ = stream
                .write_all(openings[usize::try_from(random.below(3)).unwrap()])
                .await;
            silence(stream).await
        }
        // Nothing at all, and no end.
        2 => Some(stream),
        // One part of a HELLO, and no end.
        3 => {
            let part = usize::try_from(random.below(51)).unwrap() + 1;
            let _ = stream.write_all(&recording.hello[..part]).await;
            Some(stream)
        }
        // A recorded HELLO: there is a CHALLENGE, and the recording has no answer to it.
        4 => {
            let _ = stream.write_all(&recording.hello).await;
            let mut challenge = [0; 48];
            if stream.read_exact(&mut challenge).await.is_ok() {
                assert_eq!(challenge[1], 0x81);
                let _ = stream.write_all(&recording.rest).await;
            }
            None
        }
        // The same, and then silence.
        5 => {
            let _ = stream.write_all(&recording.hello).await;
            Some(stream)
        }
        // A tag with one wrong bit.
        _ => {
            let mut tampered = recording.hello.clone();
            let at = 36 + usize::try_from(random.below(16)).unwrap();
            tampered[at] ^= 1 << random.below(8);
            let _ = stream.write_all(&tampered).await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            // AUTH without a tag, or nothing if there was no seat.
            assert!(
                answer.is_empty() || answer.starts_with(&[0xb5, 0x8f, 0, 24, 0, 0, 0, 0, 3]),
                "{answer:02x?}"
            );
            None
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn honest_devices_finish_beside_ten_thousand_hostile_connections() {
    let mut gateway = Gateway::new();
    register(&gateway, 0..=HONEST);
    let status = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    gateway.start(&[
        "--quiet",
        "--status",
        &status.to_string(),
        "--tcp",
        "127.0.0.1:0",
        "--tcp-max-sessions",
        "400",
        "--tcp-max-sessions-per-address",
        &PER_ADDRESS.to_string(),
    ]);
    let to = gateway.tcp();
    // A session of a device that is not among the honest ones below, overheard.
    let mut victim = Sensor::new(HONEST);
    victim.take(5);
    let mut stream = connect(Ipv4Addr::LOCALHOST, to).await.unwrap();
    assert_eq!(victim.upload(&mut stream, |_| {}).await, Some(End::Done));
    let (hello, rest) = victim.sent.split_at(52);
    let recording = Arc::new(Recording {
        hello: hello.to_vec(),
        rest: rest.to_vec(),
    });
    let before = resident(gateway.pid());

    let hostile: Vec<_> = (0..4)
        .map(|attacker| {
            let recording = Arc::clone(&recording);
            tokio::spawn(async move {
                let from = Ipv4Addr::new(127, 0, 1, attacker + 1);
                let mut random = Random(attacker.into());
                let mut held = VecDeque::new();
                for _ in 0..HOSTILE / 4 {
                    // A socket that cannot be had now is one attack less at this moment, not one less in all.
                    let stream = loop {
                        match connect(from, to).await {
                            Some(stream) => break stream,
                            None => tokio::task::yield_now().await,
                        }
                    };
                    let kind = random.below(7);
                    held.extend(attack(kind, stream, &recording, &mut random).await);
                    if held.len() > HELD {
                        held.pop_front();
                    }
                }
            })
        })
        .collect();
    let honest = tokio::spawn(async move {
        let mut sessions = 0;
        for round in 0..4 {
            for index in 0..HONEST {
                let mut sensor = Sensor::new(index);
                // Each round goes on where the one before ended, with a nonce of its own.
                (sensor.oldest, sensor.next) = (round * 5, round * 5 + 5);
                for _ in 0..round {
                    sensor.hello();
                }
                // A real device tries again; on a quiet machine it does not have to.
                for _ in 0..10 {
                    let mut stream = connect(Ipv4Addr::LOCALHOST, to).await.unwrap();
                    if sensor.upload(&mut stream, |_| {}).await == Some(End::Done) {
                        break;
                    }
                }
                assert!(sensor.is_empty(), "device {index} did not finish");
                sessions += 1;
            }
        }
        sessions
    });
    let mut highest = before;
    while !honest.is_finished() || !hostile.iter().all(|attacker| attacker.is_finished()) {
        highest = highest.max(resident(gateway.pid()));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let sessions = honest.await.unwrap();
    for attacker in hostile {
        attacker.await.unwrap();
    }
    let grown = highest.saturating_sub(before);
    println!(
        "{HOSTILE} hostile connections beside {sessions} honest sessions: {before} KiB before, at most {highest} KiB, {grown} KiB more"
    );
    assert!(grown < MOST_GROWTH_KIB, "{grown} KiB more");
    // They were dealt with, and not only turned away: of seven kinds two end in silence and two with AUTH.
    let ends = |end: &str| {
        let metrics = metrics(status);
        let line = format!("comet_tcp_sessions_total{{end=\"{end}\"}} ");
        let count = metrics
            .split(&line)
            .nth(1)
            .and_then(|rest| rest.lines().next())
            .unwrap_or("0");
        count.parse::<u64>().unwrap()
    };
    let (silent, refused) = (ends("tcp-malformed"), ends("tcp-auth"));
    println!("{silent} ended in silence, {refused} with AUTH");
    assert!(
        silent > HOSTILE / 5 && refused > HOSTILE / 5,
        "{silent} {refused}"
    );
    assert!(gateway.terminate());
    let stored = stored(&gateway.database());
    assert_eq!(stored.len(), usize::try_from(HONEST).unwrap() + 1);
    for index in 0..HONEST {
        assert_eq!(stored[&index], (1 << 20) - 1, "device {index}");
    }
    assert_eq!(stored[&HONEST], 0b11111, "the replay stored something");
}
