//! A device: values that walk, a counter of twelve bits.

use super::super::walk::Walk;

/// Numbers of the counter.
const COUNTERS: u16 = 4096;

/// One device.
#[derive(Debug)]
pub(crate) struct Device {
    id: u32,
    walk: Walk,
    counter: u16,
    sent: u32,
}

/// One message. What its bytes mean is made up: temperature in 0.1 °C (`int:16`), humidity in 0.1 % (`uint:16`), number (`uint:32`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) device: u32,
    pub(crate) time_s: u64,
    pub(crate) seq: u16,
    pub(crate) payload: [u8; 8],
}

impl Device {
    pub(crate) const fn new(id: u32, seed: u64) -> Self {
        Self {
            id,
            walk: Walk::new(seed),
            counter: 0,
            sent: 0,
        }
    }

    /// The counter of the next message, of the application or a control record. A new device begins with 1 (sigfox-radio §11.1).
    pub(crate) const fn next_counter(&mut self) -> u16 {
        self.counter = self.counter.wrapping_add(1) & COUNTERS.wrapping_sub(1);
        self.counter
    }

    /// The message of this second.
    pub(crate) fn next_message(&mut self, time_s: u64) -> Message {
        self.walk.step();
        self.sent = self.sent.wrapping_add(1);
        let temperature = i16::try_from(self.walk.temperature_dc).unwrap_or_default();
        let humidity = u16::try_from(self.walk.humidity_dp).unwrap_or_default();
        let ([t0, t1], [h0, h1]) = (temperature.to_be_bytes(), humidity.to_be_bytes());
        let [n0, n1, n2, n3] = self.sent.to_be_bytes();
        Message {
            device: self.id,
            time_s,
            seq: self.next_counter(),
            payload: [t0, t1, h0, h1, n0, n1, n2, n3],
        }
    }
}

impl Message {
    /// The device as the cloud writes it.
    pub(crate) fn serial(&self) -> String {
        format!("{:X}", self.device)
    }

    /// The payload as the cloud writes it.
    pub(crate) fn data(&self) -> String {
        self.payload.iter().map(|octet| format!("{octet:02x}")).collect()
    }
}
