//! The queue of downlinks (sigfox-callback R13 to R15).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use comet_proto::UnixMillis;
use comet_proto::sigfox::{Given, acknowledgements, decide};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use sigfox_frame::callback::{Ack, Delivery, DownlinkFault};

use super::super::{Devices, signed};
use super::adoption::asked_before;

/// A row of `downlink`.
#[derive(Debug, Clone)]
pub(crate) struct Downlink {
    pub(crate) serial: String,
    pub(crate) data: Vec<u8>,
    pub(crate) added: UnixMillis,
    pub(crate) state: State,
}

/// How far it is. Nothing proves that the device got it (R15).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    /// Given to the network or to a receiver that transmits, in answer to a message of this second.
    Sent(Option<u64>),
    /// `transmitted`, `received` by what a device of one's own receiver says, or why not.
    Ended(String),
}

impl Downlink {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let number = |number: i64| u64::try_from(number).unwrap_or_default();
        let message: Option<i64> = row.get("message")?;
        let outcome: Option<String> = row.get("outcome")?;
        let time_s: Option<i64> = row.get("time_s")?;
        Ok(Self {
            serial: row.get("serial")?,
            data: row.get("data")?,
            added: UnixMillis(number(row.get("added_ms")?)),
            state: match (outcome, message) {
                (Some(outcome), _) => State::Ended(outcome),
                (None, Some(_)) => State::Sent(time_s.map(number)),
                (None, None) => State::Pending,
            },
        })
    }
}

impl Devices {
    /// Puts a downlink in place of the one that is pending (comet-sigfox-payload P7: one for each device); whether there was one.
    pub(crate) fn set_downlink(
        &mut self,
        serial: &str,
        data: &[u8; 8],
        now: UnixMillis,
    ) -> rusqlite::Result<bool> {
        let transaction = self.0.transaction()?;
        let replaced = transaction.execute(PENDING, [serial])?;
        transaction.execute(
            "INSERT INTO downlink (serial, data, added_ms) VALUES (?1, ?2, ?3)",
            params![serial, data, signed(now.0)],
        )?;
        transaction.commit()?;
        Ok(replaced > 0)
    }

    /// Takes back the one that is pending; whether there was one.
    pub(crate) fn cancel_downlink(&self, serial: &str) -> rusqlite::Result<bool> {
        Ok(self.0.execute(PENDING, [serial])? > 0)
    }

    pub(crate) fn downlinks(&self, serial: Option<&str>) -> rusqlite::Result<Vec<Downlink>> {
        self.0
            .prepare("SELECT * FROM downlink WHERE ?1 IS NULL OR serial = ?1 ORDER BY id")?
            .query_map([serial], Downlink::from_row)?
            .collect()
    }
}

const PENDING: &str = "DELETE FROM downlink WHERE serial = ?1 AND message IS NULL AND outcome IS NULL";

/// Whether a device was given data in a request: an answer has one member for it (§8). All its records in the request share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turn(Arc<AtomicBool>);

impl Turn {
    // One thread writes; what a transaction that failed has taken is not given to others of the request: all of it comes again.
    fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes it, if it is not over.
    fn take(&self) -> bool {
        !self.0.swap(true, Ordering::Relaxed)
    }
}

/// A message that asks.
pub(super) struct Asking<'a> {
    pub(super) serial: &'a str,
    pub(super) message: i64,
    pub(super) key: &'a [u8],
    pub(super) device_type: &'a str,
    pub(super) time_s: Option<u64>,
    pub(super) turn: &'a Turn,
}

