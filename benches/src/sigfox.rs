//! Sigfox frames: decoding and verifying beside the bare cipher over the same blocks; CRC and filters beside those of other crates
//! and beside a table.

use aes::Aes128Enc;
use aes::cipher::{BlockEncrypt as _, KeyInit as _};
use sigfox_frame::auth::{Authentic, DeviceKey};
use sigfox_frame::coding::{combining, convolution};
use sigfox_frame::sequence::Counter;
use sigfox_frame::uplink::{Body, Frames, Message, Payload, Rank, Tolerance, Uplink, decode};
use sigfox_frame::{DecodeError, EpId};

/// The decoder of the tests that goes by the text of the specification, bit by bit.
#[path = "../../sigfox-frame/tests/support/twin.rs"]
mod twin;

const KEY: [u8; 16] = [0x6B; 16];

/// `crc`, with its default table.
pub const CRC: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_GSM);
/// `crcxx`, sixteen bytes a step.
pub const CRCXX: crcxx::crc16::Crc<'static, crcxx::crc16::LookupTable256xN<16>> =
    crcxx::crc16::Crc::<crcxx::crc16::LookupTable256xN<16>>::new(&crcxx::crc16::catalog::CRC_16_GSM);

/// A frame.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sent {
    /// Name in tables.
    pub name: &'static str,
    /// The bytes from the preamble on.
    pub frame: Vec<u8>,
    /// Bytes of header, EP-ID and payload.
    pub signed: usize,
}

/// The key of the device, its schedule kept; `None` never.
#[must_use]
pub fn key() -> Option<DeviceKey> {
    DeviceKey::new(KEY)
}

/// The same key in the library's own form.
#[must_use]
pub fn bare_key() -> Aes128Enc {
    Aes128Enc::new(&KEY.into())
}

/// Shortest, usual and longest frames; the longest has two cipher blocks.
#[must_use]
pub fn frames() -> Vec<Sent> {
    let bytes = [
        0x42, 0x17, 0xA0, 0x03, 0x55, 0x91, 0x0C, 0xEE, 0x21, 0x38, 0x7F, 0x64,
    ];
    let payload = |len| {
        bytes
            .get(..len)
            .and_then(|bytes| Payload::new(bytes).ok())
            .map(Body::Bytes)
    };
    let bodies = [
        ("bit", Some(Body::Bit(true)), Rank::First),
        ("8 bytes", payload(8), Rank::First),
        ("8 bytes, rank 2", payload(8), Rank::Second),
        ("8 bytes, rank 3", payload(8), Rank::Third),
        ("12 bytes", payload(12), Rank::First),
        ("12 bytes, rank 2", payload(12), Rank::Second),
    ];
    let sent = |(name, body, rank): (&'static str, Option<Body>, Rank)| {
        let body = body?;
        let message = Message::new(EpId(0x00A1_B2C3), Counter::new(1015)?, body);
        let key = key()?;
        let frames = Frames::new(&message, &key).ok()?;
        Some(Sent {
            name,
            frame: frames.frame(rank).to_vec(),
            signed: body.payload().as_slice().len().checked_add(6)?,
        })
    };
    bodies.into_iter().filter_map(sent).collect()
}

/// Decodes and verifies.
///
/// # Errors
/// Those of the frame.
pub fn verified(frame: &[u8], key: &DeviceKey) -> Result<Authentic<Uplink>, DecodeError> {
    decode(frame, Tolerance::Two)?.verify(key)
}

/// The same bit by bit.
#[must_use]
pub fn bit_by_bit(frame: &[u8], key: &Aes128Enc) -> bool {
    twin::decode(frame, 2, key).is_ok_and(|said| said.authentic)
}

/// The limit: the cipher over one or two ready blocks, chained, and nothing else.
#[must_use]
pub fn bare(blocks: &[[u8; 16]], key: &Aes128Enc) -> [u8; 16] {
    let mut state = aes::Block::default();
    for block in blocks {
        for (to, from) in state.iter_mut().zip(block) {
            *to ^= from;
        }
        key.encrypt_block(&mut state);
    }
    state.into()
}

