//! The 18 frame types (spec §3).

use super::{Class, Rank};

/// Class and rank of a frame, told by 13 bits that neither CRC nor tag covers (spec §3, §10.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "a frame type is these two things")]
pub struct FrameType {
    /// What the frame carries, and its length.
    pub class: Class,
    /// Which frame of the message it is.
    pub rank: Rank,
}

/// How many wrong bits in a frame type are corrected, 0 to 2. Any two codes differ in at least five.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_enums, reason = "three wrong bits cannot be corrected")]
pub enum Tolerance {
    /// None: the word has to be one of the 18. One random word in 455 is.
    Exact,
    /// Up to one.
    One,
    /// Up to two, which covers one bad symbol. One random word in five is taken for a frame type.
    #[default]
    Two,
}

impl Tolerance {
    /// `None` above 2.
    #[must_use]
    pub const fn new(bits: u8) -> Option<Self> {
        match bits {
            0 => Some(Self::Exact),
            1 => Some(Self::One),
            2 => Some(Self::Two),
            _ => None,
        }
    }

    /// Bits.
    #[must_use]
    pub const fn get(self) -> u8 {
        match self {
            Self::Exact => 0,
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

impl FrameType {
    /// All 18, by class.
    pub const ALL: [Self; 18] = {
        use Class::{A, B, C, D, E, K};
        use Rank::{First, Second, Third};
        const fn of(class: Class, rank: Rank) -> FrameType {
            FrameType { class, rank }
        }
        [
            of(A, First),
            of(A, Second),
            of(A, Third),
            of(B, First),
            of(B, Second),
            of(B, Third),
            of(C, First),
            of(C, Second),
            of(C, Third),
            of(D, First),
            of(D, Second),
            of(D, Third),
            of(E, First),
            of(E, Second),
            of(E, Third),
            of(K, First),
            of(K, Second),
            of(K, Third),
        ]
    };

    /// The code, 13 bits.
    #[must_use]
    pub const fn word(self) -> u16 {
        use Rank::{First, Second, Third};
        match (self.class, self.rank) {
            (Class::A, First) => 0x006B,
            (Class::A, Second) => 0x06E0,
            (Class::A, Third) => 0x0034,
            (Class::B, First) => 0x008D,
            (Class::B, Second) => 0x00D2,
            (Class::B, Third) => 0x0302,
            (Class::C, First) => 0x035F,
            (Class::C, Second) => 0x0598,
            (Class::C, Third) => 0x05A3,
            (Class::D, First) => 0x0611,
            (Class::D, Second) => 0x06BF,
            (Class::D, Third) => 0x072C,
            (Class::E, First) => 0x094C,
            (Class::E, Second) => 0x0971,
            (Class::E, Third) => 0x0997,
            (Class::K, First) => 0x0F67,
            (Class::K, Second) => 0x0FC9,
            (Class::K, Third) => 0x11BE,
        }
    }

    /// The four bytes before the content: preamble and frame type.
    #[must_use]
    pub const fn to_head(self) -> [u8; 4] {
        let [high, low] = self.word().to_be_bytes();
        [0xAA, 0xAA, 0xA0 | high, low]
    }

    /// The inverse of [`Self::word`].
    const fn exact(word: u16) -> Option<Self> {
        use Rank::{First, Second, Third};
        let (class, rank) = match word {
            0x006B => (Class::A, First),
            0x06E0 => (Class::A, Second),
            0x0034 => (Class::A, Third),
            0x008D => (Class::B, First),
            0x00D2 => (Class::B, Second),
            0x0302 => (Class::B, Third),
            0x035F => (Class::C, First),
            0x0598 => (Class::C, Second),
            0x05A3 => (Class::C, Third),
            0x0611 => (Class::D, First),
            0x06BF => (Class::D, Second),
            0x072C => (Class::D, Third),
            0x094C => (Class::E, First),
            0x0971 => (Class::E, Second),
            0x0997 => (Class::E, Third),
            0x0F67 => (Class::K, First),
            0x0FC9 => (Class::K, Second),
            0x11BE => (Class::K, Third),
            _ => return None,
        };
        Some(Self { class, rank })
    }

    /// The code nearest to the low 13 bits of a word, and how many bits differ; `None` if more than the tolerance. With at most
    /// two there is never a second one.
    #[must_use]
    pub fn nearest(word: u16, tolerance: Tolerance) -> Option<(Self, u8)> {
        let word = word & 0x1FFF;
        if let Some(exact) = Self::exact(word) {
            return Some((exact, 0));
        }
        let distance = |frame_type: &Self| (frame_type.word() ^ word).count_ones();
        let near = Self::ALL
            .iter()
            .find(|frame_type| distance(frame_type) <= u32::from(tolerance.get()))?;
        Some((*near, u8::try_from(distance(near)).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All facts that spec §3 states about the set.
    #[test]
    fn the_codes_have_the_distances_of_the_specification() {
        let mut pairs = [0; 14];
        for (at, a) in FrameType::ALL.iter().enumerate() {
            for b in &FrameType::ALL[..at] {
                pairs[usize::try_from((a.word() ^ b.word()).count_ones()).unwrap()] += 1;
            }
        }
        assert_eq!(pairs[..5], [0; 5]);
        assert_eq!(pairs[5..7], [50, 56]);
        assert_eq!(pairs[12..], [0, 0]);
        let taken = |tolerance| {
            (0..0x2000)
                .filter(|word| FrameType::nearest(*word, tolerance).is_some())
                .count()
        };
        assert_eq!(taken(Tolerance::Two), 1656);
        assert_eq!(taken(Tolerance::One), 18 * 14);
        assert_eq!(taken(Tolerance::Exact), 18);
    }

    #[test]
    fn every_error_of_up_to_two_bits_is_corrected_and_counted() {
        for frame_type in FrameType::ALL {
            for first in 0..13 {
                for second in 0..13 {
                    let wrong: u16 = (1 << first) ^ (1 << second);
                    let bits = u8::try_from(wrong.count_ones()).unwrap();
                    let found = FrameType::nearest(frame_type.word() ^ wrong, Tolerance::Two);
                    assert_eq!(found, Some((frame_type, bits)));
                    let one = wrong ^ (1 << second);
                    assert_eq!(
                        FrameType::nearest(frame_type.word() ^ one, Tolerance::One),
                        Some((frame_type, 1))
                    );
                }
            }
        }
    }

    #[test]
    fn bits_before_the_frame_type_do_not_matter() {
        let exact = FrameType::nearest(0xA611, Tolerance::Exact);
        assert_eq!(exact, FrameType::nearest(0x0611, Tolerance::Exact));
        assert_eq!(exact.unwrap().0.to_head(), [0xAA, 0xAA, 0xA6, 0x11]);
    }

    #[test]
    fn the_last_type_of_class_k_begins_with_a_one() {
        let frame_type = FrameType {
            class: Class::K,
            rank: Rank::Third,
        };
        assert_eq!(frame_type.to_head(), [0xAA, 0xAA, 0xB1, 0xBE]);
    }
}
