//! Looks for frames in a stream of bits and combines those that are damaged.
//!
//! The stream is made here: noise, then the three frames of one message, each damaged, with noise between them. A receiver would
//! push what its demodulator gives.
//!
//! `cargo run --example search_bits`

use std::process::ExitCode;

use sigfox_frame::EpId;
use sigfox_frame::auth::DeviceKey;
use sigfox_frame::coding::combining;
use sigfox_frame::search::{Candidate, HardSearch, Options};
use sigfox_frame::sequence::Rollover;
use sigfox_frame::uplink::{Body, Frames, Message, Payload, Rank, Tolerance};

fn main() -> ExitCode {
    match run() {
        Some(()) => ExitCode::SUCCESS,
        None => ExitCode::FAILURE,
    }
}

fn run() -> Option<()> {
    let key = DeviceKey::new([7; 16])?;
    let body = Body::Bytes(Payload::new(b"21.4 C").ok()?);
    let message = Message::new(EpId(0x00A1_B2C3), Rollover::R4096.counter(1015).ok()?, body);
    let stream = stream(&Frames::new(&message, &key).ok()?);

    let mut search = HardSearch::new(Options::default());
    let mut damaged: Vec<Candidate> = Vec::new();
    for bit in stream {
        for candidate in search.push(bit) {
            let of = candidate.head().frame_type;
            let verdict = match candidate.decode() {
                Ok(received) => format!("device {}", received.ep_id()),
                Err(error) => error.kind.code().to_owned(),
            };
            println!(
                "bit {}: class {} rank {}: {verdict}",
                candidate.start(),
                of.class,
                of.rank.get()
            );
            // Rivals: the better one stays.
            if let Some(rival) = damaged.iter_mut().find(|rival| rival.is_rival_of(&candidate)) {
                if candidate.is_better_than(rival) {
                    *rival = candidate;
                }
            } else {
                damaged.push(candidate);
            }
        }
    }

    // Noise has heads too. Frames of one message have one class and different ranks; the tag says which are.
    for first in &damaged {
        let class = first.head().frame_type.class;
        let group = Rank::ALL.map(|rank| {
            let of_rank = |other: &&Candidate| {
                let of = other.head().frame_type;
                other.start() >= first.start() && of.class == class && of.rank == rank
            };
            damaged.iter().find(of_rank).map(Candidate::as_bytes)
        });
        let frames: Vec<_> = group.into_iter().flatten().collect();
        let Ok(received) = combining::hard(&frames, Tolerance::default()) else {
            continue;
        };
        if let Ok(authentic) = received.verify(&key)
            && let Body::Bytes(payload) = authentic.message.body
        {
            println!(
                "{} frames together: {}",
                frames.len(),
                String::from_utf8_lossy(&payload)
            );
            return Some(());
        }
    }
    None
}

/// The frames of a message with a wrong bit each, and 500 bits of noise before each of them.
fn stream(frames: &Frames) -> Vec<bool> {
    let mut state = 0x2545_F491_u32;
    let mut noise = move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state & 1 == 1
    };
    let mut stream = Vec::new();
    for (rank, wrong) in Rank::ALL.into_iter().zip([60, 90, 120]) {
        stream.extend(core::iter::repeat_with(&mut noise).take(500));
        let frame = frames.frame(rank);
        let bits = frame
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |at| (byte >> at) & 1 == 1));
        stream.extend(bits.enumerate().map(|(at, bit)| bit ^ (at == wrong)));
    }
    stream.extend(core::iter::repeat_with(&mut noise).take(500));
    stream
}
