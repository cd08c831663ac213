//! Sigfox frames: the decoders beside plain ones that are written down as the spec says it, and the search beside a look at every
//! place.

use arbitrary::{Arbitrary, Unstructured};
use sigfox_frame::auth::DeviceKey;
use sigfox_frame::coding::combining::{self, SoftFrame};
use sigfox_frame::coding::whitening::Seed;
use sigfox_frame::coding::{bch, convolution, crc, repair};
use sigfox_frame::downlink::{self, Answer, FRAME_LEN};
use sigfox_frame::search::{HardSearch, Options, SoftSearch};
use sigfox_frame::sequence::Counter;
use sigfox_frame::uplink::{self, Body, Class, FrameType, Frames, Message, Rank, Tolerance};
use sigfox_frame::{DecodeError, EpId, ErrorKind};

const TOLERANCES: [Tolerance; 3] = [Tolerance::Exact, Tolerance::One, Tolerance::Two];

fn key() -> DeviceKey {
    DeviceKey::new([0x6B; 16]).expect("not the public key")
}

/// Any octets as a frame: one verdict, and with right CRC and tag the only encoding of what it says.
pub fn uplink(octets: &[u8]) {
    let mut last = None;
    for tolerance in TOLERANCES {
        let verdict = uplink::decode(octets, tolerance);
        match &verdict {
            Ok(received) => {
                let of = received.uplink().frame_type;
                assert_eq!(octets.len(), of.class.frame_len());
                assert!(received.uplink().type_errors <= tolerance.get());
                assert_eq!(combining::hard(&[octets], tolerance), verdict);
            }
            Err(error) => assert!(error.offset <= octets.len(), "{error:?}"),
        }
        // More tolerance turns an unknown frame type into something, and nothing else.
        if let Some(Ok(_) | Err(ErrorKind::Crc | ErrorKind::Length { .. } | ErrorKind::Header { .. })) = &last
        {
            assert_eq!(last, Some(verdict.map_err(|error: DecodeError| error.kind)));
        }
        last = Some(verdict.map_err(|error| error.kind));
        let _ = repair::single_bit(octets, tolerance);
    }
    let Some((first, content)) = octets.split_first() else {
        return;
    };
    let frame_type = FrameType::ALL[usize::from(*first) % FrameType::ALL.len()];
    if content.len() >= frame_type.class.content_len() {
        lawful(frame_type, content);
    }
}

/// Any content, its tag and CRC put right.
fn lawful(frame_type: FrameType, content: &[u8]) {
    let FrameType { class, rank } = frame_type;
    let mut body = content[..class.content_len() - 2].to_vec();
    let li = body[0] >> 6;
    let tag = if matches!(class, Class::A | Class::B) {
        2
    } else {
        2 + usize::from(li)
    };
    let end = body.len() - tag;
    let reserved = matches!((class, li), (Class::A, 1) | (Class::B, 1..) | (Class::C, 3));
    if !reserved {
        let mac = key().mac(&body[..end]).expect("a lawful length");
        body[end..].copy_from_slice(&mac.as_bytes()[..tag]);
    }
    body.extend(crc::crc16(&body).to_be_bytes());
    let plain = body.clone();
    convolution::encode(rank, &mut body);
    assert_eq!(filtered(rank, &plain), body);
    let frame = [&frame_type.to_head()[..], &body].concat();
    let received = match uplink::decode(&frame, Tolerance::Exact) {
        Ok(received) => received,
        Err(error) => {
            assert_eq!(error.kind, ErrorKind::Header { class, indicator: li });
            assert!(reserved);
            return;
        }
    };
    assert!(!reserved);
    let authentic = received.verify(&key()).expect("the tag was put right");
    let uplink = authentic.uplink();
    let message = &uplink.message;
    assert_eq!(message.body.payload().as_slice(), &plain[6..end]);
    assert_eq!(message.ep_id.to_wire(), plain[2..6]);
    assert_eq!(
        message.counter.get(),
        u16::from_be_bytes([plain[0], plain[1]]) & 0xFFF
    );
    assert_eq!(
        (message.bidirectional, uplink.repeated),
        (plain[0] & 0x20 != 0, plain[0] & 0x10 != 0)
    );
    let control = matches!(message.body, Body::Control(_));
    assert_eq!(control, class == Class::K);
    if !uplink.repeated && !(control && message.bidirectional) {
        let again = Frames::new(message, &key()).expect("a message that was read");
        assert_eq!(again.frame(rank).as_bytes(), frame);
    }
}

