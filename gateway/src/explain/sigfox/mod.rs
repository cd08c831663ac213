//! Sigfox: requests of the cloud key by key, radio frames bit by bit.

mod callback;
mod downlink;
mod frame;

pub(super) use callback::explain as explain_callback;

use core::fmt::Display;

use crate::Failure;
use crate::input::{Frames, Input};

/// Frames of a device, or the downlink that answers one.
pub(super) fn explain_radio(octets: &[u8], input: &Input) -> Result<(), Failure> {
    if let Some(asked) = input.asked() {
        return downlink::explain(octets, asked, input.radio_key());
    }
    let Frames { list, searched } = input.frames(octets)?;
    if let Some(bits) = searched {
        println!("{bits} bits searched at every place: {} frames.\n", list.len());
    }
    let mut wrong = 0_u32;
    for (start, frame) in &list {
        if !frame::explain(*start, frame, input.radio_key()) {
            wrong = wrong.saturating_add(1);
        }
    }
    match wrong {
        0 => Ok(()),
        wrong => Err(Failure::new(format!("{wrong} frames are refused"))),
    }
}

/// Bits of octets, first bit on the left.
struct Bits<'a> {
    octets: &'a [u8],
    /// Number of the first bit in what was read.
    start: usize,
}

impl Bits<'_> {
    fn get(&self, from: usize, to: usize) -> String {
        let bit = |at: usize| {
            let octet = self.octets.get(at / 8)?;
            let shift = u32::try_from(7_usize.saturating_sub(at % 8)).ok()?;
            Some(if octet.checked_shr(shift)? & 1 == 1 {
                '1'
            } else {
                '0'
            })
        };
        (from..to).map_while(bit).collect()
    }

    /// The number that bits are; at most 32 of them.
    fn number(&self, from: usize, to: usize) -> u32 {
        self.get(from, to)
            .chars()
            .fold(0, |number, bit| number << 1 | u32::from(bit == '1'))
    }

    /// A field: its place, its bits or octets, its meaning.
    fn row(&self, name: &str, from: usize, to: usize, meaning: &dyn Display, section: &str) {
        let whole = from.is_multiple_of(8) && to.is_multiple_of(8) && to > from;
        let raw = if whole {
            let octets = self.octets.get(from / 8..to / 8).unwrap_or_default();
            octets.iter().map(|octet| format!("{octet:02x}")).collect()
        } else {
            self.get(from, to)
        };
        let place = format!(
            "{}..{}",
            self.start.saturating_add(from),
            self.start.saturating_add(to)
        );
        println!("{place:>11}  {name:12} {raw:26} {meaning}  §{section}");
    }
}

/// The outcome of a check; whether it passed.
fn check(passed: bool, what: &str, result: &dyn Display, section: &str) -> bool {
    let mark = if passed { '✓' } else { '✗' };
    // Rules have names of their own.
    let sign = if section.starts_with('R') { "" } else { "§" };
    println!("{mark} {what:12} {result}  {sign}{section}");
    passed
}
