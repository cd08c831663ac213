//! The same stream inside TLS 1.3 (§2).

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ServerConfig, version};

use crate::Failure;
use crate::serve::pem;

/// From a certificate chain and its key, both in PEM.
pub(super) fn acceptor(cert: &Path, key: &Path) -> Result<TlsAcceptor, Failure> {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&version::TLS13])
        .map_err(|error| Failure::new(error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(pem::certificates(cert)?, pem::key(key)?)
        .map_err(|error| Failure::new(format!("{}: {error}", cert.display())))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
