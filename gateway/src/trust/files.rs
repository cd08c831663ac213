//! Files of bounded length, and images in pieces.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use tokio_rustls::rustls::pki_types::pem::PemObject;

use crate::Failure;

/// Octets of a file of keys, certificates or rows, or of a manifest, at most.
const MAX_LEN: u64 = 1 << 20;

/// Octets of an image that are in memory at a time.
const PIECE_LEN: usize = 64 << 10;

pub(super) fn failed(path: &Path) -> impl Fn(io::Error) -> Failure {
    move |error| Failure::new(format!("{}: {error}", path.display()))
}

/// A whole small file; one that is too long is refused, not cut.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    read_upto(path, MAX_LEN)
}

pub(super) fn read_upto(path: &Path, max: u64) -> Result<Vec<u8>, Failure> {
    let mut octets = Vec::new();
    let count = File::open(path)
        .and_then(|file| file.take(max.saturating_add(1)).read_to_end(&mut octets))
        .map_err(failed(path))?;
    if u64::try_from(count).unwrap_or(u64::MAX) > max {
        return Err(Failure::new(format!(
            "{}: more than {max} octets",
            path.display()
        )));
    }
    Ok(octets)
}

/// All items of a kind in a PEM file, or the one of a DER file.
pub(crate) fn items<T: PemObject>(path: &Path, from_der: fn(Vec<u8>) -> T) -> Result<Vec<T>, Failure> {
    let octets = read(path)?;
    if !is_pem(&octets) {
        return Ok(vec![from_der(octets)]);
    }
    T::pem_slice_iter(&octets)
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

pub(super) fn is_pem(octets: &[u8]) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN ";
    octets.windows(BEGIN.len()).any(|window| window == BEGIN)
}

/// Hands over the octets of a file in pieces, at most `max` of them, until there are no more or `take` wants no more.
pub(super) fn pieces(path: &Path, max: u64, mut take: impl FnMut(&[u8]) -> bool) -> Result<(), Failure> {
    let mut file = File::open(path).map_err(failed(path))?.take(max);
    let mut piece = vec![0; PIECE_LEN];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) if take(piece.get(..count).unwrap_or_default()) => {}
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(path)(error)),
        }
    }
}
