//! The handshake: who the chain of the other side says it is.

use std::iter::once;
use std::sync::{Arc, OnceLock};

use device_trust::certificate::{
    Anchors, CertificateError, CertificateErrorKind, Credential, Portable, TLS_1_2, TLS_1_3, examine_chain,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::server::{NoServerSessionStorage, ResolvesServerCert};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{
    self, DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme,
    SupportedProtocolVersion, version,
};

use super::Options;
use crate::Failure;
use crate::serve::pem;

/// Schemes of the profile (§B step 5).
const SCHEMES: [SignatureScheme; 3] = [
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ED25519,
];

static NEW: [&SupportedProtocolVersion; 1] = [&version::TLS13];
static WITH_OLD: [&SupportedProtocolVersion; 2] = [&version::TLS13, &version::TLS12];

/// What all handshakes share.
#[derive(Debug)]
pub(super) struct Court {
    provider: Arc<CryptoProvider>,
    versions: &'static [&'static SupportedProtocolVersion],
    certificate: Arc<dyn ResolvesServerCert>,
    anchors: Anchors,
    /// Names of the anchors, for devices that have several certificates.
    names: Vec<DistinguishedName>,
}

impl Court {
    pub(super) fn open(options: &Options) -> Result<Option<Self>, Failure> {
        let (Some(cert), Some(key), Some(client_ca)) = (&options.cert, &options.key, &options.client_ca)
        else {
            return Ok(None);
        };
        let provider = Arc::new(ring::default_provider());
        let certified = CertifiedKey::from_der(pem::certificates(cert)?, pem::key(key)?, &provider)
            .map_err(|error| Failure::new(format!("{}: {error}", cert.display())))?;
        let failed =
            |error: &dyn core::fmt::Display| Failure::new(format!("{}: {error}", client_ca.display()));
        let cas = pem::certificates(client_ca)?;
        let anchors = Anchors::from_der(cas.iter().map(AsRef::as_ref)).map_err(|error| failed(&error))?;
        let mut roots = RootCertStore::empty();
        for ca in cas {
            roots.add(ca).map_err(|error| failed(&error))?;
        }
        Ok(Some(Self {
            provider,
            versions: match options.tls12 {
                true => &WITH_OLD,
                false => &NEW,
            },
            certificate: Arc::new(SingleCertAndKey::from(certified)),
            anchors,
            names: roots.subjects(),
        }))
    }

    /// For one handshake: what is found of the chain goes into that judge.
    pub(super) fn acceptor(&self, judge: &Arc<Judge>) -> Result<TlsAcceptor, rustls::Error> {
        let judge: Arc<dyn ClientCertVerifier> = Arc::<Judge>::clone(judge);
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(self.versions)?
            .with_client_cert_verifier(judge)
            .with_cert_resolver(Arc::clone(&self.certificate));
        // A session that is resumed shows no chain: each one begins anew, and is judged. Without storage rustls gives neither tickets nor
        // session identifiers, and this configuration, with whatever keys there might be in it, ends with its handshake.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// Judges the chain of one session. That the other side holds the key of the certificate is checked by rustls.
#[derive(Debug)]
pub(super) struct Judge {
    court: Arc<Court>,
    found: OnceLock<Result<Credential, CertificateError>>,
}

impl Judge {
    pub(super) fn new(court: &Arc<Court>) -> Arc<Self> {
        Arc::new(Self {
            court: Arc::clone(court),
            found: OnceLock::new(),
        })
    }

    /// Whether the handshake is signed with the key of the chain that was judged, which webpki may not be able to read.
    fn proven(
        &self,
        version: u16,
        message: &[u8],
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let held = self.found().is_some_and(|found| {
            found.as_ref().is_ok_and(|credential| {
                SCHEMES.contains(&dss.scheme)
                    && credential.public_key().signed_handshake(
                        version,
                        dss.scheme.into(),
                        message,
                        dss.signature(),
                        &Portable,
                    )
            })
        });
        held.then(HandshakeSignatureValid::assertion)
            .ok_or(rustls::Error::InvalidCertificate(
                rustls::CertificateError::BadSignature,
            ))
    }

    /// `None` before a chain was shown.
    pub(super) fn found(&self) -> Option<&Result<Credential, CertificateError>> {
        self.found.get()
    }
}

impl ClientCertVerifier for Judge {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.court.names
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let chain: Vec<&[u8]> = once(end_entity).chain(intermediates).map(AsRef::as_ref).collect();
        let found = examine_chain(&chain, &self.court.anchors, now.as_secs());
        let judged = match &found {
            Ok(_) => Ok(ClientCertVerified::assertion()),
            Err(error) => Err(rustls::Error::InvalidCertificate(alert(*error))),
        };
        // Once in a handshake: there is no other value.
        let _ = self.found.set(found);
        judged
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        _cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.proven(TLS_1_2, message, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        _cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.proven(TLS_1_3, message, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        SCHEMES.to_vec()
    }
}

/// What the device is told, in the words of TLS alerts.
fn alert(error: CertificateError) -> rustls::CertificateError {
    match error.kind {
        CertificateErrorKind::Expired { .. } => rustls::CertificateError::Expired,
        CertificateErrorKind::NotYetValid { .. } => rustls::CertificateError::NotValidYet,
        CertificateErrorKind::Malformed => rustls::CertificateError::BadEncoding,
        CertificateErrorKind::Untrusted => rustls::CertificateError::UnknownIssuer,
        CertificateErrorKind::Eku => rustls::CertificateError::InvalidPurpose,
        _ => rustls::CertificateError::Other(rustls::OtherError(Arc::new(error))),
    }
}
