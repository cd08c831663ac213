//! The register map of WiFi sensors (W §10.2): what registers that were read mean. Connection and frames are the caller's.
//!
//! Port 502, any unit identifier, functions 0x03 and 0x04. Addresses are those on the wire, from 0.
//!
//! | address | content |
//! |---|---|
//! | 39970–39973 | serial number, two BCD digits each |
//! | 39974–39980 | device type, acoustic, optical, RSSI, configuration error, measurement error, clock battery low |
//! | 40000–40039 | of channels 1 to 8 each: value, alarm 1, alarm 2, unit, decimal places |
//! | 40040–40071 | of channels 1 to 8, two registers each: value as integer, value as float |
//! | 40072–40087 | of channels 1 to 8 each: minimum, maximum |
//!
//! ```
//! use comet_json::modbus::{Int16, Registers, VALUES};
//! let mut words = [0_u16; 40];
//! words[0] = 45; // channel 1: 4.5
//! words[1] = 0x8300; // channel 2: −32000
//! words[2] = 0x82FB; // channel 3: −32005
//! words[32] = 1;
//! let registers = Registers::new(VALUES, &words);
//! assert_eq!(registers.value(1).unwrap().to_string(), "4.5");
//! assert_eq!(registers.value(3), Some(Int16::Error(5)));
//! assert_eq!(registers.value(9), None);
//! ```

use core::fmt;

use crate::decimal::Decimal;
use crate::hexfloat::HexFloat;
use crate::limits::MAX_PULL_CHANNELS;
use crate::serial::Serial;

/// Serial number, four registers.
pub const SERIAL: u16 = 39_970;
/// Device type, a code whose list is not public.
pub const DEVICE_TYPE: u16 = 39_974;
/// Acoustic signalling.
pub const ACOUSTIC: u16 = 39_975;
/// Optical signalling.
pub const OPTICAL: u16 = 39_976;
/// RSSI in dBm.
pub const RSSI: u16 = 39_977;
/// Configuration error.
pub const CONFIGURATION_ERROR: u16 = 39_978;
/// System alarm: measurement error.
pub const MEASUREMENT_ERROR: u16 = 39_979;
/// Low voltage of the clock battery.
pub const CLOCK_BATTERY_LOW: u16 = 39_980;
/// Values, one register for each channel.
pub const VALUES: u16 = 40_000;
/// Alarm 1, one register for each channel.
pub const ALARM_1: u16 = 40_008;
/// Alarm 2, one register for each channel.
pub const ALARM_2: u16 = 40_016;
/// Units, two characters for each channel.
pub const UNITS: u16 = 40_024;
/// Decimal places, one register for each channel.
pub const DECIMALS: u16 = 40_032;
/// Values as 32-bit integers, two registers for each channel, high word first.
pub const VALUES_INT32: u16 = 40_040;
/// Values as binary32, two registers for each channel, high word first (inferred).
pub const VALUES_FLOAT: u16 = 40_056;
/// Minima, one register for each channel.
pub const MINIMA: u16 = 40_072;
/// Maxima, one register for each channel.
pub const MAXIMA: u16 = 40_080;

/// Values at and above this are values; below it error numbers follow.
const LOWEST_VALUE: i16 = -32_000;
/// The 32-bit integers have two more decimal places.
const MORE_PLACES: u8 = 2;

/// Registers that were read, from an address on. What is not among them is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registers<'w> {
    first: u16,
    words: &'w [u16],
}

impl<'w> Registers<'w> {
    /// The contents of the registers from address `first` on.
    #[must_use]
    pub const fn new(first: u16, words: &'w [u16]) -> Self {
        Self { first, words }
    }

    /// One register.
    #[must_use]
    pub fn word(&self, address: u16) -> Option<u16> {
        let place = address.checked_sub(self.first)?;
        self.words.get(usize::from(place)).copied()
    }

    /// Serial number; also `None` if the registers are not eight BCD digits.
    #[must_use]
    pub fn serial(&self) -> Option<Serial> {
        let mut number = 0_u32;
        for address in SERIAL..DEVICE_TYPE {
            let word = self.word(address)?;
            let (tens, ones) = (word >> 4, word & 0xF);
            if tens > 9 || ones > 9 {
                return None;
            }
            let two = tens.wrapping_mul(10).wrapping_add(ones);
            number = number.wrapping_mul(100).wrapping_add(u32::from(two));
        }
        Serial::new(number)
    }

