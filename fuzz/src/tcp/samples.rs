//! The codec of samples, beside one that is written down as the spec says it.

use arbitrary::Arbitrary;
use wifisensor_tcp::EncodeErrorKind;
use wifisensor_tcp::samples::{Channel, Channels, ClockBasis, Encoder, Head, MAX_NUMBER, Quantity, Samples};

/// Time, and value or nothing for each channel.
type Row = (u32, Vec<Option<i32>>);

/// What is accepted is what the plain decoder reads, and the only encoding of it.
pub fn decoding(body: &[u8]) {
    let plain = plain(body);
    match Samples::parse(body) {
        Ok(samples) => {
            let rows = rows(&samples);
            assert_eq!(Some(&rows), plain.as_ref());
            assert_eq!(encode(*samples.head(), &rows), body);
        }
        Err(error) => {
            assert!(error.offset <= body.len(), "{error:?}");
            assert_eq!(plain, None, "{error:?}");
        }
    }
}

fn rows(samples: &Samples<'_>) -> Vec<Row> {
    let records = samples.records();
    assert_eq!(records.len(), usize::from(samples.count()));
    let rows: Vec<_> = records
        .clone()
        .map(|record| (record.time(), record.values().collect()))
        .collect();
    assert!(
        records
            .map(|record| record.number())
            .eq(samples.first()..samples.end())
    );
    rows
}

fn encode(head: Head, rows: &[Row]) -> Vec<u8> {
    let mut buffer = [0; 1024];
    let mut encoder = Encoder::new(&mut buffer, head).expect("a head that was read");
    for (time, values) in rows {
        encoder.push(*time, values).expect("a record that was read");
    }
    encoder.finish().expect("at least one record").to_vec()
}

/// Spec §7.1, step by step, in wide integers.
fn plain(body: &[u8]) -> Option<Vec<Row>> {
    let &[
        n0,
        n1,
        n2,
        n3,
        t0,
        t1,
        t2,
        t3,
        p0,
        p1,
        count,
        layout,
        ref rest @ ..,
    ] = body
    else {
        return None;
    };
    let first = u32::from_be_bytes([n0, n1, n2, n3]);
    let channels = usize::from(layout & 0x0F);
    let bad_layout = layout & 0x30 != 0 || layout >> 6 == 3 || !(1..=8).contains(&channels);
    if body.len() > 1024 || count == 0 || bad_layout || first.checked_add(count.into()).is_none() {
        return None;
    }
    let (descriptions, mut records) = rest.split_at_checked(2 * channels)?;
    for pair in descriptions.chunks(2) {
        let &[quantity, scale] = pair else { return None };
        if quantity == 0 || !(-9..=9).contains(&scale.cast_signed()) {
            return None;
        }
    }
    let mut time = i64::from(u32::from_be_bytes([t0, t1, t2, t3]));
    let period = i64::from(u16::from_be_bytes([p0, p1]));
    let mut previous = vec![0_i64; channels];
    let mut rows = Vec::new();
    for number in 0..count {
        if number > 0 {
            let pause = period + unzigzag(varint(&mut records)?);
            time += pause;
            if pause < 0 {
                return None;
            }
        }
        let mut values = Vec::new();
        for previous in &mut previous {
            values.push(match varint(&mut records)? {
                0 => None,
                code => {
                    *previous += unzigzag(code - 1);
                    if !(-(1 << 30)..1 << 30).contains(previous) {
                        return None;
                    }
                    Some(i32::try_from(*previous).ok()?)
                }
            });
        }
        rows.push((u32::try_from(time).ok()?, values));
    }
    records.is_empty().then_some(rows)
}

fn varint(rest: &mut &[u8]) -> Option<u32> {
    let len = rest.iter().position(|octet| octet & 0x80 == 0)? + 1;
    let (code, after) = rest.split_at(len);
    *rest = after;
    let shortest = len == 1 || code.last() != Some(&0);
    let value = code
        .iter()
        .rev()
        .fold(0_u64, |value, octet| (value << 7) | u64::from(octet & 0x7F));
    u32::try_from(value).ok().filter(|_| len <= 5 && shortest)
}

fn unzigzag(code: u32) -> i64 {
    let half = i64::from(code >> 1);
    if code & 1 == 0 { half } else { -half - 1 }
}

/// What a device may want to write.
#[derive(Debug, Arbitrary)]
pub struct Log {
    pub(super) head: Head,
    /// Seconds since the record before; for the first, the time. Then a value for each channel.
    pub(super) rows: Vec<(u32, [Option<i32>; 8])>,
}

impl Log {
    /// One record of one channel.
    pub(super) fn one(first: u32, time: u32, value: Option<i32>) -> Self {
        let channel = Channel::new(Quantity::TEMPERATURE, -2).expect("lawful");
        let channels = Channels::new(&[channel]).expect("one");
        let head = Head {
            first,
            period_s: 60,
            basis: ClockBasis::Uptime,
            channels,
        };
        let mut values = [None; 8];
        values[0] = value;
        Self {
            head,
            rows: vec![(time, values)],
        }
    }
}

/// What the encoder takes reads back; what it refuses leaves the body as it was.
pub fn encoding(log: &Log) {
    let mut buffer = [0; 1024];
    let Ok(mut encoder) = Encoder::new(&mut buffer, log.head) else {
        assert!(log.head.first > MAX_NUMBER);
        return;
    };
    let channels = log.head.channels.len();
    let mut taken: Vec<Row> = Vec::new();
    for (pause, values) in &log.rows {
        let last = taken.last().map_or(0, |(time, _)| *time);
        let time = last.wrapping_add(*pause);
        let values = values.get(..channels).expect("at most eight").to_vec();
        let lawful = values
            .iter()
            .flatten()
            .all(|value| (-(1 << 30)..1 << 30).contains(value));
        match encoder.push(time, &values) {
            Ok(()) => {
                assert!(lawful && (taken.is_empty() || time >= last));
                taken.push((time, values));
            }
            Err(error) => match error.kind {
                EncodeErrorKind::Range => assert!(!lawful),
                EncodeErrorKind::TimeBack => assert!(time < last),
                EncodeErrorKind::Pause => assert!(time - last >= 1 << 31),
                EncodeErrorKind::Full => assert!(taken.len() >= 20 || log.head.first > MAX_NUMBER - 255),
                kind => panic!("{kind:?}"),
            },
        }
        assert_eq!(usize::from(encoder.count()), taken.len());
    }
    let Ok(body) = encoder.finish() else {
        assert!(taken.is_empty());
        return;
    };
    let samples = Samples::parse(body).expect("it was written");
    assert_eq!(samples.head(), &log.head);
    assert_eq!(rows(&samples), taken);
    decoding(body);
}
