//! Laws of bodies and frames: `parse` is total, and the inverse of writing.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test may panic"
)]

mod support;

use std::num::{NonZeroI8, NonZeroU16};

use proptest::prelude::*;
use support::{cases, hex};
use wifisensor_tcp::ack::Ack;
use wifisensor_tcp::config::{ChannelLimits, Config, ConfigBody, Item};
use wifisensor_tcp::failure::{Failure, FailureCode};
use wifisensor_tcp::frame::{self, Direction, Frame, FrameType};
use wifisensor_tcp::handshake::{Challenge, DeviceId, Hello, Versions};
use wifisensor_tcp::keys::{Key, MacKey};
use wifisensor_tcp::result::{Answer, ResultCode};
use wifisensor_tcp::rotate::Rotate;
use wifisensor_tcp::samples::{Channel, Channels, ClockBasis, Encoder, Head, Quantity, Samples};
use wifisensor_tcp::status::{Faults, Firmware, Flags, LogId, Percent, SampleSpan, Status};
use wifisensor_tcp::time::UnixTime;

/// A record as the twin below reads it: time and values.
type Row = (u32, Vec<Option<i32>>);

/// A SAMPLES body read straight from the words of the specification, with no thought of speed.
fn twin(body: &[u8]) -> Option<Vec<Row>> {
    let (head, mut rest) = (body.get(..12)?, body.get(12..)?);
    let first = u32::from_be_bytes(head[..4].try_into().unwrap());
    let mut time = i128::from(u32::from_be_bytes(head[4..8].try_into().unwrap()));
    let period = i128::from(u16::from_be_bytes([head[8], head[9]]));
    let (count, layout) = (head[10], head[11]);
    let channels = usize::from(layout & 15);
    if count == 0 || u64::from(first) + u64::from(count) > (1 << 32) - 1 {
        return None;
    }
    if layout & 0x30 != 0 || layout >> 6 == 3 || !(1..=8).contains(&channels) {
        return None;
    }
    for _ in 0..channels {
        if *rest.first()? == 0 || !(-9..=9).contains(&(*rest.get(1)? as i8)) {
            return None;
        }
        rest = &rest[2..];
    }
    let mut code = || {
        let mut value = 0_i128;
        for at in 0..5 {
            let byte = *rest.get(at)?;
            value += i128::from(byte & 127) << (7 * at);
            if byte < 128 {
                rest = &rest[at + 1..];
                return (value < 1 << 32 && (at == 0 || byte != 0)).then_some(value);
            }
        }
        None
    };
    let unzigzag = |z: i128| if z % 2 == 0 { z / 2 } else { -(z + 1) / 2 };
    let (mut previous, mut rows) = (vec![0; channels], Vec::new());
    for row in 0..count {
        if row > 0 {
            let dt = unzigzag(code()?) + period;
            time += dt;
            if dt < 0 || time >= 1 << 32 {
                return None;
            }
        }
        let mut values = Vec::new();
        for previous in &mut previous {
            let code = code()?;
            if code > 0 {
                *previous += unzigzag(code - 1);
                if !(-(1 << 30)..1 << 30).contains(previous) {
                    return None;
                }
            }
            values.push((code > 0).then_some(*previous as i32));
        }
        rows.push((time as u32, values));
    }
    rest.is_empty().then_some(rows)
}

/// What the crate reads is what the twin reads, and writing it again gives the same octets.
fn check(body: &[u8]) {
    let read = Samples::parse(body);
    let rows = twin(body);
    assert_eq!(read.is_ok(), rows.is_some(), "{read:?} of {body:02x?}");
    let (Ok(samples), Some(rows)) = (read, rows) else {
        let error = read.unwrap_err();
        assert_eq!(error.kind.code(), "malformed");
        assert!(error.offset <= body.len());
        return;
    };
    let records: Vec<_> = samples.records().collect();
    assert_eq!(records.len(), samples.records().len());
    let (mut buffer, head) = ([0; 2048], *samples.head());
    let mut encoder = Encoder::new(&mut buffer, head).unwrap();
    for ((record, (time, values)), number) in records.iter().zip(&rows).zip(samples.first()..) {
        assert_eq!((record.number(), record.time()), (number, *time));
        assert!(record.values().eq(values.iter().copied()));
        assert_eq!(record.value(values.len()), None);
        if body.len() <= 1024 {
            encoder.push(*time, values).unwrap();
        }
    }
    assert_eq!(records.len(), rows.len());
    if body.len() <= 1024 {
        assert_eq!(encoder.finish().unwrap(), body);
    }
}

