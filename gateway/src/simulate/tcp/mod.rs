//! WiFi sensors with sessions: many, with a memory, with faults on request; and those who attack.

mod attack;
mod device;
mod link;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use wifisensor_tcp::keys::Secret;

use super::Tally;
use crate::{Failure, clock};

pub(crate) use attack::{Attack, attack};
pub(crate) use device::Device;
pub(crate) use link::{Plan, Target, session};

/// Sessions in a row without a sample acknowledged, after which a device gives up.
const MAX_FAILED: u32 = 50;

/// What `comet simulate --family tcp` is told beside the rest.
#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct Options {
    /// Secret of the device, 64 hexadecimal digits.
    #[arg(long, value_parser = crate::device::parse_secret)]
    secret: Option<Secret>,
    /// Number of that secret.
    #[arg(long, default_value_t = 1)]
    key_id: u8,
    /// Many devices: a list as `comet device import` takes it.
    #[arg(long, conflicts_with = "secret")]
    devices: Option<PathBuf>,
    /// Sessions at a time.
    #[arg(long, default_value_t = 32)]
    at_once: usize,
    /// Of a hundred sessions, those in which the device hears nothing after CHALLENGE.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    lost_acks: u8,
    /// Of a hundred sessions, those whose connection is cut at some octet.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    cut: u8,
    /// Attack instead: `count` connections.
    #[arg(long, value_enum)]
    attack: Option<Attack>,
    /// Inside TLS; the file has the certificates to trust, in PEM.
    #[arg(long, requires = "tls_name")]
    tls_ca: Option<PathBuf>,
    /// Name in the certificate of the server.
    #[arg(long, requires = "tls_ca")]
    tls_name: Option<String>,
    /// File for what passed on the wire, for `comet explain`; a single device, one session after the other.
    #[arg(long)]
    capture: Option<PathBuf>,
}

/// What all families are told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Samples of each device, or connections of an attack.
    pub(super) count: u64,
    /// Between sessions.
    pub(super) interval: Duration,
    /// Seconds between samples.
    pub(super) sample_s: u64,
    pub(super) seed: u64,
}

pub(super) async fn run(
    options: &Options,
    address: &str,
    serial: &str,
    pace: Pace,
) -> Result<Tally, Failure> {
    let target = Arc::new(Target::new(address, tls(options)?, options.tls_name.clone()));
    let count = u32::try_from(pace.count).map_err(|_| Failure::new("a log has less than 2^32 samples"))?;
    let mut devices = devices(options, serial, pace.seed)?;
    if let Some(kind) = options.attack {
        let device = devices.pop_front().ok_or_else(|| Failure::new("no device"))?;
        return attack(kind, device, &target, pace.count, pace.interval, pace.seed).await;
    }
    let now = clock::now();
    for device in &mut devices {
        device.measure(count, pace.sample_s, now);
    }
    let alone = devices.len() == 1;
    if options.capture.is_some() && !alone {
        return Err(Failure::new("a capture is of one device"));
    }
    let mut captured = Vec::new();
    let tally = upload_all(
        devices,
        &target,
        options.at_once.max(1),
        pace.interval,
        Faults::new(options.lost_acks, options.cut, pace.seed),
        options.capture.is_some().then_some(&mut captured),
        alone,
    )
    .await?;
    if let Some(file) = &options.capture {
        std::fs::write(file, &captured)
            .map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
    }
    Ok(tally)
}

fn tls(options: &Options) -> Result<Option<TlsConnector>, Failure> {
    options.tls_ca.as_deref().map(link::connector).transpose()
}

/// The devices of the list, or the one that is named.
fn devices(options: &Options, serial: &str, seed: u64) -> Result<VecDeque<Device>, Failure> {
    let Some(file) = &options.devices else {
        let secret = match (&options.secret, options.attack) {
            (Some(secret), _) => secret.clone(),
            // A stranger has none.
            (None, Some(_)) => Secret::new(crate::secrets::random()?),
            (None, None) => return Err(Failure::new("--secret or --devices is needed")),
        };
        return Ok([Device::new(serial, options.key_id, secret, seed)?].into());
    };
    let failed = |why: &str| Failure::new(format!("{}: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| failed(&error.to_string()))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    (seed..)
        .zip(lines)
        .map(|(seed, line)| {
            let mut parts = line.split_whitespace();
            let (Some(serial), Some(secret)) = (parts.next(), parts.next()) else {
                return Err(failed("a line has a device id and a secret"));
            };
            let secret = crate::device::parse_secret(secret).map_err(|why| failed(&why))?;
            Device::new(serial, options.key_id, secret, seed)
        })
        .collect()
}

/// Which sessions go wrong.
#[derive(Debug)]
pub(crate) struct Faults {
    lost_acks: u8,
    cut: u8,
    random: u64,
}

impl Faults {
    pub(crate) const fn new(lost_acks: u8, cut: u8, seed: u64) -> Self {
        Self {
            lost_acks,
            cut,
            random: seed,
        }
    }

    fn plan(&mut self) -> Plan {
        let mut below = |end| {
            super::walk::random(&mut self.random)
                .checked_rem(end)
                .unwrap_or(0)
        };
        let (lost, cut, place) = (below(100), below(100), below(400));
        if cut < u64::from(self.cut) {
            return Plan::Cut(usize::try_from(place).unwrap_or(0));
        }
        if lost < u64::from(self.lost_acks) {
            return Plan::Deaf;
        }
        Plan::Good
    }
}

/// Lets devices upload until their memories are empty. One that does not get through waits for its next turn with all it has.
pub(crate) async fn upload_all(
    mut waiting: VecDeque<Device>,
    target: &Arc<Target>,
    at_once: usize,
    interval: Duration,
    mut faults: Faults,
    mut captured: Option<&mut Vec<u8>>,
    verbose: bool,
) -> Result<Tally, Failure> {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    let mut tally = Tally::new();
    let mut running = JoinSet::new();
    let (mut freed, mut kept) = (0_u64, 0_u64);
    loop {
        let room = running.len() < at_once;
        if let Some(mut device) = room.then(|| waiting.pop_front()).flatten() {
            ticks.tick().await;
            let (target, plan) = (Arc::clone(target), faults.plan());
            running.spawn(async move {
                let mut wire = Vec::new();
                let before = device.waiting();
                let end = session(&mut device, &target, plan, &mut wire).await;
                (device, before, end, wire)
            });
            continue;
        }
        let Some(ended) = running.join_next().await else {
            break;
        };
        let (mut device, before, end, wire) = ended.map_err(|error| Failure::new(error.to_string()))?;
        if let Some(captured) = &mut captured {
            captured.extend_from_slice(&wire);
        }
        let done = before.saturating_sub(device.waiting());
        freed = freed.saturating_add(u64::from(done));
        if verbose {
            println!("{end}, {done} samples acknowledged, {} wait", device.waiting());
            for text in device.news() {
                println!("  {text}");
            }
        }
        let count = tally.entry(end).or_default();
        *count = count.saturating_add(1);
        if device.waiting() == 0 {
            continue;
        }
        if device.failed(done > 0) < MAX_FAILED {
            waiting.push_back(device);
        } else {
            kept = kept.saturating_add(u64::from(device.waiting()));
        }
    }
    tally.insert("samples acknowledged".to_owned(), freed);
    if kept > 0 {
        tally.insert("samples kept".to_owned(), kept);
    }
    Ok(tally)
}
