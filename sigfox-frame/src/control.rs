//! Control records, class K (spec §6.1).
//!
//! ```text
//! offset  size  field
//! 0       1     CT: 08 keep-alive, 09 downlink confirmation
//! 1       2     supply voltage when idle, mV, little-endian
//! 3       2     supply voltage while transmitting, mV, little-endian
//! 5       2     temperature, 0.1 °C, little-endian, two's complement
//! 7       1     confirmation only: RSSI of the downlink in dBm plus 100, two's complement
//! ```
//!
//! ```
//! use sigfox_frame::control::{Control, DeciCelsius, Supply};
//!
//! let record = Control::parse(&[0x08, 0xF0, 0x0C, 0xAB, 0x0B, 0xC7, 0xFF]).unwrap(); // spec, example 4
//! let supply = Supply { idle_mv: 3312, transmit_mv: 2987, temperature: DeciCelsius(-57) };
//! assert_eq!(record, Control::KeepAlive(supply));
//! ```

use core::fmt;

use crate::error::{EncodeError, EncodeErrorKind};

/// CT of a keep-alive.
pub const KEEP_ALIVE: u8 = 0x08;
/// CT of a downlink confirmation.
pub const DOWNLINK_CONFIRMATION: u8 = 0x09;
/// Most bytes of a record.
pub const MAX_LEN: usize = 8;
/// Fewest bytes of a record.
pub const MIN_LEN: usize = 5;

/// Temperature in 0.1 °C.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "16 bits and nothing else")]
pub struct DeciCelsius(pub i16);

impl fmt::Display for DeciCelsius {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, tenths) = (magnitude.wrapping_div(10), magnitude.wrapping_rem(10));
        write!(f, "{sign}{whole}.{tenths} °C")
    }
}

/// Signal strength of a received downlink, −228 to +27 dBm: one byte on the wire, plus 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Rssi(i8);

impl Rssi {
    const OFFSET: i16 = 100;

    /// From dBm.
    ///
    /// # Errors
    /// [`EncodeErrorKind::Rssi`] outside −228 to +27.
    pub fn new(dbm: i16) -> Result<Self, EncodeError> {
        let wire = dbm
            .checked_add(Self::OFFSET)
            .and_then(|wire| i8::try_from(wire).ok());
        wire.map(Self)
            .ok_or_else(|| EncodeError::new(EncodeErrorKind::Rssi(dbm), "RSSI"))
    }

    /// dBm, −228 to +27.
    #[must_use]
    pub fn dbm(self) -> i16 {
        i16::from(self.0).wrapping_sub(Self::OFFSET)
    }
}

/// What both known records report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "the layout of the record is fixed")]
pub struct Supply {
    /// Supply voltage when idle, mV.
    pub idle_mv: u16,
    /// Supply voltage while transmitting, mV.
    pub transmit_mv: u16,
    /// Temperature.
    pub temperature: DeciCelsius,
}

/// A record of another type or length, as it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RawRecord {
    /// Zeros behind the record, so that equal records are equal.
    bytes: [u8; MAX_LEN],
    len: u8,
}

impl RawRecord {
    /// The bytes, CT first.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl fmt::Debug for RawRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().fmt(f)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for RawRecord {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.as_bytes())
    }
}

/// A control record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Control {
    /// CT 08, 7 bytes.
    KeepAlive(Supply),
    /// CT 09, 8 bytes: a downlink was received.
    DownlinkConfirmation {
        /// Voltages and temperature.
        supply: Supply,
        /// How strong the downlink was.
        rssi: Rssi,
    },
    /// Another type, not publicly described, or a known type of another length.
    Raw(RawRecord),
}

