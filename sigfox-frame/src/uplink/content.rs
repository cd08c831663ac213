//! Content of a frame before the convolution: header, EP-ID, payload, tag, CRC.

use super::{Body, Class, MAX_CONTENT_LEN, Message, Payload, Rank};
use crate::EpId;
use crate::auth::Mac;
use crate::auth::block::{Padded, bits};
use crate::coding::convolution;
use crate::coding::crc::{Rest, crc16};
use crate::control::Control;
use crate::error::{DecodeError, EncodeError, EncodeErrorKind, ErrorKind};
use crate::sequence::Counter;

/// Bytes before the payload.
const FIXED_LEN: usize = 6;
const BIDIRECTIONAL: u16 = 1 << 13;
const REPEATED: u16 = 1 << 12;

/// Bytes of the words that hold a content.
const WORDS_LEN: usize = 24;
const _: () = assert!(WORDS_LEN >= MAX_CONTENT_LEN);

/// The bytes of a content as three words, first byte most significant, zeros behind the content. They stay in registers: what is
/// written byte by byte and read as a whole waits for memory, and the reads of this type are all of other widths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content {
    class: Class,
    words: [u64; 3],
}

impl Content {
    /// Takes as many bytes as the class has; `None` if they are not there.
    #[inline(always)]
    pub(crate) fn new(class: Class, content: &[u8]) -> Option<Self> {
        let words = match class {
            Class::A => words::<{ Class::A.content_len() }>(content),
            Class::B => words::<{ Class::B.content_len() }>(content),
            Class::C => words::<{ Class::C.content_len() }>(content),
            Class::D | Class::K => words::<{ Class::D.content_len() }>(content),
            Class::E => words::<{ Class::E.content_len() }>(content),
        };
        Some(Self { class, words: words? })
    }

    /// Takes a content as it was sent in a frame of this rank.
    #[inline(always)]
    pub(crate) fn coded(class: Class, rank: Rank, content: &[u8]) -> Option<Self> {
        let mut coded = Self::new(class, content)?;
        if rank != Rank::First {
            coded.words = convolution::decode_words(rank, coded.words);
            coded.clear_behind();
        }
        Some(coded)
    }

    /// The inverse filters go on behind the end.
    #[inline]
    fn clear_behind(&mut self) {
        let [_, second, third] = &mut self.words;
        match self.class {
            Class::A => (*second, *third) = (*second & !(u64::MAX >> 16), 0),
            Class::B => (*second, *third) = (*second & !(u64::MAX >> 24), 0),
            Class::C => (*second, *third) = (*second & !(u64::MAX >> 48), 0),
            Class::D | Class::K => *third &= !(u64::MAX >> 16),
            Class::E => *third &= !(u64::MAX >> 48),
        }
    }

    /// A content whose bytes are these, zeros behind it.
    fn of_bytes(class: Class, bytes: [u8; WORDS_LEN]) -> Self {
        let mut words = [0; 3];
        let (chunks, _) = bytes.as_chunks::<8>();
        for (word, chunk) in words.iter_mut().zip(chunks) {
            *word = u64::from_be_bytes(*chunk);
        }
        Self { class, words }
    }

    /// All bytes, CRC included, and zeros.
    pub(crate) fn to_bytes(self) -> [u8; WORDS_LEN] {
        let mut bytes = [0; WORDS_LEN];
        let (chunks, _) = bytes.as_chunks_mut::<8>();
        for (chunk, word) in chunks.iter_mut().zip(self.words) {
            *chunk = word.to_be_bytes();
        }
        bytes
    }

    /// The content with this bit turned, counted from the first.
    pub(crate) fn with_flipped(mut self, bit: usize) -> Self {
        if let Some(word) = self.words.get_mut(bit / 64) {
            *word ^= (1 << 63) >> (bit % 64);
        }
        self
    }

