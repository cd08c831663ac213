//! Radio frames through every stage of the pipeline.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use comet_proto::sigfox::{Descriptions, FrameKey, Reply, decoded_frame, frame_observations, read_frame};
use comet_proto::{
    Arrival, Basis, Family, Ingest as _, MessageKey, Policies, RefusalReason, UnixMillis, guard,
};
use replay_guard::{Config as GuardConfig, HashKey, Policy, Table, Verdict};
use sigfox_frame::EpId;
use sigfox_frame::auth::{DeviceKey, MacKey, PublicKey};
use sigfox_frame::control::{Control, DeciCelsius, Rssi, Supply};
use sigfox_frame::payload::Config;
use sigfox_frame::sequence::{Counter, Rollover, Verdict as Rule, Window};
use sigfox_frame::uplink::{Body, Frames, Message, Payload, Rank, Tolerance, decode};

const NOW: u64 = 1_790_000_000_000;
const ID: EpId = EpId(0x00A1_B2C3);
const DIGEST: HashKey = HashKey::new([4; 16]);

fn key() -> DeviceKey {
    DeviceKey::new([0x5A; 16]).unwrap()
}

fn message(counter: u16, body: Body) -> Message {
    Message::new(ID, Rollover::R4096.counter(counter).unwrap(), body)
}

fn bytes(payload: &[u8]) -> Body {
    Body::Bytes(Payload::new(payload).unwrap())
}

fn frame(message: &Message, key: &MacKey, rank: Rank) -> Vec<u8> {
    Frames::new(message, key).unwrap().frame(rank).to_vec()
}

fn table() -> Table {
    let policy = Policies::new(guard::config)
        .unwrap()
        .of(Family::SigfoxRadio)
        .clone();
    Table::new(policy, HashKey::new([3; 16]), 100).unwrap()
}

fn arrival(now: u64) -> Arrival {
    Arrival::new(UnixMillis(now), [1; 16])
}

type Sent = (&'static str, Reply, Option<MessageKey>);

/// One frame all the way; its verdict, the answer, and the key if there is something to store.
fn send(table: &mut Table, frame: &[u8], now: u64) -> Sent {
    send_under(table, frame, now, &FrameKey::new(ID, &key()))
}

fn send_under(table: &mut Table, frame: &[u8], now: u64, key: &FrameKey<'_>) -> Sent {
    let claim = read_frame(frame, Tolerance::Two, arrival(now)).unwrap();
    let authentic = match claim.authenticate(key) {
        Ok(authentic) => authentic,
        Err(refusal) => return (refusal.reason.code(), refusal.reply, None),
    };
    let asked = authentic.inquiry(&DIGEST, None);
    let outcome = table.commit(&asked.device, &asked.message, now, None);
    match authentic.admit(table.policy(), &outcome) {
        Ok(admitted) => {
            let key = admitted.key();
            let settled = admitted.stored(table.policy(), &outcome);
            (outcome.verdict.code(), settled.reply, Some(key))
        }
        Err(refusal) => (refusal.reason.code(), refusal.reply, None),
    }
}

#[test]
fn three_frames_are_one_message_and_a_recording_is_none() {
    let mut table = table();
    let hello = message(4095, bytes(b"Hello"));
    let (verdict, reply, stored) = send(&mut table, &frame(&hello, &key(), Rank::First), NOW);
    assert_eq!((verdict, reply), ("fresh", Reply::Taken));
    for (rank, after) in [(Rank::Second, 4_000), (Rank::Third, 8_000)] {
        let (verdict, reply, again) = send(&mut table, &frame(&hello, &key(), rank), NOW + after);
        assert_eq!((verdict, reply), ("duplicate", Reply::Taken));
        assert_eq!(again, stored, "the row is ensured under the same key");
    }
    // Long after.
    let replayed = send(&mut table, &frame(&hello, &key(), Rank::First), NOW + 60_000);
    assert_eq!(replayed, ("replay", Reply::Refused(409), None));
    // Another content under the counter: a clone, or a reset.
    let (verdict, reply, _) = send(
        &mut table,
        &frame(&message(4095, bytes(b"Hullo")), &key(), Rank::First),
        NOW + 9_000,
    );
    assert_eq!((verdict, reply), ("conflict", Reply::Refused(409)));
    // The counter wraps: another message, with a key of its own.
    let (verdict, _, next) = send(
        &mut table,
        &frame(&message(0, bytes(b"Hello")), &key(), Rank::First),
        NOW + 600_000,
    );
    assert_eq!(verdict, "fresh");
    assert_ne!(next, stored);
    let behind = send(
        &mut table,
        &frame(&message(2000, bytes(b"Hello")), &key(), Rank::First),
        NOW + 700_000,
    );
    assert_eq!(behind, ("out-of-window", Reply::Refused(409), None));
}

#[test]
fn the_key_of_a_lap_later_is_another_one() {
    let mut table = table();
    let mut keys = Vec::new();
    for lap in 0..3_u64 {
        for counter in (0..4096_u16).step_by(256) {
            let now = NOW + (lap * 4096 + u64::from(counter)) * 600_000;
            let (verdict, _, key) = send(
                &mut table,
                &frame(&message(counter, Body::Bit(true)), &key(), Rank::First),
                now,
            );
            assert_eq!(verdict, "fresh", "{lap} {counter}");
            keys.push(key.unwrap().as_bytes().to_vec());
        }
    }
    let all = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), all);
}

