//! One certificate, parsed strictly (§B step 4).

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use x509_cert::Version;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::{CertificateInner, Raw, TbsCertificateInner};
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::oid::AssociatedOid;
use x509_cert::der::oid::db::{rfc4519, rfc5280, rfc5912};
use x509_cert::der::{Decode, Encode, Tag};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::algorithm::{KeyKind, SignatureKind};
use super::ledger::Key;
use super::registry::Thumbprint;

/// Longest identity of a device.
const MAX_IDENTITY_LEN: usize = 64;

/// A strict DER certificate of version 3 without an extension given twice.
#[derive(Debug)]
pub(super) struct Certificate<'a> {
    pub(super) der: &'a [u8],
    inner: CertificateInner<Raw>,
    tbs: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    pub(super) subject: Vec<u8>,
    basic_constraints: Option<BasicConstraints>,
    pub(super) key_usage: Option<KeyUsage>,
    extended_key_usage: Option<ExtendedKeyUsage>,
}

/// Decodes what is exactly one value in DER.
///
/// The decoder takes some things that DER forbids, such as a default that is written out. What is encoded anew to the same bytes has
/// none of them.
pub(super) fn strict<T: for<'d> Decode<'d> + Encode>(der: &[u8]) -> Option<T> {
    let value = T::from_der(der).ok()?;
    (value.to_der().ok()? == der).then_some(value)
}

impl<'a> Certificate<'a> {
    pub(super) fn parse(der: &'a [u8]) -> Option<Self> {
        let inner: CertificateInner<Raw> = strict(der)?;
        let tbs = inner.tbs_certificate();
        if tbs.version() != Version::V3 {
            return None;
        }
        let mut seen: Vec<ObjectIdentifier> = Vec::new();
        for extension in tbs.extensions().into_iter().flatten() {
            if seen.contains(&extension.extn_id) {
                return None;
            }
            seen.push(extension.extn_id);
        }
        Some(Self {
            der,
            tbs: tbs.to_der().ok()?,
            issuer: tbs.issuer().to_der().ok()?,
            subject: tbs.subject().to_der().ok()?,
            basic_constraints: extension(tbs)?,
            key_usage: extension(tbs)?,
            extended_key_usage: extension(tbs)?,
            inner,
        })
    }

    fn tbs(&self) -> &TbsCertificateInner<Raw> {
        self.inner.tbs_certificate()
    }

    /// Step 5.
    pub(super) fn is_of_known_algorithms(&self) -> bool {
        self.signature_kind().is_some() && self.key().is_some()
    }

    /// Step 6.
    pub(super) fn has_unknown_critical_extension(&self) -> bool {
        self.critical_extensions().any(|id| {
            ![
                BasicConstraints::OID,
                KeyUsage::OID,
                ExtendedKeyUsage::OID,
                rfc5280::ID_CE_SUBJECT_ALT_NAME,
                rfc5280::ID_CE_SUBJECT_KEY_IDENTIFIER,
                rfc5280::ID_CE_AUTHORITY_KEY_IDENTIFIER,
            ]
            .contains(&id)
        })
    }

    /// Whether a key identifier is marked critical: lawful here, though RFC 5280 tells CAs not to.
    pub(super) fn has_critical_key_identifier(&self) -> bool {
        self.critical_extensions().any(|id| {
            [
                rfc5280::ID_CE_SUBJECT_KEY_IDENTIFIER,
                rfc5280::ID_CE_AUTHORITY_KEY_IDENTIFIER,
            ]
            .contains(&id)
        })
    }

    fn critical_extensions(&self) -> impl Iterator<Item = ObjectIdentifier> {
        let all = self.tbs().extensions().into_iter().flatten();
        all.filter(|extension| extension.critical)
            .map(|extension| extension.extn_id)
    }

    pub(super) fn is_ca(&self) -> bool {
        self.basic_constraints.as_ref().is_some_and(|basic| basic.ca)
    }

    /// Whether it may issue a certificate with so many CAs between it and the device: flag, keyCertSign, pathLenConstraint.
    pub(super) fn may_issue_above(&self, cas: usize) -> bool {
        self.is_ca()
            && self.may_sign_certificates()
            && self
                .basic_constraints
                .as_ref()
                .and_then(|basic| basic.path_len_constraint)
                .is_none_or(|most| cas <= usize::from(most))
    }

    pub(super) fn may_sign_certificates(&self) -> bool {
        self.key_usage.is_some_and(|usage| usage.key_cert_sign())
    }

    /// Step 9.
    pub(super) fn is_for_clients(&self) -> bool {
        self.extended_key_usage
            .as_ref()
            .is_some_and(|usage| usage.0.contains(&rfc5912::ID_KP_CLIENT_AUTH))
    }

    /// First and last second of validity, in Unix time.
    pub(super) fn validity(&self) -> (u64, u64) {
        let validity = self.tbs().validity();
        let seconds = |time: Duration| time.as_secs();
        (
            seconds(validity.not_before.to_unix_duration()),
            seconds(validity.not_after.to_unix_duration()),
        )
    }

    /// Whether constraints for the names below it are there, critical or not.
    pub(super) fn constrains_names(&self) -> bool {
        constrains_names(self.tbs())
    }

    /// What is signed, and the signature. One that is not of whole bytes is empty, and right for nobody.
    pub(super) fn signed(&self) -> (&[u8], &[u8]) {
        let signature = self.inner.signature().as_bytes();
        (&self.tbs, signature.unwrap_or_default())
    }

