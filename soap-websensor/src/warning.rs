//! Remarks on a body that was accepted (spec §4.1, §5, §10).

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

            const fn bit(self) -> u32 {
                #[expect(clippy::as_conversions, reason = "discriminant of a fieldless enum")]
                let position = self as u32;
                1_u32.wrapping_shl(position)
            }
        }
    };
}

warnings! {
    /// The message is known, its namespace is another one than the registered (§4.1).
    UnknownNamespace = "unknown-namespace",
    /// The message name is not registered; the shape was decided by content (§4.1).
    UnknownMessageName = "unknown-message-name",
    /// An element that is not part of the shape was kept (§10).
    UnknownElement = "unknown-element",
    /// The serial number is not eight decimal digits (§10).
    Serial = "serial",
    /// `device` or `kind` is not a number up to 65535; the code is unknown (§13.7).
    DeviceMalformed = "device-malformed",
    /// The device code is not in the tables (§6).
    DeviceUnlisted = "device-unlisted",
    /// `timer` or `tmr` is not a number up to 65535; the interval is unknown (§10).
    IntervalMalformed = "interval-malformed",
    /// The interval is below ten seconds (§10).
    IntervalShort = "interval-short",
    /// `alarms` or `a` is not made of known words, or not of four (§5.6).
    Alarms = "alarms",
    /// A lamp is neither `0` nor `1` (§5.7).
    Lamp = "lamp",
    /// `v` and `f` of a channel differ by more than one unit of the last place; `v` counts (§5.3).
    ValueMismatch = "value-mismatch",
    /// `f` is not eight hexadecimal digits and was ignored (§5.3).
    FloatMalformed = "float-malformed",
    /// `p` or `e` of a channel, or a text element, cannot be read (§10).
    FieldMalformed = "field-malformed",
    /// Text stands directly in a channel (§10: accepted where something is off).
    StrayText = "stray-text",
}

/// A set of [`Warning`]s.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Warnings(u32);

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
