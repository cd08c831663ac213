//! The manifest itself, once its signature is right (§A.2.2 steps 11 to 16).

use super::cbor::{Broken, Bytes, Item, Pairs, Value};
use super::error::{Fault, ManifestError, ManifestErrorKind};
use super::sequence::{Install, Parameters, invokes, validates};

/// Members of the manifest that the profile has.
const VERSION: i128 = 1;
const SEQUENCE_NUMBER: i128 = 2;
const COMMON: i128 = 3;
const REFERENCE_URI: i128 = 4;
const VALIDATE: i128 = 7;
const INVOKE: i128 = 9;
const INSTALL: i128 = 20;
const TEXT: i128 = 23;

const COMPONENTS: i128 = 2;
const SHARED_SEQUENCE: i128 = 4;

#[cold]
pub(super) const fn broken(fault: Fault, field: &'static str, at: usize) -> ManifestError {
    ManifestError::new(ManifestErrorKind::Manifest(fault), field, at)
}

#[cold]
pub(super) const fn unsupported(field: &'static str, at: usize) -> ManifestError {
    ManifestError::new(ManifestErrorKind::Unsupported, field, at)
}

pub(super) fn at(field: &'static str) -> impl Fn(Broken) -> ManifestError {
    move |found| broken(found.fault, field, found.at)
}

/// The name of the component: byte strings, in order.
#[derive(Debug, Clone)]
pub struct Component<'a>(super::cbor::Items<'a>);

impl<'a> Iterator for Component<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        match self.0.next()?.value {
            Value::Bytes(bytes) => Some(bytes.content),
            // The component was checked.
            _ => None,
        }
    }
}

/// What a manifest says, before it is held against the policy.
#[derive(Debug, Clone)]
pub(super) struct Content<'a> {
    pub(super) sequence: u64,
    pub(super) component: Component<'a>,
    pub(super) parameters: Parameters<'a>,
    pub(super) uri: Option<&'a str>,
    pub(super) invoke: bool,
}

/// Steps 11 to 13: the members, and the sequence number.
pub(super) struct Members<'a> {
    members: Pairs<'a>,
    common: Item<'a>,
    at: usize,
    pub(super) sequence: u64,
    pub(super) sequence_at: usize,
}

impl<'a> Members<'a> {
    pub(super) fn read(manifest: Bytes<'a>) -> Result<Self, ManifestError> {
        let Value::Map(members) = manifest.document().map_err(at("manifest"))?.value else {
            return Err(broken(Fault::Kind, "manifest", manifest.at));
        };
        let member = |key, field| {
            members
                .get(key)
                .ok_or_else(|| broken(Fault::Missing, field, manifest.at))
        };
        let version = member(VERSION, "version")?;
        let sequence = member(SEQUENCE_NUMBER, "sequence number")?;
        let common = member(COMMON, "common")?;
        if !matches!(version.value, Value::Integer(1)) {
            return Err(ManifestError::new(
                ManifestErrorKind::Version,
                "version",
                version.at,
            ));
        }
        let Value::Integer(number) = sequence.value else {
            return Err(broken(Fault::Kind, "sequence number", sequence.at));
        };
        let Ok(number) = u64::try_from(number) else {
            return Err(broken(Fault::Range, "sequence number", sequence.at));
        };
        for (key, _) in members {
            match key.value {
                Value::Integer(
                    VERSION | SEQUENCE_NUMBER | COMMON | REFERENCE_URI | VALIDATE | INVOKE | INSTALL | TEXT,
                ) => {}
                _ => return Err(unsupported("manifest", key.at)),
            }
        }
        Ok(Self {
            members,
            common,
            at: manifest.at,
            sequence: number,
            sequence_at: sequence.at,
        })
    }

    /// Steps 15 and 16.
    pub(super) fn content(self) -> Result<Content<'a>, ManifestError> {
        let Value::Bytes(common) = self.common.value else {
            return Err(broken(Fault::Kind, "common", self.common.at));
        };
        let (component, shared) = read_common(common)?;
        let parameters = Parameters::read(shared)?;
        if let Some(reference) = self.members.get(REFERENCE_URI)
            && !matches!(reference.value, Value::Text(_))
        {
            return Err(broken(Fault::Kind, "reference URI", reference.at));
        }
        let uri = match self.section(INSTALL, "install")? {
            Some(install) => Some(Install::read(install)?.uri),
            None => None,
        };
        let Some(validate) = self.section(VALIDATE, "validate")? else {
            return Err(unsupported("validate", self.at));
        };
        validates(validate)?;
        let invoke = self.section(INVOKE, "invoke")?;
        if let Some(invoke) = invoke {
            invokes(invoke)?;
        }
        self.check_text()?;
        Ok(Content {
            sequence: self.sequence,
            component,
            parameters,
            uri,
            invoke: invoke.is_some(),
        })
    }

    /// The commands of a section. One that was cut off, with its digest in its place, is outside the profile.
    fn section(&self, key: i128, field: &'static str) -> Result<Option<Bytes<'a>>, ManifestError> {
        let Some(section) = self.members.get(key) else {
            return Ok(None);
        };
        match section.value {
            Value::Bytes(bytes) => Ok(Some(bytes)),
            Value::Array(_) => Err(unsupported(field, section.at)),
            _ => Err(broken(Fault::Kind, field, section.at)),
        }
    }

    /// For people; what it says is not looked at.
    fn check_text(&self) -> Result<(), ManifestError> {
        match self.members.get(TEXT) {
            None => Ok(()),
            Some(text) => match text.value {
                Value::Bytes(_) | Value::Text(_) => Ok(()),
                Value::Array(_) => Err(unsupported("text", text.at)),
                _ => Err(broken(Fault::Kind, "text", text.at)),
            },
        }
    }
}

/// Step 15: the component and the shared sequence.
fn read_common(common: Bytes<'_>) -> Result<(Component<'_>, Bytes<'_>), ManifestError> {
    let Value::Map(members) = common.document().map_err(at("common"))?.value else {
        return Err(broken(Fault::Kind, "common", common.at));
    };
    let member = |key, field| {
        members
            .get(key)
            .ok_or_else(|| broken(Fault::Missing, field, common.at))
    };
    let components = member(COMPONENTS, "components")?;
    let shared = member(SHARED_SEQUENCE, "shared sequence")?;
    for (key, _) in members {
        if !matches!(key.value, Value::Integer(COMPONENTS | SHARED_SEQUENCE)) {
            return Err(unsupported("common", key.at));
        }
    }
    let Value::Array(all) = components.value else {
        return Err(broken(Fault::Kind, "components", components.at));
    };
    let Some([component]) = all.exactly() else {
        return Err(unsupported("components", components.at));
    };
    let Value::Array(parts) = component.value else {
        return Err(broken(Fault::Kind, "components", component.at));
    };
    if let Some(part) = parts.clone().find(|part| !matches!(part.value, Value::Bytes(_))) {
        return Err(broken(Fault::Kind, "components", part.at));
    }
    let Value::Bytes(shared) = shared.value else {
        return Err(broken(Fault::Kind, "shared sequence", shared.at));
    };
    Ok((Component(parts), shared))
}
