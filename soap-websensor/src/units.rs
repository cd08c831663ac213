//! Units of the flat messages (spec §5.4, §5.5). Units of channels are free text.

use core::fmt;

/// Unit of a quantity in a flat message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub enum Unit {
    /// Degree Celsius, `C`.
    Celsius,
    /// Degree Fahrenheit, `F`.
    Fahrenheit,
    /// Relative humidity in per cent.
    PercentRh,
    /// CO2, parts per million.
    Ppm,
    /// Absolute humidity, g/m³.
    GramPerCubicMetre,
    /// Specific humidity and mixing proportion, g/kg.
    GramPerKilogram,
    /// Specific enthalpy, kJ/kg.
    KilojoulePerKilogram,
    /// `hPa`, 100 Pa.
    Hectopascal,
    /// `mBar`, 100 Pa.
    Millibar,
    /// `PSI`, 6894.757293168 Pa.
    Psi,
    /// `inHg`, 3386.389 Pa.
    InchOfMercury,
    /// `oz/in^2`, 430.922330823 Pa.
    OuncePerSquareInch,
    /// `mmHg`, 133.322387415 Pa.
    MillimetreOfMercury,
    /// `inH2O`, 249.08891 Pa.
    InchOfWater,
    /// `kPa`, 1000 Pa.
    Kilopascal,
}

impl Unit {
    /// The text of `tempU` and `pressureU` where there is one; `%RH`, `ppm`, `g/m3`, `g/kg`, `kJ/kg` otherwise.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Celsius => "C",
            Self::Fahrenheit => "F",
            Self::PercentRh => "%RH",
            Self::Ppm => "ppm",
            Self::GramPerCubicMetre => "g/m3",
            Self::GramPerKilogram => "g/kg",
            Self::KilojoulePerKilogram => "kJ/kg",
            Self::Hectopascal => "hPa",
            Self::Millibar => "mBar",
            Self::Psi => "PSI",
            Self::InchOfMercury => "inHg",
            Self::OuncePerSquareInch => "oz/in^2",
            Self::MillimetreOfMercury => "mmHg",
            Self::InchOfWater => "inH2O",
            Self::Kilopascal => "kPa",
        }
    }

    /// Digits after the point that the devices use (spec §4.2, §5.5; inferred for the pressures other than hPa).
    #[must_use]
    pub const fn decimals(self) -> u8 {
        match self {
            Self::Ppm => 0,
            Self::Psi => 3,
            Self::InchOfMercury | Self::Kilopascal => 2,
            _ => 1,
        }
    }

    /// One unit of pressure in pascal, exact or conventional (spec §5.5); `None` for other quantities.
    #[must_use]
    pub const fn pascals(self) -> Option<f64> {
        Some(match self {
            Self::Hectopascal | Self::Millibar => 100.0,
            Self::Kilopascal => 1000.0,
            Self::Psi => 6_894.757_293_168,
            Self::InchOfMercury => 3_386.389,
            Self::MillimetreOfMercury => 133.322_387_415,
            Self::InchOfWater => 249.088_91,
            Self::OuncePerSquareInch => 430.922_330_823,
            _ => return None,
        })
    }

    /// Reads `tempU`: `C`, `F`, tolerant of a degree sign or of what is left of one (U+FFFD).
    #[must_use]
    pub fn from_temp_u(text: &str) -> Option<Self> {
        match text.strip_prefix(['°', '\u{FFFD}']).unwrap_or(text) {
            "C" => Some(Self::Celsius),
            "F" => Some(Self::Fahrenheit),
            _ => None,
        }
    }

    /// Reads `pressureU`; `oz/in\^2`, as one text of the manufacturer spells it, too.
    #[must_use]
    pub fn from_pressure_u(text: &str) -> Option<Self> {
        Some(match text {
            "hPa" => Self::Hectopascal,
            "mBar" => Self::Millibar,
            "PSI" => Self::Psi,
            "inHg" => Self::InchOfMercury,
            "oz/in^2" | "oz/in\\^2" => Self::OuncePerSquareInch,
            "mmHg" => Self::MillimetreOfMercury,
            "inH2O" => Self::InchOfWater,
            "kPa" => Self::Kilopascal,
            _ => return None,
        })
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Unit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// What `compQuant` is (spec §5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub enum ComputedQuantity {
    /// `Absolute humidity`, g/m³.
    AbsoluteHumidity,
    /// `Specific humidity`, g/kg.
    SpecificHumidity,
    /// `Mixing proportion`, g/kg.
    MixingProportion,
    /// `Specific enthalpy`, kJ/kg.
    SpecificEnthalpy,
    /// `Dew point`, in the unit that `tempU` names.
    DewPoint,
}