    /// Whether the signed part names the algorithm of the signature.
    pub(super) fn names_one_algorithm(&self) -> bool {
        self.inner.signature_algorithm() == self.tbs().signature()
    }

    pub(super) fn signature_kind(&self) -> Option<SignatureKind> {
        SignatureKind::of(self.inner.signature_algorithm())
    }

    pub(super) fn key(&self) -> Option<Key<'_>> {
        key(self.tbs().subject_public_key_info())
    }

    /// The SubjectPublicKeyInfo in DER.
    pub(super) fn spki(&self) -> Option<Vec<u8>> {
        self.tbs().subject_public_key_info().to_der().ok()
    }

    pub(super) fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of(self.der)
    }

    /// Step 12: the only serialNumber of the subject, or else its only commonName.
    pub(super) fn identity(&self) -> Option<String> {
        let attributes = |id: ObjectIdentifier| {
            let names = self.tbs().subject().as_ref().as_ref().iter();
            names
                .flat_map(|name| name.as_ref().iter())
                .filter(move |attribute| attribute.oid == id)
        };
        let mut candidates = attributes(rfc4519::SERIAL_NUMBER).peekable();
        if candidates.peek().is_some() {
            return only(candidates);
        }
        only(attributes(rfc4519::COMMON_NAME))
    }
}

/// A key of the profile.
pub(super) fn key(spki: &SubjectPublicKeyInfoOwned) -> Option<Key<'_>> {
    Some((KeyKind::of(spki)?, spki.subject_public_key.as_bytes()?))
}

/// Whether a certificate has constraints for the names below it.
pub(super) fn constrains_names(tbs: &TbsCertificateInner<Raw>) -> bool {
    let mut all = tbs.extensions().into_iter().flatten();
    all.any(|extension| extension.extn_id == rfc5280::ID_CE_NAME_CONSTRAINTS)
}

/// An extension that is looked at: `None` if it is malformed, `Some(None)` if it is absent.
fn extension<T: AssociatedOid + for<'d> Decode<'d> + Encode>(
    tbs: &TbsCertificateInner<Raw>,
) -> Option<Option<T>> {
    let mut all = tbs.extensions().into_iter().flatten();
    match all.find(|extension| extension.extn_id == T::OID) {
        Some(extension) => strict(extension.extn_value.as_bytes()).map(Some),
        None => Some(None),
    }
}

/// The identity in the only attribute. Two candidates are never resolved by position.
fn only<'n>(mut attributes: impl Iterator<Item = &'n AttributeTypeAndValue>) -> Option<String> {
    let (attribute, None) = (attributes.next()?, attributes.next()) else {
        return None;
    };
    let value = &attribute.value;
    // The two forms that RFC 5280 §4.1.2.4 tells CAs to use; others do not have one byte for each of these characters for certain.
    if !matches!(
        x509_cert::der::Tagged::tag(value),
        Tag::PrintableString | Tag::Utf8String
    ) {
        return None;
    }
    let text = core::str::from_utf8(value.value()).ok()?;
    let lawful = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    ((1..=MAX_IDENTITY_LEN).contains(&text.len()) && text.bytes().all(lawful)).then(|| String::from(text))
}

#[cfg(test)]
mod tests {
    use super::strict;
    use x509_cert::ext::Extension;
    use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};

    #[test]
    fn a_default_that_is_written_out_is_no_der() {
        assert!(strict::<BasicConstraints>(&[0x30, 0]).is_some_and(|basic| !basic.ca));
        assert!(strict::<BasicConstraints>(&[0x30, 3, 1, 1, 0xff]).is_some_and(|basic| basic.ca));
        assert!(strict::<BasicConstraints>(&[0x30, 3, 1, 1, 0]).is_none());
        let extension = |critical: &[u8]| {
            let len = u8::try_from(critical.len()).unwrap() + 7;
            strict::<Extension>(&[&[0x30, len, 6, 3, 0x55, 0x1d, 0x13], critical, &[4, 0]].concat())
        };
        assert!(extension(&[]).is_some_and(|extension| !extension.critical));
        assert!(extension(&[1, 1, 0xff]).is_some_and(|extension| extension.critical));
        assert!(extension(&[1, 1, 0]).is_none());
        assert!(extension(&[1, 1, 1]).is_none());
    }

    #[test]
    fn bits_are_written_without_those_that_are_zero_at_the_end() {
        assert!(strict::<KeyUsage>(&[3, 2, 7, 0x80]).is_some_and(|usage| usage.digital_signature()));
        assert!(strict::<KeyUsage>(&[3, 2, 0, 0x80]).is_none());
        assert!(strict::<KeyUsage>(&[3, 2, 7, 0x81]).is_none());
    }

    #[test]
    fn lengths_are_shortest_and_nothing_follows() {
        let usage = [0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 2];
        assert!(strict::<ExtendedKeyUsage>(&usage).is_some());
        assert!(strict::<ExtendedKeyUsage>(&[&[0x30, 0x81], &usage[1..]].concat()).is_none());
        assert!(strict::<ExtendedKeyUsage>(&[&usage[..], &[0]].concat()).is_none());
        assert!(strict::<ExtendedKeyUsage>(&[0x30, 0x80, 0, 0]).is_none());
    }
}
