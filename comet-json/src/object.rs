//! What messages of type 2 and type 5 have in common on the wire (W §4, §A.2). Codes and bits stay numbers here: the two types
//! read them differently.

use crate::alarm::AlarmMode;
use crate::channels::{self, Channels, Entry};
use crate::error::{DecodeError, ErrorKind};
use crate::hexfloat::HexFloat;
use crate::json::{Cursor, names};
use crate::limits::MAX_CHANNELS;
use crate::serial::Serial;
use crate::text::Text;
use crate::time::{Stamp, Time, Timestamp};
use crate::warning::Warning;

use core::num::NonZeroU8;

use crate::json::SerialForm;

names! {
    /// Members of the message.
    Top {
        JsonType "JsonType",
        JsonVersion "JsonVersion",
        OrderId "OrderId",
        MsgType "MsgType",
        MsgCache "MsgCache",
        Sn "Sn",
        Desc "Desc",
        Kind "Kind",
        AState "AState",
        NConf "NConf",
        ConfId "ConfID",
        Interval "Interval",
        Time "Time",
        Rssi "Rssi",
        LocalIp "LocalIP",
        LocalIpv4 "LocalIPv4",
        Channels "Channels",
    }
}

names! {
    /// Members of a channel.
    Member {
        Nr "Nr",
        En "En",
        Quant "Quant",
        Val "Val",
        ValStr "ValStr",
        Unit "Unit",
        Dec "Dec",
        Type "Type",
        Alarm "Alarm",
        AlarmLim "AlarmLim",
        AlarmMode "AlarmMode",
        BinDesc "BinDesc",
    }
}

names! {
    /// Members of `AState`.
    StateName { Reg "Reg", Mask "Mask", }
}

names! {
    /// Members of `Time`.
    TimeName { Now "Now", Sample "Sample", IsValid "IsValid", }
}

names! {
    /// Members of `Rssi`.
    RssiName { Now "Now", Sample "Sample", }
}

/// What distinguishes the two types.
pub(crate) struct Family {
    /// Known members of the message, of a channel.
    pub(crate) top: u32,
    pub(crate) channel: u32,
    /// Members without which a device does well.
    pub(crate) optional: u32,
    pub(crate) optional_in_channel: u32,
    /// Documented length of `ConfID`.
    pub(crate) conf_id_len: usize,
}

/// A message.
pub(crate) struct Fields<'a, C> {
    pub(crate) json_version: Option<i64>,
    pub(crate) order_id: Option<u32>,
    pub(crate) msg_type: Option<u8>,
    pub(crate) msg_cache: Option<u8>,
    pub(crate) serial: Serial,
    pub(crate) desc: Option<Text<'a>>,
    pub(crate) kind: Option<u8>,
    pub(crate) state: Option<[Option<u16>; 2]>,
    pub(crate) nconf: Option<u8>,
    pub(crate) conf_id: Option<Text<'a>>,
    pub(crate) interval_s: Option<u16>,
    pub(crate) time: Time<'a>,
    pub(crate) rssi: Option<[Option<i16>; 2]>,
    pub(crate) local_ip: Option<Text<'a>>,
    pub(crate) local_ipv4: Option<Text<'a>>,
    pub(crate) channels: Channels<'a, C>,
}

/// A message that is being read.
struct Draft<'a, C> {
    json_version: Option<i64>,
    order_id: Option<u32>,
    msg_type: Option<u8>,
    msg_cache: Option<u8>,
    serial: Option<Serial>,
    desc: Option<Text<'a>>,
    kind: Option<u8>,
    state: Option<[Option<u16>; 2]>,
    nconf: Option<u8>,
    conf_id: Option<Text<'a>>,
    interval_s: Option<u16>,
    time: Option<Time<'a>>,
    rssi: Option<[Option<i16>; 2]>,
    local_ip: Option<Text<'a>>,
    local_ipv4: Option<Text<'a>>,
    channels: Option<Channels<'a, C>>,
}

