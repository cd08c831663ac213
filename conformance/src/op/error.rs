//! A refusal by an op.

use alloc::borrow::Cow;
use serde_json::{Map, Value};

/// Refusal of an input: the error object of an answer (§4).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}")]
#[non_exhaustive]
pub struct OpError {
    /// Code of the ops catalogue.
    pub code: Cow<'static, str>,
    /// Octet of the input at which the fault lies, counted from 0.
    pub offset: Option<u64>,
    /// Members that the catalogue names for `with`.
    pub with: Vec<(String, Value)>,
    /// For people; never compared.
    pub message: Option<String>,
}

impl OpError {
    /// Code for a member of `in` that is missing or of the wrong type. No vector does that, so no expectation lists it.
    pub const BAD_INPUT: &'static str = "bad-input";
    /// Code for a request that the protocol does not allow, such as a step without a session.
    pub const BAD_REQUEST: &'static str = "bad-request";
    /// Code for a fault of the program itself.
    pub const INTERNAL: &'static str = "internal";

    /// A refusal with a code of the catalogue.
    #[must_use]
    pub fn new(code: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code: code.into(),
            offset: None,
            with: Vec::new(),
            message: None,
        }
    }

    /// Sets the octet at which the fault lies.
    #[must_use]
    pub fn at(mut self, offset: usize) -> Self {
        self.offset = u64::try_from(offset).ok();
        self
    }

    /// Adds a member for `with`. The names `code`, `offset` and `message` stay what they are.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.with.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the text for people.
    #[must_use]
    pub fn because(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// A member of `in` that is missing or of the wrong type.
    #[must_use]
    pub fn bad_input(name: &str, wanted: &str) -> Self {
        Self::new(Self::BAD_INPUT).because(format!("member `{name}`: {wanted} wanted"))
    }

    /// A step that the session it was sent to does not have.
    #[must_use]
    pub fn foreign_step(op: &str) -> Self {
        Self::new(Self::BAD_REQUEST).because(format!("`{op}` is no step of this session"))
    }

    /// The error object of the answer.
    #[must_use]
    pub fn to_object(&self) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("code".to_owned(), Value::from(self.code.as_ref()));
        if let Some(offset) = self.offset {
            object.insert("offset".to_owned(), Value::from(offset));
        }
        if let Some(message) = &self.message {
            object.insert("message".to_owned(), Value::from(message.as_str()));
        }
        for (name, value) in &self.with {
            object.entry(name.as_str()).or_insert_with(|| value.clone());
        }
        object
    }
}

#[cfg(test)]
mod tests {
    use super::OpError;
    use serde_json::{Value, json};

    #[test]
    fn members_for_with_stand_beside_the_code_and_cannot_replace_it() {
        let error = OpError::new("crc")
            .at(4)
            .with("status", 400)
            .with("code", "other")
            .because("why");
        assert_eq!(
            Value::Object(error.to_object()),
            json!({"code": "crc", "offset": 4, "message": "why", "status": 400})
        );
    }
}