    /// Device type.
    #[must_use]
    pub fn device_type(&self) -> Option<u16> {
        self.word(DEVICE_TYPE)
    }

    /// RSSI in dBm.
    #[must_use]
    pub fn rssi_dbm(&self) -> Option<i16> {
        self.word(RSSI).map(u16::cast_signed)
    }

    /// A register that is 0 or something else, such as [`ACOUSTIC`] or [`CONFIGURATION_ERROR`]. Which numbers occur is not
    /// documented.
    #[must_use]
    pub fn flag(&self, address: u16) -> Option<bool> {
        self.word(address).map(|word| word != 0)
    }

    /// The register of channel 1 to 8 in a block.
    fn of_channel(&self, block: u16, channel: u8) -> Option<u16> {
        self.word(block.checked_add(place(channel)?)?)
    }

    /// The two registers of channel 1 to 8 in a block, high word first.
    fn pair_of_channel(&self, block: u16, channel: u8) -> Option<u32> {
        let high = block.checked_add(place(channel)?.checked_mul(2)?)?;
        let low = high.checked_add(1)?;
        let [high, low] = [self.word(high)?, self.word(low)?].map(u32::from);
        Some(high << 16 | low)
    }

    /// Decimal places of channel 1 to 8, as they are.
    #[must_use]
    pub fn decimals(&self, channel: u8) -> Option<i16> {
        self.of_channel(DECIMALS, channel).map(u16::cast_signed)
    }

    /// Value of channel 1 to 8; its decimal places have to be among the registers.
    #[must_use]
    pub fn value(&self, channel: u8) -> Option<Int16> {
        self.int16(VALUES, channel)
    }

    /// Minimum of channel 1 to 8.
    #[must_use]
    pub fn minimum(&self, channel: u8) -> Option<Int16> {
        self.int16(MINIMA, channel)
    }

    /// Maximum of channel 1 to 8.
    #[must_use]
    pub fn maximum(&self, channel: u8) -> Option<Int16> {
        self.int16(MAXIMA, channel)
    }

    fn int16(&self, block: u16, channel: u8) -> Option<Int16> {
        let raw = self.of_channel(block, channel)?.cast_signed();
        Int16::new(raw, self.decimals(channel)?)
    }

    /// Value of channel 1 to 8 with two more decimal places. Its error values are not documented.
    #[must_use]
    pub fn value_int32(&self, channel: u8) -> Option<Decimal> {
        let raw = self.pair_of_channel(VALUES_INT32, channel)?.cast_signed();
        let decimals = u8::try_from(self.decimals(channel)?).ok()?;
        Decimal::new(i64::from(raw), decimals.checked_add(MORE_PLACES)?)
    }

    /// Value of channel 1 to 8 as float. That errors have the patterns of messages is inferred; no NaN comes out either way.
    #[must_use]
    pub fn value_float(&self, channel: u8) -> Option<HexFloat> {
        self.pair_of_channel(VALUES_FLOAT, channel)
            .map(HexFloat::from_bits)
    }

    /// Alarms 1 and 2 of channel 1 to 8: whether they are active.
    #[must_use]
    pub fn alarms(&self, channel: u8) -> [Option<bool>; 2] {
        [ALARM_1, ALARM_2].map(|block| self.of_channel(block, channel).map(|word| word != 0))
    }

    /// Unit of channel 1 to 8: two octets of text, high octet first. Their code page is not documented.
    #[must_use]
    pub fn unit(&self, channel: u8) -> Option<[u8; 2]> {
        self.of_channel(UNITS, channel).map(u16::to_be_bytes)
    }
}

/// Place of channel 1 to 8 in a block.
fn place(channel: u8) -> Option<u16> {
    let place = channel.checked_sub(1)?;
    (usize::from(place) < MAX_PULL_CHANNELS).then(|| u16::from(place))
}

/// A value in one register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Int16 {
    /// A value.
    Number(Decimal),
    /// No value: an error number, 1 to 768.
    Error(u16),
}

