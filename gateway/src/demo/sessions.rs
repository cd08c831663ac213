//! The part of the demo with sessions: many sensors with a memory on a bad network, and strangers.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use wifisensor_tcp::keys::Secret;

use crate::secrets::{self, Vault};
use crate::simulate::Tally;
use crate::simulate::tcp::{Attack, Device, Faults, Target, attack, upload_all};
use crate::store::Devices;
use crate::store::tcp::NewDevice;
use crate::{Failure, clock};

const SENSORS: u32 = 20;
const SAMPLES: u32 = 60;
const ATTACKS: [(Attack, &str); 3] = [
    (Attack::Garbage, "a scanner that sends garbage"),
    (Attack::Replay, "a whole session, recorded and sent again"),
    (Attack::Tamper, "one bit changed on the way"),
];

pub(super) async fn show(
    db: &Path,
    devices: &mut Devices,
    address: SocketAddr,
    database: &Connection,
) -> Result<(), Failure> {
    let vault = Vault::open(db)?;
    let (mut list, mut sensors) = (Vec::new(), VecDeque::new());
    for number in 0..=SENSORS {
        // Ids of nobody: the addresses set aside for documentation.
        let serial = format!("00000000005e{:04x}", 0x5300_u32.saturating_add(number));
        let secret = Secret::new(secrets::random()?);
        list.push(NewDevice {
            secret: vault.seal(&secret, &serial, 1)?,
            serial: serial.clone(),
            name: Some(format!("sensor {number}")),
            key_id: 1,
        });
        sensors.push_back((serial, secret));
    }
    devices
        .add_tcp(&list, None, clock::now())
        .map_err(|error| Failure::new(error.to_string()))?;
    let (serial, secret) = sensors.pop_back().ok_or_else(|| Failure::new("no sensor"))?;
    let target = Arc::new(Target::new(&address.to_string(), None, None));
    upload(sensors, &target, database).await?;
    println!("\nStrangers on the same port:\n");
    for (seed, (kind, story)) in (1..).zip(ATTACKS) {
        let device = Device::new(&serial, 1, secret.clone(), seed)?;
        let tally = attack(kind, device, &target, 3, Duration::from_millis(20), seed).await?;
        println!("  {story:48} → {}", text(&tally));
    }
    Ok(())
}

async fn upload(
    sensors: VecDeque<(String, Secret)>,
    target: &Arc<Target>,
    database: &Connection,
) -> Result<(), Failure> {
    let now = clock::now();
    let fleet: Result<VecDeque<Device>, Failure> = (1..)
        .zip(sensors)
        .map(|(seed, (serial, secret))| {
            let mut device = Device::new(&serial, 1, secret, seed)?;
            device.measure(SAMPLES, 60, now);
            Ok(device)
        })
        .collect();
    let faults = Faults::new(30, 30, 1);
    let tally = upload_all(fleet?, target, 8, Duration::from_millis(5), faults, None, false).await?;
    let taken = SENSORS.saturating_mul(SAMPLES);
    println!(
        "\n{SENSORS} WiFi sensors with an hour in memory upload in sessions; the network cuts some and swallows answers of others:\n"
    );
    println!("  {}", text(&tally));
    let (rows, records): (i64, i64) = database
        .query_row(
            "SELECT count(*), count(DISTINCT o.taken_ms || m.serial) FROM observation o \
             JOIN message m ON m.id = o.message WHERE m.kind = 'SAMPLES' AND o.channel = 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .map_err(|error| Failure::new(error.to_string()))?;
    println!("  {taken} samples taken, {records} of them stored, in {rows} rows");
    Ok(())
}

fn text(tally: &Tally) -> String {
    let parts: Vec<String> = tally
        .iter()
        .map(|(what, count)| format!("{count} × {what}"))
        .collect();
    parts.join(", ")
}
