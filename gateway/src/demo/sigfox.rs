//! The part of the demo with Sigfox: the cloud on a bad day, and a receiver with strangers on the air.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use comet_proto::Family;
use rusqlite::Connection;
use wifisensor_tcp::keys::Secret;

use crate::secrets::{self, Vault};
use crate::simulate::sigfox::{Chances, Cloud, Device as Sensor, Header, RadioFault, Receiver, check};
use crate::simulate::{Address, Client, Tally};
use crate::store::sigfox::{Description, DeviceType, Kind, Secrets};
use crate::store::{Device, Devices, Standing};
use crate::{Failure, clock};

const NAME: &str = "demo";
/// Identifiers of the examples of the specifications.
const SENSORS: [(u32, &str); 2] = [(0x002D_91F3, "barn"), (0x002D_91F4, "well")];
const RADIO: u32 = 0x00A1_B2C3;
const MESSAGES: u64 = 40;
const DOWNLINK: [u8; 8] = [0x00, 0x11, 0x22, 0x33, 0xAA, 0xBB, 0xCC, 0xDD];
/// What the payloads of the simulated sensors mean: made up, like the sensors.
const LAYOUT: &str = r#"{"name":"demo","version":1,"status":"confirmed","match":{"lengths":[8]},"fields":[
{"key":"temperature","byte":0,"width":16,"signed":true,"scale":"0.1","unit":"°C"},
{"key":"humidity","byte":2,"width":16,"scale":"0.1","unit":"%RH"},
{"key":"number","byte":4,"width":32}]}"#;
const FAULTS: [(Option<RadioFault>, &str); 4] = [
    (None, "a signed message, three frames of it"),
    (Some(RadioFault::Forged), "a message signed with another key"),
    (Some(RadioFault::Damaged), "one bit changed on the way"),
    (
        Some(RadioFault::Replay),
        "the next two, and a recording of the first",
    ),
];

