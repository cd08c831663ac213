//! The flat messages: `InsertTx5xxSample` (T, RH, computed quantity, pressure) and `InsertTx5xxCO2Sample` (spec §4.2, §4.3).
//!
//! | wire order | T/RH/P | CO2 |
//! |---|---|---|
//! | 1–5 | `passKey` `device` `temp` `relHum` `compQuant` | the same |
//! | 6 | `pressure` | `co2` |
//! | 7 | `alarms`: temperature, humidity, computed, pressure | … , CO2 |
//! | then | `compType` `tempU` `pressureU` `timer` | `lev1` `lev2` `lev3` `compType` `tempU` `timer` |

use crate::alarms::{self, Alarm};
use crate::device::DeviceCode;
use crate::field::Field;
use crate::reading::{Reading, Sentinels, Status};
use crate::text::Text;
use crate::units::{ComputedQuantity, Unit};
use crate::warning::{Warning, Warnings};

/// The text that says "there is none" in `compType`, `tempU` and `pressureU`.
pub(crate) const NOT_AVAILABLE: &str = "n/a";

/// What the flat messages have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct Climate<'a> {
    /// `temp`, in the unit that `tempU` names.
    pub temperature: Reading<'a>,
    /// `relHum`, %RH.
    pub humidity: Reading<'a>,
    /// `compQuant`, see [`comp_type`](Self::comp_type).
    pub computed: Reading<'a>,
    /// `compType` as received; [`ComputedQuantity::from_comp_type`] reads it.
    pub comp_type: Option<Text<'a>>,
    /// `tempU` as received; [`Unit::from_temp_u`] reads it.
    pub temp_u: Option<Text<'a>>,
    /// `alarms` as received. The encoder writes the alarms of the readings instead.
    pub alarms: Option<Text<'a>>,
}

impl Climate<'_> {
    /// What the computed quantity is, if the text is a listed one.
    #[must_use]
    pub fn computed_quantity(&self) -> Option<ComputedQuantity> {
        self.comp_type
            .as_deref()
            .and_then(ComputedQuantity::from_comp_type)
    }
}

impl Default for Climate<'_> {
    fn default() -> Self {
        let missing = || Reading::new(Status::Missing, Alarm::None);
        Self {
            temperature: missing(),
            humidity: missing(),
            computed: missing(),
            comp_type: None,
            temp_u: None,
            alarms: None,
        }
    }
}

/// Flat T/RH/P, `InsertTx5xxSample` (spec §4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct Trhp<'a> {
    /// Temperature, humidity, computed quantity.
    pub climate: Climate<'a>,
    /// `pressure`, in the unit that `pressureU` names.
    pub pressure: Reading<'a>,
    /// `pressureU` as received; [`Unit::from_pressure_u`] reads it.
    pub pressure_u: Option<Text<'a>>,
}

impl Default for Trhp<'_> {
    fn default() -> Self {
        let pressure = Reading::new(Status::NotSupported, Alarm::None);
        Self {
            climate: Climate::default(),
            pressure,
            pressure_u: None,
        }
    }
}

/// Flat CO2, `InsertTx5xxCO2Sample` (spec §4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct Co2<'a> {
    /// Temperature, humidity, computed quantity.
    pub climate: Climate<'a>,
    /// `co2`, ppm.
    pub co2: Reading<'a>,
    /// The three lamps on the housing.
    pub lamps: Lamps,
}

impl Default for Co2<'_> {
    fn default() -> Self {
        let co2 = Reading::new(Status::NotReady, Alarm::None);
        Self {
            climate: Climate::default(),
            co2,
            lamps: Lamps::default(),
        }
    }
}

/// CO2 lamps (spec §5.7): `Some(true)` lit, `None` not said or not readable. Never derived from the concentration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[expect(clippy::exhaustive_structs, reason = "the housing has these three lamps")]
pub struct Lamps {
    /// `lev1`.
    pub green: Option<bool>,
    /// `lev2`.
    pub yellow: Option<bool>,
    /// `lev3`.
    pub red: Option<bool>,
}

/// Elements of the flat messages; the number is the place in [`Fields`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Slot {
    PassKey,
    Device,
    Temp,
    RelHum,
    CompQuant,
    /// `pressure` or `co2`.
    Fourth,
    Alarms,
    Lev1,
    Lev2,
    Lev3,
    CompType,
    TempU,
    PressureU,
    Timer,
}

/// A known element and its tags.
pub(crate) struct Element {
    pub(crate) slot: Slot,
    pub(crate) name: &'static str,
    pub(crate) open: &'static str,
    pub(crate) close: &'static str,
}

macro_rules! elements {
    ($($slot:ident $name:literal,)+) => {
        [$(Element {
            slot: Slot::$slot,
            name: $name,
            open: concat!("<", $name, ">"),
            close: concat!("</", $name, ">"),
        },)+]
    };
}

/// Wire order of flat T/RH/P.
pub(crate) static TRHP: [Element; 11] = elements![
    PassKey "passKey", Device "device", Temp "temp", RelHum "relHum", CompQuant "compQuant", Fourth "pressure",
    Alarms "alarms", CompType "compType", TempU "tempU", PressureU "pressureU", Timer "timer",
];

