//! The canonical form of device messages, for simulators and tests (W §9, L §5).
//!
//! No white space, members and elements in documented order, absent members left out, texts as UTF-8 with the escapes that JSON
//! demands. Types 2 and 5: hex floats upper case, whole seconds with numeric offset, serial number as text of eight digits. Type
//! 1: version 6 only, hex floats lower case, times upper case, serial number as number.
//!
//! ```
//! use comet_json::{HexFloat, Serial, Timestamp, WifiMessage, decode, wifi};
//! let channels = [wifi::Channel::new(1.try_into().unwrap(), Some(HexFloat::from(4.5)))];
//! let sample = Timestamp::parse("2023-03-14T07:20:00+01:00").unwrap();
//! let message = WifiMessage::new(Serial::new(21990417).unwrap(), sample, wifi::Channel::list(&channels).unwrap());
//! let mut buffer = [0; 256];
//! let body = message.emit(&mut buffer).unwrap();
//! assert!(body.starts_with(br#"{"JsonType":2,"JsonVersion":1,"Sn":"21990417","Time":{"Sample":"2023-03-14T07:20:00+01:00","#));
//! assert!(body.ends_with(br#""Channels":[{"Nr":1,"Val":"40900000"}]}"#));
//! assert_eq!(decode(body).unwrap().content, comet_json::Content::Wifi(message));
//! ```

use core::num::NonZeroU8;

use crate::alarm::AlarmMode;
use crate::error::{EncodeError, EncodeErrorKind};
use crate::hexfloat::HexFloat;
use crate::limits::{MAX_DECIMAL_PLACES, MAX_LOGGER_CHANNELS, MAX_LOGGER_INTERVAL_S};
use crate::logger::{self, Batch, DeviceClock, Interval, LoggerMessage};
use crate::message::Content;
use crate::text::Text;
use crate::time::{Stamp, Time, Timestamp};
use crate::wifi::{self, WifiMessage};
use crate::wired::{self, WiredMessage};
use crate::writer::{Case, Comma, Writer};

/// `Content-Type` that simulators send. None is documented, and a receiver must not ask for one (W §2, L §1).
pub const CONTENT_TYPE: &str = "application/json";

macro_rules! emit {
    ($($name:ident)+) => { $(
        impl $name<'_> {
            /// Octets that [`emit`](Self::emit) writes.
            ///
            /// # Errors
            /// As [`emit`](Self::emit), the buffer apart.
            pub fn encoded_len(&self) -> Result<usize, EncodeError> {
                Writer::count(|w| self.write(w))
            }

            /// Writes the canonical form to the front of `out`, or nothing.
            ///
            /// # Errors
            /// [`EncodeErrorKind::Buffer`] if `out` is too small. Types 2 and 5 also: a time kept as unreadable text that can be read,
            /// or whose clock is not said to be invalid. Loggers also: another version than 6, an element that is not set, a number
            /// outside its range, no channels or more than eight.
            pub fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b mut [u8], EncodeError> {
                Writer::emit(out, |w| self.write(w))
            }

            /// The canonical form in a vector of its own.
            ///
            /// # Errors
            /// As [`emit`](Self::emit), the buffer apart.
            #[cfg(feature = "alloc")]
            pub fn to_vec(&self) -> Result<alloc::vec::Vec<u8>, EncodeError> {
                Writer::to_vec(|w| self.write(w))
            }
        }
    )+ };
}

emit! { Content LoggerMessage WifiMessage WiredMessage }

impl Content<'_> {
    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self {
            Self::Logger(message) => message.write(w),
            Self::Wifi(message) => message.write(w),
            Self::Wired(message) => message.write(w),
            Self::LoggerBatch(batch) => write_batch(batch, w),
        }
    }
}

fn write_batch(batch: &Batch<'_>, w: &mut Writer<'_>) -> Result<(), EncodeError> {
    let mut comma = Comma::new();
    w.raw("[");
    for message in batch {
        comma.write(w);
        message.write(w)?;
    }
    w.raw("]");
    Ok(())
}

