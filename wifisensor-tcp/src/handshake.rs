//! HELLO and CHALLENGE, the first frame of each side (spec §6.1, §6.2).
//!
//! | HELLO | size | field | | CHALLENGE | size | field |
//! |---|---|---|---|---|---|---|
//! | 0 | 1 | min | | 0 | 1 | version |
//! | 1 | 1 | max | | 1 | 1 | reserved, 0 |
//! | 2 | 1 | key_id | | 2 | 2 | ms |
//! | 3 | 1 | reserved, 0 | | 4 | 4 | time |
//! | 4 | 8 | device_id | | 8 | 16 | nonce |
//! | 12 | 16 | nonce | | | | |
//!
//! ```
//! use wifisensor_tcp::handshake::{DeviceId, Hello};
//!
//! let mut body = [0; 28];
//! body[..12].copy_from_slice(&[1, 1, 1, 0, 0, 0, 0, 0, 0x5e, 0x00, 0x53, 0x01]);
//! let hello = Hello::parse(&body).unwrap();
//! assert_eq!(hello.device_id.to_string(), "000000005e005301");
//! assert_eq!(hello.to_bytes(), body);
//! ```

use core::fmt;
use core::str::FromStr;

use crate::cursor::Cursor;
use crate::error::{DecodeError, Fault};
use crate::time::UnixTime;

/// Octets of a nonce.
pub const NONCE_LEN: usize = 16;
/// The protocol version that this crate speaks.
pub const VERSION: u8 = 1;
/// Octets of a HELLO body of this version.
pub const HELLO_LEN: usize = 28;
/// Octets of a HELLO body of a later version, at most.
pub const MAX_HELLO_LEN: usize = 64;
/// Octets of a CHALLENGE body.
pub const CHALLENGE_LEN: usize = 24;

/// Device id, 8 octets, an EUI-64 (spec §6.1). Written as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(into = "[u8; 8]"))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "eight octets of the wire")]
pub struct DeviceId(pub [u8; 8]);

impl DeviceId {
    /// Of a 48-bit MAC address: `00 00` and its 6 octets.
    ///
    /// ```
    /// use wifisensor_tcp::handshake::DeviceId;
    /// let id = DeviceId::from_mac([0x00, 0x00, 0x5e, 0x00, 0x53, 0x01]);
    /// assert_eq!("000000005e005301".parse(), Ok(id));
    /// ```
    #[must_use]
    pub const fn from_mac(mac: [u8; 6]) -> Self {
        let [a, b, c, d, e, f] = mac;
        Self([0, 0, a, b, c, d, e, f])
    }
}

impl From<DeviceId> for [u8; 8] {
    fn from(id: DeviceId) -> Self {
        id.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

/// Text that is no device id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a device id has 16 hexadecimal digits")]
#[non_exhaustive]
pub struct DeviceIdError;

impl FromStr for DeviceId {
    type Err = DeviceIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok().filter(|_| digits);
        Ok(Self(number.ok_or(DeviceIdError)?.to_be_bytes()))
    }
}

/// A range of protocol versions, 1 ≤ min ≤ max.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Versions {
    min: u8,
    max: u8,
}

impl Versions {
    /// `None` unless 1 ≤ min ≤ max.
    #[must_use]
    pub const fn new(min: u8, max: u8) -> Option<Self> {
        if min == 0 || min > max {
            return None;
        }
        Some(Self { min, max })
    }

    /// Lowest.
    #[must_use]
    pub const fn min(self) -> u8 {
        self.min
    }

    /// Highest.
    #[must_use]
    pub const fn max(self) -> u8 {
        self.max
    }

    /// Whether the version is one of them.
    #[must_use]
    pub const fn contains(self, version: u8) -> bool {
        self.min <= version && version <= self.max
    }

    /// What a server with these versions chooses for a device: the smaller of both highest, if both speak it (spec §6.1).
    #[must_use]
    pub fn choose(self, device: Self) -> Option<u8> {
        let version = self.max.min(device.max);
        (self.contains(version) && device.contains(version)).then_some(version)
    }
}

impl Default for Versions {
    /// What this crate speaks: version 1 alone.
    fn default() -> Self {
        Self {
            min: VERSION,
            max: VERSION,
        }
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Versions {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        let min = u.int_in_range(1..=u8::MAX)?;
        let max = u.int_in_range(min..=u8::MAX)?;
        Ok(Self { min, max })
    }
}

/// HELLO, from the device, seq 0 (spec §6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(
    clippy::exhaustive_structs,
    reason = "the layout of HELLO is the same in all versions"
)]
pub struct Hello {
    /// Bytes 0 and 1: protocol versions that the device speaks.
    pub versions: Versions,
    /// Byte 2: number of the secret it uses.
    pub key_id: u8,
    /// Bytes 4 to 11.
    pub device_id: DeviceId,
    /// Bytes 12 to 27; never used twice with one secret.
    pub nonce: [u8; NONCE_LEN],
}

