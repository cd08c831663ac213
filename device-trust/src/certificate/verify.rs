//! The checks, in their order.

use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest as _, Sha256};

use super::algorithm::{Arithmetic, Portable};
use super::anchor::Anchors;
use super::error::{CertificateError, CertificateErrorKind};
use super::parse::Certificate;
use super::path;
use super::public_key::PublicKey;
use super::registry::{Registry, Row, State, Thumbprint};

/// Most certificates of a chain (§B step 3).
pub const MAX_CHAIN: usize = 3;

/// Longest certificate of a chain (§B step 3).
pub const MAX_CERTIFICATE_LEN: usize = 4096;

/// TLS 1.2, as the TLS layer numbers it.
pub const TLS_1_2: u16 = 0x0303;

/// TLS 1.3, as the TLS layer numbers it.
pub const TLS_1_3: u16 = 0x0304;

/// What an authentic certificate says: who the device is. Where its data goes is decided by the registry, [`bind`](Self::bind).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Credential {
    /// Identity of the device: serialNumber of the subject, or else commonName.
    pub identity: String,
    /// SHA-256 of the certificate.
    pub thumbprint: Thumbprint,
    /// SHA-256 of the SubjectPublicKeyInfo: the same for a renewed certificate of the same key.
    pub spki_sha256: [u8; 32],
    #[cfg_attr(feature = "serde", serde(skip))]
    public_key: PublicKey,
}

/// A device that may begin a session, and its project.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Device {
    /// Identity of the device.
    pub device_id: String,
    /// SHA-256 of the certificate.
    pub thumbprint: Thumbprint,
    /// SHA-256 of the SubjectPublicKeyInfo.
    pub spki_sha256: [u8; 32],
    /// The project its data goes to.
    pub project: String,
}

/// Decides what the certificate of a device says, and which project the device belongs to (§B).
///
/// `chain` is as presented, the device's certificate first; `now` is in Unix seconds. That the peer holds the private key is for the
/// TLS layer to prove.
///
/// # Errors
/// The first step that fails, in the order of the specification.
pub fn verify<R: Registry + ?Sized>(
    chain: &[&[u8]],
    anchors: &Anchors,
    now: u64,
    registry: &R,
    tls_version: u16,
) -> Result<Device, CertificateError> {
    let credential = examine(chain, anchors, now, tls_version)?;
    let row = registry.row(&credential.thumbprint);
    credential.bind(row)
}

/// Steps 1 to 12: for callers whose registry has to be asked elsewhere; [`Credential::bind`] makes the rest.
///
/// # Errors
/// As [`verify`](verify()).
pub fn examine(
    chain: &[&[u8]],
    anchors: &Anchors,
    now: u64,
    tls_version: u16,
) -> Result<Credential, CertificateError> {
    if tls_version != TLS_1_3 {
        return Err(CertificateError::device(CertificateErrorKind::TlsVersion(
            tls_version,
        )));
    }
    examine_chain(chain, anchors, now)
}

/// Steps 2 to 12, without the TLS version: for servers that hear of it only after the chain, or that owe some devices an older one.
/// Who calls this judges the version.
///
/// # Errors
/// As [`verify`](verify()).
pub fn examine_chain(chain: &[&[u8]], anchors: &Anchors, now: u64) -> Result<Credential, CertificateError> {
    examine_chain_with(chain, anchors, now, &Portable)
}

/// As [`examine_chain`], with other arithmetic than that of this crate.
///
/// # Errors
/// As [`verify`](verify()).
pub fn examine_chain_with(
    chain: &[&[u8]],
    anchors: &Anchors,
    now: u64,
    arithmetic: &dyn Arithmetic,
) -> Result<Credential, CertificateError> {
    if chain.is_empty() {
        return Err(CertificateError::device(CertificateErrorKind::NoCertificate));
    }
    let too_long = |(_, der): &(usize, &&[u8])| der.len() > MAX_CERTIFICATE_LEN;
    let excess = match chain.len() > MAX_CHAIN {
        true => Some(MAX_CHAIN),
        false => chain.iter().enumerate().find(too_long).map(|(index, _)| index),
    };
    if let Some(index) = excess {
        return Err(CertificateError::new(CertificateErrorKind::ChainLength, index));
    }
    // Each step for all certificates, before the next one.
    let chain: Vec<_> = chain
        .iter()
        .enumerate()
        .map(|(index, der)| {
            Certificate::parse(der).ok_or(CertificateError::new(CertificateErrorKind::Malformed, index))
        })
        .collect::<Result<_, _>>()?;
    demand(&chain, CertificateErrorKind::Algorithm, |certificate| {
        certificate.is_of_known_algorithms()
    })?;
    demand(&chain, CertificateErrorKind::CriticalExtension, |certificate| {
        !certificate.has_unknown_critical_extension()
    })?;
    let Some(device) = chain.first() else {
        return Err(CertificateError::device(CertificateErrorKind::NoCertificate));
    };
    check_device(device).map_err(CertificateError::device)?;
    path::check(&chain, anchors, now, arithmetic)?;
    match device.identity().zip(PublicKey::of(device)) {
        Some((identity, public_key)) => Ok(Credential {
            identity,
            thumbprint: device.thumbprint(),
            spki_sha256: Sha256::digest(public_key.spki()).into(),
            public_key,
        }),
        None => Err(CertificateError::device(CertificateErrorKind::Identity)),
    }
}

fn demand(
    chain: &[Certificate<'_>],
    kind: CertificateErrorKind,
    holds: impl Fn(&Certificate<'_>) -> bool,
) -> Result<(), CertificateError> {
    match chain.iter().position(|certificate| !holds(certificate)) {
        None => Ok(()),
        Some(index) => Err(CertificateError::new(kind, index)),
    }
}

/// Steps 7 to 9.
fn check_device(device: &Certificate<'_>) -> Result<(), CertificateErrorKind> {
    if device.is_ca() {
        return Err(CertificateErrorKind::CaLeaf);
    }
    let usage = device.key_usage.ok_or(CertificateErrorKind::KeyUsage)?;
    if !usage.digital_signature() || usage.key_cert_sign() || usage.crl_sign() {
        return Err(CertificateErrorKind::KeyUsage);
    }
    if !device.is_for_clients() {
        return Err(CertificateErrorKind::Eku);
    }
    Ok(())
}

impl Credential {
    /// The key whose possession the TLS layer has to prove.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Steps 13 to 16, with the row of the registry that has the thumbprint.
    ///
    /// # Errors
    /// As [`verify`](verify()).
    pub fn bind(self, row: Option<Row<'_>>) -> Result<Device, CertificateError> {
        let refused = |kind| Err(CertificateError::device(kind));
        let Some(row) = row.filter(|row| row.thumbprints.contains(&self.thumbprint)) else {
            return refused(CertificateErrorKind::UnknownDevice);
        };
        if row.device_id != self.identity {
            return refused(CertificateErrorKind::IdentityMismatch);
        }
        match row.state {
            State::Active => {}
            State::Revoked => return refused(CertificateErrorKind::Revoked),
            State::Suspended => return refused(CertificateErrorKind::Suspended),
        }
        let Some(project) = row.project else {
            return refused(CertificateErrorKind::NotBound);
        };
        Ok(Device {
            device_id: self.identity,
            thumbprint: self.thumbprint,
            spki_sha256: self.spki_sha256,
            project: String::from(project),
        })
    }
}
