//! Uplink frames: both directions, every wrong bit, every prefix, the order of checks, what is not protected.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use proptest::prelude::*;
use sigfox_frame::auth::{DeviceKey, PublicKey, Verified};
use sigfox_frame::control::Control;
use sigfox_frame::sequence::{Discipline, Track, Verdict, Window};
use sigfox_frame::transform::{Context, Direction, Transform};
use sigfox_frame::uplink::{Body, Class, FrameType, Frames, Message, Rank, Tolerance, decode};
use sigfox_frame::{EncodeErrorKind, EpId, ErrorKind, sequence};
use support::{any_message, bodies, bytes, classes, counter, framed, key, mac};

fn kind(frame: &[u8]) -> Option<ErrorKind> {
    decode(frame, Tolerance::Two).err().map(|error| error.kind)
}

/// The encoder by the text of spec §13, with its tables written down once more.
fn plain(message: &Message, rank: Rank, key: [u8; 16]) -> Vec<u8> {
    const TYPES: [[u16; 3]; 6] = [
        [0x006B, 0x06E0, 0x0034],
        [0x008D, 0x00D2, 0x0302],
        [0x035F, 0x0598, 0x05A3],
        [0x0611, 0x06BF, 0x072C],
        [0x094C, 0x0971, 0x0997],
        [0x0F67, 0x0FC9, 0x11BE],
    ];
    let payload = message.body.payload();
    let payload = payload.as_slice();
    let (class, li, tag) = match (&message.body, payload.len()) {
        (Body::Empty, _) => (0, 0, 2),
        (Body::Bit(value), _) => (0, if *value { 3 } else { 2 }, 2),
        (Body::Control(_), len) => (5, 8 - len, 10 - len),
        (_, 1) => (1, 0, 2),
        (_, len) => {
            let li = (4 - len % 4) % 4;
            (2 + (len - 1) / 4, li, 2 + li)
        }
    };
    let flag = if message.bidirectional { 0x2000 } else { 0 };
    let header = (u16::try_from(li).unwrap() << 14) | flag | message.counter.get();
    let mut body = header.to_be_bytes().to_vec();
    body.extend(message.ep_id.0.to_le_bytes());
    body.extend(payload);
    let mac = mac(&key, &body);
    body.extend(&mac[..tag]);
    let word = 0xA000 | TYPES[class][usize::from(rank.get()) - 1];
    let [high, low] = word.to_be_bytes();
    framed([0xAA, 0xAA, high, low], rank, &body)
}

