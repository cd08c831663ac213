//! Search in streams: every place, every alignment, noise, soft values beside bits.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use proptest::prelude::*;
use sigfox_frame::coding::combining;
use sigfox_frame::search::{Candidate, HardSearch, Options, SoftCandidate, SoftSearch};
use sigfox_frame::uplink::{Frames, Message, Rank, Tolerance};
use support::{any_message, bits_of, bodies, classes, counter, key, random};

fn hard(bits: &[bool], options: Options) -> Vec<Candidate> {
    let mut search = HardSearch::new(options);
    let mut all = Vec::new();
    for bit in bits {
        let before = all.len();
        all.extend(search.push(*bit));
        assert!(all.len() <= before + 5, "work for a bit is bounded");
    }
    assert_eq!(usize::try_from(search.taken()), Ok(bits.len()));
    all
}

fn soft(values: &[i8], options: Options) -> Vec<SoftCandidate> {
    let mut search = SoftSearch::new(options);
    let mut all = Vec::new();
    for value in values {
        let before = all.len();
        all.extend(search.push(*value));
        assert!(all.len() <= before + 5, "work for a value is bounded");
    }
    all
}

fn noise(bits: usize) -> Vec<bool> {
    let mut random = random();
    (0..bits).map(|_| random() & 1 == 1).collect()
}

fn frame(message: &Message, rank: Rank) -> Vec<bool> {
    bits_of(&Frames::new(message, &key()).unwrap().frame(rank))
}

/// Every class and rank, one after another without a pause, at every bit of a byte.
#[test]
fn every_frame_is_found_where_it_begins() {
    for shift in 0..8 {
        let mut stream = noise(300 + shift);
        let mut put = Vec::new();
        for body in bodies() {
            for rank in Rank::ALL {
                let message = Message::new(sigfox_frame::EpId(7), counter(9), body);
                put.push((u64::try_from(stream.len()).unwrap(), rank, message));
                stream.extend(frame(&message, rank));
            }
        }
        let mut found = hard(&stream, Options::default())
            .into_iter()
            .filter_map(|candidate| {
                let received = candidate.decode().ok()?;
                let uplink = *received.verify(&key()).ok()?.uplink();
                Some((candidate.start(), uplink.frame_type.rank, uplink.message))
            });
        for expected in put {
            assert_eq!(found.next(), Some(expected));
        }
        assert_eq!(found.next(), None);
    }
}

/// Spec §10.3: two wrong bits in the frame type and three in the preamble are borne, one more is not.
#[test]
fn damaged_heads_are_found_up_to_the_options() {
    let message = classes()[4];
    let clean = frame(&message, Rank::First);
    let seen = |wrong: &[usize], options: Options| {
        let mut stream = noise(100);
        stream.extend(
            clean
                .iter()
                .enumerate()
                .map(|(at, bit)| *bit ^ wrong.contains(&at)),
        );
        let all = hard(&stream, options);
        let at = all.iter().find(|candidate| candidate.start() == 100).copied();
        at.map(|candidate| (candidate.preamble_errors(), candidate.head().errors))
    };
    let options = Options::default();
    assert_eq!(seen(&[], options), Some((0, 0)));
    assert_eq!(seen(&[0, 7, 18, 20, 31], options), Some((3, 2)));
    assert_eq!(seen(&[0, 7, 9, 18], options), None);
    assert_eq!(seen(&[19, 20, 31], options), None);
    let strict = options.with_tolerance(Tolerance::One).with_min_preamble(19);
    assert_eq!(seen(&[31], strict), Some((0, 1)));
    assert_eq!(seen(&[30, 31], strict), None);
    assert_eq!(seen(&[3], strict), None);
    let all = options.with_min_preamble(0);
    assert_eq!(seen(&(0..19).collect::<Vec<_>>(), all), Some((19, 0)));
    // More than there are is all of them.
    assert_eq!(seen(&[3], options.with_min_preamble(200)), None);
    assert_eq!(seen(&[], options.with_min_preamble(200)), Some((0, 0)));
}