/// The filters bit by bit.
fn filtered(rank: Rank, content: &[u8]) -> Vec<u8> {
    let bits = bits_of(content);
    let at = |n: usize, back: usize| n.checked_sub(back).is_some_and(|n| bits[n]);
    let out = |n| match rank {
        Rank::First => at(n, 0),
        Rank::Second => at(n, 0) ^ at(n, 1) ^ at(n, 2),
        Rank::Third => at(n, 0) ^ at(n, 2),
    };
    let coded: Vec<_> = (0..bits.len()).map(out).collect();
    coded
        .chunks(8)
        .map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit)))
        .collect()
}

fn bits_of(octets: &[u8]) -> Vec<bool> {
    let bits = |octet: &u8| {
        let octet = *octet;
        (0..8).rev().map(move |at| octet >> at & 1 == 1)
    };
    octets.iter().flat_map(bits).collect()
}

/// A message, and what happens to its frames.
#[derive(Debug, Arbitrary)]
pub struct Sent {
    message: Message,
    /// Wrong bits: frame, bit.
    wrong: Vec<(u8, u8)>,
    /// Confidence, in turn.
    weights: Vec<u8>,
    ranks: [bool; 3],
}

/// What is sent is received, alone or together; what is damaged is not taken for anything else, with a tag.
pub fn sent(sent: &Sent) {
    let key = key();
    let Ok(frames) = Frames::new(&sent.message, &key) else {
        let control = matches!(sent.message.body, Body::Control(_));
        assert!(control && sent.message.bidirectional);
        return;
    };
    let class = frames.class();
    let mut all = Rank::ALL.map(|rank| frames.frame(rank).to_vec());
    for frame in &all {
        let received = uplink::decode(frame, Tolerance::Exact).expect("a frame that was made");
        let authentic = received.verify(&key).expect("its key");
        assert_eq!(authentic.uplink().message, sent.message);
    }
    if let [(_, bit), ..] = sent.wrong.as_slice() {
        let mut one = all[0].clone();
        let bit = 32 + usize::from(*bit) % (8 * class.content_len());
        one[bit / 8] ^= 0x80 >> (bit % 8);
        let candidate = repair::single_bit(&one, Tolerance::Exact);
        let candidate = candidate
            .expect("a header that was right")
            .expect("one wrong bit");
        assert_eq!(candidate.bit(), bit);
        assert_eq!(
            candidate.verify(&key).map(|found| found.uplink().message),
            Ok(sent.message)
        );
    }
    for (frame, bit) in &sent.wrong {
        let frame = &mut all[usize::from(*frame) % 3];
        let bit = usize::from(*bit) % (8 * frame.len());
        frame[bit / 8] ^= 0x80 >> (bit % 8);
    }
    let some: Vec<_> = all
        .iter()
        .zip(sent.ranks)
        .filter(|(_, used)| *used)
        .map(|(frame, _)| frame.as_slice())
        .collect();
    let hard = combining::hard(&some, Tolerance::Two);
    let soft: Vec<_> = some
        .iter()
        .filter_map(|frame| {
            let head = uplink::head(frame, Tolerance::Two).ok()?;
            let mut weights = sent.weights.iter().cycle();
            let values: Vec<_> = bits_of(&frame[4..])
                .iter()
                .map(|bit| {
                    let weight = i8::try_from(weights.next().map_or(1, |weight| weight & 0x7F)).unwrap_or(1);
                    if *bit { weight } else { -weight }
                })
                .collect();
            SoftFrame::new(head.frame_type, &values)
        })
        .collect();
    let soft = combining::soft(&soft.iter().collect::<Vec<_>>());
    for received in [hard, soft].into_iter().flatten() {
        // Sixteen bits of tag may fit by chance, if the fuzzer looks for it long enough; five bytes will not.
        if let Ok(found) = received.verify(&key)
            && found.uplink().message.body.payload().as_slice().len() % 4 == 1
            && class != Class::B
        {
            assert_eq!(found.uplink().message.body, sent.message.body);
        }
    }
}

