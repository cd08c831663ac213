//! Each machine by itself: time limits, calls out of turn, what the caller decides.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use support::{NOW, head};
use wifisensor_tcp::CallError;
use wifisensor_tcp::config::ConfigBody;
use wifisensor_tcp::device::{self, Device};
use wifisensor_tcp::failure::{Failure, FailureCode};
use wifisensor_tcp::frame::{Direction, Frame, FrameType};
use wifisensor_tcp::handshake::{DeviceId, Hello, Versions};
use wifisensor_tcp::keys::Secret;
use wifisensor_tcp::result::ResultCode;
use wifisensor_tcp::rotate::Rotate;
use wifisensor_tcp::server::{self, Account, Identity, Log, Options, Server};
use wifisensor_tcp::session::{Cut, End, Output};
use wifisensor_tcp::status::{LogId, SampleSpan, Status};
use wifisensor_tcp::time::{Millis, UnixTime};

fn secret() -> Secret {
    Secret::new([1; 32])
}

fn time() -> UnixTime {
    UnixTime::new(1_767_225_601, 250).unwrap()
}

fn device() -> Device {
    let (versions, device_id) = (Versions::default(), DeviceId([1; 8]));
    Device::new(
        &Hello {
            versions,
            key_id: 1,
            device_id,
            nonce: [3; 16],
        },
        &secret(),
        NOW,
    )
}

fn server() -> Server {
    Server::new(Options::new(), &Secret::new([9; 32]), [4; 16], NOW)
}

fn sent(output: Output<'_, impl std::fmt::Debug>) -> Vec<u8> {
    match output {
        Output::Transmit(octets) => octets.to_vec(),
        other => panic!("{other:?}"),
    }
}

fn kind(octets: &[u8], direction: Direction) -> FrameType {
    Frame::parse(octets, direction).unwrap().kind()
}

fn failure(octets: &[u8], direction: Direction) -> Failure {
    let frame = Frame::parse(octets, direction).unwrap();
    assert!(matches!(
        frame.kind(),
        FrameType::ServerError | FrameType::DeviceError
    ));
    Failure::parse(frame.body()).unwrap()
}

/// Both after CHALLENGE; STATUS is the device's next word.
fn greeted() -> (Device, Server) {
    let (mut device, mut server) = (device(), server());
    let hello = sent(device.poll());
    assert_eq!(server.handle_input(NOW, &hello), hello.len());
    assert!(matches!(
        server.poll(),
        Output::Event(server::Event::Hello { key_id: 1, .. })
    ));
    server.identify(time(), Identity::Known(&secret())).unwrap();
    let challenge = sent(server.poll());
    assert_eq!(device.handle_input(NOW, &challenge), challenge.len());
    assert!(matches!(
        device.poll(),
        Output::Event(device::Event::Challenge(_))
    ));
    (device, server)
}

/// Both after the first ACK.
fn opened(account: &Account<'_>) -> (Device, Server) {
    let (mut device, mut server) = greeted();
    let status = Status::new(LogId(7), SampleSpan::new(0, 10).unwrap());
    device.send_status(&status).unwrap();
    let status = sent(device.poll());
    assert!(matches!(device.poll(), Output::Event(device::Event::Ready)));
    assert_eq!(server.handle_input(NOW, &status), status.len());
    assert!(matches!(server.poll(), Output::Event(server::Event::Status(_))));
    server.open(account).unwrap();
    assert!(matches!(server.poll(), Output::Event(server::Event::Opened(_))));
    let ack = sent(server.poll());
    assert_eq!(device.handle_input(NOW, &ack), ack.len());
    assert!(matches!(device.poll(), Output::Event(device::Event::Ack { .. })));
    (device, server)
}

fn samples(device: &mut Device, first: u32, count: u32) -> Vec<u8> {
    let mut batch = device.batch(head(first, 1)).unwrap();
    for n in first..first + count {
        batch.push(n, &[Some(5)]).unwrap();
    }
    batch.send().unwrap();
    sent(device.poll())
}

