//! The TLV areas behind the firmware (§A.1.1).
//!
//! An area is its info, magic (2) and size with the info (2), then TLVs: type (2), length (2), value. All little-endian.

use super::error::{ImageError, ImageErrorKind, TlvFault};
use super::version::{Dependency, Version};
use super::wide;
use crate::key::SPKI_LEN;

/// Length of the info of an area, and of the head of a TLV.
pub(super) const INFO_LEN: usize = 4;

/// Most signatures that an image may have (§A.1.2 step 10).
pub const MAX_SIGNATURES: usize = 4;

pub(super) const PROTECTED_MAGIC: u16 = 0x6908;
pub(super) const TRAILER_MAGIC: u16 = 0x6907;

pub(super) const KEYHASH: u16 = 0x01;
pub(super) const PUBKEY: u16 = 0x02;
pub(super) const SHA256: u16 = 0x10;
pub(super) const ED25519: u16 = 0x24;
pub(super) const DEPENDENCY: u16 = 0x40;
pub(super) const SEC_CNT: u16 = 0x50;
pub(super) const UUID_VID: u16 = 0x74;
pub(super) const UUID_CID: u16 = 0x75;

/// Types of hashes, keys, signatures and encryption: unsigned by their nature, so none of them can be protected.
const NEVER_PROTECTED: [core::ops::RangeInclusive<u16>; 4] =
    [KEYHASH..=PUBKEY, SHA256..=0x12, 0x20..=0x25, 0x30..=0x34];

#[cold]
const fn refused(fault: TlvFault, field: &'static str, offset: u64) -> ImageError {
    ImageError::new(ImageErrorKind::Tlv(fault), field, offset)
}

/// Magic and size of an area.
pub(super) fn info(bytes: [u8; INFO_LEN]) -> (u16, u16) {
    let [m0, m1, s0, s1] = bytes;
    (u16::from_le_bytes([m0, m1]), u16::from_le_bytes([s0, s1]))
}

/// One TLV.
#[derive(Debug, Clone, Copy)]
struct Tlv<'a> {
    kind: u16,
    value: &'a [u8],
    /// Where its head lies in the image.
    at: u64,
}

impl<'a> Tlv<'a> {
    fn of_length<const N: usize>(&self, field: &'static str) -> Result<&'a [u8; N], ImageError> {
        self.value.try_into().map_err(|_| {
            let length = self.value.len().try_into().unwrap_or(u16::MAX);
            refused(TlvFault::Length(length), field, self.at)
        })
    }
}

/// The TLVs of an area without its info. After an error there is nothing more.
#[derive(Debug, Clone)]
struct Tlvs<'a> {
    rest: &'a [u8],
    at: u64,
    area: &'static str,
}

impl<'a> Iterator for Tlvs<'a> {
    type Item = Result<Tlv<'a>, ImageError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let split = self
            .rest
            .split_first_chunk::<INFO_LEN>()
            .and_then(|(head, rest)| {
                // The head of a TLV has the form of an info: two numbers of 16 bits.
                let (kind, length) = info(*head);
                let (value, rest) = rest.split_at_checked(length.into())?;
                Some((kind, value, rest))
            });
        let Some((kind, value, rest)) = split else {
            self.rest = &[];
            return Some(Err(refused(TlvFault::Fill, self.area, self.at)));
        };
        let tlv = Tlv {
            kind,
            value,
            at: self.at,
        };
        let length = INFO_LEN.saturating_add(value.len());
        (self.rest, self.at) = (rest, self.at.saturating_add(wide(length)));
        Some(Ok(tlv))
    }
}

/// What the protected area says. Authentic only when the signature is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Protected<'a> {
    pub(super) security_counter: Option<u32>,
    pub(super) vendor: Option<&'a [u8; 16]>,
    pub(super) class: Option<&'a [u8; 16]>,
    area: &'a [u8],
}

impl<'a> Protected<'a> {
    /// Step 7, for the whole area with its info, which begins at `at`. An empty one stands for no area.
    pub(super) fn check(area: &'a [u8], at: u64) -> Result<Self, ImageError> {
        const AREA: &str = "protected TLVs";
        if area.is_empty() {
            return Ok(Self::default());
        }
        let Some((head, rest)) = area.split_first_chunk::<INFO_LEN>() else {
            return Err(refused(TlvFault::Fill, AREA, at));
        };
        let (magic, size) = info(*head);
        if magic != PROTECTED_MAGIC {
            return Err(refused(TlvFault::Magic(magic), AREA, at));
        }
        if usize::from(size) != area.len() {
            return Err(refused(TlvFault::AreaSize(size), AREA, at.saturating_add(2)));
        }
        let mut found = Self {
            area: rest,
            ..Self::default()
        };
        for tlv in tlvs(rest, at, AREA) {
            let tlv = tlv?;
            if NEVER_PROTECTED.iter().any(|types| types.contains(&tlv.kind)) {
                return Err(refused(TlvFault::Type(tlv.kind), AREA, tlv.at));
            }
            match tlv.kind {
                DEPENDENCY => {
                    tlv.of_length::<12>("DEPENDENCY")?;
                }
                SEC_CNT => {
                    let counter = u32::from_le_bytes(*tlv.of_length("SEC_CNT")?);
                    once(&mut found.security_counter, counter, "SEC_CNT", tlv.at)?;
                }
                UUID_VID => once(&mut found.vendor, tlv.of_length("UUID_VID")?, "UUID_VID", tlv.at)?,
                UUID_CID => once(&mut found.class, tlv.of_length("UUID_CID")?, "UUID_CID", tlv.at)?,
                _ => {}
            }
        }
        Ok(found)
    }

