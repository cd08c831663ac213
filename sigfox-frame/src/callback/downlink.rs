//! Answers to devices that ask (§8, R13 to R17), and what became of them (R15).

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::error::status;
use super::ids::Device;
use super::limits::DOWNLINK_LEN;
use super::record::Ack;
use super::values::InfoCode;

/// What a message that asked was given. The caller stores it with the message: a repetition gets the same (R13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_enums, reason = "there is nothing else to give")]
pub enum Given {
    /// No data.
    Nothing,
    /// These eight bytes.
    Data([u8; DOWNLINK_LEN]),
}

/// What to do for a record that [asks](super::Record::asks).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub struct Decision {
    /// What the message is given; to be stored with it.
    pub given: Given,
    /// The pending value is used up: it leaves the queue, together with the message being stored.
    pub taken: bool,
    /// The pending value cannot be sent (R14): an internal fault to report. It leaves the queue, where it would stand in the
    /// way for ever; the specification does not say what becomes of it.
    pub fault: Option<DownlinkFault>,
}

/// Why a pending value cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum DownlinkFault {
    /// It has not eight bytes.
    #[error("a downlink of {len} bytes")]
    Length {
        /// Bytes that it has.
        len: usize,
    },
}

impl DownlinkFault {
    /// Stable machine name, as in the conformance suite.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Length { .. } => "downlink-length",
        }
    }
}

/// Decides what a message that asks is given: what it was given before, else the oldest pending value of its device.
///
/// ```
/// use sigfox_frame::callback::{Given, decide};
/// let first = decide(None, Some(&[1; 8]));
/// assert_eq!((first.given, first.taken), (Given::Data([1; 8]), true));
/// let again = decide(Some(first.given), Some(&[2; 8]));
/// assert_eq!((again.given, again.taken), (Given::Data([1; 8]), false));
/// ```
pub fn decide(earlier: Option<Given>, pending: Option<&[u8]>) -> Decision {
    let decision = |given, taken, fault| Decision { given, taken, fault };
    match (earlier, pending) {
        (Some(given), _) => decision(given, false, None),
        (None, None) => decision(Given::Nothing, false, None),
        (None, Some(value)) => match <[u8; DOWNLINK_LEN]>::try_from(value) {
            Ok(data) => decision(Given::Data(data), true, None),
            Err(_) => decision(
                Given::Nothing,
                true,
                Some(DownlinkFault::Length { len: value.len() }),
            ),
        },
    }
}

/// The answer to a request: one member for each device that is given data.
///
/// ```
/// use sigfox_frame::callback::{Answer, Device, Given};
/// let mut answer = Answer::new();
/// assert_eq!((answer.status(), answer.body()), (204, None));
/// let device = Device::parse("2d91f3").unwrap();
/// answer.give(device, Given::Data([0, 0x11, 0x22, 0x33, 0xaa, 0xbb, 0xcc, 0xdd]));
/// assert_eq!(answer.status(), 200);
/// assert_eq!(answer.body().unwrap(), r#"{"2d91f3":{"downlinkData":"00112233aabbccdd"}}"#);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Answer {
    members: Vec<(Device, [u8; DOWNLINK_LEN])>,
    /// Numbers of their devices: a batch may name tens of thousands.
    devices: BTreeSet<u32>,
}

impl Answer {
    /// Content type of a [body](Self::body).
    pub const CONTENT_TYPE: &'static str = "application/json";

    /// An answer without data.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            members: Vec::new(),
            devices: BTreeSet::new(),
        }
    }

    /// Whether a device has a member already. A batch may hold two messages of one device, but an answer has one member for
    /// it: the second message is not [decided](decide) then.
    #[must_use]
    pub fn has(&self, device: Device) -> bool {
        self.devices.contains(&device.number())
    }

    /// Gives a device its data, under the spelling of the request. Nothing is added for [`Given::Nothing`], or for a device
    /// that has a member.
    pub fn give(&mut self, device: Device, given: Given) {
        if let Given::Data(data) = given
            && self.devices.insert(device.number())
        {
            self.members.push((device, data));
        }
    }

    /// The devices and their data, in order.
    pub fn members(&self) -> impl ExactSizeIterator<Item = &(Device, [u8; DOWNLINK_LEN])> {
        self.members.iter()
    }

    /// 200 with data, else 204 (R4).
    #[must_use]
    pub const fn status(&self) -> u16 {
        if self.members.is_empty() {
            status::ACCEPTED
        } else {
            status::ANSWERED
        }
    }

    /// The JSON object; none without data (R16).
    #[must_use]
    pub fn body(&self) -> Option<String> {
        if self.members.is_empty() {
            return None;
        }
        let mut body = String::with_capacity(self.members.len().saturating_mul(48));
        for (device, data) in &self.members {
            body.push(if body.is_empty() { '{' } else { ',' });
            // A spelling is hexadecimal digits: nothing to escape. Writing to a string cannot fail.
            let _ = write!(body, "\"{}\":{{\"downlinkData\":\"", device.spelling());
            for byte in data {
                let _ = write!(body, "{byte:02x}");
            }
            body.push_str("\"}");
        }
        body.push('}');
        Some(body)
    }
}

/// What became of a downlink (R15). Nothing proves that the device got it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Delivery {
    /// The station transmitted it.
    Transmitted,
    /// It was not transmitted, for this reason.
    Failed(InfoCode),
}

impl Ack<'_> {
    /// What the acknowledgement says of the downlink; `None` if it decides nothing.
    #[must_use]
    pub const fn delivery(&self) -> Option<Delivery> {
        match self.code.0 {
            0 if matches!(self.downlink_ack, Some(true)) => Some(Delivery::Transmitted),
            1..=4 | 6..=8 => Some(Delivery::Failed(self.code)),
            _ => None,
        }
    }
}
