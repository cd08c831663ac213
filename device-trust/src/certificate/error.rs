//! Why a device was refused.

/// A refused chain: what is wrong, and with which certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind}, certificate {certificate} of the chain")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CertificateError {
    /// What is wrong.
    pub kind: CertificateErrorKind,
    /// Index in the chain as presented; 0 is the device's certificate.
    pub certificate: usize,
}

impl CertificateError {
    #[cold]
    pub(super) const fn new(kind: CertificateErrorKind, certificate: usize) -> Self {
        Self { kind, certificate }
    }

    /// About the device's certificate, or the session.
    #[cold]
    pub(super) const fn device(kind: CertificateErrorKind) -> Self {
        Self::new(kind, 0)
    }
}

/// What is wrong with a chain, or with the device behind it (§B).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum CertificateErrorKind {
    /// Not TLS 1.3 (step 1).
    #[error("TLS version {0:04x}")]
    TlsVersion(u16),
    /// The peer showed no certificate (step 2).
    #[error("no certificate")]
    NoCertificate,
    /// Too many certificates, or one that is too long (step 3).
    #[error("chain too long")]
    ChainLength,
    /// Not exactly one strict DER certificate of version 3 (step 4).
    #[error("malformed")]
    Malformed,
    /// Signed with an algorithm, or holding a key, outside the profile (step 5).
    #[error("algorithm")]
    Algorithm,
    /// A critical extension that is not understood (step 6).
    #[error("critical extension")]
    CriticalExtension,
    /// The device's certificate is that of a CA (step 7).
    #[error("a CA as device")]
    CaLeaf,
    /// The device's keyUsage (step 8).
    #[error("key usage")]
    KeyUsage,
    /// The device's extendedKeyUsage (step 9).
    #[error("extended key usage")]
    Eku,
    /// No path to an anchor (step 10).
    #[error("no path to an anchor")]
    Untrusted,
    /// Before notBefore (step 11).
    #[error("valid from {not_before} only")]
    NotYetValid {
        /// Unix seconds.
        not_before: u64,
    },
    /// After notAfter (step 11).
    #[error("valid until {not_after} only")]
    Expired {
        /// Unix seconds.
        not_after: u64,
    },
    /// The subject names no device, or more than one (step 12).
    #[error("no identity")]
    Identity,
    /// In no row of the registry (step 13).
    #[error("not in the registry")]
    UnknownDevice,
    /// In the row of another device (step 14).
    #[error("registered for another device")]
    IdentityMismatch,
    /// The row says revoked (step 15).
    #[error("revoked")]
    Revoked,
    /// The row says suspended (step 15).
    #[error("suspended")]
    Suspended,
    /// The row has no project (step 16).
    #[error("bound to no project")]
    NotBound,
}

impl CertificateErrorKind {
    /// Stable machine name, as in the specification.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TlsVersion(_) => "tls-version",
            Self::NoCertificate => "no-certificate",
            Self::ChainLength => "chain-length",
            Self::Malformed => "malformed",
            Self::Algorithm => "algorithm",
            Self::CriticalExtension => "critical-extension",
            Self::CaLeaf => "ca-leaf",
            Self::KeyUsage => "key-usage",
            Self::Eku => "eku",
            Self::Untrusted => "untrusted",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::Expired { .. } => "expired",
            Self::Identity => "identity",
            Self::UnknownDevice => "unknown-device",
            Self::IdentityMismatch => "identity-mismatch",
            Self::Revoked => "revoked",
            Self::Suspended => "suspended",
            Self::NotBound => "not-bound",
        }
    }
}
