//! Objects and texts of JSON, borrowed from the answer.
//!
//! Written by hand, since derived structs take a list for an object, and the last of two members of one name.

use alloc::borrow::{Cow, ToOwned as _};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::ApiError;
use super::number::Number;

/// A value, and what it is called in an error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<'a> {
    raw: &'a RawValue,
    name: &'static str,
}

impl<'a> Member<'a> {
    /// The whole answer.
    pub(super) fn of(body: &'a [u8]) -> Result<Self, ApiError> {
        let raw = serde_json::from_slice(body).map_err(|_| ApiError::Json)?;
        Ok(Self { raw, name: "answer" })
    }

    const fn shape(&self) -> ApiError {
        ApiError::Shape(self.name)
    }

    fn read<T: Deserialize<'a>>(&self) -> Result<T, ApiError> {
        serde_json::from_str(self.raw.get()).map_err(|_| self.shape())
    }

    pub(super) fn text(&self) -> Result<Cow<'a, str>, ApiError> {
        self.read::<Text<'a>>().map(|text| text.0)
    }

    pub(super) fn number(&self) -> Result<Number<'a>, ApiError> {
        Number::of(self.raw.get()).ok_or_else(|| self.shape())
    }

    pub(super) fn unsigned(&self) -> Result<u64, ApiError> {
        self.number()?.as_u64().ok_or_else(|| self.shape())
    }

    pub(super) const fn value(&self) -> Json<'a> {
        Json(self.raw)
    }

    pub(super) fn is_null(&self) -> bool {
        self.raw.get() == "null"
    }

    pub(super) fn list(&self) -> Result<Vec<Self>, ApiError> {
        let all: Vec<&'a RawValue> = self.read()?;
        let name = self.name;
        Ok(all.into_iter().map(|raw| Self { raw, name }).collect())
    }

    /// All members of an object, sorted by name.
    pub(super) fn entries(&self) -> Result<impl Iterator<Item = (Cow<'a, str>, Self)> + use<'a>, ApiError> {
        let name = self.name;
        let object: Entries<'a> = self.read()?;
        Ok(object
            .0
            .into_iter()
            .map(move |(key, raw)| (key, Self { raw, name })))
    }

    /// The members of these names; others are passed over.
    pub(super) fn members<const N: usize>(
        &self,
        names: [&'static str; N],
    ) -> Result<[Option<Self>; N], ApiError> {
        let mut deserializer = serde_json::Deserializer::from_str(self.raw.get());
        let found = deserializer
            .deserialize_map(Members(names))
            .map_err(|_| self.shape())?;
        let mut named = names.into_iter();
        Ok(found.map(|raw| {
            let name = named.next().unwrap_or_default();
            raw.map(|raw| Self { raw, name })
        }))
    }

    /// As [`Self::members`], all of which have to be there.
    pub(super) fn demand<const N: usize>(&self, names: [&'static str; N]) -> Result<[Self; N], ApiError> {
        let found = self.members(names)?;
        let missing = names.iter().zip(&found).find(|(_, member)| member.is_none());
        if let Some((name, _)) = missing {
            return Err(ApiError::Shape(name));
        }
        Ok(found.map(|member| member.unwrap_or(*self)))
    }
}

/// A value that is documented by its name only: the JSON as it came.
#[derive(Debug, Clone, Copy)]
pub struct Json<'a>(&'a RawValue);

impl<'a> Json<'a> {
    /// The text of the value.
    #[must_use]
    pub fn as_str(&self) -> &'a str {
        self.0.get()
    }

    const fn member(self) -> Member<'a> {
        Member {
            raw: self.0,
            name: "value",
        }
    }

    /// If it is true or false.
    #[must_use]
    pub fn bool(&self) -> Option<bool> {
        self.member().read().ok()
    }

    /// If it is a number.
    #[must_use]
    pub fn number(&self) -> Option<Number<'a>> {
        self.member().number().ok()
    }

    /// If it is text.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'a, str>> {
        self.member().text().ok()
    }

    /// The member of this name, if it is an object that has it, and not as null.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Self> {
        let mut members = self.member().entries().ok()?;
        let (_, found) = members.find(|(key, _)| key == name)?;
        given(Some(found))
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Json<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What need not be there: absent and null are the same.
pub(super) fn given(member: Option<Member<'_>>) -> Option<Json<'_>> {
    member
        .filter(|member| !member.is_null())
        .map(|member| member.value())
}

/// Text: borrowed where it has no escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowing;
        impl<'de> Visitor<'de> for Borrowing {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
            fn visit_string<E>(self, text: String) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }
        deserializer.deserialize_str(Borrowing)
    }
}

/// An object with any keys, each once.
struct Entries<'a>(BTreeMap<Cow<'a, str>, &'a RawValue>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collecting;
        impl<'de> Visitor<'de> for Collecting {
            type Value = Entries<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut found = BTreeMap::new();
                while let Some(Text(key)) = map.next_key()? {
                    if found.insert(key, map.next_value()?).is_some() {
                        return Err(A::Error::custom("a member given twice"));
                    }
                }
                Ok(Entries(found))
            }
        }
        deserializer.deserialize_map(Collecting)
    }
}

/// Members of these names, each once.
struct Members<const N: usize>([&'static str; N]);

impl<'de, const N: usize> Visitor<'de> for Members<N> {
    type Value = [Option<&'de RawValue>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = [None; N];
        while let Some(Text(key)) = map.next_key()? {
            let mut places = self.0.iter().zip(&mut found);
            match places.find(|(name, _)| **name == key) {
                Some((_, place)) => {
                    if place.replace(map.next_value()?).is_some() {
                        return Err(A::Error::custom("a member given twice"));
                    }
                }
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}