    /// Everything of a message but tag and CRC.
    pub(crate) fn of(message: &Message) -> Result<Self, EncodeError> {
        let payload = message.body.payload();
        let payload = payload.as_slice();
        let class = match message.body {
            Body::Empty | Body::Bit(_) => Class::A,
            Body::Bytes(_) => match payload.len() {
                ..=1 => Class::B,
                2..=4 => Class::C,
                5..=8 => Class::D,
                _ => Class::E,
            },
            Body::Control(_) if message.bidirectional => {
                return Err(EncodeError::new(EncodeErrorKind::Bidirectional, "BF"));
            }
            Body::Control(_) => Class::K,
        };
        let indicator = match message.body {
            Body::Bit(false) => 2,
            Body::Bit(true) => 3,
            _ => indicator(class, payload.len()),
        };
        let flag = if message.bidirectional { BIDIRECTIONAL } else { 0 };
        let header = (indicator << 14) | flag | message.counter.get();
        let [h0, h1] = header.to_be_bytes();
        let [i0, i1, i2, i3] = message.ep_id.to_wire();
        let mut bytes = [0; WORDS_LEN];
        copy(&mut bytes, &[h0, h1, i0, i1, i2, i3]);
        for (to, from) in bytes.iter_mut().skip(FIXED_LEN).zip(payload) {
            *to = *from;
        }
        Ok(Self::of_bytes(class, bytes))
    }

    #[inline]
    pub(crate) const fn class(&self) -> Class {
        self.class
    }

    #[inline]
    const fn header(&self) -> u16 {
        let [first, ..] = self.words;
        let [high, low, ..] = first.to_be_bytes();
        u16::from_be_bytes([high, low])
    }

    /// LI, 0 to 3.
    #[inline]
    const fn indicator(&self) -> u8 {
        let [high, _] = self.header().to_be_bytes();
        high >> 6
    }

    #[inline]
    pub(crate) const fn is_repeated(&self) -> bool {
        self.header() & REPEATED != 0
    }

    #[inline]
    pub(crate) const fn ep_id(&self) -> EpId {
        let [first, ..] = self.words;
        let [_, _, i0, i1, i2, i3, ..] = first.to_be_bytes();
        EpId::from_wire([i0, i1, i2, i3])
    }

    /// CRC as computed, XOR CRC as received: zero if it fits.
    #[inline(always)]
    pub(crate) fn crc_difference(&self) -> u16 {
        let [first, second, third] = self.words;
        let [b0, b1, b2, b3, b4, b5, ..] = second.to_be_bytes();
        let [c0, c1, c2, c3, c4, c5, ..] = third.to_be_bytes();
        let crc = Rest::default().word(first);
        let (crc, received) = match self.class {
            Class::A => (crc, [b0, b1]),
            Class::B => (crc.byte(b0), [b1, b2]),
            Class::C => (crc.half([b0, b1, b2, b3]), [b4, b5]),
            Class::D | Class::K => (crc.word(second), [c0, c1]),
            Class::E => (crc.word(second).half([c0, c1, c2, c3]), [c4, c5]),
        };
        crc.finish() ^ u16::from_be_bytes(received)
    }

    /// Eight bytes from one of these on.
    #[inline]
    fn window(&self, at: usize) -> u64 {
        let word = |number: usize| self.words.get(number).copied().unwrap_or_default();
        let (number, bits) = (at / 8, (at % 8).wrapping_mul(8));
        word(number) << bits | (word(number.wrapping_add(1)) >> 1) >> (63_usize.wrapping_sub(bits))
    }

    /// T from LI; P is what remains.
    #[inline]
    fn tag_len(&self) -> usize {
        match self.class {
            Class::A | Class::B => 2,
            _ => usize::from(self.indicator()).wrapping_add(2),
        }
    }

    #[inline]
    fn payload_len(&self) -> usize {
        self.class.payload_and_tag().wrapping_sub(self.tag_len())
    }

    /// Bytes from header to payload, 6 to 18.
    #[inline]
    pub(crate) fn signed_len(&self) -> usize {
        self.payload_len().wrapping_add(FIXED_LEN)
    }

    /// The three cases that no encoder produces (spec §4).
    #[inline]
    pub(crate) fn check_header(&self, offset: usize) -> Result<(), DecodeError> {
        let indicator = self.indicator();
        match (self.class, indicator) {
            (Class::A, 1) | (Class::B, 1..) | (Class::C, 3) => {
                let class = self.class;
                Err(DecodeError::new(
                    ErrorKind::Header { class, indicator },
                    "LI",
                    offset,
                ))
            }
            _ => Ok(()),
        }
    }

    /// What it says, if [`Self::check_header`] has nothing against it.
    #[inline(always)]
    pub(crate) fn message(&self) -> Option<Message> {
        let len = self.payload_len();
        let body = match (self.class, self.indicator()) {
            (Class::A, 0) => Body::Empty,
            (Class::A, indicator) => Body::Bit(indicator == 3),
            (Class::K, _) => Body::Control(Control::parse(self.payload().get(..len)?)?),
            _ => Body::Bytes(Payload::of_first(self.payload(), len)?),
        };
        Some(Message {
            ep_id: self.ep_id(),
            counter: Counter::of_header(self.header()),
            bidirectional: self.header() & BIDIRECTIONAL != 0,
            body,
        })
    }

