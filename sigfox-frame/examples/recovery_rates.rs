//! How many messages survive one to four wrong bits in each of their frames, as a table: each frame alone, two together, all three.
//!
//! `cargo run --release --example recovery_rates [MESSAGES]`; the default is 20,000 for each line.
//!
//! Wrong bits are at random places of the content; the frame type has a code of its own, which corrects two. A message counts if
//! it is decoded with a right CRC, its tag verifies, and it is the one that was sent.

use std::process::ExitCode;

use sigfox_frame::EpId;
use sigfox_frame::auth::DeviceKey;
use sigfox_frame::coding::{combining, repair};
use sigfox_frame::sequence::Rollover;
use sigfox_frame::uplink::{
    Body, Frames, HEAD_LEN, Message, Payload, Rank, Tolerance, Unauthenticated, decode,
};

/// Any numbers, always the same.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33)
            .ok()
            .and_then(|number| number.checked_rem(end))
            .unwrap_or_default()
    }
}

/// Turns `count` different bits of the content.
fn damage(random: &mut Random, frame: &mut [u8], count: usize) {
    let content = frame.len().saturating_sub(HEAD_LEN).saturating_mul(8);
    let mut turned: Vec<usize> = Vec::new();
    while turned.len() < count {
        let bit = random.below(content);
        if !turned.contains(&bit) {
            turned.push(bit);
            if let Some(byte) = frame.get_mut(HEAD_LEN.saturating_add(bit / 8)) {
                *byte ^= 0x80 >> (bit % 8);
            }
        }
    }
}

/// The columns of the table.
const WAYS: [&[Rank]; 7] = [
    &[Rank::First],
    &[Rank::Second],
    &[Rank::Third],
    &[Rank::First, Rank::Second],
    &[Rank::First, Rank::Third],
    &[Rank::Second, Rank::Third],
    &[Rank::First, Rank::Second, Rank::Third],
];

/// How many of `messages` are recovered in each way, with `wrong` wrong bits in each frame.
fn line(messages: usize, wrong: usize) -> Option<[usize; 7]> {
    let key = DeviceKey::new([7; 16])?;
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut recovered = [0_usize; 7];
    for number in 0..messages {
        let payload: [u8; 12] = core::array::from_fn(|_| u8::try_from(random.below(256)).unwrap_or_default());
        let counter = Rollover::R4096
            .counter(u16::try_from(number.checked_rem(4096)?).ok()?)
            .ok()?;
        let message = Message::new(
            EpId(0x00A1_B2C3),
            counter,
            Body::Bytes(Payload::new(&payload).ok()?),
        );
        let frames = Frames::new(&message, &key).ok()?;
        let sent = Rank::ALL.map(|rank| {
            let mut frame = frames.frame(rank).to_vec();
            damage(&mut random, &mut frame, wrong);
            frame
        });
        let is_it = |received: &Unauthenticated| {
            received
                .verify(&key)
                .is_ok_and(|authentic| authentic.message == message)
        };
        for (way, recovered) in WAYS.iter().zip(&mut recovered) {
            let frames: Vec<&[u8]> = Rank::ALL
                .iter()
                .zip(&sent)
                .filter(|(rank, _)| way.contains(rank))
                .map(|(_, frame)| frame.as_slice())
                .collect();
            let found = match frames.as_slice() {
                [frame] => {
                    decode(frame, Tolerance::Two).is_ok_and(|received| is_it(&received))
                        || repair::single_bit(frame, Tolerance::Two).is_ok_and(|candidate| {
                            candidate
                                .and_then(|candidate| candidate.verify(&key).ok())
                                .is_some_and(|authentic| authentic.message == message)
                        })
                }
                frames => combining::hard(frames, Tolerance::Two).is_ok_and(|received| is_it(&received)),
            };
            *recovered = recovered.saturating_add(usize::from(found));
        }
    }
    Some(recovered)
}

fn main() -> ExitCode {
    let messages = std::env::args()
        .nth(1)
        .map_or(Some(20_000), |messages| messages.parse().ok());
    let Some(messages) = messages.filter(|messages| *messages > 0) else {
        eprintln!("usage: recovery_rates [MESSAGES]");
        return ExitCode::FAILURE;
    };
    println!("| wrong bits in each frame | 1 | 2 | 3 | 1 + 2 | 1 + 3 | 2 + 3 | 1 + 2 + 3 |");
    println!("|---|---|---|---|---|---|---|---|");
    for wrong in 1..=4 {
        let Some(recovered) = line(messages, wrong) else {
            return ExitCode::FAILURE;
        };
        print!("| {wrong} |");
        for count in recovered {
            let permille = count
                .saturating_mul(1000)
                .checked_div(messages)
                .unwrap_or_default();
            print!(" {}.{} % |", permille / 10, permille % 10);
        }
        println!();
    }
    ExitCode::SUCCESS
}
