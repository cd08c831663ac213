//! The key of a device: 16 opaque octets (§1).

use core::fmt;

/// 16 octets chosen by the caller, for example one octet for the kind, then the identifier, then zeros. For longer names: the
/// first 16 octets of their SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct DeviceKey([u8; Self::LEN]);

impl DeviceKey {
    /// Octets of a key.
    pub const LEN: usize = 16;

    /// A key.
    #[must_use]
    pub const fn new(octets: [u8; Self::LEN]) -> Self {
        Self(octets)
    }

    /// An identifier of at most 15 octets behind the octet of its kind, filled up with zeros. `None` if it is longer.
    ///
    /// Identifiers of one kind should have one length or end in no zero: zeros at the end are not told from the filling.
    #[must_use]
    pub fn of_kind(kind: u8, identifier: &[u8]) -> Option<Self> {
        let mut octets = [0; Self::LEN];
        let (first, rest) = octets.split_first_mut()?;
        *first = kind;
        rest.get_mut(..identifier.len())?.copy_from_slice(identifier);
        Some(Self(octets))
    }

    /// The octets.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKey(")?;
        for octet in self.0 {
            write!(f, "{octet:02x}")?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_filled_up_and_one_that_is_too_long_refused() {
        let key = DeviceKey::of_kind(1, &[2, 3]).unwrap();
        assert_eq!(key.as_bytes(), &[1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert!(DeviceKey::of_kind(1, &[9; 15]).is_some());
        assert_eq!(DeviceKey::of_kind(1, &[9; 16]), None);
        assert_eq!(
            alloc::format!("{key:?}"),
            "DeviceKey(01020300000000000000000000000000)"
        );
    }
}
