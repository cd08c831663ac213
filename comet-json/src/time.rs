//! Times of types 2 and 5: RFC 3339 text with offset (W §4.1, §8 rule 11).
//!
//! ```
//! use comet_json::Timestamp;
//! let sample = Timestamp::parse("2023-03-14T07:20:00+01:00").unwrap();
//! assert_eq!((sample.unix_s(), sample.offset_min()), (1_678_774_800, 60));
//! assert_eq!(sample.to_string(), "2023-03-14T07:20:00+01:00");
//! assert_eq!(Timestamp::parse("2023-03-14 07:20:00Z"), None);
//! ```

use core::fmt;

use crate::text::Text;

const DAY_S: i64 = 86_400;
/// Seconds from 0000-01-01 to 1970-01-01, and to the end of the year 9999.
const FIRST_S: i64 = -62_167_219_200;
const LAST_S: i64 = 253_402_300_799;
/// Places of the point in front of a fraction and of its first digit, and the longest text with one digit there.
const POINT: usize = 19;
const FIRST_DIGIT: usize = 20;
const LONGEST: usize = 27;
/// Minutes of 23:59, the largest offset.
const MAX_OFFSET_MIN: i16 = 1439;

/// A point in time with the offset of the clock that showed it. Fractions of a second are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timestamp {
    unix_s: i64,
    offset_min: i16,
}

impl Timestamp {
    /// Seconds since 1970-01-01 UTC and minutes east of UTC; `None` if the local time is not in the years 0 to 9999, or the
    /// offset is a day or more.
    #[must_use]
    pub const fn new(unix_s: i64, offset_min: i16) -> Option<Self> {
        let time = Self { unix_s, offset_min };
        let local_s = time.local_s();
        let lawful = offset_min.unsigned_abs() <= MAX_OFFSET_MIN.unsigned_abs()
            && FIRST_S <= local_s
            && local_s <= LAST_S;
        if lawful { Some(time) } else { None }
    }

    /// Seconds since 1970-01-01 00:00 UTC, leap seconds not counted: one of them is the second behind it.
    #[must_use]
    pub const fn unix_s(self) -> i64 {
        self.unix_s
    }

    /// Minutes east of UTC, −1439 to 1439. An unknown offset (`-00:00`) is 0.
    #[must_use]
    pub const fn offset_min(self) -> i16 {
        self.offset_min
    }

    /// Seconds since 1970-01-01 00:00 of the local time.
    const fn local_s(self) -> i64 {
        #[expect(clippy::as_conversions, reason = "widening in a const fn")]
        let offset_s = (self.offset_min as i64).wrapping_mul(60);
        self.unix_s.saturating_add(offset_s)
    }

