//! `comet simulate`: sensors as clients, against any server.

mod client;
mod memory;
mod sensor;
pub(crate) mod sigfox;
pub(crate) mod tcp;
mod walk;

use std::collections::BTreeMap;
use std::time::Duration;

use clap::{Args, ValueEnum};
use comet_proto::{Family, UnixMillis};
use soap_websensor::encode::CONTENT_TYPE;

pub(crate) use client::{Address, Answer, Client};
pub(crate) use memory::Device;
pub(crate) use sensor::{Sensor, Shape};

use crate::{Failure, clock};

/// Rounds without a confirmed message after the last reading.
const MAX_IDLE: u32 = 50;

/// What `comet simulate` is told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Family of the device.
    #[arg(long, default_value = "soap", value_parser = crate::device::family)]
    family: Family,
    /// Address of the entry point, as typed into the sensor: `http://host:port/soap/…`; of a device type, `http://host:port/sigfox/…` or
    /// `/sigfox-radio/…`; for family tcp `host` or `host:port`.
    #[arg(long)]
    target: String,
    /// Serial number; for family tcp the device id; of the first Sigfox device.
    #[arg(long, default_value = "14930217")]
    serial: String,
    /// Shape of the message of a Web Sensor.
    #[arg(long, value_enum, default_value = "trhp")]
    shape: Shape,
    /// Seconds of the clock of a device from one sample to the next, its clock starting in the past so that the last one is of
    /// now. By default the clock of a JSON device is that of this machine, samples of family tcp are 60 s and Sigfox messages 600 s apart.
    #[arg(long)]
    interval: Option<u64>,
    /// Put an unreadable message at the head of the memory of a JSON device.
    #[arg(long)]
    poison: bool,
    /// Messages a second, for family tcp sessions.
    #[arg(long, default_value_t = 1.0)]
    rate: f64,
    /// Messages in all; 0 for no end. For family tcp samples of each device, or connections of an attack.
    #[arg(long, default_value_t = 10)]
    count: u64,
    /// Start of the walk of values; the same seed sends the same messages.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One connection for all messages; real sensors open one for each.
    #[arg(long)]
    keep_alive: bool,
    /// What is wrong with every message of a Web Sensor.
    #[arg(long, value_enum)]
    fault: Option<Fault>,
    #[command(flatten)]
    tcp: tcp::Options,
    #[command(flatten)]
    sigfox: sigfox::Options,
}

/// Things that go wrong, or that others do on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fault {
    /// The body ends early, with a length to match.
    Truncated,
    /// A document type declaration with nested entities.
    EntityBomb,
    /// A document type declaration that asks for a file.
    ExternalEntity,
    /// Another sensor's serial number.
    WrongSerial,
    /// One element twice.
    Duplicate,
    /// A look-alike of another namespace beside the real element. Not refused, but not believed.
    LookAlike,
    /// SOAP 1.2.
    Soap12,
    /// One octet above 64 KiB.
    TooLarge,
    /// The entry point is not the right one.
    WrongEntry,
    /// Every message twice, as by somebody who recorded it.
    Replay,
}

impl Fault {
    /// Applies the fault to a good body.
    pub(crate) fn apply(self, body: Vec<u8>) -> Vec<u8> {
        let Ok(text) = String::from_utf8(body) else {
            return Vec::new();
        };
        let spoiled = match self {
            Self::Truncated => text.get(..text.len() / 2).unwrap_or_default().to_owned(),
            Self::EntityBomb => {
                let mut declarations = String::from("<!ENTITY a0 \"aaaaaaaaaa\">");
                for level in 1_u32..10 {
                    let inner = format!("&a{};", level.saturating_sub(1)).repeat(10);
                    declarations.push_str(&format!("<!ENTITY a{level} \"{inner}\">"));
                }
                text.replacen("<soap:Env", &format!("<!DOCTYPE x [{declarations}]><soap:Env"), 1)
                    .replacen("<temp>", "<temp>&a9;", 1)
            }
            Self::ExternalEntity => text
                .replacen(
                    "<soap:Env",
                    "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/hostname\">]><soap:Env",
                    1,
                )
                .replacen("<temp>", "<temp>&f;", 1),
            Self::WrongSerial => text.replacen("Key>", "Key>9", 1).replacen("<sn>", "<sn>9", 1),
            Self::Duplicate => text.replacen("<tempU>", "<temp>50</temp><tempU>", 1),
            Self::LookAlike => text.replacen("<tempU>", "<x:temp xmlns:x=\"urn:x\">50</x:temp><tempU>", 1),
            Self::Soap12 => text.replace(
                "http://schemas.xmlsoap.org/soap/envelope/",
                "http://www.w3.org/2003/05/soap-envelope",
            ),
            Self::TooLarge => text + &" ".repeat(65_537_usize.saturating_sub(512)),
            Self::WrongEntry | Self::Replay => text,
        };
        spoiled.into_bytes()
    }
}

/// Numbers by what the server said: a status, or none.
pub(crate) type Tally = BTreeMap<String, u64>;

