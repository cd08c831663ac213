//! Content of a frame before the convolution: header, EP-ID, payload, tag, CRC.

use super::{Body, Class, MAX_CONTENT_LEN, Message, Payload, Rank};
use crate::EpId;
use crate::auth::block::Padded;
use crate::auth::{MAX_SIGNED_LEN, Mac};
use crate::coding::convolution;
use crate::coding::crc::crc16;
use crate::control::Control;
use crate::error::{DecodeError, EncodeError, EncodeErrorKind, ErrorKind};
use crate::sequence::Counter;

/// Bytes before the payload.
const FIXED_LEN: usize = 6;
const BIDIRECTIONAL: u16 = 1 << 13;
const REPEATED: u16 = 1 << 12;

/// Whole words, so that filters and tags are read without looking for the end.
const BUFFER_LEN: usize = 24;
const _: () = assert!(BUFFER_LEN >= MAX_CONTENT_LEN);

/// The bytes of a content, one word after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content {
    class: Class,
    /// Zeros behind the content.
    bytes: [u8; BUFFER_LEN],
}

impl Content {
    /// Takes as many bytes as the class has; `None` if they are not there.
    pub(crate) fn new(class: Class, content: &[u8]) -> Option<Self> {
        // Copies of known lengths; a length that is read costs a call.
        fn padded<const N: usize>(content: &[u8]) -> Option<[u8; BUFFER_LEN]> {
            let mut bytes = [0; BUFFER_LEN];
            *bytes.first_chunk_mut::<N>()? = *content.first_chunk()?;
            Some(bytes)
        }
        let bytes = match class {
            Class::A => padded::<{ Class::A.content_len() }>(content),
            Class::B => padded::<{ Class::B.content_len() }>(content),
            Class::C => padded::<{ Class::C.content_len() }>(content),
            Class::D | Class::K => padded::<{ Class::D.content_len() }>(content),
            Class::E => padded::<{ Class::E.content_len() }>(content),
        };
        Some(Self { class, bytes: bytes? })
    }

    /// Takes a content as it was sent in a frame of this rank.
    pub(crate) fn coded(class: Class, rank: Rank, content: &[u8]) -> Option<Self> {
        let mut coded = Self::new(class, content)?;
        if rank == Rank::First {
            return Some(coded);
        }
        convolution::decode(rank, &mut coded.bytes);
        // The inverse filters go on behind the end.
        Self::new(class, &coded.bytes)
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
        let mut bytes = [0; BUFFER_LEN];
        copy(&mut bytes, &[h0, h1, i0, i1, i2, i3]);
        for (to, from) in bytes.iter_mut().skip(FIXED_LEN).zip(payload) {
            *to = *from;
        }
        Ok(Self { class, bytes })
    }

    pub(crate) const fn class(&self) -> Class {
        self.class
    }

    /// All bytes, CRC included.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.class.content_len()).unwrap_or_default()
    }

    pub(crate) fn as_bytes_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.class.content_len()).unwrap_or_default()
    }

    const fn header(&self) -> u16 {
        let [high, low, ..] = self.bytes;
        u16::from_be_bytes([high, low])
    }

    /// LI, 0 to 3.
    fn indicator(&self) -> u8 {
        let [high, ..] = self.bytes;
        high >> 6
    }

    pub(crate) const fn is_repeated(&self) -> bool {
        self.header() & REPEATED != 0
    }

    pub(crate) const fn ep_id(&self) -> EpId {
        let [_, _, i0, i1, i2, i3, ..] = self.bytes;
        EpId::from_wire([i0, i1, i2, i3])
    }

    /// CRC as computed, XOR CRC as received: zero if it fits.
    pub(crate) fn crc_difference(&self) -> u16 {
        self.as_bytes()
            .split_last_chunk::<2>()
            .map_or(0, |(body, crc)| crc16(body) ^ u16::from_be_bytes(*crc))
    }

    /// T from LI; P is what remains.
    fn tag_len(&self) -> usize {
        match self.class {
            Class::A | Class::B => 2,
            _ => usize::from(self.indicator()).wrapping_add(2),
        }
    }

    fn payload_len(&self) -> usize {
        self.class.payload_and_tag().wrapping_sub(self.tag_len())
    }

    /// Bytes from header to payload, 6 to 18.
    pub(crate) fn signed_len(&self) -> usize {
        self.payload_len().wrapping_add(FIXED_LEN)
    }

    /// The three cases that no encoder produces (spec §4).
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
    pub(crate) fn message(&self) -> Option<Message> {
        let [_, _, _, _, _, _, payload @ .., _, _, _, _, _, _] = &self.bytes;
        let len = self.payload_len();
        let body = match (self.class, self.indicator()) {
            (Class::A, 0) => Body::Empty,
            (Class::A, indicator) => Body::Bit(indicator == 3),
            (Class::K, _) => Body::Control(Control::parse(payload.get(..len)?)?),
            _ => Body::Bytes(Payload::of_first(*payload, len)?),
        };
        Some(Message {
            ep_id: self.ep_id(),
            counter: Counter::of_header(self.header()),
            bidirectional: self.header() & BIDIRECTIONAL != 0,
            body,
        })
    }

    /// Blocks to authenticate (spec §7).
    pub(crate) fn padded(&self) -> Padded {
        let head = self.bytes.first_chunk::<MAX_SIGNED_LEN>();
        Padded::new(head.unwrap_or(&[0; MAX_SIGNED_LEN]), self.signed_len())
    }

    /// Whether some shorter message with the same LI fills the blocks identically (spec §7.1).
    pub(crate) fn is_padding_ambiguous(&self, padded: &Padded) -> bool {
        let (payload, indicator) = (self.payload_len(), self.indicator());
        let shorter = |len: usize| {
            let len = FIXED_LEN.wrapping_add(len);
            // The shorter message begins anew there, so its first byte stands there; nearly always that is the end of it.
            self.bytes.get(len) == self.bytes.first() && padded.repeats_after(len)
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

    /// Whether the tag is that of this block. Takes the same time wherever it differs.
    pub(crate) fn has_tag_of(&self, mac: &Mac) -> bool {
        // The longest tag's bytes are there whatever its length: 18 + 5 is less than the buffer.
        let tag = self
            .bytes
            .get(self.signed_len()..)
            .and_then(|rest| rest.first_chunk());
        tag.is_some_and(|tag| mac.fits_first(tag, self.tag_len()))
    }

    /// Puts in tag and CRC.
    pub(crate) fn sign(&mut self, mac: &Mac) {
        let (start, len) = (self.signed_len(), self.tag_len());
        let place = self.bytes.iter_mut().skip(start).take(len);
        for (to, from) in place.zip(mac.as_bytes()) {
            *to = *from;
        }
        if let Some((body, crc)) = self.as_bytes_mut().split_last_chunk_mut::<2>() {
            *crc = crc16(body).to_be_bytes();
        }
    }
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
