//! `POST /soap/<entry point>`: Web Sensors.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use comet_proto::soap::{NOT_FOUND, NOT_STORED, Request, read};
use comet_proto::{Arrival, Family, Reply};
use hyper::HeaderMap;
use soap_websensor::Options;

use super::{Gateway, http};
use crate::store::{Device, Record};
use crate::{clock, secrets};

/// One message: find the sensor, read the body, go through the pipeline, store, answer.
pub(super) async fn post(
    State(gateway): State<Arc<Gateway>>,
    Path(entry): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(device) = http::device(&gateway, &entry, &[Family::Soap]).await else {
        return http::answer(&NOT_FOUND);
    };
    match http::receive(&gateway, &headers, body).await {
        Ok(body) => http::answer(&message(&gateway, &device, &entry, &body).await),
        Err(response) => response,
    }
}

async fn message(gateway: &Gateway, device: &Device, entry: &str, body: &[u8]) -> Reply {
    let now = clock::now();
    let Ok(nonce) = secrets::random() else {
        return NOT_STORED;
    };
    let Some(credentials) = http::credentials(gateway, device) else {
        return NOT_FOUND;
    };
    let options = Options::new().with_max_len(gateway.limits.body_len);
    let request = Request::new(entry, body, Arrival::new(now, nonce)).with_options(options);
    match read(&request).and_then(|claim| claim.authenticate(&credentials)) {
        Ok(authentic) => {
            let record = |admitted: &_| Record::soap(admitted, now, body).into();
            gateway.admit(device, authentic, now, body, record).await.0
        }
        Err(refusal) => {
            gateway
                .counters
                .add_refused(refusal.reason.code(), &refusal.reason, now);
            refusal.reply
        }
    }
}
