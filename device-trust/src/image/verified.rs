//! A verified image, and the last steps to it.

use sha2::{Digest as _, Sha256};

use super::error::{ImageError, ImageErrorKind};
use super::header::Header;
use super::policy::Policy;
use super::tlv::{Dependencies, Protected, Signed, Signer, Trailer};
use super::version::Version;

/// What a verified image says (§A.1.2).
///
/// There is no other way to one than [`verify`](super::verify()) and [`Stream`](super::Stream).
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Verified<'a> {
    /// Version, header bytes 20 to 27.
    pub version: Version,
    /// Address to load the image to, header bytes 4 to 7.
    pub load_addr: u32,
    /// Offset of the firmware, header bytes 8 and 9.
    pub header_size: u16,
    /// Length of the firmware, header bytes 12 to 15.
    pub image_size: u32,
    /// Flags, header bytes 16 to 19: [`FLAG_RAM_LOAD`](super::FLAG_RAM_LOAD), [`FLAG_ROM_FIXED`](super::FLAG_ROM_FIXED).
    pub flags: u32,
    /// Security counter, TLV `0x50`.
    pub security_counter: Option<u32>,
    /// SHA-256 over header, firmware and protected area.
    pub sha256: [u8; 32],
    /// Index of the trusted key that signed.
    pub key: usize,
    /// Vendor of the device, TLV `0x74`.
    pub vendor: Option<[u8; 16]>,
    /// Class of the device, TLV `0x75`.
    pub class: Option<[u8; 16]>,
    /// Length of the image with its TLV areas.
    pub total_size: u64,
    /// SHA-256 of the image with its TLV areas: of the payload that a manifest announces (§A.2), where [`Self::sha256`] is what is signed.
    pub total_sha256: [u8; 32],
    #[cfg_attr(feature = "serde", serde(skip))]
    protected: Protected<'a>,
}

impl<'a> Verified<'a> {
    /// Images that must be present before this one is staged: for the caller to check.
    #[must_use]
    pub fn dependencies(&self) -> Dependencies<'a> {
        self.protected.dependencies()
    }
}

/// What is known of an image before the hash is looked at.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) header: Header,
    pub(super) protected: Protected<'a>,
    pub(super) trailer: Trailer<'a>,
    /// The unprotected area with its info.
    pub(super) area: &'a [u8],
    pub(super) total: u64,
}

impl<'a> Parts<'a> {
    /// Steps 12 to 19. The hasher has seen all up to the unprotected area.
    pub(super) fn decide(self, hasher: Sha256, policy: &Policy<'_>) -> Result<Verified<'a>, ImageError> {
        let sha256 = hasher.clone().finalize().into();
        let end = self.header.end();
        let refused = |kind, field, at| Err(ImageError::new(kind, field, at));
        let Some((hash, hash_at)) = self.trailer.hash else {
            return refused(ImageErrorKind::HashMissing, "SHA256", end);
        };
        if *hash != sha256 {
            return refused(ImageErrorKind::Hash, "SHA256", hash_at);
        }
        let key = signing_key(&self.trailer, &sha256, policy, end)?;
        let found = self.protected;
        // Before this line the values of the image mean nothing.
        let at = self.header.firmware_end();
        match (policy.counter, found.security_counter) {
            (None, _) => {}
            (Some(_), None) => return refused(ImageErrorKind::CounterMissing, "SEC_CNT", at),
            (Some(stored), Some(found)) if found < stored => {
                return refused(ImageErrorKind::Rollback { found, stored }, "SEC_CNT", at);
            }
            (Some(_), Some(_)) => {}
        }
        if let Some(lowest) = policy.min_version
            && self.header.version.is_below(&lowest)
        {
            return refused(ImageErrorKind::Downgrade, "version", 20);
        }
        if policy.vendor.is_some() && policy.vendor.as_ref() != found.vendor {
            return refused(ImageErrorKind::Vendor, "UUID_VID", at);
        }
        if policy.class.is_some() && policy.class.as_ref() != found.class {
            return refused(ImageErrorKind::Class, "UUID_CID", at);
        }
        Ok(Verified {
            version: self.header.version,
            load_addr: self.header.load_addr,
            header_size: self.header.size,
            image_size: self.header.firmware,
            flags: self.header.flags,
            security_counter: found.security_counter,
            sha256,
            key,
            vendor: found.vendor.copied(),
            class: found.class.copied(),
            total_size: self.total,
            total_sha256: hasher.chain_update(self.area).finalize().into(),
            protected: found,
        })
    }
}

/// Steps 14 to 16: the index of the trusted key under which the hash is signed.
fn signing_key(
    trailer: &Trailer<'_>,
    hash: &[u8; 32],
    policy: &Policy<'_>,
    end: u64,
) -> Result<usize, ImageError> {
    let trusted = |signed: &Signed<'_>| {
        policy.keys.iter().position(|key| match signed.signer {
            Signer::Hash(hash) => hash == key.hash(),
            Signer::Key(spki) => *spki == key.to_spki(),
        })
    };
    let Some(first) = trailer.signed().next() else {
        return Err(ImageError::new(ImageErrorKind::SignatureMissing, "ED25519", end));
    };
    let mut refusal = ImageError::new(ImageErrorKind::Key, "KEYHASH", first.at);
    for signed in trailer.signed() {
        let Some((index, key)) = trusted(signed).and_then(|index| Some((index, policy.keys.get(index)?)))
        else {
            continue;
        };
        if key.signed(hash, signed.signature) {
            return Ok(index);
        }
        if refusal.kind == ImageErrorKind::Key {
            refusal = ImageError::new(ImageErrorKind::Signature, "ED25519", signed.at);
        }
    }
    Err(refusal)
}
