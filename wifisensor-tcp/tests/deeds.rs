//! Both machines under calls in any order.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use proptest::prelude::*;
use support::{NOW, head};
use wifisensor_tcp::config::ConfigBody;
use wifisensor_tcp::device::{self, Device};
use wifisensor_tcp::failure::FailureCode;
use wifisensor_tcp::frame::{Direction, Frame, FrameType};
use wifisensor_tcp::handshake::{DeviceId, Hello, Versions};
use wifisensor_tcp::keys::Secret;
use wifisensor_tcp::result::ResultCode;
use wifisensor_tcp::rotate::Rotate;
use wifisensor_tcp::server::{self, Account, Identity, Log, Options, Server};
use wifisensor_tcp::session::Output;
use wifisensor_tcp::status::{LogId, SampleSpan, Status};
use wifisensor_tcp::time::{Millis, UnixTime};

/// What a caller might do to a machine, in any order.
#[derive(Debug, Clone)]
enum Deed {
    Poll,
    PeerPoll,
    Deliver(usize),
    Garbage(Vec<u8>),
    Wait(u64),
    Eof,
    Answer(u8),
    Send(u32, u8),
    Close,
    Fail,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        12 => Just(Deed::Poll),
        12 => Just(Deed::PeerPoll),
        12 => (1_usize..300).prop_map(Deed::Deliver),
        1 => prop::collection::vec(any::<u8>(), 1..9).prop_map(Deed::Garbage),
        2 => (0_u64..6_000).prop_map(Deed::Wait),
        1 => Just(Deed::Eof),
        10 => any::<u8>().prop_map(Deed::Answer),
        6 => (0_u32..30, 1_u8..9).prop_map(|(first, count)| Deed::Send(first, count)),
        2 => Just(Deed::Close),
        1 => Just(Deed::Fail),
    ];
    prop::collection::vec(deed, 1..150)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// No call in any order panics, loops, acknowledges what is not stored, or goes on after the end.
    #[test]
    fn random_deeds_keep_the_invariants(deeds in deeds()) {
        let (secret, versions) = (Secret::new([1; 32]), Versions::default());
        let hello = Hello { versions, key_id: 1, device_id: DeviceId([1; 8]), nonce: [3; 16] };
        let mut device = Device::new(&hello, &secret, NOW);
        let mut server = Server::new(Options::new(), &Secret::new([9; 32]), [4; 16], NOW);
        let (mut up, mut down) = (Vec::new(), Vec::new());
        let (mut now, mut durable, mut handed, mut acked) = (NOW, 0, 0, 0);
        let config = ConfigBody::new(3).unwrap();
        let rotate = Rotate::new(2, [1; 32]);
        for deed in deeds {
            let over = (device.end(), server.end());
            match deed {
                Deed::Poll => match server.poll() {
                    Output::Transmit(octets) => {
                        let frame = Frame::parse(octets, Direction::FromServer).unwrap();
                        if matches!(frame.kind(), FrameType::Ack | FrameType::ServerClose) {
                            let next = u32::from_be_bytes(frame.body().try_into().unwrap());
                            prop_assert!(next <= durable, "{} acknowledged, {} durable", next, durable);
                        }
                        down.extend_from_slice(octets);
                    }
                    Output::Event(server::Event::Samples(batch)) => {
                        prop_assert!(batch.end() >= handed);
                        prop_assert!(batch.records().map(|record| record.number()).eq(handed..batch.end()));
                        handed = batch.end();
                    }
                    Output::Event(server::Event::Ended(end)) => prop_assert_eq!(Some(end), over.1),
                    Output::Wait(limit) => prop_assert_eq!(limit.is_none(), over.1.is_some()),
                    _ => {}
                },
                Deed::PeerPoll => match device.poll() {
                    Output::Transmit(octets) => up.extend_from_slice(octets),
                    Output::Event(device::Event::Ack { next }) => {
                        prop_assert!(next <= durable && next >= acked);
                        acked = next;
                    }
                    Output::Event(device::Event::Challenge(_)) => {
                        let status = Status::new(LogId(5), SampleSpan::new(0, 20).unwrap());
                        let _ = device.send_status(&status);
                    }
                    Output::Wait(limit) => prop_assert_eq!(limit.is_none(), over.0.is_some()),
                    _ => {}
                },
                Deed::Deliver(len) => {
                    let taken = server.handle_input(now, &up[..len.min(up.len())]);
                    up.drain(..taken);
                    let taken = device.handle_input(now, &down[..len.min(down.len())]);
                    down.drain(..taken);
                }
                Deed::Garbage(octets) => up.extend(octets),
                Deed::Wait(ms) => {
                    now = now.after(Millis(ms));
                    server.handle_timeout(now);
                    device.handle_timeout(now);
                }
                Deed::Eof => {
                    server.handle_eof(now);
                }
                Deed::Answer(choice) => {
                    let identity = if choice > 4 { Identity::Known(&secret) } else { Identity::Unknown };
                    let _ = server.identify(UnixTime::default(), identity);
                    let log = (choice % 2 == 0).then_some(Log { log_id: LogId(5), stored: 0 });
                    let config = (choice % 3 == 0).then_some(&config);
                    let rotate = (choice % 5 == 0).then_some(&rotate);
                    let _ = server.open(&Account::new(log).with_config(config).with_rotate(rotate));
                    if handed > durable && server.stored(handed).is_ok() {
                        durable = handed;
                    }
                    let _ = device.answer(ResultCode::Done);
                }
                Deed::Send(first, count) => {
                    if let Ok(mut batch) = device.batch(head(first, 1)) {
                        for n in 0..u32::from(count) {
                            batch.push(n, &[None]).unwrap();
                        }
                        batch.send().unwrap();
                    }
                }
                Deed::Close => {
                    let _ = device.close();
                }
                Deed::Fail => {
                    let _ = device.fail(FailureCode::Storage);
                }
            }
            // An end is final.
            prop_assert!(over.0.is_none() || over.0 == device.end());
            prop_assert!(over.1.is_none() || over.1 == server.end());
        }
    }
}
