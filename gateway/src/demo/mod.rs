//! `comet demo`: the gateway and its sensors in one process, on loopback, with a database that is thrown away.

mod sessions;
mod sigfox;

use std::net::SocketAddr;
use std::time::Duration;

use comet_proto::{Family, UnixMillis};
use rusqlite::Connection;
use soap_websensor::entry::{EntryKey, EntryPoint};

use crate::simulate::{Address, Client, Device, Fault, Sensor, Shape, Tally, push, send};
use crate::store::Devices;
use crate::{Failure, clock, device, secrets, serve};

/// Messages of each honest sensor.
const MESSAGES: u64 = 5;
/// Serial numbers are those of nobody: the examples of the specification.
const SENSORS: [(Shape, &str, &str); 3] = [
    (Shape::Trhp, "14930217", "T7510 cold store"),
    (Shape::Co2, "18960455", "T6640 meeting room"),
    (Shape::P2520, "11940986", "P2520 tank farm"),
];
const WIFI_SERIAL: &str = "21990417";
const FAULTS: [(Fault, &str); 10] = [
    (Fault::WrongEntry, "somebody who guesses an entry point"),
    (Fault::WrongSerial, "one sensor in the name of another"),
    (Fault::Truncated, "a body cut in half"),
    (Fault::EntityBomb, "ten billion characters by nested entities"),
    (Fault::ExternalEntity, "an entity that asks for a file of ours"),
    (Fault::Duplicate, "the temperature twice, 50 the second time"),
    (Fault::Soap12, "a SOAP 1.2 envelope"),
    (Fault::TooLarge, "a body above 64 KiB"),
    (Fault::LookAlike, "a 50 °C look-alike from a foreign namespace"),
    (Fault::Replay, "a message that somebody recorded, sent again"),
];

pub(crate) async fn run() -> Result<(), Failure> {
    let folder = tempfile::tempdir().map_err(|error| Failure::new(format!("temporary folder: {error}")))?;
    let options = serve::Options {
        db: folder.path().join("demo.db"),
        listen: ([127, 0, 0, 1], 0).into(),
        status: None,
        max_body: soap_websensor::limits::MAX_BODY_LEN,
        max_connections: 64,
        max_connections_per_address: 64,
        timeout_s: 10,
        shed: serve::shed::Options::default(),
        guard: crate::guard::Options::default(),
        tcp: serve::tcp::Options {
            listen: Some(([127, 0, 0, 1], 0).into()),
            ..serve::tcp::Options::default()
        },
        https: serve::https::Options::default(),
        quiet: true,
    };
    let server = serve::Server::bind(&options).await?;
    let (address, sessions) = (server.address()?, server.tcp_address()?);
    let counters = server.counters();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async move {
        // A dropped sender stops the gateway too.
        let _ = stopped.await;
    }));
    println!(
        "A gateway on {address}, three sensors with a secret entry point each, {MESSAGES} messages from each.\n"
    );

    let mut devices = Devices::new(serve::open(&options.db)?);
    let key = secrets::entry_key(&options.db)?;
    let mut sending = Vec::new();
    let mut first = None;
    for (seed, (shape, serial, name)) in (1..).zip(SENSORS) {
        let token = device::new_token()?;
        let entry = EntryPoint::new(key.hash(&token));
        devices
            .add(Family::Soap, serial, Some(name), Some(&entry), None, clock::now())
            .map_err(|error| Failure::new(error.to_string()))?;
        let target: Address = format!("http://{address}/soap/{}", token.as_str())
            .parse()
            .map_err(Failure::new)?;
        first.get_or_insert_with(|| target.clone());
        let sensor = Sensor::new(shape, serial, seed)?;
        sending.push(tokio::spawn(send(
            sensor,
            target,
            MESSAGES,
            Duration::from_millis(100),
            false,
            None,
            false,
        )));
    }
    for task in sending {
        task.await.map_err(|error| Failure::new(error.to_string()))??;
    }
    let database = serve::open(&options.db)?;
    print_readings(&database).map_err(|error| Failure::new(error.to_string()))?;

    outage(&devices, &key, address, &database).await?;

    println!("\nNow what the gateway has to withstand:\n");
    if let Some(target) = first {
        for (fault, story) in FAULTS {
            let before = (counters.refused(), total(&database));
            let answers = spoil(&target, fault).await?;
            let reason = counters
                .refused()
                .into_iter()
                .find(|(code, count)| before.0.get(code) != Some(count));
            let stored = total(&database).saturating_sub(before.1);
            let taken = if fault == Fault::Replay {
                "accepted once"
            } else {
                "accepted, the real value counts"
            };
            let reason = reason.map_or(taken, |(code, _)| code);
            println!("  {story:48} → {answers:4} {reason:32} stored {stored}");
        }
    }
    println!(
        "\n{} messages stored, {} observations.",
        total(&database),
        count(&database, "observation")
    );
    if let Some(address) = sessions {
        sessions::show(&options.db, &mut devices, address, &database).await?;
    }
    sigfox::show(&options.db, &mut devices, address, &database).await?;
    drop(stop);
    running.await.map_err(|error| Failure::new(error.to_string()))
}

