//! Vector files, format 1 (§2): groups of cases, as read from a directory or as built into this crate.
//!
//! Members `NAME-utf8` of files are converted on reading: a [`Case`] holds what is on the wire.

mod embedded;
mod load;
pub(crate) mod raw;
mod text;

pub use load::{VectorError, Vectors};
pub(crate) use load::{embedded_texts, group, texts_of_dir};
pub use text::canonical;

use alloc::collections::BTreeMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Version of the format of vector files.
pub const FORMAT: u64 = 1;

/// The suites in the order of reports. Others follow by name.
pub const SUITES: [&str; 7] = [
    "sigfox-radio",
    "sigfox-callback",
    "soap",
    "comet-json",
    "wifisensor-tcp",
    "device-trust",
    "replay-guard",
];

/// One file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Group {
    /// Name of the suite.
    pub suite: String,
    /// Name of the group.
    pub group: String,
    /// What the group is about.
    pub about: String,
    /// Name of the specification, without ending.
    pub doc: String,
    /// Revision of the specification.
    pub revision: String,
    /// Flags by name.
    pub flags: BTreeMap<String, Flag>,
    /// Cases with ascending ids, withdrawn ones included.
    pub cases: Vec<Case>,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
}

impl Group {
    /// `suite/group`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}", self.suite, self.group)
    }

    /// Classes of the flags of a case, each once, in the order of reports.
    #[must_use]
    pub fn classes(&self, case: &Case) -> Vec<Class> {
        let mut classes: Vec<_> = case
            .flags
            .iter()
            .filter_map(|flag| self.flags.get(flag))
            .map(|flag| flag.class)
            .collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }
}

/// What a flag means.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Flag {
    /// Its class.
    pub class: Class,
    /// What cases with this flag have in common.
    pub about: String,
    /// What goes wrong for a user if an implementation fails.
    pub effect: Option<String>,
}

/// Class of a flag, in the order of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(
    clippy::exhaustive_enums,
    reason = "the classes of format 1 are these; more would be format 2"
)]
pub enum Class {
    /// Ordinary values.
    Normal,
    /// Values at a limit.
    Edge,
    /// Input that breaks its grammar.
    Malformed,
    /// Checksums and codes.
    Integrity,
    /// Keys, tags, signatures, rights.
    Authentication,
    /// Repeated and old input.
    Replay,
    /// Limits of size, depth and number.
    Resource,
    /// Older versions.
    Legacy,
    /// Where the specification leaves a choice.
    Ambiguous,
}

/// How binding a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::exhaustive_enums, reason = "the levels of format 1 are these")]
pub enum Level {
    /// A misfit fails.
    #[default]
    Must,
    /// A misfit is non-strict.
    Should,
    /// A misfit is information.
    May,
}

/// One test.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Case {
    /// `suite/group/nnnn`.
    pub id: String,
    /// What the case is about.
    pub about: String,
    /// How binding it is.
    pub level: Level,
    /// Names of its flags.
    pub flags: Vec<String>,
    /// Sections of the specification.
    pub spec: Vec<String>,
    /// Capability tags that the program has to offer.
    pub needs: Vec<String>,
    /// Since when and why the case is not run.
    pub withdrawn: Option<String>,
    /// What is sent and expected.
    pub flow: Flow,
}

/// The requests of a case.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a case of format 1 is one of these two")]
pub enum Flow {
    /// One op.
    Stateless(Step),
    /// A session and its steps.
    Stateful {
        /// The op that opens the session.
        open: Step,
        /// Its steps.
        steps: Vec<Step>,
    },
}

/// One request and its expectation.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// Name of the op.
    pub op: String,
    /// The `in` object of the wire.
    pub input: Map<String, Value>,
    /// What is expected.
    pub expect: Expect,
}

/// An expectation.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "an expectation of format 1 is one of these two"
)]
pub enum Expect {
    /// One result.
    One(Demand),
    /// A choice that the specification leaves.
    OneOf(Vec<Alternative>),
}

/// One of several lawful results.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "an alternative of format 1 has these two parts"
)]
pub struct Alternative {
    /// The name of the choice, for reports.
    pub label: String,
    /// The result.
    pub demand: Demand,
}

/// A result that is demanded.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a demand of format 1 is one of these two")]
pub enum Demand {
    /// Members that have to fit.
    Ok(Map<String, Value>),
    /// A refusal.
    Err {
        /// The code of the specification, then tolerated ones.
        codes: Vec<String>,
        /// Members of the error object that have to fit.
        with: Map<String, Value>,
    },
}

impl Case {
    /// The op under which the case is reported: its only one, or the one that opens the session.
    #[must_use]
    pub fn op(&self) -> &str {
        match &self.flow {
            Flow::Stateless(step) | Flow::Stateful { open: step, .. } => &step.op,
        }
    }

    /// All its requests, the opening one first.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        let (first, rest) = match &self.flow {
            Flow::Stateless(step) => (step, [].as_slice()),
            Flow::Stateful { open, steps } => (open, steps.as_slice()),
        };
        core::iter::once(first).chain(rest)
    }
}

impl Expect {
    /// All demands, with the label of the alternative.
    pub fn demands(&self) -> impl Iterator<Item = (Option<&str>, &Demand)> {
        let (one, many) = match self {
            Self::One(demand) => (Some((None, demand)), [].as_slice()),
            Self::OneOf(alternatives) => (None, alternatives.as_slice()),
        };
        one.into_iter()
            .chain(many.iter().map(|a| (Some(a.label.as_str()), &a.demand)))
    }

    /// The expectation as in a file, but with the members of the wire.
    #[must_use]
    pub fn to_object(&self) -> Map<String, Value> {
        match self {
            Self::One(demand) => demand.to_object(),
            Self::OneOf(alternatives) => {
                let each = |alternative: &Alternative| {
                    let mut object = alternative.demand.to_object();
                    object.shift_insert(0, "label".to_owned(), alternative.label.as_str().into());
                    Value::Object(object)
                };
                Map::from_iter([("one-of".to_owned(), alternatives.iter().map(each).collect())])
            }
        }
    }
}

impl Demand {
    fn to_object(&self) -> Map<String, Value> {
        match self {
            Self::Ok(ok) => Map::from_iter([("ok".to_owned(), Value::Object(ok.clone()))]),
            Self::Err { codes, with } => {
                let mut object = Map::from_iter([("err".to_owned(), Value::from(codes.clone()))]);
                if !with.is_empty() {
                    object.insert("with".to_owned(), Value::Object(with.clone()));
                }
                object
            }
        }
    }
}

impl Class {
    /// Every class, in the order of reports.
    pub const ALL: [Self; 9] = [
        Self::Normal,
        Self::Edge,
        Self::Malformed,
        Self::Integrity,
        Self::Authentication,
        Self::Replay,
        Self::Resource,
        Self::Legacy,
        Self::Ambiguous,
    ];

    /// The word in files and reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Edge => "edge",
            Self::Malformed => "malformed",
            Self::Integrity => "integrity",
            Self::Authentication => "authentication",
            Self::Replay => "replay",
            Self::Resource => "resource",
            Self::Legacy => "legacy",
            Self::Ambiguous => "ambiguous",
        }
    }
}

impl Level {
    /// The word in files and reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::May => "may",
        }
    }
}