/// What both object types begin with.
struct Head<'m> {
    json_type: u8,
    json_version: Option<i64>,
    order_id: Option<u32>,
    msg_type: Option<u8>,
    msg_cache: Option<u8>,
    serial: u32,
    desc: Option<Text<'m>>,
    kind: Option<u8>,
    state: Option<[Option<u16>; 2]>,
    nconf: Option<u8>,
    conf_id: Option<Text<'m>>,
    interval_s: Option<u16>,
    time: Time<'m>,
}

impl Head<'_> {
    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.raw("{\"JsonType\":");
        w.unsigned(u64::from(self.json_type));
        if let Some(version) = self.json_version {
            w.raw(",\"JsonVersion\":");
            w.signed(version);
        }
        w.member(",\"OrderId\":", self.order_id);
        w.member(",\"MsgType\":", self.msg_type);
        w.member(",\"MsgCache\":", self.msg_cache);
        w.raw(",\"Sn\":\"");
        w.digits(u64::from(self.serial), 8);
        w.raw("\"");
        w.text_member(",\"Desc\":", self.desc);
        w.member(",\"Kind\":", self.kind);
        if let Some([reg, mask]) = self.state {
            let mut comma = Comma::new();
            w.raw(",\"AState\":{");
            comma.member(w, "\"Reg\":", reg.map(i64::from));
            comma.member(w, "\"Mask\":", mask.map(i64::from));
            w.raw("}");
        }
        w.member(",\"NConf\":", self.nconf);
        w.text_member(",\"ConfID\":", self.conf_id);
        w.member(",\"Interval\":", self.interval_s);
        self.write_time(w)
    }

    fn write_time(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let Time { now, sample, valid } = self.time;
        w.raw(",\"Time\":{");
        if let Some(now) = now {
            w.raw("\"Now\":");
            stamp(w, now, valid, "Time.Now")?;
            w.raw(",");
        }
        w.raw("\"Sample\":");
        stamp(w, sample, valid, "Time.Sample")?;
        w.member(",\"IsValid\":", valid.map(u8::from));
        w.raw("}");
        Ok(())
    }
}

/// A text that is no time stands only where the device says that its clock is not valid (W §8 rule 11).
fn stamp(
    w: &mut Writer<'_>,
    stamp: Stamp<'_>,
    valid: Option<bool>,
    field: &'static str,
) -> Result<(), EncodeError> {
    match stamp {
        Stamp::Read(time) => {
            w.raw("\"");
            w.timestamp(time);
            w.raw("\"");
        }
        Stamp::Unreadable(text) if valid == Some(false) && Timestamp::from_text(text).is_none() => {
            w.text(text)
        }
        Stamp::Unreadable(_) => return Err(EncodeError::new(EncodeErrorKind::BadTime, field)),
    }
    Ok(())
}

impl WifiMessage<'_> {
    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        Head {
            json_type: 2,
            json_version: self.json_version,
            order_id: self.order_id,
            msg_type: self.msg_type.map(|code| code.0),
            msg_cache: self.msg_cache.map(|code| code.0),
            serial: self.serial.number(),
            desc: self.desc,
            kind: self.kind.map(|code| code.0),
            state: self
                .state
                .map(|state| [state.reg, state.mask].map(|bits| bits.map(|bits| bits.0))),
            nconf: self.nconf,
            conf_id: self.conf_id,
            interval_s: self.interval_s,
            time: self.time,
        }
        .write(w)?;
        if let Some(rssi) = self.rssi {
            let mut comma = Comma::new();
            w.raw(",\"Rssi\":{");
            comma.member(w, "\"Now\":", rssi.now.map(|level| i64::from(level.0)));
            comma.member(w, "\"Sample\":", rssi.sample.map(|level| i64::from(level.0)));
            w.raw("}");
        }
        w.text_member(",\"LocalIP\":", self.local_ip);
        w.raw(",\"Channels\":[");
        let mut comma = Comma::new();
        for channel in &self.channels {
            comma.write(w);
            wifi_channel(&channel, w);
        }
        w.raw("]}");
        Ok(())
    }
}

/// The part of a channel that both object types have.
struct ChannelHead<'m> {
    nr: Option<NonZeroU8>,
    enabled: Option<bool>,
    quantity: Option<Text<'m>>,
    value: Option<HexFloat>,
    text: Option<Text<'m>>,
    unit: Option<Text<'m>>,
    decimals: Option<u8>,
}