#[test]
fn a_device_wraps_at_its_own_number() {
    let (mut table, key) = (table(), key());
    let mut now = NOW;
    let mut send = |rollover, counter| {
        now += 600_000;
        let frame = frame(&message(counter, Body::Empty), &key, Rank::First);
        send_under(
            &mut table,
            &frame,
            now,
            &FrameKey::new(ID, &key).with_rollover(rollover),
        )
    };
    let mut keys = Vec::new();
    for counter in (120..128).chain(0..128).chain(0..3) {
        let (verdict, reply, key) = send(Rollover::R128, counter);
        assert_eq!((verdict, reply), ("fresh", Reply::Taken), "{counter}");
        keys.push(key.unwrap().as_bytes().to_vec());
    }
    let all = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), all, "each lap has its own");
    // R 11.1: MC < R always.
    assert_eq!(send(Rollover::R128, 128).0, "out-of-window");
    // Its operator finds that it wraps later: the last counter stays the last.
    assert_eq!(send(Rollover::R4096, 1).0, "out-of-window");
    assert_eq!(send(Rollover::R4096, 128).0, "fresh");
}

/// R 11.3: the window is judged in two places, by the leaf for one device and by the guard for millions. They say the same.
#[test]
fn the_guard_and_the_rule_of_the_leaf_agree() {
    const DAY: u64 = 86_400_000;
    let mut judged = 0;
    for per_day in [0, 1, 20, 140, 600, u16::MAX] {
        let policy = Policy::new(GuardConfig::new(guard::rolling(4096, per_day.into()))).unwrap();
        let key = guard::device_key(&comet_proto::DeviceId::new(Family::SigfoxRadio, "A1B2C3"));
        for rollover in Rollover::ALL {
            let r = rollover.get();
            for last in [0, 1, r / 2, r - 1] {
                let mut table = Table::new(policy.clone(), HashKey::new([3; 16]), 1).unwrap();
                let numbered =
                    |counter: u16| replay_guard::Message::numbered(counter.into()).with_modulus(r.into());
                let first = table.admit(&key, &numbered(last), NOW).verdict;
                assert!(matches!(first, Verdict::Fresh(fresh) if fresh.first));
                // So many days later to the millisecond, and just before.
                for days in [0, 1, 2, 3, 5, 13, 14, 15, 400] {
                    let now = NOW + u64::from(days) * DAY - u64::from(days > 0);
                    let window = Window::newer_rule(rollover, per_day, days);
                    let edge = last + window.width();
                    let edges = [edge - 1, edge, edge + 1, last + r - 1, last, last + 1];
                    let beyond = [r, r + 1, 4095].into_iter().filter(|counter| *counter >= r);
                    let counters = edges.map(|counter| counter % r).into_iter();
                    for counter in counters.chain(beyond).chain((0..r).step_by(29)) {
                        let counter_of = |value| Counter::new(value).unwrap_or(Counter::MAX);
                        if counter > Counter::MAX.get() {
                            continue;
                        }
                        let rule = window.judge(Some(counter_of(last)), counter_of(counter));
                        let guarded = table.check(&key, &numbered(counter), now).verdict;
                        let agree = match rule {
                            Rule::Accept { gap } => {
                                matches!(guarded, Verdict::Fresh(fresh) if fresh.lost + 1 == u64::from(gap))
                            }
                            Rule::Duplicate => {
                                matches!(guarded, Verdict::Duplicate { .. } | Verdict::Replay { .. })
                            }
                            Rule::Reject { .. } => guarded == Verdict::OutOfWindow,
                            Rule::First => false,
                        };
                        let told = (per_day, r, last, days, counter);
                        assert!(agree, "{told:?}: {rule:?}, {guarded:?}");
                        judged += 1;
                    }
                }
                // Without a state.
                table.forget(&key).unwrap();
                for counter in [0, r - 1, r.min(4095)] {
                    let rule = window_of(rollover).judge(None, Counter::new(counter).unwrap());
                    let guarded = table.check(&key, &numbered(counter), NOW).verdict;
                    let first = matches!(guarded, Verdict::Fresh(fresh) if fresh.first);
                    assert_eq!(rule == Rule::First, first, "{counter} of {r}");
                }
            }
        }
    }
    assert!(judged > 50_000, "{judged}");
}

