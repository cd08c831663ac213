//! Versions, identifiers and dependencies as people write them.

use device_trust::image::{Dependency, Version};

/// Largest image that is looked at unless another size is given: more than any datalogger has.
pub(super) const MAX_SIZE: u64 = 64 << 20;

/// A version as `major.minor.revision` or `major.minor.revision+build`.
pub(super) fn version(text: &str) -> Result<Version, String> {
    read_version(text).ok_or_else(|| "a version is written 1.2.3 or 1.2.3+4".to_owned())
}

fn read_version(text: &str) -> Option<Version> {
    let (numbers, build) = text.split_once('+').unwrap_or((text, "0"));
    let mut numbers = numbers.split('.');
    let mut version = Version::new(
        number(numbers.next()?)?,
        number(numbers.next()?)?,
        number(numbers.next()?)?,
    );
    version.build = number(build)?;
    numbers.next().is_none().then_some(version)
}

/// Digits only: `parse` alone would take a sign.
fn number<N: core::str::FromStr>(text: &str) -> Option<N> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// A vendor or class: 32 hexadecimal digits, with or without the hyphens of a UUID.
pub(super) fn uuid(text: &str) -> Result<[u8; 16], String> {
    let digits: String = match text.split('-').map(str::len).collect::<Vec<_>>()[..] {
        [8, 4, 4, 4, 12] => text.split('-').collect(),
        _ => text.to_owned(),
    };
    let octets = crate::input::from_hex(digits.as_bytes()).and_then(|octets| octets.try_into().ok());
    octets.ok_or_else(|| "an identifier has 32 hexadecimal digits".to_owned())
}

/// Another image that must be present, as `image:version`.
pub(super) fn dependency(text: &str) -> Result<Dependency, String> {
    let read = |(image, version)| {
        Some(Dependency {
            image: number(image)?,
            version: read_version(version)?,
        })
    };
    let read = text.split_once(':').and_then(read);
    read.ok_or_else(|| "a dependency is written 1:1.2.3+4, image and lowest version".to_owned())
}

/// An address, decimal or hexadecimal with `0x`.
pub(super) fn address(text: &str) -> Result<u32, String> {
    let read = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => number(text),
    };
    read.ok_or_else(|| "an address is a number of 32 bits, such as 0x20001000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_three_numbers_and_perhaps_a_build() {
        assert_eq!(version("1.2.65535").unwrap(), Version::new(1, 2, 65535));
        assert_eq!(version("1.2.3+4294967295").unwrap().build, u32::MAX);
        for wrong in [
            "",
            "1",
            "1.2",
            "1.2.3.4",
            "256.0.0",
            "1.2.65536",
            "1.2.3+",
            "+1.2.3",
            "1.+2.3",
            "1.2.3+4+5",
            "1.2.3-rc",
        ] {
            assert!(version(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn identifiers_may_be_written_as_uuids() {
        let plain = uuid("cfbff0d193755685968c48ce8b15ae17").unwrap();
        assert_eq!(uuid("cfbff0d1-9375-5685-968c-48ce8b15ae17").unwrap(), plain);
        for wrong in [
            "",
            "cfbff0d193755685968c48ce8b15ae",
            "cfbf-f0d193755685968c48ce8b15ae17",
        ] {
            assert!(uuid(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn dependencies_and_addresses() {
        let read = dependency("1:2.0.0+7").unwrap();
        assert_eq!((read.image, read.version), (1, version("2.0.0+7").unwrap()));
        assert!(dependency("256:1.0.0").is_err() && dependency("1.0.0").is_err());
        assert_eq!(address("0x20001000"), Ok(0x2000_1000));
        assert_eq!(address("4294967295"), Ok(u32::MAX));
        assert!(address("4294967296").is_err() && address("-1").is_err() && address("0x").is_err());
    }
}
