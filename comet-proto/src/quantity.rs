//! What is measured, and in which unit.

use alloc::borrow::Cow;
use core::fmt;

/// A physical quantity or a state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Quantity<'a> {
    /// Temperature.
    Temperature,
    /// Relative humidity.
    RelativeHumidity,
    /// Absolute humidity.
    AbsoluteHumidity,
    /// Specific humidity.
    SpecificHumidity,
    /// Mixing ratio.
    MixingRatio,
    /// Specific enthalpy.
    SpecificEnthalpy,
    /// Dew point.
    DewPoint,
    /// Atmospheric pressure.
    Pressure,
    /// CO2 concentration.
    Co2,
    /// A signal lamp on the housing: lit or not.
    Lamp,
    /// A computed quantity of an unlisted kind, in the sender's words.
    Computed(Cow<'a, str>),
    /// State of a contact or another binary input.
    State,
    /// Voltage.
    Voltage,
    /// Electric current.
    Current,
    /// A count of events.
    Count,
    /// Level of the radio signal (channel 0: the device itself).
    SignalLevel,
    /// Charge of the battery (channel 0).
    BatteryCharge,
    /// Whether the device runs on external power (channel 0).
    ExternalPower,
    /// Whether the device believes its clock (channel 0).
    ClockValid,
    /// Voltage of the battery (channel 0).
    BatteryVoltage,
    /// The battery is low (channel 0).
    BatteryLow,
    /// A probe is missing (channel 0).
    ProbeMissing,
    /// Samples were overwritten before they were uploaded (channel 0).
    SamplesOverwritten,
    /// The clock was lost (channel 0).
    ClockLost,
    /// The last upload failed (channel 0).
    UploadFailed,
    /// How far the clock of the device is ahead of the arrival (channel 0).
    ClockOffset,
    /// Time since the device started (channel 0).
    Uptime,
    /// How far the signal is above the noise (channel 0).
    SignalToNoise,
    /// The same on average over many messages (channel 0).
    AverageSignalToNoise,
    /// Quality of the radio link in the network's classes, 0 the worst (channel 0).
    LinkQuality,
    /// Level of the signal of the network at the device (channel 0).
    DownlinkLevel,
    /// Voltage of the battery while the device transmits (channel 0).
    TransmitVoltage,
    /// Temperature inside the device, which no sensor of its own measures (channel 0).
    DeviceTemperature,
    /// Latitude (channel 0).
    Latitude,
    /// Longitude (channel 0).
    Longitude,
    /// Radius within which the position is (channel 0).
    PositionRadius,
    /// Whether a downlink was transmitted; nothing proves that the device got it (channel 0).
    DownlinkTransmitted,
    /// The device was silent for longer than it may be (channel 0).
    Silent,
    /// Trouble of the network near the device (channel 0).
    NetworkTrouble,
    /// A freely assigned channel: what it measures is known to its owner alone.
    Unspecified,
    /// A quantity that the family numbers and this version has no name for; the number is that of the wire.
    Unlisted(u8),
}

impl Quantity<'_> {
    /// Stable machine name; the sender's words for a computed quantity of an unlisted kind are not in it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::RelativeHumidity => "relative-humidity",
            Self::AbsoluteHumidity => "absolute-humidity",
            Self::SpecificHumidity => "specific-humidity",
            Self::MixingRatio => "mixing-ratio",
            Self::SpecificEnthalpy => "specific-enthalpy",
            Self::DewPoint => "dew-point",
            Self::Pressure => "pressure",
            Self::Co2 => "co2",
            Self::Lamp => "lamp",
            Self::Computed(_) => "computed",
            Self::State => "state",
            Self::SignalLevel => "signal-level",
            Self::BatteryCharge => "battery-charge",
            Self::ExternalPower => "external-power",
            Self::ClockValid => "clock-valid",
            Self::SignalToNoise => "signal-to-noise",
            Self::AverageSignalToNoise => "average-signal-to-noise",
            Self::LinkQuality => "link-quality",
            Self::DownlinkLevel => "downlink-level",
            Self::TransmitVoltage => "transmit-voltage",
            Self::DeviceTemperature => "device-temperature",
            Self::Latitude => "latitude",
            Self::Longitude => "longitude",
            Self::PositionRadius => "position-radius",
            Self::DownlinkTransmitted => "downlink-transmitted",
            Self::Silent => "silent",
            Self::NetworkTrouble => "network-trouble",
            Self::Unspecified => "unspecified",
            Self::Voltage => "voltage",
            Self::Current => "current",
            Self::Count => "count",
            Self::BatteryVoltage => "battery-voltage",
            Self::BatteryLow => "battery-low",
            Self::ProbeMissing => "probe-missing",
            Self::SamplesOverwritten => "samples-overwritten",
            Self::ClockLost => "clock-lost",
            Self::UploadFailed => "upload-failed",
            Self::ClockOffset => "clock-offset",
            Self::Uptime => "uptime",
            Self::Unlisted(_) => "unlisted",
        }
    }
}

