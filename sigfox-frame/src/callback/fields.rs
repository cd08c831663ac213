//! The keys and values of one record, before they are read.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::error::{ErrorKind, ReceiveError};
use super::json::Json;
use super::key::{Found, KEYS, Key};
use super::raw::{Form, Raw};

/// Name of a key that is no placeholder, in errors.
pub(super) const ATTRIBUTE: &str = "attribute";
/// Up to so many names are compared with each other, more are sorted.
const FEW: usize = 16;

/// What was found, each key once.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    known: [Raw<'a>; KEYS],
    /// Keys that occurred, with null or not.
    seen: u64,
    others: Vec<Other<'a>>,
    conflict: Option<ReceiveError>,
    /// Where the record begins.
    pub(super) offset: usize,
}

/// A key that is no placeholder.
#[derive(Debug)]
pub(super) struct Other<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) value: Raw<'a>,
}

impl<'a> Fields<'a> {
    pub(super) const fn new(offset: usize) -> Self {
        Self {
            known: [Raw::NULL; KEYS],
            seen: 0,
            others: Vec::new(),
            conflict: None,
            offset,
        }
    }

    /// Reads the object that begins here.
    pub(super) fn object(&mut self, json: &mut Json<'a>) -> Result<(), ReceiveError> {
        json.members(|name, value| {
            if value.form == Form::Structured && self.conflict.is_none() {
                self.conflict = repeated_inside(value).err();
            }
            self.push(&name, value);
        })
    }

    /// One key more.
    pub(super) fn push(&mut self, name: &Raw<'a>, value: Raw<'a>) {
        let text = match name.form {
            // The common case, without a copy.
            Form::Plain => Cow::Borrowed(name.text),
            _ => name.text(),
        };
        let key = match Key::find(&text) {
            Some(Found::Key(key)) => key,
            // §5: a name, unless it looks like an id.
            Some(Found::DeviceType) if is_type_id(&value.text()) => Key::DeviceTypeId,
            Some(Found::DeviceType) => Key::DeviceTypeName,
            None => {
                self.others.push(Other { name: text, value });
                return;
            }
        };
        let Some(place) = self.known.get_mut(key.number()) else {
            return;
        };
        if self.seen & key.bit() == 0 {
            self.seen |= key.bit();
            *place = value;
        } else if !place.same(&value) && self.conflict.is_none() {
            self.conflict = Some(conflict(key.name(), value.offset));
        }
    }

    /// All keys are there: refuses different values of one key.
    pub(super) fn finish(&mut self) -> Result<(), ReceiveError> {
        if let Some(error) = self.conflict {
            return Err(error);
        }
        once(&mut self.others)
    }

    pub(super) const fn has(&self, key: Key) -> bool {
        self.seen & key.bit() != 0
    }

    pub(super) const fn seen(&self) -> u64 {
        self.seen
    }

    pub(super) fn get(&self, key: Key) -> Raw<'a> {
        self.known.get(key.number()).copied().unwrap_or(Raw::NULL)
    }

    pub(super) fn others(&mut self) -> Vec<Other<'a>> {
        core::mem::take(&mut self.others)
    }
}

#[cold]
const fn conflict(field: &'static str, offset: usize) -> ReceiveError {
    ReceiveError::new(ErrorKind::ConflictingKey, field, offset)
}

fn is_type_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|octet| octet.is_ascii_hexdigit())
}

/// Leaves each name once; refuses different values of one name.
fn once(others: &mut Vec<Other<'_>>) -> Result<(), ReceiveError> {
    let mut first_conflict = None;
    let mut same = |earlier: &Other<'_>, later: &Other<'_>| {
        if earlier.name != later.name {
            return false;
        }
        if !earlier.value.same(&later.value) && first_conflict.is_none() {
            first_conflict = Some(conflict(ATTRIBUTE, later.value.offset));
        }
        true
    };
    if others.len() > FEW {
        others.sort_by(|a, b| a.name.cmp(&b.name));
        others.dedup_by(|later, earlier| same(earlier, later));
        others.sort_by_key(|other| other.value.offset);
    } else {
        let mut number = 0;
        while let Some((later, earlier)) = others.get(..=number).and_then(<[_]>::split_last) {
            if earlier.iter().any(|earlier| same(earlier, later)) {
                others.remove(number);
            } else {
                number = number.saturating_add(1);
            }
        }
    }
    first_conflict.map_or(Ok(()), Err)
}

/// Refuses different values of one key in any object inside a value, which was checked.
pub(super) fn repeated_inside<'v>(value: Raw<'v>) -> Result<(), ReceiveError> {
    let mut names: Vec<Other<'v>> = Vec::new();
    let mut todo: Vec<Raw<'v>> = Vec::new();
    let mut next = Some(value);
    while let Some(value) = next {
        // Without an object inside there is no key.
        if value.text.contains('{') {
            let mut json = Json::of(&value);
            let mut inner = |value: Raw<'v>| {
                if value.form == Form::Structured {
                    todo.push(value);
                }
            };
            if json.peek() == b'{' {
                names.clear();
                json.members(|name, value| {
                    inner(value);
                    names.push(Other {
                        name: name.text(),
                        value,
                    });
                })?;
                once(&mut names)?;
            } else {
                json.elements(inner)?;
            }
        }
        next = todo.pop();
    }
    Ok(())
}
