//! Verification of an image that lies in memory as a whole.

use sha2::{Digest as _, Sha256};

use super::error::{ImageError, ImageErrorKind};
use super::header::{HEADER_LEN, Header};
use super::policy::{Mode, Policy};
use super::tlv::{INFO_LEN, Protected, Trailer};
use super::verified::{Parts, Verified};
use super::wide;

/// Verifies an image, in the memory it will run from or as a file (§A.1.2).
///
/// # Errors
/// The first step that fails, in the order of the specification.
pub fn verify<'a>(image: &'a [u8], policy: &Policy<'_>) -> Result<Verified<'a>, ImageError> {
    let held = wide(image.len());
    let Some(head) = image.first_chunk::<HEADER_LEN>() else {
        let needed = wide(HEADER_LEN);
        return Err(ImageError::truncated(needed, held, "header"));
    };
    let header = Header::check(head, policy.max_size)?;
    let (firmware_end, end) = (header.firmware_end(), header.end());
    let split = cut(image, end).and_then(|(signed, rest)| {
        let (_, protected) = cut(signed, firmware_end)?;
        Some((signed, protected, rest, *rest.first_chunk::<INFO_LEN>()?))
    });
    let Some((signed, protected, rest, info)) = split else {
        return Err(ImageError::truncated(header.info_end(), held, "img_size"));
    };
    let protected = Protected::check(protected, firmware_end)?;
    let size = Trailer::size(info, end)?;
    let total = end.saturating_add(size.into());
    if total > policy.max_size {
        return Err(ImageError::new(
            ImageErrorKind::Size(total),
            "TLVs",
            end.saturating_add(2),
        ));
    }
    let Some((area, after)) = rest.split_at_checked(size.into()) else {
        return Err(ImageError::truncated(total, held, "TLVs"));
    };
    let trailer = Trailer::check(area.get(INFO_LEN..).unwrap_or_default(), end)?;
    if policy.mode == Mode::File && !after.is_empty() {
        return Err(ImageError::new(ImageErrorKind::Trailing, "image", total));
    }
    let parts = Parts {
        header,
        protected,
        trailer,
        area,
        total,
    };
    parts.decide(Sha256::new_with_prefix(signed), policy)
}

/// Splits at a place that may lie beyond what a `usize` can say.
fn cut(bytes: &[u8], at: u64) -> Option<(&[u8], &[u8])> {
    bytes.split_at_checked(usize::try_from(at).ok()?)
}