/// A unit of measurement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unit<'a> {
    /// °C.
    Celsius,
    /// °F.
    Fahrenheit,
    /// %RH.
    PercentRh,
    /// Parts per million.
    Ppm,
    /// g/m³.
    GramPerCubicMetre,
    /// g/kg.
    GramPerKilogram,
    /// kJ/kg.
    KilojoulePerKilogram,
    /// hPa.
    Hectopascal,
    /// mbar.
    Millibar,
    /// Pa.
    Pascal,
    /// kPa.
    Kilopascal,
    /// psi.
    Psi,
    /// inHg.
    InchOfMercury,
    /// mmHg.
    MillimetreOfMercury,
    /// inH2O.
    InchOfWater,
    /// oz/in².
    OuncePerSquareInch,
    /// dBm.
    Dbm,
    /// dB.
    Decibel,
    /// °.
    Degree,
    /// m.
    Metre,
    /// %.
    Percent,
    /// V.
    Volt,
    /// A.
    Ampere,
    /// s.
    Second,
    /// Any other, in the sender's words.
    Other(Cow<'a, str>),
}

impl<'a> Unit<'a> {
    /// The unit of a text that devices write; unlisted ones are kept as they are.
    #[must_use]
    pub fn from_text(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        match &*text {
            "°C" => Self::Celsius,
            "°F" => Self::Fahrenheit,
            "%RH" => Self::PercentRh,
            "ppm" => Self::Ppm,
            "g/m³" => Self::GramPerCubicMetre,
            "g/kg" => Self::GramPerKilogram,
            "kJ/kg" => Self::KilojoulePerKilogram,
            "hPa" => Self::Hectopascal,
            "Pa" => Self::Pascal,
            "kPa" => Self::Kilopascal,
            "dBm" => Self::Dbm,
            "%" => Self::Percent,
            _ => Self::Other(text),
        }
    }

    /// The usual symbol.
    #[must_use]
    pub fn symbol(&self) -> &str {
        match self {
            Self::Celsius => "°C",
            Self::Fahrenheit => "°F",
            Self::PercentRh => "%RH",
            Self::Ppm => "ppm",
            Self::GramPerCubicMetre => "g/m³",
            Self::GramPerKilogram => "g/kg",
            Self::KilojoulePerKilogram => "kJ/kg",
            Self::Hectopascal => "hPa",
            Self::Millibar => "mbar",
            Self::Pascal => "Pa",
            Self::Kilopascal => "kPa",
            Self::Psi => "psi",
            Self::InchOfMercury => "inHg",
            Self::MillimetreOfMercury => "mmHg",
            Self::InchOfWater => "inH2O",
            Self::OuncePerSquareInch => "oz/in²",
            Self::Dbm => "dBm",
            Self::Decibel => "dB",
            Self::Degree => "°",
            Self::Metre => "m",
            Self::Percent => "%",
            Self::Volt => "V",
            Self::Ampere => "A",
            Self::Second => "s",
            Self::Other(text) => text,
        }
    }

    /// `to_base` of the unit: what `value` is in °C or Pa. Conversion is never implicit; `None` for other units.
    #[must_use]
    pub fn to_base(&self, value: f64) -> Option<(f64, BaseUnit)> {
        let pascals = match self {
            Self::Celsius => return Some((value, BaseUnit::Celsius)),
            Self::Fahrenheit => return Some(((value - 32.0) / 1.8, BaseUnit::Celsius)),
            Self::Hectopascal | Self::Millibar => 100.0,
            Self::Pascal => 1.0,
            Self::Kilopascal => 1000.0,
            Self::Psi => 6_894.757_293_168,
            Self::InchOfMercury => 3_386.389,
            Self::MillimetreOfMercury => 133.322_387_415,
            Self::InchOfWater => 249.088_91,
            Self::OuncePerSquareInch => 430.922_330_823,
            _ => return None,
        };
        Some((value * pascals, BaseUnit::Pascal))
    }
}

/// What [`Unit::to_base`] converts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BaseUnit {
    /// °C.
    Celsius,
    /// Pa.
    Pascal,
}

impl fmt::Display for Unit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.symbol())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Unit<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.symbol())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversion_is_explicit_and_only_where_it_makes_sense() {
        assert_eq!(Unit::Fahrenheit.to_base(212.0), Some((100.0, BaseUnit::Celsius)));
        assert_eq!(
            Unit::Kilopascal.to_base(101.325),
            Some((101_325.0, BaseUnit::Pascal))
        );
        assert_eq!(Unit::PercentRh.to_base(50.0), None);
        assert_eq!(Unit::Other(Cow::Borrowed("mA")).to_base(4.0), None);
    }
}
