//! Update manifests: a subset of SUIT with COSE_Sign1 (§A.2).
//!
//! ```text
//! 107({ 2: bstr [ bstr [ -16, sha256 ],                 digest of the manifest
//!                 bstr 18([ bstr { 1: alg, ? 4: kid },  COSE_Sign1
//!                           { ? 4: kid }, null, signature (64) ]), … ],
//!       3: bstr manifest })
//! ```
//!
//! [`verify`](verify()) makes the 19 steps of §A.2.2 in their order and gives what is [`Announced`].

mod cbor;
mod content;
mod envelope;
mod error;
mod policy;
mod sequence;
mod verify;

pub use content::Component;
pub use envelope::{MAX_BLOCKS, MAX_ENVELOPE_LEN};
pub use error::{Fault, ManifestError, ManifestErrorKind};
pub use policy::{ManifestKey, Policy};
pub use verify::{Announced, verify};