/// Frame types are not self-synchronising: early alignments are candidates too, and rivals of the right one.
#[test]
fn false_alignments_are_kept_and_are_rivals() {
    let mut rivals = 0;
    for message in classes() {
        for rank in Rank::ALL {
            let mut stream = [true, false].repeat(20);
            stream.extend(frame(&message, rank));
            stream.extend([false; 100]);
            let all = hard(&stream, Options::default());
            let right = all.iter().find(|candidate| candidate.start() == 40).unwrap();
            assert!(right.decode().is_ok());
            for other in all.iter().filter(|other| *other != right) {
                let near = other.start().abs_diff(40) <= 6;
                assert_eq!(near, right.is_rival_of(other));
                if near {
                    assert!(right.is_better_than(other));
                    assert!(!other.is_better_than(right));
                    assert!(other.decode().is_err());
                    rivals += 1;
                }
            }
        }
    }
    assert!(rivals > 0);
}

#[test]
fn a_frame_without_its_end_is_none() {
    let message = classes()[2];
    let bits = frame(&message, Rank::First);
    for len in 0..bits.len() {
        assert!(
            !hard(&bits[..len], Options::default())
                .iter()
                .any(|candidate| candidate.start() == 0)
        );
    }
    assert!(
        hard(&bits, Options::default())
            .iter()
            .any(|candidate| candidate.decode().is_ok())
    );
}

/// A frame type at the very start has no preamble, not even a wrong one.
#[test]
fn a_head_is_whole_before_it_is_looked_at() {
    let clean = frame(&classes()[4], Rank::First);
    let options = Options::default().with_min_preamble(0);
    for lost in 0..=19 {
        let all = hard(&clean[lost..], options);
        let ends = all
            .iter()
            .filter(|candidate| candidate.as_bytes().len() == 14 && candidate.decode().is_ok());
        assert_eq!(ends.count(), usize::from(lost == 0), "{lost}");
        let values: Vec<i8> = clean[lost..]
            .iter()
            .map(|bit| if *bit { 1 } else { -1 })
            .collect();
        let ends = soft(&values, options)
            .into_iter()
            .filter(|candidate| candidate.decode().is_ok());
        assert_eq!(ends.count(), usize::from(lost == 0), "{lost}");
    }
}

/// Half of spec §10.5: without the preamble a fifth of all places pass the frame type; with it nearly none.
#[test]
fn noise_passes_as_often_as_the_specification_says() {
    let stream = noise(100_000);
    let all = hard(&stream, Options::default().with_min_preamble(0));
    let share = all.len();
    assert!((19_500..21_000).contains(&share), "{share}");
    // 16 of 19 bits: one place in 452, and a fifth of those.
    let few = hard(&stream, Options::default()).len();
    assert!((10..90).contains(&few), "{few}");
}

#[test]
fn silence_is_no_frame() {
    assert!(soft(&[0; 2000], Options::default()).is_empty());
    for bit in [false, true] {
        assert!(hard(&[bit; 2000], Options::default()).is_empty());
    }
}

/// Of equal weight, values say what their signs say: both searches give the same.
#[test]
fn values_of_one_weight_are_bits() {
    let mut stream = noise(5000);
    for message in classes() {
        stream.extend(frame(&message, Rank::Second));
        stream.extend(noise(13));
    }
    stream.extend([true, false].repeat(100));
    for weight in [1_i8, 127] {
        let values: Vec<i8> = stream
            .iter()
            .map(|bit| if *bit { weight } else { -weight })
            .collect();
        for options in [Options::default(), Options::default().with_min_preamble(12)] {
            let tell = |start, rank: Rank, class, preamble, errors, decoded| {
                (start, rank, class, preamble, errors, decoded)
            };
            let bits: Vec<_> = hard(&stream, options)
                .iter()
                .map(|found| {
                    let of = found.head().frame_type;
                    tell(
                        found.start(),
                        of.rank,
                        of.class,
                        found.preamble_errors(),
                        found.head().errors,
                        found.decode(),
                    )
                })
                .collect();
            let weighed: Vec<_> = soft(&values, options)
                .iter()
                .map(|found| {
                    let of = found.frame().frame_type();
                    tell(
                        found.start(),
                        of.rank,
                        of.class,
                        found.preamble_errors(),
                        found.type_errors(),
                        found.decode(),
                    )
                })
                .collect();
            assert!(bits.len() > 6);
            assert_eq!(bits, weighed);
        }
    }
}

