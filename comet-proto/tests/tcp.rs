//! Sessions of WiFi sensors through every stage of the pipeline, with both machines of the leaf.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use comet_proto::tcp::{Reply, Session, health, observations, read, read_status};
use comet_proto::{
    Admitted, Alarm, Arrival, Authentic, Basis, Family, Ingest, Observation, Policies, Quality, Refusal,
    RefusalReason, Source, UnixMillis, Value, guard,
};
use replay_guard::{HashKey, Table};
use wifisensor_tcp::device::{self, Device};
use wifisensor_tcp::failure::FailureCode;
use wifisensor_tcp::handshake::{DeviceId, Hello, Versions};
use wifisensor_tcp::keys::Secret;
use wifisensor_tcp::samples::{Channel, Channels, ClockBasis, Encoder, Head, Quantity, Samples};
use wifisensor_tcp::server::{Account, Event, Identity, Log, Options, Server};
use wifisensor_tcp::session::Output;
use wifisensor_tcp::status::{Faults, Flags, LogId, Percent, SampleSpan, Status};
use wifisensor_tcp::time::{Millis, UnixTime};

const ID: DeviceId = DeviceId([0, 0, 0, 0, 0x5e, 0, 0x53, 1]);
const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
const LOG: LogId = LogId(0x1234_abcd);

fn session(status: Status) -> Session {
    Session::new(ID, status, NOW)
}

fn plain() -> Status {
    Status::new(LOG, SampleSpan::new(0, 9).unwrap())
}

fn body(
    buffer: &mut [u8; 1024],
    channels: &[(u8, i8)],
    basis: ClockBasis,
    rows: &[(u32, &[Option<i32>])],
) -> usize {
    let list: Vec<Channel> = channels
        .iter()
        .map(|(quantity, scale)| Channel::new(Quantity::new(*quantity).unwrap(), *scale).unwrap())
        .collect();
    let head = Head {
        first: 4,
        period_s: 60,
        basis,
        channels: Channels::new(&list).unwrap(),
    };
    let mut encoder = Encoder::new(buffer, head).unwrap();
    for (time, values) in rows {
        encoder.push(*time, values).unwrap();
    }
    encoder.finish().unwrap().len()
}

type Told = (u16, String, &'static str, Option<String>, String, &'static str);

/// Everything of the observations of one body that a reader sees.
fn told(channels: &[(u8, i8)], values: &[Option<i32>]) -> Vec<Told> {
    let mut buffer = [0; 1024];
    let len = body(&mut buffer, channels, ClockBasis::Utc, &[(1_789_999_000, values)]);
    let samples = Samples::parse(&buffer[..len]).unwrap();
    let session = session(plain());
    let all = observations(&session, &samples, NOW);
    all.map(|o| {
        (
            o.channel.number,
            o.channel.name.unwrap().into_owned(),
            o.quantity.code(),
            o.value.map(|value| value.to_string()),
            o.unit.map_or(String::new(), |unit| unit.to_string()),
            o.quality.code(),
        )
    })
    .collect()
}

#[test]
fn values_are_exact_at_every_scale_and_no_reading_is_no_number() {
    let row = |number, name: &str, quantity, value: Option<&str>, unit: &str, quality| {
        (
            number,
            name.to_owned(),
            quantity,
            value.map(str::to_owned),
            unit.to_owned(),
            quality,
        )
    };
    let all = told(
        &[
            (1, -2),
            (2, -1),
            (3, 0),
            (4, -9),
            (6, 1),
            (7, 9),
            (9, 0),
            (200, -3),
        ],
        &[
            Some(-1800),
            None,
            Some(7),
            Some(-1),
            Some(10_132),
            Some((1 << 30) - 1),
            Some(12),
            Some(5),
        ],
    );
    assert_eq!(
        all,
        [
            row(1, "temperature", "temperature", Some("-18.00"), "°C", "good"),
            row(
                2,
                "relative humidity",
                "relative-humidity",
                None,
                "%RH",
                "no-value"
            ),
            row(3, "dew point", "dew-point", Some("7"), "°C", "good"),
            row(4, "voltage", "voltage", Some("-0.000000001"), "V", "good"),
            row(5, "pressure", "pressure", Some("101320"), "Pa", "good"),
            row(6, "CO2", "co2", Some("1073741823000000000"), "ppm", "good"),
            row(7, "count", "count", Some("12"), "", "good"),
            row(8, "quantity 200", "unlisted", Some("0.005"), "", "good"),
        ]
    );
}

#[test]
fn a_contact_is_a_state_or_nothing() {
    for (raw, scale, value, quality) in [
        (0, 0, Some("0"), "good"),
        (1, 0, Some("1"), "good"),
        (2, 0, None, "malformed"),
        (1, -1, None, "malformed"),
        (-1, 0, None, "malformed"),
    ] {
        let all = told(&[(8, scale)], &[Some(raw)]);
        assert_eq!((all[0].3.as_deref(), all[0].5), (value, quality), "{raw} {scale}");
    }
}

