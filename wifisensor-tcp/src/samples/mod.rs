//! SAMPLES: delta-coded records (spec §7.1).
//!
//! | offset | size | field | |
//! |---|---|---|---|
//! | 0 | 4 | first | number of the first record |
//! | 4 | 4 | time | of the first record, seconds |
//! | 8 | 2 | period | usual seconds between records |
//! | 10 | 1 | count | 1 to 255 |
//! | 11 | 1 | layout | bits 7 and 6 clock basis, 5 and 4 zero, 3 to 0 number of channels C, 1 to 8 |
//! | 12 | 2·C | channels | for each: quantity, scale (signed) |
//! | 12 + 2·C | | records | one code for each channel, before it in all but the first record a time difference |
//!
//! A body is the only encoding of its fields: [`Samples::parse`] takes nothing else than what [`Encoder`] writes.
//!
//! ```
//! use wifisensor_tcp::samples::Samples;
//!
//! // Spec §13.2: 21.45 °C 45.5 %; 60 s later 21.47 °C 45.5 %; 61 s after that no temperature and 46.0 %.
//! let body = [
//!     0, 0, 0, 0, 0x69, 0x55, 0xb8, 0x4c, 0, 60, 3, 0x02, 1, 0xfe, 2, 0xff,
//!     0xc3, 0x21, 0x8f, 0x07, 0x00, 0x05, 0x01, 0x02, 0x00, 0x0b,
//! ];
//! let samples = Samples::parse(&body).unwrap();
//! let records: Vec<_> = samples.records().map(|r| (r.number(), r.time(), r.value(0), r.value(1))).collect();
//! assert_eq!(records, [
//!     (0, 1_767_225_420, Some(2145), Some(455)),
//!     (1, 1_767_225_480, Some(2147), Some(455)),
//!     (2, 1_767_225_541, None, Some(460)),
//! ]);
//! ```

mod channel;
mod encoder;
mod record;
mod scan;
mod varint;

pub use channel::{Channel, Channels, ClockBasis, Quantity};
pub(crate) use encoder::Draft;
pub use encoder::Encoder;
pub use record::{Record, Records};

use crate::cursor::Cursor;
use crate::error::{DecodeError, Fault};
use record::Rows;

/// Octets before the channels.
pub const HEAD_LEN: usize = 12;
/// Channels of a sample.
pub const MAX_CHANNELS: usize = 8;
/// Records of a body.
pub const MAX_RECORDS: usize = 255;
/// Smallest raw value, −2^30.
pub const MIN_VALUE: i32 = -(1 << 30);
/// Largest raw value, 2^30 − 1.
pub const MAX_VALUE: i32 = (1 << 30) - 1;
/// Largest sample number, 2^32 − 2.
pub const MAX_NUMBER: u32 = u32::MAX - 1;

/// What all records of a body have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "the fields of version 1")]
pub struct Head {
    /// Bytes 0 to 3: number of the first record.
    pub first: u32,
    /// Bytes 8 and 9: usual seconds between records.
    pub period_s: u16,
    /// Byte 11, bits 7 and 6: what the times count from.
    pub basis: ClockBasis,
    /// Byte 11, bits 3 to 0, and from byte 12 on.
    pub channels: Channels,
}

/// A checked SAMPLES body, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Samples<'a> {
    head: Head,
    time: u32,
    count: u8,
    body: &'a [u8],
    records: &'a [u8],
}

impl<'a> Samples<'a> {
    /// Checks the whole body; afterwards nothing in it can fail.
    ///
    /// # Errors
    /// Malformed, with the offset in the body, in all the cases of spec §7.1.
    pub fn parse(body: &'a [u8]) -> Result<Self, DecodeError> {
        let samples = Self::head_of(body)?;
        samples.rows().check(body.len())?;
        Ok(samples)
    }

    /// Everything before the records, checked; the records are not.
    pub(crate) fn head_of(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut c = Cursor::new(body);
        let (first, time) = (c.u32("first")?, c.u32("time")?);
        let period_s = c.u16("period")?;
        let count = c.u8("count")?;
        let layout = c.u8("layout")?;
        if count == 0 || first.checked_add(u32::from(count)).is_none() {
            return Err(DecodeError::malformed(Fault::Range, "count", 10));
        }
        if layout & 0x30 != 0 {
            return Err(DecodeError::malformed(Fault::Reserved, "layout", 11));
        }
        let Some(basis) = ClockBasis::from_bits(layout >> 6) else {
            return Err(DecodeError::malformed(Fault::Range, "layout", 11));
        };
        let channels = Channels::parse(usize::from(layout & 0x0F), &mut c)?;
        let records = body.get(c.at()..).unwrap_or_default();
        let head = Head {
            first,
            period_s,
            basis,
            channels,
        };
        Ok(Self {
            head,
            time,
            count,
            body,
            records,
        })
    }

    /// What all records have in common.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// Number of the first record.
    #[must_use]
    pub const fn first(&self) -> u32 {
        self.head.first
    }

    /// Number after that of the last record.
    #[must_use]
    pub fn end(&self) -> u32 {
        self.head.first.saturating_add(u32::from(self.count))
    }

    /// Records, 1 to 255.
    #[must_use]
    pub const fn count(&self) -> u8 {
        self.count
    }

    /// Time of the first record, bytes 4 to 7, seconds in the basis of the head.
    #[must_use]
    pub const fn time(&self) -> u32 {
        self.time
    }

    /// The channels, in the order of the values.
    #[must_use]
    pub fn channels(&self) -> &[Channel] {
        self.head.channels.as_slice()
    }

    /// The records, in the order of their numbers.
    #[must_use]
    pub fn records(&self) -> Records<'a> {
        Records::new(self.rows(), self.head.first, self.count)
    }

    /// The body as it came.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.body
    }

    fn rows(&self) -> Rows<'a> {
        Rows::new(
            self.records,
            self.time,
            self.head.period_s,
            self.head.channels.count(),
            self.count,
        )
    }
}
