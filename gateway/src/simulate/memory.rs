//! Devices that push JSON: loggers, WiFi sensors, wired sensors. The last two keep what was not confirmed.

use core::num::NonZeroU8;
use std::collections::VecDeque;

use comet_json::logger::{self, DeviceClock, LoggerMessage};
use comet_json::wifi::{self, WifiMessage};
use comet_json::wired::{self, WiredMessage};
use comet_json::{HexFloat, Serial, Text, Timestamp};
use comet_proto::{Family, UnixMillis};

use super::client::Answer;
use super::walk::Walk;
use crate::Failure;

/// One reading in the memory.
#[derive(Debug, Clone)]
struct Sample {
    order_id: u32,
    taken: UnixMillis,
    temperature: f32,
    humidity: f32,
    /// What failed first, as the family codes it; 0 for nothing.
    failed: u8,
}

/// A message that waits.
#[derive(Debug, Clone)]
enum Waiting {
    Sample(Sample),
    /// Octets that nobody can read.
    Poison(Vec<u8>),
}

/// A device with its memory.
#[derive(Debug)]
pub(crate) struct Device {
    family: Family,
    serial: Serial,
    walk: Walk,
    order_id: u32,
    memory: VecDeque<Waiting>,
}

impl Device {
    pub(crate) fn new(family: Family, serial: &str, seed: u64) -> Result<Self, Failure> {
        let serial = Serial::parse(serial).ok_or_else(|| Failure::new("a serial number is 1 to 8 digits"))?;
        Ok(Self {
            family,
            serial,
            walk: Walk::new(seed),
            order_id: 0,
            memory: VecDeque::new(),
        })
    }

    /// Messages that fit (W §3.3, §A.1). What happens to the next one is not public: here the oldest goes. A logger is not
    /// known to keep anything.
    const fn capacity(&self) -> usize {
        match self.family {
            Family::Wifi => 2240,
            Family::Wired => 2688,
            _ => 1,
        }
    }

    /// Puts something unreadable at the head of the memory.
    pub(crate) fn poison(&mut self) {
        self.memory
            .push_front(Waiting::Poison(b"{\"JsonType\":2,\"Sn\":".to_vec()));
    }

    /// Takes a reading.
    pub(crate) fn measure(&mut self, taken: UnixMillis) {
        self.walk.step();
        while self.memory.len() >= self.capacity() {
            self.memory.pop_front();
        }
        self.memory.push_back(Waiting::Sample(Sample {
            order_id: self.order_id,
            taken,
            temperature: tenths(self.walk.temperature_dc),
            humidity: tenths(self.walk.humidity_dp),
            failed: 0,
        }));
        self.order_id = self.order_id.wrapping_add(1);
    }

    /// The oldest message, as it is sent at `now`.
    pub(crate) fn next_message(&self, now: UnixMillis) -> Result<Option<Vec<u8>>, Failure> {
        match self.memory.front() {
            None => Ok(None),
            Some(Waiting::Poison(octets)) => Ok(Some(octets.clone())),
            Some(Waiting::Sample(sample)) => self.body(sample, now).map(Some),
        }
    }

    /// What the server said to it; whether it is done with.
    pub(crate) fn answered(&mut self, answer: &Answer) -> bool {
        let (confirmed, failed) = match (answer, self.family) {
            (Answer::None(_), Family::Wifi) => (false, wifi::MsgCache::CONNECTION_ERR.0),
            (Answer::None(_), _) => (false, wired::MsgCache::CONNECTION_ERR.0),
            // W §3.2: status 200 and a true result.
            (Answer::Http { status, body }, Family::Wifi) => {
                let result = serde_json::from_slice::<serde_json::Value>(body).ok();
                let processed = result.is_some_and(|result| result.get("Result") == Some(&true.into()));
                (*status == 200 && processed, wifi::MsgCache::RESULT_NO.0)
            }
            // W §A.1: the status alone. L §1: not documented, the same is assumed.
            (Answer::Http { status, .. }, _) => (*status == 200, wired::MsgCache::WRONG_HTTP_CODE.0),
        };
        if confirmed || self.family == Family::Logger {
            self.memory.pop_front();
            return confirmed;
        }
        for waiting in &mut self.memory {
            if let Waiting::Sample(sample) = waiting
                && sample.failed == 0
            {
                sample.failed = failed;
            }
        }
        false
    }

