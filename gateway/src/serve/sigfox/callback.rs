//! Callbacks: every service, every carrier.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use comet_proto::sigfox::{
    self, Archive, Callback, Delivery, Given, LinePattern, Receiver, Registered, Reply, Request,
    Response as Answers, Stranger,
};
use comet_proto::{Arrival, Claim, Family, UnixMillis};
use hyper::StatusCode;
use hyper::header::CONTENT_TYPE;
use hyper::http::request::Parts;
use sigfox_frame::callback::limits::MAX_BATCH_LEN;
use tokio::task::JoinSet;

use super::super::{Gateway, http};
use super::{Caller, answer, refused};
use crate::clock;
use crate::store::sigfox::{Adopted, Callback as Entry, Unknown, Waiting, unknown};
use crate::store::{Device, Kept, Standing};

/// Records of a batch that are on their way at the same time: they share commits.
const WAVE: usize = 128;
/// The cloud waits ten seconds; an answer is never above eight (R2).
const PATIENCE: Duration = Duration::from_secs(8);

pub(super) async fn take(gateway: Arc<Gateway>, caller: Caller, parts: Parts, body: Body) -> Response {
    let limit = match caller.device_type.line_pattern {
        Some(_) => MAX_BATCH_LEN.max(gateway.limits.body_len),
        None => gateway.limits.body_len,
    };
    let body = match http::receive_up_to(&gateway, limit, &parts.headers, body).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let counters = Arc::clone(&gateway.counters);
    // What has reached the writer when the time is over is stored all the same: the repeat will find it.
    match tokio::time::timeout(PATIENCE, process(gateway, &caller, &parts, &body)).await {
        Ok(answers) => answer(&answers),
        Err(_) => {
            counters.add_refused("too-slow", &"no answer in time", clock::now());
            refused(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

async fn process(gateway: Arc<Gateway>, caller: &Caller, parts: &Parts, body: &[u8]) -> Answers {
    let now = clock::now();
    let values: Vec<&[u8]> = caller.values.iter().map(Vec::as_slice).collect();
    let mut receiver = Receiver::new(caller.secrets.clone()).with_max_len(gateway.limits.body_len);
    if let Some(pattern) = &caller.device_type.line_pattern {
        match LinePattern::new(pattern) {
            Ok(pattern) => receiver = receiver.with_line_pattern(pattern),
            // It was checked when it was set.
            Err(error) => gateway.counters.add_refused("line-pattern", &error, now),
        }
    }
    let mut request = Request::new(parts.method.as_str(), &values).with_body(body);
    let content_type = parts.headers.get(CONTENT_TYPE);
    if let Some(content_type) = content_type.and_then(|value| value.to_str().ok()) {
        request = request.with_content_type(content_type);
    }
    if let Some(query) = parts.uri.query() {
        request = request.with_query(query);
    }
    // No record has the identity of its arrival.
    match sigfox::read(&receiver, &request, Arrival::new(now, [0; 16])) {
        Ok(delivery) => records(gateway, &caller.device_type.name, &delivery, now).await,
        Err(refusal) => {
            let code = refusal.reason.code();
            gateway.counters.add_refused(code, &refusal.reason, now);
            refusal.reply.into()
        }
    }
}

/// A record with its device, if that is registered.
struct Task {
    claim: Claim<Callback<'static>>,
    device: Option<Device>,
    /// Whether the device may be answered.
    answer: bool,
    received: UnixMillis,
}

/// What a record came to.
struct Done {
    reply: Reply,
    given: Option<(sigfox::Device, Given)>,
    /// Something of it is kept.
    kept: bool,
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

/// In waves, in each of which a device asks once, so that it is answered once. Records of one wave are stored in any order, as requests
/// of the cloud come in any order.
async fn records(gateway: Arc<Gateway>, name: &str, delivery: &Delivery<'_>, now: UnixMillis) -> Answers {
    let mut answers = Answers::new();
    let mut claims = delivery.claims().peekable();
    while claims.peek().is_some() {
        let mut wave = Vec::new();
        let mut asking = HashSet::new();
        while let Some(claim) = claims.peek() {
            let device = claim.message().device;
            let answer = device.is_some_and(|device| !answers.has(device));
            let decides = answer && claim.message().asks();
            if wave.len() >= WAVE || (decides && !asking.insert(device)) {
                break;
            }
            if let Some(claim) = claims.next() {
                wave.push((claim.into_owned(), answer));
            }
        }
        let Some(tasks) = with_devices(&gateway, name, wave, now).await else {
            answers.add(Reply::NOT_STORED, None);
            return answers;
        };
        for done in run(&gateway, name, tasks).await {
            answers.add(done.reply, done.given);
        }
    }
    answers
}

/// Looks up the devices of a wave; `None` if the database does not answer.
async fn with_devices(
    gateway: &Arc<Gateway>,
    name: &str,
    wave: Vec<(Claim<Callback<'static>>, bool)>,
    received: UnixMillis,
) -> Option<Vec<Task>> {
    let (looking, name) = (Arc::clone(gateway), name.to_owned());
    let found = tokio::task::spawn_blocking(move || {
        let devices = looking.devices();
        let find = |(claim, answer): (Claim<Callback<'static>>, bool)| {
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
                answer,
                received,
            })
        };
        wave.into_iter().map(find).collect::<rusqlite::Result<Vec<_>>>()
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

async fn run(gateway: &Arc<Gateway>, name: &str, tasks: Vec<Task>) -> Vec<Done> {
    let mut running = JoinSet::new();
    for (number, task) in tasks.into_iter().enumerate() {
        let (gateway, name) = (Arc::clone(gateway), name.to_owned());
        // Side by side, so that they share commits.
        running.spawn(async move { (number, one(&gateway, &name, task).await) });
    }
    let mut all = Vec::new();
    while let Some(done) = running.join_next().await {
        all.push(done.unwrap_or((usize::MAX, Done::dropped(Reply::NOT_STORED))));
    }
    // Members of the answer in the order of the request.
    all.sort_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, done)| done).collect()
}

async fn one(gateway: &Gateway, name: &str, task: Task) -> Done {
    let Task {
        claim,
        device,
        answer,
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
    let entry = |admitted: &_| Entry::new(admitted, name, received, answer).into();
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

/// Takes in what came of devices before they were registered, for those that were registered a moment ago.
pub(in crate::serve) async fn adopt(gateway: &Arc<Gateway>) {
    loop {
        let looking = Arc::clone(gateway);
        let found = tokio::task::spawn_blocking(move || looking.devices().waiting()).await;
        // Where the database does not answer, each message says so.
        let Ok(Ok(Some(waiting))) = found else { return };
        let Waiting {
            device,
            device_type,
            records,
        } = waiting;
        let mut adopted = Adopted::new(&device.serial);
        // A device that is shut has to be opened first, and registered devices are not unknown any more: then they stay for people.
        let mut ended = records.is_empty();
        for (id, received, archive) in records {
            let arrival = Arrival::new(received, [0; 16]);
            let Some(claim) = archive.claim(arrival) else {
                ended = true;
                continue;
            };
            let task = Task {
                claim,
                device: Some(device.clone()),
                answer: false,
                received,
            };
            let done = one(gateway, &device_type, task).await;
            match done.reply {
                Reply::Taken if done.kept => adopted.record(id),
                Reply::Taken => ended = true,
                _ => return,
            }
        }
        if ended {
            adopted.end();
        }
        if gateway.writer.store(adopted).await.is_err() {
            return;
        }
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
    key.extend_from_slice(b"/unknown/");
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
