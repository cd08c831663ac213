//! Both machines, over lines that break at any octet: after a session that nothing disturbs every sample is stored once.

use std::collections::BTreeMap;

use arbitrary::Arbitrary;
use wifisensor_tcp::device::{self, Device};
use wifisensor_tcp::handshake::Hello;
use wifisensor_tcp::keys::Secret;
use wifisensor_tcp::samples::{Channel, Channels, ClockBasis, Head, Quantity};
use wifisensor_tcp::server::{self, Account, Identity, Log, Options, Server};
use wifisensor_tcp::session::{End, Output};
use wifisensor_tcp::status::{LogId, SampleSpan, Status};
use wifisensor_tcp::time::{Millis, UnixTime};

use super::{DECOY, hello, secret};

const NOW: Millis = Millis(5);

/// A device and its sessions.
#[derive(Debug, Arbitrary)]
pub struct Script {
    log_id: u32,
    /// Number of the first sample.
    begin: u32,
    values: Vec<Option<i16>>,
    sessions: Vec<Session>,
}

/// How a session goes.
#[derive(Debug, Clone, Copy, Default, Arbitrary)]
struct Session {
    /// Octets that arrive at the server, and at the device, before the line breaks.
    up: Option<u16>,
    down: Option<u16>,
    /// Octets in a piece.
    piece: u8,
    /// Records in a frame.
    frame: u8,
    /// Batches that wait before they are made durable.
    late: u8,
    /// The server dies with what is not durable.
    crash: bool,
}

/// What survives sessions.
struct World {
    log_id: LogId,
    begin: u32,
    values: Vec<Option<i16>>,
    /// Number of the oldest sample that the device has not freed.
    oldest: u32,
    log: Option<Log>,
    table: BTreeMap<u32, Option<i32>>,
}

/// Runs the sessions of the script, and one more that nothing disturbs.
pub fn uploads(script: &Script) {
    let begin = script.begin.min(u32::MAX - 5000);
    let mut values = script.values.clone();
    values.truncate(2000);
    let mut world = World {
        log_id: LogId(script.log_id),
        begin,
        values,
        oldest: begin,
        log: None,
        table: BTreeMap::new(),
    };
    for (nonce, session) in (0..200).zip(&script.sessions) {
        world.session(session, nonce);
        let stored = world.log.map_or(begin, |log| log.stored);
        assert!(world.oldest <= stored.max(begin), "freed early");
    }
    let end = world.session(&Session::default(), 255);
    assert_eq!(end, Some(End::Done));
    let numbers = world.begin..world.end();
    assert_eq!(world.oldest, world.end());
    let values = world.values.iter().map(|value| value.map(i32::from));
    assert!(world.table.into_iter().eq(numbers.zip(values)));
}

impl World {
    fn end(&self) -> u32 {
        self.begin + u32::try_from(self.values.len()).expect("few")
    }

    /// How the device saw it end.
    fn session(&mut self, session: &Session, nonce: u8) -> Option<End> {
        let hello = Hello {
            nonce: [nonce; 16],
            ..hello()
        };
        let mut device = Device::new(&hello, &secret(), NOW);
        let mut server = Server::new(Options::new(), &Secret::new(DECOY), [!nonce; 16], NOW);
        let (mut up, mut down) = (Line::new(session.up), Line::new(session.down));
        let mut waiting = Vec::new();
        let mut sent = self.oldest;
        loop {
            let mut moved = self.device(&mut device, session, &mut sent, &mut up);
            moved |= up.carry(session.piece, |octets| server.handle_input(NOW, octets));
            moved |= self.server(&mut server, &mut down, &mut waiting);
            if waiting.len() > usize::from(session.late) {
                self.store(&mut server, &mut waiting);
                moved = true;
            }
            moved |= down.carry(session.piece, |octets| device.handle_input(NOW, octets));
            if !moved && !session.crash && !waiting.is_empty() {
                self.store(&mut server, &mut waiting);
                moved = true;
            }
            if !moved {
                break;
            }
        }
        // The line is gone; what was taken becomes durable all the same, unless the server died.
        if !session.crash {
            self.store(&mut server, &mut waiting);
        }
        let end = device.end();
        assert!(!matches!(end, Some(End::Failed(_) | End::Peer { .. })), "{end:?}");
        assert!(
            !matches!(server.end(), Some(End::Failed(_) | End::Peer { .. })),
            "{:?}",
            server.end()
        );
        end
    }

