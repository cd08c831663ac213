//! Nothing touches the heap, whatever comes.

#![expect(clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use allocation_counter::measure;
use sigfox_frame::coding::{combining, repair};
use sigfox_frame::downlink::{self, Answer};
use sigfox_frame::search::{HardSearch, Options, SoftSearch};
use sigfox_frame::sequence::Rollover;
use sigfox_frame::uplink::{Frames, Message, Rank, Tolerance, decode};
use sigfox_frame::{EpId, auth};
use support::{KEY, bodies, counter};

#[test]
fn nothing_is_allocated() {
    let bodies = bodies();
    let mut seen = 0_usize;
    let used = measure(|| {
        let key = auth::DeviceKey::new(KEY).unwrap();
        let mut hard = HardSearch::new(Options::default());
        let mut soft = SoftSearch::new(Options::default());
        for body in &bodies {
            let message = Message::new(EpId(7), counter(5), *body);
            let frames = Frames::new(&message, &key).unwrap();
            let mut all = Rank::ALL.map(|rank| frames.frame(rank).to_vec_in_place());
            for (bytes, len) in &mut all {
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
                frame[8] ^= 0x10;
                seen += usize::from(decode(frame, Tolerance::Two).is_err());
                seen +=
                    usize::from(repair::single_bit(frame, Tolerance::Two).is_ok_and(|found| found.is_some()));
            }
            let [(a, len), (b, _), (c, _)] = &all;
            seen +=
                usize::from(combining::hard(&[&a[..*len], &b[..*len], &c[..*len]], Tolerance::Two).is_ok());
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