#[test]
fn there_is_no_ack_without_the_word_that_it_is_stored() {
    let (mut device, mut server) = opened(&Account::new(None));
    let first = samples(&mut device, 0, 3);
    assert!(matches!(device.poll(), Output::Event(device::Event::Ready)));
    let second = samples(&mut device, 3, 4);
    let both = [first.clone(), second].concat();
    assert_eq!(
        server.handle_input(NOW, &both),
        first.len(),
        "one batch at a time"
    );
    assert_eq!(
        server.stored(3),
        Err(CallError::Pending),
        "not before it was handed out"
    );
    assert!(matches!(server.poll(), Output::Event(server::Event::Samples(batch)) if batch.end() == 3));
    assert!(matches!(server.poll(), Output::Wait(_)));
    assert_eq!(
        server.handle_input(NOW, &both[first.len()..]),
        both.len() - first.len()
    );
    assert!(
        matches!(server.poll(), Output::Event(server::Event::Samples(batch)) if batch.records().count() == 4)
    );
    assert!(matches!(server.poll(), Output::Wait(_)));
    assert_eq!(server.stored(8), Err(CallError::NotReceived(8)));
    server.stored(7).unwrap();
    let ack = sent(server.poll());
    assert_eq!(
        Frame::parse(&ack, Direction::FromServer).unwrap().body(),
        [0, 0, 0, 7],
        "one ACK for both"
    );
    assert!(matches!(server.poll(), Output::Wait(_)));
}

#[test]
fn the_last_acknowledgement_waits_for_the_database_too() {
    let (mut device, mut server) = opened(&Account::new(None));
    let mut all = samples(&mut device, 0, 10);
    assert!(matches!(device.poll(), Output::Event(device::Event::Ready)));
    device.close().unwrap();
    all.extend(sent(device.poll()));
    let taken = server.handle_input(NOW, &all);
    assert!(matches!(server.poll(), Output::Event(server::Event::Samples(_))));
    assert_eq!(server.handle_input(NOW, &all[taken..]), all.len() - taken);
    assert!(matches!(server.poll(), Output::Wait(_)));
    server.stored(10).unwrap();
    let close = sent(server.poll());
    assert_eq!(kind(&close, Direction::FromServer), FrameType::ServerClose);
    assert!(matches!(
        server.poll(),
        Output::Event(server::Event::Ended(End::Done))
    ));
    assert!(matches!(server.poll(), Output::Wait(None)));
    assert_eq!(device.handle_input(NOW, &close), close.len());
    assert!(matches!(
        device.poll(),
        Output::Event(device::Event::Ack { next: 10 })
    ));
    assert!(matches!(
        device.poll(),
        Output::Event(device::Event::Ended(End::Done))
    ));
}

/// A server whose database is older than the device's memory: what lies between is lost, and there is nothing to send.
#[test]
fn a_gap_that_no_samples_follow_does_not_hold_the_last_acknowledgement_back() {
    let (mut device, mut server) = greeted();
    let span = SampleSpan::new(10, 10).unwrap();
    device.send_status(&Status::new(LogId(7), span)).unwrap();
    let mut all = sent(device.poll());
    assert!(matches!(device.poll(), Output::Event(device::Event::Ready)));
    device.close().unwrap();
    all.extend(sent(device.poll()));
    let taken = server.handle_input(NOW, &all);
    assert!(matches!(server.poll(), Output::Event(server::Event::Status(_))));
    let log = Log {
        log_id: LogId(7),
        stored: 3,
    };
    server.open(&Account::new(Some(log))).unwrap();
    assert!(
        matches!(server.poll(), Output::Event(server::Event::Opened(opened)) if (opened.lost.oldest(), opened.lost.next()) == (3, 10))
    );
    assert_eq!(kind(&sent(server.poll()), Direction::FromServer), FrameType::Ack);
    assert_eq!(server.handle_input(NOW, &all[taken..]), all.len() - taken);
    assert_eq!(
        kind(&sent(server.poll()), Direction::FromServer),
        FrameType::ServerClose
    );
    assert_eq!(server.end(), Some(End::Done));
}

#[test]
fn a_database_that_fails_ends_the_session_with_an_authentic_wish() {
    let (mut device, mut server) = opened(&Account::new(None));
    let frame = samples(&mut device, 0, 2);
    assert_eq!(server.handle_input(NOW, &frame), frame.len());
    assert!(matches!(server.poll(), Output::Event(server::Event::Samples(_))));
    server.fail(FailureCode::Storage, 600).unwrap();
    assert_eq!(server.stored(2), Err(CallError::Over));
    let error = sent(server.poll());
    let said = failure(&error, Direction::FromServer);
    assert_eq!(
        (said.code, said.retry_s, said.reference),
        (FailureCode::Storage, 600, Some(2))
    );
    assert!(matches!(device.poll(), Output::Event(device::Event::Ready)));
    assert_eq!(device.handle_input(NOW, &error), error.len());
    let Output::Event(device::Event::Ended(End::Peer {
        failure,
        authentic: true,
    })) = device.poll()
    else {
        panic!()
    };
    assert_eq!(failure, said);
}

