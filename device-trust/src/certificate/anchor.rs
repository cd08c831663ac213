//! CA certificates of the operator.

use alloc::vec::Vec;

use rustls_pki_types::{CertificateDer, TrustAnchor};
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::ledger::Key;
use super::parse;

/// A certificate that cannot be an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("anchor {index} is no certificate")]
#[non_exhaustive]
pub struct AnchorError {
    /// Index among those given.
    pub index: usize,
}

/// Where paths end: a name and a key each, and constraints for names if their certificates have any; the rest of these, validity
/// included, does not matter (§B step 11).
///
/// Read once, used for every session.
#[derive(Clone, Default)]
pub struct Anchors {
    pub(super) trusted: Vec<TrustAnchor<'static>>,
    pub(super) keys: Vec<AnchorKey>,
}

/// Name in DER, and key.
#[derive(Clone)]
pub(super) struct AnchorKey {
    pub(super) name: Vec<u8>,
    spki: SubjectPublicKeyInfoOwned,
    pub(super) constrains_names: bool,
}

impl AnchorKey {
    /// `None` if it is none of the profile, under which nothing is signed.
    pub(super) fn key(&self) -> Option<Key<'_>> {
        parse::key(&self.spki)
    }
}

impl core::fmt::Debug for Anchors {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Anchors")
            .field("count", &self.keys.len())
            .finish()
    }
}

impl Anchors {
    /// The anchors of these CA certificates in DER.
    ///
    /// # Errors
    /// [`AnchorError`] for the first that is no certificate.
    pub fn from_der<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, AnchorError> {
        let mut anchors = Self::default();
        for (index, der) in certificates.into_iter().enumerate() {
            anchors.add(der).ok_or(AnchorError { index })?;
        }
        Ok(anchors)
    }

    fn add(&mut self, der: &[u8]) -> Option<()> {
        let certificate = CertificateDer::from(der);
        let trusted = webpki::anchor_from_trusted_cert(&certificate).ok()?.to_owned();
        let parsed = CertificateInner::<Raw>::from_der(der).ok()?;
        let tbs = parsed.tbs_certificate();
        self.keys.push(AnchorKey {
            name: tbs.subject().to_der().ok()?,
            spki: tbs.subject_public_key_info().clone(),
            constrains_names: parse::constrains_names(tbs),
        });
        self.trusted.push(trusted);
        Some(())
    }
}
