//! Neither machine nor codec touches the heap.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test may panic"
)]

mod support;

use allocation_counter::measure;
use support::{NOW, head};
use wifisensor_tcp::device::{self, Device};
use wifisensor_tcp::frame::DeviceFrames;
use wifisensor_tcp::handshake::{DeviceId, Hello, Versions};
use wifisensor_tcp::keys::Secret;
use wifisensor_tcp::server::{self, Account, Identity, Options, Server};
use wifisensor_tcp::session::{End, Output};
use wifisensor_tcp::status::{LogId, SampleSpan, Status};
use wifisensor_tcp::time::UnixTime;

/// A wire without heap.
struct Wire {
    octets: [u8; 4096],
    len: usize,
}

impl Wire {
    fn new() -> Self {
        Self {
            octets: [0; 4096],
            len: 0,
        }
    }

    fn put(&mut self, octets: &[u8]) {
        self.octets[self.len..self.len + octets.len()].copy_from_slice(octets);
        self.len += octets.len();
    }

    fn took(&mut self, count: usize) {
        self.octets.copy_within(count..self.len, 0);
        self.len -= count;
    }
}

#[test]
fn a_whole_session_of_both_sides_allocates_nothing() {
    let mut sum = 0_i64;
    let used = measure(|| {
        let secret = Secret::new([1; 32]);
        let hello = Hello {
            versions: Versions::default(),
            key_id: 1,
            device_id: DeviceId([1; 8]),
            nonce: [3; 16],
        };
        let mut device = Device::new(&hello, &secret, NOW);
        let mut server = Server::new(Options::new(), &secret, [4; 16], NOW);
        let (mut up, mut down) = (Wire::new(), Wire::new());
        let mut frames = DeviceFrames::from_device();
        let mut next = 0_u32;
        while device.end().is_none() {
            loop {
                match device.poll() {
                    Output::Transmit(octets) => {
                        up.put(octets);
                        for chunk in octets.chunks(100) {
                            let mut input = chunk;
                            while let Some(frame) = frames.next_frame(&mut input).unwrap() {
                                sum += i64::from(frame.seq());
                            }
                        }
                    }
                    Output::Event(device::Event::Challenge(_)) => {
                        let span = SampleSpan::new(0, 1000).unwrap();
                        device.send_status(&Status::new(LogId(1), span)).unwrap();
                    }
                    Output::Event(device::Event::Ready) if next < 1000 => {
                        let mut batch = device.batch(head_once(next)).unwrap();
                        while next < 1000 && batch.push(60 * next, &[Some(next as i32), None]).is_ok() {
                            next += 1;
                        }
                        batch.send().unwrap();
                    }
                    Output::Event(device::Event::Ready) => device.close().unwrap(),
                    Output::Event(_) => {}
                    _ => break,
                }
            }
            let taken = server.handle_input(NOW, &up.octets[..up.len]);
            up.took(taken);
            loop {
                match server.poll() {
                    Output::Transmit(octets) => down.put(octets),
                    Output::Event(server::Event::Hello { .. }) => {
                        let time = UnixTime::new(1, 1).unwrap();
                        server.identify(time, Identity::Known(&secret)).unwrap();
                    }
                    Output::Event(server::Event::Status(_)) => server.open(&Account::new(None)).unwrap(),
                    Output::Event(server::Event::Samples(batch)) => {
                        sum += batch
                            .records()
                            .filter_map(|record| record.value(0))
                            .map(i64::from)
                            .sum::<i64>();
                        let end = batch.end();
                        server.stored(end).unwrap();
                    }
                    Output::Event(_) => {}
                    _ => break,
                }
            }
            let taken = device.handle_input(NOW, &down.octets[..down.len]);
            down.took(taken);
        }
        assert_eq!(device.end(), Some(End::Done));
    });
    assert!(sum > 400_000, "{sum}");
    assert_eq!(used.count_total, 0);
}

/// The helper makes a vector, so only the first head comes from it.
fn head_once(first: u32) -> wifisensor_tcp::samples::Head {
    use wifisensor_tcp::samples::{Channel, Channels, ClockBasis, Head, Quantity};
    let channel = Channel::new(Quantity::TEMPERATURE, -2).unwrap();
    Head {
        first,
        period_s: 60,
        basis: ClockBasis::Utc,
        channels: Channels::new(&[channel, channel]).unwrap(),
    }
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(std::hint::black_box(vec![1_u8]))).count_total, 1);
    assert_eq!(head(1, 2), head_once(1));
}
