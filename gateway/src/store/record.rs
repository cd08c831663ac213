//! A message with its observations, as rows to be written.

use comet_proto::push::JsonMessage;
use comet_proto::soap::SoapMessage;
use comet_proto::tcp::{Health, Sample, Upload};
use comet_proto::{Admitted, Family, Ingest, Observation, UnixMillis};
use rusqlite::{Transaction, params};

use super::gate::Withdraw;
use super::signed;

/// Everything that is stored of one message.
#[derive(Debug)]
pub(crate) struct Record {
    key: Vec<u8>,
    family: &'static str,
    serial: String,
    kind: String,
    received: UnixMillis,
    detail: String,
    body: Vec<u8>,
    project: Option<String>,
    rows: Vec<Row>,
}

/// A row of `observation`.
#[derive(Debug)]
pub(super) struct Row {
    channel: u16,
    name: Option<String>,
    quantity: &'static str,
    unit: Option<String>,
    value: Option<String>,
    quality: &'static str,
    error: Option<u32>,
    alarm: &'static str,
    raw: Option<String>,
    taken: UnixMillis,
    basis: &'static str,
}

impl Row {
    pub(super) fn new(observation: &Observation<'_>) -> Self {
        Self {
            channel: observation.channel.number,
            name: observation.channel.name.as_deref().map(str::to_owned),
            quantity: observation.quantity.code(),
            unit: observation.unit.as_ref().map(|unit| unit.symbol().to_owned()),
            value: observation.value.map(|value| value.to_string()),
            quality: observation.quality.code(),
            error: observation.quality.error_number(),
            alarm: observation.alarm.code(),
            raw: observation.raw.as_deref().map(str::to_owned),
            taken: observation.taken.time,
            basis: observation.taken.basis.code(),
        }
    }
}

impl Record {
    /// Copies a Web Sensor message that the pipeline admitted.
    pub(crate) fn soap(admitted: &Admitted<SoapMessage<'_>>, received: UnixMillis, body: &[u8]) -> Self {
        let message = admitted.message();
        let model = message.device.and_then(soap_websensor::DeviceCode::model);
        let detail = serde_json::json!({
            "device": message.device,
            "model": model.map(|model| model.name),
            "namespace": message.name.namespace(),
            "interval_s": message.interval_s,
            "warnings": message.all_warnings(),
            "unknown": message.unknown,
        });
        Self::new(admitted, message.name.local(), &detail, received, body)
    }

    /// Copies a JSON message that the pipeline admitted.
    pub(crate) fn json(admitted: &Admitted<JsonMessage<'_>>, received: UnixMillis, body: &[u8]) -> Self {
        let message: &comet_json::Message<'_> = admitted.message();
        let kind = format!("JsonType {}", message.content.message_type().number());
        // Everything the message says: serialising it cannot fail.
        let detail = serde_json::to_value(message).unwrap_or_default();
        Self::new(admitted, &kind, &detail, received, body)
    }

    /// Copies a STATUS that the pipeline admitted.
    pub(crate) fn status(admitted: &Admitted<Health<'_>>, received: UnixMillis) -> Self {
        let status = admitted.message().session().status();
        // Everything the message says: serialising it cannot fail.
        let detail = serde_json::to_value(status).unwrap_or_default();
        Self::new(admitted, "STATUS", &detail, received, &status.to_bytes())
    }

