//! An uplink frame: every bit range with its meaning, and each check of sigfox-radio §10.1.

use sigfox_frame::EpId;
use sigfox_frame::auth::{DeviceKey, PublicKey};
use sigfox_frame::coding::convolution;
use sigfox_frame::coding::crc::crc16;
use sigfox_frame::control::Control;
use sigfox_frame::uplink::{Body, Class, HEAD_LEN, Head, PREAMBLE, Rank, Tolerance, Uplink, decode, head};

use super::{Bits, check};

const HEAD_BITS: usize = 32;
/// Header and identifier.
const FIXED_BITS: usize = 48;
const CRC_BITS: usize = 16;

/// Prints a frame; whether it passes all checks that can be made.
pub(super) fn explain(start: usize, octets: &[u8], key: Option<&DeviceKey>) -> bool {
    println!(
        "Sigfox uplink, {} bits. § refers to sigfox-radio.md.\n",
        octets.len().saturating_mul(8)
    );
    let frame = Bits { octets, start };
    let found = head(octets, Tolerance::Two);
    head_rows(&frame, found.as_ref().ok());
    let Ok(found) = found.as_ref() else {
        println!();
        if let Err(error) = &found {
            check(
                false,
                error.field,
                &format!("{}: {error}", error.kind.code()),
                "10.1",
            );
        }
        return false;
    };
    let class = found.frame_type.class;
    let rank = found.frame_type.rank;
    let mut content = octets.get(HEAD_LEN..).unwrap_or_default().to_vec();
    if rank != Rank::First {
        frame.row("coded", HEAD_BITS, class.frame_bits(), &"content as sent", "9");
        println!("\nThe content without the filter {}:", filter(rank));
        convolution::decode(rank, &mut content);
    }
    let content = Bits {
        octets: &content,
        start: start.saturating_add(HEAD_BITS),
    };
    let tag_len = content_rows(&content, class);
    println!();
    checks(&content, octets, found, tag_len, key)
}

const fn filter(rank: Rank) -> &'static str {
    match rank {
        Rank::First => "1",
        Rank::Second => "1 + D + D²",
        Rank::Third => "1 + D²",
    }
}

fn head_rows(frame: &Bits<'_>, found: Option<&Head>) {
    let wrong = (frame.number(0, 19) ^ PREAMBLE).count_ones();
    let preamble = match wrong {
        0 => "alternating".to_owned(),
        wrong => format!("{wrong} bits are not as they should be; not checked"),
    };
    frame.row("preamble", 0, 19, &preamble, "2");
    let word = frame.number(19, HEAD_BITS);
    let meaning = match found {
        Some(head) => format!(
            "0x{word:04X}: class {}, rank {}, {} wrong bits",
            head.frame_type.class,
            head.frame_type.rank.get(),
            head.errors
        ),
        None => format!("0x{word:04X}"),
    };
    frame.row("frame type", 19, HEAD_BITS, &meaning, "3");
}

/// Fields of a content; bytes of its tag.
fn content_rows(content: &Bits<'_>, class: Class) -> usize {
    let flag = |at: usize, yes: &'static str, no: &'static str| {
        if content.number(at, at.saturating_add(1)) == 1 {
            yes
        } else {
            no
        }
    };
    let indicator = content.number(0, 2);
    let tag_len: usize = match class {
        Class::A | Class::B => 2,
        _ => usize::try_from(indicator).unwrap_or_default().saturating_add(2),
    };
    let meaning = match (class, indicator) {
        (Class::A, 0) => "an empty message".to_owned(),
        (Class::A, 2) => "one bit, 0".to_owned(),
        (Class::A, 3) => "one bit, 1".to_owned(),
        (Class::A, _) | (Class::B, 1..) | (Class::C, 3) => "reserved".to_owned(),
        _ => format!("a tag of {tag_len} bytes"),
    };
    content.row("LI", 0, 2, &meaning, "4");
    content.row("BF", 2, 3, &flag(2, "asks for a downlink", "no downlink"), "4");
    content.row(
        "REP",
        3,
        4,
        &flag(3, "passed on by a relay", "from the device"),
        "4",
    );
    content.row(
        "MC",
        4,
        16,
        &format!("message counter {}", content.number(4, 16)),
        "4",
    );
    let ep_id = EpId(content.number(16, FIXED_BITS).swap_bytes());
    content.row("EP-ID", 16, FIXED_BITS, &format!("device {ep_id}"), "5");
    let end = class.content_len().saturating_mul(8);
    let tag_end = end.saturating_sub(CRC_BITS);
    let tag_at = tag_end.saturating_sub(tag_len.saturating_mul(8)).max(FIXED_BITS);
    if tag_at > FIXED_BITS {
        let payload = content.octets.get(FIXED_BITS / 8..tag_at / 8).unwrap_or_default();
        let meaning = match class {
            Class::K => control(payload),
            _ => format!("{} bytes; what they mean is their owner's", payload.len()),
        };
        content.row(
            "payload",
            FIXED_BITS,
            tag_at,
            &meaning,
            if class == Class::K { "6.1" } else { "6" },
        );
    }
    content.row(
        "tag",
        tag_at,
        tag_end,
        &format!("{tag_len} bytes of AES-128 CBC-MAC"),
        "7",
    );
    content.row("CRC", tag_end, end, &"CRC-16 over header to tag", "8");
    tag_len
}

