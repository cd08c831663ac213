//! SAMPLES, record by record.

use wifisensor_tcp::DecodeError;
use wifisensor_tcp::samples::{Channel, ClockBasis, HEAD_LEN, Record, Samples};

use super::{Rows, utc};

pub(super) fn rows(rows: &Rows<'_>, body: &[u8]) -> Result<(), DecodeError> {
    let samples = Samples::parse(body)?;
    let head = samples.head();
    rows.body(
        "first",
        0,
        4,
        &format!("number of the first record: {}", head.first),
        "7.1",
    );
    rows.body("time", 4, 4, &time(head.basis, samples.time()), "7.1");
    rows.body(
        "period",
        8,
        2,
        &format!("usually {} s apart", head.period_s),
        "7.1",
    );
    rows.body("count", 10, 1, &format!("{} records", samples.count()), "7.1");
    let channels = samples.channels();
    rows.body(
        "layout",
        11,
        1,
        &format!("clock basis {:?}, {} channels", head.basis, channels.len()),
        "7.1",
    );
    let mut at = HEAD_LEN;
    for channel in channels {
        let name = channel.quantity().name().unwrap_or("unlisted quantity");
        rows.body(
            "channel",
            at,
            2,
            &format!("{name} · 10^{}", channel.scale()),
            "7.1",
        );
        at = at.saturating_add(2);
    }
    for (index, record) in samples.records().enumerate() {
        // In all but the first record a time difference stands before the values.
        let codes = channels.len().saturating_add(usize::from(index > 0));
        let len = codes_len(body.get(at..).unwrap_or_default(), codes);
        let name = format!("record {}", record.number());
        rows.body(&name, at, len, &meaning(head.basis, channels, &record), "7.1");
        at = at.saturating_add(len);
    }
    Ok(())
}

/// Octets of so many varints, in a body that was checked: each ends with an octet below 80.
fn codes_len(octets: &[u8], codes: usize) -> usize {
    let ends = octets.iter().enumerate().filter(|(_, octet)| **octet < 0x80);
    ends.map(|(at, _)| at.saturating_add(1))
        .nth(codes.saturating_sub(1))
        .unwrap_or(octets.len())
}

fn time(basis: ClockBasis, seconds: u32) -> String {
    match basis {
        ClockBasis::Utc => utc(seconds),
        ClockBasis::Uptime => format!("{seconds} s after its start"),
        ClockBasis::Unknown => format!("{seconds}, only differences count"),
    }
}

fn meaning(basis: ClockBasis, channels: &[Channel], record: &Record) -> String {
    let values = channels.iter().zip(record.values()).map(|(channel, value)| {
        let unit = channel.quantity().unit().unwrap_or_default();
        value.map_or_else(
            || "no reading".to_owned(),
            |value| scaled(value, channel.scale(), unit),
        )
    });
    let values: Vec<String> = values.collect();
    format!("{}: {}", time(basis, record.time()), values.join(", "))
}

/// value · 10^scale with its unit, exactly.
fn scaled(value: i32, scale: i8, unit: &str) -> String {
    let text = if scale > 0 {
        let power = 10_i64.saturating_pow(u32::from(scale.unsigned_abs()));
        i64::from(value).saturating_mul(power).to_string()
    } else {
        comet_proto::Decimal::new(value.into(), scale.unsigned_abs())
            .map_or_else(String::new, |decimal| decimal.to_string())
    };
    format!("{text} {unit}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_exact_and_codes_are_counted() {
        assert_eq!(scaled(2145, -2, "°C"), "21.45 °C");
        assert_eq!(scaled(-5, 3, ""), "-5000");
        assert_eq!(codes_len(&[0xc3, 0x21, 0x8f, 0x07, 0x00], 2), 4);
        assert_eq!(codes_len(&[0x00, 0x05, 0x01, 0x02], 3), 3);
    }
}
