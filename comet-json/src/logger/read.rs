//! Reads the array of a logger (L §3, §3.2, §5).

use crate::alarm::AlarmMode;
use crate::channels::{self, Channels};
use crate::error::{DecodeError, ErrorKind};
use crate::json::{Cursor, Sequence, SerialForm};
use crate::limits::{MAX_DECIMAL_PLACES, MAX_LOGGER_CHANNELS, MAX_LOGGER_INTERVAL_S};
use crate::warning::Warning;

use super::{
    AnalogChannel, BinaryChannel, Channel, CustomerUid, DeviceClock, Interval, LoggerMessage, Rssi, State,
    Timezone, VERSION,
};

/// Elements of a version.
const fn len(version: u8) -> usize {
    match version {
        1 | 2 => 15,
        3 => 17,
        4 => 20,
        5 => 21,
        _ => 22,
    }
}

/// Reads a message; the cursor is at its opening bracket.
pub(super) fn message<'a>(cursor: &mut Cursor<'a>, legacy: bool) -> Result<LoggerMessage<'a>, DecodeError> {
    let start = cursor.offset();
    let mut sequence = cursor.array("body")?;
    cursor.next(&mut sequence, "body")?;
    // L §5 rules 3 and 4: type, then framing, then version.
    if cursor.peek() == b'[' {
        return Err(cursor.error(ErrorKind::Batch, "body"));
    }
    let offset = cursor.offset();
    let number = cursor.integer("JsonType")?;
    if number != 1 {
        return Err(DecodeError::new(
            ErrorKind::UnsupportedType { number },
            "JsonType",
            offset,
        ));
    }
    cursor.next(&mut sequence, "body")?;
    let offset = cursor.offset();
    let number = cursor.integer("JsonVersion")?;
    let lowest = if legacy { 1 } else { VERSION };
    let version = match u8::try_from(number) {
        Ok(version) if (lowest..=VERSION).contains(&version) => version,
        _ => {
            let kind = ErrorKind::UnsupportedVersion { number };
            return Err(DecodeError::new(kind, "JsonVersion", offset));
        }
    };
    elements(cursor, &mut sequence, version).map_err(|error| {
        let error = or_length(error, cursor, sequence, start, (len(version), "body"));
        cursor.refused_whole = !error.kind.is_structural();
        error
    })
}

/// The number of elements is judged before the elements (L §5 rules 5 and 9). Reads to the end of the array.
#[cold]
fn or_length(
    error: DecodeError,
    cursor: &mut Cursor<'_>,
    sequence: Sequence,
    start: usize,
    (len, field): (usize, &'static str),
) -> DecodeError {
    if error.kind.is_structural() {
        return error;
    }
    match cursor.rest_of_array(sequence) {
        Ok(count) if count != len => DecodeError::new(ErrorKind::BadArrayLength { count }, field, start),
        Ok(_) => error,
        Err(structural) => structural,
    }
}

fn elements<'a>(
    cursor: &mut Cursor<'a>,
    sequence: &mut Sequence,
    version: u8,
) -> Result<LoggerMessage<'a>, DecodeError> {
    // The next element of the layout, read as told.
    macro_rules! element {
        ($cursor:ident, $read:expr) => {{
            $cursor.next(sequence, "body")?;
            $read
        }};
    }
    let interval_max = i64::from(MAX_LOGGER_INTERVAL_S);
    let rssi = match version {
        ..=3 => None,
        _ => Some(element!(cursor, Rssi(cursor.up_to(99, "Rssi")?))),
    };
    let time_now = match version {
        ..=5 => None,
        _ => Some(element!(cursor, clock(cursor, "TimeNow")?)),
    };
    let order_id = element!(cursor, cursor.int("OrderId")?);
    let is_async = element!(cursor, cursor.flag("IsAsync")?);
    let serial = element!(cursor, cursor.serial(SerialForm::Number, "Sn")?);
    let desc = element!(cursor, cursor.text(32, "Desc")?);
    let kind = element!(cursor, cursor.int("Kind")?);
    let time = element!(cursor, clock(cursor, "Time")?);
    let timezone = element!(cursor, Timezone(cursor.int("Timezone")?));
    let (interval, rst_ok) = match version {
        ..=3 => {
            let seconds = element!(cursor, cursor.up_to(interval_max, "Interval")?);
            (Interval::Single(seconds), None)
        }
        _ => {
            let external_s = element!(cursor, cursor.up_to(interval_max, "IntervalPowerMode")?);
            let battery_s = element!(cursor, cursor.up_to(interval_max, "IntervalBatteryMode")?);
            let rst_ok = element!(cursor, cursor.flag("RstOk")?);
            (
                Interval::ByPower {
                    external_s,
                    battery_s,
                },
                Some(rst_ok),
            )
        }
    };
    let (buffered_max, state_mask) = match version {
        ..=2 => (None, None),
        _ => {
            let buffered_max = element!(cursor, cursor.int("BufferedModeMaxMessagesCnt")?);
            let state_mask = element!(cursor, State(cursor.int("AStateMask")?));
            (Some(buffered_max), Some(state_mask))
        }
    };
    let state = element!(cursor, State(cursor.int("AState")?));
    let nconf = element!(cursor, cursor.int("NConf")?);
    let alarms_suspended = element!(cursor, cursor.flag("AlarmsEvalOffDueTimeLimit")?);
    let customer_uid = element!(cursor, CustomerUid(cursor.text(16, "CustomerUid")?));
    let battery_percent = match version {
        ..=4 => None,
        _ => Some(element!(cursor, cursor.up_to(100, "BatteryPercentage")?)),
    };
    let channels = element!(cursor, all_channels(cursor)?);
    cursor.end(sequence, "body")?;
    let message = LoggerMessage {
        version,
        rssi,
        time_now,
        order_id,
        is_async,
        serial,
        desc,
        kind,
        time,
        timezone,
        interval,
        rst_ok,
        buffered_max,
        state_mask,
        state,
        nconf,
        alarms_suspended,
        customer_uid,
        battery_percent,
        channels,
    };
    if version != VERSION {
        cursor.warnings.insert(Warning::LegacyLayout);
    }
    if timezone != Timezone::NOT_USED && timezone.offset_min().is_none() {
        cursor.warnings.insert(Warning::Timezone);
    }
    if time_now.is_some_and(|now| now < time) {
        cursor.warnings.insert(Warning::ClockBack);
    }
    Ok(message)
}

