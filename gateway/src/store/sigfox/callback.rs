//! A record of a callback: stored once, merged with what comes later, answered (sigfox-callback R12 to R17).

use comet_proto::sigfox::{
    Archive, Callback as Message, Content, Given, Merged, Record as Said, merge, observations,
};
use comet_proto::{Admitted, Family, UnixMillis};
use rusqlite::{OptionalExtension as _, Transaction, params};
use sigfox_frame::callback::DownlinkFault;

use super::super::gate::Withdraw;
use super::super::record::{Record, Row, insert_rows};
use super::super::{Kept, signed};
use super::catalogue::{Catalogue, model_of};
use super::decoding::{Carrier, Meaning};
use super::downlink::{self, Asking, Turn};

/// A record to be stored.
#[derive(Debug)]
pub(crate) struct Callback {
    record: Record,
    said: Box<Said<'static>>,
    serial: String,
    device_type: String,
    received: UnixMillis,
    turn: Turn,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stored {
    pub(crate) inserted: bool,
    /// What the message was given, if it asks.
    pub(crate) given: Option<Given>,
    /// Another payload under the same key: kept as a conflict.
    pub(crate) conflict: bool,
    /// The pending downlink could not be sent.
    pub(crate) fault: Option<DownlinkFault>,
}

impl Callback {
    pub(crate) fn new(
        admitted: &Admitted<Message<'_>>,
        device_type: &str,
        received: UnixMillis,
        turn: Turn,
    ) -> Self {
        let said: Said<'_> = (**admitted.message()).clone();
        let archive = Archive::of(&said);
        let kind = said.service.as_str();
        Self {
            record: Record::new(
                admitted,
                kind,
                &detail(&said),
                received,
                archive.as_str().as_bytes(),
            ),
            serial: admitted.device().serial.into_owned(),
            said: Box::new(said.into_owned()),
            device_type: device_type.to_owned(),
            received,
            turn,
        }
    }

    pub(in crate::store) fn row(&self) -> Withdraw {
        self.record.row()
    }

    pub(in crate::store) fn apply(
        &self,
        transaction: &Transaction<'_>,
        catalogue: &mut Catalogue,
    ) -> rusqlite::Result<Stored> {
        let mut stored = Stored::default();
        let message = match self.record.insert_message(transaction)? {
            Some(message) => {
                stored.inserted = true;
                self.begin(transaction, catalogue, message)?;
                message
            }
            None => match self.merge(transaction)? {
                Some(message) => message,
                None => {
                    stored.conflict = true;
                    return Ok(stored);
                }
            },
        };
        if let Content::Ack(ack) = &self.said.content {
            downlink::acknowledge(transaction, &self.serial, self.said.time_s, ack, self.received)?;
        }
        if self.said.asks() {
            let asking = Asking {
                serial: &self.serial,
                message,
                key: self.record.key(),
                device_type: &self.device_type,
                time_s: self.said.time_s,
                turn: &self.turn,
            };
            let (given, fault) = asking.answer(transaction, self.received)?;
            (stored.given, stored.fault) = (Some(given), fault);
        }
        Ok(stored)
    }

    /// The first that is heard of a message.
    fn begin(
        &self,
        transaction: &Transaction<'_>,
        catalogue: &mut Catalogue,
        message: i64,
    ) -> rusqlite::Result<()> {
        let compiled = catalogue.of(transaction, &self.device_type)?;
        let model = model_of(transaction, Family::Sigfox.code(), &self.serial)?;
        let is_message = self.said.data().is_some();
        transaction
            .prepare_cached(
                "INSERT INTO sigfox_message (message, type, archive, time_s, seq, revision) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                message,
                self.device_type,
                Archive::of(&self.said).as_str(),
                self.said.time_s.map(signed),
                // Numbers of other services are not those of messages.
                self.said.seq.filter(|_| is_message),
                compiled.revision
            ])?;
        Meaning::of(
            &Carrier::Record(&self.said),
            compiled,
            model.as_deref(),
            self.received,
        )
        .insert(transaction, message)
    }

    /// What comes later fills gaps; `None` if it contradicts, and is kept as a conflict.
    fn merge(&self, transaction: &Transaction<'_>) -> rusqlite::Result<Option<i64>> {
        let found: Option<(i64, String)> = transaction
            .prepare_cached(
                "SELECT m.id, s.archive FROM message m JOIN sigfox_message s ON s.message = m.id WHERE m.key = ?1",
            )?
            .query_row([self.record.key()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let found = found.and_then(|(id, archive)| Some((id, Archive::new(archive).record()?)));
        let Some((message, mut earlier)) = found else {
            // Not a row that this gateway has written.
            self.keep(transaction, "unreadable archive")?;
            return Ok(None);
        };
        match merge(&mut earlier, &self.said) {
            Merged::Unchanged => Ok(Some(message)),
            Merged::Filled => {
                self.fill(transaction, message, &earlier)?;
                Ok(Some(message))
            }
            // Distinct occurrences have keys of their own: not reached.
            Merged::Conflict | Merged::Distinct | _ => {
                self.keep(transaction, "conflict")?;
                Ok(None)
            }
        }
    }

    fn fill(&self, transaction: &Transaction<'_>, message: i64, merged: &Said<'_>) -> rusqlite::Result<()> {
        transaction
            .prepare_cached("UPDATE sigfox_message SET archive = ?2 WHERE message = ?1")?
            .execute(params![message, Archive::of(merged).as_str()])?;
        transaction
            .prepare_cached("UPDATE message SET detail = ?2 WHERE id = ?1")?
            .execute(params![message, detail(merged).to_string()])?;
        // The payload is the same: what it says stays.
        transaction
            .prepare_cached("DELETE FROM observation WHERE message = ?1 AND channel = 0")?
            .execute([message])?;
        let received: i64 = transaction
            .prepare_cached("SELECT received_ms FROM message WHERE id = ?1")?
            .query_row([message], |row| row.get(0))?;
        let received = UnixMillis(u64::try_from(received).unwrap_or_default());
        let rows: Vec<_> = observations(merged, received).iter().map(Row::new).collect();
        insert_rows(transaction, message, &rows)
    }

    fn keep(&self, transaction: &Transaction<'_>, why: &str) -> rusqlite::Result<()> {
        let payload = self.said.data().map(|data| data.payload);
        let mut key = self.record.key().to_vec();
        key.extend_from_slice(b"/conflict/");
        key.extend_from_slice(
            payload
                .as_ref()
                .map(|payload| payload.as_bytes())
                .unwrap_or_default(),
        );
        let archive = Archive::of(&self.said);
        let kept = Kept::raw(
            key,
            (Family::Sigfox, &self.serial),
            self.received,
            why,
            archive.as_str().as_bytes(),
        );
        kept.insert(transaction).map(drop)
    }
}

/// Everything that is known of a message: serialising it cannot fail.
fn detail(said: &Said<'_>) -> serde_json::Value {
    serde_json::to_value(said).unwrap_or_default()
}
