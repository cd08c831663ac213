//! Channels of a message, without a vector.

use core::fmt;

use crate::error::{DecodeError, ErrorKind};
use crate::json::{Cursor, Sequence};
use crate::limits::MAX_CHANNELS;

/// Channels that are held in place. The devices have at most eight.
const FEW: usize = 8;

/// Channels in the order of the message.
///
/// Up to eight are held in place. More, which no documented device has, stay in the input: they were checked once and are read
/// again by [`iter`](Self::iter). Either way nothing is allocated.
#[derive(Clone, Copy)]
pub struct Channels<'a, C>(Inner<'a, C>);

#[derive(Clone, Copy)]
enum Inner<'a, C> {
    Few([Option<C>; FEW]),
    Many(&'a [C]),
    Wire {
        /// At the first of them; all were checked.
        first: Cursor<'a>,
        count: usize,
    },
}

/// A kind of channel: [`wifi::Channel`](crate::wifi::Channel), [`wired::Channel`](crate::wired::Channel) or
/// [`logger::Channel`](crate::logger::Channel). No others can be added.
pub trait ChannelEntry<'a>: Copy + sealed::Sealed {
    /// Reads a channel again that was checked, and tells where it ends.
    #[doc(hidden)]
    fn read_again(text: &'a str, at: usize) -> Option<(Self, usize)>;
}

mod sealed {
    #[expect(unnameable_types, reason = "it seals the trait above")]
    pub trait Sealed {}
}

/// A kind of channel as this crate reads it.
pub(crate) trait Entry<'a>: Copy {
    /// Reads one.
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, DecodeError>;
    /// Its number, if it has one.
    fn number(&self) -> Option<u8>;
}

macro_rules! entries {
    ($($channel:ty)+) => { $(
        impl<'a> sealed::Sealed for $channel {}

        impl<'a> ChannelEntry<'a> for $channel {
            fn read_again(text: &'a str, at: usize) -> Option<(Self, usize)> {
                let mut cursor = Cursor::new(text, at);
                let channel = Entry::read(&mut cursor).ok()?;
                Some((channel, cursor.offset()))
            }
        }
    )+ };
}

