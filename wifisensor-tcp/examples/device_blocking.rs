//! A device over a plain TCP stream: one upload. Take `upload` over; your memory, clock, randomness and keys go where `Board` is.
//!
//! `cargo run --example device_blocking 127.0.0.1:14354 000000005e005301 <secret>`, with what `comet device add` has printed.

use std::io::{Error, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime};

use wifisensor_tcp::device::{Device, Event};
use wifisensor_tcp::handshake::{Hello, Versions};
use wifisensor_tcp::keys::Secret;
use wifisensor_tcp::result::ResultCode;
use wifisensor_tcp::samples::{Channel, Channels, ClockBasis, Head, Quantity};
use wifisensor_tcp::session::{End, Output};
use wifisensor_tcp::status::{LogId, SampleSpan, Status};
use wifisensor_tcp::time::Millis;

/// What a real device has in flash and in hardware.
struct Board {
    started: Instant,
    log_id: LogId,
    channels: Channels,
    /// Number, time, temperature in 0.01 °C, humidity in 0.1 %.
    samples: Vec<(u32, u32, [Option<i32>; 2])>,
    next: u32,
}

impl Board {
    fn now(&self) -> Millis {
        Millis(self.started.elapsed().as_millis().try_into().unwrap_or(u64::MAX))
    }

    fn status(&self) -> Option<Status> {
        let oldest = self.samples.first().map_or(self.next, |(number, ..)| *number);
        let mut status = Status::new(self.log_id, SampleSpan::new(oldest, self.next)?);
        status.uptime_s = self.started.elapsed().as_secs().try_into().ok()?;
        Some(status)
    }

    /// Puts samples from `first` on into one frame; gives the number after the last.
    fn send_batch(&self, device: &mut Device, first: u32) -> Result<u32, Error> {
        let (period_s, basis, channels) = (60, ClockBasis::Utc, self.channels);
        let mut batch = device
            .batch(Head {
                first,
                period_s,
                basis,
                channels,
            })
            .map_err(Error::other)?;
        for (_, time, values) in self.samples.iter().filter(|(number, ..)| *number >= first) {
            if batch.push(*time, values).is_err() {
                break; // full, or the clock was set back: the next frame begins here
            }
        }
        let end = batch.end();
        batch.send().map_err(Error::other)?;
        Ok(end)
    }

    fn upload(&mut self, stream: &mut TcpStream, hello: &Hello, secret: &Secret) -> Result<End, Error> {
        let mut device = Device::new(hello, secret, self.now());
        let status = self.status().ok_or(Error::other("log"))?;
        let mut sent = status.samples.oldest();
        let (mut buffer, mut held) = ([0; 512], 0_usize);
        loop {
            let limit = loop {
                match device.poll() {
                    Output::Transmit(bytes) => stream.write_all(bytes)?,
                    // Its clock is worth a look here: `ServerClock::correction`.
                    Output::Event(Event::Challenge(_)) => {
                        device.send_status(&status).map_err(Error::other)?
                    }
                    Output::Event(Event::Ready) if sent < self.next => {
                        sent = self.send_batch(&mut device, sent)?;
                    }
                    Output::Event(Event::Ready) => device.close().map_err(Error::other)?,
                    Output::Event(Event::Ack { next }) => {
                        self.samples.retain(|(number, ..)| *number >= next);
                    }
                    Output::Event(Event::Config(config)) => {
                        config.items().for_each(|item| println!("{item:?}"));
                        device.answer(ResultCode::Done).map_err(Error::other)?;
                    }
                    // There is no place to keep it here; the server offers it again.
                    Output::Event(Event::NewSecret { .. }) => {
                        device.answer(ResultCode::NotStored).map_err(Error::other)?;
                    }
                    Output::Event(Event::Ended(end)) => return Ok(end),
                    Output::Wait(limit) => break limit,
                    _ => {}
                }
            };
            let taken = device.handle_input(self.now(), buffer.get(..held).unwrap_or_default());
            buffer.copy_within(taken..held, 0);
            held = held.saturating_sub(taken);
            if taken > 0 {
                continue; // it may have something to say
            }
            let wait = limit.map_or(1, |limit| limit.since(self.now()).0.max(1));
            stream.set_read_timeout(Some(Duration::from_millis(wait)))?;
            match stream.read(buffer.get_mut(held..).unwrap_or_default()) {
                Ok(0) => device.handle_eof(self.now()),
                Ok(count) => held = held.saturating_add(count),
                Err(_) => device.handle_timeout(self.now()),
            }
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().ok_or("address of the server")?;
    let device_id = arguments.next().ok_or("device id")?.parse()?;
    let secret = arguments.next().ok_or("secret")?;
    let (high, low) = secret.split_at_checked(32).ok_or("secret")?;
    let half = |digits| u128::from_str_radix(digits, 16).map(u128::to_be_bytes);
    let secret = [half(high)?, half(low)?].concat().try_into();
    let secret = Secret::new(secret.map_err(|_| "secret")?);
    // In place of a stored counter (spec §6.1): nanoseconds, which one machine does not give twice.
    let now = SystemTime::UNIX_EPOCH.elapsed()?;
    let nonce = secret.nonce(now.as_nanos().try_into()?);
    let oldest = u32::try_from(now.as_secs())?.saturating_sub(60 * 89);
    let time = |n: u32| oldest.saturating_add(n.saturating_mul(60));
    let sample = |n| (n, time(n), [Some(2145), None]);
    let channels = [(Quantity::TEMPERATURE, -2), (Quantity::HUMIDITY, -1)];
    let [Some(a), Some(b)] = channels.map(|(quantity, scale)| Channel::new(quantity, scale)) else {
        return Err("channels".into());
    };
    let mut board = Board {
        started: Instant::now(),
        log_id: LogId(now.subsec_nanos()),
        channels: Channels::new(&[a, b]).ok_or("channels")?,
        samples: (0..90).map(sample).collect(),
        next: 90,
    };
    let hello = Hello {
        versions: Versions::default(),
        key_id: 1,
        device_id,
        nonce,
    };
    let end = board.upload(&mut TcpStream::connect(address)?, &hello, &secret)?;
    println!("{end}; {} samples wait for the next upload", board.samples.len());
    Ok(())
}