impl Control {
    /// Reads the payload of a control frame. `None` unless it has 5 to 8 bytes.
    #[must_use]
    pub fn parse(record: &[u8]) -> Option<Self> {
        let supply = |[i0, i1, t0, t1, c0, c1]: [u8; 6]| Supply {
            idle_mv: u16::from_le_bytes([i0, i1]),
            transmit_mv: u16::from_le_bytes([t0, t1]),
            temperature: DeciCelsius(i16::from_le_bytes([c0, c1])),
        };
        match *record {
            [KEEP_ALIVE, i0, i1, t0, t1, c0, c1] => Some(Self::KeepAlive(supply([i0, i1, t0, t1, c0, c1]))),
            [DOWNLINK_CONFIRMATION, i0, i1, t0, t1, c0, c1, rssi] => Some(Self::DownlinkConfirmation {
                supply: supply([i0, i1, t0, t1, c0, c1]),
                rssi: Rssi(i8::from_le_bytes([rssi])),
            }),
            _ if record.len() < MIN_LEN => None,
            _ => {
                let mut bytes = [0; MAX_LEN];
                bytes.get_mut(..record.len())?.copy_from_slice(record);
                let len = u8::try_from(record.len()).ok()?;
                Some(Self::Raw(RawRecord { bytes, len }))
            }
        }
    }

    /// The bytes of the record, zeros behind them, and their number.
    pub(crate) fn to_wire(self) -> ([u8; MAX_LEN], usize) {
        let wire = |kind, supply: Supply, last| {
            let [i0, i1] = supply.idle_mv.to_le_bytes();
            let [t0, t1] = supply.transmit_mv.to_le_bytes();
            let [c0, c1] = supply.temperature.0.to_le_bytes();
            [kind, i0, i1, t0, t1, c0, c1, last]
        };
        match self {
            Self::KeepAlive(supply) => (wire(KEEP_ALIVE, supply, 0), 7),
            Self::DownlinkConfirmation { supply, rssi } => {
                let [last] = rssi.0.to_le_bytes();
                (wire(DOWNLINK_CONFIRMATION, supply, last), 8)
            }
            Self::Raw(raw) => (raw.bytes, raw.len.into()),
        }
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Control {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        let len = u.int_in_range(MIN_LEN..=MAX_LEN)?;
        Self::parse(u.bytes(len)?).ok_or(arbitrary::Error::IncorrectFormat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[test]
    fn signal_strengths_have_their_range() {
        for (dbm, wire) in [(-228, -128), (-118, -18), (0, 100), (27, 127)] {
            let rssi = Rssi::new(dbm).unwrap();
            assert_eq!((rssi.0, rssi.dbm()), (wire, dbm));
        }
        for dbm in [i16::MIN, -229, 28, i16::MAX] {
            assert_eq!(Rssi::new(dbm).unwrap_err().kind, EncodeErrorKind::Rssi(dbm));
        }
    }

    #[test]
    fn a_known_type_of_another_length_is_raw() {
        for (kind, lengths) in [(KEEP_ALIVE, [5, 6, 8]), (DOWNLINK_CONFIRMATION, [5, 6, 7])] {
            for len in lengths {
                assert!(matches!(
                    Control::parse(&[kind; 8][..len]),
                    Some(Control::Raw(raw)) if raw.as_bytes() == &[kind; 8][..len]
                ));
            }
        }
        assert_eq!(Control::parse(&[8; 4]), None);
        assert_eq!(Control::parse(&[8; 9]), None);
    }

    #[test]
    fn temperatures_are_shown_with_their_sign() {
        assert_eq!(DeciCelsius(-5).to_string(), "-0.5 °C");
        assert_eq!(DeciCelsius(i16::MIN).to_string(), "-3276.8 °C");
        assert_eq!(DeciCelsius(231).to_string(), "23.1 °C");
    }

    proptest! {
        #[test]
        fn every_record_is_written_as_it_was_read(kind in prop_oneof![Just(8_u8), Just(9), any::<u8>()], mut bytes in proptest::collection::vec(any::<u8>(), 5..=8)) {
            bytes[0] = kind;
            let (wire, len) = Control::parse(&bytes).unwrap().to_wire();
            prop_assert_eq!(&wire[..len], &bytes[..]);
        }
    }
}
