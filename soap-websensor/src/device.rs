//! Device codes and models (spec §6): 49 codes, decimal in the message (`device`, `kind`).

use core::fmt;

/// Device code, unsigned decimal on the wire, 0 to 65535 (spec §6). Unlisted codes are carried as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(
    clippy::exhaustive_structs,
    reason = "a number of the wire, nothing can be added"
)]
pub struct DeviceCode(pub u16);

impl DeviceCode {
    /// The model with this code, if it is one of the listed.
    ///
    /// ```
    /// use soap_websensor::DeviceCode;
    /// assert_eq!(DeviceCode(4177).model().unwrap().name, "T7610");
    /// assert_eq!(DeviceCode(4999).model(), None);
    /// ```
    #[must_use]
    pub fn model(self) -> Option<&'static Model> {
        MODELS
            .binary_search_by_key(&self.0, |model| model.code.0)
            .ok()
            .and_then(|at| MODELS.get(at))
    }
}

impl fmt::Display for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A listed model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Model {
    /// Its code.
    pub code: DeviceCode,
    /// Name on the label.
    pub name: &'static str,
    /// Product line.
    pub family: Family,
    /// What it measures.
    pub measures: Measures,
}

/// Product line (spec §1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// Tx5xx, Tx6xx: codes 0x10xx.
    TLine,
    /// P85xx, P86xx and P2520: codes 0x11xx.
    PLine,
    /// Hx5xx, Hx6xx with relays: codes 0x12xx.
    HLine,
}

/// Quantities that a model measures (spec §6, documented for Tx5xx, inferred from the naming pattern otherwise).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "a set of five independent facts")]
#[non_exhaustive]
pub struct Measures {
    /// Temperature.
    pub temperature: bool,
    /// Relative humidity, and with it a computed quantity.
    pub humidity: bool,
    /// Atmospheric pressure.
    pub pressure: bool,
    /// CO2 concentration.
    pub co2: bool,
    /// Freely assigned channels; the other members say nothing then.
    pub channels: bool,
}

impl Measures {
    const NOTHING: Self = Self {
        temperature: false,
        humidity: false,
        pressure: false,
        co2: false,
        channels: false,
    };
    const T: Self = Self {
        temperature: true,
        ..Self::NOTHING
    };
    const P: Self = Self {
        pressure: true,
        ..Self::NOTHING
    };
    const CO2: Self = Self {
        co2: true,
        ..Self::NOTHING
    };
    const T_RH: Self = Self {
        humidity: true,
        ..Self::T
    };
    const T_RH_P: Self = Self {
        pressure: true,
        ..Self::T_RH
    };
    const T_RH_CO2: Self = Self {
        co2: true,
        ..Self::T_RH
    };
    const CHANNELS: Self = Self {
        channels: true,
        ..Self::NOTHING
    };

    pub(crate) const fn lacks_temperature(self) -> bool {
        !self.channels && !self.temperature
    }

    pub(crate) const fn lacks_humidity(self) -> bool {
        !self.channels && !self.humidity
    }
}

const fn model(code: u16, name: &'static str, family: Family, measures: Measures) -> Model {
    Model {
        code: DeviceCode(code),
        name,
        family,
        measures,
    }
}