#[test]
fn a_busy_server_says_so_without_proof() {
    let (mut device, mut server) = (device(), server());
    let hello = sent(device.poll());
    assert_eq!(server.handle_input(NOW, &hello), hello.len());
    assert_eq!(server.fail(FailureCode::Busy, 1), Err(CallError::Phase));
    assert_eq!(server.identify(time(), Identity::Busy), Err(CallError::Pending));
    assert!(matches!(
        server.poll(),
        Output::Event(server::Event::Hello { .. })
    ));
    server.identify(time(), Identity::Busy).unwrap();
    let error = sent(server.poll());
    assert!(Frame::parse(&error, Direction::FromServer).unwrap().is_untagged());
    assert_eq!(device.handle_input(NOW, &error), error.len());
    let Output::Event(device::Event::Ended(End::Peer {
        failure,
        authentic: false,
    })) = device.poll()
    else {
        panic!()
    };
    assert_eq!(failure.code, FailureCode::Busy);
}

#[test]
fn a_server_may_end_early_and_a_graceful_stop_acknowledges_what_is_stored() {
    let (mut device, mut server) = opened(&Account::new(None));
    let frame = samples(&mut device, 0, 2);
    assert_eq!(server.handle_input(NOW, &frame), frame.len());
    assert!(matches!(server.poll(), Output::Event(server::Event::Samples(_))));
    server.close().unwrap();
    let close = sent(server.poll());
    let frame = Frame::parse(&close, Direction::FromServer).unwrap();
    assert_eq!(
        (frame.kind(), frame.body()),
        (FrameType::ServerClose, &[0, 0, 0, 0][..])
    );
    assert_eq!(server.end(), Some(End::Done));
    let (_, mut other) = opened(&Account::new(None));
    other.abandon();
    assert!(matches!(
        other.poll(),
        Output::Event(server::Event::Ended(End::Incomplete(Cut::Abandoned)))
    ));
}

#[test]
fn the_server_asks_configuration_and_rotation_only_where_they_are_due() {
    let config = ConfigBody::new(8).unwrap();
    let rotate = Rotate::new(2, [5; 32]);
    let account = Account::new(None)
        .with_config(Some(&config))
        .with_rotate(Some(&rotate));
    let (mut device, mut server) = opened(&account);
    let (first, second) = (sent(server.poll()), sent(server.poll()));
    assert_eq!(kind(&first, Direction::FromServer), FrameType::Config);
    assert_eq!(kind(&second, Direction::FromServer), FrameType::Rotate);
    assert!(matches!(server.poll(), Output::Wait(_)));
    let both = [first.clone(), second].concat();
    assert_eq!(
        device.handle_input(NOW, &both),
        first.len(),
        "one question at a time"
    );
    assert_eq!(device.answer(ResultCode::Done), Err(CallError::Pending));
    assert!(matches!(device.poll(), Output::Event(device::Event::Config(config)) if config.version() == 8));
    assert_eq!(device.handle_input(NOW, &both[first.len()..]), 0);
    device.answer(ResultCode::NotStored).unwrap();
    assert_eq!(device.answer(ResultCode::Done), Err(CallError::Phase));
    let mut results = sent(device.poll());
    assert_eq!(
        device.handle_input(NOW, &both[first.len()..]),
        both.len() - first.len()
    );
    let Output::Event(device::Event::NewSecret {
        key_id: 2,
        secret: new,
    }) = device.poll()
    else {
        panic!()
    };
    assert_eq!(new.as_bytes(), secret().rotated(2, &[5; 32]).as_bytes());
    device.answer(ResultCode::Done).unwrap();
    results.extend(sent(device.poll()));
    let taken = server.handle_input(NOW, &results);
    assert!(matches!(
        server.poll(),
        Output::Event(server::Event::Result {
            task: server::Task::Config(8),
            code: ResultCode::NotStored
        })
    ));
    assert_eq!(server.handle_input(NOW, &results[taken..]), results.len() - taken);
    assert!(matches!(
        server.poll(),
        Output::Event(server::Event::Result {
            task: server::Task::Rotate(2),
            code: ResultCode::Done
        })
    ));

    // The device has this configuration, and uses the secret of the rotation.
    let (config, rotate) = (
        ConfigBody::from_bytes(&[0, 0, 0, 9]).unwrap(),
        Rotate::new(1, [5; 32]),
    );
    let account = Account::new(None)
        .with_config(Some(&config))
        .with_rotate(Some(&rotate));
    let (mut device, mut server) = greeted();
    let mut status = Status::new(LogId(7), SampleSpan::new(0, 0).unwrap());
    status.config = 9;
    device.send_status(&status).unwrap();
    let status = sent(device.poll());
    assert_eq!(server.handle_input(NOW, &status), status.len());
    assert!(matches!(server.poll(), Output::Event(server::Event::Status(_))));
    server.open(&account).unwrap();
    let Output::Event(server::Event::Opened(opened)) = server.poll() else {
        panic!()
    };
    assert!(opened.rotated && opened.new_log);
    assert_eq!(kind(&sent(server.poll()), Direction::FromServer), FrameType::Ack);
    assert!(matches!(server.poll(), Output::Wait(_)));
}

