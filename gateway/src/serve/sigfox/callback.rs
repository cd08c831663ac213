//! Callbacks: every service, every carrier.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use comet_proto::Arrival;
use comet_proto::sigfox::{self, LinePattern, Receiver, Request, Response as Answers};
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::http::request::Parts;
use sigfox_frame::callback::limits::MAX_BATCH_LEN;
use tokio::time::Instant;

use super::super::{Gateway, http};
use super::{Caller, answer, records, refused};
use crate::clock;

/// The cloud repeats what was not answered after a minute (§3): what is not begun until then is the repeat's.
const REPEATED: Duration = Duration::from_secs(60);

/// Whoever is not waited for any more goes on: a repeat of the request finds what was stored.
pub(super) async fn take(gateway: Arc<Gateway>, caller: Caller, parts: Parts, body: Body) -> Response {
    let limit = match caller.device_type.line_pattern {
        Some(_) => MAX_BATCH_LEN.max(gateway.limits.body_len),
        None => gateway.limits.body_len,
    };
    let body = match http::receive_up_to(&gateway, limit, &parts.headers, body).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    // Connections are bounded, but requests outlive theirs.
    let Ok(place) = Arc::clone(&gateway.callbacks).try_acquire_owned() else {
        let why = "too many requests are under way";
        gateway.counters.add_refused("not-stored", &why, clock::now());
        return refused(StatusCode::SERVICE_UNAVAILABLE);
    };
    let answers = tokio::spawn(async move {
        let answers = process(&gateway, &caller, &parts, &body).await;
        drop(place);
        answers
    });
    match answers.await {
        Ok(answers) => answer(&answers),
        Err(_) => refused(StatusCode::SERVICE_UNAVAILABLE),
    }
}

async fn process(gateway: &Arc<Gateway>, caller: &Caller, parts: &Parts, body: &Bytes) -> Answers {
    let (now, begin) = (clock::now(), Instant::now());
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
        Ok(delivery) => {
            let name = &caller.device_type.name;
            let end = begin.checked_add(REPEATED).unwrap_or(begin);
            records::take(gateway, name, &delivery, now, end).await
        }
        Err(refusal) => {
            let code = refusal.reason.code();
            gateway.counters.add_refused(code, &refusal.reason, now);
            refusal.reply.into()
        }
    }
}
