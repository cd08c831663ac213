//! What became of a request: one record, or the records of a batch (§9).

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::error::{ErrorKind, ReceiveError};
use super::fields::Fields;
use super::json::Json;
use super::pattern::{self, LinePattern};
use super::raw::{Form, Raw};
use super::read;
use super::record::Record;
use super::service::Service;
use super::warning::Warning;

/// Most [warnings](Received::warnings) that are kept of one request.
const MAX_WARNINGS: usize = 1024;

/// Where several records come from.
#[derive(Debug)]
pub(super) enum Batch<'a> {
    /// Lines of text.
    Lines {
        text: Cow<'a, str>,
        offset: usize,
        pattern: &'a LinePattern,
    },
    /// An array of JSON, which was checked as such.
    Elements { text: &'a str, offset: usize },
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
    pub(super) fn one(fields: &mut Fields<'a>, now_s: u64) -> Result<Self, ReceiveError> {
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

    pub(super) fn many(batch: Batch<'a>, now_s: u64) -> Result<Self, ReceiveError> {
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
        let mut fields = Fields::new();
        fields.begin(raw.text, raw.offset);
        fields.object(&mut Json::of(&raw)).ok()?;
        Some(fields)
    });
    lines.chain(elements)
}

/// The elements of an array that was checked.
fn elements(text: &str, offset: usize) -> impl Iterator<Item = Raw<'_>> {
    let mut all = Vec::new();
    // Cannot fail: the array was read before.
    let _ = Json::new(text, offset).elements(|json| json.value().map(|raw| all.push(raw)));
    all.into_iter()
}