#[test]
fn a_result_that_never_comes_is_waited_for_ten_seconds_after_close() {
    let config = ConfigBody::new(8).unwrap();
    let (mut device, mut server) = opened(&Account::new(None).with_config(Some(&config)));
    assert_eq!(
        kind(&sent(server.poll()), Direction::FromServer),
        FrameType::Config
    );
    device.close().unwrap();
    let close = sent(device.poll());
    assert_eq!(server.handle_input(Millis(2_000), &close), close.len());
    assert!(matches!(server.poll(), Output::Wait(Some(Millis(12_000)))));
    server.handle_timeout(Millis(11_999));
    assert!(matches!(server.poll(), Output::Wait(Some(_))));
    server.handle_timeout(Millis(12_000));
    assert_eq!(
        kind(&sent(server.poll()), Direction::FromServer),
        FrameType::ServerClose
    );
    assert_eq!(server.end(), Some(End::Done));
}

#[test]
fn every_time_limit_of_a_server_is_kept_to_the_millisecond() {
    let at = |ms| Millis(NOW.0 + ms);
    let cut = |mut server: Server, ms: u64, cut: Cut| {
        assert!(matches!(server.poll(), Output::Wait(Some(limit)) if limit == at(ms)));
        server.handle_timeout(at(ms - 1));
        assert_eq!(server.end(), None);
        // A clock that goes back stands still.
        server.handle_timeout(Millis(0));
        server.handle_timeout(at(ms));
        assert_eq!(server.end(), Some(End::Incomplete(cut)));
        assert!(matches!(server.poll(), Output::Event(server::Event::Ended(_))));
        assert!(matches!(server.poll(), Output::Wait(None)));
    };
    cut(server(), 10_000, Cut::Handshake);
    cut(greeted().1, 10_000, Cut::Handshake);
    cut(opened(&Account::new(None)).1, 30_000, Cut::Idle);
    // Frames keep a session alive, but not for ever.
    let (mut device, mut server) = opened(&Account::new(None));
    let mut last = 0;
    for second in (20..300).step_by(20) {
        assert!(matches!(
            device.poll(),
            Output::Event(device::Event::Ready) | Output::Wait(_)
        ));
        let frame = samples(&mut device, 0, 1);
        assert_eq!(server.handle_input(at(second * 1000), &frame), frame.len());
        assert!(matches!(server.poll(), Output::Event(server::Event::Samples(_))));
        server.stored(1).unwrap();
        assert_eq!(kind(&sent(server.poll()), Direction::FromServer), FrameType::Ack);
        last = second;
    }
    assert_eq!(last, 280);
    cut(server, 300_000, Cut::Session);
    let options = |limit| Options::new().with_session_limit(Millis::from_secs(limit));
    assert_eq!(options(5), options(60));
    assert_eq!(options(500), Options::new());
}

#[test]
fn every_time_limit_of_a_device_is_kept_to_the_millisecond() {
    let at = |ms| Millis(NOW.0 + ms);
    let cut = |mut device: Device, ms: u64, cut: Cut| {
        while !matches!(device.poll(), Output::Wait(_)) {}
        device.handle_timeout(at(ms - 1));
        assert_eq!(device.end(), None);
        device.handle_timeout(at(ms));
        assert_eq!(device.end(), Some(End::Incomplete(cut)));
    };
    cut(device(), 10_000, Cut::Handshake);
    cut(greeted().0, 30_000, Cut::Idle);
    let (mut device, _) = opened(&Account::new(None));
    device.close().unwrap();
    cut(device, 15_000, Cut::Close);
}

