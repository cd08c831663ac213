//! Sessions in numbers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use wifisensor_tcp::failure::FailureCode;
use wifisensor_tcp::session::{Cut, End};

/// What happened in sessions.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    sessions: AtomicU64,
    pub(super) turned_away: AtomicU64,
    stored: AtomicU64,
    known: AtomicU64,
    pub(super) lost: AtomicU64,
    /// By the name of the end; the names are a fixed set.
    ends: Mutex<BTreeMap<&'static str, u64>>,
}

/// A session that is open; counted until it is dropped.
pub(super) struct Open<'t>(&'t Tally);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Tally {
    pub(super) fn open(&self) -> Open<'_> {
        self.sessions.fetch_add(1, Ordering::Relaxed);
        Open(self)
    }

    pub(super) fn add_samples(&self, stored: usize, known: usize) {
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        self.stored.fetch_add(number(stored), Ordering::Relaxed);
        self.known.fetch_add(number(known), Ordering::Relaxed);
    }

    pub(super) fn add_tls_failure(&self) {
        self.add("tls");
    }

    /// Counts an end; gives its name.
    pub(crate) fn add_end(&self, end: &End) -> &'static str {
        let name = name(end);
        self.add(name);
        name
    }

    fn add(&self, name: &'static str) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        let count = ends.entry(name).or_default();
        *count = count.saturating_add(1);
    }

    /// Prometheus text format.
    pub(crate) fn exposition(&self, out: &mut String) {
        let numbers = [
            (
                "comet_tcp_sessions",
                "Sessions open now.",
                "gauge",
                &self.sessions,
            ),
            (
                "comet_tcp_turned_away_total",
                "Connections closed for want of room.",
                "counter",
                &self.turned_away,
            ),
            (
                "comet_tcp_samples_stored_total",
                "Samples stored durably and acknowledged.",
                "counter",
                &self.stored,
            ),
            (
                "comet_tcp_samples_known_total",
                "Samples that were sent again and known.",
                "counter",
                &self.known,
            ),
            (
                "comet_tcp_samples_lost_total",
                "Samples that were overwritten at the device.",
                "counter",
                &self.lost,
            ),
        ];
        for (name, help, kind, value) in numbers {
            let value = value.load(Ordering::Relaxed);
            let _ = write!(
                out,
                "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n"
            );
        }
        out.push_str(
            "# HELP comet_tcp_sessions_total Sessions by their end.\n# TYPE comet_tcp_sessions_total counter\n",
        );
        for (name, count) in &*self.ends.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = writeln!(out, "comet_tcp_sessions_total{{end=\"{name}\"}} {count}");
        }
    }
}

/// `done`, what cut it, or the error of this side; what the device said is one name, since it says what it likes.
fn name(end: &End) -> &'static str {
    match end {
        End::Done => "done",
        End::Incomplete(Cut::Connection) => "cut",
        End::Incomplete(Cut::Handshake) => "handshake-limit",
        End::Incomplete(Cut::Idle) => "idle-limit",
        End::Incomplete(Cut::Session) => "session-limit",
        End::Incomplete(Cut::Abandoned) => "superseded",
        End::Failed(failure) => match failure.code {
            FailureCode::Malformed => "tcp-malformed",
            FailureCode::Version => "tcp-version",
            FailureCode::Auth => "tcp-auth",
            FailureCode::Sequence => "tcp-sequence",
            FailureCode::State => "tcp-state",
            FailureCode::Gap => "tcp-gap",
            FailureCode::Log => "tcp-log",
            FailureCode::Busy => "tcp-busy",
            FailureCode::Storage => "tcp-storage",
            _ => "tcp-limit",
        },
        End::Peer { .. } => "device-error",
        _ => "other",
    }
}
