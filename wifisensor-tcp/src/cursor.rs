//! The only place that does offset arithmetic on bodies of fixed layout.

use crate::error::{DecodeError, Fault};

/// Reads a body from its front.
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(body: &'a [u8]) -> Self {
        Self { rest: body, at: 0 }
    }

    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn array<const N: usize>(&mut self, field: &'static str) -> Result<&'a [u8; N], DecodeError> {
        let Some((head, rest)) = self.rest.split_first_chunk::<N>() else {
            return Err(self.short(field));
        };
        (self.rest, self.at) = (rest, self.at.saturating_add(N));
        Ok(head)
    }

    pub(crate) fn take(&mut self, len: usize, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let Some((head, rest)) = self.rest.split_at_checked(len) else {
            return Err(self.short(field));
        };
        (self.rest, self.at) = (rest, self.at.saturating_add(len));
        Ok(head)
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.array(field).map(|[byte]| *byte)
    }

    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.array(field).map(|bytes| u16::from_be_bytes(*bytes))
    }

    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.array(field).map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// The fault lies at the end of what is there.
    #[cold]
    fn short(&self, field: &'static str) -> DecodeError {
        DecodeError::malformed(Fault::Short, field, self.at.saturating_add(self.rest.len()))
    }
}
