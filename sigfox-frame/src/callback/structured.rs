//! Values that are JSON themselves: `duplicates` and `computedLocation` (§4.3).

use alloc::string::String;
use alloc::vec::Vec;

use super::ids::Station;
use super::json::{Json, Members, Read};
use super::names::Names;
use super::raw::{Form, Raw};
use super::record::{Location, Reception};
use super::repeats::repeated_inside;
use super::scalar::{Scalar, number};
use super::values::{Position, latitude, longitude, rssi};
use crate::decimal::Decimal;

/// Members of an element of `duplicates`.
#[derive(Debug, Clone, Copy)]
enum OfReception {
    Station,
    Rssi,
    Snr,
    Repetitions,
}

static RECEPTION: Names<OfReception, 4> = Names::new([
    ("bsId", OfReception::Station),
    ("rssi", OfReception::Rssi),
    ("snr", OfReception::Snr),
    ("nbRep", OfReception::Repetitions),
]);

/// Members of `computedLocation`.
#[derive(Debug, Clone, Copy)]
enum OfLocation {
    Lat,
    Lng,
    Radius,
    Source,
    Status,
    PlaceIds,
}

static LOCATION: Names<OfLocation, 6> = Names::new([
    ("lat", OfLocation::Lat),
    ("lng", OfLocation::Lng),
    ("radius", OfLocation::Radius),
    ("source", OfLocation::Source),
    ("status", OfLocation::Status),
    ("placeIds", OfLocation::PlaceIds),
]);

/// What is off inside.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Remarks {
    /// A part was dropped.
    pub(super) faulty: bool,
    /// A part is still a placeholder.
    pub(super) placeholder: bool,
}

impl Remarks {
    /// Reads a part that may be absent; what does not parse is dropped.
    #[inline]
    fn optional<T>(&mut self, json: &mut Json<'_>, read: impl Fn(&str) -> Option<T>) -> Read<Option<T>> {
        let value = match json.plain() {
            Some(text) => Raw::plain(text, 0),
            None => json.value()?,
        };
        let value = match value.ordinary() {
            Some(text) => read(text),
            None => match self.odd(&value) {
                Scalar::Text(text) => read(&text),
                Scalar::Structured => None,
                Scalar::Absent | Scalar::Placeholder => return Ok(None),
            },
        };
        self.faulty |= value.is_none();
        Ok(value)
    }

    /// The same of a number, which is not read as text first.
    #[inline]
    fn number<T>(&mut self, json: &mut Json<'_>, read: impl Fn(Decimal) -> Option<T>) -> Read<Option<T>> {
        match json.plain_decimal() {
            Some(value) => {
                let value = read(value);
                self.faulty |= value.is_none();
                Ok(value)
            }
            None => self.optional(json, |text| read(number(text)?)),
        }
    }

    #[inline(never)]
    fn odd<'a>(&mut self, raw: &Raw<'a>) -> Scalar<'a> {
        let scalar = Scalar::of(raw);
        self.placeholder |= matches!(scalar, Scalar::Placeholder);
        scalar
    }
}

/// A value of one of these keys, and what is off in it.
#[derive(Debug)]
pub(super) struct Structured<T> {
    /// `None` for a value that is nothing of the kind.
    pub(super) value: Option<T>,
    pub(super) remarks: Remarks,
}

impl<T> Default for Structured<T> {
    fn default() -> Self {
        Self {
            value: None,
            remarks: Remarks::default(),
        }
    }
}

impl<T> Structured<T> {
    /// What cannot be read at all.
    pub(super) const FAULTY: Self = Self {
        value: None,
        remarks: Remarks {
            faulty: true,
            placeholder: false,
        },
    };
}

/// Reads a text that is one container of JSON, with this bracket first.
pub(super) fn of_text<'t, T>(
    text: &'t str,
    bracket: u8,
    read: impl FnOnce(&mut Json<'t>, &mut Structured<T>) -> Read<()>,
) -> Structured<T> {
    let text = text.trim_ascii();
    let mut json = Json::new(text, 0);
    if json.peek() != bracket {
        return Structured::FAULTY;
    }
    let mut structured = Structured::default();
    if read(&mut json, &mut structured).is_err() || json.finish().is_err() {
        return Structured::FAULTY;
    }
    if json.take_doubt() && repeated_inside(Raw::structured(text)).is_err() {
        return Structured::FAULTY;
    }
    structured
}

