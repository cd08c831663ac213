//! The data keep-alive SMS: 152 characters, fields in hexadecimal with one blank between them (L §A.1).

use crate::error::EncodeError;
use crate::hexfloat::HexFloat;
use crate::logger::{DeviceClock, Rssi, State};
use crate::serial::Serial;
use crate::writer::{Case, Writer};

use super::{SmsError, SmsErrorKind};

/// Characters of a data SMS.
pub const LEN: usize = 152;
/// First character of the units.
const UNITS: usize = 113;
const FIRST: &str = "Datalogger";
const SECOND: &str = "ActualData";
/// Places of the blanks between fields.
const BLANKS: [usize; 12] = [10, 19, 30, 33, 38, 41, 44, 47, 112, 137, 140, 143];

/// A data SMS. Which channels exist, and which kind of channel they are, it does not say.
///
/// ```
/// use comet_json::{HexFloat, sms::DataSms};
/// let text = b"Datalogger 19630248 ActualData 09 00C0 2F 02 00 41A0000042480000C1200000000000003F800000FF8100357FC00000461C4000 \
/// C  %RHC  ppmhPa   V  m   16 03 2D4B10F4";
/// let sms = DataSms::decode(text).unwrap();
/// assert_eq!(sms.serial_as_bcd().unwrap().to_string(), "19630248");
/// assert_eq!(sms.values[5], HexFloat::Error(0x35));
/// assert_eq!(sms.units[1].as_str(), Some("%RH"));
/// assert_eq!(sms.alarms(2), Some([true, false]));
/// assert_eq!(sms.rssi.dbm(), Some(-69));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct DataSms<'a> {
    /// Offset 11: serial number, four octets, BCD or binary: which is not stated.
    pub serial_raw: [u8; 4],
    /// Offset 31: model.
    pub kind: u8,
    /// Offset 34: state, high octet first (inferred).
    pub state: State,
    /// Offset 39: occupation of the memory in per cent.
    pub memory_percent: u8,
    /// Offset 42: alarm 1 of all channels, bit 0 for channel 1 (inferred).
    pub alarm1: u8,
    /// Offset 45: alarm 2 of all channels.
    pub alarm2: u8,
    /// Offset 48: values of channels 1 to 8, big-endian (inferred).
    pub values: [HexFloat; 8],
    /// Offset 113: units of channels 1 to 8.
    pub units: [Unit<'a>; 8],
    /// Offset 138: signal level, in the code of messages (inferred).
    pub rssi: Rssi,
    /// Offset 141: index of the keep-alive interval in force.
    pub interval_index: u8,
    /// Offset 144: clock of the device, the count of messages (inferred).
    pub time: DeviceClock,
}

/// A unit: three characters, blanks at the end removed.
///
/// Octets, since their character set depends on who received the SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct Unit<'a>(&'a [u8]);

impl<'a> Unit<'a> {
    /// A unit of at most three characters without control characters; `None` for others.
    #[must_use]
    pub fn new(unit: &'a str) -> Option<Self> {
        let lawful = unit.chars().count() <= 3 && !unit.chars().any(char::is_control);
        lawful.then(|| Self(unit.as_bytes().trim_ascii()))
    }

    /// As text, if it is UTF-8.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        core::str::from_utf8(self.0).ok()
    }

    /// As it was received.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

impl<'a> DataSms<'a> {
    /// Reads the text of an SMS. Units may have characters outside ASCII, as UTF-8 or in a single-byte code page.
    ///
    /// # Errors
    /// In this order: [`SmsErrorKind::BadLength`], [`SmsErrorKind::BadLiteral`], [`SmsErrorKind::BadHex`].
    pub fn decode(body: &'a [u8]) -> Result<Self, SmsError> {
        let Characters { plain: body, units } = Characters::new(body)?;
        for (at, literal) in [(0, FIRST), (20, SECOND)] {
            let found = body.get(at..).unwrap_or_default();
            if !found.starts_with(literal.as_bytes()) {
                return Err(SmsError::new(SmsErrorKind::BadLiteral, literal, at));
            }
        }
        for at in BLANKS {
            if body.get(at) != Some(&b' ') {
                return Err(SmsError::new(SmsErrorKind::BadLiteral, "blank", at));
            }
        }
        let body = &body;
        let serial_raw = hex(body, 11, "serial")?;
        let [kind] = hex(body, 31, "kind")?;
        let state = State(u16::from_be_bytes(hex(body, 34, "state")?));
        let [memory_percent] = hex(body, 39, "memory")?;
        let [alarm1] = hex(body, 42, "alarm1")?;
        let [alarm2] = hex(body, 45, "alarm2")?;
        let mut values = [HexFloat::from_bits(0); 8];
        for (value, at) in values.iter_mut().zip((48..).step_by(8)) {
            *value = HexFloat::from_bits(u32::from_be_bytes(hex(body, at, "values")?));
        }
        let [rssi] = hex(body, 138, "rssi")?;
        let [interval_index] = hex(body, 141, "interval")?;
        let time = DeviceClock(u32::from_be_bytes(hex(body, 144, "time")?));
        Ok(Self {
            serial_raw,
            kind,
            state,
            memory_percent,
            alarm1,
            alarm2,
            values,
            units,
            rssi: Rssi(rssi),
            interval_index,
            time,
        })
    }

