//! Joint decoding and repair: what is corrected, what is refused, what is believed.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use proptest::prelude::*;
use sigfox_frame::ErrorKind;
use sigfox_frame::coding::combining::{self, SoftFrame};
use sigfox_frame::coding::repair;
use sigfox_frame::uplink::{Class, FrameType, Frames, Message, Rank, Tolerance, decode};
use support::{bits_of, classes, counter, framed, key};

use Rank::{First, Second, Third};

fn frames(message: &Message, ranks: &[Rank]) -> Vec<Vec<u8>> {
    let frames = Frames::new(message, &key()).unwrap();
    ranks.iter().map(|rank| frames.frame(*rank).to_vec()).collect()
}

fn flip(frame: &mut [u8], bit: usize) {
    frame[4 + bit / 8] ^= 0x80 >> (bit % 8);
}

/// Joint decoding alone: a frame that decodes by itself would be taken as it is.
fn combined(frames: &[Vec<u8>]) -> Result<Message, ErrorKind> {
    let slices: Vec<_> = frames.iter().map(Vec::as_slice).collect();
    let received = combining::hard(&slices, Tolerance::Two).map_err(|error| error.kind)?;
    Ok(received
        .verify(&key())
        .map_err(|error| error.kind)?
        .uplink()
        .message)
}

fn all_fail(frames: &[Vec<u8>]) -> bool {
    frames.iter().all(|frame| decode(frame, Tolerance::Two).is_err())
}

/// Half the free distance of spec §10.4, in any three places within reach of each other and in every frame at once: two wrong
/// bits with frames 2 and 3, or with all three; and one wrong bit in each of two frames far apart.
#[test]
fn as_many_wrong_bits_as_the_distance_allows_are_corrected() {
    let message = classes()[4];
    let bits = 80;
    for ranks in [&[Second, Third][..], &[First, Second, Third]] {
        let good = frames(&message, ranks);
        // Away from the end, where there is no tail to protect.
        for first in 0..bits - 8 {
            for second in first..(first + 10).min(bits - 8) {
                for (a, b) in [(0, 1), (1, 0), (0, ranks.len() - 1), (1, 1)] {
                    let mut wrong = good.clone();
                    flip(&mut wrong[a], first);
                    if (a, first) != (b, second) {
                        flip(&mut wrong[b], second);
                    }
                    // Far away, one in each frame that would else be good alone.
                    for (frame, wrong) in wrong.iter_mut().enumerate() {
                        if decode(wrong, Tolerance::Two).is_ok() {
                            flip(wrong, (first + 30 + 8 * frame) % 64);
                        }
                    }
                    assert!(all_fail(&wrong));
                    assert_eq!(
                        combined(&wrong),
                        Ok(message),
                        "{ranks:?} {a} {first} {b} {second}"
                    );
                }
            }
        }
    }
}

/// Wrong bits that are far apart are corrected one by one, so every frame may be damaged in many places.
#[test]
fn frames_that_fail_alone_are_good_together() {
    for message in classes() {
        let bits = message_bits(&message);
        for ranks in [
            &[First, Second][..],
            &[First, Third],
            &[Second, Third],
            &[First, Second, Third],
        ] {
            let mut wrong = frames(&message, ranks);
            for (at, step) in (0..bits - 8).step_by(16).enumerate() {
                let frame = at % ranks.len();
                flip(&mut wrong[frame], step);
            }
            assert!(all_fail(&wrong));
            assert_eq!(combined(&wrong), Ok(message), "{ranks:?} {message:?}");
        }
    }
}

/// One wrong bit in each frame, everywhere, the last bits included: the four ends are tried. A wrong last bit of frame 1 costs as
/// much as one of frame 3, so the best end alone would be wrong for one of both.
#[test]
fn the_end_is_decided_by_the_crc() {
    for message in classes() {
        let bits = message_bits(&message);
        for ranks in [
            &[First, Third][..],
            &[First, Second],
            &[Second, Third],
            &[First, Second, Third],
        ] {
            let good = frames(&message, ranks);
            for (early, late) in [(0, 1), (1, 0)] {
                for last in bits - 8..bits {
                    let mut wrong = good.clone();
                    flip(&mut wrong[early], 5);
                    flip(&mut wrong[late], last);
                    if let Some(third) = wrong.get_mut(2) {
                        flip(third, 40);
                    }
                    assert!(all_fail(&wrong));
                    assert_eq!(combined(&wrong), Ok(message), "{ranks:?} {late} {last}");
                }
            }
        }
    }
}