/// Any octets as a downlink, for any request; then an answer with errors in any places.
pub fn downlink(octets: &[u8]) {
    let mut decisions = Unstructured::new(octets);
    let (Ok(id), Ok(counter)) = (u32::arbitrary(&mut decisions), Counter::arbitrary(&mut decisions)) else {
        return;
    };
    let id = EpId(id);
    let rest = decisions.take_rest();
    match downlink::decode(rest, id, counter) {
        Ok(received) => {
            let frame: [u8; FRAME_LEN] = rest.try_into().expect("fifteen");
            let (word, wrong) = nearest(id, counter, frame);
            assert_eq!(word[4..12], received.received().answer.payload);
            assert_eq!(received.received().corrected, wrong);
            assert_eq!(crc::crc8(&word[4..14]), word[14]);
            let clean = wrong == 0;
            let heard = downlink::overhear(&frame).any(|heard| heard.could_answer(id, counter));
            assert_eq!(heard, clean);
        }
        Err(error) => match error.kind {
            ErrorKind::Truncated { missing } => assert_eq!(rest.len() + missing, FRAME_LEN),
            ErrorKind::Length { surplus } => assert_eq!(rest.len(), FRAME_LEN + surplus),
            ErrorKind::Crc => {
                let (word, _) = nearest(id, counter, rest.try_into().expect("fifteen"));
                assert_ne!(crc::crc8(&word[4..14]), word[14]);
            }
            other => panic!("{other:?}"),
        },
    }
    let Some((payload, places)) = rest.split_first_chunk::<8>() else {
        return;
    };
    let answer = Answer::new(id, counter, *payload);
    let mut frame = answer.encode(&key());
    let mut wrong = 0;
    for (column, at) in places.iter().enumerate().take(8) {
        if let Some(byte) = frame.get_mut(usize::from(*at)) {
            *byte ^= 1 << column;
            wrong += 1;
        }
    }
    let received = downlink::decode(&frame, id, counter).expect("one error in each code word");
    let authentic = received.verify(&key()).expect("its key");
    assert_eq!((authentic.answer, authentic.corrected), (answer, wrong));
}

/// The nearest words of all eight columns, by trying each of the fifteen places.
fn nearest(id: EpId, counter: Counter, mut frame: [u8; FRAME_LEN]) -> ([u8; FRAME_LEN], u8) {
    Seed::new(id, counter).whiten(&mut frame);
    let lawful = |word: &[u8; FRAME_LEN], column: u8| {
        let data = core::array::from_fn(|at| word[at + 4]);
        bch::encode(&data)
            .iter()
            .zip(word)
            .all(|(a, b)| (a ^ b) >> column & 1 == 0)
    };
    let mut wrong = 0;
    for column in 0..8 {
        if lawful(&frame, column) {
            continue;
        }
        let flipped = (0..FRAME_LEN).map(|at| {
            let mut word = frame;
            word[at] ^= 1 << column;
            word
        });
        frame = flipped
            .filter(|word| lawful(word, column))
            .next()
            .expect("a perfect code");
        wrong += 1;
    }
    (frame, wrong)
}

/// Any stream: the candidates are those of a look at every place; of equal weight, values say what bits say.
pub fn search(octets: &[u8]) {
    let Some((&[choice, weight], stream)) = octets.split_first_chunk::<2>() else {
        return;
    };
    let tolerance = TOLERANCES[usize::from(choice) % 3];
    let min = choice / 3 % 20;
    let options = Options::new().with_tolerance(tolerance).with_min_preamble(min);
    let bits = bits_of(&stream[..stream.len().min(400)]);
    let mut expected = Vec::new();
    for end in 32..=bits.len() {
        let head = &bits[end - 32..end];
        let errors = (0..19).filter(|at| head[*at] != (at % 2 == 0)).count();
        let word = head[19..]
            .iter()
            .fold(0_u16, |word, bit| word << 1 | u16::from(*bit));
        let near = FrameType::ALL
            .iter()
            .find(|of| (of.word() ^ word).count_ones() <= u32::from(tolerance.get()));
        if let Some(of) = near
            && errors <= usize::from(19 - min)
            && let Some(frame) = bits.get(end - 32..end - 32 + of.class.frame_bits())
        {
            expected.push((end - 32 + frame.len(), end - 32, *of, errors, frame));
        }
    }
    expected.sort_by_key(|(end, start, ..)| (*end, usize::MAX - start));
    let mut expected = expected.into_iter();
    let weight = i8::try_from(weight & 0x7F).unwrap_or(1).max(1);
    let (mut hard, mut soft) = (HardSearch::new(options), SoftSearch::new(options));
    for (at, bit) in bits.iter().enumerate() {
        let mut values = soft.push(if *bit { weight } else { -weight });
        for found in hard.push(*bit) {
            let (end, start, of, errors, frame) = expected.next().expect("a place that was looked at");
            assert_eq!((end, u64::try_from(start)), (at + 1, Ok(found.start())));
            assert_eq!(
                (of, errors),
                (found.head().frame_type, usize::from(found.preamble_errors()))
            );
            assert_eq!(bits_of(found.as_bytes()), frame);
            let same = uplink::decode(found.as_bytes(), tolerance);
            assert_eq!(same, found.decode());
            let value = values.next().expect("the same by weight");
            assert_eq!(value.start(), found.start());
            assert_eq!(value.frame().frame_type(), of);
            assert_eq!(value.decode().is_ok(), same.is_ok());
        }
        assert!(values.next().is_none());
    }
    assert!(expected.next().is_none());
}
