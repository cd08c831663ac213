//! Position in the text, arrays, and values that nobody looks at.

use crate::error::{DecodeError, ErrorKind, JsonFault};
use crate::limits::MAX_DEPTH;
use crate::warning::Warnings;

/// Name of the whole in errors.
pub(crate) const BODY: &str = "body";

#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    pub(super) text: &'a str,
    /// Octets of the text that are read.
    pub(super) at: usize,
    /// Containers that are open.
    depth: u8,
    /// What is off so far.
    pub(crate) warnings: Warnings,
    /// Behind the one value of the text, all of which is JSON, though it was refused for what it says.
    pub(crate) refused_whole: bool,
}

/// Elements of an array that is being read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sequence {
    /// Elements begun.
    pub(crate) count: usize,
    /// Where the last of them begins, and containers open there.
    at: usize,
    depth: u8,
}

impl Sequence {
    /// None begun.
    pub(crate) const EMPTY: Self = Self {
        count: 0,
        at: 0,
        depth: 0,
    };
}

impl<'a> Cursor<'a> {
    /// At the octet `at` of the text.
    pub(crate) const fn new(text: &'a str, at: usize) -> Self {
        Self {
            text,
            at,
            depth: 0,
            warnings: Warnings::NONE,
            refused_whole: false,
        }
    }

    pub(crate) const fn offset(&self) -> usize {
        self.at
    }

    #[cold]
    pub(crate) const fn error(&self, kind: ErrorKind, field: &'static str) -> DecodeError {
        DecodeError::new(kind, field, self.at)
    }

    /// The text is no JSON here.
    #[cold]
    pub(super) fn syntax(&self) -> DecodeError {
        let fault = if self.at >= self.text.len() {
            JsonFault::Truncated
        } else {
            JsonFault::Syntax
        };
        self.error(ErrorKind::NotJson(fault), BODY)
    }

    /// The next octet; 0, which fits nowhere, at the end.
    #[inline]
    pub(crate) fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    pub(super) const fn advance(&mut self, octets: usize) {
        self.at = self.at.wrapping_add(octets);
    }

