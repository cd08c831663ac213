//! JSON push messages: decoding beside readers that fill a plain struct and check less (see [`comet_benches::push::Plain`]).

use std::hint::black_box;

use comet_benches::push;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn decoding(c: &mut Criterion) {
    let mut group = c.benchmark_group("json/decode");
    for body in &push::bodies() {
        assert!(push::agree(body), "{}", body.name);
        group.throughput(Throughput::Bytes(
            u64::try_from(body.octets.len()).unwrap_or(u64::MAX),
        ));
        let octets = body.octets.as_slice();
        group.bench_with_input(BenchmarkId::new("this-crate", body.name), octets, |b, octets| {
            b.iter(|| push::ours(black_box(octets)));
        });
        group.bench_with_input(BenchmarkId::new("serde_json", body.name), octets, |b, octets| {
            b.iter(|| push::serde(black_box(octets)));
        });
        group.bench_with_input(BenchmarkId::new("simd-json", body.name), octets, |b, octets| {
            let mut copy = Vec::new();
            b.iter(|| push::simd(black_box(octets), &mut copy).is_some());
        });
    }
}

criterion_group!(benches, decoding);
criterion_main!(benches);
