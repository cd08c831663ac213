//! Downlinks of which EP-ID or MC is not known (spec §18).

use super::{FRAME_LEN, PAYLOAD_LEN, Received, checked, decode};
use crate::EpId;
use crate::auth::{Authentic, DeviceKey};
use crate::coding::bch;
use crate::coding::whitening::Seed;
use crate::sequence::{Counter, Rollover};

/// What a frame says under one of the 511 whitening sequences, undisturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Overheard {
    /// `(EP-ID · MC) mod 512` of the request, 511 for 0.
    pub seed: Seed,
    /// Eight bytes for the application.
    pub payload: [u8; PAYLOAD_LEN],
    /// The tag, which cannot be verified without the key.
    pub tag: [u8; 2],
}

impl Overheard {
    /// Whether this can be the answer to a request with this EP-ID and MC; one request in 511 can.
    #[must_use]
    pub fn could_answer(&self, ep_id: EpId, counter: Counter) -> bool {
        Seed::new(ep_id, counter) == self.seed
    }
}

/// Listens without EP-ID and MC: every sequence under which all eight code words are valid and the CRC fits. Frames with wrong
/// bits are not found: without that rule about two of 511 sequences fit by chance.
pub fn overhear(frame: &[u8; FRAME_LEN]) -> impl Iterator<Item = Overheard> + Clone {
    let frame = *frame;
    Seed::all().filter_map(move |seed| {
        let mut bytes = frame;
        seed.whiten(&mut bytes);
        let corrected = bch::correct(&mut bytes);
        let (payload, tag) = checked(&bytes).filter(|_| corrected == 0)?;
        Some(Overheard { seed, payload, tag })
    })
}

/// A downlink and the counter it was found to answer.
pub type Found = Authentic<Received>;

/// Listens with EP-ID and key, but without MC: every counter below the rollover under which CRC and tag fit. A tag has two
/// bytes, so a foreign frame is taken for an answer to one of 4096 counters once in 4000 times.
pub fn find_counter<'k>(
    frame: &[u8; FRAME_LEN],
    ep_id: EpId,
    key: &'k DeviceKey,
    rollover: Rollover,
) -> impl Iterator<Item = Found> + Clone + use<'k> {
    let frame = *frame;
    (0..rollover.get()).filter_map(move |counter| {
        let counter = rollover.counter(counter).ok()?;
        decode(&frame, ep_id, counter).ok()?.verify(key).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::super::Answer;
    use super::*;
    use alloc::vec::Vec;

    const ID: EpId = EpId(0x00A1_B2C3);

    fn key() -> DeviceKey {
        DeviceKey::new([9; 16]).unwrap()
    }

    #[test]
    fn a_clean_frame_is_overheard_and_a_damaged_one_is_not() {
        for value in [0, 1, 512, 1015, 4095] {
            let counter = Counter::new(value).unwrap();
            let answer = Answer::new(ID, counter, *b"downlink");
            let mut frame = answer.encode(&key());
            let heard: Vec<_> = overhear(&frame)
                .filter(|heard| heard.could_answer(ID, counter))
                .collect();
            assert_eq!(heard.len(), 1);
            assert_eq!(heard[0].payload, answer.payload);
            for at in 0..FRAME_LEN {
                frame[at] ^= 4;
                let wrong = |heard: &Overheard| heard.payload == answer.payload;
                assert!(!overhear(&frame).any(|heard| wrong(&heard)));
                frame[at] ^= 4;
            }
        }
    }

    #[test]
    fn the_counter_is_found_by_the_key() {
        let counter = Counter::new(1015).unwrap();
        let mut frame = Answer::new(ID, counter, *b"downlink").encode(&key());
        frame[0] ^= 0x40;
        let found: Vec<_> = find_counter(&frame, ID, &key(), Rollover::R4096).collect();
        assert!(
            found
                .iter()
                .any(|found| found.answer.counter == counter && found.corrected == 1)
        );
        assert!(found.len() <= 2);
        assert_eq!(
            find_counter(&frame, ID, &key(), Rollover::R512)
                .filter(|found| found.answer.counter == counter)
                .count(),
            0
        );
    }

    #[test]
    fn noise_is_overheard_rarely() {
        // 40 check bits against 511 sequences.
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut heard = 0;
        for _ in 0..2000 {
            let frame = core::array::from_fn(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_be_bytes()[0]
            });
            heard += overhear(&frame).count();
        }
        assert_eq!(heard, 0);
    }
}
