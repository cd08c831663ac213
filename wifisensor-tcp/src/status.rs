//! STATUS: the device's log and its condition; its tag proves the device (spec §6.3).
//!
//! | offset | size | field | | offset | size | field |
//! |---|---|---|---|---|---|---|
//! | 0 | 4 | log_id | | 28 | 1 | battery_pct |
//! | 4 | 4 | oldest | | 29 | 1 | rssi |
//! | 8 | 4 | next | | 30 | 1 | alarm_low |
//! | 12 | 4 | clock | | 31 | 1 | alarm_high |
//! | 16 | 4 | uptime | | 32 | 1 | faults |
//! | 20 | 4 | config | | 33 | 1 | flags |
//! | 24 | 2 | model | | 34 | 1, 1, 2 | firmware |
//! | 26 | 2 | battery_mv | | | | |
//!
//! ```
//! use wifisensor_tcp::samples::ClockBasis;
//! use wifisensor_tcp::status::{Flags, LogId, SampleSpan, Status};
//!
//! let mut status = Status::new(LogId(0x1234_abcd), SampleSpan::new(0, 3).unwrap());
//! status.flags = Flags::new(ClockBasis::Utc, true);
//! assert_eq!(Status::parse(&status.to_bytes()), Ok(status));
//! ```

use core::fmt;
use core::num::{NonZeroI8, NonZeroU16};

use crate::cursor::Cursor;
use crate::error::{DecodeError, Fault};
use crate::samples::ClockBasis;

/// Octets of the body.
pub const LEN: usize = 38;
/// `battery_pct` that says nothing.
const UNKNOWN_PERCENT: u8 = 255;

/// Random number made when the sample memory was last formatted (spec §6.3). With a sample number it names a record for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "a number of the wire")]
pub struct LogId(pub u32);

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// A range of sample numbers, `oldest` included, `next` not; oldest ≤ next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SampleSpan {
    oldest: u32,
    next: u32,
}

impl SampleSpan {
    /// `None` unless oldest ≤ next.
    #[must_use]
    pub const fn new(oldest: u32, next: u32) -> Option<Self> {
        if oldest > next {
            return None;
        }
        Some(Self { oldest, next })
    }

    /// The first number.
    #[must_use]
    pub const fn oldest(self) -> u32 {
        self.oldest
    }

    /// The number after the last.
    #[must_use]
    pub const fn next(self) -> u32 {
        self.next
    }

    /// How many there are.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.next.saturating_sub(self.oldest)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for SampleSpan {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        let next = u.arbitrary()?;
        let oldest = u.int_in_range(0..=next)?;
        Ok(Self { oldest, next })
    }
}

/// Charge of the battery, 0 to 100 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct Percent(u8);

impl Percent {
    /// `None` above 100.
    #[must_use]
    pub const fn new(percent: u8) -> Option<Self> {
        if percent > 100 {
            return None;
        }
        Some(Self(percent))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Percent {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(Self(u.int_in_range(0..=100)?))
    }
}

/// `faults`, a set of bits; reserved bits are carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "eight bits of the wire")]
pub struct Faults(pub u8);

impl Faults {
    /// Bit 0: battery low.
    pub const BATTERY_LOW: Self = Self(1);
    /// Bit 1: a probe is missing.
    pub const PROBE_MISSING: Self = Self(1 << 1);
    /// Bit 2: samples were overwritten before they were uploaded.
    pub const OVERWRITTEN: Self = Self(1 << 2);
    /// Bit 3: the clock was lost.
    pub const CLOCK_LOST: Self = Self(1 << 3);
    /// Bit 4: the last session failed.
    pub const LAST_FAILED: Self = Self(1 << 4);

    /// Whether all bits of the other are set here.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// `flags`: bits 0 and 1 clock basis, bit 2 external power; reserved bits are carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct Flags(u8);

impl Flags {
    /// Reserved bits 0.
    #[must_use]
    pub fn new(basis: ClockBasis, external_power: bool) -> Self {
        Self(u8::from(basis) | u8::from(external_power) << 2)
    }