impl<C> Draft<'_, C> {
    const EMPTY: Self = Self {
        json_version: None,
        order_id: None,
        msg_type: None,
        msg_cache: None,
        serial: None,
        desc: None,
        kind: None,
        state: None,
        nconf: None,
        conf_id: None,
        interval_s: None,
        time: None,
        rssi: None,
        local_ip: None,
        local_ipv4: None,
        channels: None,
    };
}

/// A channel.
#[derive(Default)]
pub(crate) struct ChannelFields<'a> {
    pub(crate) nr: Option<NonZeroU8>,
    pub(crate) enabled: Option<bool>,
    pub(crate) quantity: Option<Text<'a>>,
    pub(crate) value: Option<HexFloat>,
    pub(crate) text: Option<Text<'a>>,
    pub(crate) unit: Option<Text<'a>>,
    pub(crate) decimals: Option<u8>,
    pub(crate) types: Option<[u8; 2]>,
    pub(crate) alarm: Option<[bool; 2]>,
    pub(crate) limits: Option<[Option<HexFloat>; 2]>,
    pub(crate) modes: Option<[AlarmMode; 2]>,
    pub(crate) bin_desc: Option<[Text<'a>; 2]>,
}

/// Finds `JsonType`, which stands in front as a rule, and its offset. The cursor is at the opening brace.
pub(crate) fn json_type(mut cursor: Cursor<'_>) -> Result<(i64, usize), DecodeError> {
    let start = cursor;
    let mut object = cursor.object(Top::JsonType.bit(), "body")?;
    if cursor.known::<Top>(&mut object)?.is_none() {
        return Err(start.error(ErrorKind::MissingField, "JsonType"));
    }
    let offset = cursor.offset();
    Ok((cursor.integer("JsonType")?, offset))
}

/// Reads a message whose `JsonType` is known already. Inlined, so that the fields are put where they belong at once.
#[inline(always)]
pub(crate) fn read<'a, C: Entry<'a>>(
    cursor: &mut Cursor<'a>,
    family: &Family,
) -> Result<Fields<'a, C>, DecodeError> {
    let start = *cursor;
    let mut draft = Draft::EMPTY;
    let mut object = cursor.object(family.top, "body")?;
    // Members in the order in which devices write them; what is left goes the general way.
    macro_rules! in_order {
        ($($name:ident)+) => {
            $(if cursor.follows(&mut object, Top::$name) {
                top(cursor, Top::$name, &mut draft, family)?;
            })+
        };
    }
    in_order! {
        JsonType JsonVersion OrderId MsgType MsgCache Sn Desc Kind AState NConf ConfId Interval Time Rssi LocalIp LocalIpv4
        Channels
    }
    while let Some(name) = cursor.known(&mut object)? {
        top(cursor, name, &mut draft, family)?;
    }
    let missing = |field| start.error(ErrorKind::MissingField, field);
    if object.absent() & !family.optional != 0 {
        cursor.warnings.insert(Warning::AbsentMember);
    }
    if draft.json_version != Some(1) {
        cursor.warnings.insert(Warning::Version);
    }
    // W §8 rule 6.
    Ok(Fields {
        json_version: draft.json_version,
        order_id: draft.order_id,
        msg_type: draft.msg_type,
        msg_cache: draft.msg_cache,
        serial: draft.serial.ok_or_else(|| missing("Sn"))?,
        desc: draft.desc,
        kind: draft.kind,
        state: draft.state,
        nconf: draft.nconf,
        conf_id: draft.conf_id,
        interval_s: draft.interval_s,
        time: draft.time.ok_or_else(|| missing("Time"))?,
        rssi: draft.rssi,
        local_ip: draft.local_ip,
        local_ipv4: draft.local_ipv4,
        channels: draft.channels.ok_or_else(|| missing("Channels"))?,
    })
}

