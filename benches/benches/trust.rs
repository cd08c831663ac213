//! Images beside the bare SHA-256 of their bytes, manifests beside their bare signature, chains beside webpki alone.

use std::hint::black_box;

use comet_benches::trust::{Chain, Image, Manifest};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn images(c: &mut Criterion) {
    let mut group = c.benchmark_group("trust/image");
    for kib in [64_usize, 1024] {
        let Some(image) = Image::new(kib.saturating_mul(1024)) else {
            return;
        };
        let octets = image.octets.as_slice();
        assert_eq!(image.whole(octets), image.streamed(octets));
        assert!(image.whole(octets).is_some());
        group.throughput(Throughput::Bytes(octets.len().try_into().unwrap_or(u64::MAX)));
        group.bench_with_input(BenchmarkId::new("this-crate", kib), octets, |b, octets| {
            b.iter(|| image.whole(black_box(octets)));
        });
        group.bench_with_input(BenchmarkId::new("this-crate-stream", kib), octets, |b, octets| {
            b.iter(|| image.streamed(black_box(octets)));
        });
        group.bench_with_input(BenchmarkId::new("bare-sha256", kib), octets, |b, octets| {
            b.iter(|| Image::bare(black_box(octets)));
        });
    }
}

fn manifests(c: &mut Criterion) {
    let mut group = c.benchmark_group("trust/manifest");
    for manifest in &Manifest::all() {
        let octets = manifest.octets.as_slice();
        assert!(manifest.verified(octets).is_some() && manifest.bare());
        group.bench_with_input(
            BenchmarkId::new("this-crate", manifest.name),
            octets,
            |b, octets| {
                b.iter(|| manifest.verified(black_box(octets)));
            },
        );
        group.bench_function(BenchmarkId::new("bare-signature", manifest.name), |b| {
            b.iter(|| black_box(manifest).bare());
        });
    }
}

fn chains(c: &mut Criterion) {
    let Some(chain) = Chain::new() else { return };
    let device = chain.device.as_slice();
    assert!(chain.examined(device) && chain.path(device, true) && chain.path(device, false));
    let mut group = c.benchmark_group("trust/chain");
    group.bench_function("this-crate", |b| b.iter(|| chain.examined(black_box(device))));
    group.bench_function("webpki-same-arithmetic", |b| {
        b.iter(|| chain.path(black_box(device), false));
    });
    group.bench_function("webpki-ring", |b| b.iter(|| chain.path(black_box(device), true)));
}

criterion_group!(benches, images, manifests, chains);
criterion_main!(benches);
