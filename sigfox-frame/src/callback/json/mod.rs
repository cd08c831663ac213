//! A strict JSON reader (RFC 8259) over text that is known to be UTF-8: a cursor, no tree, no recursion, at most
//! [`MAX_DEPTH`] levels. Whoever asks for members or elements reads each value where it stands, so that a body is read once.

mod scalar;
mod skip;
mod text;

use super::error::{ErrorKind, JsonFault, ReceiveError};
use super::limits::MAX_DEPTH;
use super::names::{Names, Seen};
use super::raw::{Form, Raw};
use super::work;

const BODY: &str = "body";

/// The text is at fault: [`Json::error`] tells how and where. Small, since it is passed on with every value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop;

pub(super) type Read<T> = Result<T, Stop>;

/// Who reads the members of an object. Each call has to read one value, in front of which the cursor is.
pub(super) trait Members<'a> {
    /// What a known name means.
    type Name: Copy + 'static;

    /// The value of a known name.
    fn known(&mut self, json: &mut Json<'a>, name: Self::Name) -> Read<()>;

    /// The value of another name.
    fn other(&mut self, json: &mut Json<'a>, name: Raw<'a>) -> Read<()>;
}

#[derive(Debug, Clone)]
pub(super) struct Json<'a> {
    text: &'a str,
    at: usize,
    /// Offset of the text in the body.
    base: usize,
    /// Containers that are open.
    depth: u8,
    /// An object that was read may have a name twice.
    doubtful: bool,
    /// Why the reader stopped.
    error: ErrorKind,
}

impl<'a> Json<'a> {
    pub(super) const fn new(text: &'a str, base: usize) -> Self {
        Self {
            text,
            at: 0,
            base,
            depth: 0,
            doubtful: false,
            error: ErrorKind::BadJson(JsonFault::Syntax),
        }
    }

    /// A value that was found before.
    pub(super) const fn of(raw: &Raw<'a>) -> Self {
        Self::new(raw.text, raw.offset)
    }

    const fn offset(&self) -> usize {
        self.base.wrapping_add(self.at)
    }

    /// Why the reader stopped, which it did where it is.
    #[cold]
    pub(super) const fn error(&self) -> ReceiveError {
        ReceiveError::new(self.error, BODY, self.offset())
    }

    #[cold]
    const fn stop(&mut self, error: ErrorKind) -> Stop {
        self.error = error;
        Stop
    }

    #[cold]
    const fn fault(&mut self, fault: JsonFault) -> Stop {
        self.stop(ErrorKind::BadJson(fault))
    }

    #[cold]
    const fn syntax(&mut self) -> Stop {
        self.fault(if self.at >= self.text.len() {
            JsonFault::Truncated
        } else {
            JsonFault::Syntax
        })
    }

    /// The next octet; 0, which fits nowhere, at the end.
    #[inline]
    pub(super) fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    const fn advance(&mut self, octets: usize) {
        self.at = self.at.wrapping_add(octets);
    }

    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Where the cursor is, for [`Self::structure_since`].
    pub(super) const fn place(&self) -> usize {
        self.at
    }

