//! Nothing touches the heap, whatever comes.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use allocation_counter::measure;
use sigfox_frame::coding::combining::{self, SoftFrame};
use sigfox_frame::coding::repair;
use sigfox_frame::downlink::{self, Answer};
use sigfox_frame::search::{HardSearch, Options, SoftSearch};
use sigfox_frame::sequence::Rollover;
use sigfox_frame::uplink::{Frames, Message, Rank, Tolerance, decode, head};
use sigfox_frame::{EpId, auth};
use support::{KEY, bodies, counter};

#[test]
fn nothing_is_allocated() {
    let bodies = bodies();
    let (mut seen, mut joined) = (0_usize, 0_usize);
    let used = measure(|| {
        let key = auth::DeviceKey::new(KEY).unwrap();
        let mut hard = HardSearch::new(Options::default());
        let mut soft = SoftSearch::new(Options::default());
        for body in &bodies {
            let message = Message::new(EpId(7), counter(5), *body);
            let frames = Frames::new(&message, &key).unwrap();
            let mut all = Rank::ALL.map(|rank| frames.frame(rank).to_vec_in_place());
            let mut softs = [None, None, None];
            for ((bytes, len), doubt) in all.iter_mut().zip(&mut softs) {
                let frame = &mut bytes[..*len];
                let received = decode(frame, Tolerance::Two).unwrap();
                seen += usize::from(received.verify(&key).is_ok());
                for byte in &*frame {
                    for bit in (0..8).rev() {
                        let bit = byte >> bit & 1 == 1;
                        seen += hard.push(bit).filter(|found| found.decode().is_ok()).count();
                        let value = if bit { 9 } else { -9 };
                        seen += soft.push(value).filter(|found| found.decode().is_ok()).count();
                    }
                }
                *doubt = Some(doubtful(frame));
                frame[8] ^= 0x10;
                seen += usize::from(decode(frame, Tolerance::Two).is_err());
                seen +=
                    usize::from(repair::single_bit(frame, Tolerance::Two).is_ok_and(|found| found.is_some()));
            }
            let [(a, len), (b, _), (c, _)] = &all;
            seen +=
                usize::from(combining::hard(&[&a[..*len], &b[..*len], &c[..*len]], Tolerance::Two).is_ok());
            if let [Some(one), Some(two), Some(three)] = &softs {
                // None of them decodes by its signs, so that their values are combined.
                assert!([one, two, three].iter().all(|frame| frame.alone().is_err()));
                let combined = combining::soft(&[one, two, three]).unwrap();
                assert!(combined.verify(&key).is_ok());
                joined += 1;
            }
            let answer = Answer::new(EpId(7), counter(5), [3; 8]).encode(&key);
            seen += usize::from(
                downlink::decode(&answer, EpId(7), counter(5))
                    .unwrap()
                    .verify(&key)
                    .is_ok(),
            );
            seen += downlink::overhear(&answer).count();
            seen += downlink::find_counter(&answer, EpId(7), &key, Rollover::R128).count();
        }
    });
    assert_eq!(used.count_total, 0);
    assert!(seen > 100);
    assert_eq!(joined, bodies.len());
}

/// The content of a frame as soft values, one of them wrong and hardly believed.
fn doubtful(frame: &[u8]) -> SoftFrame {
    let frame_type = head(frame, Tolerance::Two).unwrap().frame_type;
    let mut values = [0_i8; 176];
    let bits = frame[4..]
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1));
    for (value, bit) in values.iter_mut().zip(bits) {
        *value = if bit == 1 { 9 } else { -9 };
    }
    values[20] /= -9;
    SoftFrame::new(frame_type, &values[..8 * frame_type.class.content_len()]).unwrap()
}

trait InPlace {
    fn to_vec_in_place(&self) -> ([u8; 26], usize);
}

impl InPlace for sigfox_frame::uplink::Frame {
    fn to_vec_in_place(&self) -> ([u8; 26], usize) {
        let mut bytes = [0; 26];
        bytes[..self.len()].copy_from_slice(self);
        (bytes, self.len())
    }
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(std::hint::black_box(vec![1_u8]))).count_total, 1);
}