    /// Reads RFC 3339 with offset: `T`, `Z` in either case, any number of fraction digits.
    ///
    /// Second 60 is taken where a leap second can be: 23:59:60 UTC on the last day of a month (RFC 3339 §5.7).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(text.as_bytes())
    }

    pub(crate) fn from_text(text: Text<'_>) -> Option<Self> {
        match text.as_borrowed() {
            Some(text) => Self::parse(text),
            None => Self::with_escapes(text),
        }
    }

    /// Fractions may be of any length; all but their first digit are left out, which changes nothing.
    #[cold]
    fn with_escapes(text: Text<'_>) -> Option<Self> {
        let (mut octets, mut len) = ([0; LONGEST], 0_usize);
        let mut in_fraction = false;
        for (at, c) in text.chars().enumerate() {
            // What is no ASCII fits nowhere.
            let octet = u8::try_from(c).unwrap_or(0);
            in_fraction = (at == POINT && octet == b'.') || (in_fraction && octet.is_ascii_digit());
            if in_fraction && at > FIRST_DIGIT {
                continue;
            }
            *octets.get_mut(len)? = octet;
            len = len.wrapping_add(1);
        }
        Self::read(octets.get(..len)?)
    }

    fn read(octets: &[u8]) -> Option<Self> {
        let (civil, zone) = octets.split_first_chunk::<POINT>()?;
        let [
            y1,
            y2,
            y3,
            y4,
            b'-',
            m1,
            m2,
            b'-',
            d1,
            d2,
            b'T' | b't',
            h1,
            h2,
            b':',
            n1,
            n2,
            b':',
            s1,
            s2,
        ] = *civil
        else {
            return None;
        };
        let year = number([y1, y2])?
            .wrapping_mul(100)
            .wrapping_add(number([y3, y4])?);
        let [month, day] = [number([m1, m2])?, number([d1, d2])?];
        let [hour, minute, second] = [number([h1, h2])?, number([n1, n2])?, number([s1, s2])?];
        let zone = match zone.split_first() {
            Some((b'.', fraction)) => {
                let digits = fraction.iter().take_while(|digit| digit.is_ascii_digit()).count();
                fraction.get(digits..).filter(|_| digits > 0)?
            }
            _ => zone,
        };
        let offset_min = match *zone {
            [b'Z' | b'z'] => 0,
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
                let (hours, minutes) = (number([h1, h2])?, number([m1, m2])?);
                if hours > 23 || minutes > 59 {
                    return None;
                }
                let total = hours.wrapping_mul(60).wrapping_add(minutes);
                if sign == b'-' { total.wrapping_neg() } else { total }
            }
            _ => return None,
        };
        let lawful = (1..=12).contains(&month)
            && (1..=days_of_month(year, month)).contains(&day)
            && hour <= 23
            && minute <= 59
            && second <= 60;
        if !lawful {
            return None;
        }
        let minutes = days_from_civil(year, month, day)
            .wrapping_mul(1440)
            .wrapping_add(i64::from(hour.wrapping_mul(60).wrapping_add(minute)))
            .wrapping_sub(i64::from(offset_min));
        let unix_s = minutes.wrapping_mul(60).wrapping_add(i64::from(second));
        if second == 60 && !is_month_start(unix_s) {
            return None;
        }
        Self::new(unix_s, i16::try_from(offset_min).ok()?)
    }

    /// Year, month, day, hour, minute, second of the local time.
    pub(crate) fn civil(self) -> [u16; 6] {
        let local_s = self.local_s();
        let (year, month, day) = civil_from_days(local_s.div_euclid(DAY_S));
        let second = local_s.rem_euclid(DAY_S);
        [year, month, day, second / 3600, second / 60 % 60, second % 60]
            .map(|part| u16::try_from(part).unwrap_or(0))
    }
}

/// Two decimal digits.
fn number([tens, ones]: [u8; 2]) -> Option<i32> {
    if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
        return None;
    }
    Some(
        i32::from(tens & 0x0F)
            .wrapping_mul(10)
            .wrapping_add(i32::from(ones & 0x0F)),
    )
}

/// Whether a second is the first of a month, UTC.
fn is_month_start(unix_s: i64) -> bool {
    unix_s.rem_euclid(DAY_S) == 0 && civil_from_days(unix_s.div_euclid(DAY_S)).2 == 1
}

/// Days of a month of the Gregorian calendar, extended to the year 0.
pub(crate) const fn days_of_month(year: i32, month: i32) -> i32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01. Years are counted from March, so that the leap day is the last of its year.
fn days_from_civil(year: i32, month: i32, day: i32) -> i64 {
    let year = i64::from(year).wrapping_sub(i64::from(month <= 2));
    let month = i64::from(month).wrapping_add(if month > 2 { -3 } else { 9 });
    let day_of_year = (month.wrapping_mul(153).wrapping_add(2) / 5)
        .wrapping_add(i64::from(day))
        .wrapping_sub(1);
    let leap_days = year
        .div_euclid(4)
        .wrapping_sub(year.div_euclid(100))
        .wrapping_add(year.div_euclid(400));
    year.wrapping_mul(365)
        .wrapping_add(leap_days)
        .wrapping_add(day_of_year)
        .wrapping_sub(719_468)
}

