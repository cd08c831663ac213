//! From keys and values to a record: normalisation (R5 to R11), classification (§11), mandatory values (§5).

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::error::{ErrorKind, ReceiveError};
use super::fields::Fields;
use super::key::Key;
use super::limits::{MAX_AHEAD_S, MAX_ATTRIBUTES, MAX_NAME_LEN, MAX_SEQ, MAX_VALUE_LEN, MIN_TIME_S};
use super::raw::{Form, Raw};
use super::record::{Ack, Attribute, Content, Data, Event, Fault, Radio, Record, Repeater, Service, Status};
use super::structured;
use super::values::{Device, InfoCode, Lqi, Payload, Station, is_latitude, is_longitude};
use super::warning::Warning;
use crate::decimal::Decimal;

/// Reads a record.
pub(super) fn record<'a>(
    fields: &mut Fields<'a>,
    now_s: u64,
    warnings: &mut Vec<Warning>,
) -> Result<Record<'a>, ReceiveError> {
    fields.finish()?;
    let mut reader = Reader {
        fields,
        warnings,
        used: Key::Cb.bit() | Key::V.bit(),
    };
    let service = reader.service()?;
    let device = reader.device(service)?;
    let time_s = reader.time(service, now_s)?;
    let content = reader.content(service)?;
    let seq = reader.seq()?;
    let device_type_id = reader.optional(Key::DeviceTypeId, |text| {
        text.bytes().all(|octet| octet.is_ascii_hexdigit()).then_some(())
    });
    let device_type_id = device_type_id.and_then(|()| reader.plain_text(Key::DeviceTypeId));
    let device_type_name = reader.text(Key::DeviceTypeName);
    let radio = match service {
        Service::Uplink | Service::Bidir | Service::Advanced | Service::Status => reader.radio(true),
        Service::Geoloc => reader.radio(false),
        _ => Radio::default(),
    };
    let (attributes, dropped_attributes) = reader.attributes();
    Ok(Record {
        service,
        device,
        time_s,
        seq,
        device_type_id,
        device_type_name,
        radio,
        content,
        attributes,
        dropped_attributes,
    })
}

/// What stands for a value (R5).
pub(super) enum Scalar<'a> {
    Absent,
    /// Absent, and still a placeholder.
    Placeholder,
    Text(Cow<'a, str>),
    Structured,
}

impl<'a> Scalar<'a> {
    pub(super) fn of(raw: &Raw<'a>) -> Self {
        let text = match raw.form {
            Form::Null => return Self::Absent,
            Form::Structured => return Self::Structured,
            Form::Plain => Cow::Borrowed(raw.text),
            Form::Escaped | Form::Url => raw.text(),
        };
        let trimmed = text.trim_ascii();
        if is_absent(trimmed) {
            Self::Absent
        } else if is_placeholder(trimmed) {
            Self::Placeholder
        } else {
            Self::Text(text)
        }
    }
}

fn is_absent(text: &str) -> bool {
    match text.len() {
        0 => true,
        3 => text.eq_ignore_ascii_case("n/a") || text.eq_ignore_ascii_case("nan"),
        4 => text.eq_ignore_ascii_case("null"),
        _ => false,
    }
}

fn is_placeholder(text: &str) -> bool {
    let name = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let of_name = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'#' | b'_' | b'-');
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(of_name))
}

/// R6; blanks around are trimmed.
pub(super) fn number(text: &str) -> Option<Decimal> {
    Decimal::parse(text.trim_ascii())
}

/// An integer, which may be written with a zero fraction (R6).
pub(super) fn integer<T: TryFrom<i128>>(text: &str) -> Option<T> {
    number(text)?.to_integer()
}

pub(super) fn rssi(text: &str) -> Option<Decimal> {
    number(text).filter(|value| (Decimal::from(-200_i64)..=Decimal::ZERO).contains(value))
}

/// R7.
fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn capitals(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.bytes().any(|octet| octet.is_ascii_lowercase()) {
        return Cow::Owned(text.to_ascii_uppercase());
    }
    text
}

pub(super) struct Reader<'r, 'a> {
    fields: &'r mut Fields<'a>,
    warnings: &'r mut Vec<Warning>,
    /// Keys that were read.
    used: u64,
}

