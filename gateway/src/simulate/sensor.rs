//! A Web Sensor: values that walk, messages in the canonical form.

use clap::ValueEnum;
use soap_websensor::{
    Alarm, Channel, ChannelList, Channels, Climate, Co2, Content, Decimal, DeviceCode, Lamps, Message,
    Reading, Serial, Status, Text, Trhp,
};

use super::walk::Walk;
use crate::Failure;

/// What kind of sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shape {
    /// T7510: temperature, humidity, dew point, pressure.
    Trhp,
    /// T6640: temperature, humidity, dew point, CO2 with lamps; not ready at first.
    Co2,
    /// P2520: two current loops.
    P2520,
}

/// One sensor.
#[derive(Debug)]
pub(crate) struct Sensor {
    shape: Shape,
    serial: Serial<'static>,
    walk: Walk,
    sent: u64,
}

impl Sensor {
    pub(crate) fn new(shape: Shape, serial: &str, seed: u64) -> Result<Self, Failure> {
        let serial = Serial::new(serial.to_owned())
            .ok_or_else(|| Failure::new("a serial number is 1 to 32 letters, digits or hyphens"))?;
        Ok(Self {
            shape,
            serial,
            walk: Walk::new(seed),
            sent: 0,
        })
    }

    /// Body and `SOAPAction` of the next message.
    pub(crate) fn next_message(&mut self) -> Result<(Vec<u8>, String), Failure> {
        self.walk.step();
        let (code, content) = match self.shape {
            Shape::Trhp => (4146, self.trhp()),
            Shape::Co2 => (4179, self.co2()),
            Shape::P2520 => (4357, self.p2520()),
        };
        self.sent = self.sent.saturating_add(1);
        let message = Message::new(self.serial.clone(), DeviceCode(code), 60, content);
        let body = message
            .to_vec()
            .map_err(|error| Failure::new(error.to_string()))?;
        Ok((body, message.name.soap_action().to_string()))
    }

    fn climate(&self) -> Climate<'static> {
        let mut climate = Climate::default();
        climate.temperature = reading(
            self.walk.temperature_dc,
            1,
            alarm(self.walk.temperature_dc, 0, 500),
        );
        climate.humidity = reading(self.walk.humidity_dp, 1, alarm(self.walk.humidity_dp, 200, 800));
        // A rule of thumb is good enough here: a fifth of a degree for each per cent below saturation.
        let dew_point = self
            .walk
            .temperature_dc
            .saturating_sub(1000_i64.saturating_sub(self.walk.humidity_dp) / 5);
        climate.computed = reading(dew_point, 1, Alarm::None);
        climate.comp_type = Some(Text::from("Dew point"));
        climate.temp_u = Some(Text::from("C"));
        climate
    }

    fn trhp(&self) -> Content<'static> {
        let mut sample = Trhp::default();
        sample.climate = self.climate();
        sample.pressure = reading(self.walk.pressure_dhpa, 1, Alarm::None);
        sample.pressure_u = Some(Text::from("hPa"));
        Content::FlatTrhp(sample)
    }

    fn co2(&self) -> Content<'static> {
        let mut sample = Co2::default();
        sample.climate = self.climate();
        // Spec §4.3: no value for some seconds after start.
        if self.sent > 0 {
            sample.co2 = reading(self.walk.co2_ppm, 0, alarm(self.walk.co2_ppm, 0, 1200));
        }
        sample.lamps = Lamps {
            green: Some(self.sent > 0 && self.walk.co2_ppm < 1000),
            yellow: Some(self.sent > 0 && (1000..1200).contains(&self.walk.co2_ppm)),
            red: Some(self.sent > 0 && self.walk.co2_ppm >= 1200),
        };
        Content::FlatCo2(sample)
    }

    fn p2520(&self) -> Content<'static> {
        let channel = |number, name, hundredths: i64| {
            let status = Decimal::new(hundredths, 2).map_or(Status::Missing, Status::Ok);
            let mut channel = Channel::new(number, status);
            channel.name = Some(Text::from(name));
            channel.unit = Some(Text::from("mA"));
            channel.alarm = alarm(hundredths, 400, 2000);
            channel.decimals = Some(2);
            #[expect(
                clippy::as_conversions,
                clippy::cast_possible_truncation,
                reason = "binary32 is what the wire has"
            )]
            let float = status.value().map(|value| (value.as_f64() as f32).to_bits());
            channel.float = float;
            channel.e = Some(Text::from(if (400..=2000).contains(&hundredths) {
                "0"
            } else {
                "1"
            }));
            channel
        };
        let first = channel(1, "Level tank A", self.walk.loop_ua / 10);
        let second = channel(2, "Level tank B", self.walk.humidity_dp.saturating_add(800));
        let mut channels = Channels::default();
        channels.device_name = Some(Text::from("Current Loop Converter"));
        channels.list = ChannelList::pair(first, Some(second)).unwrap_or_default();
        Content::Channels(channels)
    }
}

fn reading(mantissa: i64, scale: u8, alarm: Alarm) -> Reading<'static> {
    Reading::new(
        Decimal::new(mantissa, scale).map_or(Status::Missing, Status::Ok),
        alarm,
    )
}

fn alarm(value: i64, low: i64, high: i64) -> Alarm {
    match value {
        value if value < low => Alarm::Low,
        value if value > high => Alarm::High,
        _ => Alarm::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_of_every_shape_is_canonical_and_repeatable() {
        for shape in [Shape::Trhp, Shape::Co2, Shape::P2520] {
            let mut one = Sensor::new(shape, "14930217", 7).unwrap();
            let mut other = Sensor::new(shape, "14930217", 7).unwrap();
            for _ in 0..200 {
                let (body, action) = one.next_message().unwrap();
                assert_eq!(other.next_message().unwrap(), (body.clone(), action));
                let message = soap_websensor::canonical::decode(&body).unwrap();
                assert!(message.all_warnings().is_empty(), "{:?}", message.all_warnings());
            }
        }
    }
}