/// Reads one member of a message.
#[inline(always)]
fn top<'a, C: Entry<'a>>(
    cursor: &mut Cursor<'a>,
    name: Top,
    draft: &mut Draft<'a, C>,
    family: &Family,
) -> Result<(), DecodeError> {
    match name {
        Top::JsonType => cursor.skip()?,
        Top::JsonVersion => draft.json_version = Some(cursor.integer("JsonVersion")?),
        Top::OrderId => draft.order_id = Some(cursor.int("OrderId")?),
        Top::MsgType => draft.msg_type = Some(cursor.int("MsgType")?),
        Top::MsgCache => draft.msg_cache = Some(cursor.int("MsgCache")?),
        Top::Sn => draft.serial = Some(cursor.serial(SerialForm::EightDigits, "Sn")?),
        Top::Desc => draft.desc = Some(cursor.text(64, "Desc")?),
        Top::Kind => draft.kind = Some(cursor.int("Kind")?),
        Top::AState => draft.state = Some(a_state(cursor)?),
        Top::NConf => draft.nconf = Some(cursor.int("NConf")?),
        Top::ConfId => draft.conf_id = Some(cursor.text(family.conf_id_len, "ConfID")?),
        Top::Interval => draft.interval_s = Some(cursor.int("Interval")?),
        Top::Time => draft.time = Some(read_time(cursor)?),
        Top::Rssi => draft.rssi = Some(read_rssi(cursor)?),
        Top::LocalIp => draft.local_ip = Some(cursor.text(64, "LocalIP")?),
        Top::LocalIpv4 => draft.local_ipv4 = Some(cursor.text(64, "LocalIPv4")?),
        Top::Channels => draft.channels = Some(channels::read(cursor, MAX_CHANNELS, "Channels")?),
    }
    Ok(())
}

fn a_state(cursor: &mut Cursor<'_>) -> Result<[Option<u16>; 2], DecodeError> {
    let mut bits = [None; 2];
    let mut read = |cursor: &mut Cursor<'_>, name| {
        let [reg, mask] = &mut bits;
        match name {
            StateName::Reg => *reg = Some(cursor.int("AState.Reg")?),
            StateName::Mask => *mask = Some(cursor.int("AState.Mask")?),
        }
        Ok(())
    };
    let mut object = cursor.object(StateName::EVERY, "AState")?;
    for name in [StateName::Reg, StateName::Mask] {
        if cursor.follows(&mut object, name) {
            read(cursor, name)?;
        }
    }
    while let Some(name) = cursor.known(&mut object)? {
        read(cursor, name)?;
    }
    Ok(bits)
}

fn read_rssi(cursor: &mut Cursor<'_>) -> Result<[Option<i16>; 2], DecodeError> {
    let mut levels = [None; 2];
    let mut read = |cursor: &mut Cursor<'_>, name| {
        let [now, sample] = &mut levels;
        match name {
            RssiName::Now => *now = Some(cursor.int("Rssi.Now")?),
            RssiName::Sample => *sample = Some(cursor.int("Rssi.Sample")?),
        }
        Ok(())
    };
    let mut object = cursor.object(RssiName::EVERY, "Rssi")?;
    for name in [RssiName::Now, RssiName::Sample] {
        if cursor.follows(&mut object, name) {
            read(cursor, name)?;
        }
    }
    while let Some(name) = cursor.known(&mut object)? {
        read(cursor, name)?;
    }
    Ok(levels)
}

