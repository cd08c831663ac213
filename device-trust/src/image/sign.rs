//! Writes signed images (§A.1.1).

use ed25519_dalek::Signer as _;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::header::{FLAGS, HEADER_LEN, MAGIC};
use super::tlv;
use super::version::{Dependency, Version};
use crate::key::Ed25519Key;

/// PKCS #8 of an Ed25519 key without attributes (RFC 8410 §7), up to the 32 bytes of the key.
const PKCS8_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// Bytes of the TLV area that is written: info, SHA256, KEYHASH, ED25519.
const TRAILER_LEN: usize = 4 + (4 + 32) + (4 + 32) + (4 + 64);

/// An Ed25519 key that signs. Erased on drop, never shown.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl core::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SigningKey").finish_non_exhaustive()
    }
}

impl SigningKey {
    /// The key from its 32 secret bytes (RFC 8032 §5.1.5), which come from a good source of randomness.
    #[must_use]
    pub fn from_bytes(secret: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(secret))
    }

    /// The key from PKCS #8 in DER without attributes, 48 bytes, as `openssl genpkey -algorithm ed25519` writes it.
    #[must_use]
    pub fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let secret = der.strip_prefix(&PKCS8_HEAD)?.try_into().ok()?;
        Some(Self::from_bytes(&Zeroizing::new(secret)))
    }

    /// The public key, for those who verify.
    #[must_use]
    pub fn public_key(&self) -> Ed25519Key {
        // A multiple of the base point by a clamped scalar: never of small order.
        Ed25519Key::of_point(self.0.verifying_key())
    }
}

/// An image that is to be signed.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Unsigned<'a> {
    /// The firmware, at least one byte.
    pub firmware: &'a [u8],
    /// Offset of the firmware, at least 32; the bytes between are zero.
    pub header_size: u16,
    /// Version.
    pub version: Version,
    /// Address to load the firmware to.
    pub load_addr: u32,
    /// Flags; only [`FLAG_RAM_LOAD`](super::FLAG_RAM_LOAD) and [`FLAG_ROM_FIXED`](super::FLAG_ROM_FIXED).
    pub flags: u32,
    /// Security counter.
    pub security_counter: Option<u32>,
    /// Images that must be present.
    pub dependencies: &'a [Dependency],
    /// Vendor of the device.
    pub vendor: Option<[u8; 16]>,
    /// Class of the device.
    pub class: Option<[u8; 16]>,
}

/// Why an image cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum SignError {
    /// The buffer is too small.
    #[error("buffer too small, {needed} bytes needed")]
    Buffer {
        /// Bytes that are needed.
        needed: usize,
    },
    /// A field that the format cannot carry or the profile does not allow.
    #[error("`{0}` out of range")]
    Field(&'static str),
}

impl<'a> Unsigned<'a> {
    /// A firmware with a header of 32 bytes and nothing else.
    #[must_use]
    pub const fn new(firmware: &'a [u8], version: Version) -> Self {
        Self {
            firmware,
            header_size: 32,
            version,
            load_addr: 0,
            flags: 0,
            security_counter: None,
            dependencies: &[],
            vendor: None,
            class: None,
        }
    }

    /// Length of the signed image.
    ///
    /// # Errors
    /// [`SignError::Field`].
    pub fn signed_len(&self) -> Result<usize, SignError> {
        self.layout().map(|layout| layout.total)
    }

