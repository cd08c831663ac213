//! The record of a device: all that is remembered of it, the same octets in memory, on disk and in a shared store (§7).
//!
//! Big-endian; 32 octets, for windows wider than 64 one more octet for every 8 numbers.
//!
//! | at | size | field |
//! |---|---|---|
//! | 0 | 1 | bits 0–3 version, 1 · 4–5 discipline: 0 Sliding, 1 Rolling, 2 Restarting, 3 None · 6 known · 7 raised |
//! | 1 | 1 | bits 0–1 state: 0 open, 1 timed, 2 manual · 2–4 reason: 0 none, 1 too-soon, 2 replay, 3 conflict, 4 out-of-window, 5 operator · 5–7 level |
//! | 2 | 1 | strikes |
//! | 3 | 1 | extra: alarms since the last regular message |
//! | 4 | 4 | last: second of the last acceptance |
//! | 8 | 4 | off: debt of the rate as milliseconds from the second `last` (Restarting: from the sample time); 0 idle |
//! | 12 | 4 | gate, in seconds: start of the strike window or end of the last suspension (open), first second that is open again (timed), 0 (manual) |
//! | 16 | 8 | Sliding, Rolling: highest number · Restarting: time of the newest sample · None: digest |
//! | 24 | 8 | Sliding: numbers 0 to 63 behind the highest, bit 0 the highest · Rolling: the same as 4 octets, then 4 of digest · Restarting: counter, digest · None: 0 |
//! | 32 | 8 each | Sliding only: numbers 64 to 127 behind the highest, and so on |

use core::fmt;

use crate::bits::low_bits;
use crate::head::{Gate, HEAD_LEN, Head};
use crate::policy::{Counter, Policy};
use crate::window::{Shift, Wide};

/// Octets of the longest record: window 1024.
pub const MAX_LEN: usize = 152;

/// A record on its own, outside of a table.
///
/// Neither `Copy` nor `Clone`: two copies would accept one number twice. [`Record::as_bytes`] is for stores.
#[derive(PartialEq, Eq)]
pub struct Record {
    octets: [u8; MAX_LEN],
    len: u8,
}

impl Record {
    /// Takes a record from its octets.
    ///
    /// # Errors
    /// The first rule of §7 that is broken; a record that is taken has exactly these octets.
    pub fn restore(policy: &Policy, octets: &[u8]) -> Result<Self, RestoreError> {
        validate(policy, octets)?;
        let mut record = Self::empty(policy);
        record.bytes_mut().copy_from_slice(octets);
        Ok(record)
    }

    /// The octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The record as it is written ahead of what it accepted (§10.4): all numbers up to `by` beyond the highest count as seen, and
    /// repeats are replays. One that knows no number stays as it is.
    ///
    /// # Errors
    /// If the discipline has no reservation, or `by` is more than the policy reserves (Rolling) or 2^32 − 1 (Sliding).
    pub fn raised(&self, policy: &Policy, by: u64) -> Result<Self, ReserveError> {
        raised(policy, self.as_bytes(), by)
    }

    pub(crate) fn empty(policy: &Policy) -> Self {
        Self {
            octets: [0; MAX_LEN],
            len: u8::try_from(policy.record_len()).unwrap_or(32),
        }
    }

    pub(crate) fn of(policy: &Policy, octets: &[u8]) -> Self {
        let mut record = Self::empty(policy);
        for (to, from) in record.octets.iter_mut().zip(octets) {
            *to = *from;
        }
        record
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.octets.get_mut(..usize::from(self.len)).unwrap_or_default()
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Record(")?;
        for octet in self.as_bytes() {
            write!(f, "{octet:02x}")?;
        }
        f.write_str(")")
    }
}

/// Why octets are no record under a policy, in the order of §7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum RestoreError {
    /// Another number of octets than the policy's.
    #[error("length of {found} octets instead of {wanted}")]
    Length {
        /// Octets there are.
        found: usize,
        /// Octets of a record under the policy.
        wanted: usize,
    },
    /// Not version 1, in `version` at octet 0.
    #[error("version {0} in `version` at byte 0")]
    Version(u8),
    /// Not the policy's discipline, in `discipline` at octet 0.
    #[error("discipline {0} in `discipline` at byte 0")]
    Discipline(u8),
    /// A value that no record has.
    #[error("forbidden value in `{field}` at byte {offset}")]
    Invalid {
        /// Name of the field.
        field: &'static str,
        /// Its first octet.
        offset: usize,
    },
}

