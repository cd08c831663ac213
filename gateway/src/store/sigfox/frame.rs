//! A radio frame of a receiver of one's own.

use comet_proto::sigfox::{self, Frame as Message};
use comet_proto::{Admitted, Family, UnixMillis};
use replay_guard::Verdict;
use rusqlite::{OptionalExtension as _, Transaction, params};
use sigfox_frame::control::Control;
use sigfox_frame::sequence::Rollover;
use sigfox_frame::uplink::{Body, Uplink};

use super::super::gate::Withdraw;
use super::super::record::Record;
use super::super::signed;
use super::Stored;
use super::catalogue::{Catalogue, model_of};
use super::decoding::{Carrier, Meaning};
use super::downlink::{Asking, Turn};

/// A row of longer ago has the key of another message: the guard has begun anew. Copies of one message come within seconds.
const DAY_MS: u64 = 86_400_000;
/// How long after a request its confirmation may come: the last window closes 52.5 s after frame 1, and the confirmation begins at most
/// 4 s after the downlink and lasts 1.76 s (sigfox-radio §19, §20); the rest is for receivers and frames that come late.
const CONFIRMED_MS: u64 = 90_000;

/// A frame to be stored.
#[derive(Debug)]
pub(crate) struct Frame {
    record: Record,
    uplink: Uplink,
    device_type: String,
    rollover: Rollover,
    received: UnixMillis,
    /// Whether a pending downlink is to be given: the message asks, its receiver can transmit, and nobody else was heard with it.
    answer: bool,
}

impl Frame {
    pub(crate) fn new(
        admitted: &Admitted<Message>,
        device_type: &str,
        rollover: Rollover,
        received: UnixMillis,
        frame: &[u8],
        transmits: bool,
    ) -> Self {
        let uplink: Uplink = **admitted.message();
        // Everything that it says: serialising it cannot fail.
        let detail = serde_json::to_value(uplink).unwrap_or_default();
        Self {
            record: Record::new(admitted, "UPLINK", &detail, received, frame),
            uplink,
            device_type: device_type.to_owned(),
            rollover,
            received,
            answer: transmits
                && uplink.message.bidirectional
                && matches!(admitted.verdict(), Verdict::Fresh(_)),
        }
    }

    pub(in crate::store) fn row(&self) -> Withdraw {
        self.record.row()
    }

    /// Writes the rows, if the message is not there yet, and gives it the downlink that is pending.
    pub(in crate::store) fn apply(
        &self,
        transaction: &Transaction<'_>,
        catalogue: &mut Catalogue,
    ) -> rusqlite::Result<Stored> {
        let mut stored = Stored::default();
        self.set_aside(transaction)?;
        let Some(message) = self.record.insert_message(transaction)? else {
            return Ok(stored);
        };
        stored.inserted = true;
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
        if let Body::Control(Control::DownlinkConfirmation { .. }) = self.uplink.message.body {
            self.confirm(transaction, &serial)?;
        }
        if self.answer {
            let asking = Asking {
                serial: &serial,
                message,
                key: &self.record.row().key,
                device_type: &self.device_type,
                time_s: Some(self.received.0 / 1000),
                turn: &Turn::default(),
            };
            let (given, fault) = asking.answer(transaction, self.received)?;
            (stored.given, stored.fault) = (Some(given), fault);
        }
        Ok(stored)
    }

    /// The device says that it got the downlink that was given to the message before (sigfox-radio §19). A status, no more: nothing
    /// protects the type of a frame (§10.2).
    fn confirm(&self, transaction: &Transaction<'_>, serial: &str) -> rusqlite::Result<()> {
        // One before it, in the laps of the device.
        let last = self.rollover.get().saturating_sub(1);
        let asked = self.uplink.message.counter.get().checked_sub(1).unwrap_or(last);
        let since = self.received.0.saturating_sub(CONFIRMED_MS);
        transaction
            .prepare_cached(
                "UPDATE downlink SET outcome = 'received', outcome_ms = ?4 WHERE outcome IS NULL AND message = \
                 (SELECT m.id FROM message m JOIN sigfox_message s ON s.message = m.id \
                  WHERE m.family = 'sigfox-radio' AND m.serial = ?1 AND s.seq = ?2 AND m.received_ms >= ?3 \
                  ORDER BY m.id DESC LIMIT 1)",
            )?
            .execute(params![serial, asked, signed(since), signed(self.received.0)])?;
        Ok(())
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
