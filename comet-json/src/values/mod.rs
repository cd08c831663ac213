//! `values.json` and `values.xml`, the documents that a WiFi sensor serves on request (W §10.1).
//!
//! Off by default (status 403 then), on TCP port 80, readable without authentication when on. Values are text: number, `n/a` or
//! `ErrorX`. Older wired models have documents of the same names and of another format, which this module does not read.
//!
//! ```
//! use comet_json::values::{Shown, decode_json};
//! let body = br#"{"devname":"Lab","devsn":"21990417","time":"2023-03-14T07:30:00+01:00","timeunix":1678775400,"synch":"1",
//! "rssi":-61,"acc":0,"ch":[{"name":"Temperature","unit":"C","value":"-24.70","alarm1":0,"alarm2":1}]}"#;
//! let values = decode_json(body, 4096).unwrap();
//! assert_eq!(values.unix_s, Some(1_678_775_400));
//! let channel = values.channels[0].as_ref().unwrap();
//! let Shown::Number(value) = channel.shown() else { panic!() };
//! assert_eq!((value.to_string().as_str(), channel.alarms), ("-24.70", [Some(false), Some(true)]));
//! ```

mod json;
#[cfg(feature = "std")]
mod xml;

use crate::decimal::Decimal;
use crate::limits::MAX_PULL_CHANNELS;
use crate::serial::Serial;
use crate::text::Text;
use crate::time::Timestamp;

pub use json::decode_json;
#[cfg(feature = "std")]
pub use xml::decode_xml;

/// A document. `T` is its kind of text: borrowed from JSON, owned from XML. `None` is what it does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Values<T> {
    /// `devname`: name of the device, at most 64 long as documented.
    pub devname: Option<T>,
    /// `devsn`.
    pub serial: Option<Serial>,
    /// `time`: time of the device, RFC 3339, as it is written.
    pub time: Option<T>,
    /// `timeunix`: the same in seconds since 1970-01-01.
    pub unix_s: Option<u32>,
    /// `synch`: whether the time is valid.
    pub synch: Option<bool>,
    /// `rssi` in dBm, negative.
    pub rssi_dbm: Option<i16>,
    /// `acc`: whether acoustic signalling is active.
    pub acoustic: Option<bool>,
    /// `ch` or `ch1` to `ch8`, channel 1 first.
    pub channels: [Option<Channel<T>>; MAX_PULL_CHANNELS],
}

/// A channel of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Channel<T> {
    /// `name`, in English, unlike `Quant` of the message; at most 32 long as documented.
    pub name: Option<T>,
    /// `unit`, at most 16 long as documented.
    pub unit: Option<T>,
    /// `value`: number, `n/a` or `ErrorX`, at most 32 long as documented.
    pub value: Option<T>,
    /// `alarm1`, `alarm2`: whether they are active.
    pub alarms: [Option<bool>; 2],
}

impl<T> Values<T> {
    const EMPTY: Self = Self {
        devname: None,
        serial: None,
        time: None,
        unix_s: None,
        synch: None,
        rssi_dbm: None,
        acoustic: None,
        channels: [const { None }; MAX_PULL_CHANNELS],
    };
}

impl<T> Channel<T> {
    const EMPTY: Self = Self {
        name: None,
        unit: None,
        value: None,
        alarms: [None; 2],
    };
}

impl Values<Text<'_>> {
    /// `time`, if it can be read.
    #[must_use]
    pub fn timestamp(&self) -> Option<Timestamp> {
        Timestamp::from_text(self.time?)
    }
}

impl Channel<Text<'_>> {
    /// What `value` says.
    #[must_use]
    pub fn shown(&self) -> Shown {
        self.value.map_or(Shown::Other, Shown::of)
    }
}

#[cfg(feature = "std")]
impl Values<alloc::string::String> {
    /// `time`, if it can be read.
    #[must_use]
    pub fn timestamp(&self) -> Option<Timestamp> {
        Timestamp::parse(self.time.as_deref()?)
    }
}

#[cfg(feature = "std")]
impl Channel<alloc::string::String> {
    /// What `value` says.
    #[must_use]
    pub fn shown(&self) -> Shown {
        self.value.as_deref().map_or(Shown::Other, Shown::parse)
    }
}

/// A value as devices show it in text: `value` of the documents and `ValStr` of messages (W §4.2, §5, §10.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Shown {
    /// A number with the decimal places that it is shown with.
    Number(Decimal),
    /// `n/a`.
    NotAvailable,
    /// `Error X` or `ErrorX`; the number is decimal (inferred for those above 9).
    Error(u16),
    /// Any other text, or none.
    Other,
}

impl Shown {
    /// Reads a text.
    ///
    /// ```
    /// use comet_json::values::Shown;
    /// assert_eq!(Shown::parse("Error 12"), Shown::Error(12));
    /// assert_eq!(Shown::parse("Error4"), Shown::Error(4));
    /// assert_eq!(Shown::parse("n/a"), Shown::NotAvailable);
    /// assert_eq!(Shown::parse("Error"), Shown::Other);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text == "n/a" {
            return Self::NotAvailable;
        }
        if let Some(rest) = text.strip_prefix("Error") {
            let digits = rest.strip_prefix(' ').unwrap_or(rest);
            let number = digits.parse().ok();
            let number = number.filter(|_| digits.bytes().all(|digit| digit.is_ascii_digit()));
            return number.map_or(Self::Other, Self::Error);
        }
        Decimal::parse(text).map_or(Self::Other, Self::Number)
    }

    /// Reads a text of a message.
    #[must_use]
    pub fn of(text: Text<'_>) -> Self {
        match text.as_borrowed() {
            Some(text) => Self::parse(text),
            None => {
                let mut buffer = [0; 32];
                let octets = text.octets(&mut buffer).unwrap_or_default();
                core::str::from_utf8(octets).map_or(Self::Other, Self::parse)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_numbers_errors_or_nothing_known() {
        let number = |text| Shown::Number(Decimal::parse(text).unwrap());
        for (text, shown) in [
            ("4.5", number("4.5")),
            ("-0.0", number("-0.0")),
            ("1187", number("1187")),
            ("n/a", Shown::NotAvailable),
            ("Error0", Shown::Error(0)),
            ("Error 65535", Shown::Error(65535)),
            ("Error 65536", Shown::Other),
            ("Error  1", Shown::Other),
            ("Error +1", Shown::Other),
            ("error 1", Shown::Other),
            ("N/A", Shown::Other),
            ("", Shown::Other),
            ("4,5", Shown::Other),
        ] {
            assert_eq!(Shown::parse(text), shown, "{text}");
            assert_eq!(Shown::of(Text::from(text)), shown, "{text}");
        }
        assert_eq!(Shown::of(Text::checked(r"4\u002E5", true)), number("4.5"));
        let long = r"4\u002E5".repeat(20);
        assert_eq!(Shown::of(Text::checked(&long, true)), Shown::Other);
    }
}
