//! Records out of their codes.

use core::iter::FusedIterator;

use super::scan::{codes_are_lawful, is_far_from_ends};
use super::varint::{Refused, TOP, read, unzigzag};
use super::{MAX_CHANNELS, MAX_VALUE, MIN_VALUE};
use crate::error::{DecodeError, Fault};

/// One record: number, time, and a value or nothing for each channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    number: u32,
    time: u32,
    values: [i32; MAX_CHANNELS],
    present: u8,
    channels: u8,
}

impl Record {
    /// Sample number, 0 to 2^32 − 2.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// Seconds, in the clock basis of the body.
    #[must_use]
    pub const fn time(&self) -> u32 {
        self.time
    }

    /// The raw value of a channel, −2^30 to 2^30 − 1; `None` if there is no reading or no such channel.
    #[must_use]
    pub fn value(&self, channel: usize) -> Option<i32> {
        let bit = 1_u8.checked_shl(u32::try_from(channel).ok()?)?;
        let value = *self.values.get(channel)?;
        (self.present & bit != 0).then_some(value)
    }

    /// The values in the order of the channels.
    pub fn values(&self) -> impl ExactSizeIterator<Item = Option<i32>> + '_ {
        (0..usize::from(self.channels)).map(|channel| self.value(channel))
    }
}

/// Iterator over the records of a body.
#[derive(Debug, Clone)]
pub struct Records<'a> {
    rows: Rows<'a>,
    number: u32,
    left: u8,
}

impl<'a> Records<'a> {
    pub(super) const fn new(rows: Rows<'a>, first: u32, count: u8) -> Self {
        Self {
            rows,
            number: first,
            left: count,
        }
    }
}

