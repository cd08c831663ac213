//! Frames in a stream of bits or of soft values (spec §10.3).
//!
//! Frame types are not self-synchronising and a frame has no end marker. So every place is a candidate that has an alternating run
//! before it ([`Options::min_preamble`] of 19 bits) and a frame type within the tolerance; what follows from it has the length
//! that the frame type tells, and the CRC decides. All alignments are kept: candidates that begin within six bits of each other
//! are rivals ([`Candidate::is_rival_of`]), and often all but one fail.
//!
//! Work is bounded for each bit, whatever comes: one look at the last 32 bits and at most one candidate of each of the five
//! lengths. Nothing is allocated; the memory is that of one frame.
//!
//! ```
//! use sigfox_frame::search::{HardSearch, Options};
//!
//! let frame = *b"\xaa\xaa\xa6\x11\xe3\xf7\xc3\xb2\xa1\x00Hello\x5e\x49\x28\xe1\xe8\x55\x2f"; // spec, example 1
//! let stream = [0x5C, 0x13].into_iter().chain(frame).chain([0xF0]);
//! let mut search = HardSearch::new(Options::default());
//! let mut found = 0;
//! for byte in stream {
//!     for bit in (0..8).rev() {
//!         for candidate in search.push(byte >> bit & 1 == 1) {
//!             if let Ok(message) = candidate.decode() {
//!                 assert_eq!(message.ep_id().0, 0x00A1_B2C3);
//!                 assert_eq!(candidate.start(), 16);
//!                 found += 1;
//!             }
//!         }
//!     }
//! }
//! assert_eq!(found, 1);
//! ```

mod hard;
mod history;
mod soft;

pub use hard::{Candidate, Candidates, HardSearch};
pub use soft::{SoftCandidate, SoftCandidates, SoftSearch};

use crate::uplink::{Class, Tolerance};

/// Bits of preamble and frame type.
const HEAD_BITS: u64 = 32;
/// Bits of the preamble.
pub const PREAMBLE_BITS: u8 = 19;
/// Places within which frame types can be taken for each other (spec §10.3).
pub const RIVAL_DISTANCE: u64 = 6;
/// Bits of content, by length: classes A, B, C, D and K, E.
const CONTENT_BITS: [u32; 5] = [80, 88, 112, 144, 176];

/// What makes a place a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Wrong bits taken in the frame type.
    pub tolerance: Tolerance,
    /// Right bits needed in the preamble, up to 19; the specification holds 16 for workable. With 0 every place is looked at.
    pub min_preamble: u8,
}

impl Options {
    /// Tolerance two, 16 bits of preamble.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            tolerance: Tolerance::Two,
            min_preamble: 16,
        }
    }

    /// Sets the wrong bits taken in the frame type.
    #[must_use]
    pub const fn with_tolerance(mut self, tolerance: Tolerance) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets the right bits needed in the preamble; more than 19 are taken for 19.
    #[must_use]
    pub const fn with_min_preamble(mut self, bits: u8) -> Self {
        self.min_preamble = if bits < PREAMBLE_BITS { bits } else { PREAMBLE_BITS };
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

/// Where a candidate is and how well its head fits; shared by both searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// Bits of the stream before the content.
    content_at: u64,
    preamble_errors: u8,
    type_errors: u8,
}

impl Place {
    const fn start(self) -> u64 {
        self.content_at.saturating_sub(HEAD_BITS)
    }

    const fn is_rival_of(self, other: Self) -> bool {
        self.content_at.abs_diff(other.content_at) <= RIVAL_DISTANCE
    }

    /// Spec §10.3: distance 0 before 1 before 2; then the better preamble.
    fn is_better_than(self, other: Self) -> bool {
        (self.type_errors, self.preamble_errors) < (other.type_errors, other.preamble_errors)
    }
}

/// Whether a class has this many bits of content.
fn has_bits(class: Class, bits: u32) -> bool {
    u32::try_from(class.content_len().wrapping_mul(8)) == Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lengths_are_those_of_the_classes() {
        for class in Class::ALL {
            assert_eq!(
                CONTENT_BITS.iter().filter(|bits| has_bits(class, **bits)).count(),
                1
            );
        }
        assert!(
            CONTENT_BITS
                .iter()
                .all(|bits| Class::ALL.iter().any(|class| has_bits(*class, *bits)))
        );
    }
}
