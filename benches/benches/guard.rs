//! One admission beside bare maps, a rate limiter and a replay detector, at random devices; one thread. For 10^7 devices and for two
//! threads see `ratios guard`.

use comet_benches::guard::{
    Bare, Batched, Dash, Detector, Discipline, Governor, Guard, Ours, Random, Scc, Shared, fill,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const MESSAGES: usize = 4096;

fn kinds(devices: usize) -> Vec<Option<Box<dyn Guard>>> {
    fn boxed<G: Guard + 'static>(guard: G) -> Box<dyn Guard> {
        Box::new(guard)
    }
    vec![
        Ours::new(devices, Discipline::Sliding).map(boxed),
        Batched::new(devices, Discipline::Sliding).map(boxed),
        Ours::new(devices, Discipline::Restarting).map(boxed),
        Batched::new(devices, Discipline::Restarting).map(boxed),
        Shared::new(devices, false).map(boxed),
        Shared::new(devices, true).map(boxed),
        Some(boxed(Bare::default())),
        Some(boxed(Dash::default())),
        Some(boxed(Scc::default())),
        Some(boxed(Governor::default())),
        Some(boxed(Detector::default())),
    ]
}

fn admission(c: &mut Criterion) {
    for devices in [1_u32, 1000, 1_000_000] {
        let mut group = c.benchmark_group(format!("guard/admit/{devices}"));
        group.throughput(Throughput::Elements(u64::try_from(MESSAGES).unwrap_or(1)));
        group.sample_size(20);
        let mut random = Random::new(3);
        // One after the other, so that the memory of one does not displace that of another.
        for mut guard in kinds(usize::try_from(devices).unwrap_or(1)).into_iter().flatten() {
            let mut sequence = fill(guard.as_mut(), u64::from(devices));
            let keys = random.keys(MESSAGES * 64, u64::from(devices));
            let name = guard.name();
            let mut parts = keys.chunks(MESSAGES).cycle();
            group.bench_function(BenchmarkId::from_parameter(name), |b| {
                b.iter(|| {
                    let all = guard.take(parts.next().unwrap_or_default(), sequence);
                    assert!(all, "{name} refused a message");
                    sequence = sequence.saturating_add(u64::try_from(MESSAGES).unwrap_or(0));
                });
            });
        }
    }
}

criterion_group!(benches, admission);
criterion_main!(benches);
