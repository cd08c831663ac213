//! Values that are JSON themselves: `duplicates` and `computedLocation` (§4.3).

use alloc::string::String;
use alloc::vec::Vec;

use super::fields::repeated_inside;
use super::json::Json;
use super::raw::{Form, Raw};
use super::read::{Scalar, integer, number, rssi};
use super::record::{Location, Reception};
use super::values::{Position, Station, is_latitude, is_longitude};
use crate::decimal::Decimal;

/// What is off inside.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Remarks {
    /// A part was dropped.
    pub(super) faulty: bool,
    /// A part is still a placeholder.
    pub(super) placeholder: bool,
}

impl Remarks {
    /// A part that may be absent; what does not parse is dropped.
    fn optional<T>(&mut self, raw: &Raw<'_>, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let value = match Scalar::of(raw) {
            Scalar::Absent => return None,
            Scalar::Placeholder => {
                self.placeholder = true;
                return None;
            }
            Scalar::Text(text) => read(&text),
            Scalar::Structured => None,
        };
        self.faulty |= value.is_none();
        value
    }
}

/// A text that is one object or array of JSON.
pub(super) fn checked(text: &str, offset: usize) -> Option<Raw<'_>> {
    let text = text.trim_ascii();
    let mut json = Json::new(text, offset);
    let raw = json.value().ok().filter(|raw| raw.form == Form::Structured)?;
    json.finish().ok()?;
    repeated_inside(raw).ok()?;
    Some(raw)
}

/// `duplicates`: only faulty elements are dropped.
pub(super) fn receptions(raw: &Raw<'_>) -> (Option<Vec<Reception>>, Remarks) {
    let mut remarks = Remarks::default();
    let mut json = Json::of(raw);
    if json.peek() != b'[' {
        remarks.faulty = true;
        return (None, remarks);
    }
    let mut receptions = Vec::new();
    let read = json.elements(|element| {
        let (reception, inner) = reception(&element);
        remarks.placeholder |= inner.placeholder;
        match reception {
            Some(reception) if !inner.faulty => receptions.push(reception),
            _ => remarks.faulty = true,
        }
    });
    // The value was checked before.
    remarks.faulty |= read.is_err();
    (Some(receptions), remarks)
}

fn reception(raw: &Raw<'_>) -> (Option<Reception>, Remarks) {
    let mut remarks = Remarks::default();
    let mut json = Json::of(raw);
    if json.peek() != b'{' {
        return (None, remarks);
    }
    let (mut station, mut level, mut snr, mut repetitions) = (None, None, None, None);
    let read = json.members(|name, value| match &*name.text() {
        "bsId" => station = remarks.optional(&value, Station::parse),
        "rssi" => level = remarks.optional(&value, rssi),
        "snr" => snr = remarks.optional(&value, number),
        "nbRep" => repetitions = remarks.optional(&value, integer),
        _ => {}
    });
    let station = station.filter(|_| read.is_ok());
    let reception = station.map(|station| Reception {
        station,
        rssi: level,
        snr,
        repetitions,
    });
    (reception, remarks)
}

/// `computedLocation`: usable with a status of 1 or 2, or none, and valid coordinates.
pub(super) fn location(raw: &Raw<'_>) -> (Option<Location>, Remarks) {
    let mut remarks = Remarks::default();
    let mut json = Json::of(raw);
    if json.peek() != b'{' {
        remarks.faulty = true;
        return (None, remarks);
    }
    let (mut lat, mut lng, mut radius_m, mut source) = (None, None, None, None);
    let (mut status, mut place_ids, mut bad_status) = (None, Vec::new(), false);
    let read = json.members(|name, value| match &*name.text() {
        "lat" => lat = remarks.optional(&value, |text| number(text).filter(|&value| is_latitude(value))),
        "lng" => lng = remarks.optional(&value, |text| number(text).filter(|&value| is_longitude(value))),
        "radius" => radius_m = remarks.optional(&value, integer),
        "source" => source = remarks.optional(&value, integer),
        "status" => {
            let mut inner = Remarks::default();
            status = inner.optional(&value, integer);
            bad_status = inner.faulty;
        }
        "placeIds" => match ids(&value) {
            Some(ids) => place_ids = ids,
            None => remarks.faulty = true,
        },
        _ => {}
    });
    remarks.faulty |= bad_status || read.is_err();
    let mut location = placed(lat, lng, radius_m, source);
    if bad_status || !matches!(status, None | Some(1 | 2)) {
        location.position = None;
    }
    location.status = status;
    location.place_ids = place_ids;
    (Some(location), remarks)
}

fn ids(raw: &Raw<'_>) -> Option<Vec<String>> {
    if raw.form == Form::Null {
        return Some(Vec::new());
    }
    let mut json = Json::of(raw);
    if raw.form != Form::Structured || json.peek() != b'[' {
        return None;
    }
    let mut all = Some(Vec::new());
    let push = |element: Raw<'_>| match (Scalar::of(&element), &mut all) {
        (Scalar::Text(text), Some(ids)) => ids.push(text.into_owned()),
        _ => all = None,
    };
    json.elements(push).ok()?;
    all
}

/// A location by its coordinates, each of which is valid.
pub(super) const fn placed(
    lat: Option<Decimal>,
    lng: Option<Decimal>,
    radius_m: Option<u32>,
    source: Option<u8>,
) -> Location {
    let position = match (lat, lng) {
        (Some(lat), Some(lng)) => Some(Position { lat, lng, radius_m }),
        _ => None,
    };
    Location {
        position,
        source,
        status: None,
        place_ids: Vec::new(),
    }
}
