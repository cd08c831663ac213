//! Ten thousand devices upload while connections are cut and the gateway is killed: every sample is in the database exactly
//! once, and no device freed one that was not.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

#[path = "support/fleet.rs"]
mod fleet;
mod support;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fleet::{Random, Sensor, register, stored};
use support::Gateway;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use wifisensor_tcp::session::End;

const DEVICES: u32 = 10_000;
/// Connections at a time: file descriptors of a process are often limited to 1024.
const AT_ONCE: usize = 48;
/// The gateway is killed each time that so many devices have uploaded all.
const KILL_AT: [usize; 6] = [500, 2000, 4000, 6000, 8000, 9500];
/// Between two looks at how far it is. Nothing depends on how long that takes.
const PAUSE: Duration = Duration::from_millis(2);
/// Sessions that one device may need. Each is cut at most twice, and broken by each kill at most once; the rest is reserve for a
/// slow machine.
const MOST_SESSIONS: u32 = 2 * (2 + 6 + 2);

fn samples(index: u32) -> u32 {
    2 + index % 4
}

struct Fleet {
    /// Devices that have something to upload.
    waiting: Mutex<VecDeque<(Sensor, u32)>>,
    /// For each device: samples with lower numbers were freed in its memory.
    freed: Vec<AtomicU32>,
    /// Devices that have uploaded all.
    done: AtomicUsize,
    sessions: AtomicUsize,
    cuts: AtomicUsize,
    /// Connections that are open.
    open: AtomicUsize,
}

impl Fleet {
    /// One of the connections at a time: takes the next device that waits, until all are done.
    async fn work(self: Arc<Self>, mut gateway: watch::Receiver<Option<SocketAddr>>) {
        loop {
            let address = *gateway.borrow_and_update();
            let Some(address) = address else {
                if gateway.changed().await.is_err() {
                    return;
                }
                continue;
            };
            let next = self.waiting.lock().unwrap().pop_front();
            let Some((mut sensor, sessions)) = next else {
                if self.done.load(Ordering::SeqCst) == self.freed.len() {
                    return;
                }
                // The last ones are with others, and may come back.
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            self.open.fetch_add(1, Ordering::SeqCst);
            // Killed in the meantime, with the connection or before it: the device tries again.
            let connected = gateway.borrow().is_some_and(|now| now == address);
            let stream = if connected {
                TcpStream::connect(address).await.ok()
            } else {
                None
            };
            let mut used = sessions;
            if let Some(mut stream) = stream {
                used += 1;
                assert!(
                    used <= MOST_SESSIONS,
                    "device {} does not come to its end",
                    sensor.index
                );
                self.session(&mut sensor, &mut stream).await;
            }
            if sensor.is_empty() && sensor.next == samples(sensor.index) {
                self.done.fetch_add(1, Ordering::SeqCst);
            } else {
                self.waiting.lock().unwrap().push_back((sensor, used));
            }
            self.open.fetch_sub(1, Ordering::SeqCst);
        }
    }

    async fn session(&self, sensor: &mut Sensor, stream: &mut TcpStream) {
        let _ = stream.set_nodelay(true);
        self.sessions.fetch_add(1, Ordering::SeqCst);
        let freed = &self.freed[usize::try_from(sensor.index).unwrap()];
        let end = sensor
            .upload(stream, |below| freed.store(below, Ordering::SeqCst))
            .await;
        match end {
            None => {
                self.cuts.fetch_add(1, Ordering::SeqCst);
            }
            Some(End::Done) => {
                // One more sample for some, so that logs go on over sessions.
                if sensor.next < samples(sensor.index) {
                    sensor.take(1);
                }
            }
            // Killed, or told to come back.
            Some(_) => {}
        }
        let mut random = Random(
            u64::from(sensor.index) << 32
                | u64::from(sensor.oldest) << 8
                | u64::from(sensor.cut_after.is_some()),
        );
        // Cut at most twice in a row: then a session in peace.
        sensor.cut_after = match sensor.cut_after {
            None => None,
            Some(last) if last % 2 == 1 => Some(usize::try_from(random.below(300)).unwrap() & !1),
            Some(_) => None,
        };
    }
}

fn fleet() -> Fleet {
    let sensors = (0..DEVICES).map(|index| {
        let mut sensor = Sensor::new(index);
        // Every fifth takes its last sample only after the first upload; every third is cut somewhere.
        sensor.take(samples(index) - u32::from(index % 5 == 0));
        let place = usize::try_from(Random(u64::from(index)).below(400)).unwrap();
        sensor.cut_after = (index % 3 == 0).then_some(place);
        (sensor, 0)
    });
    Fleet {
        waiting: Mutex::new(sensors.collect()),
        freed: (0..DEVICES).map(|_| AtomicU32::new(0)).collect(),
        done: AtomicUsize::new(0),
        sessions: AtomicUsize::new(0),
        cuts: AtomicUsize::new(0),
        open: AtomicUsize::new(0),
    }
}

/// With the gateway dead: what any device has freed is in the database.
fn check_freed(gateway: &Gateway, fleet: &Fleet) {
    let stored = stored(&gateway.database());
    for (index, freed) in (0_u32..).zip(&fleet.freed) {
        let freed = freed.load(Ordering::SeqCst);
        let have = stored.get(&index).copied().unwrap_or(0);
        let needed = (1_u64 << freed) - 1;
        assert_eq!(
            have & needed,
            needed,
            "device {index} freed below {freed}, stored {have:b}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_devices_lose_nothing_and_store_nothing_twice() {
    let mut gateway = Gateway::new();
    register(&gateway, 0..DEVICES);
    let fleet = Arc::new(fleet());
    let (address, gateway_at) = watch::channel(None);
    let workers: Vec<_> = (0..AT_ONCE)
        .map(|_| tokio::spawn(Arc::clone(&fleet).work(gateway_at.clone())))
        .collect();
    let arguments = [
        "--quiet",
        "--tcp",
        "127.0.0.1:0",
        "--tcp-max-sessions",
        // Sessions that linger still have their seat.
        "4096",
        "--tcp-max-sessions-per-address",
        "4096",
    ];
    let mut kills = 0;
    for threshold in KILL_AT {
        gateway.start(&arguments);
        address.send_replace(Some(gateway.tcp()));
        while fleet.done.load(Ordering::SeqCst) < threshold {
            assert!(!workers.iter().any(JoinHandle::is_finished), "somebody gave up");
            tokio::time::sleep(PAUSE).await;
        }
        gateway.kill();
        address.send_replace(None);
        kills += 1;
        // What the dead gateway said before is still on its way to some: they take it in, then nothing moves any more.
        while fleet.open.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        check_freed(&gateway, &fleet);
    }
    gateway.start(&arguments);
    address.send_replace(Some(gateway.tcp()));
    for worker in workers {
        worker.await.unwrap();
    }
    assert!(gateway.terminate());
    let stored = stored(&gateway.database());
    assert_eq!(stored.len(), usize::try_from(DEVICES).unwrap());
    for index in 0..DEVICES {
        assert_eq!(stored[&index], (1_u64 << samples(index)) - 1, "device {index}");
    }
    check_freed(&gateway, &fleet);
    let (sessions, cuts) = (
        fleet.sessions.load(Ordering::SeqCst),
        fleet.cuts.load(Ordering::SeqCst),
    );
    assert!(cuts > 1000, "only {cuts} connections were cut");
    let total: u32 = (0..DEVICES).map(samples).sum();
    println!(
        "{DEVICES} devices, {total} samples, {sessions} sessions, {cuts} cut by the device, {kills} times kill -9"
    );
}
