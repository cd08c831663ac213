//! Remarks on a body that was accepted.

use core::fmt;

macro_rules! warnings {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)+) => {
        /// Something that is off in an accepted message.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Warning { $($(#[$doc])* $name,)+ }

        impl Warning {
            const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Stable machine name.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            const fn bit(self) -> u16 {
                #[expect(clippy::as_conversions, reason = "discriminant of a fieldless enum")]
                let position = self as u32;
                1_u16.wrapping_shl(position)
            }
        }
    };
}

warnings! {
    /// A member that the message does not have was ignored (W §8 rule 5).
    UnknownMember = "unknown-member",
    /// A member that the documentation shows as always present is left out (W §4).
    AbsentMember = "absent-member",
    /// `JsonVersion` of a message of type 2 or 5 is not 1 (W §8 rule 4).
    Version = "version",
    /// The serial number is not spelled as documented (W §8 rule 9, L §5 rule 7).
    Serial = "serial",
    /// A text is longer than documented (W §8 rule 15, L §5 rule 11).
    TextLong = "text-long",
    /// A time cannot be read, and the device says that its clock is not valid (W §8 rule 11).
    TimeUnreadable = "time-unreadable",
    /// A value or limit is an undocumented NaN or an infinity (W §5).
    NotANumber = "not-a-number",
    /// A channel number above 8 (W §4.2).
    ChannelNumber = "channel-number",
    /// The layout of an older logger version is inferred (L §3.2).
    LegacyLayout = "legacy-layout",
    /// The offset code of a logger is outside its range (L §5 rule 6).
    Timezone = "timezone",
    /// The clock of a logger went back between measuring and sending: there is no age (L §4.1).
    ClockBack = "clock-back",
}

/// A set of [`Warning`]s.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Warnings(u16);

impl Warnings {
    /// No warnings.
    pub const NONE: Self = Self(0);

    pub(crate) const fn insert(&mut self, warning: Warning) {
        self.0 |= warning.bit();
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether this one is among them.
    #[must_use]
    pub const fn contains(self, warning: Warning) -> bool {
        self.0 & warning.bit() != 0
    }

    /// Those of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// One after the other.
    pub fn iter(self) -> impl Iterator<Item = Warning> {
        Warning::ALL
            .iter()
            .copied()
            .filter(move |&warning| self.contains(warning))
    }
}

impl fmt::Debug for Warnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Warnings {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Warning::code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_warning_is_a_bit_of_its_own() {
        let mut all = Warnings::NONE;
        for &warning in Warning::ALL {
            assert!(!all.contains(warning));
            all.insert(warning);
            assert!(all.contains(warning));
        }
        assert!(all.iter().eq(Warning::ALL.iter().copied()));
    }
}