pub(super) async fn show(
    db: &Path,
    devices: &mut Devices,
    address: SocketAddr,
    database: &Connection,
) -> Result<(), Failure> {
    let failed = |error: rusqlite::Error| Failure::new(error.to_string());
    let header = register(db, devices)?;
    let target = |path: &str| -> Result<Address, Failure> {
        format!("http://{address}/{path}/{NAME}")
            .parse()
            .map_err(Failure::new)
    };
    println!(
        "\nThe Sigfox cloud calls back for two sensors: some messages nobody heard, some answers came late, stations report twice:\n"
    );
    let chances = Chances {
        unheard: 10,
        late_answers: 30,
        duplicates: 30,
        advanced: 60,
        asking: 20,
    };
    let mut cloud = Cloud::new(
        Client::new(target("sigfox")?, true),
        Some(header.clone()),
        chances,
        None,
        3,
    );
    let first_s = (clock::now().0 / 1000).saturating_sub(MESSAGES.saturating_mul(600));
    for (seed, (id, _)) in (1..).zip(SENSORS) {
        let mut sensor = Sensor::new(id, seed);
        for number in 0..MESSAGES {
            cloud.hear(sensor.next_message(first_s.saturating_add(number.saturating_mul(600))));
        }
    }
    let summary = cloud.run(Duration::from_millis(1)).await;
    println!("  {summary}");
    print!("  ");
    check(db, &summary)?;
    let state: String = database
        .query_row(
            "SELECT coalesce(outcome, 'sent') FROM downlink ORDER BY id LIMIT 1",
            [],
            |row| row.get(0),
        )
        .map_err(failed)?;
    println!(
        "  {} messages asked, and the first answer to {} of them had the downlink that was set beforehand; the acknowledgement: {state}",
        summary.asked, summary.given
    );
    let (name, value, unit): (String, String, String) = database
        .query_row(
            "SELECT name, value, unit FROM reading WHERE family = 'sigfox' AND name = 'temperature' ORDER BY taken DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .map_err(failed)?;
    println!("  the owner's layout says of the last payload: {name} {value} {unit}");

    println!("\nA receiver of one's own passes frames on, and somebody else is on the air:\n");
    let client = Client::new(target("sigfox-radio")?, true);
    let mut receiver = Receiver::new(client, Some(header), RADIO_KEY)?;
    let mut sensor = Sensor::new(RADIO, 5);
    for (fault, story) in FAULTS {
        let before = stored(database);
        let mut tally = Tally::new();
        let times = if fault == Some(RadioFault::Replay) { 2 } else { 1 };
        for _ in 0..times {
            let message = sensor.next_message(0);
            for answer in receiver.pass_on(&message, false, fault).await?.answers {
                let count = tally.entry(answer).or_default();
                *count = count.saturating_add(1);
            }
        }
        let answers: Vec<String> = tally
            .iter()
            .map(|(answer, count)| format!("{count} × {answer}"))
            .collect();
        let new = stored(database).saturating_sub(before);
        println!("  {story:48} → {:24} stored {new}", answers.join(", "));
    }
    let id = comet_proto::sigfox::serial(RADIO);
    devices
        .set_downlink(&id, &DOWNLINK, clock::now())
        .map_err(failed)?;
    let asked = receiver.pass_on(&sensor.next_message(0), true, None).await?;
    let heard = asked.downlink.is_some();
    receiver.confirm(RADIO, sensor.next_counter()).await?;
    let outcome: String = database
        .query_row(
            "SELECT coalesce(outcome, 'sent') FROM downlink WHERE serial = ?1",
            [id],
            |row| row.get(0),
        )
        .map_err(failed)?;
    let to_it = if heard {
        "one is signed for it"
    } else {
        "none came"
    };
    println!(
        "  a question for a downlink, by a receiver that transmits: {to_it}; the device says: {outcome}"
    );
    Ok(())
}

/// That of the examples of the specification.
const RADIO_KEY: [u8; 16] = 0x2B7E_1516_28AE_D2A6_ABF7_1588_09CF_4F3C_u128.to_be_bytes();

fn stored(database: &Connection) -> i64 {
    database
        .query_row(
            "SELECT count(*) FROM message WHERE family = 'sigfox-radio'",
            [],
            |row| row.get(0),
        )
        .unwrap_or_default()
}

/// A device type with its layout, its devices and a downlink; the header of its callbacks.
fn register(db: &Path, devices: &mut Devices) -> Result<Header, Failure> {
    let failed = |error: rusqlite::Error| Failure::new(error.to_string());
    let (vault, now) = (Vault::open(db)?, clock::now());
    let secret = Secret::new(secrets::random()?);
    let device_type = DeviceType {
        name: NAME.to_owned(),
        header: Some("authorization".to_owned()),
        line_pattern: None,
        wrap: 4096,
        secrets: Secrets {
            current: vault.seal_callback(&secret, NAME)?,
            previous: None,
        },
    };
    devices.add_device_type(&device_type, now).map_err(failed)?;
    let layout = Description {
        kind: Kind::Layout,
        text: LAYOUT.to_owned(),
    };
    devices.set_descriptions(NAME, "", &[layout]).map_err(failed)?;
    let device = |family, id: u32, name: &str| Device {
        family,
        serial: comet_proto::sigfox::serial(id),
        name: Some(name.to_owned()),
        entry: None,
        standing: Standing::NEW,
    };
    for (id, name) in SENSORS {
        let device = device(Family::Sigfox, id, name);
        devices.add_sigfox(&device, NAME, None, now).map_err(failed)?;
    }
    let radio = device(Family::SigfoxRadio, RADIO, "gate");
    let key = vault.seal_radio_key(&RADIO_KEY, &radio.serial)?;
    devices
        .add_sigfox(&radio, NAME, Some(&key), now)
        .map_err(failed)?;
    let [(asked, _), _] = SENSORS;
    devices
        .set_downlink(&comet_proto::sigfox::serial(asked), &DOWNLINK, now)
        .map_err(failed)?;
    format!("Authorization: {}", device_type.presented(&secret))
        .parse()
        .map_err(Failure::new)
}