fn message_bits(message: &Message) -> usize {
    Frames::new(message, &key()).unwrap().class().content_len() * 8
}

fn soft(frame: &[u8], rank: Rank, message: &Message, strength: impl Fn(usize) -> i8) -> SoftFrame {
    let class = Frames::new(message, &key()).unwrap().class();
    let sign = |(at, bit): (usize, bool)| if bit { strength(at) } else { -strength(at) };
    let values: Vec<i8> = bits_of(&frame[4..]).into_iter().enumerate().map(sign).collect();
    SoftFrame::new(FrameType { class, rank }, &values).unwrap()
}

/// A burst that hard decoding cannot bear, but whose values were known to be weak.
#[test]
fn weak_wrong_values_are_outvoted() {
    let message = classes()[2];
    let ranks = [First, Third];
    let mut wrong = frames(&message, &ranks);
    for bit in 40..48 {
        flip(&mut wrong[0], bit);
    }
    flip(&mut wrong[1], 100);
    assert_eq!(combined(&wrong), Err(ErrorKind::Crc));
    let weak = |at| if (40..48).contains(&at) { 3 } else { 100 };
    let first = soft(&wrong[0], First, &message, weak);
    let third = soft(&wrong[1], Third, &message, |at| if at == 100 { 2 } else { 90 });
    let received = combining::soft(&[&first, &third]).unwrap();
    assert_eq!(received.verify(&key()).unwrap().uplink().message, message);
    // The same signs, all firm.
    let first = soft(&wrong[0], First, &message, |_| 100);
    let third = soft(&wrong[1], Third, &message, |_| 100);
    assert_eq!(
        combining::soft(&[&first, &third]).unwrap_err().kind,
        ErrorKind::Crc
    );
}

#[test]
fn unknown_values_are_filled_in() {
    let message = classes()[3];
    let good = frames(&message, &[Second, Third]);
    // All of one frame is missing but for its head, then every other value of both.
    let none = soft(&good[0], Second, &message, |_| 0);
    let other = soft(&good[1], Third, &message, |_| 1);
    assert_eq!(
        combining::soft(&[&none, &other]).unwrap().uplink().message,
        message
    );
    let even = soft(&good[0], Second, &message, |at| i8::from(at % 2 == 0 || at > 170));
    let odd = soft(&good[1], Third, &message, |at| i8::from(at % 2 == 1 || at > 170));
    assert!(even.alone().is_err() && odd.alone().is_err());
    assert_eq!(combining::soft(&[&even, &odd]).unwrap().uplink().message, message);
}

#[test]
fn only_frames_of_one_message_are_combined() {
    let message = classes()[0];
    let other = Message::new(message.ep_id, counter(1016), message.body);
    let ours = frames(&message, &[First, Second, Third]);
    let theirs = frames(&other, &[Second]);
    let of =
        |frames: &[&[u8]]| combining::hard(frames, Tolerance::Two).map(|received| received.uplink().message);
    let grouping = |frames: &[&[u8]]| of(frames).unwrap_err().kind == ErrorKind::Grouping;
    assert!(grouping(&[]));
    assert!(grouping(&[&ours[0], &ours[0]]));
    assert!(grouping(&[&ours[0], &ours[1], &ours[2], &ours[0]]));
    // Both decode alone, and differ.
    assert!(grouping(&[&ours[0], &theirs[0]]));
    let longer = frames(&classes()[3], &[Second]);
    assert!(grouping(&[&ours[0], &longer[0]]));
    // A good frame beside one beyond repair.
    let mut noise = ours[1].clone();
    noise[4..].fill(0x5A);
    let received = combining::hard(&[&noise, &ours[2]], Tolerance::Two).unwrap();
    assert_eq!(received.uplink().message, message);
    assert_eq!(received.uplink().frame_type.rank, Second);
    assert_eq!(of(&[&ours[2]]), Ok(message));
    // The head of every frame is checked.
    assert!(matches!(
        of(&[&ours[0], &ours[1][..9]]).unwrap_err().kind,
        ErrorKind::Truncated { .. }
    ));
    assert!(matches!(
        of(&[&[0xFF; 14]]).unwrap_err().kind,
        ErrorKind::FrameType(_)
    ));
}

