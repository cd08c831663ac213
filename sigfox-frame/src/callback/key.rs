//! Names of the placeholders (§4) and their aliases (§5).

use super::names::Names;

macro_rules! keys {
    ($($key:ident $name:literal,)+) => {
        /// A placeholder that has a meaning here.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Key { $($key,)+ }

        impl Key {
            pub(super) const ALL: &'static [Self] = &[$(Self::$key),+];

            /// The name of the placeholder.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$key => $name,)+ }
            }
        }
    };
}

keys! {
    Device "device",
    Time "time",
    Data "data",
    SeqNumber "seqNumber",
    DeviceTypeId "deviceTypeId",
    DeviceTypeName "deviceTypeName",
    Ack "ack",
    LongPolling "longPolling",
    Rssi "rssi",
    Snr "snr",
    Station "station",
    AvgSnr "avgSnr",
    Lat "lat",
    Lng "lng",
    Duplicate "duplicate",
    Lqi "lqi",
    LinkQuality "linkQuality",
    FixedLat "fixedLat",
    FixedLng "fixedLng",
    OperatorName "operatorName",
    CountryCode "countryCode",
    Duplicates "duplicates",
    ComputedLocation "computedLocation",
    Batt "batt",
    Temp "temp",
    InfoCode "infoCode",
    InfoMessage "infoMessage",
    DownlinkAck "downlinkAck",
    DownlinkOverusage "downlinkOverusage",
    WhitelistDevices "whitelistDevices",
    RepeatedMsg "repeatedMsg",
    UnwantedDevices "unwantedDevices",
    UnwantedMsg "unwantedMsg",
    WrongMsg "wrongMsg",
    OverRegulMsg "overRegulMsg",
    Radius "radius",
    GeolocSource "geolocSource",
    Severity "severity",
    Info "info",
    SourceId "sourceId",
    SourceType "sourceType",
    EventType "eventType",
    GroupId "groupId",
    DeviceLastSeqnumber "deviceLastSeqnumber",
    DeviceExpectedSeqnumber "deviceExpectedSeqnumber",
    DeviceMessageSeqnumber "deviceMessageSeqnumber",
    // Constants of the templates to publish (§11).
    Cb "cb",
    V "v",
}

/// How many there are.
pub(super) const KEYS: usize = Key::ALL.len();
// Each has a bit of its own.
const _: () = assert!(KEYS <= 64);

/// A name that is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Key(Key),
    /// `deviceType`, which is an id or a name, by its value (§5).
    DeviceType,
}

impl Key {
    #[expect(clippy::as_conversions, reason = "discriminant of a fieldless enum")]
    pub(super) const fn number(self) -> usize {
        self as usize
    }

    pub(super) const fn bit(self) -> u64 {
        #[expect(clippy::as_conversions, reason = "discriminant of a fieldless enum")]
        1_u64.wrapping_shl(self as u32)
    }

    /// The key of a name or alias.
    pub(super) fn find(name: &str) -> Option<Found> {
        NAMES.meaning(NAMES.find(name)?)
    }
}

/// Aliases of §5; the other names are those of the placeholders.
const ALIASES: [(&str, Found); 9] = [
    ("deviceId", Found::Key(Key::Device)),
    ("id", Found::Key(Key::Device)),
    ("timestamp", Found::Key(Key::Time)),
    ("payload", Found::Key(Key::Data)),
    ("seq", Found::Key(Key::SeqNumber)),
    ("sequence", Found::Key(Key::SeqNumber)),
    ("signal", Found::Key(Key::Snr)),
    ("avgSignal", Found::Key(Key::AvgSnr)),
    ("deviceType", Found::DeviceType),
];
/// How many names there are.
const COUNT: usize = KEYS.wrapping_add(ALIASES.len());

/// All names of keys.
pub(super) static NAMES: Names<Found, COUNT> = Names::new(names());

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated by the compiler, which refuses what would panic"
)]
const fn names() -> [(&'static str, Found); COUNT] {
    let mut names = [("", Found::DeviceType); COUNT];
    let mut number = 0;
    while number < COUNT {
        names[number] = if number < KEYS {
            (Key::ALL[number].name(), Found::Key(Key::ALL[number]))
        } else {
            ALIASES[number - KEYS]
        };
        number += 1;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_and_alias_is_found_and_nothing_else() {
        for key in Key::ALL {
            assert_eq!(Key::find(key.name()), Some(Found::Key(*key)), "{key:?}");
        }
        for (alias, key) in [
            ("deviceId", Key::Device),
            ("id", Key::Device),
            ("seq", Key::SeqNumber),
            ("sequence", Key::SeqNumber),
            ("signal", Key::Snr),
            ("avgSignal", Key::AvgSnr),
            ("timestamp", Key::Time),
            ("payload", Key::Data),
        ] {
            assert_eq!(Key::find(alias), Some(Found::Key(key)), "{alias}");
        }
        assert_eq!(Key::find("deviceType"), Some(Found::DeviceType));
        for other in [
            "",
            "x",
            "Device",
            "DEVICE",
            "devicetype",
            "customData#t",
            "__proto__",
            "seqnumber",
        ] {
            assert_eq!(Key::find(other), None, "{other}");
        }
    }
}
