//! The same stream inside TLS 1.3 (§2).

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, version};

use crate::Failure;

/// From a certificate chain and its key, both in PEM.
pub(super) fn acceptor(cert: &Path, key: &Path) -> Result<TlsAcceptor, Failure> {
    let failed =
        |path: &Path, error: &dyn core::fmt::Display| Failure::new(format!("{}: {error}", path.display()));
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(cert, &error))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key, &error))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&version::TLS13])
        .map_err(|error| Failure::new(error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| failed(cert, &error))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
