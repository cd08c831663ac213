//! A downlink frame, for the device and the counter that it answers (sigfox-radio part II).

use sigfox_frame::auth::DeviceKey;
use sigfox_frame::coding::bch;
use sigfox_frame::coding::crc::crc8;
use sigfox_frame::coding::whitening::Seed;
use sigfox_frame::downlink::{AIR_HEAD, FRAME_LEN, decode};

use super::{Bits, check};
use crate::Failure;
use crate::input::Asked;

pub(super) fn explain(octets: &[u8], asked: Asked, key: Option<&DeviceKey>) -> Result<(), Failure> {
    println!(
        "Sigfox downlink to {} after its message {}. § refers to sigfox-radio.md.\n",
        asked.ep_id, asked.counter
    );
    let on_air = octets.len() == AIR_HEAD.len().saturating_add(FRAME_LEN);
    let start = if on_air { AIR_HEAD.len() } else { 0 };
    if on_air {
        let head = Bits { octets, start: 0 };
        head.row("preamble", 0, 91, &"not checked: receivers lock on its end", "14");
        head.row("sync", 91, 104, &"0x1227", "14");
    }
    let frame = octets.get(start..).unwrap_or_default();
    let bits = Bits {
        octets: frame,
        start: start.saturating_mul(8),
    };
    bits.row("whitened", 0, frame.len().saturating_mul(8), &"as sent", "17");
    let Ok(mut plain) = <[u8; FRAME_LEN]>::try_from(frame) else {
        check(
            false,
            "length",
            &format!("{} bytes, not {FRAME_LEN}", frame.len()),
            "18",
        );
        return Err(Failure::new("refused: no downlink has this length"));
    };
    let seed = Seed::new(asked.ep_id, asked.counter);
    seed.whiten(&mut plain);
    let corrected = bch::correct(&mut plain);
    println!("\nWithout whitening (seed {}) and corrected:", seed.get());
    let bits = Bits {
        octets: &plain,
        start: start.saturating_mul(8),
    };
    bits.row("ECC", 0, 32, &"BCH(15,11) across the bytes", "16");
    bits.row("payload", 32, 96, &"eight bytes for the application", "14");
    bits.row("tag", 96, 112, &"2 bytes of AES-128", "15");
    bits.row("CRC", 112, 120, &"CRC-8 over payload and tag", "15");
    println!();
    check(true, "correction", &format!("{corrected} of 8 code words"), "16");
    let computed = crc8(plain.get(4..14).unwrap_or_default());
    let [.., received] = plain;
    check(
        computed == received,
        "CRC",
        &format!("{received:02x} received, {computed:02x} computed"),
        "18",
    );
    let decoded = decode(frame, asked.ep_id, asked.counter)
        .map_err(|error| Failure::new(format!("refused: {}: {error}", error.kind.code())))?;
    match key.map(|key| decoded.verify(key)) {
        None => println!("? {:12} not checked: no --radio-key  §15", "tag"),
        Some(Ok(_)) => {
            check(true, "tag", &"under the key of the device", "15");
        }
        Some(Err(error)) => {
            check(false, "tag", &"not of this key", "15");
            return Err(Failure::new(format!("refused: {}: {error}", error.kind.code())));
        }
    }
    Ok(())
}
