//! Several messages in one body, which is a guess and read only on request (L §4.6, §5 rule 4).

use core::fmt;

use crate::error::{DecodeError, ErrorKind};
use crate::json::{Cursor, Sequence};

use super::{LoggerMessage, read};

/// An array of logger messages. All were checked once; they are read again by [`iter`](Self::iter), so that nothing is allocated.
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    first: Cursor<'a>,
    count: usize,
    legacy: bool,
}

impl<'a> Batch<'a> {
    /// How many messages there are, one at least.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it never is")]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// One after the other.
    #[must_use]
    pub const fn iter(&self) -> Messages<'a> {
        Messages {
            cursor: self.first,
            sequence: Sequence::EMPTY,
            left: self.count,
            legacy: self.legacy,
        }
    }
}

impl<'a> IntoIterator for &Batch<'a> {
    type Item = LoggerMessage<'a>;
    type IntoIter = Messages<'a>;

    fn into_iter(self) -> Messages<'a> {
        self.iter()
    }
}

impl PartialEq for Batch<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Batch<'_> {}

impl fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Batch<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

/// The messages of a [`Batch`].
#[derive(Debug, Clone)]
pub struct Messages<'a> {
    cursor: Cursor<'a>,
    sequence: Sequence,
    left: usize,
    legacy: bool,
}

impl<'a> Iterator for Messages<'a> {
    type Item = LoggerMessage<'a>;

    fn next(&mut self) -> Option<LoggerMessage<'a>> {
        self.left = self.left.checked_sub(1)?;
        self.cursor
            .element(&mut self.sequence)
            .ok()
            .filter(|more| *more)?;
        read::message(&mut self.cursor, self.legacy).ok()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Messages<'_> {}

/// One message, or several on request.
#[expect(clippy::large_enum_variant, reason = "taken apart at once")]
pub(crate) enum Body<'a> {
    One(LoggerMessage<'a>),
    Several(Batch<'a>),
}

/// Reads the array at top level.
pub(crate) fn body<'a>(cursor: &mut Cursor<'a>, legacy: bool, batch: bool) -> Result<Body<'a>, DecodeError> {
    let mut first = *cursor;
    let mut sequence = first.array("body")?;
    let inside = first;
    if batch && first.element(&mut sequence)? && first.peek() == b'[' {
        *cursor = inside;
        return several(cursor, legacy).map(Body::Several);
    }
    read::message(cursor, legacy).map(Body::One)
}

fn several<'a>(cursor: &mut Cursor<'a>, legacy: bool) -> Result<Batch<'a>, DecodeError> {
    let first = *cursor;
    let mut sequence = Sequence::EMPTY;
    while cursor.element(&mut sequence)? {
        let message = if cursor.peek() == b'[' {
            read::message(cursor, legacy)
        } else {
            Err(cursor.error(ErrorKind::WrongShape, "body"))
        };
        if let Err(mut error) = message {
            cursor.refused_whole = false;
            // What is no JSON is no batch either.
            if !error.kind.is_structural() {
                error.index = u32::try_from(sequence.count.wrapping_sub(1)).ok();
            }
            return Err(error);
        }
    }
    Ok(Batch {
        first,
        count: sequence.count,
        legacy,
    })
}