impl ComputedQuantity {
    const ALL: [Self; 5] = [
        Self::AbsoluteHumidity,
        Self::SpecificHumidity,
        Self::MixingProportion,
        Self::SpecificEnthalpy,
        Self::DewPoint,
    ];

    /// The text on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AbsoluteHumidity => "Absolute humidity",
            Self::SpecificHumidity => "Specific humidity",
            Self::MixingProportion => "Mixing proportion",
            Self::SpecificEnthalpy => "Specific enthalpy",
            Self::DewPoint => "Dew point",
        }
    }

    /// Reads `compType` without regard to ASCII case and to the length of inner white space.
    #[must_use]
    pub fn from_comp_type(text: &str) -> Option<Self> {
        // The words of the wire first: no splitting for what real devices send.
        Self::ALL
            .into_iter()
            .find(|quantity| quantity.as_str() == text)
            .or_else(|| {
                Self::ALL.into_iter().find(|quantity| {
                    let mut ours = quantity.as_str().split(' ');
                    let mut theirs = text
                        .split([' ', '\t', '\r', '\n'])
                        .filter(|word| !word.is_empty());
                    loop {
                        match (ours.next(), theirs.next()) {
                            (None, None) => return true,
                            (Some(a), Some(b)) if a.eq_ignore_ascii_case(b) => {}
                            _ => return false,
                        }
                    }
                })
            })
    }

    /// Its unit; a dew point is in `temperature`.
    #[must_use]
    pub const fn unit(self, temperature: Option<Unit>) -> Option<Unit> {
        match self {
            Self::AbsoluteHumidity => Some(Unit::GramPerCubicMetre),
            Self::SpecificHumidity | Self::MixingProportion => Some(Unit::GramPerKilogram),
            Self::SpecificEnthalpy => Some(Unit::KilojoulePerKilogram),
            Self::DewPoint => temperature,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pressure_unit_reads_back_from_its_code() {
        for unit in [
            Unit::Hectopascal,
            Unit::Millibar,
            Unit::Psi,
            Unit::InchOfMercury,
            Unit::OuncePerSquareInch,
            Unit::MillimetreOfMercury,
            Unit::InchOfWater,
            Unit::Kilopascal,
        ] {
            assert_eq!(Unit::from_pressure_u(unit.code()), Some(unit));
            assert!(unit.pascals().is_some());
        }
        assert_eq!(Unit::from_pressure_u("oz/in\\^2"), Some(Unit::OuncePerSquareInch));
        assert_eq!(Unit::from_pressure_u("hpa"), None);
        assert_eq!(Unit::Celsius.pascals(), None);
    }

    #[test]
    fn a_degree_sign_or_its_remains_do_not_matter() {
        for (text, unit) in [
            ("C", Unit::Celsius),
            ("°C", Unit::Celsius),
            ("\u{FFFD}F", Unit::Fahrenheit),
        ] {
            assert_eq!(Unit::from_temp_u(text), Some(unit));
        }
        for text in ["n/a", "K", "", "°°C", "c"] {
            assert_eq!(Unit::from_temp_u(text), None);
        }
    }

    #[test]
    fn computed_quantity_ignores_case_and_inner_blanks() {
        assert_eq!(
            ComputedQuantity::from_comp_type("DEW \t point"),
            Some(ComputedQuantity::DewPoint)
        );
        for quantity in ComputedQuantity::ALL {
            assert_eq!(
                ComputedQuantity::from_comp_type(quantity.as_str()),
                Some(quantity)
            );
        }
        for text in ["n/a", "Wet bulb", "Dew", "Dew point x", "Dewpoint", ""] {
            assert_eq!(ComputedQuantity::from_comp_type(text), None);
        }
    }
}