/// The ready blocks of a frame.
#[must_use]
pub fn blocks(sent: &Sent) -> Vec<[u8; 16]> {
    let mut content = sent.frame.get(4..).unwrap_or_default().to_vec();
    if let Ok(received) = decode(&sent.frame, Tolerance::Exact) {
        convolution::decode(received.uplink().frame_type.rank, &mut content);
    }
    let signed = content.get(..sent.signed).unwrap_or_default();
    let mut repeated = signed.iter().copied().cycle();
    let count = if sent.signed <= 16 { 1 } else { 2 };
    let mut block = || core::array::from_fn(|_| repeated.next().unwrap_or_default());
    (0..count).map(|_| block()).collect()
}

/// Whether the bare cipher gives the tag of the frame, and both peers its CRC.
#[must_use]
pub fn agree(sent: &Sent) -> bool {
    let Some(key) = key() else { return false };
    let mac = bare(&blocks(sent), &bare_key());
    let mut content = sent.frame.get(4..).unwrap_or_default().to_vec();
    let Ok(received) = verified(&sent.frame, &key) else {
        return false;
    };
    table(&mut content, received.frame_type.rank, &Table::new());
    let Some((body, crc)) = content.split_last_chunk::<2>() else {
        return false;
    };
    let crc = u16::from_be_bytes(*crc);
    body.get(sent.signed..).is_some_and(|tag| mac.starts_with(tag))
        && bit_by_bit(&sent.frame, &bare_key())
        && CRC.checksum(body) == crc
        && CRCXX.compute(body) == crc
}

/// What the inverse filters of ranks 2 and 3 give for a byte, for the last two bits before it.
#[derive(Debug)]
pub struct Table([[[u8; 256]; 4]; 2]);

impl Table {
    /// Made by the definition.
    #[must_use]
    pub fn new() -> Self {
        let mut tables = [[[0; 256]; 4]; 2];
        for (second, states) in [true, false].into_iter().zip(&mut tables) {
            for (state, table) in (0_u8..).zip(states) {
                for (byte, place) in (0_u8..=255).zip(table) {
                    let (mut two, mut one) = (state >> 1, state & 1);
                    for at in (0..8_u8).rev() {
                        let bit = byte.unbounded_shr(at.into()) & 1;
                        let out = bit ^ two ^ if second { one } else { 0 };
                        *place = (*place << 1) | out;
                        (two, one) = (one, out);
                    }
                }
            }
        }
        Self(tables)
    }
}

impl Default for Table {
    fn default() -> Self {
        Self::new()
    }
}

/// Undoes a filter byte by byte.
pub fn table(coded: &mut [u8], rank: Rank, tables: &Table) {
    let [second, third] = &tables.0;
    let states = match rank {
        Rank::First => return,
        Rank::Second => second,
        Rank::Third => third,
    };
    let mut state = 0_u8;
    for byte in coded {
        let row = states.get(usize::from(state & 3));
        *byte = row
            .and_then(|row| row.get(usize::from(*byte)))
            .copied()
            .unwrap_or_default();
        state = *byte;
    }
}

/// Three damaged frames of one message.
#[must_use]
pub fn damaged() -> Vec<Vec<u8>> {
    let sent = frames();
    let mut all: Vec<_> = sent
        .iter()
        .filter(|sent| sent.name.starts_with('8'))
        .map(|sent| sent.frame.clone())
        .collect();
    for (frame, at) in all.iter_mut().zip([6_usize, 9, 13]) {
        if let Some(byte) = frame.get_mut(at) {
            *byte ^= 0x10;
        }
    }
    all
}

/// Joint decoding of them.
///
/// # Errors
/// Those of the frames.
pub fn combined(frames: &[Vec<u8>]) -> Result<EpId, DecodeError> {
    let mut all = [&[][..]; 3];
    for (to, from) in all.iter_mut().zip(frames) {
        *to = from;
    }
    combining::hard(&all, Tolerance::Two).map(|received| received.ep_id())
}

/// Noise, the same each time.
#[must_use]
pub fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let [byte, ..] = state.to_be_bytes();
        byte
    };
    (0..bytes).map(|_| next()).collect()
}
