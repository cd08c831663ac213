//! X.509 certificates of devices (§B).
//!
//! The TLS layer proves that the peer holds the private key of the certificate it showed. Here is decided what that certificate says:
//!
//! | steps | what |
//! |---|---|
//! | 1 to 3 | TLS 1.3, one to three certificates of at most 4096 bytes |
//! | 4 to 6 | each strict DER, of known algorithms, without unknown critical extensions |
//! | 7 to 9 | the device's: no CA, digitalSignature, clientAuth |
//! | 10, 11 | a path to an anchor, all of it valid now |
//! | 12 | its identity: serialNumber, or else commonName |
//! | 13 to 16 | the row of the registry: thumbprint, identity, state, project |
//!
//! [`verify`](verify()) makes all of them, [`examine`] those up to 12 and [`Credential::bind`] the rest; [`examine_chain`] leaves the
//! first, the TLS version, to its caller. The clock, the anchors and the registry are handed in; so is the arithmetic of signatures with
//! [`examine_chain_with`]. The TLS layer proves the possession of [`Credential::public_key`].

mod algorithm;
mod anchor;
mod error;
mod ledger;
mod parse;
mod path;
mod public_key;
mod registry;
mod subject;
mod verify;

pub use algorithm::{Algorithm, Arithmetic, Portable};
pub use anchor::{AnchorError, Anchors};
pub use error::{CertificateError, CertificateErrorKind};
pub use ledger::MAX_SIGNATURES;
pub use public_key::PublicKey;
pub use registry::{NotAThumbprint, Registry, Row, State, Thumbprint};
pub use subject::identity_of;
pub use verify::{
    Credential, Device, MAX_CERTIFICATE_LEN, MAX_CHAIN, TLS_1_2, TLS_1_3, examine, examine_chain,
    examine_chain_with, verify,
};
