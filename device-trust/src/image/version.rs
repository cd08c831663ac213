//! Versions of images, and what one image needs of another.

/// Version of an image, 8 bytes: major, minor (1 each), revision (2), build (4), little-endian. Compared in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[expect(
    clippy::exhaustive_structs,
    reason = "the field has eight bytes, all named here"
)]
pub struct Version {
    /// Major, byte 0.
    pub major: u8,
    /// Minor, byte 1.
    pub minor: u8,
    /// Revision, bytes 2 and 3.
    pub revision: u16,
    /// Build, bytes 4 to 7.
    pub build: u32,
}

impl Version {
    /// A version of build 0.
    #[must_use]
    pub const fn new(major: u8, minor: u8, revision: u16) -> Self {
        Self {
            major,
            minor,
            revision,
            build: 0,
        }
    }

    /// Whether this is below `other`, where the build does not count (§A.1.2 step 18).
    #[must_use]
    pub const fn is_below(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.without_build(), other.without_build());
        ours < theirs
    }

    const fn without_build(&self) -> u32 {
        let [high, low] = self.revision.to_be_bytes();
        u32::from_be_bytes([self.major, self.minor, high, low])
    }

    pub(super) const fn from_bytes(bytes: [u8; 8]) -> Self {
        let [major, minor, r0, r1, b0, b1, b2, b3] = bytes;
        Self {
            major,
            minor,
            revision: u16::from_le_bytes([r0, r1]),
            build: u32::from_le_bytes([b0, b1, b2, b3]),
        }
    }

    #[cfg(feature = "sign")]
    pub(super) const fn to_bytes(self) -> [u8; 8] {
        let [r0, r1] = self.revision.to_le_bytes();
        let [b0, b1, b2, b3] = self.build.to_le_bytes();
        [self.major, self.minor, r0, r1, b0, b1, b2, b3]
    }
}

impl core::fmt::Display for Version {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "{}.{}.{}+{}",
            self.major, self.minor, self.revision, self.build
        )
    }
}

/// Another image that must be present before this one is staged (§A.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[expect(clippy::exhaustive_structs, reason = "the TLV has these two fields")]
pub struct Dependency {
    /// Number of the other image.
    pub image: u8,
    /// Its lowest version, build included.
    pub version: Version,
}

impl Dependency {
    /// Whether that image in this version is enough.
    #[must_use]
    pub fn is_met_by(&self, present: Version) -> bool {
        present >= self.version
    }
}

#[cfg(test)]
mod tests {
    use super::{Dependency, Version};
    use alloc::string::ToString as _;

    const fn version(major: u8, minor: u8, revision: u16, build: u32) -> Version {
        Version {
            major,
            minor,
            revision,
            build,
        }
    }

    #[test]
    fn the_build_does_not_count_for_the_lowest_version_but_for_dependencies() {
        let (low, high) = (version(1, 9, 9, 0), version(1, 9, 9, 7));
        assert!(!low.is_below(&high));
        let needs = Dependency {
            image: 1,
            version: high,
        };
        assert!(!needs.is_met_by(low));
        assert!(needs.is_met_by(high));
    }

    #[test]
    fn versions_are_compared_from_the_left() {
        let ascending = [
            version(0, 255, 65535, u32::MAX),
            version(1, 0, 255, 0),
            version(1, 0, 256, 0),
            version(1, 1, 0, 0),
            version(2, 0, 0, 0),
        ];
        for (at, a) in ascending.iter().enumerate() {
            for (to, b) in ascending.iter().enumerate() {
                assert_eq!(a.is_below(b), at < to, "{a} {b}");
                assert_eq!(a < b, at < to, "{a} {b}");
            }
        }
    }

    #[test]
    fn bytes_are_little_endian() {
        let read = Version::from_bytes([1, 2, 4, 3, 8, 7, 6, 5]);
        assert_eq!(read, version(1, 2, 0x0304, 0x0506_0708));
        assert_eq!(read.to_string(), "1.2.772+84281096");
    }
}
