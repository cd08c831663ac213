//! Rows of the registry: which certificate belongs to which device, and where its data goes (§B).

use core::fmt;
use core::str::FromStr;

use sha2::{Digest as _, Sha256};

/// SHA-256 of a whole certificate in DER. Written as 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a thumbprint is its 32 bytes")]
pub struct Thumbprint(pub [u8; 32]);

impl Thumbprint {
    /// Of a certificate in DER.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Thumbprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 64 lower-case hexadecimal digits")]
#[non_exhaustive]
pub struct NotAThumbprint;

impl FromStr for Thumbprint {
    type Err = NotAThumbprint;

    fn from_str(text: &str) -> Result<Self, NotAThumbprint> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte & 0x0f),
            b'a'..=b'f' => Some((byte & 0x0f).saturating_add(9)),
            _ => None,
        };
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
            return Err(NotAThumbprint);
        };
        let pairs: &[[u8; 2]; 32] = pairs.try_into().map_err(|_| NotAThumbprint)?;
        let mut bytes = [0; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)
                .zip(digit(*low))
                .map(|(high, low)| high << 4 | low)
                .ok_or(NotAThumbprint)?;
        }
        Ok(Self(bytes))
    }
}

/// State of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[expect(clippy::exhaustive_enums, reason = "the specification has these three")]
pub enum State {
    /// In use.
    Active,
    /// Shut out until further notice.
    Suspended,
    /// Shut out for good.
    Revoked,
}

/// A row of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by the caller; the columns of §B")]
pub struct Row<'r> {
    /// Identity of the device.
    pub device_id: &'r str,
    /// Project that its data goes to.
    pub project: Option<&'r str>,
    /// State.
    pub state: State,
    /// Present certificate, and the next one during a renewal.
    pub thumbprints: &'r [Thumbprint],
}

/// Where rows are looked up. A slice of rows is one.
pub trait Registry {
    /// The row with this thumbprint.
    fn row(&self, thumbprint: &Thumbprint) -> Option<Row<'_>>;
}

impl Registry for [Row<'_>] {
    fn row(&self, thumbprint: &Thumbprint) -> Option<Row<'_>> {
        self.iter()
            .find(|row| row.thumbprints.contains(thumbprint))
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use super::Thumbprint;
    use alloc::string::ToString as _;

    #[test]
    fn thumbprints_have_one_spelling() {
        let thumbprint = Thumbprint::of(b"");
        let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(thumbprint.to_string(), text);
        assert_eq!(text.parse(), Ok(thumbprint));
        for wrong in [
            &text.to_uppercase(),
            &text[1..],
            &text[..62],
            "",
            &text.replace('e', "g"),
            &text.replace('e', "+"),
        ] {
            assert!(wrong.parse::<Thumbprint>().is_err(), "{wrong}");
        }
    }
}