/// The inverse.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days.wrapping_add(719_468);
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = day
        .wrapping_sub(day / 1460)
        .wrapping_add(day / 36_524)
        .wrapping_sub(day / 146_096)
        / 365;
    let day_of_year = day
        .wrapping_sub(year_of_era.wrapping_mul(365))
        .wrapping_sub(year_of_era / 4)
        .wrapping_add(year_of_era / 100);
    let month = day_of_year.wrapping_mul(5).wrapping_add(2) / 153;
    let day = day_of_year
        .wrapping_sub(month.wrapping_mul(153).wrapping_add(2) / 5)
        .wrapping_add(1);
    let month = month.wrapping_add(if month < 10 { 3 } else { -9 });
    let year = era
        .wrapping_mul(400)
        .wrapping_add(year_of_era)
        .wrapping_add(i64::from(month <= 2));
    (year, month, day)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, month, day, hour, minute, second] = self.civil();
        let sign = if self.offset_min < 0 { '-' } else { '+' };
        let offset = self.offset_min.unsigned_abs();
        let (hours, minutes) = (offset / 60, offset % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{sign}{hours:02}:{minutes:02}"
        )
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Timestamp {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        let offset_min = u.int_in_range(MAX_OFFSET_MIN.saturating_neg()..=MAX_OFFSET_MIN)?;
        let offset_s = i64::from(offset_min).saturating_mul(60);
        let local_s = u.int_in_range(FIRST_S..=LAST_S)?;
        Ok(Self {
            unix_s: local_s.saturating_sub(offset_s),
            offset_min,
        })
    }
}

/// A time as it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(untagged))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_enums, reason = "it can be read or not")]
pub enum Stamp<'a> {
    /// It can be read.
    Read(Timestamp),
    /// It cannot be read, and the device says that its clock is not valid. Kept as sent, and no time (W §8 rule 11).
    Unreadable(Text<'a>),
}

impl Stamp<'_> {
    /// The time, if it can be read.
    #[must_use]
    pub const fn timestamp(self) -> Option<Timestamp> {
        match self {
            Self::Read(time) => Some(time),
            Self::Unreadable(_) => None,
        }
    }
}

/// Member `Time` of types 2 and 5 (W §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct Time<'a> {
    /// `Now`: when the message was sent.
    pub now: Option<Stamp<'a>>,
    /// `Sample`: when the values were taken; earlier than `Now` for messages from the memory.
    pub sample: Stamp<'a>,
    /// `IsValid`: whether the clock of the device is valid. If not, do not take `Sample` for the time of the reading.
    pub valid: Option<bool>,
}

impl<'a> Time<'a> {
    /// Taken at `sample` by a valid clock; nothing said about sending.
    #[must_use]
    pub const fn new(sample: Timestamp) -> Self {
        Self {
            now: None,
            sample: Stamp::Read(sample),
            valid: Some(true),
        }
    }

    /// When the values were taken, unless the device says that its clock is not valid.
    #[must_use]
    pub fn taken(self) -> Option<Timestamp> {
        self.sample.timestamp().filter(|_| self.valid != Some(false))
    }

