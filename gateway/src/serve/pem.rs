//! Certificates and keys from files.

use std::path::Path;

use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::Failure;

fn failed(path: &Path, error: &dyn core::fmt::Display) -> Failure {
    Failure::new(format!("{}: {error}", path.display()))
}

/// All certificates of a file in PEM; there is at least one.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let all = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(path, &error))?;
    match all.is_empty() {
        true => Err(failed(path, &"there is no certificate in it")),
        false => Ok(all),
    }
}

/// The first private key of a file in PEM.
pub(super) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, Failure> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| failed(path, &error))
}
