//! Identifier of an end-point.

use core::fmt;
use core::str::FromStr;

/// EP-ID, the 32-bit identifier of a device (spec §0, §5). Shown and read as eight hexadecimal digits, most significant
/// first; on the wire its least significant byte goes first.
///
/// ```
/// use sigfox_frame::EpId;
///
/// let id: EpId = "00A1B2C3".parse().unwrap();
/// assert_eq!(id, EpId(0x00A1_B2C3));
/// assert_eq!(id.to_wire(), [0xC3, 0xB2, 0xA1, 0x00]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "32 bits and nothing else")]
pub struct EpId(pub u32);

impl EpId {
    /// The four bytes as they are sent, least significant first.
    #[must_use]
    pub const fn to_wire(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }

    /// From the four bytes as they are sent.
    #[must_use]
    pub const fn from_wire(bytes: [u8; 4]) -> Self {
        Self(u32::from_le_bytes(bytes))
    }
}

impl fmt::Display for EpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08X}", self.0)
    }
}

/// Text that is not eight hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not eight hexadecimal digits")]
#[non_exhaustive]
pub struct ParseIdError;

impl FromStr for EpId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        // `from_str_radix` would take a sign.
        if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(ParseIdError);
        }
        u32::from_str_radix(text, 16).map(Self).map_err(|_| ParseIdError)
    }
}

#[cfg(test)]
mod tests {
    use super::{EpId, ParseIdError};
    use alloc::string::ToString;

    #[test]
    fn eight_digits_and_nothing_else() {
        assert_eq!("fedcba98".parse(), Ok(EpId(0xFEDC_BA98)));
        assert_eq!(EpId(0xA1).to_string(), "000000A1");
        for text in [
            "",
            "FEDCBA9",
            "FEDCBA980",
            "+EDCBA98",
            "0xFEDCBA",
            "FEDCBA9 ",
            "ÄÖÜß",
        ] {
            assert_eq!(text.parse::<EpId>(), Err(ParseIdError), "{text}");
        }
    }

    #[test]
    fn the_wire_has_the_least_significant_byte_first() {
        assert_eq!(EpId::from_wire([0x98, 0xBA, 0xDC, 0xFE]), EpId(0xFEDC_BA98));
    }
}