fn clock(cursor: &mut Cursor<'_>, field: &'static str) -> Result<DeviceClock, DecodeError> {
    cursor.hex8(ErrorKind::BadTime, field).map(DeviceClock)
}

fn all_channels<'a>(cursor: &mut Cursor<'a>) -> Result<Channels<'a, Channel<'a>>, DecodeError> {
    let start = *cursor;
    let channels = channels::read(cursor, usize::from(MAX_LOGGER_CHANNELS), "Channels")?;
    if channels.is_empty() {
        return Err(start.error(ErrorKind::BadChannels, "Channels"));
    }
    Ok(channels)
}

/// Reads one channel.
pub(super) fn channel<'a>(cursor: &mut Cursor<'a>) -> Result<Channel<'a>, DecodeError> {
    let start = cursor.offset();
    let mut sequence = cursor.array("Channels")?;
    cursor.next(&mut sequence, "Channels")?;
    let offset = cursor.offset();
    let number = match u8::try_from(cursor.integer("Number")?) {
        Ok(number) if (1..=MAX_LOGGER_CHANNELS).contains(&number) => number,
        _ => return Err(DecodeError::new(ErrorKind::BadChannels, "Number", offset)),
    };
    cursor.next(&mut sequence, "Channels")?;
    if cursor.flag("IsBinary")? {
        binary(cursor, &mut sequence, number)
            .map(Channel::Binary)
            .map_err(|error| or_length(error, cursor, sequence, start, (7, "Channels")))
    } else {
        analog(cursor, &mut sequence, number)
            .map(Channel::Analog)
            .map_err(|error| or_length(error, cursor, sequence, start, (9, "Channels")))
    }
}

fn analog<'a>(
    cursor: &mut Cursor<'a>,
    sequence: &mut Sequence,
    number: u8,
) -> Result<AnalogChannel<'a>, DecodeError> {
    cursor.next(sequence, "Channels")?;
    let quantity = cursor.text(16, "Quantity")?;
    cursor.next(sequence, "Channels")?;
    let value = cursor.hex_float("Value")?;
    cursor.next(sequence, "Channels")?;
    let unit = cursor.text(8, "Unit")?;
    cursor.next(sequence, "Channels")?;
    let decimals = cursor.up_to(i64::from(MAX_DECIMAL_PLACES), "DecimalPlaces")?;
    cursor.next(sequence, "Channels")?;
    let alarm = cursor.pair("Alarms", Cursor::flag)?;
    cursor.next(sequence, "Channels")?;
    let limits = cursor.pair("AlarmLimits", Cursor::hex_float)?;
    let behaviours = behaviours(cursor, sequence)?;
    Ok(AnalogChannel {
        number,
        quantity,
        value,
        unit,
        decimals,
        alarm,
        limits,
        behaviours,
    })
}

fn binary<'a>(
    cursor: &mut Cursor<'a>,
    sequence: &mut Sequence,
    number: u8,
) -> Result<BinaryChannel<'a>, DecodeError> {
    cursor.next(sequence, "Channels")?;
    let quantity = cursor.text(16, "Quantity")?;
    cursor.next(sequence, "Channels")?;
    let descriptions = cursor.pair("Descriptions", |cursor, field| cursor.text(16, field))?;
    cursor.next(sequence, "Channels")?;
    let state = cursor.int("State")?;
    cursor.next(sequence, "Channels")?;
    let alarm = cursor.pair("Alarms", Cursor::flag)?;
    let behaviours = behaviours(cursor, sequence)?;
    Ok(BinaryChannel {
        number,
        quantity,
        descriptions,
        state,
        alarm,
        behaviours,
    })
}

/// The last element of both layouts, and the end.
fn behaviours(cursor: &mut Cursor<'_>, sequence: &mut Sequence) -> Result<[AlarmMode; 2], DecodeError> {
    cursor.next(sequence, "Channels")?;
    let behaviours = cursor.pair("AlarmBehaviours", Cursor::int)?.map(AlarmMode);
    cursor.end(sequence, "Channels")?;
    Ok(behaviours)
}