impl Iterator for Records<'_> {
    type Item = Record;

    #[inline]
    fn next(&mut self) -> Option<Record> {
        self.left = self.left.checked_sub(1)?;
        // The body was checked as a whole, so this does not fail.
        if !self.rows.stride() {
            self.rows.walk()?;
        }
        let number = self.number;
        self.number = number.saturating_add(1);
        Some(Record {
            number,
            time: self.rows.time,
            values: self.rows.values,
            present: self.rows.present,
            channels: self.rows.channels,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::from(self.left);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Records<'_> {}
impl FusedIterator for Records<'_> {}

/// Decodes rows, checking each code.
#[derive(Debug, Clone)]
pub(super) struct Rows<'a> {
    rest: &'a [u8],
    /// Time and values of the row before; a channel that had no reading yet counts from 0. A bit of `present` for each
    /// channel with a reading.
    time: u32,
    values: [i32; MAX_CHANNELS],
    present: u8,
    period: u16,
    channels: u8,
    /// All bits of an octet for each channel, the first lowest.
    lanes: u64,
    /// Rows that are left.
    left: u8,
    /// The first row, which has no time difference, is behind.
    begun: bool,
    /// A time difference below 0 was walked over.
    went_back: bool,
}

impl<'a> Rows<'a> {
    pub(super) fn new(records: &'a [u8], time: u32, period: u16, channels: u8, count: u8) -> Self {
        Self {
            rest: records,
            time,
            values: [0; MAX_CHANNELS],
            present: 0,
            period,
            channels,
            lanes: u64::MAX
                >> 64_u32
                    .saturating_sub(u32::from(channels).saturating_mul(8))
                    .min(63),
            left: count,
            begun: false,
            went_back: false,
        }
    }

    /// Checks all rows of a body of this length; nothing may be left over.
    pub(super) fn check(mut self, body_len: usize) -> Result<(), DecodeError> {
        self.checked_step(body_len)?;
        let codes = self.channels.saturating_add(1);
        let values = self.values.get(..usize::from(self.channels)).unwrap_or_default();
        if is_far_from_ends(self.time, values) && codes_are_lawful(self.rest, self.left, codes, self.period) {
            return Ok(());
        }
        if self.clone().walk_all() {
            return Ok(());
        }
        self.check_each(body_len)
    }

    /// Whether all rows that are left are lawful, and nothing is left over.
    fn walk_all(mut self) -> bool {
        let mut lawful = true;
        for _ in 0..self.left {
            let before = self.time;
            if self.walk().is_none() {
                return false;
            }
            // No step is so large that a sum leaves its range, wraps, and lands in the range again.
            lawful &= before <= self.time && self.values.iter().all(|&value| is_in_range(value));
        }
        lawful && !self.went_back && self.rest.is_empty()
    }

    /// The same by decoding every row that is left.
    fn check_each(mut self, body_len: usize) -> Result<(), DecodeError> {
        while self.left > 0 {
            self.checked_step(body_len)?;
        }
        if self.rest.is_empty() {
            return Ok(());
        }
        let at = body_len.saturating_sub(self.rest.len());
        Err(DecodeError::malformed(Fault::Surplus, "records", at))
    }

    fn checked_step(&mut self, body_len: usize) -> Result<(), DecodeError> {
        let at = body_len.saturating_sub(self.rest.len());
        self.left = self.left.saturating_sub(1);
        self.step().map_err(|(fault, code)| {
            let field = match code {
                Code::Time => "dt",
                Code::Value => "v",
            };
            DecodeError::malformed(fault, field, at)
        })
    }

    /// As [`walk`](Self::walk), if this is not the first row and has nothing but codes of one octet; whether it is such a row.
    ///
    /// It takes all eight channels at once, the missing ones with code 0. That needs no branches, and the values are written in
    /// pieces as large as those in which a record reads them, which is what the processor can do without waiting.
    #[inline(always)]
    fn stride(&mut self) -> bool {
        let Some(&[time, ref codes @ ..]) = self.rest.first_chunk::<{ 1 + MAX_CHANNELS }>() else {
            return false;
        };
        let together = u64::from_le_bytes(*codes) & self.lanes;
        if !self.begun || (together | u64::from(time)) & TOP != 0 {
            return false;
        }
        let late = unzigzag(time.into());
        let on_time = self.time.wrapping_add(self.period.into());
        self.time = on_time.wrapping_add_signed(late);
        // The top bit of each octet that is not 0, gathered in one octet.
        let present = together.wrapping_add(!TOP) & TOP;
        let [.., present] = (present >> 7).wrapping_mul(0x0102_0408_1020_4080).to_le_bytes();
        self.present = present;
        let mut values = self.values;
        for (value, code) in values.iter_mut().zip(together.to_le_bytes()) {
            *value = value.wrapping_add(small_step(code));
        }
        self.values = values;
        self.rest = self
            .rest
            .get(1 + usize::from(self.channels)..)
            .unwrap_or_default();
        true
    }

    /// Decodes the next row as far as its codes are in their form; what they add up to is not checked, and wraps.
    #[inline(never)]
    fn walk(&mut self) -> Option<()> {
        let mut rest = self.rest;
        if core::mem::replace(&mut self.begun, true) {
            let late = unzigzag(read(&mut rest).ok()?);
            let on_time = self.time.wrapping_add(u32::from(self.period));
            self.time = on_time.wrapping_add_signed(late);
            self.went_back |= late < i32::from(self.period).wrapping_neg();
        }
        let mut present = 0;
        let values = self
            .values
            .get_mut(..usize::from(self.channels))
            .unwrap_or_default();
        for (value, bit) in values.iter_mut().zip(BITS) {
            // 0, no reading, makes no step.
            let code = read(&mut rest).ok()?;
            if code != 0 {
                *value = value.wrapping_add(unzigzag(code.wrapping_sub(1)));
                present |= bit;
            }
        }
        self.present = present;
        self.rest = rest;
        Some(())
    }

    /// Decodes the next row, checking each code.
    #[inline(always)]
    fn step(&mut self) -> Result<(), (Fault, Code)> {
        let mut rest = self.rest;
        if self.begun {
            let code = read(&mut rest).map_err(|refused| (refused.into(), Code::Time))?;
            self.time = self.later(code)?;
        }
        let mut present = 0;
        let values = self
            .values
            .get_mut(..usize::from(self.channels))
            .unwrap_or_default();
        for (value, bit) in values.iter_mut().zip(BITS) {
            let code = read(&mut rest).map_err(|refused| (refused.into(), Code::Value))?;
            if let Some(z) = code.checked_sub(1) {
                let sum = value.checked_add(unzigzag(z)).filter(|&sum| is_in_range(sum));
                *value = sum.ok_or((Fault::Range, Code::Value))?;
                present |= bit;
            }
        }
        self.present = present;
        self.begun = true;
        self.rest = rest;
        Ok(())
    }

    /// The time of the next row.
    #[inline(always)]
    fn later(&self, code: u32) -> Result<u32, (Fault, Code)> {
        let before = i64::from(self.time);
        let time = before
            .wrapping_add(i64::from(self.period))
            .wrapping_add(i64::from(unzigzag(code)));
        match u32::try_from(time) {
            Ok(next) if time >= before => Ok(next),
            _ => Err((Fault::Time, Code::Time)),
        }
    }
}

/// Which code is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    Time,
    Value,
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Short => Self::Short,
            Refused::Form => Self::Varint,
        }
    }
}

/// The bit of each channel in `present`.
const BITS: [u8; MAX_CHANNELS] = [1, 2, 4, 8, 16, 32, 64, 128];

/// What a value code below 0x80 adds: nothing for 0, and for 1, 2, 3, 4, … 0, −1, 1, −2, …
#[inline(always)]
fn small_step(code: u8) -> i32 {
    let half = (code >> 1).cast_signed();
    // −1 where the step goes down.
    let down = (code & 1).cast_signed().wrapping_sub(1);
    i32::from((half ^ down).wrapping_sub(down))
}

#[inline(always)]
fn is_in_range(value: i32) -> bool {
    (MIN_VALUE..=MAX_VALUE).contains(&value)
}
