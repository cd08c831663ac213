//! What a request says: one record per message (§4).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::ids::{Device, Station};
use super::service::Service;
use super::values::{InfoCode, Lqi, Payload, Position};
use crate::decimal::Decimal;

/// One record. Texts are borrowed from the request unless they had escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Record<'a> {
    /// Who sent it.
    pub service: Service,
    /// `device`; only an event may lack it.
    pub device: Option<Device>,
    /// `time`, seconds since 1970 UTC; only acknowledgements and errors may lack it.
    pub time_s: Option<u64>,
    /// `seqNumber`, usually 0 to 4095.
    pub seq: Option<u32>,
    /// `deviceTypeId`.
    pub device_type_id: Option<Cow<'a, str>>,
    /// `deviceTypeName`.
    pub device_type_name: Option<Cow<'a, str>>,
    /// The radio set; empty for services that do not have it.
    pub radio: Radio,
    /// What the service has to say.
    pub content: Content<'a>,
    /// Keys without a meaning here, `customData#…` among them: names and values are data, nothing else.
    pub attributes: Vec<Attribute<'a>>,
    /// Keys that were not kept, for their number or length.
    pub dropped_attributes: usize,
}

/// A key without a meaning here.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Attribute<'a> {
    /// Its name, at most [`MAX_NAME_LEN`](super::limits::MAX_NAME_LEN) octets.
    pub name: Cow<'a, str>,
    /// Its value as text, at most [`MAX_VALUE_LEN`](super::limits::MAX_VALUE_LEN) octets; objects and arrays as JSON.
    pub value: Cow<'a, str>,
}

/// The radio set (§4.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Radio {
    /// `rssi` in dBm, −200 to 0.
    pub rssi: Option<Decimal>,
    /// `snr` in dB.
    pub snr: Option<Decimal>,
    /// `avgSnr` in dB.
    pub avg_snr: Option<Decimal>,
    /// `station`.
    pub station: Option<Station>,
    /// `lat`: latitude of the station, not of the device, in degrees.
    pub station_lat: Option<Decimal>,
    /// `lng`: longitude of the station, not of the device, in degrees.
    pub station_lng: Option<Decimal>,
    /// `duplicate`: another station's copy was sent before.
    pub duplicate: Option<bool>,
}

/// What a service has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Content<'a> {
    /// UPLINK, BIDIR and DATA_ADVANCED.
    Data(Data<'a>),
    /// STATUS.
    Status(Status),
    /// ACKNOWLEDGE.
    Ack(Ack<'a>),
    /// REPEATER.
    Repeater(Repeater),
    /// GEOLOC.
    Geoloc(Location),
    /// ERROR.
    Error(Fault<'a>),
    /// EVENT.
    Event(Event<'a>),
}

/// An uplink message (§4.1, §4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Data<'a> {
    /// `data`.
    pub payload: Payload,
    /// `ack`: the device asks for a downlink.
    pub ack: Option<bool>,
    /// `longPolling`.
    pub long_polling: Option<bool>,
    /// `lqi`.
    pub lqi: Option<Lqi>,
    /// `linkQuality`, 0 to 4.
    pub link_quality: Option<u8>,
    /// `fixedLat` in degrees, as typed in on the device's page; 0 when never set.
    pub fixed_lat: Option<Decimal>,
    /// `fixedLng` in degrees.
    pub fixed_lng: Option<Decimal>,
    /// `operatorName`.
    pub operator: Option<Cow<'a, str>>,
    /// `countryCode`.
    pub country: Option<u32>,
    /// `duplicates`: the receptions.
    pub receptions: Vec<Reception>,
    /// `computedLocation`.
    pub location: Option<Location>,
}

/// An element of `duplicates` (§4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Reception {
    /// `bsId`.
    pub station: Station,
    /// `rssi` in dBm, −200 to 0: the best of the repetitions.
    pub rssi: Option<Decimal>,
    /// `snr` in dB.
    pub snr: Option<Decimal>,
    /// `nbRep`: repetitions received.
    pub repetitions: Option<u32>,
}

/// `computedLocation` (§4.3), or what GEOLOC says (§4.7).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Location {
    /// The position, if there is a usable one: status 1, 2 or absent, and valid coordinates (§5).
    pub position: Option<Position>,
    /// `source`, 0 to 7.
    pub source: Option<u8>,
    /// `status`.
    pub status: Option<u32>,
    /// `placeIds`.
    pub place_ids: Vec<String>,
}

/// An out-of-band status (§4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Status {
    /// `batt` in V.
    pub battery_v: Option<Decimal>,
    /// `temp` in °C: of the device, as the network says, no sensor value.
    pub temperature_c: Option<Decimal>,
}

