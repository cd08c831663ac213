//! What happened, in numbers; and a line on standard error for each refusal, as long as they are few.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use comet_proto::UnixMillis;
use wifisensor_tcp::session::End;

use super::tcp::Tally;
use crate::guard;

/// Lines a second at the most: a flood of bad requests must not become a flood of log.
const LINES_PER_SECOND: u32 = 20;

#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// No lines on standard error.
    quiet: bool,
    pub(crate) stored: AtomicU64,
    pub(crate) connections: AtomicU64,
    pub(crate) turned_away: AtomicU64,
    /// Images given to devices.
    pub(super) updates: AtomicU64,
    pub(super) tcp: Tally,
    pub(super) guard: guard::Tally,
    refused: Mutex<Refused>,
}

#[derive(Debug, Default)]
struct Refused {
    /// By machine name of the reason; the names are a fixed set.
    by_reason: BTreeMap<&'static str, u64>,
    /// The same of sessions over HTTPS: some names mean something else there.
    https: BTreeMap<&'static str, u64>,
    second: u64,
    lines: u32,
    silent: u64,
}

impl Counters {
    pub(crate) fn new(quiet: bool) -> Self {
        Self {
            quiet,
            ..Self::default()
        }
    }

    pub(crate) fn add_stored(&self) {
        self.stored.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts the end of a session; says so if it was a failure.
    pub(super) fn add_session_end(&self, end: &End, now: UnixMillis) {
        let name = self.tcp.add_end(end);
        if matches!(end, End::Failed(_)) {
            self.add_refused(name, end, now);
        }
    }

    /// Counts a refusal and says so. Neither addresses nor payloads are logged.
    pub(crate) fn add_refused(&self, code: &'static str, why: &dyn core::fmt::Display, now: UnixMillis) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        count(&mut refused.by_reason, code);
        self.say(&mut refused, format_args!("{code}: {why}"), now);
    }

    /// The same of a session over HTTPS.
    pub(super) fn add_refused_https(
        &self,
        code: &'static str,
        why: &dyn core::fmt::Display,
        now: UnixMillis,
    ) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        count(&mut refused.https, code);
        self.say(&mut refused, format_args!("https {code}: {why}"), now);
    }

    fn say(&self, refused: &mut Refused, what: core::fmt::Arguments<'_>, now: UnixMillis) {
        if self.quiet {
            return;
        }
        let second = now.0 / 1000;
        if refused.second != second {
            if refused.silent > 0 {
                eprintln!("comet: refused {} more", refused.silent);
            }
            (refused.second, refused.lines, refused.silent) = (second, 0, 0);
        }
        if refused.lines < LINES_PER_SECOND {
            refused.lines = refused.lines.saturating_add(1);
            eprintln!("comet: refused {what}");
        } else {
            refused.silent = refused.silent.saturating_add(1);
        }
    }

    /// Refusals by reason.
    pub(crate) fn refused(&self) -> BTreeMap<&'static str, u64> {
        self.refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .by_reason
            .clone()
    }

    /// Prometheus text format.
    pub(crate) fn exposition(&self) -> String {
        let mut out = String::new();
        let mut line = |name: &str, help: &str, kind: &str, value: &AtomicU64| {
            let value = value.load(Ordering::Relaxed);
            let _ = write!(
                out,
                "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n"
            );
        };
        line(
            "comet_messages_stored_total",
            "Messages stored durably and answered.",
            "counter",
            &self.stored,
        );
        line(
            "comet_connections",
            "Connections open now.",
            "gauge",
            &self.connections,
        );
        line(
            "comet_connections_turned_away_total",
            "Connections closed for want of room.",
            "counter",
            &self.turned_away,
        );
        line(
            "comet_updates_served_total",
            "Images given to devices.",
            "counter",
            &self.updates,
        );
        out.push_str("# HELP comet_messages_refused_total Requests refused.\n# TYPE comet_messages_refused_total counter\n");
        for (code, count) in self.refused() {
            let _ = writeln!(out, "comet_messages_refused_total{{reason=\"{code}\"}} {count}");
        }
        out.push_str("# HELP comet_https_refused_total Sessions over HTTPS refused.\n# TYPE comet_https_refused_total counter\n");
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        for (code, count) in &refused.https {
            let _ = writeln!(out, "comet_https_refused_total{{reason=\"{code}\"}} {count}");
        }
        drop(refused);
        self.tcp.exposition(&mut out);
        self.guard.exposition(&mut out);
        out
    }
}

fn count(by_reason: &mut BTreeMap<&'static str, u64>, code: &'static str) {
    let count = by_reason.entry(code).or_default();
    *count = count.saturating_add(1);
}
