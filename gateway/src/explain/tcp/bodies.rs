//! Bodies of fixed layout.

use wifisensor_tcp::DecodeError;
use wifisensor_tcp::ErrorKind;
use wifisensor_tcp::ack::Ack;
use wifisensor_tcp::config::Config;
use wifisensor_tcp::failure::Failure;
use wifisensor_tcp::frame::FrameType;
use wifisensor_tcp::handshake::{Challenge, Hello};
use wifisensor_tcp::result::{Answer, ResultCode};
use wifisensor_tcp::rotate::Rotate;
use wifisensor_tcp::samples::ClockBasis;
use wifisensor_tcp::status::{Faults, Status};

use super::{Rows, utc};
use crate::decode::visible;

pub(super) fn rows(rows: &Rows<'_>, kind: FrameType, body: &[u8]) -> Result<(), DecodeError> {
    let known = match kind {
        FrameType::Hello => hello(rows, &Hello::parse(body)?),
        FrameType::Challenge => challenge(rows, &Challenge::parse(body)?),
        FrameType::Status => status(rows, &Status::parse(body)?),
        FrameType::Ack | FrameType::ServerClose => {
            let Ack { next } = Ack::parse(body)?;
            let meaning = format!("samples below {next} are stored: free them");
            rows.body(
                "next",
                0,
                4,
                &meaning,
                if kind == FrameType::Ack { "7.2" } else { "9" },
            );
            4
        }
        FrameType::Config => config(rows, body)?,
        FrameType::Rotate => {
            let rotate = Rotate::parse(body)?;
            rows.body(
                "key_id",
                0,
                1,
                &format!("number of the new secret: {}", rotate.key_id()),
                "8.2",
            );
            rows.body(
                "nonce",
                1,
                32,
                &"the new secret is made from it and the one in use",
                "8.2",
            );
            33
        }
        FrameType::Result => result(rows, &Answer::parse(body)?),
        FrameType::DeviceError | FrameType::ServerError => error(rows, &Failure::parse(body)?),
        FrameType::DeviceClose => 0,
        unknown => {
            let meaning = if unknown.may_be_skipped() {
                "not known here; the type says that it may be skipped"
            } else {
                "not known here; the session ends with STATE"
            };
            rows.body("body", 0, body.len(), &meaning, "10");
            body.len()
        }
    };
    if body.len() > known {
        let more = body.len().saturating_sub(known);
        rows.body("", known, more, &"of a later version, ignored", "10");
    }
    Ok(())
}

fn hello(rows: &Rows<'_>, hello: &Hello) -> usize {
    rows.body(
        "min",
        0,
        1,
        &format!("speaks version {}", hello.versions.min()),
        "6.1",
    );
    rows.body("max", 1, 1, &format!("to {}", hello.versions.max()), "6.1");
    rows.body(
        "key_id",
        2,
        1,
        &format!("uses secret number {}", hello.key_id),
        "6.1",
    );
    rows.body("reserved", 3, 1, &"", "10");
    rows.body(
        "device_id",
        4,
        8,
        &format!("says it is {}", hello.device_id),
        "6.1",
    );
    rows.body("nonce", 12, 16, &"never used before with this secret", "6.1");
    28
}

fn challenge(rows: &Rows<'_>, challenge: &Challenge) -> usize {
    rows.body(
        "version",
        0,
        1,
        &format!("version {} from here on", challenge.version),
        "6.2",
    );
    rows.body("reserved", 1, 1, &"", "10");
    rows.body("ms", 2, 2, &format!("{} ms", challenge.time.ms()), "6.2");
    let time = format!("clock of the server: {}", utc(challenge.time.seconds()));
    rows.body("time", 4, 4, &time, "6.2, 7.3");
    rows.body("nonce", 8, 16, &"random", "6.2");
    24
}