impl Asking<'_> {
    /// What it is given: the same as before if it was answered before (R13), else the oldest pending value. Where that may not be, it
    /// is answered with nothing, now and whenever it comes again.
    pub(super) fn answer(
        &self,
        transaction: &Transaction<'_>,
        now: UnixMillis,
    ) -> rusqlite::Result<(Given, Option<DownlinkFault>)> {
        let answered: bool = transaction
            .prepare_cached("SELECT answered FROM sigfox_message WHERE message = ?1")?
            .query_row([self.message], |row| row.get(0))?;
        let earlier = if answered {
            let data: Option<[u8; 8]> = transaction
                .prepare_cached("SELECT data FROM downlink WHERE message = ?1")?
                .query_row([self.message], |row| row.get(0))
                .optional()?;
            Some(data.map_or(Given::Nothing, Given::Data))
        } else if self.comes_too_late(transaction)? {
            Some(Given::Nothing)
        } else {
            None
        };
        let pending = match earlier {
            Some(_) => None,
            None => self.pending(transaction)?,
        };
        let decision = decide(earlier, pending.as_ref().map(|(_, data)| data.as_slice()));
        if let Some((id, _)) = pending.filter(|_| decision.taken) {
            match decision.fault {
                None => transaction
                    .prepare_cached("UPDATE downlink SET message = ?2, time_s = ?3 WHERE id = ?1")?
                    .execute(params![id, self.message, self.time_s.map(signed)])?,
                Some(fault) => transaction
                    .prepare_cached("UPDATE downlink SET outcome = ?2, outcome_ms = ?3 WHERE id = ?1")?
                    .execute(params![id, fault.code(), signed(now.0)])?,
            };
        }
        if !answered {
            transaction
                .prepare_cached("UPDATE sigfox_message SET answered = 1 WHERE message = ?1")?
                .execute([self.message])?;
        }
        let given = match decision.given {
            // The answer has data of another message of the device.
            Given::Data(_) if !self.turn.take() => Given::Nothing,
            given => given,
        };
        Ok((given, decision.fault))
    }

    /// Another message of the request was given data, the network has ended the message without an answer of ours (a retry comes a
    /// minute later, §3), or the answer left before the device was registered: data would never go out, and nobody would say so.
    fn comes_too_late(&self, transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
        Ok(self.turn.is_over()
            || is_acknowledged(transaction, self.serial, self.time_s)?
            || asked_before(transaction, self.key, self.device_type)?)
    }

    fn pending(&self, transaction: &Transaction<'_>) -> rusqlite::Result<Option<(i64, Vec<u8>)>> {
        transaction
            .prepare_cached(
                "SELECT id, data FROM downlink WHERE serial = ?1 AND message IS NULL AND outcome IS NULL ORDER BY id LIMIT 1",
            )?
            .query_row([self.serial], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
    }
}

/// Whether the network has said what became of the answer to this message.
fn is_acknowledged(
    transaction: &Transaction<'_>,
    serial: &str,
    time_s: Option<u64>,
) -> rusqlite::Result<bool> {
    let Some(keys) = time_s.map(|time_s| acknowledgements(serial, time_s)) else {
        return Ok(false);
    };
    transaction
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM message WHERE key >= ?1 AND key < ?2)")?
        .query_row([keys.start.as_bytes(), keys.end.as_bytes()], |row| row.get(0))
}

/// What an acknowledgement says of the downlink that was given to a message of this second (R15).
pub(super) fn acknowledge(
    transaction: &Transaction<'_>,
    serial: &str,
    time_s: Option<u64>,
    ack: &Ack<'_>,
    now: UnixMillis,
) -> rusqlite::Result<()> {
    let outcome = match ack.delivery() {
        Some(Delivery::Transmitted) => "transmitted".to_owned(),
        Some(Delivery::Failed(code)) => code
            .name()
            .map_or_else(|| format!("code {}", code.0), str::to_ascii_lowercase),
        _ => return Ok(()),
    };
    transaction
        .prepare_cached(
            "UPDATE downlink SET outcome = ?3, outcome_ms = ?4 WHERE serial = ?1 AND time_s = ?2 AND message IS NOT NULL",
        )?
        .execute(params![serial, time_s.map(signed), outcome, signed(now.0)])?;
    Ok(())
}
