//! Where handshakes are computed.

use std::num::NonZero;
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::Failure;

/// Threads for handshakes and for nothing else: a chain costs more than a message does, and whoever connects makes the gateway
/// compute it. Half of the cores are left to messages, however many come at once; those that wait are as many as have a seat, for as
/// long as a handshake may last.
#[derive(Debug)]
pub(super) struct Handshakes(Option<Runtime>);

impl Handshakes {
    pub(super) fn start() -> Result<Self, Failure> {
        let cores = available_parallelism().map_or(1, NonZero::get);
        Builder::new_multi_thread()
            .worker_threads(cores.div_euclid(2).max(1))
            .thread_name("comet-handshake")
            .build()
            .map(|runtime| Self(Some(runtime)))
            .map_err(|error| Failure::new(format!("threads for handshakes: {error}")))
    }

    /// Computes it there. It ends when nobody waits for it any more; `None` if it ended in another way than by itself.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        handshake: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let mut only = JoinSet::new();
        only.spawn_on(handshake, self.0.as_ref()?.handle());
        only.join_next().await?.ok()
    }
}

impl Drop for Handshakes {
    /// Threads that serve messages may not wait for these.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
