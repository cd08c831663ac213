//! Driver protocol 1 (§4): requests, answers and their lines.
//!
//! ```text
//! runner → shim  {"seq":2,"cmd":"run","op":"sigfox.crc8","in":{"data":"313233"}}
//! shim → runner  {"seq":2,"ok":{"crc":"…"}}   or   {"seq":2,"err":{"code":"…"}}   or   {"seq":2,"skip":"why"}
//! ```

use crate::op::Input;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Version of the protocol.
pub const PROTOCOL: u64 = 1;

/// Longest line that is taken in either direction, in octets. Longer ones are broken.
pub const MAX_LINE_LEN: usize = 4 * 1024 * 1024;

/// An op that cannot exist: a program that answers it with anything but `skip` cannot be told from one that refuses.
pub const IMPOSSIBLE_OP: &str = "conformance.no-such-op";

/// A request without its number.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the commands of protocol 1 are these; more would be protocol 2"
)]
pub enum Command {
    /// The first request.
    Hello {
        /// Version of the protocol that the runner speaks.
        protocol: u64,
        /// Version of the suite.
        suite: String,
    },
    /// A stateless op, or a step of a session.
    Run(Call),
    /// An op that opens the session that the call names.
    Open(Call),
    /// The end of a session.
    Close {
        /// Name of the session.
        session: String,
    },
    /// The last request; it has no answer.
    Bye,
}

/// An op and its input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Call {
    /// Name of the session: of a step, or to be opened.
    pub session: Option<String>,
    /// Name of the op.
    pub op: String,
    /// The `in` object.
    pub input: Input,
    /// Id of the case. Sent only when a person asked for it.
    pub case: Option<String>,
}

impl Call {
    /// A stateless call.
    #[must_use]
    pub fn new(op: impl Into<String>, input: Input) -> Self {
        Self {
            session: None,
            op: op.into(),
            input,
            case: None,
        }
    }

    /// The same call for a session.
    #[must_use]
    pub fn in_session(mut self, session: impl Into<String>) -> Self {
        self.session = Some(session.into());
        self
    }
}

/// What a program says of itself in the answer to hello.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Hello {
    /// Name of the program.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its language, for reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Every op offered.
    pub ops: Vec<String>,
    /// Capability tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// Where faults of the program are reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issues: Option<String>,
}

/// An answer to anything but hello.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "an answer has exactly one of these three")]
pub enum Answer {
    /// The op gave a result.
    Ok(Map<String, Value>),
    /// The op refused; the error object, whose `code` is a text.
    Err(Map<String, Value>),
    /// The op is not offered, with the reason.
    Skip(String),
}

/// Why a line is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The line is no JSON object.
    #[error("broken JSON: {0}")]
    Json(String),
    /// `seq` is missing or not the number of the request.
    #[error("wrong seq: {expected} expected, {found} found")]
    Seq {
        /// Number of the request.
        expected: u64,
        /// What the answer has, as text.
        found: String,
    },
    /// Not exactly one of `ok`, `err`, `skip`.
    #[error("an answer has exactly one of ok, err, skip; this one has {0}")]
    Kinds(usize),
    /// `ok` or `err` is no object, `err` is without a code, `skip` is no text.
    #[error("member `{member}`: {wanted} wanted")]
    Member {
        /// The member.
        member: &'static str,
        /// What it has to be.
        wanted: &'static str,
    },
    /// The program speaks another protocol.
    #[error("protocol {PROTOCOL} wanted, {0} offered")]
    Protocol(String),
}

impl Command {
    /// The request with its number as one line, without the line end.
    #[must_use]
    pub fn to_line(&self, seq: u64) -> String {
        Value::Object(self.to_object(Some(seq))).to_string()
    }

    /// The request as an object, without its number if there is none.
    #[must_use]
    pub fn to_object(&self, seq: Option<u64>) -> Map<String, Value> {
        let mut line = Map::new();
        let mut put = |name: &str, value: Value| line.insert(name.into(), value);
        if let Some(seq) = seq {
            put("seq", seq.into());
        }
        match self {
            Self::Hello { protocol, suite } => {
                put("cmd", "hello".into());
                put("protocol", (*protocol).into());
                put("suite", suite.as_str().into());
            }
            Self::Run(call) | Self::Open(call) => {
                put(
                    "cmd",
                    if matches!(self, Self::Open(_)) {
                        "open"
                    } else {
                        "run"
                    }
                    .into(),
                );
                if let Some(session) = &call.session {
                    put("session", session.as_str().into());
                }
                put("op", call.op.as_str().into());
                put("in", Value::Object(call.input.clone()));
                if let Some(case) = &call.case {
                    put("case", case.as_str().into());
                }
            }
            Self::Close { session } => {
                put("cmd", "close".into());
                put("session", session.as_str().into());
            }
            Self::Bye => {
                put("cmd", "bye".into());
            }
        }
        line
    }

