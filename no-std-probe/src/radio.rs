//! Frames of `sigfox-frame`: sent, damaged, found in a stream, combined, verified, answered.

use sigfox_frame::auth::DeviceKey;
use sigfox_frame::coding::{combining, repair};
use sigfox_frame::downlink::{self, Answer};
use sigfox_frame::region::{BitRate, RadioConfiguration};
use sigfox_frame::search::{HardSearch, Options, SoftSearch};
use sigfox_frame::sequence::{DeviceCounter, Rollover, Track, Verdict, Window};
use sigfox_frame::uplink::{Body, Frames, Message, Payload, Rank, Tolerance};
use sigfox_frame::{EpId, uplink};

/// Sends a payload under the key and gives the last four bytes of the answer, if everything went as it should.
pub(crate) fn exchange(key: [u8; 16], payload: &[u8]) -> Option<u32> {
    let key = DeviceKey::new(key)?;
    let id = EpId(0x00A1_B2C3);
    let mut counter = DeviceCounter::new(Rollover::R4096);
    let body = Body::Bytes(Payload::new(payload).ok()?);
    let message = Message::new(id, counter.next(), body).asking_for_downlink();
    let frames = Frames::new(&message, &key).ok()?;
    let mut damaged = Rank::ALL.map(|rank| ([0; uplink::MAX_FRAME_LEN], frames.frame(rank)));
    for (at, (bytes, frame)) in damaged.iter_mut().enumerate() {
        let place = bytes.get_mut(..frame.len())?;
        place.copy_from_slice(frame);
        *place.get_mut(at.checked_add(6)?)? ^= 4;
        uplink::decode(place, Tolerance::Two).is_err().then_some(())?;
    }
    counter.sent();

    // The stream of the first frame by bits, of the others by values.
    let (mut hard, mut soft) = (
        HardSearch::new(Options::default()),
        SoftSearch::new(Options::default()),
    );
    let mut found = 0_u32;
    for (bytes, frame) in &damaged {
        for byte in bytes.get(..frame.len())? {
            for at in 0..8 {
                let bit = (byte << at) & 0x80 != 0;
                let seen = hard
                    .push(bit)
                    .count()
                    .min(soft.push(if bit { 9 } else { -9 }).count());
                found = found.checked_add(u32::try_from(seen).ok()?)?;
            }
        }
    }
    (found >= 3).then_some(())?;

    let [(a, _), (b, _), (c, frame)] = &damaged;
    let len = frame.len();
    let all = [a.get(..len)?, b.get(..len)?, c.get(..len)?];
    let authentic = combining::hard(&all, Tolerance::Two).ok()?.verify(&key).ok()?;
    let repaired = repair::single_bit(a.get(..len)?, Tolerance::Two)
        .ok()??
        .verify(&key)
        .ok()?;
    (authentic.message == message && repaired.message == message).then_some(())?;
    let mut track = Track::new(Window::new(Rollover::R4096, 420)?);
    (authentic.admit(&mut track) == Verdict::First).then_some(())?;
    (repaired.admit(&mut track) == Verdict::Duplicate).then_some(())?;

    let europe = RadioConfiguration::Rc1.parameters();
    (BitRate::Bps100.air_time(frames.class().frame_bits()).as_millis() > 1000).then_some(())?;
    (europe.downlink_hz(europe.uplink_hz) == europe.downlink_centre_hz).then_some(())?;

    let mut answer = Answer::new(id, message.counter, *b"downlink").encode(&key);
    *answer.get_mut(9)? ^= 0x80;
    let received = downlink::decode(&answer, id, message.counter)
        .ok()?
        .verify(&key)
        .ok()?;
    let [.., w, x, y, z] = received.answer.payload;
    (received.corrected == 1).then_some(u32::from_be_bytes([w, x, y, z]))
}
