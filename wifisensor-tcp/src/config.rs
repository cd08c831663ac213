//! CONFIG: a whole configuration (spec §8.1).
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 4 | version, not 0 |
//! | 4 | | items, each: tag (1), length (1), value |
//!
//! What a configuration does not name goes back to the factory value. It is taken whole or not at all: [`Config::parse`] gives
//! all of it or the first thing that is wrong.
//!
//! ```
//! use wifisensor_tcp::config::{Config, ConfigBody, Item};
//!
//! let mut body = ConfigBody::new(8).unwrap();
//! body.push(&Item::SamplePeriod(300)).unwrap();
//! body.push(&Item::Name("Cold store 4")).unwrap();
//! let config = Config::parse(body.as_bytes()).unwrap();
//! assert_eq!(config.version(), 8);
//! assert!(config.items().eq([Item::SamplePeriod(300), Item::Name("Cold store 4")]));
//! ```

use core::fmt;

use crate::cursor::Cursor;
use crate::error::{DecodeError, EncodeError, EncodeErrorKind, ErrorKind, Fault};
use crate::frame::MAX_SERVER_BODY_LEN;
use crate::samples::{MAX_CHANNELS, MAX_VALUE, MIN_VALUE};

/// Octets of a body, at least.
pub const MIN_LEN: usize = 4;
/// Octets of a body, at most.
pub const MAX_LEN: usize = MAX_SERVER_BODY_LEN;
/// Largest sample period, seconds; the smallest is 1.
pub const MAX_SAMPLE_PERIOD_S: u32 = 86_400;
/// Smallest upload period, seconds.
pub const MIN_UPLOAD_PERIOD_S: u32 = 10;
/// Largest upload period, seconds.
pub const MAX_UPLOAD_PERIOD_S: u32 = 604_800;
/// Octets of a name, at most; at least 1.
pub const MAX_NAME_LEN: usize = 32;
/// A tag with this bit is skipped if it is unknown.
const SKIP_BIT: u8 = 0x80;

/// Alarm limits of one channel. A limit that is off is `None`; its place on the wire is 0 then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ChannelLimits {
    channel: u8,
    low: Option<i32>,
    high: Option<i32>,
}

impl ChannelLimits {
    /// `None` unless the channel is 0 to 7, the limits lie in −2^30 … 2^30 − 1, and low ≤ high if both are on.
    #[must_use]
    pub fn new(channel: u8, low: Option<i32>, high: Option<i32>) -> Option<Self> {
        let lawful = |limit: i32| (MIN_VALUE..=MAX_VALUE).contains(&limit);
        let ordered = low.zip(high).is_none_or(|(low, high)| low <= high);
        let limits = Self { channel, low, high };
        (usize::from(channel) < MAX_CHANNELS && low.is_none_or(lawful) && high.is_none_or(lawful) && ordered)
            .then_some(limits)
    }

    /// Channel, 0 to 7.
    #[must_use]
    pub const fn channel(self) -> u8 {
        self.channel
    }

    /// Low limit, raw value.
    #[must_use]
    pub const fn low(self) -> Option<i32> {
        self.low
    }

    /// High limit, raw value.
    #[must_use]
    pub const fn high(self) -> Option<i32> {
        self.high
    }

    fn parse(value: &[u8; 10]) -> Option<Self> {
        let [channel, which, l0, l1, l2, l3, h0, h1, h2, h3] = *value;
        let (low, high) = (
            i32::from_be_bytes([l0, l1, l2, l3]),
            i32::from_be_bytes([h0, h1, h2, h3]),
        );
        // Both must be lawful values, also one that is off.
        Self::new(channel, Some(low), None).filter(|_| which <= 3)?;
        Self::new(channel, None, Some(high))?;
        Self::new(
            channel,
            (which & 1 != 0).then_some(low),
            (which & 2 != 0).then_some(high),
        )
    }