#[test]
fn times_follow_the_clock_basis_and_provenance_names_log_and_record() {
    let mut status = plain();
    status.uptime_s = 1000;
    let session = session(status);
    let later = UnixMillis(NOW.0 + 700);
    for (basis, time, expected, known_by) in [
        (
            ClockBasis::Utc,
            1_789_999_000,
            UnixMillis(1_789_999_000_000),
            Basis::DeviceClock,
        ),
        (ClockBasis::Uptime, 900, UnixMillis(NOW.0 - 100_000), Basis::Age),
        (ClockBasis::Unknown, 900, later, Basis::Arrival),
    ] {
        let mut buffer = [0; 1024];
        let len = body(
            &mut buffer,
            &[(1, -2)],
            basis,
            &[(time, &[Some(1)]), (time + 60, &[None])],
        );
        let samples = Samples::parse(&buffer[..len]).unwrap();
        let all: Vec<Observation<'_>> = observations(&session, &samples, later).collect();
        assert_eq!((all[0].taken.time, all[0].taken.basis), (expected, known_by));
        assert_eq!(all[1].provenance.sequence, Some(5));
        assert_eq!(all[1].provenance.log, Some(LOG.0));
        assert_eq!(all[0].device.to_string(), "tcp/000000005e005301");
        assert!(matches!(all[0].source, Source::Samples(whole) if whole.count() == 2));
    }
}