    /// `Now` − `Sample` in seconds: the age of the reading when it was sent, right even if the clock is wrong (inferred, W
    /// §4.1). Negative if the clock was set back in between.
    #[must_use]
    pub fn age_s(self) -> Option<i64> {
        let (now, sample) = (self.now?.timestamp()?, self.sample.timestamp()?);
        now.unix_s.checked_sub(sample.unix_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    fn unix(text: &str) -> Option<i64> {
        Timestamp::parse(text).map(Timestamp::unix_s)
    }

    #[test]
    fn rfc_3339_is_read() {
        for (text, unix_s) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2024-02-29T23:59:59Z", 1_709_251_199),
            ("2023-03-14t07:20:00z", 1_678_778_400),
            ("2023-03-14T07:20:00.999999+05:45", 1_678_757_700),
            (
                "2023-03-14T07:20:00.00000000000000000000000000000000000001Z",
                1_678_778_400,
            ),
            ("2023-03-14T07:20:00-00:00", 1_678_778_400),
            ("1999-12-31T23:59:59-12:00", 946_727_999),
            ("2016-12-31T23:59:60Z", 1_483_228_800),
            ("1990-12-31T15:59:60-08:00", 662_688_000),
            ("0000-01-01T00:00:00Z", FIRST_S),
            ("9999-12-31T23:59:59Z", LAST_S),
            ("0000-02-29T00:00:00+23:59", FIRST_S + 59 * DAY_S - 86_340),
        ] {
            assert_eq!(unix(text), Some(unix_s), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_time() {
        for text in [
            "",
            "2023-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-00-01T00:00:00Z",
            "2023-04-31T00:00:00Z",
            "2023-04-00T00:00:00Z",
            "2023-03-14T24:00:00Z",
            "2023-03-14T23:60:00Z",
            "2023-03-14T23:59:61Z",
            "2023-03-14T07:20:00",
            "2023-03-14 07:20:00Z",
            "2023-3-14T07:20:00Z",
            "2023-03-14T07:20Z",
            "2023-03-14T07:20:00+0100",
            "2023-03-14T07:20:00.Z",
            "2023-03-14T07:20:00+24:00",
            "2023-03-14T07:20:00+01:60",
            "2023-03-14T07:20:00Z ",
            " 2023-03-14T07:20:00Z",
            "1678774800",
            "+023-03-14T07:20:00Z",
            "2023-03-14T07:20:00+01",
            "2023-03-14T07:20:60Z",
            "2023-03-14T23:59:60Z",
            "2023-03-31T23:59:60+01:00",
            "٢٠٢٣-03-14T07:20:00Z",
            "2023-03-14T07:20:00,5Z",
        ] {
            assert_eq!(unix(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_reads_back() {
        let mut day = FIRST_S;
        while day <= LAST_S {
            let time = Timestamp::new(day, 0).unwrap();
            assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
            day += 37 * DAY_S + 3_607;
        }
    }

    #[test]
    fn offsets_and_years_have_bounds() {
        assert!(Timestamp::new(0, 1439).is_some() && Timestamp::new(0, -1439).is_some());
        assert!(Timestamp::new(0, 1440).is_none() && Timestamp::new(0, i16::MIN).is_none());
        assert!(Timestamp::new(LAST_S, 0).is_some() && Timestamp::new(LAST_S, 1).is_none());
        assert!(Timestamp::new(FIRST_S, 0).is_some() && Timestamp::new(FIRST_S, -1).is_none());
        assert!(Timestamp::new(i64::MAX, 1).is_none() && Timestamp::new(i64::MIN, -1).is_none());
    }

    #[test]
    fn escapes_are_resolved_first() {
        let text = Text::checked(r"2023-03-14T07:20:00\u005A", true);
        assert_eq!(
            Timestamp::from_text(text).map(Timestamp::unix_s),
            Some(1_678_778_400)
        );
        assert_eq!(
            Timestamp::from_text(Text::checked(r"2023-03-14T07:20:00\u215A", true)),
            None
        );
    }

    #[test]
    fn an_invalid_clock_has_an_age_but_no_time() {
        let mut time = Time::new(Timestamp::new(100, 0).unwrap());
        assert_eq!(
            (time.taken().map(Timestamp::unix_s), time.age_s()),
            (Some(100), None)
        );
        time.now = Some(Stamp::Read(Timestamp::new(160, 60).unwrap()));
        time.valid = Some(false);
        assert_eq!((time.taken(), time.age_s()), (None, Some(60)));
    }
}