    fn to_bytes(self) -> [u8; 10] {
        let which = u8::from(self.low.is_some()) | u8::from(self.high.is_some()) << 1;
        let [l0, l1, l2, l3] = self.low.unwrap_or(0).to_be_bytes();
        let [h0, h1, h2, h3] = self.high.unwrap_or(0).to_be_bytes();
        [self.channel, which, l0, l1, l2, l3, h0, h1, h2, h3]
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for ChannelLimits {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        let high: i32 = u.int_in_range(MIN_VALUE..=MAX_VALUE)?;
        let low: i32 = u.int_in_range(MIN_VALUE..=high)?;
        Ok(Self {
            channel: u.int_in_range(0..=7)?,
            low: Some(low).filter(|_| u.arbitrary().unwrap_or(false)),
            high: Some(high).filter(|_| u.arbitrary().unwrap_or(false)),
        })
    }
}

/// One item of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub enum Item<'a> {
    /// Tag 1, 4 octets: sample period, 1 to 86400 s.
    SamplePeriod(u32),
    /// Tag 2, 4 octets: upload period, 10 to 604800 s.
    UploadPeriod(u32),
    /// Tag 3, 10 octets: channel (1), which (1: bit 0 low, bit 1 high), low (4, signed), high (4, signed). Once for each channel.
    Limits(ChannelLimits),
    /// Tag 4, 2 octets: alarm delay, seconds.
    AlarmDelay(u16),
    /// Tag 5, 1 to 32 octets of UTF-8.
    Name(&'a str),
    /// A tag with bit 7 that this version does not know: skipped.
    Skipped {
        /// The tag, 128 to 255.
        tag: u8,
        /// Its value.
        value: &'a [u8],
    },
}

impl<'a> Item<'a> {
    fn parse(tag: u8, value: &'a [u8]) -> Result<Self, ErrorKind> {
        let length = ErrorKind::Value(Fault::Length);
        let range = ErrorKind::Value(Fault::Range);
        let number = || value.try_into().map(u32::from_be_bytes).map_err(|_| length);
        match tag {
            1 => match number()? {
                period @ 1..=MAX_SAMPLE_PERIOD_S => Ok(Self::SamplePeriod(period)),
                _ => Err(range),
            },
            2 => match number()? {
                period @ MIN_UPLOAD_PERIOD_S..=MAX_UPLOAD_PERIOD_S => Ok(Self::UploadPeriod(period)),
                _ => Err(range),
            },
            3 => {
                let value = value.try_into().map_err(|_| length)?;
                ChannelLimits::parse(value).map(Self::Limits).ok_or(range)
            }
            4 => {
                let value = value.try_into().map_err(|_| length)?;
                Ok(Self::AlarmDelay(u16::from_be_bytes(value)))
            }
            5 if !(1..=MAX_NAME_LEN).contains(&value.len()) => Err(length),
            5 => core::str::from_utf8(value)
                .map(Self::Name)
                .map_err(|_| ErrorKind::Value(Fault::Utf8)),
            tag if tag & SKIP_BIT != 0 => Ok(Self::Skipped { tag, value }),
            tag => Err(ErrorKind::Unsupported(tag)),
        }
    }

    /// The bit of what may be given once: items 0 to 7 limits of that channel, then the others by tag.
    fn once(&self) -> u16 {
        match self {
            Self::Limits(limits) => 1_u16.wrapping_shl(u32::from(limits.channel)),
            Self::SamplePeriod(_) => 1 << 8,
            Self::UploadPeriod(_) => 1 << 9,
            Self::AlarmDelay(_) => 1 << 10,
            Self::Name(_) => 1 << 11,
            Self::Skipped { .. } => 0,
        }
    }
}

/// An item before it means anything.
struct Entry<'a> {
    at: usize,
    tag: u8,
    value: &'a [u8],
}

/// The items of a body, as far as it is cut into items.
struct Entries<'a>(Cursor<'a>);

impl<'a> Entries<'a> {
    fn next(&mut self) -> Result<Option<Entry<'a>>, DecodeError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let at = self.0.at();
        let tag = self.0.u8("tag")?;
        let len = self.0.u8("length")?;
        let value = self.0.take(usize::from(len), "value")?;
        Ok(Some(Entry { at, tag, value }))
    }
}

