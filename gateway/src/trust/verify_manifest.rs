//! `comet trust verify-manifest` (device-trust §A.2).

use std::path::{Path, PathBuf};

use clap::Args;
use device_trust::manifest::{Announced, ManifestErrorKind, Policy, verify};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{End, Found, files, hex, keys, parameters, print};
use crate::Failure;
use crate::input::Format;

/// What `comet trust verify-manifest` is told.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The envelope.
    envelope: PathBuf,
    /// Trusted Ed25519 or P-256 keys, SubjectPublicKeyInfo in PEM or DER. May be given for each.
    #[arg(long = "key", value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,
    /// Vendor of the device, a UUID.
    #[arg(long, value_parser = parameters::uuid)]
    vendor: [u8; 16],
    /// Class of the device, a UUID.
    #[arg(long, value_parser = parameters::uuid)]
    class: [u8; 16],
    /// Sequence number of the device: refuse manifests below it.
    #[arg(long, default_value_t = 0)]
    stored_sequence: u64,
    /// Octets of the payload at most.
    #[arg(long, default_value_t = parameters::MAX_SIZE)]
    max_size: u64,
    /// The payload, to be held against the manifest. It is read once, in pieces.
    #[arg(long, value_name = "FILE")]
    payload: Option<PathBuf>,
    /// How to print.
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}

pub(super) fn run(options: &Options) -> Result<(), End> {
    let keys = keys::of_manifests(&options.keys)?;
    let envelope = files::read(&options.envelope)?;
    let policy = Policy::new(&keys, options.vendor, options.class)
        .with_stored_sequence(options.stored_sequence)
        .with_max_size(options.max_size);
    let refusal = |code, error: &dyn core::fmt::Display, field: &'static str, at: usize| {
        let place: &Found = &[("field", field.into()), ("byte", at.into())];
        End::refused(code, error, place)
    };
    let announced = verify(&envelope, &policy, None)
        .map_err(|error| refusal(error.kind.code(), &error, error.field, error.offset))?;
    if let Some(payload) = &options.payload
        && !is_payload(payload, &announced)?
    {
        let kind = ManifestErrorKind::Payload;
        return Err(refusal(kind.code(), &kind, "payload", 0));
    }
    print(&found(&announced), options.format);
    Ok(())
}

/// The last step of the specification, on a payload that is never whole in memory.
fn is_payload(path: &Path, announced: &Announced<'_>) -> Result<bool, Failure> {
    let (mut hasher, mut len) = (Sha256::new(), 0_u64);
    // One more than announced is enough to see that it is another.
    files::pieces(path, announced.size.saturating_add(1), |piece| {
        hasher.update(piece);
        len = len.saturating_add(piece.len().try_into().unwrap_or(u64::MAX));
        true
    })?;
    Ok(announced.is_payload(len, &hasher.finalize().into()))
}

fn found(announced: &Announced<'_>) -> [(&'static str, Value); 10] {
    [
        ("sequence", announced.sequence.into()),
        ("component", announced.component().map(hex).collect()),
        ("vendor", hex(&announced.vendor).into()),
        ("class", hex(&announced.class).into()),
        ("sha256", hex(&announced.sha256).into()),
        ("size", announced.size.into()),
        ("uri", announced.uri.into()),
        ("invoke", announced.invoke.into()),
        ("key", announced.key.into()),
        ("alg", announced.alg.into()),
    ]
}
