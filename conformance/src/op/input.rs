//! Typed access to the members of `in`.

use super::{Input, OpError};
use crate::hex;
use serde_json::Value;

/// Members of an `in` object, or of an object inside it, by type.
///
/// A member that is missing or of another type is refused with the code [`OpError::BAD_INPUT`]. The functions ending in
/// `_opt` give `None` for a member that is absent or null.
#[derive(Debug, Clone, Copy)]
pub struct Members<'a> {
    object: &'a Input,
}

impl<'a> Members<'a> {
    /// The members of an object.
    #[must_use]
    pub const fn of(object: &'a Input) -> Self {
        Self { object }
    }

    /// Octets, written as lower-case hexadecimal text.
    ///
    /// # Errors
    /// [`OpError::BAD_INPUT`].
    pub fn octets(&self, name: &str) -> Result<Vec<u8>, OpError> {
        self.demand(name, "lower-case hex", self.octets_opt(name)?)
    }

    /// As [`Self::octets`], or `None` if absent.
    ///
    /// # Errors
    /// [`OpError::BAD_INPUT`].
    pub fn octets_opt(&self, name: &str) -> Result<Option<Vec<u8>>, OpError> {
        self.read(name, "lower-case hex", |value| hex::decode(value.as_str()?))
    }

    /// An integer: a JSON number, or decimal text beyond 2^53 − 1. `T` bounds it.
    ///
    /// # Errors
    /// [`OpError::BAD_INPUT`], also if `T` cannot hold it.
    pub fn int<T: TryFrom<i128>>(&self, name: &str) -> Result<T, OpError> {
        self.demand(name, "integer", self.int_opt(name)?)
    }

    /// As [`Self::int`], or `None` if absent.
    ///
    /// # Errors
    /// [`OpError::BAD_INPUT`].
    pub fn int_opt<T: TryFrom<i128>>(&self, name: &str) -> Result<Option<T>, OpError> {
        self.read(name, "integer in range", |value| {
            T::try_from(integer(value)?).ok()
        })
    }

    /// Text.
    ///
    /// # Errors
    /// [`OpError::BAD_INPUT`].
    pub fn text(&self, name: &str) -> Result<&'a str, OpError> {
        self.demand(name, "text", self.text_opt(name)?)
    }

    /// As [`Self::text`], or `None` if absent.
    ///
    /// # Errors
    /// [`OpError::BAD_INPUT`].
    pub fn text_opt(&self, name: &str) -> Result<Option<&'a str>, OpError> {
        self.read(name, "text", Value::as_str)
    }

    /// A boolean.
    ///
    /// # Errors
    /// [`OpError::BAD_INPUT`].
    pub fn bool(&self, name: &str) -> Result<bool, OpError> {
        self.demand(name, "boolean", self.bool_opt(name)?)
    }

    /// As [`Self::bool`], or `None` if absent.
    ///
    /// # Errors
    /// [`OpError::BAD_INPUT`].
    pub fn bool_opt(&self, name: &str) -> Result<Option<bool>, OpError> {
        self.read(name, "boolean", Value::as_bool)
    }

    /// A list of anything.
    ///
    /// # Errors
    /// [`OpError::BAD_INPUT`].
    pub fn list(&self, name: &str) -> Result<&'a [Value], OpError> {
        self.demand(name, "list", self.list_opt(name)?)
    }

    /// As [`Self::list`], or `None` if absent.
    ///
    /// # Errors
    /// [`OpError::BAD_INPUT`].
    pub fn list_opt(&self, name: &str) -> Result<Option<&'a [Value]>, OpError> {
        self.read(name, "list", |value| value.as_array().map(Vec::as_slice))
    }

    /// An object.
    ///
    /// # Errors
    /// [`OpError::BAD_INPUT`].
    pub fn object(&self, name: &str) -> Result<Self, OpError> {
        self.demand(name, "object", self.object_opt(name)?)
    }

    /// As [`Self::object`], or `None` if absent.
    ///
    /// # Errors
    /// [`OpError::BAD_INPUT`].
    pub fn object_opt(&self, name: &str) -> Result<Option<Self>, OpError> {
        self.read(name, "object", |value| value.as_object().map(Self::of))
    }

    /// A list of objects.
    ///
    /// # Errors
    /// [`OpError::BAD_INPUT`].
    pub fn objects(&self, name: &str) -> Result<Vec<Self>, OpError> {
        let each = |value: &'a Value| value.as_object().map(Self::of);
        let all = self.list(name)?.iter().map(each).collect();
        self.demand(name, "list of objects", all)
    }

    /// A list of texts.
    ///
    /// # Errors
    /// [`OpError::BAD_INPUT`].
    pub fn texts(&self, name: &str) -> Result<Vec<&'a str>, OpError> {
        let all = self.list(name)?.iter().map(Value::as_str).collect();
        self.demand(name, "list of texts", all)
    }

    /// A list of octet strings.
    ///
    /// # Errors
    /// [`OpError::BAD_INPUT`].
    pub fn octet_strings(&self, name: &str) -> Result<Vec<Vec<u8>>, OpError> {
        let each = |value: &Value| hex::decode(value.as_str()?);
        let all = self.list(name)?.iter().map(each).collect();
        self.demand(name, "list of lower-case hex", all)
    }

    /// A list of integers; `T` bounds them.
    ///
    /// # Errors
    /// [`OpError::BAD_INPUT`].
    pub fn ints<T: TryFrom<i128>>(&self, name: &str) -> Result<Vec<T>, OpError> {
        let each = |value: &Value| T::try_from(integer(value)?).ok();
        let all = self.list(name)?.iter().map(each).collect();
        self.demand(name, "list of integers in range", all)
    }

    fn read<T>(
        &self,
        name: &str,
        wanted: &str,
        convert: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, OpError> {
        match self.object.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match convert(value) {
                Some(value) => Ok(Some(value)),
                None => Err(OpError::bad_input(name, wanted)),
            },
        }
    }

    #[expect(
        clippy::unused_self,
        reason = "a method reads better in the chain of the others"
    )]
    fn demand<T>(&self, name: &str, wanted: &str, value: Option<T>) -> Result<T, OpError> {
        value.ok_or_else(|| OpError::bad_input(name, wanted))
    }
}

