//! From a request to records (§2, §3, §9).

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::carrier;
use super::error::{ErrorKind, JsonFault, ReceiveError};
use super::fields::Fields;
use super::json::Json;
use super::limits::{MAX_BATCH_LEN, MAX_LEN};
use super::pattern::{self, LinePattern};
use super::raw::{Form, Raw};
use super::read;
use super::record::{Record, Service};
use super::secret::Secrets;
use super::warning::Warning;

/// Most [warnings](Received::warnings) that are kept of one request.
const MAX_WARNINGS: usize = 1024;
/// The byte order mark, which is skipped.
const MARK: &str = "\u{FEFF}";

/// A request, as borrowed parts.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    method: &'a str,
    content_type: Option<&'a str>,
    query: Option<&'a str>,
    authorization: &'a [&'a [u8]],
    body: &'a [u8],
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

/// What requests are measured by.
#[derive(Debug, Clone)]
pub struct Receiver {
    secrets: Secrets,
    pattern: Option<LinePattern>,
    max_len: usize,
    max_batch_len: usize,
}

#[derive(Clone, Copy)]
enum Carrier {
    Query,
    Json,
    Form,
    Text,
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
        let carrier = carrier(request)?;
        self.check_len(request, carrier)?;
        let mut fields = Fields::new(0);
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
        let form = |text, fields: &mut Fields<'a>| {
            let batch = self.batch_in(text)?;
            if batch.is_none() {
                carrier::form(text, fields);
            }
            Ok(batch)
        };
        let (text, base) = match carrier {
            Carrier::Query => return form(query, fields),
            _ => text_of(request.body, carrier)?,
        };
        fields.offset = base;
        match (carrier, &self.pattern) {
            (Carrier::Json, _) => json(text, base, fields),
            // Nothing but the query is left to hold it.
            (_, Some(_)) if text.is_empty() => self.batch_in(query),
            (Carrier::Text, Some(pattern)) => Ok(Some(Batch::Lines {
                text: Cow::Borrowed(text),
                offset: base,
                pattern,
            })),
            (Carrier::Text, None) => carrier::text(text, base, fields).map(|()| None),
            _ => form(text, fields),
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
    fn batch_in<'a>(&'a self, form: &'a str) -> Result<Option<Batch<'a>>, ReceiveError> {
        let Some(pattern) = &self.pattern else {
            return Ok(None);
        };
        let mut batch: Option<Raw<'a>> = None;
        for (name, value) in carrier::form_pairs(form) {
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

fn carrier(request: &Request<'_>) -> Result<Carrier, ReceiveError> {
    match request.method {
        "GET" => return Ok(Carrier::Query),
        "POST" | "PUT" => {}
        _ => return Err(ReceiveError::new(ErrorKind::Method, "method", 0)),
    }
    let media = request.content_type.unwrap_or_default();
    // Parameters such as `charset` are ignored (§5).
    let media = media
        .split_once(';')
        .map_or(media, |(media, _)| media)
        .trim_ascii();
    for (name, carrier) in [
        ("application/json", Carrier::Json),
        ("application/x-www-form-urlencoded", Carrier::Form),
        ("text/plain", Carrier::Text),
    ] {
        if media.eq_ignore_ascii_case(name) {
            return Ok(carrier);
        }
    }
    Err(ReceiveError::new(ErrorKind::ContentType, "content-type", 0))
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

/// Where several records come from.
#[derive(Debug)]
enum Batch<'a> {
    /// Lines of text.
    Lines {
        text: Cow<'a, str>,
        offset: usize,
        pattern: &'a LinePattern,
    },
    /// An array of JSON, which was checked as such.
    Elements { text: &'a str, offset: usize },
}

fn json<'a>(text: &'a str, base: usize, fields: &mut Fields<'a>) -> Result<Option<Batch<'a>>, ReceiveError> {
    let mut json = Json::new(text, base);
    json.space();
    if json.peek() == b'{' {
        fields.object(&mut json)?;
        json.finish()?;
        return Ok(None);
    }
    let value = json.value()?;
    json.finish()?;
    if value.form == Form::Structured {
        return Ok(Some(Batch::Elements {
            text: value.text,
            offset: value.offset,
        }));
    }
    let kind = ErrorKind::BadJson(JsonFault::Root);
    Err(ReceiveError::new(kind, "body", value.offset))
}

/// An accepted request: one record or more, and what is off.
#[derive(Debug)]
pub struct Received<'a> {
    content: Whole<'a>,
    service: Service,
    count: usize,
    warnings: Vec<Warning>,
    now_s: u64,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "the large one is the frequent one")]
enum Whole<'a> {
    One(Record<'a>),
    /// Read again for each look: a batch of a mebibyte takes no more memory than that.
    Many(Batch<'a>),
}

impl<'a> Received<'a> {
    fn one(fields: &mut Fields<'a>, now_s: u64) -> Result<Self, ReceiveError> {
        let mut warnings = Vec::new();
        let record = read::record(fields, now_s, &mut warnings)?;
        Ok(Self {
            service: record.service,
            content: Whole::One(record),
            count: 1,
            warnings,
            now_s,
        })
    }

    fn many(batch: Batch<'a>, now_s: u64) -> Result<Self, ReceiveError> {
        let mut warnings = Vec::new();
        let (mut service, mut count) = (None, 0_usize);
        let mut number = 0_usize;
        let mut each = |fields: Option<Fields<'_>>| {
            number = number.saturating_add(1);
            let kept = warnings.len();
            let record = fields.and_then(|mut fields| read::record(&mut fields, now_s, &mut warnings).ok());
            if let Some(record) = record {
                service = service.or(Some(record.service));
                count = count.saturating_add(1);
            } else {
                warnings.truncate(kept);
                warnings.push(Warning::BadLine(number));
            }
            warnings.truncate(MAX_WARNINGS);
        };
        let (field, offset) = match &batch {
            Batch::Lines { offset, .. } => ("batch", *offset),
            Batch::Elements { offset, .. } => ("body", *offset),
        };
        for fields in units(&batch) {
            each(fields);
        }
        match service {
            Some(service) => Ok(Self {
                content: Whole::Many(batch),
                service,
                count,
                warnings,
                now_s,
            }),
            // R18: 400 only if no line is valid.
            None => Err(ReceiveError::new(ErrorKind::BadLine, field, offset)),
        }
    }

    /// The service of the first record.
    #[must_use]
    pub const fn service(&self) -> Service {
        self.service
    }

    /// How many records there are: at least one.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The record, if the request is no batch.
    #[must_use]
    pub const fn as_one(&self) -> Option<&Record<'a>> {
        match &self.content {
            Whole::One(record) => Some(record),
            Whole::Many(_) => None,
        }
    }

    /// The records, in order. Those of a batch are read again.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let (one, many) = match &self.content {
            Whole::One(record) => (Some(record.clone()), None),
            Whole::Many(batch) => (None, Some(units(batch))),
        };
        let now_s = self.now_s;
        let many = many.into_iter().flatten().flatten();
        one.into_iter()
            .chain(many.filter_map(move |mut fields| read::record(&mut fields, now_s, &mut Vec::new()).ok()))
    }

    /// What is off, the first thousand remarks.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

/// The lines or elements of a batch; `None` for one that is no record at all.
fn units<'s>(batch: &'s Batch<'_>) -> impl Iterator<Item = Option<Fields<'s>>> {
    let (lines, elements) = match batch {
        Batch::Lines {
            text,
            offset,
            pattern,
        } => (Some((pattern::lines(text), *offset, *pattern)), None),
        Batch::Elements { text, offset } => (None, Some(elements(text, *offset))),
    };
    let lines = lines.into_iter().flat_map(|(lines, base, pattern)| {
        lines.map(move |(at, line)| pattern.cut(line, base.saturating_add(at)))
    });
    let elements = elements.into_iter().flatten().map(|raw| {
        if raw.form != Form::Structured || !raw.text.starts_with('{') {
            return None;
        }
        let mut fields = Fields::new(raw.offset);
        fields.object(&mut Json::of(&raw)).ok()?;
        Some(fields)
    });
    lines.chain(elements)
}

/// The elements of an array that was checked.
fn elements(text: &str, offset: usize) -> impl Iterator<Item = Raw<'_>> {
    let mut all = Vec::new();
    // Cannot fail: the array was read before.
    let _ = Json::new(text, offset).elements(|raw| all.push(raw));
    all.into_iter()
}
