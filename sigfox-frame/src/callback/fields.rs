//! The keys and values of one record, before they are read.

use alloc::vec::Vec;

use super::error::ReceiveError;
use super::json::{Json, Members, Read};
use super::key::{Found, KEYS, Key, NAMES};
use super::raw::{Form, Raw};
use super::record::{Location, Reception};
use super::repeats::{Other, conflict, once, repeated_inside};
use super::structured::{self, Structured};

/// What was found, each key once.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    /// Texts of the keys, apart from their forms: small enough to be cleared for every request, and copied by words.
    texts: [&'a str; KEYS],
    forms: [Form; KEYS],
    /// Address of the text that all values are parts of, and its offset in the request.
    origin: usize,
    base: usize,
    /// Keys that occurred, with null or not.
    seen: u64,
    others: Vec<Other<'a>>,
    conflict: Option<ReceiveError>,
    /// What the first array under `duplicates` says: read on the way, since it makes up half of its body.
    pub(super) receptions: Option<Structured<Vec<Reception>>>,
    /// The same of the first object under `computedLocation`.
    pub(super) location: Option<Structured<Location>>,
    /// Where the record begins.
    pub(super) offset: usize,
}

impl<'a> Fields<'a> {
    pub(super) const fn new() -> Self {
        Self {
            texts: [""; KEYS],
            forms: [Form::Null; KEYS],
            origin: 0,
            base: 0,
            seen: 0,
            others: Vec::new(),
            conflict: None,
            receptions: None,
            location: None,
            offset: 0,
        }
    }

    /// The record is in this text, at this offset of the request.
    pub(super) fn begin(&mut self, text: &'a str, offset: usize) {
        self.origin = text.as_ptr().addr();
        self.base = offset;
        self.offset = offset;
    }

    /// Reads the object that begins here.
    pub(super) fn object(&mut self, json: &mut Json<'a>) -> Result<(), ReceiveError> {
        json.members(&NAMES, self).map_err(|_| json.error())
    }

    /// Reads a value; an object that is inside has to have each name once.
    fn value(&mut self, json: &mut Json<'a>) -> Read<Raw<'a>> {
        let value = json.value()?;
        self.check_inside(json, value);
        Ok(value)
    }

    #[inline]
    fn check_inside(&mut self, json: &mut Json<'a>, value: Raw<'a>) {
        if value.form == Form::Structured && json.take_doubt() && self.conflict.is_none() {
            self.conflict = repeated_inside(value).err();
        }
    }

    /// What was read since the cursor was there.
    #[inline(always)]
    fn structure(&mut self, json: &mut Json<'a>, place: usize) -> Raw<'a> {
        let value = json.structure_since(place);
        self.check_inside(json, value);
        value
    }

    /// One key more.
    pub(super) fn push(&mut self, name: &Raw<'a>, value: Raw<'a>) {
        match Key::find(&name.text()) {
            Some(found) => self.put(found, value.text, value.form, value.offset),
            None => self.put_other(name, value),
        }
    }

    fn put_other(&mut self, name: &Raw<'a>, value: Raw<'a>) {
        let name = name.text();
        self.others.push(Other { name, value });
    }

    /// The parts of a value come one by one: put together they would go through memory.
    #[inline(always)]
    fn put(&mut self, found: Found, text: &'a str, form: Form, offset: usize) {
        let key = match found {
            Found::Key(key) => key,
            Found::DeviceType => device_type(text, form),
        };
        let number = key.number();
        if self.seen & key.bit() != 0 {
            self.put_again(key, text, form, offset);
        } else if let (Some(to), Some(its_form)) = (self.texts.get_mut(number), self.forms.get_mut(number)) {
            self.seen |= key.bit();
            *to = text;
            *its_form = form;
        }
    }

    #[cold]
    fn put_again(&mut self, key: Key, text: &'a str, form: Form, offset: usize) {
        let value = Raw { text, offset, form };
        if self.conflict.is_none() && !self.get(key).same(&value) {
            self.conflict = Some(conflict(key.name(), offset));
        }
    }

    /// All keys are there: refuses different values of one key.
    pub(super) fn finish(&mut self) -> Result<(), ReceiveError> {
        if let Some(error) = self.conflict {
            return Err(error);
        }
        if self.others.len() < 2 {
            return Ok(());
        }
        once(&mut self.others)
    }

    #[inline]
    pub(super) const fn has(&self, key: Key) -> bool {
        self.seen & key.bit() != 0
    }

    pub(super) const fn seen(&self) -> u64 {
        self.seen
    }

    #[inline]
    pub(super) fn get(&self, key: Key) -> Raw<'a> {
        let number = key.number();
        match (self.texts.get(number), self.forms.get(number)) {
            (Some(text), Some(form)) => Raw {
                text,
                offset: text
                    .as_ptr()
                    .addr()
                    .wrapping_sub(self.origin)
                    .wrapping_add(self.base),
                form: *form,
            },
            _ => Raw::NULL,
        }
    }

    pub(super) const fn has_others(&self) -> bool {
        !self.others.is_empty()
    }

    pub(super) fn others(&mut self) -> Vec<Other<'a>> {
        core::mem::take(&mut self.others)
    }
}

impl<'a> Members<'a> for Fields<'a> {
    type Name = Found;

    #[inline]
    fn known(&mut self, json: &mut Json<'a>, name: Found) -> Read<()> {
        let offset = json.value_offset();
        // Most values.
        if let Some(text) = json.plain() {
            self.put(name, text, Form::Plain, offset);
            return Ok(());
        }
        let value = match (json.peek(), name) {
            (b'[', Found::Key(Key::Duplicates)) if self.receptions.is_none() => {
                let place = json.place();
                structured::receptions(json, self.receptions.insert(Structured::default()))?;
                self.structure(json, place)
            }
            (b'{', Found::Key(Key::ComputedLocation)) if self.location.is_none() => {
                let place = json.place();
                structured::location(json, self.location.insert(Structured::default()))?;
                self.structure(json, place)
            }
            _ => self.value(json)?,
        };
        self.put(name, value.text, value.form, value.offset);
        Ok(())
    }

    fn other(&mut self, json: &mut Json<'a>, name: Raw<'a>) -> Read<()> {
        let value = self.value(json)?;
        self.put_other(&name, value);
        Ok(())
    }
}

/// §5: a name, unless it looks like an id.
#[cold]
fn device_type(text: &str, form: Form) -> Key {
    let raw = Raw {
        text,
        offset: 0,
        form,
    };
    if is_type_id(&raw.text()) {
        Key::DeviceTypeId
    } else {
        Key::DeviceTypeName
    }
}

fn is_type_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|octet| octet.is_ascii_hexdigit())
}
