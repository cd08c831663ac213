//! A captured session, frame by frame: places, fields, meanings, and the verdict of each tag.

mod bodies;
mod samples;

use core::fmt::Display;
use std::collections::BTreeMap;

use wifisensor_tcp::frame::{Direction, FrameType, HEAD_LEN};
use wifisensor_tcp::keys::TAG_LEN;

use crate::Failure;
use crate::capture::{Capture, Captured, Verdict};
use crate::input::Input;

pub(super) fn explain(octets: &[u8], input: &Input) -> Result<(), Failure> {
    println!(
        "Session of a WiFi sensor, {} octets. § refers to wifisensor-tcp.md.\n",
        octets.len()
    );
    let mut verdicts: BTreeMap<&'static str, u32> = BTreeMap::new();
    let (mut broken, mut wrong) = (0_u32, 0_u32);
    for captured in Capture::new(octets, input.key_id(), input.secret()) {
        match captured {
            Ok(captured) => {
                let count = verdicts.entry(captured.verdict.text()).or_default();
                *count = count.saturating_add(1);
                if captured.verdict.is_wrong() {
                    wrong = wrong.saturating_add(1);
                }
                if !frame(&captured) {
                    broken = broken.saturating_add(1);
                }
            }
            Err(no_frame) => {
                let error = no_frame.error;
                println!("{:>11}  no frame: {error}  §3", no_frame.at);
                return Err(Failure::new(format!(
                    "{}: {error}, in a frame that begins at octet {}",
                    error.kind.code(),
                    no_frame.at
                )));
            }
        }
    }
    for (verdict, count) in &verdicts {
        println!("{count} × {verdict}");
    }
    if broken > 0 {
        return Err(Failure::new(format!("{broken} bodies break their layout")));
    }
    if wrong > 0 {
        return Err(Failure::new(format!("{wrong} frames are not authentic")));
    }
    Ok(())
}

/// One frame; whether its body can be read.
fn frame(captured: &Captured<'_>) -> bool {
    let Captured { at, frame, verdict } = captured;
    let (header, body) = (frame.header(), frame.body());
    let arrow = match header.kind.direction() {
        Direction::FromDevice => "device → server",
        Direction::FromServer => "device ← server",
    };
    let name = header.kind.name().unwrap_or("unknown type");
    println!("{arrow}  {name}");
    let rows = Rows {
        at: *at,
        octets: frame.signed(),
    };
    rows.row("magic", 0, 1, &"a frame begins", "3");
    rows.row("type", 1, 1, &name, "3");
    rows.row(
        "length",
        2,
        2,
        &format!("{} of body, {TAG_LEN} of tag", body.len()),
        "3",
    );
    rows.row("seq", 4, 4, &header.seq, "5");
    let readable = match header.kind {
        FrameType::Samples => samples::rows(&rows, body),
        _ => bodies::rows(&rows, header.kind, body),
    };
    if let Err(error) = &readable {
        let place = HEAD_LEN.saturating_add(error.offset).saturating_add(*at);
        println!("{place:>11}  MALFORMED: {error}");
    }
    let tag_at = at.saturating_add(HEAD_LEN).saturating_add(body.len());
    let verdict_text = match verdict {
        Verdict::WrongSeq { expected } => format!("{}, expected {expected}", verdict.text()),
        _ => verdict.text().to_owned(),
    };
    line(tag_at, TAG_LEN, "tag", &hex(frame.tag()), &verdict_text, "5");
    println!();
    readable.is_ok()
}

/// Prints fields of one frame with their places in the capture.
struct Rows<'a> {
    at: usize,
    octets: &'a [u8],
}

impl Rows<'_> {
    /// A field by its place in the frame.
    fn row(&self, name: &str, from: usize, len: usize, meaning: &dyn Display, section: &str) {
        let raw = self
            .octets
            .get(from..from.saturating_add(len))
            .unwrap_or_default();
        line(
            self.at.saturating_add(from),
            len,
            name,
            &hex(raw),
            meaning,
            section,
        );
    }

    /// A field by its place in the body.
    fn body(&self, name: &str, from: usize, len: usize, meaning: &dyn Display, section: &str) {
        self.row(name, HEAD_LEN.saturating_add(from), len, meaning, section);
    }
}

fn line(at: usize, len: usize, name: &str, raw: &str, meaning: &dyn Display, section: &str) {
    let place = format!("{at}..{}", at.saturating_add(len));
    println!("{place:>11}  {name:12} {raw:34} {meaning}  §{section}");
}

/// The first sixteen octets; more says nothing to people.
fn hex(octets: &[u8]) -> String {
    let mut text: String = octets
        .iter()
        .take(16)
        .map(|octet| format!("{octet:02x}"))
        .collect();
    if octets.len() > 16 {
        text.push('…');
    }
    text
}

/// Seconds since 1970 as people write them.
fn utc(seconds: u32) -> String {
    comet_json::Timestamp::new(seconds.into(), 0).map_or_else(|| seconds.to_string(), |time| time.to_string())
}
