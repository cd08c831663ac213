//! What the services have to say (§4), read from the values of a record.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::error::{ErrorKind, ReceiveError};
use super::ids::Station;
use super::key::Key;
use super::raw::Form;
use super::read::Reader;
use super::record::{Ack, Content, Data, Event, Fault, Radio, Repeater, Status};
use super::scalar::{Scalar, boolean, integer, number};
use super::service::Service;
use super::structured::{self, Structured};
use super::values::{InfoCode, Lqi, Payload, latitude, longitude, rssi};
use super::warning::Warning;
use crate::decimal::Decimal;

fn capitals(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.bytes().any(|octet| octet.is_ascii_lowercase()) {
        return Cow::Owned(text.to_ascii_uppercase());
    }
    text
}

/// Keys of the radio set (§4.1).
const RADIO: u64 = Key::Rssi.bit()
    | Key::Snr.bit()
    | Key::AvgSnr.bit()
    | Key::Station.bit()
    | Key::Duplicate.bit()
    | Key::Lat.bit()
    | Key::Lng.bit();
/// Keys that come with DATA_ADVANCED only (§4.2).
const ADVANCED: u64 = Key::Lqi.bit()
    | Key::LinkQuality.bit()
    | Key::FixedLat.bit()
    | Key::FixedLng.bit()
    | Key::OperatorName.bit()
    | Key::CountryCode.bit()
    | Key::Duplicates.bit()
    | Key::ComputedLocation.bit();