/// Six wrong signs in a head, all weak: correlation finds what distance cannot. The contents are combined.
#[test]
fn weak_heads_are_found_by_their_weight() {
    let message = classes()[3];
    let (mut stream, mut begun) = (Vec::new(), Vec::new());
    for (rank, wrong) in [(Rank::First, 50), (Rank::Third, 90)] {
        stream.extend([40_i8, -40].repeat(10));
        let start = stream.len();
        begun.push(u64::try_from(start).unwrap());
        stream.extend(
            frame(&message, rank)
                .iter()
                .map(|bit| if *bit { 60 } else { -60 }),
        );
        for at in [1, 5, 9, 20, 24, 29] {
            stream[start + at] = -stream[start + at] / 20;
        }
        for at in wrong..wrong + 6 {
            stream[start + at] = -stream[start + at] / 12;
        }
        stream.extend([0; 30]);
    }
    let signs: Vec<bool> = stream.iter().map(|value| *value > 0).collect();
    let starts = |start: u64| begun.contains(&start);
    assert_eq!(
        hard(&signs, Options::default())
            .iter()
            .filter(|found| starts(found.start()))
            .count(),
        0
    );
    let found: Vec<_> = soft(&stream, Options::default())
        .into_iter()
        .filter(|found| starts(found.start()))
        .collect();
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].preamble_errors(), found[0].type_errors()), (3, 3));
    assert!(found.iter().all(|found| found.decode().is_err()));
    let received = combining::soft(&[found[0].frame(), found[1].frame()]).unwrap();
    assert_eq!(received.verify(&key()).unwrap().uplink().message, message);
}

proptest! {
    #[test]
    fn any_message_is_found_in_any_noise(before in proptest::collection::vec(any::<bool>(), 0..300), message in any_message(), after in proptest::collection::vec(any::<bool>(), 0..50)) {
        for rank in Rank::ALL {
            let mut stream = before.clone();
            stream.extend(frame(&message, rank));
            stream.extend(&after);
            let found = hard(&stream, Options::default()).into_iter().find(|found| found.start() == u64::try_from(before.len()).unwrap());
            let received = found.unwrap().decode().unwrap();
            prop_assert_eq!(received.verify(&key()).unwrap().uplink().message, message);
            let values: Vec<i8> = stream.iter().enumerate().map(|(at, bit)| {
                let weight = i8::try_from(1 + at * 7 % 120).unwrap();
                if *bit { weight } else { -weight }
            }).collect();
            let found = soft(&values, Options::default()).into_iter().find(|found| found.start() == u64::try_from(before.len()).unwrap());
            prop_assert_eq!(found.unwrap().decode(), Ok(received));
        }
    }

    #[test]
    fn any_values_are_searched(values in proptest::collection::vec(any::<i8>(), 0..600), min in 0_u8..=20, extreme: bool) {
        let values: Vec<i8> = values.into_iter().map(|value| if extreme && value < 0 { i8::MIN } else { value }).collect();
        for found in soft(&values, Options::default().with_min_preamble(min)) {
            prop_assert!(found.start() + 112 <= u64::try_from(values.len()).unwrap());
            let _ = found.decode();
        }
    }
}