    /// Messages that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.memory.len()
    }

    fn body(&self, sample: &Sample, now: UnixMillis) -> Result<Vec<u8>, Failure> {
        let [temperature, humidity] = [sample.temperature, sample.humidity].map(HexFloat::from);
        let shown = [
            format!("{:.1}", sample.temperature),
            format!("{:.1}", sample.humidity),
        ];
        let encoded = match self.family {
            Family::Wifi => {
                let mut channels = [wifi::Channel::default(); 2];
                let values = [
                    (1, "Temperature", "°C", temperature),
                    (2, "Relative humidity", "%RH", humidity),
                ];
                for ((channel, (nr, quantity, unit, value)), shown) in
                    channels.iter_mut().zip(values).zip(&shown)
                {
                    *channel = wifi::Channel::new(NonZeroU8::new(nr).unwrap_or(NonZeroU8::MIN), Some(value));
                    channel.enabled = Some(true);
                    channel.quantity = Some(Text::from(quantity));
                    channel.text = Some(Text::from(shown.as_str()));
                    channel.unit = Some(Text::from(unit));
                    channel.decimals = Some(1);
                    channel.alarm = Some([false; 2]);
                    channel.limits = Some([Some(HexFloat::from_bits(0)); 2]);
                    channel.modes = Some([comet_json::AlarmMode::DISABLED; 2]);
                }
                let list = wifi::Channel::list(&channels).unwrap_or_default();
                let mut message = WifiMessage::new(self.serial, timestamp(sample.taken)?, list);
                message.order_id = Some(sample.order_id);
                message.msg_type = Some(if sample.order_id == 0 {
                    wifi::MsgType::AFTER_RESTART
                } else {
                    wifi::MsgType::SYNCHRONOUS
                });
                message.msg_cache = Some(wifi::MsgCache(sample.failed));
                message.desc = Some(Text::from("simulated"));
                message.kind = Some(wifi::Kind(3));
                message.state = Some(wifi::AState::new(wifi::State(0x82), wifi::State(0)));
                message.interval_s = Some(60);
                message.time.now = Some(comet_json::Stamp::Read(timestamp(now)?));
                message.rssi = Some(wifi::Rssi::new(wifi::Level(-61), wifi::Level(-60)));
                message.to_vec()
            }
            Family::Wired => {
                let mut channels = [wired::Channel::default(); 2];
                let values = [
                    (1, "Temperature", "°C", temperature),
                    (2, "Relative humidity", "%RH", humidity),
                ];
                for ((channel, (nr, quantity, unit, value)), shown) in
                    channels.iter_mut().zip(values).zip(&shown)
                {
                    *channel = wired::Channel::new(NonZeroU8::new(nr).unwrap_or(NonZeroU8::MIN), Some(value));
                    channel.enabled = Some(true);
                    channel.quantity = Some(Text::from(quantity));
                    channel.text = Some(Text::from(shown.as_str()));
                    channel.unit = Some(Text::from(unit));
                    channel.decimals = Some(1);
                    channel.alarm = Some([false; 2]);
                    channel.modes = Some([comet_json::AlarmMode::DISABLED; 2]);
                }
                let list = wired::Channel::list(&channels).unwrap_or_default();
                let mut message = WiredMessage::new(self.serial, timestamp(sample.taken)?, list);
                message.order_id = Some(sample.order_id);
                message.msg_type = Some(if sample.order_id == 0 {
                    wired::MsgType::AFTER_RESTART
                } else {
                    wired::MsgType::SYNCHRONOUS
                });
                message.msg_cache = Some(wired::MsgCache(sample.failed));
                message.desc = Some(Text::from("simulated"));
                message.kind = Some(wired::Kind(1));
                message.state = Some(wired::AState::new(wired::State(0x80), wired::State(0)));
                message.interval_s = Some(60);
                message.time.now = Some(comet_json::Stamp::Read(timestamp(now)?));
                message.to_vec()
            }
            _ => {
                let mut air = logger::AnalogChannel::new(1, temperature);
                (air.quantity, air.unit) = (Text::from("Air"), Text::from("°C"));
                let mut humid = logger::AnalogChannel::new(2, humidity);
                (humid.quantity, humid.unit) = (Text::from("Humidity"), Text::from("%RH"));
                let channels = [logger::Channel::Analog(air), logger::Channel::Analog(humid)];
                let list = logger::Channel::list(&channels).unwrap_or_default();
                let mut message = LoggerMessage::new(self.serial, clock(now), clock(sample.taken), list);
                let [.., order_id] = sample.order_id.to_be_bytes();
                message.order_id = order_id;
                message.rst_ok = Some(sample.order_id == 0);
                message.desc = Text::from("simulated");
                message.battery_percent = Some(88);
                message.to_vec()
            }
        };
        encoded.map_err(|error| Failure::new(error.to_string()))
    }
}

fn tenths(value: i64) -> f32 {
    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "a few thousand tenths are exact"
    )]
    let value = value as f32;
    value / 10.0
}

fn timestamp(time: UnixMillis) -> Result<Timestamp, Failure> {
    let seconds = i64::try_from(time.0 / 1000).unwrap_or(i64::MAX);
    Timestamp::new(seconds, 0).ok_or_else(|| Failure::new("the clock is beyond the year 9999"))
}

fn clock(time: UnixMillis) -> DeviceClock {
    let since = i64::try_from(time.0 / 1000)
        .unwrap_or(i64::MAX)
        .saturating_sub(DeviceClock::EPOCH_UNIX_S);
    DeviceClock(u32::try_from(since).unwrap_or_default())
}