proptest! {
    #[test]
    fn frames_are_those_of_the_specification_and_read_back(message in any_message()) {
        let frames = Frames::new(&message, &key()).unwrap();
        for rank in Rank::ALL {
            let frame = frames.frame(rank);
            prop_assert_eq!(frame.to_vec(), plain(&message, rank, support::KEY));
            let received = decode(&frame, Tolerance::Exact).unwrap();
            let uplink = *received.verify(&key()).unwrap().uplink();
            prop_assert_eq!(uplink.message, message);
            prop_assert_eq!(uplink.frame_type, FrameType { class: frames.class(), rank });
            prop_assert_eq!((uplink.type_errors, uplink.repeated), (0, false));
            // One key in 65 536 gives the shortest tag of another, and with it the same frame.
            let same = |key| plain(&message, rank, key) == frame.to_vec();
            prop_assert_eq!(received.verify_public(&PublicKey::new()).is_ok(), same(PublicKey::BYTES));
            prop_assert_eq!(received.verify(&DeviceKey::new([9; 16]).unwrap()).is_ok(), same([9; 16]));
        }
    }

    /// Any content with a right CRC is read as the table of bits says, or has a reserved header.
    #[test]
    fn fields_are_where_the_specification_puts_them(at in 0_usize..18, content in proptest::collection::vec(any::<u8>(), 20)) {
        let frame_type = FrameType::ALL[at];
        let class = frame_type.class;
        let body = &content[..class.content_len() - 2];
        let frame = framed(frame_type.to_head(), frame_type.rank, body);
        let li = body[0] >> 6;
        let reserved = matches!((class, li), (Class::A, 1) | (Class::B, 1..) | (Class::C, 3));
        match decode(&frame, Tolerance::Exact) {
            Ok(received) => {
                prop_assert!(!reserved);
                let uplink = received.uplink();
                let message = &uplink.message;
                prop_assert_eq!(u16::from(body[0] & 15) << 8 | u16::from(body[1]), message.counter.get());
                prop_assert_eq!(body[0] & 0x20 != 0, message.bidirectional);
                prop_assert_eq!(body[0] & 0x10 != 0, uplink.repeated);
                prop_assert_eq!(&message.ep_id.to_wire(), &body[2..6]);
                let tag = if matches!(class, Class::A | Class::B) { 2 } else { 2 + usize::from(li) };
                let end = body.len() - tag;
                prop_assert_eq!(message.body.payload().as_slice().to_vec(), &body[6..end]);
                let right = mac(&support::KEY, &body[..end])[..tag] == body[end..];
                prop_assert_eq!(received.verify(&key()).is_ok(), right);
            }
            Err(error) => {
                prop_assert!(reserved);
                prop_assert_eq!(error.kind, ErrorKind::Header { class, indicator: li });
                prop_assert_eq!((error.field, error.offset), ("LI", 4));
            }
        }
    }

    /// The definition of spec §7.1, over all shorter messages.
    #[test]
    fn the_ambiguity_flag_is_its_definition(at in 0_usize..18, content in proptest::collection::vec(any::<u8>(), 20), period in 1_usize..18) {
        let frame_type = FrameType::ALL[at];
        let mut body = content[..frame_type.class.content_len() - 2].to_vec();
        for at in period..body.len() {
            body[at] = body[at - period];
        }
        let frame = framed(frame_type.to_head(), frame_type.rank, &body);
        if let Ok(received) = decode(&frame, Tolerance::Exact) {
            let li = body[0] >> 6;
            let len = received.uplink().message.body.payload().as_slice().len();
            let fill = |len: usize| -> Vec<u8> {
                let blocks = if len <= 10 { 16 } else { 32 };
                (0..blocks).map(|at| body[at % (6 + len)]).collect()
            };
            let indicator = |len: usize| u8::try_from((4 - len % 4) % 4).unwrap();
            let lawful = |shorter: usize| match shorter {
                0 => li != 1,
                1 => li == 0,
                _ => indicator(shorter) == li,
            };
            let ambiguous = (0..len).any(|shorter| lawful(shorter) && fill(shorter) == fill(len));
            prop_assert_eq!(received.uplink().padding_ambiguous, ambiguous);
        }
    }
}

/// CRC and filters are linear, so what one content shows holds for all.
#[test]
fn every_single_wrong_bit_of_every_content_is_seen() {
    for message in classes() {
        let frames = Frames::new(&message, &key()).unwrap();
        for rank in Rank::ALL {
            let mut frame = frames.frame(rank).to_vec();
            for bit in 32..8 * frame.len() {
                frame[bit / 8] ^= 0x80 >> (bit % 8);
                assert_eq!(kind(&frame), Some(ErrorKind::Crc), "{rank:?} {bit}");
                frame[bit / 8] ^= 0x80 >> (bit % 8);
            }
        }
    }
}

#[test]
fn wrong_bits_before_the_content_do_not_matter_up_to_the_tolerance() {
    let message = classes()[0];
    let mut frame = Frames::new(&message, &key())
        .unwrap()
        .frame(Rank::Second)
        .to_vec();
    for bit in 0..32 {
        frame[bit / 8] ^= 0x80 >> (bit % 8);
        let errors = u8::from(bit >= 19);
        let received = decode(&frame, Tolerance::One).unwrap();
        assert_eq!(received.uplink().type_errors, errors);
        let exact = decode(&frame, Tolerance::Exact).map_err(|error| error.kind.code());
        assert_eq!(exact.err(), (errors == 1).then_some("frame-type"));
        frame[bit / 8] ^= 0x80 >> (bit % 8);
    }
}