fn window_of(rollover: Rollover) -> Window {
    Window::newer_rule(rollover, 140, 1)
}

/// R 6, R 11.2: an empty message, a bit that is 0 and one that is 1 are three messages; so are a question and a statement, and bytes
/// and a control record.
#[test]
fn what_says_something_else_under_the_same_counter_is_an_anomaly() {
    let record = [0x42, 1, 2, 3, 4, 5];
    let bodies = [
        Body::Empty,
        Body::Bit(false),
        Body::Bit(true),
        bytes(&record),
        Body::Control(Control::parse(&record).unwrap()),
    ];
    let mut messages: Vec<Message> = bodies.map(|body| message(7, body)).to_vec();
    messages.extend(
        bodies[..4]
            .iter()
            .map(|body| message(7, *body).asking_for_downlink()),
    );
    for one in &messages {
        for other in &messages {
            let mut table = table();
            let (verdict, _, stored) = send(&mut table, &frame(one, &key(), Rank::First), NOW);
            assert_eq!(verdict, "fresh");
            let (verdict, reply, key) = send(&mut table, &frame(other, &key(), Rank::Second), NOW + 4_000);
            if one == other {
                assert_eq!((verdict, reply), ("duplicate", Reply::Taken));
                assert_eq!(key, stored);
            } else {
                assert_eq!(
                    (verdict, reply),
                    ("conflict", Reply::Refused(409)),
                    "{one:?} {other:?}"
                );
                assert_ne!(key, stored);
            }
        }
    }
}

/// Nothing of it is kept: the receiver must not take it for stored.
#[test]
fn a_message_that_finds_no_place_is_not_confirmed() {
    let policy = Policies::new(guard::config)
        .unwrap()
        .of(Family::SigfoxRadio)
        .clone();
    let mut full = Table::new(policy, HashKey::new([3; 16]), 1).unwrap();
    let other = guard::device_key(&comet_proto::DeviceId::new(Family::SigfoxRadio, "1"));
    full.suspend(&other).unwrap();
    let frame = frame(&message(7, Body::Empty), &key(), Rank::First);
    assert_eq!(send(&mut full, &frame, NOW), ("full", Reply::NOT_STORED, None));
    let claim = read_frame(&frame, Tolerance::Two, arrival(NOW)).unwrap();
    assert_eq!(
        claim.message().not_admitted(&Verdict::StaleTicket),
        Reply::NOT_STORED
    );
}