/// Wire order of flat CO2.
pub(crate) static CO2: [Element; 13] = elements![
    PassKey "passKey", Device "device", Temp "temp", RelHum "relHum", CompQuant "compQuant", Fourth "co2",
    Alarms "alarms", Lev1 "lev1", Lev2 "lev2", Lev3 "lev3", CompType "compType", TempU "tempU", Timer "timer",
];

/// The content of every known element.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a>([Field<'a>; 14]);

impl<'a> Fields<'a> {
    #[expect(
        clippy::as_conversions,
        clippy::indexing_slicing,
        reason = "fourteen slots, fourteen places"
    )]
    pub(crate) const fn slot(&mut self, slot: Slot) -> &mut Field<'a> {
        &mut self.0[slot as usize]
    }

    pub(crate) fn take(&mut self, slot: Slot) -> Field<'a> {
        core::mem::take(self.slot(slot))
    }

    fn text(&mut self, slot: Slot, warnings: &mut Warnings) -> Option<Text<'a>> {
        self.take(slot).into_text(warnings)
    }
}

impl<'a> Climate<'a> {
    /// The common part, and the alarm of the fourth quantity.
    fn from_fields(
        fields: &mut Fields<'a>,
        device: Option<DeviceCode>,
        warnings: &mut Warnings,
    ) -> (Self, Alarm) {
        let comp_type = fields.text(Slot::CompType, warnings);
        let temp_u = fields.text(Slot::TempU, warnings);
        let alarms = fields.text(Slot::Alarms, warnings);
        let positions = match alarms.as_deref() {
            None => [Alarm::Unknown; 4],
            Some(text) => {
                let tokens = alarms::tokens(text);
                if !tokens.regular {
                    warnings.insert(Warning::Alarms);
                }
                tokens.positions
            }
        };
        let temperature_unit = temp_u.as_deref().and_then(Unit::from_temp_u);
        let no_computed = is_not_available(comp_type.as_ref());
        let computed_unit = comp_type
            .as_deref()
            .filter(|_| !no_computed)
            .and_then(ComputedQuantity::from_comp_type)
            .and_then(|quantity| quantity.unit(temperature_unit));
        let measures = device.and_then(DeviceCode::model).map(|model| model.measures);
        // Spec §5.2, table of `NotSupported`.
        let no_temperature =
            is_not_available(temp_u.as_ref()) || measures.is_some_and(|m| m.lacks_temperature());
        let no_humidity = measures.is_some_and(|m| m.lacks_humidity());
        let mut reading = |slot, unsupported, unit, alarm| {
            Reading::from_field(fields.take(slot), Sentinels::Range, unsupported, unit, alarm)
        };
        let climate = Self {
            temperature: reading(Slot::Temp, no_temperature, temperature_unit, positions[0]),
            humidity: reading(Slot::RelHum, no_humidity, Some(Unit::PercentRh), positions[1]),
            computed: reading(Slot::CompQuant, no_computed, computed_unit, positions[2]),
            comp_type,
            temp_u,
            alarms,
        };
        (climate, positions[3])
    }
}

fn is_not_available(text: Option<&Text<'_>>) -> bool {
    text.is_some_and(|text| text.eq_ignore_ascii_case(NOT_AVAILABLE))
}

impl<'a> Trhp<'a> {
    pub(crate) fn from_fields(
        fields: &mut Fields<'a>,
        device: Option<DeviceCode>,
        warnings: &mut Warnings,
    ) -> Self {
        let (climate, alarm) = Climate::from_fields(fields, device, warnings);
        let pressure_u = fields.text(Slot::PressureU, warnings);
        let unit = pressure_u.as_deref().and_then(Unit::from_pressure_u);
        let unsupported = is_not_available(pressure_u.as_ref());
        let pressure = Reading::from_field(
            fields.take(Slot::Fourth),
            Sentinels::Range,
            unsupported,
            unit,
            alarm,
        );
        Self {
            climate,
            pressure,
            pressure_u,
        }
    }
}

impl<'a> Co2<'a> {
    pub(crate) fn from_fields(
        fields: &mut Fields<'a>,
        device: Option<DeviceCode>,
        warnings: &mut Warnings,
    ) -> Self {
        let (climate, alarm) = Climate::from_fields(fields, device, warnings);
        let co2 = Reading::from_field(
            fields.take(Slot::Fourth),
            Sentinels::Co2,
            false,
            Some(Unit::Ppm),
            alarm,
        );
        let mut lamp = |slot| match fields.take(slot) {
            Field::Missing => None,
            Field::Text(text) if text == "1" => Some(true),
            Field::Text(text) if text == "0" => Some(false),
            Field::Text(_) | Field::Children => {
                warnings.insert(Warning::Lamp);
                None
            }
        };
        let lamps = Lamps {
            green: lamp(Slot::Lev1),
            yellow: lamp(Slot::Lev2),
            red: lamp(Slot::Lev3),
        };
        Self { climate, co2, lamps }
    }
}
