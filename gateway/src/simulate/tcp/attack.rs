//! Those who are no devices, or pretend to be others.

use std::time::Duration;

use clap::ValueEnum;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wifisensor_tcp::failure::Failure as Told;
use wifisensor_tcp::frame::{FrameType, ServerFrames};

use super::device::Device;
use super::link::{Plan, Target, session};
use crate::Failure;
use crate::simulate::{Tally, walk};

/// The most that a server has for strangers.
const ANSWER_LEN: u64 = 4096;
/// How long it is waited for; the longest limit of a handshake is 10 s.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between the octets of a slow one.
const SLOW: Duration = Duration::from_millis(500);

/// What attackers do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Attack {
    /// Random octets.
    Garbage,
    /// A HELLO, an octet now and then.
    Slow,
    /// A connection, and not a word.
    HalfOpen,
    /// All that a device sent in an earlier session. Needs the secret for that session.
    Replay,
    /// A session in which one bit is changed on the way.
    Tamper,
}

/// Connects `count` times; tells what was said to it.
pub(crate) async fn attack(
    kind: Attack,
    mut device: Device,
    target: &Target,
    count: u64,
    interval: Duration,
    seed: u64,
) -> Result<Tally, Failure> {
    let mut random = seed;
    let recording = match kind {
        Attack::Replay => record(&mut device, target).await?,
        Attack::Slow => hello(&mut device)?,
        _ => Vec::new(),
    };
    let mut ticks = tokio::time::interval(interval);
    let mut tally = Tally::new();
    for _ in 0..count {
        ticks.tick().await;
        let answer = if kind == Attack::Tamper {
            let bit = usize::try_from(walk::random(&mut random) >> 1).unwrap_or(0);
            session(&mut device, target, Plan::Tamper(bit), &mut Vec::new()).await
        } else {
            match target.connect().await {
                None => "no connection".to_owned(),
                Some(stream) => once(kind, stream, &recording, &mut random).await,
            }
        };
        let count = tally.entry(answer).or_default();
        *count = count.saturating_add(1);
    }
    Ok(tally)
}

/// HELLO as this device would say it.
fn hello(device: &mut Device) -> Result<Vec<u8>, Failure> {
    let (mut machine, _) = device.begin()?;
    match machine.poll() {
        wifisensor_tcp::session::Output::Transmit(octets) => Ok(octets.to_vec()),
        _ => Err(Failure::new("no HELLO")),
    }
}

/// What the device says in a session that goes well.
async fn record(device: &mut Device, target: &Target) -> Result<Vec<u8>, Failure> {
    device.measure(3, 60, crate::clock::now());
    let mut wire = Vec::new();
    let end = session(device, target, Plan::Good, &mut wire).await;
    if end != "done" {
        return Err(Failure::new(format!("the session to be recorded: {end}")));
    }
    let frames = crate::capture::Capture::new(&wire, 0, None).flatten();
    let from_device = frames
        .filter(|captured| captured.frame.kind().direction() == wifisensor_tcp::frame::Direction::FromDevice);
    let mut octets = Vec::new();
    for captured in from_device {
        octets.extend_from_slice(captured.frame.signed());
        octets.extend_from_slice(captured.frame.tag());
    }
    Ok(octets)
}

async fn once(kind: Attack, mut stream: TcpStream, recording: &[u8], random: &mut u64) -> String {
    // The server may close at any time: a write that fails is as good as one that goes.
    match kind {
        Attack::Garbage => {
            let len = walk::random(random) % 2000;
            let octets: Vec<u8> = (0..len)
                .map(|_| u8::try_from(walk::random(random) % 256).unwrap_or(0))
                .collect();
            let _ = stream.write_all(&octets).await;
        }
        Attack::Slow => {
            for octet in recording {
                if stream.write_all(&[*octet]).await.is_err() {
                    break;
                }
                let mut one = [0; 1];
                // Anything that comes, or the end, is the answer.
                if let Ok(Ok(0) | Err(_)) = tokio::time::timeout(SLOW, stream.peek(&mut one)).await {
                    break;
                }
            }
        }
        Attack::Replay => {
            let _ = stream.write_all(recording).await;
        }
        Attack::HalfOpen | Attack::Tamper => {}
    }
    let mut answer = Vec::new();
    let mut stream = stream.take(ANSWER_LEN);
    let read = stream.read_to_end(&mut answer);
    let ended = tokio::time::timeout(PATIENCE, read).await.is_ok();
    let said = said(&answer);
    if ended {
        said
    } else {
        format!("{said}, still open")
    }
}

/// The frames of an answer by name.
fn said(answer: &[u8]) -> String {
    if answer.is_empty() {
        return "silence".to_owned();
    }
    let mut frames = ServerFrames::from_server();
    let (mut rest, mut names) = (answer, Vec::new());
    while let Ok(Some(frame)) = frames.next_frame(&mut rest) {
        let name = frame.kind().name().unwrap_or("unknown");
        names.push(match frame.kind() {
            FrameType::ServerError => {
                let code = Told::parse(frame.body()).map_or("unreadable", |told| told.code.name());
                format!("{name} {code}")
            }
            _ => name.to_owned(),
        });
    }
    names.join(", ")
}
