//! Verification of a manifest.

use sha2::{Digest as _, Sha256};

use super::content::{Component, Members};
use super::envelope;
use super::error::{ManifestError, ManifestErrorKind};
use super::policy::Policy;

/// What a verified manifest announces (§A.2.2). There is no other way to one than [`verify`](verify()).
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Announced<'a> {
    /// Sequence number, to be stored when the update is confirmed.
    pub sequence: u64,
    /// Vendor of the devices.
    pub vendor: [u8; 16],
    /// Class of the devices.
    pub class: [u8; 16],
    /// SHA-256 of the payload.
    pub sha256: [u8; 32],
    /// Length of the payload in bytes.
    pub size: u64,
    /// Where to fetch the payload; `None` if it is already there.
    pub uri: Option<&'a str>,
    /// Whether the component is started.
    pub invoke: bool,
    /// Index of the trusted key that signed.
    pub key: usize,
    /// COSE number of the algorithm, as in the signature block.
    pub alg: i64,
    #[cfg_attr(feature = "serde", serde(skip))]
    component: Component<'a>,
}

impl<'a> Announced<'a> {
    /// The name of the component.
    #[must_use]
    pub fn component(&self) -> Component<'a> {
        self.component.clone()
    }

    /// Whether bytes of this length and hash are the announced payload (step 19): for payloads that are hashed as they come.
    #[must_use]
    pub fn is_payload(&self, len: u64, sha256: &[u8; 32]) -> bool {
        self.size == len && self.sha256 == *sha256
    }
}

/// Verifies a manifest, and the payload if there is one already (§A.2.2).
///
/// Nothing of the manifest is looked at before its signature is right.
///
/// # Errors
/// The first step that fails, in the order of the specification.
pub fn verify<'a>(
    envelope: &'a [u8],
    policy: &Policy<'_>,
    payload: Option<&[u8]>,
) -> Result<Announced<'a>, ManifestError> {
    let signed = envelope::open(envelope, policy.keys)?;
    let refused = |kind, field, at| Err(ManifestError::new(kind, field, at));
    let members = Members::read(signed.manifest)?;
    if members.sequence < policy.stored_sequence {
        let kind = ManifestErrorKind::Rollback {
            found: members.sequence,
            stored: policy.stored_sequence,
        };
        return refused(kind, "sequence number", members.sequence_at);
    }
    let content = members.content()?;
    let found = content.parameters;
    if *found.vendor != policy.vendor {
        return refused(ManifestErrorKind::Vendor, "vendor", found.at);
    }
    if *found.class != policy.class {
        return refused(ManifestErrorKind::Class, "class", found.at);
    }
    if found.size > policy.max_size {
        return refused(ManifestErrorKind::Size(found.size), "image size", found.at);
    }
    let announced = Announced {
        sequence: content.sequence,
        vendor: *found.vendor,
        class: *found.class,
        sha256: *found.sha256,
        size: found.size,
        uri: content.uri,
        invoke: content.invoke,
        key: signed.key,
        alg: signed.alg,
        component: content.component,
    };
    if let Some(payload) = payload {
        let len = payload.len().try_into().unwrap_or(u64::MAX);
        // The length first: a payload of another length is not hashed.
        if len != announced.size || !announced.is_payload(len, &Sha256::digest(payload).into()) {
            return refused(ManifestErrorKind::Payload, "payload", 0);
        }
    }
    Ok(announced)
}
