//! The path from the device to an anchor (§B steps 10 and 11).
//!
//! webpki builds and checks it, with the signature algorithms of this crate; what it does not look at, keyCertSign, is added. Two things
//! it does otherwise than the specification: it takes a wrong time for as good a reason as a wrong signature, and a critical key
//! identifier for an unknown extension. For chains that are not valid now, and for those with such an identifier, the few paths that
//! there can be are walked here. All other refusals are final.
//!
//! No signature is computed twice, and none for a certificate that is not below an anchor: the walk, as webpki does, begins at the
//! anchor. The work is bounded by [`MAX_SIGNATURES`](super::MAX_SIGNATURES), whatever the chain says.

use alloc::vec::Vec;
use core::time::Duration;

use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter, VerifiedPath};

use super::algorithm::Arithmetic;
use super::anchor::{AnchorKey, Anchors};
use super::error::{CertificateError, CertificateErrorKind};
use super::ledger::{Key, Ledger};
use super::parse::Certificate;

/// All paths of at most two certificates beside the device's, as indices in the chain; the first that holds counts.
const PATHS: [&[usize]; 5] = [&[0], &[0, 1], &[0, 1, 2], &[0, 2], &[0, 2, 1]];

/// Steps 10 and 11.
pub(super) fn check(
    chain: &[Certificate<'_>],
    anchors: &Anchors,
    now: u64,
    arithmetic: &dyn Arithmetic,
) -> Result<(), CertificateError> {
    let search = Search {
        anchors,
        now,
        ledger: &Ledger::new(chain, anchors, arithmetic),
    };
    let all: Vec<_> = chain.iter().enumerate().collect();
    let beyond_webpki = chain.iter().any(Certificate::has_critical_key_identifier);
    if !beyond_webpki {
        if search.is_built(&all, now) {
            return Ok(());
        }
        // Time is not the reason: the walk would find nothing, and compute nothing new.
        if all.iter().all(|member| fault_of_time(*member, now).is_none()) {
            return Err(CertificateError::device(CertificateErrorKind::Untrusted));
        }
    }
    search.walk(&all, beyond_webpki)
}

/// A certificate, and its index in the chain.
type Member<'c, 'a> = (usize, &'c Certificate<'a>);

/// Step 11, for one certificate.
fn fault_of_time((index, certificate): Member<'_, '_>, now: u64) -> Option<CertificateError> {
    let (not_before, not_after) = certificate.validity();
    if now < not_before {
        let kind = CertificateErrorKind::NotYetValid { not_before };
        return Some(CertificateError::new(kind, index));
    }
    let kind = CertificateErrorKind::Expired { not_after };
    (now > not_after).then_some(CertificateError::new(kind, index))
}

/// Any extended key usage: the device's was looked at, and those of CAs say nothing in RFC 5280 section 6.
struct AnyUsage;

impl ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

struct Search<'s> {
    anchors: &'s Anchors,
    now: u64,
    ledger: &'s Ledger<'s>,
}

impl Search<'_> {
    /// Whether webpki finds a path of CAs that may sign certificates, all valid at that time.
    fn is_built(&self, chain: &[Member<'_, '_>], at: u64) -> bool {
        let Some(((_, device), others)) = chain.split_first() else {
            return false;
        };
        let device = CertificateDer::from(device.der);
        let Ok(device) = EndEntityCert::try_from(&device) else {
            return false;
        };
        let others_der: Vec<_> = others
            .iter()
            .map(|(_, ca)| CertificateDer::from(ca.der))
            .collect();
        let may_sign = |path: &VerifiedPath<'_>| {
            let may_sign = |found: &webpki::Cert<'_>| {
                let mut known = others.iter();
                known.any(|(_, ca)| ca.der == found.der().as_ref() && ca.may_sign_certificates())
            };
            match path.intermediate_certificates().all(may_sign) {
                true => Ok(()),
                false => Err(webpki::Error::UnknownIssuer),
            }
        };
        let algorithms = self.ledger.algorithms();
        let algorithms = algorithms
            .each_ref()
            .map(|one| -> &dyn SignatureVerificationAlgorithm { one });
        let path = device.verify_for_usage(
            &algorithms,
            &self.anchors.trusted,
            &others_der,
            UnixTime::since_unix_epoch(Duration::from_secs(at)),
            AnyUsage,
            None,
            Some(&may_sign),
        );
        path.is_ok()
    }

    /// Looks for the first path that holds. What time has against the first one that holds otherwise is the fault of all.
    fn walk(&self, chain: &[Member<'_, '_>], beyond_webpki: bool) -> Result<(), CertificateError> {
        let mut fault = None;
        for indices in PATHS {
            let path: Option<Vec<_>> = indices.iter().map(|index| chain.get(*index).copied()).collect();
            let Some(path) = path.filter(|path| self.leads_to_an_anchor(path)) else {
                continue;
            };
            match path.iter().find_map(|member| fault_of_time(*member, self.now)) {
                // Where webpki has a say, it said no.
                None if beyond_webpki => return Ok(()),
                None => {}
                found => fault = fault.or(found),
            }
        }
        Err(fault.unwrap_or(CertificateError::device(CertificateErrorKind::Untrusted)))
    }

    /// Step 10, for a path.
    fn leads_to_an_anchor(&self, path: &[Member<'_, '_>]) -> bool {
        let links = || path.windows(2).enumerate();
        let named = links().all(|(cas, link)| {
            // CAs below the issuer: all of the path up to there but the device.
            matches!(link, [(_, below), (_, issuer)]
                if issuer.subject == below.issuer && issuer.may_issue_above(cas))
        });
        let Some((_, last)) = path.last().filter(|_| named) else {
            return false;
        };
        let ends = |anchor: &AnchorKey| {
            anchor.name == last.issuer && anchor.key().is_some_and(|key| self.is_signed(last, key))
        };
        self.anchors.keys.iter().any(ends)
            && links().rev().all(|(_, link)| {
                matches!(link, [(_, below), (_, issuer)]
                    if issuer.key().is_some_and(|key| self.is_signed(below, key)))
            })
            && self.names_hold(path)
    }

    /// Name constraints are webpki's to judge: it is asked for this path, at the first moment when all of it was valid. If there is none,
    /// or webpki does not read the certificates, nobody has judged them, and the path does not hold.
    fn names_hold(&self, path: &[Member<'_, '_>]) -> bool {
        let is_end = |anchor: &AnchorKey| path.last().is_some_and(|(_, last)| last.issuer == anchor.name);
        let mut ends = self.anchors.keys.iter().filter(|anchor| is_end(anchor));
        let mut cas = path.iter().skip(1);
        if !ends.any(|anchor| anchor.constrains_names) && !cas.any(|(_, ca)| ca.constrains_names()) {
            return true;
        }
        let from = path.iter().map(|(_, member)| member.validity().0).max();
        from.is_some_and(|from| self.is_built(path, from))
    }

    /// The signed part has to name the same algorithm (RFC 5280 §4.1.1.2).
    fn is_signed(&self, certificate: &Certificate<'_>, key: Key<'_>) -> bool {
        certificate.names_one_algorithm() && self.ledger.is_signed(certificate, key)
    }
}
