//! Names of the placeholders (§4) and their aliases (§5).

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

    /// The key of a name or alias. By length first, so that few names are compared.
    pub(super) fn find(name: &str) -> Option<Found> {
        let key = match name.len() {
            1 => match name {
                "v" => Self::V,
                _ => return None,
            },
            2 => match name {
                "id" => Self::Device,
                "cb" => Self::Cb,
                _ => return None,
            },
            3 => match name {
                "ack" => Self::Ack,
                "seq" => Self::SeqNumber,
                "snr" => Self::Snr,
                "lat" => Self::Lat,
                "lng" => Self::Lng,
                "lqi" => Self::Lqi,
                _ => return None,
            },
            4 => match name {
                "time" => Self::Time,
                "data" => Self::Data,
                "rssi" => Self::Rssi,
                "batt" => Self::Batt,
                "temp" => Self::Temp,
                "info" => Self::Info,
                _ => return None,
            },
            6 => match name {
                "device" => Self::Device,
                "avgSnr" => Self::AvgSnr,
                "signal" => Self::Snr,
                "radius" => Self::Radius,
                _ => return None,
            },
            7 => match name {
                "payload" => Self::Data,
                "station" => Self::Station,
                "groupId" => Self::GroupId,
                _ => return None,
            },
            8 => match name {
                "deviceId" => Self::Device,
                "sequence" => Self::SeqNumber,
                "fixedLat" => Self::FixedLat,
                "fixedLng" => Self::FixedLng,
                "infoCode" => Self::InfoCode,
                "wrongMsg" => Self::WrongMsg,
                "severity" => Self::Severity,
                "sourceId" => Self::SourceId,
                _ => return None,
            },
            9 => match name {
                "seqNumber" => Self::SeqNumber,
                "timestamp" => Self::Time,
                "duplicate" => Self::Duplicate,
                "avgSignal" => Self::AvgSnr,
                "eventType" => Self::EventType,
                _ => return None,
            },
            _ => return Self::find_long(name),
        };
        Some(Found::Key(key))
    }

    fn find_long(name: &str) -> Option<Found> {
        let key = match name.len() {
            10 => match name {
                "deviceType" => return Some(Found::DeviceType),
                "duplicates" => Self::Duplicates,
                "sourceType" => Self::SourceType,
                _ => return None,
            },
            11 => match name {
                "longPolling" => Self::LongPolling,
                "linkQuality" => Self::LinkQuality,
                "countryCode" => Self::CountryCode,
                "infoMessage" => Self::InfoMessage,
                "downlinkAck" => Self::DownlinkAck,
                "repeatedMsg" => Self::RepeatedMsg,
                "unwantedMsg" => Self::UnwantedMsg,
                _ => return None,
            },
            12 => match name {
                "deviceTypeId" => Self::DeviceTypeId,
                "operatorName" => Self::OperatorName,
                "overRegulMsg" => Self::OverRegulMsg,
                "geolocSource" => Self::GeolocSource,
                _ => return None,
            },
            14 => match name {
                "deviceTypeName" => Self::DeviceTypeName,
                _ => return None,
            },
            15 => match name {
                "unwantedDevices" => Self::UnwantedDevices,
                _ => return None,
            },
            16 => match name {
                "computedLocation" => Self::ComputedLocation,
                "whitelistDevices" => Self::WhitelistDevices,
                _ => return None,
            },
            17 => match name {
                "downlinkOverusage" => Self::DownlinkOverusage,
                _ => return None,
            },
            19 => match name {
                "deviceLastSeqnumber" => Self::DeviceLastSeqnumber,
                _ => return None,
            },
            22 => match name {
                "deviceMessageSeqnumber" => Self::DeviceMessageSeqnumber,
                _ => return None,
            },
            23 => match name {
                "deviceExpectedSeqnumber" => Self::DeviceExpectedSeqnumber,
                _ => return None,
            },
            _ => return None,
        };
        Some(Found::Key(key))
    }
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