    /// What is not read yet. The position is always between two characters.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.advance(1);
        }
    }

    /// Goes one level down.
    pub(super) fn enter(&mut self) -> Result<(), DecodeError> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error(ErrorKind::TooDeep, BODY));
        }
        self.depth = self.depth.wrapping_add(1);
        self.advance(1);
        Ok(())
    }

    /// Behind the closing bracket.
    pub(super) const fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.advance(1);
    }

    /// Enters an array.
    pub(crate) fn array(&mut self, field: &'static str) -> Result<Sequence, DecodeError> {
        if self.peek() != b'[' {
            return Err(self.error(ErrorKind::BadType, field));
        }
        self.enter()?;
        Ok(Sequence::EMPTY)
    }

    /// Goes to the next element; leaves the array if there is none.
    pub(crate) fn element(&mut self, sequence: &mut Sequence) -> Result<bool, DecodeError> {
        self.space();
        match (self.peek(), sequence.count) {
            (b']', _) => {
                self.leave();
                return Ok(false);
            }
            (_, 0) => {}
            (b',', _) => {
                self.advance(1);
                self.space();
                if self.peek() == b']' {
                    return Err(self.syntax());
                }
            }
            _ => return Err(self.syntax()),
        }
        *sequence = Sequence {
            count: sequence.count.wrapping_add(1),
            at: self.at,
            depth: self.depth,
        };
        Ok(true)
    }

    /// Goes to the next element, which has to be there.
    pub(crate) fn next(&mut self, sequence: &mut Sequence, field: &'static str) -> Result<(), DecodeError> {
        let offset = self.at;
        if self.element(sequence)? {
            return Ok(());
        }
        let count = sequence.count;
        Err(DecodeError::new(
            ErrorKind::BadArrayLength { count },
            field,
            offset,
        ))
    }

    /// Leaves the array, which has to end here.
    pub(crate) fn end(&mut self, sequence: &mut Sequence, field: &'static str) -> Result<(), DecodeError> {
        if !self.element(sequence)? {
            return Ok(());
        }
        let offset = self.at;
        let count = self.count(sequence)?;
        Err(DecodeError::new(
            ErrorKind::BadArrayLength { count },
            field,
            offset,
        ))
    }

    /// Reads an array of exactly two.
    #[inline(never)]
    pub(crate) fn pair<T>(
        &mut self,
        field: &'static str,
        mut read: impl FnMut(&mut Self, &'static str) -> Result<T, DecodeError>,
    ) -> Result<[T; 2], DecodeError> {
        let mut sequence = self.array(field)?;
        self.next(&mut sequence, field)?;
        let first = read(self, field)?;
        self.next(&mut sequence, field)?;
        let second = read(self, field)?;
        self.end(&mut sequence, field)?;
        Ok([first, second])
    }

    /// From an element to the end of its array; gives the number of all elements.
    fn count(&mut self, sequence: &mut Sequence) -> Result<usize, DecodeError> {
        self.skip()?;
        while self.element(sequence)? {
            self.skip()?;
        }
        Ok(sequence.count)
    }

    /// Goes from wherever an element was refused to the end of its array; gives the number of all elements.
    #[cold]
    pub(crate) fn rest_of_array(&mut self, mut sequence: Sequence) -> Result<usize, DecodeError> {
        (self.at, self.depth) = (sequence.at, sequence.depth);
        self.count(&mut sequence)
    }

    /// Reads over one value. Checks all of it; needs no more memory for deep values.
    #[inline(never)]
    pub(crate) fn skip(&mut self) -> Result<(), DecodeError> {
        // One bit for each container that was opened here: 1 for an object. At most MAX_DEPTH of them.
        let mut kinds = 0_u32;
        let mut open = 0_u8;
        loop {
            match self.peek() {
                b'"' => {
                    self.string()?;
                }
                b'{' => {
                    self.enter()?;
                    self.space();
                    kinds = kinds << 1 | 1;
                    open = open.wrapping_add(1);
                    if self.peek() != b'}' {
                        self.key()?;
                        continue;
                    }
                }
                b'[' => {
                    self.enter()?;
                    self.space();
                    kinds <<= 1;
                    open = open.wrapping_add(1);
                    if self.peek() != b']' {
                        continue;
                    }
                }
                b't' => self.literal("true")?,
                b'f' => self.literal("false")?,
                b'n' => self.literal("null")?,
                _ => self.number()?,
            }
            // Behind a value, or in front of the bracket that closes an empty container.
            loop {
                if open == 0 {
                    return Ok(());
                }
                self.space();
                let object = kinds & 1 == 1;
                match self.peek() {
                    b',' => {
                        self.advance(1);
                        self.space();
                        if object {
                            self.key()?;
                        }
                        break;
                    }
                    b'}' if object => {}
                    b']' if !object => {}
                    _ => return Err(self.syntax()),
                }
                self.leave();
                kinds >>= 1;
                open = open.wrapping_sub(1);
            }
        }
    }

    /// A name of a member that nobody looks at, its colon, and the space to the value.
    fn key(&mut self) -> Result<(), DecodeError> {
        if self.peek() != b'"' {
            return Err(self.syntax());
        }
        self.string()?;
        self.colon()
    }

    pub(super) fn colon(&mut self) -> Result<(), DecodeError> {
        self.space();
        if self.peek() != b':' {
            return Err(self.syntax());
        }
        self.advance(1);
        self.space();
        Ok(())
    }

    pub(super) fn literal(&mut self, literal: &'static str) -> Result<(), DecodeError> {
        if !self.rest().starts_with(literal.as_bytes()) {
            return Err(self.syntax());
        }
        self.advance(literal.len());
        Ok(())
    }

    /// White space up to the end of the text, which is behind the one object or array.
    pub(crate) fn finish(&mut self) -> Result<(), DecodeError> {
        self.space();
        if self.at < self.text.len() {
            return Err(self.error(ErrorKind::TrailingData, BODY));
        }
        Ok(())
    }

    /// Goes over a value that someone else reads.
    pub(crate) fn again<T>(&mut self, read: impl FnOnce(&'a str, usize) -> Option<(T, usize)>) -> Option<T> {
        let (value, end) = read(self.text, self.at)?;
        self.at = end;
        Some(value)
    }

    /// Whether the rest of the text is one JSON value and nothing else.
    #[cold]
    pub(crate) fn well_formed(mut self) -> Result<(), DecodeError> {
        self.space();
        let is_container = matches!(self.peek(), b'{' | b'[');
        self.skip()?;
        if is_container {
            return self.finish();
        }
        // Words such as `2nd` are no value with something behind it.
        self.space();
        if self.at < self.text.len() {
            return Err(self.syntax());
        }
        Ok(())
    }
}