/// An integer in either spelling. Text is taken in canonical form only: no plus, no leading zeros, no minus zero.
pub(crate) fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) => number
            .as_i64()
            .map(i128::from)
            .or_else(|| number.as_u64().map(i128::from)),
        Value::String(text) => {
            let number: i128 = text.parse().ok()?;
            (number.to_string() == *text).then_some(number)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Members;
    use crate::op::{Input, OpError};
    use serde_json::{Value, json};

    fn object(value: Value) -> Input {
        match value {
            Value::Object(map) => map,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn integers_come_as_number_or_as_decimal_text() {
        let input =
            object(json!({"a": 7, "b": "18446744073709551615", "c": -1, "d": "+7", "e": 1.5, "f": "007"}));
        let members = Members::of(&input);
        assert_eq!(members.int::<u64>("a"), Ok(7));
        assert_eq!(members.int::<u64>("b"), Ok(u64::MAX));
        assert_eq!(members.int::<i64>("c"), Ok(-1));
        for (name, result) in [
            ("b", members.int::<i64>("b")),
            ("d", members.int("d")),
            ("e", members.int("e")),
        ] {
            assert_eq!(
                result.map_err(|e| e.code.into_owned()),
                Err(OpError::BAD_INPUT.to_owned()),
                "{name}"
            );
        }
        assert!(members.int::<u64>("c").is_err());
        assert!(members.int::<u64>("f").is_err());
    }

    #[test]
    fn null_is_absent_and_absence_is_refused_where_the_member_is_demanded() {
        let input = object(json!({"a": null}));
        let members = Members::of(&input);
        assert_eq!(members.octets_opt("a"), Ok(None));
        assert_eq!(members.text_opt("b"), Ok(None));
        assert!(members.octets("a").is_err());
        assert!(members.bool("b").is_err());
    }

    #[test]
    fn types_are_checked() {
        let input =
            object(json!({"t": "0aff", "n": 1, "l": ["00", "ff"], "o": {"x": true}, "m": [{"y": 1}]}));
        let members = Members::of(&input);
        assert_eq!(members.octets("t"), Ok(vec![0x0a, 0xff]));
        assert_eq!(members.octet_strings("l"), Ok(vec![vec![0], vec![255]]));
        assert_eq!(members.texts("l"), Ok(vec!["00", "ff"]));
        assert_eq!(members.object("o").and_then(|o| o.bool("x")), Ok(true));
        assert_eq!(members.objects("m").map(|all| all.len()), Ok(1));
        assert!(members.octets("n").is_err());
        assert!(members.text("n").is_err());
        assert!(members.list("t").is_err());
        assert!(members.ints::<u8>("l").is_err());
        assert!(members.objects("l").is_err());
        assert!(members.object("l").is_err());
    }
}
