//! The envelope and its signatures (§A.2.1, §A.2.2 steps 1 to 10).

use sha2::{Digest as _, Sha256};

use super::cbor::{self, Broken, Bytes, Item, Items, NULL, Value};
use super::error::{Fault, ManifestError, ManifestErrorKind};
use super::policy::ManifestKey;

/// Longest envelope (§A.2.2 step 1).
pub const MAX_ENVELOPE_LEN: usize = 8192;

/// Most signature blocks of an envelope (§A.2.2 step 3). Each is tried under every trusted key of its algorithm.
pub const MAX_BLOCKS: usize = 4;

const TAG_ENVELOPE: u64 = 107;
const TAG_SIGN1: u64 = 18;

/// COSE: SHA-256 (RFC 9054).
pub(super) const SHA_256: i128 = -16;

const LABEL_ALG: i128 = 1;
const LABEL_CRIT: i128 = 2;
const LABEL_KID: i128 = 4;

#[cold]
pub(super) const fn broken(fault: Fault, field: &'static str, at: usize) -> ManifestError {
    ManifestError::new(ManifestErrorKind::Envelope(fault), field, at)
}

fn at(field: &'static str) -> impl Fn(Broken) -> ManifestError {
    move |found| broken(found.fault, field, found.at)
}

/// A manifest whose signature is right, not yet looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signed<'a> {
    pub(super) manifest: Bytes<'a>,
    pub(super) key: usize,
    pub(super) alg: i64,
}

/// Steps 1 to 10.
pub(super) fn open<'a>(envelope: &'a [u8], keys: &[ManifestKey]) -> Result<Signed<'a>, ManifestError> {
    if envelope.len() > MAX_ENVELOPE_LEN {
        return Err(broken(Fault::TooLong, "envelope", MAX_ENVELOPE_LEN));
    }
    let document = cbor::document(envelope, 0).map_err(at("envelope"))?;
    let Value::Tag(TAG_ENVELOPE, content) = document.value else {
        return Err(broken(Fault::Kind, "envelope", 0));
    };
    let Some(
        [
            Item {
                value: Value::Map(mut members),
                at: map_at,
                ..
            },
        ],
    ) = content.exactly()
    else {
        return Err(broken(Fault::Kind, "envelope", 2));
    };
    let mut member = |key: i128, field| match members.next() {
        Some((
            Item {
                value: Value::Integer(found),
                ..
            },
            item,
        )) if found == key => match item.value {
            Value::Bytes(bytes) => Ok((bytes, item.raw)),
            _ => Err(broken(Fault::Kind, field, item.at)),
        },
        Some((_, item)) => Err(broken(Fault::Missing, field, item.at)),
        None => Err(broken(Fault::Missing, field, map_at)),
    };
    let (wrapper, _) = member(2, "authentication wrapper")?;
    let (manifest, manifest_raw) = member(3, "manifest")?;
    if let Some((key, _)) = members.next() {
        return Err(ManifestError::new(
            ManifestErrorKind::Unsupported,
            "envelope",
            key.at,
        ));
    }
    let wrapper = Wrapper::read(wrapper)?;
    wrapper.check_digest(manifest_raw)?;
    let (key, alg) = wrapper.signing_key(keys)?;
    Ok(Signed { manifest, key, alg })
}

/// The authentication wrapper: the digest, and signature blocks over it.
struct Wrapper<'a> {
    /// The first byte string, with its head.
    digest_raw: &'a [u8],
    digest: [Item<'a>; 2],
    blocks: Items<'a>,
    at: usize,
}

impl<'a> Wrapper<'a> {
    /// Step 3.
    fn read(bytes: Bytes<'a>) -> Result<Self, ManifestError> {
        const FIELD: &str = "authentication wrapper";
        let Value::Array(all) = bytes.document().map_err(at(FIELD))?.value else {
            return Err(broken(Fault::Kind, FIELD, bytes.at));
        };
        if let Some(other) = all.clone().find(|item| !matches!(item.value, Value::Bytes(_))) {
            return Err(broken(Fault::Kind, FIELD, other.at));
        }
        let mut blocks = all;
        let Some(Item {
            value: Value::Bytes(digest),
            raw,
            ..
        }) = blocks.next()
        else {
            return Err(broken(Fault::Missing, "digest", bytes.at));
        };
        let Value::Array(parts) = digest.document().map_err(at("digest"))?.value else {
            return Err(broken(Fault::Kind, "digest", digest.at));
        };
        let parts = parts
            .exactly()
            .ok_or_else(|| broken(Fault::Kind, "digest", digest.at))?;
        if let Some(excess) = blocks.clone().nth(MAX_BLOCKS) {
            return Err(broken(Fault::Blocks, "signature block", excess.at));
        }
        Ok(Self {
            digest_raw: raw,
            digest: parts,
            blocks,
            at: bytes.at,
        })
    }

    /// Steps 4 and 5, for the manifest with its head.
    fn check_digest(&self, manifest: &[u8]) -> Result<(), ManifestError> {
        let [alg, hash] = self.digest;
        let refused = |kind, at| Err(ManifestError::new(kind, "digest", at));
        if !matches!(alg.value, Value::Integer(SHA_256)) {
            return refused(ManifestErrorKind::Algorithm, alg.at);
        }
        let Value::Bytes(Bytes { content, .. }) = hash.value else {
            return Err(broken(Fault::Kind, "digest", hash.at));
        };
        if content.len() != 32 {
            return Err(broken(Fault::Range, "digest", hash.at));
        }
        if Sha256::digest(manifest)[..] != *content {
            return refused(ManifestErrorKind::Digest, hash.at);
        }
        Ok(())
    }

