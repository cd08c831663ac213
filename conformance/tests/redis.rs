//! Every trace of `replay-guard` that is about records, through a real `redis-server`: same verdicts, same octets.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};

use comet_conformance::exception::Exceptions;
use comet_conformance::ops::{RecordStore, guard_on};
use comet_conformance::report::{Options, Record};
use comet_conformance::run::{Plan, run};
use comet_conformance::subject::InProcess;
use comet_conformance::vector::Vectors;
use comet_conformance::verdict::Verdict;
use redis::{Client, Connection};
use replay_guard::distribution::{Attempt, Retries, SWAP_LUA, store_key};
use replay_guard::{Config, Counter, DeviceKey, Message, Policy};

/// Set where a missing `redis-server` is a failure: in the project's own gate. Elsewhere these tests say that they were left out.
const REQUIRED: &str = "COMET_TEST_REDIS_REQUIRED";

/// A server of our own, in a folder that goes away.
struct Server {
    child: Child,
    client: Client,
    _folder: tempfile::TempDir,
}

impl Server {
    /// `None` if the machine has none.
    fn start() -> Option<Self> {
        if let Err(error) = Command::new("redis-server").arg("--version").output() {
            assert!(std::env::var_os(REQUIRED).is_none(), "redis-server: {error}");
            eprintln!("left out: redis-server: {error}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("redis.sock");
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&socket)
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn();
        let child = child.unwrap_or_else(|error| panic!("redis-server does not start: {error}"));
        let client = Client::open(format!("redis+unix://{}", socket.display())).unwrap();
        let mut server = Self {
            child,
            client,
            _folder: folder,
        };
        while server.client.get_connection().is_err() {
            assert_eq!(server.child.try_wait().unwrap(), None, "redis-server has ended");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Some(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Records of one session, told from those of others by a prefix.
struct Redis {
    connection: Connection,
    prefix: Vec<u8>,
}

impl Redis {
    fn key(&self, device: &[u8; 16]) -> Vec<u8> {
        store_key(&self.prefix, &DeviceKey::new(*device))
    }
}

impl RecordStore for Redis {
    fn get(&mut self, device: &[u8; 16]) -> Result<Option<Vec<u8>>, String> {
        let key = self.key(device);
        let got = redis::cmd("GET").arg(key).query(&mut self.connection);
        got.map_err(|error| error.to_string())
    }

    fn swap(
        &mut self,
        device: &[u8; 16],
        expected: Option<&[u8]>,
        new: Option<&[u8]>,
    ) -> Result<bool, String> {
        let key = self.key(device);
        let swapped = match (expected, new) {
            (None, None) => return Ok(true),
            (None, Some(new)) => {
                let mut set = redis::cmd("SET");
                let set: redis::RedisResult<Option<String>> =
                    set.arg(key).arg(new).arg("NX").query(&mut self.connection);
                set.map(|set| set.is_some())
            }
            (Some(expected), Some(new)) => {
                let mut swap = redis::cmd("EVAL");
                swap.arg(SWAP_LUA).arg(1).arg(key).arg(expected).arg(new);
                swap.query(&mut self.connection)
            }
            // An operator takes a device out; nobody else is there in a trace.
            (Some(_), None) => redis::cmd("DEL").arg(key).query(&mut self.connection),
        };
        swapped.map_err(|error| error.to_string())
    }
}

#[test]
fn every_trace_about_records_has_the_same_verdicts_and_octets_in_redis() {
    let Some(server) = Server::start() else { return };
    let client = server.client.clone();
    let sessions = AtomicU64::new(0);
    let registry = guard_on(move || Redis {
        connection: client.get_connection().unwrap(),
        prefix: format!("session {}:", sessions.fetch_add(1, Ordering::Relaxed)).into_bytes(),
    });
    let vectors = Vectors::embedded().unwrap();
    // Sweeps, files and capacities are those of a table in memory.
    let of_tables = ["guard.sweep", "guard.export", "guard.journal", "guard.recover"];
    let cases: Vec<_> = vectors
        .cases()
        .filter(|(_, case)| case.op() == "guard.new")
        .filter(|(_, case)| case.steps().all(|step| !of_tables.contains(&step.op.as_str())))
        .filter(|(_, case)| case.steps().all(|step| !step.input.contains_key("capacity")))
        .collect();
    let count = cases.len();
    assert!(count >= 100, "only {count} traces");
    let exceptions = Exceptions::default();
    let options = Options {
        strict_errors: true,
        no_skip: true,
        ..Options::default()
    };
    let plan = Plan {
        vectors: &vectors,
        cases,
        exceptions: &exceptions,
        options,
    };
    let (mut failures, mut passed) = (Vec::new(), 0);
    run(&mut InProcess::new(registry), &plan, &mut |record| {
        if let Record::Result(result) = record {
            if result.verdict.is_passed() && result.verdict != Verdict::NonStrict {
                passed += 1;
            } else {
                failures.push(format!("{} {}: {}", result.id, result.verdict, result.reason));
            }
        }
        Ok(())
    })
    .unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(passed, count);
    let mut connection = server.client.get_connection().unwrap();
    let keys: u64 = redis::cmd("DBSIZE").query(&mut connection).unwrap();
    assert!(keys > 100, "{keys} records: the traces were not in Redis");
}

/// Rounds of a race; each number is sent by both nodes at once.
const ROUNDS: u64 = 500;

#[test]
fn of_two_nodes_with_one_message_one_takes_it() {
    let Some(server) = Server::start() else { return };
    let counter = Counter::Sliding {
        window: 64,
        hold: replay_guard::policy::FOR_EVER,
        reserve: 0,
    };
    let policy = Policy::new(Config::new(counter)).unwrap();
    let barrier = Arc::new(Barrier::new(2));
    let nodes: Vec<_> = (0..2)
        .map(|_| {
            let mut store = Redis {
                connection: server.client.get_connection().unwrap(),
                prefix: b"race:".to_vec(),
            };
            let (policy, barrier) = (policy.clone(), Arc::clone(&barrier));
            std::thread::spawn(move || {
                let device = [7; 16];
                let mut take = |number| {
                    let message = Message::numbered(number);
                    let mut retries = Retries::new();
                    loop {
                        let old = store.get(&device).unwrap();
                        let attempt =
                            Attempt::new(&policy, old.as_deref(), &message, 1_790_000_000_000, None).unwrap();
                        let Some(swap) = attempt.swap() else {
                            return attempt.outcome().verdict.code();
                        };
                        if store.swap(&device, swap.expected, Some(swap.new)).unwrap() {
                            return attempt.outcome().verdict.code();
                        }
                        assert!(retries.again(), "two nodes cannot lose eight races");
                    }
                };
                (1..=ROUNDS)
                    .map(|number| {
                        barrier.wait();
                        take(number)
                    })
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let verdicts: Vec<_> = nodes.into_iter().map(|node| node.join().unwrap()).collect();
    for (round, (one, other)) in verdicts[0].iter().zip(&verdicts[1]).enumerate() {
        let mut both = [*one, *other];
        both.sort_unstable();
        assert_eq!(both, ["duplicate", "fresh"], "round {round}");
    }
}