impl<'a> Reader<'_, 'a> {
    fn scalar(&mut self, key: Key) -> Scalar<'a> {
        self.used |= key.bit();
        let scalar = Scalar::of(&self.fields.get(key));
        if matches!(scalar, Scalar::Placeholder) {
            self.warnings.push(Warning::UnreplacedPlaceholder);
        }
        scalar
    }

    #[cold]
    fn refused(&self, kind: ErrorKind, key: Key) -> ReceiveError {
        let raw = self.fields.get(key);
        let offset = if raw.form == Form::Null {
            self.fields.offset
        } else {
            raw.offset
        };
        ReceiveError::new(kind, key.name(), offset)
    }

    #[cold]
    fn dropped(&mut self, key: Key) {
        self.warnings.push(Warning::BadOptional(key.name()));
    }

    /// A value without which there is no record.
    fn mandatory<T>(
        &mut self,
        key: Key,
        kind: ErrorKind,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, ReceiveError> {
        match self.scalar(key) {
            Scalar::Absent | Scalar::Placeholder => Err(self.refused(ErrorKind::Missing, key)),
            Scalar::Text(text) => read(&text).ok_or_else(|| self.refused(kind, key)),
            Scalar::Structured => Err(self.refused(kind, key)),
        }
    }

    fn mandatory_text(&mut self, key: Key) -> Result<Cow<'a, str>, ReceiveError> {
        self.mandatory(key, ErrorKind::BadValue, |_| Some(()))?;
        Ok(self.fields.get(key).text())
    }

    /// A value that is dropped if it does not parse.
    fn optional<T>(&mut self, key: Key, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        // Most keys are not there.
        if !self.fields.has(key) {
            return None;
        }
        let value = match self.scalar(key) {
            Scalar::Absent | Scalar::Placeholder => return None,
            Scalar::Text(text) => read(&text),
            Scalar::Structured => None,
        };
        if value.is_none() {
            self.dropped(key);
        }
        value
    }

    fn text(&mut self, key: Key) -> Option<Cow<'a, str>> {
        self.optional(key, |_| Some(()))?;
        self.plain_text(key)
    }

    /// The text of a key that has one.
    fn plain_text(&self, key: Key) -> Option<Cow<'a, str>> {
        Some(self.fields.get(key).text())
    }

    /// The class, by `cb` or by the keys (§11).
    fn service(&mut self) -> Result<Service, ReceiveError> {
        let named = self.optional(Key::Cb, |text| {
            let mut all = Service::ALL.into_iter();
            all.find(|service| service.as_str().eq_ignore_ascii_case(text))
        });
        if let Some(service) = named {
            return Ok(service);
        }
        let has = |key| self.fields.has(key);
        let data = has(Key::Data);
        Ok(if has(Key::InfoCode) {
            Service::Ack
        } else if has(Key::Severity) && has(Key::EventType) {
            Service::Event
        } else if has(Key::Severity) {
            Service::Error
        } else if has(Key::WhitelistDevices) || has(Key::RepeatedMsg) {
            Service::Repeater
        } else if (has(Key::Batt) || has(Key::Temp)) && !data {
            Service::Status
        } else if has(Key::Radius) {
            Service::Geoloc
        } else if !data {
            return Err(ReceiveError::new(ErrorKind::Missing, "body", self.fields.offset));
        } else if [Key::ComputedLocation, Key::Duplicates, Key::Lqi, Key::LinkQuality]
            .into_iter()
            .any(has)
        {
            Service::Advanced
        } else if has(Key::Ack) || has(Key::LongPolling) {
            Service::Bidir
        } else {
            Service::Uplink
        })
    }

    /// R8.
    fn device(&mut self, service: Service) -> Result<Option<Device>, ReceiveError> {
        if service == Service::Event {
            return Ok(self.optional(Key::Device, Device::parse));
        }
        self.mandatory(Key::Device, ErrorKind::BadDevice, Device::parse)
            .map(Some)
    }

    /// R10.
    fn time(&mut self, service: Service, now_s: u64) -> Result<Option<u64>, ReceiveError> {
        let time = match self.mandatory(Key::Time, ErrorKind::BadTime, number) {
            Err(error)
                if error.kind == ErrorKind::Missing && matches!(service, Service::Ack | Service::Error) =>
            {
                return Ok(None);
            }
            time => time?,
        };
        let seconds =
            plausible_time(time, now_s).ok_or_else(|| self.refused(ErrorKind::BadTime, Key::Time))?;
        if time.scale() != 0 {
            self.warnings.push(Warning::FractionalTime);
        }
        Ok(Some(seconds))
    }

    /// R11.
    fn seq(&mut self) -> Result<Option<u32>, ReceiveError> {
        let Some(seq) = self.optional(Key::SeqNumber, integer::<i128>) else {
            return Ok(None);
        };
        if seq < 0 {
            return Err(self.refused(ErrorKind::BadSeq, Key::SeqNumber));
        }
        let Ok(seq) = u32::try_from(seq) else {
            self.dropped(Key::SeqNumber);
            return Ok(None);
        };
        if seq > MAX_SEQ {
            self.warnings.push(Warning::SeqRange);
        }
        Ok(Some(seq))
    }

    fn radio(&mut self, of_station: bool) -> Radio {
        let mut radio = Radio {
            rssi: self.optional(Key::Rssi, rssi),
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

    fn latitude(&mut self, key: Key) -> Option<Decimal> {
        self.optional(key, |text| number(text).filter(|&value| is_latitude(value)))
    }

    fn longitude(&mut self, key: Key) -> Option<Decimal> {
        self.optional(key, |text| number(text).filter(|&value| is_longitude(value)))
    }

    fn up_to_15(&mut self, key: Key) -> Option<u8> {
        self.optional(key, |text| integer(text).filter(|class| *class <= 15_u8))
    }

    fn content(&mut self, service: Service) -> Result<Content<'a>, ReceiveError> {
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
        Ok(Data {
            payload,
            ack: self.optional(Key::Ack, boolean),
            long_polling: self.optional(Key::LongPolling, boolean),
            lqi: self.optional(Key::Lqi, Lqi::parse),
            link_quality: self.optional(Key::LinkQuality, |text| integer(text).filter(|lq| *lq <= 4_u8)),
            fixed_lat: self.latitude(Key::FixedLat),
            fixed_lng: self.longitude(Key::FixedLng),
            operator: self.text(Key::OperatorName),
            country: self.optional(Key::CountryCode, integer),
            receptions: self
                .structure(Key::Duplicates, structured::receptions)
                .unwrap_or_default(),
            location: self.structure(Key::ComputedLocation, structured::location),
        })
    }

    /// A value that is JSON itself (§4.3); in a form or text it comes as text.
    fn structure<T>(
        &mut self,
        key: Key,
        read: impl FnOnce(&Raw<'_>) -> (Option<T>, structured::Remarks),
    ) -> Option<T> {
        if !self.fields.has(key) {
            return None;
        }
        let raw = self.fields.get(key);
        let (value, remarks) = match self.scalar(key) {
            Scalar::Absent | Scalar::Placeholder => return None,
            Scalar::Structured => read(&raw),
            Scalar::Text(text) => match structured::checked(&text, raw.offset) {
                Some(inner) => read(&inner),
                None => (
                    None,
                    structured::Remarks {
                        faulty: true,
                        placeholder: false,
                    },
                ),
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

    /// Whatever was not read, as text (§5); and how many of them are not kept.
    fn attributes(&mut self) -> (Vec<Attribute<'a>>, usize) {
        let (mut kept, mut dropped) = (Vec::new(), 0_usize);
        let others = self.fields.others();
        let unread = self.fields.seen() & !self.used;
        if others.is_empty() && unread == 0 {
            return (kept, dropped);
        }
        let unread = Key::ALL.iter().filter(|key| unread & key.bit() != 0);
        let unread = unread.map(|key| (Cow::Borrowed(key.name()), self.fields.get(*key)));
        for (name, raw) in others
            .into_iter()
            .map(|other| (other.name, other.value))
            .chain(unread)
        {
            let value = match Scalar::of(&raw) {
                Scalar::Absent => continue,
                Scalar::Placeholder => {
                    self.warnings.push(Warning::UnreplacedPlaceholder);
                    continue;
                }
                Scalar::Text(text) => text,
                Scalar::Structured => Cow::Borrowed(raw.text),
            };
            if kept.len() >= MAX_ATTRIBUTES || name.len() > MAX_NAME_LEN || value.len() > MAX_VALUE_LEN {
                dropped = dropped.saturating_add(1);
                continue;
            }
            kept.push(Attribute { name, value });
        }
        (kept, dropped)
    }
}

/// Whole seconds of a time that R10 takes.
pub(super) fn plausible_time(time: Decimal, now_s: u64) -> Option<u64> {
    let seconds = u64::try_from(time.floor()).ok()?;
    let latest = now_s.saturating_add(MAX_AHEAD_S).min(99_999_999_999);
    (MIN_TIME_S..=latest).contains(&seconds).then_some(seconds)
}