/// A WiFi sensor that could not reach the gateway for an hour: it has kept its readings, and something unreadable before them.
async fn outage(
    devices: &Devices,
    key: &EntryKey,
    address: SocketAddr,
    database: &Connection,
) -> Result<(), Failure> {
    let token = device::new_token()?;
    let entry = EntryPoint::new(key.hash(&token));
    let failed = |error: rusqlite::Error| Failure::new(error.to_string());
    devices
        .add(
            Family::Wifi,
            WIFI_SERIAL,
            Some("W3710 greenhouse"),
            Some(&entry),
            None,
            clock::now(),
        )
        .map_err(failed)?;
    let mut sensor = Device::new(Family::Wifi, WIFI_SERIAL, 4)?;
    let now = clock::now();
    for minute in (1..60_u64).rev() {
        sensor.measure(UnixMillis(now.0.saturating_sub(minute.saturating_mul(60_000))));
    }
    sensor.poison();
    let target: Address = format!("http://{address}/json/{}", token.as_str())
        .parse()
        .map_err(Failure::new)?;
    let client = Client::new(target, true);
    push(sensor, client, 1, Duration::from_millis(1), None, false).await?;
    let (readings, first, last): (i64, String, String) = database
        .query_row(
            "SELECT count(*), min(taken), max(taken) FROM reading WHERE family = 'wifi' AND channel = 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .map_err(failed)?;
    println!(
        "\nA WiFi sensor is back after an hour: {readings} readings, each with its own time, {first} to {last};"
    );
    println!(
        "the unreadable message at the head of its memory is kept and confirmed ({}).",
        count(database, "quarantine")
    );
    Ok(())
}

async fn spoil(target: &Address, fault: Fault) -> Result<String, Failure> {
    let (shape, serial, _) = SENSORS[0];
    let target = if fault == Fault::WrongEntry {
        target.with_entry("AAAAAAAAAAAAAAAAAAAAAA")
    } else {
        target.clone()
    };
    let sensor = Sensor::new(shape, serial, 99)?;
    let tally: Tally = send(
        sensor,
        target,
        1,
        Duration::from_millis(1),
        false,
        Some(fault),
        false,
    )
    .await?;
    Ok(tally.into_keys().collect::<Vec<_>>().join(", "))
}

fn total(database: &Connection) -> i64 {
    count(database, "message")
}

fn count(database: &Connection, table: &str) -> i64 {
    database
        .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
        .unwrap_or_default()
}

/// The last message of each sensor.
fn print_readings(database: &Connection) -> rusqlite::Result<()> {
    let mut statement = database.prepare(
        "SELECT d.name, o.name, o.quantity, o.value, o.unit, o.quality, o.alarm FROM observation o \
         JOIN message m ON m.id = o.message JOIN device d USING (family, serial) \
         WHERE m.id IN (SELECT max(id) FROM message GROUP BY family, serial) ORDER BY d.rowid, o.channel",
    )?;
    println!(
        "  {:20} {:14} {:18} {:>10} {:5} {:8} alarm",
        "sensor", "channel", "quantity", "value", "unit", "quality"
    );
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text = |index| row.get::<_, Option<String>>(index).map(Option::unwrap_or_default);
        println!(
            "  {:20} {:14} {:18} {:>10} {:5} {:8} {}",
            text(0)?,
            text(1)?,
            text(2)?,
            text(3)?,
            text(4)?,
            text(5)?,
            text(6)?
        );
    }
    Ok(())
}
