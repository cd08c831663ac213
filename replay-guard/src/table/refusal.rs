//! Why a table does not do what it is asked.

use crate::counter::SeedError;
use crate::record::RestoreError;

/// No place for a new device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("no place for a new device")]
#[non_exhaustive]
pub struct Full;

/// A record was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreFailed {
    /// The octets are no record.
    #[error(transparent)]
    Record(#[from] RestoreError),
    /// The table is full.
    #[error("no place for a new device")]
    Full,
}

/// A device was not started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SeedFailed {
    /// The seed does not fit the discipline.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// The table is full.
    #[error("no place for a new device")]
    Full,
}

impl From<Full> for SeedFailed {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

/// Records of the table would not be valid under the new policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("discipline, window, modulus or `back` differ: records would not be valid")]
#[non_exhaustive]
pub struct OtherRecords;

/// A policy that trusts first messages would trust an evicted device anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("the policy trusts first messages: an evicted device would be trusted anew")]
#[non_exhaustive]
pub struct TrustsFirst;