    /// The serial number if the octets are BCD digits; `None` if they cannot be.
    #[must_use]
    pub fn serial_as_bcd(&self) -> Option<Serial> {
        let mut number = 0_u32;
        for octet in self.serial_raw {
            let (tens, ones) = (octet >> 4, octet & 0xF);
            if tens > 9 || ones > 9 {
                return None;
            }
            let two = tens.wrapping_mul(10).wrapping_add(ones);
            number = number.wrapping_mul(100).wrapping_add(u32::from(two));
        }
        Serial::new(number)
    }

    /// The serial number if the octets are a binary number, high octet first; `None` if they cannot be.
    #[must_use]
    pub const fn serial_as_binary(&self) -> Option<Serial> {
        Serial::new(u32::from_be_bytes(self.serial_raw))
    }

    /// Whether alarms 1 and 2 of channel 1 to 8 are active.
    #[must_use]
    pub fn alarms(&self, channel: u8) -> Option<[bool; 2]> {
        let place = channel.checked_sub(1).filter(|&place| place < 8)?;
        Some([self.alarm1, self.alarm2].map(|bits| bits >> place & 1 == 1))
    }

    /// Writes the text to the front of `out`, or nothing.
    ///
    /// # Errors
    /// [`EncodeErrorKind::Buffer`](crate::EncodeErrorKind::Buffer) if `out` is too small: [`LEN`] octets are enough for units in
    /// ASCII.
    pub fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b mut [u8], EncodeError> {
        Writer::emit(out, |w| self.write(w))
    }

    #[expect(clippy::unnecessary_wraps, reason = "as all writers")]
    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let field = |w: &mut Writer<'_>, before: &str, octets: &[u8]| {
            w.raw(before);
            for &octet in octets {
                w.hex(u32::from(octet), 2, Case::Upper);
            }
        };
        field(w, "Datalogger ", &self.serial_raw);
        field(w, " ActualData ", &[self.kind]);
        field(w, " ", &self.state.0.to_be_bytes());
        field(w, " ", &[self.memory_percent]);
        field(w, " ", &[self.alarm1]);
        field(w, " ", &[self.alarm2]);
        w.raw(" ");
        for value in self.values {
            field(w, "", &value.to_bits().to_be_bytes());
        }
        w.raw(" ");
        for unit in self.units {
            let count = match unit.as_str() {
                Some(text) => text.chars().count(),
                None => unit.as_bytes().len(),
            };
            w.octets(unit.as_bytes());
            (count..3).for_each(|_| w.raw(" "));
        }
        field(w, " ", &[self.rssi.0]);
        field(w, " ", &[self.interval_index]);
        field(w, " ", &self.time.0.to_be_bytes());
        Ok(())
    }
}

/// The characters of a text, wherever it comes from.
struct Characters<'a> {
    /// One octet for each; 255 for what is not ASCII and so fits only into a unit.
    plain: [u8; LEN],
    units: [Unit<'a>; 8],
}

impl<'a> Characters<'a> {
    /// Checks the number of characters.
    fn new(body: &'a [u8]) -> Result<Self, SmsError> {
        let mut all = Self {
            plain: [u8::MAX; LEN],
            units: [Unit::default(); 8],
        };
        let Ok(text) = core::str::from_utf8(body) else {
            all.plain = body.try_into().map_err(|_| bad_length(body))?;
            let octets = body.get(UNITS..).unwrap_or_default();
            for (unit, octets) in all.units.iter_mut().zip(octets.chunks_exact(3)) {
                *unit = Unit(octets.trim_ascii());
            }
            return Ok(all);
        };
        if text.chars().count() != LEN {
            return Err(bad_length(body));
        }
        for (place, c) in all.plain.iter_mut().zip(text.chars()) {
            *place = if c.is_ascii() {
                u8::try_from(c).unwrap_or(u8::MAX)
            } else {
                u8::MAX
            };
        }
        let mut rest = behind(text, UNITS).1;
        for unit in &mut all.units {
            let (three, more) = behind(rest, 3);
            *unit = Unit(three.as_bytes().trim_ascii());
            rest = more;
        }
        Ok(all)
    }
}