    pub(super) fn dependencies(&self) -> Dependencies<'a> {
        Dependencies(tlvs(self.area, 0, ""))
    }
}

fn tlvs<'a>(rest: &'a [u8], info_at: u64, area: &'static str) -> Tlvs<'a> {
    let at = info_at.saturating_add(wide(INFO_LEN));
    Tlvs { rest, at, area }
}

fn once<T>(place: &mut Option<T>, value: T, field: &'static str, at: u64) -> Result<(), ImageError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(refused(TlvFault::Twice, field, at)),
    }
}

/// What an image needs of others, in the order of the image.
#[derive(Debug, Clone)]
pub struct Dependencies<'a>(Tlvs<'a>);

impl Iterator for Dependencies<'_> {
    type Item = Dependency;

    fn next(&mut self) -> Option<Dependency> {
        loop {
            // The area was checked: there are no errors.
            let tlv = self.0.next()?.ok()?;
            if tlv.kind != DEPENDENCY {
                continue;
            }
            let (image, version) = (tlv.value.first()?, tlv.value.last_chunk()?);
            return Some(Dependency {
                image: *image,
                version: Version::from_bytes(*version),
            });
        }
    }
}

/// Who signed, as the TLV before the signature says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Signer<'a> {
    Hash(&'a [u8; 32]),
    Key(&'a [u8; SPKI_LEN]),
}

/// A signature with the key that is said to have made it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signed<'a> {
    pub(super) signer: Signer<'a>,
    pub(super) signature: &'a [u8; 64],
    /// Where the TLV of the key lies in the image.
    pub(super) at: u64,
}

/// The unprotected area: hash and signatures.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Trailer<'a> {
    /// The hash, and where its TLV lies.
    pub(super) hash: Option<(&'a [u8; 32], u64)>,
    signed: [Option<Signed<'a>>; MAX_SIGNATURES],
}

impl<'a> Trailer<'a> {
    /// Steps 8 and the first half of 9: the size of the area whose info lies at `at`.
    pub(super) fn size(head: [u8; INFO_LEN], at: u64) -> Result<u16, ImageError> {
        let (magic, size) = info(head);
        if magic != TRAILER_MAGIC {
            return Err(refused(TlvFault::Magic(magic), "TLVs", at));
        }
        if usize::from(size) < INFO_LEN {
            return Err(refused(TlvFault::AreaSize(size), "TLVs", at.saturating_add(2)));
        }
        Ok(size)
    }

    /// Step 10, for the area without its info, which lies at `at`.
    pub(super) fn check(area: &'a [u8], at: u64) -> Result<Self, ImageError> {
        let mut found = Self::default();
        let mut places = found.signed.iter_mut();
        let mut signer = None;
        for tlv in tlvs(area, at, "TLVs") {
            let tlv = tlv?;
            if tlv.kind != ED25519 && signer.is_some() {
                return Err(refused(TlvFault::Pair, "TLVs", tlv.at));
            }
            match tlv.kind {
                KEYHASH => signer = Some((Signer::Hash(tlv.of_length("KEYHASH")?), tlv.at)),
                PUBKEY => signer = Some((Signer::Key(tlv.of_length("PUBKEY")?), tlv.at)),
                SHA256 => once(
                    &mut found.hash,
                    (tlv.of_length("SHA256")?, tlv.at),
                    "SHA256",
                    tlv.at,
                )?,
                ED25519 => {
                    let signature = tlv.of_length("ED25519")?;
                    let Some((signer, at)) = signer.take() else {
                        return Err(refused(TlvFault::Pair, "ED25519", tlv.at));
                    };
                    let Some(place) = places.next() else {
                        return Err(refused(TlvFault::Signatures, "ED25519", tlv.at));
                    };
                    *place = Some(Signed {
                        signer,
                        signature,
                        at,
                    });
                }
                kind => return Err(refused(TlvFault::Type(kind), "TLVs", tlv.at)),
            }
        }
        match signer {
            None => Ok(found),
            Some((_, at)) => Err(refused(TlvFault::Pair, "TLVs", at)),
        }
    }

    pub(super) fn signed(&self) -> impl Iterator<Item = &Signed<'a>> {
        self.signed.iter().flatten()
    }
}
