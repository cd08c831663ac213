//! ACK (spec §7.2), and the server's CLOSE, which has the same body (spec §9).

use crate::cursor::Cursor;
use crate::error::DecodeError;

/// Octets of the body.
pub const LEN: usize = 4;

/// How far the server has stored: cumulative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "the fields of version 1")]
pub struct Ack {
    /// Bytes 0 to 3: all samples with lower numbers may be freed.
    pub next: u32,
}

impl Ack {
    /// Reads a body of at least 4 octets; the rest is ignored.
    ///
    /// # Errors
    /// Malformed if it is shorter.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        let next = Cursor::new(body).u32("next")?;
        Ok(Self { next })
    }

    /// The body.
    #[must_use]
    pub const fn to_bytes(&self) -> [u8; LEN] {
        self.next.to_be_bytes()
    }
}
