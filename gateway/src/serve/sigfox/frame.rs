//! `POST` of one uplink frame, preamble first, as `application/octet-stream`: 204 once it is stored.
//!
//! A receiver that can transmit, and is in time for the window of the device, says so with `Accept: application/octet-stream`. If the
//! frame is the first that is heard of a message that asks, the answer is then 200 with the downlink that is pending, as the 15 bytes
//! behind the synchronisation word (sigfox-radio §15). Nobody else is given one, so that two stations do not transmit at once.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use comet_proto::sigfox::{self, FrameKey, Given, Reply, Response as Answers, read_frame};
use comet_proto::{Arrival, Family};
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, StatusCode};
use sigfox_frame::auth::DeviceKey;
use sigfox_frame::downlink::{self, Answer};
use sigfox_frame::uplink::{MAX_FRAME_LEN, Tolerance};

use super::super::{Gateway, http};
use super::{Caller, answer, refused};
use crate::clock;
use crate::store::Device;
use crate::store::sigfox::{DeviceType, Frame as Entry};

const MEDIA_TYPE: &str = "application/octet-stream";

/// What is sent by radio: the content of a downlink frame.
type Downlink = [u8; downlink::FRAME_LEN];

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
    let transmits = transmits(&parts.headers);
    match http::receive_up_to(gateway, MAX_FRAME_LEN, &parts.headers, body).await {
        Ok(frame) => match process(gateway, &caller.device_type, &frame, transmits).await {
            (Reply::Taken, Some(downlink)) => to_transmit(downlink),
            (reply, _) => answer(&Answers::from(reply)),
        },
        Err(response) => response,
    }
}

/// Whether the receiver asks for what it can transmit. That it takes anything (`*/*`), as clients say by themselves, is not enough:
/// what is given counts as sent.
fn transmits(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| {
            let mut parts = range.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default();
            // A weight of zero is a refusal.
            let refused = parts.any(|parameter| {
                let weight = parameter.strip_prefix("q=").or(parameter.strip_prefix("Q="));
                weight.is_some_and(|weight| weight.parse() == Ok(0.0))
            });
            media.eq_ignore_ascii_case(MEDIA_TYPE) && !refused
        })
}

fn to_transmit(downlink: Downlink) -> Response {
    let mut response = Response::new(Body::from(downlink.to_vec()));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}

async fn process(
    gateway: &Arc<Gateway>,
    device_type: &DeviceType,
    frame: &[u8],
    transmits: bool,
) -> (Reply, Option<Downlink>) {
    let (now, name) = (clock::now(), &device_type.name);
    let claim = match read_frame(frame, Tolerance::Two, Arrival::new(now, [0; 16])) {
        Ok(claim) => claim,
        Err(refusal) => {
            let code = refusal.reason.code();
            gateway.counters.add_refused(code, &refusal.reason, now);
            return (refusal.reply, None);
        }
    };
    let (ep_id, counter) = (claim.message().ep_id(), claim.message().message.counter);
    let Some(rollover) = device_type.rollover() else {
        let why = "no lawful number of counters is set";
        gateway.counters.add_refused("not-stored", &why, now);
        return (Reply::NOT_STORED, None);
    };
    let Ok(found) = look_up(gateway, name, ep_id.0).await else {
        return (Reply::NOT_STORED, None);
    };
    let Some((device, key)) = found else {
        let why = "no device with a radio key";
        gateway.counters.add_refused("not-authentic", &why, now);
        return (Reply::Refused(StatusCode::FORBIDDEN.as_u16()), None);
    };
    match claim.authenticate(&FrameKey::new(ep_id, &key).with_rollover(rollover)) {
        Ok(authentic) => {
            let entry = |admitted: &_| Entry::new(admitted, name, rollover, now, frame, transmits).into();
            let (reply, written) = gateway.admit(&device, authentic, now, frame, entry).await;
            let stored = written.map(|written| written.sigfox).unwrap_or_default();
            if let Some(fault) = stored.fault {
                gateway.counters.add_refused(fault.code(), &fault, now);
            }
            let downlink = match stored.given {
                Some(Given::Data(data)) => Some(Answer::new(ep_id, counter, data).encode(&key)),
                _ => None,
            };
            (reply, downlink)
        }
        Err(refusal) => {
            let code = refusal.reason.code();
            gateway.counters.add_refused(code, &refusal.reason, now);
            (refusal.reply, None)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_names_the_media_type_can_transmit() {
        let says = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(ACCEPT, HeaderValue::from_static(value));
            }
            transmits(&headers)
        };
        for yes in [
            &["application/octet-stream"][..],
            &["text/plain, Application/Octet-Stream;q=0.5"],
            &["text/plain", "application/octet-stream ; q=1"],
        ] {
            assert!(says(yes), "{yes:?}");
        }
        for no in [
            &[][..],
            &["*/*"],
            &["application/*"],
            &["application/octet-stream;q=0"],
            &["application/octet-stream; q=0.000"],
            &["application/json;x=application/octet-stream"],
        ] {
            assert!(!says(no), "{no:?}");
        }
    }
}
