//! From keys and values to a record: normalisation (R5 to R11), mandatory values (§5).

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::error::{ErrorKind, ReceiveError};
use super::fields::Fields;
use super::ids::Device;
use super::key::Key;
use super::limits::{MAX_ATTRIBUTES, MAX_NAME_LEN, MAX_SEQ, MAX_VALUE_LEN};
use super::raw::Form;
use super::record::{Attribute, Radio, Record};
use super::scalar::{self, Scalar, integer, number};
use super::service::Service;
use super::warning::Warning;

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
    let device_type_id = device_type_id.map(|()| reader.fields.get(Key::DeviceTypeId).text());
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

/// Reads the values of one record, each at most once.
pub(super) struct Reader<'r, 'a> {
    pub(super) fields: &'r mut Fields<'a>,
    pub(super) warnings: &'r mut Vec<Warning>,
    /// Keys that were read.
    pub(super) used: u64,
}

impl<'a> Reader<'_, 'a> {
    #[inline(never)]
    pub(super) fn scalar(&mut self, key: Key) -> Scalar<'a> {
        self.used |= key.bit();
        let scalar = Scalar::of(&self.fields.get(key));
        if matches!(scalar, Scalar::Placeholder) {
            self.warnings.push(Warning::UnreplacedPlaceholder);
        }
        scalar
    }

    /// The value of a key, if it is as most are.
    #[inline]
    fn ordinary(&mut self, key: Key) -> Option<&'a str> {
        self.used |= key.bit();
        self.fields.get(key).ordinary()
    }

    #[cold]
    pub(super) fn refused(&self, kind: ErrorKind, key: Key) -> ReceiveError {
        let raw = self.fields.get(key);
        let offset = if raw.form == Form::Null {
            self.fields.offset
        } else {
            raw.offset
        };
        ReceiveError::new(kind, key.name(), offset)
    }

    #[cold]
    pub(super) fn dropped(&mut self, key: Key) {
        self.warnings.push(Warning::BadOptional(key.name()));
    }

    /// A value without which there is no record.
    #[inline]
    pub(super) fn mandatory<T>(
        &mut self,
        key: Key,
        kind: ErrorKind,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, ReceiveError> {
        let value = match self.ordinary(key) {
            Some(text) => read(text),
            None => match self.scalar(key) {
                Scalar::Absent | Scalar::Placeholder => return Err(self.refused(ErrorKind::Missing, key)),
                Scalar::Text(text) => read(&text),
                Scalar::Structured => None,
            },
        };
        value.ok_or_else(|| self.refused(kind, key))
    }

    pub(super) fn mandatory_text(&mut self, key: Key) -> Result<Cow<'a, str>, ReceiveError> {
        self.mandatory(key, ErrorKind::BadValue, |_| Some(()))?;
        Ok(self.fields.get(key).text())
    }

    /// A value that is dropped if it does not parse.
    #[inline]
    pub(super) fn optional<T>(&mut self, key: Key, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        // Most keys are not there.
        if !self.fields.has(key) {
            return None;
        }
        let value = match self.ordinary(key) {
            Some(text) => read(text),
            None => match self.scalar(key) {
                Scalar::Absent | Scalar::Placeholder => return None,
                Scalar::Text(text) => read(&text),
                Scalar::Structured => None,
            },
        };
        if value.is_none() {
            self.dropped(key);
        }
        value
    }

    #[inline]
    pub(super) fn text(&mut self, key: Key) -> Option<Cow<'a, str>> {
        if !self.fields.has(key) {
            return None;
        }
        match self.ordinary(key) {
            Some(text) => Some(Cow::Borrowed(text)),
            None => self.odd_text(key),
        }
    }

    #[inline(never)]
    fn odd_text(&mut self, key: Key) -> Option<Cow<'a, str>> {
        self.optional(key, |_| Some(()))?;
        Some(self.fields.get(key).text())
    }

    /// The class, by `cb` or by the keys (§11).
    fn service(&mut self) -> Result<Service, ReceiveError> {
        let named = self.optional(Key::Cb, Service::named);
        let service = named.or_else(|| Service::of_keys(self.fields.seen()));
        service.ok_or_else(|| ReceiveError::new(ErrorKind::Missing, "body", self.fields.offset))
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
            scalar::plausible_time(time, now_s).ok_or_else(|| self.refused(ErrorKind::BadTime, Key::Time))?;
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

    /// Whatever was not read, as text (§5); and how many of them are not kept.
    #[inline]
    fn attributes(&mut self) -> (Vec<Attribute<'a>>, usize) {
        let unread = self.fields.seen() & !self.used;
        if unread == 0 && !self.fields.has_others() {
            return (Vec::new(), 0);
        }
        self.unread(unread)
    }

    #[inline(never)]
    fn unread(&mut self, unread: u64) -> (Vec<Attribute<'a>>, usize) {
        let (mut kept, mut dropped) = (Vec::new(), 0_usize);
        let others = self.fields.others();
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