/// `duplicates`, an array: only faulty elements are dropped.
pub(super) fn receptions(json: &mut Json<'_>, found: &mut Structured<Vec<Reception>>) -> Read<()> {
    let Structured { value, remarks } = found;
    let receptions = value.insert(Vec::new());
    json.elements(|json| {
        if json.peek() != b'{' {
            remarks.faulty = true;
            return json.value().map(|_| ());
        }
        let mut read = ReceptionReader::default();
        json.members(&RECEPTION, &mut read)?;
        remarks.placeholder |= read.remarks.placeholder;
        match read.station {
            Some(station) if !read.remarks.faulty => receptions.push(Reception {
                station,
                rssi: read.rssi,
                snr: read.snr,
                repetitions: read.repetitions,
            }),
            _ => remarks.faulty = true,
        }
        Ok(())
    })
}

/// An element of `duplicates`, as far as it is read.
#[derive(Debug, Default)]
struct ReceptionReader {
    station: Option<Station>,
    rssi: Option<Decimal>,
    snr: Option<Decimal>,
    repetitions: Option<u32>,
    remarks: Remarks,
}

impl<'a> Members<'a> for ReceptionReader {
    type Name = OfReception;

    #[inline]
    fn known(&mut self, json: &mut Json<'a>, name: OfReception) -> Read<()> {
        match name {
            OfReception::Station => self.station = self.remarks.optional(json, Station::parse)?,
            OfReception::Rssi => self.rssi = self.remarks.number(json, rssi)?,
            OfReception::Snr => self.snr = self.remarks.number(json, Some)?,
            OfReception::Repetitions => self.repetitions = self.remarks.number(json, Decimal::to_integer)?,
        }
        Ok(())
    }

    fn other(&mut self, json: &mut Json<'a>, _: Raw<'a>) -> Read<()> {
        json.value().map(|_| ())
    }
}

/// `computedLocation`, an object: usable with a status of 1 or 2, or none, and valid coordinates.
pub(super) fn location(json: &mut Json<'_>, found: &mut Structured<Location>) -> Read<()> {
    let mut read = LocationReader::default();
    json.members(&LOCATION, &mut read)?;
    let location = found
        .value
        .insert(placed(read.lat, read.lng, read.radius_m, read.source));
    if read.bad_status || !matches!(read.status, None | Some(1 | 2)) {
        location.position = None;
    }
    location.status = read.status;
    location.place_ids = read.place_ids;
    read.remarks.faulty |= read.bad_status;
    found.remarks = read.remarks;
    Ok(())
}

/// `computedLocation`, as far as it is read.
#[derive(Debug, Default)]
struct LocationReader {
    lat: Option<Decimal>,
    lng: Option<Decimal>,
    radius_m: Option<u32>,
    source: Option<u8>,
    status: Option<u32>,
    /// The last status does not parse.
    bad_status: bool,
    place_ids: Vec<String>,
    remarks: Remarks,
}

impl<'a> Members<'a> for LocationReader {
    type Name = OfLocation;

    #[inline]
    fn known(&mut self, json: &mut Json<'a>, name: OfLocation) -> Read<()> {
        if let OfLocation::PlaceIds = name {
            match ids(json)? {
                Some(ids) => self.place_ids = ids,
                None => self.remarks.faulty = true,
            }
            return Ok(());
        }
        match name {
            OfLocation::Lat => self.lat = self.remarks.number(json, latitude)?,
            OfLocation::Lng => self.lng = self.remarks.number(json, longitude)?,
            OfLocation::Radius => self.radius_m = self.remarks.number(json, Decimal::to_integer)?,
            OfLocation::Source => self.source = self.remarks.number(json, Decimal::to_integer)?,
            OfLocation::Status => {
                let mut remarks = Remarks::default();
                self.status = remarks.number(json, Decimal::to_integer)?;
                self.bad_status = remarks.faulty;
            }
            OfLocation::PlaceIds => {}
        }
        Ok(())
    }

    fn other(&mut self, json: &mut Json<'a>, _: Raw<'a>) -> Read<()> {
        json.value().map(|_| ())
    }
}

/// `placeIds`: texts or nothing.
fn ids(json: &mut Json<'_>) -> Read<Option<Vec<String>>> {
    if json.peek() != b'[' {
        let value = json.value()?;
        return Ok((value.form == Form::Null).then(Vec::new));
    }
    let mut all = Some(Vec::new());
    json.elements(|json| {
        let element = json.value()?;
        match (Scalar::of(&element), &mut all) {
            (Scalar::Text(text), Some(ids)) => ids.push(text.into_owned()),
            _ => all = None,
        }
        Ok(())
    })?;
    Ok(all)
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
