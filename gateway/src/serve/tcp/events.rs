//! What the machine tells, and what is done about it: look-ups, and storage before any acknowledgement.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use comet_proto::tcp::{Reply, Session, read, read_status, serial};
use comet_proto::{Admitted, Arrival, Authentic, Family, Ingest, Refusal, UnixMillis};
use replay_guard::Outcome;
use wifisensor_tcp::CallError;
use wifisensor_tcp::failure::FailureCode;
use wifisensor_tcp::handshake::DeviceId;
use wifisensor_tcp::keys::Secret;
use wifisensor_tcp::result::ResultCode;
use wifisensor_tcp::server::{Batch, Event, Identity, Log, Opened, Server, Task};
use wifisensor_tcp::time::UnixTime;

use super::Shared;
use super::registry::Proven;
use crate::guard::Commit;
use crate::store::tcp::{Account, Change};
use crate::store::{Devices, NotStored, Record, Standing};
use crate::{clock, secrets};

/// What to tell the machine.
pub(super) enum Reaction {
    Nothing,
    /// The secret of who said HELLO, or none.
    Known(Option<Secret>),
    /// Not now.
    Busy,
    Open(Box<Account>),
    Reply(Reply),
}

impl Reaction {
    pub(super) fn apply(self, server: &mut Server) -> Result<(), CallError> {
        match self {
            Self::Nothing => Ok(()),
            Self::Known(secret) => {
                let identity = secret.as_ref().map_or(Identity::Unknown, Identity::Known);
                server.identify(time(), identity)
            }
            Self::Busy => server.identify(time(), Identity::Busy),
            Self::Open(account) => server.open(&account.for_session()),
            Self::Reply(reply) => reply.give(server),
        }
    }
}

/// The clock for CHALLENGE.
fn time() -> UnixTime {
    let now = clock::now().0;
    let seconds = u32::try_from(now / 1000).unwrap_or(u32::MAX);
    let ms = u16::try_from(now % 1000).unwrap_or(0);
    UnixTime::new(seconds, ms).unwrap_or_default()
}

/// The other side of one connection.
pub(super) struct Peer<'g> {
    shared: &'g Shared,
    /// Who said HELLO, and with which secret.
    claimant: Option<(DeviceId, u8)>,
    /// From a good STATUS on.
    session: Option<Session>,
    /// As the database had it when the session was opened.
    standing: Standing,
    proven: Option<Proven>,
}

impl<'g> Peer<'g> {
    pub(super) const fn new(shared: &'g Shared) -> Self {
        Self {
            shared,
            claimant: None,
            session: None,
            standing: Standing::NEW,
            proven: None,
        }
    }

    /// Resolves when a newer session of the same device is proven.
    pub(super) async fn superseded(&self) {
        match &self.proven {
            Some(proven) => proven.superseded().await,
            None => core::future::pending().await,
        }
    }

    pub(super) async fn on_event(&mut self, event: Event<'_>) -> Reaction {
        match event {
            Event::Hello { device_id, key_id } => self.on_hello(device_id, key_id).await,
            Event::Status(status) => {
                let Some((claimant, _)) = self.claimant else {
                    return unavailable(FailureCode::State);
                };
                let session = Session::new(claimant, status, clock::now());
                self.on_status(claimant, session).await
            }
            Event::Opened(opened) => self.on_opened(opened).await,
            Event::Samples(batch) => self.on_samples(batch).await,
            Event::Result { task, code } => self.on_result(task, code).await,
            _ => Reaction::Nothing,
        }
    }

    /// One indexed look-up and one opening, whoever it is (§6.1).
    async fn on_hello(&mut self, device: DeviceId, key_id: u8) -> Reaction {
        self.claimant = Some((device, key_id));
        let vault = Arc::clone(&self.shared.vault);
        let found = self
            .look_up(move |devices| {
                let serial = serial(device);
                let sealed = devices.secret(&serial, key_id)?;
                let is_known = sealed.is_some();
                let secret = vault.unseal(&sealed.unwrap_or_default(), &serial, key_id);
                Ok(Some(core::hint::black_box(secret)).filter(|_| is_known))
            })
            .await;
        found.map_or(Reaction::Busy, Reaction::Known)
    }

    /// §6.3: the newer proven session wins. The account is read when the older one has ended, and with it its last commit.
    async fn on_status(&mut self, device: DeviceId, session: Session) -> Reaction {
        match self.shared.registry.prove(device).await {
            Some(proven) => self.proven = Some(proven),
            None => return unavailable(FailureCode::Busy),
        }
        self.session = Some(session);
        match self
            .look_up(move |devices| devices.account(&serial(device)))
            .await
        {
            Some(Some((account, device))) => {
                if !self.shared.gateway.obey_orders(&device).await {
                    return unavailable(FailureCode::Busy);
                }
                self.standing = device.standing;
                Reaction::Open(Box::new(account))
            }
            Some(None) => unavailable(FailureCode::Auth),
            None => unavailable(FailureCode::Busy),
        }
    }