/// The result of a downlink (§4.5).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Ack<'a> {
    /// `infoCode`.
    pub code: InfoCode,
    /// `infoMessage`.
    pub message: Option<Cow<'a, str>>,
    /// `downlinkAck`: the station confirmed that it transmitted.
    pub downlink_ack: Option<bool>,
    /// `downlinkOverusage`: the daily quota is exceeded.
    pub overusage: Option<bool>,
}

/// An out-of-band status of a repeater (§4.6). The classes are ranges of numbers of messages, 0 to 15.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Repeater {
    /// `batt` in V.
    pub battery_v: Option<Decimal>,
    /// `whitelistDevices`; 0: everything is repeated.
    pub whitelist: Option<u32>,
    /// `repeatedMsg`: messages since the last status.
    pub repeated: Option<u32>,
    /// `unwantedDevices`; 15: more than 14.
    pub unwanted_devices: Option<u8>,
    /// `unwantedMsg`, a class.
    pub unwanted_class: Option<u8>,
    /// `wrongMsg`, a class.
    pub wrong_class: Option<u8>,
    /// `overRegulMsg`, a class.
    pub overregul_class: Option<u8>,
}

/// A keep-alive breach or trouble of the network (§4.8).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Fault<'a> {
    /// `severity`, in capitals: `ERROR`, `WARN`.
    pub severity: Cow<'a, str>,
    /// `info`.
    pub info: Option<Cow<'a, str>>,
}

/// A life-cycle or sequence event (§4.9). Further variables are [attributes](Record::attributes).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Event<'a> {
    /// `eventType`; the set of values is not known.
    pub event_type: Cow<'a, str>,
    /// `severity`, in capitals.
    pub severity: Option<Cow<'a, str>>,
    /// `sourceId`.
    pub source_id: Option<Cow<'a, str>>,
    /// `sourceType`.
    pub source_type: Option<Cow<'a, str>>,
    /// `groupId`.
    pub group_id: Option<Cow<'a, str>>,
    /// `deviceLastSeqnumber`.
    pub last_seq: Option<u32>,
    /// `deviceExpectedSeqnumber`.
    pub expected_seq: Option<u32>,
    /// `deviceMessageSeqnumber`.
    pub message_seq: Option<u32>,
}

impl<'a> Record<'a> {
    /// The uplink message, if it is one.
    #[must_use]
    pub const fn data(&self) -> Option<&Data<'a>> {
        match &self.content {
            Content::Data(data) => Some(data),
            _ => None,
        }
    }

    /// Whether the device asks for a downlink, with an `ack` that is true (R17).
    #[must_use]
    pub fn asks(&self) -> bool {
        self.data().is_some_and(|data| data.ack == Some(true))
    }

    /// The record without borrows: what a store keeps, and what [`merge`](super::merge) fills.
    #[must_use]
    pub fn into_owned(self) -> Record<'static> {
        Record {
            device_type_id: owned(self.device_type_id),
            device_type_name: owned(self.device_type_name),
            content: self.content.into_owned(),
            attributes: self.attributes.into_iter().map(Attribute::into_owned).collect(),
            service: self.service,
            device: self.device,
            time_s: self.time_s,
            seq: self.seq,
            radio: self.radio,
            dropped_attributes: self.dropped_attributes,
        }
    }
}

fn owned(text: Option<Cow<'_, str>>) -> Option<Cow<'static, str>> {
    text.map(whole)
}

fn whole(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

impl Attribute<'_> {
    pub(super) fn into_owned(self) -> Attribute<'static> {
        Attribute {
            name: whole(self.name),
            value: whole(self.value),
        }
    }
}

impl Content<'_> {
    fn into_owned(self) -> Content<'static> {
        match self {
            Self::Data(data) => Content::Data(Data {
                operator: owned(data.operator),
                payload: data.payload,
                ack: data.ack,
                long_polling: data.long_polling,
                lqi: data.lqi,
                link_quality: data.link_quality,
                fixed_lat: data.fixed_lat,
                fixed_lng: data.fixed_lng,
                country: data.country,
                receptions: data.receptions,
                location: data.location,
            }),
            Self::Status(status) => Content::Status(status),
            Self::Ack(ack) => Content::Ack(Ack {
                message: owned(ack.message),
                code: ack.code,
                downlink_ack: ack.downlink_ack,
                overusage: ack.overusage,
            }),
            Self::Repeater(repeater) => Content::Repeater(repeater),
            Self::Geoloc(location) => Content::Geoloc(location),
            Self::Error(fault) => Content::Error(Fault {
                severity: whole(fault.severity),
                info: owned(fault.info),
            }),
            Self::Event(event) => Content::Event(Event {
                event_type: whole(event.event_type),
                severity: owned(event.severity),
                source_id: owned(event.source_id),
                source_type: owned(event.source_type),
                group_id: owned(event.group_id),
                last_seq: event.last_seq,
                expected_seq: event.expected_seq,
                message_seq: event.message_seq,
            }),
        }
    }
}
