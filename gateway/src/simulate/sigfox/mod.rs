//! Sigfox: devices, and the cloud that calls back for them; or a receiver that passes their frames on.

mod cloud;
mod message;
mod receiver;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use rusqlite::OpenFlags;

use super::walk::random;
use super::{Address, Client, Tally};
use crate::{Failure, clock};

pub(crate) use cloud::{Cloud, Summary};
pub(crate) use message::{Device, Message};
pub(crate) use receiver::{RadioFault, Receiver};

/// What `comet simulate --family sigfox` is told beside the rest.
#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct Options {
    /// Header that carries the secret of the device type, as `comet device-type add` prints it.
    #[arg(long)]
    header: Option<Header>,
    /// Sigfox devices, with serial numbers one after the other.
    #[arg(long, default_value_t = 1)]
    fleet: u32,
    #[command(flatten)]
    chances: Chances,
    /// Collect so many messages in a batch, as lines `{device};{time};{seqNumber};{data};{ack}`.
    #[arg(long)]
    batch: Option<usize>,
    /// Database of the gateway, to see at the end whether each message is stored once.
    #[arg(long)]
    check: Option<PathBuf>,
    /// Key of the device whose frames a receiver passes on, 32 hexadecimal digits.
    #[arg(long, value_parser = crate::device::sigfox::parse_radio_key)]
    radio_key: Option<crate::device::sigfox::RadioKey>,
    /// What is wrong with every frame of family sigfox-radio.
    #[arg(long, value_enum)]
    radio_fault: Option<RadioFault>,
}

/// Of a hundred, how many.
#[derive(Debug, Clone, Copy, Default, Args)]
#[group(skip)]
pub(crate) struct Chances {
    /// Of a hundred Sigfox messages, those that no station hears.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) unheard: u8,
    /// Of a hundred requests, those whose answer comes too late: they are repeated after one, two and four minutes.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) late_answers: u8,
    /// Of a hundred Sigfox messages, those that a second station hears, and is reported for.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) duplicates: u8,
    /// Of a hundred Sigfox messages, those with a DATA_ADVANCED 25 to 30 s later.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) advanced: u8,
    /// Of a hundred Sigfox messages, those that ask for a downlink.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) asking: u8,
}

/// `Name: value`.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    name: String,
    value: String,
}

impl Header {
    pub(crate) fn pair(&self) -> (&str, &str) {
        (&self.name, &self.value)
    }
}

impl core::str::FromStr for Header {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once(':').ok_or("a header is `Name: value`")?;
        let lawful = |text: &str| text.bytes().all(|byte| (0x20..0x7F).contains(&byte));
        if name.is_empty() || name.contains(' ') || !lawful(text) {
            return Err("a header is `Name: value`, visible characters only");
        }
        Ok(Self {
            name: name.to_owned(),
            value: value.trim().to_owned(),
        })
    }
}

/// Where to, and how fast.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    /// Messages of each device.
    pub(super) count: u64,
    /// Between requests.
    pub(super) interval: Duration,
    /// Seconds between messages of a device.
    pub(super) message_s: u64,
    pub(super) seed: u64,
}

pub(super) async fn run(
    options: &Options,
    target: Address,
    serial: &str,
    pace: &Pace,
) -> Result<Tally, Failure> {
    let first = u32::from_str_radix(serial, 16)
        .map_err(|_| Failure::new("a Sigfox device has up to 8 hexadecimal digits"))?;
    if pace.count == 0 {
        return Err(Failure::new(
            "Sigfox messages are of the past, so that there is an end of them",
        ));
    }
    let now_s = clock::now().0 / 1000;
    let behind = pace.message_s.saturating_mul(pace.count.saturating_sub(1));
    let devices: Vec<Device> = (0..options.fleet.max(1))
        .map(|number| {
            Device::new(
                first.saturating_add(number),
                pace.seed.wrapping_add(u64::from(number)),
            )
        })
        .collect();
    let mut cloud = Cloud::new(
        Client::new(target, true),
        options.header.clone(),
        options.chances,
        options.batch,
        pace.seed,
    );
    for mut device in devices {
        for number in 0..pace.count {
            let after = pace.message_s.saturating_mul(number);
            cloud.hear(device.next_message(now_s.saturating_sub(behind).saturating_add(after)));
        }
    }
    let summary = cloud.run(pace.interval).await;
    println!("{summary}");
    if let Some(db) = &options.check {
        check(db, &summary)?;
    }
    Ok(summary.tally)
}

/// Whether the gateway has what it has taken, once, and nothing else of these devices.
pub(crate) fn check(db: &std::path::Path, summary: &Summary) -> Result<(), Failure> {
    let failed = |error: rusqlite::Error| Failure::new(format!("{}: {error}", db.display()));
    let database =
        rusqlite::Connection::open_with_flags(db, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
    let mut query = database
        .prepare(
            "SELECT m.serial, s.time_s, s.seq, s.archive FROM message m JOIN sigfox_message s ON s.message = m.id \
             WHERE m.family = 'sigfox' AND s.seq IS NOT NULL",
        )
        .map_err(failed)?;
    let mut stored: HashMap<(String, i64, u16), Vec<String>> = HashMap::new();
    let mut rows = query.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let key = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let archives = stored.entry(key(row).map_err(failed)?).or_default();
        archives.push(row.get(3).map_err(failed)?);
    }
    let (mut once, mut wrong) = (0_u64, 0_u64);
    for message in &summary.delivered {
        let time_s = i64::try_from(message.time_s).unwrap_or(i64::MAX);
        let data = format!("\"data\":\"{}\"", message.data());
        let found = stored.get(&(message.serial(), time_s, message.seq));
        let is_once = matches!(found.map(Vec::as_slice), Some([archive]) if archive.contains(&data));
        let place = if is_once { &mut once } else { &mut wrong };
        *place = place.saturating_add(1);
    }
    println!(
        "{once} of {} delivered messages are stored once",
        summary.delivered.len()
    );
    if wrong > 0 || summary.other_answers > 0 {
        return Err(Failure::new(format!(
            "{wrong} messages are not stored once, {} repeats got another answer",
            summary.other_answers
        )));
    }
    Ok(())
}

/// Sends frames of one device as a receiver does; numbers by what the server said.
pub(super) async fn run_radio(
    options: &Options,
    target: Address,
    serial: &str,
    pace: &Pace,
) -> Result<Tally, Failure> {
    let id = u32::from_str_radix(serial, 16)
        .map_err(|_| Failure::new("a Sigfox device has up to 8 hexadecimal digits"))?;
    let key = options
        .radio_key
        .ok_or_else(|| Failure::new("frames are signed with a --radio-key"))?;
    let mut receiver = Receiver::new(Client::new(target, true), options.header.clone(), key.0)?;
    let mut device = Device::new(id, pace.seed);
    let mut tally = Tally::new();
    let mut chance = pace.seed;
    for number in 0..pace.count {
        let message = device.next_message(number);
        let drawn = random(&mut chance).checked_rem(100).unwrap_or_default();
        let asks = drawn < u64::from(options.chances.asking);
        let mut passed = receiver.pass_on(&message, asks, options.radio_fault).await?;
        if passed.downlink.is_some() {
            let confirmed = receiver.confirm(id, device.next_counter()).await?;
            passed.answers.push(format!("{confirmed} confirmation"));
        }
        for answer in passed.answers {
            let count = tally.entry(answer).or_default();
            *count = count.saturating_add(1);
        }
        tokio::time::sleep(pace.interval).await;
    }
    Ok(tally)
}