/// Version and entries, after a check that the items fill the body exactly.
fn structure(body: &[u8]) -> Result<(u32, Entries<'_>), DecodeError> {
    let mut c = Cursor::new(body);
    let version = c.u32("version")?;
    if version == 0 {
        return Err(DecodeError::malformed(Fault::Range, "version", 0));
    }
    let mut entries = Entries(c);
    while entries.next()?.is_some() {}
    let mut c = Cursor::new(body);
    c.u32("version")?;
    Ok((version, Entries(c)))
}

/// A checked configuration, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config<'a> {
    version: u32,
    body: &'a [u8],
}

impl<'a> Config<'a> {
    /// Checks the whole body; afterwards nothing in it can fail.
    ///
    /// # Errors
    /// Malformed if the items do not fill the body exactly or the version is 0. Otherwise the first bad item, in order:
    /// [`ErrorKind::Unsupported`] for an unknown tag, [`ErrorKind::Value`] for a wrong length, a value out of range or an item
    /// given twice.
    pub fn parse(body: &'a [u8]) -> Result<Self, DecodeError> {
        let (version, mut entries) = structure(body)?;
        let mut seen = 0_u16;
        while let Some(Entry { at, tag, value }) = entries.next()? {
            let item = Item::parse(tag, value).map_err(|kind| DecodeError::new(kind, "items", at))?;
            let once = item.once();
            if seen & once != 0 {
                return Err(DecodeError::new(ErrorKind::Value(Fault::Twice), "items", at));
            }
            seen |= once;
        }
        Ok(Self { version, body })
    }

    /// Bytes 0 to 3: version, chosen by the server, not 0.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The items in their order, skipped ones included.
    #[must_use]
    pub fn items(&self) -> Items<'a> {
        let mut c = Cursor::new(self.body);
        // The body was checked as a whole, so neither this nor an entry fails.
        let _version = c.u32("version");
        Items(Entries(c))
    }

    /// The body as it came.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.body
    }
}

/// Iterator over the items of a configuration.
pub struct Items<'a>(Entries<'a>);

impl fmt::Debug for Items<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Items").field(&self.0.0.at()).finish()
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        let Entry { tag, value, .. } = self.0.next().ok()??;
        Item::parse(tag, value).ok()
    }
}

impl core::iter::FusedIterator for Items<'_> {}

/// A configuration to send: version and items, cut into items exactly. What the items mean is the device's to judge.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigBody {
    bytes: [u8; MAX_LEN],
    len: usize,
    version: u32,
    /// What was put in already by [`push`](Self::push).
    seen: u16,
}

impl ConfigBody {
    /// Without items; `None` for version 0.
    #[must_use]
    pub fn new(version: u32) -> Option<Self> {
        Self::from_bytes(&version.to_be_bytes()).ok()
    }

    /// A body made elsewhere.
    ///
    /// # Errors
    /// Malformed if it is longer than 256 octets, the items do not fill it exactly, or the version is 0.
    pub fn from_bytes(body: &[u8]) -> Result<Self, DecodeError> {
        let (version, mut entries) = structure(body)?;
        let mut seen = 0;
        while let Some(Entry { tag, value, .. }) = entries.next()? {
            seen |= Item::parse(tag, value).map_or(0, |item| item.once());
        }
        let mut bytes = [0; MAX_LEN];
        let len = body.len();
        bytes
            .get_mut(..len)
            .ok_or(DecodeError::malformed(Fault::Length, "items", MAX_LEN))?
            .copy_from_slice(body);
        Ok(Self {
            bytes,
            len,
            version,
            seen,
        })
    }

    /// Adds an item, or leaves all as it was.
    ///
    /// # Errors
    /// [`EncodeErrorKind::Full`] beyond 256 octets, [`EncodeErrorKind::Range`] for what a device must refuse,
    /// [`EncodeErrorKind::Twice`] for an item that is there already.
    pub fn push(&mut self, item: &Item<'_>) -> Result<(), EncodeError> {
        match *item {
            Item::SamplePeriod(period) => self.put(item, 1, &period.to_be_bytes()),
            Item::UploadPeriod(period) => self.put(item, 2, &period.to_be_bytes()),
            Item::Limits(limits) => self.put(item, 3, &limits.to_bytes()),
            Item::AlarmDelay(delay) => self.put(item, 4, &delay.to_be_bytes()),
            Item::Name(name) => self.put(item, 5, name.as_bytes()),
            Item::Skipped { tag, value } => self.put(item, tag, value),
        }
    }

