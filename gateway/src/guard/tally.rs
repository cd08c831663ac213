//! The guard in numbers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use comet_proto::Family;
use replay_guard::Outcome;

/// What the guard said.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// By family and verdict; both are fixed sets.
    verdicts: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    suspended: AtomicU64,
    resumed: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) away: AtomicU64,
    pub(crate) unguarded: AtomicU64,
    pub(crate) shed: AtomicU64,
}

impl Tally {
    /// Counts the last word on a message.
    pub(crate) fn add(&self, family: Family, outcome: &Outcome) {
        let key = (family.code(), outcome.verdict.code());
        let mut verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = verdicts.entry(key).or_default();
        *count = count.saturating_add(1);
        match outcome.event {
            Some(replay_guard::Event::Suspended) => self.suspended.fetch_add(1, Ordering::Relaxed),
            Some(replay_guard::Event::Resumed) => self.resumed.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
    }

    /// Prometheus text format.
    pub(crate) fn exposition(&self, out: &mut String) {
        let numbers = [
            (
                "comet_guard_suspended_total",
                "Devices suspended for sending too often.",
                &self.suspended,
            ),
            (
                "comet_guard_resumed_total",
                "Suspensions that ended by themselves.",
                &self.resumed,
            ),
            (
                "comet_guard_retries_total",
                "Swaps in the shared store that another node was faster with.",
                &self.retries,
            ),
            (
                "comet_guard_away_total",
                "Messages that the guard could not be asked about.",
                &self.away,
            ),
            (
                "comet_guard_unguarded_total",
                "Messages taken without the guard.",
                &self.unguarded,
            ),
            (
                "comet_guard_shed_total",
                "Requests and connections shed by their address.",
                &self.shed,
            ),
        ];
        for (name, help, value) in numbers {
            let value = value.load(Ordering::Relaxed);
            let _ = write!(
                out,
                "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}\n"
            );
        }
        out.push_str(
            "# HELP comet_guard_verdicts_total What the guard said.\n# TYPE comet_guard_verdicts_total counter\n",
        );
        for ((family, verdict), count) in &*self.verdicts.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = writeln!(
                out,
                "comet_guard_verdicts_total{{family=\"{family}\",verdict=\"{verdict}\"}} {count}"
            );
        }
    }
}
