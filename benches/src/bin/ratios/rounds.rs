//! Every implementation in turn, many rounds, medians.

use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 200;
/// Calls of one implementation in one round, for a body of documented length.
pub(crate) const CALLS: usize = 200;

/// A body goes in, what comes out is thrown away.
pub(crate) type Run<'r> = Box<dyn FnMut(&[u8], usize) + 'r>;

/// Calls `f` as often as asked, in a loop of its own: the call of the closure does not count.
pub(crate) fn repeat<'b, T>(mut f: impl FnMut(&'b [u8]) -> T, body: &'b [u8], calls: usize) {
    for _ in 0..calls {
        black_box(&f(black_box(body)));
    }
}

pub(crate) fn boxed<'r>(run: impl FnMut(&[u8], usize) + 'r) -> Run<'r> {
    Box::new(run)
}

macro_rules! runs {
    ($($name:literal => $f:expr),+ $(,)?) => {
        vec![$(($name, $crate::rounds::boxed(|body, calls| $crate::rounds::repeat($f, body, calls)))),+]
    };
}

/// Median nanoseconds of one call, for each run.
pub(crate) fn medians(runs: &mut [(&str, Run<'_>)], body: &[u8], calls: usize) -> Vec<f64> {
    let mut times = vec![Vec::with_capacity(ROUNDS); runs.len()];
    for _ in 0..ROUNDS {
        for ((_, run), times) in runs.iter_mut().zip(&mut times) {
            let start = Instant::now();
            run(body, calls);
            times.push(start.elapsed());
        }
    }
    let per_call = |mut times: Vec<std::time::Duration>| {
        times.sort_unstable();
        let median = times.get(ROUNDS / 2).copied().unwrap_or_default();
        let calls = u32::try_from(calls).map_or(f64::NAN, f64::from);
        median.as_secs_f64() * 1e9 / calls
    };
    times.into_iter().map(per_call).collect()
}

pub(crate) use runs;
