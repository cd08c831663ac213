//! `trust.image.verify`, whole and as a stream: both have to answer alike.

use device_trust::Ed25519Key;
use device_trust::image::{self, ImageError, MAX_TLV_LEN, Mode, Policy, Stream, Verified, Version};
use serde_json::{Value, json};

use super::{array_opt, refused_key};
use crate::op::{Input, Members, OpError, Outcome, octets};

/// A length that is no divisor of anything in an image.
const CHUNK: usize = 61;

pub(crate) fn verify(input: &Input) -> Outcome {
    let input = Members::of(input);
    let image = input.octets("image")?;
    let keys = input.octet_strings("keys")?;
    let keys: Vec<_> = keys.iter().map(|spki| Ed25519Key::from_spki(spki)).collect();
    let keys: Vec<_> = keys.into_iter().collect::<Result<_, _>>().map_err(refused_key)?;
    let mode = match input.text("mode")? {
        "file" => Mode::File,
        "slot" => Mode::Slot,
        _ => return Err(OpError::bad_input("mode", "file or slot")),
    };
    let mut policy = Policy::new(&keys, input.int("max-size")?, mode);
    if let Some(counter) = input.int_opt("stored-counter")? {
        policy = policy.with_stored_counter(counter);
    }
    if input.list_opt("min-version")?.is_some() {
        policy = policy.with_min_version(min_version(&input)?);
    }
    if let Some(vendor) = array_opt(&input, "vendor")? {
        policy = policy.with_vendor(vendor);
    }
    if let Some(class) = array_opt(&input, "class")? {
        policy = policy.with_class(class);
    }
    let whole = image::verify(&image, &policy).map(|verified| told(&verified));
    let mut memory = vec![0; MAX_TLV_LEN];
    let streamed = stream(&image, &policy, &mut memory);
    if whole != streamed {
        return Err(OpError::new(OpError::INTERNAL).because("the stream answers otherwise"));
    }
    whole.map_err(refused)
}

fn stream(image: &[u8], policy: &Policy<'_>, memory: &mut [u8]) -> Result<Value, ImageError> {
    let mut stream = Stream::new(policy, memory);
    for chunk in image.chunks(CHUNK) {
        stream.push(chunk)?;
    }
    stream.finish().map(|verified| told(&verified))
}

fn min_version(input: &Members<'_>) -> Result<Version, OpError> {
    let numbers: Vec<u16> = input.ints("min-version")?;
    let version = match *numbers.as_slice() {
        [major, minor, revision] => u8::try_from(major)
            .ok()
            .zip(u8::try_from(minor).ok())
            .map(|(major, minor)| Version::new(major, minor, revision)),
        _ => None,
    };
    version.ok_or_else(|| OpError::bad_input("min-version", "major, minor, revision"))
}

fn refused(error: ImageError) -> OpError {
    let refused = OpError::new(error.kind.code()).because(error.to_string());
    match usize::try_from(error.offset) {
        Ok(offset) => refused.at(offset),
        Err(_) => refused,
    }
}

fn version(version: Version) -> Value {
    json!({
        "major": version.major,
        "minor": version.minor,
        "revision": version.revision,
        "build": version.build,
    })
}

fn told(image: &Verified<'_>) -> Value {
    let dependencies: Vec<_> = image
        .dependencies()
        .map(|other| json!({"image": other.image, "version": version(other.version)}))
        .collect();
    json!({
        "version": version(image.version),
        "load-addr": image.load_addr,
        "header-size": image.header_size,
        "image-size": image.image_size,
        "flags": image.flags,
        "total-size": image.total_size,
        "security-counter": image.security_counter,
        "sha256": octets(&image.sha256),
        "key": image.key,
        "dependencies": dependencies,
        "vendor": image.vendor.map(|id| octets(&id)),
        "class": image.class.map(|id| octets(&id)),
    })
}
