//! Identity and duplicates (R12): pure functions over what the caller stores.

use alloc::borrow::Cow;

use super::limits::MAX_ATTRIBUTES;
use super::record::{Attribute, Content, Data, Location, Radio, Record};
use super::service::Service;
use super::values::Payload;

/// Receptions that a message keeps; the network names one to a few dozen.
pub const MAX_RECEPTIONS: usize = 1024;

/// What a record is found by in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum MessageKey {
    /// An uplink message with a counter.
    Counter {
        /// Number of the device.
        device: u32,
        /// Time in seconds.
        time_s: u64,
        /// The counter.
        seq: u32,
    },
    /// An uplink message without one.
    Payload {
        /// Number of the device.
        device: u32,
        /// Time in seconds.
        time_s: u64,
        /// The payload.
        payload: Payload,
    },
    /// A record of another service.
    Other {
        /// The service.
        service: Service,
        /// Number of the device.
        device: Option<u32>,
        /// Time in seconds.
        time_s: Option<u64>,
        /// The counter.
        seq: Option<u32>,
    },
}

impl Record<'_> {
    /// What the record is found by (R12).
    #[must_use]
    pub fn key(&self) -> MessageKey {
        let device = self.device.map(super::Device::number);
        match (&self.content, device, self.time_s, self.seq) {
            (Content::Data(_), Some(device), Some(time_s), Some(seq)) => {
                MessageKey::Counter { device, time_s, seq }
            }
            (Content::Data(data), Some(device), Some(time_s), None) => MessageKey::Payload {
                device,
                time_s,
                payload: data.payload,
            },
            (_, device, time_s, seq) => MessageKey::Other {
                service: self.service,
                device,
                time_s,
                seq,
            },
        }
    }
}

/// What became of a record whose key was stored before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Merged {
    /// It says nothing new.
    Unchanged,
    /// Absent values were filled, or receptions appended: store the record again.
    Filled,
    /// Its payload is another one: store it as a conflict and report it (R12). The stored record is as it was.
    Conflict,
    /// It is another occurrence, of the same second: store it beside the stored one. Only for acknowledgements, errors and
    /// events, whose keys have nothing to tell two of them apart.
    Distinct,
}