fn bodies() -> &'static [Vec<u8>] {
    static BODIES: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
    BODIES.get_or_init(|| {
        let cases = cases("samples");
        let decoded = cases.iter().filter_map(|case| case["in"].get("body"));
        decoded.map(hex).collect()
    })
}

#[test]
fn every_vector_and_each_of_its_prefixes_and_flipped_bits_reads_as_the_twin_reads_it() {
    for body in bodies() {
        check(body);
        for len in 0..body.len() {
            check(&body[..len]);
        }
        let mut body = body.clone();
        for bit in 0..body.len() * 8 {
            body[bit / 8] ^= 1 << (bit % 8);
            check(&body);
            body[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

fn channels() -> impl Strategy<Value = Channels> {
    let channel = (1_u8..=255, -9_i8..=9)
        .prop_map(|(quantity, scale)| Channel::new(Quantity::new(quantity).unwrap(), scale).unwrap());
    prop::collection::vec(channel, 1..=8).prop_map(|list| Channels::new(&list).unwrap())
}

fn basis() -> impl Strategy<Value = ClockBasis> {
    prop::sample::select(&[ClockBasis::Utc, ClockBasis::Uptime, ClockBasis::Unknown])
}

fn head() -> impl Strategy<Value = Head> {
    let period = prop_oneof![Just(60), 0_u16..130, any::<u16>()];
    (any::<u32>(), period, basis(), channels()).prop_map(|(first, period_s, basis, channels)| Head {
        first: first.min(u32::MAX - 1),
        period_s,
        basis,
        channels,
    })
}

/// A step of a value or a time: mostly small.
fn step() -> impl Strategy<Value = i32> {
    prop_oneof![12 => -3..4, 2 => -70..70, 1 => -9000..9000, 1 => any::<i32>()]
}

fn status() -> impl Strategy<Value = Status> {
    let span = any::<[u32; 2]>().prop_map(|[a, b]| SampleSpan::new(a.min(b), a.max(b)).unwrap());
    let small = (any::<[u8; 5]>(), any::<i8>(), any::<[u16; 3]>(), 0_u8..3);
    (any::<[u32; 4]>(), span, small).prop_map(|([log_id, clock, uptime_s, config], samples, small)| {
        let ([percent, alarm_low, alarm_high, faults, flags], rssi, [model, mv, patch], basis) = small;
        let mut status = Status::new(LogId(log_id), samples);
        (status.clock, status.uptime_s, status.config, status.model) = (clock, uptime_s, config, model);
        status.battery_mv = NonZeroU16::new(mv);
        status.battery_pct = Percent::new(percent);
        status.rssi_dbm = NonZeroI8::new(rssi);
        (status.alarm_low, status.alarm_high, status.faults) = (alarm_low, alarm_high, Faults(faults));
        status.flags = Flags::from_bits(flags & 0xFC | basis).unwrap();
        status.firmware = Firmware {
            major: faults,
            minor: flags,
            patch,
        };
        status
    })
}

fn limits() -> impl Strategy<Value = ChannelLimits> {
    let limit = prop::option::of(-(1 << 30)..1 << 30);
    (0_u8..8, limit.clone(), limit).prop_filter_map("low above high", |(channel, low, high)| {
        ChannelLimits::new(channel, low, high)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_encoder_takes_reads_back(
        head in head(),
        start in prop_oneof![Just(1_767_225_420), any::<u32>()],
        steps in prop::collection::vec((step(), prop::collection::vec(prop::option::weighted(0.95, step()), 8)), 1..300),
    ) {
        let mut buffer = [0; 1024];
        let mut encoder = Encoder::new(&mut buffer, head).unwrap();
        let (mut time, mut values, mut rows) = (start, [2145_i32; 8], Vec::new());
        for (late, moves) in steps {
            if !rows.is_empty() {
                time = time.saturating_add(u32::from(head.period_s)).saturating_add_signed(late);
            }
            let row: Vec<_> = values.iter_mut().zip(moves).take(head.channels.len()).map(|(value, step)| {
                *value = value.saturating_add(step.unwrap_or(0)).clamp(-(1 << 30), (1 << 30) - 1);
                step.map(|_| *value)
            }).collect();
            if encoder.push(time, &row).is_err() {
                break; // full, or a time that goes back
            }
            rows.push((time, row));
        }
        let body = encoder.finish().unwrap().to_vec();
        prop_assert_eq!(twin(&body), Some(rows));
        check(&body);
    }

    #[test]
    fn edited_bodies_read_as_the_twin_reads_them(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..3, prop::collection::vec(prop_oneof![0_u8..6, any::<u8>()], 0..4)), 1..4),
    ) {
        let mut body = which.get(bodies()).clone();
        for (at, drop, insert) in edits {
            let at = at.index(body.len() + 1);
            let end = (at + drop).min(body.len());
            body.splice(at..end, insert);
        }
        check(&body);
    }

    /// Mostly codes of one octet, with everything that can be wrong strewn in.
    #[test]
    fn made_up_bodies_read_as_the_twin_reads_them(
        head in head(),
        start in prop_oneof![Just(1_767_225_420), any::<u32>()],
        codes in prop::collection::vec(prop_oneof![30 => 0_u8..8, 4 => 0_u8..128, 1 => any::<u8>()], 1..700),
        count in prop_oneof![Just(None), any::<u8>().prop_map(Some)],
    ) {
        let channels = head.channels.len();
        let complete = codes.iter().filter(|&&code| code < 128).count();
        let count = count.unwrap_or(((complete + 1) / (channels + 1)).min(255) as u8);
        let mut body = head.first.to_be_bytes().to_vec();
        body.extend(start.to_be_bytes());
        body.extend(head.period_s.to_be_bytes());
        body.extend([count, u8::from(head.basis) << 6 | channels as u8]);
        body.extend(head.channels.as_slice().iter().flat_map(|c| [c.quantity().get(), c.scale() as u8]));
        body.extend(codes);
        check(&body);
    }

    #[test]
    fn parsing_is_total(body in prop::collection::vec(any::<u8>(), 0..80), direction in any::<bool>()) {
        let _ = (Hello::parse(&body), Challenge::parse(&body), Status::parse(&body), Ack::parse(&body));
        let _ = (Answer::parse(&body), Failure::parse(&body), Rotate::parse(&body), Config::parse(&body));
        let direction = if direction { Direction::FromDevice } else { Direction::FromServer };
        let _ = Frame::parse(&body, direction);
        check(&body);
    }

    #[test]
    fn statuses_read_back(status in status(), more in prop::collection::vec(any::<u8>(), 0..9)) {
        let mut body = status.to_bytes().to_vec();
        body.extend(more);
        prop_assert_eq!(Status::parse(&body), Ok(status));
    }

    #[test]
    fn canonical_statuses_are_written_back(body in any::<[u8; 32]>(), tail in any::<[u8; 6]>()) {
        let body = [&body[..], &tail].concat();
        if let Ok(status) = Status::parse(&body) {
            prop_assert_eq!(&status.to_bytes()[..], &body[..]);
        }
    }

    #[test]
    fn the_other_bodies_read_back(
        versions in (1_u8..=255, 1_u8..=255),
        id in any::<[u8; 8]>(),
        nonce in any::<[u8; 16]>(),
        words in any::<[u32; 2]>(),
        ms in 0_u16..1000,
        bytes in any::<[u8; 2]>(),
        secret in any::<[u8; 32]>(),
    ) {
        let versions = Versions::new(versions.0.min(versions.1), versions.0.max(versions.1)).unwrap();
        let hello = Hello { versions, key_id: bytes[0], device_id: DeviceId(id), nonce };
        prop_assert_eq!(Hello::parse(&hello.to_bytes()), Ok(hello));
        prop_assert_eq!(hello.device_id.to_string().parse(), Ok(hello.device_id));
        let time = UnixTime::new(words[0], ms).unwrap();
        let challenge = Challenge { version: bytes[1], time, nonce };
        prop_assert_eq!(Challenge::parse(&challenge.to_bytes()), Ok(challenge));
        let ack = Ack { next: words[0] };
        prop_assert_eq!(Ack::parse(&ack.to_bytes()), Ok(ack));
        let answer = Answer { reference: words[1], code: ResultCode::from(bytes[0]) };
        prop_assert_eq!(Answer::parse(&answer.to_bytes()), Ok(answer));
        let mut failure = Failure::new(FailureCode::from(bytes[1]), Some(words[1]).filter(|&seq| seq != u32::MAX));
        failure.retry_s = ms;
        prop_assert_eq!(Failure::parse(&failure.to_bytes()), Ok(failure));
        let rotate = Rotate::new(bytes[0], secret);
        prop_assert_eq!(Rotate::parse(&rotate.to_bytes()), Ok(rotate));
    }

    #[test]
    fn configurations_read_back(
        version in 1_u32..,
        periods in (1_u32..=86_400, 10_u32..=604_800),
        limits in prop::collection::vec(limits(), 0..5),
        delay in any::<u16>(),
        name in "[ -~č°é]{1,12}",
        skipped in (128_u8.., prop::collection::vec(any::<u8>(), 0..30)),
    ) {
        let mut items = vec![
            Item::SamplePeriod(periods.0),
            Item::Skipped { tag: skipped.0, value: &skipped.1 },
            Item::UploadPeriod(periods.1),
            Item::AlarmDelay(delay),
            Item::Name(&name),
        ];
        let mut seen = [false; 8];
        for limits in limits {
            if !std::mem::replace(&mut seen[usize::from(limits.channel())], true) {
                items.push(Item::Limits(limits));
            }
        }
        let mut body = ConfigBody::new(version).unwrap();
        for item in &items {
            body.push(item).unwrap();
            prop_assert!(matches!(item, Item::Skipped { .. }) || body.push(item).is_err(), "twice");
        }
        let config = Config::parse(body.as_bytes()).unwrap();
        prop_assert_eq!(config.version(), version);
        prop_assert!(config.items().eq(items));
        prop_assert_eq!(ConfigBody::from_bytes(body.as_bytes()).unwrap(), body);
    }

    #[test]
    fn frames_read_back_and_any_change_breaks_the_tag(
        kind in any::<u8>(),
        seq in any::<u32>(),
        body in prop::collection::vec(any::<u8>(), 0..=256),
        bit in any::<prop::sample::Index>(),
    ) {
        let key = MacKey::new(&Key::new([5; 32]));
        let (kind, mut buffer) = (FrameType::from(kind), [0; 400]);
        let mut bytes = frame::emit(&mut buffer, kind, seq, &body, Some(&key)).unwrap().to_vec();
        prop_assert_eq!(bytes.len(), body.len() + 24);
        let read = Frame::parse(&bytes, kind.direction()).unwrap();
        prop_assert_eq!((read.kind(), read.seq(), read.body()), (kind, seq, &body[..]));
        prop_assert!(read.verify(&key));
        for len in 0..bytes.len() {
            let error = Frame::parse(&bytes[..len], kind.direction()).unwrap_err();
            prop_assert_eq!(error.kind.code(), "incomplete");
        }
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(changed) = Frame::parse(&bytes, kind.direction()) {
            prop_assert!(!changed.verify(&key));
        }
    }
}

/// Small steps near the ends of the scales, where the quick look at many codes must not settle anything.
#[test]
fn small_steps_over_the_ends_of_values_and_times_are_refused() {
    let body = |start: u32, value: i32, code: u8, dt: u8| {
        let mut buffer = [0; 64];
        let channel = Channel::new(Quantity::COUNT, 0).unwrap();
        let head = Head {
            first: 0,
            period_s: 60,
            basis: ClockBasis::Utc,
            channels: Channels::new(&[channel]).unwrap(),
        };
        let mut encoder = Encoder::new(&mut buffer, head).unwrap();
        encoder.push(start, &[Some(value)]).unwrap();
        let mut body = encoder.finish().unwrap().to_vec();
        body[10] = 41;
        body.extend([dt, code].repeat(40));
        body
    };
    let (min, max) = (-(1 << 30), (1 << 30) - 1);
    // Code 3 is +1, code 2 is −1; 40 records.
    for (start, value, code, lawful) in [
        (0, max - 40, 3, true),
        (0, max - 39, 3, false),
        (0, min + 40, 2, true),
        (0, min + 39, 2, false),
        (0, max - 9, 3, false),
        (0, min + 9, 2, false),
        (u32::MAX - 2400, 0, 1, true),
        (u32::MAX - 2399, 0, 1, false),
        (u32::MAX - 600, 0, 1, false),
    ] {
        let body = body(start, value, code, 0);
        assert_eq!(Samples::parse(&body).is_ok(), lawful, "{start} {value} {code}");
        check(&body);
    }
    // Over the end and back again, and then no more steps.
    for (value, codes) in [(max, [3, 2]), (min, [2, 3])] {
        let mut body = body(0, value, 1, 0);
        for (row, code) in (0..30).zip(codes.iter().cycle()) {
            let at = body.len() - 80 + 2 * row + 1;
            body[at] = *code;
        }
        assert!(Samples::parse(&body).is_err(), "{value}");
        check(&body);
    }
    // Standing still is lawful, going back is not.
    for (dt, lawful) in [(119, true), (121, false), (120, true)] {
        let body = body(0, 0, 1, dt);
        assert_eq!(Samples::parse(&body).is_ok(), lawful, "{dt}");
        check(&body);
    }
}

#[test]
fn every_config_vector_that_has_no_places_without_meaning_is_written_back() {
    let mut written = 0;
    for case in cases("bodies")
        .iter()
        .filter(|case| case["in"]["type"] == "config")
    {
        let body = hex(&case["in"]["body"]);
        let Ok(config) = Config::parse(&body) else {
            continue;
        };
        let mut again = ConfigBody::new(config.version()).unwrap();
        config.items().for_each(|item| again.push(&item).unwrap());
        assert_eq!(
            Config::parse(again.as_bytes()).unwrap().items().count(),
            config.items().count()
        );
        written += usize::from(again.as_bytes() == body);
    }
    assert!(written >= 8, "{written}");
}

#[test]
fn nothing_is_written_into_a_buffer_that_is_too_small() {
    let mut buffer = [0xEE; 27];
    let error = frame::emit(&mut buffer, FrameType::Ack, 1, &[0; 4], None).unwrap_err();
    assert_eq!(error.kind.code(), "buffer");
    assert_eq!(buffer, [0xEE; 27]);
    let mut large = [0; 2000];
    for (kind, len) in [(FrameType::Ack, 257), (FrameType::Samples, 1025)] {
        let error = frame::emit(&mut large, kind, 1, &vec![0; len], None).unwrap_err();
        assert_eq!(error.kind.code(), "range");
        assert!(frame::emit(&mut large, kind, 1, &vec![0; len - 1], None).is_ok());
    }
}

#[test]
fn a_body_is_full_at_255_records_at_1024_octets_and_at_the_last_number() {
    let channels = |n| Channels::new(&vec![Channel::new(Quantity::COUNT, 0).unwrap(); n]).unwrap();
    let fill = |first, n: usize, value: i32| {
        let mut buffer = [0; 2048];
        let head = Head {
            first,
            period_s: 1,
            basis: ClockBasis::Unknown,
            channels: channels(n),
        };
        let mut encoder = Encoder::new(&mut buffer, head).unwrap();
        let mut sign = 1;
        let error = loop {
            sign = -sign;
            if let Err(error) = encoder.push(u32::from(encoder.count()), &vec![Some(sign * value); n]) {
                break error;
            }
        };
        assert_eq!(error.kind.code(), "full");
        let count = encoder.count();
        let body = encoder.finish().unwrap();
        check(body);
        (count, body.len())
    };
    assert_eq!(fill(0, 1, 0).0, 255);
    assert_eq!(fill(u32::MAX - 3, 1, 0).0, 3);
    let (count, len) = fill(0, 8, 1 << 29);
    assert!(count < 30 && (1024 - 41..=1024).contains(&len), "{count} {len}");
}