impl RestoreError {
    /// Stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Length { .. } => "length",
            Self::Version(_) => "version",
            Self::Discipline(_) => "discipline",
            Self::Invalid { .. } => "invalid",
        }
    }
}

/// A record cannot be raised by so much, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("the policy does not reserve so many numbers")]
#[non_exhaustive]
pub struct ReserveError;

impl ReserveError {
    /// Stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "reserve"
    }
}

/// Whether the octets are a record under the policy.
pub(crate) fn validate(policy: &Policy, octets: &[u8]) -> Result<(), RestoreError> {
    let wanted = policy.record_len();
    let length = || RestoreError::Length {
        found: octets.len(),
        wanted,
    };
    let (bytes, wide) = octets.split_first_chunk::<HEAD_LEN>().ok_or_else(length)?;
    if octets.len() != wanted {
        return Err(length());
    }
    if bytes[0] & 0x0f != 1 {
        return Err(RestoreError::Version(bytes[0] & 0x0f));
    }
    let discipline = (bytes[0] >> 4) & 3;
    if discipline != Head::discipline(policy) {
        return Err(RestoreError::Discipline(discipline));
    }
    match broken(policy, bytes, wide) {
        None => Ok(()),
        Some((field, offset)) => Err(RestoreError::Invalid { field, offset }),
    }
}

/// The first field with a forbidden value, in the order of §7.
fn broken(policy: &Policy, bytes: &[u8; HEAD_LEN], wide: &[u8]) -> Option<(&'static str, usize)> {
    let counter = &policy.config().counter;
    let (state, reason) = (bytes[1] & 3, (bytes[1] >> 2) & 7);
    let head = Head::unpack(bytes);
    let open = head.state() == Gate::Open;
    let windowed = matches!(counter, Counter::Sliding { .. } | Counter::Rolling { .. });
    let virgin = matches!(counter, Counter::Sliding { .. })
        && head.counter == 0
        && head.seen == 0
        && wide.iter().all(|octet| *octet == 0);
    let rules = [
        (state == 3, "state", 1),
        (reason > 5, "reason", 1),
        (open != (reason == 0), "reason", 1),
        (head.state() == Gate::Manual && head.gate != 0, "gate", 12),
        (!open && head.strikes != 0, "strikes", 2),
        (
            matches!(counter, Counter::Rolling { .. }) && head.rolling_seen() & !policy.all_seen() != 0,
            "seen",
            24,
        ),
        (
            matches!(counter, Counter::None { .. }) && head.seen != 0,
            "zero",
            24,
        ),
        (
            windowed && head.known() && head.first_word(counter) & 1 == 0 && !virgin,
            "seen",
            24,
        ),
        (head.raised() && !(head.known() && windowed), "raised", 0),
        (
            !head.known() && (head.counter != 0 || head.seen != 0 || wide.iter().any(|octet| *octet != 0)),
            "counter",
            16,
        ),
    ];
    let first = rules.iter().find(|(broken, ..)| *broken)?;
    Some((first.1, first.2))
}

/// The octets of a record, raised.
pub(crate) fn raised(policy: &Policy, octets: &[u8], by: u64) -> Result<Record, ReserveError> {
    if policy.most_raised().is_none_or(|most| by > most) {
        return Err(ReserveError);
    }
    let mut record = Record::of(policy, octets);
    let Some((bytes, wide)) = record.bytes_mut().split_first_chunk_mut::<HEAD_LEN>() else {
        return Ok(record);
    };
    let mut head = Head::unpack(bytes);
    if head.known() {
        head.counter = head.counter.saturating_add(by);
        head.set_known(true, true);
        head.seen = match policy.config().counter {
            // The digest is cleared with the numbers beside it.
            Counter::Rolling { .. } => policy.all_seen().wrapping_shl(32),
            _ => low_bits(64),
        };
        head.pack(bytes);
        Wide(wide).apply(0, Shift::Fill);
    }
    Ok(record)
}
