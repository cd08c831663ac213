//! Payloads and their descriptions: at the arrival, and again when the descriptions change (comet-sigfox-payload P6).

use comet_proto::UnixMillis;
use comet_proto::sigfox::{Archive, Decoding, Record, decoded, decoded_frame};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use sigfox_frame::uplink::{Body, Tolerance, Uplink, decode};

use super::super::record::{Row, insert_rows, same_rows};
use super::super::signed;
use super::catalogue::{Catalogue, Compiled};

/// Messages that one transaction decodes again: so many that it is quick, so few that nobody waits for it.
const CHUNK: usize = 500;

/// What a message carries that can be decoded.
pub(super) enum Carrier<'a> {
    Record(&'a Record<'a>),
    Uplink(&'a Uplink),
}

/// What there is to store of a decoded payload.
#[derive(Debug, Default)]
pub(super) struct Meaning {
    revision: i64,
    description: Option<String>,
    version: Option<u32>,
    confidence: Option<&'static str>,
    diagnostic: Option<&'static str>,
    undescribed: Option<String>,
    rows: Vec<Row>,
}

impl Meaning {
    /// `model` is that of the device, if its owner has named it.
    pub(super) fn of(
        carrier: &Carrier<'_>,
        compiled: &Compiled,
        model: Option<&str>,
        received: UnixMillis,
    ) -> Self {
        let descriptions = compiled.of_model(model);
        let (decoding, observations) = match carrier {
            Carrier::Record(record) => (
                record
                    .data()
                    .map(|data| descriptions.decode(data.payload.as_bytes())),
                decoded(record, descriptions, received),
            ),
            Carrier::Uplink(uplink) => (
                match &uplink.message.body {
                    Body::Bytes(payload) => Some(descriptions.decode(payload)),
                    _ => None,
                },
                decoded_frame(uplink, descriptions, received),
            ),
        };
        let description = decoding.as_ref().and_then(Decoding::description);
        let bits: Vec<_> = decoding
            .iter()
            .flat_map(Decoding::undescribed)
            .map(|bits| serde_json::json!([bits.byte, bits.mask, bits.bits]))
            .collect();
        Self {
            revision: compiled.revision,
            description: description.map(|description| description.name.to_owned()),
            version: description.map(|description| description.version),
            confidence: description.map(|description| {
                if description.confirmed {
                    "confirmed"
                } else {
                    "unconfirmed"
                }
            }),
            diagnostic: decoding.as_ref().and_then(Decoding::diagnostic),
            undescribed: (!bits.is_empty()).then(|| serde_json::Value::Array(bits).to_string()),
            rows: observations.iter().map(Row::new).collect(),
        }
    }

    /// Of a message that has just got its row in `sigfox_message`.
    pub(super) fn insert(&self, transaction: &Transaction<'_>, message: i64) -> rusqlite::Result<()> {
        insert_rows(transaction, message, &self.rows)?;
        transaction
            .prepare_cached(
                "UPDATE sigfox_message SET revision = ?2, description = ?3, version = ?4, confidence = ?5, diagnostic = ?6, \
                 undescribed = ?7 WHERE message = ?1",
            )?
            .execute(params![
                message,
                self.revision,
                self.description,
                self.version,
                self.confidence,
                self.diagnostic,
                self.undescribed
            ])?;
        Ok(())
    }

    /// Of a message that was decoded before: what it said then is kept as superseded, unless it says the same.
    fn replace(&self, transaction: &Transaction<'_>, message: i64, now: UnixMillis) -> rusqlite::Result<()> {
        if self.is_stored(transaction, message)? {
            transaction
                .prepare_cached("UPDATE sigfox_message SET revision = ?2 WHERE message = ?1")?
                .execute(params![message, self.revision])?;
            return Ok(());
        }
        transaction
            .prepare_cached(
                "INSERT INTO superseded (message, revision, channel, name, quantity, unit, value, quality, raw, description, \
                 version, confidence, superseded_ms) \
                 SELECT o.message, s.revision, o.channel, o.name, o.quantity, o.unit, o.value, o.quality, o.raw, s.description, \
                 s.version, s.confidence, ?2 FROM observation o JOIN sigfox_message s ON s.message = o.message \
                 WHERE o.message = ?1 AND o.channel > 0",
            )?
            .execute(params![message, signed(now.0)])?;
        transaction
            .prepare_cached("DELETE FROM observation WHERE message = ?1 AND channel > 0")?
            .execute([message])?;
        self.insert(transaction, message)
    }