impl<'a> Reader<'_, 'a> {
    pub(super) fn radio(&mut self, of_station: bool) -> Radio {
        if self.fields.seen() & RADIO == 0 {
            return Radio::default();
        }
        let mut radio = Radio {
            rssi: self.optional(Key::Rssi, |text| number(text).and_then(rssi)),
            snr: self.optional(Key::Snr, number),
            avg_snr: self.optional(Key::AvgSnr, number),
            station: self.optional(Key::Station, Station::parse),
            duplicate: self.optional(Key::Duplicate, boolean),
            ..Radio::default()
        };
        if of_station {
            radio.station_lat = self.latitude(Key::Lat);
            radio.station_lng = self.longitude(Key::Lng);
        }
        radio
    }

    #[inline]
    fn latitude(&mut self, key: Key) -> Option<Decimal> {
        self.optional(key, |text| number(text).and_then(latitude))
    }

    #[inline]
    fn longitude(&mut self, key: Key) -> Option<Decimal> {
        self.optional(key, |text| number(text).and_then(longitude))
    }

    fn up_to_15(&mut self, key: Key) -> Option<u8> {
        self.optional(key, |text| integer(text).filter(|class| *class <= 15_u8))
    }

    pub(super) fn content(&mut self, service: Service) -> Result<Content<'a>, ReceiveError> {
        Ok(match service {
            Service::Uplink | Service::Bidir | Service::Advanced => Content::Data(self.data()?),
            Service::Status => {
                let battery_v = self.optional(Key::Batt, number);
                let temperature_c = self.optional(Key::Temp, number);
                if battery_v.is_none() && temperature_c.is_none() {
                    return Err(self.refused(ErrorKind::Missing, Key::Batt));
                }
                Content::Status(Status {
                    battery_v,
                    temperature_c,
                })
            }
            Service::Ack => Content::Ack(Ack {
                code: InfoCode(self.mandatory(Key::InfoCode, ErrorKind::BadValue, integer)?),
                message: self.text(Key::InfoMessage),
                downlink_ack: self.optional(Key::DownlinkAck, boolean),
                overusage: self.optional(Key::DownlinkOverusage, boolean),
            }),
            Service::Repeater => Content::Repeater(Repeater {
                battery_v: self.optional(Key::Batt, number),
                whitelist: self.optional(Key::WhitelistDevices, integer),
                repeated: self.optional(Key::RepeatedMsg, integer),
                unwanted_devices: self.up_to_15(Key::UnwantedDevices),
                unwanted_class: self.up_to_15(Key::UnwantedMsg),
                wrong_class: self.up_to_15(Key::WrongMsg),
                overregul_class: self.up_to_15(Key::OverRegulMsg),
            }),
            Service::Geoloc => {
                let lat = self.latitude(Key::Lat);
                let lng = self.longitude(Key::Lng);
                let radius_m = self.optional(Key::Radius, integer);
                let source = self.optional(Key::GeolocSource, integer);
                Content::Geoloc(structured::placed(lat, lng, radius_m, source))
            }
            Service::Error => Content::Error(Fault {
                severity: capitals(self.mandatory_text(Key::Severity)?),
                info: self.text(Key::Info),
            }),
            Service::Event => Content::Event(Event {
                event_type: self.mandatory_text(Key::EventType)?,
                severity: self.text(Key::Severity).map(capitals),
                source_id: self.text(Key::SourceId),
                source_type: self.text(Key::SourceType),
                group_id: self.text(Key::GroupId),
                last_seq: self.optional(Key::DeviceLastSeqnumber, integer),
                expected_seq: self.optional(Key::DeviceExpectedSeqnumber, integer),
                message_seq: self.optional(Key::DeviceMessageSeqnumber, integer),
            }),
        })
    }

    fn data(&mut self) -> Result<Data<'a>, ReceiveError> {
        let raw = self.fields.get(Key::Data);
        // R5: the one empty text that is a value.
        let payload = if self.fields.has(Key::Data) && raw.text.is_empty() && raw.form == Form::Plain {
            self.used |= Key::Data.bit();
            Payload::parse("")
        } else {
            Some(self.mandatory(Key::Data, ErrorKind::BadData, Payload::parse)?)
        };
        let payload = payload.ok_or_else(|| self.refused(ErrorKind::BadData, Key::Data))?;
        let ack = self.optional(Key::Ack, boolean);
        let long_polling = self.optional(Key::LongPolling, boolean);
        let mut data = Data {
            payload,
            ack,
            long_polling,
            lqi: None,
            link_quality: None,
            fixed_lat: None,
            fixed_lng: None,
            operator: None,
            country: None,
            receptions: Vec::new(),
            location: None,
        };
        if self.fields.seen() & ADVANCED != 0 {
            self.advanced(&mut data);
        }
        Ok(data)
    }

    fn advanced(&mut self, data: &mut Data<'a>) {
        data.lqi = self.optional(Key::Lqi, Lqi::parse);
        data.link_quality = self.optional(Key::LinkQuality, |text| integer(text).filter(|lq| *lq <= 4_u8));
        // Set on few devices.
        if self.fields.seen() & (Key::FixedLat.bit() | Key::FixedLng.bit()) != 0 {
            data.fixed_lat = self.latitude(Key::FixedLat);
            data.fixed_lng = self.longitude(Key::FixedLng);
        }
        data.operator = self.text(Key::OperatorName);
        data.country = self.optional(Key::CountryCode, integer);
        let read = self.fields.receptions.take();
        let receptions = self.structure(Key::Duplicates, read, |text| {
            structured::of_text(text, b'[', structured::receptions)
        });
        data.receptions = receptions.unwrap_or_default();
        let read = self.fields.location.take();
        data.location = self.structure(Key::ComputedLocation, read, |text| {
            structured::of_text(text, b'{', structured::location)
        });
    }

    /// A value that is JSON itself (§4.3), which was read on the way; in a form or text it comes as text.
    fn structure<T>(
        &mut self,
        key: Key,
        read: Option<Structured<T>>,
        of_text: impl FnOnce(&str) -> Structured<T>,
    ) -> Option<T> {
        if !self.fields.has(key) {
            return None;
        }
        let Structured { value, remarks } = match read {
            Some(read) => {
                self.used |= key.bit();
                read
            }
            None => match self.scalar(key) {
                Scalar::Absent | Scalar::Placeholder => return None,
                // Another kind of container.
                Scalar::Structured => Structured::FAULTY,
                Scalar::Text(text) => of_text(&text),
            },
        };
        if remarks.placeholder {
            self.warnings.push(Warning::UnreplacedPlaceholder);
        }
        if remarks.faulty {
            self.dropped(key);
        }
        value
    }
}
