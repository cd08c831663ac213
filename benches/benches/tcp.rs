//! Sessions of WiFi sensors: SAMPLES beside the bare HMAC over the same octets, the codec beside a plain loop, handshakes.

use std::hint::black_box;

use comet_benches::tcp;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use wifisensor_tcp::keys::Secret;
use wifisensor_tcp::samples::Samples;

fn samples(c: &mut Criterion) {
    let (key, bare) = (tcp::key(), tcp::bare_key());
    let mut group = c.benchmark_group("tcp/samples");
    for full in &tcp::full() {
        assert!(tcp::agree(full), "{}", full.name);
        group.throughput(Throughput::ElementsAndBytes {
            elements: full.records,
            bytes: u64::try_from(full.octets.len()).unwrap_or(u64::MAX),
        });
        let octets = full.octets.as_slice();
        group.bench_with_input(BenchmarkId::new("this-crate", full.name), octets, |b, octets| {
            b.iter(|| tcp::verified(black_box(octets), &key));
        });
        group.bench_with_input(
            BenchmarkId::new("this-crate-records", full.name),
            octets,
            |b, octets| {
                b.iter(|| tcp::verified(black_box(octets), &key).map(|samples| tcp::sum(samples.records())));
            },
        );
        group.bench_with_input(BenchmarkId::new("bare-hmac", full.name), octets, |b, octets| {
            b.iter(|| tcp::bare(black_box(octets), &bare));
        });
    }
    group.finish();
    let mut group = c.benchmark_group("tcp/codec");
    for full in &tcp::full() {
        group.throughput(Throughput::Bytes(
            u64::try_from(full.body().len()).unwrap_or(u64::MAX),
        ));
        group.bench_with_input(
            BenchmarkId::new("this-crate", full.name),
            full.body(),
            |b, body| {
                b.iter(|| Samples::parse(black_box(body)).map(|samples| tcp::sum(samples.records())));
            },
        );
        group.bench_with_input(
            BenchmarkId::new("varint-loop", full.name),
            full.body(),
            |b, body| {
                b.iter(|| tcp::plain(black_box(body)));
            },
        );
    }
}

fn handshakes(c: &mut Criterion) {
    let (hello, secret) = tcp::hello();
    let decoy = Secret::new([0xDC; 32]);
    assert!(tcp::handshake(&hello, &secret, &decoy).is_some());
    let mut group = c.benchmark_group("tcp/handshake");
    group.throughput(Throughput::Elements(1));
    group.bench_function("this-crate", |b| {
        b.iter(|| tcp::handshake(black_box(&hello), &secret, &decoy));
    });
    group.bench_function("its-hashing", |b| {
        b.iter(|| tcp::handshake_hashing(black_box(&hello)));
    });
}

criterion_group!(benches, samples, handshakes);
criterion_main!(benches);