impl Int16 {
    /// `raw · 10^-decimals`, or the error number that `raw` is below −32000. `None` if `decimals` is negative or above 18.
    #[must_use]
    pub fn new(raw: i16, decimals: i16) -> Option<Self> {
        if raw < LOWEST_VALUE {
            return Some(Self::Error(LOWEST_VALUE.abs_diff(raw)));
        }
        let decimals = u8::try_from(decimals).ok()?;
        Decimal::new(i64::from(raw), decimals).map(Self::Number)
    }
}

impl fmt::Display for Int16 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => fmt::Display::fmt(number, f),
            Self::Error(number) => write!(f, "Error {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn the_serial_number_is_bcd() {
        let words = [0x21, 0x99, 0x04, 0x17];
        assert_eq!(Registers::new(SERIAL, &words).serial(), Serial::new(21_990_417));
        for bad in [
            [0x2A, 0, 0, 0],
            [0, 0xA2, 0, 0],
            [0, 0, 0x121, 0],
            [0, 0, 0, 0xFFFF],
        ] {
            assert_eq!(Registers::new(SERIAL, &bad).serial(), None);
        }
        assert_eq!(Registers::new(SERIAL, &words[..3]).serial(), None);
    }

    #[test]
    fn every_block_is_where_the_table_says() {
        let words: alloc::vec::Vec<u16> = (0..88).collect();
        let registers = Registers::new(VALUES, &words);
        for channel in 1..=8_u8 {
            let place = u16::from(channel) - 1;
            let number = |word: u16| Int16::new(word.cast_signed(), registers.decimals(channel).unwrap());
            assert_eq!(registers.decimals(channel), Some((32 + place).cast_signed()));
            assert_eq!(
                (registers.value(channel), number(place)),
                (None, None),
                "32 places are too many"
            );
            assert_eq!(registers.unit(channel), Some((24 + place).to_be_bytes()));
            assert_eq!(registers.alarms(channel), [Some(true), Some(true)]);
            let float = u32::from(56 + 2 * place) << 16 | u32::from(57 + 2 * place);
            assert_eq!(registers.value_float(channel).map(HexFloat::to_bits), Some(float));
        }
        let mut words = words;
        words[32..40].fill(1);
        let registers = Registers::new(VALUES, &words);
        assert_eq!(registers.value(8).unwrap().to_string(), "0.7");
        assert_eq!(registers.minimum(1).unwrap().to_string(), "7.2");
        assert_eq!(registers.maximum(8).unwrap().to_string(), "8.7");
        assert_eq!(registers.value_int32(1).unwrap().to_string(), "2621.481");
        for channel in [0, 9, 255] {
            assert_eq!((registers.value(channel), registers.unit(channel)), (None, None));
            assert_eq!(
                (registers.value_float(channel), registers.value_int32(channel)),
                (None, None)
            );
        }
    }

    #[test]
    fn the_device_is_in_its_registers() {
        let words = [7, 1, 0, 0xFFC3, 0, 2, 0];
        let registers = Registers::new(DEVICE_TYPE, &words);
        assert_eq!(
            (registers.device_type(), registers.rssi_dbm()),
            (Some(7), Some(-61))
        );
        let flags = [
            ACOUSTIC,
            OPTICAL,
            CONFIGURATION_ERROR,
            MEASUREMENT_ERROR,
            CLOCK_BATTERY_LOW,
            SERIAL,
        ];
        assert_eq!(
            flags.map(|address| registers.flag(address)),
            [
                Some(true),
                Some(false),
                Some(false),
                Some(true),
                Some(false),
                None
            ]
        );
    }

    #[test]
    fn errors_are_below_the_lowest_value() {
        assert_eq!(Int16::new(-32_000, 1).unwrap().to_string(), "-3200.0");
        assert_eq!(Int16::new(-32_001, 1), Some(Int16::Error(1)));
        assert_eq!(Int16::new(i16::MIN, -1), Some(Int16::Error(768)));
        assert_eq!(Int16::new(0, -1), None);
        assert_eq!(Int16::Error(5).to_string(), "Error 5");
    }
}
