//! Callbacks of the Sigfox Cloud: the whole way beside readers that fill a plain struct and check less (see
//! [`comet_benches::callback::Plain`]); a payload configuration beside shifts by hand.

use std::hint::black_box;

use comet_benches::callback;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sigfox_frame::payload::{Config, Value};

fn receiving(c: &mut Criterion) {
    let mut group = c.benchmark_group("callback/receive");
    let Some(receiver) = callback::receiver() else {
        return;
    };
    for body in &callback::bodies() {
        assert!(callback::agree(body), "{}", body.name);
        group.throughput(Throughput::Bytes(
            u64::try_from(body.octets.len()).unwrap_or(u64::MAX),
        ));
        let octets = body.octets.as_slice();
        group.bench_with_input(BenchmarkId::new("this-crate", body.name), octets, |b, octets| {
            b.iter(|| callback::ours(&receiver, black_box(octets)));
        });
        group.bench_with_input(BenchmarkId::new("serde_json", body.name), octets, |b, octets| {
            b.iter(|| callback::serde(black_box(octets)));
        });
        group.bench_with_input(BenchmarkId::new("sonic-rs", body.name), octets, |b, octets| {
            b.iter(|| callback::sonic(black_box(octets)));
        });
    }
}

fn evaluating(c: &mut Criterion) {
    let mut group = c.benchmark_group("callback/payload");
    let Ok(config) = Config::compile("st::uint:8 n::uint:16:little-endian t::int:16") else {
        return;
    };
    let payload = [0x85, 0x0a, 0x01, 0xff, 0x38];
    let sum = |payload: &[u8]| {
        config.values(payload).fold(0_i64, |sum, (_, value)| match value {
            Some(Value::Unsigned(value)) => sum.wrapping_add(value.cast_signed()),
            Some(Value::Signed(value)) => sum.wrapping_add(value),
            _ => sum,
        })
    };
    let by_hand = |payload: &[u8; 5]| {
        let [st, n0, n1, t0, t1] = *payload;
        i64::from(st)
            .wrapping_add(i64::from(u16::from_le_bytes([n0, n1])))
            .wrapping_add(i64::from(i16::from_be_bytes([t0, t1])))
    };
    assert_eq!(sum(&payload), by_hand(&payload));
    group.bench_function("this-crate", |b| b.iter(|| sum(black_box(&payload))));
    group.bench_function("by hand", |b| b.iter(|| by_hand(black_box(&payload))));
}

criterion_group!(benches, receiving, evaluating);
criterion_main!(benches);