    /// Steps 6 to 10: index of the key, and the number of the algorithm.
    fn signing_key(&self, keys: &[ManifestKey]) -> Result<(usize, i64), ManifestError> {
        let blocks = || {
            self.blocks.filter_map(|item| match item.value {
                Value::Bytes(bytes) => Some(bytes),
                _ => None,
            })
        };
        // All blocks are looked at before any signature is (the order of the steps).
        blocks().try_for_each(|block| Block::read(block).map(|_| ()))?;
        let mut refusal = (ManifestErrorKind::SignatureMissing, self.at);
        for bytes in blocks() {
            let block = Block::read(bytes)?;
            if refusal.0 == ManifestErrorKind::SignatureMissing {
                refusal = (ManifestErrorKind::Algorithm, bytes.at);
            }
            let Some(algorithm) = block.algorithm else {
                continue;
            };
            if refusal.0 == ManifestErrorKind::Algorithm {
                refusal = (ManifestErrorKind::Key, bytes.at);
            }
            let fitting = keys.iter().enumerate().filter(|(_, key)| algorithm.fits(key));
            for (index, key) in fitting {
                if block.is_signed_by(key, self.digest_raw) {
                    return Ok((index, algorithm.number()));
                }
                refusal = (ManifestErrorKind::Signature, bytes.at);
            }
        }
        let (kind, at) = refusal;
        Err(ManifestError::new(kind, "signature block", at))
    }
}

/// A row of the table of algorithms (§A.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Ed25519,
    EdDsa,
    Esp256,
    Es256,
}

impl Algorithm {
    const fn of(number: i128) -> Option<Self> {
        match number {
            -19 => Some(Self::Ed25519),
            -8 => Some(Self::EdDsa),
            -9 => Some(Self::Esp256),
            -7 => Some(Self::Es256),
            _ => None,
        }
    }

    const fn number(self) -> i64 {
        match self {
            Self::Ed25519 => -19,
            Self::EdDsa => -8,
            Self::Esp256 => -9,
            Self::Es256 => -7,
        }
    }

    const fn fits(self, key: &ManifestKey) -> bool {
        match self {
            Self::Ed25519 | Self::EdDsa => matches!(key, ManifestKey::Ed25519(_)),
            Self::Esp256 | Self::Es256 => matches!(key, ManifestKey::P256(_)),
        }
    }
}

/// A signature block: COSE_Sign1 with a detached payload (RFC 9052 §4.2).
struct Block<'a> {
    /// The byte string of the protected header, with its head.
    protected: &'a [u8],
    /// `None` if it is not one of the table.
    algorithm: Option<Algorithm>,
    signature: &'a [u8; 64],
}

impl<'a> Block<'a> {
    /// Step 6, for one block.
    fn read(bytes: Bytes<'a>) -> Result<Self, ManifestError> {
        const FIELD: &str = "signature block";
        let wrong = |fault, at| Err(broken(fault, FIELD, at));
        let Value::Tag(TAG_SIGN1, content) = bytes.document().map_err(at(FIELD))?.value else {
            return wrong(Fault::Kind, bytes.at);
        };
        let Some(
            [
                Item {
                    value: Value::Array(parts),
                    at: array_at,
                    ..
                },
            ],
        ) = content.exactly()
        else {
            return wrong(Fault::Kind, bytes.at);
        };
        let Some([protected, unprotected, payload, signature]) = parts.exactly() else {
            return wrong(Fault::Kind, array_at);
        };
        let Value::Bytes(header) = protected.value else {
            return wrong(Fault::Kind, protected.at);
        };
        let Value::Map(labels) = header.document().map_err(at(FIELD))?.value else {
            return wrong(Fault::Kind, header.at);
        };
        let mut alg = None;
        for (label, value) in labels {
            match (label.value, value.value) {
                (Value::Integer(LABEL_ALG), Value::Integer(number)) => alg = Some(number),
                (Value::Integer(LABEL_KID), Value::Bytes(_)) => {}
                (Value::Integer(LABEL_ALG | LABEL_KID), _) => return wrong(Fault::Kind, value.at),
                _ => return wrong(Fault::Header, label.at),
            }
        }
        let Some(alg) = alg else {
            return wrong(Fault::Missing, header.at);
        };
        let Value::Map(labels) = unprotected.value else {
            return wrong(Fault::Kind, unprotected.at);
        };
        // Not signed and not used: other labels mean nothing here.
        for (label, value) in labels {
            match (label.value, value.value) {
                (Value::Integer(LABEL_ALG | LABEL_CRIT), _) => return wrong(Fault::Header, label.at),
                (Value::Integer(LABEL_KID), Value::Bytes(_)) => {}
                (Value::Integer(LABEL_KID), _) => return wrong(Fault::Kind, value.at),
                _ => {}
            }
        }
        if !matches!(payload.value, Value::Simple(NULL)) {
            return wrong(Fault::Kind, payload.at);
        }
        let Value::Bytes(Bytes { content, .. }) = signature.value else {
            return wrong(Fault::Kind, signature.at);
        };
        let Ok(signature) = content.try_into() else {
            return wrong(Fault::Range, signature.at);
        };
        Ok(Self {
            protected: protected.raw,
            algorithm: Algorithm::of(alg),
            signature,
        })
    }

    /// Whether the key signed `["Signature1", protected header, h'', digest]`; the digest is given with its head.
    fn is_signed_by(&self, key: &ManifestKey, digest: &[u8]) -> bool {
        let parts = [b"\x84\x6aSignature1".as_slice(), self.protected, b"\x40", digest];
        match key {
            ManifestKey::Ed25519(key) => key.signed_parts(&parts, self.signature),
            ManifestKey::P256(key) => key.signed_parts(&parts, self.signature),
        }
    }
}
