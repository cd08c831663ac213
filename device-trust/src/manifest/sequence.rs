//! Command sequences: pairs of a command and its argument (§A.2.2 step 16).

use super::cbor::{Bytes, Item, Items, Pairs, Value};
use super::content::{at, broken, unsupported};
use super::envelope::SHA_256;
use super::error::{Fault, ManifestError, ManifestErrorKind};

const CONDITION_VENDOR: i128 = 1;
const CONDITION_CLASS: i128 = 2;
const CONDITION_IMAGE_MATCH: i128 = 3;
const OVERRIDE_PARAMETERS: i128 = 20;
const FETCH: i128 = 21;
const INVOKE: i128 = 23;

const PARAMETER_VENDOR: i128 = 1;
const PARAMETER_CLASS: i128 = 2;
const PARAMETER_DIGEST: i128 = 3;
const PARAMETER_SIZE: i128 = 14;
const PARAMETER_URI: i128 = 21;

/// Highest reporting policy: four bits.
const MAX_POLICY: i128 = 15;

/// The commands of a section, in order.
struct Commands<'a> {
    items: Items<'a>,
    field: &'static str,
}

impl<'a> Commands<'a> {
    fn read(section: Bytes<'a>, field: &'static str) -> Result<Self, ManifestError> {
        let Value::Array(items) = section.document().map_err(at(field))?.value else {
            return Err(broken(Fault::Kind, field, section.at));
        };
        if items.len() % 2 != 0 {
            return Err(broken(Fault::Missing, field, section.at));
        }
        Ok(Self { items, field })
    }
}

impl<'a> Iterator for Commands<'a> {
    type Item = Result<(i128, Item<'a>, usize), ManifestError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (command, argument) = (self.items.next()?, self.items.next()?);
        Some(match command.value {
            Value::Integer(number) => Ok((number, argument, command.at)),
            _ => Err(broken(Fault::Kind, self.field, command.at)),
        })
    }
}

/// The reporting policy of a command: which outcomes are reported. It has to be one; nothing is done with it.
fn check_policy(argument: &Item<'_>, field: &'static str) -> Result<(), ManifestError> {
    match argument.value {
        Value::Integer(0..=MAX_POLICY) => Ok(()),
        Value::Integer(_) => Err(broken(Fault::Range, field, argument.at)),
        _ => Err(broken(Fault::Kind, field, argument.at)),
    }
}

/// A command that comes once.
fn once(done: &mut bool, field: &'static str, at: usize) -> Result<(), ManifestError> {
    if core::mem::replace(done, true) {
        return Err(unsupported(field, at));
    }
    Ok(())
}

/// A parameter that is set once.
fn set<T>(place: &mut Option<T>, value: T, field: &'static str, at: usize) -> Result<(), ManifestError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(unsupported(field, at)),
    }
}

fn parameters<'a>(argument: &Item<'a>, field: &'static str) -> Result<Pairs<'a>, ManifestError> {
    match argument.value {
        Value::Map(pairs) => Ok(pairs),
        _ => Err(broken(Fault::Kind, field, argument.at)),
    }
}

fn bytes_of<'a, const N: usize>(item: &Item<'a>, field: &'static str) -> Result<&'a [u8; N], ManifestError> {
    let Value::Bytes(bytes) = item.value else {
        return Err(broken(Fault::Kind, field, item.at));
    };
    bytes
        .content
        .try_into()
        .map_err(|_| broken(Fault::Range, field, item.at))
}

/// `bstr [ -16, sha256 ]`.
fn digest<'a>(item: &Item<'a>) -> Result<&'a [u8; 32], ManifestError> {
    const FIELD: &str = "image digest";
    let Value::Bytes(bytes) = item.value else {
        return Err(broken(Fault::Kind, FIELD, item.at));
    };
    let Value::Array(parts) = bytes.document().map_err(at(FIELD))?.value else {
        return Err(broken(Fault::Kind, FIELD, bytes.at));
    };
    let Some([alg, hash]) = parts.exactly() else {
        return Err(broken(Fault::Kind, FIELD, bytes.at));
    };
    match alg.value {
        Value::Integer(SHA_256) => bytes_of(&hash, FIELD),
        Value::Integer(_) => Err(ManifestError::new(ManifestErrorKind::Algorithm, FIELD, alg.at)),
        _ => Err(broken(Fault::Kind, FIELD, alg.at)),
    }
}

/// What the shared sequence says of device and image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameters<'a> {
    pub(super) vendor: &'a [u8; 16],
    pub(super) class: &'a [u8; 16],
    pub(super) sha256: &'a [u8; 32],
    pub(super) size: u64,
    pub(super) at: usize,
}