/// All listed models, ascending by code.
pub static MODELS: [Model; 49] = [
    model(4106, "T4511", Family::TLine, Measures::T),
    model(4107, "T3511", Family::TLine, Measures::T_RH),
    model(4124, "T2514", Family::TLine, Measures::P),
    model(4129, "T7511", Family::TLine, Measures::T_RH_P),
    model(4144, "T0510", Family::TLine, Measures::T),
    model(4145, "T3510", Family::TLine, Measures::T_RH),
    model(4146, "T7510", Family::TLine, Measures::T_RH_P),
    model(4155, "T5540", Family::TLine, Measures::CO2),
    model(4158, "T6540", Family::TLine, Measures::T_RH_CO2),
    model(4161, "T5541", Family::TLine, Measures::CO2),
    model(4164, "T6541", Family::TLine, Measures::T_RH_CO2),
    model(4173, "T0610", Family::TLine, Measures::T),
    model(4174, "T4611", Family::TLine, Measures::T),
    model(4175, "T3610", Family::TLine, Measures::T_RH),
    model(4176, "T3611", Family::TLine, Measures::T_RH),
    model(4177, "T7610", Family::TLine, Measures::T_RH_P),
    model(4178, "T7611", Family::TLine, Measures::T_RH_P),
    model(4179, "T6640", Family::TLine, Measures::T_RH_CO2),
    model(4180, "T5640", Family::TLine, Measures::CO2),
    model(4191, "T5545", Family::TLine, Measures::CO2),
    model(4194, "T6545", Family::TLine, Measures::T_RH_CO2),
    model(4195, "T7613D", Family::TLine, Measures::T_RH_P),
    model(4199, "T5641", Family::TLine, Measures::CO2),
    model(4200, "T6641", Family::TLine, Measures::T_RH_CO2),
    model(4352, "P8511", Family::PLine, Measures::CHANNELS),
    model(4353, "P8541", Family::PLine, Measures::CHANNELS),
    model(4354, "P8510", Family::PLine, Measures::CHANNELS),
    model(4355, "P8610", Family::PLine, Measures::CHANNELS),
    model(4356, "P8631", Family::PLine, Measures::CHANNELS),
    model(4357, "P2520", Family::PLine, Measures::CHANNELS),
    model(4358, "P8611", Family::PLine, Measures::CHANNELS),
    model(4359, "P8641", Family::PLine, Measures::CHANNELS),
    model(4360, "P8652", Family::PLine, Measures::CHANNELS),
    model(4361, "P8552", Family::PLine, Measures::CHANNELS),
    model(4362, "P8653", Family::PLine, Measures::CHANNELS),
    model(4631, "H5524", Family::HLine, Measures::CO2),
    model(4637, "H6520", Family::HLine, Measures::T_RH_CO2),
    model(4640, "H5521", Family::HLine, Measures::CO2),
    model(4643, "H6521", Family::HLine, Measures::T_RH_CO2),
    model(4656, "H4531", Family::HLine, Measures::T),
    model(4657, "H0530", Family::HLine, Measures::T),
    model(4658, "H3531", Family::HLine, Measures::T_RH),
    model(4659, "H3530", Family::HLine, Measures::T_RH),
    model(4660, "H7530", Family::HLine, Measures::T_RH_P),
    model(4661, "H7531", Family::HLine, Measures::T_RH_P),
    model(4673, "H3531R", Family::HLine, Measures::T_RH),
    model(4674, "H4531R", Family::HLine, Measures::T),
    model(4675, "H7531R", Family::HLine, Measures::T_RH_P),
    model(4676, "H3536", Family::HLine, Measures::T_RH),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_code_resolves_to_itself() {
        assert!(MODELS.is_sorted_by(|a, b| a.code < b.code));
        for model in &MODELS {
            assert_eq!(model.code.model(), Some(model));
        }
    }

    #[test]
    fn the_block_of_a_code_is_its_product_line() {
        for model in &MODELS {
            let (family, letter) = match model.code.0 >> 8 {
                0x10 => (Family::TLine, 'T'),
                0x11 => (Family::PLine, 'P'),
                0x12 => (Family::HLine, 'H'),
                other => panic!("block {other:#x}"),
            };
            assert_eq!(model.family, family);
            assert!(model.name.starts_with(letter));
        }
    }

    #[test]
    fn the_first_digit_of_a_t_or_h_model_tells_what_it_measures() {
        for model in MODELS.iter().filter(|model| model.family != Family::PLine) {
            let expected = match &model.name[1..2] {
                "0" | "4" => Measures::T,
                "2" => Measures::P,
                "3" => Measures::T_RH,
                "5" => Measures::CO2,
                "6" => Measures::T_RH_CO2,
                _ => Measures::T_RH_P,
            };
            assert_eq!(model.measures, expected, "{}", model.name);
        }
    }
}
