//! Radio frames through every stage of the pipeline.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use comet_proto::sigfox::{Descriptions, FrameKey, Reply, decoded_frame, frame_observations, read_frame};
use comet_proto::{
    Arrival, Basis, Family, Ingest as _, MessageKey, Policies, RefusalReason, UnixMillis, guard,
};
use replay_guard::{HashKey, Table};
use sigfox_frame::EpId;
use sigfox_frame::auth::{DeviceKey, MacKey, PublicKey};
use sigfox_frame::control::{Control, DeciCelsius, Rssi, Supply};
use sigfox_frame::payload::Config;
use sigfox_frame::sequence::Rollover;
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