    fn is_stored(&self, transaction: &Transaction<'_>, message: i64) -> rusqlite::Result<bool> {
        let same: bool = transaction
            .prepare_cached(
                "SELECT description IS ?2 AND version IS ?3 AND confidence IS ?4 AND diagnostic IS ?5 AND undescribed IS ?6 \
                 FROM sigfox_message WHERE message = ?1",
            )?
            .query_row(
                params![
                    message,
                    self.description,
                    self.version,
                    self.confidence,
                    self.diagnostic,
                    self.undescribed
                ],
                |row| row.get(0),
            )?;
        Ok(same && same_rows(transaction, message, &self.rows)?)
    }
}

/// What came of decoding an archive again.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Redecoded {
    /// Messages that were looked at.
    pub(crate) messages: u64,
    /// Of these, messages that a description fits now.
    pub(crate) decoded: u64,
}

/// Decodes all messages of a device type whose descriptions have changed since. Done twice it does nothing; cut short it goes on where it
/// was.
pub(crate) fn redecode(
    connection: &mut Connection,
    name: &str,
    now: UnixMillis,
) -> rusqlite::Result<Redecoded> {
    let mut catalogue = Catalogue::default();
    let mut all = Redecoded::default();
    loop {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let compiled = catalogue.of(&transaction, name)?;
        let messages: Vec<Stored> = transaction
            .prepare_cached(
                "SELECT m.id, m.received_ms, s.archive, m.body, d.model FROM sigfox_message s JOIN message m ON m.id = s.message \
                 LEFT JOIN sigfox_device d ON d.family = m.family AND d.serial = m.serial \
                 WHERE s.type = ?1 AND (s.revision < ?2 OR s.revision > ?2) LIMIT ?3",
            )?
            .query_map(
                params![name, compiled.revision, i64::try_from(CHUNK).unwrap_or(i64::MAX)],
                Stored::from_row,
            )?
            .collect::<Result<_, _>>()?;
        for message in &messages {
            let meaning = message.meaning(compiled);
            all.messages = all.messages.saturating_add(1);
            if meaning.description.is_some() {
                all.decoded = all.decoded.saturating_add(1);
            }
            meaning.replace(&transaction, message.id, now)?;
        }
        transaction.commit()?;
        if messages.len() < CHUNK {
            return Ok(all);
        }
    }
}

/// A message of the archive.
struct Stored {
    id: i64,
    received: UnixMillis,
    archive: Option<String>,
    body: Vec<u8>,
    model: Option<String>,
}

impl Stored {
    fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let received: i64 = row.get(1)?;
        Ok(Self {
            id: row.get(0)?,
            received: UnixMillis(u64::try_from(received).unwrap_or_default()),
            archive: row.get(2)?,
            body: row.get(3)?,
            model: row.get(4)?,
        })
    }

    fn meaning(&self, compiled: &Compiled) -> Meaning {
        let model = self.model.as_deref();
        let unreadable = || Meaning {
            revision: compiled.revision,
            diagnostic: Some("unreadable"),
            ..Meaning::default()
        };
        match &self.archive {
            Some(archive) => match Archive::new(archive.as_str()).record() {
                Some(record) => Meaning::of(&Carrier::Record(&record), compiled, model, self.received),
                None => unreadable(),
            },
            None => match decode(&self.body, Tolerance::Two) {
                Ok(frame) => Meaning::of(&Carrier::Uplink(frame.uplink()), compiled, model, self.received),
                Err(_) => unreadable(),
            },
        }
    }
}
