//! `comet decode` and `comet explain` of Sigfox callbacks and frames.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use sigfox_frame::EpId;
use sigfox_frame::auth::{DeviceKey, PublicKey};
use sigfox_frame::coding::crc::crc16;
use sigfox_frame::downlink::{AIR_HEAD, Answer};
use sigfox_frame::sequence::Counter;
use sigfox_frame::uplink::{Body, Frames, Message, Rank};
use support::{comet, text};

/// Worked example 1 of sigfox-radio.
const HELLO: &str = "aaaaa611e3f7c3b2a10048656c6c6f5e4928e1e8552f";
const KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c";
const CALLBACK: &str = r#"{"cb":"bidir","device":"2d91f3","time":1718000000,"seqNumber":"611","data":"850a01ff38","ack":true,"rssi":-131.5,"own":"x"}"#;

fn key() -> DeviceKey {
    DeviceKey::new(0x2B7E_1516_28AE_D2A6_ABF7_1588_09CF_4F3C_u128.to_be_bytes()).unwrap()
}

fn octets(hex: &str) -> Vec<u8> {
    let pair = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(pair).collect()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn bits(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:08b}")).collect()
}

#[track_caller]
fn told(arguments: &[&str], input: &str, success: bool) -> String {
    let output = comet(arguments, input.as_bytes());
    assert_eq!(
        output.status.success(),
        success,
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// The line of a field or check, blanks made one.
#[track_caller]
fn line(printed: &str, what: &str) -> String {
    let found = printed.lines().find(|line| {
        let mut words = line.split_whitespace();
        words.next();
        words.next() == Some(what)
    });
    let found = found.unwrap_or_else(|| panic!("no {what} in {printed}"));
    found.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_bit_of_a_frame_is_told_with_its_meaning() {
    let printed = told(&["explain", "--hex", "--radio-key", KEY], HELLO, true);
    for (what, expected) in [
        ("preamble", "0..19 preamble 1010101010101010101 alternating §2"),
        ("LI", "32..34 LI 11 a tag of 5 bytes §4"),
        ("BF", "34..35 BF 1 asks for a downlink §4"),
        ("MC", "36..48 MC 001111110111 message counter 1015 §4"),
        ("EP-ID", "48..80 EP-ID c3b2a100 device 00A1B2C3 §5"),
        (
            "payload",
            "80..120 payload 48656c6c6f 5 bytes; what they mean is their owner's §6",
        ),
        ("tag", "120..160 tag 5e4928e1e8 5 bytes of AES-128 CBC-MAC §7"),
    ] {
        assert_eq!(line(&printed, what), expected);
    }
    assert!(printed.contains("✓ tag          all 5 bytes, under the key of the device  §7"));
    assert!(printed.contains("✓ CRC          552f received, 552f computed  §8"));
    // The ranges of every class and rank add up.
    let message = |body| Message::new(EpId(7), Counter::new(9).unwrap(), body);
    let payload = |len| Body::Bytes(sigfox_frame::uplink::Payload::new(&[0x42; 12][..len]).unwrap());
    for body in [Body::Empty, Body::Bit(true)]
        .into_iter()
        .chain((1..=12).map(payload))
    {
        for rank in Rank::ALL {
            let frame = Frames::new(&message(body), &key()).unwrap().frame(rank);
            let printed = told(&["explain", "--hex", "--radio-key", KEY], &hex(&frame), true);
            let mut at = 0;
            for row in printed
                .lines()
                .filter(|line| line.contains("..") && !line.contains(" coded "))
            {
                let (from, to) = row.split_whitespace().next().unwrap().split_once("..").unwrap();
                assert_eq!(from.parse::<usize>().unwrap(), at, "{printed}");
                at = to.parse().unwrap();
            }
            assert_eq!(at, frame.len() * 8, "{printed}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_frame_is_told_at_its_check() {
    let frame = octets(HELLO);
    let explain = |frame: &[u8]| {
        told(
            &["explain", "--family", "sigfox-radio", "--hex", "--radio-key", KEY],
            &hex(frame),
            false,
        )
    };
    assert!(explain(&frame[..3]).contains("✗ frame        truncated"));
    assert!(explain(&[&frame[..], &[0]].concat()).contains("✗ frame        "));
    assert!(explain(&[0xAA, 0xAA, 0xBF, 0xFF, 0, 0]).contains("✗ FT           "));
    let mut damaged = frame.clone();
    damaged[10] ^= 0x80;
    assert!(explain(&damaged).contains("✗ CRC          552f received, "));
    let mut forged = frame.clone();
    forged[15] ^= 1;
    let crc = crc16(&forged[4..20]);
    forged[20..].copy_from_slice(&crc.to_be_bytes());
    assert!(explain(&forged).contains("✗ tag          not of this key"));
    let mut reserved = octets("aaaaa06b4001c3b2a1000000");
    let crc = crc16(&reserved[4..]);
    reserved.extend_from_slice(&crc.to_be_bytes());
    assert!(explain(&reserved).contains("✗ header       "));
    let public = Frames::new(
        &Message::new(EpId(7), Counter::new(9).unwrap(), Body::Empty),
        &PublicKey::new(),
    )
    .unwrap();
    let printed = told(&["explain", "--hex"], &hex(&public.frame(Rank::First)), true);
    assert!(
        printed.contains("✗ public key   fits: this proves nothing"),
        "{printed}"
    );
    assert!(printed.contains("? tag          not checked"));
}

#[test]
fn frames_are_found_in_bits_wherever_they_begin() {
    let frame = octets(HELLO);
    let other = Frames::new(
        &Message::new(EpId(7), Counter::new(9).unwrap(), Body::Bit(false)),
        &key(),
    )
    .unwrap();
    let other = other.frame(Rank::Third);
    let stream = format!("0110010{}\n1100{}101", bits(&frame), bits(&other));
    let printed = told(&["explain", "--bits", "--radio-key", KEY], &stream, true);
    assert!(
        printed.starts_with("302 bits searched at every place: 2 frames."),
        "{printed}"
    );
    assert!(
        printed.contains(" 7..26  preamble") && printed.contains(" 187..206  preamble"),
        "{printed}"
    );
    let decoded = told(&["decode", "--bits", "--radio-key", KEY], &stream, true);
    assert!(decoded.contains(
        "class D rank 1 of 00A1B2C3, number 1015, payload `48656c6c6f`, asks for a downlink: authentic"
    ));
    assert!(decoded.contains("class A rank 3 of 00000007, number 9, bit 0: authentic"));
    assert!(
        !comet(
            &["decode", "--bits", "--radio-key", &"11".repeat(16)],
            stream.as_bytes()
        )
        .status
        .success()
    );
    told(&["explain", "--bits"], "0120", false);
}

#[test]
fn a_downlink_is_read_for_the_message_that_it_answers() {
    let answer = Answer::new(
        EpId(0x00A1_B2C3),
        Counter::new(1015).unwrap(),
        [1, 2, 3, 4, 5, 6, 7, 8],
    );
    let mut frame = answer.encode(&key());
    frame[6] ^= 0x10;
    let on_air = [&AIR_HEAD[..], &frame].concat();
    for frame in [&frame[..], &on_air] {
        let asked = ["--answers", "00A1B2C3:1015", "--radio-key", KEY, "--hex"];
        let printed = told(&[&["explain"], &asked[..]].concat(), &hex(frame), true);
        assert!(
            printed.contains("✓ correction   1 of 8 code words  §16"),
            "{printed}"
        );
        assert!(line(&printed, "payload").contains("0102030405060708"));
        let decoded = told(&[&["decode"], &asked[..]].concat(), &hex(frame), true);
        assert!(
            decoded.contains("`0102030405060708`, 1 code words corrected: authentic"),
            "{decoded}"
        );
    }
    let wrong = [
        "explain",
        "--answers",
        "00A1B2C3:1016",
        "--radio-key",
        KEY,
        "--hex",
    ];
    assert!(told(&wrong, &hex(&frame), false).contains('✗'));
}

#[test]
fn a_callback_is_told_key_by_key_and_rule_by_rule() {
    let printed = told(&["explain"], CALLBACK, true);
    let at = CALLBACK.find("\"850a").unwrap();
    let data = line(&printed, "data");
    assert!(
        data.starts_with(&format!("{at}..{}", at + 12)) && data.ends_with("(§4.1, R9)"),
        "{data}"
    );
    for expected in [
        "✓ device       2D91F3, written 2d91f3  R8",
        "✓ identity     device 2D91F3, time 1718000000, counter 611  R12",
        "✓ repetition   merges without change  R12",
        "✓ answer       200 with eight bytes if a downlink is pending",
    ] {
        assert!(printed.contains(expected), "{printed}");
    }
    let decoded = told(&["decode"], CALLBACK, true);
    assert!(decoded.starts_with(
        "bidir 2D91F3 at 1718000000 s since 1970, number 611, payload `850a01ff38`, asks for a downlink\n"
    ));
    assert!(
        decoded.contains("signal-level") && decoded.contains("-131.5 dBm"),
        "{decoded}"
    );
    let json = told(
        &["decode", "--format", "json", "--configuration", "t:3:int:16"],
        CALLBACK,
        true,
    );
    let lines: Vec<serde_json::Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["value"]["integer"], -200);
    assert_eq!(lines[1]["provenance"]["description"]["confirmed"], false);
    // Other carriers, guessed; a file ends with a line feed.
    for (input, arguments) in [
        ("id=2D91F3&time=1718000000&data=00\n", &[][..]),
        ("device => 2D91F3\ntime => 1718000000\ndata => '00'\n", &[]),
        (
            "2D91F3;1718000000;00\n",
            &["--line-pattern", "{device};{time};{data}"],
        ),
        (r#"[{"device":"2D91F3","time":1718000000,"data":"00"}]"#, &[]),
    ] {
        let decoded = told(&[&["decode"], arguments].concat(), input, true);
        assert!(
            decoded.starts_with("uplink 2D91F3 at 1718000000 s since 1970, payload `00`"),
            "{decoded}"
        );
        told(&[&["explain"], arguments].concat(), input, true);
    }
    let refused = told(
        &["explain"],
        &CALLBACK.replace("1718000000", "1718000000000"),
        false,
    );
    assert!(
        refused.contains("refused: bad-time") && refused.contains("the answer is 400"),
        "{refused}"
    );
}
