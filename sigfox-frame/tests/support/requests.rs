//! Requests for tests.
#![allow(dead_code, reason = "each test uses its part")]

use sigfox_frame::callback::{ReceiveError, Received, Receiver, Record, Request, Secrets};

pub(crate) const SECRET: &[u8] = b"Bearer 7f3a9c51d2e84b06";
pub(crate) const NOW_S: u64 = 1_718_000_005;

pub(crate) fn receiver() -> Receiver {
    Receiver::new(Secrets::new(SECRET).unwrap())
}

pub(crate) fn request<'a>(content_type: &'a str, body: &'a [u8]) -> Request<'a> {
    Request::new("POST", &[SECRET])
        .with_content_type(content_type)
        .with_body(body)
}

pub(crate) fn json<'a>(receiver: &'a Receiver, body: &'a str) -> Result<Received<'a>, ReceiveError> {
    receiver.receive(&request("application/json", body.as_bytes()), NOW_S)
}

pub(crate) fn form<'a>(receiver: &'a Receiver, body: &'a str) -> Result<Received<'a>, ReceiveError> {
    receiver.receive(
        &request("application/x-www-form-urlencoded", body.as_bytes()),
        NOW_S,
    )
}

pub(crate) fn text<'a>(receiver: &'a Receiver, body: &'a str) -> Result<Received<'a>, ReceiveError> {
    receiver.receive(&request("text/plain", body.as_bytes()), NOW_S)
}

/// The one record of a JSON body.
pub(crate) fn record(body: &str) -> Record<'static> {
    let receiver = receiver();
    let received = json(&receiver, body).unwrap();
    received.as_one().unwrap().clone().into_owned()
}

/// Codes of the warnings of a JSON body.
pub(crate) fn warnings(body: &str) -> Vec<String> {
    let receiver = receiver();
    let received = json(&receiver, body).unwrap();
    received.warnings().iter().map(ToString::to_string).collect()
}

/// The code of the refusal of a JSON body, its field and its offset.
pub(crate) fn refusal(body: &str) -> (&'static str, &'static str, usize) {
    let receiver = receiver();
    let error = json(&receiver, body).unwrap_err();
    (error.kind.code(), error.field, error.offset)
}

/// A message with further members.
pub(crate) fn with(members: &str) -> String {
    format!(r#"{{"device":"2D91F3","time":1718000000,"data":"850a01ff38"{members}}}"#)
}