    /// Reads a request. `None` for what is no request of protocol 1; its `seq` may still be readable.
    #[must_use]
    pub fn from_object(line: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| line.get(name)?.as_str().map(str::to_owned);
        match line.get("cmd")?.as_str()? {
            "hello" => Some(Self::Hello {
                protocol: line.get("protocol")?.as_u64()?,
                suite: text("suite")?,
            }),
            "run" => Some(Self::Run(call(line)?)),
            "open" => {
                let call = call(line)?;
                call.session.is_some().then_some(Self::Open(call))
            }
            "close" => Some(Self::Close {
                session: text("session")?,
            }),
            "bye" => Some(Self::Bye),
            _ => None,
        }
    }
}

fn call(line: &Map<String, Value>) -> Option<Call> {
    let optional = |name: &str| match line.get(name) {
        None => Some(None),
        Some(value) => value.as_str().map(|text| Some(text.to_owned())),
    };
    Some(Call {
        session: optional("session")?,
        op: line.get("op")?.as_str()?.to_owned(),
        input: line.get("in")?.as_object()?.clone(),
        case: optional("case")?,
    })
}

impl Hello {
    /// The answer to hello as one line, without the line end.
    #[must_use]
    pub fn to_line(&self, seq: u64) -> String {
        let mut line = Map::new();
        line.insert("seq".into(), seq.into());
        line.insert("protocol".into(), PROTOCOL.into());
        if let Ok(Value::Object(members)) = serde_json::to_value(self) {
            line.extend(members);
        }
        Value::Object(line).to_string()
    }

    /// Reads the answer to hello.
    ///
    /// # Errors
    /// [`AnswerError`] for anything that is not the answer to request `seq`.
    pub fn from_line(line: &[u8], seq: u64) -> Result<Self, AnswerError> {
        let object = object(line, seq)?;
        match object.get("protocol") {
            Some(protocol) if protocol.as_u64() == Some(PROTOCOL) => {}
            other => return Err(AnswerError::Protocol(crate::printable::short(other))),
        }
        let hello: Self = serde_json::from_value(Value::Object(object))
            .map_err(|error| AnswerError::Json(error.to_string()))?;
        for (member, text) in [("name", &hello.name), ("version", &hello.version)] {
            if text.is_empty() {
                return Err(AnswerError::Member {
                    member,
                    wanted: "text that is not empty",
                });
            }
        }
        Ok(hello)
    }
}

impl Answer {
    /// The answer as one line, without the line end.
    #[must_use]
    pub fn to_line(&self, seq: u64) -> String {
        let mut line = self.to_object();
        line.shift_insert(0, "seq".into(), seq.into());
        Value::Object(line).to_string()
    }

    /// The answer without its number.
    #[must_use]
    pub fn to_object(&self) -> Map<String, Value> {
        let (name, value) = match self {
            Self::Ok(ok) => ("ok", Value::Object(ok.clone())),
            Self::Err(error) => ("err", Value::Object(error.clone())),
            Self::Skip(why) => ("skip", Value::String(why.clone())),
        };
        Map::from_iter([(name.to_owned(), value)])
    }

    /// Reads an answer. Members beside those of the protocol are passed over.
    ///
    /// # Errors
    /// [`AnswerError`] for anything that is not an answer to request `seq`.
    pub fn from_line(line: &[u8], seq: u64) -> Result<Self, AnswerError> {
        let mut object = object(line, seq)?;
        let (ok, err, skip) = (object.remove("ok"), object.remove("err"), object.remove("skip"));
        match (ok, err, skip) {
            (Some(Value::Object(ok)), None, None) => Ok(Self::Ok(ok)),
            (None, Some(Value::Object(error)), None) => match error.get("code") {
                Some(Value::String(code)) if !code.is_empty() => Ok(Self::Err(error)),
                _ => Err(AnswerError::Member {
                    member: "code",
                    wanted: "text that is not empty",
                }),
            },
            (None, None, Some(Value::String(why))) => Ok(Self::Skip(why)),
            (Some(_), None, None) => Err(AnswerError::Member {
                member: "ok",
                wanted: "object",
            }),
            (None, Some(_), None) => Err(AnswerError::Member {
                member: "err",
                wanted: "object",
            }),
            (None, None, Some(_)) => Err(AnswerError::Member {
                member: "skip",
                wanted: "text",
            }),
            (ok, err, skip) => Err(AnswerError::Kinds([ok, err, skip].iter().flatten().count())),
        }
    }
}

