//! Firmware images in the MCUboot format, Ed25519 over SHA-256 (§A.1).
//!
//! ```text
//! header (hdr_size) | firmware (img_size) | protected TLVs (protect_tlv_size, may be absent) | TLVs
//! <------------------------ SHA-256, its 32 bytes are signed -----------------------------> |
//! ```
//!
//! [`verify`](verify()) takes the whole image, [`Stream`] its bytes as they come. Both make the same 19 steps in the same order and
//! give a [`Verified`], which cannot be made otherwise.

mod error;
mod header;
mod policy;
#[cfg(feature = "sign")]
mod sign;
mod stream;
mod tlv;
mod verified;
mod verify;
mod version;

pub use error::{ImageError, ImageErrorKind, TlvFault};
pub use header::{FLAG_RAM_LOAD, FLAG_ROM_FIXED, HEADER_LEN};
pub use policy::{Mode, Policy};
#[cfg(feature = "sign")]
pub use sign::{SignError, SigningKey, Unsigned};
pub use stream::{MAX_TLV_LEN, Stream};
pub use tlv::{Dependencies, MAX_SIGNATURES};
pub use verified::Verified;
pub use verify::verify;
pub use version::{Dependency, Version};

/// A length as the sums of the format need it: on every platform in 64 bits.
fn wide(len: usize) -> u64 {
    len.try_into().unwrap_or(u64::MAX)
}