    /// Copies the records of a SAMPLES frame that the pipeline admitted, each a message of its own: a device cuts its memory
    /// anew into frames in each session. `detail` has all that a record says, so there is no body.
    pub(crate) fn samples(admitted: &Admitted<Upload<'_>>, received: UnixMillis) -> Vec<Self> {
        let upload = admitted.message();
        let serial = admitted.device().serial.into_owned();
        let sample = |sample: Sample<'_>| Self {
            key: sample.key().as_bytes().to_vec(),
            family: Family::Tcp.code(),
            serial: serial.clone(),
            kind: "SAMPLES".to_owned(),
            received,
            detail: sample_detail(upload, &sample).to_string(),
            body: Vec::new(),
            project: None,
            rows: sample
                .observations(received)
                .map(|observation| Row::new(&observation))
                .collect(),
        };
        upload.samples().map(sample).collect()
    }

    pub(super) fn new<M: Ingest>(
        admitted: &Admitted<M>,
        kind: &str,
        detail: &serde_json::Value,
        received: UnixMillis,
        body: &[u8],
    ) -> Self {
        let device = admitted.device();
        Self {
            key: admitted.key().as_bytes().to_vec(),
            family: device.family.code(),
            serial: device.serial.into_owned(),
            kind: kind.to_owned(),
            received,
            detail: detail.to_string(),
            body: body.to_vec(),
            project: None,
            rows: admitted
                .observations()
                .map(|observation| Row::new(&observation))
                .collect(),
        }
    }

    /// The same, bound to the project of its device, if that has one.
    pub(crate) fn bound_to(mut self, project: Option<&str>) -> Self {
        self.project = project.map(str::to_owned);
        self
    }

    /// What it is stored under.
    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    pub(super) fn row(&self) -> Withdraw {
        Withdraw {
            key: self.key.clone(),
            raw: false,
        }
    }

    /// Writes the rows, if the message is not there yet; whether it is new.
    pub(super) fn insert(&self, transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
        self.insert_message(transaction).map(|message| message.is_some())
    }

    /// The same; gives the new row.
    pub(super) fn insert_message(&self, transaction: &Transaction<'_>) -> rusqlite::Result<Option<i64>> {
        let inserted = transaction
            .prepare_cached(
                "INSERT INTO message (key, family, serial, kind, received_ms, detail, body) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (key) DO NOTHING",
            )?
            .execute(params![
                self.key,
                self.family,
                self.serial,
                self.kind,
                signed(self.received.0),
                self.detail,
                self.body
            ])?;
        if inserted == 0 {
            return Ok(None);
        }
        let message = transaction.last_insert_rowid();
        if let Some(project) = &self.project {
            transaction
                .prepare_cached("INSERT INTO message_project (message, project) VALUES (?1, ?2)")?
                .execute(params![message, project])?;
        }
        insert_rows(transaction, message, &self.rows)?;
        Ok(Some(message))
    }
}

/// Writes observations of a message.
pub(super) fn insert_rows(transaction: &Transaction<'_>, message: i64, rows: &[Row]) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO observation (message, channel, name, quantity, unit, value, quality, error, alarm, raw, \
             taken_ms, basis) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?;
    for row in rows {
        insert.execute(params![
            message,
            row.channel,
            row.name,
            row.quantity,
            row.unit,
            row.value,
            row.quality,
            row.error,
            row.alarm,
            row.raw,
            signed(row.taken.0),
            row.basis
        ])?;
    }
    Ok(())
}

/// The record as it was sent: quantity, scale and raw value of each channel, time in its basis.
fn sample_detail(upload: &Upload<'_>, sample: &Sample<'_>) -> serde_json::Value {
    let head = upload.frame().head();
    let channels = upload.frame().channels().iter().zip(sample.record().values());
    let channels: Vec<_> = channels
        .map(|(channel, value)| serde_json::json!([channel.quantity(), channel.scale(), value]))
        .collect();
    serde_json::json!({
        "log": upload.log_id().to_string(),
        "number": sample.number(),
        "time": sample.record().time(),
        "basis": head.basis,
        "period_s": head.period_s,
        "channels": channels,
    })
}

/// Whether these are the observations of the channels of a message, the device itself aside.
pub(super) fn same_rows(transaction: &Transaction<'_>, message: i64, rows: &[Row]) -> rusqlite::Result<bool> {
    let mut stored = transaction.prepare_cached(
        "SELECT channel, name, quantity, unit, value, quality, raw FROM observation WHERE message = ?1 AND channel > 0 \
         ORDER BY channel, quantity",
    )?;
    let mut stored = stored.query([message])?;
    for row in rows {
        let Some(found) = stored.next()? else {
            return Ok(false);
        };
        let text = |index| found.get::<_, Option<String>>(index);
        let same = found.get::<_, u16>(0)? == row.channel
            && text(1)? == row.name
            && text(2)?.as_deref() == Some(row.quantity)
            && text(3)? == row.unit
            && text(4)? == row.value
            && text(5)?.as_deref() == Some(row.quality)
            && text(6)? == row.raw;
        if !same {
            return Ok(false);
        }
    }
    Ok(stored.next()?.is_none())
}
