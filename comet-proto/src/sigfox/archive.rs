//! What a store keeps of a record, and reads again.

use alloc::string::String;
use core::fmt::{Display, Write as _};

use sigfox_frame::callback::{Content, Data, Location, Receiver, Record, Request, Secrets};

use super::callback::Callback;
use crate::pipeline::Claim;
use crate::time::Arrival;

/// Longest archive that is read again: more than any record has.
const MAX_LEN: usize = 1 << 20;
/// The secret of archives, which do not leave the store.
const SECRET: &[u8] = b"archive";

/// A record as text: the body of a callback that says the same. What later requests are merged into, and what is decoded again when the
/// description of a payload changes.
///
/// ```
/// use comet_proto::sigfox::Archive;
/// let archive = Archive::new(r#"{"cb":"uplink","device":"2D91F3","time":1718000000,"data":"850a"}"#);
/// let record = archive.record().unwrap();
/// assert_eq!(Archive::of(&record), archive);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive(String);

impl Archive {
    /// Text from the store.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text to store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The record; `None` if the text is not one that [`of`](Self::of) made.
    #[must_use]
    pub fn record(&self) -> Option<Record<'static>> {
        let receiver = Receiver::new(Secrets::new(SECRET)?).with_max_len(MAX_LEN);
        let request = Request::new("POST", &[SECRET])
            .with_content_type("application/json")
            .with_body(self.0.as_bytes());
        // Its time was judged when it came.
        let received = receiver.receive(&request, u64::MAX).ok()?;
        received.as_one().cloned().map(Record::into_owned)
    }

    /// The record on its way again, for a device that was registered after it had come. Its secret was right then.
    #[must_use]
    pub fn claim(&self, arrival: Arrival) -> Option<Claim<Callback<'static>>> {
        self.record()
            .map(|record| Claim::new(Callback::new(record), arrival))
    }

    /// Writes a record.
    #[must_use]
    pub fn of(record: &Record<'_>) -> Self {
        let mut object = Object::new();
        object.text("cb", Some(record.service.as_str()));
        object.text("device", record.device.as_ref().map(|device| device.spelling()));
        object.number("time", record.time_s);
        content(&mut object, &record.content);
        object.number("seqNumber", record.seq);
        object.text("deviceTypeId", record.device_type_id.as_deref());
        object.text("deviceTypeName", record.device_type_name.as_deref());
        let radio = &record.radio;
        object.number("rssi", radio.rssi);
        object.number("snr", radio.snr);
        object.number("avgSnr", radio.avg_snr);
        object.text("station", radio.station.as_ref().map(|station| station.as_str()));
        object.number("lat", radio.station_lat);
        object.number("lng", radio.station_lng);
        object.number("duplicate", radio.duplicate);
        for attribute in &record.attributes {
            object.text(&attribute.name, Some(&attribute.value));
        }
        Self(object.finish())
    }
}

fn content(object: &mut Object, content: &Content<'_>) {
    match content {
        Content::Data(data) => uplink(object, data),
        Content::Status(status) => {
            object.number("batt", status.battery_v);
            object.number("temp", status.temperature_c);
        }
        Content::Ack(ack) => {
            object.number("infoCode", Some(ack.code.0));
            object.text("infoMessage", ack.message.as_deref());
            object.number("downlinkAck", ack.downlink_ack);
            object.number("downlinkOverusage", ack.overusage);
        }
        Content::Repeater(repeater) => {
            object.number("batt", repeater.battery_v);
            object.number("whitelistDevices", repeater.whitelist);
            object.number("repeatedMsg", repeater.repeated);
            object.number("unwantedDevices", repeater.unwanted_devices);
            object.number("unwantedMsg", repeater.unwanted_class);
            object.number("wrongMsg", repeater.wrong_class);
            object.number("overRegulMsg", repeater.overregul_class);
        }
        Content::Geoloc(location) => {
            place(object, location);
            object.number("geolocSource", location.source);
        }
        Content::Error(fault) => {
            object.text("severity", Some(&fault.severity));
            object.text("info", fault.info.as_deref());
        }
        Content::Event(event) => {
            object.text("eventType", Some(&event.event_type));
            object.text("severity", event.severity.as_deref());
            object.text("sourceId", event.source_id.as_deref());
            object.text("sourceType", event.source_type.as_deref());
            object.text("groupId", event.group_id.as_deref());
            object.number("deviceLastSeqnumber", event.last_seq);
            object.number("deviceExpectedSeqnumber", event.expected_seq);
            object.number("deviceMessageSeqnumber", event.message_seq);
        }
        _ => {}
    }
}

fn uplink(object: &mut Object, data: &Data<'_>) {
    object.shown("data", Some(data.payload));
    object.number("ack", data.ack);
    object.number("longPolling", data.long_polling);
    object.text("lqi", data.lqi.map(sigfox_frame::callback::Lqi::as_str));
    object.number("linkQuality", data.link_quality);
    object.number("fixedLat", data.fixed_lat);
    object.number("fixedLng", data.fixed_lng);
    object.text("operatorName", data.operator.as_deref());
    object.number("countryCode", data.country);
    if !data.receptions.is_empty() {
        object.name("duplicates");
        for (at, reception) in data.receptions.iter().enumerate() {
            object.out.push(if at == 0 { '[' } else { ',' });
            let mut inner = Object::new();
            inner.text("bsId", Some(reception.station.as_str()));
            inner.number("rssi", reception.rssi);
            inner.number("snr", reception.snr);
            inner.number("nbRep", reception.repetitions);
            object.out.push_str(&inner.finish());
        }
        object.out.push(']');
    }
    if let Some(location) = &data.location {
        object.name("computedLocation");
        let mut inner = Object::new();
        place(&mut inner, location);
        inner.number("source", location.source);
        inner.number("status", location.status);
        if !location.place_ids.is_empty() {
            inner.name("placeIds");
            for (at, id) in location.place_ids.iter().enumerate() {
                inner.out.push(if at == 0 { '[' } else { ',' });
                quoted(&mut inner.out, id);
            }
            inner.out.push(']');
        }
        object.out.push_str(&inner.finish());
    }
}

fn place(object: &mut Object, location: &Location) {
    object.number("lat", location.position.map(|position| position.lat));
    object.number("lng", location.position.map(|position| position.lng));
    object.number("radius", location.position.and_then(|position| position.radius_m));
}

/// A JSON object under construction; absent values are left out.
struct Object {
    out: String,
}

impl Object {
    const fn new() -> Self {
        Self { out: String::new() }
    }

    fn name(&mut self, name: &str) {
        self.out.push(if self.out.is_empty() { '{' } else { ',' });
        quoted(&mut self.out, name);
        self.out.push(':');
    }

    fn text(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.name(name);
            quoted(&mut self.out, text);
        }
    }

    /// What writes itself as JSON: numbers, true, false.
    fn number(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.name(name);
            // Writing to a string cannot fail.
            let _ = write!(self.out, "{value}");
        }
    }

    /// What shows itself without anything to escape.
    fn shown(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.name(name);
            let _ = write!(self.out, "\"{value}\"");
        }
    }

    fn finish(mut self) -> String {
        if self.out.is_empty() {
            self.out.push('{');
        }
        self.out.push('}');
        self.out
    }
}

fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if u32::from(c) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