pub(crate) async fn run(options: &Options) -> Result<(), Failure> {
    if !(options.rate > 0.0 && options.rate.is_finite()) {
        return Err(Failure::new("the rate is a number above 0"));
    }
    let interval =
        Duration::try_from_secs_f64(options.rate.recip()).map_err(|error| Failure::new(error.to_string()))?;
    let tally = match options.family {
        Family::Tcp => {
            let pace = tcp::Pace {
                count: options.count,
                interval,
                sample_s: options.interval.unwrap_or(60),
                seed: options.seed,
            };
            tcp::run(&options.tcp, &options.target, &options.serial, pace).await?
        }
        Family::Sigfox | Family::SigfoxRadio => {
            let pace = sigfox::Pace {
                count: options.count,
                interval,
                message_s: options.interval.unwrap_or(600),
                seed: options.seed,
            };
            let target: Address = options.target.parse().map_err(Failure::new)?;
            if options.family == Family::Sigfox {
                sigfox::run(&options.sigfox, target, &options.serial, &pace).await?
            } else {
                sigfox::run_radio(&options.sigfox, target, &options.serial, &pace).await?
            }
        }
        _ => over_http(options, interval).await?,
    };
    let answers: Vec<_> = tally
        .iter()
        .map(|(answer, count)| format!("{count} × {answer}"))
        .collect();
    println!("{}", answers.join(", "));
    Ok(())
}

async fn over_http(options: &Options, interval: Duration) -> Result<Tally, Failure> {
    let mut target: Address = options.target.parse().map_err(Failure::new)?;
    if options.fault == Some(Fault::WrongEntry) {
        target = target.with_entry("AAAAAAAAAAAAAAAAAAAAAA");
    }
    if options.family == Family::Soap {
        let sensor = Sensor::new(options.shape, &options.serial, options.seed)?;
        send(
            sensor,
            target,
            options.count,
            interval,
            options.keep_alive,
            options.fault,
            true,
        )
        .await
    } else {
        let mut device = Device::new(options.family, &options.serial, options.seed)?;
        if options.poison {
            device.poison();
        }
        let client = Client::new(target, options.keep_alive);
        push(device, client, options.count, interval, options.interval, true).await
    }
}

/// Takes `count` readings, one each `interval`, and sends what is in the memory, the oldest first and one for each answer,
/// until everything is confirmed.
pub(crate) async fn push(
    mut device: Device,
    mut client: Client,
    count: u64,
    interval: Duration,
    clock_interval_s: Option<u64>,
    verbose: bool,
) -> Result<Tally, Failure> {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let started = clock::now();
    let mut tally = Tally::new();
    let mut taken = 0_u64;
    // After the last reading only as long as the server takes something now and then.
    let mut idle = 0_u32;
    while count == 0 || taken < count || (device.waiting() > 0 && idle < MAX_IDLE) {
        ticks.tick().await;
        let now = match clock_interval_s {
            None => clock::now(),
            Some(seconds) => {
                let behind = count
                    .saturating_sub(taken)
                    .saturating_mul(seconds)
                    .saturating_mul(1000);
                UnixMillis(started.0.saturating_sub(behind))
            }
        };
        if count == 0 || taken < count {
            device.measure(now);
            taken = taken.saturating_add(1);
        } else {
            idle = idle.saturating_add(1);
        }
        while let Some(body) = device.next_message(now)? {
            let answer = client.post(&[("Content-Type", "application/json")], &body).await;
            let confirmed = device.answered(&answer);
            if verbose {
                println!("{answer}{}", if confirmed { "" } else { ", kept" });
            }
            let count = tally.entry(answer.to_string()).or_default();
            *count = count.saturating_add(1);
            if !confirmed {
                break;
            }
            idle = 0;
        }
    }
    Ok(tally)
}

/// Sends `count` messages, one each `interval`. A message that fails is lost: these devices have no memory (spec §1).
pub(crate) async fn send(
    mut sensor: Sensor,
    target: Address,
    count: u64,
    interval: Duration,
    keep_alive: bool,
    fault: Option<Fault>,
    verbose: bool,
) -> Result<Tally, Failure> {
    let mut client = Client::new(target, keep_alive);
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut tally = Tally::new();
    let mut sent = 0_u64;
    while count == 0 || sent < count {
        ticks.tick().await;
        sent = sent.saturating_add(1);
        let (body, action) = sensor.next_message()?;
        let body = fault.map_or_else(|| body.clone(), |fault| fault.apply(body.clone()));
        // As the manual prints them (spec soap-websensor §2).
        let headers = [("Content-Type", CONTENT_TYPE), ("SOAPAction", action.as_str())];
        let times = if fault == Some(Fault::Replay) { 2 } else { 1 };
        for _ in 0..times {
            let answer = client.post(&headers, &body).await.to_string();
            if verbose {
                println!("{sent} {answer}");
            }
            let count = tally.entry(answer).or_default();
            *count = count.saturating_add(1);
        }
    }
    Ok(tally)
}