#[test]
fn nothing_without_the_key_of_the_device_is_authentic() {
    let mut table = table();
    let hello = message(7, bytes(b"Hello"));
    let other = DeviceKey::new([1; 16]).unwrap();
    for forged in [
        frame(&hello, &other, Rank::First),
        frame(&hello, &PublicKey::new(), Rank::First),
        frame(
            &Message::new(EpId(1), hello.counter, hello.body),
            &key(),
            Rank::Second,
        ),
    ] {
        assert_eq!(
            send(&mut table, &forged, NOW),
            ("not-authentic", Reply::Refused(403), None)
        );
    }
    // R 7.1: a message of one byte, made longer by somebody who has no key.
    let short = message(7, bytes(&[0x42]));
    let mut forged = frame(&message(7, bytes(&[0x42; 8])), &key(), Rank::First);
    let genuine = frame(&short, &key(), Rank::First);
    let head: [u8; 6] = genuine[4..10].try_into().unwrap();
    let payload: Vec<u8> = [&[0x42][..], &head, &[0x42]].concat();
    forged.truncate(10);
    forged.extend_from_slice(&payload);
    forged.extend_from_slice(&genuine[11..13]);
    let crc = sigfox_frame::coding::crc::crc16(&forged[4..]);
    forged.extend_from_slice(&crc.to_be_bytes());
    let claim = || read_frame(&forged, Tolerance::Exact, arrival(NOW)).unwrap();
    let key = key();
    assert!(claim().message().padding_ambiguous);
    assert!(claim().authenticate(&FrameKey::new(ID, &key)).is_err());
    assert!(
        claim()
            .authenticate(&FrameKey::new(ID, &key).with_ambiguous())
            .is_ok()
    );
}

#[test]
fn a_damaged_frame_says_where() {
    let mut damaged = frame(&message(7, bytes(b"Hello")), &key(), Rank::First);
    damaged[12] ^= 1;
    let refusal = read_frame(&damaged, Tolerance::Two, arrival(NOW)).unwrap_err();
    assert_eq!(
        (refusal.reason.code(), refusal.reply),
        ("crc", Reply::Refused(400))
    );
    assert!(matches!(refusal.reason, RefusalReason::Frame(_)));
}

#[test]
fn devices_report_their_supply_and_payloads_wait_for_a_description() {
    let supply = Supply {
        idle_mv: 3312,
        transmit_mv: 2987,
        temperature: DeciCelsius(-57),
    };
    let uplink = |body| {
        let frame = frame(&message(7, body), &key(), Rank::First);
        *decode(&frame, Tolerance::Exact).unwrap().uplink()
    };
    let told = |body| {
        let uplink = uplink(body);
        let all = frame_observations(&uplink, UnixMillis(NOW));
        all.iter()
            .map(|o| {
                assert_eq!((o.taken.basis, o.channel.number), (Basis::Arrival, 0));
                format!(
                    "{} {} {}",
                    o.quantity.code(),
                    o.value.unwrap(),
                    o.unit.as_ref().unwrap()
                )
            })
            .collect::<Vec<_>>()
    };
    let kept = [
        "battery-voltage 3.312 V",
        "transmit-voltage 2.987 V",
        "device-temperature -5.7 °C",
    ];
    assert_eq!(told(Body::Control(Control::KeepAlive(supply))), kept);
    let rssi = Rssi::new(-118).unwrap();
    let confirmed = told(Body::Control(Control::DownlinkConfirmation { supply, rssi }));
    assert_eq!(confirmed[..3], kept);
    assert_eq!(confirmed[3], "downlink-level -118 dBm");
    assert!(told(bytes(&[8, 0, 0, 0, 0, 0, 0])).is_empty());
    let descriptions =
        Descriptions::new().with_configuration("own", 1, Config::compile("t::int:16").unwrap());
    let payload = uplink(bytes(&[0xff, 0x38, 1]));
    let all = decoded_frame(&payload, &descriptions, UnixMillis(NOW));
    assert_eq!(
        (all.len(), all[0].value.unwrap().to_string().as_str()),
        (1, "-200")
    );
    assert_eq!(all[0].provenance.description.unwrap().name, "own");
    let empty = Descriptions::new();
    assert!(decoded_frame(&payload, &empty, UnixMillis(NOW)).is_empty());
    let control = uplink(Body::Control(Control::KeepAlive(supply)));
    assert!(decoded_frame(&control, &descriptions, UnixMillis(NOW)).is_empty());
    assert!(comet_proto::sigfox::serial(payload.message.ep_id.0) == "A1B2C3");
}

#[test]
fn a_frame_has_a_key_without_a_guard_too() {
    let frame = frame(&message(7, Body::Empty), &key(), Rank::First);
    let claim = read_frame(&frame, Tolerance::Exact, arrival(NOW)).unwrap();
    let arrival = arrival(NOW);
    assert_eq!(
        claim.message().key(&arrival),
        claim.message().extended_key(&arrival, Some(7))
    );
    assert_ne!(
        claim.message().key(&arrival),
        claim.message().extended_key(&arrival, Some(4103))
    );
}