impl ChannelHead<'_> {
    /// `Val` is always written: as an empty text where there is no value, which reads back as none (W §8 rule 10).
    fn write(&self, w: &mut Writer<'_>) {
        let mut comma = Comma::new();
        w.raw("{");
        comma.member(w, "\"Nr\":", self.nr.map(|nr| i64::from(nr.get())));
        comma.member(w, "\"En\":", self.enabled.map(i64::from));
        if let Some(quantity) = self.quantity {
            comma.write(w);
            w.raw("\"Quant\":");
            w.text(quantity);
        }
        comma.write(w);
        w.raw("\"Val\":");
        hex_float_or_empty(w, self.value);
        w.text_member(",\"ValStr\":", self.text);
        w.text_member(",\"Unit\":", self.unit);
        w.member(",\"Dec\":", self.decimals);
    }
}

fn hex_float_or_empty(w: &mut Writer<'_>, value: Option<HexFloat>) {
    w.raw("\"");
    if let Some(value) = value {
        w.hex(value.to_bits(), 8, Case::Upper);
    }
    w.raw("\"");
}

fn wifi_channel(channel: &wifi::Channel<'_>, w: &mut Writer<'_>) {
    ChannelHead {
        nr: channel.nr,
        enabled: channel.enabled,
        quantity: channel.quantity,
        value: channel.value,
        text: channel.text,
        unit: channel.unit,
        decimals: channel.decimals,
    }
    .write(w);
    w.pair_member(",\"Alarm\":", channel.alarm.map(|pair| pair.map(u8::from)));
    if let Some([limit1, limit2]) = channel.limits {
        w.raw(",\"AlarmLim\":[");
        hex_float_or_empty(w, limit1);
        w.raw(",");
        hex_float_or_empty(w, limit2);
        w.raw("]");
    }
    w.pair_member(",\"AlarmMode\":", channel.modes.map(codes));
    w.raw("}");
}

fn codes(modes: [AlarmMode; 2]) -> [u8; 2] {
    modes.map(|mode| mode.0)
}

impl WiredMessage<'_> {
    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        Head {
            json_type: 5,
            json_version: self.json_version,
            order_id: self.order_id,
            msg_type: self.msg_type.map(|code| code.0),
            msg_cache: self.msg_cache.map(|code| code.0),
            serial: self.serial.number(),
            desc: self.desc,
            kind: self.kind.map(|code| code.0),
            state: self
                .state
                .map(|state| [state.reg, state.mask].map(|bits| bits.map(|bits| bits.0))),
            nconf: self.nconf,
            conf_id: self.conf_id,
            interval_s: self.interval_s,
            time: self.time,
        }
        .write(w)?;
        w.text_member(",\"LocalIP\":", self.local_ip);
        w.text_member(",\"LocalIPv4\":", self.local_ipv4);
        w.raw(",\"Channels\":[");
        let mut comma = Comma::new();
        for channel in &self.channels {
            comma.write(w);
            wired_channel(&channel, w);
        }
        w.raw("]}");
        Ok(())
    }
}

fn wired_channel(channel: &wired::Channel<'_>, w: &mut Writer<'_>) {
    ChannelHead {
        nr: channel.nr,
        enabled: channel.enabled,
        quantity: channel.quantity,
        value: channel.value,
        text: channel.text,
        unit: channel.unit,
        decimals: channel.decimals,
    }
    .write(w);
    w.pair_member(",\"Type\":", channel.channel_type);
    w.pair_member(",\"Alarm\":", channel.alarm.map(|pair| pair.map(u8::from)));
    w.pair_member(",\"AlarmMode\":", channel.modes.map(codes));
    if let Some(texts) = channel.bin_desc {
        w.raw(",\"BinDesc\":");
        w.text_pair(texts);
    }
    w.raw("}");
}

