//! The services (§1): named, or told by their keys (§11).

use super::key::Key;

/// The service that sent a request (§1), named by `cb` or found by the keys (§11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Service {
    /// DATA UPLINK.
    Uplink,
    /// DATA BIDIR.
    Bidir,
    /// SERVICE DATA_ADVANCED.
    Advanced,
    /// SERVICE STATUS.
    Status,
    /// SERVICE ACKNOWLEDGE.
    Ack,
    /// SERVICE REPEATER.
    Repeater,
    /// SERVICE GEOLOC.
    Geoloc,
    /// ERROR.
    Error,
    /// EVENT.
    Event,
}

impl Service {
    pub(super) const ALL: [Self; 9] = [
        Self::Uplink,
        Self::Bidir,
        Self::Advanced,
        Self::Status,
        Self::Ack,
        Self::Repeater,
        Self::Geoloc,
        Self::Error,
        Self::Event,
    ];

    /// The service that `cb` names.
    pub(super) fn named(text: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        // Templates have it in small letters.
        all.clone()
            .find(|service| service.as_str() == text)
            .or_else(|| all.find(|service| service.as_str().eq_ignore_ascii_case(text)))
    }

    /// The service that these keys belong to; the table of §11, first line that fits first.
    pub(super) const fn of_keys(seen: u64) -> Option<Self> {
        const fn any(seen: u64, keys: &[Key]) -> bool {
            let mut bits = 0;
            let mut rest = keys;
            while let [key, others @ ..] = rest {
                bits |= key.bit();
                rest = others;
            }
            seen & bits != 0
        }
        let data = any(seen, &[Key::Data]);
        let severity = any(seen, &[Key::Severity]);
        Some(if any(seen, &[Key::InfoCode]) {
            Self::Ack
        } else if severity && any(seen, &[Key::EventType]) {
            Self::Event
        } else if severity {
            Self::Error
        } else if any(seen, &[Key::WhitelistDevices, Key::RepeatedMsg]) {
            Self::Repeater
        } else if any(seen, &[Key::Batt, Key::Temp]) && !data {
            Self::Status
        } else if any(seen, &[Key::Radius]) {
            Self::Geoloc
        } else if !data {
            return None;
        } else if any(
            seen,
            &[Key::ComputedLocation, Key::Duplicates, Key::Lqi, Key::LinkQuality],
        ) {
            Self::Advanced
        } else if any(seen, &[Key::Ack, Key::LongPolling]) {
            Self::Bidir
        } else {
            Self::Uplink
        })
    }

    /// The word in `cb`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uplink => "uplink",
            Self::Bidir => "bidir",
            Self::Advanced => "advanced",
            Self::Status => "status",
            Self::Ack => "ack",
            Self::Repeater => "repeater",
            Self::Geoloc => "geoloc",
            Self::Error => "error",
            Self::Event => "event",
        }
    }
}
