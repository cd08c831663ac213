//! Search by soft values.

use super::history::History;
use super::{CONTENT_BITS, HEAD_BITS, Options, PREAMBLE_BITS, Place, has_bits};
use crate::coding::combining::SoftFrame;
use crate::error::DecodeError;
use crate::uplink::{FrameType, PREAMBLE, Unauthenticated};

const HEAD: usize = 32;
const TYPE_BITS: u32 = 13;

/// Finds frames in a stream of soft values: positive for 1, negative for 0, 0 for unknown; the magnitude is the confidence.
///
/// The head is matched by correlation, not by distance: of the weight of the 19 values of the preamble, and of the 13 of the frame
/// type, no larger part may contradict than the options allow to bits of equal weight. Weak wrong values so count less than firm
/// ones.
#[derive(Debug, Clone)]
pub struct SoftSearch {
    options: Options,
    /// The last 256 values.
    ring: [i8; 256],
    /// Where the next value goes.
    at: u8,
    /// Where heads ended.
    marks: History,
    taken: u64,
}

/// A head that fits.
#[derive(Clone, Copy)]
struct Match {
    frame_type: FrameType,
    type_errors: u8,
    preamble_errors: u8,
}

impl SoftSearch {
    /// At the start of a stream.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            options,
            ring: [0; 256],
            at: 0,
            marks: History::default(),
            taken: 0,
        }
    }

    /// Takes one value, and gives the candidates that end with it: at most five.
    pub fn push(&mut self, value: i8) -> SoftCandidates<'_> {
        const LENGTHS: History = History::mask(&CONTENT_BITS);
        if let Some(place) = self.ring.get_mut(usize::from(self.at)) {
            *place = value;
        }
        self.at = self.at.wrapping_add(1);
        self.taken = self.taken.saturating_add(1);
        let is_head = self.taken >= HEAD_BITS && self.head(0).is_some();
        self.marks.push(is_head);
        let lengths: &[u32] = if self.marks.any(&LENGTHS) {
            &CONTENT_BITS
        } else {
            &[]
        };
        SoftCandidates {
            search: self,
            lengths: lengths.iter(),
        }
    }

    /// Values taken so far.
    #[must_use]
    pub const fn taken(&self) -> u64 {
        self.taken
    }

    /// The values of the ring from this many before the newest on, oldest first.
    fn values(&self, back: u8) -> impl Iterator<Item = i8> + '_ {
        let from = self.at.wrapping_sub(back);
        (0..back).map(move |step| {
            let at = usize::from(from.wrapping_add(step));
            self.ring.get(at).copied().unwrap_or_default()
        })
    }

    /// The head that ends this many values before the newest, if there is one.
    fn head(&self, back: u8) -> Option<Match> {
        let mut head = [0_i8; HEAD];
        for (to, from) in head.iter_mut().zip(self.values(back.wrapping_add(32))) {
            *to = from;
        }
        let (preamble, word) = head.split_at(usize::from(PREAMBLE_BITS));
        let allowed = u32::from(PREAMBLE_BITS.saturating_sub(self.options.min_preamble));
        let weight = against(preamble, PREAMBLE, allowed, PREAMBLE_BITS.into())?;
        let best = FrameType::ALL
            .iter()
            .filter_map(|frame_type| {
                let allowed = self.options.tolerance.get().into();
                let weight = against(word, frame_type.word().into(), allowed, TYPE_BITS)?;
                Some((weight.0, frame_type, weight.1))
            })
            .min_by_key(|(weight, ..)| *weight)?;
        Some(Match {
            frame_type: *best.1,
            type_errors: best.2,
            preamble_errors: weight.1,
        })
    }

    fn candidate(&self, bits: u32) -> Option<SoftCandidate> {
        if !self.marks.bit(bits) {
            return None;
        }
        let back = u8::try_from(bits).ok()?;
        let head = self.head(back)?;
        if !has_bits(head.frame_type.class, bits) {
            return None;
        }
        let frame = SoftFrame::of(head.frame_type, head.type_errors, self.values(back));
        let place = Place {
            content_at: self.taken.saturating_sub(bits.into()),
            preamble_errors: head.preamble_errors,
            type_errors: head.type_errors,
        };
        Some(SoftCandidate { place, frame })
    }
}

/// The weight of the values that contradict the last bits of a pattern, and their number. `None` if that is more than `allowed` of
/// `of` parts of all weight, or if nothing is known.
fn against(values: &[i8], pattern: u32, allowed: u32, of: u32) -> Option<(u32, u8)> {
    let (mut weight, mut total, mut wrong) = (0_u32, 0_u32, 0_u8);
    let mut rest = pattern;
    for value in values.iter().rev() {
        let magnitude = u32::from(value.unsigned_abs());
        if (*value > 0) != (rest & 1 == 1) {
            weight = weight.wrapping_add(magnitude);
            wrong = wrong.wrapping_add(1);
        }
        total = total.wrapping_add(magnitude);
        rest >>= 1;
    }
    let fits = total > 0 && weight.wrapping_mul(of) <= total.wrapping_mul(allowed);
    fits.then_some((weight, wrong))
}

/// The candidates that end with one value.
#[derive(Debug, Clone)]
pub struct SoftCandidates<'s> {
    search: &'s SoftSearch,
    lengths: core::slice::Iter<'static, u32>,
}

impl Iterator for SoftCandidates<'_> {
    type Item = SoftCandidate;

    fn next(&mut self) -> Option<SoftCandidate> {
        let Self { search, lengths } = self;
        lengths.find_map(|bits| search.candidate(*bits))
    }
}

impl core::iter::FusedIterator for SoftCandidates<'_> {}

/// Values that may be a frame. Nothing of its content was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoftCandidate {
    place: Place,
    frame: SoftFrame,
}

impl SoftCandidate {
    /// Class, rank and values, to be combined with others.
    #[must_use]
    pub const fn frame(&self) -> &SoftFrame {
        &self.frame
    }

    /// Values of the frame type with the wrong sign, however weak.
    #[must_use]
    pub const fn type_errors(&self) -> u8 {
        self.place.type_errors
    }

    /// Values of the preamble with the wrong sign, however weak.
    #[must_use]
    pub const fn preamble_errors(&self) -> u8 {
        self.place.preamble_errors
    }

    /// Number of the first value of the preamble in the stream.
    #[must_use]
    pub const fn start(&self) -> u64 {
        self.place.start()
    }

    /// Whether at most one of both is a frame: they begin within six values of each other.
    #[must_use]
    pub const fn is_rival_of(&self, other: &Self) -> bool {
        self.place.is_rival_of(other.place)
    }

    /// Whether this rival is to be preferred: fewer wrong signs in the frame type, then in the preamble.
    #[must_use]
    pub fn is_better_than(&self, other: &Self) -> bool {
        self.place.is_better_than(other.place)
    }

    /// Decodes by the signs of the values.
    ///
    /// # Errors
    /// [`ErrorKind::Crc`](crate::ErrorKind::Crc), [`ErrorKind::Header`](crate::ErrorKind::Header).
    pub fn decode(&self) -> Result<Unauthenticated, DecodeError> {
        self.frame.alone()
    }
}