    /// Writes the image, signed with the key, to the front of the buffer.
    ///
    /// # Errors
    /// [`SignError`]; the buffer is as it was.
    pub fn sign<'b>(&self, key: &SigningKey, out: &'b mut [u8]) -> Result<&'b mut [u8], SignError> {
        let layout = self.layout()?;
        let Some(out) = out.get_mut(..layout.total) else {
            return Err(SignError::Buffer { needed: layout.total });
        };
        let mut w = Writer { rest: out };
        w.put(&MAGIC.to_le_bytes());
        w.put(&self.load_addr.to_le_bytes());
        w.put(&self.header_size.to_le_bytes());
        w.put(&layout.protected.to_le_bytes());
        w.put(&layout.firmware.to_le_bytes());
        w.put(&self.flags.to_le_bytes());
        w.put(&self.version.to_bytes());
        w.zeros(usize::from(self.header_size).saturating_sub(28));
        w.put(self.firmware);
        if layout.protected > 0 {
            w.put(&tlv::PROTECTED_MAGIC.to_le_bytes());
            w.put(&layout.protected.to_le_bytes());
        }
        if let Some(counter) = self.security_counter {
            w.tlv(tlv::SEC_CNT, &counter.to_le_bytes());
        }
        for dependency in self.dependencies {
            let mut value = [0; 12];
            value[0] = dependency.image;
            if let Some(version) = value.last_chunk_mut() {
                *version = dependency.version.to_bytes();
            }
            w.tlv(tlv::DEPENDENCY, &value);
        }
        for (kind, id) in [(tlv::UUID_VID, self.vendor), (tlv::UUID_CID, self.class)] {
            if let Some(id) = id {
                w.tlv(kind, &id);
            }
        }
        let left = w.rest.len();
        let (signed, trailer) = out
            .split_at_mut_checked(layout.total.saturating_sub(left))
            .ok_or(SignError::Field("img_size"))?;
        let hash: [u8; 32] = Sha256::digest(signed).into();
        let mut w = Writer { rest: trailer };
        w.put(&tlv::TRAILER_MAGIC.to_le_bytes());
        w.put(&u16::try_from(TRAILER_LEN).unwrap_or_default().to_le_bytes());
        w.tlv(tlv::SHA256, &hash);
        w.tlv(tlv::KEYHASH, key.public_key().hash());
        w.tlv(tlv::ED25519, &key.0.sign(&hash).to_bytes());
        Ok(out)
    }

    fn layout(&self) -> Result<Layout, SignError> {
        if usize::from(self.header_size) < HEADER_LEN {
            return Err(SignError::Field("hdr_size"));
        }
        let Ok(firmware @ 1..) = u32::try_from(self.firmware.len()) else {
            return Err(SignError::Field("img_size"));
        };
        if self.flags & !FLAGS != 0 {
            return Err(SignError::Field("flags"));
        }
        let ids = usize::from(self.vendor.is_some()).saturating_add(usize::from(self.class.is_some()));
        let mut protected = usize::from(self.security_counter.is_some())
            .saturating_mul(8)
            .saturating_add(self.dependencies.len().saturating_mul(16))
            .saturating_add(ids.saturating_mul(20));
        if protected > 0 {
            protected = protected.saturating_add(tlv::INFO_LEN);
        }
        let protected_size = u16::try_from(protected).map_err(|_| SignError::Field("protect_tlv_size"))?;
        let total = usize::from(self.header_size)
            .checked_add(self.firmware.len())
            .and_then(|len| len.checked_add(protected)?.checked_add(TRAILER_LEN))
            .ok_or(SignError::Field("img_size"))?;
        Ok(Layout {
            firmware,
            protected: protected_size,
            total,
        })
    }
}

struct Layout {
    firmware: u32,
    protected: u16,
    total: usize,
}

/// Writes into a buffer of the right length.
struct Writer<'b> {
    rest: &'b mut [u8],
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) {
        let rest = core::mem::take(&mut self.rest);
        if let Some((place, rest)) = rest.split_at_mut_checked(bytes.len()) {
            place.copy_from_slice(bytes);
            self.rest = rest;
        }
    }

    fn zeros(&mut self, count: usize) {
        let rest = core::mem::take(&mut self.rest);
        if let Some((place, rest)) = rest.split_at_mut_checked(count) {
            place.fill(0);
            self.rest = rest;
        }
    }

    fn tlv(&mut self, kind: u16, value: &[u8]) {
        self.put(&kind.to_le_bytes());
        self.put(&u16::try_from(value.len()).unwrap_or_default().to_le_bytes());
        self.put(value);
    }
}
