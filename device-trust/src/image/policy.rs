//! What a device, or who serves updates to it, takes.

use super::version::Version;
use crate::key::Ed25519Key;

/// What follows the image (§A.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[expect(clippy::exhaustive_enums, reason = "the specification has these two")]
pub enum Mode {
    /// An update as delivered: nothing follows.
    File,
    /// Content of the flash: what follows is not looked at.
    Slot,
}

/// Which images are taken (§A.1.2). What is not asked for is not checked.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'k> {
    pub(super) keys: &'k [Ed25519Key],
    pub(super) max_size: u64,
    pub(super) mode: Mode,
    pub(super) counter: Option<u32>,
    pub(super) min_version: Option<Version>,
    pub(super) vendor: Option<[u8; 16]>,
    pub(super) class: Option<[u8; 16]>,
}

impl<'k> Policy<'k> {
    /// Images signed by one of these keys, of at most `max_size` bytes in total.
    #[must_use]
    pub const fn new(keys: &'k [Ed25519Key], max_size: u64, mode: Mode) -> Self {
        Self {
            keys,
            max_size,
            mode,
            counter: None,
            min_version: None,
            vendor: None,
            class: None,
        }
    }

    /// Only images with a security counter that is not below the stored one (step 17).
    #[must_use]
    pub const fn with_stored_counter(mut self, counter: u32) -> Self {
        self.counter = Some(counter);
        self
    }

    /// Only images of at least this version; its build does not count (step 18).
    #[must_use]
    pub const fn with_min_version(mut self, version: Version) -> Self {
        self.min_version = Some(version);
        self
    }

    /// Only images of this vendor (step 19).
    #[must_use]
    pub const fn with_vendor(mut self, vendor: [u8; 16]) -> Self {
        self.vendor = Some(vendor);
        self
    }

    /// Only images for this class of devices (step 19).
    #[must_use]
    pub const fn with_class(mut self, class: [u8; 16]) -> Self {
        self.class = Some(class);
        self
    }
}