    /// Twelve bytes behind the EP-ID.
    #[inline]
    fn payload(&self) -> [u8; Payload::MAX_LEN] {
        let mut payload = [0; Payload::MAX_LEN];
        let (start, end) = payload.split_at_mut(8);
        start.copy_from_slice(&self.window(FIXED_LEN).to_be_bytes());
        let [a, b, c, d, ..] = self.window(FIXED_LEN.wrapping_add(8)).to_be_bytes();
        end.copy_from_slice(&[a, b, c, d]);
        payload
    }

    /// Blocks to authenticate (spec §7).
    #[inline]
    pub(crate) fn padded(&self) -> Padded {
        let [first, second, third] = self.words;
        let head = u128::from(first) << 64 | u128::from(second);
        Padded::of_words(head, third, self.signed_len())
    }

    /// Whether some shorter message with the same LI fills the blocks identically (spec §7.1).
    #[inline(always)]
    pub(crate) fn is_padding_ambiguous(&self) -> bool {
        let (payload, indicator) = (self.payload_len(), self.indicator());
        // Shorter messages have one block.
        if payload > 10 {
            return false;
        }
        let [first, second, _] = self.words;
        let head = u128::from(first) << 64 | u128::from(second);
        let shorter = |len: usize| {
            let len = FIXED_LEN.wrapping_add(len);
            // The shorter message begins anew there, so its first byte stands there; nearly always that is the end of it.
            let there = head.unbounded_shl(bits(len));
            (there ^ head) >> 120 == 0 && self.repeats_after(len)
        };
        let same_indicator = |less: usize| {
            payload
                .checked_sub(less)
                .is_some_and(|len| len >= 2 && shorter(len))
        };
        (payload > 0 && indicator != 1 && shorter(0))
            || (payload > 1 && indicator == 0 && shorter(1))
            || same_indicator(4)
            || same_indicator(8)
    }

    #[cold]
    fn repeats_after(self, len: usize) -> bool {
        self.padded().repeats_after(len)
    }

    /// Whether the tag is that of this block. Takes the same time wherever it differs.
    #[inline]
    pub(crate) fn has_tag_of(&self, mac: &Mac) -> bool {
        mac.fits_word(self.window(self.signed_len()), self.tag_len())
    }

    /// Puts in tag and CRC.
    pub(crate) fn sign(&mut self, mac: &Mac) {
        let (start, len) = (self.signed_len(), self.tag_len());
        let mut bytes = self.to_bytes();
        let place = bytes.iter_mut().skip(start).take(len);
        for (to, from) in place.zip(mac.as_bytes()) {
            *to = *from;
        }
        let content = bytes.get_mut(..self.class.content_len()).unwrap_or_default();
        if let Some((body, crc)) = content.split_last_chunk_mut::<2>() {
            *crc = crc16(body).to_be_bytes();
        }
        *self = Self::of_bytes(self.class, bytes);
    }
}

/// The first `N` bytes, 8 to 24, as words. Loads overlap, so that each is of a whole word.
#[inline]
fn words<const N: usize>(content: &[u8]) -> Option<[u64; 3]> {
    let content = content.first_chunk::<N>()?;
    let first = u64::from_be_bytes(*content.first_chunk()?);
    let last = u64::from_be_bytes(*content.last_chunk()?);
    let surplus = |end: usize| end.wrapping_sub(N).wrapping_mul(8);
    Some(if N <= 16 {
        [first, last << surplus(16), 0]
    } else {
        let second = u64::from_be_bytes(*content.get(8..)?.first_chunk()?);
        [first, second, last << surplus(24)]
    })
}

/// T − 2: `3 − ((P − 1) mod 4)` for P ≥ 2, 0 for an empty message and one byte (spec §4).
fn indicator(class: Class, payload: usize) -> u16 {
    if matches!(class, Class::A | Class::B) {
        return 0;
    }
    let tag = class.payload_and_tag().wrapping_sub(payload);
    u16::try_from(tag.wrapping_sub(2)).unwrap_or_default() & 3
}

/// As many bytes as both have.
fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}
