//! One admission at random devices, beside bare maps, a rate limiter and a replay detector, with one thread and with two.

use std::time::Instant;

use comet_benches::guard::{
    Bare, Batched, Dash, Detector, Discipline, Governor, Guard, Ours, Random, Scc, Shared, fill,
};

const ROUNDS: usize = 41;
/// Messages of one implementation in one round.
const MESSAGES: usize = 65_536;
/// Messages before them that are not timed: what the implementation before displaced comes back.
const WARM_UP: usize = 16_384;
const THREADS: u64 = 2;

struct Row {
    guards: Vec<Box<dyn Guard + Send>>,
    sequence: u64,
    nanoseconds: Vec<f64>,
}

impl Row {
    fn new(guards: Vec<Box<dyn Guard + Send>>) -> Self {
        Self {
            guards,
            sequence: 1,
            nanoseconds: Vec::new(),
        }
    }

    /// One round; whether all messages were accepted.
    fn round(&mut self, keys: &[Vec<[u8; 16]>]) -> bool {
        let warm: Vec<_> = keys
            .iter()
            .map(|keys| keys.get(..WARM_UP).unwrap_or_default())
            .collect();
        let keys: Vec<_> = keys
            .iter()
            .map(|keys| keys.get(WARM_UP..).unwrap_or_default())
            .collect();
        let mut all = true;
        for (guard, keys) in self.guards.iter_mut().zip(warm) {
            all &= guard.take(keys, self.sequence);
        }
        self.sequence = self.sequence.saturating_add(u64::try_from(WARM_UP).unwrap_or(0));
        let sequence = self.sequence;
        self.sequence = sequence.saturating_add(u64::try_from(MESSAGES).unwrap_or(0));
        let start = Instant::now();
        all &= match (self.guards.as_mut_slice(), keys.as_slice()) {
            ([guard], [keys]) => guard.take(keys, sequence),
            (guards, keys) => std::thread::scope(|scope| {
                let mut threads = Vec::new();
                for (guard, keys) in guards.iter_mut().zip(keys) {
                    threads.push(scope.spawn(move || guard.take(keys, sequence)));
                }
                threads
                    .into_iter()
                    .fold(true, |all, thread| all & thread.join().unwrap_or(false))
            }),
        };
        let messages = u32::try_from(MESSAGES).map_or(f64::NAN, f64::from);
        let threads = u32::try_from(keys.len()).map_or(f64::NAN, f64::from);
        self.nanoseconds
            .push(start.elapsed().as_secs_f64() * 1e9 / messages / threads);
        all
    }

    fn median(&self) -> f64 {
        let mut sorted = self.nanoseconds.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// Rounds in turn, and the table; whether everything was accepted.
fn measure(rows: &mut [Row], devices: u64, threads: u64) -> bool {
    let mut random = Random::new(devices);
    for _ in 0..ROUNDS {
        for row in rows.iter_mut() {
            let keys: Vec<_> = (0..threads)
                .map(|thread| random.share(WARM_UP + MESSAGES, devices, threads, thread))
                .collect();
            if !row.round(&keys) {
                println!(
                    "{} refused a message",
                    row.guards.first().map_or("", |g| g.name())
                );
                return false;
            }
        }
    }
    let limit = rows.first().map_or(f64::NAN, Row::median);
    for row in rows.iter() {
        let name = row.guards.first().map_or("", |guard| guard.name());
        let median = row.median();
        println!(
            "| {devices} | {threads} | {name} | {median:.1} | {:.2} |",
            median / limit
        );
    }
    true
}

fn boxed<G: Guard + Send + 'static>(guard: G) -> Box<dyn Guard + Send> {
    Box::new(guard)
}

/// Prints the tables for so many devices; whether everything was accepted.
pub(crate) fn print(devices: u64) -> bool {
    let Ok(capacity) = usize::try_from(devices) else {
        return false;
    };
    let (sliding, restarting) = (Discipline::Sliding, Discipline::Restarting);
    let ours = [sliding, restarting].map(|discipline| Ours::new(capacity, discipline));
    let batched = [sliding, restarting].map(|discipline| Batched::new(capacity, discipline));
    let ([Some(ours), Some(samples)], [Some(batched), Some(batched_samples)], Some(shared)) =
        (ours, batched, Shared::new(capacity, false))
    else {
        return false;
    };
    println!("| devices | threads | implementation | ns a message | to the first |\n|---|---|---|---|---|");
    let (dash, scc, governor) = (Dash::default(), Scc::default(), Governor::default());
    let mut rows: Vec<Row> = vec![
        Row::new(vec![boxed(Bare::default())]),
        Row::new(vec![boxed(ours)]),
        Row::new(vec![boxed(batched)]),
        Row::new(vec![boxed(shared.clone())]),
        Row::new(vec![boxed(samples)]),
        Row::new(vec![boxed(batched_samples)]),
        Row::new(vec![boxed(dash.clone())]),
        Row::new(vec![boxed(scc.clone())]),
        Row::new(vec![boxed(governor.clone())]),
        Row::new(vec![boxed(Detector::default())]),
    ];
    for row in &mut rows {
        for guard in &mut row.guards {
            row.sequence = fill(guard.as_mut(), devices);
        }
    }
    // The concurrent table in batches goes on where its twin stands: it is the same table.
    let alone = measure(&mut rows, devices, 1);
    let sequence = rows.get(3).map_or(1, |row| row.sequence);
    if devices < THREADS {
        return alone;
    }
    let twice = |guard: &dyn Fn() -> Box<dyn Guard + Send>| {
        let mut row = Row::new((0..THREADS).map(|_| guard()).collect());
        row.sequence = sequence;
        row
    };
    let mut together = vec![
        twice(&|| boxed(scc.clone())),
        twice(&|| boxed(dash.clone())),
        twice(&|| boxed(shared.clone())),
        twice(&|| boxed(governor.clone())),
    ];
    let alone = alone && measure(&mut together, devices, THREADS);
    let mut batches = vec![
        twice(&|| boxed(scc.clone())),
        twice(&|| boxed(shared.in_batches(true))),
    ];
    for row in &mut batches {
        row.sequence = together.get(2).map_or(1, |row| row.sequence);
    }
    alone && measure(&mut batches, devices, THREADS)
}