    fn put(&mut self, item: &Item<'_>, tag: u8, value: &[u8]) -> Result<(), EncodeError> {
        let range = EncodeError::new(EncodeErrorKind::Range, "items");
        let full = EncodeError::new(EncodeErrorKind::Full, "items");
        let len = u8::try_from(value.len()).map_err(|_| range)?;
        // Periods, names and skipped tags can be outside their range in the type.
        if Item::parse(tag, value) != Ok(*item) {
            return Err(range);
        }
        if self.seen & item.once() != 0 {
            return Err(EncodeError::new(EncodeErrorKind::Twice, "items"));
        }
        let place = self.bytes.get_mut(self.len..).unwrap_or_default();
        let (head, place) = place.split_first_chunk_mut::<2>().ok_or(full)?;
        place.get_mut(..value.len()).ok_or(full)?.copy_from_slice(value);
        *head = [tag, len];
        self.len = self.len.saturating_add(2).saturating_add(value.len());
        self.seen |= item.once();
        Ok(())
    }

    /// Its version, not 0.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The body.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl fmt::Debug for ConfigBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigBody")
            .field("version", &self.version)
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_full_at_256_octets() {
        let mut body = ConfigBody::new(1).unwrap();
        let item = |len| Item::Skipped {
            tag: 0x90,
            value: &[7; 255][..len],
        };
        body.push(&item(250)).unwrap();
        assert_eq!(body.as_bytes().len(), MAX_LEN);
        let before = body.clone();
        assert_eq!(body.push(&item(0)).unwrap_err().kind, EncodeErrorKind::Full);
        assert_eq!(body, before);
    }

    #[test]
    fn what_a_device_must_refuse_is_not_written() {
        let mut body = ConfigBody::new(1).unwrap();
        for bad in [
            Item::SamplePeriod(0),
            Item::UploadPeriod(9),
            Item::Name(""),
            Item::Name("123456789012345678901234567890123"),
            Item::Skipped {
                tag: 1,
                value: &[0, 0, 0, 1],
            },
            Item::Skipped {
                tag: 0x7F,
                value: &[],
            },
        ] {
            assert_eq!(
                body.push(&bad).unwrap_err().kind,
                EncodeErrorKind::Range,
                "{bad:?}"
            );
        }
        body.push(&Item::AlarmDelay(1)).unwrap();
        assert_eq!(
            body.push(&Item::AlarmDelay(2)).unwrap_err().kind,
            EncodeErrorKind::Twice
        );
        assert_eq!(ConfigBody::new(0), None);
    }

    #[test]
    fn the_first_bad_item_decides_and_a_cut_item_comes_before_all() {
        let unknown_then_bad = [0, 0, 0, 1, 6, 0, 1, 4, 0, 0, 0, 0];
        let error = Config::parse(&unknown_then_bad).unwrap_err();
        assert_eq!((error.kind, error.offset), (ErrorKind::Unsupported(6), 4));
        let bad_then_unknown = [0, 0, 0, 1, 1, 4, 0, 0, 0, 0, 6, 0];
        let error = Config::parse(&bad_then_unknown).unwrap_err();
        assert_eq!((error.kind.code(), error.offset), ("value", 4));
        let error = Config::parse(&unknown_then_bad[..11]).unwrap_err();
        assert_eq!(error.kind.code(), "malformed");
    }

    #[test]
    fn limits_that_are_off_must_still_be_lawful() {
        let mut body = [0, 0, 0, 1, 3, 10, 0, 1, 0, 0, 0, 5, 0x40, 0, 0, 0];
        assert_eq!(
            Config::parse(&body).unwrap_err().kind,
            ErrorKind::Value(Fault::Range)
        );
        body[12] = 0;
        let config = Config::parse(&body).unwrap();
        assert!(
            config
                .items()
                .eq([Item::Limits(ChannelLimits::new(0, Some(5), None).unwrap())])
        );
    }
}