fn object(line: &[u8], seq: u64) -> Result<Map<String, Value>, AnswerError> {
    let object: Map<String, Value> =
        serde_json::from_slice(line).map_err(|error| AnswerError::Json(error.to_string()))?;
    match object.get("seq") {
        Some(found) if found.as_u64() == Some(seq) => Ok(object),
        other => Err(AnswerError::Seq {
            expected: seq,
            found: crate::printable::short(other),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, AnswerError, Call, Command, Hello};
    use serde_json::{Map, Value, json};

    fn commands() -> Vec<Command> {
        let call = Call::new("a.b", Map::from_iter([("x".to_owned(), json!(1))]));
        vec![
            Command::Hello {
                protocol: 1,
                suite: "1.0.0".into(),
            },
            Command::Run(call.clone()),
            Command::Run(call.clone().in_session("s1")),
            Command::Open(Call {
                case: Some("s/g/0001".into()),
                ..call.in_session("s1")
            }),
            Command::Close { session: "s1".into() },
            Command::Bye,
        ]
    }

    #[test]
    fn requests_survive_their_line_and_fit_the_schema() {
        let schema = serde_json::from_str(include_str!("../vectors/schema/driver-1.json")).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for command in commands() {
            let line: Value = serde_json::from_str(&command.to_line(3)).unwrap();
            assert!(validator.is_valid(&line), "{line}");
            assert_eq!(Command::from_object(line.as_object().unwrap()), Some(command));
        }
        let hello = Hello {
            name: "a".into(),
            version: "1".into(),
            ..Hello::default()
        };
        let refusal = Answer::Err(Map::from_iter([("code".to_owned(), json!("crc"))]));
        for line in [
            hello.to_line(1),
            refusal.to_line(2),
            Answer::Skip("no".into()).to_line(3),
        ] {
            assert!(
                validator.is_valid(&serde_json::from_str(&line).unwrap()),
                "{line}"
            );
        }
        assert_eq!(Hello::from_line(hello.to_line(1).as_bytes(), 1), Ok(hello));
    }

    #[test]
    fn an_answer_has_exactly_one_of_three() {
        let read = |text: &str| Answer::from_line(text.as_bytes(), 2);
        assert_eq!(read(r#"{"seq":2,"ok":{}}"#), Ok(Answer::Ok(Map::new())));
        assert_eq!(
            read(r#"{"seq":2,"skip":"no","extra":1}"#),
            Ok(Answer::Skip("no".into()))
        );
        assert_eq!(read(r#"{"seq":2}"#), Err(AnswerError::Kinds(0)));
        assert_eq!(
            read(r#"{"seq":2,"ok":{},"err":{"code":"a"}}"#),
            Err(AnswerError::Kinds(2))
        );
        assert!(matches!(
            read(r#"{"seq":2,"ok":[]}"#),
            Err(AnswerError::Member { member: "ok", .. })
        ));
        assert!(matches!(
            read(r#"{"seq":2,"err":{}}"#),
            Err(AnswerError::Member { member: "code", .. })
        ));
        assert!(matches!(
            read(r#"{"seq":2,"skip":1}"#),
            Err(AnswerError::Member { member: "skip", .. })
        ));
    }

    #[test]
    fn the_number_and_the_json_are_demanded() {
        assert!(matches!(
            Answer::from_line(br#"{"seq":3,"ok":{}}"#, 2),
            Err(AnswerError::Seq { .. })
        ));
        assert!(matches!(
            Answer::from_line(br#"{"ok":{}}"#, 2),
            Err(AnswerError::Seq { .. })
        ));
        assert!(matches!(Answer::from_line(b"[]", 2), Err(AnswerError::Json(_))));
        assert!(matches!(Answer::from_line(b"", 2), Err(AnswerError::Json(_))));
        let deep = [b"{\"seq\":2,\"ok\":".as_slice(), &b"[".repeat(100_000)].concat();
        assert!(matches!(Answer::from_line(&deep, 2), Err(AnswerError::Json(_))));
    }

    #[test]
    fn hello_names_the_protocol_and_the_program() {
        let read = |value: Value| Hello::from_line(value.to_string().as_bytes(), 1);
        assert!(read(json!({"seq": 1, "protocol": 1, "name": "a", "version": "1", "ops": []})).is_ok());
        assert!(matches!(
            read(json!({"seq": 1, "protocol": 2, "name": "a", "version": "1", "ops": []})),
            Err(AnswerError::Protocol(_))
        ));
        assert!(read(json!({"seq": 1, "protocol": 1, "name": "a", "version": "1"})).is_err());
        assert!(read(json!({"seq": 1, "protocol": 1, "name": "", "version": "1", "ops": []})).is_err());
    }
}
