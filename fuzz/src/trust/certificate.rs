//! Certificates: what is taken is taken by other libraries too, and says the same there.

use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use device_trust::certificate::{
    Algorithm, Anchors, Arithmetic, CertificateErrorKind, Credential, MAX_SIGNATURES, Portable, Thumbprint,
    examine_chain_with,
};
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer as _;
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Within the validity of the certificates of the vectors, which are the seeds.
const NOW: u64 = 1_782_907_200;

const ECDSA_SHA256: [u8; 12] = [
    0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02,
];

/// SubjectPublicKeyInfo of a P-256 key, up to the point.
const P256_SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The name of the CA that signs the devices of the vectors: O=Example Loggers, CN=Factory 1.
const ISSUER: [u8; 48] = *b"\x30\x2e\x31\x18\x30\x16\x06\x03\x55\x04\x0a\x0c\x0fExample Loggers\
    \x31\x12\x30\x10\x06\x03\x55\x04\x03\x0c\x09Factory 1";

static CA: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_slice(&[7; 32]).expect("a key"));

/// A certificate of that name with the key of [`CA`], signed by itself.
static ROOT: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let validity = b"\x30\x1e\x17\x0d260601120000Z\x17\x0d270701120000Z";
    let point = CA.verifying_key().to_sec1_point(false);
    let key = [&P256_SPKI, point.as_bytes()].concat();
    let parts = [
        &[0xa0, 3, 2, 1, 2, 2, 1, 1],
        ECDSA_SHA256.as_slice(),
        &ISSUER,
        validity,
        &ISSUER,
        &key,
    ];
    signed(&der(0x30, &parts.concat()))
});

static ANCHORS: LazyLock<Anchors> =
    LazyLock::new(|| Anchors::from_der([ROOT.as_slice()]).expect("an anchor"));

/// A value in DER.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let mut value = match u8::try_from(len) {
        Ok(short @ 0..0x80) => vec![tag, short],
        Ok(long) => vec![tag, 0x81, long],
        Err(_) => [&[tag, 0x82], &(len as u16).to_be_bytes()[..]].concat(),
    };
    value.extend_from_slice(content);
    value
}

/// A certificate of what is to be signed.
fn signed(tbs: &[u8]) -> Vec<u8> {
    let signature: p256::ecdsa::DerSignature = CA.sign(tbs);
    let bits = der(3, &[&[0], signature.as_bytes()].concat());
    der(0x30, &[tbs, &ECDSA_SHA256, &bits].concat())
}

/// The octets as the certificate of a device; the first value inside, signed by a CA that is trusted; and both as a chain.
pub fn any(octets: &[u8]) {
    let alone = asks(&[octets]);
    assert!(alone.is_none(), "nobody signed this");
    let tbs = tbs(octets).unwrap_or(octets);
    if tbs.len() > 4000 {
        return;
    }
    let device = signed(tbs);
    let found = asks(&[&device]);
    if let Some(found) = &found {
        agree(&device, found);
    }
    // What else is shown changes nothing, unless it is itself refused.
    let more = asks(&[&device, octets]);
    assert!(more.is_none() || more == found);
}

/// The first value in an outer one, where both have lengths of two bytes.
fn tbs(octets: &[u8]) -> Option<&[u8]> {
    let [0x30, 0x82, _, _, inner @ ..] = octets else {
        return None;
    };
    let [0x30, 0x82, high, low, ..] = inner else {
        return None;
    };
    inner.get(..4 + usize::from(u16::from_be_bytes([*high, *low])))
}

/// Portable arithmetic that keeps what was asked for: key, message, signature.
#[derive(Debug, Default)]
struct Counting(Mutex<Vec<[Vec<u8>; 3]>>);

impl Arithmetic for Counting {
    fn is_right(&self, algorithm: Algorithm, public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let asked = [public_key, message, signature].map(<[u8]>::to_vec);
        self.0.lock().expect("one thread").push(asked);
        Portable.is_right(algorithm, public_key, message, signature)
    }
}

fn asks(chain: &[&[u8]]) -> Option<Credential> {
    let counting = Counting::default();
    let examined = examine_chain_with(chain, &ANCHORS, NOW, &counting);
    let asked = counting.0.into_inner().expect("one thread");
    assert!(asked.len() <= MAX_SIGNATURES);
    for (at, one) in asked.iter().enumerate() {
        assert!(!asked[..at].contains(one), "a signature is computed twice");
    }
    match examined {
        Ok(found) => Some(found),
        Err(error) => {
            assert!(error.certificate < chain.len());
            assert!(!matches!(
                error.kind,
                CertificateErrorKind::UnknownDevice | CertificateErrorKind::NotBound
            ));
            None
        }
    }
}

/// Two other libraries take it too: one for the path, one for what the certificate says.
fn agree(device: &[u8], found: &Credential) {
    assert_eq!(found.thumbprint, Thumbprint::of(device));
    let (rest, parsed) = X509Certificate::from_der(device).expect("a certificate");
    assert!(rest.is_empty());
    assert_eq!(found.public_key().spki(), parsed.public_key().raw);
    assert!(!parsed.is_ca());
    let usage = parsed.key_usage().expect("readable").expect("there");
    assert!(usage.value.digital_signature() && !usage.value.key_cert_sign() && !usage.value.crl_sign());
    let purposes = parsed.extended_key_usage().expect("readable").expect("there");
    assert!(purposes.value.client_auth);
    let subject = parsed.subject();
    let mut names: Vec<_> = subject
        .iter_attributes()
        .filter(|attribute| attribute.attr_type().to_id_string() == "2.5.4.5")
        .collect();
    if names.is_empty() {
        names = subject.iter_common_name().collect();
    }
    assert_eq!(names.len(), 1);
    assert_eq!(names[0].as_str().ok(), Some(found.identity.as_str()));
    let critical_identifier = parsed.extensions().iter().any(|extension| {
        extension.critical && ["2.5.29.14", "2.5.29.35"].contains(&extension.oid.to_id_string().as_str())
    });
    let device = CertificateDer::from(device);
    let Ok(device) = EndEntityCert::try_from(&device) else {
        assert!(critical_identifier);
        return;
    };
    let root = CertificateDer::from(ROOT.as_slice());
    let anchor = anchor_from_trusted_cert(&root).expect("an anchor");
    let anchors = [anchor];
    let path = device.verify_for_usage(
        &[ring::ECDSA_P256_SHA256],
        &anchors,
        &[],
        UnixTime::since_unix_epoch(Duration::from_secs(NOW)),
        KeyUsage::client_auth(),
        None,
        None,
    );
    assert!(path.is_ok(), "{:?}", path.err());
}
