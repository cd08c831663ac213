//! What one certificate says of its device, before there is a session: for who registers it.

use alloc::string::String;

use super::anchor::Anchors;
use super::error::{CertificateError, CertificateErrorKind};
use super::parse::Certificate;
use super::verify::examine_chain;

/// The identity that the certificate of a device names (§B step 12), in DER.
///
/// Who issued it and when it is valid is not looked at: the answer says nothing of trust. It keeps what no session would ever get past
/// out of a registry.
///
/// # Errors
/// The first of steps 3 to 9 and 12 that the certificate fails, alone as it is.
///
/// ```
/// use device_trust::certificate::{CertificateErrorKind, identity_of};
///
/// let error = identity_of(b"0 is no certificate").unwrap_err();
/// assert_eq!(error.kind, CertificateErrorKind::Malformed);
/// ```
pub fn identity_of(certificate: &[u8]) -> Result<String, CertificateError> {
    // No anchor, no path: what is found before step 10 is the fault of the certificate itself.
    match examine_chain(&[certificate], &Anchors::default(), 0) {
        Ok(credential) => Ok(credential.identity),
        Err(error) if error.kind == CertificateErrorKind::Untrusted => Certificate::parse(certificate)
            .and_then(|certificate| certificate.identity())
            .ok_or(CertificateError::device(CertificateErrorKind::Identity)),
        Err(error) => Err(error),
    }
}
