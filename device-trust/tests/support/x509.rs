//! Certificates of any content, built byte by byte and signed.

#![allow(dead_code, reason = "each test binary takes what it needs")]
#![expect(clippy::unwrap_used, clippy::as_conversions, reason = "a test may panic")]

use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer as _;

/// Within [`LIVE`], after [`OVER`], before [`TO_COME`].
pub(crate) const NOW: u64 = 1_782_907_200;

/// First and last second of validity, as UTCTime. Those beside each other share one second.
pub(crate) type Validity = [&'static str; 2];
pub(crate) const LIVE: Validity = ["260601120000Z", "270701120000Z"];
pub(crate) const OVER: Validity = ["250601120000Z", "260601120000Z"];
pub(crate) const TO_COME: Validity = ["270601120000Z", "280601120000Z"];

pub(crate) const ECDSA_SHA256: &[u8] = &[
    0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02,
];
pub(crate) const ECDSA_SHA384: &[u8] = &[
    0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03,
];

/// SubjectPublicKeyInfo of a P-256 key, up to the point.
const P256_SPKI: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

pub(crate) const UTF8: u8 = 0x0c;
pub(crate) const PRINTABLE: u8 = 0x13;
pub(crate) const IA5: u8 = 0x16;

/// Last numbers of extensions below 2.5.29.
pub(crate) const SUBJECT_KEY_IDENTIFIER: u8 = 14;
pub(crate) const KEY_USAGE: u8 = 15;
pub(crate) const SUBJECT_ALT_NAME: u8 = 17;
pub(crate) const BASIC_CONSTRAINTS: u8 = 19;
pub(crate) const NAME_CONSTRAINTS: u8 = 30;
pub(crate) const CERTIFICATE_POLICIES: u8 = 32;
pub(crate) const EXTENDED_KEY_USAGE: u8 = 37;

/// A value in DER.
pub(crate) fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let mut value = match u8::try_from(len) {
        Ok(short @ 0..0x80) => vec![tag, short],
        Ok(long) => vec![tag, 0x81, long],
        Err(_) => [&[tag, 0x82], &(len as u16).to_be_bytes()[..]].concat(),
    };
    value.extend_from_slice(content);
    value
}

/// An attribute of a name, 2.5.4.`number`, in a string of that kind.
pub(crate) fn attribute(number: u8, kind: u8, text: &str) -> Vec<u8> {
    let id = [0x06, 3, 0x55, 0x04, number];
    der(0x31, &der(0x30, &[&id[..], &der(kind, text.as_bytes())].concat()))
}

/// A name of one commonName.
pub(crate) fn name(text: &str) -> Vec<u8> {
    der(0x30, &attribute(3, UTF8, text))
}

/// An extension, 2.5.29.`number`.
pub(crate) fn extension(number: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let id = [0x06, 3, 0x55, 0x1d, number];
    let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    der(0x30, &[&id[..], critical, &der(4, value)].concat())
}

/// keyUsage with these bits of its only byte, of which so many at the end are not used.
pub(crate) fn key_usage(bits: u8) -> Vec<u8> {
    extension(KEY_USAGE, true, &[3, 2, bits.trailing_zeros() as u8, bits])
}

/// A subjectKeyIdentifier that is marked critical.
pub(crate) fn critical_identifier() -> Vec<u8> {
    extension(SUBJECT_KEY_IDENTIFIER, true, &der(4, &[7; 20]))
}

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

/// What is written into a certificate.
#[derive(Clone)]
pub(crate) struct Tbs {
    /// Content of the version; nothing is version 1.
    pub(crate) version: Option<u8>,
    pub(crate) serial: u8,
    /// The algorithm, in the signed part and beside it.
    pub(crate) algorithm: [&'static [u8]; 2],
    pub(crate) issuer: Vec<u8>,
    pub(crate) validity: Validity,
    pub(crate) subject: Vec<u8>,
    /// SubjectPublicKeyInfo.
    pub(crate) spki: Vec<u8>,
    pub(crate) extensions: Vec<Vec<u8>>,
}

impl Tbs {
    /// A device that is taken, if its issuer is.
    pub(crate) fn device(issuer: &str, key: &SigningKey) -> Self {
        let client_auth = [0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 2];
        Self {
            version: Some(2),
            serial: 1,
            algorithm: [ECDSA_SHA256; 2],
            issuer: name(issuer),
            validity: LIVE,
            subject: name("device.1"),
            spki: [P256_SPKI, key.verifying_key().to_sec1_point(false).as_bytes()].concat(),
            extensions: vec![
                key_usage(0x80),
                extension(EXTENDED_KEY_USAGE, false, &client_auth),
            ],
        }
    }

    /// A CA, with a pathLenConstraint or without.
    pub(crate) fn ca(subject: &str, issuer: &str, key: &SigningKey, path_len: Option<u8>) -> Self {
        let path_len = path_len.map(|most| vec![2, 1, most]).unwrap_or_default();
        let basic = der(0x30, &[vec![1, 1, 0xff], path_len].concat());
        Self {
            subject: name(subject),
            extensions: vec![key_usage(0x06), extension(BASIC_CONSTRAINTS, true, &basic)],
            ..Self::device(issuer, key)
        }
    }

    pub(crate) fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    pub(crate) fn valid(mut self, validity: Validity) -> Self {
        self.validity = validity;
        self
    }

    pub(crate) fn serial(mut self, serial: u8) -> Self {
        self.serial = serial;
        self
    }

    /// The certificate, signed with ECDSA and SHA-256 whatever it says.
    pub(crate) fn sign(&self, by: &SigningKey) -> Vec<u8> {
        let version = self.version.map(|version| der(0xa0, &[2, 1, version]));
        let [from, until] = self.validity.map(|time| der(0x17, time.as_bytes()));
        let tbs = der(
            0x30,
            &[
                version.unwrap_or_default(),
                vec![2, 1, self.serial],
                self.algorithm[0].to_vec(),
                self.issuer.clone(),
                der(0x30, &[from, until].concat()),
                self.subject.clone(),
                self.spki.clone(),
                der(0xa3, &der(0x30, &self.extensions.concat())),
            ]
            .concat(),
        );
        let signature: p256::ecdsa::DerSignature = by.sign(&tbs);
        let bits = der(3, &[&[0], signature.as_bytes()].concat());
        der(0x30, &[tbs, self.algorithm[1].to_vec(), bits].concat())
    }
}
