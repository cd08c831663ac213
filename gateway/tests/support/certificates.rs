//! A CA with devices, made on the fly, and TLS clients that show what they have.

#![allow(dead_code, reason = "each test binary uses its part")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

/// Whom the gateway calls itself.
const NAME: &str = "gateway.example";

pub(crate) fn params(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

/// What a certificate of a device has to say.
pub(crate) fn device_params(identity: &str) -> CertificateParams {
    let mut params = params(identity);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

/// Who makes certificates.
pub(crate) struct Ca(pub(crate) CertifiedIssuer<'static, KeyPair>);

impl Ca {
    pub(crate) fn new() -> Self {
        let mut params = params("Devices CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn issue(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Identity {
            chain: vec![certificate.der().clone()],
            key,
        }
    }

    /// A CA below this one, which signs the rest.
    pub(crate) fn below(&self, name: &str) -> Self {
        let mut params = params(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &self.0).unwrap())
    }

    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        let certificate: &rcgen::Certificate = self.0.as_ref();
        certificate.der().clone()
    }

    pub(crate) fn device(&self, identity: &str) -> Identity {
        self.issue(&device_params(identity))
    }
}

/// A certificate with its key.
pub(crate) struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: KeyPair,
}

impl Identity {
    /// The certificate in a file, in DER.
    pub(crate) fn file(&self, folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, &self.chain[0]).unwrap();
        path
    }
}

/// The certificate of one and the key of another.
pub(crate) fn stolen(chain: &Identity, key: &Identity) -> Identity {
    Identity {
        chain: chain.chain.clone(),
        key: KeyPair::try_from(key.key.serialize_der()).unwrap(),
    }
}

/// The certificate of the gateway, and the files it is started with.
pub(crate) struct Server {
    root: CertificateDer<'static>,
    folder: tempfile::TempDir,
}

impl Server {
    pub(crate) fn new(ca: &Ca) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
        std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        std::fs::write(folder.path().join("ca.pem"), ca.0.pem()).unwrap();
        Self {
            root: made.cert.der().clone(),
            folder,
        }
    }

    /// What `comet serve` is told.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let file = |name| self.folder.path().join(name).to_str().unwrap().to_owned();
        let options = [
            ("--https", "127.0.0.1:0".to_owned()),
            ("--https-cert", file("cert.pem")),
            ("--https-key", file("key.pem")),
            ("--https-client-ca", file("ca.pem")),
        ];
        options
            .into_iter()
            .flat_map(|(name, value)| [name.to_owned(), value])
            .collect()
    }

    /// What a device trusts and shows.
    pub(crate) fn client(
        &self,
        identity: Option<&Identity>,
        version: &'static SupportedProtocolVersion,
    ) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots);
        let config = match identity {
            None => config.with_no_client_auth(),
            Some(identity) => {
                let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(identity.key.serialize_der()));
                let key = ring::sign::any_ecdsa_type(&key).unwrap();
                // Unchecked: a thief has a certificate without its key.
                let shown = CertifiedKey::new(identity.chain.clone(), key);
                config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(shown)))
            }
        };
        TlsConnector::from(Arc::new(config))
    }
}

pub(crate) async fn connect(
    client: &TlsConnector,
    address: std::net::SocketAddr,
) -> io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from(NAME).unwrap();
    client.connect(name, stream).await
}

/// Posts a body on an open connection, which stays open; gives status and body of the answer.
pub(crate) async fn post(stream: &mut TlsStream<TcpStream>, body: &str) -> io::Result<(u16, String)> {
    let request = format!(
        "POST /json HTTP/1.1\r\nHost: {NAME}\r\nConnection: keep-alive\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    let limit = Duration::from_secs(20);
    while !is_complete(&answer) {
        let read = tokio::time::timeout(limit, stream.read_buf(&mut answer)).await??;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let answer = String::from_utf8(answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    Ok((super::status(&answer), body.to_owned()))
}

/// Whether head and body are there; the head says how long the body is.
fn is_complete(answer: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(answer) else {
        return false;
    };
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length: ")
                .map(str::to_owned)
        })
        .map_or(0, |length| length.parse().unwrap());
    body.len() >= length
}
