//! `POST /json/<entry point>`: loggers, WiFi sensors and wired sensors.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use comet_proto::push::{JsonMessage, NOT_FOUND, Quarantine, Request, Unreadable, read};
use comet_proto::{Arrival, Family, Proof, Reply};
use hyper::HeaderMap;

use super::{Gateway, http};
use crate::store::{Device, Kept, Record};
use crate::{clock, secrets};

const FAMILIES: &[Family] = &[Family::Logger, Family::Wifi, Family::Wired];

/// One message: find the device, read the body, go through the pipeline, store, answer. What can never be read is kept and
/// confirmed: the device would send it first for ever.
pub(super) async fn post(
    State(gateway): State<Arc<Gateway>>,
    Path(entry): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(device) = http::device(&gateway, &entry, FAMILIES).await else {
        return http::answer(&NOT_FOUND);
    };
    let Some(credentials) = http::credentials(&gateway, &device) else {
        return http::answer(&NOT_FOUND);
    };
    let sender = Sender {
        device: &device,
        proof: &credentials,
        entry: Some(&entry),
        project: None,
    };
    match http::receive(&gateway, &headers, body).await {
        Ok(body) => take(&gateway, &sender, &body).await,
        Err(response) => response,
    }
}

/// A device, and how it is proven.
pub(super) struct Sender<'s, P> {
    pub(super) device: &'s Device,
    pub(super) proof: &'s P,
    pub(super) entry: Option<&'s str>,
    /// Where its data goes, if it is bound to a project.
    pub(super) project: Option<&'s str>,
}

/// The answer to a message that has come.
pub(super) async fn take<P>(gateway: &Gateway, sender: &Sender<'_, P>, body: &[u8]) -> Response
where
    P: for<'m> Proof<JsonMessage<'m>> + for<'m> Proof<Unreadable<'m>>,
{
    http::answer(&message(gateway, sender, body).await)
}

async fn message<P>(gateway: &Gateway, sender: &Sender<'_, P>, body: &[u8]) -> Reply
where
    P: for<'m> Proof<JsonMessage<'m>> + for<'m> Proof<Unreadable<'m>>,
{
    let (now, device) = (clock::now(), sender.device);
    // Without a nonce there is no key to keep an unreadable message under; all zeros would make two of them one.
    let Ok(nonce) = secrets::random() else {
        return unavailable(device);
    };
    let arrival = Arrival::new(now, nonce);
    let request = match sender.entry {
        Some(entry) => Request::new(device.family, entry, body, arrival),
        None => Request::in_session(device.family, body, arrival),
    };
    let Some(request) = request else {
        return NOT_FOUND;
    };
    let request = request.with_max_len(gateway.limits.body_len);
    let refusal = match read(&request) {
        Ok(claim) => match claim.authenticate(sender.proof) {
            Ok(authentic) => {
                let record = |admitted: &_| Record::json(admitted, now, body).bound_to(sender.project).into();
                return gateway.admit(device, authentic, now, body, record).await.0;
            }
            Err(refusal) => refusal,
        },
        Err(unreadable) => match unreadable.authenticate(sender.proof) {
            Ok(quarantine) => return keep(gateway, device, quarantine).await,
            Err(refusal) => refusal,
        },
    };
    gateway
        .counters
        .add_refused(refusal.reason.code(), &refusal.reason, now);
    refusal.reply
}

async fn keep(gateway: &Gateway, device: &Device, quarantine: Quarantine<'_>) -> Reply {
    let error = quarantine.error();
    let kept = Kept::new(device, &quarantine, clock::now());
    gateway
        .counters
        .add_refused(error.kind.code(), &error, clock::now());
    match gateway.writer.store(kept).await {
        Ok(_) => quarantine.stored(),
        Err(error) => {
            gateway.counters.add_refused("not-stored", &error, clock::now());
            quarantine.not_stored()
        }
    }
}

fn unavailable(device: &Device) -> Reply {
    match device.family {
        Family::Wifi => comet_proto::push::refused(comet_json::MessageType::Wifi),
        _ => comet_proto::push::refused(comet_json::MessageType::Wired),
    }
}