#[test]
fn every_prefix_is_too_short_and_says_by_how_much() {
    for body in bodies() {
        let message = Message::new(EpId(7), counter(0), body);
        let frame = Frames::new(&message, &key()).unwrap().frame(Rank::Third);
        for len in 0..frame.len() {
            let error = decode(&frame[..len], Tolerance::Two).unwrap_err();
            let missing = if len < 4 { 4 - len } else { frame.len() - len };
            assert_eq!(
                (error.kind, error.offset),
                (ErrorKind::Truncated { missing }, len)
            );
        }
        for surplus in 1..30 {
            let longer = [&frame[..], &[0xAA; 30][..surplus]].concat();
            let error = decode(&longer, Tolerance::Two).unwrap_err();
            assert_eq!(
                (error.kind, error.offset),
                (ErrorKind::Length { surplus }, frame.len())
            );
        }
    }
}

/// Each input has two faults; the one that spec §10.1 checks first is named.
#[test]
fn checks_are_made_in_the_order_of_the_specification() {
    // Too short for a frame type, and no frame type.
    assert!(matches!(kind(&[0xFF; 3]), Some(ErrorKind::Truncated { .. })));
    // No frame type, and too long.
    assert!(matches!(kind(&[0xFF; 40]), Some(ErrorKind::FrameType(0x1FFF))));
    // Too short, and no right CRC.
    let a = FrameType::ALL[0].to_head();
    assert!(matches!(
        kind(&[&a[..], &[0; 9]].concat()),
        Some(ErrorKind::Truncated { missing: 1 })
    ));
    assert!(matches!(
        kind(&[&a[..], &[0; 11]].concat()),
        Some(ErrorKind::Length { surplus: 1 })
    ));
    // Wrong CRC, and a reserved header.
    let mut frame = framed(a, Rank::First, &[0x40, 0, 0, 0, 0, 0, 0, 0]);
    assert!(matches!(
        kind(&frame),
        Some(ErrorKind::Header { indicator: 1, .. })
    ));
    frame[13] ^= 1;
    assert_eq!(kind(&frame), Some(ErrorKind::Crc));
}

#[test]
fn every_wrong_bit_of_what_is_signed_makes_another_message() {
    for message in classes() {
        let frame = Frames::new(&message, &key()).unwrap().frame(Rank::First);
        let content = &frame[4..frame.len() - 2];
        let head = *frame.first_chunk().unwrap();
        for bit in 0..8 * content.len() {
            let mut forged = content.to_vec();
            forged[bit / 8] ^= 0x80 >> (bit % 8);
            let forged = framed(head, Rank::First, &forged);
            if let Ok(received) = decode(&forged, Tolerance::Two) {
                let error = received.verify(&key()).unwrap_err();
                assert_eq!((error.kind, error.field), (ErrorKind::Auth, "tag"), "{bit}");
            }
        }
    }
}

/// The table of spec §7.1: who heard the shorter message can make the longer one without a key.
#[test]
fn one_tag_serves_two_messages_and_the_flag_tells() {
    let id = EpId(0x1234_5678);
    let rows = [
        (bytes(&[0x11]), 8),
        (bytes(&[1, 2]), 10),
        (bytes(&[1, 2, 3, 4, 5, 6]), 10),
    ];
    for (body, longer) in rows {
        let shorter = Message::new(id, counter(77), body);
        let frame = Frames::new(&shorter, &key()).unwrap().frame(Rank::First);
        assert!(
            !decode(&frame, Tolerance::Exact)
                .unwrap()
                .uplink()
                .padding_ambiguous
        );
        let signed = 6 + body.payload().as_slice().len();
        let content = &frame[4..];
        let repeated: Vec<u8> = (0..6 + longer).map(|at| content[at % signed]).collect();
        let twin = Message::new(id, counter(77), bytes(&repeated[6..]));
        let twin_frame = Frames::new(&twin, &key()).unwrap().frame(Rank::First);
        let tag = &frame[4 + signed..frame.len() - 2];
        let forged = framed(
            *twin_frame.first_chunk().unwrap(),
            Rank::First,
            &[&repeated[..], tag].concat(),
        );
        let received = decode(&forged, Tolerance::Exact).unwrap();
        let uplink = *received.verify(&key()).unwrap().uplink();
        assert_eq!(uplink.message, twin);
        assert!(uplink.padding_ambiguous);
    }
}