#[cold]
const fn bad_length(body: &[u8]) -> SmsError {
    SmsError::new(SmsErrorKind::BadLength, "body", body.len())
}

/// So many characters, and the rest.
fn behind(text: &str, characters: usize) -> (&str, &str) {
    let at = text
        .char_indices()
        .nth(characters)
        .map_or(text.len(), |(at, _)| at);
    text.split_at_checked(at).unwrap_or_default()
}

/// `N` octets in hexadecimal digits of either case.
fn hex<const N: usize>(body: &[u8; LEN], at: usize, field: &'static str) -> Result<[u8; N], SmsError> {
    let mut octets = [0; N];
    for (octet, at) in octets.iter_mut().zip((at..).step_by(2)) {
        let digit = |at: usize| {
            let digit = body.get(at).map(|&digit| char::from(digit));
            let digit = digit.and_then(|digit| digit.to_digit(16));
            let digit = digit.and_then(|digit| u8::try_from(digit).ok());
            digit.ok_or(SmsError::new(SmsErrorKind::BadHex, field, at))
        };
        *octet = digit(at)? << 4 | digit(at.saturating_add(1))?;
    }
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    const TEXT: &str = "Datalogger 19630248 ActualData 09 00C0 2F 02 00 41A0000042480000C1200000000000003F800000FF8100357FC00000461C4000 \
        C  %RHC  ppmhPa   V  m   16 03 2D4B10F4";

    #[test]
    fn the_layout_adds_up() {
        assert_eq!(TEXT.len(), LEN);
        let sms = DataSms::decode(TEXT.as_bytes()).unwrap();
        let mut out = [0; LEN];
        assert_eq!(sms.emit(&mut out).unwrap(), TEXT.as_bytes());
        assert!(sms.emit(&mut [0; LEN - 1]).is_err());
        assert_eq!(sms.serial_as_binary(), None);
        assert_eq!((sms.alarms(0), sms.alarms(9)), (None, None));
    }

    /// Every place is a literal, a blank, a unit or a digit.
    #[test]
    fn every_place_is_judged() {
        for at in 0..LEN {
            let mut body: Vec<u8> = TEXT.into();
            body[at] = b'#';
            let code = DataSms::decode(&body).map(drop).map_err(|error| error.kind);
            let expected = match at {
                0..10 | 20..30 | 10 | 19 | 30 | 33 | 38 | 41 | 44 | 47 | 112 | 137 | 140 | 143 => {
                    Err(SmsErrorKind::BadLiteral)
                }
                113..137 => Ok(()),
                _ => Err(SmsErrorKind::BadHex),
            };
            assert_eq!(code, expected, "{at}");
        }
    }

    #[test]
    fn units_outside_ascii_keep_their_places() {
        let utf8 = TEXT.replace(" C  %RH", " °C %RH");
        let sms = DataSms::decode(utf8.as_bytes()).unwrap();
        assert_eq!(
            (sms.units[0].as_str(), sms.units[1].as_str()),
            (Some("°C"), Some("%RH"))
        );
        assert_eq!(sms.time, DeviceClock(0x2D4B_10F4));
        let mut out = [0; 160];
        assert_eq!(sms.emit(&mut out).unwrap(), utf8.as_bytes());
        let latin1: Vec<u8> = utf8.chars().map(|c| u8::try_from(c).unwrap()).collect();
        let sms = DataSms::decode(&latin1).unwrap();
        assert_eq!(
            (sms.units[0].as_str(), sms.units[0].as_bytes()),
            (None, &b"\xB0C"[..])
        );
        assert_eq!(sms.emit(&mut out).unwrap(), latin1);
        assert_eq!(Unit::new("°C ").and_then(Unit::as_str), Some("°C"));
        assert_eq!((Unit::new("abcd"), Unit::new("a\n")), (None, None));
    }

    #[test]
    fn a_wide_character_elsewhere_is_refused() {
        let moved = TEXT.replace("16 03", "é6 03");
        assert_eq!(
            DataSms::decode(moved.as_bytes()).unwrap_err().kind,
            SmsErrorKind::BadHex
        );
        let moved = TEXT.replace("Datalogger", "Datalöger ");
        assert_eq!(
            DataSms::decode(moved.as_bytes()).unwrap_err().kind,
            SmsErrorKind::BadLiteral
        );
    }

    #[test]
    fn every_other_length_is_refused() {
        for len in 0..LEN {
            let error = DataSms::decode(&TEXT.as_bytes()[..len]).unwrap_err();
            assert_eq!(error.kind, SmsErrorKind::BadLength);
        }
    }
}