fn read_time<'a>(cursor: &mut Cursor<'a>) -> Result<Time<'a>, DecodeError> {
    let start = *cursor;
    let (mut now, mut sample, mut valid) = (None, None, None);
    let mut unreadable = None;
    let mut stamp = |cursor: &mut Cursor<'a>, field| {
        let error = cursor.error(ErrorKind::BadTime, field);
        let text = cursor.text_or(ErrorKind::BadTime, field)?;
        Ok(match Timestamp::from_text(text) {
            Some(time) => Stamp::Read(time),
            None => {
                unreadable = unreadable.or(Some(error));
                Stamp::Unreadable(text)
            }
        })
    };
    let mut read = |cursor: &mut Cursor<'a>, name| {
        match name {
            TimeName::Now => now = Some(stamp(cursor, "Time.Now")?),
            TimeName::Sample => sample = Some(stamp(cursor, "Time.Sample")?),
            TimeName::IsValid => valid = Some(cursor.flag("Time.IsValid")?),
        }
        Ok(())
    };
    let mut object = cursor.object(TimeName::EVERY, "Time")?;
    for name in [TimeName::Now, TimeName::Sample, TimeName::IsValid] {
        if cursor.follows(&mut object, name) {
            read(cursor, name)?;
        }
    }
    while let Some(name) = cursor.known(&mut object)? {
        read(cursor, name)?;
    }
    // W §8 rule 11.
    match unreadable {
        Some(error) if valid != Some(false) => return Err(error),
        Some(_) => cursor.warnings.insert(Warning::TimeUnreadable),
        None => {}
    }
    let sample = sample.ok_or_else(|| start.error(ErrorKind::MissingField, "Time.Sample"))?;
    Ok(Time { now, sample, valid })
}

/// Reads a channel. Inlined likewise.
#[inline(always)]
pub(crate) fn channel<'a>(
    cursor: &mut Cursor<'a>,
    family: &Family,
) -> Result<ChannelFields<'a>, DecodeError> {
    let mut fields = ChannelFields::default();
    let mut object = cursor.object(family.channel, "Channels")?;
    macro_rules! in_order {
        ($($name:ident)+) => {
            $(if cursor.follows(&mut object, Member::$name) {
                member(cursor, Member::$name, &mut fields)?;
            })+
        };
    }
    in_order! { Nr En Quant Val ValStr Unit Dec Type Alarm AlarmLim AlarmMode BinDesc }
    while let Some(name) = cursor.known(&mut object)? {
        member(cursor, name, &mut fields)?;
    }
    if object.absent() & !family.optional_in_channel != 0 {
        cursor.warnings.insert(Warning::AbsentMember);
    }
    Ok(fields)
}

/// Reads one member of a channel.
#[inline(always)]
fn member<'a>(
    cursor: &mut Cursor<'a>,
    name: Member,
    fields: &mut ChannelFields<'a>,
) -> Result<(), DecodeError> {
    match name {
        Member::Nr => {
            let offset = cursor.offset();
            let nr = cursor.int::<u8>("Nr")?;
            let Some(nr) = NonZeroU8::new(nr) else {
                return Err(DecodeError::new(ErrorKind::OutOfRange { value: 0 }, "Nr", offset));
            };
            if nr.get() > 8 {
                cursor.warnings.insert(Warning::ChannelNumber);
            }
            fields.nr = Some(nr);
        }
        Member::En => fields.enabled = Some(cursor.flag("En")?),
        Member::Quant => fields.quantity = Some(cursor.text(32, "Quant")?),
        Member::Val => fields.value = cursor.hex_float_or_empty("Val")?,
        Member::ValStr => fields.text = Some(cursor.text(32, "ValStr")?),
        Member::Unit => fields.unit = Some(cursor.text(16, "Unit")?),
        Member::Dec => fields.decimals = Some(cursor.int("Dec")?),
        Member::Type => fields.types = Some(cursor.pair("Type", Cursor::int)?),
        Member::Alarm => fields.alarm = Some(cursor.pair("Alarm", Cursor::flag)?),
        Member::AlarmLim => fields.limits = Some(cursor.pair("AlarmLim", Cursor::hex_float_or_empty)?),
        Member::AlarmMode => {
            fields.modes = Some(cursor.pair("AlarmMode", Cursor::int)?.map(AlarmMode));
        }
        Member::BinDesc => {
            fields.bin_desc = Some(cursor.pair("BinDesc", |cursor, field| cursor.text(32, field))?);
        }
    }
    Ok(())
}