fn status(rows: &Rows<'_>, status: &Status) -> usize {
    let (oldest, next) = (status.samples.oldest(), status.samples.next());
    rows.body("log_id", 0, 4, &format!("log {}", status.log_id), "6.3");
    rows.body(
        "oldest",
        4,
        4,
        &format!("samples from {oldest} on are in its memory"),
        "6.3",
    );
    rows.body(
        "next",
        8,
        4,
        &format!("the next new one will be {next}: {} wait", status.samples.len()),
        "6.3",
    );
    let basis = status.flags.clock_basis();
    let clock = match basis {
        ClockBasis::Utc => format!("its clock says {}", utc(status.clock)),
        ClockBasis::Uptime => format!("{} s since its start; never set", status.clock),
        ClockBasis::Unknown => format!("{}, only differences count", status.clock),
    };
    rows.body("clock", 12, 4, &clock, "6.3, 7.3");
    rows.body(
        "uptime",
        16,
        4,
        &format!("started {} s ago", status.uptime_s),
        "6.3",
    );
    rows.body(
        "config",
        20,
        4,
        &format!("configuration {} in force", status.config),
        "6.3",
    );
    rows.body("model", 24, 2, &format!("model code {}", status.model), "6.3");
    let or_unknown = |text: Option<String>| text.unwrap_or_else(|| "unknown".to_owned());
    rows.body(
        "battery_mv",
        26,
        2,
        &or_unknown(status.battery_mv.map(|mv| format!("{mv} mV"))),
        "6.3",
    );
    let percent = status.battery_pct.map(|percent| format!("{} %", percent.get()));
    rows.body("battery_pct", 28, 1, &or_unknown(percent), "6.3");
    rows.body(
        "rssi",
        29,
        1,
        &or_unknown(status.rssi_dbm.map(|dbm| format!("{dbm} dBm"))),
        "6.3",
    );
    rows.body("alarm_low", 30, 1, &channels(status.alarm_low), "6.3");
    rows.body("alarm_high", 31, 1, &channels(status.alarm_high), "6.3");
    rows.body("faults", 32, 1, &faults(status.faults), "6.3");
    let power = if status.flags.external_power() {
        ", external power"
    } else {
        ""
    };
    let basis = match basis {
        ClockBasis::Utc => "UTC",
        ClockBasis::Uptime => "since its start",
        ClockBasis::Unknown => "unknown",
    };
    rows.body("flags", 33, 1, &format!("clock basis {basis}{power}"), "6.3, 7.1");
    rows.body("firmware", 34, 4, &status.firmware, "6.3");
    38
}

fn channels(bits: u8) -> String {
    let on: Vec<String> = (0_u32..8)
        .filter(|bit| bits.unbounded_shr(*bit) & 1 == 1)
        .map(|bit| bit.to_string())
        .collect();
    if on.is_empty() {
        "no channel".to_owned()
    } else {
        format!("channel {}", on.join(", "))
    }
}

fn faults(faults: Faults) -> String {
    let named = [
        (Faults::BATTERY_LOW, "battery low"),
        (Faults::PROBE_MISSING, "probe missing"),
        (Faults::OVERWRITTEN, "samples were overwritten"),
        (Faults::CLOCK_LOST, "clock was lost"),
        (Faults::LAST_FAILED, "the last session failed"),
    ];
    let on: Vec<&str> = named
        .into_iter()
        .filter_map(|(fault, name)| faults.contains(fault).then_some(name))
        .collect();
    if on.is_empty() {
        "none".to_owned()
    } else {
        on.join(", ")
    }
}

/// An item that a device refuses is shown as one: the frame is sound all the same (§8.1).
fn config(rows: &Rows<'_>, body: &[u8]) -> Result<usize, DecodeError> {
    match Config::parse(body) {
        Ok(config) => {
            rows.body("version", 0, 4, &config.version(), "8.1");
            let mut at = 4_usize;
            for item in config.items() {
                let len = body.get(at.saturating_add(1)).map_or(0, |len| usize::from(*len));
                let meaning: String = format!("{item:?}").chars().map(visible).collect();
                rows.body("item", at, len.saturating_add(2), &meaning, "8.1");
                at = at.saturating_add(len).saturating_add(2);
            }
        }
        Err(error) if matches!(error.kind, ErrorKind::Unsupported(_) | ErrorKind::Value(_)) => {
            rows.body(
                "items",
                0,
                body.len(),
                &format!("refused by the device: {error}"),
                "8.1, 8.3",
            );
        }
        Err(error) => return Err(error),
    }
    Ok(body.len())
}

fn result(rows: &Rows<'_>, answer: &Answer) -> usize {
    rows.body(
        "ref",
        0,
        4,
        &format!("answers frame {} of the server", answer.reference),
        "8.3",
    );
    let code = match answer.code {
        ResultCode::Done => "done",
        ResultCode::UnknownItem => "unknown item",
        ResultCode::BadValue => "bad value",
        ResultCode::NotStored => "could not be stored",
        _ => "not known here",
    };
    rows.body("code", 4, 1, &code, "8.3");
    5
}

fn error(rows: &Rows<'_>, failure: &Failure) -> usize {
    rows.body("code", 0, 1, &failure.code, "9");
    rows.body("reserved", 1, 1, &"", "10");
    let retry = match failure.retry_s {
        0 => "no wish when to come back".to_owned(),
        seconds => format!("come back after {seconds} s"),
    };
    rows.body("retry", 2, 2, &retry, "9");
    let reference = failure.reference.map_or_else(
        || "no frame named".to_owned(),
        |seq| format!("frame {seq} is at fault"),
    );
    rows.body("ref", 4, 4, &reference, "9");
    8
}