    fn device(&mut self, device: &mut Device, session: &Session, sent: &mut u32, up: &mut Line) -> bool {
        let mut moved = false;
        loop {
            match device.poll() {
                Output::Transmit(octets) => up.put(octets),
                Output::Event(device::Event::Challenge(_)) => {
                    let span = SampleSpan::new(self.oldest, self.end()).expect("ascending");
                    device
                        .send_status(&Status::new(self.log_id, span))
                        .expect("asked for");
                }
                Output::Event(device::Event::Ready) if *sent < self.end() => {
                    let channel = Channel::new(Quantity::TEMPERATURE, -2).expect("lawful");
                    let channels = Channels::new(&[channel]).expect("one");
                    let head = Head {
                        first: *sent,
                        period_s: 60,
                        basis: ClockBasis::Uptime,
                        channels,
                    };
                    let mut batch = device.batch(head).expect("asked for");
                    for _ in 0..=session.frame {
                        let index = usize::try_from(*sent - self.begin).expect("few");
                        let Some(value) = self.values.get(index) else {
                            break;
                        };
                        let time = 60 * (*sent - self.begin);
                        if batch.push(time, &[value.map(i32::from)]).is_err() {
                            break;
                        }
                        *sent += 1;
                    }
                    batch.send().expect("a record at least");
                }
                Output::Event(device::Event::Ready) => device.close().expect("asked for"),
                Output::Event(device::Event::Ack { next }) => {
                    assert!(self.oldest <= next);
                    self.oldest = next;
                }
                Output::Event(_) => {}
                Output::Wait(_) => return moved,
                other => panic!("{other:?}"),
            }
            moved = true;
        }
    }

    fn server(&mut self, server: &mut Server, down: &mut Line, waiting: &mut Vec<Batch>) -> bool {
        let mut moved = false;
        loop {
            match server.poll() {
                Output::Transmit(octets) => down.put(octets),
                Output::Event(server::Event::Hello { .. }) => {
                    let time = UnixTime::new(1_800_000_000, 0).expect("lawful");
                    server
                        .identify(time, Identity::Known(&secret()))
                        .expect("asked for");
                }
                Output::Event(server::Event::Status(_)) => {
                    server.open(&Account::new(self.log)).expect("asked for");
                }
                Output::Event(server::Event::Opened(opened)) => {
                    assert!(opened.lost.is_empty());
                    self.log = Some(opened.log);
                }
                Output::Event(server::Event::Samples(batch)) => {
                    let records = batch.records().map(|record| (record.number(), record.value(0)));
                    waiting.push((batch.end(), records.collect()));
                }
                Output::Event(_) => {}
                Output::Wait(_) => return moved,
                other => panic!("{other:?}"),
            }
            moved = true;
        }
    }

    fn store(&mut self, server: &mut Server, waiting: &mut Vec<Batch>) {
        for (end, records) in waiting.drain(..) {
            for (number, value) in records {
                assert_eq!(self.table.insert(number, value), None, "stored twice");
            }
            self.log.as_mut().expect("opened").stored = end;
            let _over = server.stored(end);
        }
    }
}

/// Number to say when it is durable, and the records.
type Batch = (u32, Vec<(u32, Option<i32>)>);

/// One direction of a connection.
struct Line {
    octets: Vec<u8>,
    /// How many more arrive.
    left: usize,
}

impl Line {
    fn new(left: Option<u16>) -> Self {
        Self {
            octets: Vec::new(),
            left: left.map_or(usize::MAX, usize::from),
        }
    }

    fn put(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    /// Hands a piece over; whether any of it was taken.
    fn carry(&mut self, piece: u8, mut take: impl FnMut(&[u8]) -> usize) -> bool {
        let piece = if piece == 0 {
            usize::MAX
        } else {
            usize::from(piece)
        };
        let len = self.octets.len().min(piece).min(self.left);
        let taken = self.octets.get(..len).map_or(0, &mut take);
        self.octets.drain(..taken);
        self.left = self.left.saturating_sub(taken);
        taken > 0
    }
}