impl Hello {
    /// Reads a body of 28 to 64 octets; what follows the known fields is ignored.
    ///
    /// # Errors
    /// Malformed: the length, or versions that are not 1 ≤ min ≤ max.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        if body.len() > MAX_HELLO_LEN {
            return Err(DecodeError::malformed(Fault::Length, "body", MAX_HELLO_LEN));
        }
        let mut c = Cursor::new(body);
        let (min, max) = (c.u8("min")?, c.u8("max")?);
        let key_id = c.u8("key_id")?;
        c.u8("reserved")?;
        let device_id = DeviceId(*c.array("device_id")?);
        let nonce = *c.array("nonce")?;
        let versions = Versions::new(min, max).ok_or(DecodeError::malformed(Fault::Range, "min", 0))?;
        Ok(Self {
            versions,
            key_id,
            device_id,
            nonce,
        })
    }

    /// The body.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HELLO_LEN] {
        let mut body = [0; HELLO_LEN];
        let (head, nonce) = body.split_at_mut(HELLO_LEN - NONCE_LEN);
        let [a, b, c, d, e, f, g, h] = self.device_id.0;
        head.copy_from_slice(&[
            self.versions.min,
            self.versions.max,
            self.key_id,
            0,
            a,
            b,
            c,
            d,
            e,
            f,
            g,
            h,
        ]);
        nonce.copy_from_slice(&self.nonce);
        body
    }
}

/// CHALLENGE, from the server, seq 0 (spec §6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "the fields of version 1")]
pub struct Challenge {
    /// Byte 0: the version chosen.
    pub version: u8,
    /// Bytes 2 and 3 (ms) and 4 to 7 (seconds): the server's clock.
    pub time: UnixTime,
    /// Bytes 8 to 23, random.
    pub nonce: [u8; NONCE_LEN],
}

impl Challenge {
    /// Reads a body of at least 24 octets; what follows the known fields is ignored.
    ///
    /// # Errors
    /// Malformed: too short, or ms above 999.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        let mut c = Cursor::new(body);
        let version = c.u8("version")?;
        c.u8("reserved")?;
        let (ms, seconds) = (c.u16("ms")?, c.u32("time")?);
        let nonce = *c.array("nonce")?;
        let time = UnixTime::new(seconds, ms).ok_or(DecodeError::malformed(Fault::Range, "ms", 2))?;
        Ok(Self { version, time, nonce })
    }

    /// The body.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; CHALLENGE_LEN] {
        let mut body = [0; CHALLENGE_LEN];
        let (head, nonce) = body.split_at_mut(CHALLENGE_LEN - NONCE_LEN);
        let ([m0, m1], [t0, t1, t2, t3]) = (self.time.ms().to_be_bytes(), self.time.seconds().to_be_bytes());
        head.copy_from_slice(&[self.version, 0, m0, m1, t0, t1, t2, t3]);
        nonce.copy_from_slice(&self.nonce);
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_of_both_highest_versions_is_chosen_if_both_speak_it() {
        let range = |min, max| Versions::new(min, max).unwrap();
        assert_eq!(range(1, 1).choose(range(1, 2)), Some(1));
        assert_eq!(range(1, 3).choose(range(2, 2)), Some(2));
        assert_eq!(range(1, 1).choose(range(2, 3)), None);
        assert_eq!(range(2, 2).choose(range(1, 1)), None);
        assert_eq!(Versions::new(0, 1), None);
        assert_eq!(Versions::new(2, 1), None);
    }

    #[test]
    fn a_device_id_is_sixteen_digits() {
        let id = DeviceId([0, 0, 0, 0, 0x5e, 0, 0x53, 0x01]);
        assert_eq!("000000005E005301".parse(), Ok(id));
        for bad in [
            "",
            "000000005e00530",
            "+00000005e005301",
            "00000000 5e00530",
            "000000005e0053011",
        ] {
            assert_eq!(bad.parse::<DeviceId>(), Err(DeviceIdError), "{bad}");
        }
    }

    #[test]
    fn a_hello_of_a_later_version_is_longer_and_never_above_64() {
        let hello = Hello {
            versions: Versions::default(),
            key_id: 7,
            device_id: DeviceId([1; 8]),
            nonce: [2; NONCE_LEN],
        };
        let mut body = [0xEE; MAX_HELLO_LEN + 1];
        body[..HELLO_LEN].copy_from_slice(&hello.to_bytes());
        for len in HELLO_LEN..=MAX_HELLO_LEN {
            assert_eq!(Hello::parse(&body[..len]), Ok(hello));
        }
        assert!(Hello::parse(&body).is_err());
        for len in 0..HELLO_LEN {
            assert_eq!(Hello::parse(&body[..len]).unwrap_err().offset, len);
        }
    }
}
