//! Search by hard bits.

use super::history::History;
use super::{CONTENT_BITS, HEAD_BITS, Options, PREAMBLE_BITS, Place, has_bits};
use crate::error::{DecodeError, ErrorKind};
use crate::uplink::content::Content;
use crate::uplink::{FrameType, HEAD_LEN, Head, MAX_FRAME_LEN, PREAMBLE, Unauthenticated};

/// Finds frames in a stream of bits.
#[derive(Debug, Clone)]
pub struct HardSearch {
    options: Options,
    history: History,
    /// Where heads ended, a bit for each bit of the history.
    marks: History,
    taken: u64,
}

impl HardSearch {
    /// At the start of a stream.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            options,
            history: History::default(),
            marks: History::default(),
            taken: 0,
        }
    }

    /// Takes one bit, and gives the candidates that end with it: at most five.
    pub fn push(&mut self, bit: bool) -> Candidates<'_> {
        const LENGTHS: History = History::mask(&CONTENT_BITS);
        self.history.push(bit);
        self.taken = self.taken.saturating_add(1);
        let head = self.history.head();
        let is_head = self.taken >= HEAD_BITS
            && preamble_errors(head) <= PREAMBLE_BITS.saturating_sub(self.options.min_preamble)
            && FrameType::nearest(word(head), self.options.tolerance).is_some();
        self.marks.push(is_head);
        let lengths: &[u32] = if self.marks.any(&LENGTHS) {
            &CONTENT_BITS
        } else {
            &[]
        };
        Candidates {
            search: self,
            lengths: lengths.iter(),
        }
    }

    /// Bits taken so far.
    #[must_use]
    pub const fn taken(&self) -> u64 {
        self.taken
    }

    fn candidate(&self, bits: u32) -> Option<Candidate> {
        if !self.marks.bit(bits) {
            return None;
        }
        let len = usize::try_from(bits >> 3).ok()?.checked_add(HEAD_LEN)?;
        let bytes = self.history.to_bytes();
        let frame = bytes.get(bytes.len().checked_sub(len)?..)?;
        let head = u32::from_be_bytes(*frame.first_chunk()?);
        let (frame_type, errors) = FrameType::nearest(word(head), self.options.tolerance)?;
        if !has_bits(frame_type.class, bits) {
            return None;
        }
        let mut copy = [0; MAX_FRAME_LEN];
        copy.get_mut(..len)?.copy_from_slice(frame);
        Some(Candidate {
            place: Place {
                content_at: self.taken.saturating_sub(bits.into()),
                preamble_errors: preamble_errors(head),
                type_errors: errors,
            },
            head: Head { frame_type, errors },
            bytes: copy,
        })
    }
}

/// The 13 bits after the preamble.
fn word(head: u32) -> u16 {
    let [_, _, high, low] = head.to_be_bytes();
    u16::from_be_bytes([high, low]) & 0x1FFF
}

/// Wrong bits in the preamble, 0 to 19.
fn preamble_errors(head: u32) -> u8 {
    u8::try_from(((head >> 13) ^ PREAMBLE).count_ones()).unwrap_or(u8::MAX)
}

/// The candidates that end with one bit.
#[derive(Debug, Clone)]
pub struct Candidates<'s> {
    search: &'s HardSearch,
    lengths: core::slice::Iter<'static, u32>,
}

impl Iterator for Candidates<'_> {
    type Item = Candidate;

    fn next(&mut self) -> Option<Candidate> {
        let Self { search, lengths } = self;
        lengths.find_map(|bits| search.candidate(*bits))
    }
}

impl core::iter::FusedIterator for Candidates<'_> {}

/// Bits that may be a frame. Nothing of its content was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    place: Place,
    head: Head,
    /// Zeros behind the frame.
    bytes: [u8; MAX_FRAME_LEN],
}

impl Candidate {
    /// Class, rank, wrong bits in the frame type.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.head
    }

    /// Wrong bits in the preamble, 0 to 19.
    #[must_use]
    pub const fn preamble_errors(&self) -> u8 {
        self.place.preamble_errors
    }

    /// Number of the first bit of the preamble in the stream.
    #[must_use]
    pub const fn start(&self) -> u64 {
        self.place.start()
    }

    /// The frame as it was received, for [`decode`](crate::uplink::decode), or to be combined with others.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        let len = self.head.frame_type.class.frame_len();
        self.bytes.get(..len).unwrap_or_default()
    }

    /// Whether at most one of both is a frame: they begin within six bits of each other.
    #[must_use]
    pub const fn is_rival_of(&self, other: &Self) -> bool {
        self.place.is_rival_of(other.place)
    }

    /// Whether this rival is to be preferred: fewer wrong bits in the frame type, then in the preamble.
    #[must_use]
    pub fn is_better_than(&self, other: &Self) -> bool {
        self.place.is_better_than(other.place)
    }

    /// Checks CRC and header.
    ///
    /// # Errors
    /// [`ErrorKind::Crc`], [`ErrorKind::Header`].
    pub fn decode(&self) -> Result<Unauthenticated, DecodeError> {
        let FrameType { class, rank } = self.head.frame_type;
        let coded = self.bytes.get(HEAD_LEN..).unwrap_or_default();
        let Some(content) = Content::coded(class, rank, coded) else {
            // Not reached: the bytes of the longest class are there.
            return Err(DecodeError::new(ErrorKind::Crc, "CRC", HEAD_LEN));
        };
        Unauthenticated::of(content, rank, self.head.errors)
    }
}