    /// As on the wire; `None` for clock basis 3.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits & 3 == 3 {
            return None;
        }
        Some(Self(bits))
    }

    /// As on the wire.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Basis of [`Status::clock`].
    #[must_use]
    pub const fn clock_basis(self) -> ClockBasis {
        match self.0 & 3 {
            0 => ClockBasis::Utc,
            1 => ClockBasis::Uptime,
            _ => ClockBasis::Unknown,
        }
    }

    /// Whether the device has external power.
    #[must_use]
    pub const fn external_power(self) -> bool {
        self.0 & 4 != 0
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Flags {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(Self::from_bits(u.arbitrary()?).unwrap_or_default())
    }
}

/// Version of the device's firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "three numbers of the wire")]
pub struct Firmware {
    /// Byte 34.
    pub major: u8,
    /// Byte 35.
    pub minor: u8,
    /// Bytes 36 and 37.
    pub patch: u16,
}

impl fmt::Display for Firmware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// STATUS (spec §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct Status {
    /// Bytes 0 to 3.
    pub log_id: LogId,
    /// Bytes 4 to 7 (oldest sample still stored) and 8 to 11 (number of the next new sample).
    pub samples: SampleSpan,
    /// Bytes 12 to 15: the device's clock now, seconds, in the basis that the flags give.
    pub clock: u32,
    /// Bytes 16 to 19: seconds since the device started.
    pub uptime_s: u32,
    /// Bytes 20 to 23, `config`: version of the configuration in force, 0 = factory.
    pub config: u32,
    /// Bytes 24 and 25: model code.
    pub model: u16,
    /// Bytes 26 and 27, millivolts; 0 on the wire is `None`, unknown.
    pub battery_mv: Option<NonZeroU16>,
    /// Byte 28, 0 to 100 %; 255 on the wire is `None`, unknown.
    pub battery_pct: Option<Percent>,
    /// Byte 29, `rssi`, signed, dBm; 0 on the wire is `None`, unknown.
    pub rssi_dbm: Option<NonZeroI8>,
    /// Byte 30: bit i: channel i is below its low limit.
    pub alarm_low: u8,
    /// Byte 31: bit i: channel i is above its high limit.
    pub alarm_high: u8,
    /// Byte 32.
    pub faults: Faults,
    /// Byte 33.
    pub flags: Flags,
    /// Bytes 34 to 37.
    pub firmware: Firmware,
}

impl Status {
    /// Everything else 0 or unknown.
    #[must_use]
    pub fn new(log_id: LogId, samples: SampleSpan) -> Self {
        Self {
            log_id,
            samples,
            clock: 0,
            uptime_s: 0,
            config: 0,
            model: 0,
            battery_mv: None,
            battery_pct: None,
            rssi_dbm: None,
            alarm_low: 0,
            alarm_high: 0,
            faults: Faults::default(),
            flags: Flags::default(),
            firmware: Firmware::default(),
        }
    }

