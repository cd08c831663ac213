//! A session of both machines of `wifisensor-tcp`.

use wifisensor_tcp::device::{self, Device};
use wifisensor_tcp::handshake::{DeviceId, Hello, Versions};
use wifisensor_tcp::keys::Secret;
use wifisensor_tcp::samples::{Channel, Channels, ClockBasis, Head, Quantity};
use wifisensor_tcp::server::{self, Account, Identity, Options, Server};
use wifisensor_tcp::session::{End, Output};
use wifisensor_tcp::status::{LogId, SampleSpan, Status};
use wifisensor_tcp::time::{Millis, UnixTime};

const NOW: Millis = Millis(0);

/// What is on its way in one direction.
struct Line {
    octets: [u8; 4096],
    held: usize,
}

impl Line {
    fn put(&mut self, octets: &[u8]) -> Option<()> {
        let end = self.held.checked_add(octets.len())?;
        self.octets.get_mut(self.held..end)?.copy_from_slice(octets);
        self.held = end;
        Some(())
    }

    fn carry(&mut self, take: impl FnOnce(&[u8]) -> usize) -> Option<()> {
        let taken = take(self.octets.get(..self.held)?);
        self.octets.copy_within(taken..self.held, 0);
        self.held = self.held.checked_sub(taken)?;
        Some(())
    }
}

/// Uploads `count` samples; the number that the device may free at the end, if both sides end well.
pub(crate) fn upload(secret: [u8; 32], count: u32) -> Option<u32> {
    let secret = Secret::new(secret);
    let hello = Hello {
        versions: Versions::default(),
        key_id: 1,
        device_id: DeviceId([1; 8]),
        nonce: secret.nonce(1),
    };
    let mut device = Device::new(&hello, &secret, NOW);
    let mut server = Server::new(Options::new(), &Secret::new([2; 32]), [3; 16], NOW);
    let empty = || Line {
        octets: [0; 4096],
        held: 0,
    };
    let (mut up, mut down) = (empty(), empty());
    let (mut sent, mut freed, mut stored) = (0, 0, 0);
    while device.end().is_none() {
        loop {
            match device.poll() {
                Output::Transmit(octets) => up.put(octets)?,
                Output::Event(device::Event::Challenge(_)) => {
                    let status = Status::new(LogId(7), SampleSpan::new(0, count)?);
                    device.send_status(&status).ok()?;
                }
                Output::Event(device::Event::Ready) if sent < count => {
                    let channel = Channel::new(Quantity::TEMPERATURE, -2)?;
                    let channels = Channels::new(&[channel])?;
                    let head = Head {
                        first: sent,
                        period_s: 60,
                        basis: ClockBasis::Uptime,
                        channels,
                    };
                    let mut batch = device.batch(head).ok()?;
                    batch.push(sent, &[i32::try_from(sent).ok()]).ok()?;
                    batch.send().ok()?;
                    sent = sent.checked_add(1)?;
                }
                Output::Event(device::Event::Ready) => device.close().ok()?,
                Output::Event(device::Event::Ack { next }) => freed = next,
                Output::Event(device::Event::Ended(end)) => (end == End::Done).then_some(())?,
                Output::Event(_) => {}
                _ => break,
            }
        }
        up.carry(|octets| server.handle_input(NOW, octets))?;
        loop {
            match server.poll() {
                Output::Transmit(octets) => down.put(octets)?,
                Output::Event(server::Event::Hello { .. }) => {
                    let time = UnixTime::new(1_800_000_000, 0)?;
                    server.identify(time, Identity::Known(&secret)).ok()?;
                }
                Output::Event(server::Event::Status(_)) => server.open(&Account::new(None)).ok()?,
                Output::Event(server::Event::Samples(batch)) => {
                    for record in batch.records() {
                        (record.number() == stored).then_some(())?;
                        stored = stored.checked_add(1)?;
                    }
                    let end = batch.end();
                    server.stored(end).ok()?;
                }
                Output::Event(_) => {}
                _ => break,
            }
        }
        down.carry(|octets| device.handle_input(NOW, octets))?;
    }
    (stored == freed).then_some(freed)
}