/// Merges a later record into the stored one with the same [key](Record::key): first value wins, only gaps are filled.
///
/// ```
/// # use sigfox_frame::callback::{Merged, Receiver, Request, Secrets, merge};
/// # let receiver = Receiver::new(Secrets::new(b"Bearer x").unwrap());
/// # let read = |body: &'static str| {
/// #     let request = Request::new("POST", &[b"Bearer x"]).with_content_type("application/json").with_body(body.as_bytes());
/// #     receiver.receive(&request, 1_718_000_005).unwrap().as_one().cloned().unwrap().into_owned()
/// # };
/// let mut stored = read(r#"{"device":"2D91F3","time":1718000000,"data":"0a","seqNumber":7}"#);
/// let later = read(r#"{"device":"2d91f3","time":"1718000000","data":"0A","seqNumber":"7","lqi":"Good"}"#);
/// assert_eq!(stored.key(), later.key());
/// assert_eq!(merge(&mut stored, &later), Merged::Filled);
/// assert_eq!(merge(&mut stored, &later), Merged::Unchanged);
/// ```
pub fn merge(stored: &mut Record<'static>, later: &Record<'_>) -> Merged {
    // Judged first, so that a conflict leaves nothing behind.
    match (&stored.content, &later.content) {
        (Content::Data(stored), Content::Data(later)) if stored.payload != later.payload => {
            return Merged::Conflict;
        }
        (Content::Ack(stored), Content::Ack(later)) if stored.code != later.code => return Merged::Distinct,
        (Content::Error(stored), Content::Error(later)) if stored != later => return Merged::Distinct,
        (Content::Event(stored), Content::Event(later)) if stored != later => return Merged::Distinct,
        _ => {}
    }
    let mut filled = radio(&mut stored.radio, &later.radio)
        | text(&mut stored.device_type_id, later.device_type_id.as_ref())
        | text(&mut stored.device_type_name, later.device_type_name.as_ref());
    filled |= match (&mut stored.content, &later.content) {
        (Content::Data(stored), Content::Data(later)) => data(stored, later),
        (Content::Status(stored), Content::Status(later)) => {
            gap(&mut stored.battery_v, later.battery_v) | gap(&mut stored.temperature_c, later.temperature_c)
        }
        (Content::Ack(stored), Content::Ack(later)) => {
            text(&mut stored.message, later.message.as_ref())
                | gap(&mut stored.downlink_ack, later.downlink_ack)
                | gap(&mut stored.overusage, later.overusage)
        }
        (Content::Repeater(stored), Content::Repeater(later)) => {
            gap(&mut stored.battery_v, later.battery_v)
                | gap(&mut stored.whitelist, later.whitelist)
                | gap(&mut stored.repeated, later.repeated)
                | gap(&mut stored.unwanted_devices, later.unwanted_devices)
                | gap(&mut stored.unwanted_class, later.unwanted_class)
                | gap(&mut stored.wrong_class, later.wrong_class)
                | gap(&mut stored.overregul_class, later.overregul_class)
        }
        (Content::Geoloc(stored), Content::Geoloc(later)) => location(stored, later),
        _ => false,
    };
    for Attribute { name, value } in &later.attributes {
        let known = stored.attributes.iter().any(|attribute| attribute.name == *name);
        if !known && stored.attributes.len() < MAX_ATTRIBUTES {
            let attribute = Attribute {
                name: name.clone(),
                value: value.clone(),
            };
            stored.attributes.push(attribute.into_owned());
            filled = true;
        }
    }
    if filled { Merged::Filled } else { Merged::Unchanged }
}

/// Fills a gap.
fn gap<T: Copy>(stored: &mut Option<T>, later: Option<T>) -> bool {
    if stored.is_some() || later.is_none() {
        return false;
    }
    *stored = later;
    true
}

fn text(stored: &mut Option<Cow<'static, str>>, later: Option<&Cow<'_, str>>) -> bool {
    match later {
        Some(later) if stored.is_none() => {
            *stored = Some(Cow::Owned(later.as_ref().into()));
            true
        }
        _ => false,
    }
}

fn radio(stored: &mut Radio, later: &Radio) -> bool {
    gap(&mut stored.rssi, later.rssi)
        | gap(&mut stored.snr, later.snr)
        | gap(&mut stored.avg_snr, later.avg_snr)
        | gap(&mut stored.station, later.station)
        | gap(&mut stored.station_lat, later.station_lat)
        | gap(&mut stored.station_lng, later.station_lng)
        | gap(&mut stored.duplicate, later.duplicate)
}

fn data(stored: &mut Data<'static>, later: &Data<'_>) -> bool {
    let mut filled = gap(&mut stored.ack, later.ack)
        | gap(&mut stored.long_polling, later.long_polling)
        | gap(&mut stored.lqi, later.lqi)
        | gap(&mut stored.link_quality, later.link_quality)
        | gap(&mut stored.fixed_lat, later.fixed_lat)
        | gap(&mut stored.fixed_lng, later.fixed_lng)
        | text(&mut stored.operator, later.operator.as_ref())
        | gap(&mut stored.country, later.country);
    for reception in &later.receptions {
        let known = stored
            .receptions
            .iter()
            .any(|known| known.station == reception.station);
        if !known && stored.receptions.len() < MAX_RECEPTIONS {
            stored.receptions.push(reception.clone());
            filled = true;
        }
    }
    if stored.location.is_none() && later.location.is_some() {
        stored.location.clone_from(&later.location);
        filled = true;
    }
    filled
}

fn location(stored: &mut Location, later: &Location) -> bool {
    gap(&mut stored.position, later.position) | gap(&mut stored.source, later.source)
}
