//! A WiFi sensor between its sessions: memory, secrets, configuration.

use std::collections::VecDeque;

use comet_proto::UnixMillis;
use wifisensor_tcp::config::Config;
use wifisensor_tcp::device::Device as Machine;
use wifisensor_tcp::handshake::{DeviceId, Hello, Versions};
use wifisensor_tcp::keys::Secret;
use wifisensor_tcp::samples::{Channel, Channels, ClockBasis, Head, Quantity};
use wifisensor_tcp::status::{Flags, LogId, Percent, SampleSpan, Status};
use wifisensor_tcp::time::Millis;

use crate::simulate::walk::Walk;
use crate::{Failure, clock, secrets};

/// One reading in the memory.
#[derive(Debug, Clone, Copy)]
struct Sample {
    time: u32,
    /// Tenths of a degree and of a percent.
    values: [Option<i32>; 2],
}

/// A device with its memory, which is freed by ACK and by nothing else (§7.2).
#[derive(Debug)]
pub(crate) struct Device {
    id: DeviceId,
    key: (u8, Secret),
    /// What ROTATE gave, until a session with it brought an ACK (§8.2).
    new_key: Option<(u8, Secret)>,
    /// The new one is tried next; if that fails, the other, in turn.
    try_new: bool,
    log_id: LogId,
    oldest: u32,
    memory: VecDeque<Sample>,
    config: u32,
    period_s: u16,
    failed: u32,
    walk: Walk,
    news: Vec<String>,
}

impl Device {
    pub(crate) fn new(serial: &str, key_id: u8, secret: Secret, seed: u64) -> Result<Self, Failure> {
        let id = serial
            .parse()
            .map_err(|_| Failure::new("a device id has 16 hexadecimal digits"))?;
        Ok(Self {
            id,
            key: (key_id, secret),
            new_key: None,
            try_new: true,
            // The memory is formatted now.
            log_id: LogId(u32::from_be_bytes(secrets::random()?)),
            oldest: 0,
            memory: VecDeque::new(),
            config: 0,
            period_s: 60,
            failed: 0,
            walk: Walk::new(seed),
            news: Vec::new(),
        })
    }

    /// Takes samples, the last one now and the others before it.
    pub(crate) fn measure(&mut self, count: u32, period_s: u64, now: UnixMillis) {
        self.period_s = u16::try_from(period_s).unwrap_or(u16::MAX);
        let now = now.0 / 1000;
        for before in (0..count).rev() {
            self.walk.step();
            let time = now.saturating_sub(u64::from(before).saturating_mul(period_s));
            let tenths = |value: i64| i32::try_from(value).ok();
            self.memory.push_back(Sample {
                time: u32::try_from(time).unwrap_or(u32::MAX),
                values: [tenths(self.walk.temperature_dc), tenths(self.walk.humidity_dp)],
            });
        }
    }

    /// Samples in the memory.
    pub(crate) fn waiting(&self) -> u32 {
        u32::try_from(self.memory.len()).unwrap_or(u32::MAX)
    }

    /// Number of the oldest sample in the memory.
    pub(super) const fn oldest(&self) -> u32 {
        self.oldest
    }

    /// Number that the next new sample will get.
    pub(super) fn next(&self) -> u32 {
        self.oldest.saturating_add(self.waiting())
    }

    /// A session begins; whether it uses the new secret.
    pub(super) fn begin(&mut self) -> Result<(Machine, bool), Failure> {
        let new = self.new_key.as_ref().filter(|_| self.try_new);
        let with_new = new.is_some();
        let (key_id, secret) = new.unwrap_or(&self.key);
        let hello = Hello {
            versions: Versions::default(),
            key_id: *key_id,
            device_id: self.id,
            nonce: secrets::random()?,
        };
        let machine = Machine::new(&hello, secret, Millis(0));
        self.try_new = !self.try_new;
        Ok((machine, with_new))
    }

    pub(super) fn status(&self) -> Option<Status> {
        let mut status = Status::new(self.log_id, SampleSpan::new(self.oldest, self.next())?);
        status.clock = u32::try_from(clock::now().0 / 1000).unwrap_or(u32::MAX);
        status.config = self.config;
        status.battery_pct = Percent::new(88);
        status.rssi_dbm = core::num::NonZeroI8::new(-61);
        status.flags = Flags::new(ClockBasis::Utc, false);
        Some(status)
    }

    /// Puts samples from `first` on into one frame; gives the number after the last.
    pub(super) fn send_batch(&self, machine: &mut Machine, first: u32) -> Result<u32, Failure> {
        let failed = |error: &dyn core::fmt::Display| Failure::new(error.to_string());
        let channels = [Quantity::TEMPERATURE, Quantity::HUMIDITY].map(|quantity| Channel::new(quantity, -1));
        let [Some(temperature), Some(humidity)] = channels else {
            return Err(Failure::new("channels"));
        };
        let channels = Channels::new(&[temperature, humidity]).ok_or_else(|| Failure::new("channels"))?;
        let (period_s, basis) = (self.period_s, ClockBasis::Utc);
        let head = Head {
            first,
            period_s,
            basis,
            channels,
        };
        let mut batch = machine.batch(head).map_err(|error| failed(&error))?;
        let sent = usize::try_from(first.saturating_sub(self.oldest)).unwrap_or(usize::MAX);
        for sample in self.memory.iter().skip(sent) {
            // Full: the next frame begins with this one.
            if batch.push(sample.time, &sample.values).is_err() {
                break;
            }
        }
        let end = batch.end();
        batch.send().map_err(|error| failed(&error))?;
        Ok(end)
    }

    /// ACK: what lies below is freed; a new secret that brought it is the only one from here on.
    pub(super) fn free(&mut self, next: u32, with_new: bool) {
        while self.oldest < next && self.memory.pop_front().is_some() {
            self.oldest = self.oldest.saturating_add(1);
        }
        if with_new && let Some(new) = self.new_key.take() {
            self.news
                .push(format!("key {} is in use, key {} erased", new.0, self.key.0));
            self.key = new;
        }
    }

    pub(super) fn take_config(&mut self, config: &Config<'_>) {
        self.config = config.version();
        let items: Vec<String> = config.items().map(|item| format!("{item:?}")).collect();
        self.news
            .push(format!("configuration {}: {}", self.config, items.join(", ")));
    }

    pub(super) fn take_secret(&mut self, key_id: u8, secret: &Secret) {
        let hex: String = secret
            .as_bytes()
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect();
        // It is a simulated device, whose owner needs it for the next run.
        self.news.push(format!("key {key_id} received: {hex}"));
        self.new_key = Some((key_id, secret.clone()));
        self.try_new = true;
    }

    /// A session is over; how many in a row have freed nothing.
    pub(super) const fn failed(&mut self, progress: bool) -> u32 {
        self.failed = if progress {
            0
        } else {
            self.failed.saturating_add(1)
        };
        self.failed
    }

    /// What happened since it was asked last.
    pub(super) fn news(&mut self) -> Vec<String> {
        core::mem::take(&mut self.news)
    }
}
