//! One proven session for each device: the newest (§6.3).

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use wifisensor_tcp::handshake::DeviceId;

/// How long a newer session waits for the older one to end: that one may be in a commit.
const PATIENCE: Duration = Duration::from_secs(5);

/// The proven sessions of all devices. Its size is that of the sessions that are open.
#[derive(Debug, Default)]
pub(super) struct Registry {
    sessions: Mutex<HashMap<DeviceId, Entry>>,
    next: AtomicU64,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    superseded: Arc<Notify>,
    /// Resolves, with an error, when the session drops its end.
    ended: oneshot::Receiver<()>,
}

/// A proven session; its place is given back when it is dropped.
#[derive(Debug)]
pub(super) struct Proven {
    registry: Arc<Registry>,
    device: DeviceId,
    number: u64,
    superseded: Arc<Notify>,
    _end: oneshot::Sender<()>,
}

impl Registry {
    /// Takes the place of the device and ends the session that had it. `None` if that one does not end.
    pub(super) async fn prove(self: &Arc<Self>, device: DeviceId) -> Option<Proven> {
        let (end, ended) = oneshot::channel();
        let proven = Proven {
            registry: Arc::clone(self),
            device,
            number: self.next.fetch_add(1, Ordering::Relaxed),
            superseded: Arc::default(),
            _end: end,
        };
        let entry = Entry {
            number: proven.number,
            superseded: Arc::clone(&proven.superseded),
            ended,
        };
        let older = self.lock().insert(device, entry);
        if let Some(older) = older {
            // Kept until it is waited for, so it does not matter where the older session is.
            older.superseded.notify_one();
            // An error says that the older session is gone, which is what is waited for.
            let _gone = tokio::time::timeout(PATIENCE, older.ended).await.ok()?;
        }
        Some(proven)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<DeviceId, Entry>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Proven {
    /// Resolves when a newer session of the device is proven.
    pub(super) async fn superseded(&self) {
        self.superseded.notified().await;
    }
}

impl Drop for Proven {
    fn drop(&mut self) {
        let mut sessions = self.registry.lock();
        if sessions
            .get(&self.device)
            .is_some_and(|entry| entry.number == self.number)
        {
            sessions.remove(&self.device);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: DeviceId = DeviceId([7; 8]);

    #[tokio::test]
    async fn a_newer_session_waits_for_the_end_of_the_older() {
        let registry = Arc::new(Registry::default());
        let first = registry.prove(DEVICE).await.unwrap();
        let older = tokio::spawn(async move { first.superseded().await });
        let second = registry.prove(DEVICE).await.unwrap();
        // It was told, and it had ended before the newer one went on.
        assert!(older.is_finished() || older.await.is_ok());
        assert_eq!(registry.lock().len(), 1);
        drop(second);
        assert!(registry.lock().is_empty());
    }

    #[tokio::test]
    async fn the_end_of_an_older_session_leaves_the_newer_its_place() {
        let registry = Arc::new(Registry::default());
        let first = registry.prove(DEVICE).await.unwrap();
        let (other, second) = (registry.prove(DeviceId([8; 8])).await, {
            let waiting = registry.prove(DEVICE);
            let ending = async {
                first.superseded().await;
                drop(first);
            };
            tokio::join!(waiting, ending).0
        });
        assert_eq!(registry.lock().len(), 2);
        drop((other, second));
        assert!(registry.lock().is_empty());
    }
}
