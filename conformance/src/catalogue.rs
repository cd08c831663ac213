//! The ops catalogue (§10) as data: which ops there are, what they take, and with which codes they refuse.

mod table;
mod unreached;

pub use table::OPS;
pub use unreached::UNREACHED;

use crate::hex;
use crate::op::MAX_NUMBER;
use serde_json::Value;

/// One op.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Op {
    /// Its name.
    pub name: &'static str,
    /// Its suite.
    pub suite: &'static str,
    /// The specification, and the section of it.
    pub spec: &'static str,
    /// How it is called.
    pub kind: Kind,
    /// Capability tag that a program has to offer.
    pub needs: Option<&'static str>,
    /// Member of the message by which its shape is known, if the op has messages of several shapes.
    pub shape: Option<&'static str>,
    /// Members of `in`: `name:type`, `name?:type` if optional, `type|type` if the shape decides.
    input: &'static str,
    /// Codes, separated by blanks.
    codes: &'static str,
}

/// How an op is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "protocol 1 has these three")]
pub enum Kind {
    /// Without a session.
    Stateless,
    /// It opens a session.
    Opens,
    /// It is a step of a session that this op opened.
    StepOf(&'static str),
}

/// A member of `in`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// Its name on the wire.
    pub name: &'static str,
    /// Whether it may be absent.
    pub optional: bool,
    /// Its type; several if the shape of the message decides.
    pub types: Vec<Type>,
}

/// Type of a member (§3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// Lower-case hexadecimal text; in files also `NAME-utf8`.
    Octets,
    /// Any text, words of an enumeration and decimals included.
    Text,
    /// JSON number, or decimal text beyond 2^53 − 1.
    Int,
    /// Boolean.
    Bool,
    /// List.
    List,
    /// Object.
    Object,
}

/// The op of this name.
#[must_use]
pub fn op(name: &str) -> Option<&'static Op> {
    OPS.iter().find(|op| op.name == name)
}

impl Op {
    /// The codes with which it refuses.
    pub fn codes(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.codes.split_ascii_whitespace()
    }

    /// The members that it takes.
    #[must_use]
    pub fn members(&self) -> Vec<Member> {
        self.input.split_ascii_whitespace().filter_map(member).collect()
    }
}

fn member(text: &'static str) -> Option<Member> {
    let (name, types) = text.split_once(':')?;
    let types = types.split('|').map(Type::named).collect::<Option<_>>()?;
    Some(match name.strip_suffix('?') {
        Some(name) => Member {
            name,
            optional: true,
            types,
        },
        None => Member {
            name,
            optional: false,
            types,
        },
    })
}

impl Type {
    fn named(word: &str) -> Option<Self> {
        Some(match word {
            "octets" => Self::Octets,
            "text" => Self::Text,
            "int" => Self::Int,
            "bool" => Self::Bool,
            "list" => Self::List,
            "object" => Self::Object,
            _ => return None,
        })
    }

    /// Whether a value is of this type.
    #[must_use]
    pub fn has(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Octets, Value::String(text)) => hex::decode(text).is_some(),
            (Self::Int, Value::Number(number)) => number.is_i64() || number.is_u64(),
            (Self::Int, Value::String(_)) => is_big(value),
            (Self::Text, Value::String(_))
            | (Self::Bool, Value::Bool(_))
            | (Self::List, Value::Array(_))
            | (Self::Object, Value::Object(_)) => true,
            _ => false,
        }
    }
}

/// Whether a value is an integer beyond 2^53 − 1 in decimal text.
pub(crate) fn is_big(value: &Value) -> bool {
    let big = |number: i128| number.unsigned_abs() > u128::from(MAX_NUMBER);
    value.is_string() && crate::op::integer(value).is_some_and(big)
}

#[cfg(test)]
mod tests {
    use super::{Kind, OPS, Type, UNREACHED, is_big, op};
    use crate::vector::SUITES;
    use serde_json::json;

    #[test]
    fn the_table_is_sound() {
        for entry in OPS {
            assert_eq!(
                entry.members().len(),
                entry.input.split_ascii_whitespace().count(),
                "{}",
                entry.name
            );
            assert!(SUITES.contains(&entry.suite), "{}", entry.name);
            assert_eq!(
                OPS.iter().filter(|other| other.name == entry.name).count(),
                1,
                "{}",
                entry.name
            );
            if let Kind::StepOf(opening) = entry.kind {
                assert_eq!(op(opening).map(|op| op.kind), Some(Kind::Opens), "{}", entry.name);
            }
        }
        for (name, code, why) in UNREACHED {
            assert!(
                op(name).is_some_and(|op| op.codes().any(|known| known == *code)),
                "{name} {code}"
            );
            assert!(!why.is_empty());
        }
    }

    #[test]
    fn types() {
        assert!(Type::Octets.has(&json!("00ff")) && !Type::Octets.has(&json!("0F")));
        assert!(Type::Int.has(&json!(1)) && Type::Int.has(&json!("9007199254740992")));
        assert!(!Type::Int.has(&json!("9007199254740991")) && !Type::Int.has(&json!(1.5)));
        assert!(is_big(&json!("-9007199254740992")) && !is_big(&json!(1)) && !is_big(&json!("x")));
    }
}
