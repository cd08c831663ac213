//! One machine on one stream.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, sleep_until, timeout_at};
use wifisensor_tcp::server::{Event, Server};
use wifisensor_tcp::session::{Cut, End, Output};
use wifisensor_tcp::time::{LINGER_LIMIT, Millis};

use super::Shared;
use super::events::Peer;
use crate::serve::Stopping;
use crate::{clock, secrets};

/// Octets read at a time: one largest frame and a bit. What the machine does not take yet waits here, so this bounds it.
const READ_LEN: usize = 1280;

/// Runs a session to its end, and counts it.
pub(super) async fn drive<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    shared: &Shared,
    accepted: Instant,
    stop: Stopping,
) {
    // Without a nonce there is no session.
    let Ok(nonce) = secrets::random() else {
        return;
    };
    let counters = &shared.gateway.counters;
    let open = counters.tcp.open();
    let mut link = Link {
        server: Server::new(shared.options, &shared.decoy, nonce, Millis(0)),
        peer: Peer::new(shared),
        accepted,
        stop,
        stopped: false,
        out: Vec::new(),
        said: false,
    };
    let end = link.run(&mut stream).await;
    let said = link.said;
    // The device may begin its next session from here on.
    drop((link, open));
    counters.add_session_end(&end, clock::now());
    if said && !matches!(end, End::Incomplete(Cut::Connection | Cut::Abandoned)) {
        linger(&mut stream).await;
    }
}

struct Link<'g> {
    server: Server,
    peer: Peer<'g>,
    accepted: Instant,
    stop: Stopping,
    stopped: bool,
    /// Frames on their way out: those of one turn of the machine, a few hundred octets.
    out: Vec<u8>,
    /// Something was sent.
    said: bool,
}

impl Link<'_> {
    fn now(&self) -> Millis {
        let elapsed = self.accepted.elapsed().as_millis();
        Millis(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    /// A moment of the machine on the clock of the runtime.
    fn instant(&self, at: Millis) -> Instant {
        self.accepted
            .checked_add(Duration::from_millis(at.0))
            .unwrap_or(self.accepted)
    }

    async fn run<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut S) -> End {
        let mut buffer = [0; READ_LEN];
        let (mut at, mut held) = (0, 0);
        loop {
            let (limit, end) = self.turn().await;
            if !self.flush(stream, limit).await && end.is_none() {
                let now = self.now();
                self.server.handle_eof(now);
                continue;
            }
            if let Some(end) = end {
                return end;
            }
            let waiting = buffer.get(at..held).unwrap_or_default();
            if waiting.is_empty() {
                (at, held) = (0, self.wait(stream, &mut buffer, limit).await);
            } else {
                let taken = self.server.handle_input(self.now(), waiting);
                at = at.saturating_add(taken);
                if taken == 0 {
                    // Not reached: after a turn the machine listens. If it did not, waiting would be for ever.
                    self.server.abandon();
                }
            }
        }
    }

    /// Lets the machine say all that it has to say; its next time limit, and its end if it came to one.
    async fn turn(&mut self) -> (Option<Millis>, Option<End>) {
        let mut end = None;
        loop {
            let reaction = match self.server.poll() {
                Output::Transmit(octets) => {
                    self.out.extend_from_slice(octets);
                    continue;
                }
                Output::Event(Event::Ended(how)) => {
                    end = Some(how);
                    continue;
                }
                Output::Event(event) => self.peer.on_event(event).await,
                Output::Wait(limit) => return (limit, end),
                _ => continue,
            };
            // A call out of turn is refused by the machine, which then goes on by itself.
            let _ = reaction.apply(&mut self.server);
        }
    }

    /// Sends what is on its way out; whether it went.
    async fn flush<S: AsyncWrite + Unpin>(&mut self, stream: &mut S, limit: Option<Millis>) -> bool {
        if self.out.is_empty() {
            return true;
        }
        let limit = limit.unwrap_or_else(|| self.now().after(LINGER_LIMIT));
        let write = async {
            stream.write_all(&self.out).await?;
            stream.flush().await
        };
        let sent = matches!(timeout_at(self.instant(limit), write).await, Ok(Ok(())));
        self.out.clear();
        self.said = true;
        sent
    }

    /// Waits for octets, which it counts, for the time limit, for a newer session of the device, or for the end of the gateway.
    async fn wait<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        buffer: &mut [u8],
        limit: Option<Millis>,
    ) -> usize {
        let limit = self.instant(limit.unwrap_or_default());
        tokio::select! {
            biased;
            () = self.peer.superseded() => {
                self.server.abandon();
                0
            }
            _ = self.stop.changed(), if !self.stopped => {
                self.stopped = true;
                // CLOSE says how far everything is stored; before STATUS there is nothing to say.
                if self.server.close().is_err() {
                    self.server.abandon();
                }
                0
            }
            read = stream.read(buffer) => {
                let count = read.unwrap_or(0);
                if count == 0 {
                    let now = self.now();
                    self.server.handle_eof(now);
                }
                count
            }
            () = sleep_until(limit) => {
                let now = self.now();
                self.server.handle_timeout(now);
                0
            }
        }
    }
}

/// §9: closing at once with unread input would make TCP send a reset, which can destroy the last frame on its way.
async fn linger<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) {
    let drain = async {
        if stream.shutdown().await.is_ok() {
            let mut unread = [0; 512];
            while stream.read(&mut unread).await.is_ok_and(|count| count > 0) {}
        }
    };
    // A device that does not close in time is not waited for.
    let _ = tokio::time::timeout(Duration::from_millis(LINGER_LIMIT.0), drain).await;
}
