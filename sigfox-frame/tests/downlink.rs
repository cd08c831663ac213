//! Downlink frames: both directions, every error of one and two bits, foreign frames.

#![expect(clippy::arithmetic_side_effects, reason = "a test may panic")]

mod support;

use proptest::prelude::*;
use sigfox_frame::auth::{DeviceKey, PublicKey};
use sigfox_frame::downlink::{Answer, FRAME_LEN, decode};
use sigfox_frame::transform::{Context, Direction, Transform};
use sigfox_frame::{EpId, ErrorKind};
use support::{counter, key, mac};

const ID: EpId = EpId(0x00A1_B2C3);

fn answer() -> Answer {
    Answer::new(ID, counter(1015), [1, 2, 3, 4, 5, 6, 7, 8])
}

/// The tag of a downlink by the text of spec §15.
fn tag(key: [u8; 16], id: u32, mc: u16, payload: [u8; 8]) -> [u8; 2] {
    let mut signed = id.to_le_bytes().to_vec();
    signed.extend(mc.to_le_bytes());
    signed.extend(payload);
    let [first, second, ..] = mac(&key, &signed);
    [first, second]
}

#[test]
fn the_worked_example() {
    let frame = answer().encode(&key());
    let text: String = frame.iter().map(|byte| format!("{byte:02X}")).collect();
    assert_eq!(text, "3B1694A84CCDA51EAE480B00839DCC");
}

proptest! {
    #[test]
    fn answers_read_back_and_belong_to_their_request(id: u32, mc in 0_u16..4096, payload: [u8; 8], public: bool) {
        let answer = Answer::new(EpId(id), counter(mc), payload);
        let (device, open) = (key(), PublicKey::new());
        let frame = if public { answer.encode(&open) } else { answer.encode(&device) };
        let received = decode(&frame, EpId(id), counter(mc)).unwrap();
        prop_assert_eq!(received.received().answer, answer);
        prop_assert_eq!(received.received().corrected, 0);
        // One key in 65 536 gives the tag of another.
        let tag = |key| tag(key, id, mc, payload);
        let sent = tag(if public { PublicKey::BYTES } else { support::KEY });
        prop_assert_eq!(received.verify(&device).is_ok(), tag(support::KEY) == sent);
        prop_assert_eq!(received.verify_public(&open).is_ok(), tag(PublicKey::BYTES) == sent);
        prop_assert_eq!(received.verify(&DeviceKey::new([7; 16]).unwrap()).is_ok(), tag([7; 16]) == sent);
    }

    /// The text of spec §15 to §17, from the other end: unwhitened, a frame has its parts in their places.
    #[test]
    fn parts_are_where_the_specification_puts_them(id: u32, mc in 0_u16..4096, payload: [u8; 8]) {
        let frame = Answer::new(EpId(id), counter(mc), payload).encode(&key());
        let product = u64::from(id) * u64::from(mc) % 512;
        let mut state = if product == 0 { 511 } else { product };
        let mut sequence = Vec::new();
        for _ in 0..14 {
            for _ in 0..8 {
                state = (state >> 1) | (((state ^ (state >> 5)) & 1) << 8);
            }
            sequence.extend((0..9).rev().map(|bit| state >> bit & 1 == 1));
        }
        let sequence = support::bytes_of(&sequence[..120]);
        let plain: Vec<u8> = frame.iter().zip(sequence).map(|(a, b)| a ^ b).collect();
        prop_assert_eq!(&plain[4..12], &payload);
        prop_assert_eq!(&plain[12..14], &tag(support::KEY, id, mc, payload));
    }

    #[test]
    fn any_errors_in_different_code_words_are_corrected(places in proptest::array::uniform8(0_usize..30)) {
        let mut frame = answer().encode(&key());
        let mut wrong = 0;
        for (column, at) in places.into_iter().enumerate() {
            if let Some(byte) = frame.get_mut(at) {
                *byte ^= 1 << column;
                wrong += 1;
            }
        }
        let received = decode(&frame, ID, counter(1015)).unwrap().verify(&key()).unwrap();
        prop_assert_eq!((received.answer, received.corrected), (answer(), wrong));
    }

    #[test]
    fn any_bytes_of_any_length_give_a_verdict(bytes in proptest::collection::vec(any::<u8>(), 0..40), id: u32, mc in 0_u16..4096) {
        match decode(&bytes, EpId(id), counter(mc)) {
            Ok(_) => prop_assert_eq!(bytes.len(), FRAME_LEN),
            Err(error) => match error.kind {
                ErrorKind::Truncated { missing } => prop_assert_eq!(bytes.len() + missing, FRAME_LEN),
                ErrorKind::Length { surplus } => prop_assert_eq!(bytes.len(), FRAME_LEN + surplus),
                kind => prop_assert_eq!((kind, bytes.len()), (ErrorKind::Crc, FRAME_LEN)),
            },
        }
    }
}

/// Every pair of wrong bits. In different code words: corrected. In one: three wrong bits, which the CRC or the tag finds.
#[test]
fn every_error_of_one_and_two_bits() {
    let frame = answer().encode(&key());
    let flip = |frame: &mut [u8; FRAME_LEN], bit: usize| frame[bit / 8] ^= 0x80 >> (bit % 8);
    for first in 0..120 {
        let mut one = frame;
        flip(&mut one, first);
        let received = decode(&one, ID, counter(1015)).unwrap().verify(&key()).unwrap();
        assert_eq!((received.answer, received.corrected), (answer(), 1));
        for second in 0..first {
            let mut two = one;
            flip(&mut two, second);
            let received = decode(&two, ID, counter(1015)).and_then(|received| received.verify(&key()));
            if first % 8 == second % 8 {
                assert!(received.is_err(), "{first} {second}");
            } else {
                assert_eq!(received.map(|received| received.corrected), Ok(2));
            }
        }
    }
}

#[test]
fn the_same_whitening_does_not_make_a_foreign_frame_authentic() {
    let frame = answer().encode(&key());
    let received = decode(&frame, ID, counter(1015 + 512)).unwrap();
    assert_eq!(received.verify(&key()).unwrap_err().kind, ErrorKind::Auth);
}

/// Not a cipher.
struct Flip;

impl Transform for Flip {
    type Error = ();

    fn seal(&mut self, context: &Context, payload: &mut [u8]) -> Result<(), ()> {
        assert_eq!(
            (context.direction, context.ep_id, context.epoch),
            (Direction::Downlink, ID, 2)
        );
        payload.iter_mut().for_each(|byte| *byte = !*byte);
        Ok(())
    }

    fn open(&mut self, context: &Context, payload: &mut [u8]) -> Result<(), ()> {
        self.seal(context, payload)
    }
}

#[test]
fn a_transformation_touches_the_payload_before_the_tag_and_after_it() {
    let sealed = answer().sealed(&mut Flip, 2).unwrap();
    assert_eq!(sealed.payload, answer().payload.map(|byte| !byte));
    let received = decode(&sealed.encode(&key()), ID, counter(1015))
        .unwrap()
        .verify(&key())
        .unwrap();
    assert_eq!(received.opened(&mut Flip, 2), Ok(answer().payload));
}
