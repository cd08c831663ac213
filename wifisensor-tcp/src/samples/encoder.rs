//! Records into a body.

use super::varint::{MAX_LEN, write, zigzag};
use super::{HEAD_LEN, Head, MAX_CHANNELS, MAX_NUMBER, MAX_VALUE, MIN_VALUE};
use crate::error::{EncodeError, EncodeErrorKind};
use crate::frame::MAX_DEVICE_BODY_LEN;

/// Octets of a record, at most.
const MAX_RECORD_LEN: usize = (1 + MAX_CHANNELS) * MAX_LEN;
/// Place of `count` in the head.
const COUNT_AT: usize = 10;
const FULL: EncodeError = EncodeError::new(EncodeErrorKind::Full, "records");
const EMPTY: EncodeError = EncodeError::new(EncodeErrorKind::Empty, "count");

/// Writes records into one SAMPLES body. A record that does not fit is refused, and the body stays as it was: finish it,
/// and begin the next with that record.
///
/// ```
/// use wifisensor_tcp::EncodeErrorKind;
/// use wifisensor_tcp::samples::{Channel, Channels, ClockBasis, Encoder, Head, Quantity};
///
/// let channels = Channels::new(&[Channel::new(Quantity::TEMPERATURE, -2).unwrap()]).unwrap();
/// let mut buffer = [0; 1024];
/// let head = Head { first: 9, period_s: 60, basis: ClockBasis::Utc, channels };
/// let mut body = Encoder::new(&mut buffer, head).unwrap();
/// body.push(1_767_225_420, &[Some(2145)]).unwrap();
/// body.push(1_767_225_480, &[None]).unwrap();
/// let refused = body.push(1_767_225_000, &[Some(1)]).unwrap_err();
/// assert_eq!(refused.kind, EncodeErrorKind::TimeBack);
/// assert_eq!(body.finish().unwrap().len(), 18);
/// ```
#[derive(Debug)]
pub struct Encoder<'b> {
    out: &'b mut [u8],
    draft: Draft,
}

impl<'b> Encoder<'b> {
    /// A body at the front of `out`, of which no more than 1024 octets are used.
    ///
    /// # Errors
    /// [`EncodeErrorKind::Buffer`] if not even the head fits, [`EncodeErrorKind::Range`] if the first number is 2^32 − 1.
    pub fn new(out: &'b mut [u8], head: Head) -> Result<Self, EncodeError> {
        let draft = Draft::new(out, head)?;
        Ok(Self { out, draft })
    }

    /// Adds a record: its time in seconds and a value or nothing for each channel.
    ///
    /// # Errors
    /// [`EncodeErrorKind::Full`], [`EncodeErrorKind::TimeBack`] and [`EncodeErrorKind::Pause`]: begin a new body with this
    /// record. [`EncodeErrorKind::Count`] and [`EncodeErrorKind::Range`]: the record can never be written.
    pub fn push(&mut self, time: u32, values: &[Option<i32>]) -> Result<(), EncodeError> {
        self.draft.push(self.out, time, values)
    }

    /// Records written so far.
    #[must_use]
    pub const fn count(&self) -> u8 {
        self.draft.count()
    }

    /// Number after that of the last record written.
    #[must_use]
    pub fn end(&self) -> u32 {
        self.draft.end()
    }

    /// The body.
    ///
    /// # Errors
    /// [`EncodeErrorKind::Empty`] without a record.
    pub fn finish(self) -> Result<&'b mut [u8], EncodeError> {
        let len = self.draft.finish(self.out)?;
        self.out.get_mut(..len).ok_or(EMPTY)
    }
}

/// An [`Encoder`] without its buffer, which every call is given anew.
#[derive(Debug)]
pub(crate) struct Draft {
    head: Head,
    len: usize,
    count: u8,
    time: u32,
    previous: [i32; MAX_CHANNELS],
}

