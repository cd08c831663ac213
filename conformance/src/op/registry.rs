//! Which ops a program offers, and what answers them.

use super::{Input, OpError, Outcome};
use alloc::collections::BTreeMap;
use core::fmt;
use serde_json::{Value, json};

/// State between the steps of one case.
pub trait Session {
    /// Takes one step. A step that is refused leaves the session as it was. For an op that is no step of this session:
    /// [`OpError::foreign_step`].
    ///
    /// # Errors
    /// The refusal.
    fn step(&mut self, op: &str, input: &Input) -> Outcome;
}

/// A session that was opened, and the `ok` object of the opening op.
pub struct Opened {
    pub(crate) ok: Value,
    pub(crate) session: Box<dyn Session>,
}

impl Opened {
    /// A session; the `ok` object is empty.
    #[must_use]
    pub fn new(session: impl Session + 'static) -> Self {
        Self {
            ok: json!({}),
            session: Box::new(session),
        }
    }

    /// Sets the `ok` object.
    #[must_use]
    pub fn answering(mut self, ok: Value) -> Self {
        self.ok = ok;
        self
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("ok", &self.ok)
            .finish_non_exhaustive()
    }
}

type Stateless = Box<dyn Fn(&Input) -> Outcome>;
type Opening = Box<dyn Fn(&Input) -> Result<Opened, OpError>>;

pub(crate) enum Handler {
    Stateless(Stateless),
    Opens(Opening),
    Step,
}

/// The ops of one program. A name that is registered twice belongs to the later registration.
pub struct Registry {
    name: String,
    version: String,
    issues: Option<String>,
    features: Vec<String>,
    handlers: BTreeMap<String, Handler>,
}

impl Registry {
    /// An empty registry of the program with this name and version.
    #[must_use]
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            issues: None,
            features: Vec::new(),
            handlers: BTreeMap::new(),
        }
    }

    /// Registers a stateless op.
    #[must_use]
    pub fn stateless(mut self, op: &str, answer: impl Fn(&Input) -> Outcome + 'static) -> Self {
        self.handlers
            .insert(op.to_owned(), Handler::Stateless(Box::new(answer)));
        self
    }

    /// Registers an op that opens a session, and the ops that are its steps. Several sessions may share a step's name.
    #[must_use]
    pub fn session(
        mut self,
        op: &str,
        steps: &[&str],
        open: impl Fn(&Input) -> Result<Opened, OpError> + 'static,
    ) -> Self {
        self.handlers
            .insert(op.to_owned(), Handler::Opens(Box::new(open)));
        for step in steps {
            self.handlers.insert((*step).to_owned(), Handler::Step);
        }
        self
    }

    /// Offers a capability tag, for cases that have it in `needs`.
    #[must_use]
    pub fn feature(mut self, tag: impl Into<String>) -> Self {
        self.features.push(tag.into());
        self
    }

    /// Sets where faults of the program are reported.
    #[must_use]
    pub fn issues(mut self, url: impl Into<String>) -> Self {
        self.issues = Some(url.into());
        self
    }

    /// Names of all ops offered, ascending; those that open sessions and those that are steps included.
    pub fn ops(&self) -> impl Iterator<Item = &str> {
        self.handlers.keys().map(String::as_str)
    }

    /// What the program says of itself in the answer to hello.
    #[must_use]
    pub fn hello(&self) -> crate::protocol::Hello {
        crate::protocol::Hello {
            name: self.name.clone(),
            version: self.version.clone(),
            language: Some("rust".to_owned()),
            ops: self.handlers.keys().cloned().collect(),
            features: self.features.clone(),
            issues: self.issues.clone(),
        }
    }

    pub(crate) fn handler(&self, op: &str) -> Option<&Handler> {
        self.handlers.get(op)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("ops", &self.handlers.keys())
            .finish_non_exhaustive()
    }
}