#[test]
fn an_application_frame_can_be_relabelled_as_a_control_frame() {
    let message = Message::new(EpId(7), counter(5), bytes(&[0x08, 1, 0, 2, 0, 3, 0]));
    let mut frame = Frames::new(&message, &key()).unwrap().frame(Rank::Third).to_vec();
    frame[2..4].copy_from_slice(&[0xB1, 0xBE]);
    let uplink = *decode(&frame, Tolerance::Exact)
        .unwrap()
        .verify(&key())
        .unwrap()
        .uplink();
    assert!(matches!(
        uplink.message.body,
        Body::Control(Control::KeepAlive(_))
    ));
}

#[test]
fn control_messages_ask_for_no_downlink() {
    let control = Body::Control(Control::parse(&[0x42; 5]).unwrap());
    let message = Message::new(EpId(7), counter(5), control);
    assert!(Frames::new(&message, &key()).is_ok());
    let error = Frames::new(&message.asking_for_downlink(), &key()).unwrap_err();
    assert_eq!((error.kind, error.field), (EncodeErrorKind::Bidirectional, "BF"));
}

#[test]
fn the_public_key_is_tried_only_if_the_policy_gives_it() {
    let public = PublicKey::new();
    let message = classes()[1];
    let frame = Frames::new(&message, &public).unwrap().frame(Rank::Second);
    let received = decode(&frame, Tolerance::Two).unwrap();
    assert_eq!(
        received.verify_any(&key(), None).unwrap_err().kind,
        ErrorKind::Auth
    );
    assert!(
        matches!(received.verify_any(&key(), Some(&public)), Ok(Verified::Public(public)) if public.message == message)
    );
    let frame = Frames::new(&message, &key()).unwrap().frame(Rank::Second);
    let received = decode(&frame, Tolerance::Two).unwrap();
    assert!(matches!(
        received.verify_any(&key(), Some(&public)),
        Ok(Verified::Device(_))
    ));
}

#[test]
fn an_authentic_message_is_put_to_a_guard_of_the_caller() {
    struct Seen(Vec<(EpId, sequence::Counter)>);
    impl Discipline for Seen {
        type Verdict = usize;
        fn admit(&mut self, device: EpId, counter: sequence::Counter) -> usize {
            self.0.push((device, counter));
            self.0.len()
        }
    }
    let message = classes()[0];
    let frame = Frames::new(&message, &key()).unwrap().frame(Rank::First);
    let authentic = decode(&frame, Tolerance::Two).unwrap().verify(&key()).unwrap();
    let mut seen = Seen(Vec::new());
    assert_eq!(authentic.admit(&mut seen), 1);
    assert_eq!(seen.0, [(message.ep_id, message.counter)]);
    let mut track = Track::new(Window::new(sequence::Rollover::R4096, 420).unwrap());
    assert_eq!(authentic.admit(&mut track), Verdict::First);
    assert_eq!(authentic.admit(&mut track), Verdict::Duplicate);
}

/// Adds what it is told to every byte; not a cipher.
struct Adding;

impl Transform for Adding {
    type Error = ();

    fn seal(&mut self, context: &Context, payload: &mut [u8]) -> Result<(), ()> {
        assert_eq!(context.direction, Direction::Uplink);
        let add = u8::try_from(context.epoch).map_err(|_| ())?;
        payload.iter_mut().for_each(|byte| *byte = byte.wrapping_add(add));
        Ok(())
    }

    fn open(&mut self, context: &Context, payload: &mut [u8]) -> Result<(), ()> {
        let add = u8::try_from(context.epoch).map_err(|_| ())?;
        payload.iter_mut().for_each(|byte| *byte = byte.wrapping_sub(add));
        Ok(())
    }
}

#[test]
fn a_transformation_touches_application_bytes_before_the_tag_and_after_it() {
    for body in bodies() {
        let message = Message::new(EpId(7), counter(5), body);
        let sealed = message.sealed(&mut Adding, 3).unwrap();
        assert_eq!(sealed != message, matches!(body, Body::Bytes(_)));
        let frame = Frames::new(&sealed, &key()).unwrap().frame(Rank::First);
        let authentic = decode(&frame, Tolerance::Two).unwrap().verify(&key()).unwrap();
        assert_eq!(authentic.uplink().message, sealed);
        assert_eq!(authentic.opened(&mut Adding, 3), Ok(message));
    }
    let message = Message::new(EpId(7), counter(5), bytes(&[1]));
    assert_eq!(message.sealed(&mut Adding, 300), Err(()));
}
