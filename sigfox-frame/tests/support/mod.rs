//! Messages, keys and a plain second implementation for the tests.

#![allow(dead_code, reason = "each test binary uses its part")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use aes::Aes128Enc;
use aes::cipher::{BlockEncrypt as _, KeyInit as _};
use proptest::prelude::*;
use sigfox_frame::EpId;
use sigfox_frame::auth::DeviceKey;
use sigfox_frame::control::{Control, DeciCelsius, Rssi, Supply};
use sigfox_frame::sequence::Counter;
use sigfox_frame::uplink::{Body, Message, Payload, Rank};

pub(crate) const KEY: [u8; 16] = [
    0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6, 0xAB, 0xF7, 0x15, 0x88, 0x09, 0xCF, 0x4F, 0x3C,
];

pub(crate) fn key() -> DeviceKey {
    DeviceKey::new(KEY).unwrap()
}

pub(crate) fn counter(value: u16) -> Counter {
    Counter::new(value).unwrap()
}

pub(crate) fn bytes(payload: &[u8]) -> Body {
    Body::Bytes(Payload::new(payload).unwrap())
}

/// One message of each kind and length.
pub(crate) fn bodies() -> Vec<Body> {
    let supply = Supply {
        idle_mv: 3312,
        transmit_mv: 2987,
        temperature: DeciCelsius(-57),
    };
    let mut bodies = vec![
        Body::Empty,
        Body::Bit(false),
        Body::Bit(true),
        Body::Control(Control::KeepAlive(supply)),
        Body::Control(Control::DownlinkConfirmation {
            supply,
            rssi: Rssi::new(-118).unwrap(),
        }),
    ];
    let all: Vec<u8> = (0x51..).take(12).collect();
    bodies.extend((1..=12).map(|len| bytes(&all[..len])));
    bodies.extend((5..=8).map(|len| Body::Control(Control::parse(&all[..len]).unwrap())));
    bodies
}

/// One message of each class.
pub(crate) fn classes() -> Vec<Message> {
    let control = Control::parse(&[0x42, 1, 2, 3, 4, 5]).unwrap();
    let payload = *b"any twelve..";
    let mut all: Vec<_> = [1, 4, 5, 9].iter().map(|len| bytes(&payload[..*len])).collect();
    all.extend([Body::Bit(true), Body::Control(control)]);
    all.into_iter()
        .map(|body| Message::new(EpId(0x00A1_B2C3), counter(1015), body))
        .collect()
}

pub(crate) fn any_body() -> impl Strategy<Value = Body> {
    prop_oneof![
        Just(Body::Empty),
        any::<bool>().prop_map(Body::Bit),
        proptest::collection::vec(any::<u8>(), 1..=12).prop_map(|payload| bytes(&payload)),
        (
            prop_oneof![Just(8), Just(9), any::<u8>()],
            proptest::collection::vec(any::<u8>(), 4..=7)
        )
            .prop_map(|(kind, rest)| {
                let record: Vec<u8> = core::iter::once(kind).chain(rest).collect();
                Body::Control(Control::parse(&record).unwrap())
            }),
    ]
}

pub(crate) fn any_message() -> impl Strategy<Value = Message> {
    (any::<u32>(), 0_u16..4096, any_body(), any::<bool>()).prop_map(|(id, mc, body, downlink)| {
        let message = Message::new(EpId(id), counter(mc), body);
        if downlink && !matches!(body, Body::Control(_)) {
            message.asking_for_downlink()
        } else {
            message
        }
    })
}

pub(crate) fn bits_of(bytes: &[u8]) -> Vec<bool> {
    let bit = |byte: &u8| {
        let byte = *byte;
        (0..8).rev().map(move |at| byte >> at & 1 == 1)
    };
    bytes.iter().flat_map(bit).collect()
}

pub(crate) fn bytes_of(bits: &[bool]) -> Vec<u8> {
    let byte = |bits: &[bool]| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    bits.chunks(8).map(byte).collect()
}

/// CRC-16 bit by bit.
pub(crate) fn crc16(data: &[u8]) -> u16 {
    let mut crc = 0_u16;
    for bit in bits_of(data) {
        let top = (crc >> 15 == 1) ^ bit;
        crc <<= 1;
        if top {
            crc ^= 0x1021;
        }
    }
    !crc
}

/// A whole tag block by the text of spec §7.
pub(crate) fn mac(key: &[u8; 16], message: &[u8]) -> [u8; 16] {
    let cipher = Aes128Enc::new(&(*key).into());
    let blocks = if message.len() <= 16 { 1 } else { 2 };
    let mut state = [0; 16];
    for block in 0..blocks {
        for (at, byte) in state.iter_mut().enumerate() {
            *byte ^= message[(16 * block + at) % message.len()];
        }
        let mut array = state.into();
        cipher.encrypt_block(&mut array);
        state = array.into();
    }
    state
}

/// Filters bit by bit.
pub(crate) fn filtered(rank: Rank, content: &[u8]) -> Vec<u8> {
    let bits = bits_of(content);
    let at = |n: usize, back: usize| n.checked_sub(back).is_some_and(|n| bits[n]);
    let out = |n| match rank {
        Rank::First => bits[n],
        Rank::Second => at(n, 0) ^ at(n, 1) ^ at(n, 2),
        Rank::Third => at(n, 0) ^ at(n, 2),
    };
    bytes_of(&(0..bits.len()).map(out).collect::<Vec<_>>())
}

/// The frame of a content without its CRC.
pub(crate) fn framed(head: [u8; 4], rank: Rank, body: &[u8]) -> Vec<u8> {
    let content = [body, &crc16(body).to_be_bytes()].concat();
    [&head[..], &filtered(rank, &content)].concat()
}

/// Any bits, always the same.
pub(crate) fn random() -> impl FnMut() -> u8 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    }
}
