//! Sigfox frames: decode and verify beside the bare cipher, CRC and inverse filter beside their peers, joint decoding, search.

use std::hint::black_box;

use comet_benches::sigfox;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sigfox_frame::coding::{convolution, crc};
use sigfox_frame::search::{HardSearch, Options, SoftSearch};
use sigfox_frame::uplink::{Rank, Tolerance, decode};

fn frames(c: &mut Criterion) {
    let Some(key) = sigfox::key() else { return };
    let bare = sigfox::bare_key();
    let mut group = c.benchmark_group("sigfox/verify");
    group.throughput(Throughput::Elements(1));
    for sent in &sigfox::frames() {
        assert!(sigfox::agree(sent), "{}", sent.name);
        group.bench_with_input(
            BenchmarkId::new("this-crate", sent.name),
            &*sent.frame,
            |b, frame| {
                b.iter(|| sigfox::verified(black_box(frame), &key));
            },
        );
        group.bench_with_input(
            BenchmarkId::new("without-tag", sent.name),
            &*sent.frame,
            |b, frame| {
                b.iter(|| decode(black_box(frame), Tolerance::Two));
            },
        );
        let blocks = sigfox::blocks(sent);
        group.bench_with_input(
            BenchmarkId::new("bare-cipher", sent.name),
            &*blocks,
            |b, blocks| {
                b.iter(|| sigfox::bare(black_box(blocks), &bare));
            },
        );
    }
    group.finish();
    let damaged = sigfox::damaged();
    assert!(sigfox::combined(&damaged).is_ok());
    c.bench_function("sigfox/combine/three", |b| {
        b.iter(|| sigfox::combined(black_box(&damaged)))
    });
}

fn codes(c: &mut Criterion) {
    let data = sigfox::noise(20);
    let expected = crc::crc16(&data);
    assert_eq!(
        (sigfox::CRC.checksum(&data), sigfox::CRCXX.compute(&data)),
        (expected, expected)
    );
    let mut group = c.benchmark_group("sigfox/crc16");
    group.throughput(Throughput::Bytes(20));
    group.bench_function("this-crate", |b| b.iter(|| crc::crc16(black_box(&data))));
    group.bench_function("crc", |b| b.iter(|| sigfox::CRC.checksum(black_box(&data))));
    group.bench_function("crcxx", |b| b.iter(|| sigfox::CRCXX.compute(black_box(&data))));
    group.finish();
    let tables = sigfox::Table::new();
    let mut coded = [0; 22];
    coded.copy_from_slice(&sigfox::noise(22));
    let mut group = c.benchmark_group("sigfox/inverse-filter");
    group.throughput(Throughput::Bytes(22));
    for rank in [Rank::Second, Rank::Third] {
        group.bench_function(BenchmarkId::new("this-crate", rank.get()), |b| {
            b.iter(|| {
                let mut content = black_box(coded);
                convolution::decode(rank, &mut content);
                content
            });
        });
        group.bench_function(BenchmarkId::new("byte-table", rank.get()), |b| {
            b.iter(|| {
                let mut content = black_box(coded);
                sigfox::table(&mut content, rank, &tables);
                content
            });
        });
    }
}

fn search(c: &mut Criterion) {
    let noise = sigfox::noise(1250);
    let mut group = c.benchmark_group("sigfox/search");
    group.throughput(Throughput::Elements(10_000));
    group.bench_function("bits", |b| {
        b.iter(|| {
            let mut search = HardSearch::new(Options::default());
            let mut count = 0_usize;
            for byte in black_box(&noise) {
                for at in (0..8).rev() {
                    count = count.wrapping_add(search.push((byte >> at) & 1 == 1).count());
                }
            }
            count
        });
    });
    group.bench_function("values", |b| {
        b.iter(|| {
            let mut search = SoftSearch::new(Options::default());
            let mut count = 0_usize;
            for byte in black_box(&noise) {
                for at in (0..8).rev() {
                    let value = if (byte >> at) & 1 == 1 { 40 } else { -40 };
                    count = count.wrapping_add(search.push(value).count());
                }
            }
            count
        });
    });
}

criterion_group!(benches, frames, codes, search);
criterion_main!(benches);
