//! Web Sensors in an axum service of your own: one route, the pipeline, a store that stands for yours.
//!
//! `cargo run -p comet-proto --example axum_service`, then post a body to the printed address.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use comet_proto::soap::{Request, read};
use comet_proto::{Arrival, Credentials, DeviceId, Family, Policies, Reply, UnixMillis, guard};
use replay_guard::{HashKey, Table};
use soap_websensor::entry::{EntryKey, EntryPoint, EntryToken};

struct Service {
    key: EntryKey,
    /// Look the sensor up by `key.hash(token)` in your database; here there is one.
    entry: EntryPoint,
    stored: Mutex<Vec<String>>,
    /// Repeats, rates and suspensions; in earnest a `SharedTable` with its journal on disk.
    guard: Mutex<Table>,
    digest: HashKey,
}

fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn random<const N: usize>() -> [u8; N] {
    let mut octets = [0; N];
    // Without randomness there are no secrets: better no service at all.
    if getrandom::fill(&mut octets).is_err() {
        std::process::abort();
    }
    octets
}

async fn take(
    State(service): State<Arc<Service>>,
    Path(entry): Path<String>,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let reply = pipeline(&service, &entry, &body);
    (
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        reply.body,
    )
}

fn pipeline(service: &Service, entry: &str, body: &[u8]) -> Reply {
    let request = Request::new(entry, body, Arrival::new(now(), random()));
    let sensor = Credentials::new(
        DeviceId::new(Family::Soap, "14930217"),
        service.entry.clone(),
        &service.key,
    );
    let authentic = match read(&request).and_then(|claim| claim.authenticate(&sensor)) {
        Ok(authentic) => authentic,
        Err(refusal) => return refused(&refusal),
    };
    let now = now().0;
    let asked = authentic.inquiry(&service.digest, None);
    let mut guard = service.guard.lock().unwrap_or_else(PoisonError::into_inner);
    let policy = guard.policy().clone();
    let outcome = guard.check(&asked.device, &asked.message, now);
    let admitted = match authentic.admit(&policy, &outcome) {
        Ok(admitted) => admitted,
        Err(refusal) => {
            // Strikes count when the guard is committed.
            let _ = guard.commit(&asked.device, &asked.message, now, None);
            return refused(&refusal);
        }
    };
    // Your store: durable before the guard is committed, idempotent by `admitted.key()`.
    let mut stored = service.stored.lock().unwrap_or_else(PoisonError::into_inner);
    for o in admitted.observations() {
        let value = o
            .value
            .map_or_else(|| o.quality.code().to_owned(), |value| value.to_string());
        let unit = o.unit.as_ref().map_or("", |unit| unit.symbol());
        let line = format!("{} {} {value} {unit}", o.device, o.quantity.code());
        println!("{line}");
        stored.push(line);
    }
    drop(stored);
    let committed = guard.commit(&asked.device, &asked.message, now, None);
    // Nobody else had the guard in between, so the verdict is the one that was checked.
    admitted.stored(&policy, &committed).reply
}

fn refused(refusal: &comet_proto::Refusal) -> Reply {
    eprintln!("refused: {refusal}");
    refusal.reply
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let key = EntryKey::new(random());
    let token = EntryToken::from_random(&random::<16>()).ok_or("sixteen octets make a token")?;
    let entry = EntryPoint::new(key.hash(&token));
    let service = Arc::new(Service {
        key,
        entry,
        stored: Mutex::default(),
        guard: Mutex::new(Table::new(
            Policies::new(guard::config)?.of(Family::Soap).clone(),
            HashKey::new(random()),
            10_000,
        )?),
        digest: HashKey::new(random()),
    });
    let router = Router::new()
        .route("/soap/{entry}", post(take))
        .layer(DefaultBodyLimit::max(soap_websensor::limits::MAX_BODY_LEN))
        .with_state(service);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!(
        "sensor 14930217 posts to http://{}/soap/{}",
        listener.local_addr()?,
        token.as_str()
    );
    axum::serve(listener, router).await?;
    Ok(())
}
