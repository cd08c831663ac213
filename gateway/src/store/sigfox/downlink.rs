//! The queue of downlinks (sigfox-callback R13 to R15).

use comet_proto::UnixMillis;
use comet_proto::sigfox::{Given, acknowledgements, decide};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use sigfox_frame::callback::{Ack, Delivery, DownlinkFault};

use super::super::{Devices, signed};

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
    /// Given to the network, in answer to a message of this second.
    Sent(Option<u64>),
    /// `transmitted`, or why not.
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

/// What a message that asks is given: the same as before if it was answered before (R13), nothing if the network has ended it without
/// an answer of ours (a retry comes a minute later, §3), else the oldest pending value.
pub(super) fn answer(
    transaction: &Transaction<'_>,
    serial: &str,
    message: i64,
    time_s: Option<u64>,
    now: UnixMillis,
) -> rusqlite::Result<(Given, Option<DownlinkFault>)> {
    let answered: bool = transaction
        .prepare_cached("SELECT answered FROM sigfox_message WHERE message = ?1")?
        .query_row([message], |row| row.get(0))?;
    let earlier = if answered {
        let data: Option<[u8; 8]> = transaction
            .prepare_cached("SELECT data FROM downlink WHERE message = ?1")?
            .query_row([message], |row| row.get(0))
            .optional()?;
        Some(data.map_or(Given::Nothing, Given::Data))
    } else if is_acknowledged(transaction, serial, time_s)? {
        // It would never go out, and nobody would say so.
        Some(Given::Nothing)
    } else {
        None
    };
    let pending: Option<(i64, Vec<u8>)> = transaction
        .prepare_cached(
            "SELECT id, data FROM downlink WHERE serial = ?1 AND message IS NULL AND outcome IS NULL ORDER BY id LIMIT 1",
        )?
        .query_row([serial], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let decision = decide(earlier, pending.as_ref().map(|(_, data)| data.as_slice()));
    if let Some((id, _)) = pending.filter(|_| decision.taken) {
        match decision.fault {
            None => transaction
                .prepare_cached("UPDATE downlink SET message = ?2, time_s = ?3 WHERE id = ?1")?
                .execute(params![id, message, time_s.map(signed)])?,
            Some(fault) => transaction
                .prepare_cached("UPDATE downlink SET outcome = ?2, outcome_ms = ?3 WHERE id = ?1")?
                .execute(params![id, fault.code(), signed(now.0)])?,
        };
    }
    transaction
        .prepare_cached("UPDATE sigfox_message SET answered = 1 WHERE message = ?1")?
        .execute([message])?;
    Ok((decision.given, decision.fault))
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
