//! What the handlers of all families share: who is behind an entry point, the body within its limits, the answer.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use comet_proto::{Credentials, DeviceId, Family, Reply};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, StatusCode};
use soap_websensor::entry::EntryToken;

use super::Gateway;
use super::connection::CLOSE;
use crate::clock;
use crate::store::Device;

/// The device behind an entry point, if its family sends to this kind of address.
///
/// Looked up before anything of the body is read: whoever knows no entry point costs next to nothing.
pub(super) async fn device(
    gateway: &Arc<Gateway>,
    entry: &str,
    families: &'static [Family],
) -> Option<Device> {
    let token = EntryToken::parse(entry);
    let hash = token.map(|token| gateway.entry_key.hash(&token));
    let found = match hash {
        None => None,
        Some(hash) => {
            let gateway = Arc::clone(gateway);
            match tokio::task::spawn_blocking(move || gateway.devices().by_entry(hash)).await {
                Ok(Ok(device)) => device,
                Ok(Err(error)) => {
                    eprintln!("comet: database: {error}");
                    None
                }
                Err(_) => None,
            }
        }
    };
    let found = found.filter(|device| families.contains(&device.family));
    if found.is_none() {
        gateway
            .counters
            .add_refused("unknown-entry", &"no such entry point", clock::now());
    }
    found
}

/// What the device proves itself with.
pub(super) fn credentials<'c>(gateway: &'c Gateway, device: &'c Device) -> Option<Credentials<'c>> {
    let id = DeviceId::new(device.family, device.serial.as_str());
    let entry = device.entry.clone()?;
    Some(Credentials::new(id, entry, &gateway.entry_key))
}

/// The body, or the answer if it is too large, too slow or incomplete.
pub(super) async fn receive(gateway: &Gateway, headers: &HeaderMap, body: Body) -> Result<Bytes, Response> {
    receive_up_to(gateway, gateway.limits.body_len, headers, body).await
}

/// The same with another limit.
pub(super) async fn receive_up_to(
    gateway: &Gateway,
    limit: usize,
    headers: &HeaderMap,
    body: Body,
) -> Result<Bytes, Response> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let too_large =
        announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit));
    let collected = if too_large {
        Err((StatusCode::PAYLOAD_TOO_LARGE, "too-large"))
    } else {
        match tokio::time::timeout(gateway.limits.body, Limited::new(body, limit).collect()).await {
            Ok(Ok(collected)) => Ok(collected.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                Err((StatusCode::PAYLOAD_TOO_LARGE, "too-large"))
            }
            Ok(Err(_)) => Err((StatusCode::BAD_REQUEST, "incomplete")),
            Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "too-slow")),
        }
    };
    collected.map_err(|(status, code)| {
        gateway.counters.add_refused(code, &status, clock::now());
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        // What is left of the body is not waited for.
        response.headers_mut().insert(CONNECTION, CLOSE);
        response
    })
}

pub(super) fn answer(reply: &Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(content_type) = reply.content_type {
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    response
}
