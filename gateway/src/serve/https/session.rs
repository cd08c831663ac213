//! A session, and why there is none.

use std::io;
use std::sync::Arc;

use comet_proto::{Certified, Family};
use device_trust::certificate::{CertificateError, CertificateErrorKind, Credential, TLS_1_3};
use tokio_rustls::rustls::{self, PeerIncompatible};

use crate::serve::Gateway;
use crate::store::Device;

/// Families that may use TLS 1.2, if the operator says so: some of their devices have no newer one (comet-wifi-json §2).
const TLS_1_2_FAMILIES: [Family; 2] = [Family::Wifi, Family::Wired];

/// What the handshake has proven.
#[derive(Debug, Clone)]
pub(in crate::serve) struct Session {
    pub(super) credential: Arc<Credential>,
    /// As TLS numbers it.
    pub(super) version: u16,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// The chain, or what the registry says of it.
    #[error("{0}")]
    Certificate(#[from] CertificateError),
    /// The version of TLS, or no chain.
    #[error("{0}")]
    Session(CertificateErrorKind),
    /// Something else that TLS did not like, or the end of the connection.
    #[error("{0}")]
    Handshake(io::Error),
    /// The time was up.
    #[error("no handshake in time")]
    TooSlow,
    /// The registry did not answer.
    #[error("the database did not answer")]
    Registry,
}

impl Refused {
    /// Stable machine name.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Certificate(error) => error.kind.code(),
            Self::Session(kind) => kind.code(),
            Self::Handshake(_) => "handshake",
            Self::TooSlow => "too-slow",
            Self::Registry => "registry-away",
        }
    }
}

/// A handshake that failed before a chain was judged.
impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        let tls = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match tls {
            Some(rustls::Error::NoCertificatesPresented) => {
                Self::Session(CertificateErrorKind::NoCertificate)
            }
            // What the other side offered beside 1.3 is not told; 1.2 is the newest that it can have been.
            Some(rustls::Error::PeerIncompatible(
                PeerIncompatible::Tls12NotOffered
                | PeerIncompatible::Tls12NotOfferedOrEnabled
                | PeerIncompatible::SupportedVersionsExtensionRequired,
            )) => Self::Session(CertificateErrorKind::TlsVersion(TLS_1_2)),
            _ => Self::Handshake(error),
        }
    }
}

/// TLS 1.2, as TLS numbers it.
const TLS_1_2: u16 = 0x0303;

/// The device of a session as the registry has it now, and its project (§B steps 13 to 16).
pub(super) async fn registered(
    gateway: &Arc<Gateway>,
    session: &Session,
) -> Result<(Device, Certified<'static>), Refused> {
    let (asked, thumbprint) = (Arc::clone(gateway), session.credential.thumbprint);
    let found = tokio::task::spawn_blocking(move || asked.devices().by_thumbprint(&thumbprint)).await;
    let found = match found {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            eprintln!("comet: database: {error}");
            return Err(Refused::Registry);
        }
        Err(_) => return Err(Refused::Registry),
    };
    let row = found
        .as_ref()
        .map(|(device, certificates)| certificates.row(device));
    let proven = Credential::clone(&session.credential).bind(row)?;
    let Some((device, _)) = found else {
        return Err(Refused::Registry);
    };
    if session.version != TLS_1_3 && !TLS_1_2_FAMILIES.contains(&device.family) {
        return Err(Refused::Session(CertificateErrorKind::TlsVersion(
            session.version,
        )));
    }
    let certified = Certified::new(device.id().into_owned(), proven);
    Ok((device, certified))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_tls_have_the_names_of_the_specification() {
        let failed = |error: rustls::Error| Refused::from(io::Error::new(io::ErrorKind::InvalidData, error));
        assert_eq!(
            failed(rustls::Error::NoCertificatesPresented).code(),
            "no-certificate"
        );
        for old in [
            PeerIncompatible::Tls12NotOfferedOrEnabled,
            PeerIncompatible::SupportedVersionsExtensionRequired,
            PeerIncompatible::Tls12NotOffered,
        ] {
            assert_eq!(failed(rustls::Error::PeerIncompatible(old)).code(), "tls-version");
        }
        assert_eq!(failed(rustls::Error::DecryptError).code(), "handshake");
        assert_eq!(
            Refused::from(io::Error::from(io::ErrorKind::UnexpectedEof)).code(),
            "handshake"
        );
    }
}