impl Draft {
    pub(crate) fn new(out: &mut [u8], head: Head) -> Result<Self, EncodeError> {
        if head.first > MAX_NUMBER {
            return Err(EncodeError::new(EncodeErrorKind::Range, "first"));
        }
        let channels = head.channels.as_slice();
        let len = channels.len().saturating_mul(2).saturating_add(HEAD_LEN);
        let places = out.get_mut(HEAD_LEN..len).ok_or(EncodeError::new(
            EncodeErrorKind::Buffer { needed: len },
            "channels",
        ))?;
        for (place, channel) in places.chunks_exact_mut(2).zip(channels) {
            place.copy_from_slice(&[channel.quantity().get(), channel.scale().cast_unsigned()]);
        }
        Ok(Self {
            head,
            len,
            count: 0,
            time: 0,
            previous: [0; MAX_CHANNELS],
        })
    }

    pub(crate) fn push(
        &mut self,
        out: &mut [u8],
        time: u32,
        values: &[Option<i32>],
    ) -> Result<(), EncodeError> {
        if values.len() != self.head.channels.len() {
            return Err(EncodeError::new(EncodeErrorKind::Count, "records"));
        }
        let count = self.count.checked_add(1).ok_or(FULL)?;
        if self.head.first.checked_add(u32::from(count)).is_none() {
            return Err(FULL);
        }
        let mut record = [0; MAX_RECORD_LEN];
        let mut previous = self.previous;
        let mut len = 0;
        let mut put = |code| {
            let place = record.get_mut(len..).unwrap_or_default();
            len = len.saturating_add(write(place, code).unwrap_or(0));
        };
        if self.count > 0 {
            put(self.time_code(time)?);
        }
        for (value, previous) in values.iter().zip(&mut previous) {
            put(match *value {
                None => 0,
                Some(value) => value_code(value, previous)?,
            });
        }
        let end = self.len.saturating_add(len);
        let (Some(place), Some(record)) = (
            out.get_mut(self.len..end).filter(|_| end <= MAX_DEVICE_BODY_LEN),
            record.get(..len),
        ) else {
            return Err(FULL);
        };
        place.copy_from_slice(record);
        if self.count == 0 {
            self.put_head(out, time);
        }
        (self.len, self.count) = (end, count);
        (self.time, self.previous) = (time, previous);
        Ok(())
    }

    pub(crate) const fn count(&self) -> u8 {
        self.count
    }

    pub(crate) fn end(&self) -> u32 {
        self.head.first.saturating_add(u32::from(self.count))
    }

    /// Completes the head; how long the body is.
    pub(crate) fn finish(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let count = out.get_mut(COUNT_AT).filter(|_| self.count > 0).ok_or(EMPTY)?;
        *count = self.count;
        Ok(self.len)
    }

    fn time_code(&self, time: u32) -> Result<u32, EncodeError> {
        let Some(pause) = time.checked_sub(self.time) else {
            return Err(EncodeError::new(EncodeErrorKind::TimeBack, "time"));
        };
        let late = i64::from(pause).saturating_sub(i64::from(self.head.period_s));
        let late = i32::try_from(late).map_err(|_| EncodeError::new(EncodeErrorKind::Pause, "time"))?;
        Ok(zigzag(late))
    }

    fn put_head(&self, out: &mut [u8], time: u32) {
        let layout = u8::from(self.head.basis) << 6;
        let channels = u8::try_from(self.head.channels.len()).unwrap_or(0);
        let ([n0, n1, n2, n3], [t0, t1, t2, t3]) = (self.head.first.to_be_bytes(), time.to_be_bytes());
        let [p0, p1] = self.head.period_s.to_be_bytes();
        let head = [n0, n1, n2, n3, t0, t1, t2, t3, p0, p1, 0, layout | channels];
        if let Some(place) = out.first_chunk_mut() {
            *place = head;
        }
    }
}

fn value_code(value: i32, previous: &mut i32) -> Result<u32, EncodeError> {
    let range = EncodeError::new(EncodeErrorKind::Range, "value");
    if !(MIN_VALUE..=MAX_VALUE).contains(&value) {
        return Err(range);
    }
    // Both lie within 2^30 of 0, so neither the difference nor its code overflows.
    let code = zigzag(value.wrapping_sub(*previous))
        .checked_add(1)
        .ok_or(range)?;
    *previous = value;
    Ok(code)
}