    /// STATUS through the pipeline; log and gap go with it. The first ACK leaves when all that is durable.
    async fn on_opened(&self, opened: Opened) -> Reaction {
        let (Some(session), Some((_, key_id))) = (&self.session, self.claimant) else {
            return unavailable(FailureCode::State);
        };
        let now = clock::now();
        let Ok(nonce) = secrets::random() else {
            return unavailable(FailureCode::Storage);
        };
        let claim = read_status(session, Arrival::new(now, nonce));
        let authentic = match claim.authenticate(session) {
            Ok(authentic) => authentic,
            Err(refusal) => return self.refused(&refusal),
        };
        let (admitted, outcome) = match self.admit(authentic, now).await {
            Ok(admitted) => admitted,
            Err(reaction) => return reaction,
        };
        let change = Change::Opened {
            status: Record::status(&admitted, session.received()),
            serial: session.device().serial.into_owned(),
            // What was lost at the device is behind it (§6.3), and is noted once.
            log: Log {
                stored: opened.log.stored.max(opened.lost.next()),
                ..opened.log
            },
            lost: opened.lost,
            rotated: opened.rotated.then_some(key_id),
            now,
        };
        let lost = u64::from(opened.lost.len());
        Reaction::Reply(match self.store(change).await {
            Ok(()) => {
                let tally = &self.shared.gateway.counters.tcp;
                tally.lost.fetch_add(lost, Ordering::Relaxed);
                self.settled(admitted, &outcome)
            }
            Err(_) => admitted.not_stored(),
        })
    }

    /// SAMPLES through the pipeline: stored, and only then acknowledged (§7.1).
    async fn on_samples(&self, batch: Batch<'_>) -> Reaction {
        let (Some(session), Some((claimant, _))) = (&self.session, self.claimant) else {
            return unavailable(FailureCode::State);
        };
        let now = clock::now();
        // Records have an identity of their own; the one of the arrival is not used.
        let claim = read(claimant, session.clock(), batch, Arrival::new(now, [0; 16]));
        let authentic = match claim.authenticate(session) {
            Ok(authentic) => authentic,
            Err(refusal) => return self.refused(&refusal),
        };
        let (admitted, outcome) = match self.admit(authentic, now).await {
            Ok(admitted) => admitted,
            Err(reaction) => return reaction,
        };
        let records = Record::samples(&admitted, now);
        let (new, all) = (records.len(), admitted.message().frame().count());
        let change = Change::Samples {
            records,
            serial: session.device().serial.into_owned(),
            log: Log {
                log_id: admitted.message().log_id(),
                stored: admitted.message().end(),
            },
        };
        let durable = if new == 0 {
            // All of it is known, so all of it is durable.
            Ok(())
        } else {
            self.store(change).await
        };
        Reaction::Reply(match durable {
            Ok(()) => {
                let tally = &self.shared.gateway.counters.tcp;
                tally.add_samples(new, usize::from(all).saturating_sub(new));
                self.settled(admitted, &outcome)
            }
            Err(_) => admitted.not_stored(),
        })
    }

    /// Asks the guard. Records are exactly-once without it and a frame leaves nothing to remember, so what it checks is final: it
    /// is asked for suspension and subscription, before every frame.
    async fn admit<M: Ingest<Reply = Reply>>(
        &self,
        authentic: Authentic<M>,
        now: UnixMillis,
    ) -> Result<(Admitted<M>, Outcome), Reaction> {
        let gateway = &self.shared.gateway;
        let inquiry = authentic.inquiry(&gateway.guard.digest, self.standing.expires);
        let commit = Commit::new(Family::Tcp, &inquiry, now);
        let outcome = match gateway.guard.check(&commit).await {
            Ok(checked) if checked.unguarded && self.standing.suspended => {
                return Err(unavailable(FailureCode::Busy));
            }
            Ok(checked) => checked.outcome,
            Err(error) => {
                gateway.counters.guard.away.fetch_add(1, Ordering::Relaxed);
                gateway.counters.add_refused("guard-away", &error, now);
                return Err(Reaction::Reply(authentic.not_judged()));
            }
        };
        gateway.counters.guard.add(Family::Tcp, &outcome);
        match authentic.admit(gateway.guard.policy(Family::Tcp), &outcome) {
            Ok(admitted) => Ok((admitted, outcome)),
            Err(refusal) => Err(self.refused(&refusal)),
        }
    }

    fn settled<M: Ingest<Reply = Reply>>(&self, admitted: Admitted<M>, outcome: &Outcome) -> Reply {
        let policy = self.shared.gateway.guard.policy(Family::Tcp);
        admitted.stored(policy, outcome).reply
    }

    async fn on_result(&self, task: Task, code: ResultCode) -> Reaction {
        let Some(session) = &self.session else {
            return Reaction::Nothing;
        };
        let serial = session.device().serial.into_owned();
        // If it could not be recorded, the device is asked again in its next session.
        let _ = self.store(Change::Result { serial, task, code }).await;
        Reaction::Nothing
    }

    fn refused(&self, refusal: &Refusal<Reply>) -> Reaction {
        let counters = &self.shared.gateway.counters;
        counters.add_refused(refusal.reason.code(), &refusal.reason, clock::now());
        Reaction::Reply(refusal.reply)
    }

    async fn store(&self, change: Change) -> Result<(), NotStored> {
        let outcome = self.shared.gateway.writer.store(change).await.map(drop);
        if let Err(error) = &outcome {
            let counters = &self.shared.gateway.counters;
            counters.add_refused("not-stored", error, clock::now());
        }
        outcome
    }

    /// Asks the database off the threads that drive connections; `None` if it does not answer.
    async fn look_up<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Devices) -> rusqlite::Result<T> + Send + 'static,
    ) -> Option<T> {
        let gateway = Arc::clone(&self.shared.gateway);
        match tokio::task::spawn_blocking(move || ask(&gateway.devices())).await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(error)) => {
                eprintln!("comet: database: {error}");
                None
            }
            Err(_) => None,
        }
    }
}

const fn unavailable(code: FailureCode) -> Reaction {
    Reaction::Reply(Reply::Fail {
        code,
        retry_s: Reply::RETRY_S,
    })
}
