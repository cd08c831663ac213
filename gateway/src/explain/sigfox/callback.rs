//! A request of the cloud: each key with its place and meaning, each rule of sigfox-callback with its outcome.

use comet_proto::sigfox::{Archive, Content, Receiver, Record};
use sigfox_frame::callback::{Merged, MessageKey, merge};

use super::super::json::rows;
use super::super::refused;
use super::check;
use crate::decode::visible;
use crate::input::{Carried, Carrier, Input};
use crate::{Failure, clock};

pub(in crate::explain) fn explain(body: &[u8], input: &Input) -> Result<(), Failure> {
    let carried = input.carried(body)?;
    let body = carried.body(body);
    println!(
        "Sigfox callback, {} octets as {}. § and R refer to sigfox-callback.md.\n",
        body.len(),
        carried.carrier.name()
    );
    keys(body, &carried);
    let receiver: Receiver = carried.receiver()?;
    let received = match receiver.receive(&carried.request(body), clock::now().0 / 1000) {
        Ok(received) => received,
        Err(error) => {
            let failure = refused(body, error.kind.code(), &error, error.offset);
            println!("  the answer is {}  R4", error.status());
            return Err(failure);
        }
    };
    println!("? {:12} not checked: it is not part of the body  R1", "secret");
    for (number, record) in (1_usize..).zip(received.records()) {
        if received.count() > 1 {
            println!("\nrecord {number} of {}", received.count());
        }
        rules(&record);
    }
    for warning in received.warnings() {
        println!("! {:12} {warning}", "warning");
    }
    Ok(())
}

/// Where the values stand.
fn keys(body: &[u8], carried: &Carried) {
    let Ok(text) = core::str::from_utf8(body) else {
        return;
    };
    let row = |from: usize, to: usize, name: &str, value: &str| {
        let value: String = value.chars().take(40).map(visible).collect();
        let name: String = name.chars().map(visible).collect();
        println!(
            "{:>11}  {name:28} {value:42} {}",
            format!("{from}..{to}"),
            meaning(&name)
        );
    };
    match carried.carrier {
        Carrier::Json if serde_json::from_str::<serde_json::Value>(text).is_ok() => {
            for found in rows(text) {
                row(found.start, found.end, &found.path, found.text);
            }
        }
        Carrier::Form => {
            let mut at = 0_usize;
            for piece in text.split('&') {
                let end = at.saturating_add(piece.len());
                let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
                row(end.saturating_sub(value.len()), end, name, value);
                at = end.saturating_add(1);
            }
        }
        _ => {
            let mut at = 0_usize;
            for line in text.split('\n') {
                let end = at.saturating_add(line.len());
                row(at, end, "line", line.trim_end());
                at = end.saturating_add(1);
            }
        }
    }
    println!();
}

/// What a key means, with its section.
fn meaning(path: &str) -> &'static str {
    let name = path.split('.').next_back().unwrap_or(path);
    match name.split('[').next().unwrap_or(name) {
        "cb" => "kind of callback (§11)",
        "v" => "version of the template (§11)",
        "device" | "deviceId" | "id" => "device, hexadecimal (§4.1, R8)",
        "time" | "timestamp" => "reception time, s since 1970 (§4.1, R10)",
        "data" | "payload" => "payload, hexadecimal (§4.1, R9)",
        "seqNumber" | "seq" | "sequence" => "message counter (§6, R11)",
        "deviceTypeId" | "deviceTypeName" | "deviceType" => "device type (§4.1)",
        "ack" => "the device asks for a downlink (§4.1, §8)",
        "longPolling" => "the device supports long polling (§4.1)",
        "rssi" => "dBm at the station (§4.1, §4.3)",
        "snr" | "signal" => "dB (§4.1)",
        "avgSnr" | "avgSignal" => "mean dB of 25 messages (§4.1)",
        "station" | "bsId" => "base station (§4.1, §4.3)",
        "nbRep" => "repetitions received (§4.3)",
        "lat" | "lng" => "° of the station; in GEOLOC and computedLocation of the device (§4.1, §4.3, §4.7)",
        "duplicate" => "another station's copy came before (§4.1)",
        "lqi" | "linkQuality" => "quality of the link (§4.2)",
        "fixedLat" | "fixedLng" => "° typed in on the device's page (§4.2)",
        "operatorName" => "operator that received it (§4.2)",
        "countryCode" => "country of the operator (§4.2)",
        "radius" => "m around the position (§4.3)",
        "source" | "geolocSource" => "how the position was found (§4.3)",
        "status" => "0 no position, 1 valid, 2 fallback (§4.3)",
        "placeIds" => "places (§4.3)",
        "batt" => "V (§4.4)",
        "temp" => "°C of the device (§4.4)",
        "infoCode" | "infoMessage" => "what became of the downlink (§4.5)",
        "downlinkAck" => "the station transmitted it (§4.5)",
        "downlinkOverusage" => "the quota is exceeded (§4.5)",
        "whitelistDevices" | "repeatedMsg" | "unwantedDevices" | "unwantedMsg" | "wrongMsg"
        | "overRegulMsg" => "status of a repeater (§4.6)",
        "severity" | "info" => "trouble (§4.8, §4.9)",
        "eventType" | "sourceId" | "sourceType" | "groupId" => "event (§4.9)",
        "line" => "a pair, or a record of a batch (§5, §9)",
        name if name.starts_with("customData#") => "cut by the network from the payload (§7)",
        _ => "not a placeholder: kept as text (§5)",
    }
}

fn rules(record: &Record<'_>) {
    check(true, "service", &record.service.as_str(), "11");
    match record.device {
        Some(device) => check(
            true,
            "device",
            &format!("{device}, written {}", device.spelling()),
            "R8",
        ),
        None => check(true, "device", &"none: the event concerns no device", "4.9"),
    };
    if let Some(time_s) = record.time_s {
        check(true, "time", &format!("{time_s} s since 1970"), "R10");
    }
    if let Content::Data(data) = &record.content {
        let bytes = data.payload.as_bytes().len();
        check(true, "payload", &format!("{bytes} bytes: {}", data.payload), "R9");
    }
    let key = match record.key() {
        MessageKey::Counter { device, time_s, seq } => {
            format!("device {device:X}, time {time_s}, counter {seq}")
        }
        MessageKey::Payload {
            device,
            time_s,
            payload,
        } => {
            format!("device {device:X}, time {time_s}, payload {payload}: there is no counter")
        }
        _ => "service, device, time, counter and what tells occurrences apart".to_owned(),
    };
    check(true, "identity", &key, "R12");
    // A repetition adds nothing.
    if let Some(mut stored) = Archive::of(record).record() {
        let unchanged = merge(&mut stored, record) == Merged::Unchanged;
        check(unchanged, "repetition", &"merges without change", "R12");
    }
    let answer = if record.asks() {
        "200 with eight bytes if a downlink is pending, the same to a repetition; else 204"
    } else {
        "204: it does not ask for a downlink"
    };
    check(true, "answer", &answer, "R13–R17");
    for attribute in &record.attributes {
        let value: String = attribute.value.chars().take(60).map(visible).collect();
        let name: String = attribute.name.chars().map(visible).collect();
        println!("  attribute    {name} = {value}");
    }
}