impl<'a> Parameters<'a> {
    pub(super) fn read(shared: Bytes<'a>) -> Result<Self, ManifestError> {
        const FIELD: &str = "shared sequence";
        let (mut vendor, mut class, mut sha256, mut size) = (None, None, None, None);
        let (mut vendor_asked, mut class_asked) = (false, false);
        for command in Commands::read(shared, FIELD)? {
            let (command, argument, at) = command?;
            match command {
                OVERRIDE_PARAMETERS => {
                    for (key, item) in parameters(&argument, FIELD)? {
                        let Value::Integer(number) = key.value else {
                            return Err(unsupported(FIELD, key.at));
                        };
                        match number {
                            PARAMETER_VENDOR => {
                                set(&mut vendor, bytes_of(&item, "vendor")?, "vendor", key.at)?;
                            }
                            PARAMETER_CLASS => set(&mut class, bytes_of(&item, "class")?, "class", key.at)?,
                            PARAMETER_DIGEST => set(&mut sha256, digest(&item)?, "image digest", key.at)?,
                            PARAMETER_SIZE => set(&mut size, unsigned(&item)?, "image size", key.at)?,
                            _ => return Err(unsupported(FIELD, key.at)),
                        }
                    }
                }
                CONDITION_VENDOR | CONDITION_CLASS => {
                    check_policy(&argument, FIELD)?;
                    let (known, asked) = match command {
                        CONDITION_VENDOR => (vendor.is_some(), &mut vendor_asked),
                        _ => (class.is_some(), &mut class_asked),
                    };
                    if !known {
                        return Err(broken(Fault::Order, FIELD, at));
                    }
                    once(asked, FIELD, at)?;
                }
                _ => return Err(unsupported(FIELD, at)),
            }
        }
        let at = shared.at;
        match (vendor, class, sha256, size) {
            (Some(vendor), Some(class), Some(sha256), Some(size)) if vendor_asked && class_asked => {
                Ok(Self {
                    vendor,
                    class,
                    sha256,
                    size,
                    at,
                })
            }
            _ => Err(unsupported(FIELD, at)),
        }
    }
}

fn unsigned(item: &Item<'_>) -> Result<u64, ManifestError> {
    const FIELD: &str = "image size";
    let Value::Integer(number) = item.value else {
        return Err(broken(Fault::Kind, FIELD, item.at));
    };
    u64::try_from(number).map_err(|_| broken(Fault::Range, FIELD, item.at))
}

/// The install section: fetch from the URI, then image match.
#[derive(Debug, Clone, Copy)]
pub(super) struct Install<'a> {
    pub(super) uri: &'a str,
}

impl<'a> Install<'a> {
    pub(super) fn read(section: Bytes<'a>) -> Result<Self, ManifestError> {
        const FIELD: &str = "install";
        let mut uri = None;
        let (mut fetched, mut matched) = (false, false);
        for command in Commands::read(section, FIELD)? {
            let (command, argument, at) = command?;
            match command {
                OVERRIDE_PARAMETERS => {
                    for (key, item) in parameters(&argument, FIELD)? {
                        match (key.value, item.value) {
                            (Value::Integer(PARAMETER_URI), Value::Text(text)) => {
                                set(&mut uri, text, "URI", key.at)?;
                            }
                            (Value::Integer(PARAMETER_URI), _) => {
                                return Err(broken(Fault::Kind, "URI", item.at));
                            }
                            _ => return Err(unsupported(FIELD, key.at)),
                        }
                    }
                }
                FETCH => {
                    check_policy(&argument, FIELD)?;
                    if uri.is_none() {
                        return Err(broken(Fault::Order, FIELD, at));
                    }
                    once(&mut fetched, FIELD, at)?;
                }
                CONDITION_IMAGE_MATCH => {
                    check_policy(&argument, FIELD)?;
                    if !fetched {
                        // What was there before is matched, not what is fetched.
                        return Err(unsupported(FIELD, at));
                    }
                    once(&mut matched, FIELD, at)?;
                }
                _ => return Err(unsupported(FIELD, at)),
            }
        }
        match uri {
            Some(uri) if matched => Ok(Self { uri }),
            _ => Err(unsupported(FIELD, section.at)),
        }
    }
}

/// The validate section: image match.
pub(super) fn validates(section: Bytes<'_>) -> Result<(), ManifestError> {
    single(section, CONDITION_IMAGE_MATCH, "validate")
}

/// The invoke section: invoke.
pub(super) fn invokes(section: Bytes<'_>) -> Result<(), ManifestError> {
    single(section, INVOKE, "invoke")
}

/// A section of one command with a reporting policy.
fn single(section: Bytes<'_>, wanted: i128, field: &'static str) -> Result<(), ManifestError> {
    let mut done = false;
    for command in Commands::read(section, field)? {
        let (command, argument, at) = command?;
        if command != wanted {
            return Err(unsupported(field, at));
        }
        check_policy(&argument, field)?;
        once(&mut done, field, at)?;
    }
    if done {
        Ok(())
    } else {
        Err(unsupported(field, section.at))
    }
}
