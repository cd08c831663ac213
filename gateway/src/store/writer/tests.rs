use comet_proto::{Family, UnixMillis};
use replay_guard::{DeviceKey, Message};

use super::*;
use crate::guard::{Guard, Keeper, Options};

const NOW: u64 = 1_790_000_000_000;
const HOUR: u64 = 3_600_000;

struct Store {
    connection: Connection,
    ledgers: Arc<Ledgers>,
    _folder: tempfile::TempDir,
}

impl Store {
    /// One message an hour.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("comet.db");
        let options = Options {
            min_interval: vec![(Family::Wifi, 3600)],
            ..Options::default()
        };
        let connection = super::super::open(&path).unwrap();
        let Keeper::Here(ledgers) = Guard::open(&path, &options, &[]).unwrap().keeper else {
            panic!("the guard is in this process");
        };
        Self {
            connection,
            ledgers,
            _folder: folder,
        }
    }

    /// Rows, each with its message, in one batch; the verdicts.
    fn commit(&mut self, batch: &[(&str, u64, u64)]) -> Vec<&'static str> {
        let job = |(key, number, now): &(&str, u64, u64)| {
            let now = UnixMillis(*now);
            let commit = Commit {
                family: Family::Wifi,
                device: DeviceKey::new([7; 16]),
                message: Message::sampled(now.0, *number),
                now,
            };
            let kept = Kept::raw(key.as_bytes().to_vec(), (Family::Wifi, "1"), now, "", b"");
            Job {
                entry: Some(Entry::Kept(kept)),
                act: Some(Act::Commit {
                    commit,
                    storage: Storage::Rows,
                }),
                done: oneshot::channel().0,
            }
        };
        let jobs: Vec<_> = batch.iter().map(job).collect();
        let mut catalogue = sigfox::Catalogue::default();
        let all = commit(&mut self.connection, Some(&self.ledgers), &mut catalogue, &jobs).unwrap();
        let code = |written: Result<Written, NotStored>| written.unwrap().outcome.unwrap().verdict.code();
        all.into_iter().map(code).collect()
    }

    /// One entry without the guard, as with a shared store.
    fn write(&mut self, entry: Entry) {
        let job = Job {
            entry: Some(entry),
            act: None,
            done: oneshot::channel().0,
        };
        let mut catalogue = sigfox::Catalogue::default();
        let all = commit(&mut self.connection, None, &mut catalogue, &[job]).unwrap();
        assert!(all.iter().all(Result::is_ok));
    }

    fn rows(&self) -> Vec<String> {
        let mut rows = self
            .connection
            .prepare("SELECT CAST(key AS TEXT) FROM quarantine ORDER BY key")
            .unwrap();
        rows.query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }
}

#[test]
fn a_row_that_the_last_word_does_not_ask_for_is_taken_back() {
    let mut store = Store::new();
    let verdicts = store.commit(&[("a", 1, NOW), ("b", 2, NOW + 1), ("c", 3, NOW + HOUR)]);
    assert_eq!(verdicts, ["fresh", "too-soon", "fresh"]);
    assert_eq!(store.rows(), ["a", "c"]);
}

#[test]
fn a_row_stays_that_was_there_before_or_that_another_message_relies_on() {
    let mut store = Store::new();
    assert_eq!(store.commit(&[("a", 1, NOW)]), ["fresh"]);
    assert_eq!(store.commit(&[("a", 2, NOW + 1)]), ["too-soon"]);
    assert_eq!(store.rows(), ["a"]);
    let verdicts = store.commit(&[("b", 3, NOW + 2), ("b", 3, NOW + HOUR)]);
    assert_eq!(verdicts, ["too-soon", "fresh"]);
    assert_eq!(store.rows(), ["a", "b"]);
}

/// Gateways that share a guard: a copy gives up its row after another copy was accepted.
#[test]
fn a_row_goes_with_the_last_copy_that_relied_on_it() {
    let mut store = Store::new();
    let row = || Kept::raw(b"a".to_vec(), (Family::Wifi, "1"), UnixMillis(NOW), "", b"");
    store.write(row().into());
    store.write(row().into());
    store.write(row().row().into());
    assert_eq!(store.rows(), ["a"]);
    store.write(row().row().into());
    assert_eq!(store.rows(), [""; 0]);
}
