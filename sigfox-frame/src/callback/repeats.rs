//! Names that occur twice: allowed with the same value, refused with different ones (§5).

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::convert::Infallible;

use super::error::{ErrorKind, ReceiveError};
use super::json::{Json, Members, Read};
use super::names::Names;
use super::raw::{Form, Raw};
use super::work;

/// Name of a key that is no placeholder, in errors.
pub(super) const ATTRIBUTE: &str = "attribute";
/// No name is known.
static NONE: Names<Infallible, 0> = Names::new([]);
/// Up to so many names are compared with each other, more are sorted.
const FEW: usize = 16;

/// A key that is no placeholder.
#[derive(Debug)]
pub(super) struct Other<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) value: Raw<'a>,
}

/// Two values of one key.
#[cold]
pub(super) const fn conflict(field: &'static str, offset: usize) -> ReceiveError {
    ReceiveError::new(ErrorKind::ConflictingKey, field, offset)
}

/// Leaves each name once; refuses different values of one name.
pub(super) fn once(others: &mut Vec<Other<'_>>) -> Result<(), ReceiveError> {
    let mut first_conflict = None;
    let mut same = |earlier: &Other<'_>, later: &Other<'_>| {
        work::done(1);
        if earlier.name != later.name {
            return false;
        }
        if !earlier.value.same(&later.value) && first_conflict.is_none() {
            first_conflict = Some(conflict(ATTRIBUTE, later.value.offset));
        }
        true
    };
    if others.len() > FEW {
        others.sort_by(|a, b| {
            work::done(1);
            a.name.cmp(&b.name)
        });
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
pub(super) fn repeated_inside(value: Raw<'_>) -> Result<(), ReceiveError> {
    let mut inside = Inside::default();
    let mut next = Some(value);
    while let Some(value) = next {
        work::done(value.text.len());
        // Without an object inside there is no key.
        if value.text.contains('{') {
            let mut json = Json::of(&value);
            let read = if json.peek() == b'{' {
                json.members(&NONE, &mut inside)
            } else {
                json.elements(|json| json.value().map(|value| inside.look_into(value)))
            };
            read.map_err(|_| json.error())?;
            once(&mut inside.names)?;
            inside.names.clear();
        }
        next = inside.todo.pop();
    }
    Ok(())
}

/// What is inside a value.
#[derive(Debug, Default)]
struct Inside<'v> {
    /// Of the object that is read.
    names: Vec<Other<'v>>,
    /// Containers that are to be read.
    todo: Vec<Raw<'v>>,
}

impl<'v> Inside<'v> {
    fn look_into(&mut self, value: Raw<'v>) {
        if value.form == Form::Structured {
            self.todo.push(value);
        }
    }
}

impl<'v> Members<'v> for Inside<'v> {
    type Name = Infallible;

    fn known(&mut self, _: &mut Json<'v>, name: Infallible) -> Read<()> {
        match name {}
    }

    fn other(&mut self, json: &mut Json<'v>, name: Raw<'v>) -> Read<()> {
        let value = json.value()?;
        self.look_into(value);
        let name = name.text();
        self.names.push(Other { name, value });
        Ok(())
    }
}