impl LoggerMessage<'_> {
    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        if self.version != logger::VERSION {
            let kind = EncodeErrorKind::UnsupportedVersion(self.version);
            return Err(EncodeError::new(kind, "JsonVersion"));
        }
        let Interval::ByPower {
            external_s,
            battery_s,
        } = self.interval
        else {
            return Err(EncodeError::new(
                EncodeErrorKind::MissingField,
                "IntervalPowerMode",
            ));
        };
        let rssi = demand(self.rssi, "Rssi")?;
        let time_now = demand(self.time_now, "TimeNow")?;
        let rst_ok = demand(self.rst_ok, "RstOk")?;
        let buffered_max = demand(self.buffered_max, "BufferedModeMaxMessagesCnt")?;
        let state_mask = demand(self.state_mask, "AStateMask")?;
        let battery_percent = demand(self.battery_percent, "BatteryPercentage")?;
        up_to(rssi.0, 99, "Rssi")?;
        up_to(external_s, MAX_LOGGER_INTERVAL_S, "IntervalPowerMode")?;
        up_to(battery_s, MAX_LOGGER_INTERVAL_S, "IntervalBatteryMode")?;
        up_to(battery_percent, 100, "BatteryPercentage")?;
        if !(1..=usize::from(MAX_LOGGER_CHANNELS)).contains(&self.channels.len()) {
            return Err(EncodeError::new(EncodeErrorKind::Channels, "Channels"));
        }
        w.raw("[1,6,");
        w.unsigned(u64::from(rssi.0));
        clock(w, time_now);
        w.element(self.order_id);
        w.element(u8::from(self.is_async));
        w.element(self.serial.number());
        w.raw(",");
        w.text(self.desc);
        w.element(self.kind);
        clock(w, self.time);
        w.raw(",");
        w.signed(i64::from(self.timezone.0));
        w.element(external_s);
        w.element(battery_s);
        w.element(u8::from(rst_ok));
        w.element(buffered_max);
        w.element(state_mask.0);
        w.element(self.state.0);
        w.element(self.nconf);
        w.element(u8::from(self.alarms_suspended));
        w.raw(",");
        w.text(self.customer_uid.0);
        w.element(battery_percent);
        w.raw(",[");
        let mut comma = Comma::new();
        for channel in &self.channels {
            comma.write(w);
            logger_channel(&channel, w)?;
        }
        w.raw("]]");
        Ok(())
    }
}

fn demand<T>(element: Option<T>, field: &'static str) -> Result<T, EncodeError> {
    element.ok_or_else(|| EncodeError::new(EncodeErrorKind::MissingField, field))
}

fn up_to<T: PartialOrd>(value: T, max: T, field: &'static str) -> Result<(), EncodeError> {
    if value > max {
        return Err(EncodeError::new(EncodeErrorKind::OutOfRange, field));
    }
    Ok(())
}

fn clock(w: &mut Writer<'_>, clock: DeviceClock) {
    w.raw(",\"");
    w.hex(clock.0, 8, Case::Upper);
    w.raw("\"");
}

fn logger_channel(channel: &logger::Channel<'_>, w: &mut Writer<'_>) -> Result<(), EncodeError> {
    let number = channel.number();
    if number == 0 {
        return Err(EncodeError::new(EncodeErrorKind::OutOfRange, "Number"));
    }
    up_to(number, MAX_LOGGER_CHANNELS, "Number")?;
    w.raw("[");
    w.unsigned(u64::from(number));
    match channel {
        logger::Channel::Analog(channel) => {
            up_to(channel.decimals, MAX_DECIMAL_PLACES, "DecimalPlaces")?;
            w.raw(",0,");
            w.text(channel.quantity);
            w.raw(",");
            lower(w, channel.value);
            w.raw(",");
            w.text(channel.unit);
            w.element(channel.decimals);
            w.pair_member(",", Some(channel.alarm.map(u8::from)));
            let [limit1, limit2] = channel.limits;
            w.raw(",[");
            lower(w, limit1);
            w.raw(",");
            lower(w, limit2);
            w.raw("]");
            w.pair_member(",", Some(codes(channel.behaviours)));
        }
        logger::Channel::Binary(channel) => {
            w.raw(",1,");
            w.text(channel.quantity);
            w.raw(",");
            w.text_pair(channel.descriptions);
            w.raw(",");
            w.signed(i64::from(channel.state));
            w.pair_member(",", Some(channel.alarm.map(u8::from)));
            w.pair_member(",", Some(codes(channel.behaviours)));
        }
    }
    w.raw("]");
    Ok(())
}

fn lower(w: &mut Writer<'_>, value: HexFloat) {
    w.raw("\"");
    w.hex(value.to_bits(), 8, Case::Lower);
    w.raw("\"");
}
