//! `trust.manifest.verify`.

use device_trust::manifest::{self, Announced, ManifestError, ManifestKey, Policy};
use device_trust::{Ed25519Key, P256Key};
use serde_json::{Value, json};

use super::{array, refused_key};
use crate::op::{Input, Members, OpError, Outcome, int, octets};

pub(crate) fn verify(input: &Input) -> Outcome {
    let input = Members::of(input);
    let envelope = input.octets("envelope")?;
    let payload = input.octets_opt("payload")?;
    let keys = input.objects("keys")?;
    let keys: Vec<_> = keys.iter().map(key).collect::<Result<_, _>>()?;
    let policy = Policy::new(&keys, array(&input, "vendor")?, array(&input, "class")?)
        .with_stored_sequence(input.int("stored-sequence")?)
        .with_max_size(input.int("max-size")?);
    let announced = manifest::verify(&envelope, &policy, payload.as_deref()).map_err(refused)?;
    Ok(told(&announced))
}

fn key(input: &Members<'_>) -> Result<ManifestKey, OpError> {
    match input.text("type")? {
        "ed25519" => Ed25519Key::from_bytes(&array(input, "public")?).map(ManifestKey::Ed25519),
        "p256" => P256Key::from_sec1(&input.octets("public")?).map(ManifestKey::P256),
        _ => return Err(OpError::bad_input("type", "ed25519 or p256")),
    }
    .map_err(refused_key)
}

fn refused(error: ManifestError) -> OpError {
    OpError::new(error.kind.code())
        .at(error.offset)
        .because(error.to_string())
}

fn told(announced: &Announced<'_>) -> Value {
    json!({
        "sequence": int(announced.sequence),
        "component": announced.component().map(octets).collect::<Vec<_>>(),
        "vendor": octets(&announced.vendor),
        "class": octets(&announced.class),
        "sha256": octets(&announced.sha256),
        "size": int(announced.size),
        "uri": announced.uri,
        "invoke": announced.invoke,
        "key": announced.key,
        "alg": announced.alg,
    })
}
