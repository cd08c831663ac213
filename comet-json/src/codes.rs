//! Numbers of the wire with names for some of them: codes, and sets of bits. Unknown ones are kept.

/// A code of one octet.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$entry:meta])* $constant:ident = $code:literal $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
        #[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
        #[expect(clippy::exhaustive_structs, reason = "a number")]
        pub struct $name(pub u8);

        impl $name {
            $($(#[$entry])* pub const $constant: Self = Self($code);)+

            /// Stable name of the code, if it is listed.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some($text),)+
                    _ => None,
                }
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self.name() {
                    Some(name) => write!(f, "{}({}, {name})", stringify!($name), self.0),
                    None => write!(f, "{}({})", stringify!($name), self.0),
                }
            }
        }
    };
}

/// A set of sixteen bits.
macro_rules! bits {
    ($(#[$doc:meta])* $name:ident { $($(#[$entry:meta])* $constant:ident = $bit:literal $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
        #[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
        #[expect(clippy::exhaustive_structs, reason = "sixteen bits")]
        pub struct $name(pub u16);

        impl $name {
            $($(#[$entry])* pub const $constant: Self = Self(1 << $bit);)+

            /// Bits that have a name.
            pub const NAMED: Self = Self(0 $(| 1 << $bit)+);

            /// Whether all bits of the other set are in this one.
            #[must_use]
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// Whether no bit is set.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// Bits that are in both sets.
            #[must_use]
            pub const fn and(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }

            /// Bits that are in one of the sets.
            #[must_use]
            pub const fn or(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// Bits without a name that are set nevertheless.
            #[must_use]
            pub const fn unnamed(self) -> Self {
                Self(self.0 & !Self::NAMED.0)
            }

            /// Names of the bits that are set, lowest first.
            pub fn names(self) -> impl Iterator<Item = &'static str> {
                [$(($text, Self::$constant)),+]
                    .into_iter()
                    .filter_map(move |(name, bit)| self.contains(bit).then_some(name))
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, "{:#06X} ", self.0)?;
                f.debug_set().entries(self.names()).finish()
            }
        }
    };
}

pub(crate) use {bits, codes};
