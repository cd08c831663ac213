//! The records of a request, each on its own way into the database.

use std::collections::HashMap;
use std::sync::Arc;

use comet_proto::sigfox::{
    self, Archive, Callback, Delivery, Given, Registered, Reply, Response as Answers, Stranger,
};
use comet_proto::{Claim, Family, UnixMillis};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::super::Gateway;
use crate::clock;
use crate::store::sigfox::{Callback as Entry, Turn, UNKNOWN, Unknown, unknown};
use crate::store::{Device, Kept, Standing};

/// Records of a request that are on their way at the same time: they share commits, and leave others room in the queue of the writer.
const UNDER_WAY: usize = 256;
/// Records whose devices are looked up together.
const LOOKED_UP: usize = 128;

/// A record with its device, if that is registered.
pub(super) struct Task {
    pub(super) claim: Claim<Callback<'static>>,
    pub(super) device: Option<Device>,
    pub(super) turn: Turn,
    pub(super) received: UnixMillis,
}

/// What a record came to.
pub(super) struct Done {
    pub(super) reply: Reply,
    given: Option<(sigfox::Device, Given)>,
    /// Something of it is kept.
    pub(super) kept: bool,
}

impl Done {
    const fn dropped(reply: Reply) -> Self {
        Self {
            reply,
            given: None,
            kept: false,
        }
    }
}

/// Takes them in; those that are not begun at `end` are left to the repeat of the request. They are stored in any order, as requests
/// of the cloud come in any order; of those of one device that ask, one is given data.
pub(super) async fn take(
    gateway: &Arc<Gateway>,
    name: &str,
    delivery: &Delivery<'_>,
    received: UnixMillis,
    end: Instant,
) -> Answers {
    let mut claims = delivery.claims();
    // Of devices that ask, with their places in the answer: those of the request.
    let mut turns: HashMap<u32, (usize, Turn)> = HashMap::new();
    let mut running = JoinSet::new();
    let mut all = Vec::new();
    let mut left = delivery.count();
    loop {
        if left > 0 && running.len() <= UNDER_WAY.saturating_sub(LOOKED_UP) {
            let part = claims.by_ref().take(LOOKED_UP).map(|claim| {
                let asking = claim.message().device.filter(|_| claim.message().asks());
                let turn = asking.map_or_else(Turn::default, |device| {
                    let place = turns.len();
                    let (_, turn) = turns
                        .entry(device.number())
                        .or_insert_with(|| (place, Turn::default()));
                    turn.clone()
                });
                (claim.into_owned(), turn)
            });
            let part = part.collect();
            let tasks = if Instant::now() < end {
                with_devices(gateway, name, part, received).await
            } else {
                None
            };
            if let Some(tasks) = tasks {
                left = left.saturating_sub(tasks.len());
                for task in tasks {
                    let (gateway, name) = (Arc::clone(gateway), name.to_owned());
                    running.spawn(async move { one(&gateway, &name, task).await });
                }
            } else {
                left = 0;
                all.push(Done::dropped(Reply::NOT_STORED));
            }
        }
        let Some(done) = running.join_next().await else {
            break;
        };
        all.push(done.unwrap_or(Done::dropped(Reply::NOT_STORED)));
    }
    all.sort_by_key(|done| {
        let (device, _) = done.given?;
        turns.get(&device.number()).map(|(place, _)| *place)
    });
    let mut answers = Answers::new();
    for done in all {
        answers.add(done.reply, done.given);
    }
    answers
}

/// Looks up the devices of records; `None` if the database does not answer.
async fn with_devices(
    gateway: &Arc<Gateway>,
    name: &str,
    part: Vec<(Claim<Callback<'static>>, Turn)>,
    received: UnixMillis,
) -> Option<Vec<Task>> {
    let (looking, name) = (Arc::clone(gateway), name.to_owned());
    let found = tokio::task::spawn_blocking(move || {
        let devices = looking.devices();
        let find = |(claim, turn): (Claim<Callback<'static>>, Turn)| {
            let device = match claim.message().device {
                Some(device) => {
                    let serial = sigfox::serial(device.number());
                    let found = devices.of_type(Family::Sigfox, &serial, &name)?;
                    found.map(|(device, _)| device)
                }
                // An event that concerns no device belongs to the device type.
                None => Some(Device {
                    family: Family::Sigfox,
                    serial: String::new(),
                    name: None,
                    entry: None,
                    standing: Standing::NEW,
                }),
            };
            Ok(Task {
                claim,
                device,
                turn,
                received,
            })
        };
        part.into_iter().map(find).collect::<rusqlite::Result<Vec<_>>>()
    });
    match found.await {
        Ok(Ok(tasks)) => Some(tasks),
        Ok(Err(error)) => {
            gateway.counters.add_refused("not-stored", &error, clock::now());
            None
        }
        Err(_) => None,
    }
}

/// One record, to its end.
pub(super) async fn one(gateway: &Gateway, name: &str, task: Task) -> Done {
    let Task {
        claim,
        device,
        turn,
        received,
    } = task;
    let Some(device) = device else {
        return Done::dropped(keep_unknown(gateway, name, claim.into(), received).await);
    };
    let now = clock::now();
    let asked = claim.message().device;
    let archive = Archive::of(claim.message());
    let authentic = match claim.authenticate(&Registered::new(device.serial.as_str())) {
        Ok(authentic) => authentic,
        Err(refusal) => return Done::dropped(refusal.reply),
    };
    let entry = |admitted: &_| Entry::new(admitted, name, received, turn).into();
    let body = archive.as_str().as_bytes();
    let (reply, written) = gateway.admit(&device, authentic, now, body, entry).await;
    let Some(stored) = written.map(|written| written.sigfox) else {
        return Done::dropped(reply);
    };
    if stored.conflict {
        let why = "another payload under the same key; kept in quarantine";
        gateway.counters.add_refused("conflict", &why, now);
    }
    if let Some(fault) = stored.fault {
        gateway.counters.add_refused(fault.code(), &fault, now);
    }
    Done {
        reply,
        given: asked.zip(stored.given),
        kept: true,
    }
}

/// Kept, and confirmed (R4).
async fn keep_unknown(gateway: &Gateway, name: &str, stranger: Stranger<'_>, now: UnixMillis) -> Reply {
    gateway
        .counters
        .add_refused("unknown-device", &"not registered; kept in quarantine", now);
    let archive = stranger.archive();
    let body = archive.as_str().as_bytes();
    // Requests that say different things of one message are all kept.
    let mut key = stranger.key().as_bytes().to_vec();
    key.extend_from_slice(UNKNOWN);
    key.extend_from_slice(&gateway.guard.digest.hash(body).to_be_bytes());
    let serial = stranger.serial();
    let kept = Kept::raw(key, (Family::Sigfox, &serial), now, &unknown(name), body);
    match gateway.writer.store(Unknown { kept, serial }).await {
        Ok(_) => stranger.stored(),
        Err(error) => {
            gateway.counters.add_refused("not-stored", &error, now);
            stranger.not_stored()
        }
    }
}