#[test]
fn status_tells_the_health_of_the_device_and_unknown_is_missing() {
    let mut status = plain();
    status.battery_mv = std::num::NonZeroU16::new(3712);
    status.battery_pct = Percent::new(81);
    status.clock = 1_790_000_003;
    status.faults = Faults::PROBE_MISSING;
    status.alarm_low = 0b1000_0001;
    status.alarm_high = 0b1000_0010;
    let known = session(status);
    let value = |session: &Session, code: &str| {
        let found: Vec<_> = health(session).filter(|o| o.quantity.code() == code).collect();
        assert_eq!(found.len(), 1, "{code}");
        assert_eq!((found[0].channel.number, found[0].provenance.kind), (0, "STATUS"));
        assert_eq!(found[0].value.is_some(), found[0].quality == Quality::Good);
        found[0].value.map(|value: Value| value.to_string())
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(value(&known, "battery-voltage"), some("3.712"));
    assert_eq!(value(&known, "battery-charge"), some("81"));
    assert_eq!(value(&known, "signal-level"), None);
    assert_eq!(value(&known, "clock-valid"), some("1"));
    assert_eq!(value(&known, "clock-offset"), some("3.000"));
    assert_eq!(
        (value(&known, "probe-missing"), value(&known, "battery-low")),
        (some("1"), some("0"))
    );
    let alarms: Vec<_> = health(&known)
        .filter(|o| o.channel.number > 0)
        .map(|o| (o.channel.number, o.alarm, o.quality))
        .collect();
    assert_eq!(
        alarms,
        [
            (1, Alarm::Low, Quality::Missing),
            (2, Alarm::High, Quality::Missing),
            (8, Alarm::LowAndHigh, Quality::Missing)
        ]
    );
    status.flags = Flags::new(ClockBasis::Uptime, true);
    let without = session(status);
    assert_eq!(value(&without, "clock-valid"), some("0"));
    assert_eq!(value(&without, "clock-offset"), None);
    assert_eq!(value(&without, "external-power"), some("1"));
}

/// Both machines up to the first SAMPLES frame, which `take` gets; what the device was told to free.
fn upload(
    log: Option<Log>,
    take: impl Fn(&Session, wifisensor_tcp::server::Batch<'_>) -> Reply,
) -> (Option<u32>, Server) {
    let (secret, now) = (Secret::new([1; 32]), Millis(0));
    let hello = Hello {
        versions: Versions::default(),
        key_id: 1,
        device_id: ID,
        nonce: [3; 16],
    };
    let mut device = Device::new(&hello, &secret, now);
    let mut server = Server::new(Options::new(), &Secret::new([2; 32]), [4; 16], now);
    let (mut up, mut down, mut sent, mut freed) = (Vec::new(), Vec::new(), false, None);
    let mut known = None;
    for _ in 0..20 {
        let taken = device.handle_input(now, &down);
        down.drain(..taken);
        loop {
            match device.poll() {
                Output::Transmit(bytes) => up.extend_from_slice(bytes),
                Output::Event(device::Event::Challenge(_)) => device.send_status(&plain()).unwrap(),
                Output::Event(device::Event::Ready) if !sent => {
                    let mut buffer = [0; 1024];
                    let rows: &[(u32, &[Option<i32>])] =
                        &[(10, &[Some(1)]), (70, &[Some(2)]), (130, &[Some(3)])];
                    let mut head_first = [0; 1024];
                    let len = body(&mut buffer, &[(1, -2)], ClockBasis::Utc, rows);
                    head_first[..len].copy_from_slice(&buffer[..len]);
                    head_first[..4].copy_from_slice(&0_u32.to_be_bytes());
                    device
                        .send_samples(&Samples::parse(&head_first[..len]).unwrap())
                        .unwrap();
                    sent = true;
                }
                Output::Event(device::Event::Ack { next }) => freed = Some(next),
                Output::Wait(_) => break,
                _ => {}
            }
        }
        let taken = server.handle_input(now, &up);
        up.drain(..taken);
        loop {
            let reply = match server.poll() {
                Output::Transmit(bytes) => {
                    down.extend_from_slice(bytes);
                    continue;
                }
                Output::Event(Event::Hello { .. }) => {
                    server
                        .identify(UnixTime::default(), Identity::Known(&secret))
                        .unwrap();
                    continue;
                }
                Output::Event(Event::Status(status)) => {
                    known = Some(session(status));
                    server.open(&Account::new(log)).unwrap();
                    continue;
                }
                Output::Event(Event::Samples(batch)) => take(known.as_ref().unwrap(), batch),
                Output::Wait(_) => break,
                _ => continue,
            };
            reply.give(&mut server).unwrap();
        }
    }
    (freed, server)
}

fn table() -> Table {
    let policies = Policies::new(guard::config).unwrap();
    Table::new(policies.of(Family::Tcp).clone(), HashKey::new([3; 16]), 4).unwrap()
}

/// What a guard says that knows nothing of the device but whether it is suspended.
fn admit<M: Ingest>(authentic: Authentic<M>, suspended: bool) -> Result<Admitted<M>, Refusal<M::Reply>> {
    let mut table = table();
    let asked = authentic.inquiry(&HashKey::new([4; 16]), None);
    if suspended {
        table.suspend(&asked.device).unwrap();
    }
    let outcome = table.check(&asked.device, &asked.message, NOW.0);
    authentic.admit(table.policy(), &outcome)
}

/// Frames are not committed: what is checked is final.
fn stored<M: Ingest>(admitted: Admitted<M>) -> M::Reply {
    let table = table();
    let key = guard::device_key(&admitted.device());
    let outcome = table.check(&key, &replay_guard::Message::unnumbered(0), NOW.0);
    let settled = admitted.stored(table.policy(), &outcome);
    assert!(settled.keep);
    settled.reply
}

#[test]
fn only_what_is_stored_is_acknowledged_and_known_records_are_left_out() {
    let through = |session: &Session, batch: wifisensor_tcp::server::Batch<'_>| {
        let claim = read(ID, session.clock(), batch, Arrival::new(NOW, [0; 16]));
        let admitted = admit(claim.authenticate(session).unwrap(), false).unwrap();
        let upload = admitted.message();
        let numbers: Vec<u32> = upload.samples().map(|sample| sample.number()).collect();
        assert_eq!((numbers, upload.end(), upload.log_id()), (vec![2], 3, LOG));
        assert_eq!(admitted.observations().count(), 1);
        let key = upload.samples().next().unwrap().key();
        assert_eq!(key, admitted.key());
        assert_eq!(
            key.as_bytes(),
            b"tcp/000000005e005301\0\x12\x34\xab\xcd\0\0\0\x02"
        );
        stored(admitted)
    };
    let log = Some(Log {
        log_id: LOG,
        stored: 2,
    });
    assert_eq!(upload(log, through).0, Some(3));
    // Not stored: ERROR, and nothing is freed but what was.
    let (freed, server) = upload(log, |session, batch| {
        let claim = read(ID, session.clock(), batch, Arrival::new(NOW, [0; 16]));
        let admitted = admit(claim.authenticate(session).unwrap(), false).unwrap();
        admitted.not_stored()
    });
    assert_eq!(freed, Some(2));
    assert!(
        matches!(server.end(), Some(wifisensor_tcp::session::End::Failed(failure)) if failure.code == FailureCode::Storage)
    );
}

#[test]
fn a_session_proves_its_own_frames_only_and_the_gate_is_asked() {
    let _ = upload(None, |session, batch| {
        let arrival = Arrival::new(NOW, [0; 16]);
        let refused = read(DeviceId([9; 8]), session.clock(), batch, arrival)
            .authenticate(session)
            .unwrap_err();
        assert_eq!(refused.reason, RefusalReason::NotAuthentic);
        let other = Session::new(ID, Status::new(LogId(9), SampleSpan::new(0, 0).unwrap()), NOW);
        assert!(
            read(ID, other.clock(), batch, arrival)
                .authenticate(&other)
                .is_err()
        );
        let claim = read(ID, session.clock(), batch, arrival);
        let refused = admit(claim.authenticate(session).unwrap(), true).unwrap_err();
        assert_eq!(refused.reason.code(), "suspended");
        let busy = Reply::Fail {
            code: FailureCode::Busy,
            retry_s: 0,
        };
        assert_eq!(refused.reply, busy);
        refused.reply
    });
    let session = session(plain());
    let claim = read_status(&session, Arrival::new(NOW, [7; 16]));
    let admitted = admit(claim.authenticate(&session).unwrap(), false).unwrap();
    assert_eq!(admitted.device().family, Family::Tcp);
    assert_eq!(admitted.observations().count(), 12);
    assert_eq!(admitted.key().as_bytes().len(), 24);
    assert_eq!(stored(admitted), Reply::Proceed);
}