    #[inline]
    fn since(&self, start: usize, form: Form) -> Raw<'a> {
        Raw {
            text: self.text.get(start..self.at).unwrap_or_default(),
            offset: self.base.wrapping_add(start),
            form,
        }
    }

    /// The container that was read since the cursor was there.
    #[inline]
    pub(super) fn structure_since(&self, place: usize) -> Raw<'a> {
        self.since(place, Form::Structured)
    }

    #[inline]
    pub(super) fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.advance(1);
        }
    }

    /// White space up to the end of the text.
    pub(super) fn finish(&mut self) -> Read<()> {
        work::done(self.at);
        self.space();
        if self.at < self.text.len() {
            return Err(self.fault(JsonFault::Trailing));
        }
        Ok(())
    }

    /// Whether an object that was read since the last call may have a name twice; a `false` is certain.
    pub(super) const fn take_doubt(&mut self) -> bool {
        core::mem::replace(&mut self.doubtful, false)
    }

    #[inline]
    fn enter(&mut self) -> Read<()> {
        if self.depth >= MAX_DEPTH {
            return Err(self.stop(ErrorKind::TooDeep));
        }
        self.depth = self.depth.wrapping_add(1);
        self.advance(1);
        self.space();
        Ok(())
    }

    #[inline]
    const fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.advance(1);
    }

    /// A name and its colon, up to the value, as templates have it: no escapes, no white space, and one of these. Reads nothing of
    /// any other.
    #[inline]
    fn known_name<T: Copy, const N: usize>(&mut self, names: &Names<T, N>) -> Option<usize> {
        if let [b'"', rest @ ..] = self.rest()
            && let (number, [b':', behind @ ..]) = names.at_start(rest)?
            && let [first, ..] = behind
            && *first > b' '
        {
            self.at = self.text.len().wrapping_sub(behind.len());
            return Some(number);
        }
        None
    }

    /// A name and its colon, up to the value.
    #[inline(never)]
    fn odd_name(&mut self) -> Read<Raw<'a>> {
        if self.peek() != b'"' {
            return Err(self.syntax());
        }
        let name = self.string()?;
        self.space();
        if self.peek() != b':' {
            return Err(self.syntax());
        }
        self.advance(1);
        self.space();
        Ok(name)
    }

    /// Whether another one follows, of which the cursor is in front then. Otherwise the container is left.
    #[inline]
    fn another(&mut self, closing: u8) -> Read<bool> {
        // As templates have it.
        if let [b',', next, ..] = self.rest()
            && *next > b' '
        {
            self.advance(1);
            return Ok(true);
        }
        if self.peek() == closing {
            self.leave();
            return Ok(false);
        }
        self.odd_end(closing)
    }

    #[inline(never)]
    fn odd_end(&mut self, closing: u8) -> Read<bool> {
        self.space();
        match self.peek() {
            b',' => {
                self.advance(1);
                self.space();
                Ok(true)
            }
            octet if octet == closing => {
                self.leave();
                Ok(false)
            }
            _ => Err(self.syntax()),
        }
    }

    /// Reads the object that begins here: `each` reads the values.
    #[inline]
    pub(super) fn members<E: Members<'a>, const N: usize>(
        &mut self,
        names: &Names<E::Name, N>,
        each: &mut E,
    ) -> Read<()> {
        let (mut known, mut others) = (Seen::default(), Seen::default());
        self.enter()?;
        if self.peek() == b'}' {
            self.leave();
            return Ok(());
        }
        loop {
            let number = match self.known_name(names) {
                Some(number) => Some(number),
                None => self.odd_member(names, &mut others, each)?,
            };
            if let Some(number) = number
                && let Some(name) = names.meaning(number)
            {
                self.doubtful |= known.numbered_again(number);
                each.known(self, name)?;
            }
            if !self.another(b'}')? {
                return Ok(());
            }
        }
    }

    /// A name that is not as templates have it: its number, or the whole member.
    #[inline(never)]
    fn odd_member<E: Members<'a>, const N: usize>(
        &mut self,
        names: &Names<E::Name, N>,
        others: &mut Seen,
        each: &mut E,
    ) -> Read<Option<usize>> {
        let name = self.odd_name()?;
        let number = names.find(&name.text());
        if number.is_none() {
            // An escape may hide a name that was there before.
            self.doubtful |= name.form != Form::Plain || others.again(name.text);
            each.other(self, name)?;
        }
        Ok(number)
    }

    /// Reads the array that begins here: `each` has to read an element.
    #[inline]
    pub(super) fn elements(&mut self, mut each: impl FnMut(&mut Self) -> Read<()>) -> Read<()> {
        self.enter()?;
        if self.peek() == b']' {
            self.leave();
            return Ok(());
        }
        loop {
            each(self)?;
            if !self.another(b']')? {
                return Ok(());
            }
        }
    }

    /// Reads a text without escapes, a number, true or false; reads nothing of any other value.
    #[inline]
    pub(super) fn plain(&mut self) -> Option<&'a str> {
        match self.peek() {
            b'"' => self.plain_string(),
            b'-' | b'0'..=b'9' => self.plain_number(),
            b't' => self.plain_literal("true"),
            b'f' => self.plain_literal("false"),
            _ => None,
        }
    }

    /// Where the octets of the next value begin: behind its quote, if it has one.
    #[inline]
    pub(super) fn value_offset(&self) -> usize {
        self.offset().wrapping_add(usize::from(self.peek() == b'"'))
    }

    /// Reads any value; one with others inside is checked and kept whole.
    #[inline]
    pub(super) fn value(&mut self) -> Read<Raw<'a>> {
        match self.peek() {
            b'"' => self.string(),
            b'{' | b'[' => {
                let start = self.at;
                self.skip()?;
                Ok(self.structure_since(start))
            }
            _ => self.word(),
        }
    }
}