    /// Reads a body of at least 38 octets; the rest is ignored.
    ///
    /// # Errors
    /// Malformed: too short, oldest > next, battery_pct 101 to 254, clock basis 3.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        let range = |field, offset| DecodeError::malformed(Fault::Range, field, offset);
        let mut c = Cursor::new(body);
        let log_id = LogId(c.u32("log_id")?);
        let (oldest, next) = (c.u32("oldest")?, c.u32("next")?);
        let (clock, uptime_s) = (c.u32("clock")?, c.u32("uptime")?);
        let config = c.u32("config")?;
        let model = c.u16("model")?;
        let battery_mv = NonZeroU16::new(c.u16("battery_mv")?);
        let percent = c.u8("battery_pct")?;
        let rssi_dbm = NonZeroI8::new(c.u8("rssi")?.cast_signed());
        let (alarm_low, alarm_high) = (c.u8("alarm_low")?, c.u8("alarm_high")?);
        let (faults, flags) = (Faults(c.u8("faults")?), c.u8("flags")?);
        let firmware = Firmware {
            major: c.u8("firmware")?,
            minor: c.u8("firmware")?,
            patch: c.u16("firmware")?,
        };
        Ok(Self {
            log_id,
            samples: SampleSpan::new(oldest, next).ok_or(range("oldest", 4))?,
            clock,
            uptime_s,
            config,
            model,
            battery_mv,
            battery_pct: match percent {
                UNKNOWN_PERCENT => None,
                known => Some(Percent::new(known).ok_or(range("battery_pct", 28))?),
            },
            rssi_dbm,
            alarm_low,
            alarm_high,
            faults,
            flags: Flags::from_bits(flags).ok_or(range("flags", 33))?,
            firmware,
        })
    }

    /// The body.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; LEN] {
        let words = [
            self.log_id.0,
            self.samples.oldest,
            self.samples.next,
            self.clock,
            self.uptime_s,
            self.config,
        ];
        let [m0, m1] = self.model.to_be_bytes();
        let [v0, v1] = self.battery_mv.map_or(0, NonZeroU16::get).to_be_bytes();
        let [p0, p1] = self.firmware.patch.to_be_bytes();
        let tail = [
            m0,
            m1,
            v0,
            v1,
            self.battery_pct.map_or(UNKNOWN_PERCENT, Percent::get),
            self.rssi_dbm.map_or(0, NonZeroI8::get).cast_unsigned(),
            self.alarm_low,
            self.alarm_high,
            self.faults.0,
            self.flags.0,
            self.firmware.major,
            self.firmware.minor,
            p0,
            p1,
        ];
        let mut body = [0; LEN];
        let bytes = words.into_iter().flat_map(u32::to_be_bytes).chain(tail);
        for (place, byte) in body.iter_mut().zip(bytes) {
            *place = byte;
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> Status {
        Status::new(LogId(7), SampleSpan::new(3, 9).unwrap())
    }

    #[test]
    fn unknown_values_are_none_and_written_as_the_wire_says_unknown() {
        let body = status().to_bytes();
        assert_eq!(body[26..30], [0, 0, 255, 0]);
        let mut known = status();
        known.battery_mv = NonZeroU16::new(3712);
        known.battery_pct = Percent::new(0);
        known.rssi_dbm = NonZeroI8::new(-61);
        assert_eq!(known.to_bytes()[26..30], [0x0e, 0x80, 0, 0xc3]);
        assert_eq!(Status::parse(&known.to_bytes()), Ok(known));
    }

    #[test]
    fn what_is_not_valid_names_its_place() {
        let cases = [
            (7, 10, "oldest", 4),
            (28, 101, "battery_pct", 28),
            (28, 254, "battery_pct", 28),
            (33, 3, "flags", 33),
        ];
        for (at, byte, field, offset) in cases {
            let mut body = status().to_bytes();
            body[at] = byte;
            let error = Status::parse(&body).unwrap_err();
            assert_eq!(
                (error.kind.code(), error.field, error.offset),
                ("malformed", field, offset)
            );
        }
        for len in 0..LEN {
            assert_eq!(
                Status::parse(&status().to_bytes()[..len]).unwrap_err().offset,
                len
            );
        }
    }

    #[test]
    fn reserved_bits_are_carried_and_never_made() {
        let flags = Flags::from_bits(0xFE).unwrap();
        assert_eq!(
            (flags.clock_basis(), flags.external_power(), flags.bits()),
            (ClockBasis::Unknown, true, 0xFE)
        );
        assert_eq!(Flags::new(ClockBasis::Uptime, true).bits(), 5);
        assert!(Faults(0xFF).contains(Faults::OVERWRITTEN.with(Faults::LAST_FAILED)));
    }
}
