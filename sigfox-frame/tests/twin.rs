//! The decoder beside a second one that goes by the text of the specification bit by bit, on frames of any kind.
//!
//! `SIGFOX_TWIN_FRAMES` is how many; ten million where the tests are optimised.

#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test may panic"
)]

#[path = "support/twin.rs"]
mod twin;

use aes::Aes128Enc;
use aes::cipher::KeyInit as _;
use sigfox_frame::ErrorKind;
use sigfox_frame::auth::DeviceKey;
use sigfox_frame::uplink::{Body, Class, Tolerance, decode};
use twin::{PAYLOAD_AND_TAG, Refusal, Said, TYPES};

const KEY: [u8; 16] = *b"\x2b\x7e\x15\x16\x28\xae\xd2\xa6\xab\xf7\x15\x88\x09\xcf\x4f\x3c";
const THREADS: u64 = 2;

/// Any numbers, the same for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 16) as usize % end
    }
}

/// Frames that were sent, and what became of them.
#[derive(Default)]
struct Seen {
    authentic: u64,
    forged: u64,
    ambiguous: u64,
    refused: [u64; 5],
}

/// A frame with any content, its CRC and mostly its tag right; then something happens to it.
fn frame<'f>(random: &mut Random, key: &Aes128Enc, place: &'f mut [u8; 32]) -> &'f [u8] {
    let (class, rank) = (random.below(6), random.below(3));
    let content = 8 + PAYLOAD_AND_TAG[class];
    let len = 4 + content;
    for byte in &mut place[4..len] {
        *byte = (random.next() >> 24) as u8;
    }
    let li = usize::from(place[4] >> 6);
    let tag = if class < 2 { 2 } else { 2 + li };
    let signed = content - 2 - tag;
    let what = random.next() >> 32;
    // Sometimes a message that repeats itself from where a shorter one would end.
    if what & 7 == 0 {
        let period = 6 + random.below(9);
        for at in period..signed {
            place[4 + at] = place[4 + at - period];
        }
    }
    if what & 0x38 != 0 {
        let mac = twin::mac(&place[4..4 + signed], key);
        place[4 + signed..4 + signed + tag].copy_from_slice(&mac[..tag]);
    }
    let mut crc = 0_u16;
    for at in 0..(content - 2) * 8 {
        let bit = place[4 + at / 8] >> (7 - at % 8) & 1 == 1;
        let top = (crc >> 15 == 1) ^ bit;
        crc = crc << 1 ^ if top { 0x1021 } else { 0 };
    }
    place[len - 2..len].copy_from_slice(&(!crc).to_be_bytes());
    let mut before = (0, 0);
    for at in 0..content * 8 {
        let (byte, shift) = (4 + at / 8, 7 - at % 8);
        let bit = place[byte] >> shift & 1;
        let sent = match rank {
            0 => bit,
            1 => bit ^ before.1 ^ before.0,
            _ => bit ^ before.0,
        };
        place[byte] = place[byte] & !(1 << shift) | sent << shift;
        before = (before.1, bit);
    }
    let head = 0xA000 | TYPES[class][rank];
    place[..4].copy_from_slice(&[0xAA, 0xAA, (head >> 8) as u8, head as u8]);
    damaged(random, place, len)
}

fn damaged<'f>(random: &mut Random, place: &'f mut [u8; 32], len: usize) -> &'f [u8] {
    let wrong = match random.below(8) {
        0..3 => 0,
        3 => 1,
        4 => 2,
        5 => 3,
        6 => random.below(12),
        _ => {
            // Something else altogether, or of another length.
            if random.below(2) == 0 {
                for byte in &mut place[random.below(len)..len] {
                    *byte = (random.next() >> 24) as u8;
                }
            }
            return &place[..random.below(place.len() + 1)];
        }
    };
    for _ in 0..wrong {
        // The frame type more often than its share.
        let bit = if random.below(4) == 0 {
            16 + random.below(16)
        } else {
            random.below(len * 8)
        };
        place[bit / 8] ^= 0x80 >> (bit % 8);
    }
    &place[..len]
}

