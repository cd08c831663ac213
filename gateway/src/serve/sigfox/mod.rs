//! `/sigfox/<device type>`: callbacks of the network's cloud. `/sigfox-radio/<device type>`: frames of receivers of one's own.
//!
//! Both prove themselves with the secret of the device type: in its header, or as one more segment of the path.

mod adoption;
mod callback;
mod frame;
mod records;

pub(super) use adoption::adopt;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path as Segments, Request, State};
use axum::response::Response;
use axum::routing::any;
use comet_proto::sigfox::{Answer, Response as Answers, Secrets};
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, StatusCode};

use super::Gateway;
use super::connection::CLOSE;
use crate::store::Devices;
use crate::store::sigfox::{DeviceType, redecode};
use crate::{Failure, clock};

/// The cloud waits ten seconds; an answer is never above eight (R2).
const PATIENCE: Duration = Duration::from_secs(8);

/// Goes on with archives whose decoding was cut short.
pub(super) fn go_on(db: &Path) {
    if let Err(failure) = decode_all(db) {
        eprintln!("comet: archives: {failure}");
    }
}

fn decode_all(db: &Path) -> Result<(), Failure> {
    let failed = |error: rusqlite::Error| Failure::new(error.to_string());
    let devices = Devices::new(super::open(db)?);
    let mut connection = super::open(db)?;
    for device_type in devices.device_types().map_err(failed)? {
        redecode(&mut connection, &device_type.name, clock::now()).map_err(failed)?;
    }
    Ok(())
}

/// Who knows the secret of a device type.
struct Caller {
    device_type: DeviceType,
    secrets: Secrets,
    /// What was presented.
    values: Vec<Vec<u8>>,
}

pub(super) fn routes(router: Router<Arc<Gateway>>) -> Router<Arc<Gateway>> {
    router
        .route("/sigfox/{type}", any(callback))
        .route("/sigfox/{type}/{secret}", any(callback))
        .route("/sigfox-radio/{type}", any(frame))
        .route("/sigfox-radio/{type}/{secret}", any(frame))
}

async fn callback(
    State(gateway): State<Arc<Gateway>>,
    Segments(path): Segments<Vec<String>>,
    request: Request,
) -> Response {
    let counters = Arc::clone(&gateway.counters);
    let (parts, body) = request.into_parts();
    let taken = async {
        match caller(&gateway, path, &parts).await {
            Ok(caller) => callback::take(gateway, caller, parts, body).await,
            Err(status) => refused(status),
        }
    };
    // From the head on: the body has its share of the time.
    tokio::time::timeout(PATIENCE, taken).await.unwrap_or_else(|_| {
        counters.add_refused("too-slow", &"no answer in time", clock::now());
        let mut response = refused(StatusCode::SERVICE_UNAVAILABLE);
        // What is left of the body is not waited for.
        response.headers_mut().insert(CONNECTION, CLOSE);
        response
    })
}

async fn frame(
    State(gateway): State<Arc<Gateway>>,
    Segments(path): Segments<Vec<String>>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    match caller(&gateway, path, &parts).await {
        Ok(caller) => frame::take(&gateway, &caller, &parts, body).await,
        Err(status) => refused(status),
    }
}

/// Looked up and checked before anything of the body is read: who knows no secret costs next to nothing, and learns no more than that
/// there is such a device type.
///
/// The path has the name of the device type, and may have a secret.
async fn caller(gateway: &Arc<Gateway>, path: Vec<String>, parts: &Parts) -> Result<Caller, StatusCode> {
    let mut path = path.into_iter();
    let (name, secret) = (path.next().unwrap_or_default(), path.next());
    let found = {
        let gateway = Arc::clone(gateway);
        tokio::task::spawn_blocking(move || gateway.devices().device_type(&name)).await
    };
    let refused = |code, status: StatusCode| {
        gateway.counters.add_refused(code, &status, clock::now());
        status
    };
    let device_type = match found {
        Ok(Ok(Some(device_type))) => device_type,
        Ok(Ok(None)) => return Err(refused("unknown-path", StatusCode::NOT_FOUND)),
        _ => return Err(refused("not-stored", StatusCode::SERVICE_UNAVAILABLE)),
    };
    // A secret belongs where it was configured, and nowhere else.
    let values = match (&device_type.header, secret) {
        (Some(header), None) => values(&parts.headers, header),
        (None, Some(secret)) => vec![secret.into_bytes()],
        _ => return Err(refused("unknown-path", StatusCode::NOT_FOUND)),
    };
    let secrets = device_type
        .accepted(&gateway.vault)
        .ok_or_else(|| refused("not-stored", StatusCode::SERVICE_UNAVAILABLE))?;
    if !secrets.accept(values.iter().map(Vec::as_slice)) {
        return Err(refused("auth", StatusCode::UNAUTHORIZED));
    }
    Ok(Caller {
        device_type,
        secrets,
        values,
    })
}

fn values(headers: &HeaderMap, name: &str) -> Vec<Vec<u8>> {
    let values = headers.get_all(name).iter();
    values.map(|value| value.as_bytes().to_vec()).collect()
}

fn refused(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// No body on 204 (sigfox-callback R16).
fn answer(answers: &Answers) -> Response {
    let status = StatusCode::from_u16(answers.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = refused(status);
    if let Some(body) = answers.body() {
        *response.body_mut() = Body::from(body);
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(Answer::CONTENT_TYPE));
    }
    response
}