/// A right CRC tells more than none: what is wrong is the header.
#[test]
fn a_reserved_header_is_named_after_joint_decoding_too() {
    let body = [0x43, 0xF7, 0xC3, 0xB2, 0xA1, 0, 1, 2];
    let mut all = Vec::new();
    for (rank, wrong) in [(First, 20), (Third, 50)] {
        let frame_type = FrameType {
            class: Class::A,
            rank,
        };
        let mut frame = framed(frame_type.to_head(), rank, &body);
        flip(&mut frame, wrong);
        all.push(frame);
    }
    assert!(all_fail(&all));
    let header = ErrorKind::Header {
        class: Class::A,
        indicator: 1,
    };
    assert_eq!(combined(&all), Err(header));
}

#[test]
fn soft_frames_have_as_many_values_as_their_class() {
    for frame_type in FrameType::ALL {
        let bits = frame_type.class.content_len() * 8;
        for len in 0..200 {
            let frame = SoftFrame::new(frame_type, &vec![1; len]);
            assert_eq!(frame.is_some(), len == bits);
            assert!(frame.is_none_or(|frame| frame.values().len() == bits));
        }
    }
}

proptest! {
    #[test]
    fn any_frames_give_a_verdict(contents in proptest::array::uniform3(proptest::collection::vec(any::<u8>(), 22)), at in 0_usize..6, used in 1_usize..8) {
        let mut all = Vec::new();
        for (rank, content) in contents.iter().enumerate() {
            let frame_type = FrameType::ALL[3 * at + rank];
            if used >> rank & 1 == 1 {
                all.push([&frame_type.to_head()[..], &content[..frame_type.class.content_len()]].concat());
            }
        }
        let slices: Vec<_> = all.iter().map(Vec::as_slice).collect();
        if let Err(error) = combining::hard(&slices, Tolerance::Exact) {
            prop_assert!(matches!(error.kind, ErrorKind::Crc | ErrorKind::Header { .. }), "{}", error);
        }
    }
}

/// The CRC locates every single wrong bit; what it makes of two is not believed.
#[test]
fn a_repair_is_believed_with_the_tag_only() {
    for message in classes() {
        let good = frames(&message, &[First]).remove(0);
        assert!(repair::single_bit(&good, Tolerance::Two).unwrap().is_none());
        let bits = message_bits(&message);
        for first in 0..bits {
            let mut one = good.clone();
            flip(&mut one, first);
            let candidate = repair::single_bit(&one, Tolerance::Two).unwrap().unwrap();
            assert_eq!(candidate.bit(), 32 + first);
            assert_eq!(candidate.verify(&key()).unwrap().uplink().message, message);
            for second in 0..first {
                let mut two = one.clone();
                flip(&mut two, second);
                if let Ok(Some(candidate)) = repair::single_bit(&two, Tolerance::Two) {
                    assert_eq!(
                        candidate.verify(&key()).unwrap_err().kind,
                        ErrorKind::Auth,
                        "{first} {second}"
                    );
                }
            }
        }
    }
}

/// A content of rank 1 with one wrong bit, as the CRC locates it, under the frame types of all ranks: the others say that it was coded.
#[test]
fn frames_of_other_ranks_are_not_repaired() {
    for message in classes() {
        let mut frame = frames(&message, &[First]).remove(0);
        flip(&mut frame, 60);
        let class = Frames::new(&message, &key()).unwrap().class();
        for frame_type in FrameType::ALL.into_iter().filter(|known| known.class == class) {
            frame[..4].copy_from_slice(&frame_type.to_head());
            let repaired = repair::single_bit(&frame, Tolerance::Two).unwrap();
            assert_eq!(
                repaired.map(|found| found.bit()),
                (frame_type.rank == First).then_some(92)
            );
        }
    }
    assert!(repair::single_bit(&[0xAA; 3], Tolerance::Two).is_err());
}
