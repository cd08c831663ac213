//! `values.json`.

use crate::error::{DecodeError, ErrorKind};
use crate::json::{Cursor, SerialForm, names};
use crate::message::{text, whole};
use crate::text::Text;

use super::{Channel, Values};

names! {
    /// Members of the document.
    Top {
        DevName "devname",
        DevSn "devsn",
        Time "time",
        TimeUnix "timeunix",
        Synch "synch",
        Rssi "rssi",
        Acc "acc",
        Ch "ch",
    }
}

names! {
    /// Members of a channel.
    Member { Name "name", Unit "unit", Value "value", Alarm1 "alarm1", Alarm2 "alarm2", }
}

/// Decodes `values.json`, if it is at most `max_len` octets long.
///
/// Numbers may be quoted. Members are optional and in any order, unknown ones are ignored, a known one twice is refused.
///
/// # Errors
/// [`DecodeError`] with the classes of messages.
pub fn decode_json(body: &[u8], max_len: usize) -> Result<Values<Text<'_>>, DecodeError> {
    let (values, _) = whole(text(body, max_len)?, document)?;
    Ok(values)
}

fn document<'a>(cursor: &mut Cursor<'a>) -> Result<Values<Text<'a>>, DecodeError> {
    if cursor.peek() != b'{' {
        return Err(cursor.error(ErrorKind::WrongShape, "body"));
    }
    let mut values = Values::EMPTY;
    let mut object = cursor.object(Top::EVERY, "body")?;
    while let Some(name) = cursor.known::<Top>(&mut object)? {
        match name {
            Top::DevName => values.devname = Some(cursor.text(64, "devname")?),
            Top::DevSn => values.serial = Some(cursor.serial(SerialForm::EightDigits, "devsn")?),
            Top::Time => values.time = Some(cursor.text_or(ErrorKind::BadTime, "time")?),
            Top::TimeUnix => values.unix_s = Some(int(cursor, "timeunix")?),
            Top::Synch => values.synch = Some(flag(cursor, "synch")?),
            Top::Rssi => values.rssi_dbm = Some(int(cursor, "rssi")?),
            Top::Acc => values.acoustic = Some(flag(cursor, "acc")?),
            Top::Ch => channels(cursor, &mut values)?,
        }
    }
    Ok(values)
}

fn channels<'a>(cursor: &mut Cursor<'a>, values: &mut Values<Text<'a>>) -> Result<(), DecodeError> {
    let mut sequence = cursor.array("ch")?;
    let mut places = values.channels.iter_mut();
    while cursor.element(&mut sequence)? {
        let Some(place) = places.next() else {
            return Err(cursor.error(ErrorKind::BadChannels, "ch"));
        };
        *place = Some(channel(cursor)?);
    }
    Ok(())
}

fn channel<'a>(cursor: &mut Cursor<'a>) -> Result<Channel<Text<'a>>, DecodeError> {
    let mut channel = Channel::EMPTY;
    let [alarm1, alarm2] = &mut channel.alarms;
    let mut object = cursor.object(Member::EVERY, "ch")?;
    while let Some(name) = cursor.known::<Member>(&mut object)? {
        match name {
            Member::Name => channel.name = Some(cursor.text(32, "name")?),
            Member::Unit => channel.unit = Some(cursor.text(16, "unit")?),
            Member::Value => channel.value = Some(cursor.text(32, "value")?),
            Member::Alarm1 => *alarm1 = Some(flag(cursor, "alarm1")?),
            Member::Alarm2 => *alarm2 = Some(flag(cursor, "alarm2")?),
        }
    }
    Ok(channel)
}

/// An integer, quoted or not (W §10.1).
fn int<T: TryFrom<i64>>(cursor: &mut Cursor<'_>, field: &'static str) -> Result<T, DecodeError> {
    if cursor.peek() != b'"' {
        return cursor.int(field);
    }
    let error = cursor.error(ErrorKind::BadInteger, field);
    let text = cursor.text_or(ErrorKind::BadInteger, field)?;
    let mut buffer = [0; 20];
    let digits = text
        .octets(&mut buffer)
        .and_then(|octets| core::str::from_utf8(octets).ok());
    let value = digits.and_then(integer).ok_or(error)?;
    T::try_from(value).map_err(|_| DecodeError::new(ErrorKind::OutOfRange { value }, field, error.offset))
}

/// The grammar of JSON integers.
pub(super) fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let lawful =
        digits.bytes().all(|digit| digit.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'));
    text.parse().ok().filter(|_| lawful)
}

fn flag(cursor: &mut Cursor<'_>, field: &'static str) -> Result<bool, DecodeError> {
    if cursor.peek() != b'"' {
        return cursor.flag(field);
    }
    let offset = cursor.offset();
    match int::<i64>(cursor, field)? {
        0 => Ok(false),
        1 => Ok(true),
        value => Err(DecodeError::new(ErrorKind::OutOfRange { value }, field, offset)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &str) -> Result<(), &'static str> {
        decode_json(body.as_bytes(), 1000)
            .map(drop)
            .map_err(|error| error.kind.code())
    }

    #[test]
    fn integers_may_be_quoted() {
        for body in [
            r#"{"timeunix":4294967295,"rssi":-61,"synch":1,"acc":0}"#,
            r#"{"timeunix":"4294967295","rssi":"-61","synch":"1","acc":"0"}"#,
            r#"{"acc":"\u0030","synch":true,"timeunix":"4294967295","rssi":"-61"}"#,
        ] {
            let values = decode_json(body.as_bytes(), 1000).unwrap();
            assert_eq!((values.unix_s, values.rssi_dbm), (Some(u32::MAX), Some(-61)));
            assert_eq!((values.synch, values.acoustic), (Some(true), Some(false)));
        }
        for (body, error) in [
            (r#"{"timeunix":"4294967296"}"#, "out-of-range"),
            (r#"{"timeunix":-1}"#, "out-of-range"),
            (r#"{"acc":"2"}"#, "out-of-range"),
            (r#"{"acc":""}"#, "bad-integer"),
            (r#"{"acc":"01"}"#, "bad-integer"),
            (r#"{"rssi":"+1"}"#, "bad-integer"),
            (r#"{"rssi":"-"}"#, "bad-integer"),
            (r#"{"rssi":[]}"#, "bad-integer"),
        ] {
            assert_eq!(code(body), Err(error), "{body}");
        }
    }

    #[test]
    fn the_document_is_bounded_and_strict() {
        assert_eq!(code("{}"), Ok(()));
        assert_eq!(code(r#"{"x":1,"x":2,"ch":[{"y":1}]}"#), Ok(()));
        for (body, error) in [
            (r#"{"acc":1,"acc":1}"#, "duplicate-field"),
            (r#"{"ch":[{"unit":"","unit":""}]}"#, "duplicate-field"),
            (r#"{"ch":[{},{},{},{},{},{},{},{},{}]}"#, "bad-channels"),
            (r#"{"ch":{}}"#, "bad-type"),
            (r#"{"ch":[1]}"#, "bad-type"),
            (r#"{"devname":1}"#, "bad-string"),
            (r#"{"devsn":"x"}"#, "bad-serial"),
            (r#"{"time":1}"#, "bad-time"),
            ("[]", "wrong-shape"),
            ("{}x", "trailing-data"),
            ("<a/>", "not-json"),
            (r#"{"devname":1,}"#, "not-json"),
        ] {
            assert_eq!(code(body), Err(error), "{body}");
        }
        let error = decode_json(b"{  }", 3).unwrap_err();
        assert_eq!(error.kind, ErrorKind::TooLarge { len: 4 });
    }
}