fn control(payload: &[u8]) -> String {
    match Control::parse(payload) {
        Some(Control::KeepAlive(supply)) => format!(
            "keep-alive: {} mV idle, {} mV transmitting, {}",
            supply.idle_mv, supply.transmit_mv, supply.temperature
        ),
        Some(Control::DownlinkConfirmation { supply, rssi }) => format!(
            "downlink confirmation: {} dBm; {} mV idle, {} mV transmitting, {}",
            rssi.dbm(),
            supply.idle_mv,
            supply.transmit_mv,
            supply.temperature
        ),
        _ => "a control record that is not described".to_owned(),
    }
}

fn checks(content: &Bits<'_>, octets: &[u8], head: &Head, tag_len: usize, key: Option<&DeviceKey>) -> bool {
    let class = head.frame_type.class;
    check(
        true,
        "frame type",
        &format!("{} of at most 2 wrong bits", head.errors),
        "10.1",
    );
    check(
        true,
        "length",
        &format!("{} bytes, as class {class} has", class.frame_len()),
        "2",
    );
    let sent = content.octets.split_last_chunk::<2>();
    let (computed, received) = sent.map_or((0, 0), |(body, crc)| (crc16(body), u16::from_be_bytes(*crc)));
    if !check(
        computed == received,
        "CRC",
        &format!("{received:04x} received, {computed:04x} computed"),
        "8",
    ) {
        return false;
    }
    let unauthenticated = match decode(octets, Tolerance::Two) {
        Ok(unauthenticated) => unauthenticated,
        Err(error) => return check(false, "header", &format!("{}: {error}", error.kind.code()), "4"),
    };
    check(true, "header", &"one that encoders make", "4");
    let uplink = unauthenticated.uplink();
    let public = unauthenticated.verify_public(&PublicKey::new()).is_ok();
    let passed = match key {
        None => {
            println!("? {:12} not checked: no --radio-key  §7", "tag");
            true
        }
        Some(key) => match unauthenticated.verify(key) {
            Ok(_) => check(
                true,
                "tag",
                &format!("all {tag_len} bytes, under the key of the device"),
                "7",
            ),
            Err(_) => check(false, "tag", &"not of this key", "7"),
        },
    };
    if public {
        check(false, "public key", &"fits: this proves nothing", "7.2");
    }
    told(uplink);
    passed
}

/// What no check decides, but who reads it should know.
fn told(uplink: &Uplink) {
    if uplink.padding_ambiguous {
        check(
            false,
            "padding",
            &"a shorter message has the same tag: made without the key, unless by a chance of 2⁻³²",
            "7.1",
        );
    } else {
        check(true, "padding", &"no shorter message has this tag", "7.1");
    }
    if matches!(uplink.message.body, Body::Control(_)) {
        println!(
            "! {:12} nothing protects the frame type: it may be an application message  §10.2",
            "class K"
        );
    }
    println!(
        "! {:12} not seen here: a recorded frame passes every check above  §11.4\n",
        "counter"
    );
}
