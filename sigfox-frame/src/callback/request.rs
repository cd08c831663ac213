//! A request, and the carrier that its content type names (§2, R4).

use super::error::{ErrorKind, ReceiveError};

const JSON: &str = "application/json";

/// A request, as borrowed parts.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub(super) method: &'a str,
    pub(super) content_type: Option<&'a str>,
    pub(super) query: Option<&'a str>,
    pub(super) authorization: &'a [&'a [u8]],
    pub(super) body: &'a [u8],
}

impl<'a> Request<'a> {
    /// A request with this method, and all values of the one header that carries the secret: `Authorization`, or a custom one.
    /// Where the secret is a segment of the path (R1), that segment.
    #[must_use]
    pub const fn new(method: &'a str, authorization: &'a [&'a [u8]]) -> Self {
        Self {
            method,
            content_type: None,
            query: None,
            authorization,
            body: &[],
        }
    }

    /// With this value of `Content-Type`.
    #[must_use]
    pub const fn with_content_type(mut self, content_type: &'a str) -> Self {
        self.content_type = Some(content_type);
        self
    }

    /// With this query, without its question mark.
    #[must_use]
    pub const fn with_query(mut self, query: &'a str) -> Self {
        self.query = Some(query);
        self
    }

    /// With this body.
    #[must_use]
    pub const fn with_body(mut self, body: &'a [u8]) -> Self {
        self.body = body;
        self
    }
}

/// Method and sizes only: headers and query may hold secrets.
impl core::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("content_type", &self.content_type)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// How keys and values are written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Carrier {
    Query,
    Json,
    Form,
    Text,
}

pub(super) fn carrier(request: &Request<'_>) -> Result<Carrier, ReceiveError> {
    match request.method {
        "GET" => return Ok(Carrier::Query),
        "POST" | "PUT" => {}
        _ => return Err(ReceiveError::new(ErrorKind::Method, "method", 0)),
    }
    let media = request.content_type.unwrap_or_default();
    // As the network sends it.
    if media == JSON {
        return Ok(Carrier::Json);
    }
    // Parameters such as `charset` are ignored (§5).
    let media = media
        .split_once(';')
        .map_or(media, |(media, _)| media)
        .trim_ascii();
    for (name, carrier) in [
        (JSON, Carrier::Json),
        ("application/x-www-form-urlencoded", Carrier::Form),
        ("text/plain", Carrier::Text),
    ] {
        if media.eq_ignore_ascii_case(name) {
            return Ok(carrier);
        }
    }
    Err(ReceiveError::new(ErrorKind::ContentType, "content-type", 0))
}