fn same(frame: &[u8], tolerance: Tolerance, key: &DeviceKey, bare: &Aes128Enc, seen: &mut Seen) {
    let expected = twin::decode(frame, u32::from(tolerance.get()), bare);
    let received = match decode(frame, tolerance) {
        Ok(received) => received,
        Err(error) => {
            let (refusal, number) = match error.kind {
                ErrorKind::Truncated { .. } => (Refusal::Truncated, 0),
                ErrorKind::FrameType(_) => (Refusal::FrameType, 1),
                ErrorKind::Length { .. } => (Refusal::Length, 2),
                ErrorKind::Crc => (Refusal::Crc, 3),
                ErrorKind::Header { .. } => (Refusal::Header, 4),
                other => panic!("{other:?} of {frame:02x?}"),
            };
            assert_eq!(expected, Err(refusal), "{frame:02x?}");
            seen.refused[number] += 1;
            return;
        }
    };
    let uplink = *received.uplink();
    let body = uplink.message.body;
    let (class, kind) = match uplink.frame_type.class {
        Class::A => (0, matches!(body, Body::Empty | Body::Bit(_))),
        Class::B => (1, matches!(body, Body::Bytes(_))),
        Class::C => (2, matches!(body, Body::Bytes(_))),
        Class::D => (3, matches!(body, Body::Bytes(_))),
        Class::E => (4, matches!(body, Body::Bytes(_))),
        Class::K => (5, matches!(body, Body::Control(_))),
    };
    assert!(kind, "{frame:02x?}");
    let bytes = body.payload();
    let mut payload = [0; 12];
    payload[..bytes.as_slice().len()].copy_from_slice(bytes.as_slice());
    let li = match body {
        Body::Empty => 0,
        Body::Bit(bit) => 2 + usize::from(bit),
        _ if class == 1 => 0,
        _ => (4 - bytes.as_slice().len() % 4) % 4,
    };
    let said = Said {
        class,
        rank: uplink.frame_type.rank.get().into(),
        type_errors: uplink.type_errors.into(),
        li,
        bidirectional: uplink.message.bidirectional,
        repeated: uplink.repeated,
        counter: uplink.message.counter.get().into(),
        ep_id: uplink.message.ep_id.0,
        payload,
        payload_len: bytes.as_slice().len(),
        authentic: received.verify(key).is_ok(),
        ambiguous: uplink.padding_ambiguous,
    };
    assert_eq!(expected, Ok(said), "{frame:02x?}");
    seen.authentic += u64::from(said.authentic);
    seen.forged += u64::from(!said.authentic);
    seen.ambiguous += u64::from(said.ambiguous);
}

#[test]
fn the_decoder_says_what_the_specification_says() {
    let default = if cfg!(debug_assertions) {
        40_000
    } else {
        10_000_000
    };
    let frames = std::env::var("SIGFOX_TWIN_FRAMES").map_or(default, |frames| frames.parse().unwrap());
    let share = move |thread: u64| {
        let (key, bare) = (DeviceKey::new(KEY).unwrap(), Aes128Enc::new(&KEY.into()));
        let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ thread << 32);
        let (mut seen, mut place) = (Seen::default(), [0; 32]);
        for number in 0..frames / THREADS {
            let tolerance = [Tolerance::Exact, Tolerance::One, Tolerance::Two][number as usize % 3];
            let frame = frame(&mut random, &bare, &mut place);
            same(frame, tolerance, &key, &bare, &mut seen);
        }
        seen
    };
    let threads: Vec<_> = (1..=THREADS)
        .map(|thread| std::thread::spawn(move || share(thread)))
        .collect();
    for thread in threads {
        let seen = thread.join().unwrap();
        // All that can become of a frame did, many times.
        let all = [&[seen.authentic, seen.forged, seen.ambiguous][..], &seen.refused].concat();
        assert!(
            all.iter().all(|count| *count > frames / THREADS / 1000),
            "{all:?}"
        );
    }
}
