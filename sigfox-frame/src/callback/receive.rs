//! From a request to records (§2, §3, §9).

use alloc::borrow::Cow;

use super::carrier;
use super::error::{ErrorKind, JsonFault, ReceiveError};
use super::fields::Fields;
use super::json::Json;
use super::limits::{MAX_BATCH_LEN, MAX_LEN};
use super::pattern::LinePattern;
use super::raw::{Form, Raw};
use super::received::{Batch, Received};
use super::request::{Carrier, Request, carrier as carrier_of};
use super::secret::Secrets;

/// The byte order mark, which is skipped.
const MARK: &str = "\u{FEFF}";

/// What requests are measured by.
#[derive(Debug, Clone)]
pub struct Receiver {
    secrets: Secrets,
    pattern: Option<LinePattern>,
    max_len: usize,
    max_batch_len: usize,
}

impl Receiver {
    /// A receiver that accepts these secrets, with the limits of R4 and without batches.
    #[must_use]
    pub const fn new(secrets: Secrets) -> Self {
        Self {
            secrets,
            pattern: None,
            max_len: MAX_LEN,
            max_batch_len: MAX_BATCH_LEN,
        }
    }

    /// Takes batches with this line pattern, too (R18).
    #[must_use]
    pub fn with_line_pattern(mut self, pattern: LinePattern) -> Self {
        self.pattern = Some(pattern);
        self
    }

    /// Another limit for a body, or the query of a GET, in octets.
    #[must_use]
    pub const fn with_max_len(mut self, max_len: usize) -> Self {
        self.max_len = max_len;
        self
    }

    /// Another limit for a batch in octets.
    #[must_use]
    pub const fn with_max_batch_len(mut self, max_len: usize) -> Self {
        self.max_batch_len = max_len;
        self
    }

    /// Reads a request. `now_s` is the time in seconds since 1970 UTC.
    ///
    /// The secret is looked at first, then method, content type and size: who knows no secret learns nothing else.
    ///
    /// # Errors
    /// [`ReceiveError`] with the status to answer.
    pub fn receive<'a>(&'a self, request: &Request<'a>, now_s: u64) -> Result<Received<'a>, ReceiveError> {
        if !self.secrets.accept(request.authorization.iter().copied()) {
            return Err(ReceiveError::new(ErrorKind::Auth, "authorization", 0));
        }
        let carrier = carrier_of(request)?;
        self.check_len(request, carrier)?;
        let mut fields = Fields::new();
        match self.batch(request, carrier, &mut fields)? {
            Some(batch) => Received::many(batch, now_s),
            None => Received::one(&mut fields, now_s),
        }
    }

    /// Reads one record into `fields`, or gives the batch that the request is.
    fn batch<'a>(
        &'a self,
        request: &Request<'a>,
        carrier: Carrier,
        fields: &mut Fields<'a>,
    ) -> Result<Option<Batch<'a>>, ReceiveError> {
        let query = request.query.unwrap_or_default();
        let (text, base) = match carrier {
            Carrier::Query => (query, 0),
            _ => text_of(request.body, carrier)?,
        };
        fields.begin(text, base);
        match (carrier, &self.pattern) {
            (Carrier::Json, _) => json(text, base, fields),
            // Nothing but the query is left to hold it.
            (Carrier::Form | Carrier::Text, Some(_)) if text.is_empty() => self.batch_in(query, 0),
            (Carrier::Text, Some(pattern)) => Ok(Some(Batch::Lines {
                text: Cow::Borrowed(text),
                offset: base,
                pattern,
            })),
            (Carrier::Text, None) => carrier::text(text, base, fields).map(|()| None),
            (Carrier::Form | Carrier::Query, _) => {
                let batch = self.batch_in(text, base)?;
                if batch.is_none() {
                    carrier::form(text, base, fields);
                }
                Ok(batch)
            }
        }
    }

    /// The body is too large, or the query that stands for it.
    fn check_len(&self, request: &Request<'_>, carrier: Carrier) -> Result<(), ReceiveError> {
        let max = match carrier {
            Carrier::Query | Carrier::Form | Carrier::Text if self.pattern.is_some() => {
                self.max_batch_len.max(self.max_len)
            }
            _ => self.max_len,
        };
        let query = request.query.map_or(0, str::len);
        for (len, field) in [(request.body.len(), "body"), (query, "query")] {
            if len > max {
                return Err(ReceiveError::new(ErrorKind::TooLarge { len }, field, max));
            }
        }
        Ok(())
    }

    /// The parameter `batch` of a form or query, if batches are taken (§9).
    fn batch_in<'a>(&'a self, form: &'a str, base: usize) -> Result<Option<Batch<'a>>, ReceiveError> {
        let Some(pattern) = &self.pattern else {
            return Ok(None);
        };
        let mut batch: Option<Raw<'a>> = None;
        for (name, value) in carrier::form_pairs(form, base) {
            if name.text() != "batch" {
                continue;
            }
            if batch.is_some_and(|batch| !batch.same(&value)) {
                return Err(ReceiveError::new(
                    ErrorKind::ConflictingKey,
                    "batch",
                    value.offset,
                ));
            }
            batch = Some(value);
        }
        Ok(batch.map(|batch| Batch::Lines {
            text: batch.text(),
            offset: batch.offset,
            pattern,
        }))
    }
}

/// The body as text behind its byte order mark, and where that begins.
fn text_of(body: &[u8], carrier: Carrier) -> Result<(&str, usize), ReceiveError> {
    let text = core::str::from_utf8(body).map_err(|error| {
        let kind = match carrier {
            Carrier::Json => ErrorKind::BadJson(JsonFault::Utf8),
            _ => ErrorKind::BadText,
        };
        ReceiveError::new(kind, "body", error.valid_up_to())
    })?;
    Ok(text
        .strip_prefix(MARK)
        .map_or((text, 0), |rest| (rest, MARK.len())))
}

fn json<'a>(text: &'a str, base: usize, fields: &mut Fields<'a>) -> Result<Option<Batch<'a>>, ReceiveError> {
    let mut json = Json::new(text, base);
    json.space();
    if json.peek() == b'{' {
        fields.object(&mut json)?;
        json.finish().map_err(|_| json.error())?;
        return Ok(None);
    }
    let value = json.value().map_err(|_| json.error())?;
    json.finish().map_err(|_| json.error())?;
    if value.form == Form::Structured {
        return Ok(Some(Batch::Elements {
            text: value.text,
            offset: value.offset,
        }));
    }
    let kind = ErrorKind::BadJson(JsonFault::Root);
    Err(ReceiveError::new(kind, "body", value.offset))
}
