//! Suite `device-trust`: images, manifests, certificates, access and the read API, by `device-trust`.

mod access;
mod api;
mod certificate;
mod image;
mod manifest;

pub(super) use access::check as access_check;
pub(super) use api::{datalog_path as api_datalog_path, decode as api_decode};
pub(super) use certificate::verify as certificate_verify;
pub(super) use image::verify as image_verify;
pub(super) use manifest::verify as manifest_verify;

use crate::op::{Members, OpError};

fn array<const N: usize>(input: &Members<'_>, name: &str) -> Result<[u8; N], OpError> {
    let bytes = input.octets(name)?;
    bytes
        .try_into()
        .map_err(|_| OpError::bad_input(name, &format!("{N} octets")))
}

fn array_opt<const N: usize>(input: &Members<'_>, name: &str) -> Result<Option<[u8; N]>, OpError> {
    match input.octets_opt(name)? {
        Some(_) => array(input, name).map(Some),
        None => Ok(None),
    }
}

/// A key that must not be trusted is as none: whoever signs with it is not trusted (§A.1.2).
fn refused_key(error: device_trust::KeyError) -> OpError {
    OpError::new("key").because(error.to_string())
}
