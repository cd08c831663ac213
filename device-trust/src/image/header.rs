//! The header: the first 32 bytes of an image (§A.1.1).
//!
//! All integers are little-endian.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 4 | magic `96f3b83d` |
//! | 4 | 4 | load_addr |
//! | 8 | 2 | hdr_size, ≥ 32 |
//! | 10 | 2 | protect_tlv_size, 0 or ≥ 4 |
//! | 12 | 4 | img_size, ≥ 1 |
//! | 16 | 4 | flags |
//! | 20 | 8 | version |
//! | 28 | 4 | not interpreted |

use super::error::{ImageError, ImageErrorKind};
use super::tlv;
use super::version::Version;
use super::wide;

/// Length of the part of the header that is interpreted.
pub const HEADER_LEN: usize = 32;

pub(super) const MAGIC: u32 = 0x96f3_b83d;

/// Flag: the image is copied to `load_addr` before it runs.
pub const FLAG_RAM_LOAD: u32 = 0x20;
/// Flag: the image runs at a fixed address in ROM.
pub const FLAG_ROM_FIXED: u32 = 0x100;

/// Every flag that the profile allows.
pub(super) const FLAGS: u32 = FLAG_RAM_LOAD | FLAG_ROM_FIXED;

/// A header of a size that can be, and the places that follow from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) load_addr: u32,
    pub(super) size: u16,
    pub(super) protected: u16,
    pub(super) firmware: u32,
    pub(super) flags: u32,
    pub(super) version: Version,
}

impl Header {
    /// Steps 2 to 5. Nothing here is authentic yet.
    pub(super) fn check(bytes: &[u8; HEADER_LEN], max_size: u64) -> Result<Self, ImageError> {
        let u16_at = |at: usize| match bytes.get(at..).and_then(<[u8]>::first_chunk) {
            Some(field) => u16::from_le_bytes(*field),
            None => 0,
        };
        let u32_at = |at: usize| match bytes.get(at..).and_then(<[u8]>::first_chunk) {
            Some(field) => u32::from_le_bytes(*field),
            None => 0,
        };
        if u32_at(0) != MAGIC {
            return Err(ImageError::new(ImageErrorKind::Magic(u32_at(0)), "magic", 0));
        }
        let header = Self {
            load_addr: u32_at(4),
            size: u16_at(8),
            protected: u16_at(10),
            firmware: u32_at(12),
            flags: u32_at(16),
            version: Version {
                major: bytes[20],
                minor: bytes[21],
                revision: u16_at(22),
                build: u32_at(24),
            },
        };
        let cannot_be = |size: u32, field, at| Err(ImageError::new(ImageErrorKind::Header(size), field, at));
        if usize::from(header.size) < HEADER_LEN {
            return cannot_be(header.size.into(), "hdr_size", 8);
        }
        if header.firmware == 0 {
            return cannot_be(0, "img_size", 12);
        }
        if (1..tlv::INFO_LEN).contains(&header.protected.into()) {
            return cannot_be(header.protected.into(), "protect_tlv_size", 10);
        }
        if header.flags & !FLAGS != 0 {
            return Err(ImageError::new(ImageErrorKind::Flags(header.flags), "flags", 16));
        }
        if header.info_end() > max_size {
            return Err(ImageError::new(
                ImageErrorKind::Size(header.info_end()),
                "img_size",
                12,
            ));
        }
        Ok(header)
    }

    /// Where the firmware ends and the TLV areas begin.
    pub(super) fn firmware_end(&self) -> u64 {
        u64::from(self.size).saturating_add(self.firmware.into())
    }

    /// Where the hashed bytes end: *end* of §A.1.2. At most 2^32 + 2^17.
    pub(super) fn end(&self) -> u64 {
        self.firmware_end().saturating_add(self.protected.into())
    }

    /// Where the info of the TLV area ends.
    pub(super) fn info_end(&self) -> u64 {
        self.end().saturating_add(wide(tlv::INFO_LEN))
    }
}