entries! { crate::wifi::Channel<'a> crate::wired::Channel<'a> crate::logger::Channel<'a> }

impl<'a, C: Copy> Channels<'a, C> {
    /// No channels.
    pub const NONE: Self = Self(Inner::Few([None; FEW]));

    /// Channels to encode; the caller has checked them.
    pub(crate) fn of(channels: &'a [C]) -> Self {
        if channels.len() > FEW {
            return Self(Inner::Many(channels));
        }
        let mut few = [None; FEW];
        for (place, channel) in few.iter_mut().zip(channels) {
            *place = Some(*channel);
        }
        Self(Inner::Few(few))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Inner::Few(few) => few.iter().flatten().count(),
            Inner::Many(channels) => channels.len(),
            Inner::Wire { count, .. } => *count,
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<'a, C: ChannelEntry<'a>> Channels<'a, C> {
    /// One after the other.
    #[must_use]
    pub const fn iter(&self) -> Iter<'_, 'a, C> {
        Iter(match &self.0 {
            Inner::Few(few) => Source::List(few.as_slice(), &[]),
            Inner::Many(channels) => Source::List(&[], channels),
            Inner::Wire { first, count } => Source::Wire {
                cursor: *first,
                sequence: Sequence::EMPTY,
                left: *count,
            },
        })
    }
}

/// Reads an array of channels; at most `max`, no number twice.
pub(crate) fn read<'a, C: Entry<'a>>(
    cursor: &mut Cursor<'a>,
    max: usize,
    field: &'static str,
) -> Result<Channels<'a, C>, DecodeError> {
    let mut sequence = cursor.array(field)?;
    let first = *cursor;
    let mut few = [None; FEW];
    let mut numbers = Numbers::default();
    while cursor.element(&mut sequence)? {
        let offset = cursor.offset();
        let refused = || DecodeError::new(ErrorKind::BadChannels, field, offset);
        if sequence.count > max {
            return Err(refused());
        }
        let channel = C::read(cursor)?;
        if channel.number().is_some_and(|number| !numbers.insert(number)) {
            return Err(refused());
        }
        if let Some(place) = few.get_mut(sequence.count.wrapping_sub(1)) {
            *place = Some(channel);
        }
    }
    Ok(Channels(match sequence.count {
        0..=FEW => Inner::Few(few),
        count => Inner::Wire { first, count },
    }))
}

/// Whether the channels are at most 64 and no number occurs twice (W §8 rule 14).
pub(crate) fn lawful<'a, C: Entry<'a>>(channels: &[C]) -> bool {
    let mut numbers = Numbers::default();
    let mut all = channels.iter().filter_map(Entry::number);
    channels.len() <= MAX_CHANNELS && all.all(|number| numbers.insert(number))
}

/// Channel numbers that occurred.
#[derive(Default)]
struct Numbers([u64; 4]);

impl Numbers {
    /// Whether it is new.
    fn insert(&mut self, number: u8) -> bool {
        let bit = 1_u64.wrapping_shl(u32::from(number));
        let Some(word) = self.0.get_mut(usize::from(number >> 6)) else {
            return false;
        };
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

/// Channels one after the other.
#[derive(Clone)]
pub struct Iter<'c, 'a, C>(Source<'c, 'a, C>);

#[derive(Clone)]
enum Source<'c, 'a, C> {
    List(&'c [Option<C>], &'c [C]),
    Wire {
        cursor: Cursor<'a>,
        sequence: Sequence,
        left: usize,
    },
}

impl<'a, C: ChannelEntry<'a>> Iterator for Iter<'_, 'a, C> {
    type Item = C;

    fn next(&mut self) -> Option<C> {
        match &mut self.0 {
            Source::List(few, many) => {
                if let Some((channel, rest)) = few.split_first() {
                    *few = rest;
                    return *channel;
                }
                let (channel, rest) = many.split_first()?;
                *many = rest;
                Some(*channel)
            }
            Source::Wire {
                cursor,
                sequence,
                left,
            } => {
                // All were read once without an error.
                *left = left.checked_sub(1)?;
                cursor.element(sequence).ok().filter(|more| *more)?;
                cursor.again(C::read_again)
            }
        }
    }
}

impl<'c, 'a, C: ChannelEntry<'a>> IntoIterator for &'c Channels<'a, C> {
    type Item = C;
    type IntoIter = Iter<'c, 'a, C>;

    fn into_iter(self) -> Iter<'c, 'a, C> {
        self.iter()
    }
}

impl<C: Copy> Default for Channels<'_, C> {
    fn default() -> Self {
        Self::NONE
    }
}

impl<'a, C: ChannelEntry<'a> + PartialEq> PartialEq for Channels<'a, C> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a, C: ChannelEntry<'a> + Eq> Eq for Channels<'a, C> {}

impl<'a, C: ChannelEntry<'a> + fmt::Debug> fmt::Debug for Channels<'a, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<'a, C: ChannelEntry<'a> + fmt::Debug> fmt::Debug for Iter<'_, 'a, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

#[cfg(feature = "serde")]
impl<'a, C: ChannelEntry<'a> + serde::Serialize> serde::Serialize for Channels<'a, C> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

#[cfg(feature = "arbitrary")]
pub(crate) fn arbitrary<'a, C: Entry<'a> + arbitrary::Arbitrary<'a>>(
    u: &mut arbitrary::Unstructured<'a>,
) -> arbitrary::Result<Channels<'a, C>> {
    let mut few = [None; FEW];
    let mut numbers = Numbers::default();
    for place in &mut few {
        if !u.arbitrary()? {
            break;
        }
        let channel = C::arbitrary(u)?;
        if channel.number().is_some_and(|number| !numbers.insert(number)) {
            break;
        }
        *place = Some(channel);
    }
    Ok(Channels(Inner::Few(few)))
}
