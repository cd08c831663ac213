//! A radio frame of a receiver of one's own.

use comet_proto::sigfox::{self, Frame as Message};
use comet_proto::{Admitted, Family, UnixMillis};
use rusqlite::{OptionalExtension as _, Transaction, params};
use sigfox_frame::uplink::Uplink;

use super::super::gate::Withdraw;
use super::super::record::Record;
use super::super::signed;
use super::catalogue::{Catalogue, model_of};
use super::decoding::{Carrier, Meaning};

/// A row of longer ago has the key of another message: the guard has begun anew. Copies of one message come within seconds.
const DAY_MS: u64 = 86_400_000;

/// A frame to be stored.
#[derive(Debug)]
pub(crate) struct Frame {
    record: Record,
    uplink: Uplink,
    device_type: String,
    received: UnixMillis,
}

impl Frame {
    pub(crate) fn new(
        admitted: &Admitted<Message>,
        device_type: &str,
        received: UnixMillis,
        frame: &[u8],
    ) -> Self {
        let uplink: Uplink = **admitted.message();
        // Everything that it says: serialising it cannot fail.
        let detail = serde_json::to_value(uplink).unwrap_or_default();
        Self {
            record: Record::new(admitted, "UPLINK", &detail, received, frame),
            uplink,
            device_type: device_type.to_owned(),
            received,
        }
    }

    pub(in crate::store) fn row(&self) -> Withdraw {
        self.record.row()
    }

    /// Writes the rows, if the message is not there yet; whether it is new.
    pub(in crate::store) fn apply(
        &self,
        transaction: &Transaction<'_>,
        catalogue: &mut Catalogue,
    ) -> rusqlite::Result<bool> {
        self.set_aside(transaction)?;
        let Some(message) = self.record.insert_message(transaction)? else {
            return Ok(false);
        };
        let compiled = catalogue.of(transaction, &self.device_type)?;
        transaction
            .prepare_cached("INSERT INTO sigfox_message (message, type, time_s, seq, revision) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![
                message,
                self.device_type,
                signed(self.received.0 / 1000),
                self.uplink.message.counter.get(),
                compiled.revision
            ])?;
        let serial = sigfox::serial(self.uplink.message.ep_id.0);
        let model = model_of(transaction, Family::SigfoxRadio.code(), &serial)?;
        let carrier = Carrier::Uplink(&self.uplink);
        let meaning = Meaning::of(&carrier, compiled, model.as_deref(), self.received);
        meaning.insert(transaction, message)?;
        Ok(true)
    }

    /// An old row with the same key gets another one, so that it does not stand for the new message.
    fn set_aside(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let key = self.record.row().key;
        let old: Option<i64> = transaction
            .prepare_cached("SELECT id FROM message WHERE key = ?1 AND received_ms < ?2")?
            .query_row(
                params![key, signed(self.received.0.saturating_sub(DAY_MS))],
                |row| row.get(0),
            )
            .optional()?;
        if let Some(id) = old {
            let other = [&key[..], b"/", &id.to_be_bytes()].concat();
            transaction.execute("UPDATE message SET key = ?2 WHERE id = ?1", params![id, other])?;
        }
        Ok(())
    }
}
