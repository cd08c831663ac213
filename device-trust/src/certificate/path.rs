//! The path from the device to an anchor (§B steps 10 and 11).
//!
//! webpki builds and checks it, with the signature algorithms of this crate; what it does not look at, keyCertSign, is added. It has no
//! say on the order of the steps, and takes a wrong time for as good a reason as a wrong signature: why there is no path is found by
//! a walk over the few certificates there are, after it has refused.

use alloc::vec::Vec;
use core::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter, VerifiedPath};

use super::algorithm;
use super::anchor::Anchors;
use super::error::{CertificateError, CertificateErrorKind};
use super::parse::Certificate;

/// Steps 10 and 11.
pub(super) fn check(chain: &[Certificate<'_>], anchors: &Anchors, now: u64) -> Result<(), CertificateError> {
    // webpki takes a critical key identifier for unknown; the specification does not.
    let beyond_webpki = chain.iter().any(Certificate::has_critical_key_identifier);
    if !beyond_webpki && is_built(chain, anchors, now).is_some() {
        return Ok(());
    }
    let untrusted = CertificateError::device(CertificateErrorKind::Untrusted);
    let mut walk = Walk {
        chain,
        anchors,
        now,
        path: Vec::new(),
        fault: None,
    };
    let found = walk.from(0);
    match walk.fault {
        _ if found && beyond_webpki => Ok(()),
        Some(fault) if !found => Err(fault),
        _ => Err(untrusted),
    }
}

/// Any extended key usage: the device's was looked at, and those of CAs say nothing in RFC 5280 section 6.
struct AnyUsage;

impl ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

/// Whether webpki finds a path of CAs that may sign certificates, all valid now.
fn is_built(chain: &[Certificate<'_>], anchors: &Anchors, now: u64) -> Option<()> {
    let (device, others) = chain.split_first()?;
    let device = CertificateDer::from(device.der);
    let device = EndEntityCert::try_from(&device).ok()?;
    let others_der: Vec<_> = others.iter().map(|ca| CertificateDer::from(ca.der)).collect();
    let may_sign = |path: &VerifiedPath<'_>| {
        let may_sign = |found: &webpki::Cert<'_>| {
            let mut known = others.iter();
            known.any(|ca| ca.der == found.der().as_ref() && ca.may_sign_certificates())
        };
        match path.intermediate_certificates().all(may_sign) {
            true => Ok(()),
            false => Err(webpki::Error::UnknownIssuer),
        }
    };
    let path = device.verify_for_usage(
        &algorithm::ALL,
        &anchors.trusted,
        &others_der,
        UnixTime::since_unix_epoch(Duration::from_secs(now)),
        AnyUsage,
        None,
        Some(&may_sign),
    );
    path.ok().map(|_| ())
}

/// Looks for a path in depth. At most two certificates beside the device's: there are four orders of them.
struct Walk<'w, 'a> {
    chain: &'w [Certificate<'a>],
    anchors: &'w Anchors,
    now: u64,
    /// Indices of the certificates up to the present one.
    path: Vec<usize>,
    /// What time has against the first path that there is otherwise.
    fault: Option<CertificateError>,
}

impl Walk<'_, '_> {
    /// Whether a path that is valid now goes on from here.
    fn from(&mut self, index: usize) -> bool {
        let Some(present) = self.chain.get(index) else {
            return false;
        };
        self.path.push(index);
        let mut ends = self.anchors.keys.iter();
        let mut found = false;
        if ends.any(|anchor| anchor.name == present.issuer && present.is_signed_by(&anchor.key)) {
            match self.fault_of_time() {
                None => found = true,
                Some(fault) => self.fault = self.fault.or(Some(fault)),
            }
        }
        // CAs below the next one: all of the path but the device.
        let cas = self.path.len().saturating_sub(1);
        for next in 1..self.chain.len() {
            found = found
                || self.chain.get(next).is_some_and(|issuer| {
                    !self.path.contains(&next)
                        && issuer.subject == present.issuer
                        && issuer.may_issue_above(cas)
                        && present.is_signed_by(issuer.key())
                }) && self.from(next);
        }
        self.path.pop();
        found
    }

    /// Step 11, for the present path.
    fn fault_of_time(&self) -> Option<CertificateError> {
        self.path.iter().find_map(|index| {
            let (not_before, not_after) = self.chain.get(*index)?.validity();
            if self.now < not_before {
                let kind = CertificateErrorKind::NotYetValid { not_before };
                return Some(CertificateError::new(kind, *index));
            }
            let kind = CertificateErrorKind::Expired { not_after };
            (self.now > not_after).then_some(CertificateError::new(kind, *index))
        })
    }
}