#[test]
fn calls_out_of_turn_change_nothing() {
    let (mut device, mut server) = (device(), server());
    let span = SampleSpan::new(0, 0).unwrap();
    let status = Status::new(LogId(1), span);
    assert_eq!(
        device.send_status(&status),
        Err(CallError::Pending),
        "HELLO first"
    );
    let hello = sent(device.poll());
    assert_eq!(device.send_status(&status), Err(CallError::Phase));
    assert_eq!(device.close(), Err(CallError::Phase));
    assert_eq!(device.answer(ResultCode::Done), Err(CallError::Phase));
    assert_eq!(device.fail(FailureCode::State), Err(CallError::Phase));
    assert_eq!(server.open(&Account::new(None)), Err(CallError::Phase));
    assert_eq!(server.stored(0), Err(CallError::Phase));
    assert_eq!(server.identify(time(), Identity::Unknown), Err(CallError::Phase));
    assert_eq!(server.handle_input(NOW, &hello), hello.len());
    assert!(matches!(
        server.poll(),
        Output::Event(server::Event::Hello { .. })
    ));
    assert_eq!(server.handle_input(NOW, b"more"), 0, "identify is asked for");

    let (mut device, mut server) = opened(&Account::new(None));
    assert_eq!(device.send_status(&status), Err(CallError::Phase), "once");
    assert_eq!(device.batch(head(1, 1)).map(|_| ()), Err(CallError::Hole(1)));
    device.batch(head(0, 1)).unwrap().push(0, &[None]).unwrap();
    assert_eq!(
        device.batch(head(0, 1)).unwrap().send().unwrap_err().code(),
        "empty"
    );
    assert!(
        matches!(device.poll(), Output::Wait(_)),
        "no trace of a batch that was dropped"
    );
    samples(&mut device, 0, 4);
    assert!(matches!(device.poll(), Output::Event(device::Event::Ready)));
    assert_eq!(device.batch(head(5, 1)).map(|_| ()), Err(CallError::Hole(5)));
    device.close().unwrap();
    sent(device.poll());
    assert_eq!(device.batch(head(4, 1)).map(|_| ()), Err(CallError::Phase));
    assert_eq!(device.close(), Err(CallError::Phase));
    device.fail(FailureCode::Storage).unwrap();
    assert_eq!(device.fail(FailureCode::Storage), Err(CallError::Over));
    assert_eq!(
        failure(&sent(device.poll()), Direction::FromDevice).code,
        FailureCode::Storage
    );
    server.handle_eof(NOW);
    assert_eq!(server.stored(0), Err(CallError::Over));
    assert_eq!(server.close(), Err(CallError::Over));
    assert_eq!(server.handle_input(NOW, b"anything"), 8, "taken and dropped");
}

#[test]
fn the_clock_is_set_only_where_the_rule_says() {
    let (mut device, mut server) = (device(), server());
    let hello = sent(device.poll());
    assert_eq!(server.handle_input(NOW, &hello), hello.len());
    assert!(matches!(
        server.poll(),
        Output::Event(server::Event::Hello { .. })
    ));
    server.identify(time(), Identity::Known(&secret())).unwrap();
    let challenge = sent(server.poll());
    let taken = device.handle_input(Millis(NOW.0 + 4_000), &challenge);
    assert_eq!(taken, challenge.len());
    let Output::Event(device::Event::Challenge(clock)) = device.poll() else {
        panic!()
    };
    let now = UnixTime::new(1_767_225_603, 250);
    assert_eq!((clock.round_trip, clock.now()), (Millis(4_000), now));
    assert_eq!(clock.correction(None), now);
    assert_eq!(
        clock.correction(UnixTime::new(1_767_225_605, 250)),
        None,
        "two seconds are near enough"
    );
    assert_eq!(clock.correction(UnixTime::new(1_767_225_605, 251)), now);
    assert_eq!(clock.correction(UnixTime::new(1_767_225_601, 249)), now);
}

#[test]
fn nothing_secret_is_shown() {
    let config = ConfigBody::new(1).unwrap();
    let (device, server) = opened(&Account::new(None).with_config(Some(&config)));
    let shown = format!("{device:?} {server:?} {:?}", Rotate::new(1, [0xAB; 32]));
    assert_eq!(
        shown,
        "Device { state: \"open\", end: None, .. } Server { state: \"open\", end: None, .. } Rotate { key_id: 1, .. }"
    );
}
