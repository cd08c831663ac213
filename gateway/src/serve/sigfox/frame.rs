//! `POST` of one uplink frame, preamble first, as `application/octet-stream`: 204 once it is stored.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use comet_proto::sigfox::{self, FrameKey, Reply, Response as Answers, read_frame};
use comet_proto::{Arrival, Family};
use hyper::header::CONTENT_TYPE;
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use sigfox_frame::auth::DeviceKey;
use sigfox_frame::uplink::{MAX_FRAME_LEN, Tolerance};

use super::super::{Gateway, http};
use super::{Caller, answer, refused};
use crate::clock;
use crate::store::Device;
use crate::store::sigfox::{DeviceType, Frame as Entry};

const MEDIA_TYPE: &str = "application/octet-stream";

pub(super) async fn take(gateway: &Arc<Gateway>, caller: &Caller, parts: &Parts, body: Body) -> Response {
    if parts.method != Method::POST {
        return refused(StatusCode::METHOD_NOT_ALLOWED);
    }
    let content_type = parts
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if content_type.is_some_and(|media| !media.eq_ignore_ascii_case(MEDIA_TYPE)) {
        return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    match http::receive_up_to(gateway, MAX_FRAME_LEN, &parts.headers, body).await {
        Ok(frame) => answer(&Answers::from(
            process(gateway, &caller.device_type, &frame).await,
        )),
        Err(response) => response,
    }
}

async fn process(gateway: &Arc<Gateway>, device_type: &DeviceType, frame: &[u8]) -> Reply {
    let (now, name) = (clock::now(), &device_type.name);
    let claim = match read_frame(frame, Tolerance::Two, Arrival::new(now, [0; 16])) {
        Ok(claim) => claim,
        Err(refusal) => {
            let code = refusal.reason.code();
            gateway.counters.add_refused(code, &refusal.reason, now);
            return refusal.reply;
        }
    };
    let ep_id = claim.message().ep_id();
    let Some(rollover) = device_type.rollover() else {
        let why = "no lawful number of counters is set";
        gateway.counters.add_refused("not-stored", &why, now);
        return Reply::NOT_STORED;
    };
    let Ok(found) = look_up(gateway, name, ep_id.0).await else {
        return Reply::NOT_STORED;
    };
    let Some((device, key)) = found else {
        let why = "no device with a radio key";
        gateway.counters.add_refused("not-authentic", &why, now);
        return Reply::Refused(StatusCode::FORBIDDEN.as_u16());
    };
    match claim.authenticate(&FrameKey::new(ep_id, &key).with_rollover(rollover)) {
        Ok(authentic) => {
            let entry = |admitted: &_| Entry::new(admitted, name, now, frame).into();
            gateway.admit(&device, authentic, now, frame, entry).await.0
        }
        Err(refusal) => {
            let code = refusal.reason.code();
            gateway.counters.add_refused(code, &refusal.reason, now);
            refusal.reply
        }
    }
}

/// The device and its key; an error if the database does not answer.
async fn look_up(gateway: &Arc<Gateway>, name: &str, ep_id: u32) -> Result<Option<(Device, DeviceKey)>, ()> {
    let (looking, name) = (Arc::clone(gateway), name.to_owned());
    let serial = sigfox::serial(ep_id);
    let found = tokio::task::spawn_blocking(move || {
        let devices = looking.devices();
        devices.of_type(Family::SigfoxRadio, &serial, &name)
    });
    match found.await {
        Ok(Ok(found)) => Ok(found.and_then(|(device, sealed)| {
            let key = gateway.vault.radio_key(&sealed?, &device.serial);
            DeviceKey::new(key).map(|key| (device, key))
        })),
        Ok(Err(error)) => {
            gateway.counters.add_refused("not-stored", &error, clock::now());
            Err(())
        }
        Err(_) => Err(()),
    }
}
